from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from selectolax.lexbor import LexborHTMLParser

from db.records import Precision
from feeds.model import Context
from feeds.sources.page.texts import elements_in
from feeds.sources.page.times import day_of, from_day, has_date, read_text, read_when, stated
from tests.pages import document

DOCUMENT = document("")


def context(language: str = "en", zone: str = "UTC") -> Context:
    return Context(language=language, zone=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("language", "text", "moment"),
    [
        ("en", "November 25, 2026", "2026-11-25"),
        ("en", "25 Nov 2026, 14:30", "2026-11-25T14:30"),
        ("en", "Nov 25", "2026-11-25"),
        ("en", "11/25/2026", "2026-11-25"),
        ("en", "By Ada Linden | November 25, 2026 | 3 comments", "2026-11-25"),
        ("en", "9:41 p.m. EST, Nov 24, 2026", "2026-11-25T02:41"),
        ("en", "12:05 am, Nov 25, 2026", "2026-11-25T00:05"),
        ("en", "yesterday", "2026-11-25"),
        ("en", "Today, 09:12", "2026-11-26T09:12"),
        ("en", "2 hours ago", "2026-11-26T10:00"),
        ("en", "an hour ago", "2026-11-26T11:00"),
        ("en", "3h ago", "2026-11-26T09:00"),
        ("en", "3 days ago", "2026-11-23"),
        ("ru", "14:30, 25 ноября", "2026-11-25T14:30"),
        ("ru", "25.11 14:30", "2026-11-25T14:30"),
        ("ru", "28.12 14:30", "2025-12-28T14:30"),
        ("ru", "5 минут назад", "2026-11-26T12:25"),
        ("be", "учора", "2026-11-25"),
        ("de", "25.11.26", "2026-11-25"),
        ("de", "12.05, 14:30", "2026-05-12T14:30"),
        ("de", "vor 3 Stunden", "2026-11-26T09:00"),
        ("fr", "05/06/2026", "2026-06-05"),
        ("fr", "25/11/2026 - 10h05", "2026-11-25T10:05"),
        ("ja", "2026年11月25日", "2026-11-25"),
    ],
)
def test_times_in_words(language: str, text: str, moment: str) -> None:
    when = read_text(text, context(language), DOCUMENT)
    assert when is not None
    assert when.moment == datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert when.precision is (Precision.SECOND if "T" in moment else Precision.DAY)
    assert when.basis


@pytest.mark.parametrize(
    "text",
    [
        "05/06/2026",
        "9 months ago",
        "12:30",
        "25 people died",
        "Season 12.5",
        "12.05 percent more",
        "31.02.2026",
        "no date",
        "13/13",
        "5 points ago",
        "30 February 2026",
        "25 November 2027",
        "25.11.1971",
        "29.02",
        "99 weeks ago and a great many other words of no use",
        "2 hours ago in 1066, as everybody who was there will say",
    ],
)
def test_what_says_no_time_for_certain(text: str) -> None:
    assert read_text(text, context(), DOCUMENT) is None


def test_headlines_name_days_too() -> None:
    text = "What happened on November 25, 2026 in the old harbour of the town"
    assert read_text(text, context(), DOCUMENT) is not None
    assert read_text(text, context(), DOCUMENT, strict=True) is None


def test_a_time_by_itself_is_of_the_day_over_it() -> None:
    when = read_text("14:05", context(zone="Europe/Vilnius"), DOCUMENT, date(2026, 11, 25))
    assert when is not None
    assert when.moment == datetime(2026, 11, 25, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "day"),
    [("Wednesday, 25 November 2026", date(2026, 11, 25)), ("25 November 2026: the wall falls down", None), ("", None)],
)
def test_headings_that_are_days(text: str, day: date | None) -> None:
    assert day_of(text, context(), DOCUMENT) == day


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-11-25T14:30:00+02:00", "2026-11-25T12:30"),
        ("2026-11-25T14:30:00-0100", "2026-11-25T15:30"),
        ("2026-11-25T14:30:00.000Z", "2026-11-25T14:30"),
        ("2026-11-25 14:30", "2026-11-25T12:30"),
        ("2026-11-25", "2026-11-24T22:00"),
        ("1764081000", "2025-11-25T14:30"),
        ("1764081000000", "2025-11-25T14:30"),
        ("25 Nov 2026 14:30", "2026-11-25T12:30"),
    ],
)
def test_times_for_machines(value: str, moment: str) -> None:
    when = stated(value, context(zone="Europe/Vilnius"), DOCUMENT)
    assert when is not None
    assert when.moment == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "value", [None, "", "2026", "17640810001", "9999999999", "2026-13-45", "2031-01-01", "https://x/2026-11-25/"]
)
def test_values_that_are_no_times(value: str | None) -> None:
    assert stated(value, context(), DOCUMENT) is None


def test_a_day_must_be_past() -> None:
    assert from_day(date(2026, 11, 25), "its address", context(), DOCUMENT) is not None
    assert from_day(date(2031, 11, 25), "its address", context(), DOCUMENT) is None


@pytest.mark.parametrize(
    ("markup", "moment"),
    [
        ('<li>x <time datetime="2026-11-25T14:30Z">Monday</time></li>', "2026-11-25T14:30"),
        ('<li><span data-timestamp="1764081000">x</span></li>', "2025-11-25T14:30"),
        ('<li><meta itemprop="datePublished" content="2026-11-25"></li>', "2026-11-25"),
        ('<li><meta itemprop="name" content="2026-11-25"><i class="post-date">24 Nov 2026</i></li>', "2026-11-24"),
        ('<li><p>In the year 2020</p><span class="date">24.11.2026</span></li>', "2026-11-24"),
        ('<li><time class="updated" datetime="2026-11-25">25 Nov 2026</time></li>', "2026-11-25"),
    ],
)
def test_the_time_of_a_row(markup: str, moment: str) -> None:
    node = LexborHTMLParser(markup).css_first("li")
    assert node is not None
    when = read_when(elements_in([node]), context(), DOCUMENT)
    assert when is not None
    assert when.moment == datetime.fromisoformat(moment).replace(tzinfo=UTC)


def test_a_row_without_a_time() -> None:
    node = LexborHTMLParser("<li>A wall <b>falls</b></li>").css_first("li")
    assert node is not None
    assert read_when(elements_in([node]), context(), DOCUMENT) is None


def test_what_looks_dated() -> None:
    assert has_date("12 Nov 2026")
    assert has_date("14:30")
    assert not has_date("12 people")
