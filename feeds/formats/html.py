"""The index page: what is published, how to subscribe, and the newest headlines of each section.

No script and no inline style: the page and `style.css` beside it work under `default-src 'none'; style-src 'self'`.
All its own links are relative, so that it works under any prefix and from a folder. Its head and its words are a
template; what there may be a thousand of is put together here, which takes a twentieth of the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from feeds.errors import FeedInvalid
from feeds.formats import PublicEntry
from feeds.formats.fragments import badge, heading, spoken, when
from feeds.formats.texts import escaped, legal
from feeds.formats.times import right_to_left

_TEMPLATES = Path(__file__).with_name("templates")
_NAMES = {"application/atom+xml": "Atom", "application/rss+xml": "RSS", "application/feed+json": "JSON Feed"}
_PAGE = "text/html"

MOST_WITH_HEADLINES = 40
"""Sections that the page shows with their newest headlines; of more it shows the names alone, and stays light."""

File = tuple[str, str]
"""A feed in one format: its path, relative to the page, and its media type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFeed:
    """A feed that the page lists: of all entries, of a section or of a saved filter.

    `files` are its formats in the order in which they are offered, `free` those of its free entries alone. `entries`
    are the newest, whose headlines are shown. `slug` makes the anchor.
    """

    name: str
    slug: str
    files: tuple[File, ...]
    free: tuple[File, ...] = ()
    entries: tuple[PublicEntry, ...] = ()

    @property
    def feeds(self) -> tuple[File, ...]:
        """Its formats for programs."""
        return tuple(file for file in self.files if file[1] != _PAGE)

    @property
    def page(self) -> str | None:
        """The path of its page for people."""
        return next((path for path, kind in self.files if kind == _PAGE), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage:
    """The page before it is bytes. `base_url` is where it is served; days and hours are those of `zone`."""

    title: str
    language: str
    base_url: str
    zone: tzinfo
    everything: IndexFeed
    opml_path: str
    incidents_path: str | None = None
    sections: tuple[IndexFeed, ...] = ()
    saved: tuple[IndexFeed, ...] = ()
    subscribe_url: str | None = None


def render_index(page: IndexPage) -> bytes:
    """The page as UTF-8; the same page gives the same bytes. Raises `FeedInvalid` for a time without a zone."""
    words = english(page.language)
    long = len(page.sections) > MOST_WITH_HEADLINES
    try:
        made = _rows(page.sections, words) if long else "".join(_cards(page, words))
    except ValueError as error:
        raise FeedInvalid(f"index.html: the page cannot be rendered: {error}") from error
    template = environment().get_template("index.html")
    text = template.render(
        page=page,
        words=Markup(words),  # noqa: S704  # ours, a constant
        direction="rtl" if right_to_left(page.language) else "ltr",
        sections=Markup(made),  # noqa: S704  # escaped where it was made
        saved=Markup(_rows(page.saved, words)),  # noqa: S704  # likewise
        everything=Markup(_chips(page.everything, page.title, words)),  # noqa: S704  # likewise
        discovered=page.saved if long else page.sections + page.saved,
        long=long,
        name_of=name_of,
    )
    return text.encode()


def stylesheet() -> bytes:
    """The style of both kinds of pages, published beside them as `style.css`."""
    return (_TEMPLATES / "style.css").read_bytes()


def xml_stylesheet() -> bytes:
    """The style of Atom and RSS for people who open them in a browser, published as `feed.css`."""
    return (_TEMPLATES / "feed.css").read_bytes()


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Templates of pages that are published."""
    return templates(_TEMPLATES, keep_trailing_newline=True)


def templates(folder: Path, *, keep_trailing_newline: bool = False) -> Environment:
    """The templates of a folder. Whatever stands in them is escaped, and legal; what one does not know is an error."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        finalize=lambda value: legal(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=keep_trailing_newline,
    )


def english(language: str) -> str:
    """The attributes of our own words, which are English, on a page in `language` (WCAG 2.2, 3.1.2)."""
    return "" if language.partition("-")[0].lower() == "en" else ' lang="en" dir="ltr"'


def name_of(path: str, media_type: str) -> str:
    """What people call a format."""
    return _NAMES.get(media_type) or path.partition("?")[0].rpartition(".")[2].upper()


def _cards(page: IndexPage, words: str) -> Iterator[str]:
    """Sections with their newest headlines."""
    for each in page.sections:
        anchor = f"section-{escaped(each.slug)}"  # a slug alone could be that of another part of the page
        headlines = "".join(_headline(entry, page) for entry in each.entries)
        listed = f"<ol>\n{headlines}</ol>" if headlines else f'<p class="empty"{words}>No entries yet.</p>'
        yield (
            f'<section id="{anchor}" aria-labelledby="{anchor}-name">\n'
            f'<h2 id="{anchor}-name" dir="auto">{_named(each)}</h2>\n'
            f'<p class="feeds">{_chips(each, each.name, words)}</p>\n{listed}\n</section>\n'
        )


def _headline(entry: PublicEntry, page: IndexPage) -> str:
    meta = " ".join(filter(None, (badge(entry), when(entry, page.zone, page.language))))
    return (
        f'<li><p class="headline"{spoken(entry, page.language)} dir="auto">{heading(entry)}</p>'
        + (f'<p class="meta">{meta}</p>' if meta else "")
        + "</li>\n"
    )


def _named(feed: IndexFeed) -> str:
    """Its name, linked to its page where there is one."""
    name = escaped(feed.name)
    return f'<a href="{escaped(feed.page)}">{name}</a>' if feed.page is not None else name


def _chips(feed: IndexFeed, name: str, words: str) -> str:
    """Links to a feed's formats, then to those of its free entries; with `name`, for who hears links out of their
    place."""
    name = escaped(name)
    whole = [f'<a class="feed" {_link(file, f"{name}: ")}' for file in feed.feeds]
    free = [f"<a {_link(file, f'{name}, free entries only: ')}" for file in feed.free]
    return " ".join(whole) + (f' <span class="free"{words}>free only: {" ".join(free)}</span>' if free else "")


def _link(file: File, before: str) -> str:
    """The rest of a link to one format, from its attributes on. `before` is HTML."""
    path, kind = file
    label = escaped(name_of(path, kind))
    return f'href="{escaped(path)}" type="{escaped(kind)}" aria-label="{before}{label}">{label}</a>'


def _rows(feeds: Sequence[IndexFeed], words: str) -> str:
    """Feeds by name, a line each: links say no more than they must, for there may be thousands of them."""
    lines = []
    for each in feeds:
        links = [f'<a href="{escaped(path)}">{escaped(name_of(path, kind))}</a>' for path, kind in each.feeds]
        links += [f'<a{words} href="{escaped(path)}">free only</a>' for path, _ in each.free[:1]]
        lines.append(f'<li><b dir="auto">{_named(each)}</b> {" ".join(links)}</li>\n')
    return f'<ul class="rows">\n{"".join(lines)}</ul>' if lines else ""
