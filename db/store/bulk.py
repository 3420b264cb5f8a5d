"""Many rows at once, at the speed of the driver.

SQLAlchemy's own way of inserting a list costs 15 to 25 µs a row before the driver sees it; values turned column by
column by the types' own processors, and the statement made once, cost 2 to 5 (Python 3.11, SQLAlchemy 2.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import JSON, Connection, Dialect, Table, func, select
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeEngine

from db.engine import to_json
from db.models import UtcDateTime

Row = Sequence[Any]
Value = TypeVar("Value")

CHUNK = 500
"""Values in one IN list: far below the limits of both databases, large enough that the statement's cost vanishes."""


def chunks(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """`values` in runs of `CHUNK` at most."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


def table_of(model: type[DeclarativeBase]) -> Table:
    """The table of a model."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101  # every model of ours is one
    return table


def insert_rows(
    connection: Connection, model: type[DeclarativeBase], names: tuple[str, ...], rows: Iterable[Row], tail: str = ""
) -> None:
    """Inserts `rows`, each the values of `names` in order. `tail` follows the statement, such as `ON CONFLICT …`."""
    table = table_of(model)
    columns = list(zip(*rows, strict=True))
    if not columns:
        return
    statement, processors = _prepared(connection.dialect, table, names, tail)
    turned = [
        column if process is None else list(map(process, column))
        for process, column in zip(processors, columns, strict=True)
    ]
    connection.exec_driver_sql(statement, list(zip(*turned, strict=True)))


def rows_among(
    connection: Connection, model: type[DeclarativeBase], names: tuple[str, ...], values: Sequence[bytes | int | str]
) -> Sequence[Row]:
    """The columns `names` of the rows whose first of them is one of `values`, as the driver gives them.

    SQLAlchemy writes a list of that length anew at each call (2 µs a value).
    """
    if not values:
        return []
    statement = _among(connection.dialect, table_of(model), names, len(values))
    return connection.exec_driver_sql(statement, tuple(values)).all()


def rows_of_pairs(
    connection: Connection, model: type[DeclarativeBase], names: tuple[str, ...], pairs: Sequence[tuple[int, str]]
) -> Sequence[Row]:
    """The same of the rows whose first two columns are one of `pairs`.

    Joined, because SQLite looks through a whole index for a list of pairs: 21 ms at 50,000 rows, against 0.1.
    """
    if not pairs:
        return []
    statement = _of_pairs(connection.dialect, table_of(model), names, len(pairs))
    return connection.exec_driver_sql(statement, tuple([value for pair in pairs for value in pair])).all()


@lru_cache(maxsize=64)
def _of_pairs(dialect: Dialect, table: Table, names: tuple[str, ...], count: int) -> str:
    quote = dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in names)
    places = ", ".join(["(?, ?)"] * count)
    joined = f"{quote(names[0])} = wanted.one AND {quote(names[1])} = wanted.other"
    wanted = f"WITH wanted(one, other) AS (VALUES {places})"
    return f"{wanted} SELECT {columns} FROM wanted JOIN {quote(table.name)} ON {joined}"  # noqa: S608  # names of ours


@lru_cache(maxsize=64)
def _among(dialect: Dialect, table: Table, names: tuple[str, ...], count: int) -> str:
    quote = dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in names)
    places = ", ".join("?" * count)
    return f"SELECT {columns} FROM {quote(table.name)} WHERE {quote(names[0])} IN ({places})"  # noqa: S608


def next_ids(connection: Connection, model: type[DeclarativeBase], count: int) -> range:
    """Ids for `count` new rows, in order. The caller's transaction is the only one that writes."""
    table = table_of(model)
    last = connection.scalar(select(func.max(table.c.id))) or 0
    return range(last + 1, last + 1 + count)


@lru_cache(maxsize=64)
def _prepared(dialect: Dialect, table: Table, names: tuple[str, ...], tail: str) -> tuple[str, list[Any]]:
    processors = [_processor(table.c[name].type, dialect) for name in names]
    quote = dialect.identifier_preparer.quote
    into = ", ".join(quote(name) for name in names)
    statement = f"INSERT INTO {quote(table.name)} ({into}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
    return f"{statement} {tail}".rstrip(), processors


def _processor(kind: TypeEngine[Any], dialect: Dialect) -> Any:
    """What turns a value into the driver's own; None for what is so already."""
    if isinstance(kind, UtcDateTime) and dialect.name == "sqlite":
        return _sqlite_time
    if isinstance(kind, JSON):
        return to_json
    return kind.dialect_impl(dialect).bind_processor(dialect)


@lru_cache(maxsize=4096)
def _sqlite_time(value: datetime | None) -> str | None:
    """What `UtcDateTime` writes on SQLite, in a tenth of the time. Raises `ValueError` for a time without zone.

    A row holds most of its times twice, and those of one transaction share one.
    """
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"a time without zone reached the database: {value!r}")
    return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat(" ", "microseconds")[:26]
