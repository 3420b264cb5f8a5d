"""What a page states of its article in schema.org: the one that the page is about, not those it links to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import ada_url

from db.records import Evidence
from feeds.access.signals import flag_of
from feeds.page import ARTICLES, Node, Page, texts, things, types_of

MAX_PARTS = 50
MAX_SELECTORS = 20
MAX_VALUE = 200


MAX_SCRIPTS = 50
_ARTICLE = re.compile(
    r'"@type"\s{0,20}:\s{0,20}\[?\s{0,20}"(?:[A-Za-z]{0,30}Article|BlogPosting|LiveBlogPosting|Report)"'
)
_FREE = re.compile(r'"isAccessibleForFree"\s{0,20}:\s{0,20}"?(?:https?://schema\.org/)?([Tt]rue|[Ff]alse)')


class _Part(NamedTuple):
    """A part of the article that is locked, and the selector of its element, "" where none is given."""

    selector: str


_NO_ARTICLES = frozenset(("Product", "WebSite", "WebPageElement", "ItemList", "Organization"))
"""Beside a type of articles these say that the thing is none: `isPartOf` is often of `CreativeWork` and `Product`."""


def stated_evidence(page: Page) -> Iterator[Evidence]:
    """What the page's article states: whether it is free, which parts of it are not, and what it is sold as."""
    known = _by_id(page.nodes)
    nodes = main_articles(page)
    if not nodes:
        yield from _broken(page)
    for node in nodes:
        kind = min(types_of(node) & ARTICLES)
        flags = [flag for value in _values(node, "isAccessibleForFree") if (flag := _flag(value)) is not None]
        for flag in dict.fromkeys(flags):
            yield Evidence("isAccessibleForFree", str(flag), f"schema.org {kind}")
        for part in _locked_parts(node, known):
            yield Evidence("hasPart", part.selector[:MAX_VALUE], f"schema.org {kind}")
        if False in flags:
            for product in things(node, "isPartOf"):
                labels = texts(product, "productID") or texts(product, "name")
                if labels and "Product" in types_of(product):
                    yield Evidence("product", labels[0][:MAX_VALUE], f"schema.org {kind}")


def _broken(page: Page) -> Iterator[Evidence]:
    """What is stated in JSON-LD that is no JSON, where there is no other."""
    for script in page.tree.css('script[type*="ld+json" i]')[:MAX_SCRIPTS]:
        text = script.text() or ""
        if "isAccessibleForFree" in text and _ARTICLE.search(text) is not None:
            said = {value[1].lower() for value in _FREE.finditer(text)}
            if said:
                yield Evidence("isAccessibleForFree", "False" if "false" in said else "True", "broken JSON-LD")
                return


def locked_selectors(page: Page) -> Iterator[str]:
    """The CSS selectors of the parts that the page's article states as locked."""
    known = _by_id(page.nodes)
    for node in main_articles(page):
        for part in _locked_parts(node, known):
            if part.selector:
                yield part.selector


def main_articles(page: Page) -> list[Node]:
    """What is stated of the article that the page is about, often in JSON-LD and in microdata.

    That are those whose address or headline is the page's; where none is known again, the first. One with neither
    address nor headline has no other article to be about.
    """
    candidates = [node for node in _candidates(page) if _NO_ARTICLES.isdisjoint(types_of(node))]
    nameless = [node for node in candidates if not _is_named(node)]
    named = [node for node in candidates if _is_named(node)]
    addresses, headlines = _addresses_of(page), _headlines_of(page)
    same = [node for node in named if not addresses.isdisjoint(_addresses(node)) or _is_titled(node, headlines)]
    chosen = [*(same or named[:1]), *nameless]
    if not any(map(_states, chosen)):
        # A headline for search engines differs from the page's.
        chosen += [node for node in named if _states(node) and not _addresses(node)][:1]
    return chosen


def _candidates(page: Page) -> Iterator[Node]:
    """Articles at the top, and those that a page at the top says it is about."""
    known = _by_id(page.nodes)
    seen: set[int] = set()
    for node in page.nodes:
        is_article = not ARTICLES.isdisjoint(types_of(node))
        about = [] if is_article else [known.get(_id(one), one) for one in things(node, "mainEntity")]
        for one in [node] if is_article else about:
            if id(one) not in seen and not ARTICLES.isdisjoint(types_of(one)):
                seen.add(id(one))
                yield one


def _locked_parts(node: Node, known: Mapping[str, Node]) -> Iterator[_Part]:
    for said in things(node, "hasPart")[:MAX_PARTS]:
        part = known.get(_id(said), said)
        selectors = texts(part, "cssSelector")
        is_other = not selectors and _is_named(part) and not ARTICLES.isdisjoint(types_of(part))
        if not is_other and any(_flag(value) is False for value in _values(part, "isAccessibleForFree")):
            for selector in selectors[:MAX_SELECTORS] or [""]:
                yield _Part(selector)


def _values(node: Node, key: str) -> list[object]:
    said = node.get(key)
    return said[:MAX_PARTS] if isinstance(said, list) else [said]


def _flag(value: object) -> bool | None:
    if isinstance(value, Mapping):
        value = value.get("@value", value.get("@id"))
    return flag_of(str(value)) if isinstance(value, str | bool | int | float) else None


def _by_id(nodes: Iterable[Node]) -> dict[str, Node]:
    """Things by their `@id`, for those that others only refer to."""
    return {name: node for node in reversed(tuple(nodes)) if (name := _id(node)) and len(node) > 1}


def _id(node: Node) -> str:
    name = node.get("@id")
    return name if isinstance(name, str) else ""


def _is_titled(node: Node, headlines: set[str]) -> bool:
    return not headlines.isdisjoint(map(_folded, texts(node, "headline")))


def _states(node: Node) -> bool:
    return "isAccessibleForFree" in node or "hasPart" in node


def _is_named(node: Node) -> bool:
    return any(node.get(key) for key in ("url", "mainEntityOfPage", "headline", "name"))


def _addresses(node: Node) -> set[str]:
    """Addresses that an article gives as its own, in a form in which those of one page are the same."""
    said = [*texts(node, "url"), _id(node)]
    for one in _values(node, "mainEntityOfPage"):
        said += [_id(one), *texts(one, "url")] if isinstance(one, Mapping) else texts({"url": one}, "url")
    return {place for address in said if (place := _place(address))}


def _addresses_of(page: Page) -> set[str]:
    said = (page.url, page.canonical, page.meta("og:url"))
    return {place for address in said if address and (place := _place(address))}


def _headlines_of(page: Page) -> set[str]:
    said = [page.title, page.meta("og:title"), page.meta("twitter:title")]
    said += [heading.text(strip=True) for heading in page.tree.css("h1")[:5]]
    return {folded for headline in said if headline and (folded := _folded(headline))}


def _folded(headline: str) -> str:
    return "".join(c for c in headline[:500].casefold() if c.isalnum())


def _place(address: str) -> str:
    """Host and path of an address; "" for what is none. Fragments count for nothing, nor do parameters but for where
    they alone tell articles apart."""
    try:
        parts = ada_url.URL(address)
    except ValueError:
        return ""
    if parts.protocol not in ("http:", "https:"):
        return ""
    path = str(parts.pathname).rstrip("/")
    query = str(parts.search) if not path or path.endswith((".php", ".asp", ".aspx", ".cgi", ".jsp")) else ""
    return str(parts.hostname).removeprefix("www.") + path + query
