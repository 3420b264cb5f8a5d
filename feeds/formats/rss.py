"""RSS 2.0 by the RSS Profile (https://www.rssboard.org/rss-profile), rendered by feedgen in the same way as Atom.

`feeds.formats.atom` says how an entry becomes bytes once for all feeds of a run, from a skeleton that feedgen draws.

What feedgen would do otherwise, and the way round each: it formats dates with the process's locale set to another one,
which no thread may do, so it is given none and `pubDate` and `lastBuildDate` are written here; of the feed's links it
keeps `rel=self` alone, and any other would become the feed's `<link>`; authors without an e-mail address vanish, so
they are `dc:creator`; of several enclosures the last one would stay, so it is given the best one and the others are
Media RSS.

RSS does not say whether a title is plain text or HTML. It is plain here: `&` and `<` are written as hexadecimal
references, as the profile wants them, and what would look like a tag is parted by a character that nobody sees.
`description` is HTML, as readers take it. A correction shows in `atom:updated`. An entry of which nobody knows when it
was published has that time as its `dc:date`, too: without any, newsboat and Liferea show when they fetched it, and
sfeed nothing. Tombstones are for Atom.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from db.records import Access, Enclosure
from feeds.formats import FeedDocument, Format, PublicEntry
from feeds.formats.elements import (
    ACCESS,
    Parts,
    Site,
    authors,
    extensions,
    has_links,
    is_played,
    language_of,
    links,
    name_text,
    parts_of,
    reply_links,
    says_of_file,
    sites_of,
    terms,
)
from feeds.formats.head import NAME, Head, beside, drawn, head_moment, head_text
from feeds.formats.kept import Kept
from feeds.formats.xml import (
    ATOM,
    address,
    attribute,
    doubtful,
    element,
    encoded,
    hole,
    literal,
    meant,
    published_of,
    quoted,
    skeleton,
    text,
    updated_of,
)
from feeds.model import Link, Origin

TTL = 15
"""Minutes for which a reader may keep a feed: the pace of a newsroom, and no load for files that answer 304."""

_MEDIA_TYPE = "application/rss+xml"
_END_FEED = b"  </channel>\n</rss>\n"
_ITEM = re.compile(r"<item>.*</item>", re.DOTALL)
_TAG = re.compile(r"<(?=[a-zA-Z])")
_NONE: frozenset[str] = frozenset()
_PUBLIC = re.compile(r"https?://([A-Za-z0-9-]+\.)+[A-Za-z0-9][A-Za-z0-9-]*(:[0-9]+)?(/|$)")
"""An address that the validator takes for an enclosure (InvalidURLAttribute): no host of a desk alone."""

_FEEDS = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml", "text/xml")


class _Rendered(NamedTuple):
    """An item as bytes, and the prefixes in it that its feed declares for it."""

    xml: bytes
    prefixes: frozenset[str]


class Renderer:
    """Renders the feeds of one run; an item's bytes are kept and shared, `cached` items at most.

    Pure but for that cache: the same document gives the same bytes, from any renderer, in any order.
    """

    def __init__(self, cached: int = 10_000) -> None:
        self._kept = Kept(_rendered, cached)

    def render(self, document: FeedDocument) -> bytes:
        """The RSS document, UTF-8, without a byte before `<?xml`.

        Raises `EntryInvalid` for the first entry that cannot be rendered, `FeedInvalid` for a head that cannot.
        """
        sites = sites_of(document)
        made = [self._kept.of(entry, sites[document.withholds(entry)]) for entry in document.entries]
        prefixes = {"dc"}.union(*[one.prefixes for one in made])
        return b"".join((_head(document, prefixes), *[one.xml for one in made], _END_FEED))


def _rendered(entry: PublicEntry, site: Site) -> _Rendered:
    """One `<item>` and a line's end; its prefixes are declared by the feed around it."""
    made = _filled(entry, site)
    return _filled(meant(entry), site) if doubtful(made.xml) else made


def _filled(entry: PublicEntry, site: Site) -> _Rendered:
    parts = parts_of(entry, site.withheld)
    said = {
        "title": profiled(parts.title),
        "link": quoted(parts.url),
        # HTML within XML: what is plain text is escaped twice.
        "description": text(text(parts.summary or parts.title)),
        "content": text(parts.content),
        "guid": quoted(entry.uid),
        "language": language_of(entry, site),
        "own": _own(entry, site),
    }
    page = source = best = None
    prefixes = _NONE
    if entry.replies or entry.source or parts.files or parts.images or parts.episode:
        page, replies = _replies(entry)
        source = _origin(entry)
        best = _best(parts.files)
        said |= _more(page, source, best)
        extended = [*_asides(entry, replies), *_media(parts, best)]
        said["own"] += "".join([xml for _, xml in extended])
        prefixes = frozenset([prefix for prefix, _ in extended if prefix])
    shape = said["language"] != "", parts.content != "", page is not None, best is not None, source is not None
    return _Rendered(encoded(entry.uid, _skeleton(*shape) % said), prefixes)


def _more(page: str | None, source: Origin | None, best: Enclosure | None) -> dict[str, str]:
    """What is filled in for the comments, the source and the enclosure of the items that have them."""
    found = {}
    if page is not None:
        found["comments"] = quoted(page)
    if source is not None:
        found |= {"source": profiled(source.title or ""), "place": quoted(source.url or "")}
    if best is not None:
        media_type = best.media_type or "application/octet-stream"
        found |= {"enclosure": quoted(best.url), "length": str(best.length), "type": attribute(media_type)}
    return found


@cache
def _skeleton(language: bool, content: bool, comments: bool, enclosure: bool, source: bool) -> str:
    """An item of one shape as feedgen draws it, with a place for each thing that is the item's own."""
    holes = ["title", "link", "description", "guid"]
    made = FeedEntry()
    made.title(hole("title"))
    made.link({"href": hole("link")})
    made.description(hole("description"), isSummary=True)
    made.guid(hole("guid"), permalink=False)
    if content:
        made.content(hole("content"))
        holes.append("content")
    if comments:
        made.comments(hole("comments"))
        holes.append("comments")
    if enclosure:
        made.enclosure(hole("enclosure"), hole("length"), hole("type"))
        holes += ["enclosure", "length", "type"]
    if source:
        made.source(hole("place"), hole("source"))
        holes += ["place", "source"]
    feed = _generator("skeleton", "skeleton")
    feed.link({"href": "skeleton"})
    feed.add_entry(made)
    # Within a feed, where its prefix is declared.
    item = _ITEM.search(feed.rss_str(encoding="unicode", xml_declaration=False))
    assert item is not None  # noqa: S101  # feedgen was given an entry
    xml = item[0].replace("</item>", hole("own") + "</item>\n")
    if language:
        xml = xml.replace("<item>", f'<item xml:lang="{hole("language")}">')
        holes.append("language")
    return skeleton(xml, [*holes, "own"])


def profiled(value: str) -> str:
    """Plain text as character data by the RSS Profile."""
    if "<" not in value and "&" not in value:
        return text(value)
    value = _parted(literal(value))
    return value.replace("&", "&#x26;").replace("<", "&#x3C;").replace(">", "&gt;").replace("\r", "&#13;")


def _parted(value: str) -> str:
    """`value` without a `<` before a letter, which the validator takes for a tag (CharacterData)."""
    return _TAG.sub("\\g<0>\u2060", value)


def _best(files: tuple[Enclosure, ...]) -> Enclosure | None:
    """The one enclosure that an item has: what can be played comes before what cannot."""
    fit = [file for file in files if _PUBLIC.match(file.url)]
    return next((file for file in fit if is_played(file)), fit[0] if fit else None)


def _replies(entry: PublicEntry) -> tuple[str | None, list[Link]]:
    """The page of an entry's comments, and the other places of them."""
    page = None
    others = []
    for reply in entry.replies:
        if page is None and reply.media_type not in _FEEDS:
            page = address(reply.url)
        else:
            others.append(reply)
    return page, others


def _origin(entry: PublicEntry) -> Origin | None:
    """The feed that an entry was taken from, where its address is known: RSS needs one."""
    source = entry.source
    url = address(source.url) if source is not None and source.url else None
    if source is None or url is None:
        return None
    return Origin((source.title or "").strip() or urlsplit(url).hostname or url, url)


def _own(entry: PublicEntry, site: Site) -> str:
    """The elements that feedgen cannot write as they have to be, or at all, as XML."""
    found = [f"<dc:creator>{name_text(author)}</dc:creator>" for author in authors(entry)]
    published, updated = published_of(entry), updated_of(entry).isoformat()
    if published is not None:
        found.append(f"<pubDate>{format_datetime(published, usegmt=True)}</pubDate>")
    else:
        found.append(f"<dc:date>{updated}</dc:date>")
    found.append(f"<atom:updated>{updated}</atom:updated>")
    found += [_category(term) for term in terms(entry)]
    if entry.access is not Access.UNKNOWN:
        found.append(_access(entry.access, site.base_url))
    if has_links(entry, site):
        found += map(_link, links(entry, site))
    if entry.rights is not None and entry.rights.strip():
        found.append(f"<dc:rights>{profiled(entry.rights)}</dc:rights>")
    return "".join(found)


def _link(attributes: dict[str, str]) -> str:
    if "title" in attributes:
        attributes["title"] = _parted(attributes["title"])
    return element("atom:link", attributes)


@lru_cache(maxsize=1024)
def _category(term: str) -> str:
    return f"<category>{profiled(term)}</category>"


@lru_cache(maxsize=16)
def _access(access: Access, base_url: str) -> str:
    """What says who may read an entry: a category, for the rules of readers, and what libraries and crawlers know."""
    domain = attribute(f"{base_url}ns/access")
    return f'<category domain="{domain}">{access.value}</category>{ACCESS.get(access, "")}'


def _asides(entry: PublicEntry, replies: list[Link]) -> Iterator[tuple[str, str]]:
    """Prefix and element of other places of comments, and of a source that is known by its name alone."""
    told = False
    for reply in reply_links(replies):
        if not told and reply.get("type") in _FEEDS:
            told = True
            yield "wfw", f"<wfw:commentRss>{quoted(reply['href'])}</wfw:commentRss>"
        else:
            yield "", _link(reply)
    if entry.source is not None and (entry.source.title or "").strip() and _origin(entry) is None:
        yield "", f"<dc:source>{name_text(entry.source.title or '')}</dc:source>"


def _media(parts: Parts, best: Enclosure | None) -> Iterator[tuple[str, str]]:
    """Prefix and element of the files that are not the enclosure, or of which more is known than an enclosure can say,
    of the pictures and of the episode."""
    told = best is None or not is_played(best) or not says_of_file(parts.episode)
    yield from extensions(parts, [file for file in parts.files if file is not best or not told])


class _Unwritten(datetime):
    """A time that feedgen does not write: to write one it changes the locale of the process for a while."""

    def __bool__(self) -> bool:
        return False


class _Head(Head):
    """Writes into a channel what feedgen would leave out or write otherwise."""

    def of(self, document: FeedDocument, prefixes: set[str]) -> None:
        super().of(document, prefixes)
        self._built = format_datetime(head_moment(document), usegmt=True)
        self._links = list(beside(document, _MEDIA_TYPE))

    def extend_rss(self, rss: etree._Element) -> etree._Element:
        channel = rss[0]
        self.mark(rss, channel)
        for link in self._links:
            etree.SubElement(channel, f"{{{ATOM}}}link", link)
        etree.SubElement(channel, "lastBuildDate").text = self._built
        return rss


def _generator(title: str, description: str) -> FeedGenerator:
    made = FeedGenerator()
    made.title(title)
    made.description(description)
    made.lastBuildDate(_Unwritten(2001, 1, 1, tzinfo=UTC))
    return made


def _head(document: FeedDocument, prefixes: set[str]) -> bytes:
    """Everything before the first item. The generator has no version: a release alone must change no byte."""
    title = _parted(head_text(document.title))
    made = _generator(title, title)
    made.register_extension(NAME, _Head, atom=False)
    getattr(made, NAME).of(document, prefixes)
    made.link({"href": document.self_url, "rel": "self", "type": _MEDIA_TYPE})
    made.link({"href": document.html_url, "rel": "alternate"})  # the last one is the channel's link
    made.generator("Broadsheet")
    made.language(document.language)
    if document.archive is None or document.archive.current is None:
        made.ttl(TTL)
    return drawn(document, lambda: made.rss_str(pretty=True), _END_FEED)


FORMAT = Format(name="rss", suffix="rss", media_type=f"{_MEDIA_TYPE}; charset=utf-8", renderer=Renderer)
