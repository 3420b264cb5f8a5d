"""Texts that agree in part, found once: when an entry is new, or its words are.

The index (`db.store.shingles`) names who began with some of the same words, `dedupe` compares the texts of the
likeliest of them, and what it finds is kept as pairs, so that nobody has to read a text again. How many are compared is
bounded: where more copies are about, which of them depends on what came first. The caller holds the transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice, repeat

from db.engine import Connection
from db.records import RELATED, Access, EntryRecord, Fingerprint, Member, Pair
from db.store import members as member_rows
from db.store import pairs, shingles
from feeds import dedupe

SECONDS = int(dedupe.WINDOW.total_seconds())

COPIED = ("R3", "R4")
"""The rules that need both texts."""

LIKELY = 10
"""Entries whose texts one new entry is compared with, a tenth of a millisecond each. Of a story that more have copied,
those that come first in order are among them: one of them leads."""

LEADS = 2
"""Leads of such entries that it is compared with before them."""

ENOUGH = 4
"""Shared hashes from which on more of them say nothing: a lead in other words of its own comes before ten copies that
nobody follows."""

Nearness = tuple[int, int]
"""Sorts those that share hashes, the nearest first: how many, less than none, and of one alone how many have that."""

SINGLES = 3
"""Entries that share one hash alone and are looked at all the same, where the text is short: of a copied teaser of 20
words that is all in one case of ten. Long texts share one by chance, and 60,000 of one week with ten others each."""

FOLLOWERS = 200
"""Entries behind the former lead that one which takes its place is compared with."""

AT_ONCE = 25
"""Entries that are compared at once: what is held in memory are the texts of these and of those they are compared
with."""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry whose words are new; `edited` where it had others before. `at` is its `sorted_at`."""

    entry_id: int
    uid: str
    record: EntryRecord
    at: datetime
    edited: bool = False

    @property
    def stamp(self) -> int:
        return int(self.at.timestamp())


def find(connection: Connection, told: Sequence[Told], now: datetime) -> None:
    """Notes whose texts agree with those of `told`, among themselves and with what is stored.

    What has a sketch is looked for and found, as it was younger than `dedupe.WINDOW` when its document was made: when
    that is read makes no difference. An older entry with new words is compared with those it agreed with.
    """
    former: dict[int, dict[int, Nearness]] = {}
    edited = [one.entry_id for one in told if one.edited]
    if edited:
        shingles.drop(connection, edited)
        for pair in pairs.drop(connection, edited):
            former.setdefault(pair.entry_id, {})[pair.other_id] = (-ENOUGH, 0)
    sketched = [one for one in told if one.record.fingerprint.sketch]
    if sketched:
        # By what comes, not by the clock, so that old documents are read as they were in their time, and years of them
        # do not pile up; but a date in the future takes nothing out. Twice as many as come, so that what has piled up
        # goes, and no poll pays for all of it.
        newest = min(max(one.at for one in sketched), now)
        shingles.prune(connection, int(newest.timestamp()) - SECONDS, 2 * len(sketched))
    unsketched: Iterator[tuple[int, dict[int, Nearness]]] = (
        (one.entry_id, {}) for one in told if not one.record.fingerprint.sketch
    )
    found = chain(_look_up(connection, sorted(sketched, key=_order)), unsketched)
    shared = ((each, others | former.get(each, {})) for each, others in found)
    comparing = ((each, others) for each, others in shared if others)
    while part := dict(islice(comparing, AT_ONCE)):
        pairs.put(connection, list(_compare(connection, part)))


def _order(one: Told) -> tuple[bool, bool, bool, int, str]:
    """As `Member.leading`: those that others are to be compared with have to be in the index before them."""
    access = one.record.access
    return access.gated, not one.record.text, access is not Access.FREE, one.stamp, one.uid


def _look_up(connection: Connection, told: Sequence[Told]) -> Iterator[tuple[int, dict[int, Nearness]]]:
    """Gives each entry's id and those that are worth a look, for sharing hashes with it; in the end puts all into the
    index."""
    sketches = [(one.entry_id, one.stamp, dedupe.index_hashes(one.record.fingerprint)) for one in told]
    once: set[int] = set()
    twice: set[int] = set()
    for _, _, hashes in sketches:
        twice |= once & hashes
        once |= hashes
    held = shingles.holders(connection, once)
    # Of the others, nearly all, it is enough that they stand in the index.
    known = held.keys() | twice
    full = {value for value, ids in held.items() if len(ids) >= shingles.MOST}
    rows: list[tuple[int, int]] = []
    for one, (entry_id, _, hashes) in zip(told, sketches, strict=True):
        worth: dict[int, Nearness] = {}
        if mine := known & hashes:
            short = one.record.fingerprint.body_words < dedupe.BOILERPLATE_WORDS
            shared = [ids for value in mine if (ids := held.get(value))]
            worth = _worth(shared, len(hashes), singles=SINGLES if short else 0)
            hashes = hashes - full
            for value in mine & hashes:
                held[value].append(entry_id)
                if len(held[value]) >= shingles.MOST:
                    full.add(value)
        rows.extend(zip(hashes, repeat(entry_id), strict=False))
        yield entry_id, worth
    shingles.add(connection, sketches, rows)


def _worth(shared: Sequence[Sequence[int]], hashes: int, singles: int) -> dict[int, Nearness]:
    """Of those who share hashes, a list for each that is shared of so many, who may be copies: who shares several, and
    the rarest that share one, `singles` of them and those that are as rare. Ids, which are as things came, decide
    nothing."""
    # What so many share is a line of its source's, unless it is most of the text: then many have copied that.
    copied = sum(len(ids) >= shingles.MOST for ids in shared) * 2 >= hashes
    found: Counter[int] = Counter()
    rarity: dict[int, int] = {}
    for ids in shared:
        if copied or len(ids) < shingles.MOST:
            found.update(ids)
            rarity.update((each, len(ids)) for each in ids)
    alone = [each for each, count in found.items() if count == 1] if singles else []
    worth = {each: (-min(count, ENOUGH), 0) for each, count in found.items() if count > 1}
    rare = sorted(rarity[each] for each in alone)[:singles]
    return worth | {each: (-1, rarity[each]) for each in alone if rarity[each] <= rare[-1]}


def _compare(connection: Connection, shared: Mapping[int, Mapping[int, Nearness]]) -> Iterator[Pair]:
    """The pairs that entries make with the likeliest of those they share hashes with, and with those behind a lead
    whose place they take."""
    members = _members(connection, {*shared, *chain.from_iterable(shared.values())})
    leads = {one.lead_id for one in members.values() if one.lead_id is not None}
    members |= _members(connection, leads - members.keys())
    likely = {one: others for one in shared if (others := _likeliest(members[one], members, shared[one]))}
    texts = _Texts(connection, {*likely, *(other.id for others in likely.values() for other in others)})
    for entry_id, others in likely.items():
        own, taken = members[entry_id], []
        for other in others:
            pair = texts.compare(own, other)
            if pair is not None:
                yield pair
                if pair.rule != RELATED and own.leading < other.leading:
                    taken.append(other.id)
        if taken:
            behind = member_rows.first_followers(connection, taken, FOLLOWERS)
            compared = {own.id, *(other.id for other in others)}
            yield from _take_over(connection, own, [each for each in behind if each not in compared])


def _take_over(connection: Connection, own: Member, behind: Collection[int]) -> Iterator[Pair]:
    """The pairs of an entry with those that a lead loses to it: each of them agreed with that lead, and may with none
    other that it was compared with."""
    texts = _Texts(connection, {own.id, *behind})
    for other in _members(connection, behind).values():
        pair = texts.compare(own, other)
        if pair is not None and pair.rule != RELATED:
            yield pair


def _members(connection: Connection, entry_ids: Collection[int]) -> dict[int, Member]:
    return {one.id: one for one in member_rows.members(connection, sorted(entry_ids), SECONDS)}


def _likeliest(own: Member, members: Mapping[int, Member], shared: Mapping[int, Nearness]) -> list[Member]:
    """Whose texts are compared: who shares most, among those who share enough the first in order, and who leads most of
    them."""
    near = [members[each] for each in shared if each in members]
    # What they are all behind may have come too late for the index.
    behind = Counter(one.lead_id for one in near if one.lead_id is not None)
    leads = sorted((members[each] for each in behind), key=lambda one: (-behind[one.id], one.leading))
    # Equal words are found by their hash.
    near = [one for one in near if one.text_hash is None or one.text_hash != own.text_hash]
    # What was taken back takes nobody's place, but is compared where there is room: it may be shown again.
    near.sort(key=lambda one: (one.withdrawn, shared[one.id], one.leading))
    surplus = {one.id for one in [one for one in near if shared[one.id][0] == -1][SINGLES:]}
    near = [one for one in near if one.id not in surplus]
    chosen = dict.fromkeys([*leads[:LEADS], *near[:LIKELY]])
    return [one for one in chosen if one.id != own.id and abs(one.at - own.at) <= SECONDS]


class _Texts:
    """Stored texts, each taken apart once, for as long as they are compared."""

    def __init__(self, connection: Connection, entry_ids: Collection[int]) -> None:
        self._texts = pairs.texts(connection, sorted(entry_ids))
        self._prints: dict[int, Fingerprint] = {}

    def compare(self, own: Member, other: Member) -> Pair | None:
        """What two entries are to each other, apart from what equality says; None for nothing."""
        one, another = self._print(own), self._print(other)
        verdict = dedupe.verdict(one, another)
        if verdict.same:
            # Equal words and titles are found by their hashes, wherever and whenever.
            return Pair(own.id, other.id, verdict.rule, verdict.score) if verdict.rule in COPIED else None
        if dedupe.related(one, another, recurring=own.recurring or other.recurring):
            return Pair(own.id, other.id, RELATED, _contained(one, another))
        return None

    def _print(self, member: Member) -> Fingerprint:
        made = self._prints.get(member.id)
        if made is None:
            made = dedupe.fingerprint(*self._texts[member.id], at=datetime.fromtimestamp(member.at, UTC))
            self._prints[member.id] = made
        return made


def _contained(one: Fingerprint, other: Fingerprint) -> float:
    """How much of the shorter text stands in the other."""
    own, others = one.shingles or frozenset(), other.shingles or frozenset()
    return len(own & others) / max(min(len(own), len(others)), 1)
