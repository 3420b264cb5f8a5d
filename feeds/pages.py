"""The pages beside the feeds: the index, the lists for machines, the style sheets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from db.records import SectionRecord
from feeds.config import Config
from feeds.formats import Format, html, opml
from feeds.manifest import PublishedFile, described
from feeds.showing import EMPTY_SINCE, Shown
from feeds.targets import Target

PATHS = ("index.html", "style.css", "feeds.opml")
"""Every file that this module may make."""


def paths(config: Config) -> tuple[str, ...]:
    """Those of them that a desk has."""
    return PATHS


def stylesheet_of(chosen: Format) -> str | None:
    """The style sheet of a feed in this format; None for what brings its own or has none."""
    return None


def render(
    config: Config,
    shown: Shown,
    targets: Sequence[Target],
    formats: Sequence[Format],
    known: Sequence[SectionRecord],
    now: datetime,
) -> Iterator[tuple[PublishedFile, bytes]]:
    """Each of the files, with what the manifest says of it."""
    site = config.site
    headlines = shown.headlines(known)
    newest = max((entry.updated for each in headlines.values() for entry in each), default=EMPTY_SINCE)
    listed = [
        opml.OpmlFeed(title=target.title, xml_url=site.base_url + target.path("atom"), html_url=site.base_url)
        for target in targets
        if not target.free
    ]
    names = {section.name.casefold(): section.title for section in config.section if section.title}
    page = html.IndexPage(
        title=site.title,
        language=site.language,
        base_url=site.base_url,
        zone=site.zone,
        all_path="all.atom",
        all_free_path="all.free.atom",
        opml_path="feeds.opml",
        subscribe_url=config.access.subscribe_url,
        sections=tuple(
            html.IndexSection(
                name=names.get(section.name.casefold()) or section.name,
                slug=section.slug,
                atom_path=f"sections/{section.slug}.atom",
                free_path=f"sections/{section.slug}.free.atom",
                count=0,
                entries=tuple(headlines[section.id]),
            )
            for section in known
        ),
        saved=tuple(
            html.IndexFeed(
                name=saved.title or saved.name,
                atom_path=f"saved/{saved.name}.atom",
                free_path=f"saved/{saved.name}.free.atom",
            )
            for saved in config.saved
        ),
    )
    files = {
        "index.html": html.render_index(page),
        "style.css": html.stylesheet(),
        "feeds.opml": opml.render(site.title, listed),
    }
    for path, data in files.items():
        yield described(path, data, 0, newest), data
