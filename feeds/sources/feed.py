"""Feeds of others: RSS 0.9x-2.0, RSS 1.0/RDF, Atom 0.3/1.0 and JSON Feed 1.0/1.1 -> items.

Decoded and checked in `feeds.sources.shape`; then well-formed XML is read from its tree (`feeds.sources.channel`),
other XML by feedparser (`feeds.sources.fallback`), and `feeds.sources.said` makes the same items of what either says.
"""

from __future__ import annotations

import re
from dataclasses import replace

from lxml import etree

from feeds.errors import ParseError
from feeds.log import redact
from feeds.model import Context, Document
from feeds.sources import jsonfeed
from feeds.sources.channel import read_tree
from feeds.sources.fields import FeedResult
from feeds.sources.markup import MAX_RESOLVED
from feeds.sources.said import result
from feeds.sources.shape import Shape, examine, too_many

__all__ = ["FeedResult", "parse"]

_ANYTHING = Context()
_BASE = re.compile(rb"base\s*=")
_LANG = re.compile(rb"lang\s*=")


def parse(document: Document, context: Context = _ANYTHING) -> FeedResult:
    """What the feed in `document` says.

    Titles are plain text, addresses absolute http(s), times UTC; `summary` and `content` are HTML, unsanitised. A
    description without a body beside it is the summary up to 50 words and the body above. An item of which only
    `updated` is known is published then.

    Raises `ParseError` for what is empty, cut short, hostile, or no feed; the message says which.
    """
    document = replace(document, name=redact(document.name))  # it only stands in messages, which are stored
    shape = examine(document)
    if shape.kind == "json":
        return jsonfeed.read(shape, document, context)
    if shape.tree is None:
        return _lenient(shape, document, context)
    return _well_formed(shape.tree, shape, document, context)


def _well_formed(tree: etree._Element, shape: Shape, document: Document, context: Context) -> FeedResult:
    data = shape.data
    has_base = _BASE.search(data) is not None
    resolves = has_base and b"xml:base" in data and len(data) <= MAX_RESOLVED
    try:
        reader = read_tree(tree, has_base=has_base, has_lang=_LANG.search(data) is not None, resolves=resolves)
    except RecursionError as error:  # 256 items in one another need 800 frames
        raise ParseError(f"{document.name}: is refused: items are nested too deep") from error
    if not reader.has_channel and not reader.entries:
        raise _no_channel(document)
    warnings = list(shape.warnings)
    if reader.count > len(reader.entries):
        warnings.insert(0, too_many(reader.count))
    return result(reader.channel, reader.entries, reader.is_atom, shape.encoding, document, context, warnings)


def _lenient(shape: Shape, document: Document, context: Context) -> FeedResult:
    from feeds.sources.fallback import read_text  # most documents need no feedparser

    try:
        channel, entries = read_text(shape.text, shape.root)
    except Exception as error:
        raise ParseError(f"{document.name}: cannot be read: {type(error).__name__}: {str(error)[:200]}") from error
    if not entries and not (channel.title or channel.link or channel.language or channel.ttl):
        raise _no_channel(document)
    return result(channel, entries, shape.root == "feed", shape.encoding, document, context, list(shape.warnings))


def _no_channel(document: Document) -> ParseError:
    return ParseError(f"{document.name}: is XML that only looks like a feed: there is no channel in it")
