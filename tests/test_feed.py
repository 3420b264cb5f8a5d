"""The feed parser: golden pairs per format, what an entry says, and hostile input."""

from __future__ import annotations

import inspect
import json
import sys
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.records import Precision
from feeds.errors import ParseError
from feeds.model import Context, Item
from feeds.sources.feed import FeedResult, parse
from tests.feed_documents import CASES, RSS, document

CONTEXT = Context(premium_categories=("premium", "subscribers only"))


def only(items: str, context: Context = CONTEXT) -> Item:
    (item,) = parse(document(RSS.format(f"<item>{items}</item>")), context).items
    return item


def told(result: FeedResult) -> dict[str, Any]:
    """Only what differs from a default, as JSON has it."""

    def lean(values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if value not in (None, "", (), [], False)}

    found = lean({**asdict(result), "items": [lean(asdict(item)) for item in result.items]})
    plain: dict[str, Any] = json.loads(json.dumps(found, default=lambda value: value.isoformat()))
    return plain


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_golden_pairs(path: Path) -> None:
    expected = json.loads(path.with_name(path.name + ".expected.json").read_text(encoding="utf-8"))
    assert told(parse(document(path.read_bytes()), CONTEXT)) == expected


def test_no_token_is_in_a_message() -> None:
    with pytest.raises(ParseError) as caught:
        parse(replace(document(b""), name="https://h/f?token=SECRET"))
    assert str(caught.value) == "https://h/f?…: is empty, so no feed"


def test_golden_pairs_were_found() -> None:
    assert len(CASES) >= 10


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>", "only looks like a feed"),
        (b"<rss><channel><item><br><title>&#x00000000D800;</title></item></channel></rss>", "UnicodeEncodeError"),
    ],
    ids=range(2),
)
def test_what_is_no_feed_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(ParseError, match=r"^feed\.xml: ") as caught:
        parse(document(data))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not caught.value.permanent


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Wed, 26 Feb 2025 10:00:00 +0300", datetime(2025, 2, 26, 7, tzinfo=UTC)),
        ("Sun, 02 Mar 2025 12:00:00 GMT", datetime(2025, 3, 2, 12, tzinfo=UTC)),
        ("Sun, 02 Mar 2025 12:00:01 GMT", None),
        ("Wed, 31 Dec 1989 10:00:00 GMT", None),
        ("26 Feb 2025 10:00:00 GMT (" + "x" * 64 + ")", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("0001-01-01", None),
        ("soon", None),
        (" ", None),
    ],
)
def test_dates_are_plausible_or_none(text: str, moment: datetime | None) -> None:
    result = parse(document(RSS.format(f"<item><title>a</title><pubDate>{text}</pubDate></item>")))
    assert result.items[0].published == moment
    assert bool(result.warnings) == (moment is None and bool(text.strip()))


def test_a_day_is_midnight_in_the_zone_of_the_source() -> None:
    item = only("<title>a</title><pubDate>2025-02-26</pubDate>", Context(zone=ZoneInfo("Europe/Vilnius")))
    assert item.published == datetime(2025, 2, 25, 22, tzinfo=UTC)
    assert item.published_precision is Precision.DAY


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ("<link>https://a.example/1</link>", "https://a.example/1"),
        ("<link>/1?a=b</link>", "https://news.example/1?a=b"),
        ("<link>1</link>", "https://news.example/feeds/1"),
        ("<link>javascript:alert(1)</link>", None),
        ("<link>ftp://a.example/</link>", None),
        ("<link>https://[</link>", None),
        (f"<link>https://a.example/{'x' * 4000}</link>", None),
        ("<guid>https://a.example/1</guid>", "https://a.example/1"),
        ("<guid>abc</guid>", None),
        ("<guid isPermaLink='false'>https://a.example/1</guid>", None),
        ("<guid>https://a.example/1</guid><link>https://b.example/</link>", "https://b.example/"),
    ],
)
def test_links_are_http_and_absolute(fields: str, url: str | None) -> None:
    assert only("<title>a</title>" + fields).url == url


def test_a_body_is_never_its_own_teaser() -> None:
    encoded = "<c:encoded xmlns:c='http://purl.org/rss/1.0/modules/content/'>Secret body</c:encoded>"
    assert only(encoded).summary == ""
    assert only(encoded + "<description>Teaser</description>").summary == "Teaser"
    assert only("<description>Teaser</description>" + encoded).content == "Secret body"


@pytest.mark.parametrize(
    ("words", "is_teaser"), [("word " * 50, True), ("word " * 51, False), ("字" * 99, True), ("字" * 100, False)]
)
def test_a_long_description_is_the_body(words: str, is_teaser: bool) -> None:
    item = only(f"<description>{words}</description>")
    assert (bool(item.summary), bool(item.content)) == (is_teaser, not is_teaser)


def test_content_that_is_no_text_is_left_out() -> None:
    atom = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>a</title>{}</entry></feed>"
    (image,) = parse(document(atom.format("<content type='image/png'>iVBORw0KGgo=</content>"))).items
    assert image.content == ""
    (text,) = parse(document(atom.format("<content type='text'>One &lt;\n\ntwo</content>"))).items
    assert text.content == "<p>One &lt;</p><p>two</p>"


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ("<s:updatePeriod>daily</s:updatePeriod>", 86_400),
        ("<s:updateFrequency>24</s:updateFrequency>", 3600),
        ("<s:updatePeriod> Hourly </s:updatePeriod><s:updateFrequency>0</s:updateFrequency>", 3600),
        ("<s:updatePeriod>hourly</s:updatePeriod><s:updateFrequency>99999</s:updateFrequency>", 1),
        ("<s:updatePeriod>sometimes</s:updatePeriod>", None),
        ("", None),
    ],
)
def test_the_update_period_is_told_in_seconds(fields: str, seconds: int | None) -> None:
    feed = (
        f"<rss xmlns:s='http://purl.org/rss/1.0/modules/syndication/'><channel><title>a</title>{fields}</channel></rss>"
    )
    assert parse(document(feed)).update_period == seconds


@pytest.mark.parametrize(("ttl", "seconds"), [("5", 300), ("0", None), ("-1", None), ("٣", None), ("9" * 16, None)])
def test_ttl_is_told_in_seconds(ttl: str, seconds: int | None) -> None:
    assert parse(document(RSS.format(f"<ttl>{ttl}</ttl>"))).ttl == seconds


def test_relative_links_in_a_huge_body_are_left_to_the_next_stage() -> None:
    body = "&lt;a href='x'&gt;" + "word " * 210_000
    atom = "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://b.example/'><entry>{}</entry></feed>"
    assert "href='x'" in parse(document(atom.format(f"<content type='html'>{body}</content>"))).items[0].content


def test_items_in_items_are_read_as_far_as_the_stack_reaches() -> None:
    nested = document(RSS.format("<item>" * 250 + "</item>" * 250))

    def deeper(frames: int) -> FeedResult:
        return parse(nested) if frames == 0 else deeper(frames - 1)

    assert len(deeper(0).items) == 250
    with pytest.raises(ParseError, match="nested too deep"):
        deeper(sys.getrecursionlimit() - len(inspect.stack(0)) - 200)


@settings(max_examples=150)
@given(st.data())
def test_a_damaged_feed_is_read_or_refused(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(CASES)).read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    noise = data.draw(
        st.binary(max_size=6) | st.sampled_from([b"<item>", b"]]>", b"&#xD800;", b"<!--", b'"', b"\xff\xfe", b"</rss>"])
    )
    try:
        items = parse(document(whole[:cut] + noise + whole[cut:]), CONTEXT).items
    except ParseError:
        items = ()
    for item in items:
        assert item.url is None or item.url.startswith(("http://", "https://"))
        assert item.published is None or date(1990, 1, 1) <= item.published.date() <= date(2025, 3, 2)
