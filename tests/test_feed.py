"""The feed parser: golden pairs per format, what is refused and in which words, and hostile input."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.records import Precision
from feeds.errors import ParseError
from feeds.model import Context, Document, Item
from feeds.sources.feed import FeedResult, parse

FOLDER = Path(__file__).parent / "cases" / "feed"
CASES = sorted(path for path in FOLDER.iterdir() if not path.name.endswith(".expected.json"))
NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
CONTEXT = Context(premium_categories=("premium", "subscribers only"))
RSS = "<rss version='2.0'><channel>{}</channel></rss>"


def document(data: bytes | str, url: str | None = "https://news.example/feeds/feed.xml", **more: str) -> Document:
    raw = data.encode() if isinstance(data, str) else data
    return Document(name="feed.xml", data=raw, as_of=NOW, fetched_at=NOW, url=url, charset=more.get("charset"))


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


def test_golden_pairs_were_found() -> None:
    assert len(CASES) >= 10


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n\0", "is empty"),
        (b"just words", "neither XML nor JSON"),
        (b"<!-- no end <rss>", "neither XML nor JSON"),
        (b"< rss>", "neither XML nor JSON"),
        (b"<!doctype html><html><body>", "is an HTML page, not a feed; give the address"),
        (
            b"<div><link rel=icon href=x><link type=application/rss+xml>",
            "is an HTML page, not a feed; give the address",
        ),
        (b"<html><link type='application/atom+xml' href='/atom.xml'>", "advertises /atom.xml"),
        (b"<?pi?><!DOCTYPE urlset [<!ATTLIST a b CDATA 'x'>]><s:urlset/>", "root element <urlset>"),
        (b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>", "only looks like a feed"),
        (b"<rss><channel><item><title>a</title></item><item>", "is cut short"),
        (b"<rss><channel><item><![CDATA[a", "is cut short"),
        (b"<rss>" * 300, "Excessive depth"),
        (b"<rss>&" + b"<b>" * 6000 + b"</b><i/></rss>", "nested deeper"),
        (b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss>&a;</rss>", "entities of its own"),
        (b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss>&b;</rss>", "entities of its own"),
        (b"<rss>\n<a b='" + b">" * 70_000 + b"'/></rss>", "line 2: a start tag of 70009 characters"),
        (b"<rss><a b='" + b"\n" * 70_000, "a start tag of"),
        (b"<rss " + b" ".join(b"a%d='1'" % n for n in range(300)) + b"/>", "a start tag of"),
        (b"<rss><channel><item><br><title>&#x00000000D800;</title></item></channel></rss>", "UnicodeEncodeError"),
        (bytes(range(256)) * 20, "is no text in cp1252"),
        (b"[" * 100_000, "broken or cut-off JSON"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": [', "broken or cut-off JSON"),
        (b'{"items": []}', "no JSON Feed"),
        (b"[]", "no JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', 'without a list "items"'),
    ],
    ids=range(26),
)
def test_what_is_no_feed_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(ParseError, match=r"^feed\.xml: ") as caught:
        parse(document(data))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not caught.value.permanent


@pytest.mark.parametrize(
    ("data", "charset", "encoding"),
    [
        ("Łé".encode(), None, "utf-8 (default)"),
        ("Łé".encode("iso-8859-2"), "iso-8859-2", "iso8859-2 (HTTP)"),
        ("Łé".encode(), "no-such-charset", "utf-8 (default)"),
        ("Łé".encode(), "utf-7", "utf-8 (default)"),
        ("Łé".encode(), "cp037", "utf-8 (default)"),
        ("Łé".encode(), "base64", "utf-8 (default)"),
        ("Łé".encode(), "not a label", "utf-8 (default)"),
        ("Łé".encode(), "us-ascii", "utf-8 (default)"),
    ],
)
def test_the_encoding_is_found_and_told(data: bytes, charset: str | None, encoding: str) -> None:
    raw = b"<rss><channel><item><title>" + data + b"</title></item></channel></rss>"
    result = parse(document(raw, **({"charset": charset} if charset else {})))
    assert (result.items[0].title, result.encoding) == ("Łé", encoding)


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [
        ("utf-8-sig", "utf-8 (BOM)"),
        ("utf-16", "utf-16 (BOM)"),
        ("utf-32", "utf-32 (BOM)"),
        ("utf-16-le", "utf-16-le (recognised)"),
        ("utf-16-be", "utf-16-be (recognised)"),
    ],
)
def test_wide_encodings_are_recognised(codec: str, encoding: str) -> None:
    result = parse(document(RSS.format("<item><title>Łé</title></item>").encode(codec)))
    assert (result.items[0].title, result.encoding) == ("Łé", encoding)


def test_a_wrong_byte_does_not_spoil_the_rest() -> None:
    data = RSS.format("<item><title>Łukašenka X žodis" + "ž" * 99 + "</title></item>").encode().replace(b"X", b"\xff")
    result = parse(document(data))
    assert result.encoding == "utf-8 (with replacements)"
    assert result.items[0].title.startswith("Łukašenka \ufffd žodis")
    western = parse(document(RSS.format("<item><title>Ärger im Café</title></item>").encode("latin-1")))
    assert (western.items[0].title, western.encoding) == ("Ärger im Café", "cp1252 (guessed)")


def test_only_the_first_items_are_read() -> None:
    many = "<item/>" * 5002
    assert parse(document(RSS.format(many))).warnings == ("only the first 5000 of 5002 items were read",)
    loose = parse(document(RSS.format("&" + many)))
    assert (len(loose.items), loose.warnings[0]) == (5000, "only the first 5000 of 5002 items were read")
    rows = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{}] * 5001})
    assert len(parse(document(rows)).items) == 5000


def test_malformed_xml_is_read_with_a_warning_that_names_the_line() -> None:
    result = parse(document("\n<?xml version='1.0'?>\n" + RSS.format("\n<item><title>a & b</title></item>")))
    assert [item.title for item in result.items] == ["a & b"]
    assert result.warnings == ("not well-formed XML: line 4: xmlParseEntityRef: no name",)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("R&D", "R&D"),
        ("AT&T; caf&eacute;&nbsp;&amp; more &#38; &#x26;", "AT&T; café\xa0& more & &"),
        ("<![CDATA[a & b &eacute;]]> & c", "a & b é & c"),
        ("&<![CDATA[no end", None),
    ],
)
def test_bare_ampersands_are_the_commonest_mistake(text: str, title: str | None) -> None:
    items = parse(document(RSS.format(f"<item><title>{text}</title></item>"))).items
    assert title is None or [item.title for item in items] == [title]


def test_characters_that_xml_forbids_are_mended() -> None:
    result = parse(
        document(
            RSS.format(
                "<item><title>a\x0b&#1;b&#xD83D;&#xDE00;&#55357;&#56832;&#55399;&#57999;&#x110000;c</title></item>"
            )
        )
    )
    assert result.items[0].title == "ab😀😀\ue28fc"
    assert result.warnings == ("characters that XML forbids were mended",)


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


def test_a_json_title_may_hold_any_code_point() -> None:
    data = (
        '{"version":"https://jsonfeed.org/version/1.1","items":[{"title":"\\ud800","url":"https://a.example/\\ud800"}]}'
    )
    (item,) = parse(document(data, url=None)).items
    assert (item.title, item.url) == ("\ud800", None)


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


@settings(max_examples=100)
@given(
    st.sampled_from([path for path in CASES if path.suffix == ".xml" and "malformed" not in path.name]),
    st.floats(0.05, 0.95),
)
def test_a_feed_that_is_cut_short_is_an_error(path: Path, share: float) -> None:
    whole = path.read_bytes().rstrip()
    with pytest.raises(ParseError):
        parse(document(whole[: int(len(whole) * share)]))
