"""Sitemaps that blow up, never end, or are made to keep a parser busy; each a function from nothing to bytes."""

from __future__ import annotations

import gzip
from collections.abc import Callable

from tests.hostile.documents import SECRET


def _urlset(pages: str, doctype: str = "") -> bytes:
    return f"{doctype}<urlset>{pages}</urlset>".encode()


def entities_in_entities() -> bytes:
    """3 GB from 1 kB."""
    lines = [f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10)]
    return _urlset("<url><loc>&a9;</loc></url>", f"<!DOCTYPE urlset [<!ENTITY a0 'ha'>{''.join(lines)}]>")


def entity_of_a_file() -> bytes:
    """An entity that is a local file."""
    return _urlset("<url><loc>&x;</loc></url>", f"<!DOCTYPE urlset [<!ENTITY x SYSTEM '{SECRET.as_uri()}'>]>")


def packed_bomb() -> bytes:
    """100 MB of blanks in 100 kB."""
    return gzip.compress(b"<urlset>" + b" " * 100_000_000 + b"</urlset>")


def packed_many_times() -> bytes:
    """A thousand members of gzip, each of 1 MB."""
    return gzip.compress(b" " * 1_000_000) * 1000


def packed_empty_members() -> bytes:
    """300,000 members of gzip with nothing in them."""
    return gzip.compress(b"", mtime=0) * 300_000


def addresses_50k() -> bytes:
    """As many as the protocol admits, none of them dated."""
    return _urlset("".join(f"<url><loc>https://h.example/a/story-{n}</loc></url>" for n in range(50_000)))


def addresses_50k_dated() -> bytes:
    """The same, all of today."""
    return _urlset(
        "".join(
            f"<url><loc>https://h.example/a/story-{n}</loc><lastmod>2025-03-01</lastmod></url>" for n in range(50_000)
        )
    )


def news_20k() -> bytes:
    """Twenty times what a news sitemap may have."""
    news = "<news><publication_date>2025-03-01</publication_date><title>t</title></news>"
    return _urlset("".join(f"<url><loc>https://h.example/a/{n}</loc>{news}</url>" for n in range(20_000)))


def lines_500k() -> bytes:
    """A list of addresses without end."""
    return b"".join(b"https://h.example/%d\n" % n for n in range(500_000))


def one_line_9_mb() -> bytes:
    """A list of one address."""
    return b"https://h.example/" + b"a" * 9_000_000


def index_100k() -> bytes:
    """An index of more sitemaps than there can be."""
    children = "".join(f"<sitemap><loc>https://h.example/{n}.xml</loc></sitemap>" for n in range(100_000))
    return f"<sitemapindex>{children}</sitemapindex>".encode()


def depth_100k() -> bytes:
    """Elements in elements."""
    return _urlset("<url>" * 100_000 + "</url>" * 100_000)


def news_in_news() -> bytes:
    """Publications in publications, to the depth that a parser admits."""
    return _urlset(
        "<url><loc>https://h.example/a/b-c</loc><news>"
        + "<publication>" * 240
        + "</publication>" * 240
        + "</news></url>"
    )


def pictures_60k() -> bytes:
    """An address with more pictures than anybody can look at."""
    return _urlset(f"<url><loc>https://h.example/a</loc>{'<image><loc>/i</loc></image>' * 60_000}</url>")


def attributes_100k() -> bytes:
    """A start tag of 1 MB."""
    return b"<urlset " + b" ".join(b"a%d='b'" % n for n in range(100_000)) + b"></urlset>"


def slug_9_mb() -> bytes:
    """An address of which no title is made."""
    return _urlset(f"<url><loc>https://h.example/{'-1a' * 3_000_000}</loc></url>")


def broken_50k() -> bytes:
    """As many addresses as the protocol admits, of which none is closed."""
    return _urlset("<url><loc>https://h.example/a&b</lok></url>" * 50_000)


def keywords_1_mb() -> bytes:
    """A headline's worth of news, and a megabyte of keywords."""
    return _urlset(f"<url><loc>https://h.example/a</loc><news><keywords>{'a,' * 500_000}</keywords></news></url>")


SITEMAPS: dict[str, tuple[Callable[[], bytes], int | str]] = {
    function.__name__: (function, expected)
    for function, expected in (
        (entities_in_entities, "entities of its own"),
        (entity_of_a_file, "entities of its own"),
        (packed_bomb, "more than 10,000,000 bytes, unpacked"),
        (packed_many_times, "more than 10,000,000 bytes, unpacked"),
        (packed_empty_members, "damaged gzip"),
        (addresses_50k, 500),
        (addresses_50k_dated, 500),
        (news_20k, 5000),
        (lines_500k, 500),
        (one_line_9_mb, 0),
        (index_100k, 0),
        (depth_100k, "Excessive depth"),
        (news_in_news, 1),
        (pictures_60k, 1),
        (attributes_100k, "a start tag of"),
        (slug_9_mb, 0),
        (broken_50k, 2),
        (keywords_1_mb, 1),
    )
}
"""Name -> what makes the document, and how many items come out, or a word of the reason for which none does."""
