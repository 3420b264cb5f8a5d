"""The check of any feed, ours before it is published and anybody's: by the rules of its format, with the class names of
the W3C feed validator as codes where that has one.

Every finding has a place and says how to mend it. The time is linear in the size. The verdict on an entry of Atom is
kept by its bytes, because the same entry comes by in several feeds of a run and in the next run again.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import datetime

from lxml import etree

from feeds.tree import root_of
from feeds.validate.atom import scene_of
from feeds.validate.encodings import decoded
from feeds.validate.jsonfeed import encoding_of as json_encoding
from feeds.validate.jsonfeed import json_findings
from feeds.validate.kinds import Kind, Seen, seen
from feeds.validate.notes import bounded
from feeds.validate.opml import opml_findings
from feeds.validate.places import Outline
from feeds.validate.rules import Finding, Note, finding, shown
from feeds.validate.rules_other import UNKNOWN_ADVICE
from feeds.validate.served import media_note
from feeds.validate.sitemap import MAX_BYTES as SITEMAP_BYTES
from feeds.validate.sitemap import sitemap_findings
from feeds.validate.spaces import ATOM
from feeds.validate.verdicts import numbered
from feeds.validate.xml import atom_notes, sax_note, xml_findings

__all__ = [
    "SITEMAP_BYTES",
    "Finding",
    "Kind",
    "Note",
    "check",
    "check_atom",
    "finding",
    "kind_of",
    "shown",
    "text_of",
    "unpacked",
    "xml_findings",
]

MAX_BYTES = 10_000_000
"""Of a document other than a sitemap: readers take no more."""
MAX_TAGS = 1_000_000
"""Beginnings of tags in a document whose tree is built: about 120 MB of memory."""
_GZIP = b"\x1f\x8b"


def check(
    data: bytes, *, location: str | None = None, now: datetime | None = None, media_type: str | None = None
) -> tuple[Finding, ...]:
    """What is wrong with a feed (Atom, RSS, RDF, JSON Feed), an OPML list or a sitemap, by place; empty where all is
    well. Anything else has one finding, which says what it is. gzip, in which sitemaps are served, is unpacked.

    With `location`, the address it is served under, what it says of itself has to agree. With `now`, times more than a
    day later are implausible. `media_type` is that of its Content-Type, empty where a server says none. Text from
    outside may be anything; nothing is raised.
    """
    whole, fault = unpacked(data)
    if fault is not None:
        return (fault,)
    what = seen(whole)
    found = _findings(whole, what, location, now)
    note = None if media_type is None else media_note(what.kind, media_type)
    return bounded([*([] if note is None else [finding(note, 1)]), *found])


def check_atom(data: bytes, *, location: str | None = None, now: datetime | None = None) -> tuple[Finding, ...]:
    """What is wrong with an Atom 1.0 document of our own, in the order of its lines; empty where all is well.

    With `location`, the address it is served under, rel=self has to say the same. With `now`, times more than a day
    later are implausible. Text from outside may be anything; nothing is raised.
    """
    try:
        root = root_of(data)
    except etree.XMLSyntaxError as error:
        line, column, note = sax_note(error)
        return (finding(note, line, column),)
    if root.tag != f"{{{ATOM}}}feed":
        return (finding(Note("UndefinedElement", f"the root is {shown(root.tag)}, not an Atom feed"), 1),)
    notes = atom_notes(scene_of(data, location, own=True), root, data, now)
    if not notes:
        return ()
    outline = Outline(decoded(data).data)
    found = [finding(note, *outline.place(number)) for number, note in numbered(root, notes)]
    return tuple(sorted(found, key=lambda finding: (finding.line, finding.column)))


def kind_of(data: bytes) -> Kind:
    """What a document is, by its beginning."""
    return seen(data).kind


def text_of(data: bytes) -> str:
    """A document as text, for a person to look at; what cannot be decoded is marked."""
    whole, _fault = unpacked(data)
    if kind_of(whole) == "json":
        return whole.decode(json_encoding(whole), "replace")
    return decoded(whole).data.decode("utf-8", "replace")


def unpacked(data: bytes) -> tuple[bytes, Finding | None]:
    """A document without gzip, and what is wrong where it is damaged or unpacks to more than any document may have."""
    if not data.startswith(_GZIP):
        return data, None
    stream = zlib.decompressobj(31)
    try:
        whole = stream.decompress(data, SITEMAP_BYTES + 1)
    except zlib.error:
        return b"", finding(Note("IOError", "the gzip in which it is packed is damaged"), 1)
    if len(whole) > SITEMAP_BYTES:
        return b"", finding(Note("ValidatorLimit", f"it unpacks to more than {SITEMAP_BYTES:,} bytes"), 1)
    if not stream.eof:
        return b"", finding(Note("IOError", "the gzip in which it is packed is cut short"), 1)
    return whole, None


def _findings(data: bytes, what: Seen, location: str | None, now: datetime | None) -> Iterable[Finding]:
    if what.kind == "sitemap":
        return sitemap_findings(data, location=location, now=now)
    if len(data) > MAX_BYTES:
        return [finding(Note("ValidatorLimit", f"it has {len(data):,} bytes, more than {MAX_BYTES:,}"), 1)]
    if what.kind == "json":
        return json_findings(data, location=location, now=now)
    if what.kind == "opml":
        return opml_findings(data)
    if what.kind in ("atom", "rss", "rdf", "xml"):
        if data.count(b"<") > MAX_TAGS:
            return [finding(Note("ValidatorLimit", f"it has more than {MAX_TAGS:,} tags"), 1)]
        found = xml_findings(data, location=location, now=now)
        if found is not None:
            return found
    return [_unknown(what)]


def _unknown(what: Seen) -> Finding:
    """The one finding of a document that is none of ours."""
    if what.kind == "html":
        note = Note("UndefinedElement", "the document is an HTML page, not a feed")
    elif what.kind in ("text", "binary", "empty"):
        note = Note("SAXError", f"the document is {what.root}, not a feed")
    else:
        note = Note("UndefinedElement", f"the document is XML with the root {shown(what.root)}, not a feed")
    return finding(note, 1, 1, UNKNOWN_ADVICE)
