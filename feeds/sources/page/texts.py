"""What an element of a page says as one line: as a reader sees it, without what only machines or screen readers get."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from selectolax.lexbor import LexborNode

MAX_TEXT = 600
MAX_NODES = 400
"""Nodes of one element that are looked at: a card of a listing has some dozens."""

MAX_ELEMENTS = 150
"""Elements of one row that are looked at."""

MAX_LOOKS = 500_000
"""Nodes that are looked at for the texts of the rows of one page: 500 rows of 50 elements have less."""

MAX_CLASSES = 30
MAX_CLASS = 2_000
"""Characters of a `class` attribute that count."""

_SILENT = frozenset("script style noscript template svg math iframe object select option button input textarea".split())
_INLINE = frozenset("a abbr b bdi bdo big cite code em font i ins kbd mark q s small strong sub sup tt u wbr".split())
"""Elements that part no words: "Wor<b>ld</b>" is one. A `span` does part them: headlines are built of those."""

HIDDEN = frozenset("sr-only visually-hidden visuallyhidden screen-reader-text screenreader u-hidden hidden".split())
_CJK = re.compile("[぀-ヿ㐀-鿿가-힯]")


def classes_of(node: LexborNode) -> tuple[str, ...]:
    """The tokens of an element's class, in lower case."""
    said = node.attributes.get("class")
    return _tokens(said[:MAX_CLASS]) if said else ()


@lru_cache(maxsize=2048)
def _tokens(said: str) -> tuple[str, ...]:
    """Rows of a list have the same few classes."""
    return tuple(said.lower().split()[:MAX_CLASSES])


class Texts:
    """The texts of elements of one page, each read once, and no more than `MAX_LOOKS` nodes for all of them."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, bool, int], str] = {}
        self._left = MAX_LOOKS

    def of(self, node: LexborNode, *, hidden: bool = False, limit: int = MAX_TEXT) -> str:
        """As `text_of`; empty once too many were looked at: rows within rows take their product else."""
        key = (node.mem_id, hidden, limit)
        if key not in self._known:
            text, looks = _read(node, frozenset(), hidden, limit) if self._left > 0 else ("", 0)
            self._known[key] = text
            self._left -= looks
        return self._known[key]


class Element(NamedTuple):
    """An element of a row, or a text between them (`tag` is empty); `texts` are those of its page."""

    node: LexborNode
    tag: str
    said: dict[str, str | None]
    classes: tuple[str, ...]
    texts: Texts


def elements_in(nodes: Iterable[LexborNode], texts: Texts | None = None) -> list[Element]:
    """The elements of a row in their order, each before those inside it, as many as are looked at."""
    texts = texts or Texts()
    found: list[Element] = []
    for node in nodes:
        if not node.is_element_node:
            found.append(Element(node, "", {}, (), texts))
            continue
        inside = islice(node.traverse(), MAX_ELEMENTS - len(found))
        found += [Element(one, one.tag or "", one.attributes, classes_of(one), texts) for one in inside]
    return found


def text_of(node: LexborNode, *, without: frozenset[int] = frozenset(), limit: int = MAX_TEXT) -> str:
    """The text of an element on one line, a little more than `limit` characters at most; `without` names elements (by
    `mem_id`) that are left out.

    What is meant for screen readers alone counts only in `Texts`, with `hidden`.
    """
    return _read(node, without, False, limit)[0]


def _read(node: LexborNode, without: frozenset[int], hidden: bool, limit: int) -> tuple[str, int]:
    """The text of an element, and how many nodes were looked at."""
    only = node.first_child
    if only is None:
        return "", 1
    if only.is_text_node and only.next is None:  # most elements
        return fold(only.text_content), 1
    parts: list[str] = []
    size = count = 0
    waiting: list[LexborNode | None] = _children(node)
    while waiting and count < MAX_NODES and size <= limit:
        one = waiting.pop()
        count += 1
        if one is None:
            parts.append(" ")
            continue
        tag = one.tag or ""
        if tag == "-text":
            said = (one.text_content or "")[:MAX_TEXT]
            parts.append(said)
            size += len(said)
        elif not tag.startswith(("-", "!")) and tag not in _SILENT and one.mem_id not in without:
            if not hidden and _is_hidden(one):
                continue
            if tag in _INLINE:
                waiting += _children(one)
            else:
                parts.append(" ")
                waiting.append(None)
                waiting += _children(one)
    return fold("".join(parts)), count + len(waiting)


def above(node: LexborNode, most: int) -> Iterator[LexborNode]:
    """The elements around one, the nearest first, so many of them."""
    one = node.parent
    for _ in range(most):
        if one is None:
            return
        yield one
        one = one.parent


def fold(text: str | None) -> str:
    """One line, no longer than a text of a listing is."""
    return " ".join((text or "")[: 4 * MAX_TEXT].split())[:MAX_TEXT]


def words(text: str) -> int:
    """How many words a text has; two CJK characters count as one."""
    count = len(text.split())
    return count if text.isascii() else count + len(_CJK.findall(text)) // 2


def _children(node: LexborNode) -> list[LexborNode | None]:
    """What an element holds, the last first."""
    found: list[LexborNode | None] = list(islice(node.iter(include_text=True), MAX_NODES))
    found.reverse()
    return found


def _is_hidden(node: LexborNode) -> bool:
    said = node.attributes
    return "hidden" in said or ("class" in said and not HIDDEN.isdisjoint(classes_of(node)))
