"""Kinds of values that settings have, each with what it says of a wrong one."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib.util import find_spec
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import ada_url
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
)

from db.records import Access, Query
from db.records import Field as Kind
from feeds.errors import UsageError
from feeds.query import narrowed
from feeds.query import parse as parse_query

FULLTEXT = ("trafilatura", "lxml_html_clean")
"""Modules of the extra that full text needs."""

NO_FULLTEXT = "full texts need an extra that is not installed: pip install 'broadsheet[fulltext]'"

ALERTS = ("apprise",)
"""Modules of the extra that sends alerts."""

NO_ALERTS = "alerts need an extra that is not installed: pip install 'broadsheet[alerts]'"

MAX_SECRET = 8192
MAX_MINUTES = 44_640
"""Most minutes between two polls of a source that says how many: 31 days."""

MAX_HOURS = 8760
"""Most hours without anything new before a source is late: a year."""

MAX_PAGES = 10
"""Most pages of a listing that one poll reads."""

SourceKind = Literal["seed", "feed", "page", "sitemap"]
_NAME = re.compile(r"[^\W_][\w .:-]{0,99}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
TAG_HOST = re.compile(r"[a-z0-9.-]+")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_DNS_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")


def has_fulltext() -> bool:
    """Whether what finds texts is installed; it is not imported for that."""
    return all(find_spec(name) is not None for name in FULLTEXT)


def has_alerts() -> bool:
    """Whether what sends alerts is installed; it is not imported for that."""
    return all(find_spec(name) is not None for name in ALERTS)


@lru_cache(maxsize=16_384)
def _http_url(value: str) -> str:
    """An http(s) address. Raises `ValueError` with what is wrong with any other.

    Every poll checks the stored options of its source, so that the same few thousand come again and again.
    """
    if re.match(r"https?://", value, re.IGNORECASE) is None:
        raise ValueError("give an address that begins with http:// or https://")
    if re.search(r"[\s\\\x00-\x1f]", value):
        raise ValueError("percent-encode what an address may not hold: blanks and backslashes")
    authority = re.split(r"[/?#]", value.partition("://")[2], maxsplit=1)[0]
    if "@" in authority:
        raise ValueError('give an address without user or password; a login goes into [credential."https://HOST"]')
    try:
        split = urlsplit(value)
        if not split.hostname:
            raise ValueError("give an address with a host")
        host = ada_url.URL(value).hostname
        if not host.startswith("[") and (len(host) > 254 or not _DNS_NAME.fullmatch(host)):
            raise ValueError("give an address with a host that DNS can have")
        port = split.port
    except ValueError as error:
        if "host" in str(error):
            raise
        raise ValueError("give an address with a port from 1 to 65535 and a host that can be one") from None
    if port == 0:
        raise ValueError("give an address with a port from 1 to 65535")
    return value


def _link_url(value: str) -> str:
    """An address that feeds carry: no character in it that would make them invalid (RFC 3986, section 2)."""
    _http_url(value)
    if re.search(r"[\x00-\x20\x7f-\x9f<>\"{}|\\^`]", value):
        raise ValueError("percent-encode what an address may not hold: quotes, braces, < > | \\ ^ and backticks")
    return value


def _base_url(value: str) -> str:
    """The address in ASCII, as headers, ids and feeds need it: the host in IDNA, the path percent-encoded."""
    _link_url(value)
    if "?" in value or "#" in value:
        raise ValueError("give an address without a query or a fragment")
    try:
        return str(ada_url.URL(value).href).rstrip("/") + "/"
    except ValueError:
        raise ValueError("give an address with a host that DNS can have") from None


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('give a time zone of the IANA list, such as "Europe/Vilnius" or "UTC"') from None
    return value


def _language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise ValueError('give a BCP 47 language tag, such as "en" or "be-tarask"')
    return value


def _source_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("give 1 to 100 letters, digits, spaces, '.', ':' or '-', beginning with a letter or a digit")
    return value


def _authority(value: str) -> str:
    host, _, date = value.partition(",")
    if not _HOST.fullmatch(host) or not re.fullmatch(r"(\d{4}(-\d\d(-\d\d)?)?)?", date):
        raise ValueError('give a host name you own, with the day you owned it: "news.example,2026-01-01" (RFC 4151)')
    return value


def _database_url(value: str) -> str:
    path = value.removeprefix("sqlite:///")
    if path == value or not path or path.startswith(":memory:") or "?" in path:
        raise ValueError("give sqlite:///PATH, the only database so far; what is in memory is gone after each command")
    return value


def _dateline(value: str) -> str:
    names = re.findall(r"\{([^{}]*)\}", value)
    rest = re.sub(r"\{(date|agency|place)\}", "", value)
    if "date" not in names or len(set(names)) < len(names) or "{" in rest or "}" in rest:
        raise ValueError('give a shape with {date} and at most one {agency} and {place}, such as "{date}, {agency}."')
    return value


def _selector(value: str) -> str:
    """A CSS selector. Its library is loaded only where somebody gives one."""
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError

    try:
        LexborHTMLParser("<p>").css_first(value)
    except (SelectolaxError, ValueError):
        raise ValueError('give a CSS selector such as "article h2 a"; XPath is not read') from None
    return value


def check_host(name: str) -> None:
    """Raises `ValueError` for what is no host as sources are counted by: lower-case, in IDNA, without a usual port."""
    try:
        hosts = [ada_url.URL(f"{scheme}://{name}/").host for scheme in ("http", "https")]
    except ValueError:
        hosts = []
    bare = re.sub(r":\d+$", "", hosts[0]) if hosts else ""
    if not (bare.startswith("[") or _DNS_NAME.fullmatch(bare)) or "/" in name or "@" in name:
        raise ValueError(f'host: "{name}" is no host such as "news.example" or "news.example:8080"')
    counted = re.sub(r":(?:80|443)$", "", hosts[0])
    if name != counted:
        raise ValueError(f'host: "{name}" is counted as "{counted}": write that')


def _shown(value: str) -> str:
    """What feeds can show: XML has no controls."""
    if re.search("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", value):
        raise ValueError("give a text without control characters: it is shown in feeds")
    return value


def _section_name(value: str) -> str:
    """The name as it is cleaned where documents give it, so that the two are one."""
    _shown(value)
    return unicodedata.normalize("NFC", " ".join(value.split()))


def _one_or_more(value: object) -> object:
    """A single text stands for a list of it."""
    return [value] if isinstance(value, str) else value


def _path_pattern(value: str) -> str:
    if not value.startswith("/") or re.search(r"[?#\s]", value):
        raise ValueError('give the path of addresses: "/politics" with all below it, or a pattern: "/*/sport/*"')
    return value


def _phrase(value: str) -> str:
    if not any(char.isalnum() for char in value):
        raise ValueError("give a word, or several that stand together")
    return value


def _user_agent(value: str) -> str:
    if not re.fullmatch(r"[\x20-\x7e]+", value):
        raise ValueError("give printable ASCII: it goes into a header (RFC 9110, section 5.5)")
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
LinkUrl = Annotated[str, AfterValidator(_link_url)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Zone = Annotated[str, AfterValidator(_zone)]
Language = Annotated[str, AfterValidator(_language)]
SourceName = Annotated[str, AfterValidator(_source_name)]
Authority = Annotated[str, AfterValidator(_authority)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
Dateline = Annotated[str, Field(max_length=200), AfterValidator(_dateline)]
Text = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_shown)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Selector = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_selector)]
UserAgent = Annotated[Text, AfterValidator(_user_agent)]
SectionName = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_section_name)]
OneOrMore = BeforeValidator(_one_or_more)
PathPattern = Annotated[Text, AfterValidator(_path_pattern)]
Phrase = Annotated[Text, AfterValidator(_phrase)]


def _query(value: str) -> str:
    try:
        parse_query(value)
    except UsageError as error:
        raise ValueError(str(error)) from None
    return value


def _author(value: str) -> str:
    try:
        narrowed(Query(), Kind.AUTHOR, (value,))
    except UsageError as error:
        raise ValueError(str(error)) from None
    return value


QueryText = Annotated[str, AfterValidator(_query)]
Names = Annotated[tuple[Text, ...], OneOrMore]
Authors = Annotated[tuple[Annotated[Text, AfterValidator(_author)], ...], OneOrMore]
Levels = Annotated[tuple[Access, ...], OneOrMore]
Languages = Annotated[tuple[Language, ...], OneOrMore]
