"""Atom 1.0 (RFC 4287), rendered by feedgen: the format of record.

Each entry becomes bytes once, on a line of its own, and is shared by every feed of a run that shows it; a feed is its
head, made by feedgen, followed by the entries' bytes. Of an entry feedgen draws the skeleton, once for each shape (with
content or without, dated or not, of another language), and every entry of the shape is filled in: drawing each one anew
takes three times as long. feedgen's defects that matter here and the way round each: entry links lose all attributes
but href and its categories and links are limited, so these are written here; both kinds of `updated` default to the
clock, so both are always set; one character that XML forbids fails the whole feed, so entries are rendered apart and
the one at fault is named.

**`updated` carries a fraction.** Entries that one poll stored share their second, and the W3C validator warns when two
entries of a feed have the same `updated` (DuplicateUpdated; it compares the text). Storage keeps whole seconds, so the
microseconds are free to tell entries apart: a hash of the entry's id, whose thousands count down the page for entries
without a date of their own. They never change what a reader shows (readers cut at the second), and an entry has the
same value in every feed and every run. Six digits are what feedparser, Python, Go, Java and .NET all parse. Where two
entries meet all the same (one pair in a million; one in a thousand for rows of one position on two pages of one
second), the later one takes the next free microsecond.

**`atom:source`** says id, title and updated, as RFC 4287 (4.2.11) and the validator (MissingSourceElement) want it. Of
a source only its address and its title are known: the address is the id, as for feeds that have none, and the source
is said to be as old as the entry that was taken from it. One without an address is a name in `dc:source`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from db.records import Access, Tombstone
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
    attribute,
    canonical,
    doubtful,
    element,
    encoded,
    hole,
    literal,
    meant,
    plain,
    published_of,
    quoted,
    skeleton,
    text,
    updated_of,
)
from feeds.model import Origin

TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"

_MEDIA_TYPE = "application/atom+xml"
_END_FEED = b"</feed>\n"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_UPDATED = datetime(2001, 1, 1, tzinfo=UTC)
_PUBLISHED = datetime(2002, 1, 1, tzinfo=UTC)
"""Stand in a skeleton for the two times, since feedgen takes no text for them."""

_NONE: frozenset[str] = frozenset()


class _Rendered(NamedTuple):
    """An entry as bytes, the moment its `updated` shows, and the prefixes in it that its feed declares for it."""

    xml: bytes
    updated: datetime
    prefixes: frozenset[str]


class Renderer:
    """Renders the feeds of one run; an entry's bytes are kept and shared, `cached` entries at most.

    Pure but for that cache: the same document gives the same bytes, from any renderer, in any order.
    """

    def __init__(self, cached: int = 10_000) -> None:
        self._kept = Kept(_rendered, cached)

    def render(self, document: FeedDocument) -> bytes:
        """The Atom document, UTF-8, without a byte before `<?xml`.

        Raises `EntryInvalid` for the first entry that cannot be rendered, `FeedInvalid` for a head that cannot.
        """
        sites = sites_of(document)
        parts = []
        prefixes: set[str] = set()
        moments: set[datetime] = set()
        for entry in document.entries:
            made = self._kept.of(entry, sites[document.withholds(entry)])
            if made.updated in moments:
                moment = _next_free(made.updated, moments)
                made = _entry(entry, moment, sites[document.withholds(entry)])
            moments.add(made.updated)
            prefixes |= made.prefixes
            parts.append(made.xml)
        return b"".join((_head(document, moments, prefixes), *map(_tombstone, document.gone), *parts, _END_FEED))


def _tombstone(gone: Tombstone) -> bytes:
    """An entry that was taken back, for readers that know it (RFC 6721, section 3); others see a foreign element."""
    when = gone.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f'<at:deleted-entry xmlns:at="{TOMBSTONES}" ref="{attribute(gone.uid)}" when="{when}"/>\n'.encode()


def _next_free(moment: datetime, taken: set[datetime]) -> datetime:
    """The next microsecond of the same second that is not in `taken`."""
    while moment in taken:
        moment = moment.replace(microsecond=(moment.microsecond + 1) % 1_000_000)
    return moment


def _rendered(entry: PublicEntry, site: Site) -> _Rendered:
    digest = hashlib.blake2b(entry.uid.encode("utf-8", "backslashreplace"), digest_size=8).digest()
    fraction = int.from_bytes(digest, "big") % 1_000_000
    if entry.published is None:
        # Rows of a page have one time. The thousands count down the page: who sorts by them keeps the page's order.
        fraction = (999 - min(entry.position, 999)) * 1000 + fraction % 1000
    return _entry(entry, updated_of(entry).replace(microsecond=fraction), site)


def _entry(entry: PublicEntry, moment: datetime, site: Site) -> _Rendered:
    """One `<entry>` and a line's end; its prefixes are declared by the feed around it."""
    made = _filled(entry, moment, site)
    return _filled(meant(entry), moment, site) if doubtful(made.xml) else made


def _filled(entry: PublicEntry, moment: datetime, site: Site) -> _Rendered:
    parts = parts_of(entry, site.withheld)
    published = published_of(entry)
    language = language_of(entry, site)
    more = list(_extensions(entry, parts)) if entry.source or parts.images or parts.episode else []
    template = _skeleton(bool(parts.content), published is not None, bool(language))
    xml = template % {
        "language": language,
        "id": quoted(entry.uid),
        "title": plain(parts.title),
        "updated": moment.isoformat(),
        "url": quoted(parts.url),
        "content": text(parts.content),
        "published": "" if published is None else published.isoformat(),
        "own": _own(entry, parts, site) + "".join([xml for _, xml in more]),
    }
    prefixes = frozenset([prefix for prefix, _ in more if prefix]) if more else _NONE
    return _Rendered(encoded(entry.uid, xml), moment, prefixes)


@cache
def _skeleton(content: bool, published: bool, language: bool) -> str:
    """An entry of one shape as feedgen draws it, with a place for each thing that is the entry's own."""
    holes = ["id", "title", "content" if content else "url"]
    made = FeedEntry()
    made.id(hole("id"))
    made.title(hole("title"))
    made.updated(_UPDATED)
    if content:
        made.content(hole("content"), type="html")
    else:
        made.link({"href": hole("url")})  # which feedgen insists on where there is no content
    if published:
        made.published(_PUBLISHED)
    entry = made.atom_entry()
    for link in entry.iterchildren("link"):
        link.set("rel", "alternate")
    if language:
        entry.set(_XML_LANG, hole("language"))
        holes.append("language")
    xml = etree.tostring(entry, encoding="unicode")
    for moment, name in ((_UPDATED, "updated"), (_PUBLISHED, "published"))[: 1 + published]:
        xml = xml.replace(moment.isoformat(), hole(name))
        holes.append(name)
    return skeleton(xml.replace("</entry>", hole("own") + "</entry>\n"), [*holes, "own"])


def _own(entry: PublicEntry, parts: Parts, site: Site) -> str:
    """The elements that feedgen cannot write as they have to be, or at all, as XML."""
    found = [f"<author><name>{name_text(author)}</name></author>" for author in authors(entry)]
    if parts.content:
        found.append(f'<link href="{quoted(parts.url)}" rel="alternate"/>')
    if has_links(entry, site):
        found += [element("link", attributes) for attributes in (*links(entry, site), *reply_links(entry.replies))]
    for file in parts.files:
        typed = {"type": file.media_type} if file.media_type else {}
        found.append(element("link", {"rel": "enclosure", "href": file.url, **typed, "length": str(file.length)}))
    # A row of headlines has no teaser. Validators ask for some text all the same (MissingTextualContent).
    if parts.summary or not parts.content:
        found.append(f'<summary type="text">{plain(parts.summary or parts.title)}</summary>')
    found += [_category(term) for term in terms(entry)]
    if entry.access is not Access.UNKNOWN:
        found.append(_access(entry.access, entry.access_label, site.base_url))
    if entry.rights is not None and entry.rights.strip():
        found.append(f"<rights>{plain(entry.rights)}</rights>")
    return "".join(found)


@lru_cache(maxsize=1024)
def _category(term: str) -> str:
    return f'<category term="{attribute(term)}"/>'


@lru_cache(maxsize=16)
def _access(access: Access, label: str, base_url: str) -> str:
    """What says who may read an entry: a category, for the rules of readers, and what libraries and crawlers know."""
    labelled = {"label": literal(label)} if label.strip() else {}
    category = {"term": access.value, "scheme": f"{base_url}ns/access", **labelled}
    return element("category", category) + ACCESS.get(access, "")


def _extensions(entry: PublicEntry, parts: Parts) -> Iterator[tuple[str, str]]:
    """Prefix and element of what few entries have: where they were taken from, pictures, an episode."""
    if entry.source is not None:
        yield from _source(entry, entry.source)
    if parts.images or parts.episode is not None:
        played = [file for file in parts.files if is_played(file)][:1] if says_of_file(parts.episode) else []
        yield from extensions(parts, played)


def _source(entry: PublicEntry, source: Origin) -> Iterator[tuple[str, str]]:
    """Where an entry was taken from, as far as that is known."""
    url = canonical(source.url) if source.url else None
    title = (source.title or "").strip()
    if url is not None:
        name = plain(title or urlsplit(url).hostname or url)
        said = f"<id>{quoted(url)}</id><title>{name}</title><updated>{updated_of(entry).isoformat()}</updated>"
        yield "", f'<source>{said}<link href="{quoted(url)}"/></source>'
    elif title:
        yield "dc", f"<dc:source>{plain(title)}</dc:source>"


def _head(document: FeedDocument, moments: set[datetime], prefixes: set[str]) -> bytes:
    """Everything before the first entry. The generator has no version: a release alone must change no byte."""
    made = FeedGenerator()
    made.register_extension(NAME, Head, rss=False)
    getattr(made, NAME).of(document, prefixes)
    made.id(document.id)
    made.title(head_text(document.title))
    # Not earlier than the newest entry says, down to its fraction.
    made.updated(max((head_moment(document), *moments)))
    made.author({"name": head_text(document.author)})
    made.link({"href": document.self_url, "rel": "self", "type": _MEDIA_TYPE})
    made.link({"href": document.html_url, "rel": "alternate", "type": "text/html"})
    for link in beside(document, _MEDIA_TYPE):
        made.link(link)
    made.generator("Broadsheet")
    made.language(document.language)
    return drawn(document, lambda: made.atom_str(pretty=True), _END_FEED)


FORMAT = Format(name="atom", suffix="atom", media_type=f"{_MEDIA_TYPE}; charset=utf-8", renderer=Renderer)
