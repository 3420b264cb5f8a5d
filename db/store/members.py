"""Entries as duplicates are judged by: what they share, what stands beside them, who is folded behind whom."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Connection, Integer, asc, bindparam, desc, func, select
from sqlalchemy.orm import aliased

from db.models import Entry, Fingerprint, Withdrawal
from db.records import Access, Member
from db.store.bulk import chunks

_Other = aliased(Fingerprint, name="other")
_OWN = (_Other.hash == Fingerprint.hash, _Other.source_id == Fingerprint.source_id)
_WINDOW = bindparam("window", type_=Integer)
_RECURRING = (
    select(_Other.entry_id)
    .where(
        *_OWN,
        _Other.entry_id != Fingerprint.entry_id,
        _Other.at.between(Fingerprint.at - _WINDOW, Fingerprint.at + _WINDOW),
    )
    .correlate(Fingerprint)
    .exists()
)
_MEMBER = (
    Entry.id,
    Entry.uid,
    Fingerprint.hash,
    Fingerprint.at,
    Fingerprint.body_words,
    Fingerprint.text_hash,
    _RECURRING.label("recurring"),
    func.coalesce(Entry.access_override, Entry.access),
    Entry.lead_id,
    Entry.rule,
    Entry.sorted_at,
    Fingerprint.teased,
    select(Withdrawal.entry_id).where(Withdrawal.entry_id == Entry.id).correlate(Entry).exists(),
)
_MEMBERS = select(*_MEMBER).select_from(Entry)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_MEMBERS_BY_IDS = _MEMBERS.outerjoin(Fingerprint, Fingerprint.entry_id == Entry.id).where(Entry.id.in_(_IDS))
_Asker = aliased(Fingerprint, name="asker")
_ALIKE = (
    select(*_MEMBER)
    .select_from(_Asker)
    .join(
        Fingerprint,
        (Fingerprint.hash == _Asker.hash)
        & (Fingerprint.entry_id != _Asker.entry_id)
        & Fingerprint.at.between(_Asker.at - _WINDOW, _Asker.at + _WINDOW),
    )
    .join(Entry, Entry.id == Fingerprint.entry_id)
    .where(_Asker.entry_id.in_(_IDS), (Fingerprint.text_hash == _Asker.text_hash) | ~_RECURRING)
)
_OF_TEXT = _MEMBERS.join(Fingerprint, Fingerprint.entry_id == Entry.id).where(
    Fingerprint.text_hash == bindparam("text_hash", type_=BigInteger),
    Fingerprint.at.between(bindparam("since", type_=BigInteger), bindparam("until", type_=BigInteger)),
)
_SIDES = ((operator.lt, desc), (operator.gt, asc))
# In two steps, each along an index: compared as pairs of time and id, all of one moment are looked through for each.
_BESIDE = select(
    *(
        func.coalesce(
            *(
                select(_Other.entry_id)
                .where(*_OWN, *bounds)
                .order_by(*map(turned, order))
                .limit(1)
                .correlate(Fingerprint)
                .scalar_subquery()
                for bounds, order in (
                    ((_Other.at == Fingerprint.at, is_on(_Other.entry_id, Fingerprint.entry_id)), (_Other.entry_id,)),
                    ((is_on(_Other.at, Fingerprint.at),), (_Other.at, _Other.entry_id)),
                )
            )
        )
        for is_on, turned in _SIDES
    )
).where(Fingerprint.entry_id.in_(_IDS))
_SHARING = select(Fingerprint.entry_id).where(
    Fingerprint.entry_id.in_(_IDS),
    select(_Other.entry_id)
    .where(_Other.hash == Fingerprint.hash, _Other.entry_id != Fingerprint.entry_id)
    .correlate(Fingerprint)
    .exists(),
)
_FOLLOWERS = select(Entry.id).where(Entry.lead_id.in_(_IDS))
_LEADS_OF = select(Entry.lead_id).where(Entry.id.in_(_IDS))
_FIRST_FOLLOWERS = _FOLLOWERS.order_by(Entry.sorted_at, Entry.uid).limit(bindparam("most", type_=Integer))


def _member(row: Sequence[Any]) -> Member:
    return Member(
        id=row[0],
        uid=row[1],
        bucket=row[2],
        at=int(row[10].timestamp()) if row[3] is None else row[3],
        body_words=row[4] or 0,
        text_hash=row[5],
        teased=bool(row[11]),
        recurring=bool(row[6]),
        access=Access(row[7]),
        lead_id=row[8],
        rule=row[9],
        withdrawn=bool(row[12]),
    )


def sharing(connection: Connection, entry_ids: Sequence[int]) -> set[int]:
    """Those of the entries whose bucket another entry shares."""
    found: set[int] = set()
    for chunk in chunks(entry_ids):
        found.update(connection.scalars(_SHARING, {"ids": chunk}))
    return found


def beside(connection: Connection, entry_ids: Sequence[int]) -> set[int]:
    """Ids of what the source of each entry told next before and next after it under its title."""
    found: set[int] = set()
    for chunk in chunks(entry_ids):
        for row in connection.execute(_BESIDE, {"ids": chunk}):
            found.update(each for each in row if each is not None)
    return found


def followers(connection: Connection, lead_ids: Sequence[int]) -> set[int]:
    """Ids of the entries that are folded behind any of these."""
    found: set[int] = set()
    for chunk in chunks(lead_ids):
        found.update(connection.scalars(_FOLLOWERS, {"ids": chunk}))
    return found


def leads_of(connection: Connection, entry_ids: Sequence[int]) -> set[int]:
    """Ids of the entries that any of these is folded behind."""
    found: set[int] = set()
    for chunk in chunks(entry_ids):
        found.update(each for each in connection.scalars(_LEADS_OF, {"ids": chunk}) if each is not None)
    return found


def first_followers(connection: Connection, lead_ids: Sequence[int], most: int) -> list[int]:
    """Ids of the earliest `most` of them, in order of time; of a few leads."""
    return list(connection.scalars(_FIRST_FOLLOWERS, {"ids": lead_ids, "most": most}))


def members(connection: Connection, entry_ids: Sequence[int], window: int) -> list[Member]:
    """These entries, as duplicates are judged by; `window` in seconds is the time in which a title recurs."""
    found: list[Member] = []
    for chunk in chunks(entry_ids):
        found += map(_member, connection.execute(_MEMBERS_BY_IDS, {"ids": chunk, "window": window}))
    return found


def alike(connection: Connection, entry_ids: Sequence[int], window: int) -> list[Member]:
    """The entries of one bucket with any of these, within `window` seconds of it, that have its text or whose title
    does not recur."""
    found: dict[int, Member] = {}
    for chunk in chunks(entry_ids):
        for row in connection.execute(_ALIKE, {"ids": chunk, "window": window}):
            found.setdefault(row[0], _member(row))
    return list(found.values())


def of_text(connection: Connection, text_hash: int, since: int, until: int, window: int) -> list[Member]:
    """The entries of one title and text whose `at` is within these bounds."""
    given = {"text_hash": text_hash, "since": since, "until": until, "window": window}
    return [_member(row) for row in connection.execute(_OF_TEXT, given)]
