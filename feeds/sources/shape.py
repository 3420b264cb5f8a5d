"""The shape of a document that claims to be a feed: its characters, its root, and what makes parsers slow or wrong.

A document that is cut short, or is no feed at all, is refused here, so that it never looks like a feed whose entries
are gone. Well-formed XML in UTF-8 goes from its bytes to a tree at once; whatever else is decoded, mended and tried
again, and what no strict parser reads is left as text.
"""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from html.entities import html5
from typing import Any, AnyStr, Literal

from lxml import etree

from feeds.discover import discover, is_page
from feeds.errors import ParseError
from feeds.model import Document
from feeds.sources.names import USUAL
from feeds.tree import root_of

MAX_TAG = 65_536
MAX_ATTRIBUTES = 256
"""feedparser is quadratic in attributes: 16,000 of them, 165 kB, take 5.6 s."""

_LONG = 1024
"""Bytes without a "<" from which on a start tag may be too long."""

MAX_DEPTH = 5000
"""Of XML that is not well-formed; in any other lxml stops at 256. 10,000 levels take feedparser 1.1 s."""

MAX_ITEMS = 5000
"""8,000 items take feedparser 1.5 s, 200,000 in 18 MB lxml 1.4 s."""

MAX_MARKS = 500_000
SPREAD = 20
"""What is larger may have one tag, or mark of JSON, in so many bytes: 10 MB of nothing else make 340 MB of objects."""

MAX_REPLACED = 0.01
"""Share of characters that may be lost in decoding."""

ROOTS = ("rss", "rdf", "feed")
"""Local names, in lower case, of the first element of a feed."""

_OTHER_KINDS = {"urlset": "sitemap", "sitemapindex": "sitemap"}
"""First elements that say what else a document is -> the kind of source that reads it."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"\s*(?:<!--(?:[^-]|-(?!->))*+-->\s*)*+<\?xml\b[^<>]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']"
)
_LABEL = re.compile(r"[A-Za-z0-9._:-]{1,40}")
_PROBE = b'<?xml a="b&c"?>+ADw-'
_WHATWG = {"iso8859-1": "cp1252", "latin-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}
"""What the web means by these names (WHATWG Encoding, 4.2)."""

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PAIR = re.compile(
    r"&#(?:[xX]([dD][89abAB][0-9a-fA-F]{2})|(5[56][0-9]{3}));&#(?:[xX]([dD][c-fC-F][0-9a-fA-F]{2})|(5[67][0-9]{3}));"
)
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,10}));")
_BLANK = "\ufeff \t\r\n"
_AMPERSAND = re.compile(
    r"<!\[CDATA\[(?:[^\]]|\](?!\]>))*+|&(?!#\d{1,10};|#x[0-9a-fA-F]{1,8};)(?:([A-Za-z][A-Za-z0-9]{1,31};))?"
)
_OWN = frozenset(("amp;", "lt;", "gt;", "quot;", "apos;"))
_DECLARATION = re.compile(r"\A(?:<!--(?:[^-]|-(?!->))*+-->\s*)*+<\?xml\s[^<>]{0,1000}\?>\s*")
"""With comments before it, which XML forbids and some publish all the same."""

_ENTITIES_OF_HTML = re.compile(
    r"<!DOCTYPE\s+([\w.:-]{1,40})\s*\[\s*"
    r"(?:<!ENTITY\s+%\s+[\w.-]{1,40}\s+PUBLIC\s+([\"'])-//W3C//(?:ENTITIES|DTD) [\w .-]{1,60}//EN\2\s+"
    r"(?:\"[^\"<>]{0,200}\"|'[^'<>]{0,200}')\s*>\s*(?:%[\w.-]{1,40};\s*)?){1,3}\]\s*>",
    re.ASCII,
)
"""A document type that declares HTML's own sets of entities and nothing else, as feeds of Drupal 4 do."""

_NAMESPACE = re.compile(r"(\sxmlns(?::[\w.-]{1,40})?\s*=\s*)(\"[^\"<>]{0,400}\"|'[^'<>]{0,400}')")
_NAME = re.compile(r"<(?:[\w.-]{1,100}:)?([\w.-]{1,100})")
_UNDECLARED = re.compile(r"Namespace prefix ([A-Za-z_][\w.-]{0,40}) ", re.ASCII)
_START_TAG = re.compile(rb"<[A-Za-z_:\x80-\xff](?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+>?")
_ITEM = re.compile(r"<(?:[\w.-]{1,100}:)?(?:item|entry)(?=[\s/>])", re.IGNORECASE)
_LEVEL = re.compile(r"<(/?)[^\W\d][^<>]*?(/?)>")
_VOID = re.compile(r"<(?:br|hr|img|p|li|input|meta|link)(?=[\s/>])[^<>]*>", re.IGNORECASE)

Kind = Literal["xml", "json"]


@dataclass(frozen=True, slots=True)
class Shape:
    """A document that may be a feed.

    `tree` is its root element; None for JSON and for XML that is not well-formed, of which `text` is what to parse:
    without a declaration, and `root` the name of its root element in lower case. `data` are the
    bytes of the tree, in UTF-8.
    """

    kind: Kind
    encoding: str
    root: str = ""
    text: str = ""
    tree: etree._Element | None = None
    data: bytes = b""
    warnings: tuple[str, ...] = ()


def examine(document: Document, roots: tuple[str, ...] = ROOTS, what: str = "feed", *, most: int = MAX_MARKS) -> Shape:
    """Decodes `document` and checks its shape; `roots` are the names of first elements that `what` can have, `most` is
    how many tags or values it may have, however near they are.

    Raises `ParseError` for what is none, is cut short, or is hostile.
    """
    return _at_once(document, roots, most) or _with_care(document, roots, what, most)


def _at_once(document: Document, roots: tuple[str, ...], most: int) -> Shape | None:
    """A well-formed document in UTF-8 with one of `roots`; None for all others."""
    data, encoding = _utf8(document)
    if not data.startswith(b"<") or b"<!ENTITY" in data:
        return None
    _refuse_dense(data, b"<", document.name, most)
    _refuse_slow(data, document.name)
    try:
        tree = _without_entities(_parse(data), data, document.name)
    except etree.XMLSyntaxError:
        return None
    if _local(tree) not in roots:
        return None
    return Shape("xml", encoding, tree=tree, data=data)


def _utf8(document: Document) -> tuple[bytes, str]:
    """The bytes as they are and what makes them UTF-8; empty where they may be anything else."""
    data = document.data
    if data.startswith(codecs.BOM_UTF8):
        return data[len(codecs.BOM_UTF8) :].lstrip(b" \t\r\n"), "utf-8 (BOM)"
    if data.startswith((b"<\0", b"\xff\xfe")):
        return b"", ""
    is_ascii = data.isascii()
    known = ((_codec(label), basis) for label, basis in _labels(document))
    codec, basis = next(one for one in known if one[0] is not None and (is_ascii or one[0] != "ascii"))
    return (data.lstrip(b" \t\r\n"), f"{codec} ({basis})") if is_ascii or codec == "utf-8" else (b"", "")


def _labels(document: Document) -> list[tuple[str, str]]:
    """Names of encodings and what says them, in the order in which they are believed."""
    declared = _DECLARED.match(document.data[:1000])
    return [
        (document.charset or "", "HTTP"),
        (declared[1].decode() if declared else "", "XML declaration"),
        ("utf-8", "default"),
    ]


def _with_care(document: Document, roots: tuple[str, ...], what: str, most: int) -> Shape:
    """A document that is not well-formed, not in UTF-8, JSON, or none of `roots`."""
    text, encoding = decode(document)
    stripped = text.lstrip(_BLANK)
    if not stripped.strip("\0"):
        raise ParseError(f"{document.name}: is empty, so no {what}")
    if stripped.startswith(("{", "[")):
        _refuse_dense(stripped, "{[,", document.name, most)
        return Shape("json", encoding, text=stripped)
    body = _DECLARATION.sub("", stripped, count=1)
    offset = text.count("\n", 0, len(text) - len(body))
    warnings: list[str] = []
    text = _mend(body, warnings)
    if "<!ENTITY" in text:
        # Nothing outside a document is loaded, so a name for what stands there is as good as a list of it.
        end = first_element(text)[1]
        text = _ENTITIES_OF_HTML.sub(r'<!DOCTYPE \1 SYSTEM "html">', text[:end], count=1) + text[end:]
    root, _end = first_element(text)
    if root.casefold() not in roots:
        raise ParseError(f"{document.name}: {_instead(text, root, document.url, what)}")
    data = text.encode()
    _refuse_dense(data, b"<", document.name, most)
    _refuse_slow(data, document.name)
    try:
        tree = _without_entities(_parse(data), data, document.name)
    except etree.XMLSyntaxError as error:
        reason = re.sub(r", line \d+, column \d+.*|\n.*", "", str(error.msg or ""), flags=re.DOTALL)
        reason = f"line {(error.lineno or 1) + offset}: {reason}"
        return _malformed(text, root, document.name, reason, encoding, warnings)
    return Shape("xml", encoding, tree=tree, data=data, warnings=tuple(warnings))


def decode(document: Document) -> tuple[str, str]:
    """The text and which encoding gave it, in the order BOM, HTTP, XML declaration, UTF-8, windows-1252."""
    data = document.data
    for bom, name in _BOMS:
        if data.startswith(bom):
            return _checked(data[len(bom) :] if name == "utf-8" else data, name, document.name), f"{name} (BOM)"
    for start, name in ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"), (b"{\0", "utf-16-le"), (b"\0{", "utf-16-be")):
        if data.startswith(start):
            return _checked(data, name, document.name), f"{name} (recognised)"
    for label, basis in _labels(document):
        codec = _codec(label)
        if codec is not None:
            try:
                return data.decode(codec), f"{codec} ({basis})"
            except UnicodeDecodeError:
                continue
    # Bytes that are no UTF-8 are either a few wrong ones in a UTF-8 document, or another encoding altogether.
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    if sum(not c.isascii() for c in text) - wrong > wrong:
        return _checked(data, "utf-8", document.name), "utf-8 (with replacements)"
    return _checked(data, "cp1252", document.name), "cp1252 (guessed)"


@lru_cache(maxsize=256)
def _codec(label: str) -> str | None:
    """Python's name of an encoding that reads ASCII as ASCII; None for all others, among them UTF-7 and EBCDIC."""
    if _LABEL.fullmatch(label) is None:
        return None
    try:
        name = codecs.lookup(label).name
        known = _PROBE.decode(name) == _PROBE.decode("ascii")
    except (LookupError, ValueError):
        return None
    return _WHATWG.get(name, name) if known else None


def _checked(data: bytes, codec: str, name: str) -> str:
    text = data.decode(codec, "replace")
    if text.count("\ufffd") > len(text) * MAX_REPLACED:
        raise ParseError(f"{name}: is no text in {codec}, or the server declares the wrong charset")
    return text


def _mend(text: str, warnings: list[str]) -> str:
    """`text` without characters and references that XML 1.0 forbids (2.2, Char); surrogate pairs become characters."""
    mended, count = _ILLEGAL.subn("", text)
    if "&#" in mended:
        whole = _REFERENCE.sub(lambda match: match[0] if _is_legal(match) else "", _PAIR.sub(_joined, mended))
        count += whole != mended
        mended = whole
    if count:
        warnings.append("characters that XML forbids were mended")
    return mended


def _joined(match: re.Match[str]) -> str:
    high = int(match[1], 16) if match[1] else int(match[2])
    low = int(match[3], 16) if match[3] else int(match[4])
    if not (0xD800 <= high <= 0xDBFF and 0xDC00 <= low <= 0xDFFF):
        return match[0]
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _is_legal(match: re.Match[str]) -> bool:
    code = int(match[1], 16) if match[1] else int(match[2])
    return code <= 0x10FFFF and _ILLEGAL.match(chr(code)) is None


def first_element(text: str) -> tuple[str, int]:
    """Local name of the first element and where its name ends; empty where there is none."""
    at = text.find("<")
    while at >= 0:
        if text.startswith("<!--", at):
            end = text.find("-->", at + 4)
        elif text.startswith("<?", at):
            end = text.find("?>", at)
        elif text.startswith("<!", at):
            end = text.find(">", at)
            subset = text.find("[", at, end)
            if subset >= 0:
                end = text.find("]", subset)
        else:
            name = _NAME.match(text, at)
            return (name[1], name.end()) if name is not None else ("", 0)
        at = text.find("<", end) if end >= 0 else -1
    return "", 0


def _instead(text: str, root: str, url: str | None, what: str) -> str:
    """What the document at `url` is in place of `what`, and what to do."""
    if not root:
        return f"is neither XML nor JSON, so no {what}"
    kind = "feed" if root.casefold() in ROOTS else _OTHER_KINDS.get(root.casefold())
    if kind is not None:
        return f'is a {kind}, not a {what}: say kind = "{kind}"'
    page = text.encode()
    if not is_page(page):
        return f"is XML with root element <{root[:40]}>, which is no {what}"
    if what != "feed":
        return f"is an HTML page, not a {what}; give the address of its {what}"
    for found in discover(page, url):
        if found.how == "advertised":
            return f"is an HTML page, not a feed; the page advertises {found.url}: use that address"
    return 'is an HTML page, not a feed; give the address of its feed, or say kind = "page" to read its list'


def _refuse_dense(data: AnyStr, marks: AnyStr, name: str, most: int) -> None:
    """Raises `ParseError` for a document that would become far more objects than its length lets expect.

    `marks` are the characters of which each begins an object.
    """
    most = max(most, len(data) // SPREAD)
    if len(data) > most and sum(data.count(marks[at : at + 1]) for at in range(len(marks))) > most:
        raise ParseError(f"{name}: is refused: it has more than {most:,} tags or values, one in {SPREAD} bytes")


def _refuse_slow(data: bytes, name: str) -> None:
    """Raises `ParseError` for a start tag that would keep a parser busy for seconds.

    Goes in leaps from "<" to the last "<" within `_LONG` bytes: only where there is none can a long tag begin.
    """
    at = data.find(b"<")
    while at >= 0:
        leap = data.rfind(b"<", at + 1, at + 1 + _LONG)
        if leap >= 0:
            at = leap
            continue
        end = data.find(b"<", at + _LONG)
        tag = _START_TAG.match(data, at)
        if tag is not None:
            found = tag[0] if tag[0].endswith(b">") else data[at : end if end >= 0 else None]
            if len(found) > MAX_TAG or found.count(b'"') + found.count(b"'") > 2 * MAX_ATTRIBUTES:
                line = data.count(b"\n", 0, at) + 1
                raise ParseError(f"{name}: is refused: line {line}: a start tag of {len(found)} characters")
        at = end


def _parse(data: bytes) -> etree._Element:
    """The root element of well-formed XML in UTF-8, whatever it declares; raises `XMLSyntaxError` for anything else."""
    return root_of(data, encoding="utf-8")


def _local(tree: etree._Element) -> str:
    return str(tree.tag).rpartition("}")[2].lower()


def _without_entities(tree: etree._Element, data: bytes, name: str) -> etree._Element:
    """The tree of `data` with HTML's entities resolved, which a document type outside the document may declare.

    Raises `ParseError` where the document declares any itself.
    """
    dtd: Any = tree.getroottree().docinfo.internalDTD  # its stubs know neither that it may be None nor its entities
    if dtd is None:
        return tree
    if any(True for _ in dtd.iterentities()):
        raise ParseError(f"{name}: is refused: it declares entities of its own")
    if next(tree.iter(etree.Entity), None) is None:
        return tree
    return _parse(escape_ampersands(data.decode()).encode())


def escape_ampersands(text: str) -> str:
    """`text` with the commonest mistake mended: a bare "&", or a name of HTML's.

    feedparser's lenient parser reads "R&D" as "R&D;".
    """
    return _AMPERSAND.sub(_ampersand, text)


def _without_blanks(namespace: re.Match[str]) -> str:
    return namespace[1] + "".join(namespace[2].split())


def _declare_prefixes(text: str, error: etree.XMLSyntaxError) -> str:
    """`text` with the second commonest mended: a prefix that nobody declared means what it always means."""
    log = [str(entry.message) for entry in error.error_log]  # type: ignore[attr-defined]  # not in lxml-stubs
    prefixes = dict.fromkeys(match[1] for line in log if (match := _UNDECLARED.match(line)))
    declarations = "".join(f' xmlns:{prefix}="{USUAL.get(prefix, prefix)}"' for prefix in prefixes)
    at = first_element(text)[1]
    return text[:at] + declarations + text[at:]


def _ampersand(match: re.Match[str]) -> str:
    name = match[1]
    if not match[0].startswith("&") or name in _OWN:
        return match[0]
    known = html5.get(name or "")
    return "&amp;" + (name or "") if known is None else "".join(f"&#{ord(character)};" for character in known)


def _malformed(text: str, root: str, name: str, reason: str, encoding: str, warnings: list[str]) -> Shape:
    """The shape of `text`, where a lenient parser may read it all the same."""
    if "XML_PARSE_HUGE" in reason:
        raise ParseError(f"{name}: is refused: {reason.removesuffix(', use XML_PARSE_HUGE option')}")
    if "<!ENTITY" in text[: first_element(text)[1]]:
        raise ParseError(f"{name}: is refused: it declares entities of its own")
    if re.search(rf"</(?:[\w.-]{{1,100}}:)?{re.escape(root)}\s*>", text, re.IGNORECASE) is None:
        raise ParseError(f"{name}: is cut short: it ends before </{root}> ({reason})")
    comment = text.rfind("<!--")
    if comment >= 0 and text.find("-->", comment) < 0 and text.find("]]>", comment) < 0:
        raise ParseError(f"{name}: is cut short: it ends within a comment ({reason})")
    depth = 0
    for tag in _LEVEL.finditer(_VOID.sub("", text)):
        depth = max(depth - 1, 0) if tag[1] else depth + (not tag[2])
        if depth > MAX_DEPTH:
            raise ParseError(f"{name}: is refused: elements are nested deeper than {MAX_DEPTH}")
    warnings.append(f"not well-formed XML: {reason}")
    end = text.find(">", first_element(text)[1])
    text = _NAMESPACE.sub(_without_blanks, text[:end]) + text[end:]
    data = escape_ampersands(text).encode()
    try:
        return Shape("xml", encoding, tree=_parse(data), data=data, warnings=tuple(warnings))
    except etree.XMLSyntaxError as error:
        data = _declare_prefixes(data.decode(), error).encode()
    with suppress(etree.XMLSyntaxError):
        return Shape("xml", encoding, tree=_parse(data), data=data, warnings=tuple(warnings))
    starts = [match.start() for match in _ITEM.finditer(text)]
    if len(starts) > MAX_ITEMS:
        text = text[: starts[MAX_ITEMS]]
        warnings.insert(0, too_many(len(starts)))
    return Shape("xml", encoding, root.casefold(), text, warnings=tuple(warnings))


def too_many(count: int) -> str:
    """The warning about a document of more than `MAX_ITEMS` items."""
    return f"only the first {MAX_ITEMS} of {count} items were read"
