"""The elements of a feed itself, wherever its items stand."""

from __future__ import annotations

import pytest

from feeds.sources.channel import read_tree
from feeds.sources.feed import parse
from feeds.sources.shape import _parse
from tests.feed_documents import RSS, document

RDF = "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>{}</r:RDF>"
OUTSIDE = (
    "<title>t</title><link>https://a.example/</link><id>https://a.example/</id><language>de</language><ttl>5</ttl>"
    "<skipDays><day>Monday</day></skipDays>"
)


@pytest.mark.parametrize("feed", [RDF.format(OUTSIDE + "<item/>"), f"<rss>{OUTSIDE}<channel/><item/></rss>"])
def test_what_stands_outside_a_channel_is_not_the_feeds(feed: str) -> None:
    result = parse(document(feed))
    assert (result.title, result.url, result.language, result.ttl, len(result.items)) == (None, None, None, None, 1)


def test_items_may_stand_beside_or_below_anything() -> None:
    feed = "<rss><item/><channel><own><item/></own><item/></channel><item/></rss>"
    assert len(parse(document(feed)).items) == 4


def test_the_title_after_a_picture_replaces_the_one_before() -> None:
    feed = "<title>a</title><title>b</title><image><title>c</title></image><title>d</title><title/>"
    assert parse(document(RSS.format(feed))).title == "d"
    assert parse(document(RSS.format("<title>a</title><title>b</title>"))).title == "a"


def test_the_feeds_address_is_its_link_or_else_its_id() -> None:
    atom = "<feed xmlns='http://www.w3.org/2005/Atom'><id>https://a.example/id</id>{}</feed>"
    assert parse(document(atom.format(""))).url == "https://a.example/id"
    assert parse(document(atom.format("<link href='/x'/><id>https://a.example/2</id>"))).url == "https://news.example/x"
    assert parse(document(atom.format("<link rel='self' href='/x'/>"))).url == "https://a.example/id"


def test_an_empty_rdf_feed_is_one_and_foaf_is_none() -> None:
    assert parse(document(RDF.format(""))).items == ()
    root = _parse(b"<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>")
    reader = read_tree(root, has_base=False, has_lang=False, resolves=False)
    assert not reader.has_channel


@pytest.mark.parametrize(
    ("links", "earlier"),
    [
        ("<link rel='next' href='/2'/><link rel='prev-archive' href='/1'/>", "https://news.example/1"),
        ("<link rel='prev-archive' href='urn:x'/><link rel='next' href='/2'/>", "https://news.example/2"),
        ("<link rel='prev' href='/1'/>", None),
    ],
)
def test_earlier_entries_are_where_the_archive_is(links: str, earlier: str | None) -> None:
    assert parse(document(f"<feed xmlns='http://www.w3.org/2005/Atom'>{links}</feed>")).earlier == earlier


def test_hours_and_days_to_skip() -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in ("24", "0", " 7 ", "25", "-1", "٣", "", "7"))
    days = "".join(f"<day>{day}</day>" for day in ("Sunday", "TUESDAY", "Sun", ""))
    result = parse(document(RSS.format(f"<skipHours>{hours}<x/></skipHours><skipDays>{days}<x/></skipDays>")))
    assert (result.skip_hours, result.skip_days) == ((0, 7), (1, 6))
