"""What an element of a page says as one line: as a reader sees it, without what only machines or screen readers get."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from selectolax.lexbor import LexborNode

MAX_TEXT = 600
MAX_NODES = 400
"""Nodes of one element that are looked at: a card of a listing has some dozens."""

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


def text_of(node: LexborNode, *, without: frozenset[int] = frozenset(), hidden: bool = False) -> str:
    """The text of an element on one line; `without` names elements (by `mem_id`) that are left out.

    What is meant for screen readers alone counts only with `hidden`.
    """
    only = node.first_child
    if only is None:
        return ""
    if only.is_text_node and only.next is None:  # most elements
        return fold(only.text_content)
    parts: list[str] = []
    size = count = 0
    waiting: list[LexborNode | str] = [*_children(node)]
    waiting.reverse()
    while waiting and count < MAX_NODES and size < MAX_TEXT:
        one = waiting.pop()
        count += 1
        if isinstance(one, str):
            parts.append(one)
        elif one.is_text_node:
            said = (one.text_content or "")[:MAX_TEXT]
            parts.append(said)
            size += len(said)
        elif one.is_element_node and one.tag not in _SILENT and one.mem_id not in without:
            if not hidden and _is_hidden(one):
                continue
            inner: list[LexborNode | str] = [*_children(one)]
            if one.tag not in _INLINE:
                inner = [" ", *inner, " "]
            waiting += reversed(inner)
    return fold("".join(parts))


def fold(text: str | None) -> str:
    """One line, no longer than a text of a listing is."""
    return " ".join((text or "")[: 4 * MAX_TEXT].split())[:MAX_TEXT]


def words(text: str) -> int:
    """How many words a text has; two CJK characters count as one."""
    count = len(text.split())
    return count if text.isascii() else count + len(_CJK.findall(text)) // 2


def _children(node: LexborNode) -> list[LexborNode]:
    return list(islice(node.iter(include_text=True), MAX_NODES))


def _is_hidden(node: LexborNode) -> bool:
    said = node.attributes
    return "hidden" in said or ("class" in said and not HIDDEN.isdisjoint(classes_of(node)))
