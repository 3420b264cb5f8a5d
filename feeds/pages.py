"""The pages beside the feeds: the index, the lists for machines, the style sheets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from db.engine import Connection
from db.records import SectionRecord
from db.store import entries
from feeds import incidentfeed
from feeds.config import Config
from feeds.formats import PublicEntry, html, newssitemap, opml
from feeds.manifest import Manifest, PublishedFile, described
from feeds.showing import EMPTY_SINCE, Files, Shown
from feeds.targets import Target

NEWS = "sitemap-news.xml"
PATHS = ("index.html", "style.css", "feed.css", "feeds.opml", NEWS)
"""Every file that this module may make."""


LASTING = tuple(path for path in PATHS if path != NEWS)
"""Those of them that a desk always has: a sitemap that lists nothing would be no valid one."""


def is_outdated(said: Manifest, now: datetime) -> bool:
    """Whether the news sitemap lists what is news no more. What the manifest says of its time is that of the oldest
    entry in it."""
    file = said.get(NEWS)
    return file is not None and file.entries > 0 and file.moment <= now - newssitemap.WITHIN


def render(
    connection: Connection,
    config: Config,
    shown: Shown,
    files: Files,
    known: Sequence[SectionRecord],
    now: datetime,
    *,
    listed: bool,
) -> Iterator[tuple[PublishedFile, bytes]]:
    """Each of the files, with what the manifest says of it; `files` are those of every feed, in the order in which
    they are listed. Where no others are `listed` than before, only those that entries change."""
    if listed or len(known) <= html.MOST_WITH_HEADLINES:
        yield from _lists(config, shown, files, known)
    if config.publish.news_sitemap:
        yield from _news(connection, config, now)


def _lists(
    config: Config, shown: Shown, files: Files, known: Sequence[SectionRecord]
) -> Iterator[tuple[PublishedFile, bytes]]:
    site = config.site
    headlines = shown.headlines(known) if len(known) <= html.MOST_WITH_HEADLINES else {}
    newest = max((entry.updated for each in headlines.values() for entry in each), default=EMPTY_SINCE)
    made = {
        "index.html": html.render_index(_index(config, files, {one.id: headlines.get(one.id, ()) for one in known})),
        "style.css": html.stylesheet(),
        "feed.css": html.xml_stylesheet(),
        "feeds.opml": opml.render(site.title, list(_listed(config, files))),
    }
    for path, data in made.items():
        yield described(path, data, 0, newest), data


def _news(connection: Connection, config: Config, now: datetime) -> Iterator[tuple[PublishedFile, bytes]]:
    """The news sitemap, where there is something to list."""
    site = config.site
    found = entries.news(connection, now - newssitemap.WITHIN, newssitemap.MOST)
    data = newssitemap.render(found, publication=site.title, language=site.language, now=now)
    listed = data.count(b"<url>")
    if listed:
        yield described(NEWS, data, listed, min(entry.published for entry in found)), data


def _listed(config: Config, files: Files) -> Iterator[opml.OpmlFeed]:
    base = config.site.base_url
    for target, its in files.items():
        if not target.free:
            page = next((path for one, path in its if one.name == "html"), "")
            yield opml.OpmlFeed(
                title=target.title,
                xml_url=base + target.path("atom"),
                html_url=base + page,
                language=config.site.language,
            )


def _index(
    config: Config,
    files: Files,
    headlines: Mapping[int, Sequence[PublicEntry]],
) -> html.IndexPage:
    site = config.site
    by_stem = {target.stem: [(path, one.bare_type) for one, path in its] for target, its in files.items()}
    titles = {section.name.casefold(): section.title for section in config.section if section.title}
    saved = {f"saved/{one.name}": one.title or one.name for one in config.saved}

    def listed(target: Target) -> html.IndexFeed:
        section = target.section
        name = site.title if section is None else titles.get(section.name.casefold()) or section.name
        return html.IndexFeed(
            name=saved.get(target.stem, name),
            slug=target.stem.rpartition("/")[2],
            files=tuple(by_stem[target.stem]),
            free=tuple(by_stem.get(f"{target.stem}.free", ())),
            entries=tuple(headlines[section.id]) if section is not None else (),
        )

    whole = [target for target in files if not target.free]
    return html.IndexPage(
        title=site.title,
        language=site.language,
        base_url=site.base_url,
        zone=site.zone,
        everything=listed(whole[0]),
        opml_path="feeds.opml",
        incidents_path=incidentfeed.NAME if config.publish.incidents else None,
        sections=tuple(listed(one) for one in whole if one.section is not None),
        saved=tuple(listed(one) for one in whole if one.query is not None),
        subscribe_url=config.access.subscribe_url,
    )
