"""What the desk knows of sources, in the words of people who are no engineers."""

from __future__ import annotations

import re
from datetime import datetime

from db.records import NEVER, Access, PastPoll, SourceRecord
from feeds.cadence import PUSHED
from feeds.desk.page import count, relative
from feeds.spans import span
from feeds.states import STATES

KINDS = {
    "seed": "Text documents",
    "feed": "Feed",
    "page": "HTML page that lists articles",
    "sitemap": "News sitemap",
}
"""Kind of a source -> what it is."""

LEVELS = tuple((level.value, level.value) for level in Access)
"""Levels of access, as a list to choose from has them."""

_SAID = {
    "max-age": "its server says that an answer is good for {span}",
    "ttl": "it asks for {span} between two polls",
    "sy:update": "it says that it changes every {span}",
    "Retry-After": "its server asked to be left alone for {span}",
}
_SPAN = re.compile(r"(max-age|ttl|sy:update|Retry-After)=(\d+)")
_INTERVAL = re.compile(r"interval=(\d+) min")
_RHYTHM = re.compile(r"an entry every (\d+) min")
_EXPIRES = re.compile(r"Expires=(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\dZ")
_RARELY = re.compile(r"no validators: a download at each poll, every (\d+) min")
_FAILED = re.compile(r"(dormant: )?failed (once|\d+ times in a row)")
_IDLE = re.compile(r"nothing new for (\d+) days")
_ASIDE = ", but not in skipHours or skipDays"
_PLAIN = {
    PUSHED: "a hub pushes what is new; polls only make sure",
    "local path: read at every run": "it stands on this machine, and is read at every run",
    "410 Gone: asked no more; name it to ask again": "its server says that it is gone for good",
    "entries were lost between two polls": "entries were lost between two polls, so it is asked more often",
}


def rhythm(source: SourceRecord) -> str:
    """How often a source has something new."""
    return "rhythm not known yet" if source.pace.every is None else f"about every {span(max(60, source.pace.every))}"


def because(reason: str | None) -> str:
    """Why a source is polled when it is, as a sentence could go on; what `feeds.cadence` says, spelt out."""
    if reason is None:
        return "it has not been polled yet"
    said = reason.removesuffix(_ASIDE)
    tail = ", but not in the hours and days in which it asks to be left alone" if said != reason else ""
    return _spelt(said) + tail


def _spelt(said: str) -> str:
    """A reason of `feeds.cadence` in words; any other as it is."""
    if match := _SPAN.fullmatch(said):
        return _SAID[match[1]].format(span=span(int(match[2])))
    if match := _INTERVAL.fullmatch(said):
        return f"every {span(int(match[1]) * 60)}, as it is set"
    if match := _RHYTHM.fullmatch(said):
        return f"it has something new about every {span(int(match[1]) * 60)}"
    if match := _EXPIRES.fullmatch(said):
        return f"its server says that the answer is good until {match[1]} {match[2]} UTC"
    if match := _RARELY.fullmatch(said):
        return f"each poll is a whole download, so every {span(int(match[1]) * 60)}"
    if match := _IDLE.fullmatch(said):
        return f"it has had nothing new for {match[1]} days"
    if match := _FAILED.fullmatch(said):
        return f"it failed {match[2]}" + (", and is asked once a week" if match[1] else "")
    return _PLAIN.get(said, said)


def due(source: SourceRecord, now: datetime) -> str:
    """When a source is polled next, in words."""
    if not source.enabled:
        return "not while it is paused"
    if source.due_at >= NEVER:
        return "no more"
    return "now" if source.due_at <= now else relative(source.due_at, now)


def standing(source: SourceRecord, state: str) -> str:
    """A source's state as a sentence that says why."""
    if state == "paused":
        return "Somebody paused it." if source.paused else "Its options say that it is not polled (enabled = false)."
    if source.last_poll is None:
        return "Nobody has polled it yet."
    said = f"{STATES.get(state, state)[:1].upper()}{STATES.get(state, state)[1:]}"
    if state in ("failing", "gone") and source.error:
        return f"{said}: {source.error}"
    if state == "moved" and source.url:
        return f"{said}, and is asked there."
    return f"{said}."


def outcome(poll: PastPoll) -> str:
    """What a poll came to, in words."""
    if poll.outcome == "failed":
        return f"failed: {poll.error}" if poll.error else "failed"
    told = [count(number, word, word) for number, word in ((poll.new, "new"), (poll.updated, "updated")) if number]
    return ", ".join(told) or "nothing new"
