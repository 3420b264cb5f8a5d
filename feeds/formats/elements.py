"""What Atom and RSS say of an entry in the same elements, and how it is rendered once for all feeds of a run.

Pictures and files that play are Media RSS (https://www.rssboard.org/media-rss), episodes the podcast namespace
(https://podcastindex.org/namespace/1.0). iTunes elements are none of them: with one of these in an entry the W3C
validator asks for the feed's iTunes category and its owner's e-mail address (MissingItunesElement,
MissingItunesEmail), which nobody gave us. So the length of an episode is `duration` of its file, a trailer is
`expression="sample"`, and `media:rating` says whether it is explicit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from db.records import Access, Enclosure
from feeds.formats import EntryInvalid, FeedDocument, PublicEntry
from feeds.formats.xml import IRI, LANGUAGE, MEDIA, address, element, line, literal, plain
from feeds.model import Episode, Image, Link

_PLAYED = ("audio", "video")
_EXPRESSIONS = {"full": "full", "bonus": "full", "trailer": "sample"}

# As text, since the prefixes are declared on the feed: lxml would declare them again on each element.
ACCESS = {
    level: f"<dcterms:accessRights>{level}</dcterms:accessRights><s:isAccessibleForFree>{free}</s:isAccessibleForFree>"
    for level, free in ((Access.FREE, "true"), (Access.PREMIUM, "false"), (Access.REGISTRATION, "false"))
}
"""What libraries and crawlers read of a level; metered and unknown have no such words."""


class Site(NamedTuple):
    """What an entry's bytes depend on beside the entry. `withheld` says that its body may not be among them, nor its
    files, its pictures and the episode."""

    base_url: str
    subscribe_url: str | None
    language: str
    withheld: bool


def sites_of(document: FeedDocument) -> dict[bool, Site]:
    """The sites of the entries of `document`, by whether their bodies are withheld."""
    return {
        withheld: Site(document.base_url, document.subscribe_url, document.language, withheld)
        for withheld in (False, True)
    }


class Parts(NamedTuple):
    """An entry's own words and files, checked: `url` is fit to be shown, `title` is never blank; `summary` is "" where
    there is none, and so is `content`, also where it is withheld."""

    url: str
    title: str
    summary: str
    content: str
    files: tuple[Enclosure, ...]
    images: tuple[Image, ...]
    episode: Episode | None


def parts_of(entry: PublicEntry, withheld: bool) -> Parts:
    """What may be seen of `entry`: with a body that is `withheld` its files, its pictures and the episode stay behind.

    Raises `EntryInvalid` for an id or an address that would make the feed invalid (RFC 4287, 4.2.6 and 4.2.7).
    """
    if not IRI.fullmatch(entry.uid):
        raise EntryInvalid(entry.uid, "its id is no absolute IRI")
    url = address(entry.url)
    if url is None:
        raise EntryInvalid(entry.uid, f"url {entry.url[:200]!a} is no http or https address")
    title = line(entry.title) or url
    summary = line(entry.summary)
    if withheld:
        return Parts(url, title, summary, "", (), (), None)
    content = entry.content if entry.content and entry.content.strip() else ""
    files = tuple(_files(entry.enclosures)) if entry.enclosures else ()
    images = tuple(_images(entry.images)) if entry.images else ()
    return Parts(url, title, summary, content, files, images, entry.episode)


def _files(enclosures: Iterable[Enclosure]) -> Iterator[Enclosure]:
    """Each file once, with "" for a type that is none. One that has no web address is left out: the story is not at
    fault for it."""
    seen = set()
    for one in enclosures:
        url = address(one.url)
        if url is not None and url not in seen:
            seen.add(url)
            yield Enclosure(url, one.media_type if MEDIA.fullmatch(one.media_type) else "", max(one.length, 0))


def _images(images: Iterable[Image]) -> Iterator[Image]:
    """Each picture once."""
    seen = set()
    for one in images:
        url = address(one.url)
        if url is not None and url not in seen:
            seen.add(url)
            yield Image(url, one.width, one.height)


def language_of(entry: PublicEntry, site: Site) -> str:
    """The language of an entry where it is another than the feed's, else ""."""
    spoken = entry.language
    return spoken if spoken and spoken != site.language and LANGUAGE.fullmatch(spoken) else ""


def authors(entry: PublicEntry) -> list[str]:
    """The names, each once."""
    return [author for author in dict.fromkeys(entry.authors) if author.strip()]


@lru_cache(maxsize=1024)
def name_text(author: str) -> str:
    """The name of an author as character data; a desk has few of them."""
    return plain(author)


def terms(entry: PublicEntry) -> list[str]:
    """Sections, then the item's own categories, each once."""
    return [term for term in dict.fromkeys(entry.sections + entry.categories) if term.strip()]


def has_links(entry: PublicEntry, site: Site) -> bool:
    """Whether `links` or `reply_links` can have any: most entries have none."""
    return bool(entry.via or entry.related or entry.replies or site.subscribe_url is not None)


def links(entry: PublicEntry, site: Site) -> Iterator[dict[str, str]]:
    """The attributes of the links to what is not the entry itself: where to subscribe, the same story elsewhere, other
    stories. One that is no web address is left out: the story is not at fault for that."""
    if entry.access.gated and site.subscribe_url is not None:
        yield {"rel": "payment", "href": site.subscribe_url, **_titled(entry.access_label)}
    for rel, others in (("via", entry.via), ("related", entry.related)):
        for href, title in dict(others).items():
            url = address(href)
            if url is not None:
                yield {"rel": rel, "href": url, **_titled(title)}


def reply_links(replies: Iterable[Link]) -> Iterator[dict[str, str]]:
    """The attributes of the links to comments: pages and feeds of them (RFC 4685, section 4)."""
    for reply in replies:
        url = address(reply.url)
        if url is not None:
            typed = {"type": reply.media_type} if reply.media_type and MEDIA.fullmatch(reply.media_type) else {}
            spoken = {"hreflang": reply.language} if reply.language and LANGUAGE.fullmatch(reply.language) else {}
            yield {"rel": "replies", "href": url, **typed, **spoken, **_titled(reply.title or "")}


def _titled(title: str) -> dict[str, str]:
    return {"title": literal(title)} if title.strip() else {}


def is_played(file: Enclosure) -> bool:
    """Whether a file is for the ear or for the eye and an episode can be in it."""
    return file.media_type.startswith(_PLAYED)


def extensions(parts: Parts, files: Iterable[Enclosure]) -> Iterator[tuple[str, str]]:
    """Prefix and element of everything that Media RSS and the podcast namespace have words for; `files` are described,
    and so are the pictures, the first of them as thumbnail."""
    episode = parts.episode
    for file in files:
        yield "media", element("media:content", _described(file, episode if is_played(file) else None))
    for number, image in enumerate(parts.images):
        sizes = {"width": image.width, "height": image.height}
        sized = {key: str(size) for key, size in sizes.items() if size is not None and size > 0}
        if number == 0:
            yield "media", element("media:thumbnail", {"url": image.url, **sized})
        yield "media", element("media:content", {"url": image.url, "medium": "image", **sized})
    if episode is None:
        return
    if episode.explicit is not None:
        rated = "adult" if episode.explicit else "nonadult"
        yield "media", f'<media:rating scheme="urn:simple">{rated}</media:rating>'
    for name, count in (("season", episode.season), ("episode", episode.number)):
        if count is not None and count > 0:
            yield "podcast", f"<podcast:{name}>{count}</podcast:{name}>"


def _described(file: Enclosure, episode: Episode | None) -> dict[str, str]:
    """The attributes of `media:content`: of a file in which an `episode` is, with what is known of that."""
    medium = file.media_type.partition("/")[0]
    found = {"url": file.url}
    if file.media_type:
        found["type"] = file.media_type
    if medium in ("image", *_PLAYED):
        found["medium"] = medium
    if file.length:
        found["fileSize"] = str(file.length)
    if episode is not None and episode.duration is not None and episode.duration > 0:
        found["duration"] = str(episode.duration)
    if episode is not None and episode.kind in _EXPRESSIONS:
        found["expression"] = _EXPRESSIONS[episode.kind]
    return found


def says_of_file(episode: Episode | None) -> bool:
    """Whether something is known of an episode that only the description of its file can say."""
    return episode is not None and bool(episode.duration or episode.kind in _EXPRESSIONS)
