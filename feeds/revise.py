"""What a record changes in what is stored: decided here as values, done elsewhere in one transaction.

Several documents may speak of one entry: the page that carries the article and the pages that list its headline, in
one source or in several. Whose words count is settled without regard to the order in which they were read: a document
with the body before one without, then the source whose name sorts first, then the document of the later date, then of
the later name. Sections and evidence are those of all of them together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from zlib import crc32

from rapidfuzz.fuzz import ratio, token_sort_ratio

from db.records import Access, EntryRecord, Evidence, NewEntry, Revised, Said, StoredEntry, version_of

Judge = Callable[[Sequence[Evidence]], Access]

TICK = timedelta(seconds=1)
"""Times in feeds are whole seconds, so a later one is at least this much later."""

SAME_HEADLINE = 75
"""Two headlines of one document, one gone and one new, are an edit from this agreement (0 to 100) on.

Over the 120 pairs of bare headlines in the real document the highest agreement is 58.
"""

SAME_PLACE = 60
"""The same when both stood at one position: less is needed, since the row itself did not move."""

SAME_BODY = 60
"""Agreement of two bodies from which a main entry counts as edited, whatever became of its headline."""

LATELY = timedelta(hours=24)
"""Versions that were replaced within this time tell whether an entry changes back and forth."""

MOST_KEPT = 24
"""Former versions of one entry that are kept of that time: one an hour, which is how often a source is asked."""

RETURNS = 2
"""How often within that time one version is told: once, and once more when it comes back."""

CONFIGURED = "configured"
"""The signal of evidence that a person gave in `config.toml`: no document says it."""

_FIELD, _ITEM, _PART, _NONE = "\0\1\2\3"
"""What parts the words under a digest: characters that no record can hold, so that other words never read the same."""


@dataclass(frozen=True, slots=True)
class Gone:
    """An entry that a document named when it was last read and names no more."""

    entry_id: int
    title: str
    text: str
    position: int


def digest(record: EntryRecord) -> bytes:
    """16 bytes over everything the document says of the entry. Its position is not part: pages move their rows.

    What the source is configured to be is no part either, nor the verdict, which follows from the evidence.
    """
    said = [
        record.title,
        _text(record.url),
        record.summary,
        record.content,
        str(record.published),
        str(record.updated),
        _text(record.language),
        _text(record.label),
        _ITEM.join(record.authors),
        _ITEM.join(record.categories),
        _ITEM.join([f"{file.url}{_PART}{file.media_type}{_PART}{file.length}" for file in record.enclosures]),
        _ITEM.join(record.sections),
        _ITEM.join([f"{proof.signal}{_PART}{proof.value}" for proof in record.evidence if proof.signal != CONFIGURED]),
    ]
    if record.extra:
        said.append(record.extra)
    return blake2b(_FIELD.join(said).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _text(said: str | None) -> str:
    return _NONE if said is None else said


def rank(record: EntryRecord, document_rank: str) -> str:
    """What `Said.rank` holds."""
    return ("1" if record.text else "0") + document_rank


def document_rank(records: Sequence[EntryRecord], name: str) -> str:
    """Sorts the documents of one source by the day of their newest dated record, then by name."""
    days = [record.published.date().isoformat() for record in records if record.published is not None]
    return f"{max(days, default='')}/{name}"


def fold(records: Iterable[EntryRecord], judge: Judge) -> list[EntryRecord]:
    """Records of one document, those of one entry made one (see `join`)."""
    kept: dict[int, EntryRecord] = {}
    at: dict[bytes, int] = {}
    for number, record in enumerate(records):
        # A record with two keys can show that two before it were one.
        same = sorted({at[key] for key in record.keys if key in at})
        whole = record
        for index in reversed(same):
            whole = join(kept.pop(index), whole, judge)
        first = same[0] if same else number
        kept[first] = whole
        at.update(dict.fromkeys(whole.keys, first))
    return [kept[index] for index in sorted(kept)]


def join(first: EntryRecord, second: EntryRecord, judge: Judge) -> EntryRecord:
    """Two records of one entry as one: the words of the first with a body, sections and evidence of both.

    Who may read it is judged anew: a row's marker counts for the article above it.
    """
    words, other = (second, first) if second.text and not first.text else (first, second)
    evidence = words.evidence + tuple(proof for proof in other.evidence if proof not in words.evidence)
    return replace(
        words,
        keys=tuple(dict.fromkeys(words.keys + other.keys)),
        position=first.position,
        published=words.published or other.published,
        published_precision=words.published_precision or other.published_precision,
        published_basis=words.published_basis or other.published_basis,
        sections=_unique(words.sections + other.sections),
        access=judge(evidence),
        evidence=evidence,
    )


def mint(record: EntryRecord, prefix: str) -> NewEntry:
    """A new entry. `prefix` is `tag:<host>,<date>:`; the strongest key follows, so every machine mints the same."""
    uid = prefix + record.keys[0].hex()
    # Unsigned 31 bits of hash below the position: one integer orders entries of one time, on both databases.
    place = (record.position << 31) | (crc32(uid.encode()) >> 1)
    return NewEntry(
        uid=uid, record=record, updated=_first_updated(record), sorted_at=record.published or record.dated, place=place
    )


def _first_updated(record: EntryRecord) -> datetime:
    """When an entry counts as updated that nobody has seen yet: never before it is published."""
    begun = record.published or record.dated
    return max(record.updated or begun, begun)


def evidence_of(said: Sequence[Said]) -> tuple[Evidence, ...]:
    """All evidence of an entry, each signal and value once, in an order that does not depend on that of `said`."""
    found: dict[tuple[str, str], Evidence] = {}
    for one in sorted(said, key=_order):
        for proof in one.evidence:
            found.setdefault((proof.signal, proof.value), proof)
    return tuple(found.values())


def _order(said: Said) -> tuple[str, str]:
    return said.source, said.rank


def revise(
    before: StoredEntry,
    others: Sequence[Said],
    record: EntryRecord,
    said: Said,
    *,
    access: Access,
    evidence: tuple[Evidence, ...],
    moment: datetime,
    unseen: bool = False,
) -> Revised:
    """What `record` changes in `before`, `others` being what the other documents say of it.

    `access` is the verdict over `evidence`; a person's override stands above it. `moment` is when the document
    spoke. An entry that is `unseen`, because this very poll made it, is not updated but still being made: its time
    is the latest that any document gives it.
    """
    counts = _speaker([*others, said]) is said
    sections = _sections([*others, said])
    level = before.access if before.access_override else access
    changed = []
    if counts and record.title != before.title:
        changed.append("title")
    if counts and (record.text or record.summary) != (before.text or before.summary):
        changed.append("body")
    if level is not before.access:
        changed.append("access")
    if {name.casefold() for name in sections} != {name.casefold() for name in before.sections}:
        changed.append("sections")
    updated = before.updated
    if unseen:
        updated = max(updated, _first_updated(record))
    elif changed:
        told = (record.updated or record.published) if counts else None
        updated = _later(before, told if told is not None and told > before.updated else moment)
    return Revised(
        before=before,
        record=record if counts else None,
        updated=updated,
        sections=sections,
        access=level,
        evidence=evidence,
        changed=tuple(changed),
    )


def withdraw(before: StoredEntry) -> Revised:
    """An entry that is taken back: nothing in it changes, and nobody is told of it as of news."""
    return replace(_judged(before, before.access, before.evidence, before.updated), changed=("withdrawn",))


def restore(before: StoredEntry, now: datetime) -> Revised:
    """An entry that is there again: updated after it was taken back, so that it counts more than its tombstone (RFC
    6721, 4)."""
    stood = before.updated if before.withdrawal is None else max(before.updated, before.withdrawal.at)
    return replace(withdraw(before), updated=max(now, stood + TICK), changed=("restored",))


def configured_of(evidence: Iterable[Evidence]) -> list[str]:
    """The levels that a source is configured to have, in the evidence of what a document said."""
    return [proof.value for proof in evidence if proof.signal == CONFIGURED]


def override(before: StoredEntry, access: Access, now: datetime) -> Revised:
    """A person's verdict on an entry's access."""
    return _judged(before, access, before.evidence, now)


def rejudge(before: StoredEntry, access: Access, evidence: tuple[Evidence, ...], now: datetime) -> Revised:
    """Other evidence for the same words, and the verdict over it: a person's override stands above it."""
    return _judged(before, before.access if before.access_override else access, evidence, now)


def _judged(before: StoredEntry, access: Access, evidence: tuple[Evidence, ...], now: datetime) -> Revised:
    changed = ("access",) if access is not before.access else ()
    return Revised(
        before=before,
        record=None,
        updated=_later(before, now) if changed else before.updated,
        sections=before.sections,
        access=access,
        evidence=evidence,
        changed=changed,
    )


def damp(change: Revised, late: Sequence[bytes | None]) -> Revised:
    """`change` without what moves `updated` for ever, `late` being the versions that were replaced `LATELY`.

    A version that was told `RETURNS` times is not told again, and of more than `MOST_KEPT` none is kept; the words that
    count replace those before all the same.
    """
    if not change.changed or not late:
        return change
    before = change.before
    if len(late) >= MOST_KEPT:
        return replace(change, updated=before.updated, kept=False)
    words = before if change.record is None else change.record
    after = version_of(words.title, words.summary, words.content, change.access, change.sections)
    return replace(change, updated=before.updated) if late.count(after) >= RETURNS else change


def _later(before: StoredEntry, candidate: datetime) -> datetime:
    return max(candidate, before.updated + TICK)


def _speaker(said: Sequence[Said]) -> Said:
    """The one whose words count."""
    first = min((one.rank[:1] != "1", one.source) for one in said)
    return max((one for one in said if (one.rank[:1] != "1", one.source) == first), key=lambda one: one.rank)


def _sections(said: Sequence[Said]) -> tuple[str, ...]:
    """Those of the document whose words count, then those of the rest, each once."""
    speaker = _speaker(said)
    rest = sorted((one for one in said if one is not speaker), key=_order)
    return _unique(name for one in (speaker, *rest) for name in one.sections)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, whatever its case, in order."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.casefold(), name)
    return tuple(found.values())


def match_edits(gone: Sequence[Gone], fresh: Sequence[EntryRecord]) -> dict[int, int]:
    """Which of the fresh records of a document are edits of entries that it names no more.

    Returns index in `fresh` -> entry id; each is used once, the best agreement first. Only records that nothing but
    their title identifies need it. The work is bounded: a document in which more than 200 entries went or came was
    replaced, not edited.
    """
    matched: dict[int, int] = {}
    used: set[int] = set()
    # A section or a marker that was learned since takes its name off the headline of a row: at any length of page.
    at = {record.position: index for index, record in enumerate(fresh)}
    for old in gone:
        index = at.get(old.position)
        if index is not None and index not in matched and not old.text and _contained(old.title, fresh[index]):
            matched[index] = old.entry_id
            used.add(old.entry_id)
    if not gone or not fresh or max(len(gone), len(fresh)) > 200:
        return matched
    scored = []
    for index, record in enumerate(fresh):
        for old in gone:
            score = _agreement(old, record)
            if score is not None:
                scored.append((-score, old.position, old.entry_id, index))
    for _score, _position, entry_id, index in sorted(scored):
        if index not in matched and entry_id not in used:
            matched[index] = entry_id
            used.add(entry_id)
    return matched


def _contained(title: str, record: EntryRecord) -> bool:
    """True where one of two bare headlines is the other with something glued on, of no more than its own length."""
    short, long = sorted((title, record.title), key=len)
    return not record.text and short != long and len(short) * 2 >= len(long) and short in long


def _agreement(old: Gone, record: EntryRecord) -> float | None:
    """How sure it is (0 to 200) that `record` is `old`, edited; None where it is not."""
    if bool(old.text) != bool(record.text):
        return None
    titles = token_sort_ratio(old.title.casefold(), record.title.casefold())
    if old.text:
        # 200 against 200 bodies cost 0.7 s at their leading 1,000 characters, 12.8 s at 4,000.
        bodies = ratio(old.text[:1000], record.text[:1000])
        if bodies >= SAME_BODY:
            return 100 + bodies
    at_place = old.position == record.position
    return titles if titles >= (SAME_PLACE if at_place else SAME_HEADLINE) else None
