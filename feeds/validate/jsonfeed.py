"""JSON Feed 1.0 and 1.1 (https://jsonfeed.org/version/1.1): every MUST and SHOULD that a document can break.

What the specification calls optional is not asked for. Keys are told by tables: what may stand where, and of which
type; a key that no table has is an error unless it begins with an underscore.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from feeds.validate.dates import EARLIEST_YEAR, moment_of
from feeds.validate.html import entity_in, html_notes, tag_in
from feeds.validate.jsontext import BrokenJson, Places, Value, parse
from feeds.validate.notes import Notes
from feeds.validate.rules import Finding, Note, finding, shown
from feeds.validate.rules_other import JSON_ADVICE
from feeds.validate.values import full_iri, language, media_type

_VERSIONS = {"https://jsonfeed.org/version/1": 0, "https://jsonfeed.org/version/1.1": 1}
_NEARLY = re.compile(r"(?:https?://)?(?:www\.)?jsonfeed\.org/version/1(?:\.[01])?/?", re.IGNORECASE)
_EXTENSION = re.compile(r"_[^\W\d_][^.]*")
_BAD_TEXT = re.compile(r"[\x80-\x9f\ufffd\ud800-\udfff]")

_FEED = {
    "version": "version", "title": "title", "home_page_url": "url", "feed_url": "url", "description": "plain",
    "user_comment": "text", "next_url": "url", "icon": "url", "favicon": "url", "authors": "authors",
    "author": "author", "language": "language", "expired": "flag", "hubs": "hubs", "items": "items",
}  # fmt: skip
_ITEM = {
    "id": "id", "url": "url", "external_url": "url", "title": "plain", "content_html": "html", "content_text": "plain",
    "summary": "plain", "image": "url", "banner_image": "url", "date_published": "date", "date_modified": "date",
    "authors": "authors", "author": "author", "tags": "tags", "language": "language", "attachments": "attachments",
}  # fmt: skip
_AUTHOR = {"name": "text", "url": "url", "avatar": "url"}
_HUB = {"type": "text", "url": "url"}
_ATTACHMENT = {
    "url": "url", "mime_type": "media", "title": "text", "size_in_bytes": "size", "duration_in_seconds": "duration",
}  # fmt: skip
_TELLING = frozenset({"items", "feed_url", "home_page_url"})
"""Keys by which JSON is meant to be a feed."""
_LATER = ("authors", "language")
"""Keys that version 1 did not have."""
_MEANT = {
    "link": "url", "permalink": "url", "guid": "id", "homepage": "home_page_url", "pubdate": "date_published",
    "published": "date_published", "date": "date_published", "updated": "date_modified", "modified": "date_modified",
    "content": "content_html", "body": "content_html", "description": "summary", "categories": "tags",
    "enclosures": "attachments", "enclosure": "attachments", "entries": "items", "subtitle": "description",
    "type": "mime_type", "length": "size_in_bytes", "size": "size_in_bytes", "duration": "duration_in_seconds",
}  # fmt: skip
"""What other formats call it, without underscores and in lower case."""
_NAMES = {str: "a string", dict: "an object", list: "a list", bool: "true or false", int: "a number", float: "a number"}


def json_findings(data: bytes, *, location: str | None = None, now: datetime | None = None) -> tuple[Finding, ...]:
    """What is wrong with a JSON Feed, by place; JSON of another kind lacks `version`. Nothing is raised.

    `location` is the address it is served under; with `now`, times more than a day later are implausible.
    """
    encoding = encoding_of(data)
    notes = Notes()
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace")
        places = Places(before)
        what = f"byte 0x{data[error.start]:02x} is no {encoding.upper()}"
        return (finding(Note("UnicodeError", what), *places.of(len(before)), JSON_ADVICE),)
    if encoding != "utf-8":
        notes.add((0,), "NotUTF8", f"the document is {encoding.upper()}")
    if text.startswith("\ufeff"):
        if encoding == "utf-8":
            notes.add((0,), "UnexpectedByteOrderMark", "there is a byte order mark, which JSON forbids (RFC 8259, 8.1)")
        text = " " + text[1:]  # keeps the offsets
    checker = _Checker(location, now, notes)
    try:
        parsed = parse(text)
        for key, offset in parsed.repeated:
            checker.add(offset, "DuplicateElement", f"the key {shown(key)} stands twice in one object")
        checker.feed(parsed.root)
    except BrokenJson as error:
        checker.add(error.offset, error.code, error.what)
    places = Places(text)
    return notes.findings(JSON_ADVICE, lambda place: places.of(place[0]))


def encoding_of(data: bytes) -> str:
    """UTF-8, or UTF-16 or UTF-32 as its mark or its zero bytes tell (RFC 4627, section 3)."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32-le" if data.startswith(codecs.BOM_UTF32_LE) else "utf-32-be"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16-le" if data.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    zeros = tuple(byte == 0 for byte in data[:4])
    known = {
        (True, True, True, False): "utf-32-be",
        (False, True, True, True): "utf-32-le",
        (True, False, True, False): "utf-16-be",
        (False, True, False, True): "utf-16-le",
    }
    return known.get(zeros, "utf-8") if len(zeros) == 4 else "utf-8"


class _Checker:
    """Gathers `notes`, each with the offset of what is at fault. A `where` is the path of an object, with a dot at its
    end where it is not the feed."""

    def __init__(self, location: str | None, now: datetime | None, notes: Notes) -> None:
        self.notes = notes
        self._location = location
        self._latest = None if now is None else now + timedelta(days=1)
        self._minor = 1
        self._extensions: dict[str, tuple[int, int, bool]] = {}
        self._rules: dict[str, Callable[[Value, str], object]] = {
            "version": self._version, "text": self._text, "plain": self._plain, "title": self._title,
            "html": self._html, "url": self._url, "date": self._date, "language": self._language, "flag": self._flag,
            "media": self._media, "size": self._size, "duration": self._duration, "id": self._id, "tags": self._tags,
            "author": self._author, "authors": self._authors, "hubs": self._hubs, "attachments": self._attachments,
            "items": self._items,
        }  # fmt: skip

    def add(self, offset: int, code: str, what: str) -> None:
        self.notes.add((offset,), code, what)

    def feed(self, root: Value) -> None:
        """The whole document."""
        feed = root.data
        if not isinstance(feed, dict):
            self.add(root.start, "NotJSONFeed", f"the document is {_type(root)}, not an object")
            return
        version = feed.get("version")
        said = version.data if version is not None else None
        if not (feed.keys() & _TELLING or (isinstance(said, str) and "jsonfeed" in said)):
            self.add(
                root.start, "NotJSONFeed", "the document is JSON, but no JSON Feed: it has neither items nor a version"
            )
            return
        self._minor = _VERSIONS.get(said, 1) if isinstance(said, str) else 1
        for key in ("version", "title", "items"):
            if key not in feed:
                self.add(root.start, "MissingElement", f"the feed has no {key}")
        if "home_page_url" not in feed:
            self.add(root.start, "MissingRecommendedElement", "the feed has no home_page_url")
        self._members(feed, _FEED, "")
        self._addresses(root, feed)
        for name, (offset, uses, about) in self._extensions.items():
            if uses > 1 and not about:
                self.add(
                    offset,
                    "MissingAbout",
                    f"the extension {shown(name)} is used {uses} times and says nowhere what it is",
                )

    def _addresses(self, root: Value, feed: Mapping[str, Value]) -> None:
        own, following = feed.get("feed_url"), feed.get("next_url")
        if own is None:
            self.add(root.start, "MissingSelf", "the feed has no feed_url")
        elif self._location is not None and isinstance(own.data, str) and own.data != self._location:
            self.add(own.start, "SelfDoesntMatchLocation", f"feed_url is not {shown(self._location)}")
        if following is not None and isinstance(following.data, str) and following.data:
            if following.data == self._location or (own is not None and following.data == own.data):
                self.add(following.start, "NextMatchesSelf", "next_url is the feed's own address")

    def _members(self, members: Mapping[str, Value], known: Mapping[str, str], where: str) -> None:
        """Every key of an object, by the table of its place."""
        for key, member in members.items():
            kind = known.get(key)
            if kind is not None:
                self._rules[kind](member, where + key)
            elif key.startswith("_"):
                self._extension(member, key, where)
            else:
                meant = _meant(key, known)
                hint = f"; {meant} may be meant" if meant is not None else ""
                self.add(member.key_start, "UndefinedElement", f"{where}{_bare(key)} is no key of JSON Feed{hint}")
        if known is _FEED or known is _ITEM:
            self._versioned(members, where)

    def _versioned(self, members: Mapping[str, Value], where: str) -> None:
        """Keys of one version in a feed of the other."""
        if self._minor == 0:
            for key in _LATER:
                if key in members:
                    self.add(members[key].key_start, "UndefinedInVersion", f"{where}{key} is not known to version 1")
        elif "author" in members and "authors" not in members:
            self.add(members["author"].key_start, "DeprecatedElement", f"{where}author is of version 1")

    def _extension(self, value: Value, name: str, where: str) -> None:
        if not _EXTENSION.fullmatch(name):
            self.add(value.key_start, "InvalidExtension", f"{where}{_bare(name)} is no name of an extension")
        if not isinstance(value.data, dict):
            what = f"the extension {where}{_bare(name)} is {_type(value)}, not an object"
            self.add(value.start, "InvalidExtension", what)
            return
        first, uses, about = self._extensions.get(name, (value.key_start, 0, False))
        self._extensions[name] = (first, uses + 1, about or "about" in value.data)
        for key, member in value.data.items():
            if "." in key or key.startswith("_"):
                what = f"the key {shown(key)} of {where}{_bare(name)} has a dot or begins with an underscore"
                self.add(member.key_start, "InvalidExtension", what)

    def _mistyped(self, value: Value, where: str, wanted: str) -> None:
        self.add(value.start, "InvalidValueType", f"{where} is {_type(value)}, not {wanted}")

    def _string(self, value: Value, where: str) -> str | None:
        """The string that a value has to be; None, and a note, where it is none. So do the three that follow."""
        if isinstance(value.data, str):
            return value.data
        self._mistyped(value, where, "a string")
        return None

    def _number(self, value: Value, where: str) -> int | float | None:
        if isinstance(value.data, int | float) and not isinstance(value.data, bool):
            return value.data
        self._mistyped(value, where, "a number")
        return None

    def _object(self, value: Value, where: str) -> dict[str, Value] | None:
        if isinstance(value.data, dict):
            return value.data
        self._mistyped(value, where, "an object")
        return None

    def _list(self, value: Value, where: str) -> Iterator[tuple[str, Value]]:
        """The values of a list, each with its path."""
        if isinstance(value.data, list):
            for number, each in enumerate(value.data):
                yield f"{where}[{number}]", each
        else:
            self._mistyped(value, where, "a list")

    def _text(self, value: Value, where: str) -> str | None:
        text = self._string(value, where)
        if text is not None and _BAD_TEXT.search(text):
            self.add(value.start, "BadCharacters", f"{where} has a C1 control, U+FFFD or half a surrogate pair")
        return text

    def _plain(self, value: Value, where: str) -> str | None:
        text = self._text(value, where)
        if text is not None and ("<" in text or "&" in text) and (markup := tag_in(text) or entity_in(text)):
            self.add(value.start, "ContainsHTML", f"{where}: there is {shown(markup)[1:-1]} in plain text")
        return text

    def _title(self, value: Value, where: str) -> None:
        text = self._plain(value, where)
        if text is not None and not text.strip():
            self.add(value.start, "NotBlank", f"{where} is empty")

    def _html(self, value: Value, where: str) -> None:
        for note in html_notes(self._text(value, where) or "", relative=True):
            self.add(value.start, note.code, f"{where}: {note.what}")

    def _version(self, value: Value, where: str) -> None:
        text = self._string(value, where)
        if text is not None and text not in _VERSIONS:
            nearly = "not quite a" if _NEARLY.fullmatch(text) else "no"
            self.add(value.start, "InvalidJSONFeedVersion", f"{shown(text)} is {nearly} version of JSON Feed")

    def _url(self, value: Value, where: str) -> None:
        text = self._string(value, where)
        if text is not None and (note := full_iri(text)) is not None:
            self.add(value.start, note.code, f"{where}: {note.what}")

    def _date(self, value: Value, where: str) -> None:
        text = self._string(value, where)
        if text is None:
            return
        moment = moment_of(text[:64].upper())
        if moment is None:
            code = "UnexpectedWhitespace" if moment_of(text.strip()[:64].upper()) else "InvalidRFC3339Date"
            self.add(value.start, code, f"{where}: {shown(text)} is no RFC 3339 time")
        elif moment.year < EARLIEST_YEAR:
            self.add(value.start, "ImplausibleDate", f"{where}: {shown(text)} cannot be right")
        elif self._latest is not None and moment > self._latest:
            self.add(value.start, "ImplausibleDate", f"{where}: {shown(text)} is still to come")

    def _language(self, value: Value, where: str) -> None:
        text = self._string(value, where)
        if text is not None and (note := language(text)) is not None:
            self.add(value.start, note.code, f"{where}: {note.what}")

    def _flag(self, value: Value, where: str) -> None:
        if not isinstance(value.data, bool):
            self._mistyped(value, where, "true or false")

    def _media(self, value: Value, where: str) -> None:
        text = self._string(value, where)
        if text is not None and (note := media_type(text)) is not None:
            self.add(value.start, note.code, f"{where}: {note.what}")

    def _size(self, value: Value, where: str) -> None:
        number = self._number(value, where)
        if number is not None and not (number >= 0 and number == number // 1):  # 12 and 12.0 are one number in JSON
            self.add(value.start, "InvalidNonNegativeInteger", f"{where}: {shown(number)} is no number of bytes")

    def _duration(self, value: Value, where: str) -> None:
        number = self._number(value, where)
        if number is not None and number < 0:
            self.add(value.start, "InvalidNonNegativeInteger", f"{where}: {shown(number)} is no number of seconds")

    def _id(self, value: Value, where: str) -> None:
        text = self._string(value, where)
        if text is not None and not text.strip():
            self.add(value.start, "MissingElement", f"{where} is empty")

    def _tags(self, value: Value, where: str) -> None:
        for name, tag in self._list(value, where):
            self._text(tag, name)

    def _author(self, value: Value, where: str) -> None:
        author = self._object(value, where)
        if author is not None:
            self._members(author, _AUTHOR, where + ".")
            if not author.keys() & _AUTHOR.keys():
                self.add(value.start, "MissingElement", f"{where} has neither name, url nor avatar")

    def _authors(self, value: Value, where: str) -> None:
        for name, author in self._list(value, where):
            self._author(author, name)

    def _hubs(self, value: Value, where: str) -> None:
        self._objects(value, where, _HUB, ("type", "url"))

    def _attachments(self, value: Value, where: str) -> None:
        self._objects(value, where, _ATTACHMENT, ("url", "mime_type"))

    def _objects(self, value: Value, where: str, known: Mapping[str, str], required: tuple[str, ...]) -> None:
        """A list of objects that all need some keys."""
        for name, each in self._list(value, where):
            members = self._object(each, name)
            if members is not None:
                self._members(members, known, name + ".")
                for key in required:
                    if key not in members:
                        self.add(each.start, "MissingElement", f"{name} has no {key}")

    def _items(self, value: Value, where: str) -> None:
        first: dict[str, str] = {}
        for name, each in self._list(value, where):
            item = self._object(each, name)
            if item is None:
                continue
            self._members(item, _ITEM, name + ".")
            if "id" not in item:
                self.add(each.start, "MissingElement", f"{name} has no id")
            elif isinstance(uid := item["id"].data, str) and uid.strip():
                other = first.setdefault(uid, name)
                if other != name:
                    self.add(item["id"].start, "DuplicateIds", f"{name}.id {shown(uid)} is that of {other}")
            if "content_html" not in item and "content_text" not in item:
                self.add(each.start, "MissingContent", f"{name} has neither content_html nor content_text")


def _type(value: Value) -> str:
    return "null" if value.data is None else _NAMES[type(value.data)]


def _bare(key: str) -> str:
    return shown(key)[1:-1]


def _meant(key: str, known: Mapping[str, str]) -> str | None:
    """The key of a place that a wrong one may stand for."""
    plain = key[:40].replace("_", "").replace("-", "").lower()
    return next((name for name in known if name.replace("_", "") == plain), None) or (
        meant if (meant := _MEANT.get(plain)) in known else None
    )
