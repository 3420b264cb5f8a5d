"""Troubles: opened once, closed when they are over, the same again where they come back soon."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, case, delete, func, or_, select, text, update
from sqlalchemy.dialects.sqlite import insert

from db.models import Incident, Source
from db.records import IncidentRecord
from db.store.bulk import chunks
from db.store.sources import POLLED

SETTLED = timedelta(minutes=15)
"""What comes back sooner after it was over is the same trouble: it opens again, and nobody is told twice."""

TOLD_OPEN, TOLD_OVER = 1, 2
"""What `planned` says: alerts were made of its opening, and of its end."""

_MEASURED = re.compile(r"\d+(?:\.\d+)?(?= (?:s|min|h|days|MB|items|of|hosts|polls)\b)")
"""What a message measures, as against what it names: a line, a status."""


_COLUMNS = (
    Incident.id,
    Incident.kind,
    Incident.subject,
    Source.name,
    Incident.opened_at,
    Incident.closed_at,
    Incident.message,
    Incident.evidence,
    Incident.ended,
    Incident.reopened,
)
_LASTS = Incident.closed_at.is_(None)
_UNTOLD = text("planned < 2")
"""In the very words of the index that holds these alone: SQLite does not find out that 0 and 1 are below 2."""

_IS_OURS = or_(Incident.source_id.is_(None), POLLED)
"""Those of a source that is polled no more are nobody's to mend."""

_IS_IDLE = Source.enabled.is_(False) | Source.removed.is_(True)


def _query() -> Select[Any]:
    return select(*_COLUMNS).outerjoin(Source, Source.id == Incident.source_id)


def _record(row: Sequence[Any]) -> IncidentRecord:
    values = list(row)
    values[7] = tuple((name, value) for name, value in values[7])
    return IncidentRecord(*values)


def open_incident(
    connection: Connection,
    kind: str,
    subject: str,
    message: str,
    now: datetime,
    source_id: int | None = None,
    *,
    evidence: Sequence[tuple[str, str]] = (),
) -> None:
    """Opens a trouble of `subject`; one that is open already only gets the newer message, with its evidence, where that
    says more than other measures: what goes on is not told anew at every poll.

    One that was over for no longer than `SETTLED` is opened again, unless people were told that it is over.
    """
    told: dict[str, Any] = {"message": message, "evidence": list(evidence)}
    same = (Incident.kind == kind, Incident.subject == subject)
    lasting = connection.execute(select(Incident.id, Incident.message).where(*same, _LASTS)).one_or_none()
    if lasting is not None:
        if _MEASURED.sub("", lasting.message) != _MEASURED.sub("", message):
            connection.execute(update(Incident).where(Incident.id == lasting.id).values(told))
        return
    last = (
        select(Incident.id)
        .where(*same, Incident.closed_at > now - SETTLED, Incident.planned < TOLD_OVER)
        .order_by(Incident.closed_at.desc(), Incident.id.desc())
        .limit(1)
    )
    again = {**told, "closed_at": None, "ended": None, "reopened": Incident.reopened + 1}
    if connection.execute(update(Incident).where(Incident.id == last.scalar_subquery()).values(again)).rowcount:
        return
    statement = insert(Incident).values(kind=kind, subject=subject, opened_at=now, source_id=source_id, **told)
    connection.execute(
        statement.on_conflict_do_update(index_elements=[Incident.kind, Incident.subject], index_where=_LASTS, set_=told)
    )


def close_incident(connection: Connection, kind: str, subject: str, now: datetime, why: str | None = None) -> None:
    """Closes the trouble of `subject`, if one is open; `why` says what ended it."""
    connection.execute(
        update(Incident)
        .where(Incident.kind == kind, Incident.subject == subject, _LASTS)
        .values(closed_at=now, ended=why)
    )


def note(
    connection: Connection,
    subject: str,
    found: Iterable[tuple[str, str | None, Sequence[tuple[str, str]]]],
    kinds: Container[str],
    now: datetime,
    source_id: int | None = None,
) -> None:
    """Opens what was `found` of a subject, and closes where there is no message: `(kind, message, evidence)`. Those of
    `kinds` are open."""
    for kind, message, evidence in found:
        if message is not None:
            open_incident(connection, kind, subject, message, now, source_id, evidence=evidence)
        elif kind in kinds:
            close_incident(connection, kind, subject, now)


def kinds_of(connection: Connection, source_id: int) -> set[str]:
    """The kinds of the troubles of a source that last."""
    return set(connection.scalars(select(Incident.kind).where(Incident.source_id == source_id, _LASTS)))


def close_old(connection: Connection, kind: str, subject: str, until: datetime, now: datetime) -> None:
    """The same for one that was opened at `until` or before."""
    connection.execute(
        update(Incident)
        .where(Incident.kind == kind, Incident.subject == subject, _LASTS)
        .where(Incident.opened_at <= until)
        .values(closed_at=now)
    )


def close_idle(connection: Connection, now: datetime, why: str) -> int:
    """Closes those of sources that are polled no more; returns how many."""
    closed = (
        update(Incident)
        .where(_LASTS, Incident.source_id.in_(select(Source.id).where(_IS_IDLE)))
        .values(closed_at=now, ended=why)
    )
    return int(connection.execute(closed).rowcount)


def is_any_idle(connection: Connection) -> bool:
    """Whether there are such."""
    query = select(Incident.id).join(Source, Source.id == Incident.source_id).where(_LASTS, _IS_IDLE).limit(1)
    return connection.scalar(query) is not None


def opened(connection: Connection) -> list[IncidentRecord]:
    """The troubles that last, oldest first. Those of a source that is polled no more are nobody's to mend."""
    rows = connection.execute(_query().where(_LASTS, _IS_OURS).order_by(Incident.opened_at, Incident.id))
    return [_record(row) for row in rows]


def gravest(connection: Connection, kinds: Sequence[str], limit: int) -> list[IncidentRecord]:
    """`limit` of those: in the order of `kinds`, others behind these; of one kind those first that have lasted longest.
    There is one kind at least."""
    rank = case({kind: place for place, kind in enumerate(kinds)}, value=Incident.kind, else_=len(kinds))
    query = _query().where(_LASTS, _IS_OURS).order_by(rank, Incident.opened_at, Incident.id).limit(limit)
    return [_record(row) for row in connection.execute(query)]


def count_opened(connection: Connection) -> int:
    """How many of those there are."""
    query = select(func.count()).select_from(Incident).outerjoin(Source, Source.id == Incident.source_id)
    return int(connection.scalar(query.where(_LASTS, _IS_OURS)) or 0)


def count_by_kind(connection: Connection) -> dict[str, int]:
    """Kind -> how many of those there are."""
    query = select(Incident.kind, func.count()).outerjoin(Source, Source.id == Incident.source_id)
    return {row[0]: row[1] for row in connection.execute(query.where(_LASTS, _IS_OURS).group_by(Incident.kind))}


def page(
    connection: Connection,
    *,
    limit: int,
    before: int | None = None,
    kinds: Sequence[str] = (),
    source: str | None = None,
    is_open: bool | None = None,
) -> list[IncidentRecord]:
    """Troubles that last and that are over, those opened last first; those opened before the one with the id `before`.

    Of these `kinds`, of this source, only those that last or only those that are over.
    """
    query = _query().order_by(Incident.opened_at.desc(), Incident.id.desc()).limit(limit)
    if kinds:
        query = query.where(Incident.kind.in_(kinds))
    if source is not None:
        query = query.where(Source.name == source)
    if is_open is not None:
        query = query.where(_LASTS if is_open else Incident.closed_at.is_not(None))
    if before is not None:
        at = select(Incident.opened_at).where(Incident.id == before).scalar_subquery()
        query = query.where((Incident.opened_at < at) | ((Incident.opened_at == at) & (Incident.id < before)))
    return [_record(row) for row in connection.execute(query)]


def by_id(connection: Connection, incident_id: int) -> IncidentRecord | None:
    """The trouble with this id."""
    row = connection.execute(_query().where(Incident.id == incident_id)).one_or_none()
    return None if row is None else _record(row)


def by_ids(connection: Connection, ids: Iterable[int]) -> dict[int, IncidentRecord]:
    """Those with these ids, by id."""
    rows = [
        row for chunk in chunks(sorted(set(ids))) for row in connection.execute(_query().where(Incident.id.in_(chunk)))
    ]
    return {row[0]: _record(row) for row in rows}


def subjects(connection: Connection) -> set[tuple[str, str]]:
    """`(kind, subject)` of every trouble that lasts."""
    rows = connection.execute(select(Incident.kind, Incident.subject).where(_LASTS))
    return {(row[0], row[1]) for row in rows}


def subjects_of(connection: Connection, kind: str) -> list[str]:
    """The subjects of the troubles of this kind that last, in order."""
    rows = connection.scalars(select(Incident.subject).where(Incident.kind == kind, _LASTS).order_by(Incident.subject))
    return list(rows)


def unplanned(connection: Connection, now: datetime) -> list[tuple[IncidentRecord, bool]]:
    """What nobody has planned alerts of, the oldest first, each with whether it is that it is over: troubles that
    opened, and those that have been over for longer than `SETTLED`, so that they do not come back."""
    opening = _query().where(_UNTOLD, Incident.planned == 0)
    ended = _query().where(_UNTOLD, Incident.planned == TOLD_OPEN, Incident.closed_at <= now - SETTLED)
    found = [
        (_record(row), over)
        for query, over in ((opening, False), (ended, True))
        for row in connection.execute(query.order_by(Incident.opened_at, Incident.id))
    ]
    return found


def plan(connection: Connection, ids: Sequence[int], *, over: bool) -> None:
    """Notes that alerts were planned of troubles: that they opened, or that they are over."""
    for chunk in chunks(ids):
        connection.execute(
            update(Incident).where(Incident.id.in_(chunk)).values(planned=TOLD_OVER if over else TOLD_OPEN)
        )


def newest(connection: Connection, limit: int) -> list[IncidentRecord]:
    """The troubles that changed last (opened, or closed), the latest first."""
    # Two indexes give the latest of either kind; together they have no order that one could be asked for.
    lasting = _query().where(_LASTS).order_by(Incident.opened_at.desc(), Incident.id.desc()).limit(limit)
    ended = _query().where(~_LASTS).order_by(Incident.closed_at.desc(), Incident.id.desc()).limit(limit)
    found = [_record(row) for each in (lasting, ended) for row in connection.execute(each)]
    return sorted(found, key=lambda one: (one.changed_at, one.id), reverse=True)[:limit]


def prune(connection: Connection, until: datetime, limit: int) -> int:
    """Forgets those that were over before `until`, `limit` of them at most; returns how many."""
    old = select(Incident.id).where(Incident.closed_at < until).limit(limit)
    return int(connection.execute(delete(Incident).where(Incident.id.in_(old))).rowcount)
