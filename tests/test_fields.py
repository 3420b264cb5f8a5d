"""Single fields of a feed, read alike from XML and JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.sources.fields import http_url, is_teaser, markup_of, plain_text, plausible
from tests.feed_documents import NOW

BASE = "https://news.example/feeds/feed.xml"


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://a.example/1", "https://a.example/1"),
        ("  HTTPS://A.example/1 ", "https://a.example/1"),
        ("/1?a=b", "https://news.example/1?a=b"),
        ("1", "https://news.example/feeds/1"),
        ("javascript:alert(1)", None),
        ("ftp://a.example/", None),
        ("https://[", None),
        ("https://a.example/" + "x" * 4000, None),
        ("\ud800://", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_links_are_http_and_absolute(value: object, url: str | None) -> None:
    assert http_url(value, BASE) == url


def test_a_relative_link_without_a_base_is_none() -> None:
    assert http_url("/1", None) is None


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("R&amp;D", "R&D"),
        ("<b>One</b> two<br>three<p>four</p>", "One two three four "),
        ("a < b > c", "a < b > c"),
        ("plain", "plain"),
    ],
)
def test_a_headline_loses_its_markup(markup: str, text: str) -> None:
    assert plain_text(markup) == text


def test_text_becomes_paragraphs() -> None:
    assert markup_of("One <&>\n \n\ntwo\nthree\n\n ") == "<p>One &lt;&amp;&gt;</p><p>two\nthree</p>"
    assert markup_of(" \n") == ""


@pytest.mark.parametrize(
    ("words", "short"), [("word " * 50, True), ("word " * 51, False), ("字" * 99, True), ("字" * 102, False)]
)
def test_a_teaser_has_fifty_words(words: str, short: bool) -> None:
    assert is_teaser(f"<p class='a b c'>{words}</p>") == short


@given(
    st.datetimes(
        timezones=st.just(UTC) | st.just(timezone(timedelta(hours=-14))) | st.just(timezone(timedelta(hours=14)))
    )
)
def test_a_moment_is_in_utc_between_1990_and_tomorrow_or_none(moment: datetime) -> None:
    found = plausible(moment, NOW)
    if found is not None:
        assert (found.tzinfo, found) == (UTC, moment.replace(microsecond=0))
        assert datetime(1990, 1, 1, tzinfo=UTC) <= found <= NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("moment", "kept"),
    [
        (datetime(1990, 1, 1, tzinfo=UTC), True),
        (datetime(1989, 12, 31, 23, 59, 59, tzinfo=UTC), False),
        (NOW + timedelta(days=1), True),
        (NOW + timedelta(days=1, seconds=1), False),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=1))), False),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))), False),
    ],
)
def test_the_bounds_of_what_is_plausible(moment: datetime, kept: bool) -> None:
    assert (plausible(moment, NOW) is not None) == kept
