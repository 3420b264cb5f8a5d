"""What one document changes in the database: new entries, revisions, clusters, sections that owe a feed.

Decisions are the stages' (`revise`, `access`, `dedupe`); this module asks the storage what they need to know, in
batches, and applies what they decide. The caller holds the transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.engine import Connection
from db.records import EntryRecord, Fingerprint, Member, Revised, Said
from db.store import entries, saving, sections, sources
from feeds import access, dedupe, revise
from feeds.model import Skipped
from feeds.slug import slug

WINDOW = timedelta(days=7)
"""Entries further apart are not compared (`duplicates.md`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One document, read: its records in its own order, and what could not be used."""

    name: str
    digest: bytes
    moment: datetime
    records: tuple[EntryRecord, ...]
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """How many entries a document made, changed and left as they were."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.new + other.new, self.updated + other.updated, self.unchanged + other.unchanged)


def store(
    connection: Connection, source_id: int, source: str, reading: Reading, *, prefix: str, now: datetime
) -> Tally:
    """Stores what a document says. `prefix` begins the ids that are minted (`tag:<host>,<date>:`).

    A document that says again what it said before changes nothing, whatever else was said since.
    """
    records = revise.fold(reading.records)
    rank = revise.document_rank(records, reading.name)
    document_id = sources.save_document(connection, source_id, reading.name, reading.digest, rank)
    known, fresh = _recognise(connection, document_id, records)
    news = [revise.mint(record, prefix) for record in fresh]
    names = {name for record in records for name in record.sections}
    changes, said, unchanged = _compare(connection, document_id, source, rank, known, reading.moment, now)
    names |= {name for change in changes for name in (*change.sections, *change.before.sections)}
    section_ids = sections.ensure(connection, names, slug) if names else {}

    ids = saving.insert_entries(connection, source_id, news, section_ids, now)
    said += [(entry_id, _said(document_id, source, rank, new.record)) for entry_id, new in zip(ids, news, strict=True)]
    saving.revise_entries(connection, source_id, changes, section_ids, now)
    saving.save_items(connection, document_id, said)

    edited = [(change.before.id, change.record) for change in changes if change.record and change.changed]
    made = [(entry_id, new.record) for entry_id, new in zip(ids, news, strict=True)]
    joined = _cluster(connection, [*made, *edited], [entry_id for entry_id, _record in edited])
    for change in changes:
        if "access" in change.changed:
            joined |= elect(connection, change.before.id)
    if news or changes or joined:
        touched = {section_ids[name.casefold()] for new in news for name in new.record.sections}
        touched |= {
            section_ids[name.casefold()] for change in changes for name in (*change.sections, *change.before.sections)
        }
        touched |= saving.sections_of(connection, [*joined, *(change.before.id for change in changes)])
        sections.mark(connection, touched, now)
    materially = sum(bool(change.changed) for change in changes)
    return Tally(new=len(news), updated=materially, unchanged=unchanged + len(changes) - materially)


def _recognise(
    connection: Connection, document_id: int, records: Sequence[EntryRecord]
) -> tuple[dict[int, EntryRecord], list[EntryRecord]]:
    """Parts records into those of stored entries (id -> record) and new ones.

    A record whose headline was edited is recognised by what the document named at that place before.
    """
    found = entries.find(connection, [key for record in records for key in record.keys])
    known: dict[int, EntryRecord] = {}
    fresh: list[EntryRecord] = []
    keys: list[tuple[bytes, int]] = []
    for record in records:
        entry_id = next((found[key] for key in record.keys if key in found), None)
        if entry_id is None:
            fresh.append(record)
        elif entry_id not in known:
            known[entry_id] = record
            keys += [(key, entry_id) for key in record.keys if key not in found]
    before = entries.named_by(connection, document_id)
    gone = [entry_id for entry_id in before if entry_id not in known]
    if gone:
        titled = [record for record in fresh if len(record.keys) == 1 and record.url is None]
        if titled:
            edits = _edits(connection, gone, titled)
            for index, entry_id in edits.items():
                known[entry_id] = titled[index]
                keys += [(key, entry_id) for key in titled[index].keys]
            edited = {id(titled[index]) for index in edits}
            fresh = [record for record in fresh if id(record) not in edited]
        saving.set_current(connection, document_id, [each for each in gone if each not in known], current=False)
    saving.add_keys(connection, keys)
    return known, fresh


def _edits(connection: Connection, gone: Sequence[int], fresh: Sequence[EntryRecord]) -> dict[int, int]:
    stored = entries.load(connection, gone)
    old = [revise.Gone(each.id, each.title, each.text, each.place >> 31) for each in stored.values()]
    return revise.match_edits(old, fresh)


def _said(document_id: int, source: str, rank: str, record: EntryRecord) -> Said:
    return Said(document_id, source, revise.digest(record), revise.rank(record, rank), record.sections, record.evidence)


def _compare(
    connection: Connection,
    document_id: int,
    source: str,
    rank: str,
    known: dict[int, EntryRecord],
    moment: datetime,
    now: datetime,
) -> tuple[list[Revised], list[tuple[int, Said]], int]:
    """What the records of stored entries change, what is to be noted of them, and how many say nothing new."""
    stood = entries.said_of(connection, list(known))
    differing: dict[int, Said] = {}
    back: list[int] = []
    for entry_id, record in known.items():
        said = _said(document_id, source, rank, record)
        former = next((one for one in stood.get(entry_id, ()) if one.document_id == document_id), None)
        if former is None or former.digest != said.digest:
            differing[entry_id] = said
        else:
            back.append(entry_id)
    saving.set_current(connection, document_id, back, current=True)
    stored = entries.load(connection, list(differing))
    changes = []
    for entry_id, said in differing.items():
        others = [one for one in stood.get(entry_id, ()) if one.document_id != document_id]
        record = known[entry_id]
        evidence = revise.evidence_of(record, others)
        change = revise.revise(
            stored[entry_id],
            others,
            record,
            said,
            access=access.judge(evidence).level,
            evidence=evidence,
            moment=moment,
            now=now,
        )
        if _moves(change):
            changes.append(change)
    return changes, list(differing.items()), len(known) - len(changes)


def _moves(change: Revised) -> bool:
    """True where anything stored would differ, materially or not."""
    before, record = change.before, change.record
    if change.changed or change.evidence != before.evidence:
        return True
    if record is None:
        return False
    said = (record.title, record.url, record.summary, record.content, record.language, record.label)
    lists = (record.authors, record.categories, record.enclosures)
    return said != (before.title, before.url, before.summary, before.content, before.language, before.label) or (
        lists != (before.authors, before.categories, before.enclosures)
    )


def _cluster(connection: Connection, fresh: Iterable[tuple[int, EntryRecord]], edited: Sequence[int]) -> set[int]:
    """Joins entries that tell one story; ids of all whose cluster changed.

    A cluster with an `edited` member is taken apart first: its words may be no longer the same.
    """
    prints = {entry_id: record.fingerprint for entry_id, record in fresh}
    changed: set[int] = set()
    for entry_id in edited:
        members = entries.cluster(connection, entry_id)
        if len(members) > 1:
            for member in members:
                saving.lead(connection, member.id, {})
            prints |= {member.id: _print(member) for member in members}
            changed |= {member.id for member in members}
    hashes = {value for one in prints.values() for value in (one.title_hash, one.text_hash) if value is not None}
    for group in entries.sharing(connection, sorted(hashes)).values():
        for member in group:
            if member.id in prints:
                changed |= _join(connection, member.id, group)
    return changed


def _join(connection: Connection, entry_id: int, group: Sequence[Member]) -> set[int]:
    """Lets one entry join the first cluster of `group` whose lead it agrees with."""
    own = {member.id: member for member in entries.cluster(connection, entry_id)}
    for other in group:
        if other.id in own or abs(other.sorted_at - own[entry_id].sorted_at) > WINDOW:
            continue
        cluster = {member.id: member for member in entries.cluster(connection, other.id)}
        lead = next(member for member in cluster.values() if member.lead_id is None)
        verdict = _verdict(own[entry_id], lead, group)
        if not verdict.same:
            continue
        everyone = own | cluster
        first = min(everyone.values(), key=lambda member: member.leading)
        rules = {each.id: each.rule or verdict.rule or "" for each in everyone.values() if each.id != first.id}
        saving.lead(connection, first.id, rules)
        return set(everyone)
    return set()


def elect(connection: Connection, entry_id: int) -> set[int]:
    """Puts the right entry at the head of a cluster after one of its members changed; ids of all its members.

    A copy that only some may read must not hide one that everybody may.
    """
    members = entries.cluster(connection, entry_id)
    first = min(members, key=lambda member: member.leading)
    if first.lead_id is not None:
        rule = first.rule or ""
        rules = {each.id: each.rule or rule for each in members if each.id != first.id}
        saving.lead(connection, first.id, rules)
    return {member.id for member in members}


def _verdict(one: Member, other: Member, group: Sequence[Member]) -> dedupe.Verdict:
    titles = {one.source_id: 0, other.source_id: 0}
    for member in group:
        if member.source_id in titles:
            titles[member.source_id] += 1
    return dedupe.verdict(_print(one), _print(other), recurring=max(titles.values()) > 1)


def _print(member: Member) -> Fingerprint:
    return dedupe.fingerprint(member.title, member.text, member.url, at=member.sorted_at)
