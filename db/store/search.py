"""Looking entries up by their words: what a `Query` becomes on SQLite, and who matches, newest first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.orm import aliased

from db import index
from db.models import Entry, Section, Source
from db.records import Access, Field, Query, Term
from db.store.bulk import chunks

TIES = 2000
"""Entries of the last second that are looked at beyond a limit, so that those come which stand first in that second."""

MOST = 20_000
"""Matches that are looked at to fill one feed, of which most are folded behind a lead or not free; about."""

Cursor = tuple[int, int]
"""Where a page begins: before which row of the index its block is, and behind how many entries of that block.

A block are the entries of one second, `TIES` at most, in order.
"""

Page = tuple[list[int], Cursor | None]

_COLUMNS = {Field.WORDS: "", Field.TITLE: "{title}:", Field.AUTHOR: "{author}:"}
_FIRST, _LAST = -(1 << 63), (1 << 63) - 1
_ROWS = (
    f"SELECT rowid FROM {index.TABLE} WHERE {index.TABLE} MATCH ? "  # noqa: S608  # both are ours
    "AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?"
)
_AMONG = (
    f"SELECT {index.TABLE}.rowid FROM json_each(?) AS given "  # noqa: S608  # both are ours
    f"CROSS JOIN {index.TABLE} ON {index.TABLE}.rowid = given.value WHERE {index.TABLE} MATCH ?"
)
"""Each row is looked at by itself (60 to 150 µs), whatever else matches."""
_STANDING = select(Entry.id, Entry.sorted_at).where(Entry.id.in_(bindparam("ids", expanding=True)))
_ORDER = select(Entry.id, Entry.place, Entry.uid).where(Entry.id.in_(bindparam("ids", expanding=True)))
_Lead = aliased(Entry, name="lead")
_LEADS = (
    select(Entry.id, _Lead.id, func.coalesce(_Lead.access_override, _Lead.access))
    .join(_Lead, _Lead.id == func.coalesce(Entry.lead_id, Entry.id))
    .where(Entry.id.in_(bindparam("ids", expanding=True)))
)


def matching(connection: Connection, query: Query, *, limit: int | None, public: bool = False) -> list[int]:
    """Ids of the entries that `query` finds, newest first, in the order of feeds: `limit` of them at most.

    With `public` the body of a gated entry is not looked at, so that nobody learns of it what is in there. Where more
    than `TIES` entries share the second at which the limit falls, those come that were stored first.
    """
    expression = _expression(connection, query, public=public)
    places, _ = _page(connection, expression, *_span(query), limit)
    return list(_in_order(connection, places))[:limit]


def among(connection: Connection, query: Query, entry_ids: Iterable[int]) -> set[int]:
    """Those of these entries that `query` finds, as a public feed does: the body of a gated one is not looked at."""
    first, last = _span(query)
    places = [
        place
        for chunk in chunks(sorted(set(entry_ids)))
        for entry_id, sorted_at in connection.execute(_STANDING, {"ids": chunk})
        if first <= (place := index.place_of(sorted_at, entry_id)) < last
    ]
    if not places:
        return set()
    given = (json.dumps(places), _expression(connection, query, public=True))
    return {index.entry_at(found[0]) for found in connection.exec_driver_sql(_AMONG, given)}


def page(connection: Connection, query: Query, *, limit: int, cursor: Cursor | None = None) -> Page:
    """Ids of `limit` entries that `query` finds, newest first, from `cursor` on, which the page before gave; and that
    of the next page, None where there is none.

    Every entry is on one page. Where more than `TIES` share one second, those come first that were stored first; a
    cursor that no page gave leads to some page of them.
    """
    expression = _expression(connection, query, public=False)
    first, last = _span(query)
    skipped = 0
    if cursor is not None:
        last, skipped = min(last, max(first, cursor[0])), min(max(cursor[1], 0), TIES)
    places = _places(connection, expression, first, last, skipped + limit + 1)
    if len(places) > skipped + limit:
        second = places[-1] // index.IDS
        missing = -sum(place // index.IDS == second for place in places) % TIES
        places += _places(connection, expression, max(first, second * index.IDS), places[-1], missing)
    found = [
        (entry_id, (block[0] + 1, nth))
        for block in _blocks(places)
        for nth, entry_id in enumerate(_in_order(connection, block))
    ]
    ids = [entry_id for entry_id, _ in found[skipped : skipped + limit]]
    return ids, found[skipped + limit][1] if len(found) > skipped + limit else None


def _blocks(places: Sequence[int]) -> Iterator[Sequence[int]]:
    """`places` second by second, `TIES` at most at once."""
    for _, same in groupby(places, lambda place: place // index.IDS):
        second = list(same)
        yield from (second[start : start + TIES] for start in range(0, len(second), TIES))


def _span(query: Query) -> tuple[int, int]:
    """Numbers of the rows from which on and before which `query` looks."""
    first = _FIRST if query.since is None else index.place_of(query.since)
    return first, _LAST if query.until is None else index.place_of(query.until)


def _page(
    connection: Connection, expression: str, first: int, last: int, limit: int | None
) -> tuple[list[int], int | None]:
    """Numbers of `limit` rows from `first` to before `last` that match, the greatest first, with those of the last
    second beyond the limit (`TIES` at most); and before which row the next are, None where there are none."""
    places = _places(connection, expression, first, last, limit)
    if limit is None or len(places) < limit:
        return places, None
    second = places[-1] - places[-1] % index.IDS
    places += _places(connection, expression, max(first, second), places[-1], TIES)
    return places, second


def _places(connection: Connection, expression: str, first: int, last: int, limit: int | None) -> list[int]:
    given = (expression, first, last, -1 if limit is None else limit)
    return [found[0] for found in connection.exec_driver_sql(_ROWS, given)]


def _in_order(connection: Connection, places: Sequence[int]) -> Iterator[int]:
    """The entries of these rows, those of one second in the order of their places and ids."""
    for _, same in groupby(places, lambda place: place // index.IDS):
        ids = list(map(index.entry_at, same))
        if len(ids) == 1:
            yield from ids
            continue
        rows = [found for chunk in chunks(ids) for found in connection.execute(_ORDER, {"ids": chunk})]
        yield from (found[0] for found in sorted(rows, key=lambda found: (found[1], found[2])))


def leads(connection: Connection, query: Query, *, limit: int, free: bool = False, most: int = MOST) -> list[int]:
    """Ids of what a public feed of `query` shows: each match, or the lead that it is folded behind, newest first.

    `free` leaves only what everybody may read: of the newest `most` matches also those that are folded behind such a
    lead, beyond them those that are free themselves.
    """
    shown: dict[int, None] = {}
    for ids in _runs(connection, query, 2 * limit, most, free=free):
        behind = {
            entry_id: (lead_id, access)
            for chunk in chunks(ids)
            for entry_id, lead_id, access in connection.execute(_LEADS, {"ids": chunk})
        }
        for lead_id, access in (behind[entry_id] for entry_id in ids):
            if not free or access == Access.FREE.value:
                shown.setdefault(lead_id)
        if len(shown) >= limit:
            break
    return list(shown)[:limit]


def _runs(connection: Connection, query: Query, size: int, most: int, *, free: bool) -> Iterator[list[int]]:
    """Ids of what the public finds, newest first, in runs, the first of about `size`: of `most` matches, with `free`
    then of as many older ones that are free."""
    first, last = _span(query)
    of_free = replace(query, groups=(*query.groups, (Term(Field.ACCESS, Access.FREE.value),)))
    for asked in (query, of_free) if free else (query,):
        expression = _expression(connection, asked, public=True)
        looked, run = 0, size
        while looked < most:
            places, before = _page(connection, expression, first, last, run)
            yield list(_in_order(connection, places))
            if before is None:
                return
            looked, last, run = looked + len(places), before, min(8 * run, most)


# --- FTS5 (https://www.sqlite.org/fts5.html#full_text_query_syntax): words are quoted, and hold no quote


def _expression(connection: Connection, query: Query, *, public: bool) -> str:
    """`query` as FTS5 has it."""
    terms = [term for group in (*query.groups, query.excluded) for term in group]
    facets = {term: _facets(connection, term) for term in terms if term.field not in _COLUMNS}
    whole = _compiled(query, facets, _COLUMNS)
    levels = _levels(query)
    hidden = [index.facet("access", level.value) for level in sorted(levels) if level.gated]
    hidden += [index.WITHHELD_FACET] if Access.UNKNOWN in levels else []
    if not public or not hidden or all(term.field is not Field.WORDS for term in terms):
        return whole
    shown = _compiled(query, facets, _COLUMNS | {Field.WORDS: "{" + " ".join(index.PUBLIC) + "}:"})
    if all(level.gated for level in levels):
        return shown
    gated = _any(hidden)
    return f"(({shown}) AND {gated}) OR (({whole}) NOT {gated})"


def _levels(query: Query) -> set[Access]:
    """The levels that an entry can have which matches."""
    levels = set(Access)
    for group in query.groups:
        if all(term.field is Field.ACCESS for term in group):
            levels &= {Access(term.value) for term in group}
    return levels


def _compiled(query: Query, facets: Mapping[Term, str], columns: Mapping[Field, str]) -> str:
    """The same, with the words of a field looked for in its `columns`."""

    def compiled(term: Term) -> str:
        if term in facets:
            return facets[term]
        return f'{columns[term.field]}"{term.value}"' + ("*" if term.prefix else "")

    # FTS5 finds what does not match only among what does: every entry has an access.
    groups = [" OR ".join(map(compiled, group)) for group in query.groups] or [
        _any(index.facet("access", level.value) for level in Access)
    ]
    wanted = " AND ".join(f"({group})" for group in groups)
    if not query.excluded:
        return wanted
    return f"({wanted}) NOT ({' OR '.join(map(compiled, query.excluded))})"


def _facets(connection: Connection, term: Term) -> str:
    """What stands for a filter: a section's name, else its slug, and a source's name are looked up."""
    names: Iterable[str] = [term.value]
    if term.field is Field.SECTION:
        # By its name first: that may be the slug of another section.
        by_name, by_slug = Section.folded == term.value.casefold(), Section.slug == term.value
        found = (connection.scalars(select(Section.name).where(one)).all() for one in (by_name, by_slug))
        names = next(filter(None, found), names)
    elif term.field is Field.SOURCE:
        names = [str(connection.scalar(select(Source.id).where(Source.name == term.value)) or "none")]
    return _any(index.facet(term.field.value, name) for name in names)


def _any(words: Iterable[str]) -> str:
    return "(" + " OR ".join(f'"{word}"' for word in words) + ")"
