"""The list of a page by the CSS selectors that a person configured: what they miss is not looked for otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from selectolax.lexbor import LexborNode

from feeds.errors import ParseError
from feeds.page import Page
from feeds.sources.page.links import Link, Links, link_at
from feeds.sources.page.rows import Row
from feeds.sources.page.texts import Texts, elements_in, fold, text_of
from feeds.sources.page.titles import NAMELESS, Title, title_of

MAX_ROWS = 2_000


def containers(page: Page, selectors: Mapping[str, str], name: str) -> list[LexborNode]:
    """The elements that `list` finds. Raises `ParseError` where it finds none; `name` is the document's."""
    found = page.tree.css(selectors["list"])[:MAX_ROWS]
    if not found:
        raise missing("list", selectors, name)
    return found


def missing(key: str, selectors: Mapping[str, str], name: str) -> ParseError:
    """What is told of a selector that finds nothing: most often a page has a new layout."""
    return ParseError(
        f'{name}: selectors.{key}: "{selectors[key]}" finds nothing on the page; its layout may have changed; '
        f"see 'feeds sources try'"
    )


def rows_in(elements: list[LexborNode], page: Page, links: Links, selectors: Mapping[str, str], name: str) -> list[Row]:
    """A row for each element that holds a link, the first of each address.

    Raises `ParseError` where a selector of titles or links finds nothing in any of them.
    """
    found: dict[str, Row] = {}
    seen = {"title": False, "link": False}
    texts = Texts()
    for element in elements:
        link = _link(element, page, links, selectors.get("link"))
        said = element.css_first(selectors["title"]) if "title" in selectors else None
        seen["link"] |= link is not None
        seen["title"] |= said is not None
        if link is None:
            continue
        title = title_of(link) if said is None else _said(said)
        if "title" in selectors and said is None:
            continue
        if title is NAMELESS or not title.text:
            title = Title(text_of(element), 1)
        if title.text:
            found.setdefault(link.key, Row(link, title, [element], elements=elements_in([element], texts)))
    for key, is_seen in seen.items():
        if key in selectors and not is_seen:
            raise missing(key, selectors, name)
    return list(found.values())


def renamed(rows: list[Row], page: Page, links: Links, selectors: Mapping[str, str], name: str) -> list[Row]:
    """Rows that were found by themselves, with the headlines and links that a person configured; one without what is
    configured is none. Raises `ParseError` as `rows_in` does."""
    found: dict[str, Row] = {}
    seen = dict.fromkeys({"title", "link"} & selectors.keys(), False)
    for row in rows:
        nodes = [node for node in row.nodes if node.is_element_node]
        link: Link | None = row.link
        title: Title | None = row.title
        if "link" in selectors:
            leading = (_link(node, page, links, selectors["link"]) for node in nodes)
            link = next((one for one in leading if one is not None), None)
            seen["link"] |= link is not None
        if "title" in selectors:
            named = (node.css_first(selectors["title"]) for node in nodes)
            title = next((_said(one) for one in named if one is not None), None)
            seen["title"] |= title is not None
        if link is not None and title is not None and title.text:
            found.setdefault(link.key, replace(row, link=link, title=title))
    for key, is_seen in seen.items():
        if rows and not is_seen:
            raise missing(key, selectors, name)
    return list(found.values())


def _said(node: LexborNode) -> Title:
    """The headline in the element that a person named."""
    return Title(text_of(node) or fold(node.attributes.get("content")), 9)


def texts_within(nodes: list[LexborNode], selector: str) -> Iterator[str]:
    """The texts of what fits within the nodes of a row; of an element without one what its attributes say."""
    texts = Texts()
    for node in nodes:
        if node.is_element_node:
            for one in node.css(selector)[:20]:
                said = one.attributes
                text = texts.of(one, hidden=True) or fold(
                    said.get("content")
                    or said.get("title")
                    or said.get("aria-label")
                    or said.get("alt")
                    or said.get("class")
                )
                if text:
                    yield text


def _link(element: LexborNode, page: Page, links: Links, selector: str | None) -> Link | None:
    """The link of an element: the one that is configured, else the first in a heading, the first that names an article,
    the first that may lead to one, the first of all."""
    if selector is not None:
        found = element.css_first(selector)
        if found is None:
            return None
        node = found if found.attributes.get("href") else found.css_first("a[href]")
        return link_at(node, page, links) if node is not None else None
    here = [one for node in element.css("a[href]")[:30] if (one := link_at(node, page, links)) is not None]
    headed = [one for one in here if one.heading]
    leading = [one for one in here if not one.address.shape.endswith("!")]
    named = [one for one in leading if title_of(one) is not NAMELESS]
    return next(iter(headed or named or leading or here), None)
