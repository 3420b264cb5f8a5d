"""What a page says of its article beside the text: schema.org first, then metas, then what it shows.

Of 1,928 pages with JSON-LD lists, `@graph` and references by `@id` occur in authors, and headlines cut after 110
characters: all of that is levelled here.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from selectolax.lexbor import LexborNode

from db.records import Precision
from feeds.access.schema import locked_selectors
from feeds.dedupe import canon
from feeds.model import Context, Document, Image
from feeds.normalise import text_of
from feeds.page import ARTICLES, Node, Page, texts, things, types_of, values, within
from feeds.sources.dates import read_date
from feeds.sources.fields import MAX_DATE, author_name, plain_text, plausible
from feeds.sources.media import number

MAX_AUTHORS = 20
MAX_CATEGORIES = 50
MAX_SELECTORS = 10
CUT = 100
"""Characters of a headline that may have been cut: search engines take 110 at most."""

HEADING = 10
"""Characters of the shortest heading that tells where a title ends."""

WORDS = 8
"""Words of the shortest paragraph that is a teaser."""

_GENERAL = frozenset(("CreativeWork", "Review", "SocialMediaPosting"))
_PUBLISHED = (
    "article:published_time og:article:published_time datepublished article.published parsely-pub-date sailthru.date "
    "dcterms.created dcterms.issued dc.date.issued dc.date dcterms.date publishdate publish_date publication_date "
    "pubdate date"
).split()
_UPDATED = (
    "article:modified_time og:article:modified_time og:updated_time datemodified dcterms.modified lastmod".split()
)
_AUTHORS = "author parsely-author sailthru.author dc.creator dcterms.creator byl".split()
_BY = re.compile(r"(?:by|von|par|por|przez|автор:?|аўтар:?)\s+(?=\w)", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_IN_ADDRESS = re.compile(r"/(20\d\d)[/-]([01]?\d)[/-]([0-3]?\d)(?=[/-])")
_SELECTOR = re.compile(r"[\w-]{0,40}[.#]?[A-Za-z_][\w-]{0,80}(?: [.#]?[A-Za-z_][\w-]{0,80})?")
"""A name, a class or an id, perhaps within another."""
_JOINTS = (" | ", " - ", " – ", " — ", " · ", " » ", " :: ")
_MARKS = tuple("|-–—·»：_")
_SPLIT = re.compile(r"[,;|]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a page says of its article. `body` is the text that it states, plain, `site` the publication's name.

    `is_article` is true where the page says that it is one. `basis` names what the time was read from.
    """

    title: str
    site: str | None
    description: str
    body: str
    is_article: bool
    published: datetime | None
    precision: Precision | None
    basis: str | None
    updated: datetime | None
    language: str | None
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    images: tuple[Image, ...]


def read_said(page: Page, document: Document, context: Context) -> Said:
    """Everything a page says of its one article; of a page with several only what is said of the page itself."""
    node = _article(page)
    site = _site(page, node)
    published, precision, basis = _published(page, node, document, context)
    updated = _first_moment(_dates(page, node, "dateModified", _UPDATED), document, context)[0]
    return Said(
        title=_title(page, node, site),
        site=site,
        description=_first(texts(node, "description")) or page.meta("og:description", "description") or "",
        body=_body(node),
        is_article=bool(node) or (page.meta("og:type") or "").lower() in ("article", "news", "og:article"),
        published=published,
        precision=precision,
        basis=basis,
        updated=updated if updated is not None and (published is None or updated > published) else None,
        language=_first(texts(node, "inLanguage")) or page.language or page.meta("og:locale", "content-language"),
        authors=_authors(page, node),
        categories=_categories(page, node),
        images=tuple(_images(page, node)),
    )


def free_paragraph(page: Page) -> str:
    """The first paragraph outside of the parts that cost; empty where the page gates none of its parts, or it is not
    known of each of them where it is."""
    gated: set[int] = set()
    for selector in _gates(page):
        found = page.tree.css(selector)
        if not found:
            return ""
        gated.update(element.mem_id for element in found)
    if not gated:
        return ""
    for paragraph in page.tree.css("article p, main p, [itemprop=articleBody] p"):
        text = " ".join(paragraph.text()[:5_000].split())
        if len(text.split()) >= WORDS and not _stands_in(paragraph, gated):
            return text
    return ""


def _gates(page: Page) -> list[str]:
    """Selectors of the parts that cost; none where any is not plain: a parser takes exponential time for some of the
    others."""
    said = list(dict.fromkeys(one.strip() for text in locked_selectors(page) for one in text.split(",")))
    return said if len(said) <= MAX_SELECTORS and all(map(_SELECTOR.fullmatch, said)) else []


def _stands_in(element: LexborNode, above: set[int]) -> bool:
    one: LexborNode | None = element
    while one is not None:
        if one.mem_id in above:
            return True
        one = one.parent
    return False


def _article(page: Page) -> Node:
    """The thing that the page states of its article; empty where it states none, or several and none of them is it."""
    candidates = [one for one in page.articles() if one.get("headline") or one.get("name") or one.get("articleBody")]
    for node in page.nodes:
        candidates += [one for one in things(node, "mainEntity") if not ARTICLES.isdisjoint(types_of(one))]
    if not candidates:
        return {}
    addresses = {canon(one) for one in (page.url, page.canonical, page.meta("og:url")) if one}
    headings = {_plain(one) for one in (page.meta("og:title"), _heading(page), page.title) if one}
    ranked = [
        (
            any(canon(url) in addresses for url in _addresses(page, one)),
            any(_plain(_first(texts(one, "headline") or texts(one, "name")))[:60] in text for text in headings),
            not types_of(one) <= _GENERAL,
            bool(one.get("datePublished")),
        )
        for one in candidates
    ]
    best = max(ranked)
    several = len({_first(texts(one, "headline")) for one in candidates}) > 2
    return {} if several and not (best[0] or best[1]) else candidates[ranked.index(best)]


def _addresses(page: Page, node: Node) -> Iterator[str]:
    for key in ("url", "mainEntityOfPage", "@id"):
        for one in values(node, key):
            text = one.get("@id") or one.get("url") if isinstance(one, Mapping) else one
            if isinstance(text, str) and (url := page.absolute(text)) is not None:
                yield url


def _site(page: Page, node: Node) -> str | None:
    return page.meta("og:site_name") or _first(texts(node, "publisher")) or page.meta("application-name")


def _title(page: Page, node: Node, site: str | None) -> str:
    """The headline without the publication's name; of one that was cut the whole, where the page shows it."""
    heading = _heading(page)
    said = [
        _first(texts(node, "headline")),
        page.meta("og:title") or "",
        heading,
        page.meta("twitter:title") or "",
        page.title,
        _first(texts(node, "name")),
    ]
    lines = [" ".join(plain_text(one).split()) for one in said]
    titles = [title for one in lines if (title := _without(one, site, heading))]
    if not titles:
        return site or ""
    best = titles[0]
    if len(best) < CUT and not best.endswith(("…", "...")):
        return best
    start = best.rstrip(".… ")
    return next((one for one in titles[1:] if len(one) > len(best) and one.startswith(start)), best)


def _heading(page: Page) -> str:
    headings = page.tree.css("article h1") or page.tree.css("h1")
    return " ".join(headings[0].text()[:2_000].split()) if headings else ""


def _without(title: str, site: str | None, heading: str) -> str:
    """`title` without the name of the publication: known, or what is more than in the page's heading."""
    if site and _plain(title) == _plain(site):
        return ""
    rest = title.removeprefix(heading)
    if len(rest) < len(heading) and len(heading) >= HEADING and rest.strip()[:1] in _MARKS:
        return heading
    for joint in _JOINTS:
        head, found, tail = title.rpartition(joint)
        if found and head and site and _plain(tail) == _plain(site):
            return head.strip()
    return title


def _body(node: Node) -> str:
    """The text that is stated, with its lines; publishers write it as text or as HTML."""
    said = next((one for one in values(node, "articleBody") if isinstance(one, str)), "")
    return text_of(said) if "<" in said else html.unescape(said)


def _published(
    page: Page, node: Node, document: Document, context: Context
) -> tuple[datetime | None, Precision | None, str | None]:
    """When the article was published, how exactly that is known, and from what."""
    found = _first_moment(_dates(page, node, "datePublished", _PUBLISHED), document, context)
    if found[0] is None:
        times = [
            (one.attributes.get("datetime"), "time") for one in page.tree.css("article time[datetime], time[pubdate]")
        ]
        found = _first_moment([(text, basis) for text, basis in times[:3] if text], document, context)
    if found[0] is None and (said := _IN_ADDRESS.search(document.url or "")):
        day = f"{said[1]}-{int(said[2]):02}-{int(said[3]):02}"
        found = _first_moment([(day, "address")], document, context)
    return found


def _dates(page: Page, node: Node, key: str, names: list[str]) -> list[tuple[str, str]]:
    """What is said of one time, with the name it is said by."""
    said = [(text, key) for text in texts(node, key)]
    return said + [(text, name) for name in names for text in page.metas.get(name, ())[:1]]


def _first_moment(
    said: list[tuple[str, str]], document: Document, context: Context
) -> tuple[datetime | None, Precision | None, str | None]:
    """The first of these that is a time; a day alone is midnight in the source's zone."""
    for text, basis in said:
        text = text.strip()
        moment = read_date(text) if len(text) <= MAX_DATE else None
        if moment is None:
            continue
        is_day = len(text) == 10 and _DAY.fullmatch(text) is not None
        if is_day:
            moment = moment.replace(tzinfo=context.zone)
        if (sound := plausible(moment, document.fetched_at)) is not None:
            return sound.astimezone(UTC), Precision.DAY if is_day else Precision.SECOND, basis
    return None, None, None


def _authors(page: Page, node: Node) -> tuple[str, ...]:
    """Names of people, never their addresses."""
    stated = [one for key in ("author", "creator") for one in values(node, key)[:MAX_AUTHORS]]
    said = list(_names(page, stated))
    said = said or [text for name in _AUTHORS for text in page.metas.get(name, ())]
    said = said or list(page.metas.get("article:author", ()))
    names = [_BY.sub("", author_name(" ".join(plain_text(one).split())), count=1) for one in said[:MAX_AUTHORS]]
    return tuple(dict.fromkeys(name for name in names if name and "://" not in name and not name.startswith("@")))


def _names(page: Page, stated: list[Any]) -> Iterator[str]:
    """What authors are named, also where a page only refers to things that it states elsewhere."""
    known: dict[str, Node] | None = None
    for one in stated:
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            if not one.get("name") and isinstance(one.get("@id"), str):
                known = _named(page) if known is None else known
                one = known.get(one["@id"], one)
            yield from texts(one, "name")


def _named(page: Page) -> dict[str, Node]:
    """The things with a name on a page by their `@id`, of several the first."""
    found: dict[str, Node] = {}
    for top in page.nodes:
        for one in within(top):
            if one.get("name") and isinstance(one.get("@id"), str):
                found.setdefault(one["@id"], one)
    return found


def _categories(page: Page, node: Node) -> tuple[str, ...]:
    """The section first, then keywords and tags."""
    sections = texts(node, "articleSection") or list(page.metas.get("article:section", ()))
    tags = texts(node, "keywords") or [
        tag for name in ("article:tag", "news_keywords", "keywords") for tag in page.metas.get(name, ())
    ]
    names = [name.strip() for one in tags for name in _SPLIT.split(one)]
    found: dict[str, str] = {}
    for name in [*sections, *names]:
        if name and "://" not in name:
            found.setdefault(name.casefold(), name)
    return tuple(found.values())[:MAX_CATEGORIES]


def _images(page: Page, node: Node) -> Iterator[Image]:
    """The one picture that stands for the article."""
    for one in values(node, "image"):
        thing = one if isinstance(one, Mapping) else {"url": one}
        address = thing.get("url") or thing.get("contentUrl") or thing.get("@id")
        if isinstance(address, str) and (url := page.absolute(address)) is not None:
            yield Image(url, number(str(thing.get("width"))), number(str(thing.get("height"))))
            return
    if (url := page.absolute(page.meta("og:image", "og:image:url", "twitter:image"))) is not None:
        yield Image(url, number(page.meta("og:image:width")), number(page.meta("og:image:height")))


def _first(said: list[str]) -> str:
    return said[0] if said else ""


def _plain(text: str) -> str:
    return "".join(c for c in text[:500].casefold() if c.isalnum())
