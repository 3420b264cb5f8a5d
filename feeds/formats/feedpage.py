"""A feed as a page for people: what is in it, and how to subscribe to it.

No script and no inline style: with `style.css` of the tree it works under `default-src 'none'; style-src 'self'`. The
one script element holds data, which no browser runs. Links within the tree are relative, so that the page works under
any prefix, from a folder, and below a subscriber's token, which is in none of them.
"""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

from markupsafe import Markup

from feeds.errors import FeedInvalid
from feeds.formats import Audience, FeedDocument, Format
from feeds.formats.flags import content_tier
from feeds.formats.fragments import Fragment, Site, fragment, in_script
from feeds.formats.html import english, environment, name_of
from feeds.formats.kept import Kept
from feeds.formats.texts import legal
from feeds.formats.times import moment, right_to_left


class Alternate(NamedTuple):
    """The same entries in another format: its name beside the page, its address, what it is and how it is called."""

    path: str
    url: str
    media_type: str
    name: str


class Renderer:
    """Renders the pages of one run. Pure but for the fragments it keeps: the same document gives the same bytes."""

    def __init__(self) -> None:
        self._fragments = Kept(fragment)

    def render(self, document: FeedDocument) -> bytes:
        """The page, UTF-8. Raises `EntryInvalid` and `FeedInvalid` for a time without a zone alone."""
        words = english(document.language)
        sites = {
            withheld: Site(document.language, document.zone, document.subscribe_url, withheld, words)
            for withheld in (False, True)
        }
        made = [self._fragments.of(entry, sites[document.withholds(entry)]) for entry in document.entries]
        try:
            updated = moment(document.updated, ZoneInfo(document.zone), document.language)
        except ValueError as error:
            raise FeedInvalid(f"{document.path}: {error}") from error
        text = (
            environment()
            .get_template("feed.html")
            .render(
                feed=document,
                title=_title(document),
                root=_root(document),
                alternates=_alternates(document),
                public=document.audience is Audience.PUBLIC,
                tier=content_tier(document.entries),
                words=Markup(words),  # noqa: S704  # ours, a constant
                direction="rtl" if right_to_left(document.language) else "ltr",
                updated=updated if document.entries else None,
                entries=Markup("".join(each.html for each in made)),  # noqa: S704  # escaped where it was made
                data=Markup(_data(document, made)),  # noqa: S704  # likewise
            )
        )
        return text.encode()


def _title(document: FeedDocument) -> str:
    """What the feed has beside the site's name, which stands above it."""
    return document.title.removeprefix(document.site_title).removeprefix(": ")


def _root(document: FeedDocument) -> str:
    """What leads from the page to the root of the tree. A subscriber's page may be served at several depths."""
    if document.audience is not Audience.PUBLIC:
        return document.base_url
    return "../" * document.path.partition("?")[0].count("/")


def _alternates(document: FeedDocument) -> list[Alternate]:
    """The other formats, all of which stand beside the page."""
    return [
        Alternate(path.rpartition("/")[2], document.base_url + path, kind, name_of(path, kind))
        for path, kind in document.alternates
        if kind != FORMAT.bare_type
    ]


def _data(document: FeedDocument, made: list[Fragment]) -> str:
    """The page as schema.org tells it to machines: JSON-LD, fit for a script element."""
    head = {
        "@context": "https://schema.org",
        "@type": "CollectionPage",
        "name": legal(document.title),
        "url": document.self_url,
        "inLanguage": document.language,
    }
    items = ",\n".join(
        f'{{"@type":"ListItem","position":{place},"item":{each.data}}}' for place, each in enumerate(made, 1)
    )
    listing = f'{{"@type":"ItemList","numberOfItems":{len(made)},"itemListElement":[\n{items}\n]}}'
    return f'{in_script(head).removesuffix("}")},"mainEntity":{listing}}}'


FORMAT = Format(name="html", suffix="html", media_type="text/html; charset=utf-8", renderer=Renderer, free=False)
