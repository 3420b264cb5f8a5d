"""HTML pages that list articles and have no feed -> items.

Selectors that a person configured go first. Else what the page states (JSON-LD, microdata), links in headings and links
that stand alike tell the list together: what a page states is often less than what it shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from urllib.parse import urlsplit

from db.records import Evidence
from feeds.errors import ParseError
from feeds.log import redact
from feeds.markers import unmarked
from feeds.model import Context, Document, Image, Item
from feeds.page import Page, read_page
from feeds.sources.fields import FeedResult, advertised
from feeds.sources.page.addresses import site_of
from feeds.sources.page.links import Links, links_of
from feeds.sources.page.lists import choose
from feeds.sources.page.marks import common_classes, signs_of
from feeds.sources.page.paging import next_page
from feeds.sources.page.rows import MAX_ROWS, Row, authors_of, images_of, rows_of, sections_of, summary_of, when_of
from feeds.sources.page.selected import containers, renamed, rows_in, texts_within
from feeds.sources.page.stated import Stated, stated_in
from feeds.sources.page.texts import elements_in
from feeds.sources.page.times import When, read_when
from feeds.sources.page.times import stated as stated_time

__all__ = ["Listing", "parse"]

_FEED = re.compile(r"application/(?:(?:rss|atom|rdf)\+xml|feed\+json)")
MAX_SIGNS = 20
MAX_LINKS = 100
FEW = 3
_ANYTHING = Context()
_UNSTATED = Stated("")


@dataclass(frozen=True, kw_only=True)
class Listing(FeedResult):
    """What a page lists. `how` names what told the list: "selectors", "stated", "headings" or "structure"; `listing` is
    how to find it again (`Context.listing`), empty where that is no question. `further` holds the next page's address.
    """

    how: str = ""
    listing: tuple[str, ...] = ()


def parse(document: Document, context: Context = _ANYTHING) -> Listing:
    """The articles that the page in `document` lists, in its order, one for each address.

    Raises `ParseError` where nothing on it looks like a list of articles, or a configured selector finds nothing.
    """
    document = replace(document, name=redact(document.name))
    page = _page(document, context)
    links = links_of(page)
    stated = stated_in(page)
    selectors = dict(context.selectors)
    how = "selectors"
    listing: tuple[str, ...] = ()
    if "list" in selectors:
        rows = rows_in(containers(page, selectors, document.name), page, links, selectors, document.name)
    else:
        choice = choose(links, {key: one.title for key, one in stated.items()}, next(iter(context.listing), None))
        rows = rows_of(choice.links, choice.titles, context, document) if choice is not None else []
        rows = renamed(rows, page, links, selectors, document.name)
        how, listing = (choice.how, (choice.signature,)) if choice is not None else ("stated", ())
    rows = rows[:MAX_ROWS]
    reader = _Reader(page, stated, selectors, context, document)
    common = common_classes(row.elements for row in rows)
    items = [reader.item(number, row, common) for number, row in enumerate(rows)]
    if len(items) < FEW and not selectors:
        items += reader.stated_items(len(items), {row.link.key for row in rows})
    if not items:
        raise ParseError(f"{document.name}: {_nothing(page, links)}")
    hubs, own = advertised(_head_links(page), page.base)
    return Listing(
        title=page.title or None,
        url=page.canonical or page.url,
        language=page.language,
        items=tuple(_with_unmarked(items)),
        warnings=tuple(reader.warnings(items, links)),
        further=next_page(page, links.all),
        how=how,
        listing=listing,
        hubs=hubs,
        own=own,
    )


def _head_links(page: Page) -> list[dict[str, str | None]]:
    """The links of the page's head: what stands in its body may be a reader's comment."""
    return [node.attributes for node in page.tree.css("head > link[rel][href]")[:MAX_LINKS]]


def _page(document: Document, context: Context) -> Page:
    """The page, its relative addresses resolved against its own address, the source's, or the one it names itself."""
    page = read_page(document.data, document.url or context.base, charset=document.charset)
    own = page.url or page.canonical or page.absolute(page.meta("og:url"))
    return page if page.base is not None or own is None else replace(page, url=own, base=own)


def _nothing(page: Page, links: Links) -> str:
    """Why there are no items, and what to do."""
    if not links.all and page.base is None and page.tree.css_first("a[href]") is not None:
        return "its links are relative: say where it lives, by link in config.toml or --base-url of 'feeds sources try'"
    if not links.all:
        return "is no page with links: it may be filled by scripts, or be no HTML; look for its feed or its sitemap"
    return "shows no list of articles: name its parts by selectors in config.toml, as 'feeds sources try' finds them"


class _Reader:
    """Makes items of the rows of one page."""

    def __init__(
        self, page: Page, stated: dict[str, Stated], selectors: dict[str, str], context: Context, document: Document
    ) -> None:
        self._page, self._stated, self._selectors = page, stated, selectors
        self._context, self._document = context, document
        self._unfound = {key for key in ("date", "section", "summary") if key in selectors}

    def item(self, number: int, row: Row, common: frozenset[str]) -> Item:
        """One row as an item. What a person configured goes first, then what the page states of the article. `common`
        are the classes of badges that all rows bear."""
        said = self._stated.get(row.link.key, _UNSTATED)
        title, marker = unmarked(row.title.text, self._context.markers)
        where = f"row {number + 1}"
        evidence = [Evidence("marker", marker, where)] if marker is not None else []
        evidence += self._marks(row, where, common)
        if said.free:
            evidence.append(Evidence("isAccessibleForFree", said.free, where))
        when = self._when(row, said)
        return Item(
            position=number,
            title=title,
            url=row.link.address.url,
            summary=self._summary(row, said),
            plain=True,
            published=when.moment if when is not None else None,
            published_precision=when.precision if when is not None else None,
            published_basis=when.basis if when is not None else None,
            authors=said.authors or authors_of(row),
            categories=row.title.kickers,
            images=images_of(row, self._page),
            sections=self._sections(row, said),
            evidence=tuple(evidence),
        )

    def stated_items(self, start: int, known: set[str]) -> Iterator[Item]:
        """Items of what the page states and shows in none of its rows."""
        unseen = (one for key, one in self._stated.items() if key not in known and one.title)
        for number, one in enumerate(islice(unseen, MAX_ROWS), start):
            when = stated_time(one.published, self._context, self._document)
            yield Item(
                position=number,
                title=one.title,
                url=one.url,
                summary=one.summary,
                plain=True,
                published=when.moment if when is not None else None,
                published_precision=when.precision if when is not None else None,
                published_basis=when.basis if when is not None else None,
                authors=one.authors,
                images=(Image(url),) if (url := self._page.absolute(one.image)) is not None else (),
                sections=(one.section,) if one.section else (),
                evidence=(Evidence("isAccessibleForFree", one.free, f"row {number + 1}"),) if one.free else (),
            )

    def warnings(self, items: list[Item], links: Links) -> Iterator[str]:
        """What a person should know who reads this page as a source."""
        if (feed := _advertised(self._page)) is not None:
            yield f"the page advertises a feed: {feed}; it says more than the page, and costs less"
        for key in sorted(self._unfound):
            yield f'selectors.{key}: "{self._selectors[key]}" finds nothing in any item'
        undated = sum(item.published is None for item in items)
        if undated:
            yield f"{undated} of {len(items)} items have no date: they are filed under the time they are first seen"
        if len(items) < FEW:
            yield "there are few items; it may be the wrong list"
        site = site_of(links.host)
        if site and all(site_of(urlsplit(item.url or "").hostname or "") != site for item in items):
            yield "all items lead to other sites"

    def _marks(self, row: Row, where: str, common: frozenset[str]) -> list[Evidence]:
        if "marker" in self._selectors:
            said = next(texts_within(row.nodes, self._selectors["marker"]), None)
            return [Evidence("marker", said, where)] if said is not None else []
        signs = dict.fromkeys(islice(signs_of(row.elements, row.link.node.attributes.get("href"), common), MAX_SIGNS))
        return [Evidence("badge", sign, where) for sign in islice(signs, 3)]

    def _when(self, row: Row, said: Stated) -> When | None:
        if "date" in self._selectors:
            nodes = [one for node in row.nodes if node.is_element_node for one in node.css(self._selectors["date"])[:5]]
            self._unfound -= {"date"} if nodes else set()
            return read_when(elements_in(nodes), self._context, self._document, row.under)
        return stated_time(said.published, self._context, self._document) or when_of(row, self._context, self._document)

    def _summary(self, row: Row, said: Stated) -> str:
        if "summary" in self._selectors:
            return self._selected("summary", row)
        return summary_of(row) or said.summary

    def _sections(self, row: Row, said: Stated) -> tuple[str, ...]:
        if "section" in self._selectors:
            name = self._selected("section", row)
            return (name,) if name else ()
        return (said.section,) if said.section else sections_of(row)

    def _selected(self, key: str, row: Row) -> str:
        text = next(texts_within(row.nodes, self._selectors[key]), "")
        self._unfound -= {key} if text else set()
        return text


def _advertised(page: Page) -> str | None:
    """The first feed that the page names (https://www.rssboard.org/rss-autodiscovery)."""
    for element in page.tree.css('link[rel~="alternate" i][type][href]')[:50]:
        said = element.attributes
        url = page.absolute(said.get("href"))
        if url is not None and _FEED.match((said.get("type") or "").strip().lower()) is not None:
            return url
    return None


def _with_unmarked(items: list[Item]) -> list[Item]:
    """The items, those without a mark as free where the same list marks others."""
    if not any(proof.signal in ("marker", "badge") for item in items for proof in item.evidence):
        return items
    return [item if item.evidence else replace(item, evidence=(_unmarked(item),)) for item in items]


def _unmarked(item: Item) -> Evidence:
    return Evidence("unmarked", "", f"row {item.position + 1}, other rows are marked")
