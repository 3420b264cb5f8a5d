"""What one document changes in the database: new entries, revisions, clusters, sections that owe a feed.

Decisions are the stages' (`revise`, `access`, `dedupe`); this module asks the storage what they need to know, in
batches, and applies what they decide. The caller holds the transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from db.engine import Connection
from db.records import Access, EntryRecord, Evidence, Fingerprint, Member, Revised, Said, StoredEntry
from db.store import entries, saving, sections, sources
from feeds import access, dedupe, revise
from feeds.model import Reading
from feeds.slug import slug

LIKELY = 8
"""Lost documents that are looked at for one that goes by a new name."""

WINDOW = timedelta(days=7)
"""Entries further apart are not compared: reprints come within days, and the work must not grow with the archive."""

SECONDS = int(WINDOW.total_seconds())

Lead = tuple[int | None, str | None]
"""Id of the entry that leads another, and the rule that joined them; both None for one that leads itself."""

Order = tuple[bool, bool, bool, int, str]
Group = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many entries a document made, changed and left as they were."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.new + other.new, self.updated + other.updated, self.unchanged + other.unchanged)


def store(
    connection: Connection,
    source_id: int,
    source: str,
    reading: Reading,
    *,
    prefix: str,
    now: datetime,
    made: set[int] | None = None,
    lost: set[str] | None = None,
) -> Tally:
    """Stores what a document says. `prefix` begins the ids that are minted (`tag:<host>,<date>:`).

    `made` holds the ids of the entries that this poll made from documents before this one, and gets those that are
    made now: nobody has seen them yet, so that what one more document says of them is no change. `lost` are names of
    documents that are no longer there: one of them may go by another name now, and is taken out. A document that says
    again what it said before changes nothing, whatever else was said since.
    """
    made = set() if made is None else made
    records = revise.fold(reading.records, level_of)
    if lost:
        _recall(connection, source_id, reading.name, records, lost)
    rank = revise.document_rank(records, reading.name)
    document_id = sources.save_document(connection, source_id, reading.name, reading.digest)
    known, fresh = _recognise(connection, document_id, records)
    news = [revise.mint(record, prefix) for record in fresh]
    names = {name for record in records for name in record.sections}
    # A file may claim to be of tomorrow; what it changes changed today.
    moment = min(reading.moment, now)
    changes, said, unchanged = _compare(connection, document_id, source, rank, known, moment, made)
    names |= {name for change in changes for name in (*change.sections, *change.before.sections)}
    section_ids = sections.ensure(connection, names, slug) if names else {}

    ids = saving.insert_entries(connection, source_id, news, section_ids, now)
    made.update(ids)
    said += [(entry_id, _said(document_id, source, rank, new.record)) for entry_id, new in zip(ids, news, strict=True)]
    beside = entries.beside(connection, [change.before.id for change in changes if change.record is not None])
    saving.revise_entries(connection, source_id, changes, section_ids, now)
    saving.save_items(connection, document_id, said)

    if news or changes:
        touched = {section_ids[name.casefold()] for new in news for name in new.record.sections}
        touched |= {
            section_ids[name.casefold()] for change in changes for name in (*change.sections, *change.before.sections)
        }
        shown = regroup(connection, ids, [change.before.id for change in changes], beside)
        sections.mark(connection, touched | shown, now)
    materially = sum(bool(change.changed) for change in changes)
    return Tally(new=len(news), updated=materially, unchanged=unchanged + len(changes) - materially)


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
    for document_id in likely:
        named = entries.named_by(connection, document_id)
        others = [each for each in named if each not in known]
        same = len(named) - len(others) + len(_edits(connection, others, fresh) if others and fresh else {})
        if named and same * 2 >= len(named) and (best is None or same / len(named) > best[0]):
            best = (same / len(named), document_id)
    if best is not None:
        sources.rename_document(connection, best[1], name)
        lost.discard(names[best[1]])


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
    made: set[int],
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
        elif former.digest != said.digest or revise.configured_of(former) != revise.configured_of(said):
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
            unseen=entry_id in made and entry_id in first,
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


def rejudge(connection: Connection, source_id: int, configured: Access | None, now: datetime) -> int:
    """Lets all that the source ever said count as `configured` in `config.toml`, or no longer (None); returns how
    many entries can be read by others than before.

    Also those that no document names any more: their bodies are still published. A person's override stands above.
    """
    proof = next(iter(access.judge((), configured=configured).evidence), None)
    name = sources.name_of(connection, source_id)
    changed = 0
    for chunk in entries.chunks(entries.configured_otherwise(connection, source_id, proof)):
        stood = entries.said_of(connection, chunk)
        stored = entries.load(connection, chunk)
        renewed: list[tuple[int, Said]] = []
        changes = []
        for entry_id, former in stood.items():
            said = [_configured(one, configured) if one.source == name else one for one in former]
            renewed += [(entry_id, one) for one in said if one.source == name]
            evidence = revise.evidence_of(said)
            changes.append(revise.rejudge(stored[entry_id], level_of(evidence), evidence, now))
        saving.save_evidence(connection, renewed)
        saving.revise_entries(connection, None, changes, {}, now)
        moved = [change.before.id for change in changes if change.changed]
        if moved:
            sections.mark(connection, regroup(connection, [], moved), now)
        changed += len(moved)
    return changed


def _configured(said: Said, configured: Access | None) -> Said:
    given = (proof for proof in said.evidence if proof.signal != revise.CONFIGURED)
    return replace(said, evidence=access.judge(given, configured=configured).evidence)


def regroup(
    connection: Connection, fresh: Sequence[int], changed: Sequence[int], beside: Iterable[int] = ()
) -> set[int]:
    """Clusters anew what the `fresh` and the `changed` entries can concern; ids of all sections that show any of it.

    `beside` are the entries that were next to the changed ones (`entries.beside`) before they changed.

    The result follows from the entries alone, whatever the order in which they came: an entry follows the first (in
    the order of `Member.leading`) of those that lead and agree with it, and a lead is who follows none. What is
    stored keeps to that rule, so only where something changed is it applied again, in that order, and what comes of
    it is followed from entry to entry, however far. Each step reads what is within `WINDOW` of one entry, never a
    text: the cost depends on what happened around an entry, not on the archive.
    """
    sharing = entries.sharing(connection, [*fresh, *changed])
    origins = {*changed, *beside, *sharing, *entries.beside(connection, sorted(sharing))}
    if not origins:
        return set()
    clusters = _Clusters(connection, origins)
    clusters.settle()
    saving.set_leads(connection, clusters.moved())
    return saving.sections_of(connection, sorted(clusters.heads(changed)))


class _Clusters:
    """The entries around those that changed (`origins`), and who leads whom among them."""

    def __init__(self, connection: Connection, origins: set[int]) -> None:
        self._connection = connection
        self._known: dict[int, Member] = {}
        self._lead: dict[int, Lead] = {}
        self._queue: list[tuple[Order, int]] = []
        self._queued: set[int] = set()
        self._surveyed: set[int] = set()
        # Who can agree at all: entries of one text, and those of one title that does not recur.
        self._groups: dict[Group, list[Member]] = defaultdict(list)
        self._leads: dict[Group, dict[int, Member]] = defaultdict(dict)
        # Those behind an entry that changed may agree with it no more, so no step from it would find them.
        first = entries.members(connection, sorted(origins | entries.followers(connection, sorted(origins))), SECONDS)
        self._learn(first)
        for member in first:
            self._push(member)
        self._survey(first)

    def settle(self) -> None:
        """Applies the rule to all that are queued, the first in order first, and queues whom that concerns."""
        while self._queue:
            member = self._known[heappop(self._queue)[1]]
            self._survey([member])
            led, lead = self._lead[member.id][0] is None, self._lead_of(member)
            self._lead[member.id] = lead
            if lead[0] is None:
                for group in _groups(member):
                    self._leads[group][member.id] = member
                self._push_each(other for other in self._near(member) if _rule(member, other) is not None)
            elif led:
                self._push_each(other for other in self._near(member) if self._lead[other.id][0] == member.id)

    def moved(self) -> dict[int, Lead]:
        """Entries that stand otherwise than before: id -> (lead's id, rule)."""
        known = self._known
        return {each: lead for each, lead in self._lead.items() if lead != (known[each].lead_id, known[each].rule)}

    def heads(self, changed: Iterable[int]) -> set[int]:
        """Leads, former and present, of the clusters that are shown otherwise."""
        concerned = {*changed, *self.moved()}
        return {head or each for each in concerned for head in (self._known[each].lead_id, self._lead[each][0])}

    def _lead_of(self, member: Member) -> Lead:
        leads = {one.id: one for group in _groups(member) for one in self._leads[group].values() if _near(one, member)}
        for lead in sorted(leads.values(), key=lambda one: one.leading):
            rule = _rule(member, lead)
            if rule is not None and lead.leading < member.leading:
                return lead.id, rule
        return None, None

    def _near(self, member: Member) -> list[Member]:
        """Those after `member` in order that may agree with it."""
        found = [one for group in _groups(member) for one in self._groups[group]]
        return [one for one in found if one.leading > member.leading and _near(one, member)]

    def _push_each(self, members: Iterable[Member]) -> None:
        for member in list(members):
            self._push(member)

    def _push(self, member: Member) -> None:
        if member.id not in self._queued:
            self._queued.add(member.id)
            heappush(self._queue, (member.leading, member.id))
            for group in _groups(member):
                self._leads[group].pop(member.id, None)

    def _survey(self, members: Iterable[Member]) -> None:
        """Reads who may agree with these, where that was not done."""
        open_ids: list[int] = []
        texts: dict[int, list[int]] = defaultdict(list)
        for member in members:
            if member.id in self._surveyed:
                continue
            self._surveyed.add(member.id)
            if member.recurring and member.text_hash is not None and _groups(member):
                texts[member.text_hash].append(member.at)
            elif not member.recurring and member.bucket is not None:
                open_ids.append(member.id)
        self._learn(entries.alike(self._connection, open_ids, SECONDS))
        for text_hash, at in texts.items():
            bounds = (min(at) - SECONDS, max(at) + SECONDS)
            self._learn(entries.of_text(self._connection, text_hash, *bounds, SECONDS))

    def _learn(self, members: Iterable[Member]) -> None:
        for member in members:
            if member.id in self._known:
                continue
            self._known[member.id] = member
            self._lead[member.id] = (member.lead_id, member.rule)
            for group in _groups(member):
                self._groups[group].append(member)
                if member.lead_id is None:
                    self._leads[group][member.id] = member


def _groups(member: Member) -> list[Group]:
    """By what others may agree with it: its text, and its title where that does not recur."""
    if member.recurring and member.body_words < dedupe.BOILERPLATE_WORDS:
        return []
    found = [] if member.text_hash is None else [("text", member.text_hash)]
    return found if member.recurring or member.bucket is None else [*found, ("title", member.bucket)]


def _near(one: Member, other: Member) -> bool:
    return abs(one.at - other.at) <= SECONDS


def _rule(one: Member, other: Member) -> str | None:
    """By which rule two entries of one bucket agree; None where they do not."""
    return dedupe.verdict(_print(one), _print(other), recurring=one.recurring or other.recurring).rule


def _print(member: Member) -> Fingerprint:
    """What an entry is compared by. One bucket is one title, and entries of one URL are one entry by its key, so
    that neither is any part."""
    return Fingerprint(
        url_key=None,
        title="",
        title_words=0,
        title_hash=None if member.bucket == member.text_hash else member.bucket,
        body_words=member.body_words,
        text_hash=member.text_hash,
        at=datetime.fromtimestamp(member.at, UTC),
    )
