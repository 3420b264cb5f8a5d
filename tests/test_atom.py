"""Atom out: golden pairs, the grammar of RFC 4287, what real parsers read back, and what must never be said."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, timezone
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from lxml import etree
from reader import make_reader

from db.records import Access, Enclosure, Tombstone
from feeds.errors import FeedInvalid
from feeds.fit import fit
from feeds.formats import Archive, EntryInvalid, FeedDocument, PublicEntry
from feeds.formats.atom import Renderer
from feeds.formats.xml import EARLIEST, address, meant
from feeds.model import Origin
from feeds.validate import check_atom
from tests.shown import DOCUMENTS, NOON, NOW, document, entry, expected, full, load

HERE = Path(__file__).parent
CASES = sorted((HERE / "cases" / "atom").glob("*.json"))
GRAMMAR = etree.RelaxNG(etree.parse(HERE.parent / "feeds" / "validate" / "atom.rng"))
NAMES = {
    "a": "http://www.w3.org/2005/Atom", "d": "http://purl.org/dc/terms/", "s": "https://schema.org/",
    "dc": "http://purl.org/dc/elements/1.1/", "m": "http://search.yahoo.com/mrss/",
    "p": "https://podcastindex.org/namespace/1.0", "fh": "http://purl.org/syndication/history/1.0",
    "at": "http://purl.org/atompub/tombstones/1.0",
}  # fmt: skip


def render(made: FeedDocument) -> bytes:
    """`made` by a renderer that has rendered nothing else."""
    return Renderer().render(made)


def find(data: bytes, path: str) -> list[Any]:
    found = etree.fromstring(data).xpath(path, namespaces=NAMES)
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_golden(case: Path) -> None:
    data = render(load(case))
    assert data == case.with_suffix(".atom").read_bytes()
    assert GRAMMAR.validate(etree.fromstring(data)), GRAMMAR.error_log
    assert check_atom(data, location=load(case).self_url) == ()


def test_golden_cases_are_found() -> None:
    assert len(CASES) >= 3


@settings(max_examples=60, deadline=None)
@given(DOCUMENTS)
def test_every_document_is_valid_and_read_back(made: FeedDocument) -> None:
    fitted = fit(made, Renderer(), None)
    data, made = fitted.data, fitted.document
    assert data == render(made)
    assert check_atom(data, location=made.self_url, now=NOW) == ()
    root = etree.fromstring(data)
    assert GRAMMAR.validate(root), GRAMMAR.error_log
    for element, each in zip(root.iterfind("a:entry", NAMES), made.entries, strict=True):
        url = address(each.url)
        assert url is not None
        assert element.findtext("a:id", namespaces=NAMES) == each.uid
        read = element.findtext("a:title", namespaces=NAMES) or ""
        assert read.replace("\u2060", "") == expected(each.title, url).replace("\u2060", "")
        assert element.xpath("a:link[@rel='alternate']/@href", namespaces=NAMES) == [url]
        updated = datetime.fromisoformat(element.findtext("a:updated", namespaces=NAMES) or "")
        assert updated.replace(microsecond=0) == each.updated.replace(microsecond=0)
        published = element.findtext("a:published", namespaces=NAMES)
        plausible = each.published is not None and each.published >= EARLIEST
        assert (None if published is None else datetime.fromisoformat(published)) == (
            each.published if plausible else None
        )
        body = None if made.withholds(each) or not (each.content or "").strip() else meant(each.content)
        assert element.findtext("a:content", namespaces=NAMES) == body


@settings(max_examples=20, deadline=None)
@given(DOCUMENTS)
def test_feedparser_reads_the_same(made: FeedDocument) -> None:
    fitted = fit(made, Renderer(), None)
    parsed = feedparser.parse(fitted.data)
    made = fitted.document
    assert not parsed.bozo
    assert parsed.feed.id == made.id
    assert [each.id for each in parsed.entries] == [each.uid for each in made.entries]
    assert [each.link for each in parsed.entries] == [address(each.url) for each in made.entries]
    for read, each in zip(parsed.entries, made.entries, strict=True):
        assert read.updated_parsed[:6] == each.updated.astimezone(UTC).timetuple()[:6]
        if each.published is None or each.published < EARLIEST:
            assert "published" not in read
        else:
            assert read.published_parsed[:6] == each.published.astimezone(UTC).timetuple()[:6]


@pytest.mark.skipif(find_spec("sgmllib") is None, reason="reader's own feedparser needs sgmllib3k")
def test_a_feed_reader_keeps_every_entry_of_one_second(tmp_path: Path) -> None:
    entries = [entry(number, published=None, updated=NOON) for number in range(40)]
    path = tmp_path / "feed.atom"
    path.write_bytes(render(document(*entries)))
    with make_reader(":memory:", feed_root=str(tmp_path)) as library:
        library.add_feed("feed.atom")
        library.update_feeds()
        read = {each.id: each for each in library.get_entries()}
    assert set(read) == {each.uid for each in entries}
    assert {each.updated for each in read.values()} == {NOON}


def test_the_fraction_is_the_entrys_own() -> None:
    one, two = entry(1), entry(2)
    together = find(render(document(one, two)), "//a:entry/a:updated/text()")
    turned = find(render(document(two, one)), "//a:entry/a:updated/text()")
    assert together == turned[::-1]
    assert together[0] == find(render(document(one)), "//a:entry/a:updated/text()")[0]
    assert len(set(together)) == 2


def test_two_ids_of_one_fraction_are_told_apart() -> None:
    seen: dict[bytes, PublicEntry] = {}
    for number in range(10_000):
        each = entry(number)
        moment = render(document(each)).split(b"<updated>")[2][:26]
        if moment in seen:
            break
        seen[moment] = each
    data = render(document(seen[moment], each))
    assert check_atom(data) == ()
    first, second = find(data, "//a:entry/a:updated/text()")
    assert first.encode().startswith(moment)
    assert first != second
    assert first[:19] == second[:19] == "2026-11-23T12:00:00"


def test_the_feed_is_not_older_than_its_newest_entry() -> None:
    data = render(document(entry(1, updated=NOON - timedelta(days=2)), entry(2)))
    assert find(data, "/a:feed/a:updated/text()") == [max(find(data, "//a:entry/a:updated/text()"))]
    later = render(document(entry(1), updated=NOON + timedelta(days=1)))
    assert find(later, "/a:feed/a:updated/text()") == ["2026-11-24T12:00:00+00:00"]


@pytest.mark.parametrize(
    ("access", "terms", "rights", "free", "payment"),
    [
        (Access.FREE, ["free"], ["free"], ["true"], 0),
        (Access.REGISTRATION, ["registration"], ["registration"], ["false"], 1),
        (Access.METERED, ["metered"], [], [], 0),
        (Access.PREMIUM, ["premium"], ["premium"], ["false"], 1),
        (Access.UNKNOWN, [], [], [], 0),
    ],
)
def test_access_is_flagged(access: Access, terms: list[str], rights: list[str], free: list[str], payment: int) -> None:
    data = render(
        document(entry(access=access, access_label="For subscribers"), subscribe_url="https://news.example/pay")
    )
    assert find(data, "//a:category[@scheme='https://news.example/feeds/ns/access']/@term") == terms
    assert find(data, "//d:accessRights/text()") == rights
    assert find(data, "//s:isAccessibleForFree/text()") == free
    assert len(find(data, "//a:link[@rel='payment'][@href='https://news.example/pay']")) == payment


def test_no_body_of_a_gated_entry_is_written() -> None:
    body = "<p>SENTINEL</p>"
    for access in Access:
        data = render(document(entry(content=body, access=access)))
        assert (b"SENTINEL" in data) == (not access.gated)
        assert b"<content" not in render(document(entry(content=None, access=access)))


def test_no_category_twice() -> None:
    data = render(
        document(entry(sections=("News", "news"), categories=("News", "premium", " "), access=Access.PREMIUM))
    )
    assert find(data, "//a:category[not(@scheme)]/@term") == ["News", "news", "premium"]
    assert find(data, "//a:category[@scheme]/@term") == ["premium"]


def test_a_thousand_categories() -> None:
    data = render(document(entry(categories=tuple(f"c{number}" for number in range(1000)))))
    assert len(find(data, "//a:category")) == 1001
    assert GRAMMAR.validate(etree.fromstring(data))


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"title": "bell \x07"}, "XML"),
        ({"summary": "lone \ud800"}, "a character that XML forbids"),
        ({"content": "<p>\ufffe</p>"}, "XML"),
        ({"authors": ("\x00",)}, "XML"),
        ({"uid": "no iri"}, "id"),
        ({"uid": "\ud800"}, "id"),
        ({"url": ""}, "url"),
        ({"url": "/relative"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"updated": datetime(2026, 1, 1)}, "updated"),  # noqa: DTZ001
        ({"published": datetime(2026, 1, 1)}, "published has no time zone"),  # noqa: DTZ001
    ],
)
def test_an_entry_at_fault_is_named(fields: dict[str, Any], word: str) -> None:
    bad = entry(2, **fields)
    with pytest.raises(EntryInvalid, match=word) as caught:
        render(document(entry(1), bad))
    assert caught.value.uid == bad.uid
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable() or not str(caught.value).isascii()


@pytest.mark.parametrize("fields", [{"title": "\x00"}, {"title": ""}, {"updated": datetime(2026, 1, 1)}])  # noqa: DTZ001
def test_a_head_at_fault(fields: dict[str, Any]) -> None:
    with pytest.raises(FeedInvalid, match=r"sections/politics\.atom"):
        render(document(**fields))


def test_times_of_other_zones_become_utc() -> None:
    minsk = timezone(timedelta(hours=3))
    data = render(document(entry(updated=NOON.astimezone(minsk), published=None), updated=NOON.astimezone(minsk)))
    assert all(text.startswith("2026-11-23T12:00:00") for text in find(data, "//a:updated/text()"))


def test_a_shared_renderer_gives_the_bytes_of_a_fresh_one() -> None:
    entries = [entry(number, content="<p>b</p>", access=Access.FREE) for number in range(5)]
    shared = Renderer(cached=3)
    for made in (document(*entries), document(*entries[::-1]), document(*entries, language="be"), document()):
        assert shared.render(made) == render(made) == shared.render(made)


def test_the_head() -> None:
    others = (("sections/politics.rss", "application/rss+xml"), ("sections/politics.json", "application/feed+json"))
    data = render(document(hubs=("https://hub.example/", "https://hub.example/"), alternates=others))
    assert data.startswith(b"<?xml")
    assert find(data, "/a:feed/a:link[@rel='self']/@href") == ["https://news.example/feeds/sections/politics.atom"]
    # Readers take any alternate, whatever its type, for the page.
    assert find(data, "/a:feed/a:link[@rel='alternate']/@href") == ["https://news.example/feeds/index.html"]
    assert find(data, "/a:feed/a:link[@rel='related']/@type") == ["application/rss+xml", "application/feed+json"]
    assert find(data, "/a:feed/a:link[@rel='hub']/@href") == ["https://hub.example/"]
    assert find(data, "/a:feed/a:author/a:name/text()") == ["Courier"]
    assert find(data, "/a:feed/a:generator/text()") == ["Broadsheet"]
    assert not find(data, "//a:generator/@version")
    assert find(data, "/a:feed/@xml:lang") == ["en"]


def test_languages_that_differ_are_marked() -> None:
    data = render(document(entry(1, language="en"), entry(2, language="be"), entry(3, language="not a language")))
    assert find(data, "//a:entry/@xml:lang") == ["be"]


def test_links_of_an_entry() -> None:
    made = entry(
        enclosures=(
            Enclosure("https://news.example/a.mp3", "audio/mpeg", 7),
            Enclosure("https://news.example/b", "junk"),
        ),
        via=(("https://other.example/1", "Other"), ("https://other.example/1", "Again")),
        related=(("https://third.example/1", "Third"),),
    )
    data = render(document(made))
    enclosures = [dict(link.items()) for link in find(data, "//a:link[@rel='enclosure']")]
    assert enclosures == [
        {"rel": "enclosure", "href": "https://news.example/a.mp3", "type": "audio/mpeg", "length": "7"},
        {"rel": "enclosure", "href": "https://news.example/b", "length": "0"},
    ]
    assert len(find(data, "//a:link[@rel='via']")) == 1
    related = [dict(link.items()) for link in find(data, "//a:link[@rel='related']")]
    assert related == [{"rel": "related", "href": "https://third.example/1", "title": "Third"}]


def test_everything_an_entry_can_have() -> None:
    data = render(document(full()))
    assert check_atom(data) == ()
    assert GRAMMAR.validate(etree.fromstring(data)), GRAMMAR.error_log
    replies = [dict(link.items()) for link in find(data, "//a:entry/a:link[@rel='replies']")]
    assert replies == [
        {"rel": "replies", "href": "https://news.example/1/comments", "type": "text/html"},
        {
            "rel": "replies",
            "href": "https://news.example/1/comments.atom",
            "type": "application/atom+xml",
            "title": "Comments",
        },
    ]
    assert find(data, "//a:entry/a:rights/text()") == ["© 2026 The Agency"]
    assert find(data, "//m:thumbnail/@url") == ["https://news.example/i.jpg"]
    assert find(data, "//m:content[@medium='image']/@url") == [
        "https://news.example/i.jpg",
        "https://news.example/j.jpg",
    ]
    assert find(data, "//m:content[@medium='audio']/@duration") == ["1830"]
    assert find(data, "//m:rating[@scheme='urn:simple']/text()") == ["nonadult"]
    assert find(data, "//p:season/text() | //p:episode/text()") == ["2", "4"]


def test_namespaces_are_declared_where_they_are_used() -> None:
    plain = render(document(entry()))
    assert b"mrss" not in plain
    assert b"podcastindex" not in plain
    data = render(document(entry(), full()))
    assert data.count(b"xmlns:media=") == data.count(b"xmlns:podcast=") == 1


def test_where_an_entry_was_taken_from() -> None:
    data = render(document(entry(source=Origin("The Agency", "https://Agency.example"))))
    assert check_atom(data) == ()
    assert find(data, "//a:source/a:id/text()") == find(data, "//a:source/a:link/@href") == ["https://agency.example/"]
    assert find(data, "//a:source/a:title/text()") == ["The Agency"]
    assert find(data, "//a:source/a:updated/text()") == ["2026-11-23T12:00:00+00:00"]
    (read,) = feedparser.parse(data).entries
    assert (read.source.title, read.link, read.id) == (
        "The Agency",
        "https://news.example/1",
        "tag:news.example,2026:1",
    )
    unnamed = render(document(entry(source=Origin(None, "https://agency.example/feed"))))
    assert find(unnamed, "//a:source/a:title/text()") == ["agency.example"]
    alone = render(document(entry(1, source=Origin("The Agency", "odd")), entry(2, source=Origin(" ", None))))
    assert not find(alone, "//a:source")
    assert find(alone, "//dc:source/text()") == ["The Agency"]
    assert check_atom(alone) == ()


def test_what_was_taken_back() -> None:
    gone = Tombstone('tag:news.example,2026:"8"', NOON)
    data = render(document(entry(), gone=(gone,), archive=Archive("https://n.example/c", "https://n.example/p")))
    (told,) = find(data, "/a:feed/at:deleted-entry")
    assert dict(told.items()) == {"ref": gone.uid, "when": "2026-11-23T12:00:00Z"}
    assert GRAMMAR.validate(etree.fromstring(data)), GRAMMAR.error_log


def test_a_link_beside_the_entry_that_is_no_web_address_is_left_out() -> None:
    made = entry(
        enclosures=(
            Enclosure("file:///etc/passwd", "text/plain"),
            Enclosure("https://news.example:port/a.mp3", "audio/mpeg"),
            Enclosure("https://news.example/a.mp3", "audio/mpeg"),
        ),
        via=(("https://two words.example/", ""), ("javascript:alert(1)", "x"), ("https://other.example/1", "")),
        related=(("mailto:a@b.example", ""),),
    )
    data = render(document(made))
    assert find(data, "//a:link[@rel='enclosure']/@href") == ["https://news.example/a.mp3"]
    assert find(data, "//a:link[@rel='via']/@href") == ["https://other.example/1"]
    assert find(data, "//a:link[@rel='related']") == []
    assert check_atom(data) == ()


def test_an_entry_without_words_has_its_headline_as_summary() -> None:
    assert find(render(document(entry(summary=""))), "//a:summary/text()") == ["Headline 1"]
    whole = dataclasses.replace(entry(summary="", access=Access.FREE), content="<p>b</p>")
    assert not find(render(document(whole)), "//a:summary")


def test_fractions_keep_the_order_of_the_page() -> None:
    moment = datetime(2026, 3, 2, 12, tzinfo=UTC)
    rows = tuple(
        entry(uid=f"tag:t,2026:{at}", url=f"https://n.example/{at}", updated=moment, published=None, position=at)
        for at in range(1200)
    )
    found = [one.updated for one in feedparser.parse(render(document(entries=rows[:999]))).entries]
    assert found == sorted(found, reverse=True)
    assert check_atom(render(document(entries=rows))) == ()


@pytest.mark.parametrize("text", ["How to use <b>bold</b> in May", "Fish &amp; chips &#8211; &nbsp; now", "</a>"])
def test_what_looks_like_markup_in_plain_text_stays_text(text: str) -> None:
    data = render(document(entries=(entry(title=text, summary=text),)))
    assert check_atom(data) == ()
    (found,) = feedparser.parse(data).entries
    assert found.title.replace("\u2060", "") == text
