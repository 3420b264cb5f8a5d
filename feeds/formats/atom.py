"""Atom 1.0 (RFC 4287), rendered by feedgen: the format of record.

Each entry becomes bytes once, on a line of its own, and is shared by every feed of a run that shows it; a feed is its
head, made by feedgen, followed by the entries' bytes. feedgen's defects that matter here and the way round each: entry
links lose all attributes but href, so `_Entry` writes them; both kinds of `updated` default to the clock, so
both are always set; one character that XML forbids fails the whole feed, so entries are rendered apart and the one at
fault is named.

**`updated` carries a fraction.** Entries that one poll stored share their second, and the W3C validator warns when two
entries of a feed have the same `updated` (DuplicateUpdated; it compares the text). Storage keeps whole seconds, so the
microseconds are free to tell entries apart: a hash of the entry's id, whose thousands count down the page for entries
without a date of their own. They never change what a reader shows (readers cut at the second), and an entry has the
same value in every feed and every run. Six digits are what feedparser, Python, Go, Java and .NET all parse. Where two
entries meet all the same (one pair in a million; one in a thousand for rows of one position on two pages of one
second), the later one takes the next free microsecond.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from db.records import Access, Tombstone
from feeds.errors import FeedInvalid
from feeds.formats import Audience, EntryInvalid, FeedDocument, Format, PublicEntry

TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_NAMESPACES = {"dcterms": "http://purl.org/dc/terms/", "s": "https://schema.org/"}

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f-\x9f\s<>\"{}|\\^`]+")
_HTTP = re.compile(r"https?://[^\x00-\x20\x7f-\x9f\s<>\"{}|\\^`/?#][^\x00-\x20\x7f-\x9f\s<>\"{}|\\^`]*", re.IGNORECASE)
_MEDIA = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKUP = re.compile(r"<(?=/[a-zA-Z])|&(?=#?[a-zA-Z0-9]{1,31};)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")

_END_ENTRY = b"</entry>"
_END_FEED = b"</feed>\n"
# As bytes, since the prefixes are declared on the feed: lxml would declare them again on each element.
_ACCESS_XML = {
    level: f"<dcterms:accessRights>{level}</dcterms:accessRights>"
    f"<s:isAccessibleForFree>{free}</s:isAccessibleForFree>".encode()
    for level, free in ((Access.FREE, "true"), (Access.PREMIUM, "false"), (Access.REGISTRATION, "false"))
}


class _Site(NamedTuple):
    """What an entry's bytes depend on beside the entry."""

    base_url: str
    subscribe_url: str | None
    language: str
    audience: Audience


class _Rendered(NamedTuple):
    """An entry as bytes, and the moment its `updated` shows."""

    xml: bytes
    updated: datetime


class Renderer:
    """Renders the feeds of one run; an entry's bytes are kept and shared, `cached` entries at most.

    Pure but for that cache: the same document gives the same bytes, from any renderer, in any order.
    """

    def __init__(self, cached: int = 10_000) -> None:
        self._cached = cached
        # By identity, which the kept entry holds fast: hashing an entry costs as much as a tenth of rendering it.
        self._kept: dict[tuple[int, _Site], tuple[PublicEntry, _Rendered]] = {}

    def render(self, document: FeedDocument) -> bytes:
        """The Atom document, UTF-8, without a byte before `<?xml`.

        Raises `EntryInvalid` for the first entry that cannot be rendered, `FeedInvalid` for a head that cannot.
        """
        site = _Site(document.base_url, document.subscribe_url, document.language, document.audience)
        parts = []
        moments: set[datetime] = set()
        for entry in document.entries:
            xml, moment = self._rendered(entry, site)
            if moment in moments:
                moment = _next_free(moment, moments)
                xml = _entry_xml(entry, moment, site)
            moments.add(moment)
            parts.append(xml)
        return b"".join((_head(document, moments), *map(_tombstone, document.gone), *parts, _END_FEED))

    def _rendered(self, entry: PublicEntry, site: _Site) -> _Rendered:
        key = (id(entry), site)
        kept = self._kept.get(key)
        if kept is not None:
            return kept[1]
        if len(self._kept) >= self._cached:
            self._kept.clear()
        made = _rendered(entry, site)
        self._kept[key] = (entry, made)
        return made


def _tombstone(gone: Tombstone) -> bytes:
    """An entry that was taken back, for readers that know it (RFC 6721, section 3); others see a foreign element."""
    when = gone.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f'<at:deleted-entry xmlns:at="{TOMBSTONES}" ref={quoteattr(gone.uid)} when="{when}"/>\n'.encode()


def _next_free(moment: datetime, taken: set[datetime]) -> datetime:
    """The next microsecond of the same second that is not in `taken`."""
    while moment in taken:
        moment = moment.replace(microsecond=(moment.microsecond + 1) % 1_000_000)
    return moment


def _rendered(entry: PublicEntry, site: _Site) -> _Rendered:
    if entry.updated.tzinfo is None:
        raise EntryInvalid(entry.uid, "updated has no time zone")
    digest = hashlib.blake2b(entry.uid.encode("utf-8", "backslashreplace"), digest_size=8).digest()
    fraction = int.from_bytes(digest, "big") % 1_000_000
    if entry.published is None:
        # Rows of a page have one time. The thousands count down the page: who sorts by them keeps the page's order.
        fraction = (999 - min(entry.position, 999)) * 1000 + fraction % 1000
    moment = entry.updated.astimezone(UTC).replace(microsecond=fraction)
    return _Rendered(_entry_xml(entry, moment, site), moment)


def _entry_xml(entry: PublicEntry, moment: datetime, site: _Site) -> bytes:
    """One `<entry>` and a line's end; its prefixes are declared by the feed around it."""
    _require_links(entry)
    spoken = entry.language if entry.language and entry.language != site.language else None
    made = _Entry(spoken if spoken is not None and _LANGUAGE.fullmatch(spoken) else None)
    made.id(entry.uid)
    made.title(_literal(_title(entry)))
    made.updated(moment)
    if _has_content(entry, site):
        made.content(entry.content, type="html")
    else:
        made.link({"href": entry.url})  # which feedgen insists on where there is no content
    own = _own(entry, site)
    if _ILLEGAL.search(own) is not None:
        raise EntryInvalid(entry.uid, "there is a character that XML forbids")
    try:
        if entry.published is not None:
            made.published(entry.published)
        xml: bytes = etree.tostring(made.atom_entry(), encoding="UTF-8", xml_declaration=False)
    except ValueError as error:
        # lxml's words are "All strings must be XML compatible ..."; a surrogate is a UnicodeEncodeError.
        raise EntryInvalid(entry.uid, str(error)) from error
    own_xml = own.encode() + _ACCESS_XML.get(entry.access, b"")
    return b"%b%b%b\n" % (xml.removesuffix(_END_ENTRY), own_xml, _END_ENTRY)


def _literal(text: str) -> str:
    """Plain text in which nothing looks like markup to a validator (ContainsHTML), nor to a reader that guesses.

    A word joiner, which nobody sees, parts the `<` of an end tag and the `&` of a character's name from what follows.
    """
    return _MARKUP.sub("\\g<0>\u2060", text) if "<" in text or "&" in text else text


def _title(entry: PublicEntry) -> str:
    return entry.title if entry.title.strip() else entry.url


def _has_content(entry: PublicEntry, site: _Site) -> bool:
    """False in public for a gated entry whatever it holds: its body never reaches a public byte."""
    withheld = site.audience is Audience.PUBLIC and entry.access.gated
    return entry.content is not None and not withheld and bool(entry.content.strip())


def _require_links(entry: PublicEntry) -> None:
    """Raises `EntryInvalid` for an id or an address that would make the feed invalid (RFC 4287, 4.2.6 and 4.2.7)."""
    if not _IRI.fullmatch(entry.uid):
        raise EntryInvalid(entry.uid, "its id is no absolute IRI")
    if not _HTTP.fullmatch(entry.url):
        raise EntryInvalid(entry.uid, f"url {entry.url[:200]!a} is no http or https address")


class _Entry(FeedEntry):  # type: ignore[misc]  # feedgen ships no types
    """feedgen's entry with the two attributes that it cannot write."""

    def __init__(self, language: str | None) -> None:
        super().__init__()
        self._language = language

    def atom_entry(self, extensions: bool = False) -> etree._Element:
        """The element, with its language, and `rel` on its link."""
        feed: etree._Element = super().atom_entry(extensions)
        if self._language is not None:
            feed.set("{http://www.w3.org/XML/1998/namespace}lang", self._language)
        for link in feed.iterchildren("link"):
            link.set("rel", "alternate")
        return feed


def _own(entry: PublicEntry, site: _Site) -> str:
    """The elements that feedgen cannot write as they have to be, or at all, as XML."""
    parts = [
        f"<author><name>{_text(author)}</name></author>" for author in dict.fromkeys(entry.authors) if author.strip()
    ]
    if _has_content(entry, site):
        parts.append(f'<link href="{_attribute(entry.url)}" rel="alternate"/>')
    parts += [_element("link", attributes) for attributes in _links(entry, site)]
    # A row of headlines has no teaser. Validators ask for some text all the same (MissingTextualContent).
    summary = entry.summary if entry.summary.strip() else _title(entry)
    if summary is entry.summary or not _has_content(entry, site):
        parts.append(f'<summary type="text">{_text(_literal(summary))}</summary>')
    parts += [_element("category", attributes) for attributes in _categories(entry, site)]
    return "".join(parts)


def _element(name: str, attributes: dict[str, str]) -> str:
    return f"<{name}" + "".join(f' {key}="{_attribute(value)}"' for key, value in attributes.items()) + "/>"


def _text(value: str) -> str:
    """`value` as character data: a carriage return would come back as a line feed (XML 1.0, 2.11)."""
    return escape(value, quote=False).replace("\r", "&#13;")


def _attribute(value: str) -> str:
    """`value` between double quotes, where white space but a blank would come back as one (XML 1.0, 3.3.3)."""
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return (
        value.replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;") if not value.isprintable() else value
    )


def _links(entry: PublicEntry, site: _Site) -> Iterator[dict[str, str]]:
    """The attributes of every link but the alternate. One that is no web address is left out: the story is not at
    fault for a copy of it elsewhere, or for a file that comes with it."""
    if entry.access.gated and site.subscribe_url is not None:
        titled = {"title": entry.access_label} if entry.access_label.strip() else {}
        yield {"rel": "payment", "href": site.subscribe_url, **titled}
    for rel, links in (("via", entry.via), ("related", entry.related)):
        for href, title in dict(links).items():
            if _HTTP.fullmatch(href):
                yield {"rel": rel, "href": href, **({"title": title} if title.strip() else {})}
    for enclosure in entry.enclosures:
        if not _HTTP.fullmatch(enclosure.url):
            continue
        typed = {"type": enclosure.media_type} if _MEDIA.fullmatch(enclosure.media_type) else {}
        yield {"rel": "enclosure", "href": enclosure.url, **typed, "length": str(max(enclosure.length, 0))}


def _categories(entry: PublicEntry, site: _Site) -> Iterator[dict[str, str]]:
    """The attributes of every category: sections, then the item's own, then access; no plain term twice."""
    for term in dict.fromkeys(entry.sections + entry.categories):
        if term.strip():
            yield {"term": term}
    if entry.access is not Access.UNKNOWN:
        labelled = {"label": entry.access_label} if entry.access_label.strip() else {}
        yield {"term": entry.access.value, "scheme": f"{site.base_url}ns/access", **labelled}


class _FeedExtension(BaseExtension):  # type: ignore[misc]  # feedgen ships no types
    """Declares on the feed the namespaces that its entries use."""

    def extend_ns(self) -> dict[str, str]:
        return _NAMESPACES


def _head(document: FeedDocument, moments: set[datetime]) -> bytes:
    """Everything before the first entry. The generator has no version: a release alone must change no byte."""
    if document.updated.tzinfo is None:
        raise FeedInvalid(f"{document.path}: updated has no time zone")
    made = FeedGenerator()
    made.register_extension("broadsheet", _FeedExtension, rss=False)
    made.id(document.id)
    made.title(document.title)
    # Not earlier than the newest entry says, down to its fraction.
    made.updated(max((document.updated.astimezone(UTC), *moments)))
    made.author({"name": document.author})
    made.link({"href": document.self_url, "rel": "self", "type": "application/atom+xml"})
    made.link({"href": document.html_url, "rel": "alternate", "type": "text/html"})
    for hub in dict.fromkeys(document.hubs):
        made.link({"href": hub, "rel": "hub"})
    made.generator("Broadsheet")
    made.language(document.language)
    try:
        head: bytes = made.atom_str(pretty=True)
    except ValueError as error:
        raise FeedInvalid(f"{document.path}: the feed's head cannot be rendered: {error}") from error
    return head.removesuffix(_END_FEED)


FORMAT = Format(name="atom", suffix="atom", media_type="application/atom+xml; charset=utf-8", renderer=Renderer)
