"""One entry as HTML, and as schema.org tells it to machines. Both are made once in a run.

Everything of an entry is text, escaped, but its content, which was sanitised when it was stored. What others host is
linked, not loaded: no page tells a third party who reads it, and `img-src 'self' data:` would refuse it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import tzinfo
from html import unescape
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from db.records import Access, Enclosure
from feeds.formats import EntryInvalid, PublicEntry
from feeds.formats.flags import BADGED, accessible_for_free
from feeds.formats.texts import escaped, language_tag, legal, trimmed
from feeds.formats.times import Moment, moment, rfc3339
from feeds.formats.xml import address

LOCKED = "locked"
"""Class of the part of an entry that is not for everybody: schema.org's `hasPart` names it."""

MOST_LINKS = 20
MOST_TEASER = 320
_IMAGE = re.compile(r'<(?:(/?)a(?= |>)|img)((?: [a-z]+="[^"]*")*) ?/?>')
_SOURCE = re.compile(r' src="(https?://[^"]*)"', re.IGNORECASE)
_ALTERNATIVE = re.compile(r' alt="([^"]*)"')
_FIRST = re.compile(r"\s*<p>(.*?)</p>", re.DOTALL)
_TAG = re.compile(r'<(?:[^<>"]|"[^"]*")*>')
_VERBS = {"audio": "Listen", "video": "Watch", "image": "Picture"}
_REL = 'rel="noopener noreferrer nofollow"'
_ENCODED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_REST = {
    Access.REGISTRATION: "The whole text is on the site, for registered readers.",
    Access.PREMIUM: "The whole text is on the site, for subscribers.",
}


class Site(NamedTuple):
    """What a fragment depends on beside the entry. `withheld` says that its body may not be in it, nor its files.
    `language` is that of the page around it, `words` the attributes of words that are ours: English, on a page that may
    not be."""

    language: str
    zone: str
    subscribe_url: str | None
    withheld: bool
    words: str


class Fragment(NamedTuple):
    """An entry as an `article` of HTML, and as the JSON of a `NewsArticle`, fit for a script element."""

    html: str
    data: str


def fragment(entry: PublicEntry, site: Site) -> Fragment:
    """Raises `EntryInvalid` for a time without a zone; nothing else can be invalid."""
    try:
        came = _came(entry, ZoneInfo(site.zone), site.language)
        return Fragment(_article(entry, site, came), in_script(_news_article(entry, came)))
    except ValueError as error:
        raise EntryInvalid(entry.uid, str(error)) from error


def heading(entry: PublicEntry) -> str:
    """The title, linked where its address may be: a reader's click runs no script."""
    title = escaped(trimmed(entry.title) or entry.url)
    url = address(entry.url)
    return title if url is None else f'<a href="{escaped(url)}">{title}</a>'


def when(entry: PublicEntry, zone: tzinfo, language: str) -> str:
    """When it came out, as a `time`; nothing where that is not known. Raises `ValueError` for a time without a zone."""
    return _time(_came(entry, zone, language))


def _came(entry: PublicEntry, zone: tzinfo, language: str) -> Moment | None:
    if entry.published is None:
        return None
    return moment(entry.published, zone, language, day_only=entry.published_day_only)


def _time(came: Moment | None) -> str:
    return "" if came is None else f'<time datetime="{came.stamp}">{came.shown}</time>'


def badge(entry: PublicEntry, kind: str = "badge") -> str:
    """In words that it is not for everybody; nothing where it is, or nobody knows. `kind` is its class."""
    if entry.access not in BADGED:
        return ""
    return f'<span class="{kind}">{escaped(trimmed(entry.access_label) or entry.access.value)}</span>'


def spoken(entry: PublicEntry, language: str) -> str:
    """The `lang` attribute of an entry on a page in `language`."""
    said = language_tag(entry.language)
    return f' lang="{said}"' if said is not None and said != language else ""


def in_script(value: Any) -> str:
    """`value` as JSON that cannot end the script element it stands in (HTML, 4.12.1.3), nor be cut short by it."""
    text = _ENCODED(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _article(entry: PublicEntry, site: Site, came: Moment | None) -> str:
    # Of a headline alone the badge is all that there is in the place of a text.
    bare = entry.access.gated and not trimmed(entry.summary) and _text(entry, site) is None
    mark = badge(entry, f"badge {LOCKED}" if bare else "badge")
    meta = " ".join(filter(None, (mark, _time(came), *_credits(entry))))
    return (
        f'<article class="entry">\n<h2{spoken(entry, site.language)} dir="auto">{heading(entry)}</h2>\n'
        + (f'<p class="meta">{meta}</p>\n' if meta else "")
        + "".join(_body(entry, site))
        + "".join(_links(entry, site))
        + "</article>\n"
    )


def _text(entry: PublicEntry, site: Site) -> str | None:
    """The text that may be shown, where there is one."""
    return None if site.withheld or entry.content is None else trimmed(entry.content) or None


def _credits(entry: PublicEntry) -> Iterator[str]:
    """Its authors, its sections, and the feed that it was taken from."""
    for kind, names in (("author", entry.authors), ("section", entry.sections)):
        if said := ", ".join(_names(names)):
            yield f'<bdi class="{kind}">{escaped(said)}</bdi>'
    if entry.source is not None and (origin := trimmed(entry.source.title or "")):
        url = address(entry.source.url or "")
        name = escaped(origin) if url is None else f'<a href="{escaped(url)}" {_REL}>{escaped(origin)}</a>'
        yield f'<cite class="origin" dir="auto">{name}</cite>'


def _names(said: tuple[str, ...]) -> list[str]:
    """The first of them, each once."""
    return list(dict.fromkeys(name for each in said[:MOST_LINKS] if (name := trimmed(each))))


def _body(entry: PublicEntry, site: Site) -> Iterator[str]:
    """Its teaser; the text itself folded away, so that a page of fifty stays a list; or how to come by it."""
    text = _text(entry, site)
    marks = f'{spoken(entry, site.language)} dir="auto"'
    if teaser := trimmed(entry.summary):
        yield f'<p class="teaser"{marks}>{escaped(teaser)}</p>\n'
    elif text is not None and (opening := _opening(text)):
        yield f'<p class="teaser opening"{marks}>{escaped(opening)}</p>\n'
    if text is not None:
        kind = f"text {LOCKED}" if entry.access.gated else "text"
        yield f"<details><summary{site.words}>Full text</summary>\n"
        yield f'<div class="{kind}"{marks}>{_without_pictures(text)}</div></details>\n'
    elif entry.access.gated and teaser:
        offer = escaped(site.subscribe_url or "")
        subscribe = f' <a href="{offer}" rel="payment">Become a subscriber</a>' if offer else ""
        yield f'<p class="{LOCKED}"{site.words}>{_REST[entry.access]}{subscribe}</p>\n'


def _opening(text: str) -> str:
    """The beginning of the first paragraph of sanitised HTML, of at most `MOST_TEASER` characters."""
    found = _FIRST.match(text[:20_000])
    line = " ".join(unescape(_TAG.sub("", found[1])).split()) if found is not None else ""
    if len(line) <= MOST_TEASER:
        return line
    cut = line[: MOST_TEASER - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip() + "…"


def _without_pictures(text: str) -> str:
    """Sanitised HTML with words, linked where no link is around them, in place of pictures."""
    if "<img" not in text:
        return text
    within = 0

    def replaced(found: re.Match[str]) -> str:
        nonlocal within
        if found[1] is not None:
            within = 0 if found[1] else 1
            return found[0]
        said = _ALTERNATIVE.search(found[2])
        words = said[1].strip() if said is not None and said[1].strip() else "Picture"
        source = _SOURCE.search(found[2])
        if source is None or within:
            return f'<span class="picture">{words}</span>'
        return f'<a class="picture" href="{source[1]}" {_REL}>{words}</a>'

    return _IMAGE.sub(replaced, text)


def _links(entry: PublicEntry, site: Site) -> Iterator[str]:
    """Files, copies, what else tells of the event and where it is discussed, a list each."""
    if entry.enclosures and not site.withheld:
        duration = entry.episode.duration if entry.episode is not None else None
        yield from _list("Files", {file.url: _file_words(file, duration) for file in entry.enclosures}, site)
    for name, links in (("Also in", entry.via), ("Related", entry.related)):
        if links:
            yield from _list(name, dict(links), site)
    if entry.replies:
        yield from _list("Discussion", {link.url: link.title or "Comments" for link in entry.replies}, site)


def _list(name: str, links: dict[str, str], site: Site) -> Iterator[str]:
    """Links to the web by their addresses, a few of them; nothing where there are none."""
    items = [
        f'<li dir="auto"><a href="{escaped(url)}" {_REL}>{escaped(trimmed(title) or url)}</a></li>'
        for url, title in islice(_of_web(links), MOST_LINKS)
    ]
    if items:
        yield f'<div class="more"><b{site.words}>{name}</b><ul>{"".join(items)}</ul></div>\n'


def _of_web(links: dict[str, str]) -> Iterator[tuple[str, str]]:
    for said, title in links.items():
        url = address(said)
        if url is not None:
            yield url, title


def _file_words(file: Enclosure, duration: int | None) -> str:
    """What a file is: `Listen: episode.mp3 (24:10, 12.3 MB)`."""
    kind = file.media_type.partition("/")[0].lower()
    name = unquote(re.split("[?#]", file.url)[0].rpartition("/")[2])
    told = []
    if duration is not None and duration > 0 and kind in ("audio", "video"):
        hours, rest = divmod(duration, 3600)
        told.append(f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}")
    if file.length > 0:
        told.append(f"{file.length / 1e6:.1f} MB" if file.length >= 100_000 else f"{max(file.length // 1000, 1)} kB")
    return f"{_VERBS.get(kind, 'File')}: {name or file.url}" + (f" ({', '.join(told)})" if told else "")


def _news_article(entry: PublicEntry, came: Moment | None) -> dict[str, Any]:
    """The entry as schema.org has it, with what search engines ask for of articles that cost
    (https://developers.google.com/search/docs/appearance/structured-data/paywalled-content)."""
    made: dict[str, Any] = {"@type": "NewsArticle", "headline": trimmed(entry.title) or legal(entry.url)}
    if (url := address(entry.url)) is not None:
        made["url"] = url
    if came is not None:
        made["datePublished"] = came.stamp
    made["dateModified"] = rfc3339(entry.updated)
    if authors := _names(entry.authors):
        made["author"] = [{"@type": "Person", "name": name} for name in authors]
    if sections := _names(entry.sections):
        made["articleSection"] = sections
    if (spoken_in := language_tag(entry.language)) is not None:
        made["inLanguage"] = spoken_in
    if (free := accessible_for_free(entry.access)) is not None:
        made["isAccessibleForFree"] = free
    if entry.access.gated:
        made["hasPart"] = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": f".{LOCKED}"}
    return made
