"""The page that lists a subscriber's feeds."""

from __future__ import annotations

from lxml import html

from feeds.formats import Format
from feeds.formats.atom import FORMAT as ATOM
from feeds.formats.subscriber import ListedFeed, render_subscriber

OTHER = Format(name="twtxt", suffix="txt", media_type="text/plain; charset=utf-8", renderer=ATOM.renderer)
HOSTILE = '"><script>alert(1)</script>'


def test_every_feed_in_every_format_by_relative_links() -> None:
    feeds = [
        ListedFeed("River Post", ((ATOM, "all.atom"), (OTHER, "all.txt"))),
        ListedFeed("River Post: Sea", ((ATOM, "sections/sea.atom"),)),
    ]
    page = render_subscriber("River Post", "en", "https://news.example/f/", feeds)
    tree = html.fromstring(page)
    assert [(one.get("href"), one.text, one.get("aria-label")) for one in tree.iter("a")] == [
        ("all.atom", "Atom", "River Post: Atom"),
        ("all.txt", "TXT", "River Post: TXT"),
        ("sections/sea.atom", "Atom", "River Post: Sea: Atom"),
    ]
    found = [(one.get("href"), one.get("type")) for one in tree.iter("link") if one.get("rel") == "alternate"]
    assert found == [("all.atom", "application/atom+xml"), ("sections/sea.atom", "application/atom+xml")]
    assert tree.xpath("//link[@rel='stylesheet']/@href") == ["https://news.example/f/style.css"]
    assert tree.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert page == render_subscriber("River Post", "en", "https://news.example/f/", feeds)


def test_titles_are_text() -> None:
    page = render_subscriber(HOSTILE, HOSTILE, "https://news.example/", [ListedFeed(HOSTILE, ((ATOM, HOSTILE),))])
    tree = html.fromstring(page)
    assert tree.xpath("//script") == []
    assert tree.xpath("//h1/text()") == tree.xpath("//h2/text()") == tree.xpath("//a/@href") == [HOSTILE]


def test_a_desk_without_feeds_has_a_page() -> None:
    assert html.fromstring(render_subscriber("T", "en", "https://news.example/", [])).xpath("//h2") == []
