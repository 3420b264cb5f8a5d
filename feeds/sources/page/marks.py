"""Signs in a row of a listing that its article is for paying readers: badges and locks."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from feeds.markers import BADGE, has_lock, is_sign, says_paid
from feeds.sources.page.texts import Element, fold

FEW = 3
"""Rows from which on a sign that all of them bear is the template's."""

_FLAGS = frozenset(
    "data-premium data-paywall data-is-premium data-is-paid data-paid data-locked data-subscriber-only data-access "
    "data-content-tier".split()
)
_SET = frozenset("true 1 yes premium paid locked subscriber subscribers".split())
_BADGES = frozenset("span div em i b strong small sup p a label mark li td".split())


def signs_of(elements: Iterable[Element], href: str | None = None, common: Container[str] = ()) -> Iterator[str]:
    """What in a row says that its article costs, as it is said: a badge's class or words.

    `href` is what its headline leads to; a word in another link is the name of a section. `common` are classes that
    say nothing here (`common_classes`).
    """
    sections: set[int] = set()
    for node, tag, said, classes, texts in elements:
        if not tag:
            if has_lock(node.text_content or ""):
                yield "🔒"
            continue
        yield from (token for token in classes if is_sign(token) and token not in common)
        for name, value in said.items():
            if name in _FLAGS and (value or "true").strip().lower() in _SET:
                yield f"{name}={value or ''}"
            elif name in ("title", "alt", "aria-label") and value and says_paid(value[:100]):
                yield fold(value)
        above = node.parent
        if (tag == "a" and said.get("href") not in (None, href)) or (above is not None and above.mem_id in sections):
            sections.add(node.mem_id)
        if tag in _BADGES and (text := texts.of(node, hidden=True, limit=BADGE)) and says_paid(text):
            if node.mem_id not in sections or " " in text:
                yield text


def common_classes(rows: Iterable[Iterable[Element]]) -> frozenset[str]:
    """Classes of badges that every one of three or more rows bears: they are the template's."""
    found = [frozenset(token for one in row for token in one.classes if is_sign(token)) for row in rows]
    return frozenset.intersection(*found) if len(found) >= FEW else frozenset()
