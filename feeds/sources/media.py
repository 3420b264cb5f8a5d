"""Pictures, files and podcasts: what Media RSS, iTunes and the podcast namespace add to an item."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from db.records import Enclosure
from feeds.model import Episode, Image
from feeds.sources.fields import http_url

Attributes = Mapping[str, str]
"""An element's attributes, their names in lower case."""

_NUMBER = re.compile(r"[0-9]{1,9}")
_CLOCK = re.compile(r"(?:(?:([0-9]{1,4}):)?([0-9]{1,4}):)?([0-9]{1,9})(?:\.[0-9]{1,9})?")
_PICTURE = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".svg", ".bmp")
_EXPLICIT = {"yes": True, "true": True, "explicit": True, "no": False, "false": False, "clean": False}
_KINDS = frozenset(("full", "trailer", "bonus"))


def number(value: object) -> int | None:
    """A whole number of up to nine digits."""
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if _NUMBER.fullmatch(text) else None


def size(value: object) -> int:
    """Bytes, 0 where not known."""
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0


def seconds(value: str) -> int | None:
    """A duration as iTunes has it: "H:MM:SS", "MM:SS" or seconds."""
    match = _CLOCK.fullmatch(value.strip())
    return int(match[1] or 0) * 3600 + int(match[2] or 0) * 60 + int(match[3]) if match else None


def episode(duration: str, season: str, episode_number: str, kind: str, explicit: str) -> Episode | None:
    """What a podcast says of an item; None where it says nothing that can be read."""
    kind = kind.strip().lower()
    found = Episode(
        duration=seconds(duration),
        season=number(season),
        number=number(episode_number),
        kind=kind if kind in _KINDS else None,
        explicit=_EXPLICIT.get(explicit.strip().lower()),
    )
    return found if found != _SILENT else None


_SILENT = Episode()


def is_picture(content: Attributes) -> bool:
    """Whether `media:content` is a picture: by its medium, else its type, else its address."""
    medium, kind = content.get("medium", "").strip().lower(), content.get("type", "").strip().lower()
    if medium or kind:
        return medium == "image" or (not medium and kind.startswith("image/"))
    try:
        return urlsplit(content.get("url", "")).path.lower().endswith(_PICTURE)
    except ValueError:
        return False


def images(pictures: Iterable[Attributes], enclosures: Iterable[Enclosure], base: str | None) -> Iterator[Image]:
    """Each picture once, in order; enclosures that are pictures are among them."""
    seen = set()
    for one in pictures:
        url = http_url(one.get("url"), base)
        if url is not None and url not in seen:
            seen.add(url)
            yield Image(url, number(one.get("width")), number(one.get("height")))
    for file in enclosures:
        if file.media_type.startswith("image/") and file.url not in seen:
            seen.add(file.url)
            yield Image(file.url)


def files(links: Iterable[Attributes], contents: Iterable[Attributes], base: str | None) -> Iterator[Enclosure]:
    """Enclosures, then what `media:content` holds beside pictures; each address of the latter once."""
    seen = set()
    for link in links:
        url = http_url(link.get("href"), base) if link.get("rel") == "enclosure" else None
        if url is not None:
            seen.add(url)
            yield Enclosure(url, link.get("type") or "", size(link.get("length")))
    for content in contents:
        url = None if is_picture(content) else http_url(content.get("url"), base)
        if url is not None and url not in seen:
            seen.add(url)
            yield Enclosure(url, content.get("type", ""), size(content.get("filesize")))
