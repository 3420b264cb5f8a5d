"""XML as Atom and RSS write it: characters, addresses, elements, and the skeleton of an entry that feedgen draws."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from html.entities import name2codepoint
from typing import Any

import ada_url

from feeds.formats import EntryInvalid, PublicEntry

ATOM = "http://www.w3.org/2005/Atom"

ALWAYS = {"dcterms": "http://purl.org/dc/terms/", "s": "https://schema.org/"}
"""Prefixes that every feed declares: those of access."""

NAMESPACES = {
    **ALWAYS,
    "dc": "http://purl.org/dc/elements/1.1/",
    "fh": "http://purl.org/syndication/history/1.0",
    "media": "http://search.yahoo.com/mrss/",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}
"""Every prefix that an entry may use; a feed declares those that its entries do."""

IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f-\x9f\s<>\"{}|\\^`\ufffd]+")
MEDIA = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~!$&'()*+,;=:@/?#%-]*)?")
_UNSAFE = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/?#%-]")
_MARKUP = re.compile(r"<(?=/[a-zA-Z])|&(?=#?[a-zA-Z0-9]{1,31};)")
_REFERENCE = re.compile(r"&(#?\w+)")
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r"))
_NONCHARACTERS = re.compile(rb"\xef\xbf[\xbe\xbf]")
_DOUBTFUL = re.compile(rb"\xc2[\x80-\x9f]|\xef\xbf\xbd")
_MEANT = {0xFFFD: "?"} | {code: bytes((code,)).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}

LONGEST_LINE = 10_000
"""Characters of a title or a teaser: ten times what is stored of one."""

LONGEST = 10_000_000
"""Bytes of an entry: libxml2, by which most programs read XML, refuses a single text that is longer."""

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Validators call times before it implausible, and no item of ours has one (`feeds.normalise`)."""


def text(value: str) -> str:
    """`value` as character data: a carriage return would come back as a line feed (XML 1.0, 2.11)."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def attribute(value: str) -> str:
    """`value` between double quotes, where white space but a blank would come back as one (XML 1.0, 3.3.3)."""
    value = _ampersands(value).replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return value if value.isprintable() else value.replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")


def quoted(url: str) -> str:
    """What `address` gave, between double quotes or as character data: of its characters XML knows one."""
    return url.replace("&", "&amp;") if "&" in url else url


def element(name: str, attributes: Mapping[str, str]) -> str:
    """An empty element."""
    return f"<{name}" + "".join([f' {key}="{attribute(value)}"' for key, value in attributes.items()]) + "/>"


def plain(value: str) -> str:
    """Plain text as character data, like `text`, of which neither a validator nor a reader thinks that it is HTML."""
    value = literal(value)
    return _ampersands(value).replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _ampersands(value: str) -> str:
    """`value` with its ampersands escaped: as hexadecimal references where what follows one could be the name of a
    character, which is how the validator is told that it is none (ContainsHTML; RSS Profile, "Character Data")."""
    if "&" not in value:
        return value
    return value.replace("&", "&#x26;" if named(value) else "&amp;")


def named(value: str) -> bool:
    """Whether a validator finds names of characters in a plain text, with or without a semicolon."""
    return any(name in name2codepoint or name == "apos" or not name.isalpha() for name in _REFERENCE.findall(value))


def line(plain: str) -> str:
    """A title or a teaser within its bounds; "" for a blank one."""
    if not plain.strip():
        return ""
    return plain if len(plain) <= LONGEST_LINE else plain[: LONGEST_LINE - 1] + "…"


def literal(plain: str) -> str:
    """Plain text in which nothing looks like markup to a validator (ContainsHTML), nor to a reader that guesses.

    A word joiner, which nobody sees, parts the `<` of an end tag and the `&` of a character's name from what follows.
    """
    return _MARKUP.sub("\\g<0>\u2060", plain) if "<" in plain or "&" in plain else plain


def unmarked(plain: str) -> str:
    """The same for what cannot be written otherwise, as a reference: names without their semicolon are parted, too."""
    plain = literal(plain)
    return plain.replace("&", "&\u2060") if "&" in plain and named(plain) else plain


def address(url: str) -> str | None:
    """`url` as RFC 3986 wants it, by the WHATWG rules where it has to be mended; None unless it is http or https.

    One that is fit stays as it is written. Validators take neither brackets nor what is not ASCII (InvalidUriChar,
    UriNotIri).
    """
    return url if _ADDRESS.fullmatch(url) is not None else canonical(url)


def canonical(url: str) -> str | None:
    """`url` as a browser writes it, without user and password; None unless it is http or https."""
    try:
        parts = ada_url.URL(url)
        if parts.protocol not in ("http:", "https:"):
            return None
        if parts.username or parts.password:
            parts.username = parts.password = ""
    except ValueError:
        return None
    href = str(parts.href)
    end = href.index("/", len("https://"))
    if _UNSAFE.search(href, 0, end) is not None:  # no name that DNS has, or IPv6: validators refuse its brackets
        return None
    return href[:end] + _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", href[end:])


def moment(value: datetime, what: str, uid: str) -> datetime:
    """`value` in UTC. Raises `EntryInvalid` for one without a zone, or that has none in UTC (year 0 and 10000)."""
    if value.tzinfo is None:
        raise EntryInvalid(uid, f"{what} has no time zone")
    try:
        return value if value.tzinfo is UTC else value.astimezone(UTC)
    except OverflowError as error:
        raise EntryInvalid(uid, f"{what} is out of range in UTC") from error


def published_of(entry: PublicEntry) -> datetime | None:
    """When an entry was published, in UTC; None where that is unknown or cannot be right. Raises `EntryInvalid`."""
    if entry.published is None:
        return None
    found = moment(entry.published, "published", entry.uid)
    return found if found >= EARLIEST else None


def updated_of(entry: PublicEntry) -> datetime:
    """When an entry changed last, in UTC. Raises `EntryInvalid`: no feed can do without."""
    found = moment(entry.updated, "updated", entry.uid)
    if found < EARLIEST:
        raise EntryInvalid(entry.uid, f"updated is in the year {found.year}")
    return found


def encoded(uid: str, xml: str) -> bytes:
    """`xml` of an entry as UTF-8. Raises `EntryInvalid` for a character that XML forbids (XML 1.0, 2.2), and for more
    than `LONGEST` bytes."""
    try:
        raw = xml.encode()
        legal = len(raw.translate(None, _CONTROLS)) == len(raw) and (raw.isascii() or not _NONCHARACTERS.search(raw))
    except UnicodeEncodeError:
        legal = False
    if not legal:
        raise EntryInvalid(uid, "there is a character that XML forbids")
    if len(raw) > LONGEST:
        raise EntryInvalid(uid, f"it has {len(raw)} bytes, more than readers of XML take ({LONGEST})")
    return raw


def doubtful(raw: bytes) -> bool:
    """Whether there are characters that tell of a wrong encoding, which validators warn of (BadCharacters)."""
    return not raw.isascii() and _DOUBTFUL.search(raw) is not None


def meant(value: Any, kept: Iterable[str] = ("uid", "url")) -> Any:
    """`value`, a frozen record or what is in one, with the characters in its texts that were meant: C1 controls are
    those of windows-1252, as browsers take them, and U+FFFD is a question mark. The fields `kept` stay as they are."""
    if type(value) is str:
        return value.translate(_MEANT)
    if type(value) is tuple:
        return tuple(meant(one) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        names = [one.name for one in fields(value) if one.name not in kept]
        return replace(value, **{name: meant(getattr(value, name)) for name in names})
    return value


def hole(name: str) -> str:
    """A text that stands in a skeleton for what `name` is filled in for."""
    return f"\ue000{name}\ue001"


def skeleton(drawn: str, holes: Iterable[str]) -> str:
    """What feedgen drew, as a template (`%(name)s`) with a place for each of `holes`.

    Raises `RuntimeError` where feedgen wrote one of them not at all or twice: then this release of it is another.
    """
    template = drawn.replace("%", "%%")
    for name in holes:
        if template.count(hole(name)) != 1:
            raise RuntimeError(f"feedgen does not write {name} once")
        template = template.replace(hole(name), f"%({name})s")
    return template
