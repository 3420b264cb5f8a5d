"""Sitemaps (https://www.sitemaps.org/protocol.html), their indexes, and Google's rules for news sitemaps
(https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap) and pictures.

A stream, so that 50 MB and 50,000 addresses take no more memory than one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from feeds.validate.addresses import folder, origin, web_note
from feeds.validate.dates import w3cdtf
from feeds.validate.notes import Notes
from feeds.validate.rules import Finding, shown
from feeds.validate.rules_other import SITEMAP_ADVICE
from feeds.validate.stream import Element, encoding_of, walk

MAX_BYTES = 52_428_800
MAX_ADDRESSES = 50_000
MAX_NEWS = 1_000
MAX_PICTURES = 1_000
MAX_LENGTH = 2_048
"""Characters of an address, one more than the protocol admits."""
FRESH = timedelta(days=2)

_OWN = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
_IMAGE = "http://www.google.com/schemas/sitemap-image/1.1"
_ROOTS = {"urlset": "url", "sitemapindex": "sitemap"}
_PARTS = {"url": ("loc", "lastmod", "changefreq", "priority"), "sitemap": ("loc", "lastmod")}
_PIECES = {"news": ("publication", "publication_date", "title"), "publication": ("name", "language")}
_GIVEN_UP = frozenset({"access", "genres", "geo_locations", "keywords", "stock_tickers"})
_PICTURES_GIVEN_UP = frozenset({"caption", "geo_location", "title", "license"})
_FREQUENCIES = frozenset({"always", "hourly", "daily", "weekly", "monthly", "yearly", "never"})
_PRIORITY = re.compile(r"0(?:\.\d+)?|\.\d+|1(?:\.0+)?", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}|zh-(?:cn|tw)", re.IGNORECASE)


def sitemap_findings(data: bytes, *, location: str | None = None, now: datetime | None = None) -> tuple[Finding, ...]:
    """What is wrong with a sitemap or an index, by place. Nothing is raised.

    With `location`, the address it is served under, what it lists has to be of its host, scheme and folder; without, of
    one host. With `now`, news is stale after two days, and times more than a day later are implausible.
    """
    checker = _Checker(location, now)
    if len(data) > MAX_BYTES:
        checker.notes.add((1, 1), "TooLarge", f"the sitemap has {len(data):,} bytes, more than {MAX_BYTES:,}")
    encoding = encoding_of(data)
    if encoding not in ("utf-8", "utf8", "us-ascii", "ascii"):
        checker.notes.add((1, 1), "NotUTF8", f"the sitemap is {encoding.upper()}")
    for fault in walk(data, checker):
        checker.notes.add((fault.line, fault.column), *fault.note)
    return checker.notes.findings(SITEMAP_ADVICE)


class _Checker:
    """Hears the document and gathers what is wrong, each with line and column."""

    def __init__(self, location: str | None, now: datetime | None) -> None:
        self.notes = Notes()
        self._now = now
        self._home = origin(location or "")
        self._scope = folder(location) if location is not None else ""
        self._namespace = ""
        self._listed: dict[bytes, int] = {}
        self._addresses = 0
        self._news = 0
        self._said: set[str] = set()
        self._values: dict[str, Callable[[Element, str], None]] = {
            "loc": self._address,
            "lastmod": self._modified,
            "changefreq": self._frequency,
            "priority": self._priority,
        }
        self._stories: dict[str, Callable[[Element, str], None]] = {
            "publication_date": self._published,
            "language": self._language,
        }

    def begin(self, element: Element, around: Sequence[Element]) -> None:
        if not around:
            self._root(element)
        elif element.namespace == self._namespace and around[-1].namespace == self._namespace:
            self._own(element, around)
        elif "/sitemap-news/" in element.namespace:
            self._story(element, around)
        elif element.namespace == _IMAGE and element.name == "image":
            if around[-1].seen["image"] == MAX_PICTURES + 1:
                self._add(element, "TooMany", f"there are more than {MAX_PICTURES:,} pictures of one address")
        elif not element.namespace:
            self._add(element, "UndefinedElement", f"{shown(element.name)} is in no namespace")

    def end(self, element: Element, around: Sequence[Element]) -> None:
        name = element.name
        if element.namespace == self._namespace:
            self._end_own(element, around)
        elif element.namespace == _NEWS:
            self._end_story(element, around)
        elif element.namespace == _IMAGE and name == "image" and "loc" not in element.seen:
            self._add(element, "MissingElement", "the picture has no loc")
        elif element.namespace == _IMAGE and name in _PICTURES_GIVEN_UP:
            self._once(element, "DeprecatedElement", f"Google has given image:{name} up")

    def _add(self, element: Element, code: str, what: str) -> None:
        self.notes.add((element.line, element.column), code, what)

    def _once(self, element: Element, code: str, what: str) -> None:
        """What is of the whole sitemap, as a rule, is said where it is met first."""
        if what not in self._said:
            self._said.add(what)
            self._add(element, code, what)

    def _root(self, root: Element) -> None:
        self._namespace = root.namespace
        if not root.namespace:
            self._add(root, "MissingNamespace", f"{root.name} is in no namespace, not in {_OWN}")
        elif root.namespace != _OWN:
            old = root.namespace.startswith("http://www.google.com/schemas/sitemap/")
            code = "ObsoleteNamespace" if old else "InvalidNamespace"
            self._add(root, code, f"the namespace is {shown(root.namespace)}, not {_OWN}")

    def _own(self, element: Element, around: Sequence[Element]) -> None:
        name, parent = element.name, around[-1]
        allowed = (_ROOTS.get(parent.name, ""),) if len(around) == 1 else _PARTS.get(parent.name, ())
        if name not in allowed or len(around) > 2:
            self._add(element, "UndefinedElement", f"{shown(name)} is no element of {shown(parent.name)}")
        elif len(around) == 2 and parent.seen[name] > 1:
            self._add(element, "DuplicateElement", f"there is more than one {name}")
        elif len(around) == 1:
            self._addresses += 1
            if self._addresses == MAX_ADDRESSES + 1:
                self._add(element, "TooMany", f"there are more than {MAX_ADDRESSES:,} addresses")

    def _end_own(self, element: Element, around: Sequence[Element]) -> None:
        depth, name, text = len(around), element.name, element.text.strip()
        if depth < 2:
            if text:
                self._add(element, "UnexpectedText", f"there is text in {shown(name)}: {shown(text)}")
            if depth == 0 and name in _ROOTS and _ROOTS[name] not in element.seen:
                self._add(element, "EmptySitemap", "the sitemap lists nothing")
            elif depth == 1 and name in _PARTS and "loc" not in element.seen:
                self._add(element, "MissingElement", f"the {name} has no loc")
        elif depth == 2 and name in self._values:
            self._values[name](element, text)

    def _address(self, element: Element, text: str) -> None:
        if not text:
            self._add(element, "MissingElement", "loc is empty")
            return
        if len(text) >= MAX_LENGTH:
            self._add(element, "TooLong", f"loc has {len(text):,} characters, {MAX_LENGTH - 1:,} are admitted")
        note = web_note(text)
        if note is not None:
            self._add(element, note.code, f"loc: {note.what}")
            return
        # A digest holds its place whatever the address: 50,000 of 2 kB would be 100 MB.
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()
        line = self._listed.get(key)
        if line is not None:
            self._add(element, "DuplicateURL", f"{shown(text)} is listed at line {line} already")
        else:
            self._listed[key] = element.line
        self._place(element, text)

    def _place(self, element: Element, text: str) -> None:
        """Whether an address is where a sitemap may list it (protocol, "Sitemap file location")."""
        home = origin(text)
        if self._home == ("", ""):
            self._home = home
        elif home != self._home:
            host = "://".join(self._home)
            self._once(element, "ForeignHost", f"an address is of {'://'.join(home)[:100]}, not of {host[:100]}")
        elif self._scope and not text.startswith(self._scope):
            self._once(element, "OutsideScope", f"an address is not below {shown(self._scope)}, where the sitemap is")

    def _modified(self, element: Element, text: str) -> None:
        self._dated(element, "lastmod", text)

    def _dated(self, element: Element, name: str, text: str) -> datetime | None:
        """The time that a text tells, after what is wrong with it was noted."""
        note, moment = w3cdtf(text)
        if note is not None:
            self._add(element, note.code, f"{name}: {note.what}")
        elif moment is not None and self._now is not None and moment > self._now + timedelta(days=1):
            self._add(element, "ImplausibleDate", f"{name}: {shown(text)} is still to come")
        return moment

    def _frequency(self, element: Element, text: str) -> None:
        if text not in _FREQUENCIES:
            self._add(element, "InvalidChangeFrequency", f"{shown(text)} is no changefreq")

    def _priority(self, element: Element, text: str) -> None:
        if not _PRIORITY.fullmatch(text):
            self._add(element, "InvalidPriority", f"{shown(text)} is no priority")

    def _story(self, element: Element, around: Sequence[Element]) -> None:
        """The beginning of an element of news."""
        name, parent = element.name, around[-1]
        if element.namespace != _NEWS:
            self._once(element, "InvalidNamespace", f"the namespace of news is {shown(element.namespace)}, not {_NEWS}")
        elif name == "news":
            self._news += 1
            if parent.name != "url":
                self._add(element, "UndefinedElement", f"news:news stands in {shown(parent.name)}, not in url")
            elif parent.seen["news"] > 1:
                self._add(element, "DuplicateElement", "there is more than one news:news of one url")
            if self._news == MAX_NEWS + 1:
                self._add(element, "TooMany", f"there are more than {MAX_NEWS:,} news:news")
        elif name in _GIVEN_UP:
            self._once(element, "DeprecatedElement", f"Google has given news:{name} up")
        elif name not in _PIECES.get(parent.name, ()):
            self._add(element, "UndefinedElement", f"news:{name[:40]} is no element of {shown(parent.name)}")
        elif parent.seen[name] > 1:
            self._add(element, "DuplicateElement", f"there is more than one news:{name}")

    def _end_story(self, element: Element, around: Sequence[Element]) -> None:
        name, text = element.name, element.text.strip()
        for piece in _PIECES.get(name, ()):
            if piece not in element.seen:
                self._add(element, "MissingElement", f"news:{name} has no news:{piece}")
        if name in _PIECES:
            if text:
                self._add(element, "UnexpectedText", f"there is text in news:{name}: {shown(text)}")
        elif name in _PIECES.get(around[-1].name, ()):
            if not text:
                self._add(element, "MissingElement", f"news:{name} is empty")
            elif name in self._stories:
                self._stories[name](element, text)

    def _published(self, element: Element, text: str) -> None:
        if len(text) < len("2026-01-31"):
            self._add(element, "InvalidW3CDTFDate", f"news:publication_date: {shown(text)} names no day")
            return
        moment = self._dated(element, "news:publication_date", text)
        whole_day = timedelta(days=0 if "T" in text else 1)
        if self._now is not None and moment is not None and moment + FRESH + whole_day < self._now:
            self._once(element, "StaleNews", "there is news that is older than two days")

    def _language(self, element: Element, text: str) -> None:
        if not _LANGUAGE.fullmatch(text):
            self._add(element, "InvalidLanguage", f"news:language: {shown(text)} is no language of news")
