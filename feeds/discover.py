"""Feeds of an HTML page: what it advertises, what its site is known to have, what its links look like.

Nothing here asks anybody: whether an address really is a feed is for its caller to find out.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import ada_url
from lxml import etree

MAX_BYTES = 2_000_000
"""Of a page that are looked at: what it advertises stands at its head."""

MAX_FOUND = 20
MAX_TITLE = 200
MAX_URL = 2000

How = Literal["advertised", "known site", "link", "usual address"]

USUAL = ("/feed", "/rss", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml")
"""Where feeds lie on sites that advertise none, the likeliest first."""

_SITES = (
    (
        r"https?://(?:www\.|m\.)?youtube\.com/channel/(UC[\w-]{22})(?:[/?#].*)?",
        r"https://www.youtube.com/feeds/videos.xml?channel_id=\1",
    ),
    (
        r"https?://(?:www\.|m\.)?youtube\.com/playlist\?list=([\w-]+)(?:[&#].*)?",
        r"https://www.youtube.com/feeds/videos.xml?playlist_id=\1",
    ),
    (r"https?://github\.com/([\w.-]+/[\w.-]+)(?:[/?#].*)?", r"https://github.com/\1/releases.atom"),
    (r"(https?://[\w-]+\.blogspot\.[a-z.]+)(?:[/?#].*)?", r"\1/feeds/posts/default"),
)
"""Addresses of pages whose feeds follow from them, whether or not the page says so."""

_TYPE = re.compile(r"(?:application|text)/(?:(?:x[.-])?(?:rss|atom|rdf)(?:\+xml)?|feed\+json|xml)")
_WORDS = frozenset("rss rss2 feed feeds atom rdf".split())
_FILE = re.compile(r"(?:index|rss|feeds?|atom|rdf)[\w-]*\.(?:xml|json|php|aspx?)|.+\.(?:rss|atom|rdf)", re.IGNORECASE)
_BELOW = re.compile(r".+\.(?:xml|json)", re.IGNORECASE)
_QUERY = re.compile(r"(?:^|&)(?:feed|format|type|output|view)=(?:rss2?|atom|rdf|feed|json-?feed)(?:&|$)", re.IGNORECASE)
_WORD = re.compile(r"\b(?:rss|atom|rdf)\b", re.IGNORECASE)
_HOST = re.compile(r"(?:feeds?|feedproxy|rss)\.")
_COMMENTS = re.compile(
    r"comment|kommentar|commenti\b|comentari|comentário|reacties|komentar|komentář|hozzászól|yorum|комент|коммент|камент"
    r"|σχόλι|评论|評論|コメント",
    re.IGNORECASE,
)
"""What feeds of readers' comments say of themselves: blog software advertises them beside the real one."""

_ROOT = re.compile(r"(?:\s|<!--(?:[^-]|-(?!->))*+-->|<\?[^>]*+>)*+<(?:!doctype\s+)?([a-z][\w:.-]*)")
_HTML = frozenset("html head body title meta link script style div p h1 center main article section".split())
_XML = frozenset("rss rdf:rdf feed opml urlset sitemapindex".split())
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Found:
    """An address that may be a feed: absolute, http or https. Title and media type are as the page gives them, None
    where it does not; `how` says what led to it."""

    url: str
    title: str | None
    media_type: str | None
    how: How


def is_page(data: bytes, media_type: str | None = None) -> bool:
    """Whether a document is HTML. Its first element counts for more than its media type: feeds are often served as
    text/html."""
    for bom in _BOMS:
        data = data.removeprefix(bom)
    head = data[:4096].replace(b"\0", b"").decode("latin-1").lower()
    first = _ROOT.match(head)
    if first is not None and (first[1] in _HTML or first[1] in _XML):
        return first[1] in _HTML
    return media_type in ("text/html", "application/xhtml+xml") and not head.lstrip().startswith("{")


def title_of(data: bytes, charset: str | None = None) -> str | None:
    """The title of an HTML page, on one line; None where it has none."""
    tree = _tree(data, charset)
    return None if tree is None else _fold(tree.findtext(".//title"))


def look(data: bytes, url: str | None, charset: str | None = None) -> tuple[str | None, tuple[Found, ...]]:
    """Title and feeds of an HTML page: all that somebody else needs, who has a process to spare for it."""
    return title_of(data, charset), discover(data, url, charset)


def discover(data: bytes, url: str | None, charset: str | None = None) -> tuple[Found, ...]:
    """The feeds of an HTML page, the likeliest first, each once, at most 20.

    `url` is the page's own address, `charset` what the transport declared. Advertised ones (`rel="alternate"` with a
    feed's type, or `rel="feed"`; https://www.rssboard.org/rss-autodiscovery) go before what the site is known to have,
    links that look like feeds come after both. Of one kind, those below the page's own path go first; feeds of
    comments are the last of all.
    """
    tree = _tree(data, charset)
    if tree is None:
        return ()
    base = _base(tree, url)
    found: dict[str, Found] = {}
    for each in (*_advertised(tree, base), *_known(url), *_linked(tree, base, url)):
        found.setdefault(each.url, each)
    path = urlsplit(_absolute(url, None) or "").path.rstrip("/")
    return tuple(sorted(found.values(), key=lambda each: _rank(each, path))[:MAX_FOUND])


def usual(url: str) -> tuple[str, ...]:
    """Addresses to ask where the page at `url` names no feed: six at most. Empty for what is no http(s) address."""
    page = _absolute(url, None)
    if page is None:
        return ()
    parts = urlsplit(page)
    path = parts.path.rstrip("/")
    # WordPress gives each of its sections a feed.
    names = (f"{path}/feed/", *USUAL) if path and "." not in path.rpartition("/")[2] else USUAL
    return tuple(f"{parts.scheme}://{parts.netloc}{name}" for name in names[: len(USUAL)])


def _rank(found: Found, path: str) -> tuple[bool, int, bool]:
    comments = _COMMENTS.search(f"{found.title or ''} {found.url}") is not None
    order = ("advertised", "known site", "link").index(found.how)
    return comments, order, not (path and urlsplit(found.url).path.startswith((path + "/", path + ".")))


def _tree(data: bytes, charset: str | None) -> etree._Element | None:
    """The root of the page; None where there is nothing in it, never an error.

    libxml2 leaves out what is nested deeper than 256.
    """
    data = data[:MAX_BYTES]
    encoding: str | None = "utf-8"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        encoding = charset
    try:
        parser = etree.HTMLParser(encoding=encoding, remove_comments=True, remove_pis=True, no_network=True)
    except (LookupError, ValueError):  # a name that is no encoding's: the page's own word counts
        parser = etree.HTMLParser(remove_comments=True, remove_pis=True, no_network=True)
    return etree.fromstring(data, parser)


def _base(tree: etree._Element, url: str | None) -> str | None:
    """What relative addresses resolve against (HTML, 4.2.3): the first `<base href>`, itself relative to the page."""
    for element in tree.iter("base"):
        if element.get("href") is not None:
            return _absolute(element.get("href"), url) or url
    return url


def _advertised(tree: etree._Element, base: str | None) -> Iterator[Found]:
    for element in tree.iter("link"):
        names = set((element.get("rel") or "").lower().split())
        url = _absolute(element.get("href"), base)
        if url is None or not names & {"alternate", "feed"} or "stylesheet" in names:
            continue
        kind = (element.get("type") or "").partition(";")[0].strip().lower()
        if kind == "application/json":  # WordPress so names the page itself for its API
            fits = "feed" in url.lower()
        elif kind:
            fits = _TYPE.fullmatch(kind) is not None
        else:  # without a type an alternate is as often the page in another language
            fits = "feed" in names or (element.get("hreflang") is None and _looks(url))
        if fits:
            yield Found(url, _fold(element.get("title")), kind or None, "advertised")


def _known(url: str | None) -> Iterator[Found]:
    for page, feed in _SITES:
        if url is not None and (match := re.fullmatch(page, url[:MAX_URL])) is not None:
            yield Found(match.expand(feed), None, None, "known site")


def _linked(tree: etree._Element, base: str | None, url: str | None) -> Iterator[Found]:
    """Links of the page's site, and those to hosts of feeds, that look like feeds; what only says so comes last."""
    spoken = []
    site = _site(url)
    for element in tree.iter("a"):
        address = _absolute(element.get("href"), base)
        if address is None or (site is not None and not _related(_site(address) or "", site)):
            continue
        text = _fold("".join(element.itertext()))  # type: ignore[arg-type]  # lxml-stubs: text of elements is str
        title = _fold(element.get("title")) or text
        kind = (element.get("type") or "").strip().lower()
        if _TYPE.fullmatch(kind) is not None or _looks(address):
            yield Found(address, title, kind or None, "link")
        elif any(_WORD.search(said or "") for said in (text, title, element.get("class"))):
            spoken.append(Found(address, title, None, "link"))
    yield from spoken


def _looks(url: str) -> bool:
    """Whether an address looks like that of a feed."""
    parts = urlsplit(url)
    *folders, last = parts.path.rstrip("/").lower().split("/")
    if last in _WORDS or _FILE.fullmatch(last) is not None or _QUERY.search(parts.query) is not None:
        return True
    return _BELOW.fullmatch(last) is not None and not _WORDS.isdisjoint(folders)


def _site(url: str | None) -> str | None:
    """The host of an address without `www.`."""
    return ((urlsplit(url).hostname or "").removeprefix("www.") or None) if url is not None else None


def _related(host: str, site: str) -> bool:
    return host == site or host.endswith("." + site) or site.endswith("." + host) or _HOST.match(host) is not None


def _absolute(href: str | None, base: str | None) -> str | None:
    """`href` as an absolute http(s) address without a fragment; None for any other, and for one with a password."""
    if not href or len(href) > MAX_URL:
        return None
    try:
        parts = ada_url.URL(href, base)
    except ValueError:  # neither absolute nor resolvable
        return None
    if parts.protocol not in ("http:", "https:") or parts.username or parts.password:
        return None
    return str(parts.href).partition("#")[0]


def _fold(text: str | None) -> str | None:
    return " ".join((text or "")[: 10 * MAX_TITLE].split())[:MAX_TITLE] or None
