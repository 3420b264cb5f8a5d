"""Single fields of a feed, read alike from XML and JSON."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.sources.fields import _PLAIN_URL, author_name, http_url, is_teaser, markup_of, plain_text, plausible
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


@given(st.from_regex(_PLAIN_URL, fullmatch=True))
def test_an_address_that_needs_no_parser_is_one(value: str) -> None:
    assert str(ada_url.URL(value).href).startswith(("http://", "https://"))


@pytest.mark.parametrize("value", ["https://1.2.3.256/", "https://a.example:99999/", "https://a b.example/"])
def test_an_address_that_only_looks_plain_goes_to_the_parser(value: str) -> None:
    assert _PLAIN_URL.fullmatch(value) is None
    assert http_url(value, None) is None


def test_an_encoded_host_is_left_to_the_parser() -> None:
    assert [_PLAIN_URL.fullmatch(f"https://{host}/") for host in ("xn--a.example", "a.xn--b.example")] == [None, None]


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
    ("words", "short"),
    [("word " * 50, True), ("word " * 51, False), ("字" * 99, True), ("字" * 102, False), ("word " * 500, False)],
)
def test_a_teaser_has_fifty_words(words: str, short: bool) -> None:
    assert is_teaser(f"<p class='a b c'>{words}</p>") == short


@given(
    st.lists(
        st.sampled_from(["word", "<br>", "<a href='x y z'>", "字字", " ", "\n", "</p>", "<", "x" * 400]), max_size=80
    )
)
def test_the_beginning_of_a_long_text_tells_no_more_than_the_whole(parts: list[str]) -> None:
    markup = " ".join(parts)
    words = re.sub(r"<[a-zA-Z/!][^<>]*>", " ", markup)
    assert is_teaser(markup) == (len(words.split()) + len(re.findall("[\u3400-\u9fff]", words)) // 2 <= 50)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ann@a.example (Ann A.)", "Ann A."),
        ("Ann <ann@a.media>", "Ann"),
        ("Ann &lt;ann@a.example&gt;", "Ann"),
        ("ann@a.example", ""),
        ("ann@a.example ()", ""),
        ("Ann", "Ann"),
        ("Ann @ the desk", "Ann @ the desk"),
        ("a@" * 400, "a@" * 400),
        ("", ""),
    ],
)
def test_an_author_is_a_name_without_an_address(text: str, name: str) -> None:
    assert author_name(text) == name


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
