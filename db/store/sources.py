"""Sources, their schedule, and what became of their polls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from db.models import Document, Poll, Source, SourceState
from db.records import KnownSource, Learned, PollRecord, SourceRecord

_COLUMNS = (
    Source.id,
    Source.name,
    Source.origin,
    Source.enabled,
    Source.options,
    Source.learned,
    SourceState.due_at,
    SourceState.etag,
    SourceState.last_modified,
    SourceState.settings,
    SourceState.failures,
    SourceState.last_poll,
    SourceState.last_success,
    SourceState.outcome,
    SourceState.reason,
    SourceState.error,
)
_ANEW: dict[str, Any] = {"etag": None, "last_modified": None, "failures": 0}
"""The state of a source that is to be asked unconditionally, as if for the first time."""


def _query() -> Select[Any]:
    return select(*_COLUMNS).join(SourceState, SourceState.source_id == Source.id).where(Source.removed.is_(False))


def _record(row: Any) -> SourceRecord:
    learned = Learned(tuple(row.learned.get("sections", ())), tuple(row.learned.get("markers", ())))
    return SourceRecord(**{**row._mapping, "learned": learned})


def every(connection: Connection) -> list[SourceRecord]:
    """All sources that are not removed, in order of name."""
    return [_record(row) for row in connection.execute(_query().order_by(Source.name))]


def due(
    connection: Connection, now: datetime, *, names: Sequence[str] = (), everyone: bool = False
) -> list[SourceRecord]:
    """The sources to poll, in order of name: those due by `now`, the named ones, or all that are enabled."""
    query = _query().where(Source.enabled.is_(True))
    if names:
        query = query.where(Source.name.in_(names))
    elif not everyone:
        query = query.where(SourceState.due_at <= now)
    # Sorted here: asked to sort, SQLite walks all sources in order of name instead of the few that are due.
    return sorted((_record(row) for row in connection.execute(query)), key=lambda one: one.name)


def finish(connection: Connection, poll: PollRecord) -> None:
    """Stores the outcome of a poll and the next due time. A failure keeps the validators of the last success."""
    values: dict[str, Any] = {
        "due_at": poll.due_at,
        "failures": poll.failures,
        "last_poll": poll.at,
        "outcome": poll.outcome,
        "reason": poll.reason,
        "error": poll.error,
    }
    if poll.outcome != "failed":
        values |= {
            "last_success": poll.at,
            "etag": poll.etag,
            "last_modified": poll.last_modified,
            "settings": poll.settings,
        }
    connection.execute(update(SourceState).where(SourceState.source_id == poll.source_id).values(values))
    if poll.outcome != "unchanged":
        connection.execute(
            insert(Poll).values(
                source_id=poll.source_id,
                at=poll.at,
                outcome=poll.outcome,
                new=poll.new,
                updated=poll.updated,
                unchanged=poll.unchanged,
                skipped=poll.skipped,
                error=poll.error,
            )
        )


def declared(connection: Connection) -> dict[str, dict[str, object]]:
    """Name -> options of the sources that came from `config.toml` when it was last read."""
    rows = connection.execute(
        select(Source.name, Source.options).where(Source.origin == "config", Source.removed.is_(False))
    )
    return {row.name: row.options for row in rows}


def declare(connection: Connection, declared: Mapping[str, dict[str, object]], now: datetime) -> None:
    """Brings the table in line with `config.toml`: name -> options of every `[[source]]`.

    A changed source is asked anew, without the validators of its former self. One that is no longer declared is
    kept, unpolled: its entries stay.
    """
    rows = connection.execute(select(Source.id, Source.name, Source.origin, Source.options, Source.removed))
    known = {row.name: row for row in rows}
    for name, options in declared.items():
        row = known.get(name)
        if row is None:
            _insert(connection, name, "config", options, now)
        elif row.options != options or row.removed or row.origin != "config":
            _change(connection, row.id, "config", options, now)
    gone = [row.id for row in known.values() if row.origin == "config" and row.name not in declared and not row.removed]
    if gone:
        connection.execute(update(Source).where(Source.id.in_(gone)).values(removed=True))


def add(connection: Connection, name: str, options: dict[str, object], now: datetime) -> bool:
    """Adds a source by command; False where the name is taken."""
    row = connection.execute(select(Source.id, Source.removed).where(Source.name == name)).one_or_none()
    if row is None:
        _insert(connection, name, "added", options, now)
    elif row.removed:
        _change(connection, row.id, "added", options, now)
    else:
        return False
    return True


def locations(connection: Connection) -> list[KnownSource]:
    """Every source there ever was, removed ones included, those that are polled first, each kind in order of name."""
    columns = (Source.name, Source.origin, Source.enabled, Source.removed, Source.options)
    return [KnownSource(*row) for row in connection.execute(select(*columns).order_by(Source.removed, Source.name))]


def add_many(connection: Connection, added: Mapping[str, dict[str, object]], now: datetime) -> set[str]:
    """Adds sources by command, name -> options, in a handful of statements; returns the names that were added.

    A removed source of the name comes back with these options, and so does one that a command added and that is
    paused; any other keeps its name and stays as it is.
    """
    columns = (Source.id, Source.name, Source.origin, Source.enabled, Source.removed)
    known = {row.name: row for row in connection.execute(select(*columns))}
    new = [name for name in added if name not in known]
    idle = [known[name] for name in added if name in known and _is_idle(known[name])]
    if new:
        rows = [_columns("added", added[name]) | {"name": name, "learned": {}} for name in new]
        made = connection.execute(insert(Source).returning(Source.id), rows)
        states = [{"source_id": row.id, "due_at": now, "failures": 0} for row in made]
        connection.execute(insert(SourceState), states)
    if idle:
        # Not `id`: that is the column's own name, which a value to be set would have to go by.
        changed = [{"of": row.id, **_columns("added", added[row.name])} for row in idle]
        connection.execute(update(Source).where(Source.id == bindparam("of")), changed)
        asked = [{"of": row.id, **_ANEW, "due_at": now} for row in idle]
        connection.execute(update(SourceState).where(SourceState.source_id == bindparam("of")), asked)
    return {*new, *(row.name for row in idle)}


def _is_idle(row: Any) -> bool:
    return bool(row.removed or (row.origin == "added" and not row.enabled))


def remove(connection: Connection, name: str) -> None:
    """Stops polling a source; its entries stay."""
    connection.execute(update(Source).where(Source.name == name).values(removed=True))


def _insert(connection: Connection, name: str, origin: str, options: dict[str, object], now: datetime) -> None:
    made = connection.execute(
        insert(Source).values(name=name, learned={}, **_columns(origin, options)).returning(Source.id)
    )
    connection.execute(insert(SourceState).values(source_id=made.scalar_one(), due_at=now, failures=0))


def _change(connection: Connection, source_id: int, origin: str, options: dict[str, object], now: datetime) -> None:
    connection.execute(update(Source).where(Source.id == source_id).values(_columns(origin, options)))
    connection.execute(update(SourceState).where(SourceState.source_id == source_id).values({**_ANEW, "due_at": now}))


def _columns(origin: str, options: dict[str, object]) -> dict[str, Any]:
    return {"origin": origin, "options": options, "enabled": bool(options.get("enabled", True)), "removed": False}


def digests(connection: Connection, source_id: int) -> dict[str, bytes]:
    """Document name -> digest of the bytes it had when it was last read."""
    rows = connection.execute(select(Document.name, Document.digest).where(Document.source_id == source_id))
    return {row[0]: row[1] for row in rows}


def document_ids(connection: Connection, source_id: int, names: Iterable[str]) -> dict[str, int]:
    """Document name -> id, for those of `names` that are known."""
    wanted = set(names)
    rows = connection.execute(select(Document.name, Document.id).where(Document.source_id == source_id))
    return {row.name: row.id for row in rows if row.name in wanted}


def rename_document(connection: Connection, document_id: int, name: str) -> None:
    """A document goes by another name from now on."""
    connection.execute(update(Document).where(Document.id == document_id).values(name=name))


def save_document(connection: Connection, source_id: int, name: str, digest: bytes) -> int:
    """Notes that a document was read; returns its id."""
    found = connection.scalar(select(Document.id).where(Document.source_id == source_id, Document.name == name))
    if found is None:
        made = connection.execute(
            insert(Document).values(source_id=source_id, name=name, digest=digest).returning(Document.id)
        )
        return int(made.scalar_one())
    connection.execute(update(Document).where(Document.id == found).values(digest=digest))
    return int(found)


def name_of(connection: Connection, source_id: int) -> str:
    """The name of a source. Raises `NoResultFound` where there is none."""
    return connection.scalars(select(Source.name).where(Source.id == source_id)).one()


def ever(connection: Connection) -> set[str]:
    """Names of all sources, removed ones included: their entries stay."""
    return set(connection.scalars(select(Source.name)))


def forget_validators(connection: Connection, source_id: int) -> None:
    """Has a source asked unconditionally next time, as if it had never been read by any settings."""
    values = {"etag": None, "last_modified": None, "settings": None}
    connection.execute(update(SourceState).where(SourceState.source_id == source_id).values(values))


def learn(connection: Connection, source_id: int, learned: Learned) -> None:
    """Keeps what the documents of a source taught."""
    values = {"sections": learned.sections, "markers": learned.markers}
    connection.execute(update(Source).where(Source.id == source_id).values(learned=values))
