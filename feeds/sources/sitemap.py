"""Sitemaps of others -> items: news sitemaps, plain ones, lists of addresses, and indexes of any of them.

Protocol 0.9 and 0.84 (https://www.sitemaps.org/protocol.html), the news and image extensions of Google. Elements are
known by their local names, because publishers spell the namespaces in every way. A document may be packed in gzip.

Every item of a news sitemap is one; of a plain sitemap, which lists all that a site ever had, only the newest are.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import cast
from urllib.parse import unquote, urlsplit

from lxml import etree

from db.records import Evidence, Precision
from feeds.errors import ParseError
from feeds.log import redact
from feeds.model import Context, Document, Image, Item
from feeds.sources.dates import read_date
from feeds.sources.fields import MAX_DATE, FeedResult, http_url, plain_text, plausible
from feeds.sources.shape import MAX_ITEMS, decode, escape_ampersands, examine, first_element, too_many
from feeds.tree import root_of

ROOTS = ("urlset", "sitemapindex")

MAX_BYTES = 10_000_000
"""Of a sitemap that was packed, as `[poll] max_bytes` bounds any other document."""

MEMBERS = 100
"""Parts of one that was packed in several: 300,000 empty ones, 6 MB, take 20 s."""

RECENT = timedelta(days=14)
"""What a plain sitemap says to have changed within so long before it was fetched is an item."""

LEAST, MOST = 50, 500
"""So many items does a plain sitemap give at least, however old they are, and at most."""

MAX_TAGS = 750_000
"""However near they are. The most that the protocol admits, 50,000 addresses with all that it has to say of each, are
500,000 tags, 7 MB: 0.6 s and 73 MB of memory. So many of short addresses alone take 1.9 s and 93 MB."""

CHILDREN = 20
"""Sitemaps of an index that are named."""

_ANYTHING = Context()
_BEGINNING = 4096
_BLANK = b"\xef\xbb\xbf \t\r\n"
_GZIP = b"\x1f\x8b"
_DAY = re.compile(r"\d{4}(?:-\d\d){0,2}", re.ASCII)
_ADDRESS = re.compile(rb"https?://\S", re.IGNORECASE)
_MARK = "news:access"
_MAX_NAMES = 50
_EPOCH = datetime.fromtimestamp(0, UTC)

_WORDS_OF_SLUG = re.compile(r"[^\s_+.,-]+")
_ID = re.compile(r"[a-z]{0,3}\d{5,}|(?=[a-f]*\d)[0-9a-f]{6,}", re.IGNORECASE | re.ASCII)
_SUFFIX = re.compile(r"\.[a-z]{2,5}\d?$", re.IGNORECASE | re.ASCII)
_MAX_TITLE = 200


@dataclass(slots=True)
class _Page:
    """One address of a sitemap and what is said of it: `news` by local name, None where there is none of it."""

    url: str
    modified: str = ""
    news: dict[str, str] | None = None
    pictures: list[Image] = field(default_factory=list)
    caption: str = ""


@dataclass(slots=True)
class _Scope:
    """What reading an item needs beside it; `doubtful` are dates that cannot be."""

    document: Document
    context: Context
    language: str | None
    doubtful: list[str] = field(default_factory=list)


def is_sitemap(data: bytes) -> bool:
    """Whether a document begins as a sitemap does, packed or not."""
    if data.startswith(_GZIP):
        data = _gunzip(data, _BEGINNING)[0]
    head = data[:_BEGINNING].lstrip(_BLANK)
    return _ADDRESS.match(head) is not None or first_element(head.decode("latin-1"))[0].lower() in ROOTS


def parse(document: Document, context: Context = _ANYTHING) -> FeedResult:
    """What the sitemap in `document` lists: items, or as `further` the sitemaps of an index.

    Items have the title that a news sitemap gives them, else that of a picture, else one made of their address
    (`Item.title_basis`). Of a plain sitemap they are what changed lately: `lastmod` is when they were published as far
    as anybody knows, and the result is `partial`.

    Raises `ParseError` for what is empty, cut short, hostile, or no sitemap; the message says which.
    """
    document = replace(document, name=redact(document.name))  # it only stands in messages, which are stored
    document = _unpacked(document)
    if _ADDRESS.match(document.data.lstrip(_BLANK)) is not None:
        return _of_list(document, context)
    shape = examine(document, ROOTS, "sitemap", most=MAX_TAGS)
    if shape.kind == "json":
        raise ParseError(f"{document.name}: is JSON, not a sitemap")
    tree = _mended(shape.text, document.name) if shape.tree is None else shape.tree
    if _local(str(tree.tag)) == "sitemapindex":
        further = _children(tree, document)
        return FeedResult(encoding=shape.encoding, further=further, warnings=shape.warnings)
    return _of_pages(list(_pages(tree, document.url)), document, context, shape.encoding, shape.warnings)


def title_from(url: str) -> str:
    """Words for a person, made of an address: its last part that is more than a number, without ids at either end.

    The address without its scheme where no part has words.
    """
    parts = [part for part in urlsplit(url).path.split("/") if part]
    for part in reversed(parts):
        words = _WORDS_OF_SLUG.findall(_SUFFIX.sub("", unquote(part))[: 2 * _MAX_TITLE])
        while words and _ID.fullmatch(words[-1]):
            words.pop()
        while words and _ID.fullmatch(words[0]):
            words.pop(0)
        if words != ["index"] and any(word.isalpha() and len(word) > 1 for word in words):
            text = " ".join(words)[:_MAX_TITLE]
            return text[:1].upper() + text[1:]
    return url.partition("://")[2][:_MAX_TITLE].rstrip("/")


def _unpacked(document: Document) -> Document:
    """`document` without gzip; servers give a file in it as what it is, not as a coding of the transport."""
    if not document.data.startswith(_GZIP):
        return document
    data, is_whole = _gunzip(document.data, MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ParseError(f"{document.name}: is refused: more than {MAX_BYTES:,} bytes, unpacked")
    if not is_whole:
        raise ParseError(f"{document.name}: is cut short, or damaged gzip")
    return replace(document, data=data)


def _gunzip(data: bytes, most: int) -> tuple[bytes, bool]:
    """At most `most` bytes of what is packed in `data`, several members in a row included, and whether all is whole."""
    found = bytearray()
    try:
        for _ in range(MEMBERS):
            if not data.startswith(_GZIP) or len(found) >= most:
                return bytes(found), True
            stream = zlib.decompressobj(31)
            found += stream.decompress(data, most - len(found))
            if not stream.eof:
                return bytes(found), False
            data = stream.unused_data
    except zlib.error:
        pass
    return bytes(found), False


def _mended(text: str, name: str) -> etree._Element:
    """The tree of XML that is broken beyond what `feeds.sources.shape` mends, as far as it goes."""
    found = root_of(escape_ampersands(text[text.find("<") :]).encode(), encoding="utf-8", lenient=True)
    tree = cast("etree._Element | None", found)  # which lxml gives where there is no element at all
    if tree is None:
        raise ParseError(f"{name}: is no XML that can be read")
    return tree


@lru_cache(maxsize=256)
def _local(tag: str) -> str:
    """A tag without its namespace, or the prefix of one that was not declared."""
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()


def _of_list(document: Document, context: Context) -> FeedResult:
    """One address a line (protocol, "Text file")."""
    text, encoding = decode(document)
    found = (http_url(line.strip(), None) for line in text.removeprefix("\ufeff").split("\n", MAX_ITEMS * 10))
    return _of_pages([_Page(url) for url in found if url is not None], document, context, encoding, ())


def _children(tree: etree._Element, document: Document) -> tuple[str, ...]:
    """The sitemaps of an index: those with news in their address first, the last changed ones before others.

    What is said not to have changed for long has nothing that is new, unless nothing has.
    """
    found: dict[str, datetime | None] = {}
    for child in tree:
        said = {_local(str(one.tag)): _text(one) for one in child}
        url = http_url(said.get("loc"), document.url)
        if _local(str(child.tag)) == "sitemap" and url is not None:
            found.setdefault(url, _date(said.get("lastmod", ""), document))
            if len(found) == MAX_ITEMS * 10:
                break
    newest = max((moment for moment in found.values() if moment is not None), default=_EPOCH)
    since = min(document.fetched_at - RECENT, newest)
    recent = [url for url, moment in found.items() if moment is None or moment >= since]
    recent.sort(key=lambda url: ("news" not in urlsplit(url).path.lower(), -(found[url] or _EPOCH).timestamp()))
    return tuple(recent[:CHILDREN])


def _pages(tree: etree._Element, base: str | None) -> Iterator[_Page]:
    """What an urlset lists, each address once."""
    seen = set()
    for element in tree:
        if _local(str(element.tag)) != "url":
            continue
        page = _page(element, base)
        if page is not None and page.url not in seen:
            seen.add(page.url)
            yield page


def _page(element: etree._Element, base: str | None) -> _Page | None:
    page = _Page("")
    for child in element:
        name = _local(str(child.tag))
        if name == "loc":
            page.url = page.url or http_url(_text(child), base) or ""
        elif name == "lastmod":
            page.modified = _text(child)
        elif name == "news":
            page.news = dict(_news(child))
        elif name == "image" and len(page.pictures) < _MAX_NAMES:
            said = {_local(str(one.tag)): _text(one) for one in child}
            url = http_url(said.get("loc"), base)
            if url is not None:
                page.pictures.append(Image(url))
            page.caption = page.caption or said.get("title") or said.get("caption") or ""
    return page if page.url else None


def _news(element: etree._Element) -> Iterator[tuple[str, str]]:
    """What is said of a piece of news, by local name; the publication's own name and language are among it."""
    for child in element:
        if _local(str(child.tag)) == "publication":
            yield from _news(child)
        else:
            yield _local(str(child.tag)), _text(child)


def _of_pages(
    pages: Sequence[_Page], document: Document, context: Context, encoding: str, warnings: tuple[str, ...]
) -> FeedResult:
    """The items of a sitemap: all that is news; where nothing is, what changed lately."""
    news = [page for page in pages if page.news is not None]
    chosen = news[:MAX_ITEMS] if news else _latest(pages, document)
    said = news[0].news or {} if news else {}
    scope = _Scope(document, context, said.get("language") or None)
    items = _beside_marked(tuple(_item(page, position, scope) for position, page in enumerate(chosen)))
    if len(news) > MAX_ITEMS:
        warnings = (too_many(len(news)), *warnings)
    if scope.doubtful:
        first = f"the date {scope.doubtful[0][:MAX_DATE]!r} is not plausible"
        warnings = (*warnings, first if len(scope.doubtful) == 1 else f"{first}, and {len(scope.doubtful) - 1} more")
    return FeedResult(
        title=plain_text(said.get("name", "")) or None,
        url=http_url("/", document.url),
        language=scope.language,
        encoding=encoding,
        items=items,
        warnings=warnings,
        partial=not news and bool(pages),
    )


def _beside_marked(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The same; where the sitemap marks some news as closed, what it does not mark is free."""
    if not any(proof.signal == _MARK for item in items for proof in item.evidence):
        return items
    free = Evidence("unmarked", "", "other news of the sitemap is marked")
    return tuple(item if item.evidence else replace(item, evidence=(free,)) for item in items)


def _latest(pages: Sequence[_Page], document: Document) -> list[_Page]:
    """Those of a plain sitemap that changed lately, the newest first; the first ones where it dates nothing. What is
    not dated beside others that are is no news; neither is a home page."""
    pages = [page for page in pages if urlsplit(page.url).path.strip("/")]
    moments = [(moment, page) for page in pages if (moment := _date(page.modified, document)) is not None]
    if not moments:
        return pages[:MOST]
    moments.sort(key=lambda one: one[0], reverse=True)  # keeps the document's order of what changed at once
    since = document.fetched_at - RECENT
    return [page for number, (moment, page) in enumerate(moments[:MOST]) if number < LEAST or moment >= since]


def _item(page: _Page, position: int, scope: _Scope) -> Item:
    news = page.news or {}
    title, basis = plain_text(news.get("title", "")), None
    if not title:
        title, basis = plain_text(page.caption), "image"
    if not title:
        title, basis = title_from(page.url), "address"
    published, precision, how = *_moment(news.get("publication_date", ""), scope), "publication_date"
    updated, rough = _moment(page.modified, scope)
    if published is None:
        published, precision, how = updated, rough, "lastmod"
    language = news.get("language") or None
    return Item(
        position=position,
        title=title,
        url=page.url,
        published=published,
        published_precision=precision,
        published_basis=None if published is None else how,
        updated=updated,
        language=language if language != scope.language else None,
        categories=_names(news),
        images=tuple(page.pictures),
        evidence=tuple(_evidence(news, scope.context)),
        title_basis=basis,
    )


def _names(news: dict[str, str]) -> tuple[str, ...]:
    """Keywords and genres as categories."""
    said = f"{news.get('keywords', '')},{news.get('genres', '')}".split(",", 2 * _MAX_NAMES)
    return tuple(dict.fromkeys(name for one in said if (name := plain_text(one).strip())))[:_MAX_NAMES]


def _evidence(news: dict[str, str], context: Context) -> Iterator[Evidence]:
    """The element that Google has given up, "Subscription" or "Registration", and premium keywords. Where
    nothing in the sitemap has it, that says nothing: hardly anybody still writes it."""
    if news.get("access"):
        yield Evidence(_MARK, news["access"][:500], "sitemap element news:access")
    premium = {name.casefold() for name in context.premium_categories}
    for name in _names(news) if premium else ():
        if name.casefold() in premium:
            yield Evidence("category", name, "sitemap element news:keywords")


def _date(text: str, document: Document) -> datetime | None:
    """A time that can be; None for any other."""
    moment = read_date(text) if text and len(text) <= MAX_DATE else None
    return None if moment is None else plausible(moment, document.fetched_at)


def _moment(text: str, scope: _Scope) -> tuple[datetime | None, Precision | None]:
    """A W3C date (year, month, day or more; https://www.w3.org/TR/NOTE-datetime) and how exact it is.

    A day alone is midnight in the source's zone.
    """
    if not text:
        return None, None
    is_day = _DAY.fullmatch(text) is not None
    moment = read_date(text) if len(text) <= MAX_DATE else None
    if moment is not None:
        moment = plausible(moment.replace(tzinfo=scope.context.zone) if is_day else moment, scope.document.fetched_at)
    if moment is None:
        scope.doubtful.append(text)
        return None, None
    return moment, Precision.DAY if is_day else Precision.SECOND
