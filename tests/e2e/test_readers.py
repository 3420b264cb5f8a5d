"""Real readers see what is published: feedparser, lemon24/reader and newsboat, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import feedparser
import pytest
import reader as lemon

from feeds.web.public import public_app
from feeds.web.server import Server
from tests.command import DOCUMENT, SEEDS, Folder
from tests.e2e.readers import Lemon, Newsboat, Reader, needed

pytestmark = pytest.mark.e2e


class Row(NamedTuple):
    """What a reader shows of an entry."""

    title: str
    link: str
    day: str


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Folder, str]]:
    desk = Folder(tmp_path).config(SEEDS)
    desk.seed("1.txt", DOCUMENT)
    (tmp_path / "feed.xml").write_text(RSS, encoding="utf-8")
    desk.config(SEEDS + '[[source]]\nname = "rss"\npath = "feed.xml"\nsections = ["Politics"]\n')
    assert desk.run("update").code == 0
    server = Server(public_app(desk.public), "127.0.0.1", 0)
    server.start()
    yield desk, server.url
    server.stop()


RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>R</title><link>https://news.example/</link>
<description>d</description>
<item><title>Bread &amp; butter of &lt;politics&gt; - „Łukašenka“</title><link>https://news.example/a?x=1&amp;y=2</link>
<guid isPermaLink="false">a</guid><pubDate>Mon, 02 Mar 2026 09:30:00 +0100</pubDate>
<description>&lt;p&gt;Body with &lt;b&gt;markup&lt;/b&gt;.&lt;/p&gt;</description></item>
<item><title>Новости парламента</title><link>https://news.example/b</link><guid>https://news.example/b</guid>
<pubDate>Sun, 01 Mar 2026 23:59:59 GMT</pubDate></item>
</channel></rss>
"""


def by_feedparser(url: str, path: str) -> set[Row]:
    feed = feedparser.parse(url + path)
    assert not feed.bozo
    return {Row(one.title, one.link, one.get("published", one.updated)[:10]) for one in feed.entries}


def shown(reader: Reader) -> set[Row]:
    """What a reader shows of the Atom feed that it follows."""
    reader.fetch()
    rows = reader.shows("atom")
    return {Row(one.title, one.link, f"{datetime.fromtimestamp(one.when or 0, UTC):%Y-%m-%d}") for one in rows}


@pytest.mark.parametrize("path", ["all.atom", "sections/politics.atom", "sections/economy.free.atom"])
def test_readers_agree(served: tuple[Folder, str], tmp_path: Path, path: str) -> None:
    _desk, url = served
    ours = by_feedparser(url, path)
    assert ours
    assert shown(Lemon(tmp_path / "reader", {"atom": url + path})) == ours
    needed(*Newsboat.needs)
    assert shown(Newsboat(tmp_path / "newsboat", {"atom": url + path})) == ours


def test_titles_stay_text(served: tuple[Folder, str]) -> None:
    titles = {row.title for row in by_feedparser(served[1], "sections/politics.atom")}
    assert {"Bread & butter of <politics> - „Łukašenka“", "Новости парламента"} <= titles


def test_a_reader_gets_304_when_nothing_changed_and_one_updated_entry_after_a_correction(
    served: tuple[Folder, str], tmp_path: Path
) -> None:
    desk, url = served
    first = feedparser.parse(url + "all.atom")
    assert feedparser.parse(url + "all.atom", etag=first.etag).status == 304
    reading = lemon.make_reader(str(tmp_path / "reader.sqlite"))
    reading.add_feed(url + "all.atom")
    reading.update_feeds(scheduled=False)
    before = {entry.id: entry.title for entry in reading.get_entries()}
    desk.seed("1.txt", DOCUMENT.replace("Mayor rejects call for early election", "Mayor rejects calls for election"))
    assert desk.run("update", "--json").json["totals"]["updated"] == 1
    reading.update_feeds(scheduled=False)
    after = {entry.id: entry.title for entry in reading.get_entries()}
    reading.close()
    assert set(after) == set(before)
    assert {after[uid] for uid in after if after[uid] != before[uid]} == {"Mayor rejects calls for election"}
