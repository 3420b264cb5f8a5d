"""Sources: what the configuration and people say of them, their documents, and what those taught."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import ada_url
from sqlalchemy import Boolean, Connection, Select, bindparam, case, false, select, update
from sqlalchemy import text as sql

from db.models import Document, Source, SourceState
from db.records import KnownSource, Labels, Learned, Pace, SourceRecord
from db.store.bulk import Row, chunks, insert_rows, next_ids, rows_of_pairs

POLLED = Source.enabled.is_(True) & Source.removed.is_(False)
"""Which sources are polled."""

_COLUMNS = (
    Source.id,
    Source.name,
    Source.origin,
    Source.enabled,
    Source.options,
    Source.learned,
    SourceState.host,
    SourceState.url,
    SourceState.pace,
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
    Source.paused,
    SourceState.state,
    SourceState.stale_at,
    SourceState.ms,
    SourceState.status,
    SourceState.size,
    SourceState.headers,
)
_ANEW: dict[str, Any] = {
    "etag": None, "last_modified": None, "failures": 0, "lease": None, "url": None, "pace": {}, "stale_at": None
}  # fmt: skip
"""The state of a source that is to be asked unconditionally, as if for the first time."""


def query() -> Select[Any]:
    """Sources that are not removed; each row is what `record` takes."""
    return select(*_COLUMNS).join(SourceState, SourceState.source_id == Source.id).where(Source.removed.is_(False))


def record(row: Any) -> SourceRecord:
    """A row of `query` as a value."""
    values = row._asdict()
    values["learned"] = learned_of(values["learned"]) if values["learned"] else _NOTHING
    values["pace"] = pace_of(values["pace"]) if values["pace"] else _NO_PACE
    values["headers"] = tuple(map(tuple, values["headers"] or ()))
    return SourceRecord(**values)


_NOTHING, _NO_PACE = Learned(), Pace()
_LISTS = ("skip_hours", "skip_days", "yields", "gaps", "silences")
_MOMENTS = ("newest", "gap_to", "moved_since", "brought")


def learned_of(plain: Mapping[str, Any]) -> Learned:
    """What a source taught, as it is stored."""
    values: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in plain.items()}
    return Learned(**values)


def pace_of(plain: Mapping[str, Any]) -> Pace:
    """A pace as it is stored."""
    values = dict(plain)
    for name in _LISTS:
        if name in values:
            values[name] = tuple(values[name])
    for name in _MOMENTS:
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    return Pace(**values)


def plain_pace(pace: Pace) -> dict[str, Any]:
    """`pace` as JSON knows it, without what equals a default."""
    values = {name: value for name in Pace.__slots__ if (value := getattr(pace, name)) != getattr(_NO_PACE, name)}
    return {name: value.isoformat() if name in _MOMENTS else value for name, value in values.items()}


def host_of(options: Mapping[str, object]) -> str | None:
    """Whose budget the polls of a source are charged to: its host, with the port where that is not the usual one."""
    url = options.get("url")
    if not isinstance(url, str):
        return None
    try:
        return str(ada_url.URL(url).host)
    except ValueError:
        return ""


def labels(connection: Connection) -> dict[str, Labels]:
    """Name of a source -> how readers are to know it, of those of which something of that was said."""
    title, link = (Source.options[key].as_string() for key in ("title", "link"))
    query = select(Source.name, title, link).where(title.is_not(None) | link.is_not(None))
    return {name: Labels(*said) for name, *said in connection.execute(query)}


def every(connection: Connection) -> list[SourceRecord]:
    """All sources that are not removed, in order of name."""
    return [record(row) for row in connection.execute(query().order_by(Source.name))]


def polled(connection: Connection, ids: Iterable[int]) -> dict[int, SourceRecord]:
    """Those of the sources that are polled, by id."""
    wanted = query().where(Source.enabled.is_(True))
    rows = [row for chunk in chunks(sorted(ids)) for row in connection.execute(wanted.where(Source.id.in_(chunk)))]
    return {row.id: record(row) for row in rows}


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
    _insert(connection, "config", {name: options for name, options in declared.items() if name not in known}, now)
    changed = {
        row.id: declared[row.name]
        for row in known.values()
        if row.name in declared and (row.options != declared[row.name] or row.removed or row.origin != "config")
    }
    _change(connection, "config", changed, now)
    gone = [row.id for row in known.values() if row.origin == "config" and row.name not in declared and not row.removed]
    if gone:
        connection.execute(update(Source).where(Source.id.in_(gone)).values(removed=True))


def add(connection: Connection, name: str, options: dict[str, object], now: datetime) -> bool:
    """Adds a source by command; False where the name is taken."""
    row = connection.execute(select(Source.id, Source.removed).where(Source.name == name)).one_or_none()
    if row is None:
        _insert(connection, "added", {name: options}, now)
    elif row.removed:
        _change(connection, "added", {row.id: options}, now, wake=True)
    else:
        return False
    return True


def edit(connection: Connection, source_id: int, options: dict[str, object], now: datetime) -> None:
    """Gives a source that a command added other options, and has it asked as if for the first time."""
    _change(connection, "added", {source_id: options}, now)


def pause(connection: Connection, source_id: int) -> None:
    """Lets nobody poll a source until it is resumed, whatever its options say."""
    connection.execute(update(Source).where(Source.id == source_id).values(paused=True, enabled=False))


def resume(connection: Connection, source_id: int, options: Mapping[str, object], now: datetime) -> None:
    """Lets a source that was paused be polled again, now, where its `options` do not say otherwise."""
    connection.execute(update(Source).where(Source.id == source_id).values(paused=False, enabled=is_wanted(options)))
    ask_now(connection, [source_id], now, "resumed")


def ask_now(connection: Connection, source_ids: Sequence[int], now: datetime, reason: str) -> None:
    """Lets sources that nobody is polling be due at once, for this reason."""
    for chunk in chunks(source_ids):
        connection.execute(
            update(SourceState)
            .where(SourceState.source_id.in_(chunk), SourceState.lease.is_(None))
            .values(due_at=now, reason=reason)
        )


def by_name(connection: Connection, name: str) -> SourceRecord | None:
    """The source of this name; None where there is none, or it was removed."""
    row = connection.execute(query().where(Source.name == name)).one_or_none()
    return None if row is None else record(row)


def locations(connection: Connection) -> list[KnownSource]:
    """Every source there ever was: those that are polled first, removed ones last, each kind in order of name."""
    columns = (Source.name, Source.origin, Source.enabled, Source.removed, Source.options, SourceState.url)
    every = select(*columns).join(SourceState, SourceState.source_id == Source.id)
    rows = connection.execute(every.order_by(Source.removed, Source.enabled.desc(), Source.name))
    return [KnownSource(*row) for row in rows]


def add_many(connection: Connection, added: Mapping[str, dict[str, object]], now: datetime) -> set[str]:
    """Adds sources by command, name -> options, in a handful of statements; returns the names that were added.

    A source of the name that `comes_back` does so with these options; any other keeps its name and stays as it is.
    """
    columns = (Source.id, Source.name, Source.origin, Source.enabled, Source.removed)
    known = {row.name: row for row in connection.execute(select(*columns))}
    new = {name: options for name, options in added.items() if name not in known}
    idle = [known[name] for name in added if name in known and comes_back(known[name])]
    _insert(connection, "added", new, now)
    _change(connection, "added", {row.id: added[row.name] for row in idle}, now, wake=True)
    return {*new, *(row.name for row in idle)}


def is_wanted(options: Mapping[str, object]) -> bool:
    """Whether the options let a source be polled."""
    return bool(options.get("enabled", True))


def comes_back(known: Any) -> bool:
    """Whether a source (`KnownSource`, or such a row) comes back where it is added again: one that was removed, or that
    a command added and that is paused."""
    return bool(known.removed or (known.origin == "added" and not known.enabled))


def remove(connection: Connection, name: str) -> None:
    """Stops polling a source; its entries stay."""
    connection.execute(update(Source).where(Source.name == name).values(removed=True))


def _insert(connection: Connection, origin: str, new: Mapping[str, dict[str, object]], now: datetime) -> None:
    """Makes sources, name -> options, due at once."""
    ids = next_ids(connection, Source, len(new))
    rows: list[Row] = [
        (source_id, name, origin, is_wanted(options), False, options, {})
        for source_id, (name, options) in zip(ids, new.items(), strict=True)
    ]
    insert_rows(connection, Source, ("id", "name", "origin", "enabled", "removed", "options", "learned"), rows)
    states: list[Row] = [
        (source_id, now, 0, host_of(options), {}) for source_id, options in zip(ids, new.values(), strict=True)
    ]
    insert_rows(connection, SourceState, ("source_id", "due_at", "failures", "host", "pace"), states)


def _change(
    connection: Connection, origin: str, changed: Mapping[int, dict[str, object]], now: datetime, *, wake: bool = False
) -> None:
    """Gives sources other options, id -> options, and has them asked as if for the first time. What somebody paused
    stays so, unless they are to `wake`."""
    if not changed:
        return
    # Not `id`: that is the column's own name, which a value to be set would have to go by.
    told = [
        {"of": source_id, "origin": origin, "options": options, "removed": False, "wanted": is_wanted(options)}
        for source_id, options in changed.items()
    ]
    wanted = bindparam("wanted", type_=Boolean)
    statement = update(Source).where(Source.id == bindparam("of"))
    if wake:
        statement = statement.values(paused=False, enabled=wanted)
    else:
        statement = statement.values(enabled=case((Source.paused, false()), else_=wanted))
    connection.execute(
        statement.values(origin=bindparam("origin"), options=bindparam("options"), removed=bindparam("removed")), told
    )
    asked = [
        {"of": source_id, **_ANEW, "due_at": now, "host": host_of(options)} for source_id, options in changed.items()
    ]
    connection.execute(update(SourceState).where(SourceState.source_id == bindparam("of")), asked)


def digests(connection: Connection, source_id: int) -> dict[str, bytes]:
    """Document name -> digest of the bytes it had when it was last read."""
    rows = connection.execute(select(Document.name, Document.digest).where(Document.source_id == source_id))
    return {row[0]: row[1] for row in rows}


_IS_COMPARED = sql("length(digest) > 0")
"""In the very words of the index that holds these documents alone."""


def digests_of(connection: Connection, source_ids: Sequence[int]) -> dict[tuple[int, str], bytes]:
    """The same for many sources: (source's id, document name) -> digest, for those that have one."""
    found: dict[tuple[int, str], bytes] = {}
    for chunk in chunks(source_ids):
        rows = connection.execute(
            select(Document.source_id, Document.name, Document.digest).where(
                Document.source_id.in_(chunk), _IS_COMPARED
            )
        )
        found.update(((row[0], row[1]), row[2]) for row in rows)
    return found


def document_ids(connection: Connection, source_id: int, names: Iterable[str]) -> dict[str, int]:
    """Document name -> id, for those of `names` that are known."""
    wanted = set(names)
    rows = connection.execute(select(Document.name, Document.id).where(Document.source_id == source_id))
    return {row.name: row.id for row in rows if row.name in wanted}


def rename_document(connection: Connection, document_id: int, name: str) -> None:
    """A document goes by another name from now on."""
    connection.execute(update(Document).where(Document.id == document_id).values(name=name))


def move_document(connection: Connection, source_id: int, name: str, to: str) -> None:
    """The document `name` of a source goes by `to`, unless another does already."""
    ids = document_ids(connection, source_id, (name, to))
    if name in ids and to not in ids:
        rename_document(connection, ids[name], to)


def save_documents(connection: Connection, read: Sequence[tuple[int, str, bytes]]) -> list[int]:
    """Notes that documents were read (source's id, name, digest); returns their ids in that order.

    A source's name is given once.
    """
    known: dict[tuple[int, str], int] = {}
    for chunk in chunks([one[:2] for one in read]):
        rows = rows_of_pairs(connection, Document, ("source_id", "name", "id"), chunk)
        known.update(((row[0], row[1]), row[2]) for row in rows)
    again = [{"document": known[one[:2]], "new": one[2]} for one in read if one[:2] in known]
    if again:
        statement = update(Document).where(Document.id == bindparam("document")).values(digest=bindparam("new"))
        connection.execute(statement, again)
    fresh = [one for one in read if one[:2] not in known]
    if fresh:
        ids = next_ids(connection, Document, len(fresh))
        known |= {one[:2]: document_id for document_id, one in zip(ids, fresh, strict=True)}
        rows = [(document_id, *one) for document_id, one in zip(ids, fresh, strict=True)]
        insert_rows(connection, Document, ("id", "source_id", "name", "digest"), rows)
    return [known[one[:2]] for one in read]


def name_of(connection: Connection, source_id: int) -> str:
    """The name of a source. Raises `NoResultFound` where there is none."""
    return connection.scalars(select(Source.name).where(Source.id == source_id)).one()


def was_ever(connection: Connection, name: str) -> bool:
    """Whether there is a source of this name, or was: the entries of one that was removed stay."""
    return connection.scalar(select(Source.id).where(Source.name == name)) is not None


def forget_validators(connection: Connection, source_id: int) -> None:
    """Has a source asked unconditionally next time, as if it had never been read by any settings."""
    values = {"etag": None, "last_modified": None, "settings": None}
    connection.execute(update(SourceState).where(SourceState.source_id == source_id).values(values))


def learned(connection: Connection, source_id: int) -> Learned:
    """What the documents of a source taught so far."""
    plain = connection.scalars(select(Source.learned).where(Source.id == source_id)).one()
    return learned_of(plain) if plain else _NOTHING


def learn(connection: Connection, source_id: int, learned: Learned) -> None:
    """Keeps what the documents of a source taught."""
    values = {name: value for name in Learned.__slots__ if (value := getattr(learned, name)) != getattr(_NOTHING, name)}
    connection.execute(update(Source).where(Source.id == source_id).values(learned=values))
