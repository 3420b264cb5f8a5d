"""The index page: what is published, how to subscribe, and the newest headlines of each section.

No script and no inline style: the page and `style.css` beside it work under `default-src 'none'; style-src 'self'`.
All its own links are relative, so that it works under any prefix and from a folder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from feeds.errors import FeedInvalid
from feeds.formats import PublicEntry

MEDIA_TYPE = "text/html; charset=utf-8"
_TEMPLATES = Path(__file__).with_name("templates")
_HTTP = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSection:
    """A section on the page. Paths are relative to the page; `entries` are those shown, the newest first.

    `count` is how many entries the section's feed holds; `free_path` is None where no such feed is published.
    """

    name: str
    slug: str
    atom_path: str
    free_path: str | None
    count: int
    entries: tuple[PublicEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage:
    """The page before it is bytes. `base_url` is where it is served; days and hours are those of `zone`."""

    title: str
    language: str
    base_url: str
    zone: tzinfo
    sections: tuple[IndexSection, ...]
    all_path: str
    opml_path: str
    subscribe_url: str | None = None


def render_index(page: IndexPage) -> bytes:
    """The page as UTF-8; the same page gives the same bytes. Raises `FeedInvalid` for text that is no Unicode."""
    locale = _locale(page.language)
    text = (
        _environment()
        .get_template("index.html")
        .render(
            page=page,
            day=lambda entry: _day(entry, page.zone, locale),
            stamp=lambda entry: _stamp(entry, page.zone),
            web=_web,
        )
    )
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


def _day(entry: PublicEntry, zone: tzinfo, locale: Locale) -> str:
    """When the entry came out, for a person: the day alone where no more is known."""
    if entry.published is None:
        return ""
    local = entry.published.astimezone(zone)
    day = format_date(local, "d MMMM y", locale=locale)
    return day if entry.published_day_only else f"{day}, {format_time(local, 'HH:mm', locale=locale)}"


def _stamp(entry: PublicEntry, zone: tzinfo) -> str:
    """The same for a machine: the `datetime` attribute of HTML's `time`."""
    if entry.published is None:
        return ""
    local = entry.published.astimezone(zone)
    return local.date().isoformat() if entry.published_day_only else local.isoformat(timespec="minutes")


def _web(address: str) -> bool:
    """Whether `address` may be linked: a reader's click runs no script."""
    return _HTTP.match(address) is not None
