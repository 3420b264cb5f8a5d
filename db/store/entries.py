"""Reading entries: what is known, what a feed shows, what a person looks for."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    Connection,
    Select,
    Text,
    bindparam,
    case,
    func,
    select,
    text,
)
from sqlalchemy import cast as cast_to
from sqlalchemy import or_ as either
from sqlalchemy.orm import aliased

from db import records
from db.models import (
    WITHHELD,
    Document,
    Entry,
    EntryKey,
    EntrySection,
    Item,
    Pair,
    Section,
    Source,
    Withdrawal,
)
from db.records import Access, Enclosure, Evidence, News, Precision, Said, ShownEntry, StoredEntry
from db.store.bulk import CHUNK, chunks, rows_among

LONGEST_END = 200
"""Characters of an end by which an entry is looked for."""

MOST_ELSEWHERE = 20
"""Copies of one story that are shown: a cluster may have thousands."""

_Lead = aliased(Entry, name="lead")
_SHOWN = (
    Entry.id,
    Entry.uid,
    Source.name.label("source"),
    Entry.title,
    Entry.title_from_body,
    Entry.url,
    Entry.summary,
    Entry.content,
    Entry.published,
    Entry.published_precision,
    Entry.updated,
    Entry.language,
    Entry.label,
    Entry.authors,
    Entry.categories,
    Entry.enclosures,
    Entry.sections,
    func.coalesce(Entry.access_override, Entry.access).label("access"),
    Entry.place,
    WITHHELD.label("withheld"),
    Entry.extra,
)
_STORED = (
    *_SHOWN,
    Entry.text,
    Entry.published_basis,
    Entry.first_seen,
    Entry.sorted_at,
    Entry.access_override,
    Entry.evidence,
    Entry.rule,
    case((Entry.lead_id.is_not(None), func.coalesce(Pair.score, 1.0))).label("score"),
    _Lead.uid.label("lead"),
    Withdrawal.at.label("withdrawn_at"),
    Withdrawal.by,
    Withdrawal.why,
)
_NEWEST_FIRST = (Entry.sorted_at.desc(), Entry.place, Entry.uid)


def _query() -> Select[Any]:
    return (
        select(*_STORED)
        .join(Source, Source.id == Entry.source_id)
        .outerjoin(_Lead, _Lead.id == Entry.lead_id)
        .outerjoin(Withdrawal, Withdrawal.entry_id == Entry.id)
        .outerjoin(Pair, (Pair.entry_id == Entry.id) & (Pair.other_id == Entry.lead_id) & (Pair.rule == Entry.rule))
    )


_BY_IDS = _query().where(Entry.id.in_(bindparam("ids", expanding=True)))
_SHOWN_BY_IDS = (
    select(*_SHOWN).join(Source, Source.id == Entry.source_id).where(Entry.id.in_(bindparam("ids", expanding=True)))
)


def _shown(row: Sequence[Any]) -> dict[str, Any]:
    """The fields of `ShownEntry`, by position in the order of `_SHOWN`: by name costs twice as much, for each of the
    thousands of rows that a publish reads."""
    return {
        "id": row[0],
        "uid": row[1],
        "source": row[2],
        "title": row[3],
        "title_from_body": row[4],
        "url": row[5],
        "summary": row[6],
        "content": row[7],
        "published": row[8],
        "published_precision": Precision(row[9]) if row[9] else None,
        "updated": row[10],
        "language": row[11],
        "label": row[12],
        "authors": tuple(row[13]),
        "categories": tuple(row[14]),
        "enclosures": tuple(Enclosure(*file) for file in row[15]) if row[15] else (),
        "sections": tuple(row[16]),
        "access": Access(row[17]),
        "place": row[18],
        "withheld": bool(row[19]),
        "extra": row[20],
    }


def _entry(row: Any) -> StoredEntry:
    return StoredEntry(
        **_shown(row),
        text=row.text,
        published_basis=row.published_basis,
        first_seen=row.first_seen,
        sorted_at=row.sorted_at,
        access_override=row.access_override is not None,
        evidence=_evidence(row.evidence),
        lead=row.lead or row.uid,
        rule=row.rule,
        score=row.score,
        withdrawal=None
        if row.withdrawn_at is None
        else records.Withdrawal(row.withdrawn_at, records.WithdrawnBy(row.by), row.why),
    )


def _evidence(rows: Sequence[Sequence[str]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(*proof) for proof in rows) if rows else ()


def find(connection: Connection, keys: Sequence[bytes]) -> dict[bytes, int]:
    """Key -> id of the stored entry, for those keys that are known."""
    found: dict[bytes, int] = {}
    for chunk in chunks(keys):
        found.update((row[0], row[1]) for row in rows_among(connection, EntryKey, ("key", "entry_id"), chunk))
    return found


_SAID = (
    select(
        Item.entry_id,
        Item.document_id,
        Source.name,
        Item.digest,
        Item.rank,
        Item.sections,
        Item.evidence,
        Item.current,
    )
    .join(Document, Document.id == Item.document_id)
    .join(Source, Source.id == Document.source_id)
    .where(Item.entry_id.in_(bindparam("ids", expanding=True)))
)


def said_of(connection: Connection, entry_ids: Sequence[int]) -> dict[int, list[Said]]:
    """Entry id -> what each document says of it."""
    found: dict[int, list[Said]] = defaultdict(list)
    for chunk in chunks(entry_ids):
        for row in connection.execute(_SAID, {"ids": chunk}):
            found[row[0]].append(Said(row[1], row[2], row[3], row[4], tuple(row[5]), _evidence(row[6]), current=row[7]))
    return found


def named_by(connection: Connection, document_ids: Sequence[int]) -> dict[int, list[int]]:
    """Document id -> ids of the entries that it named when it was last read."""
    found: dict[int, list[int]] = {document_id: [] for document_id in document_ids}
    for chunk in chunks(document_ids):
        query = select(Item.document_id, Item.entry_id).where(Item.document_id.in_(chunk), Item.current.is_(True))
        for document_id, entry_id in connection.execute(query):
            found[document_id].append(entry_id)
    return found


def naming(connection: Connection, entry_ids: Sequence[int]) -> Counter[int]:
    """Document id -> how many of these entries it names, for all that name any."""
    found: Counter[int] = Counter()
    for chunk in chunks(entry_ids):
        rows = connection.execute(
            select(Item.document_id, func.count())
            .where(Item.entry_id.in_(chunk), Item.current.is_(True))
            .group_by(Item.document_id)
        )
        for document_id, count in rows:
            found[document_id] += count
    return found


def load(connection: Connection, entry_ids: Sequence[int]) -> dict[int, StoredEntry]:
    """Entry id -> entry. An unknown id is left out."""
    found: dict[int, StoredEntry] = {}
    for chunk in chunks(entry_ids):
        found.update((row[0], _entry(row)) for row in connection.execute(_BY_IDS, {"ids": chunk}).all())
    return found


def in_order(connection: Connection, entry_ids: Sequence[int]) -> Iterator[StoredEntry]:
    """These entries in this order, read as they are asked for. An unknown id is left out."""
    for chunk in chunks(entry_ids):
        found = load(connection, chunk)
        yield from (found[each] for each in chunk if each in found)


def show(connection: Connection, entry_ids: Sequence[int]) -> dict[int, ShownEntry]:
    """Entry id -> what a publish may see of it. An unknown id is left out."""
    found: dict[int, ShownEntry] = {}
    for chunk in chunks(entry_ids):
        for row in connection.execute(_SHOWN_BY_IDS, {"ids": chunk}).all():
            found[row[0]] = ShownEntry(**_shown(row))
    return found


def by_uid(connection: Connection, uid: str) -> StoredEntry | None:
    """The entry with this id, or the only one whose id ends with `uid` (8 characters at least).

    What is an id as a whole is looked up and nothing else: for its end all ids are looked through.
    """
    exact = connection.execute(_query().where(Entry.uid == uid)).one_or_none()
    if exact is not None:
        return _entry(exact)
    if not 8 <= len(uid) <= LONGEST_END or uid.startswith("tag:"):
        return None
    # Their ids first, which an index holds: a row is fifty times as long.
    ids = connection.scalars(select(Entry.id).where(Entry.uid.endswith(uid, autoescape=True)).limit(2)).all()
    return load(connection, ids)[ids[0]] if len(ids) == 1 else None


def listing(
    connection: Connection,
    *,
    section: str | None = None,
    source: str | None = None,
    access: Access | None = None,
    duplicates: bool = False,
    withdrawn: bool = False,
    limit: int | None = None,
) -> Iterator[StoredEntry]:
    """Entries, newest first, read as they are asked for.

    `section` and `source` are names (a section's slug does as well); `duplicates` leaves only those folded behind
    another; `withdrawn` adds those that were taken back.
    """
    query = _query().order_by(*_NEWEST_FIRST)
    if section is not None:
        query = query.where(
            Entry.id.in_(
                select(EntrySection.entry_id)
                .join(Section, Section.id == EntrySection.section_id)
                .where((Section.folded == section.casefold()) | (Section.slug == section))
            )
        )
    if source is not None:
        query = query.where(Source.name == source)
    if access is not None:
        query = query.where(func.coalesce(Entry.access_override, Entry.access) == access.value)
    if duplicates:
        query = query.where(Entry.lead_id.is_not(None))
    if not withdrawn:
        query = query.where(Withdrawal.entry_id.is_(None))
    result = connection.execute(query.limit(limit), execution_options={"yield_per": CHUNK})
    return (_entry(row) for row in result)


_Shown = aliased(Entry, name="shown")
_Member = aliased(Entry, name="member")
_FREE = func.coalesce(_Shown.access_override, _Shown.access) == Access.FREE.value
_STANDS = ~select(Withdrawal.entry_id).where(Withdrawal.entry_id == _Shown.id).correlate(_Shown).exists()
# Built once: composing one of these costs more than running it.
_NEWEST = select(_Shown.id).where(_Shown.lead_id.is_(None), _STANDS)
_NEWEST = _NEWEST.order_by(_Shown.sorted_at.desc(), _Shown.place, _Shown.uid)
_NEWEST_OF_SECTION = (
    select(_Shown.id)
    .select_from(EntrySection)
    .join(_Member, _Member.id == EntrySection.entry_id)
    .join(_Shown, _Shown.id == func.coalesce(_Member.lead_id, _Member.id))
    .where(EntrySection.section_id == bindparam("section_id"), _STANDS)
    .order_by(EntrySection.sorted_at.desc(), EntrySection.place, _Member.uid)
)
_QUERIES = {
    (False, False): _NEWEST,
    # Worded as its index is: a bound value would not be found to be the same.
    (False, True): _NEWEST.where(text("coalesce(shown.access_override, shown.access) = 'free'")),
    (True, False): _NEWEST_OF_SECTION,
    (True, True): _NEWEST_OF_SECTION.where(_FREE),
}


def newest(connection: Connection, limit: int, *, section_id: int | None = None, free: bool = False) -> list[int]:
    """Ids of the newest entries of a section (of all where it is None) as a feed shows them: leads only.

    An entry that is folded behind a lead of another section brings that lead into this one. `free` leaves only what
    everybody may read; what was taken back is not among them. Order: newest first, the same on every machine.
    """
    query = _QUERIES[section_id is not None, free]
    given = {} if section_id is None else {"section_id": section_id}
    # A cluster can bring one lead several times; each folded row costs one of the rows asked for.
    ids: dict[int, None] = {}
    with connection.execute(query, given, execution_options={"yield_per": limit + 1}) as rows:
        for row in rows:
            ids.setdefault(row[0])
            if len(ids) == limit:
                break
    return list(ids)


def has_free(connection: Connection) -> bool:
    """Whether there is anything that everybody may read."""
    return bool(newest(connection, 1, free=True))


_NEWS = (
    select(_Shown.uid, _Shown.url, _Shown.title, _Shown.published)
    .where(_Shown.lead_id.is_(None), _STANDS, _Shown.url.is_not(None), _Shown.title_from_body.is_(False))
    .where(_Shown.sorted_at >= bindparam("since"), _Shown.published >= bindparam("since"))
    .order_by(_Shown.sorted_at.desc(), _Shown.place, _Shown.uid)
)


def news(connection: Connection, since: datetime, limit: int) -> list[News]:
    """The newest leads that have an address and a headline of their own and were published at `since` or later."""
    rows = connection.execute(_NEWS.limit(limit), {"since": since})
    return [News(uid, cast(str, url), title, cast(datetime, published)) for uid, url, title, published in rows]


_ELSEWHERE = (
    select(Entry.lead_id, Entry.url, Source.name)
    .join(Source, Source.id == Entry.source_id)
    .where(Entry.lead_id.in_(bindparam("ids", expanding=True)), Entry.url.is_not(None))
    .order_by(Entry.uid)
)


def elsewhere(connection: Connection, lead_ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """Lead's id -> `(url, source)` of the entries folded behind it that have an address, in order of uid:
    `MOST_ELSEWHERE` at most."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for chunk in chunks(lead_ids):
        for lead_id, url, source in connection.execute(_ELSEWHERE, {"ids": chunk}):
            copies = found[cast(int, lead_id)]
            if len(copies) < MOST_ELSEWHERE:
                copies.append((cast(str, url), source))
    return found


def count(connection: Connection) -> int:
    """How many entries are stored."""
    return int(connection.scalar(select(func.count()).select_from(Entry)) or 0)


def count_followers(connection: Connection, lead_ids: Sequence[int]) -> dict[int, int]:
    """Lead's id -> how many entries are folded behind it; those with none are left out."""
    counted = select(Entry.lead_id, func.count()).group_by(Entry.lead_id)
    rows = [row for ids in chunks(lead_ids) for row in connection.execute(counted.where(Entry.lead_id.in_(ids)))]
    return {cast(int, lead_id): number for lead_id, number in rows}


def stating(connection: Connection, source_id: int, signals: Sequence[str]) -> list[int]:
    """Ids of the entries of which a document of the source says something by any of these signals."""
    proofs = cast_to(Item.evidence, Text)
    query = (
        select(Item.entry_id)
        .join(Document, Document.id == Item.document_id)
        .where(Document.source_id == source_id)
        .where(either(*(proofs.contains(f"[{json.dumps(signal)}, ", autoescape=True) for signal in signals)))
        .distinct()
    )
    return sorted(connection.scalars(query))


def configured_otherwise(connection: Connection, source_id: int, configured: Evidence | None) -> list[int]:
    """Ids of the entries of which a document of the source says something without the evidence `configured`; where
    it is None, with evidence of that kind."""
    # Inside a JSON string its quotes would be escaped, so that no source can write what is looked for.
    proofs = cast_to(Item.evidence, Text)
    if configured is None:
        differs = proofs.contains('["configured", ', autoescape=True)
    else:
        said = json.dumps([configured.signal, configured.value, configured.where])
        differs = ~proofs.contains(said, autoescape=True)
    query = (
        select(Item.entry_id)
        .join(Document, Document.id == Item.document_id)
        .where(Document.source_id == source_id, differs)
        .distinct()
    )
    return sorted(connection.scalars(query))
