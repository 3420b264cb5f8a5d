"""The full-text index of entries on SQLite: what a row of it is, and how it keeps in step with `entries`.

FTS5 without a copy of the texts: it forgets a row only if it is told again what it had learned of it, so every change
takes `standing` before and `renew` after it, in its transaction. SQLite's `contentless_delete` would need 3.43.

* **Rows are numbered by time** (`place_of`), so that the newest matches come first without sorting, and spans of time
  are spans of rows. That makes the index two thirds larger than numbers by id would.
* **What entries are filtered by are words of a column of their own** (`facet`): a common word in a rare section costs
  what the section does, since FTS5 leaps from one row of the rarer to the next.
* **Texts are folded beforehand** (`db.folding`); the tokenizer has only to part words at blanks.
* **It knows by which rules it was made** (`rules`): a row that others made could never be taken out again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from unicodedata import unidata_version

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from db.folding import fold
from db.models import WITHHELD, Entry, IndexRules, Withdrawal
from db.records import Access

TABLE = "search"
PUBLIC = ("title", "summary", "author")
"""Columns that everybody may read of every entry; `body` is the other one that holds words."""

RULES = 1
"""Which rows `row` makes: another number makes every index anew."""

IDS = 1 << 31
"""Ids of entries are below it."""

_SECONDS = 1 << 32
_MARK = "§"
"""Begins what is no word: no folded text holds it."""

_ADD = "INSERT INTO search (rowid, title, summary, body, author, facet) VALUES (?, ?, ?, ?, ?, ?)"
_DROP = "INSERT INTO search (search, rowid, title, summary, body, author, facet) VALUES ('delete', ?, ?, ?, ?, ?, ?)"
_CHUNK = 2000

Row = tuple[int, str, str, str, str, str]
"""The number of a row, and its columns."""

_ACCESS = func.coalesce(Entry.access_override, Entry.access)
_STORED = select(
    Entry.id,
    Entry.sorted_at,
    Entry.source_id,
    Entry.title,
    Entry.title_from_body,
    Entry.summary,
    Entry.text,
    Entry.authors,
    Entry.sections,
    _ACCESS,
    Entry.language,
    WITHHELD,
).where(~select(Withdrawal.entry_id).where(Withdrawal.entry_id == Entry.id).correlate(Entry).exists())
_BY_IDS = _STORED.where(Entry.id.in_(bindparam("ids", expanding=True)))
_OLDEST_FIRST = _STORED.order_by(Entry.sorted_at, Entry.place.desc())


def place_of(moment: datetime, entry_id: int = IDS - 1) -> int:
    """The number of an entry's row, `moment` being its `sorted_at`; without an id, of the first row of that second.

    Later seconds have greater numbers, and within one the entry that was stored first.
    """
    seconds = min(max(int(moment.timestamp()), -_SECONDS), _SECONDS - 1)
    return (seconds * IDS) + IDS - 1 - entry_id


def entry_at(place: int) -> int:
    """The id of the entry whose row has this number."""
    return IDS - 1 - place % IDS


@lru_cache(maxsize=4096)
def facet(field: str, value: str) -> str:
    """The word that stands for what an entry is filtered by: a `section` by name, a `source` by id, `access`,
    `language`."""
    if field == "section":
        value = blake2b(value.casefold().encode(), digest_size=8).hexdigest()
    return f"{_MARK}{field}{fold(value).replace(' ', '')}"


WITHHELD_FACET = facet("access", "withheld")
"""Beside its access: its body is not for everybody (`db.records.is_withheld`)."""


def row(
    entry_id: int,
    sorted_at: datetime,
    source_id: int,
    title: str,
    title_from_body: bool,
    summary: str,
    text: str,
    authors: Sequence[str],
    sections: Iterable[str],
    access: str,
    language: str | None,
    withheld: bool,
) -> Row:
    """What the index holds of an entry."""
    facets = [facet("source", str(source_id)), facet("access", access)]
    if withheld:
        facets.append(WITHHELD_FACET)
    facets += [facet("section", name) for name in sections]
    if language is not None:
        parts = language.split("-")
        facets += [facet("language", "-".join(parts[: at + 1])) for at in range(len(parts))]
    # A title that was made of a gated body is not published; the body has its words.
    shown = not (title_from_body and (withheld or Access(access).gated))
    return (
        place_of(sorted_at, entry_id),
        fold(title) if shown else "",
        fold(summary),
        fold(text),
        f" {_MARK} ".join(map(fold, authors)),
        " ".join(facets),
    )


def add(connection: Connection, rows: Iterable[Row]) -> None:
    """Adds entries to the index."""
    # FTS5 writes out what it has gathered whenever a number is lower than the one before.
    ordered: list[tuple[Any, ...]] = sorted(rows)
    if ordered:
        connection.exec_driver_sql(_ADD, ordered)


def standing(connection: Connection, entry_ids: Sequence[int]) -> dict[int, Row | None]:
    """Entry id -> what the index holds of it, for `renew` after it was changed or removed; None for an unknown one, and
    for one that was taken back."""
    found: dict[int, Row | None] = dict.fromkeys(entry_ids)
    for start in range(0, len(entry_ids), _CHUNK):
        result = connection.execute(_BY_IDS, {"ids": entry_ids[start : start + _CHUNK]})
        found.update((each[0], row(*each)) for each in result)
    return found


def renew(connection: Connection, before: Mapping[int, Row | None]) -> None:
    """Brings the index up to what is stored now of entries of which it holds `before`."""
    after = standing(connection, list(before))
    changed = [entry_id for entry_id, stood in before.items() if stood != after[entry_id]]
    stale: list[tuple[Any, ...]] = sorted(stood for entry_id in changed if (stood := before[entry_id]) is not None)
    if stale:
        connection.exec_driver_sql(_DROP, stale)
    add(connection, [stands for entry_id in changed if (stands := after[entry_id]) is not None])


def rules() -> str:
    """What decides which row `row` makes of an entry: our rules, and the Unicode that words are folded by."""
    return f"{RULES} {unidata_version}"


def is_current(connection: Connection) -> bool:
    """Whether the index was made by the rules that count now."""
    return connection.scalars(select(IndexRules.rules)).all() == [rules()]


def ensure(connection: Connection, *, anew: bool = False) -> None:
    """Makes the index of all that is stored where other rules made it, or `anew` where these did."""
    if anew or not is_current(connection):
        fill(connection)


def verify(connection: Connection) -> list[str]:
    """What is wrong with the index, empty where it has a row for each entry that was not taken back."""
    # Every entry has one access.
    any_access = " OR ".join(f'"{facet("access", level.value)}"' for level in Access)
    rows = connection.exec_driver_sql(f"SELECT count(*) FROM {TABLE} WHERE {TABLE} MATCH ?", (any_access,)).scalar()  # noqa: S608  # ours
    stands = connection.scalar(select(func.count()).select_from(_STORED.with_only_columns(Entry.id).subquery()))
    if rows == stands:
        return []
    return [f"the index has {rows} rows for {stands} entries; 'feeds db upgrade --index' makes it anew"]


def fill(connection: Connection) -> None:
    """Makes the index anew of all that is stored."""
    connection.execute(delete(IndexRules))
    connection.execute(insert(IndexRules).values(rules=rules()))
    connection.exec_driver_sql("INSERT INTO search (search) VALUES ('delete-all')")
    with connection.execute(_OLDEST_FIRST, execution_options={"yield_per": _CHUNK}) as result:
        for rows in result.partitions():
            add(connection, (row(*each) for each in rows))
