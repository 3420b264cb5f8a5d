"""What an HTML page says of itself: its tree, metas, and schema.org statements in JSON-LD and microdata.

One pass that access, lists without a feed and the texts of articles share. Of 1,928 real pages with JSON-LD 34 hold
some that is not JSON, 65 say booleans as strings, and lists and `@graph` occur: all of that is levelled here.
"""

from __future__ import annotations

import codecs
import html
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ada_url
from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_BYTES = 2_000_000
GUESSED, SAMPLED = 1_000, 50_000
"""Bytes of a page whose charset is guessed at all, and by how many of them."""

MAX_SCRIPT = 1_000_000
MAX_SCRIPTS = 50
MAX_STATEMENTS = 5_000
MAX_PROPERTIES = 20_000
MAX_DEPTH = 20
MAX_URL = 2_000
MAX_META = 2_000
NEAR = 40
"""Ancestors within which the item of a microdata property is looked for."""

Node = Mapping[str, Any]
"""One schema.org thing: `@type`, and its properties by name, each a value, a thing, or a list of them."""

ARTICLES = frozenset(
    "Article NewsArticle BlogPosting ReportageNewsArticle AnalysisNewsArticle OpinionNewsArticle ReviewNewsArticle "
    "BackgroundNewsArticle AskPublicNewsArticle LiveBlogPosting Report ScholarlyArticle TechArticle SocialMediaPosting "
    "AdvertiserContentArticle SatiricalArticle CreativeWork Review Recipe".split()
)
"""Types whose statements are about an article. `CreativeWork` is Google's own example for paid content."""

_PREFIX = re.compile(r"(?:https?://(?:www\.)?schema\.org/|schema:)")
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w:.-]{1,40})", re.IGNORECASE)
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_AS_READ = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "windows-874": "cp874",
}
"""Labels that browsers read as something else (WHATWG Encoding, 4.2)."""
_NO_CHARSETS = frozenset("idna punycode unicode-escape raw-unicode-escape undefined utf-7".split())
"""Codecs, as Python names them whatever they are called, that make of harmless bytes what is none."""

_WRAPPING = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?://\s*)?(?:-->|\]\]>)\s*$")
_TRAILING = re.compile(r",(\s*[}\]])")

MAX_LEVELS = 512
"""Elements inside one another, as in browsers. A parser of HTML is quadratic in depth: 400,000 levels took 450 s."""

MAX_REOPENED = 200_000
"""Elements that a parser may make because formatting was left open: it opens all of it again in every block."""

MAX_SELF_CLOSED = 10_000
"""Elements that are believed to be closed because they say so: `<path/>` is in SVG, `<div/>` is not. 10,000 levels
more than there should be take 0.3 s."""

_ATTRIBUTE = r"=?[^\s/>=]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"']?[^\s>]*+))?+|="
_TAG = re.compile(rf"<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:[\s/]++|{_ATTRIBUTE})*+)>?")
"""A tag to where a parser of HTML ends it (13.2.5): quoted values may hold both "<" and ">"."""

_ONE = re.compile(_ATTRIBUTE)
MAX_ATTRIBUTES = 1_000
"""Attributes of one element. A parser is quadratic in them: 200,000 took 95 s."""

_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())
_ENDED = frozenset("span sub sup time label abbr cite q".split())
"""Elements that end when what they stand in does."""
_INLINE = _FORMATTING | _ENDED | {"img", "br"}
_ABOVE = 20
"""Open elements above another that are looked at when it ends."""
_UNCOUNTED = frozenset(
    "p li dt dd tr td th tbody thead tfoot option optgroup rt rp area base br col embed hr img input link meta param "
    "source track wbr".split()
)
"""Elements that hold nothing or end when their like begins: they add a level or two, not one each."""
_RAW = frozenset("script style textarea title xmp iframe noembed noframes".split())
"""Elements in which a tag is text."""
_RAW_END = {name: re.compile(f"</{name}", re.IGNORECASE) for name in _RAW}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, parsed. `url` is where it was had, `base` what its relative addresses resolve against.

    `metas` are the contents of each `<meta>` by its `name`, `property` or `itemprop` in lower case. `nodes` are the
    things it states, JSON-LD before microdata, those of lists and `@graph` singly; what is nested in one stays in it.
    `canonical` is absolute, http(s). `markup` is what was parsed: decoded, and cut where it would take too long.
    """

    tree: LexborHTMLParser
    markup: str
    url: str | None
    base: str | None
    title: str
    language: str | None
    canonical: str | None
    metas: Mapping[str, tuple[str, ...]]
    nodes: tuple[Node, ...]

    def meta(self, *names: str) -> str | None:
        """The first content that is not blank, of the first of these names (lower case) that has one."""
        return next((said for name in names for said in self.metas.get(name, ()) if said), None)

    def absolute(self, href: str | None) -> str | None:
        """`href` as an absolute http(s) address; None for any other, and for one that is none."""
        return _absolute(href, self.base)

    def articles(self) -> list[Node]:
        """The things stated at the top that are articles, in their order."""
        return [node for node in self.nodes if not ARTICLES.isdisjoint(types_of(node))]


def read_page(markup: str | bytes, url: str | None = None, *, charset: str | None = None) -> Page:
    """The page in `markup`, of which the first 2 MB count. Never an error: of what is no HTML it says little.

    Bytes are read by their mark, else the transport's `charset`, else what the page declares, else as UTF-8 or
    Windows-1252.
    """
    text = _decode(markup[:MAX_BYTES], charset) if isinstance(markup, bytes) else markup[:MAX_BYTES]
    markup = _shallow(text)
    tree = LexborHTMLParser(markup)
    base = url
    if (element := tree.css_first("base[href]")) is not None:
        base = _absolute(element.attributes.get("href"), url) or url
    title = tree.css_first("title")
    root = tree.css_first("html")
    canonical = tree.css_first('link[rel~="canonical" i][href]')
    return Page(
        tree=tree,
        markup=markup,
        url=url,
        base=base,
        title=_line(title.text()) if title is not None else "",
        language=(root.attributes.get("lang") or "").strip()[:40] or None if root is not None else None,
        canonical=_absolute(canonical.attributes.get("href"), base) if canonical is not None else None,
        metas=_metas(tree),
        nodes=(*_statements(tree), *_microdata(tree)),
    )


def types_of(node: Node) -> frozenset[str]:
    """The names of a thing's types, without the address of the vocabulary."""
    said = node.get("@type")
    names = said if isinstance(said, list) else [said]
    return frozenset(_PREFIX.sub("", name, count=1) for name in names[:20] if isinstance(name, str))


def values(node: Node, key: str) -> list[Any]:
    """What a property holds, one or a list, as a list."""
    said = node.get(key)
    return said if isinstance(said, list) else [] if said is None else [said]


def things(node: Node, key: str) -> list[Node]:
    """The things that a property holds, one or a list."""
    return [one for one in values(node, key) if isinstance(one, Mapping)]


def texts(node: Node, key: str) -> list[str]:
    """What a property says as text, one or a list; of a thing its `name`, else its address."""
    found = []
    for one in values(node, key):
        said = one
        if isinstance(one, Mapping):
            said = next((one[name] for name in ("name", "@value", "@id", "url") if one.get(name)), None)
        if isinstance(said, str | int | float) and (text := _line(html.unescape(str(said)))):
            found.append(text)
    return found


def within(node: Node) -> Iterator[Node]:
    """The thing and every thing inside it, outer ones first, within the bounds of depth and number."""
    level: list[Node] = [node]
    count = 0
    for _ in range(MAX_DEPTH):
        inner: list[Node] = []
        for one in level:
            if count >= MAX_STATEMENTS:
                return
            count += 1
            yield one
            for key in one:
                inner += things(one, key)
        level = inner


def _decode(data: bytes, charset: str | None) -> str:
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data.removeprefix(mark).decode(codec, "replace")
    declared = _CHARSET.search(data[:4096])
    said = declared[1].decode("ascii", "replace").lower() if declared is not None else ""
    if said.startswith("utf-16"):  # in letters of one byte each it cannot be true (WHATWG HTML, 13.2.3.2)
        said = "utf-8"
    for name in (charset or "", said):
        codec = _AS_READ.get(name.strip().lower(), name.strip().lower())
        if codec and "\0" not in codec:
            try:
                # What claims to be UTF-8 and is not was claimed by a server for all its pages: the page knows better.
                if codec in ("utf-8", "utf8"):
                    return codecs.getincrementaldecoder("utf-8")().decode(data)
                return _codec(codec).decode(data, "replace")[0]
            except (LookupError, ValueError):
                continue
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data)  # a character may be cut at the end
    except UnicodeDecodeError:
        return data.decode("cp1252" if said or len(data) < GUESSED else _likeliest(data), "replace")


def _likeliest(data: bytes) -> str:
    """The code page that a page which declares none is most likely in."""
    from charset_normalizer import from_bytes  # 20 ms to load, and hardly ever wanted

    found = from_bytes(data[:SAMPLED]).best()
    return found.encoding if found is not None else "cp1252"


def _shallow(text: str) -> str:
    """`text` up to where a parser of HTML would need more than linear time: most often all of it."""
    waiting: list[str] = []
    unclosed: Counter[str] = Counter()
    formatting = reopened = until = closed = 0
    for tag in _TAG.finditer(text):
        if tag.start() < until:
            continue
        if len(tag[3]) > MAX_ATTRIBUTES and sum(1 for _ in _ONE.finditer(tag[3])) > MAX_ATTRIBUTES:
            return text[: tag.start()]
        name = tag[2].lower()
        if tag[1]:
            if unclosed[name] > 0:
                formatting -= name in _FORMATTING
                _end(name, waiting, unclosed)
            continue
        if name in _RAW:
            end = _RAW_END[name].search(text, tag.end())
            until = end.end() if end is not None else len(text)
            continue
        if tag[3].endswith("/") and closed < MAX_SELF_CLOSED:
            closed += 1
            continue
        if formatting and name not in _INLINE:
            reopened += formatting
        if name not in _UNCOUNTED and not (name == "a" and unclosed["a"]):  # a link ends where the next one begins
            waiting.append(name)
            unclosed[name] += 1
            formatting += name in _FORMATTING
        if len(waiting) > MAX_LEVELS or reopened > MAX_REOPENED:
            return text[: tag.start()]
    return text


def _end(name: str, waiting: list[str], unclosed: Counter[str]) -> None:
    """Takes an element that ends off those that are open, with what ends by it; formatting outlives its parent."""
    for at in range(len(waiting) - 1, max(len(waiting) - 1 - _ABOVE, -1), -1):
        if waiting[at] == name:
            unclosed.subtract(waiting[at:])
            del waiting[at:]
            return
        if waiting[at] not in _ENDED:
            break
    unclosed[name] -= 1
    waiting.remove(name)


def _codec(label: str) -> codecs.CodecInfo:
    """The codec that makes text of bytes: Python calls compressions codecs as well. Raises `LookupError`."""
    codec = codecs.lookup(label)
    if not codec._is_text_encoding or codec.name in _NO_CHARSETS:
        raise LookupError(label)
    return codec


def _metas(tree: LexborHTMLParser) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for element in tree.css("meta[content]")[:MAX_PROPERTIES]:
        said = element.attributes
        content = (said.get("content") or "")[:MAX_META].strip()
        for key in ("name", "property", "itemprop"):
            if name := (said.get(key) or "").strip().lower()[:100]:
                values = found.setdefault(name, [])
                if content not in values[-1:]:
                    values.append(content)
    return {name: tuple(values) for name, values in found.items()}


def _statements(tree: LexborHTMLParser) -> list[Node]:
    """The things of the page's JSON-LD."""
    found: list[Node] = []
    for script in tree.css('script[type*="ld+json" i]')[:MAX_SCRIPTS]:
        text = script.text() or ""
        if len(text) <= MAX_SCRIPT:
            for said in _json(text):
                found += _level(said)
    return found[:MAX_STATEMENTS]


def _level(said: object) -> list[Node]:
    """Things that stand in lists and graphs, singly; a graph's own context says nothing here."""
    found: list[Node] = []
    waiting: list[tuple[object, int]] = [(said, 0)]
    while waiting and len(found) < MAX_STATEMENTS:
        one, depth = waiting.pop()
        if isinstance(one, list) and depth < MAX_DEPTH:
            waiting += [(each, depth + 1) for each in reversed(one)]
        elif isinstance(one, dict):
            if "@type" in one:
                found.append(one)
            if "@graph" in one and depth < MAX_DEPTH:
                waiting.append((one["@graph"], depth + 1))
    return found


def _json(text: str) -> Iterator[object]:
    """The JSON values in `text`, one after the other; nothing from where it is no JSON, however it is mended."""
    text = _WRAPPING.sub("", text).strip().rstrip(";")
    decoder = json.JSONDecoder(strict=False)
    for attempt in (text, _TRAILING.sub(r"\1", text), _TRAILING.sub(r"\1", html.unescape(text))):
        try:
            values = []
            position = 0
            while position < len(attempt):
                value, position = decoder.raw_decode(attempt, position)
                values.append(value)
                while position < len(attempt) and attempt[position] in " \t\r\n,;":
                    position += 1
        except (ValueError, RecursionError):
            continue
        yield from values
        return


def _microdata(tree: LexborHTMLParser) -> list[Node]:
    """The things of the page's microdata (HTML, 5), in the shape of JSON-LD."""
    items: dict[int, dict[str, Any]] = {}
    found: list[Node] = []
    # What matches both selectors is given twice.
    elements = {element.mem_id: element for element in tree.css("[itemtype], [itemprop]")[:MAX_PROPERTIES]}
    for element in elements.values():
        said = element.attributes
        names, kind = (said.get("itemprop") or "").split()[:5], said.get("itemtype")
        thing: dict[str, Any] | None = None
        if kind and "itemscope" in said:
            thing = items[element.mem_id] = {"@type": kind.split()[:5]}
        owner = _owner(element, items) if names else None
        if thing is not None and owner is None:
            found.append(thing)
        if owner is not None:
            value = thing if thing is not None else _value(element)
            for name in names:
                if not name.startswith("@"):
                    _add(owner, name, value)
    return found[:MAX_STATEMENTS]


def _owner(element: LexborNode, items: Mapping[int, dict[str, Any]]) -> dict[str, Any] | None:
    above = element.parent
    for _ in range(NEAR):
        if above is None:
            return None
        if (item := items.get(above.mem_id)) is not None:
            return item
        above = above.parent
    return None


def _add(thing: dict[str, Any], name: str, value: object) -> None:
    if name not in thing:
        thing[name] = value
    elif isinstance(thing[name], list):
        thing[name].append(value)
    else:
        thing[name] = [thing[name], value]


def _value(element: LexborNode) -> str:
    """What an element says as a property: its own content, time or address before its text."""
    said = element.attributes
    for key in ("content", "datetime", "href", "src"):
        if said.get(key):
            return (said[key] or "")[:MAX_META]
    return _line(element.text())


def _line(text: str) -> str:
    return " ".join(text[: 10 * MAX_META].split())[:MAX_META]


def _absolute(href: str | None, base: str | None) -> str | None:
    if not href or len(href) > MAX_URL:
        return None
    try:
        parts = ada_url.URL(href.strip(), base)
    except ValueError:  # neither absolute nor resolvable
        return None
    return str(parts.href) if parts.protocol in ("http:", "https:") else None
