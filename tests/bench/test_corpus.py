"""The generated feeds are what the figures say they are of."""

from __future__ import annotations

import json
import re
from calendar import timegm
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import feedparser
import pytest

from tests.bench import corpus


def entries(data: bytes) -> list[Any]:
    found = feedparser.parse(data)
    assert not found.bozo, found.bozo_exception
    return list(found.entries)


def text(entry: Any) -> str:
    return max([str(entry.get("summary", "")), *(str(one.value) for one in entry.get("content", ()))], key=len)


@pytest.mark.parametrize("number", range(12))
def test_a_feed_is_well_formed_and_each_entry_has_what_readers_expect(number: int) -> None:
    shown = entries(corpus.feed(number))
    assert len(shown) == corpus.ENTRIES
    for entry in shown:
        assert entry.title
        assert entry.link.startswith(corpus.home(number))
        assert entry.author
        assert entry.tags
        assert "<p>" in text(entry)
    parsed = [entry.get("published_parsed") or entry.updated_parsed for entry in shown]
    times = [datetime.fromtimestamp(timegm(each), UTC) for each in parsed]
    assert times == sorted(times, reverse=True)
    assert corpus.NOW - timedelta(days=6) < times[-1]
    assert times[0] < corpus.NOW


def test_thirty_entries_are_42_kilobytes_in_the_median() -> None:
    assert 40_000 < median(len(corpus.feed(number)) for number in range(210)) < 44_000


def test_formats_and_scripts_are_mixed() -> None:
    feeds = [corpus.feed(number) for number in range(60)]
    assert [corpus.format_of(number) for number in range(10)] == ["rss"] * 6 + ["atom"] * 3 + ["rdf"]
    for number, data in enumerate(feeds):
        root = {"rss": b"<rss ", "atom": b"<feed ", "rdf": b"<rdf:RDF "}[corpus.format_of(number)]
        assert root in data[:100]
    cyrillic = sum(re.search("[а-яў]{4}", data.decode()) is not None for data in feeds)
    assert cyrillic == 20
    assert any(b'href="/topics' in data or b"href=&quot;/topics" in data for data in feeds), "no relative address"


def test_no_two_entries_share_a_title_or_a_text() -> None:
    shown = [entry for number in range(30) for entry in entries(corpus.feed(number))]
    assert len({entry.title for entry in shown}) == len(shown)
    assert len({text(entry) for entry in shown}) == len(shown)
    assert len({entry.link for entry in shown}) == len(shown)


@pytest.mark.parametrize("number", [0, 1, 6, 9])
def test_a_version_has_three_entries_more_on_top_and_three_less_at_the_end(number: int) -> None:
    first, second = (entries(corpus.feed(number, version=version)) for version in (0, 1))
    assert [text(entry) for entry in second[3:]] == [text(entry) for entry in first[:-3]]
    assert not {entry.title for entry in second[:3]} & {entry.title for entry in first}


def test_the_bytes_follow_from_the_numbers_alone() -> None:
    before = corpus.feed(5)
    assert corpus.feed(6) != before
    assert corpus.feed(5) == before


def test_pages_of_an_archive_go_back_in_time_and_repeat_nothing() -> None:
    pages = [json.loads(corpus.archive(3, page, size=20))["items"] for page in range(3)]
    items = [item for page in pages for item in page]
    times = [item["date_published"] for item in items]
    assert times == sorted(times, reverse=True)
    assert len({item["id"] for item in items}) == len({item["title"] for item in items}) == 60
    assert not {item["title"] for item in items} & {entry.title for entry in entries(corpus.feed(3))}
