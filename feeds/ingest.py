"""What one document changes in the database: new entries, revisions, clusters, sections that owe a feed.

Decisions are the stages' (`revise`, `access`, `dedupe`); this module asks the storage what they need to know, in
batches, and applies what they decide. The caller holds the transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from db.engine import Connection
from db.records import (
    ALL_SECTIONS,
    Access,
    EntryRecord,
    Evidence,
    NewEntry,
    Revised,
    Said,
    StoredEntry,
    Withdrawal,
    WithdrawnBy,
)
from db.store import entries, members, saving, sections, sources, withdrawals
from feeds import absence, access, dedupe, flapping, pairs, revise
from feeds.clusters import regroup
from feeds.model import Reading
from feeds.slug import slug

LIKELY = 8
"""Lost documents that are looked at for one that goes by a new name."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many entries a document made, changed and left as they were.

    `articles` counts those of which it said for the first time whether they are locked, `locked` those that are (see
    `feeds.access.word`).
    """

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    articles: int = 0
    locked: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.new + other.new,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.articles + other.articles,
            self.locked + other.locked,
        )


@dataclass(frozen=True, slots=True)
class Saying:
    """One document of one source, read."""

    source_id: int
    source: str
    reading: Reading


@dataclass(slots=True)
class _Document:
    """A saying on its way into the database: its records folded, and which of them are known (entry id -> record).

    `stated` says of each entry of which it is the first time whether it is locked.
    """

    saying: Saying
    records: list[EntryRecord]
    id: int = 0
    rank: str = ""
    known: dict[int, EntryRecord] = field(default_factory=dict)
    fresh: list[EntryRecord] = field(default_factory=list)
    stated: list[bool] = field(default_factory=list)

    @property
    def keys(self) -> list[bytes]:
        return [key for record in self.records for key in record.keys]


def store(
    connection: Connection,
    sayings: Sequence[Saying],
    *,
    prefix: str,
    now: datetime,
    made: set[int] | None = None,
    lost: set[str] | None = None,
) -> list[Tally]:
    """Stores what documents say, one after the other; returns what each of them changed. `prefix` begins the ids that
    are minted (`tag:<host>,<date>:`).

    `made` holds the ids of the entries that this poll made from documents before these, and gets those that are
    made now: nobody has seen them yet, so that what one more document says of them is no change. `lost` are names of
    documents that are no longer there: one of them may go by another name now, and is taken out. A document that says
    again what it said before changes nothing, whatever else was said since.
    """
    made = set() if made is None else made
    tallies: list[Tally] = []
    for batch in _apart(sayings, alone=bool(lost)):
        if lost:
            (one,) = batch
            _recall(connection, one.saying.source_id, one.saying.reading.name, one.records, lost)
        found = entries.find(connection, [key for one in batch for key in one.keys])
        for part in _parted(batch, found):
            tallies += _store(connection, part, found, prefix, now, made)
    return tallies


def _apart(sayings: Sequence[Saying], *, alone: bool) -> Iterator[list[_Document]]:
    """The documents in their order, as many at once as have nothing to do with each other: what one makes, the next
    may name."""
    batch: list[_Document] = []
    keys: set[bytes] = set()
    names: set[tuple[int, str]] = set()
    for saying in sayings:
        one = _Document(saying, revise.fold(saying.reading.records, level_of))
        own, name = one.keys, (saying.source_id, saying.reading.name)
        if batch and (alone or name in names or not keys.isdisjoint(own)):
            yield batch
            batch, keys, names = [], set(), set()
        batch.append(one)
        keys.update(own)
        names.add(name)
    if batch:
        yield batch


def _parted(batch: list[_Document], found: Mapping[bytes, int]) -> Iterator[list[_Document]]:
    """The documents of a batch in parts that name no stored entry (key -> its id) twice: one entry goes by several
    keys, and what one document changes in it the next must see. A document whose headlines may be edits of any it named
    goes alone."""
    if len(batch) == 1:
        yield batch
        return
    part: list[_Document] = []
    taken: set[int] = set()
    for one in batch:
        ids = {found[key] for key in one.keys if key in found}
        alone = any(_is_titled(one.saying.source, record) for record in one.records)
        if part and (alone or not taken.isdisjoint(ids)):
            yield part
            part, taken = [], set()
        part.append(one)
        taken |= ids
        if alone:
            yield part
            part, taken = [], set()
    if part:
        yield part


def _store(
    connection: Connection,
    batch: Sequence[_Document],
    found: Mapping[bytes, int],
    prefix: str,
    now: datetime,
    made: set[int],
) -> list[Tally]:
    """Stores documents that share no key and no entry, in a number of statements that does not grow with them; `found`
    are the keys that are stored."""
    read = [(one.saying.source_id, one.saying.reading.name, one.saying.reading.digest) for one in batch]
    for one, document_id in zip(batch, sources.save_documents(connection, read), strict=True):
        reading = one.saying.reading
        one.id, one.rank = document_id, revise.document_rank(one.records, reading.name, article=reading.article)
    seen = _recognise(connection, batch, found)
    news = [[(one.saying.source_id, revise.mint(record, prefix)) for record in one.fresh] for one in batch]
    changes, said = _compare(connection, batch, now, made)
    changes = flapping.damp(connection, changes, now, made)
    every_change = [change for each in changes for change in each]
    every_new = [new for each in news for new in each]
    names = {name for one in batch for record in one.records for name in record.sections}
    names |= {name for _, change in every_change for name in (*change.sections, *change.before.sections)}
    section_ids = sections.ensure(connection, names, slug) if names else {}

    ids = saving.insert_entries(connection, every_new, section_ids, now)
    made.update(ids)
    numbers = iter(ids)
    for one, each in zip(batch, news, strict=True):
        one.stated += [locked for _, new in each if (locked := access.stated(new.record.evidence)) is not None]
        said += [
            (entry_id, _said(one.id, one.saying.source, one.rank, new.record))
            for (_, new), entry_id in zip(each, numbers)  # noqa: B905  # of one iterator for all of them
        ]
    changed = [change.before.id for _, change in every_change]
    beside = members.beside(connection, [change.before.id for _, change in every_change if change.record is not None])
    refiled = [change.before.id for _, change in every_change if change.sections != change.before.sections]
    left = saving.places_of(connection, sorted(members.leads_of(connection, refiled)))
    saving.revise_entries(connection, every_change, section_ids, now)
    saving.save_items(connection, said)
    pairs.find(connection, _told(every_new, ids, every_change), now)
    if ids or changed:
        shown = [(new.record.sections, new.sorted_at) for _, new in every_new]
        shown += [((*one.sections, *one.before.sections), one.before.sorted_at) for _, one in every_change]
        touched = {(section_ids[name.casefold()], at) for names, at in shown for name in names}
        touched |= {(ALL_SECTIONS, at) for _, at in shown} | left
        sections.mark(connection, touched | regroup(connection, ids, changed, beside), now)
    withdraw(
        connection, {one.entry_id: one.why for one in absence.look(connection, seen, now)}, WithdrawnBy.SOURCE, now
    )
    # Whoever made the sources name it again: a part of a document may have come first.
    named = {each for one in batch if not one.saying.reading.partial for each in one.known}
    gone = withdrawals.among(connection, sorted(named))
    restored = restore(connection, [each for each, one in gone.items() if one.by is not WithdrawnBy.PERSON], now)
    return [
        _tally(len(each), {one.before.id for _, one in own if one.changed and not one.unseen}, restored, document)
        for document, each, own in zip(batch, news, changes, strict=True)
    ]


def _told(
    news: Sequence[tuple[int, NewEntry]], ids: Sequence[int], changes: Sequence[tuple[int | None, Revised]]
) -> list[pairs.Told]:
    """What has words that nobody compared: what is new, and what has others than before."""
    told = [pairs.Told(each, new.uid, new.record, new.sorted_at) for (_, new), each in zip(news, ids, strict=True)]
    for _, change in changes:
        before, record = change.before, change.record
        if record is not None and _compared(record) != _compared(before):
            told.append(pairs.Told(before.id, before.uid, record, before.sorted_at, edited=True))
    return told


def _compared(one: EntryRecord | StoredEntry) -> tuple[str, str]:
    """The words that tell copies."""
    return one.title, one.text or one.summary


def _tally(new: int, changed: set[int], restored: set[int], one: _Document) -> Tally:
    updated = len(changed | (restored & one.known.keys()))
    return Tally(new, updated, len(one.known) - updated, len(one.stated), sum(one.stated))


def said_again(connection: Connection, read: Mapping[int, Collection[str] | None], now: datetime) -> None:
    """Takes note of documents that were read whole and say what they said before: source's id -> their names, None for
    all of them. What they do not name any more may be taken back by that."""
    taken = absence.again(connection, read, now)
    withdraw(connection, {one.entry_id: one.why for one in taken}, WithdrawnBy.SOURCE, now)


def withdraw(connection: Connection, whys: Mapping[int, str], by: WithdrawnBy, now: datetime) -> None:
    """Takes entries back (entry id -> why, in words): no feed shows them any more. They are kept, with all they were.

    What a person took back stays so, whatever others say.
    """
    known = withdrawals.among(connection, list(whys))
    theirs = {each for each, one in known.items() if one.by is WithdrawnBy.PERSON}
    for entry_id, why in whys.items():
        if entry_id not in theirs or by is WithdrawnBy.PERSON:
            withdrawals.save(connection, entry_id, Withdrawal(now, by, why))
    fresh = [each for each in whys if each not in known]
    changes = [(None, revise.withdraw(one)) for one in entries.load(connection, fresh).values()]
    saving.revise_entries(connection, changes, {}, now)
    withdrawals.forget_vanished(connection, list(whys))
    _show_anew(connection, fresh, now)


def restore(connection: Connection, entry_ids: Iterable[int], now: datetime) -> set[int]:
    """Shows entries again that were taken back; returns which of them were."""
    ids = sorted(withdrawals.among(connection, list(entry_ids)))
    changes = [(None, revise.restore(one, now)) for one in entries.load(connection, ids).values()]
    withdrawals.remove(connection, ids)
    saving.revise_entries(connection, changes, {}, now)
    _show_anew(connection, ids, now)
    return set(ids)


def _show_anew(connection: Connection, entry_ids: Sequence[int], now: datetime) -> None:
    if entry_ids:
        sections.mark(connection, regroup(connection, [], entry_ids, members.beside(connection, entry_ids)), now)


def _recall(connection: Connection, source_id: int, name: str, records: Sequence[EntryRecord], lost: set[str]) -> None:
    """Lets a lost document go by `name` where at least half of what it named is in `records`, edited or not.

    A scraper that names its files by their content renames a page with every edit of a headline.
    """
    ids = sources.document_ids(connection, source_id, {name, *lost})
    if name in ids:
        return
    found = entries.find(connection, [key for record in records for key in record.keys])
    known = set(found.values())
    fresh = [record for record in records if not any(key in found for key in record.keys)]
    names = {document_id: other for other, document_id in ids.items()}
    shared = {each: count for each, count in entries.naming(connection, sorted(known)).items() if each in names}
    # Few at a time: a folder whose names change with every edit has lost thousands.
    likely = sorted(shared, key=lambda each: (-shared[each], names[each]))[:LIKELY]
    if not likely and len(names) <= LIKELY:
        likely = sorted(names, key=lambda each: names[each])
    best: tuple[float, int] | None = None
    for document_id, named in entries.named_by(connection, likely).items():
        others = [each for each in named if each not in known]
        same = len(named) - len(others) + len(_edits(connection, others, fresh) if others and fresh else {})
        if named and same * 2 >= len(named) and (best is None or same / len(named) > best[0]):
            best = (same / len(named), document_id)
    if best is not None:
        sources.rename_document(connection, best[1], name)
        lost.discard(names[best[1]])


def _recognise(connection: Connection, batch: Sequence[_Document], found: Mapping[bytes, int]) -> list[absence.Seen]:
    """Parts the records of each document into those of stored entries and new ones; returns what was seen in those that
    are whole.

    A record whose headline was edited is recognised by what the document named at that place before.
    """
    before = entries.named_by(connection, [one.id for one in batch])
    keys: list[tuple[bytes, int]] = []
    gone: list[tuple[int, int]] = []
    seen: list[absence.Seen] = []
    for one in batch:
        for record in one.records:
            entry_id = next((found[key] for key in record.keys if key in found), None)
            if entry_id is None:
                one.fresh.append(record)
                continue
            same = one.known.get(entry_id)
            one.known[entry_id] = record if same is None else revise.join(same, record, level_of)
            keys += [(key, entry_id) for key in record.keys if key not in found]
        missing = [entry_id for entry_id in before[one.id] if entry_id not in one.known]
        titled = [record for record in one.fresh if _is_titled(one.saying.source, record)] if missing else []
        if titled:
            edits = _edits(connection, missing, titled)
            for index, entry_id in edits.items():
                one.known[entry_id] = titled[index]
                keys += [(key, entry_id) for key in titled[index].keys]
            edited = {id(titled[index]) for index in edits}
            one.fresh = [record for record in one.fresh if id(record) not in edited]
        if not one.saying.reading.partial:
            lost = [each for each in missing if each not in one.known]
            gone += [(one.id, each) for each in lost]
            seen.append(_seen(one, lost, len(before[one.id])))
    saving.set_current(connection, gone, current=False)
    saving.add_keys(connection, keys)
    return seen


def _seen(one: _Document, gone: Sequence[int], before: int) -> absence.Seen:
    return absence.Seen(
        document_id=one.id,
        document=one.saying.reading.name,
        source_id=one.saying.source_id,
        source=one.saying.source,
        named=one.known.keys(),
        times=[record.published for record in one.records],
        gone=gone,
        before=before,
    )


def _is_titled(source: str, record: EntryRecord) -> bool:
    """Whether nothing but its headline identifies a record: what has an id or an address of its own is told apart by
    that, however much two headlines agree."""
    return len(record.keys) == 1 and record.keys == dedupe.keys(source, None, None, record.title, url_shared=False)


def _edits(connection: Connection, gone: Sequence[int], fresh: Sequence[EntryRecord]) -> dict[int, int]:
    stored = entries.load(connection, gone)
    old = [revise.Gone(each.id, each.title, each.text, each.place >> 31) for each in stored.values()]
    return revise.match_edits(old, fresh)


def _said(document_id: int, source: str, rank: str, record: EntryRecord, digest: bytes | None = None) -> Said:
    return Said(
        document_id,
        source,
        revise.digest(record) if digest is None else digest,
        revise.rank(record, rank),
        record.sections,
        record.evidence,
    )


def _compare(
    connection: Connection, batch: Sequence[_Document], now: datetime, made: set[int]
) -> tuple[list[list[tuple[int | None, Revised]]], list[tuple[int, Said]]]:
    """What the records of stored entries change, by document; and what is to be noted of them all."""
    stood = entries.said_of(connection, [entry_id for one in batch for entry_id in one.known])
    differing: list[dict[int, Said]] = []
    first: set[int] = set()
    bared: set[int] = set()
    back: list[tuple[int, int]] = []
    for one in batch:
        own: dict[int, Said] = {}
        for entry_id, record in one.known.items():
            former = next((said for said in stood.get(entry_id, ()) if said.document_id == one.id), None)
            digest = revise.digest(record)
            if former is not None and former.digest == digest and not _reconfigured(former, record):
                if not former.current:
                    back.append((one.id, entry_id))
                continue
            said = _said(one.id, one.saying.source, one.rank, record, digest)
            locked = access.stated(record.evidence)
            if locked is not None and (former is None or access.stated(former.evidence) is None):
                one.stated.append(locked)
            bare = former is not None and former.rank[:1] == "1" and not record.text and not record.summary
            own[entry_id] = replace(said, rank=former.rank) if bare and former is not None else said
            if former is None:
                first.add(entry_id)
            if bare:
                bared.add(entry_id)
        differing.append(own)
    saving.set_current(connection, back, current=True)
    stored = entries.load(connection, [entry_id for own in differing for entry_id in own])
    changes: list[list[tuple[int | None, Revised]]] = []
    for one, own in zip(batch, differing, strict=True):
        # A file may claim to be of tomorrow; what it changes changed today.
        moment = min(one.saying.reading.moment, now)
        changes.append([])
        for entry_id, said in own.items():
            others = [each for each in stood.get(entry_id, ()) if each.document_id != one.id]
            before, record = stored[entry_id], one.known[entry_id]
            evidence = revise.evidence_of([*others, said])
            change = revise.revise(
                before,
                others,
                _with_body_of(before, record) if entry_id in bared else record,
                said,
                access=level_of(evidence),
                evidence=evidence,
                moment=moment,
                unseen=entry_id in made and entry_id in first,
            )
            if _moves(change, one.saying.source):
                changes[-1].append((one.saying.source_id, change))
    return changes, [item for own in differing for item in own.items()]


def _reconfigured(former: Said, record: EntryRecord) -> bool:
    """Whether the source is configured to have another access than when it last said the same."""
    return revise.configured_of(former.evidence) != revise.configured_of(record.evidence)


def _with_body_of(before: StoredEntry, record: EntryRecord) -> EntryRecord:
    """The record of a document that gave the body once and now lists the headline only: no reason to erase it."""
    return replace(
        record,
        summary=before.summary,
        content=before.content,
        text=before.text,
        fingerprint=dedupe.imprint(record.title, before.text or before.summary),
    )


def _moves(change: Revised, source: str) -> bool:
    """True where anything stored would differ, materially or not."""
    before, record = change.before, change.record
    settled = (change.updated, change.sections, change.evidence)
    if change.changed or settled != (before.updated, before.sections, before.evidence):
        return True
    if record is None:
        return False
    said = (source, record.title, record.url, record.summary, record.content, record.language, record.label)
    lists = (record.authors, record.categories, record.enclosures)
    return (
        said != (before.source, before.title, before.url, before.summary, before.content, before.language, before.label)
        or lists != (before.authors, before.categories, before.enclosures)
        or record.extra != before.extra
        or (before.published is None and record.published is not None)
    )


def level_of(evidence: Sequence[Evidence]) -> Access:
    """Who may read an entry by all that was ever said of it."""
    return access.judge(evidence).level
