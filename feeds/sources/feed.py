"""Feeds of others: RSS 0.9x-2.0, RSS 1.0/RDF, Atom 0.3/1.0 and JSON Feed 1.0/1.1 -> items.

XML is decoded and checked in `feeds.sources.shape` and read by feedparser: bytes only, because it opens whatever looks
like a path or an address; unsanitised, because nh3 does that later, once per changed entry.
"""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import feedparser

from db.records import Enclosure, Evidence, Precision
from feeds.errors import ParseError
from feeds.log import redact
from feeds.model import Context, Document, Item
from feeds.sources import jsonfeed
from feeds.sources.fields import MAX_DATE, FeedResult, http_url, is_teaser, markup_of, plain_text, plausible
from feeds.sources.shape import Shape, examine

__all__ = ["FeedResult", "parse"]

_ANYTHING = Context()
_PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ACCESS_SCHEME = "/ns/access"
_MAX_RESOLVED = 1_000_000
"""feedparser's rewriting of relative links costs 3.4 s a megabyte of deep HTML."""

_Entry = dict[str, Any]


def parse(document: Document, context: Context = _ANYTHING) -> FeedResult:
    """What the feed in `document` says.

    Titles are plain text, addresses absolute http(s), times UTC; `summary` and `content` are HTML, unsanitised. A
    description without a body beside it is the summary up to 50 words and the body above. An item of which only
    `updated` is known is published then.

    Raises `ParseError` for what is empty, cut short, hostile, or no feed; the message says which.
    """
    document = replace(document, name=redact(document.name))  # it only stands in messages, which are stored
    shape = examine(document)
    if shape.kind == "json":
        return jsonfeed.read(shape, document, context)
    found = _feedparser(shape, document.name)
    feed: _Entry = found["feed"]
    if not found.get("version") and not found["entries"]:
        raise ParseError(f"{document.name}: is XML that only looks like a feed: there is no channel in it")
    warnings = list(shape.warnings)
    items = tuple(
        _item(entry, position, found["version"], feed, document, context, warnings)
        for position, entry in enumerate(found["entries"])
    )
    return FeedResult(
        title=_title(feed) or None,
        url=http_url(dict.get(feed, "link"), document.url),
        language=dict.get(feed, "language") or None,
        encoding=shape.encoding,
        items=items,
        warnings=tuple(dict.fromkeys(warnings)),
        ttl=_positive(dict.get(feed, "ttl"), 60),
        update_period=_update_period(feed),
    )


def _feedparser(shape: Shape, name: str) -> _Entry:
    data = shape.text.encode()
    try:
        # No Content-Location: feedparser would resolve guids that are no addresses, and change them with the host.
        found: _Entry = feedparser.parse(
            io.BytesIO(data),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris="xml:base" in shape.text and len(data) <= _MAX_RESOLVED,
        )
    except Exception as error:  # feedparser raises whatever its parts do (kurtmckee/feedparser#591, #599)
        raise ParseError(f"{name}: cannot be read: {type(error).__name__}: {str(error)[:200]}") from error
    return found


def _item(
    entry: _Entry,
    position: int,
    version: str,
    feed: _Entry,
    document: Document,
    context: Context,
    warnings: list[str],
) -> Item:
    guid = dict.get(entry, "id") or None
    link = dict.get(entry, "link")
    # A guid stands in for a missing link, but only one that is an address, never resolved against another.
    url = http_url(link, None if link == guid else document.url)
    summary, content = _texts(entry, version.startswith("atom"))
    published, precision = _moment(entry, "published", position, document, context, warnings)
    updated, updated_precision = _moment(entry, "updated", position, document, context, warnings)
    basis = "published"
    if published is None and updated is not None:
        published, precision, basis = updated, updated_precision, "updated"
    language = (dict.get(entry, "title_detail") or {}).get("language")
    return Item(
        position=position,
        title=_title(entry),
        url=url,
        guid=guid,
        summary=summary,
        content=content,
        published=published,
        published_precision=precision,
        published_basis=basis if published is not None else None,
        updated=updated,
        language=language if language and language != dict.get(feed, "language") else None,
        label=_title(dict.get(entry, "source") or {}) or None,
        authors=tuple(name for author in dict.get(entry, "authors") or () if (name := author.get("name"))),
        categories=tuple(_categories(entry)),
        enclosures=tuple(_enclosures(entry, document.url)),
        evidence=tuple(_evidence(entry, context)),
    )


def _title(entry: _Entry) -> str:
    detail = dict.get(entry, "title_detail") or {}
    title: str = dict.get(entry, "title") or ""
    return title if detail.get("type") == "text/plain" else plain_text(title)


def _texts(entry: _Entry, is_atom: bool) -> tuple[str, str]:
    """Summary and body as HTML.

    Where there is no summary feedparser copies the body into its place, without a `summary_detail`: a premium body
    would become its own teaser.
    """
    detail = dict.get(entry, "summary_detail")
    summary = _markup(detail) if detail is not None else ""
    content = max((_markup(one) for one in dict.get(entry, "content") or ()), key=len, default="")
    if is_atom or content.strip() or is_teaser(summary):
        return summary, content
    return "", summary


def _markup(detail: _Entry) -> str:
    kind, value = detail.get("type") or "text/html", detail.get("value") or ""
    if kind == "text/plain":
        return markup_of(value)
    return value if kind in ("text/html", "application/xhtml+xml") else ""


def _moment(
    entry: _Entry, name: str, position: int, document: Document, context: Context, warnings: list[str]
) -> tuple[datetime | None, Precision | None]:
    """A time and how exact it is; a day alone is midnight in the source's zone."""
    text: str = dict.get(entry, name) or ""
    if not text.strip():
        return None, None
    found = dict.get(entry, f"{name}_parsed") if len(text) <= MAX_DATE else None
    is_day = _DAY.fullmatch(text.strip()) is not None
    moment = None
    if found is not None:
        try:
            moment = datetime.fromtimestamp(calendar.timegm(found), UTC)
            if is_day:
                moment = moment.replace(tzinfo=context.zone)
            moment = plausible(moment, document.fetched_at)
        except (ValueError, OverflowError, OSError):  # a year that no calendar has
            moment = None
    if moment is None:
        warnings.append(f"item {position + 1}: the date {text.strip()[:MAX_DATE]!r} is not plausible")
        return None, None
    return moment, Precision.DAY if is_day else Precision.SECOND


def _categories(entry: _Entry) -> Iterator[str]:
    """Categories but for those that only state the access."""
    for tag in dict.get(entry, "tags") or ():
        name = tag.get("label") or tag.get("term")
        if name and not _states_access(tag):
            yield name


def _states_access(tag: _Entry) -> bool:
    return str(tag.get("scheme") or "").rstrip("/").endswith(_ACCESS_SCHEME)


def _enclosures(entry: _Entry, base: str | None) -> Iterator[Enclosure]:
    for link in dict.get(entry, "links") or ():
        url = http_url(link.get("href"), base) if link.get("rel") == "enclosure" else None
        if url is not None:
            yield Enclosure(url, link.get("type") or "", _positive(link.get("length"), 1) or 0)


def _evidence(entry: _Entry, context: Context) -> Iterator[Evidence]:
    """Everything in the entry that speaks of access; what it is worth is not decided here."""
    premium = {name.casefold() for name in context.premium_categories}
    for tag in dict.get(entry, "tags") or ():
        if _states_access(tag):
            yield Evidence("access category", tag.get("term") or "", "entry element category")
            continue
        for name in dict.fromkeys((tag.get("term"), tag.get("label"))):
            if name and name.strip().casefold() in premium:
                yield Evidence("category", name.strip(), "entry element category")
    if dict.get(entry, "dcterms_accessrights"):
        yield Evidence(
            "dcterms:accessRights", entry["dcterms_accessrights"][:500], "entry element dcterms:accessRights"
        )
    for name, value in entry.items():
        # The publisher chooses the prefix of schema.org's namespace.
        if name.endswith("_isaccessibleforfree") and isinstance(value, str):
            yield Evidence("isAccessibleForFree", value.strip()[:500], "entry element isAccessibleForFree")
    if dict.get(entry, "rights"):
        yield Evidence("dc:rights", entry["rights"][:500], "entry element rights")
    for link in dict.get(entry, "links") or ():
        if link.get("rel") == "payment":
            yield Evidence("link rel=payment", str(link.get("href") or "")[:500], "entry element link")


def _update_period(feed: _Entry) -> int | None:
    """Whole seconds between two changes: the period (default daily) over how often in it (default once).

    RSS 1.0 Syndication; one second at least, None for a period it does not know.
    """
    period, frequency = dict.get(feed, "sy_updateperiod"), dict.get(feed, "sy_updatefrequency")
    if not period and not frequency:
        return None
    seconds = _PERIODS.get((period or "daily").strip().lower())
    return None if seconds is None else max(seconds // (_positive(frequency, 1) or 1), 1)


def _positive(value: object, unit: int) -> int | None:
    """A count of `unit`s; None unless a whole number above zero."""
    text = value.strip() if isinstance(value, str) else ""
    if not (text.isascii() and text.isdigit()) or len(text) > 15:
        return None
    return int(text) * unit or None
