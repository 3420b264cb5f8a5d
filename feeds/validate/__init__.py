"""The check of a feed before it is published: RFC 4287 and the rules of the W3C feed validator, by its class names.

Every finding has a place and says how to mend it. One pass over the parsed tree: the time is linear in the size. The
verdict on an entry is kept by its bytes, because the same entry comes by in several feeds of a run and in the next run
again.
"""

from __future__ import annotations

from datetime import datetime

from lxml import etree

from feeds.tree import root_of
from feeds.validate.atom import scene_of
from feeds.validate.encodings import decoded
from feeds.validate.places import Outline
from feeds.validate.rules import Finding, Note, finding, shown
from feeds.validate.spaces import ATOM
from feeds.validate.verdicts import numbered
from feeds.validate.xml import atom_notes, sax_note, xml_findings

__all__ = ["Finding", "check_atom", "xml_findings"]


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
