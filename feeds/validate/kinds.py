"""What a document is, told from its bytes: a family of XML by its root, JSON, an HTML page, or something else."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from feeds.validate.stream import first_element

Kind = Literal["atom", "rss", "rdf", "opml", "sitemap", "json", "html", "xml", "text", "binary", "empty"]

_BEGINNING = 65_536
_NAME = re.compile(r"[A-Za-z_][\w:.-]{0,100}")
_ROOTS: dict[str, Kind] = {
    "feed": "atom",
    "entry": "atom",
    "rss": "rss",
    "RDF": "rdf",
    "opml": "opml",
    "outlineDocument": "opml",
    "urlset": "sitemap",
    "sitemapindex": "sitemap",
    "html": "html",
    "HTML": "html",
}
_JSON_WIDE = re.compile(rb"(?:\xff\xfe|\xfe\xff|\xff\xfe\0\0|\0\0\xfe\xff)?\0{0,3}[\[{]\0")
_NOISE = re.compile(r"[\0-\x08\x0e-\x1a\x1c-\x1f]")
"""Controls that are in no text; ESC is, in ISO-2022."""
_HTML = re.compile(rb"\s*<!doctype\s+html", re.IGNORECASE)
_MAGIC = (
    (b"\x89PNG", "a PNG picture"), (b"GIF8", "a GIF picture"), (b"\xff\xd8\xff", "a JPEG picture"),
    (b"%PDF", "a PDF"), (b"PK\x03\x04", "a ZIP archive"), (b"\x1f\x8b", "packed in gzip"),
    (b"\x28\xb5\x2f\xfd", "packed in zstd"), (b"SQLite format 3\0", "an SQLite database"),
)  # fmt: skip


class Seen(NamedTuple):
    """A document's kind, and the name of its root where it is XML; else what it is in words."""

    kind: Kind
    root: str


_BINARY = Seen("binary", "binary data")


def seen(data: bytes) -> Seen:
    """What `data` is. A root decides, also where what follows is broken."""
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        return Seen("empty", "empty")
    head = data[:_BEGINNING]
    for magic, words in _MAGIC:
        if data.startswith(magic):
            return Seen("binary", words)
    if _JSON_WIDE.match(head):
        return Seen("json", "JSON")
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        return _BINARY if _noisy(head) else Seen("json", "JSON")
    if _HTML.match(head.removeprefix(b"\xef\xbb\xbf")):
        return Seen("html", "html")
    return _rooted(data)


def _rooted(data: bytes) -> Seen:
    """What is told by the first element. expat reads every encoding of XML, but nothing behind a fault; then the first
    tag decides. One of no meaning tells nothing in noise, which has a < and a letter somewhere, nor behind words."""
    root = first_element(data)
    if root is None:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
        root = _first_tag(text)
        if root not in _ROOTS:
            if _NOISE.search(text, 0, _BEGINNING):
                return _BINARY
            if root is None or not text.lstrip("\ufeff \t\r\n").startswith("<"):
                return Seen("text", "plain text")
    return Seen(_ROOTS.get(root, "xml"), root)


def _noisy(head: bytes) -> bool:
    """Whether it is neither UTF-8 nor any text: one alone is a fault of a text, which has a place."""
    text = head.decode("utf-8", "replace")
    return "\ufffd" in text and _NOISE.search(text) is not None


def _first_tag(text: str) -> str | None:
    """The first tag outside comments, instructions and declarations. Every search begins where the last one ended."""
    position = 0
    while (position := text.find("<", position)) >= 0:
        if text.startswith("<!--", position):
            end = text.find("-->", position)
        elif text.startswith(("<?", "<!"), position):
            end = text.find(">", position)
        else:
            found = _NAME.match(text, position + 1)
            if found is not None:
                return found[0].rpartition(":")[2]
            end = position + 1
        if end < 0:
            return None
        position = end
    return None
