"""The rules: each code with its severity, and how to mend what breaks it. Codes are the W3C validator's class names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from feeds.validate import rules_other

Severity = Literal["error", "warning"]

_ERRORS = {
    "AtomLinkNotEmpty": "A link is an empty element; put its text into the title attribute.",
    "DuplicateAtomLink": "Keep one alternate link for each type and hreflang.",
    "DuplicateElement": "Keep one.",
    "DuplicateIds": "Give every entry an id of its own, and a new updated to a new version.",
    "InvalidFullLink": "Give an absolute IRI, such as tag:example.org,2026:1.",
    "InvalidIRI": "Give an address without spaces, quotes, braces or controls; percent-encode them.",
    "InvalidLanguage": "Give a BCP 47 tag, such as en or be-tarask.",
    "InvalidMIMEType": "Give a media type, such as text/html.",
    "InvalidNonNegativeInteger": "Give a whole number of bytes; 0 where it is unknown.",
    "InvalidRFC3339Date": "Write it as 2026-01-31T08:00:00Z.",
    "InvalidTAG": "Write it as tag:authority,2026-01-31:name (RFC 4151), with a lower-case authority.",
    "InvalidTextType": "Use text, html or xhtml.",
    "InvalidURN": "Write it as urn:namespace:name (RFC 8141).",
    "MisplacedMetadata": "Put what describes the feed before its first entry.",
    "MissingAttribute": "Add it.",
    "MissingContentOrAlternate": "Add content, or a link with rel=alternate.",
    "MissingDescription": "Add it.",
    "MissingElement": "Add it.",
    "MissingHref": "Add href.",
    "MissingLink": "Add it.",
    "MissingSummary": "Add a summary: the content is elsewhere or is not text.",
    "MissingTitle": "Add it.",
    "MissingXhtmlDiv": "Wrap the markup in one div of the XHTML namespace.",
    "SAXError": "Write well-formed XML, with nothing before its declaration and no document type.",
    "UndefinedElement": "Take it out, or give it a namespace of its own.",
    "UndefinedNamedEntity": "Write the character itself.",
    "UnexpectedWhitespace": "Take the white space at its ends out.",
}
_WARNINGS = {
    "BadCharacters": "Find where the text was decoded with the wrong encoding.",
    "ContainsHTML": "Make it plain text: readers show markup here in different ways.",
    "ContainsRelRef": "Make it an absolute address.",
    "DangerousStyleAttr": "Take the style attribute out.",
    "DuplicateEntries": "Give every entry an id of its own.",
    "DuplicateUpdated": "Give each entry the moment of its own change.",
    "ImplausibleDate": "Correct it: a year before 1990, or a time to come.",
    "MissingSelf": 'Add <link rel="self" href="..."/> with the feed\'s own address.',
    "MissingTextualContent": "Add a summary or content.",
    "NotBlank": "Fill it, or take it out.",
    "SecurityRisk": "Take the element out: readers drop or distrust it.",
    "SecurityRiskAttr": "Take the attribute out: readers drop or distrust it.",
    "SelfDoesntMatchLocation": "Make rel=self the address under which the feed is served.",
    "UnknownNamespace": "Use a namespace that readers know.",
    "UnregisteredAtomLinkRel": "Use a relation of the IANA list, or an absolute IRI.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule. `line` and `column` count from 1; `message` says what is wrong and how to mend it."""

    severity: Severity
    code: str
    line: int
    column: int
    message: str


class Note(NamedTuple):
    """A finding before it has a place: its code and what is wrong."""

    code: str
    what: str


_ALL_ERRORS = {**rules_other.ERRORS, **_ERRORS}
_ALL_WARNINGS = {**rules_other.WARNINGS, **_WARNINGS}
_NONE: Mapping[str, str] = MappingProxyType({})


def finding(note: Note, line: int, column: int = 1, own: Mapping[str, str] = _NONE) -> Finding:
    """`note` with its place, its severity and its advice; `own` is a format's advice by code, which goes first."""
    severity: Severity = "error" if note.code in _ALL_ERRORS else "warning"
    advice = own.get(note.code) or _ALL_ERRORS.get(note.code) or _ALL_WARNINGS[note.code]
    return Finding(severity, note.code, line, column, f"{note.what}. {advice}")


def shown(value: object) -> str:
    """`value` in a message: its beginning, with what is not printable escaped."""
    text = str(value)
    return ascii(text[:77] + "..." if len(text) > 80 else text)
