"""Text constructs: what kind of text an element holds, and its value as plain text or HTML.

The rules are feedparser's, because its readers' expectations are: markup that stands unescaped where text is due is
HTML all the same; text of RSS that looks like HTML is HTML; UTF-8 read as Latin-1 is mended.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from functools import lru_cache
from html.entities import entitydefs
from urllib.parse import urljoin
from xml.sax.saxutils import escape

from lxml import etree

TEXT, HTML, XHTML = "text/plain", "text/html", "application/xhtml+xml"
TEXTUAL = frozenset((TEXT, HTML, XHTML))
_KINDS = {"": HTML, "text": TEXT, "plain": TEXT, "html": HTML, "xhtml": XHTML}

MAX_RESOLVED = 1_000_000
"""Bytes of a document whose relative links are resolved here: 60,000 of them, 700 kB, take 0.3 s."""

ELEMENTS = frozenset(
    "a abbr acronym address area article aside audio b big blockquote br button canvas caption center cite code col"
    " colgroup command datagrid datalist dd del details dfn dialog dir div dl dt em event-source fieldset figcaption"
    " figure font footer form h1 h2 h3 h4 h5 h6 header hr i img input ins kbd keygen label legend li m"
    " map menu meter multicol nav nextid noscript ol optgroup option output p pre progress q s samp section select"
    " small sound source spacer span strike strong sub sup table tbody td textarea tfoot th thead time tr tt u ul var"
    " video".split()
)
"""What counts as an element of HTML where text is taken for HTML."""

VOID = frozenset(
    "area base basefont br col command embed frame hr img input isindex keygen link meta param source track wbr".split()
)
_CLOSING = re.compile(r"</(\w+)>")
_TAG = re.compile(r"</?(\w+)")
_REFERENCE = re.compile(r"&#?\w+;")
_ENTITY = re.compile(r"&(\w+);")
_TWICE = re.compile(rb"\xc3[\x82-\xb4]\xc2")
"""What begins any character that is UTF-8 taken for Latin-1, and then written as UTF-8."""

_C1 = re.compile(rb"\xc2[\x80-\x9f]")
_CP1252 = {code: bytes((code,)).decode("cp1252", "ignore") or chr(code) for code in range(0x80, 0xA0)}
_VOID_PAIR = re.compile(rf"(<({'|'.join(sorted(VOID))})\b[^<>]*)></\2>")

_START = re.compile(r"<([a-zA-Z][a-zA-Z0-9]{0,20})((?:[^<>\"']|\"[^\"<>]*\"|'[^'<>]*')++)>")
_ATTRIBUTE = re.compile(r"(?<![\w-])([a-zA-Z]{1,20})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_LINKS = {
    "href": frozenset(("a", "area", "link")),
    "src": frozenset(("audio", "frame", "iframe", "img", "input", "script", "source", "video")),
    "cite": frozenset(("blockquote", "del", "ins", "q")),
    "longdesc": frozenset(("frame", "iframe", "img")),
    "usemap": frozenset(("img", "input", "object")),
    "codebase": frozenset(("applet", "object")),
    "classid": frozenset(("object",)),
    "data": frozenset(("object",)),
    "background": frozenset(("body",)),
    "action": frozenset(("form",)),
    "profile": frozenset(("head",)),
    "poster": frozenset(("video",)),
}
"""Attributes that hold an address, and of which elements."""

_QUOTE = {'"': "&quot;"}
_SLASHES = re.compile(r"^([A-Za-z][A-Za-z0-9+-.]*://)/+")
_SCHEMES = frozenset(
    "file ftp gopher h323 hdl http https imap magnet mailto mms news nntp prospero rsync rtsp rtspu sftp shttp sip sips"
    " snews svn svn+ssh telnet wais aim callto cvs facetime feed git gtalk irc ircs irc6 itms msnim skype ssh smb"
    " ymsg".split()
)
"""Schemes that a base may have."""


@lru_cache(maxsize=256)
def kind_of(said: str | None, default: str) -> str:
    """The media type of a text construct whose type attribute is `said` (RFC 4287, 3.1.1), without parameters.

    What is no media type ("CDATA") means HTML, for that is what it stands beside.
    """
    if said is None:
        return default
    kind = said.partition(";")[0].strip().lower()
    return _KINDS.get(kind, kind if "/" in kind else HTML)


def is_encoded(kind: str, mode: str | None) -> bool:
    """Whether a construct is base64: Atom 0.3 says it by mode, Atom 1.0 (4.1.3.3) by a type that is neither."""
    return mode == "base64" or not (kind.startswith("text/") or kind.endswith(("+xml", "/xml")))


def decoded(text: str) -> str:
    """base64 text decoded; `text` itself where it is none, or no UTF-8."""
    try:
        return base64.decodebytes(text.encode()).decode()
    except (binascii.Error, UnicodeDecodeError):
        return text


def mended(text: str) -> str:
    """`text` without the two commonest accidents: UTF-8 taken for Latin-1, and windows-1252 numbered as Unicode."""
    if text.isascii():
        return text
    # Searched for as UTF-8, in which one byte, C2, begins all characters from U+0080 to U+00BF and no other.
    raw = text.encode("utf-8", "surrogatepass")
    if b"\xc2" not in raw:
        return text
    if _TWICE.search(raw):
        try:
            text = text.encode("iso-8859-1").decode()
            raw = text.encode()
        except UnicodeError:
            pass
    return text.translate(_CP1252) if _C1.search(raw) else text


def looks_like_html(text: str) -> bool:
    """Whether text of which nobody said what it is can only be HTML: an end tag or a reference, and nothing unknown."""
    if "</" not in text and "&" not in text:
        return False
    if not (_CLOSING.search(text) or _REFERENCE.search(text)):
        return False
    if any(name.lower() not in ELEMENTS for name in _TAG.findall(text)):
        return False
    return all(name in entitydefs for name in _ENTITY.findall(text))


def without_pairs(markup: str) -> str:
    """XHTML as HTML parsers read it: "<br></br>" would be two breaks."""
    return _VOID_PAIR.sub(r"\1 />", markup) if "></" in markup else markup


def inline(element: etree._Element, kind: str, unwrap: bool) -> tuple[str, str]:
    """Kind and value of a construct with elements in it, as HTML.

    With `unwrap` a div around everything is none of the text (RFC 4287, 3.1.1.3). A construct that said it was text is
    HTML from its first element on; a div before that is left out.
    """
    if kind.endswith("xml") and kind != XHTML:
        return kind, ""
    inner = element[0]
    if unwrap and kind == XHTML and len(element) == 1 and _name(inner) == "div":
        if not (element.text or "").strip() and not (inner.tail or "").strip():
            element = inner
    return XHTML, "".join(_inner(element, [kind]))


def _inner(element: etree._Element, kind: list[str]) -> Iterator[str]:
    yield _text(element.text, kind)
    for child in element:
        name = _name(child)
        if kind[0] != XHTML:
            if name == "div":
                yield from _inner(child, kind)
                yield _text(child.tail, kind)
                continue
            kind[0] = XHTML
        said = attributes(child)
        told = "".join([f' {key}="{escape(value, _QUOTE)}"' for key, value in said.items() if not key.startswith("{")])
        if name in VOID:
            yield f"<{name}{told} />"
        else:
            yield f"<{name}{told}>"
            yield from _inner(child, kind)
            yield f"</{name}>"
        yield _text(child.tail, kind)


def attributes(element: etree._Element) -> dict[str, str]:
    """The attributes of `element`, their names in lower case."""
    items: list[tuple[str, str]] = element.items()  # type: ignore[assignment]  # no bytes here, whatever its stubs say
    return {name.lower(): value for name, value in items}


def _text(text: str | None, kind: list[str]) -> str:
    return "" if not text else escape(text) if kind[0] == XHTML else text


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def join(base: str, address: str) -> str:
    """`address` resolved against `base`, which may be relative or empty itself; empty where that is impossible."""
    if ":///" in address:
        address = _SLASHES.sub(r"\1", address)
    if not base:
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return ""


def join_base(outer: str, inner: str) -> str:
    """The base inside an element whose `xml:base` is `inner`: `outer` itself where that cannot be one."""
    base = join(outer, inner)
    return base if not outer or base.strip().split(":", 1)[0] in _SCHEMES else outer


def resolved(markup: str, base: str) -> str:
    """HTML whose relative addresses are absolute."""
    if not base or "=" not in markup:
        return markup
    return _START.sub(lambda match: f"<{match[1]}{_absolute(match[1].lower(), match[2], base)}>", markup)


def _absolute(name: str, attributes: str, base: str) -> str:
    def one(match: re.Match[str]) -> str:
        value = next(group for group in match.groups()[1:] if group is not None).strip()
        address = join(base, value) if name in _LINKS.get(match[1].lower(), ()) else value
        if address == value or address.strip().split(":", 1)[0] not in _SCHEMES:
            return match[0]
        address = address.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
        return f'{match[1]}="{address}"'

    return _ATTRIBUTE.sub(one, attributes)
