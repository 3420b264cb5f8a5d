"""Values of a feed by themselves: ids, addresses, times, plain text, HTML. Each check says what is wrong, or None."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from html.entities import name2codepoint

from feeds.validate.rules import Note, shown

_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:)([0-9]{2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")
_FORBIDDEN = r"\x00-\x20\x7f-\x9f\s<>\"{}|\\^`"
IRI = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*:[^{_FORBIDDEN}]+")
_REFERENCE = re.compile(rf"[^{_FORBIDDEN}]*")
_HTTP = re.compile(r"https?://[^/]", re.IGNORECASE)
_TAG = re.compile(
    r"tag:([a-z0-9._-]+@)?[a-z0-9.-]+,[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?:[0-9A-Za-z;/?:@&=+$.\-_!~*'()%,]*"
    r"(#[0-9A-Za-z;/?:@&=+$.\-_!~*'()%,]*)?"
)
_URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{1,31}:([a-z0-9()+,.:=@;$_!*'/~&-]|%[0-9a-f]{2})+", re.IGNORECASE)
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*|[xXiI](-[A-Za-z0-9]{1,8})+")
MEDIA = re.compile(r"[^\s()<>,;:\\\"/\[\]?=]+/[^\s()<>,;:\\\"/\[\]?=]+(\s*;[^\x00-\x1f]*)?")
_ENTITY = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_END_TAG = re.compile(r"</([a-zA-Z][a-zA-Z0-9]*)>")
# A tag's attributes end at `<`, so that a scan from each of many unclosed tags stays linear.
_START_TAG = re.compile(r"<([a-zA-Z][^\s/<>]*)((?:[^<>\"']++|\"[^\"]*\"|'[^']*')*+)>")
_ATTRIBUTE = re.compile(r"([^\s=\"'/]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=]+)))?")
_STYLE = re.compile(r"position|behaviou?r|expression|binding|javascript|@import|url\s*\(|\\", re.IGNORECASE)
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_RISKY_TAGS = frozenset(
    "applet base basefont body embed frame frameset head html iframe isindex link listing meta noframes object param "
    "plaintext script slot style svg math title xmp".split()
)
_RISKY_ATTRIBUTES = frozenset({"srcdoc", "formaction", "xlink:href"})
_ADDRESSES = frozenset({"href", "src", "poster", "cite", "background", "longdesc"})
_RISKY_SCHEMES = frozenset({"javascript", "vbscript", "data"})
_HTML_TAGS = frozenset(
    "a abbr address article aside audio b blockquote body br button caption center cite code dd del details div dl dt "
    "em embed figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img ins label li link "
    "main mark nav object ol p pre q s script section small span strike strong style sub sup table tbody td th thead "
    "time tr tt u ul video".split()
)


def moment_of(text: str) -> datetime | None:
    """An RFC 3339 time, aware; None for anything else. A leap second counts as the one before."""
    match = _DATE.fullmatch(text[:64])
    if match is None:
        return None
    minute, second, _, zone = match.groups()
    try:
        return datetime.fromisoformat(f"{minute}{'59' if second == '60' else second}{zone}")
    except ValueError:
        return None


def id_note(value: str) -> Note | None:
    """What is wrong with an id or a scheme, which have to be absolute."""
    scheme = value.partition(":")[0].lower()
    if value[:1].isspace() or value[-1:].isspace():
        return Note("UnexpectedWhitespace", f"there is white space around {shown(value.strip())}")
    if scheme == "tag":
        return None if _TAG.fullmatch(value) else Note("InvalidTAG", f"{shown(value)} is no tag URI")
    if scheme == "urn":
        return None if _URN.fullmatch(value) else Note("InvalidURN", f"{shown(value)} is no URN")
    if not IRI.fullmatch(value) or (scheme in ("http", "https") and not _HTTP.match(value)):
        return Note("InvalidFullLink", f"{shown(value)} is no absolute IRI")
    return None


def address_note(value: str) -> Note | None:
    """What is wrong with a link's address, which may be relative (RFC 4287, 4.2.7.1)."""
    scheme = value[:6].partition(":")
    if not _REFERENCE.fullmatch(value) or (
        scheme[1] and scheme[0].lower() in ("http", "https") and not _HTTP.match(value)
    ):
        return Note("InvalidIRI", f"{shown(value)} is no address")
    return None


def markup_note(text: str) -> Note | None:
    """Markup in what is said to be plain text: an end tag of HTML, or a named or numbered character."""
    for name in _END_TAG.findall(text):
        if name.lower() in _HTML_TAGS:
            return Note("ContainsHTML", f"there is </{name}> in plain text")
    for name in _ENTITY.findall(text):
        if name.startswith("#") or name in name2codepoint or name == "apos":
            return Note("ContainsHTML", f"there is &{name}; in plain text")
    return None


def html_notes(html: str) -> tuple[Note, ...]:
    """Risks and relative addresses in HTML, each kind once. A scan of the tags, not a parser."""
    notes: dict[str, Note] = {}
    for name, attributes in dict.fromkeys(_START_TAG.findall(html)):
        if name.lower() in _RISKY_TAGS:
            notes.setdefault("SecurityRisk", Note("SecurityRisk", f"there is <{name.lower()}> in HTML"))
        if attributes.strip():
            for note in _attribute_notes(attributes):
                notes.setdefault(note.code, note)
    return tuple(notes.values())


def _attribute_notes(attributes: str) -> Iterator[Note]:
    """What is wrong with the attributes of one tag."""
    for raw, double, single, bare in _ATTRIBUTE.findall(attributes):
        name = raw.lower()
        value = (double or single or bare).strip()
        if "&" in value:
            value = unescape(value).strip()
        if name.startswith("on") or name in _RISKY_ATTRIBUTES:
            yield Note("SecurityRiskAttr", f"there is the attribute {shown(name)} in HTML")
        elif name == "style" and _STYLE.search(value):
            yield Note("DangerousStyleAttr", f"there is the style {shown(value)} in HTML")
        elif name == "srcset":
            for candidate in re.split(r",\s+", value):
                if not _SCHEME.match(candidate.strip()):
                    yield Note("ContainsRelRef", f"{shown(candidate)} is relative")
        elif name in _ADDRESSES:
            scheme = _SCHEME.match(value)
            if scheme is None:
                yield Note("ContainsRelRef", f"{shown(value)} is relative")
            elif scheme[1].lower() in _RISKY_SCHEMES and not value.lower().startswith("data:image/"):
                yield Note("SecurityRiskAttr", f"there is the address {shown(value)} in HTML")
