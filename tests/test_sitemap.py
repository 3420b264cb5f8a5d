"""The sitemap parser: golden pairs, what is chosen of a long one, titles from addresses, and hostile input."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import Precision
from feeds.errors import ParseError
from feeds.model import Context
from feeds.sources.fields import FeedResult
from feeds.sources.sitemap import CHILDREN, LEAST, MAX_BYTES, MAX_TAGS, MEMBERS, MOST, is_sitemap, parse, title_from
from tests.feed_documents import NOW, document
from tests.test_feed import told

FOLDER = Path(__file__).parent / "cases" / "sitemap"
CASES = sorted(path for path in FOLDER.iterdir() if not path.name.endswith(".expected.json"))
CONTEXT = Context(premium_categories=("premium",))


def read(data: bytes | str) -> FeedResult:
    return parse(document(data, "https://news.example/maps/sitemap.xml"), CONTEXT)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_golden_pairs(path: Path) -> None:
    expected = json.loads(path.with_name(path.name + ".expected.json").read_text(encoding="utf-8"))
    assert told(read(path.read_bytes())) == expected
    assert told(read(gzip.compress(path.read_bytes()))) == expected
    assert is_sitemap(path.read_bytes())
    assert is_sitemap(gzip.compress(path.read_bytes()))


def test_golden_pairs_were_found() -> None:
    assert len(CASES) >= 9


def plain(count: int, days: int, step: timedelta) -> str:
    """Stories of which each was changed a `step` before the one above it, the first so many `days` ago."""
    pages = "".join(
        f"<url><loc>https://news.example/a/story-number-{number}</loc>"
        f"<lastmod>{(NOW - timedelta(days=days) - number * step).isoformat()}</lastmod></url>"
        for number in range(count)
    )
    return f"<urlset>{pages}</urlset>"


@pytest.mark.parametrize(
    ("count", "days", "hours", "items"),
    [(0, 0, 1, 0), (10, 900, 1, 10), (400, 900, 1, LEAST), (400, 0, 1, 337), (400, 13, 1, LEAST), (900, 0, 0.1, MOST)],
)
def test_of_a_plain_sitemap_the_latest_are_items(count: int, days: int, hours: float, items: int) -> None:
    found = read(plain(count, days, timedelta(hours=hours)))
    assert len(found.items) == items
    assert found.partial is (count > 0)
    assert [item.title for item in found.items[:2]] == ["Story number 0", "Story number 1"][:items]


def test_no_more_than_the_most_are_items() -> None:
    found = read("".join(f"https://news.example/a/story-{number}\n" for number in range(MOST + 9)))
    assert len(found.items) == MOST
    assert found.items[0].published is None


def whole(count: int) -> bytes:
    """A sitemap of so many addresses with all that the protocol says of each."""
    said = "".join(
        f"<url><loc>https://n.example/a/story-{number:05}</loc><lastmod>2025-02-01</lastmod>"
        "<changefreq>daily</changefreq><priority>0.5</priority></url>"
        for number in range(count)
    )
    return f'<?xml version="1.0"?><urlset>{said}</urlset>'.encode()


def test_the_most_that_the_protocol_admits_is_read() -> None:
    data = whole(50_000)
    assert 500_000 < data.count(b"<") < MAX_TAGS
    assert len(read(data).items) == LEAST


def test_what_is_denser_than_any_sitemap_is_refused() -> None:
    with pytest.raises(ParseError, match="more than 750,000 tags"):
        read(b"<urlset>" + b"<a/>" * (MAX_TAGS + 1) + b"</urlset>")


def test_of_news_no_more_are_read_than_of_a_feed() -> None:
    pages = "".join(f"<url><loc>https://n.example/{number}/a-b</loc><news/></url>" for number in range(5001))
    found = read(f"<urlset>{pages}</urlset>")
    assert (len(found.items), found.warnings) == (5000, ("only the first 5000 of 5001 items were read",))


def test_an_index_names_its_latest_alone() -> None:
    children = "".join(f"<sitemap><loc>/{number}.xml</loc></sitemap>" for number in range(CHILDREN + 5))
    assert len(read(f"<sitemapindex>{children}</sitemapindex>").further) == CHILDREN


def test_an_index_without_end_is_read_to_a_bound() -> None:
    children = "".join(f"<sitemap><loc>/{number}.xml</loc></sitemap>" for number in range(50_001))
    assert read(f"<sitemapindex>{children}</sitemapindex>").further[0] == "https://news.example/0.xml"


def test_a_day_is_one_of_the_source() -> None:
    from zoneinfo import ZoneInfo

    one = document("<urlset><url><loc>https://n.example/a-b</loc><lastmod>2025-02-01</lastmod></url></urlset>")
    (item,) = parse(one, Context(zone=ZoneInfo("Europe/Minsk"))).items
    assert (item.published, item.published_precision) == (
        (NOW - timedelta(days=28)).replace(month=1, day=31, hour=21),
        Precision.DAY,
    )


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("https://n.example/a/ferry-sails-again", "Ferry sails again"),
        ("https://n.example/a/ferry_sails+again.html", "Ferry sails again"),
        ("https://n.example/ferry-sails-again-1234567.html", "Ferry sails again"),
        ("https://n.example/1234567-ferry-sails/", "Ferry sails"),
        ("https://n.example/ferry-sails-again/1234567", "Ferry sails again"),
        ("https://n.example/ferry-sails-f0a1b2c3d4", "Ferry sails"),
        ("https://n.example/ferry-sails-a12345678", "Ferry sails"),
        ("https://n.example/10-things-of-2026", "10 things of 2026"),
        ("https://n.example/harbour/index.html", "Harbour"),
        ("https://n.example/%D0%BF%D0%B0%D1%80%D0%BE%D0%BC-%D0%B8%D0%B4%D1%91%D1%82", "Паром идёт"),
        ("https://n.example/%FF%FE-pier", "\ufffd\ufffd pier"),
        ("https://n.example/2026/11/01/", "n.example/2026/11/01"),
        ("https://n.example/p/12345?x=1", "n.example/p/12345?x=1"),
        ("https://n.example", "n.example"),
        ("https://n.example/" + "-".join(["word"] * 200), ("Word" + " word" * 60)[:200]),
    ],
)
def test_a_title_from_an_address(address: str, title: str) -> None:
    assert title_from(address) == title


@given(st.text(max_size=60))
def test_every_address_gives_a_title(path: str) -> None:
    assert title_from("https://n.example/" + path.replace("[", ""))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty, so no sitemap"),
        (b"<!doctype html><html></html>", "is an HTML page, not a sitemap"),
        (b"<rss version='2.0'/>", 'is a feed, not a sitemap: say kind = "feed"'),
        (b"<opml/>", "root element <opml>, which is no sitemap"),
        (b'{"version": 1}', "is JSON, not a sitemap"),
        (b"just words", "neither XML nor JSON, so no sitemap"),
        (b"<urlset><url>", "is cut short"),
        (b"<!DOCTYPE a [<!ENTITY a 'b'>]><urlset>&a;</urlset>", "entities of its own"),
        (gzip.compress(b"<urlset>" + bytes(60))[:-12], "is cut short, or damaged gzip"),
        (b"\x1f\x8bnone", "is cut short, or damaged gzip"),
        (gzip.compress(b"") * (MEMBERS + 1), "is cut short, or damaged gzip"),
        (gzip.compress(b" " * (MAX_BYTES + 1)), "more than 10,000,000 bytes, unpacked"),
        (gzip.compress(gzip.compress(b"<urlset/>", mtime=0), mtime=0), "feed.xml"),
        (b"<urlset>" + b"<a>" * 300 + b"</b></urlset>", "Excessive depth"),
        (b"]]><?><urlset><urlset/></urlset>", "is no XML that can be read"),
    ],
    ids=range(15),
)
def test_what_is_no_sitemap_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(ParseError, match=r"^feed\.xml: ") as caught:
        read(data)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_token_is_in_a_message() -> None:
    with pytest.raises(ParseError) as caught:
        parse(replace(document(b""), name="https://h/f?token=SECRET"))
    assert "SECRET" not in str(caught.value)


def test_what_is_packed_in_several_members_is_whole() -> None:
    data = gzip.compress(b"<urlset><url><loc>https://n.example/tide-tables</loc>") + gzip.compress(b"</url></urlset>")
    assert [item.title for item in read(data).items] == ["Tide tables"]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for given_ in (data, b"<urlset><url>" + data + b"</url></urlset>", gzip.compress(data)):
        is_sitemap(given_)
        with suppress(ParseError):
            read(given_)
