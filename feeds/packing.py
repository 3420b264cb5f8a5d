"""Readings as bytes, on their way from the process that read a document to the one that stores it."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from itertools import starmap
from operator import attrgetter
from typing import Any

from db.records import Access, Enclosure, EntryRecord, Evidence, Fingerprint, Precision
from feeds.model import Reading, Skipped
from feeds.quick import maker


def pack(reading: Reading) -> bytes:
    """A reading as bytes, for `unpack` in another process that runs the same Python.

    Pickling the records themselves calls Python for each object in them, which costs twice as much. Times of records
    are whole seconds in UTC, as everywhere. Fingerprints are imprints: shingles and numbers stay behind.
    """
    columns: dict[str, Sequence[Any]] = dict(
        zip(_NAMES, zip(*map(_values, reading.records), strict=True), strict=False)
    )
    for name, (plain, _) in _PLAIN.items():
        columns[name] = tuple(map(plain, columns.get(name, ())))
    skipped = tuple([(one.line, one.raw, one.reason) for one in reading.skipped])
    moment = reading.moment.isoformat()
    return marshal.dumps(
        (reading.name, reading.digest, moment, reading.encoding, skipped, reading.warnings, reading.partial, columns)
    )


def unpack(data: bytes) -> Reading:
    """The reading that `pack` made bytes of. They must come from a process of our own."""
    name, digest, moment, encoding, skipped, warnings, partial, columns = marshal.loads(data)  # noqa: S302  # see above
    for column, (_, whole) in _PLAIN.items():
        columns[column] = map(whole, columns[column])
    return Reading(
        name=name,
        digest=digest,
        moment=datetime.fromisoformat(moment),
        records=tuple(map(_record, *columns.values())),
        encoding=encoding,
        skipped=tuple([Skipped(*row) for row in skipped]),
        warnings=warnings,
        partial=partial,
    )


def _stamp(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


@lru_cache(maxsize=1024)
def _moment(stamp: int | None) -> datetime | None:
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC)


_NAMES = tuple(field.name for field in fields(EntryRecord))
_record = maker(EntryRecord)
_fingerprint = maker(Fingerprint)
_values = attrgetter(*_NAMES)
_file = attrgetter(*(field.name for field in fields(Enclosure)))
_proof = attrgetter(*(field.name for field in fields(Evidence)))
_print = attrgetter("url_key", "title", "title_words", "title_hash", "body_words", "text_hash", "sketch")
_ACCESS = {level.value: level for level in Access}
_PRECISION = {precision.value: precision for precision in Precision}

_PLAIN: dict[str, tuple[Callable[[Any], object], Callable[[Any], object]]] = {
    "published": (_stamp, _moment),
    "published_precision": (lambda precision: precision and precision.value, _PRECISION.get),
    "updated": (_stamp, _moment),
    "dated": (_stamp, _moment),
    "enclosures": (
        lambda files: files and tuple(map(_file, files)),
        lambda rows: rows and tuple(starmap(Enclosure, rows)),
    ),
    "access": (str, _ACCESS.__getitem__),
    "evidence": (
        lambda proofs: proofs and tuple(map(_proof, proofs)),
        lambda rows: rows and tuple(starmap(Evidence, rows)),
    ),
    "fingerprint": (
        lambda one: (*_print(one), _stamp(one.at)),
        lambda row: _fingerprint(*row[:6], _moment(row[7]), row[6]),
    ),
}
"""Fields that are no plain values, each with the way there and back."""
