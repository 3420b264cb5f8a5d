"""What the elements of a feed said, by whichever parser, and the items and the result that it means.

The two parsers of XML, `feeds.sources.reader` and `feeds.sources.fallback`, fill the same two records; everything that
is judged (dates, addresses, teasers, evidence) is judged here, once for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from db.records import Evidence, Precision
from feeds.model import Context, Document, Item, Link, Origin
from feeds.quick import maker
from feeds.sources.dates import read_date
from feeds.sources.fields import (
    MAX_DATE,
    FeedResult,
    advertised,
    http_url,
    is_teaser,
    markup_of,
    plain_text,
    plausible,
)
from feeds.sources.markup import HTML, TEXT, XHTML
from feeds.sources.media import Attributes, episode, files, images, is_picture, size

_PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ACCESS_SCHEME = "/ns/access"


_item = maker(Item)


class Words(NamedTuple):
    """A text construct: its media type and its value."""

    kind: str
    value: str


class Tag(NamedTuple):
    """A category as Atom has it."""

    term: str | None
    scheme: str | None = None
    label: str | None = None


class Said:
    """What one item said. A link's attributes are Atom's, `rel` and `type` in lower case where they were said.

    `link` is the address chosen by feedparser's rule; `permanent` is RSS's `isPermaLink`, None where not said;
    `stand_in` is the guid that may stand in for a missing link. `gates` are the elements about access, as evidence.
    """

    title: Words | None = None
    language: str | None = None
    link: str | None = None
    guid: str | None = None
    permanent: bool | None = None
    stand_in: str | None = None
    summary: Words | None = None
    published: str = ""
    updated: str = ""
    source: tuple[Words | None, str | None] | None = None
    rights: Words | None = None
    comments: str = ""
    duration: str = ""
    season: str = ""
    number: str = ""
    kind: str = ""
    explicit: str = ""

    def __init__(self) -> None:
        self.links: list[Attributes] = []
        self.contents: list[Words] = []
        self.tags: list[Tag] = []
        self.authors: list[str] = []
        self.media: list[Attributes] = []
        self.pictures: list[Attributes] = []
        self.gates: list[tuple[str, str]] = []


class Channel:
    """What the feed itself said."""

    title: Words | None = None
    link: str | None = None
    language: str | None = None
    ttl: str = ""
    period: str = ""
    frequency: str = ""

    def __init__(self) -> None:
        self.links: list[Attributes] = []
        self.hours: list[str] = []
        self.days: list[str] = []


class Scope(NamedTuple):
    """What judging an item needs beside the item: `is_atom` tells that a summary is one, however long."""

    document: Document
    context: Context
    language: str | None
    is_atom: bool
    premium: frozenset[str]
    warnings: list[str]


def result(
    channel: Channel,
    entries: Sequence[Said],
    is_atom: bool,
    encoding: str,
    document: Document,
    context: Context,
    warnings: list[str],
) -> FeedResult:
    """The feed that a parser read; `warnings` are those it has already."""
    premium = frozenset(name.casefold() for name in context.premium_categories)
    language = channel.language or None
    scope = Scope(document, context, language, is_atom, premium, warnings)
    base = document.url
    hubs, own = advertised(channel.links, base)
    return FeedResult(
        title=_title(channel.title) or None,
        url=http_url(channel.link, base),
        language=language,
        encoding=encoding,
        items=tuple([item(said, position, scope) for position, said in enumerate(entries)]),
        warnings=tuple(dict.fromkeys(warnings)),
        ttl=_positive(channel.ttl, 60),
        update_period=_update_period(channel),
        skip_hours=tuple(sorted({int(hour) % 24 for hour in channel.hours if _is_hour(hour)})),
        skip_days=tuple(sorted({_DAYS.index(day) for raw in channel.days if (day := raw.strip().lower()) in _DAYS})),
        earlier=_earlier(channel.links, base),
        hubs=hubs,
        own=own,
    )


def item(said: Said, position: int, scope: Scope) -> Item:
    """The item that `said` means."""
    base = scope.document.url
    # A guid stands in for a missing link, but only one that is an address, never resolved against another.
    url = http_url(said.link, base) if said.link else http_url(said.stand_in, None)
    summary, content = _texts(said, scope.is_atom)
    published, precision = _moment(said.published, position, scope) if said.published else (None, None)
    updated, updated_precision = published, precision
    if said.updated != said.published:
        updated, updated_precision = _moment(said.updated, position, scope) if said.updated else (None, None)
    basis: str | None = "published"
    if published is None:
        published, precision, basis = updated, updated_precision, None if updated is None else "updated"
    origin = _origin(said.source, base) if said.source is not None else None
    links, media, pictures, tags = said.links, said.media, said.pictures, said.tags
    enclosures = tuple(files(links, media, base)) if media or len(links) > 1 or (links and links[0].get("rel")) else ()
    return _item(  # in the order of the fields: by name they take 1.7 us more
        position,
        _title(said.title),
        url,
        said.guid or None,
        summary,
        content,
        False,
        published,
        precision,
        basis,
        updated,
        said.language if said.language and said.language != scope.language else None,
        origin.title if origin is not None else None,
        tuple(said.authors),
        tuple(_categories(tags)) if tags else (),
        enclosures,
        tuple(_links(said, url, base)) if links else (),
        said.permanent,
        tuple(images(_pictures(media, pictures), enclosures, base)) if media or pictures or enclosures else (),
        http_url(said.comments, base) if said.comments else None,
        origin,
        _title(said.rights).strip() or None if said.rights is not None else None,
        episode(said.duration, said.season, said.number, said.kind, said.explicit)
        if said.duration or said.season or said.number or said.kind or said.explicit
        else None,
        (),
        tuple(_evidence(said, scope.premium)) if tags or said.gates or said.rights or links else (),
    )


def _title(words: Words | None) -> str:
    if words is None:
        return ""
    return words.value if words.kind == TEXT else plain_text(words.value)


def _texts(said: Said, is_atom: bool) -> tuple[str, str]:
    """Summary and body as HTML."""
    summary = _markup(said.summary) if said.summary is not None else ""
    contents = said.contents
    content = _markup(contents[0]) if len(contents) == 1 else max(map(_markup, contents), key=len, default="")
    if is_atom or content.strip() or is_teaser(summary):
        return summary, content
    return "", summary


def _markup(words: Words) -> str:
    if words.kind == TEXT:
        return markup_of(words.value)
    return words.value if words.kind in (HTML, XHTML) else ""


def _moment(text: str, position: int, scope: Scope) -> tuple[datetime | None, Precision | None]:
    """A time and how exact it is; a day alone is midnight in the source's zone."""
    moment = read_date(text) if len(text) <= MAX_DATE else None
    is_day = len(text) == 10 and _DAY.fullmatch(text) is not None
    if moment is not None:
        if is_day:
            moment = moment.replace(tzinfo=scope.context.zone)
        moment = plausible(moment, scope.document.fetched_at)
    if moment is None:
        scope.warnings.append(f"item {position + 1}: the date {text[:MAX_DATE]!r} is not plausible")
        return None, None
    return moment, Precision.DAY if is_day else Precision.SECOND


def _categories(tags: list[Tag]) -> list[str]:
    """Categories but for those that only state the access."""
    return [name for term, scheme, label in tags if (name := label or term) and not (scheme and _is_access(scheme))]


def _is_access(scheme: str) -> bool:
    return scheme.rstrip("/").endswith(_ACCESS_SCHEME)


def _links(said: Said, url: str | None, base: str | None) -> Iterator[Link]:
    """All links but the one that is the item's own address, and the enclosures; each once."""
    seen = set()
    for one in said.links:
        href, rel = one.get("href"), one.get("rel") or "alternate"
        if not href or rel == "enclosure" or (rel == "alternate" and href == said.link):
            continue
        address = http_url(href, base)
        if address is None or (rel == "alternate" and address == url):
            continue
        found = Link(
            url=address,
            rel=rel,
            media_type=one.get("type") or None,
            length=size(one.get("length")),
            title=one.get("title") or None,
            language=one.get("hreflang") or None,
        )
        if found not in seen:
            seen.add(found)
            yield found


def _pictures(media: list[Attributes], pictures: list[Attributes]) -> Iterator[Attributes]:
    """Pictures in full size before their thumbnails."""
    from_media = [one for one in media if is_picture(one)]
    yield from from_media
    yield from pictures


def _origin(source: tuple[Words | None, str | None], base: str | None) -> Origin | None:
    title, url = _title(source[0]) or None, http_url(source[1], base)
    return Origin(title, url) if title or url else None


def _evidence(said: Said, premium: frozenset[str]) -> Iterator[Evidence]:
    """Everything in the item that speaks of access; what it is worth is not decided here."""
    for tag in said.tags:
        if tag.scheme and _is_access(tag.scheme):
            yield Evidence("access category", tag.term or "", "entry element category")
        elif premium:
            for name in dict.fromkeys((tag.term, tag.label)):
                if name and name.strip().casefold() in premium:
                    yield Evidence("category", name.strip(), "entry element category")
    for name, value in sorted(said.gates):
        yield Evidence(name, value[:500], f"entry element {name}")
    if said.rights is not None and said.rights.value:
        yield Evidence("dc:rights", said.rights.value[:500], "entry element rights")
    for link in said.links:
        if link.get("rel") == "payment":
            yield Evidence("link rel=payment", str(link.get("href") or "")[:500], "entry element link")


def _is_hour(text: str) -> bool:
    """RSS 0.91 counts hours from 1 to 24, later versions from 0 to 23."""
    return text.strip().isascii() and text.strip().isdigit() and len(text.strip()) <= 2 and int(text) <= 24


def _earlier(links: list[Attributes], base: str | None) -> str | None:
    """Where the entries before these are (RFC 5005: 3 and 4)."""
    for rel in ("prev-archive", "next"):
        for link in links:
            if link.get("rel") == rel and (url := http_url(link.get("href"), base)) is not None:
                return url
    return None


def _update_period(channel: Channel) -> int | None:
    """Whole seconds between two changes: the period (default daily) over how often in it (default once).

    RSS 1.0 Syndication; one second at least, None for a period it does not know.
    """
    if not channel.period and not channel.frequency:
        return None
    seconds = _PERIODS.get((channel.period or "daily").strip().lower())
    return None if seconds is None else max(seconds // (_positive(channel.frequency, 1) or 1), 1)


def _positive(value: object, unit: int) -> int | None:
    """A count of `unit`s; None unless a whole number above zero."""
    text = value.strip() if isinstance(value, str) else ""
    if not (text.isascii() and text.isdigit()) or len(text) > 15:
        return None
    return int(text) * unit or None
