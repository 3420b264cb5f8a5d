"""The grammar of RFC 4287 (appendix B, in RELAX NG): a second opinion on what the rules find nothing wrong with."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path

from lxml import etree

from feeds.tree import attributes_of
from feeds.validate.rules import Note

_FILE = Path(__file__).with_name("atom.rng")
_MOST_CHILDREN = 1_000
"""Elements in one parent that it is asked about: libxml2 takes quadratic time for more."""


@cache
def _grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(_FILE))


def entry_violation(entry: etree._Element) -> Note | None:
    """What the grammar rejects in an entry: the first thing."""
    return _violation(entry) if _is_judged(entry) else None


def head_violation(root: etree._Element, head: Sequence[etree._Element]) -> Note | None:
    """What the grammar rejects in a feed without its entries; extensions may stand behind them."""
    if len(head) > _MOST_CHILDREN or not all(map(_is_judged, head)):
        return None
    alone = etree.Element(root.tag, dict(attributes_of(root)))
    alone.extend([deepcopy(child) for child in head])
    return _violation(alone)


def _violation(part: etree._Element) -> Note | None:
    grammar = _grammar()
    if grammar.validate(part):
        return None
    error = grammar.error_log[0]
    if "dateTime" in error.message:
        return None  # libxml2 knows no leap second; dates have a rule of their own
    return Note("UndefinedElement", f"the grammar of RFC 4287 rejects it: {error.message.strip()}")


def _is_judged(part: etree._Element) -> bool:
    """Whether libxml2 can tell: it takes an entity that nobody defines, which is told of where it stands, for more than
    there is."""
    return not any(node.tag is etree.Entity or len(node) > _MOST_CHILDREN for node in part.iter())
