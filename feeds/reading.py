"""From a document to records, top to bottom: parse, normalise, file, access, dedupe.

Pure, and so apart from `feeds.poll`, which knows the storage: this half can be done by another process.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from importlib import import_module
from operator import is_

from db.records import EntryRecord, Evidence
from feeds import access, dedupe, markers, normalise
from feeds.filing import file
from feeds.manner import Manner
from feeds.model import Document, Parsed, Reading, Skipped
from feeds.quick import maker

_record = maker(EntryRecord)
_COMMON = normalise.Clean._fields.index("sections")
"""How many fields of a clean item are a record's, in the same order, between its keys and its sections."""

PARSERS = {
    "seed": "feeds.sources.seed",
    "feed": "feeds.sources.feed",
    "page": "feeds.sources.page",
    "sitemap": "feeds.sources.sitemap",
}
"""Source kinds, loaded when used."""

ARTICLE = "article"
"""The kind of document, though no kind of source, that is the page of one entry."""

_MODULES = PARSERS | {ARTICLE: "feeds.extract"}


def parse(document: Document, manner: Manner) -> Parsed:
    """The items of a document, as its source's kind reads it. Raises `ParseError`."""
    parsed: Parsed = import_module(_MODULES[manner.kind]).parse(document, manner.context)
    return parsed


def read(parsed: Parsed, document: Document, manner: Manner, digest: bytes) -> Reading:
    """What a document says, from items to records: normalise, file, access, dedupe."""
    cleaned = normalise.clean(
        unmarked(parsed, manner),
        document,
        sections=manner.sections,
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
            records.append(record_of(clean, manner, document.as_of))
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
    ends = (*markers.ENDS, *manner.context.markers)
    items = []
    for item in parsed.items:
        # Nearly always there is none, and this is done for every item of every document.
        title = item.title.strip()
        if title.startswith(markers.STARTS) or title.endswith(ends):
            title, marker = markers.unmarked(title, manner.context.markers)
            if marker is not None:
                found = Evidence("marker", marker, "headline")
                item = replace(item, title=title, evidence=(*item.evidence, found))
        items.append(item)
    return parsed if all(map(is_, items, parsed.items)) else replace(parsed, items=tuple(items))


def record_of(clean: normalise.Clean, manner: Manner, as_of: datetime) -> EntryRecord:
    """A clean item with what identifies it, where it stands, who may read it, and what it is compared by.

    That is its text, else its teaser.

    `as_of` is the moment its document speaks for. What was published longer before that than copies come gets no
    sketch to find them by. The clock of whoever reads an old file is not asked: its entries are the same whenever.
    """
    evidence = access.doubted(clean.evidence) if manner.doubted else clean.evidence
    verdict = access.judge(evidence, configured=manner.access)
    url = None if clean.url_shared else clean.url
    return _record(
        dedupe.keys(manner.name, clean.url, clean.guid, clean.title, url_shared=clean.url_shared),
        *clean[:_COMMON],
        file(
            manner.filing,
            clean.sections,
            title=clean.title,
            url=clean.url,
            categories=clean.categories,
            language=clean.language,
        ),
        verdict.level,
        verdict.evidence,
        dedupe.imprint(
            clean.title,
            clean.text or clean.summary,
            url,
            at=clean.dated,
            sketched=as_of - clean.dated <= dedupe.WINDOW,
        ),
        clean.extra,
    )
