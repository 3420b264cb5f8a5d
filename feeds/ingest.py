"""What one document changes in the database: new entries, revisions, clusters, sections that owe a feed.

Decisions are the stages' (`revise`, `access`, `dedupe`); this module asks the storage what they need to know, in
batches, and applies what they decide. The caller holds the transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from db.engine import Connection
from db.records import Access, EntryRecord, Evidence, Fingerprint, Member, Revised, Said, StoredEntry
from db.store import entries, saving, sections, sources
from feeds import access, dedupe, revise
from feeds.model import Skipped
from feeds.slug import slug

WINDOW = timedelta(days=7)
"""Entries further apart are not compared: reprints come within days, and the work must not grow with the archive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One document, read: its records in its own order, what could not be used, and how it was decoded."""

    name: str
    digest: bytes
    moment: datetime
    records: tuple[EntryRecord, ...]
    encoding: str | None = None
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
    records = revise.fold(reading.records, level_of)
    rank = revise.document_rank(records, reading.name)
    document_id = sources.save_document(connection, source_id, reading.name, reading.digest)
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

    if news or changes:
        prints = [record.fingerprint for record in (*fresh, *(change.record for change in changes if change.record))]
        prints += [print_of(change.before) for change in changes]
        shown = regroup(connection, [change.before.id for change in changes], prints)
        touched = {section_ids[name.casefold()] for new in news for name in new.record.sections}
        touched |= {
            section_ids[name.casefold()] for change in changes for name in (*change.sections, *change.before.sections)
        }
        sections.mark(connection, touched | saving.sections_of(connection, sorted(shown)), now)
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
        else:
            known[entry_id] = revise.join(known[entry_id], record, level_of) if entry_id in known else record
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
    first: set[int] = set()
    bared: set[int] = set()
    back: list[int] = []
    for entry_id, record in known.items():
        said = _said(document_id, source, rank, record)
        former = next((one for one in stood.get(entry_id, ()) if one.document_id == document_id), None)
        if former is None:
            differing[entry_id] = said
            first.add(entry_id)
        elif former.digest != said.digest:
            bare = former.rank[:1] == "1" and not record.text and not record.summary
            differing[entry_id] = replace(said, rank=former.rank) if bare else said
            if bare:
                bared.add(entry_id)
        else:
            back.append(entry_id)
    saving.set_current(connection, document_id, back, current=True)
    stored = entries.load(connection, list(differing))
    changes = []
    for entry_id, said in differing.items():
        others = [one for one in stood.get(entry_id, ()) if one.document_id != document_id]
        before = stored[entry_id]
        evidence = revise.evidence_of([*others, said])
        change = revise.revise(
            before,
            others,
            _with_body_of(before, known[entry_id]) if entry_id in bared else known[entry_id],
            said,
            access=level_of(evidence),
            evidence=evidence,
            moment=moment,
            unseen=before.first_seen == now and entry_id in first,
        )
        if _moves(change, source):
            changes.append(change)
    return changes, list(differing.items()), len(known) - len(changes)


def _with_body_of(before: StoredEntry, record: EntryRecord) -> EntryRecord:
    """The record of a document that gave the body once and now lists the headline only: no reason to erase it."""
    return replace(
        record,
        summary=before.summary,
        content=before.content,
        text=before.text,
        fingerprint=dedupe.fingerprint(record.title, before.text),
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
        or (before.published is None and record.published is not None)
    )


def level_of(evidence: Sequence[Evidence]) -> Access:
    """Who may read an entry by all that was ever said of it."""
    return access.judge(evidence).level


def regroup(connection: Connection, changed: Sequence[int], prints: Iterable[Fingerprint]) -> set[int]:
    """Clusters anew all entries that `prints` (those of new entries, the former and the present of changed ones) can
    concern, and the former clusters of the `changed`; ids of all entries that are shown otherwise now.

    The result follows from the entries alone, whatever the order in which they came. One statement a batch, since
    hundreds of entries may have one headline.
    """
    members = {member.id: member for member in entries.mates(connection, changed)}
    shown = set(members)
    wanted: dict[int, tuple[int | None, str | None]] = dict.fromkeys(members, (None, None))
    buckets = sorted({one.bucket for one in prints if one.bucket is not None})
    for group in entries.sharing(connection, buckets).values():
        members |= {member.id: member for member in group}
        wanted |= _leads(group)
    moved = {each: lead for each, lead in wanted.items() if lead != (members[each].lead_id, members[each].rule)}
    saving.set_leads(connection, moved)
    heads = {lead or each for each in moved for lead in (members[each].lead_id, wanted[each][0])}
    shown |= {each for each, member in members.items() if {member.lead_id or each, wanted[each][0] or each} & heads}
    return shown


def _leads(group: Sequence[Member]) -> dict[int, tuple[int | None, str | None]]:
    """Who leads whom among entries of one bucket: id -> (lead's id, rule), both None for a lead.

    An entry joins the first lead that it agrees with itself, never one through another.
    """
    prints = {member.id: print_of(member) for member in group}
    recurring = _recurring(group)
    found: dict[int, tuple[int | None, str | None]] = {}
    # Under a recurring title only equal texts join, so leads are looked up by text: one source may give thousands.
    single: list[Member] = []
    by_text: dict[int | None, list[Member]] = defaultdict(list)
    for member in sorted(group, key=lambda one: one.leading):
        own = prints[member.id]
        equal = by_text[own.text_hash] if own.text_hash is not None else []
        first = next((lead for lead in equal if _near(lead, member)), None)
        leads = [] if first is None else [first]
        if member.id not in recurring:
            leads = sorted([*leads, *(lead for lead in single if _near(lead, member))], key=lambda one: one.leading)
        for lead in leads:
            again = member.id in recurring or lead.id in recurring
            verdict = dedupe.verdict(own, prints[lead.id], recurring=again)
            if verdict.same:
                found[member.id] = (lead.id, verdict.rule)
                break
        else:
            found[member.id] = (None, None)
            by_text[own.text_hash].append(member)
            if member.id not in recurring:
                single.append(member)
    return found


def _near(one: Member, other: Member) -> bool:
    return abs(one.sorted_at - other.sorted_at) <= WINDOW


def _recurring(group: Sequence[Member]) -> set[int]:
    """Those under whose title their own source told something else within the window."""
    last: dict[int, Member] = {}
    found: set[int] = set()
    for member in sorted(group, key=lambda one: one.sorted_at):
        former = last.get(member.source_id)
        if former is not None and _near(former, member):
            found |= {former.id, member.id}
        last[member.source_id] = member
    return found


def print_of(entry: Member | StoredEntry) -> Fingerprint:
    """What a stored entry is compared by. Entries of one URL are one entry by its key, so the URL is no part."""
    return dedupe.fingerprint(entry.title, entry.text, at=entry.sorted_at)
