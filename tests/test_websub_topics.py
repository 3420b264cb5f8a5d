"""Which feeds a hub is told of, and which hubs feeds name."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.websub.topics import Topics, advertised, own_hub
from tests.websub import config_of

OTHERS = ("https://other.example/feeds/", "https://plain.example", "https://one.example/feed?id=")


def topics_of(folder: Path, *published: str) -> Topics:
    config = config_of(folder, websub={"hub": True, "hub_topics": OTHERS})
    for path in published:
        file = config.public / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"a feed")
    return Topics(config)


def test_hubs_are_named_once_and_our_own_where_we_are_one(tmp_path: Path) -> None:
    two = ["https://hub.example/", "https://news.example/hub", "https://hub.example/"]
    assert advertised(config_of(tmp_path, websub={})) == ()
    assert advertised(config_of(tmp_path)) == ("https://news.example/hub",)
    assert advertised(config_of(tmp_path, publish={"hubs": two})) == (
        "https://hub.example/",
        "https://news.example/hub",
    )
    assert own_hub(config_of(tmp_path, "https://news.example/feeds/")) == "https://news.example/feeds/hub"


def test_feeds_are_topics_and_nothing_else_of_the_tree_is(tmp_path: Path) -> None:
    feeds = ["all.atom", "all.free.atom", "sections/town.atom", "saved/mine.free.atom"]
    others = [
        "archive/town/2026-03.atom", "gone/all.atom", "private/all.atom", "index.html", "all.html", "manifest.json",
        "feeds.opml", "sitemap-news.xml", "style.css", "all.atom.gz", "sections/town.rss", "",
    ]  # fmt: skip
    topics = topics_of(tmp_path, *feeds, *filter(None, others))
    assert topics.among([*others, *feeds, feeds[0]]) == feeds
    for path in feeds:
        topic = topics.address(path)
        assert topics.path_of(topic) == path
        assert topics.media_type(path) == "application/atom+xml; charset=utf-8"
        assert not topics.is_others(topic)
    for path in (*others, "sections/unpublished.atom", "sections/../all.atom", f"{'a' * 999}.atom", "a\0.atom"):
        assert topics.path_of(topics.address(path)) is None
    assert topics.path_of("https://other.example/all.atom") is None


@pytest.mark.parametrize(
    ("topic", "served"),
    [
        ("https://other.example/feeds/a.xml", True),
        ("HTTPS://OTHER.example:443/feeds/a.xml?b=c", True),
        ("https://other.example/feeds/", True),
        ("https://other.example/feeds", False),
        ("https://other.example/private/a.xml", False),
        ("https://other.example/feeds/../private/a.xml", False),
        ("https://other.example/feeds/%2e%2e/private/a.xml", False),
        ("http://other.example/feeds/a.xml", False),
        ("https://other.example:8443/feeds/a.xml", False),
        ("https://other.example.evil.example/feeds/", False),
        ("https://user@other.example/feeds/a.xml", False),
        ("https://other.example/feeds/a.xml#b", False),
        ("https://other.example/feeds/<a>", False),
        ("https://other.example/feeds/a b", False),
        ("https://other.example/feeds/" + "a" * 2000, False),
        ("https://plain.example", True),
        ("https://plain.example/feed", True),
        ("https://plain.example.evil.example/feed", False),
        ("https://one.example/feed?id=7", True),
        ("https://one.example/feed?other", False),
        ("ftp://other.example/feeds/a", False),
        ("https://[bad/feeds/", False),
        ("nonsense", False),
        ("", False),
    ],
)
def test_feeds_of_others_begin_as_was_configured(tmp_path: Path, topic: str, served: bool) -> None:
    assert topics_of(tmp_path).is_others(topic) is served


def test_a_beginning_ends_at_a_slash_or_a_query(tmp_path: Path) -> None:
    topics = Topics(config_of(tmp_path, websub={"hub": True, "hub_topics": ["https://other.example/feed"]}))
    found = [topics.is_others(f"https://other.example/feed{rest}") for rest in ("", "/a", "?a", "s", ".xml")]
    assert found == [True, True, True, False, False]
