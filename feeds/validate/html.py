"""Markup in texts of a feed: where there should be none, and what is risky, relative or no HTML where it may be.

Scans, not parsers: each looks at every character a bounded number of times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.entities import name2codepoint

from lxml import etree

from feeds.tree import attributes_of
from feeds.validate.rules import Note, shown
from feeds.validate.spaces import prefix_of
from feeds.validate.vocabulary import (
    HTML_ATTRIBUTES,
    HTML_ELEMENTS,
    HTML_OPTIONAL_END,
    HTML_RISKY,
    HTML_SAFE,
    HTML_VOID,
    MATH_ATTRIBUTES,
    MATH_ELEMENTS,
    STYLE_PROPERTIES,
    SVG_ATTRIBUTES,
    SVG_ELEMENTS,
)

_END_TAG = re.compile(r"</(\w+)>")
_ENTITY = re.compile(r"&(#?\w{1,32})")
_WINDOWS = re.compile(r"&#(?:x0*[89][0-9a-fA-F]|0*1(?:2[89]|[34][0-9]|5[0-9]));", re.IGNORECASE)
_LOOSE = re.compile(r"&#[x0-9]|<[/a-zA-Z]")
# A tag's attributes end at `<`, so that a scan from each of many unclosed tags stays linear.
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)((?:[^<>\"']++|\"[^\"]*\"|'[^']*')*+)(>?)")
_ATTRIBUTE = re.compile(r"([^\s=\"'/]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=]+)))?")
_PROPERTY = re.compile(r"[-\w]+")
_STYLE = re.compile(r"(?:[:,;#%.\s\w!/-]|'[\s\w-]*'|\"[\s\w-]*\"|\([\d,\s.%]+\))*+")
_SCHEME = re.compile(r"\w[\w+.-]*:")
_NOT_URI = re.compile(r"[^0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#\u0080-\U0010ffff]")
_RISKY_SCHEMES = frozenset({"javascript", "vbscript", "data"})
_ADDRESSES = frozenset({"href", "src", "poster", "cite", "background", "longdesc"})
_RAW_TEXT = ("script", "style", "textarea", "xmp")
_XHTML = "http://www.w3.org/1999/xhtml"
_FOREIGN = {
    "http://www.w3.org/2000/svg": (SVG_ELEMENTS, SVG_ATTRIBUTES),
    "http://www.w3.org/1998/Math/MathML": (MATH_ELEMENTS, MATH_ATTRIBUTES),
}


def tag_in(text: str) -> str | None:
    """The end tag of HTML that stands in what is said to be plain text."""
    for name in _END_TAG.findall(text):
        if name.lower() in HTML_ELEMENTS:
            return f"</{name}>"
    return None


def entity_in(text: str) -> str | None:
    """A named or numbered character in what is said to be plain text."""
    for name in _ENTITY.findall(text):
        if name in name2codepoint or name == "apos" or not name.isalpha():
            return f"&{name};"
    return None


def looks_like_markup(text: str) -> bool:
    """Whether some reader may take a plain text for markup: `&#` or the beginning of a tag."""
    return _LOOSE.search(text) is not None


def html_notes(html: str, *, relative: bool = False) -> tuple[Note, ...]:
    """Risks in HTML, each kind once; with `relative`, addresses that are; if there is nothing else, what is no HTML."""
    notes: dict[str, Note] = {}
    if "&#" in html and (number := _WINDOWS.search(html)):
        return (Note("NotHtml", f"{number[0]} is no character of HTML"),)
    if "<" not in html:
        return ()
    balance = _Balance()
    seen: set[tuple[str, str]] = set()
    for slash, raw, attributes, closed in _TAG.findall(_without_raw(html)):
        name = raw.lower()
        balance.add(name, end=bool(slash), empty=attributes.endswith("/"), closed=bool(closed))
        if slash or not closed or (name, attributes) in seen:
            continue
        seen.add((name, attributes))
        if name in HTML_RISKY:
            notes.setdefault("SecurityRisk", Note("SecurityRisk", f"there is <{name}> in HTML"))
        elif name not in HTML_SAFE:
            balance.wrong = balance.wrong or f"there is no element <{shown(name)}>"
        if attributes.strip(" /"):
            for note in _attribute_notes(name, attributes, relative):
                notes.setdefault(note.code, note)
    if not notes and (wrong := balance.verdict()):
        return (Note("NotHtml", wrong),)
    return tuple(notes.values())


class _Balance:
    """Whether tags are closed and elements end where they begin."""

    def __init__(self) -> None:
        self.wrong = ""
        self._open: dict[str, int] = {}

    def add(self, name: str, *, end: bool, empty: bool, closed: bool) -> None:
        if not closed:
            self.wrong = self.wrong or f"the tag <{shown(name)} is not closed"
        elif end:
            if name not in HTML_VOID and name not in HTML_OPTIONAL_END:
                count = self._open.get(name, 0)
                if count == 0:
                    self.wrong = self.wrong or f"</{shown(name)}> ends nothing"
                self._open[name] = max(count - 1, 0)
        elif name not in HTML_VOID and name not in HTML_OPTIONAL_END and not empty:
            self._open[name] = self._open.get(name, 0) + 1

    def verdict(self) -> str:
        left = next((name for name, count in self._open.items() if count), None)
        return self.wrong or (f"<{shown(left)}> is not ended" if left else "")


def _without_raw(html: str) -> str:
    """`html` without comments and without what stands in elements that hold no markup."""
    kept = []
    position = 0
    lower = html.lower()
    while (start := lower.find("<!--", position)) >= 0:
        end = lower.find("-->", start)
        if end < 0:
            break
        kept.append(html[position:start])
        position = end + 3
    html = "".join([*kept, html[position:]]) if kept else html
    for name in _RAW_TEXT:
        if f"<{name}" in lower:
            html = _without_inside(html, name)
    return html


def _without_inside(html: str, name: str) -> str:
    lower = html.lower()
    kept = []
    position = 0
    while (start := lower.find(f"<{name}", position)) >= 0:
        begin = lower.find(">", start)
        end = lower.find(f"</{name}", begin)
        if begin < 0 or end < 0:
            break
        kept.append(html[position : begin + 1])
        position = end
    return "".join([*kept, html[position:]])


def _attribute_notes(tag: str, attributes: str, relative: bool) -> Iterator[Note]:
    """What is wrong with the attributes of one tag."""
    for raw, double, single, bare in _ATTRIBUTE.findall(attributes):
        name = raw.lower()
        value = (double or single or bare).strip()
        if "&" in value:
            value = unescape(value).strip()
        yield from _attribute_note(tag, name, value, relative)


def _attribute_note(tag: str, name: str, value: str, relative: bool) -> Iterator[Note]:
    if name == "style":
        if bad := style_risk(value):
            yield Note("DangerousStyleAttr", f"there is the style {shown(bad)} in HTML")
    elif name not in HTML_ATTRIBUTES:
        if not name.startswith(("data-", "aria-")):
            yield Note("SecurityRiskAttr", f"there is the attribute {shown(name)} in HTML")
    elif name == "srcset":
        for candidate in re.split(r",\s+", value) if relative else ():
            if not _SCHEME.match(candidate.strip()):
                yield Note("ContainsRelRef", f"{shown(candidate)} is relative")
    elif name in _ADDRESSES:
        scheme = _SCHEME.match(value)
        if scheme:
            if scheme[0][:-1].lower() in _RISKY_SCHEMES and not value.lower().startswith("data:image/"):
                yield Note("SecurityRiskAttr", f"there is the address {shown(value)} in HTML")
        elif relative:
            wrong = _NOT_URI.search(value) if tag in ("a", "img") else None
            if wrong:
                yield Note("InvalidUriChar", f"there is {shown(wrong[0])} in the address {shown(value)}")
            else:
                yield Note("ContainsRelRef", f"{shown(value)} is relative")


def style_risk(style: str) -> str:
    """What in a style attribute is not known to be harmless."""
    if not _STYLE.fullmatch(style):
        return style
    for declaration in style.split(";"):
        name, colon, value = declaration.partition(":")
        name = name.strip()
        if not name and not colon:
            continue
        if not colon or ":" in value or not _PROPERTY.fullmatch(name):
            return style
        if name.lower() not in STYLE_PROPERTIES:
            return name
    return ""


def xhtml_notes(div: etree._Element) -> Iterator[tuple[etree._Element, Note]]:
    """Risks in XHTML, SVG and MathML, and elements that do not belong there, with the element."""
    skipped: set[etree._Element] = set()
    for element in div.iterdescendants(etree.Element):
        parent = element.getparent()
        if parent in skipped:
            skipped.add(element)
            continue
        namespace, name = _split(str(element.tag))
        if not namespace:
            yield element, Note("MissingNamespace", f"{shown(name)} is in no namespace")
        elif namespace == _XHTML:
            yield from ((element, note) for note in _element_notes(element, name))
        elif namespace in _FOREIGN:
            names, attributes = _FOREIGN[namespace]
            if name not in names:
                yield element, Note("SecurityRisk", f"there is {shown(name)}")
            for attribute, _ in attributes_of(element):
                if attribute[0] != "{" and attribute not in attributes:
                    yield element, Note("SecurityRiskAttr", f"there is the attribute {shown(attribute)}")
        elif prefix := prefix_of(namespace):
            if parent is None or _split(str(parent.tag))[1] != "metadata":
                yield element, Note("UndefinedElement", f"{prefix}:{shown(name)} is no element of this place")
            skipped.add(element)


def _element_notes(element: etree._Element, name: str) -> Iterator[Note]:
    if name in HTML_RISKY:
        yield Note("SecurityRisk", f"there is {shown(name)} in XHTML")
    elif name not in HTML_SAFE:
        yield Note("NotHtml", f"there is no element {shown(name)} in XHTML")
    for attribute, value in attributes_of(element):
        if not attribute.startswith("{"):
            yield from _attribute_note(name, attribute, value.strip(), False)


def _split(tag: str) -> tuple[str, str]:
    namespace, _, name = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
    return namespace, name
