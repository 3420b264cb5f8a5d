"""Single fields of a feed: what both its shapes, XML and JSON, read alike."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import ada_url

from feeds.model import Parsed

MAX_DATE = 64
"""Characters of a date: longer ones are made to keep date parsers busy."""

EARLIEST = 1990
ALLOWANCE = timedelta(days=1)

_BEGINNING = 800
"""Characters of a description that most often hold more words than a teaser has."""

TEASER_WORDS = 50
"""A description of more words than this is the body."""

_PLAIN_URL = re.compile(
    r"https?://(?!(?:[a-z0-9-]*\.)*xn--)(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?:/[A-Za-z0-9/._~!$&'()*+,;=:@%?#-]{0,1000})?"
)
"""Addresses that need no URL parser: it takes each of them as it stands, and costs 3 us."""

_BREAK = re.compile(r"<(?:br|/?p|/?div|/?li)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
_CJK = re.compile("[぀-ヿ㐀-鿿가-힯]")
_PARAGRAPHS = re.compile(r"\n\s*\n")

_MAIL = re.compile(
    r"(([a-zA-Z0-9\_\-\.\+]+)@((\[[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.)|(([a-zA-Z0-9\-]+\.)+))"
    r"([a-zA-Z]{2,24}|[0-9]{1,3})(\]?))(\?subject=\S+)?"
)
_MAX_AUTHOR = 500


@dataclass(frozen=True, kw_only=True)
class FeedResult(Parsed):
    """What a feed says, and what its publisher hints about asking again.

    Both are whole seconds above zero, None where not said or nonsense: `ttl` (RSS, said in minutes) is how long a
    copy may be kept, `update_period` (RSS 1.0 Syndication, `sy:updatePeriod` over `sy:updateFrequency`) how often the
    feed changes. JSON Feed has neither. `skip_hours` (0 to 23, GMT) and `skip_days` (0 for Monday to 6) are when RSS
    asks not to be asked. `earlier` is the address of the document that holds the entries before these (RFC 5005:
    `prev-archive`, else `next`; JSON Feed `next_url`), absolute.

    `further` are addresses of documents of the same kind that belong to this one (the sitemaps of an index, the next
    page of a listing), the one that matters most first. `partial` says that the items are a choice from what the
    document lists: what it does not name is not gone. `hubs` push what is new, `own` is the address that the document
    names as its own (W3C WebSub, section 4; JSON Feed `hubs`, `feed_url`), all absolute.
    """

    ttl: int | None = None
    update_period: int | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    earlier: str | None = None
    further: tuple[str, ...] = ()
    partial: bool = False
    hubs: tuple[str, ...] = ()
    own: str | None = None


def http_url(value: object, base: str | None) -> str | None:
    """`value` resolved against `base`; None unless that is an http or https address."""
    if not isinstance(value, str) or not value or len(value) > 4000:
        return None
    if _PLAIN_URL.fullmatch(value):
        return value
    try:
        parts = ada_url.URL(value, base)
    except ValueError:  # neither absolute nor resolvable, or a lone surrogate
        return None
    if parts.protocol not in ("http:", "https:"):
        return None
    value = value.strip()
    return value if value.startswith(("http://", "https://")) else str(parts.href)


def advertised(links: Iterable[Mapping[str, Any]], base: str | None) -> tuple[tuple[str, ...], str | None]:
    """The hubs that links name, and the first address that they name as the document's own, absolute."""
    hubs: list[str] = []
    own: str | None = None
    for one in links:
        rel = one.get("rel")
        if not rel or rel == "alternate":  # nearly all
            continue
        said = rel.lower().split()
        if "hub" in said and (url := http_url(one.get("href"), base)) is not None and url not in hubs:
            hubs.append(url)
        if own is None and "self" in said:
            own = http_url(one.get("href"), base)
    return tuple(hubs), own


def author_name(text: str) -> str:
    """The name in "mail@host (Name)" or "Name <mail@host>"; empty where there is only an address."""
    if "@" not in text or len(text) > _MAX_AUTHOR:
        return text
    mail = _MAIL.search(text)
    if mail is None:
        return text
    for gone in (mail[0], "()", "<>", "&lt;&gt;"):
        text = text.replace(gone, "")
    return text.strip().removeprefix("(").removesuffix(")").strip()


def plain_text(markup: str) -> str:
    """The text of a headline that is HTML."""
    text = markup[:20_000]
    if "<" in text:
        text = _TAG.sub("", _BREAK.sub(" ", text))
    return html.unescape(text) if "&" in text else text


def markup_of(text: str) -> str:
    """Plain text as HTML: a paragraph at each blank line."""
    parts = _PARAGRAPHS.split(text) if "\n" in text else (text,)
    return "".join([f"<p>{html.escape(part, quote=False)}</p>" for part in parts if part.strip()])


def is_teaser(markup: str) -> bool:
    """Whether HTML is short enough for a teaser. Two CJK characters count as a word."""
    # Short ones tell it by their blanks and tags, each of which parts two words at most.
    if len(markup) <= _BEGINNING and markup.isascii() and len(markup.split()) + markup.count("<") <= TEASER_WORDS:
        return True
    # Most bodies tell it by their beginning, which ends before a tag that would be cut.
    if len(markup) > _BEGINNING:
        start = markup[:_BEGINNING]
        tag = start.rfind("<")
        if _is_long(start[:tag] if start.rfind(">") < tag else start):
            return False
    return not _is_long(markup[:20_000])


def _is_long(markup: str) -> bool:
    text = _TAG.sub(" ", markup) if "<" in markup else markup
    words = len(text.split(None, TEASER_WORDS))  # no more than one too many
    return words > TEASER_WORDS or (not text.isascii() and words + len(_CJK.findall(text)) // 2 > TEASER_WORDS)


def plausible(moment: datetime, fetched_at: datetime) -> datetime | None:
    """`moment` in UTC; None if before 1990 or more than a day after the fetch."""
    # Compared before it is converted: the first and the last days of the calendar have no time in UTC.
    if moment.year < EARLIEST or moment.year > fetched_at.year + 1:
        return None
    if moment.tzinfo is not UTC or moment.microsecond:
        moment = moment.astimezone(UTC).replace(microsecond=0)
    return moment if moment.year >= EARLIEST and moment <= fetched_at + ALLOWANCE else None
