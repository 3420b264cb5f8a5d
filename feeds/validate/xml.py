"""XML documents by their family: Atom, RSS, RDF."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from feeds.tree import root_of
from feeds.validate.atom import ATOM, feed_notes
from feeds.validate.rules import Finding, Note, finding

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF"


def xml_findings(data: bytes, *, location: str | None = None, now: datetime | None = None) -> tuple[Finding, ...] | None:
    """What is wrong with an Atom, RSS or RDF document, by place; None where the root is of another family.

    What is no XML has one finding. Nothing is raised.
    """
    try:
        root = root_of(data, whole=True)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        entity = getattr(error, "code", None) == etree.ErrorTypes.ERR_UNDECLARED_ENTITY
        code = "UndefinedNamedEntity" if entity else "SAXError"
        return (finding(Note(code, error.msg or "not XML"), max(line, 1), max(column, 1)),)
    if root.tag == ATOM + "feed":
        found = [finding(note, line) for line, note in feed_notes(root, data, location, now)]
    elif root.tag in ("rss", _RDF):
        found = [finding(note, line) for line, note in _channel_notes(root)]
    else:
        return None
    return tuple(sorted(found, key=lambda finding: finding.line))


def _channel_notes(root: etree._Element) -> Iterator[tuple[int, Note]]:
    channel = root.find("{*}channel")
    if channel is None:
        yield 1, Note("MissingElement", "there is no channel")
        return
    for name, code in (("title", "MissingTitle"), ("link", "MissingLink"), ("description", "MissingDescription")):
        if channel.find("{*}" + name) is None:
            yield channel.sourceline or 1, Note(code, f"the channel has no {name}")
