"""feedparser's lenient parser: what it reads beyond feedparser itself, and where it stops being needed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from feeds.errors import ParseError
from feeds.model import Item
from feeds.sources.fallback import read_text
from feeds.sources.feed import parse
from feeds.sources.said import Said, Tag
from tests.command import ROOT
from tests.feed_documents import FOLDER, RSS, document

BROKEN = RSS.format("<item>{}<b></item>")


def only(elements: str) -> Item:
    (item,) = parse(document(BROKEN.format(elements))).items
    return item


def said(elements: str, strict: bool = False) -> Said:
    _channel, (entry,) = read_text(RSS.format(f"<item>{elements}</item>"), "rss", strict=strict)
    return entry


@pytest.mark.parametrize("strict", [False, True])
def test_either_parser_of_feedparser_says_what_it_loses(strict: bool) -> None:
    entry = said(
        "<guid isPermaLink='true'>g</guid><link>/1</link><link></link><own:a xmlns:own='urn:a'><link>/2</link></own:a>"
        "<comments x='y'>/c</comments><category domain='d'/><category>a</category><category>a</category>"
        "<category domain='d'>b</category><author>a@a.media (Ann)</author><author><name>Bob</name></author>"
        "<pubDate>2025-02-26</pubDate><atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='via' href='/v'/>",
        strict,
    )
    assert (entry.permanent, entry.stand_in, entry.link, entry.comments) == (True, "g", "/1", "/c")
    assert entry.tags == [Tag("a", "d"), Tag("a"), Tag("b", "d")]
    assert (entry.authors, entry.published) == (["Ann", "Bob"], "2025-02-26")
    assert [link["type"] for link in entry.links if link.get("rel") == "via"] == [""]


@pytest.mark.parametrize("strict", [False, True])
def test_prices_and_the_access_of_news_sitemaps(strict: bool) -> None:
    news = "<news:access xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'>Subscription</news:access>"
    media = "xmlns:media='http://search.yahoo.com/mrss/'"
    prices = f"<media:price {media} type='rent' price='2.99'/><media:price {media} price='19.99' currency='EUR'/>"
    assert said(news + prices, strict).gates == [("news:access", "Subscription"), ("media:price", "19.99")]
    assert said(f"<media:price {media}>2</media:price>", strict).gates == []


def test_what_the_strict_parser_refuses_the_lenient_one_reads() -> None:
    assert said("<title>a</title></b>", strict=True).title == said("<title>a</title></b>").title


def test_a_broken_document_says_as_much_as_a_whole_one() -> None:
    item = only(
        "<title>One & <i>two</i></title><source url='/f'>Wire</source><description>d</description>"
        "<own:isAccessibleForFree>no</own:isAccessibleForFree><itunes:image href='/i.png'/>"
    )
    assert (item.title, item.summary, item.label) == ("One & two", "d", "Wire")
    assert [one.value for one in item.evidence] == ["no"]
    assert [one.url for one in item.images] == ["https://news.example/i.png"]


def test_a_podcasts_owner_is_no_author() -> None:
    assert only("<author>Ann</author><itunes:owner><itunes:name>Owner</itunes:name></itunes:owner>").authors == ("Ann",)


def test_dates_that_feedparser_raises_for_are_not_plausible() -> None:
    item = only("<pubDate>abc, 2025/13/26 05:00:00 EST</pubDate><expirationDate>2025</expirationDate><title>a</title>")
    assert (item.published, item.title) == (None, "a")


def test_a_body_is_not_copied_into_a_missing_summary() -> None:
    item = only("<content:encoded>Secret body</content:encoded>")
    assert (item.summary, item.content) == ("", "Secret body")


def test_broken_rdf_without_a_channel_is_no_feed() -> None:
    feed = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><b></rdf:RDF>"
    with pytest.raises(ParseError, match="only looks like a feed"):
        parse(document(feed))


def test_relative_links_are_resolved_where_a_base_is_said() -> None:
    atom = "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://b.example/'><entry><b>{}</entry></feed>"
    (item,) = parse(document(atom.format("<content type='html'>&lt;a href='x'>y&lt;/a></content>"))).items
    assert "https://b.example/x" in item.content


@pytest.mark.parametrize("name", ["rss20.xml", "atom10_own.xml", "rdf10.xml", "rss20_prefixes.xml", "jsonfeed11.json"])
def test_a_feed_that_is_well_formed_needs_no_feedparser(name: str) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.feed_documents import document;"
        "from feeds.sources.feed import parse; parse(document(Path(sys.argv[1]).read_bytes()));"
        "print([name for name in sys.modules if name.startswith('feedparser')])"
    )
    command: list[Any] = [sys.executable, "-c", code, FOLDER / name]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
