"""Characters, addresses and skeletons: what both XML formats are built of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from db.records import Enclosure
from feeds.formats import EntryInvalid
from feeds.formats.xml import (
    IRI,
    LONGEST,
    LONGEST_LINE,
    address,
    attribute,
    canonical,
    doubtful,
    element,
    encoded,
    hole,
    line,
    literal,
    meant,
    moment,
    published_of,
    skeleton,
    text,
    updated_of,
)
from tests.shown import HOSTILE_URLS, NOON, PLAIN, entry

_LEGAL = st.text(st.characters(codec="utf-8").filter(lambda char: char >= " " and char < "\ufffe"))


@given(st.one_of(_LEGAL, st.sampled_from(["a\r\nb", "\t", "]]>", "<&>\"'"])))
def test_text_and_attributes_come_back(value: str) -> None:
    read = etree.fromstring(f'<a b="{attribute(value)}">{text(value)}</a>'.encode())
    assert read.get("b") == value
    assert (read.text or "") == value
    assert etree.fromstring(element("x", {"y": value, "z": "1"})).get("y") == value


@given(HOSTILE_URLS)
def test_an_address_is_one_that_any_parser_takes(url: str) -> None:
    found = address(url)
    if found is not None:
        assert IRI.fullmatch(found)
        assert found.isascii()
        assert not set(found) & set('<>"{}|\\^` ')
        assert found.lower().startswith(("http://", "https://"))
        assert address(found) == found


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://news.example/?a=1&b=2#c", "https://news.example/?a=1&b=2#c"),
        ("https://news.example", "https://news.example"),
        ("https://news.example?a=1", "https://news.example/?a=1"),
        ("https://news.example/a[1]?b[]=2|3", "https://news.example/a%5B1%5D?b%5B%5D=2%7C3"),
        ("https://ünï.example/ä", "https://xn--n-nga1b.example/%C3%A4"),
        ("http://[::1]:8000/x", None),
        ("https://user:secret@news.example/x", "https://news.example/x"),
        ("https://two words.example/", None),
        ("https://a{b}.example/", None),
        ("ftp://news.example/", None),
        ("https://news.example:99999999/", None),
        ("\ud800", None),
        ("", None),
    ],
)
def test_addresses(url: str, expected: str | None) -> None:
    assert address(url) == expected


def test_an_id_is_written_as_browsers_write_it() -> None:
    assert canonical("HTTPS://Agency.example:443") == "https://agency.example/"


@given(PLAIN)
def test_nothing_literal_looks_like_markup(value: str) -> None:
    found = literal(value)
    assert found.replace("\u2060", "") == value.replace("\u2060", "")
    assert "</b" not in found
    assert "&amp;" not in found


def test_lines_are_bounded() -> None:
    assert line(" \n") == ""
    assert line("x" * LONGEST_LINE) == "x" * LONGEST_LINE
    assert line("x" * 10_000_000) == "x" * (LONGEST_LINE - 1) + "…"


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_characters_that_no_xml_holds(character: str) -> None:
    for xml in (f"<a>{character}</a>", f"<a>ш{character}</a>"):
        with pytest.raises(EntryInvalid, match="a character that XML forbids"):
            encoded("tag:t,2026:1", xml)


def test_what_no_parser_reads_is_refused() -> None:
    with pytest.raises(EntryInvalid, match="10000001 bytes"):
        encoded("tag:t,2026:1", "x" * (LONGEST + 1))


def test_characters_that_were_meant() -> None:
    made = entry(
        uid="tag:t,2026:\ufffd", title="\x93quoted\x94 \ufffd\x81", authors=("\x80",),
        enclosures=(Enclosure("https://n.example/\ufffd", "\x85", 7),),
    )  # fmt: skip
    assert doubtful(made.title.encode())
    assert not doubtful(b"plain")
    assert not doubtful("кириллица «и» ﾃ".encode())
    found = meant(made)
    assert (found.uid, found.title, found.authors) == (made.uid, "“quoted” ?", ("€",))
    assert found.enclosures == (Enclosure("https://n.example/\ufffd", "…", 7),)
    assert found.published == made.published


def test_moments() -> None:
    east = timezone(timedelta(hours=14))
    assert moment(NOON.astimezone(east), "updated", "u") == NOON
    for bad, word in ((datetime(2026, 1, 1), "no time zone"), (datetime(1, 1, 1, tzinfo=east), "out of range")):  # noqa: DTZ001
        with pytest.raises(EntryInvalid, match=f"updated .*{word}"):
            moment(bad, "updated", "u")
    assert published_of(entry(published=None)) is None
    assert published_of(entry(published=datetime(1989, 12, 31, tzinfo=UTC))) is None
    assert published_of(entry(published=NOON)) == NOON
    with pytest.raises(EntryInvalid, match="updated is in the year 1989"):
        updated_of(entry(updated=datetime(1989, 12, 31, tzinfo=UTC)))
    assert updated_of(entry(updated=datetime(9999, 12, 31, tzinfo=UTC))).year == 9999


def test_a_skeleton_takes_anything_once() -> None:
    template = skeleton(f"<a>100 %<b>{hole('title')}</b></a>", ["title"])
    assert template % {"title": f"%(title)s {hole('title')}"} == f"<a>100 %<b>%(title)s {hole('title')}</b></a>"
    for drawn in ("<a/>", f"<a>{hole('title')}{hole('title')}</a>"):
        with pytest.raises(RuntimeError, match="feedgen does not write title once"):
            skeleton(drawn, ["title"])
