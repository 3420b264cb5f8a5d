"""From a document to records, top to bottom: parse, normalise, access, dedupe.

Pure, and so apart from `feeds.poll`, which knows the storage: this half can be done by another process.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Sequence
from dataclasses import fields, make_dataclass
from datetime import UTC, datetime
from importlib import import_module
from itertools import starmap
from operator import attrgetter
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from db.records import Access, Enclosure, EntryRecord, Evidence, Fingerprint, Precision
from feeds import access, dedupe, normalise
from feeds.config import Config, Source
from feeds.model import Context, Document, Parsed, Reading, Skipped

_T = TypeVar("_T")

PARSERS = {"seed": "feeds.sources.seed", "feed": "feeds.sources.feed"}
"""Source kinds, loaded when used."""


def context_of(config: Config, source: Source) -> Context:
    """What the parser of `source` may know beside the bytes."""
    profile = config.profile_of(source)
    return Context(
        language=source.language or config.site.language,
        zone=ZoneInfo(source.timezone or config.site.timezone),
        sections=profile.sections,
        markers=profile.markers + config.access.markers,
        premium_categories=config.access.categories,
        dateline=profile.dateline,
        year=profile.year,
    )


def parse(document: Document, context: Context, source: Source) -> Parsed:
    """The items of a document, as its source's kind reads it. Raises `ParseError`."""
    parsed: Parsed = import_module(PARSERS[source.kind]).parse(document, context)
    return parsed


def read(parsed: Parsed, document: Document, source: Source, config: Config, digest: bytes) -> Reading:
    """What a document says, from items to records: normalise, access, dedupe."""
    cleaned = normalise.clean(
        parsed,
        document,
        sections=source.sections,
        default_section=source.default_section,
        language=source.language or config.site.language,
        home=source.link or config.site.base_url,
        identity=dedupe.canon,
    )
    records: list[EntryRecord] = []
    skipped = list(parsed.skipped)
    for clean in cleaned:
        if isinstance(clean, Skipped):
            skipped.append(clean)
        else:
            records.append(record_of(clean, source))
    return Reading(
        name=document.name,
        digest=digest,
        moment=document.as_of,
        records=tuple(records),
        encoding=parsed.encoding,
        skipped=tuple(skipped),
        warnings=parsed.warnings,
    )


def record_of(clean: normalise.Clean, source: Source) -> EntryRecord:
    """A clean item with what identifies it, who may read it, and what it is compared by."""
    verdict = access.judge(clean.evidence, configured=source.access)
    url = None if clean.url_shared else clean.url
    return EntryRecord(
        keys=dedupe.keys(source.name, clean.url, clean.guid, clean.title, url_shared=clean.url_shared),
        position=clean.position,
        title=clean.title,
        title_from_body=clean.title_from_body,
        url=clean.url,
        summary=clean.summary,
        content=clean.content,
        text=clean.text,
        published=clean.published,
        published_precision=clean.published_precision,
        published_basis=clean.published_basis,
        updated=clean.updated,
        dated=clean.dated,
        language=clean.language,
        label=clean.label,
        authors=clean.authors,
        categories=clean.categories,
        enclosures=clean.enclosures,
        sections=clean.sections,
        access=verdict.level,
        evidence=verdict.evidence,
        fingerprint=dedupe.fingerprint(clean.title, clean.text, url, at=clean.dated),
        extra=clean.extra,
    )


def pack(reading: Reading) -> bytes:
    """A reading as bytes, for `unpack` in another process that runs the same Python.

    Pickling the records themselves calls Python for each object in them, which costs twice as much. Times of records
    are whole seconds in UTC, as everywhere.
    """
    columns: dict[str, Sequence[Any]] = dict(
        zip(_NAMES, zip(*map(_values, reading.records), strict=True), strict=False)
    )
    for name, (plain, _) in _PLAIN.items():
        columns[name] = tuple(map(plain, columns.get(name, ())))
    skipped = tuple([(one.line, one.raw, one.reason) for one in reading.skipped])
    moment = reading.moment.isoformat()
    return marshal.dumps((reading.name, reading.digest, moment, reading.encoding, skipped, reading.warnings, columns))


def unpack(data: bytes) -> Reading:
    """The reading that `pack` made bytes of. They must come from a process of our own."""
    name, digest, moment, encoding, skipped, warnings, columns = marshal.loads(data)  # noqa: S302  # see above
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
    )


def _maker(kind: type[_T]) -> Callable[..., _T]:
    """What makes a `kind`, a frozen dataclass, of all its fields in order, in a sixth of the time that it takes itself:
    an object of the same fields that is not frozen yet, which then becomes one."""
    thawed: Callable[..., Any] = make_dataclass("thawed", [field.name for field in fields(cast(Any, kind))], slots=True)

    def make(*values: object) -> _T:
        one = thawed(*values)
        one.__class__ = kind
        return cast(_T, one)

    return make


def _stamp(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _moment(stamp: int | None) -> datetime | None:
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC)


_NAMES = tuple(field.name for field in fields(EntryRecord))
_record = _maker(EntryRecord)
_fingerprint = _maker(Fingerprint)
_values = attrgetter(*_NAMES)
_file = attrgetter(*(field.name for field in fields(Enclosure)))
_proof = attrgetter(*(field.name for field in fields(Evidence)))
_print = attrgetter(*(field.name for field in fields(Fingerprint)))
_ACCESS = {level.value: level for level in Access}
_PRECISION = {precision.value: precision for precision in Precision}

_PLAIN: dict[str, tuple[Callable[[Any], object], Callable[[Any], object]]] = {
    "published": (_stamp, _moment),
    "published_precision": (lambda precision: precision and precision.value, _PRECISION.get),
    "updated": (_stamp, _moment),
    "dated": (_stamp, _moment),
    "enclosures": (lambda files: tuple(map(_file, files)), lambda rows: tuple(starmap(Enclosure, rows))),
    "access": (str, _ACCESS.__getitem__),
    "evidence": (lambda proofs: tuple(map(_proof, proofs)), lambda rows: tuple(starmap(Evidence, rows))),
    "fingerprint": (
        lambda one: (*_print(one)[:-1], _stamp(one.at)),
        lambda row: _fingerprint(*row[:-1], _moment(row[-1])),
    ),
}
"""Fields that are no plain values, each with the way there and back."""
