"""The grammar of RFC 4287 (appendix B, in RELAX NG): a second opinion on what the rules find nothing wrong with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lxml import etree

from feeds.validate.rules import Note

_FILE = Path(__file__).with_name("atom.rng")
_MOST_ELEMENTS = 2_000
"""Elements of one parent that the grammar is asked about: libxml2 takes quadratic time for more."""


@cache
def _grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(_FILE))


def violations(part: etree._Element) -> Iterator[tuple[etree._Element, Note]]:
    """What the grammar rejects in a feed or in an entry: the first thing, with the part it was found in."""
    if len(part) > _MOST_ELEMENTS:
        return
    grammar = _grammar()
    if not grammar.validate(part):
        error = grammar.error_log[0]
        if "dateTime" in error.message:
            return  # libxml2 knows no leap second; dates have a rule of their own
        yield part, Note(_code(error.type_name), error.message.strip().rstrip("."))


def _code(kind: str) -> str:
    """The class of an error of libxml2."""
    if "ATTR" in kind:
        return "UnexpectedAttribute"
    if any(word in kind for word in ("DATA", "VALUE", "TYPE")):
        return "InvalidValue"
    return "UndefinedElement"
