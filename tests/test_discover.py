"""Feeds of pages: what pages advertise, what their sites are known to have, what their links look like."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.discover import MAX_BYTES, MAX_FOUND, MAX_TITLE, USUAL, Found, discover, is_page, look, title_of, usual
from tests.pace import slowness

PAGE = "https://www.courier.example/news/politics"
RSS = "application/rss+xml"


def found(markup: str | bytes, url: str | None = PAGE, charset: str | None = None) -> list[Found]:
    return list(discover(markup if isinstance(markup, bytes) else markup.encode(), url, charset))


def urls(markup: str | bytes, url: str | None = PAGE) -> list[str]:
    return [one.url for one in found(markup, url)]


def link(href: str, kind: str = RSS, title: str = "", rel: str = "alternate") -> str:
    return f'<link rel="{rel}" type="{kind}" href="{href}" title="{title}">'


@pytest.mark.usefixtures("untraced")
def test_a_page_of_comments_is_told_at_once() -> None:
    for end in (b"<1", b"<html>", b""):
        for piece in (b"<!---->", b"<?x?>", b"<!-- - -->", b" <!--"):
            begun = time.process_time()
            assert is_page(piece * 1000 + end) in (True, False)
            assert time.process_time() - begun < 0.5 * slowness()


def test_title_and_feeds_in_one_look() -> None:
    title, found = look(b"<title>Courier</title><link rel=feed href='https://a.example/f'>", None)
    assert (title, [one.url for one in found]) == ("Courier", ["https://a.example/f"])


def test_what_a_page_advertises() -> None:
    markup = f"""<!DOCTYPE html><html><head><title>The Courier</title>
    {link("/feed", title=" The  Courier ")}
    {link("/feed.json", "application/feed+json")}
    <LINK REL="Alternate" TYPE="Application/Atom+XML; charset=utf-8" HREF="atom#top">
    {link("/rdf", "application/rdf+xml")} {link("/old", "application/x.atom+xml")} {link("/x", "text/xml")}
    <link rel="feed" href="/whole"> <link rel="alternate home" href="/rss">
    </head>"""
    assert found(markup) == [
        Found("https://www.courier.example/feed", "The Courier", RSS, "advertised"),
        Found("https://www.courier.example/feed.json", None, "application/feed+json", "advertised"),
        Found("https://www.courier.example/news/atom", None, "application/atom+xml", "advertised"),
        Found("https://www.courier.example/rdf", None, "application/rdf+xml", "advertised"),
        Found("https://www.courier.example/old", None, "application/x.atom+xml", "advertised"),
        Found("https://www.courier.example/x", None, "text/xml", "advertised"),
        Found("https://www.courier.example/whole", None, None, "advertised"),
        Found("https://www.courier.example/rss", None, None, "advertised"),
    ]


@pytest.mark.parametrize(
    "markup",
    [
        link("/wp-json/wp/v2/categories/7", "application/json"),
        link("/wp-json/oembed?url=feed", "application/json+oembed"),
        link("/de/", "text/html"),
        link("/style.xml", "text/xml", rel="alternate stylesheet"),
        link("/feed", rel="nofollow"),
        link("", RSS),
        '<link type="application/rss+xml" href="/feed">',
        '<link rel="alternate" type="application/rss+xml">',
        '<link rel="alternate" hreflang="de" href="/de/feed">',
        '<link rel="alternate" href="/mobile">',
        link("javascript:feed()"),
        link("ftp://courier.example/feed"),
        link("https://reader:secret@courier.example/feed"),
        link("http://[half"),
        link("/" + "f" * 2000),
        "<p>no links",
        "",
        " \n ",
        "<!-- nothing -->",
    ],
)
def test_what_is_no_feed(markup: str) -> None:
    assert found(markup) == []


def test_a_json_feed_by_the_common_type() -> None:
    assert urls(link("/feed/json", "application/json")) == ["https://www.courier.example/feed/json"]


def test_relative_addresses_start_from_the_base() -> None:
    assert urls("<base href='/deep/er/'><base href='/second/'>" + link("f")) == [
        "https://www.courier.example/deep/er/f"
    ]
    assert urls("<base target=_blank><base href=//cdn.example/>" + link("f")) == ["https://cdn.example/f"]
    assert urls("<base href='javascript:x'>" + link("f")) == ["https://www.courier.example/news/f"]
    assert urls("<base href='https://b.example/x'>" + link("f"), None) == ["https://b.example/f"]
    assert urls(link("f") + link("https://b.example/f"), None) == ["https://b.example/f"]


def test_each_is_named_once_by_the_better_way() -> None:
    markup = f'<a href="/feed">RSS</a>{link("/feed", title="One")}{link("/feed#two", title="Two")}'
    assert found(markup) == [Found("https://www.courier.example/feed", "One", RSS, "advertised")]


def test_the_sections_own_feed_goes_first_and_comments_last() -> None:
    markup = (
        link("/feed", title="The Courier")
        + link("/comments/feed", title="The Courier")
        + link("/news/politics/feed", title="Politics")
        + link("/news/politics/abend/feed", title="Kommentare zu: Abend")
        + link("/news/politics.rss")
        + '<a href="/news/politics/rss.xml">RSS</a>'
    )
    assert urls(markup) == [
        "https://www.courier.example/news/politics/feed",
        "https://www.courier.example/news/politics.rss",
        "https://www.courier.example/feed",
        "https://www.courier.example/news/politics/rss.xml",
        "https://www.courier.example/news/politics/abend/feed",
        "https://www.courier.example/comments/feed",
    ]
    assert urls(markup, "https://www.courier.example/")[0] == "https://www.courier.example/feed"


@pytest.mark.parametrize(
    "href",
    [
        "/rss",
        "/RSS/",
        "/news/feed/",
        "/feeds",
        "/index.xml",
        "/rss_news.xml",
        "/export/news.rss",
        "/all.atom",
        "/rss/politics.xml",
        "/feeds/2026/town.json",
        "/?feed=rss2",
        "/news?page=1&amp;format=feed",
        "https://feeds.feedburner.com/courier/rss",
        "https://courier.example/feed",
        "https://blog.courier.example/feed",
    ],
)
def test_links_that_look_like_feeds(href: str) -> None:
    (one,) = found(f'<a href="{href}"> All <b>news</b> </a>')
    assert (one.title, one.media_type, one.how) == ("All news", None, "link")


@pytest.mark.parametrize(
    "href",
    [
        "/",
        "/rss-readers-explained",
        "/news/sitemap.xml",
        "/feedback",
        "https://reader.example/subscribe/feed",
        "https://notcourier.example/rss",
        "mailto:rss@courier.example",
        "#rss",
    ],
)
def test_links_that_do_not(href: str) -> None:
    assert found(f'<a href="{href}">News</a>') == []


def test_links_that_only_say_so_come_after_those_that_look_so() -> None:
    markup = """<a href="/syndication">RSS</a> <a href="/s" class="icon icon-rss"></a> <a href="/t" title="Atom"> </a>
    <a href="/typed" type="application/rss+xml">N</a> <a href="/rss">all of it</a> <a>RSS</a>"""
    assert [(one.url[27:], one.title, one.media_type) for one in found(markup)] == [
        ("/typed", "N", RSS),
        ("/rss", "all of it", None),
        ("/syndication", "RSS", None),
        ("/s", None, None),
        ("/t", "Atom", None),
    ]


@pytest.mark.parametrize(
    ("page", "feed"),
    [
        (
            "https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv/videos",
            "https://www.youtube.com/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv",
        ),
        (
            "https://m.youtube.com/playlist?list=PLab-cd",
            "https://www.youtube.com/feeds/videos.xml?playlist_id=PLab-cd",
        ),
        ("https://github.com/harbour/tides", "https://github.com/harbour/tides/releases.atom"),
        ("https://github.com/harbour/tides/issues?q=x", "https://github.com/harbour/tides/releases.atom"),
        ("https://courier.blogspot.com/2026/03/", "https://courier.blogspot.com/feeds/posts/default"),
    ],
)
def test_what_sites_are_known_to_have(page: str, feed: str) -> None:
    assert found("<p>", page) == [Found(feed, None, None, "known site")]
    assert urls(link("/own"), page) == [page[: page.index("/", 8)] + "/own", feed]


def test_sites_that_nothing_is_known_of() -> None:
    for page in ("https://github.com/harbour", "https://youtube.com/watch?v=1", "https://blogspot.com/", PAGE):
        assert found("<p>", page) == []


def test_the_usual_addresses() -> None:
    assert usual("https://courier.example:8443") == tuple(f"https://courier.example:8443{name}" for name in USUAL)
    assert usual("https://courier.example/news/?x=1") == (
        "https://courier.example/news/feed/",
        *(f"https://courier.example{name}" for name in USUAL[:5]),
    )
    assert usual("https://courier.example/index.html") == usual("https://courier.example/")
    assert usual("file:///tmp/page") == usual("page.html") == ()


def test_bounds() -> None:
    assert len(found("".join(link(f"/feed{number}") for number in range(50)))) == MAX_FOUND
    (one,) = found(link("/feed", title="long " * 5000))
    assert one.title is not None
    assert len(one.title) == MAX_TITLE
    late = "<p>" + "x" * MAX_BYTES + link("/feed")
    assert found(late) == []
    assert urls("ж" * (MAX_BYTES // 2 - 100) + link("/feed") + "ж" * 100)  # cut within a character
    assert urls("<div>" * 5000 + link("/deep")) == []
    assert urls(link("/feed") + "<div>" * 100_000) == ["https://www.courier.example/feed"]


def test_characters() -> None:
    title = f"<title>Кур'ер\n {'&amp;'} co</title>"
    assert title_of(title.encode()) == "Кур'ер & co"
    assert title_of(title.encode(), "windows-1251") == "Кур'ер & co"
    assert title_of(title.encode("cp1251"), "windows-1251") == "Кур'ер & co"
    declared = b'<meta charset="windows-1251">' + title.encode("cp1251")
    assert title_of(declared) == title_of(declared, "no-such-charset") == "Кур'ер & co"
    assert title_of(b"<p>none") is None
    assert title_of(b"") is None


@pytest.mark.parametrize(
    ("data", "media_type", "page"),
    [
        (b"<!DOCTYPE html><p>", None, True),
        (b"\xef\xbb\xbf\n<!-- x --><HTML>", "application/rss+xml", True),
        ("<html>".encode("utf-16"), None, True),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x" "y"><html>', None, True),
        (b"<div>", None, True),
        (b"just words", "text/html", True),
        (b"<custom-element>", "text/html", True),
        (b"just words", "text/plain", False),
        (b"<custom-element>", None, False),
        (b'<?xml version="1.0"?><rss>', "text/html", False),
        (b"<rdf:RDF>", "text/html", False),
        (b"<feed>", "text/html", False),
        (b' {"version"', "text/html", False),
        (b"", None, False),
    ],
)
def test_what_a_page_is(data: bytes, media_type: str | None, page: bool) -> None:
    assert is_page(data, media_type) is page


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(["link", "a", "base"]))
def test_whatever_a_page_says_the_addresses_are_usable(href: str, title: str, name: str) -> None:
    quoted = href.replace("&", "&amp;").replace('"', "&quot;")
    markup = f'<{name} rel="alternate" type="{RSS}" href="{quoted}" title="{title}">{link("/feed")}'
    for one in found(markup.encode("utf-8", "replace")):
        assert one.url.startswith(("http://", "https://"))
        assert "#" not in one.url
        assert one.url.isascii()
        assert one.title is None or one.title == " ".join(one.title.split())


@given(st.binary(max_size=80), st.sampled_from([None, "utf-8", "utf-16", "windows-1251", "shift_jis", "utf-7", "x\0"]))
def test_any_bytes_are_a_page_with_or_without_feeds(data: bytes, charset: str | None) -> None:
    assert found(data, PAGE, charset) == []
    assert isinstance(title_of(b"<title>" + data, charset), str | None)
