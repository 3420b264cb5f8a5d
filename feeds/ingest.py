"""What one document changes in the database: new entries, revisions, clusters, sections that owe a feed.

Decisions are the stages' (`revise`, `access`, `dedupe`); this module asks the storage what they need to know, in
batches, and applies what they decide. The caller holds the transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
        one.id, one.rank = document_id, revise.document_rank(one.records, one.saying.reading.name)
    _recognise(connection, batch, found)
    news = [[(one.saying.source_id, revise.mint(record, prefix)) for record in one.fresh] for one in batch]
    changes, said = _compare(connection, batch, now, made)
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
    beside = entries.beside(connection, [change.before.id for _, change in every_change if change.record is not None])
    saving.revise_entries(connection, every_change, section_ids, now)
    saving.save_items(connection, said)
    if ids or changed:
        shown = {name for _, new in every_new for name in new.record.sections}
        shown |= {name for _, change in every_change for name in (*change.sections, *change.before.sections)}
        touched = {section_ids[name.casefold()] for name in shown}
        sections.mark(connection, touched | regroup(connection, ids, changed, beside), now)
    return [
        _tally(len(each), [change for _, change in own], len(one.known), one.stated)
        for one, each, own in zip(batch, news, changes, strict=True)
    ]


def _tally(new: int, changes: Sequence[Revised], known: int, stated: Sequence[bool]) -> Tally:
    materially = sum(bool(change.changed) for change in changes)
    return Tally(new, materially, known - materially, len(stated), sum(stated))


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


def _recognise(connection: Connection, batch: Sequence[_Document], found: Mapping[bytes, int]) -> None:
    """Parts the records of each document into those of stored entries and new ones.

    A record whose headline was edited is recognised by what the document named at that place before.
    """
    before = entries.named_by(connection, [one.id for one in batch])
    keys: list[tuple[bytes, int]] = []
    gone: list[tuple[int, int]] = []
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
            gone += [(one.id, each) for each in missing if each not in one.known]
    saving.set_current(connection, gone, current=False)
    saving.add_keys(connection, keys)


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
    """What the records of stored entries change, by document, and what is to be noted of them all."""
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
        or record.extra != before.extra
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
    concerned = entries.configured_otherwise(connection, source_id, proof)
    return _renew(connection, source_id, concerned, lambda said: _configured(said, configured), now)


def reassess(connection: Connection, source_id: int, now: datetime, *, doubted: bool) -> int:
    """Lets all that the source ever stated of locked articles count as hints (`doubted`), or as statements again;
    returns how many entries can be read by others than before."""
    signals = access.DOUBTED.keys() if doubted else access.DOUBTED.values()
    concerned = entries.stating(connection, source_id, sorted(signals))
    return _renew(connection, source_id, concerned, access.doubted if doubted else access.believed, now)


def _renew(
    connection: Connection,
    source_id: int,
    concerned: Sequence[int],
    change: Callable[[tuple[Evidence, ...]], tuple[Evidence, ...]],
    now: datetime,
) -> int:
    """Changes the evidence that the source gave for entries, and judges them anew, in batches."""
    name = sources.name_of(connection, source_id)
    changed = 0
    for chunk in entries.chunks(concerned):
        stood = entries.said_of(connection, chunk)
        stored = entries.load(connection, chunk)
        renewed: list[tuple[int, Said]] = []
        changes = []
        for entry_id, former in stood.items():
            said = [replace(one, evidence=change(one.evidence)) if one.source == name else one for one in former]
            renewed += [(entry_id, one) for one in said if one.source == name]
            evidence = revise.evidence_of(said)
            changes.append(revise.rejudge(stored[entry_id], level_of(evidence), evidence, now))
        saving.save_evidence(connection, renewed)
        saving.revise_entries(connection, [(None, change) for change in changes], {}, now)
        moved = [change.before.id for change in changes if change.changed]
        if moved:
            sections.mark(connection, regroup(connection, [], moved), now)
        changed += len(moved)
    return changed


def _configured(said: Sequence[Evidence], configured: Access | None) -> tuple[Evidence, ...]:
    given = (proof for proof in said if proof.signal != revise.CONFIGURED)
    return access.judge(given, configured=configured).evidence


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
