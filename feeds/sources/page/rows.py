"""The rows of a list: what stands around each headline, and what that says of the article."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import islice

from selectolax.lexbor import LexborNode

from feeds.model import Context, Document, Image
from feeds.page import Page
from feeds.sources.page.links import Link, Place, rows_above
from feeds.sources.page.texts import Element, Texts, elements_in, fold, text_of, words
from feeds.sources.page.times import When, day_of, from_day, read_when
from feeds.sources.page.titles import NAMELESS, Title, is_generic

BESIDE = 6
"""Elements after a headline that may belong to it, where rows have no element of their own."""

MAX_ROWS = 500
MAX_PARTS = 10
"""Elements of one row from which on no more are added: an article may be linked from a hundred places."""

ICON = 50
"""Pixels below which a picture is an ornament."""

MAX_INSIDE = 50
"""Elements of one that names sections."""

MAX_NAME = 60
MAX_LABEL = 40
_BLOCKS = frozenset("p div span td dd section summary".split())
_INNER = frozenset("p div td section h1 h2 h3 h4 li a".split())
_TEASER_WORDS = 6
_SUMMARY = re.compile(
    r"(?:[a-z0-9]+[-_]+){0,5}(?:summary|teaser|excerpt|description|desc|standfirst|lead|deck|dek|intro|abstract"
    r"|blurb|snippet|announce|anons|perex|chapo|bajada"
    r"|e-content|p-summary|entry-content|content)(?:[-_]?(?:text|content|p|paragraph|inner|body|copy|wrap))?"
)
_SECTION = re.compile(
    r"(?:[a-z0-9]+[-_]+){0,5}(?:category|categories|cat|cats|cat-links|section|rubric|rubrika|rubrik|rubrics"
    r"|channel|department|p-category)"
    r"(?:[-_]?(?:link|links|name|label|title|text|tag|item|list|badge))?"
)
_AUTHOR = re.compile(
    r"(?:[a-z0-9]+[-_]+){0,5}(?:author|authors|byline|by-line|p-author|contributor|writer|auteur|autor"
    r"|avtor)(?:[-_]?(?:name|names|link|text|info|label|item|list|url))?"
)
_BY = re.compile(
    r"(?:(?:posted |written )?by|von|par|por|di|da|af|av|od|автор(?:ы)?|аўтар(?:ы)?|text|texte|текст)\s*:?\s+",
    re.IGNORECASE,
)
_SOURCES = ("src", "data-src", "data-lazy-src", "data-original", "data-lazy", "data-srcset", "srcset", "data-image")


@dataclass(slots=True)
class Row:
    """One article of the list: `nodes` are the elements (and texts) that speak of it alone."""

    link: Link
    title: Title
    nodes: list[LexborNode]
    under: date | None = None
    elements: list[Element] = field(default_factory=list)


def rows_of(links: list[Link], titles: Mapping[int, Title], context: Context, document: Document) -> list[Row]:
    """A row for each article, where it first stands on the page, with the best headline that any of its links has."""
    layout = _Layout(links, context, document)
    found: dict[str, Row] = {}
    for link, place in zip(links, rows_above(links), strict=True):
        title = titles[link.order]
        row = found.get(link.key)
        nodes, under = layout.around(link, place)
        if row is None:
            found[link.key] = Row(link, title, nodes, under)
            continue
        if row.title < title:
            row.title = title
        if len(row.nodes) < MAX_PARTS:
            known = {node.mem_id for node in row.nodes}
            row.nodes += [node for node in nodes if node.mem_id not in known]
        row.under = row.under or under
    rows = [row for row in found.values() if row.title is not NAMELESS][:MAX_ROWS]
    texts = Texts()
    for row in rows:
        row.elements = elements_in(row.nodes, texts)
    return rows


class _Layout:
    """Where rows end, where they have no elements of their own, and the days they are headed by."""

    def __init__(self, links: list[Link], context: Context, document: Document) -> None:
        self._context, self._document = context, document
        self._holding = {link.node.mem_id for link in links}
        for link in links:
            place: Place | None = link.place
            while place is not None and place.node.mem_id not in self._holding:
                self._holding.add(place.node.mem_id)
                place = place.above
        self._beside: dict[int, dict[int, list[LexborNode]]] = {}
        self._days: dict[int, dict[int, date]] = {}

    def around(self, link: Link, place: Place | None) -> tuple[list[LexborNode], date | None]:
        """The nodes that belong to one headline, its row first, and the day over it."""
        node = place.node if place is not None else link.node
        parent = (place.above if place is not None else None) or link.place
        beside = self._beside.get(parent.node.mem_id)
        if beside is None:
            beside = self._beside[parent.node.mem_id] = self._read(parent.node)
        under: date | None = self._days[parent.node.mem_id].get(node.mem_id)
        child, above = parent, parent.above
        for _ in range(3):
            if under is not None or above is None:
                break
            if above.node.mem_id not in self._days:
                self._beside[above.node.mem_id] = self._read(above.node)
            under = self._days[above.node.mem_id].get(child.node.mem_id)
            child, above = above, above.above
        return [node, *beside.get(node.mem_id, [])], under

    def _read(self, parent: LexborNode) -> dict[int, list[LexborNode]]:
        """What stands beside each child that holds a headline, by its `mem_id`; notes the days that head them."""
        days = self._days[parent.mem_id] = {}
        runs: list[tuple[LexborNode | None, list[LexborNode]]] = [(None, [])]
        headed: dict[int, tuple[date, int]] = {}
        for child in parent.iter(include_text=True):
            if child.mem_id in self._holding:
                runs.append((child, []))
            elif child.is_element_node or fold(child.text_content):
                if len(runs[-1][1]) < BESIDE:
                    runs[-1][1].append(child)
                if (found := self._day(child)) is not None:
                    headed[len(runs)] = found, child.mem_id
        rows = [(row, run) for row, run in runs if row is not None]
        if 1 in headed or 2 * len(headed) < len(rows):  # else each of them belongs to the headline before it
            day: date | None = None
            heads = {heading for _, heading in headed.values()}
            for number, (row, run) in enumerate(runs):
                day = headed[number][0] if number in headed else day
                if row is not None and day is not None:
                    days[row.mem_id] = day
                run[:] = [one for one in run if one.mem_id not in heads]
        if len(rows) < 2 or sum(bool(run) for _, run in rows) < 0.5 * len(rows):
            return {}
        if not rows[-1][1] and runs[0][1]:  # what belongs to a headline stands before it
            return {row.mem_id: run for (row, _), (_, run) in zip(rows, runs, strict=False)}
        return {row.mem_id: run for row, run in rows}

    def _day(self, node: LexborNode) -> date | None:
        if node.is_element_node and node.tag in ("script", "style", "img", "br"):
            return None
        text = text_of(node, limit=45) if node.is_element_node else fold(node.text_content)
        if not 3 < len(text) <= 45:
            return None
        if node.is_element_node and node.tag not in (
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "dt",
            "li",
            "tr",
            "div",
            "p",
            "strong",
            "b",
            "time",
            "header",
            "section",
        ):
            return None
        return day_of(text, self._context, self._document)


def when_of(row: Row, context: Context, document: Document) -> When | None:
    """When the article of a row was published: what the row says, else its address."""
    when = read_when(row.elements, context, document, row.under)
    if when is None and row.link.address.day is not None:
        when = from_day(row.link.address.day, "the date in its address", context, document)
    if when is None and row.under is not None:
        when = from_day(row.under, "the day it stands under", context, document)
    return when


def summary_of(row: Row) -> str:
    """The teaser of a row; empty where there is none, or only the headline again."""
    title = row.title.text.casefold()
    likely: list[Element] = []
    others: list[Element] = []
    held = _held(row.elements)
    for one in row.elements:
        if one.tag in ("p", "dd") or (one.tag in _BLOCKS and any(_role(token) == "summary" for token in one.classes)):
            likely.append(one)
        elif not one.tag or (one.tag in _BLOCKS and held[one.node.mem_id] <= (one.tag != "span")):
            others.append(one)
    for one in (*likely, *others):
        text = one.texts.of(one.node) if one.tag else fold(one.node.text_content)
        folded = text.casefold()
        if words(text) >= _TEASER_WORDS and folded not in title and title not in folded and not is_generic(text):
            return text
    return next((said for node in row.nodes if words(said := _own_text(node)) >= _TEASER_WORDS), "")


def _held(elements: list[Element]) -> Counter[int]:
    """How many blocks and links each element of a row is and holds, by its `mem_id`."""
    held: Counter[int] = Counter()
    for one in reversed(elements):  # what is inside an element stands after it
        held[one.node.mem_id] += one.tag in _INNER
        above = one.node.parent
        held[above.mem_id if above is not None else 0] += held[one.node.mem_id]
    return held


def _own_text(node: LexborNode) -> str:
    """What an element says outside those in it."""
    parts = islice(node.iter(include_text=True), BESIDE) if node.is_element_node else ()
    return fold(" ".join(part.text_content or "" for part in parts if part.is_text_node))


def images_of(row: Row, page: Page) -> tuple[Image, ...]:
    """The first picture of a row that is none of ornament."""
    for one in row.elements:
        if one.tag not in ("img", "source"):
            continue
        width, height = _size(one.said.get("width")), _size(one.said.get("height"))
        if (width is not None and width < ICON) or (height is not None and height < ICON):
            continue
        for name in _SOURCES:
            source = (one.said.get(name) or "").strip().split(",")[0].split(" ")[0]
            if source and not source.startswith("data:") and (url := page.absolute(source)) is not None:
                return (Image(url, width, height),)
    return ()


def authors_of(row: Row) -> tuple[str, ...]:
    """Who wrote the article, as its row says."""
    found: list[str] = []
    for one in row.elements:
        if (
            one.said.get("rel") == "author"
            or one.said.get("itemprop") == "author"
            or any(_role(token) == "author" for token in one.classes)
        ):
            said = one.texts.of(one.node, limit=MAX_NAME).strip(" ,|·•–—-")
            by = _BY.match(said)
            name = said[by.end() :] if by is not None else said
            if _is_name(name) and not any(known in name or name in known for known in found):
                found.append(name)
    return tuple(found)[:5]


def _is_name(text: str) -> bool:
    return 0 < words(text) <= 5 and len(text) <= MAX_NAME and not any(map(str.isdigit, text)) and not is_generic(text)


def sections_of(row: Row) -> tuple[str, ...]:
    """The rubric that a row names, by a link to it or an element that is called so."""
    title = row.title.text.casefold()
    for one in row.elements:
        if "category" in (one.said.get("rel") or "") or any(_role(token) == "section" for token in one.classes):
            links = [each for each in islice(one.node.traverse(), MAX_INSIDE) if each.tag == "a"][:3]
            names = [one.texts.of(each, limit=MAX_NAME).strip(" ,|/#:·•") for each in links or [one.node]]
            found = [name for name in names if _is_label(name) and name.casefold() not in title]
            if found:
                return tuple(dict.fromkeys(found))
    return ()


def _is_label(text: str) -> bool:
    return 0 < words(text) <= 4 and len(text) <= MAX_LABEL and not text.isdecimal() and not is_generic(text)


@lru_cache(maxsize=4096)
def _role(token: str) -> str:
    """What an element of this class is in a row: "summary", "section", "author", or nothing that matters."""
    bare = token.partition("--")[0][:60]
    named = ((_SECTION, "section"), (_AUTHOR, "author"), (_SUMMARY, "summary"))
    return next((role for pattern, role in named if pattern.fullmatch(bare) is not None), "")


def _size(said: str | None) -> int | None:
    digits = (said or "").removesuffix("px")
    return int(digits) if digits.isdecimal() and len(digits) < 6 else None
