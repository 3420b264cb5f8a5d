"""The schedule: what is due, who polls it, and what became of it.

A claim moves `due_at` by the length of a lease, so that nobody else takes the source meanwhile, and what a crash left
behind is due again by itself. Whoever finishes must still hold the lease: a process that was away for longer has lost
it, and its result with it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, func, insert, or_, select, update

from db.models import Asked, Incident, Poll, Push, Source, SourceState
from db.records import NEVER, Pace, PollRecord, PushState, SourceRecord
from db.store import hours
from db.store.bulk import chunks, insert_rows, table_of
from db.store.sources import POLLED, host_of, plain_pace, query, record

MOST_BUSY = 20_000
"""Hosts that a claim passes over: SQLite takes 32,766 variables. One too many is passed over by its budget."""

SCANNED = 4
"""Due rows that a claim looks at for each that it may take: one host with thousands of them must not fill a batch."""

_LOGGED = tuple(column.name for column in table_of(Poll).columns if column.name != "id")

# Correlated: as a list, SQLite would walk the sources instead of the few rows that are due.
_IS_POLLED = select(Source.id).where(Source.id == SourceState.source_id, POLLED).correlate(SourceState).exists()


def count_due(connection: Connection, now: datetime) -> int:
    """How many sources with an address are due by `now`."""
    due = select(func.count()).where(SourceState.due_at <= now, SourceState.host.is_not(None), _IS_POLLED)
    return int(connection.scalar(due) or 0)


def local(
    connection: Connection, now: datetime, *, names: Sequence[str] = (), everyone: bool = False
) -> list[SourceRecord]:
    """The local paths to poll, in order of name: those due by `now`, the named ones, or all that are enabled."""
    wanted = query().where(Source.enabled.is_(True), SourceState.host.is_(None))
    if names:
        wanted = wanted.where(Source.name.in_(names))
    elif not everyone:
        wanted = wanted.where(SourceState.due_at <= now)
    # Sorted here: asked to sort, SQLite walks all sources in order of name instead of the few that are due.
    return sorted((record(row) for row in connection.execute(wanted)), key=lambda one: one.name)


def remote(connection: Connection, *, names: Sequence[str] = ()) -> list[tuple[int, str, str]]:
    """`(id, name, host)` of the sources with an address that are enabled, the longest due first.

    The named ones, or all but those that are asked no more (`NEVER`).
    """
    wanted = (
        select(SourceState.source_id, Source.name, func.coalesce(SourceState.host, ""))
        .join(Source, Source.id == SourceState.source_id)
        .where(POLLED, SourceState.host.is_not(None))
        .order_by(SourceState.due_at, SourceState.source_id)
    )
    wanted = wanted.where(Source.name.in_(names)) if names else wanted.where(SourceState.due_at < NEVER)
    return [(row[0], row[1], row[2]) for row in connection.execute(wanted)]


def claim_due(
    connection: Connection,
    now: datetime,
    *,
    lease: str,
    until: datetime,
    limit: int,
    per_host: int,
    busy: Collection[str] = (),
) -> list[SourceRecord]:
    """Takes at most `limit` sources with an address that are due by `now`, at most `per_host` of one host.

    Hosts in `busy` are passed over: what they owe stays due. Nobody else is given them before `until`.
    """
    due = (
        select(SourceState.source_id, SourceState.host, SourceState.due_at)
        .where(SourceState.due_at <= now, SourceState.host.is_not(None), _IS_POLLED)
        .order_by(SourceState.due_at)
        .limit(SCANNED * limit)
    )
    if busy:
        due = due.where(SourceState.host.not_in(sorted(busy)[:MOST_BUSY]))
    found = due.subquery()
    order = (found.c.due_at, found.c.source_id)
    ranked = select(
        found.c.source_id,
        found.c.due_at,
        func.row_number().over(partition_by=found.c.host, order_by=order).label("nth"),
    ).subquery()
    picked = (
        select(ranked.c.source_id)
        .where(ranked.c.nth <= per_host)
        .order_by(ranked.c.due_at, ranked.c.source_id)
        .limit(limit)
    )
    return claim(connection, list(connection.scalars(picked)), lease=lease, until=until)


def claim(connection: Connection, ids: Sequence[int], *, lease: str, until: datetime) -> list[SourceRecord]:
    """Takes the sources `ids`, whether they are due or not; returns them in that order, with their former `due_at`.

    None is due before it was: after a crash nobody asks what is to be left alone for long, or for good.
    """
    found: dict[int, SourceRecord] = {}
    for chunk in chunks(ids):
        found.update((row[0], record(row)) for row in connection.execute(query().where(Source.id.in_(chunk))))
        connection.execute(
            update(SourceState)
            .where(SourceState.source_id.in_(chunk))
            .values(due_at=case((SourceState.due_at > until, SourceState.due_at), else_=until), lease=lease)
        )
    return [found[each] for each in ids if each in found]


def late(connection: Connection, kind: str, now: datetime, limit: int) -> list[SourceRecord]:
    """The sources that are polled, and brought nothing new until `stale_at`, nor at a poll after that; but for those of
    which an incident of this kind lasts."""
    known = (
        select(Incident.id)
        .where(Incident.kind == kind, Incident.subject == Source.name, Incident.closed_at.is_(None))
        .correlate(Source)
        .exists()
    )
    wanted = query().where(
        SourceState.stale_at <= now,
        SourceState.last_success >= SourceState.stale_at,
        SourceState.outcome != "failed",
        Source.enabled.is_(True),
        ~known,
    )
    return [record(row) for row in connection.execute(wanted.order_by(SourceState.stale_at).limit(limit))]


def late_no_more(connection: Connection, names: Sequence[str], now: datetime) -> list[SourceRecord]:
    """Those of the sources that are not late by now: others settings count than before."""
    over = SourceState.stale_at.is_(None) | (SourceState.stale_at > now)
    wanted = query().where(over, Source.enabled.is_(True))
    rows = [row for chunk in chunks(sorted(names)) for row in connection.execute(wanted.where(Source.name.in_(chunk)))]
    return [record(row) for row in rows]


def set_states(connection: Connection, states: Mapping[int, str]) -> None:
    """Notes how sources stand: id -> a word of `feeds.states`."""
    statement = update(SourceState).where(SourceState.source_id == bindparam("source")).values(state=bindparam("word"))
    if states:
        connection.execute(statement, [{"source": source_id, "word": word} for source_id, word in states.items()])


def release(connection: Connection, taken: Mapping[int, datetime], lease: str) -> None:
    """Gives sources back unpolled: id -> when each is due."""
    statement = (
        update(SourceState)
        .where(SourceState.source_id == bindparam("source"), SourceState.lease == lease)
        .values(due_at=bindparam("due"), lease=None)
    )
    if taken:
        connection.execute(statement, [{"source": source_id, "due": due_at} for source_id, due_at in taken.items()])


def shut(connection: Connection, host: str, until: datetime) -> None:
    """Lets no source of `host` that nobody is polling be due before `until`."""
    connection.execute(
        update(SourceState)
        .where(SourceState.host == host, SourceState.due_at < until, SourceState.lease.is_(None))
        .values(due_at=until, reason="its host asked to be left alone (Retry-After, share_retry_after)")
    )


def note_asked(connection: Connection, asked: Sequence[tuple[str, int]], since: int) -> None:
    """Keeps `(host, when)` of requests, in seconds since 1970, and drops those before `since`."""
    connection.execute(delete(Asked).where(Asked.at < since))
    insert_rows(connection, Asked, ("host", "at"), asked)


def recent(connection: Connection, since: int, until: int) -> dict[str, list[int]]:
    """Host -> when it was asked from `since` to `until`, in seconds since 1970, by whichever process. What is later is
    of a clock that has been set back."""
    found: dict[str, list[int]] = defaultdict(list)
    for host, at in connection.execute(select(Asked.host, Asked.at).where(Asked.at.between(since, until))):
        found[host].append(at)
    return found


def claimed_hosts(connection: Connection, since: datetime) -> Counter[str]:
    """Host -> how many of its sources are claimed by a lease that had not run out at `since`."""
    rows = connection.execute(
        select(func.coalesce(SourceState.host, ""), func.count())
        .where(SourceState.lease.is_not(None), SourceState.due_at >= since)
        .group_by(SourceState.host)
    )
    return Counter({row[0]: row[1] for row in rows})


def take_over(connection: Connection, now: datetime, until: datetime) -> int:
    """Lets what a process that died had claimed be due at once, but for what is due after `until`, where a claim of
    now would end; returns how many sources were claimed.

    For whoever knows that no other process polls.
    """
    changed = connection.execute(
        update(SourceState)
        .where(SourceState.lease.is_not(None))
        .values(due_at=case((SourceState.due_at > until, SourceState.due_at), else_=now), lease=None)
    )
    return int(changed.rowcount)


def is_anything_claimed(connection: Connection) -> bool:
    """Whether any source is claimed."""
    return connection.scalar(select(SourceState.source_id).where(SourceState.lease.is_not(None)).limit(1)) is not None


def waiting(connection: Connection, now: datetime, hosts: Collection[str] | None) -> list[tuple[str, str]]:
    """`(name, host)` of the sources of these hosts, or of all, that are still due by `now`, the longest due first."""
    wanted = (
        select(Source.name, func.coalesce(SourceState.host, ""))
        .join(Source, Source.id == SourceState.source_id)
        .where(SourceState.due_at <= now, SourceState.host.is_not(None), _IS_POLLED)
        .order_by(SourceState.due_at, SourceState.source_id)
    )
    each = [wanted] if hosts is None else [wanted.where(SourceState.host.in_(one)) for one in chunks(sorted(hosts))]
    return [(row[0], row[1]) for one in each for row in connection.execute(one)]


def held(connection: Connection, ids: Sequence[int], lease: str) -> set[int]:
    """Those of the sources that `lease` still holds."""
    found: set[int] = set()
    for chunk in chunks(ids):
        found.update(
            connection.scalars(
                select(SourceState.source_id).where(SourceState.source_id.in_(chunk), SourceState.lease == lease)
            )
        )
    return found


def astray(connection: Connection, now: datetime) -> dict[int, datetime]:
    """Sources that were polled, or declared, after `now`, by a clock that has been set back since: id -> when each is
    due, as long after `now` as it was after that poll, or at once."""
    # One with a reason waits for its host.
    declared = (
        SourceState.last_poll.is_(None)
        & SourceState.lease.is_(None)
        & SourceState.reason.is_(None)
        & (SourceState.due_at > now)
    )
    rows = connection.execute(
        select(SourceState.source_id, SourceState.last_poll, SourceState.due_at).where(
            (SourceState.last_poll > now) | declared, SourceState.due_at < NEVER
        )
    )
    return {source_id: now + max(due_at - (at or due_at), timedelta(0)) for source_id, at, due_at in rows}


def bring_back(connection: Connection, sources: Mapping[int, datetime], now: datetime) -> None:
    """Lets sources be due by the clock as it goes: id -> when. Those that were ever polled count as polled at `now`."""
    statement = (
        update(SourceState)
        .where(SourceState.source_id == bindparam("source"))
        .values(due_at=bindparam("due"), last_poll=case((SourceState.last_poll.is_not(None), now)))
    )
    connection.execute(statement, [{"source": source_id, "due": due_at} for source_id, due_at in sources.items()])


def finish(connection: Connection, polls: Sequence[PollRecord]) -> None:
    """Stores the outcomes of polls and the next due times. A failure keeps the validators of the last success."""
    rows: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for poll in polls:
        values = _values(poll)
        rows[tuple(values)].append(values)
    for names, group in rows.items():
        columns: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names if name != "source_id"}
        statement = update(SourceState).where(SourceState.source_id == bindparam("new_source_id")).values(columns)
        connection.execute(statement, [{f"new_{name}": value for name, value in one.items()} for one in group])
    _log(connection, [poll for poll in polls if poll.outcome in ("stored", "failed")])
    hours.count(connection, polls)


def _log(connection: Connection, polls: Sequence[PollRecord]) -> None:
    """Writes what became of polls down for good."""
    told = [{name: getattr(poll, name) for name in _LOGGED} for poll in polls]
    if told:
        connection.execute(insert(Poll), told)


def note_pushed(connection: Connection, read: Sequence[tuple[PollRecord, Pace]]) -> None:
    """Notes documents that were pushed, each with what is known of its source's pace by it. The schedule stays; of
    those that changed something the log tells, and their hour counts them."""
    for poll, pace in read:
        if poll.new or poll.updated:
            _log(connection, [poll])
            # An hour has no word of its own for them: what a push changed was stored, as by a poll.
            hours.count(connection, [replace(poll, outcome="stored")])
        values: dict[str, Any] = {"pace": plain_pace(pace)}
        if poll.state is not None:
            values |= {"state": poll.state, "stale_at": poll.stale_at}
        connection.execute(update(SourceState).where(SourceState.source_id == poll.source_id).values(values))


def unbacked(connection: Connection, reason: str, now: datetime) -> list[SourceRecord]:
    """The sources that wait with this reason, be there more behind it, though no hub is trusted to push them by `now`;
    none that is polled just now."""
    trusted = (
        select(Push.id)
        .where(Push.source_id == SourceState.source_id, Push.state == PushState.ACTIVE.value, Push.lease_until > now)
        .where(or_(Push.doubted_until.is_(None), Push.doubted_until <= now))
        .correlate(SourceState)
        .exists()
    )
    wanted = query().where(
        SourceState.reason.startswith(reason, autoescape=True), SourceState.lease.is_(None), ~trusted
    )
    return [record(row) for row in connection.execute(wanted)]


def reschedule(connection: Connection, sources: Mapping[int, tuple[datetime, str]]) -> None:
    """Lets sources that nobody is polling be due at another time for another reason: id -> both."""
    statement = (
        update(SourceState)
        .where(SourceState.source_id == bindparam("source"), SourceState.lease.is_(None))
        .values(due_at=bindparam("due"), reason=bindparam("why"))
    )
    rows = [{"source": source_id, "due": due_at, "why": why} for source_id, (due_at, why) in sources.items()]
    if rows:
        connection.execute(statement, rows)


def _values(poll: PollRecord) -> dict[str, Any]:
    """What a poll writes of the schedule."""
    values: dict[str, Any] = {
        "source_id": poll.source_id,
        "due_at": poll.due_at,
        "lease": None,
        "failures": poll.failures,
        "last_poll": poll.at,
        "outcome": poll.outcome,
        "reason": poll.reason,
        "error": poll.error,
    }
    if poll.outcome in ("stored", "unchanged"):
        values |= {
            "last_success": poll.at,
            "etag": poll.etag,
            "last_modified": poll.last_modified,
            "settings": poll.settings,
        }
    if poll.pace is not None:
        values["pace"] = plain_pace(poll.pace)
    if poll.url is not None:
        values |= {"url": poll.url, "host": host_of({"url": poll.url})}
    if poll.state is not None:
        values |= {"state": poll.state, "stale_at": poll.stale_at}
    if poll.ms is not None:
        values |= {"ms": poll.ms, "status": poll.status, "size": poll.size}
    if poll.headers is not None:
        values["headers"] = list(poll.headers)  # a tuple would be remembered as JSON, and take the place of others
    return values
