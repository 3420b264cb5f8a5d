"""The index page: what is published, how to subscribe, and the newest headlines of each section.

No script and no inline style: the page and `style.css` beside it work under `default-src 'none'; style-src 'self'`.
All its own links are relative, so that it works under any prefix and from a folder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from feeds.errors import FeedInvalid
from feeds.formats import PublicEntry

_TEMPLATES = Path(__file__).with_name("templates")
_HTTP = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSection:
    """A section on the page. Paths are relative to the page; `entries` are those shown, the newest first.

    `count` is how many entries of the section are stored, duplicates included: its feed holds the newest of them.
    `free_path` is None where no such feed is published.
    """

    name: str
    slug: str
    atom_path: str
    free_path: str | None
    count: int
    entries: tuple[PublicEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFeed:
    """A feed that is listed without its entries. Paths are relative to the page."""

    name: str
    atom_path: str
    free_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage:
    """The page before it is bytes. `base_url` is where it is served; days and hours are those of `zone`."""

    title: str
    language: str
    base_url: str
    zone: tzinfo
    sections: tuple[IndexSection, ...]
    all_path: str
    all_free_path: str
    opml_path: str
    saved: tuple[IndexFeed, ...] = ()
    subscribe_url: str | None = None


def render_index(page: IndexPage) -> bytes:
    """The page as UTF-8; the same page gives the same bytes. Raises `FeedInvalid` for text that is no Unicode."""
    locale = _locale(page.language)
    template = _environment().get_template("index.html")
    text = template.render(page=page, moment=lambda entry: _moment(entry, page.zone, locale), web=_web)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise FeedInvalid(f"index.html: the page cannot be rendered: {error}") from error


def stylesheet() -> bytes:
    """The page's style, published beside it as `style.css`."""
    return (_TEMPLATES / "style.css").read_bytes()


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _locale(language: str) -> Locale:
    """How dates are written in `language`; the English way where it is not known."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


class _Moment(NamedTuple):
    """When an entry came out: for a person, and for the `datetime` attribute of HTML's `time`."""

    shown: str
    stamp: str


def _moment(entry: PublicEntry, zone: tzinfo, locale: Locale) -> _Moment | None:
    """The day alone where no more is known; None where nothing is."""
    if entry.published is None:
        return None
    local = entry.published.astimezone(zone)
    day = _day(local.date(), locale)
    if entry.published_day_only:
        return _Moment(day, local.date().isoformat())
    return _Moment(f"{day}, {_hour(local.hour, local.minute, locale)}", local.isoformat(timespec="minutes"))


@lru_cache(maxsize=1000)
def _day(day: date, locale: Locale) -> str:
    return format_date(day, "d MMMM y", locale=locale)


@lru_cache(maxsize=1440)
def _hour(hour: int, minute: int, locale: Locale) -> str:
    return format_time(time(hour, minute), "HH:mm", locale=locale)


def _web(address: str) -> bool:
    """Whether `address` may be linked: a reader's click runs no script."""
    return _HTTP.match(address) is not None
