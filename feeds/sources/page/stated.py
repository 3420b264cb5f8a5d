"""Articles that a page itself lists: JSON-LD, microdata and microformats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from feeds.page import ARTICLES, Node, Page, texts, things, types_of, within
from feeds.sources.page.addresses import address_of

MAX_STATED = 500
_NO_LISTS = frozenset({"BreadcrumbList", "SiteNavigationElement", "WPHeader", "WPFooter", "WPSideBar"})


@dataclass(frozen=True, slots=True)
class Stated:
    """One article as the page states it; times as they are written, "" for what is not said."""

    url: str
    title: str = ""
    published: str = ""
    summary: str = ""
    image: str = ""
    authors: tuple[str, ...] = ()
    section: str = ""
    free: str = ""


def stated_in(page: Page) -> dict[str, Stated]:
    """The articles that `page` states, by the key of their address, in its order."""
    own = address_of(page.url or "", None)
    found: dict[str, Stated] = {}
    for node in page.nodes:
        if _NO_LISTS & types_of(node):
            continue
        for one in _articles(node):
            address = address_of(_url(one), page.base)
            if address is None or address.path == "/" or (own is not None and address.key == own.key):
                continue
            if address.key not in found and len(found) < MAX_STATED:
                found[address.key] = _stated(one, address.url)
    return found


def _articles(node: Node) -> Iterator[Node]:
    """The articles in a thing, and whatever a list in it names by address."""
    for one in within(node):
        types = types_of(one)
        if not ARTICLES.isdisjoint(types - {"CreativeWork"}):
            yield one
        elif "ItemList" in types:
            for element in things(one, "itemListElement"):
                inner = things(element, "item")
                if inner:
                    yield from (
                        each for each in inner if not (types_of(each) - ARTICLES - {"ListItem", "WebPage", "Thing"})
                    )
                elif isinstance(element.get("url"), str) or isinstance(element.get("item"), str):
                    yield element


def _url(node: Node) -> str:
    for name in ("url", "mainEntityOfPage", "item", "@id"):
        said = node.get(name)
        if isinstance(said, list):
            said = said[0] if said else None
        if isinstance(said, dict):
            said = said.get("@id") or said.get("url")
        if isinstance(said, str) and said.startswith(("http", "/")):
            return said
    return ""


def _stated(node: Node, url: str) -> Stated:
    def first(*names: str) -> str:
        return next((text for name in names for text in texts(node, name)), "")

    image = (
        next((texts(one, "url") or texts(one, "contentUrl") for one in things(node, "image")), [])
        or texts(node, "image")
        or texts(node, "thumbnailUrl")
    )
    return Stated(
        url=url,
        title=first("headline", "name"),
        published=first("datePublished", "dateCreated"),
        summary=first("description", "abstract"),
        image=image[0] if image else "",
        authors=tuple(name for name in texts(node, "author") if not name.startswith("http"))[:5],
        section=first("articleSection"),
        free=first("isAccessibleForFree"),
    )
