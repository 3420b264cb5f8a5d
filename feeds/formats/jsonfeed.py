"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/): one item a line, keys in the order of the specification.

An item is made once and shared by every feed of a run. Of an entry whose body may not be shown `content_text`, which an
item must have, is its teaser, or its title where it has none.

Two extensions: `_access` says who may read an entry, `_story` where else it is told. Their `about` leads to the index
page, which explains both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from db.records import Access
from feeds.formats import EntryInvalid, FeedDocument, Format, PublicEntry
from feeds.formats.flags import accessible_for_free
from feeds.formats.kept import Kept
from feeds.formats.texts import language_tag, legal, media_type, trimmed
from feeds.formats.times import rfc3339
from feeds.formats.xml import address, unmarked

VERSION = "https://jsonfeed.org/version/1.1"
_ENCODED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_PLAYED = ("audio/", "video/")


class _Site(NamedTuple):
    """What an item's bytes depend on beside the entry. `withheld` says that its body may not be among them, nor its
    files and pictures."""

    base_url: str
    withheld: bool


class Renderer:
    """Renders the feeds of one run. Pure but for the items that it keeps: the same document gives the same bytes."""

    def __init__(self) -> None:
        self._items = Kept(_item)

    def render(self, document: FeedDocument) -> bytes:
        """The document, UTF-8. Raises `EntryInvalid` for a time without a zone; nothing else can be invalid."""
        sites = {withheld: _Site(document.base_url, withheld) for withheld in (False, True)}
        head = _dumped(_head(document)).removesuffix(b"}")
        items = b",\n".join(self._items.of(entry, sites[document.withholds(entry)]) for entry in document.entries)
        return b'%b,"items":[\n%b\n]}\n' % (head, items)


def _head(document: FeedDocument) -> dict[str, Any]:
    """All but the items. There is no time in it: a JSON Feed has none."""
    head = {
        "version": VERSION,
        "title": unmarked(legal(document.title)),
        "home_page_url": document.html_url,
        "feed_url": document.self_url,
        "authors": [{"name": legal(document.author)}],
        "language": language_tag(document.language),
        "hubs": [{"type": "WebSub", "url": hub} for hub in dict.fromkeys(document.hubs)],
    }
    return {key: value for key, value in head.items() if value}


def _item(entry: PublicEntry, site: _Site) -> bytes:
    """One item as bytes of one line."""
    title, teaser = unmarked(trimmed(entry.title)), unmarked(trimmed(entry.summary))
    body = trimmed(entry.content) if entry.content is not None and not site.withheld else ""
    url = address(entry.url) or ""
    said = {
        "id": legal(entry.uid),
        "url": url,
        "title": title,
        **({"content_html": body} if body else {"content_text": teaser or title or url}),
        "summary": teaser,
        **({} if site.withheld else _pictures(entry)),
        "date_published": _moment(entry, entry.published),
        "date_modified": _moment(entry, entry.updated),
        "authors": [{"name": name} for name in _names(entry.authors)],
        "tags": _tags(entry),
        "language": language_tag(entry.language),
        "attachments": [] if site.withheld else list(_attachments(entry)),
        "_access": _access(entry, site),
        "_story": _story(entry, site),
    }
    return _dumped({key: value for key, value in said.items() if value or key in ("id", "content_text")})


def _dumped(value: Any) -> bytes:
    return _ENCODED(value).encode()


def _names(said: Iterable[str]) -> list[str]:
    """Each once, without what is illegal: JSON could escape it, and it would break who shows it."""
    return list(dict.fromkeys(name for each in said if (name := trimmed(each))))


def _moment(entry: PublicEntry, when: datetime | None) -> str | None:
    """A time as RFC 3339 has it, to the second."""
    if when is None:
        return None
    try:
        return rfc3339(when)
    except ValueError as error:
        raise EntryInvalid(entry.uid, str(error)) from error


def _pictures(entry: PublicEntry) -> dict[str, str]:
    """The first picture, and as the banner the first that is known to be twice as wide as it is high."""
    shown = [(url, one) for one in entry.images if (url := address(one.url)) is not None]
    banners = [url for url, one in shown if one.width and one.height and one.width >= 2 * one.height]
    return {"image": shown[0][0] if shown else "", "banner_image": banners[0] if banners else ""}


def _tags(entry: PublicEntry) -> list[str]:
    """Sections, then the item's own categories, then its access, as filters of readers look for it."""
    access = () if entry.access is Access.UNKNOWN else (entry.access.value,)
    return _names((*entry.sections, *entry.categories, *access))


def _attachments(entry: PublicEntry) -> Iterator[dict[str, Any]]:
    """The files that come with it. How long an episode lasts is said of what can be played."""
    duration = entry.episode.duration if entry.episode is not None else None
    for file in dict.fromkeys(entry.enclosures):
        url = address(file.url)
        if url is None:
            continue
        kind = media_type(file.media_type) or "application/octet-stream"
        made: dict[str, Any] = {"url": url, "mime_type": kind}
        if file.length > 0:
            made["size_in_bytes"] = file.length
        if duration is not None and duration > 0 and kind.startswith(_PLAYED):
            made["duration_in_seconds"] = duration
        yield made


def _access(entry: PublicEntry, site: _Site) -> dict[str, Any] | None:
    """Who may read it; None where nobody knows. Of a metered entry either answer of schema.org would be wrong."""
    if entry.access is Access.UNKNOWN:
        return None
    free = accessible_for_free(entry.access)
    said = {} if free is None else {"isAccessibleForFree": free}
    return {"about": f"{site.base_url}index.html#access", "level": entry.access.value, **said}


def _story(entry: PublicEntry, site: _Site) -> dict[str, Any] | None:
    """Copies of it elsewhere (`via`), what else tells of the same event, and where it is discussed."""
    lists = {
        "via": dict(entry.via),
        "related": dict(entry.related),
        "replies": {link.url: link.title or "" for link in entry.replies},
    }
    said = {
        key: [{"url": url, **({"title": name} if (name := trimmed(title)) else {})} for url, title in found]
        for key, links in lists.items()
        if (found := [(url, title) for said, title in links.items() if (url := address(said)) is not None])
    }
    return {"about": f"{site.base_url}index.html#story", **said} if said else None


FORMAT = Format(name="json", suffix="json", media_type="application/feed+json", renderer=Renderer)
