"""From a document to records, top to bottom: parse, normalise, access, dedupe.

Pure, and so apart from `feeds.poll`, which knows the storage: this half can be done by another process.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from operator import is_

from db.records import EntryRecord
from feeds import access, dedupe, normalise
from feeds.manner import Manner
from feeds.model import Document, Parsed, Reading, Skipped
from feeds.quick import maker

_record = maker(EntryRecord)
_COMMON = normalise.Clean._fields.index("sections") + 1
"""How many fields of a clean item are a record's, in the same order, after its keys."""

PARSERS = {"seed": "feeds.sources.seed", "feed": "feeds.sources.feed"}
"""Source kinds, loaded when used."""


def parse(document: Document, manner: Manner) -> Parsed:
    """The items of a document, as its source's kind reads it. Raises `ParseError`."""
    parsed: Parsed = import_module(PARSERS[manner.kind]).parse(document, manner.context)
    return parsed


def read(parsed: Parsed, document: Document, manner: Manner, digest: bytes) -> Reading:
    """What a document says, from items to records: normalise, access, dedupe."""
    cleaned = normalise.clean(
        unmarked(parsed, manner),
        document,
        sections=manner.sections,
        default_section=manner.default_section,
        language=manner.context.language,
        home=manner.home,
        identity=dedupe.canon,
    )
    records: list[EntryRecord] = []
    skipped = list(parsed.skipped)
    for clean in cleaned:
        if isinstance(clean, Skipped):
            skipped.append(clean)
        else:
            records.append(record_of(clean, manner))
    return Reading(
        name=document.name,
        digest=digest,
        moment=document.as_of,
        records=tuple(records),
        encoding=parsed.encoding,
        skipped=tuple(skipped),
        warnings=parsed.warnings,
    )


def unmarked(parsed: Parsed, manner: Manner) -> Parsed:
    """The same, with markers taken off headlines and kept as evidence."""
    signs = (*access.LOCKS, *manner.context.markers)
    items = []
    for item in parsed.items:
        # Nearly always there is none, and this is done for every item of every document.
        if item.title.strip().startswith(signs) or item.title.strip().endswith(signs):
            title, marker = access.unmarked(item.title, manner.context.markers)
            if marker is not None:
                item = replace(item, title=title, evidence=(*item.evidence, marker))
        items.append(item)
    return parsed if all(map(is_, items, parsed.items)) else replace(parsed, items=tuple(items))


def record_of(clean: normalise.Clean, manner: Manner) -> EntryRecord:
    """A clean item with what identifies it, who may read it, and what it is compared by."""
    evidence = access.doubted(clean.evidence) if manner.doubted else clean.evidence
    verdict = access.judge(evidence, configured=manner.access)
    url = None if clean.url_shared else clean.url
    return _record(
        dedupe.keys(manner.name, clean.url, clean.guid, clean.title, url_shared=clean.url_shared),
        *clean[:_COMMON],
        verdict.level,
        verdict.evidence,
        dedupe.fingerprint(clean.title, clean.text, url, at=clean.dated),
        clean.extra,
    )
