"""JSON Feed 1.0 and 1.1 (jsonfeed.org) -> items."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from db.records import Enclosure, Evidence, Precision
from feeds.errors import ParseError
from feeds.model import Context, Document, Episode, Item, Link
from feeds.sources.fields import MAX_DATE, FeedResult, http_url, markup_of, plausible
from feeds.sources.media import images
from feeds.sources.shape import MAX_ITEMS, Shape, too_many

MAX_DURATION = 10**9
"""Seconds: longer ones are a mistake."""
_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/1(?:\.[01])?/?")


def read(shape: Shape, document: Document, context: Context) -> FeedResult:
    """The feed in `shape`. Raises `ParseError` for JSON that is broken or no JSON Feed."""
    try:
        feed = json.loads(shape.text)
    except RecursionError as error:
        raise ParseError(f"{document.name}: is refused: JSON nested too deep") from error
    except json.JSONDecodeError as error:
        raise ParseError(f"{document.name}: is broken or cut-off JSON: {str(error)[:200]}") from error
    except ValueError as error:  # Python reads no number of more than 4,300 digits
        raise ParseError(f"{document.name}: is refused: a number of thousands of digits") from error
    if not isinstance(feed, dict) or not _VERSION.fullmatch(_text(feed.get("version"))):
        raise ParseError(f"{document.name}: is JSON, but no JSON Feed: there is no version of jsonfeed.org")
    rows = feed.get("items")
    if not isinstance(rows, list):
        raise ParseError(f'{document.name}: is a JSON Feed without a list "items"')
    warnings: list[str] = []
    if len(rows) > MAX_ITEMS:
        warnings.append(too_many(len(rows)))
    if not all(isinstance(row, dict) for row in rows):
        warnings.append("items that are no objects were left out")
    entries = [row for row in rows[:MAX_ITEMS] if isinstance(row, dict)]
    return FeedResult(
        title=_text(feed.get("title")) or None,
        url=http_url(feed.get("home_page_url"), document.url),
        language=_text(feed.get("language")) or None,
        encoding=shape.encoding,
        items=tuple(_item(row, n, document, context, warnings) for n, row in enumerate(entries)),
        warnings=tuple(dict.fromkeys(warnings)),
        earlier=http_url(feed.get("next_url"), document.url),
        hubs=tuple(_hubs(feed.get("hubs"), document.url)),
        own=http_url(feed.get("feed_url"), document.url),
    )


def _hubs(value: object, base: str | None) -> Iterator[str]:
    """The hubs that speak WebSub; its types are compared as they are written, and older texts call it PubSubHubbub."""
    for one in _objects(value):
        url = http_url(one.get("url"), base)
        if url is not None and _text(one.get("type")).lower() in ("websub", "pubsubhubbub"):
            yield url


def _item(row: dict[str, Any], position: int, document: Document, context: Context, warnings: list[str]) -> Item:
    base = document.url
    markup, text, summary = (_text(row.get(name)) for name in ("content_html", "content_text", "summary"))
    published = _moment(row.get("date_published"), position, document, warnings)
    updated = _moment(row.get("date_modified"), position, document, warnings)
    moment = published or updated
    authors = _objects(row.get("authors")) or _objects([row.get("author")])
    tags = tuple(_text(tag) for tag in row["tags"] if _text(tag)) if isinstance(row.get("tags"), list) else ()
    url, external = http_url(row.get("url"), base), http_url(row.get("external_url"), base)
    enclosures = tuple(_enclosures(row.get("attachments"), base))
    # The summary is plain by definition, the body may be HTML: one flag has to fit both.
    return Item(
        position=position,
        title=_text(row.get("title")),
        url=url or external,
        guid=_text(row.get("id")) or None,
        summary=markup_of(summary),
        content=markup or markup_of(text),
        published=moment,
        published_precision=Precision.SECOND if moment is not None else None,
        published_basis=None if moment is None else "date_published" if published is not None else "date_modified",
        updated=updated,
        language=_text(row.get("language")) or None,
        authors=tuple(name for author in authors if (name := _text(author.get("name")))),
        categories=tags,
        enclosures=enclosures,
        links=(Link(external, "related"),) if url and external and external != url else (),
        images=tuple(images([{"url": _text(row.get(name))} for name in ("image", "banner_image")], enclosures, base)),
        episode=_episode(row.get("attachments")),
        evidence=tuple(_evidence(row.get("_access"), tags, context)),
    )


def _moment(value: object, position: int, document: Document, warnings: list[str]) -> datetime | None:
    """A time of RFC 3339; one without a zone is taken for UTC."""
    text = _text(value)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text) if len(text) <= MAX_DATE else None
    except ValueError:
        moment = None
    if moment is not None:
        moment = plausible(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC), document.fetched_at)
    if moment is None:
        warnings.append(f"item {position + 1}: the date {text[:MAX_DATE]!r} is not plausible")
    return moment


def _enclosures(value: object, base: str | None) -> Iterator[Enclosure]:
    for one in _objects(value):
        url, size = http_url(one.get("url"), base), one.get("size_in_bytes")
        if url is not None:
            length = size if isinstance(size, int) and 0 <= size < 2**63 else 0
            yield Enclosure(url, _text(one.get("mime_type")), length)


def _episode(attachments: object) -> Episode | None:
    """The duration of the first attachment that tells one."""
    for one in _objects(attachments):
        duration = one.get("duration_in_seconds")
        if isinstance(duration, int | float) and not isinstance(duration, bool) and 0 < duration < MAX_DURATION:
            return Episode(duration=int(duration))
    return None


def _evidence(access: object, tags: tuple[str, ...], context: Context) -> Iterator[Evidence]:
    """What `_access` says (our own extension; any publisher may use it), and tags that are configured as premium."""
    if isinstance(access, dict):
        level, free = _text(access.get("level")), access.get("isAccessibleForFree")
        if level:
            yield Evidence("_access", level, "entry element _access")
        elif isinstance(free, bool):
            yield Evidence("isAccessibleForFree", str(free).lower(), "entry element _access")
    premium = {name.casefold() for name in context.premium_categories}
    for tag in tags:
        if tag.strip().casefold() in premium:
            yield Evidence("category", tag.strip(), "entry element tags")


def _text(value: object) -> str:
    """A string; a number as one (ids are often numbers); empty for anything else."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 else ""


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
