"""What a worker does with one document, here in this process."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from feeds import reading
from feeds.config import parse
from feeds.errors import ParseError
from feeds.fulltext import listed_of, manner_of_articles
from feeds.manner import manner_of
from feeds.model import Document
from feeds.packing import unpack
from feeds.reading import ARTICLE
from feeds.worker import read_document
from tests.articles import page
from tests.command import SITE
from tests.desk import record

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONFIG = parse(
    f'{SITE}[[source]]\nname = "n"\nurl = "https://n.example/feed"\n'
    '[[source]]\nname = "s"\nkind = "seed"\npath = "s"\n',
    Path("config.toml"),
)
FEED = """<rss version="2.0"><channel><title>N</title><ttl>60</ttl><skipDays><day>Sunday</day></skipDays>
<item><title>a</title><pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate></item>
<item><title>b</title><pubDate>Sun, 01 Mar 2026 08:00:00 GMT</pubDate></item>
<item><title>c</title></item>
<item><title>d</title><pubDate>Sun, 01 Mar 2026 06:00:00 GMT</pubDate></item><item/></channel></rss>"""


def document(data: str) -> Document:
    return Document(name="https://n.example/feed", data=data.encode(), as_of=NOW, fetched_at=NOW)


def test_what_a_feed_says_and_hints() -> None:
    read = read_document(document(FEED), manner_of(CONFIG, CONFIG.source[0]), b"digest")
    assert (read.size, read.dated, read.every) == (4, 3, 7200)
    assert (read.oldest, read.newest) == (NOW.replace(hour=6), NOW.replace(hour=10))
    assert (read.title, read.ttl, read.skip_days, read.earlier) == ("N", 3600, (6,), None)
    found = unpack(read.packed)
    assert ([each.title for each in found.records], found.digest) == (["a", "b", "c", "d"], b"digest")
    assert len(found.skipped) == 1


def test_an_article_is_read_for_the_entry_that_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reading._MODULES, ARTICLE, "tests.articles")
    url = "https://n.example/a"
    one = Document(name=url, data=page("As it is listed"), as_of=NOW, fetched_at=NOW, url=url)
    listed = listed_of(record("As listed", url=url, position=3), url)
    read = read_document(one, manner_of_articles(manner_of(CONFIG, CONFIG.source[0])), b"", listed)
    (found,) = unpack(read.packed).records
    assert (found.title, found.url, found.position) == ("As it is listed", url, 3)


def test_a_text_document_hints_nothing() -> None:
    read = read_document(document("A story\n\nBody."), manner_of(CONFIG, CONFIG.source[1]), b"")
    assert (read.size, read.dated, read.oldest, read.newest, read.every) == (1, 0, None, None, None)
    assert (read.ttl, read.skip_hours) == (None, ())


def test_what_is_no_feed_is_refused() -> None:
    with pytest.raises(ParseError, match="HTML page"):
        read_document(document("<!doctype html><html></html>"), manner_of(CONFIG, CONFIG.source[0]), b"")
