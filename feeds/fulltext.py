"""From an entry that a listing names to its article: which are to be read, and what one that was read says of it.

Pure. The page of an article becomes one more document of its source, with one record of the same keys: its text and
title are the article's, whatever it does not say is as the listing says it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from db.records import Enclosure, EntryRecord, Evidence, Precision, StoredEntry
from feeds import dedupe, revise
from feeds.dedupe.words import stems_of
from feeds.manner import Manner
from feeds.model import Document, Item, Parsed, Reading
from feeds.reading import ARTICLE, read
from feeds.sources.fields import markup_of

ROUGH = "lastmod"
"""A listing's basis of a time that is only about when something was published: the article knows better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a listing, or what is stored, says of an entry whose article is to be read; fields as in `EntryRecord`."""

    url: str
    title: str
    position: int
    summary: str
    published: datetime | None
    published_precision: Precision | None
    published_basis: str | None
    language: str | None
    label: str | None
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    enclosures: tuple[Enclosure, ...]
    extra: str


def key_of(source: str, url: str) -> bytes:
    """The key of an entry that has the address `url` to itself."""
    return dedupe.keys(source, url, None, "", url_shared=False)[0]


def with_pages(records: Iterable[EntryRecord], source: str) -> dict[bytes, EntryRecord]:
    """Key of its address -> record, for those that have an address of their own; the newest first."""
    found: dict[bytes, EntryRecord] = {}
    for record in records:
        if record.url is not None and (key := key_of(source, record.url)) in record.keys:
            found.setdefault(key, record)
    return dict(sorted(found.items(), key=lambda one: (-one[1].dated.timestamp(), one[1].position)))


def is_told(record: EntryRecord, told: Iterable[bytes]) -> bool:
    """Whether a listing said the same of the entry before, `told` being digests of all that its source ever said."""
    return revise.digest(record) in told


def listed_of(said: EntryRecord | StoredEntry, url: str) -> Listed:
    """What is to be kept beside the article at `url`."""
    return Listed(
        url=url,
        title=said.title,
        position=said.position if isinstance(said, EntryRecord) else said.place >> 31,
        summary=said.summary,
        published=said.published,
        published_precision=said.published_precision,
        published_basis=said.published_basis,
        language=said.language,
        label=said.label,
        authors=said.authors,
        categories=said.categories,
        enclosures=said.enclosures,
        extra=said.extra,
    )


def manner_of_articles(manner: Manner) -> Manner:
    """How the articles of a source are read that is itself read in `manner`. The section of what nobody names one for
    is the listing's to give."""
    return replace(manner, kind=ARTICLE, filing=replace(manner.filing, default=None))


def leads_home(document: Document) -> bool:
    """Whether a redirect led from an article to the site's home page, as where there is no article any more."""
    at, asked = urlsplit(document.url or ""), urlsplit(document.name)
    return not at.path.strip("/") and not at.query and bool(asked.path.strip("/") or asked.query)


def read_article(parsed: Parsed, document: Document, manner: Manner, listed: Listed) -> Reading:
    """What an article's page says of the entry that is `listed`; `parsed` is the one item of it."""
    (item,) = parsed.items
    when = (listed.published, listed.published_precision, listed.published_basis)
    if listed.published is None or (listed.published_basis == ROUGH and item.published is not None):
        when = (item.published, item.published_precision, item.published_basis)
    item = replace(
        item,
        position=listed.position,
        title=_title_of(item, listed),
        url=listed.url,
        guid=None,
        # The editors' own teaser, which may be shown where the body may not: unless the body turns out to begin so.
        summary=(listed.summary if item.plain else markup_of(listed.summary)) or item.summary,
        published=when[0],
        published_precision=when[1],
        published_basis=when[2],
    )
    # Its own address, where it says one, names this item alone: it is no home page.
    parsed = replace(parsed, url=None, language=parsed.language or listed.language, items=(item,))
    one = read(parsed, document, manner, b"")
    records = tuple(_completed(record, listed, titled=item.title != listed.title) for record in one.records)
    return replace(one, name=listed.url, records=records, partial=True, article=True)


def _title_of(item: Item, listed: Listed) -> str:
    """The article's headline, unless it is another than the listing's, which editors wrote for it: what a page calls
    itself may be its site, or a wall before it. Where the listing had to guess at one, the page's counts."""
    if not item.title.strip():
        return listed.title
    if "title_basis" in (json.loads(listed.extra) if listed.extra else {}):
        return item.title
    own, theirs = (stems_of(dedupe.fold_title(title)) for title in (item.title, listed.title))
    return item.title if own & theirs and 2 * len(own & theirs) >= min(len(own), len(theirs)) else listed.title


def refused(evidence: tuple[Evidence, ...], manner: Manner, listed: Listed, now: datetime) -> Reading:
    """The same of one that we may not see, with what the answer says of who may."""
    document = Document(name=listed.url, data=b"", as_of=now, fetched_at=now, url=listed.url)
    return read_article(Parsed(items=(Item(position=0, evidence=evidence),)), document, manner, listed)


def _completed(record: EntryRecord, listed: Listed, *, titled: bool) -> EntryRecord:
    """`record` with whatever else the listing says."""
    return replace(
        record,
        label=record.label or listed.label,
        authors=record.authors or listed.authors,
        categories=listed.categories or record.categories,
        enclosures=listed.enclosures or record.enclosures,
        extra=_joined(record.extra, listed.extra, titled=titled),
    )


def _joined(own: str, listed: str, *, titled: bool) -> str:
    """Two texts as in `EntryRecord.extra` as one, the listing's before the article's own; how the listing came by its
    title says nothing of one that the article is `titled` with."""
    said: dict[str, object] = (json.loads(own) if own else {}) | (json.loads(listed) if listed else {})
    if titled:
        said.pop("title_basis", None)
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")) if said else ""
