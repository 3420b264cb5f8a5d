"""What a page states of its article in schema.org: the one that the page is about, not those it links to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import ada_url

from db.records import Evidence
from feeds.access.signals import flag_of
from feeds.page import ARTICLES, Node, Page, texts, things, types_of

MAX_PARTS = 50
MAX_SELECTORS = 20
MAX_VALUE = 200
MAX_SCRIPTS = 50
CUT = 60
"""Letters from which on the beginning of a headline is enough: search engines take 110 characters at most."""

_JOINT = re.compile(r" [|–—·»-] ")
_ARTICLE = re.compile(
    r'"@type"\s{0,20}:\s{0,20}\[?\s{0,20}"(?:[A-Za-z]{0,30}Article|BlogPosting|LiveBlogPosting|Report)"'
)
_FREE = re.compile(r'"isAccessibleForFree"\s{0,20}:\s{0,20}"?(?:https?://schema\.org/)?([Tt]rue|[Ff]alse)')


_NO_ARTICLES = frozenset(("Product", "WebSite", "WebPageElement", "ItemList", "Organization"))
"""Beside a type of articles these say that the thing is none: `isPartOf` is often of `CreativeWork` and `Product`."""


def stated_evidence(page: Page) -> Iterator[Evidence]:
    """What the page's article states: whether it is free, which parts of it are not, and what it is sold as.

    That it is free counts only of what surely is the page's article: else a box of others would open a locked one.
    """
    known = _by_id(page.nodes)
    own, likely = main_articles(page)
    if not any(True for _ in _candidates(page)):
        yield from _broken(page)
    for node, is_own in [*((one, True) for one in own), *((one, False) for one in likely)]:
        kind = min(types_of(node) & ARTICLES)
        flags = [flag for value in _values(node, "isAccessibleForFree") if (flag := _flag(value)) is not None]
        for flag in dict.fromkeys(flags):
            if is_own or not flag:
                yield Evidence("isAccessibleForFree", str(flag), f"schema.org {kind}")
        for selector in _locked_parts(node, known):
            yield Evidence("hasPart", selector[:MAX_VALUE], f"schema.org {kind}")
        if False in flags:
            for product in things(node, "isPartOf"):
                labels = texts(product, "productID") or texts(product, "name")
                if labels and "Product" in types_of(product):
                    yield Evidence("product", labels[0][:MAX_VALUE], f"schema.org {kind}")


def _broken(page: Page) -> Iterator[Evidence]:
    """What is stated in JSON-LD that is no JSON, where there is no other; that one of several articles is free tells
    nothing."""
    for script in page.tree.css('script[type*="ld+json" i]')[:MAX_SCRIPTS]:
        text = script.text() or ""
        articles = len(list(islice(_ARTICLE.finditer(text), 2))) if "isAccessibleForFree" in text else 0
        said = {value[1].lower() for value in _FREE.finditer(text)} if articles else set()
        if "false" in said or (said and articles == 1):
            yield Evidence("isAccessibleForFree", "False" if "false" in said else "True", "broken JSON-LD")
            return


def locked_selectors(page: Page) -> Iterator[str]:
    """The CSS selectors of the parts that the page's article states as locked; "" for a part that has none."""
    known = _by_id(page.nodes)
    own, likely = main_articles(page)
    for node in (*own, *likely):
        yield from _locked_parts(node, known)


def main_articles(page: Page) -> tuple[list[Node], list[Node]]:
    """What is stated of the article that the page is about, often in JSON-LD and in microdata: what surely is, and
    what may be.

    Surely are those whose address is the page's, and those without one whose headline is. Those may be that have the
    page's headline and another address, or neither address nor headline, and, where no other states anything, the
    first without an address: headlines for search engines differ from the page's. Another address alone is another
    article's.
    """
    addresses, headlines = _addresses_of(page), _headlines_of(page)
    own: list[Node] = []
    likely: list[Node] = []
    others: list[Node] = []
    for node in _candidates(page):
        places = _addresses(node, page)
        is_elsewhere = any(map(_names_page, places)) and bool(addresses)
        is_titled = _is_titled(node, headlines)
        if not addresses.isdisjoint(places) or (is_titled and not is_elsewhere):
            own.append(node)
        elif is_titled or not (_is_named(node) or is_elsewhere):
            likely.append(node)
        elif not is_elsewhere:
            others.append(node)
    if not any(map(_states, (*own, *likely))):
        likely += [node for node in others if _states(node)][:1]
    return own, likely


def _candidates(page: Page) -> Iterator[Node]:
    """Articles at the top, and those that a page at the top says it is about."""
    known = _by_id(page.nodes)
    seen: set[int] = set()
    for node in page.nodes:
        is_article = not ARTICLES.isdisjoint(types_of(node))
        about = [] if is_article else [known.get(_id(one), one) for one in things(node, "mainEntity")]
        for one in [node] if is_article else about:
            types = types_of(one)
            if id(one) not in seen and not ARTICLES.isdisjoint(types) and _NO_ARTICLES.isdisjoint(types):
                seen.add(id(one))
                yield one


def _locked_parts(node: Node, known: Mapping[str, Node]) -> Iterator[str]:
    """The selectors of the parts of an article that are locked; "" for one that has none."""
    for said in things(node, "hasPart")[:MAX_PARTS]:
        part = known.get(_id(said), said)
        selectors = texts(part, "cssSelector")
        is_other = not selectors and _is_named(part) and not ARTICLES.isdisjoint(types_of(part))
        if not is_other and any(_flag(value) is False for value in _values(part, "isAccessibleForFree")):
            yield from selectors[:MAX_SELECTORS] or [""]


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
    """Whether a headline is the page's, or the beginning of it that a publisher cut."""
    for said in texts(node, "headline"):
        one = _folded(said)
        is_cut = len(one) >= CUT or said.endswith(("…", "..."))
        if one and (one in headlines or (is_cut and any(each.startswith(one) for each in headlines))):
            return True
    return False


def _states(node: Node) -> bool:
    return "isAccessibleForFree" in node or "hasPart" in node


def _is_named(node: Node) -> bool:
    return any(node.get(key) for key in ("url", "mainEntityOfPage", "headline", "name"))


def _addresses(node: Node, page: Page) -> set[str]:
    """Addresses that an article gives as its own, in a form in which those of one page are the same."""
    said = [*_values(node, "url"), _id(node)]
    for one in _values(node, "mainEntityOfPage"):
        said += [_id(one), *_values(one, "url")] if isinstance(one, Mapping) else [one]
    # Only what begins like an address: "#article" is a name within the page, and some say "true" or "WebPage".
    found = [page.absolute(one) if one.startswith("/") else one for one in said if isinstance(one, str)]
    return {place for address in found if address and (place := _place(address))}


def _names_page(place: str) -> bool:
    """Whether an address is of one page rather than of a whole site, which many articles name instead of theirs."""
    return "/" in place or "?" in place


def _addresses_of(page: Page) -> set[str]:
    said = (page.url, page.canonical, page.meta("og:url"))
    return {place for address in said if address and (place := _place(address))}


def _headlines_of(page: Page) -> set[str]:
    """The headlines of the page, without the publication's name; of several headings those that its title names."""
    said = [*page.metas.get("og:title", ()), *page.metas.get("twitter:title", ()), page.title]
    said += [_JOINT.split(one)[0] for one in said]
    titles = {folded for headline in said if (folded := _folded(headline))}
    headings = [_folded(heading.text(strip=True)) for heading in page.tree.css("h1")[:5]]
    return titles | {one for one in headings if one and (len(headings) == 1 or any(one in each for each in titles))}


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
