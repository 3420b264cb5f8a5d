"""Clusters: who is folded behind whom, by the rules of `dedupe` and by what people said, whatever came first.

The caller holds the transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from heapq import heappop, heappush

from db.engine import Connection
from db.records import PERSON, RELATED, Fingerprint, Member, Place
from db.store import members as member_rows
from db.store import pairs, saving
from feeds import dedupe

SECONDS = int(dedupe.WINDOW.total_seconds())

Lead = tuple[int | None, str | None]
"""Id of the entry that leads another, and the rule that joined them; both None for one that leads itself."""

Order = tuple[bool, bool, bool, int, str]
Group = tuple[str, int]


def regroup(
    connection: Connection, fresh: Sequence[int], changed: Sequence[int], beside: Iterable[int] = ()
) -> set[Place]:
    """Clusters anew what the `fresh` and the `changed` entries can concern; all places that show any of it, or did.

    `beside` are the entries that were next to the changed ones (`db.store.members.beside`) before they changed.

    The result follows from the entries, the pairs that were found among them and what people said, whatever the order
    in which these came: an entry follows the first (in the order of `Member.leading`) of those that lead and agree with
    it, and a lead is who follows none. Which pairs were found may depend on that order, since `feeds.pairs` compares a
    bounded number of texts. What is stored keeps to the rule, so only where something changed is it applied again, in
    order, and what comes of it is followed from entry to entry, however far. Each step reads what is within
    `dedupe.WINDOW` of one entry, never a text: the cost depends on what happened around an entry, not on the archive.

    A person's word comes first. Entries that are to be together go where the first of them in order goes; those that
    are to be apart are never in one cluster, and the later of them in order is the one that stays out.
    """
    sharing = member_rows.sharing(connection, [*fresh, *changed]) | pairs.paired(connection, fresh)
    origins = {*changed, *beside, *sharing, *member_rows.beside(connection, sorted(sharing))}
    if not origins:
        return set()
    clusters = _Clusters(connection, origins)
    clusters.settle()
    moved = clusters.moved()
    heads = sorted(clusters.heads(changed))
    # Archives file an entry where its lead belongs: who leaves a lead has to be looked for there as well.
    former = saving.places_of(connection, heads) if moved else set()
    saving.set_leads(connection, moved)
    related = pairs.related_ids(connection, [*fresh, *changed, *moved])
    return former | saving.places_of(connection, sorted({*heads, *related}))


class _Clusters:
    """The entries around those that changed (`origins`), and who leads whom among them."""

    def __init__(self, connection: Connection, origins: set[int]) -> None:
        self._connection = connection
        self._known: dict[int, Member] = {}
        self._lead: dict[int, Lead] = {}
        self._followers: dict[int, set[int]] = defaultdict(set)
        self._queue: list[tuple[Order, int]] = []
        self._queued: set[int] = set()
        self._surveyed: set[int] = set()
        # Who can agree at all: entries of one text, those of one title that does not recur, and pairs.
        self._groups: dict[Group, list[Member]] = defaultdict(list)
        self._leads: dict[Group, dict[int, Member]] = defaultdict(dict)
        self._pairs: dict[int, dict[int, str]] = defaultdict(dict)
        self._rulings = _Rulings(connection)
        # Those behind an entry that changed may agree with it no more, so no step from it would find them.
        ids = origins | member_rows.followers(connection, sorted(origins))
        self._rulings.read(ids)
        first = self._read(ids | {mate for each in ids for mate in self._rulings.unit(each)})
        self._push_each(first)

    def settle(self) -> None:
        """Applies the rule to all that are queued, the first in order first, and queues whom that concerns."""
        while self._queue:
            member = self._known[heappop(self._queue)[1]]
            led, lead = self._lead[member.id][0] is None, self._lead_of(member)
            self._follow(member.id, lead)
            concerned = [self._known[each] for each in self._rulings.concerned(member.id)]
            if lead[0] is None:
                for group in _groups(member):
                    self._leads[group][member.id] = member
                concerned += (other for other in self._near(member) if self._rule(member, other) is not None)
            elif led:
                concerned += (self._known[each] for each in self._followers[member.id])
            self._push_each(other for other in concerned if other.leading > member.leading)

    def moved(self) -> dict[int, Lead]:
        """Entries that stand otherwise than before: id -> (lead's id, rule)."""
        known = self._known
        return {each: lead for each, lead in self._lead.items() if lead != (known[each].lead_id, known[each].rule)}

    def heads(self, changed: Iterable[int]) -> set[int]:
        """Leads, former and present, of the clusters that are shown otherwise."""
        concerned = {*changed, *self.moved()}
        return {head or each for each in concerned for head in (self._known[each].lead_id, self._lead[each][0])}

    def _follow(self, entry_id: int, lead: Lead) -> None:
        """Puts an entry behind its lead, and away from the one before."""
        former, _ = self._lead.get(entry_id, (None, None))
        if former is not None:
            self._followers[former].discard(entry_id)
        if lead[0] is not None:
            self._followers[lead[0]].add(entry_id)
        self._lead[entry_id] = lead

    def _lead_of(self, member: Member) -> Lead:
        if member.withdrawn or self._rulings.is_alone(member.id):
            return None, None
        mates = (self._known[each] for each in self._rulings.unit(member.id))
        head = min((mate for mate in mates if not mate.withdrawn), key=_leading, default=member)
        if head.leading < member.leading:
            lead_id = self._lead[head.id][0] or head.id
            if not self._is_parted(member, lead_id):
                return lead_id, PERSON
        leads = {one.id: one for group in _groups(member) for one in self._leads[group].values() if _near(one, member)}
        for other_id in self._pairs[member.id]:
            if self._lead[other_id][0] is None:
                leads[other_id] = self._known[other_id]
        for lead in sorted(leads.values(), key=_leading):
            rule = self._rule(member, lead)
            if rule is not None and lead.leading < member.leading and not self._is_parted(member, lead.id):
                return lead.id, rule
        return None, None

    def _is_parted(self, member: Member, lead_id: int) -> bool:
        """Whether who must not be with `member` is in the cluster of a lead already."""
        before = (self._known[each] for each in self._rulings.apart(member.id))
        return any(lead_id in (other.id, self._lead[other.id][0]) for other in before if other.leading < member.leading)

    def _rule(self, one: Member, other: Member) -> str | None:
        """By which rule two entries agree; None where they do not, or must not."""
        if one.withdrawn or other.withdrawn:
            return None
        if self._rulings.is_alone(one.id) or self._rulings.is_alone(other.id):
            return None
        if other.id in self._rulings.apart(one.id):
            return None
        recurring = one.recurring or other.recurring
        equal = dedupe.verdict(_print(one), _print(other), recurring=recurring).rule
        return equal or (None if recurring else self._pairs[one.id].get(other.id))

    def _near(self, member: Member) -> list[Member]:
        """Those that may agree with `member`."""
        found = [one for group in _groups(member) for one in self._groups[group] if one.id != member.id]
        found += (self._known[each] for each in self._pairs[member.id])
        return [one for one in found if _near(one, member)]

    def _push_each(self, members: Iterable[Member]) -> None:
        members = [member for member in members if member.id not in self._queued]
        self._survey(members)
        for member in members:
            if member.id not in self._queued:
                self._queued.add(member.id)
                heappush(self._queue, (member.leading, member.id))
                for group in _groups(member):
                    self._leads[group].pop(member.id, None)

    def _survey(self, members: Sequence[Member]) -> None:
        """Reads who may agree with these, where that was not done."""
        open_ids: list[int] = []
        texts: dict[int, list[int]] = defaultdict(list)
        ids = []
        for member in members:
            if member.id in self._surveyed:
                continue
            self._surveyed.add(member.id)
            ids.append(member.id)
            if member.recurring and member.text_hash is not None and _groups(member):
                texts[member.text_hash].append(member.at)
            elif not member.recurring and member.bucket is not None:
                open_ids.append(member.id)
        self._learn(member_rows.alike(self._connection, open_ids, SECONDS))
        for text_hash, at in texts.items():
            bounds = (min(at) - SECONDS, max(at) + SECONDS)
            self._learn(member_rows.of_text(self._connection, text_hash, *bounds, SECONDS))
        self._rulings.read(ids)
        others = {mate for each in ids for mate in self._rulings.concerned(each)}
        for pair in pairs.of(self._connection, open_ids):
            if pair.rule != RELATED:
                self._pairs[pair.entry_id][pair.other_id] = self._pairs[pair.other_id][pair.entry_id] = pair.rule
                others.add(pair.other_id)
        self._read(others)

    def _read(self, entry_ids: Iterable[int]) -> list[Member]:
        """These entries, read where they are not known."""
        wanted = sorted(entry_ids)
        unknown = [each for each in wanted if each not in self._known]
        self._learn(member_rows.members(self._connection, unknown, SECONDS))
        return [self._known[each] for each in wanted]

    def _learn(self, members: Iterable[Member]) -> None:
        for member in members:
            if member.id in self._known:
                continue
            self._known[member.id] = member
            self._follow(member.id, (member.lead_id, member.rule))
            for group in _groups(member):
                self._groups[group].append(member)
                if member.lead_id is None:
                    self._leads[group][member.id] = member


class _Rulings:
    """What people said of entries, read as it is asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # Most desks have none, and would pay for each entry to learn it.
        self._any = pairs.are_ruled(connection)
        self._said: dict[int, dict[int, bool]] = {}

    def read(self, entry_ids: Iterable[int]) -> None:
        """Reads at once what will be asked of these."""
        unread = sorted(set(entry_ids) - self._said.keys()) if self._any else []
        self._said.update({each: {} for each in unread} | pairs.rulings(self._connection, unread))

    def is_alone(self, entry_id: int) -> bool:
        """Whether the entry is to be folded with none."""
        return entry_id in self._of(entry_id)

    def apart(self, entry_id: int) -> set[int]:
        """Those that the entry must not be folded with."""
        return {other for other, same in self._of(entry_id).items() if not same and other != entry_id}

    def unit(self, entry_id: int) -> set[int]:
        """Those that are to be folded together with the entry, itself among them; empty where it is the only one."""
        found: set[int] = set()
        waiting = [entry_id]
        while waiting:
            each = waiting.pop()
            mates = {other for other, same in self._of(each).items() if same} - found
            found |= mates
            waiting += mates
        return found

    def concerned(self, entry_id: int) -> set[int]:
        """Those whose lead depends on that of the entry by a person's word."""
        return self.unit(entry_id) | self.apart(entry_id)

    def _of(self, entry_id: int) -> dict[int, bool]:
        if entry_id not in self._said:
            self.read([entry_id])
        return self._said.get(entry_id, {})


def _groups(member: Member) -> Iterator[Group]:
    """By what others may agree with it: its text, and its title where that does not recur."""
    if member.withdrawn:
        return
    if member.recurring and member.body_words < dedupe.BOILERPLATE_WORDS:
        return
    if member.text_hash is not None:
        yield "text", member.text_hash
    if not member.recurring and member.bucket is not None:
        yield "title", member.bucket


def _leading(member: Member) -> Order:
    return member.leading


def _near(one: Member, other: Member) -> bool:
    return abs(one.at - other.at) <= SECONDS


def _print(member: Member) -> Fingerprint:
    """What an entry is compared by, as far as equality goes. Titles are equal where their hashes are, and entries of
    one URL are one entry by its key."""
    title_hash = None if member.bucket == member.text_hash else member.bucket
    return Fingerprint(
        url_key=None,
        title=str(title_hash),
        title_words=0,
        title_hash=title_hash,
        body_words=member.body_words,
        text_hash=member.text_hash,
        at=datetime.fromtimestamp(member.at, UTC),
    )
