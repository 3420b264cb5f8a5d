"""Feeds of every XML family against what is wrong with them: labelled cases, places, encodings, hostile documents."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.validate import Finding, xml_findings
from feeds.validate.places import Outline
from feeds.validate.rules import severity_of
from feeds.validate.xml import tree_of
from tests.pace import slowness
from tests.quality.validator import CASES, labels

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FILES = sorted(CASES.glob("*.xml"))


def codes(data: bytes | str, location: str | None = None, now: datetime | None = None) -> list[str] | None:
    found = xml_findings(data.encode() if isinstance(data, str) else data, location=location, now=now)
    return None if found is None else [finding.code for finding in found]


def rss(channel: str = "", attributes: str = "") -> str:
    return (
        f"<rss version='2.0'{attributes}><channel><title>Courier</title><link>https://news.example/</link>"
        f"<description>News.</description>{channel}</channel></rss>"
    )


def atom(inside: str = "", attributes: str = "") -> str:
    return (
        f"<feed xmlns='http://www.w3.org/2005/Atom'{attributes}><id>tag:news.example,2026:all</id><title>Courier</title>"
        f"<updated>2026-11-23T12:00:00Z</updated><author><name>Courier</name></author>{inside}</feed>"
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_case(path: Path) -> None:
    data = path.read_bytes()
    label = labels(data)
    assert label is not None
    assert not label[0]
    findings = xml_findings(data)
    assert findings is not None
    assert {finding.code for finding in findings} == set(label[1]) - {"nothing"}
    for finding in findings:
        assert finding.severity == severity_of(finding.code)
        assert finding.message.isprintable()
        assert finding.message.endswith(".")
        assert 1 <= finding.line <= data.count(b"\n") + 1
        assert finding.column >= 1


def test_there_are_cases_of_every_family_and_valid_ones() -> None:
    assert len(FILES) >= 150
    assert {path.stem.partition("-")[0] for path in FILES} >= {"atom", "rss", "rdf", "rss11", "encoding", "sax"}
    valid = [path for path in FILES if labels(path.read_bytes()) == (False, ["nothing"])]
    assert len(valid) >= 50


@pytest.mark.parametrize("data", [b"<opml/>", b"<html/>", b"<urlset xmlns='u:x'/>", b"<entry/>", b"<Channel/>"])
def test_other_families_are_left_to_others(data: bytes) -> None:
    assert xml_findings(data) is None


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff\xfe", bytes(range(256)), b"<", b"<rss", "\ufeff".encode()])
def test_what_is_no_xml_says_so(data: bytes) -> None:
    found = xml_findings(data)
    assert found
    assert "SAXError" in {finding.code for finding in found}


def test_findings_stand_in_the_order_of_their_places() -> None:
    data = rss("\n <ttl>0</ttl>\n <item>\n  <title/><link>a</link></item>\n")
    found = xml_findings(data.encode())
    assert found is not None
    assert [(finding.code, finding.line, finding.column) for finding in found] == [
        ("MissingAtomSelfLink", 1, 20),
        ("InvalidPositiveInteger", 2, 2),
        ("MissingGuid", 3, 2),
        ("NotBlank", 4, 3),
        ("InvalidFullLink", 4, 11),
    ]
    wide = "<?xml version='1.0' encoding='utf-16'?>\n" + rss("\n <copyright>я</copyright><ttl>0</ttl>")
    found = xml_findings(wide.encode("utf-16"))
    assert found is not None
    assert [(finding.line, finding.column) for finding in found] == [(2, 20), (3, 26)]


def test_the_place_it_is_served_from() -> None:
    link = "<link rel='self' href='https://news.example/all.atom'/>"
    for location, expected in (
        ("https://news.example/all.atom", []),
        ("HTTPS://News.Example:443/all.atom", []),
        ("https://news.example/a.atom", ["SelfDoesntMatchLocation"]),
        ("all.atom", ["SelfDoesntMatchLocation"]),
    ):
        assert codes(atom(link), location) == expected
    relative = atom("<link rel='self' href='all.atom'/>", " xml:base='https://news.example/'")
    assert codes(relative, "https://news.example/all.atom") == []
    feed = rss("<atom:link rel='self' href='https://news.example/a'/>", " xmlns:atom='http://www.w3.org/2005/Atom'")
    assert codes(feed, "https://news.example/b") == ["SelfDoesntMatchLocation"]


def test_pages_of_a_feed() -> None:
    here = "https://news.example/all.atom"
    complete = "<fh:complete xmlns:fh='http://purl.org/syndication/history/1.0'/>"
    link = f"<link rel='self' href='{here}'/><link rel='%s' href='%s'/><link rel='%s' href='%s'/>"
    last = atom(link % ("last", here, "next", "https://news.example/2"))
    assert codes(last, here) == ["LinkPastEnd"]
    assert codes(last) == []
    assert codes(atom(link % ("first", here, "next", "https://news.example/2")), here) == []
    current = atom(complete + link % ("current", "https://news.example/b", "related", "https://news.example/c"))
    assert codes(current, here) == ["CurrentNotSelfInCompleteFeed"]
    assert codes(current.replace("https://news.example/b", here), here) == []


def test_times_to_come() -> None:
    date = "<pubDate>Sat, 23 Jan 2027 12:00:00 GMT</pubDate>"
    item = f"<item><title>a</title><guid>https://news.example/1</guid>{date}</item>"
    assert codes(rss(item), now=NOW) == ["MissingAtomSelfLink", "ImplausibleDate"]
    assert codes(rss(item)) == ["MissingAtomSelfLink"]
    entry = (
        "<entry><id>tag:news.example,2026:1</id><title>a</title><updated>2027-01-23T12:00:00Z</updated>"
        "<link href='https://news.example/1'/><summary>a</summary></entry>"
    )
    late = atom("<link rel='self' href='https://news.example/'/>" + entry)
    assert codes(late, now=NOW) == ["ImplausibleDate"]
    assert codes(late.replace("2026-11-23T12", "2027-11-23T12"), now=NOW) == ["ImplausibleDate"] * 2


def test_encodings() -> None:
    plain = rss().encode()
    assert codes("\ufeff".encode() + plain) == ["MissingAtomSelfLink"]
    declared = "<?xml version='1.0' encoding='%s'?>" + rss("<copyright>я</copyright>")
    for codec, name, expected in (
        ("utf-16", "utf-16", []),
        ("utf-16-be", "UTF-16BE", []),
        ("utf-16", "latin-1", ["UnicodeError"]),
        ("utf-32", "utf-32", []),
        ("utf-32-le", "ucs-4", []),
        ("utf-8", "idna", ["UnknownEncoding"]),
        ("utf-8", "rot13", ["UnknownEncoding"]),
    ):
        assert codes((declared % name).encode(codec)) == [*expected, "MissingAtomSelfLink"], name
    assert codes(rss().encode("utf-32")) == ["UnicodeError", "MissingAtomSelfLink"]


def test_what_libxml2_refuses_is_read_as_far_as_it_goes() -> None:
    root, notes = tree_of(b"<rss><a></rss>")
    assert root is not None
    assert [note.code for _, _, note in notes] == ["SAXError"]
    assert tree_of(b"")[0] is None
    assert Outline(b"").place(3) == (1, 1)


def test_entities_do_not_grow_beyond_bounds() -> None:
    laughs = "".join(f"<!ENTITY {name} '{f'&{before};' * 10}'>" for before, name in pairwise("abcdefghi"))
    found = codes(f"<!DOCTYPE rss [<!ENTITY a 'ha'>{laughs}]>{rss('<copyright>&i;</copyright>')}")
    assert found is not None
    assert "SAXError" in found


def test_the_grammar_is_not_asked_about_crowds() -> None:
    crowd = "<a:b xmlns:a='https://schema.org/'/>" * 1001
    entry = "<entry><id>tag:news.example,2026:1</id><title>a</title><updated>2026-11-23T12:00:00Z</updated>%s</entry>"
    link = "<link rel='self' href='https://news.example/'/>"
    body = "<content>a</content><link rel='via' href='a'><title>b</title></link>"
    assert codes(atom(link + entry % body)) == ["UndefinedElement"]
    assert codes(atom(link + entry % (body + crowd))) == []
    assert codes(atom(link + crowd + "<link rel='via' href='a'><title>b</title></link>")) == []


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(FILES),
    st.lists(
        st.tuples(
            st.integers(0, 2000),
            st.sampled_from(
                ["<", "&", "]]>", "<a/>", "\x00", "&#x92;", "http://[", "xmlns:a='b'", "9" * 5000, "٣", ">"]
            ),
        ),
        max_size=4,
    ),
)
def test_nothing_is_raised(path: Path, changes: list[tuple[int, str]]) -> None:
    data = path.read_bytes()
    for where, what in changes:
        data = data[:where] + what.encode() + data[where:]
    found = xml_findings(data, location="https://news.example/", now=NOW)
    assert found is None or all(isinstance(finding, Finding) for finding in found)


MANY = 100_000
HOSTILE = {
    "texts": rss(f"<copyright>{'a&amp;<![CDATA[b]]>' * MANY}</copyright>"),
    "items": rss("<item/>" * (MANY // 4)),
    "strangers": rss("<a:b xmlns:a='u:a'/>" * MANY),
    "namespaces": rss("".join(f"<a:b xmlns:a='u:a{number}'/>" for number in range(MANY // 4))),
    "attributes": rss(f"<item {' '.join(f'a{number}=' + chr(39) * 2 for number in range(MANY))}/>"),
    "markup": rss(f"<copyright>{'&lt;/b&amp;a' * MANY}</copyright>"),
    "comments": rss(f"<item><description>{'&lt;!--' * MANY}</description></item>"),
    "quotes": rss(f"<item><description>{'&lt;a &quot; ' * MANY}</description></item>"),
    "scripts": rss(f"<item><description>{'&lt;script&gt;' * MANY}</description></item>"),
    "styles": rss(f"<item><description>&lt;p style='{'a(' * MANY}'&gt;</description></item>"),
    "brackets": rss(f"<pubDate>{'(' * MANY}</pubDate>"),
    "contacts": rss(f"<webMaster>{'a@b.c,' * MANY}(x)</webMaster>"),
    "languages": rss(f"<language>{'a-' * MANY}</language>"),
    "numbers": rss(f"<ttl>{'1' * MANY}</ttl>"),
    "dots": atom(f"<entry><id>http://a.example/{'../' * MANY}</id></entry>"),
    "crowd": atom(f"<entry>{'<a:b xmlns:a=' + chr(39) + 'u:a' + chr(39) + '/>' * MANY}</entry>"),
    "addresses": atom(f"<author><name>{'&lt;a@' * MANY}</name></author>"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_cost_linear_time(name: str) -> None:
    started = time.process_time()
    assert xml_findings(HOSTILE[name].encode()) is not None
    assert time.process_time() - started < 6 * slowness()


def test_declarations_beyond_a_number_are_not_kept() -> None:
    found = Outline("".join(["<r>", *(f"<a:b xmlns:a='u:a{number}'/>" for number in range(10_050)), "</r>"]).encode())
    assert len(found.declarations) == 10_000
