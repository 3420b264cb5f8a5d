"""From a document to records, top to bottom: parse, normalise, access, dedupe.

Pure, and so apart from `feeds.poll`, which knows the storage: this half can be done by another process.
"""

from __future__ import annotations

from importlib import import_module
from zoneinfo import ZoneInfo

from db.records import EntryRecord
from feeds import access, dedupe, normalise
from feeds.config import Config, Source
from feeds.model import Context, Document, Parsed, Reading, Skipped

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
    )
