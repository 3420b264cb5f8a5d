"""How sources stand, in one word each, and the kinds of troubles, in words for people.

A trouble that lasts is an incident; a source's state is the gravest of those that it has. The first failure shows as a
state at once, though it is an incident only once it lasts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from db.records import SourceRecord

STATES = {
    "ok": "well",
    "slow": "answers slowly",
    "stale": "has nothing new for longer than is usual for it",
    "moved": "moved for good to another address",
    "failing": "cannot be read",
    "gone": "is gone for good",
    "gap": "lost entries between two polls",
    "broken-selector": "a page whose list is not what it was",
    "suspicious": "says suspiciously little",
    "paused": "is not polled",
}
"""State of a source -> what it means."""

GRAVEST_FIRST = ("gone", "failing", "broken-selector", "suspicious", "gap", "stale", "slow", "moved")
"""States that are troubles, which are also kinds of incidents."""

QUIET = frozenset({"ok", "moved", "paused"})
"""States that need nobody: a move is known, and heeded."""

OF_SOURCES = {
    **{state: STATES[state] for state in GRAVEST_FIRST},
    "access": "states everything to be locked, and is doubted",
    "vanished": "took back many entries at once",
    "flapping": "changes entries back and forth",
    "churn": "gives its entries new ids at every poll",
}
"""Kind of an incident of a source -> what the source does."""

OF_OUR_OWN = {
    "network": "our own network is down",
    "quarantined": "an entry cannot be rendered",
    "refused": "a feed broke a rule of its format, and the last good one stays",
    "unwritable": "the published files cannot be written",
    "untold": "a hub cannot be told what is new",
    "lag": "what changed is not published",
    "disk": "the disk is nearly full",
    "database": "the database needs care",
    "config": "the new configuration is wrong, and the former one stays",
    "alerts": "alerts do not arrive",
    "job": "a job of the daemon does not run",
}
"""Kind of an incident of our own -> what is wrong."""

KINDS = {**OF_SOURCES, **OF_OUR_OWN}
"""Kind of an incident -> what is wrong, in words."""


def is_well(states: Iterable[str], kinds: Iterable[str]) -> bool:
    """Whether nobody needs to act: by the states of sources, and the kinds of the incidents that last."""
    return QUIET.issuperset(states) and QUIET.issuperset(kinds)


def state_of(kinds: Collection[str], *, failed: bool = False, moved: bool = False) -> str:
    """The state of a source that is polled: `kinds` are those of its incidents that last, `failed` says that the last
    poll did, `moved` that it is asked at another address."""
    found = {*kinds, *(("failing",) if failed else ()), *(("moved",) if moved else ())}
    return next((state for state in GRAVEST_FIRST if state in found), "ok")


def state_between(source: SourceRecord, kinds: Collection[str]) -> str:
    """The same between two polls."""
    return state_of(kinds, failed=source.outcome == "failed", moved=source.url is not None)
