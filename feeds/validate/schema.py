"""The grammar of RFC 4287 (appendix B, in RELAX NG): a second opinion on what the rules find nothing wrong with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lxml import etree

from feeds.validate.rules import Note
from feeds.validate.spaces import ATOM

_FILE = Path(__file__).with_name("atom.rng")
_MOST_CHILDREN = 1_000
"""Elements in one parent, not counting the feed's entries, that it is asked about: libxml2 takes quadratic time."""


@cache
def _grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(_FILE))


def violations(part: etree._Element) -> Iterator[tuple[etree._Element, Note]]:
    """What the grammar rejects in a feed or in an entry: the first thing, with the part it was found in."""
    if any(len(element) > _MOST_CHILDREN for element in part.iterdescendants()) or _crowded(part):
        return
    grammar = _grammar()
    if not grammar.validate(part):
        error = grammar.error_log[0]
        if "dateTime" in error.message:
            return  # libxml2 knows no leap second; dates have a rule of their own
        yield part, Note("UndefinedElement", f"the grammar of RFC 4287 rejects it: {error.message.strip()}")


def _crowded(part: etree._Element) -> bool:
    others = sum(1 for child in part if child.tag != f"{{{ATOM}}}entry")
    return others > _MOST_CHILDREN
