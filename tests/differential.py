"""`python -m tests.differential FOLDER...`: the two parsers of XML, document by document, field by field.

Every file below the folders that looks like XML is read from its tree and by feedparser's strict parser, and what
differs is printed, except for `INTENDED`. Exit code 1 when anything differs otherwise, or an exception escapes.
A file may carry HTTP headers in a comment ("Header: Content-Type: ..."), as in feedparser's own test corpus.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lxml import html

from feeds.errors import ParseError
from feeds.model import Context, Document, Item
from feeds.sources.fallback import read_text
from feeds.sources.feed import FeedResult, parse
from feeds.sources.said import result
from feeds.sources.shape import examine

NOW = datetime(2030, 1, 1, tzinfo=UTC)
BASE = "http://127.0.0.1:8097/feed.xml"
_HEADER = re.compile(rb"^Header:\s+Content-Type:\s*([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]+)", re.IGNORECASE)
_DECLARATION = re.compile(r"\A<\?xml\s[^<>]{0,1000}\?>\s*")
_SPACE = re.compile(r"\s+")

FIELDS = (
    "title url guid published published_precision published_basis updated language label authors categories enclosures"
    " links guid_is_link images comments source rights episode"
).split()
OF_FEED = "title url language ttl update_period earlier skip_hours skip_days".split()


INTENDED = (
    (
        "what stands in a picture or a link of an item says nothing of the item",
        re.compile(rb"<image\b|<link\b[^<>]*[^/<>]>\s*<[^/!]", re.IGNORECASE),
        re.compile(r"item \d+ (title|url|guid|label|source|rights|evidence|summary|content|links|images)\b"),
    ),
    (
        "an item that stands in another ends nothing of it, and the feed keeps its own title",
        re.compile(rb"<item\b(?:(?!</item>).)*<item\b", re.IGNORECASE | re.DOTALL),
        re.compile(r"feed (title|url|language)|item \d+ |\d+ items"),
    ),
    (
        "a link whose type is none is a link",
        re.compile(rb"<link\b[^<>]*\stype=[\"'][^\"'/]*[\"']", re.IGNORECASE),
        re.compile(r"(feed|item \d+) (url|links|enclosures|earlier)\b"),
    ),
)
"""Differences that are meant: why, where (in the bytes of a document), and in which fields."""


@dataclass
class Totals:
    """What a run met: numbers of documents, CPU seconds of either parser, and the differences in words."""

    fast: int = 0
    lenient: int = 0
    json: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    exceptions: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    intended: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    seconds_feedparser: float = 0.0


def document(data: bytes, name: str = "feed.xml", url: str | None = BASE) -> Document:
    """A document with the charset that a comment in it says it was served with."""
    header = _HEADER.search(data[:2000])
    charset = _CHARSET.search(header[1].decode("ascii", "replace")) if header else None
    return Document(name=name, data=data, as_of=NOW, fetched_at=NOW, url=url, charset=charset[1] if charset else None)


def by_feedparser(one: Document, context: Context) -> FeedResult:
    """What feedparser's strict parser makes of a document that the fast path reads. Raises whatever it does."""
    shape = examine(one)
    assert shape.tree is not None
    text = _DECLARATION.sub("", shape.data.decode(), count=1)
    root = str(shape.tree.tag).rpartition("}")[2].lower()
    channel, entries = read_text(text, root, strict=True)
    return result(channel, entries, root == "feed", shape.encoding, one, context, list(shape.warnings))


def compare(one: Document, totals: Totals) -> None:
    """Reads `one` either way and adds to `totals` what differs."""
    start = time.process_time()
    try:
        found = parse(one)
    except ParseError as error:
        totals.refused[_reason(str(error), one.name)] += 1
        return
    except Exception as error:
        totals.exceptions.append(f"{one.name}: {type(error).__name__}: {error}")
        return
    took = time.process_time() - start
    shape = examine(one)
    if shape.tree is None:
        totals.json += shape.kind == "json"
        totals.lenient += shape.kind == "xml"
        return
    totals.fast += 1
    totals.seconds += took
    start = time.process_time()
    try:
        expected = by_feedparser(one, Context())
    except Exception as error:
        totals.intended[f"feedparser cannot read it: {type(error).__name__}"] += 1
        return
    totals.seconds_feedparser += time.process_time() - start
    for difference in differences(found, expected):
        reason = intended(difference, one.data)
        if reason is None:
            totals.differences.append(f"{one.name}: {difference}")
        else:
            totals.intended[reason] += 1


def differences(found: FeedResult, expected: FeedResult) -> Iterator[str]:
    """What of a feed and of each item differs, in words."""
    for name in OF_FEED:
        ours, theirs = getattr(found, name), getattr(expected, name)
        if ours != theirs:
            yield f"feed {name}: {ours!r} instead of {theirs!r}"
    if len(found.items) != len(expected.items):
        yield f"{len(found.items)} items instead of {len(expected.items)}"
    for ours, theirs in zip(found.items, expected.items, strict=False):
        for name, mine, other in _fields(ours, theirs):
            yield f"item {ours.position + 1} {name}: {mine!r} instead of {other!r}"


def _fields(ours: Item, theirs: Item) -> Iterator[tuple[str, Any, Any]]:
    for name in FIELDS:
        mine, other = getattr(ours, name), getattr(theirs, name)
        if mine != other:
            yield name, mine, other
    for name in ("summary", "content"):
        mine, other = getattr(ours, name), getattr(theirs, name)
        if mine != other and canonical(mine) != canonical(other):
            yield name, mine, other
    mine, other = ([(e.signal, e.where, canonical(e.value)) for e in one.evidence] for one in (ours, theirs))
    if mine != other:
        yield "evidence", ours.evidence, theirs.evidence


def canonical(markup: str) -> object:
    """What a browser sees in HTML: its words, and where its links and pictures lead."""
    if "<" not in markup and "&" not in markup:
        return _SPACE.sub(" ", markup).strip(), []
    tree = html.fragment_fromstring(f"<div>{markup}</div>")
    links = [one.get(name) for one in tree.iter() for name in ("href", "src") if one.get(name)]
    return _SPACE.sub(" ", tree.text_content()).strip(), links


def intended(difference: str, data: bytes) -> str | None:
    """Why a difference is meant, if it is."""
    for reason, where, which in INTENDED:
        if which.match(difference) and where.search(data):
            return reason
    return None


def _reason(message: str, name: str) -> str:
    return re.sub(r"\d+", "N", message.removeprefix(f"{name}: "))[:70]


def run(paths: list[Path]) -> Totals:
    """Compares every file below `paths`."""
    totals = Totals()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and not file.name.endswith((".json.expected", ".expected.json", ".py", ".gz", ".z")):
                compare(document(file.read_bytes(), str(file)), totals)
    return totals


def report(totals: Totals) -> list[str]:
    """Lines that say what a run found."""
    lines = [*totals.exceptions, *totals.differences]
    lines.append(f"read from the tree: {totals.fast}, by feedparser alone: {totals.lenient}, JSON: {totals.json}")
    lines.append(f"refused: {totals.refused.total()}")
    lines += [f"  {count} x {reason}" for reason, count in totals.refused.most_common()]
    lines += [f"intended: {count} x {reason}" for reason, count in totals.intended.most_common()]
    if totals.seconds and totals.seconds_feedparser:
        ours, theirs = totals.fast / totals.seconds, totals.fast / totals.seconds_feedparser
        lines.append(f"documents a CPU second: {ours:.0f}; by feedparser {theirs:.0f}; ratio {ours / theirs:.1f}")
    lines.append(f"differences: {len(totals.differences)}, exceptions: {len(totals.exceptions)}")
    return lines


def main() -> None:
    """Compares and reports."""
    folders = [Path(argument) for argument in sys.argv[1:]]
    if not folders or not all(map(Path.exists, folders)):
        sys.exit("give folders, or files, that are there: python -m tests.differential FOLDER...")
    totals = run(folders)
    sys.stdout.write("\n".join(report(totals)) + "\n")
    sys.exit(bool(totals.differences or totals.exceptions))


if __name__ == "__main__":
    main()
