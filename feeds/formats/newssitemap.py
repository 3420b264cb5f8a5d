"""The news sitemap: what was published in the last two days, for search engines.

Sitemaps 0.9 (https://www.sitemaps.org/protocol.html) with Google's extension for news, schema 0.9. `news:access`,
`news:genres` and the other tags that Google has deprecated are not written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from feeds.errors import FeedInvalid
from feeds.formats import PublicEntry
from feeds.formats.texts import escaped, legal
from feeds.formats.times import rfc3339
from feeds.formats.xml import address

WITHIN = timedelta(hours=48)
MOST = 1000
"""Entries that Google takes of one news sitemap, and how young they have to be."""

MOST_ADDRESS = 2047
"""Characters of an address: the protocol wants fewer than 2,048."""

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">\n'
)
_FRONT = re.compile(r"https?://[^/?#]+/?")
_CHINESE = {"cn": "zh-cn", "hans": "zh-cn", "sg": "zh-cn", "tw": "zh-tw", "hant": "zh-tw", "hk": "zh-tw"}


def render(entries: Sequence[PublicEntry], *, publication: str, language: str, now: datetime) -> bytes:
    """The sitemap as UTF-8: the newest first, each address once, only those whose time is known and not after `now`.

    `entries` are to have addresses of their own; that of a front page is nobody's. `publication` is its name as it
    stands on the site, `language` a BCP 47 tag. One that holds no entry is well-formed, but against the schema, which
    wants one at least. Raises `FeedInvalid` for a publication without a name or a language without an ISO 639 code.
    """
    name = escaped(" ".join(legal(publication).split()))
    if not name:
        raise FeedInvalid("sitemap-news.xml: the publication has no name; give [site] title")
    head = (
        f"<news:publication><news:name>{name}</news:name>"
        f"<news:language>{_language(language)}</news:language></news:publication>"
    )
    urls = "".join(
        f"<url><loc>{escaped(url)}</loc><news:news>{head}"
        f"<news:publication_date>{rfc3339(published)}</news:publication_date>"
        f"<news:title>{title}</news:title></news:news></url>\n"
        for url, published, title in _chosen(entries, now)
    )
    return f"{_HEAD}{urls}</urlset>\n".encode()


def _chosen(entries: Sequence[PublicEntry], now: datetime) -> Iterator[tuple[str, datetime, str]]:
    """What is listed: address, time and title, which is escaped."""
    young = [
        (one.published, one)
        for one in entries
        if one.published is not None and one.published.tzinfo is not None and now - WITHIN <= one.published <= now
    ]
    seen: set[str] = set()
    # By id where times are alike, so that the order in which entries are given changes no byte.
    for published, entry in sorted(young, key=lambda each: (-each[0].timestamp(), each[1].uid)):
        url = _address(entry.url)
        title = escaped(" ".join(legal(entry.title).split()))
        if url is None or not title or url in seen:
            continue
        if len(seen) == MOST:
            break
        seen.add(url)
        yield url, published, title


def _address(url: str) -> str | None:
    """`url` as RFC 3986 wants it, without a fragment; None where it is none of the web, a front page's or too long."""
    found = address(url.partition("#")[0])
    return None if found is None or _FRONT.fullmatch(found) is not None or len(found) > MOST_ADDRESS else found


def _language(tag: str) -> str:
    """ISO 639 (two or three letters); of Chinese Google wants to know the script."""
    primary, *rest = tag.lower().split("-")
    if re.fullmatch("[a-z]{2,3}", primary) is None:
        raise FeedInvalid(f'sitemap-news.xml: "{tag}" begins with no code of ISO 639; give [site] language')
    if primary == "zh":
        return next((_CHINESE[part] for part in rest if part in _CHINESE), "zh-cn")
    return primary
