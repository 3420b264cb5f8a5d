"""Readings across the boundary of a process."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from db.records import Access, Enclosure, EntryRecord, Evidence, Fingerprint, Precision
from feeds.model import Reading, Skipped
from feeds.packing import pack, unpack

text = st.text(st.characters(), max_size=8)
maybe = st.none() | text
texts = st.lists(text, max_size=2).map(tuple)
integers = st.none() | st.integers(-(2**63), 2**63 - 1)
sketches = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3).map(tuple)
seconds = st.integers(0, 2**37).map(lambda second: datetime.fromtimestamp(second, UTC))
moments = st.builds(lambda second, micro: second.replace(microsecond=micro), seconds, st.integers(0, 999_999))
records = st.builds(
    EntryRecord,
    keys=st.lists(st.binary(min_size=16, max_size=16), max_size=2).map(tuple),
    position=st.integers(0, 2**31),
    title=text,
    title_from_body=st.booleans(),
    url=maybe,
    summary=text,
    content=text,
    text=text,
    published=st.none() | seconds,
    published_precision=st.none() | st.sampled_from(Precision),
    published_basis=maybe,
    updated=st.none() | seconds,
    dated=seconds,
    language=maybe,
    label=maybe,
    authors=texts,
    categories=texts,
    enclosures=st.lists(st.builds(Enclosure, text, text, st.integers(0, 2**40)), max_size=2).map(tuple),
    sections=texts,
    access=st.sampled_from(Access),
    evidence=st.lists(st.builds(Evidence, text, text, text), max_size=2).map(tuple),
    fingerprint=st.builds(
        Fingerprint,
        maybe,
        text,
        st.integers(0, 99),
        integers,
        st.integers(0, 99),
        integers,
        st.none() | seconds,
        sketches,
    ),
    extra=text,
)
readings = st.builds(
    Reading,
    name=text,
    digest=st.binary(max_size=16),
    moment=moments,
    records=st.lists(records, max_size=3).map(tuple),
    encoding=maybe,
    skipped=st.lists(st.builds(Skipped, st.integers(1, 99), text, text), max_size=2).map(tuple),
    warnings=texts,
    partial=st.booleans(),
)


@given(readings)
def test_what_was_packed_is_what_is_unpacked(reading: Reading) -> None:
    again = unpack(pack(reading))
    assert again == reading
    for before, after in zip(reading.records, again.records, strict=True):
        assert type(after) is EntryRecord
        assert type(after.fingerprint) is Fingerprint
        assert after.access is before.access
        assert after.published_precision is before.published_precision
        assert hash(after) == hash(before)


@given(records)
def test_shingles_and_numbers_stay_behind(record: EntryRecord) -> None:
    whole = replace(record.fingerprint, shingles=frozenset({1}), numbers=frozenset("5"), opening=frozenset({1}))
    reading = Reading(name="a", digest=b"", moment=datetime(2025, 3, 1, tzinfo=UTC), records=(record,))
    packed = pack(replace(reading, records=(replace(record, fingerprint=whole),)))
    assert packed == pack(reading)
    assert unpack(packed) == reading
