"""RSS out: golden pairs, the validator's rules, what real parsers read back, and what feedgen must not do."""

from __future__ import annotations

import locale
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser
import pytest
from hypothesis import given, settings
from lxml import etree

from db.records import Access, Enclosure
from feeds.errors import FeedInvalid
from feeds.fit import fit
from feeds.formats import Archive, EntryInvalid, FeedDocument, load
from feeds.formats.rss import FORMAT, TTL, Renderer
from feeds.formats.xml import EARLIEST, address, meant
from feeds.model import Document, Episode, Image, Link, Origin
from feeds.sources.feed import parse
from feeds.validate import xml_findings
from tests import shown
from tests.shown import DOCUMENTS, NOON, NOW, entry, expected, full

CASES = sorted((Path(__file__).parent / "cases" / "rss").glob("*.json"))
NAMES = {
    "atom": "http://www.w3.org/2005/Atom", "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/", "d": "http://purl.org/dc/terms/", "s": "https://schema.org/",
    "media": "http://search.yahoo.com/mrss/", "fh": "http://purl.org/syndication/history/1.0",
    "wfw": "http://wellformedweb.org/CommentAPI/", "podcast": "https://podcastindex.org/namespace/1.0",
}  # fmt: skip
CONTENT = "content:encoded"


def document(*entries: Any, **fields: Any) -> FeedDocument:
    return shown.document(*entries, **({"path": "sections/politics.rss"} | fields))


def render(made: FeedDocument) -> bytes:
    """`made` by a renderer that has rendered nothing else."""
    return Renderer().render(made)


def find(data: bytes, path: str) -> list[Any]:
    found = etree.fromstring(data).xpath(path, namespaces=NAMES)
    assert isinstance(found, list)
    return found


def item(**fields: Any) -> etree._Element:
    """The item of one entry, without a finding of the validator."""
    data = render(document(entry(**fields)))
    assert xml_findings(data, now=NOW) == ()
    (found,) = find(data, "//item")
    assert isinstance(found, etree._Element)
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_golden(case: Path) -> None:
    made = shown.load(case, "rss")
    data = render(made)
    assert data == case.with_suffix(".rss").read_bytes()
    assert xml_findings(data, location=made.self_url, now=NOW) == ()


def test_golden_cases_are_found() -> None:
    assert len(CASES) >= 7


@settings(max_examples=60, deadline=None)
@given(DOCUMENTS)
def test_every_document_is_valid_and_read_back(made: FeedDocument) -> None:
    fitted = fit(made, Renderer(), None)
    data, made = fitted.data, fitted.document
    assert data == render(made)
    assert xml_findings(data, location=made.self_url, now=NOW) == ()
    for element, each in zip(find(data, "//item"), made.entries, strict=True):
        url = address(each.url)
        assert url is not None
        assert element.findtext("guid") == each.uid
        assert element.findtext("link") == url
        read = element.findtext("title")
        assert read.replace("\u2060", "") == expected(each.title, url).replace("\u2060", "")
        updated = datetime.fromisoformat(element.findtext("atom:updated", namespaces=NAMES))
        assert updated.replace(microsecond=0) == each.updated.replace(microsecond=0)
        published = element.findtext("pubDate")
        undated = element.findtext("dc:date", namespaces=NAMES)
        if each.published is None or each.published < EARLIEST:
            assert published is None
            assert undated == element.findtext("atom:updated", namespaces=NAMES)
        else:
            assert undated is None
            assert parsedate_to_datetime(published) == each.published.replace(microsecond=0)
        body = None if made.withholds(each) or not (each.content or "").strip() else meant(each.content)
        assert element.findtext(CONTENT, namespaces=NAMES) == body
        assert len(element.findall("enclosure")) <= 1


@settings(max_examples=20, deadline=None)
@given(DOCUMENTS)
def test_feedparser_reads_the_same(made: FeedDocument) -> None:
    fitted = fit(made, Renderer(), None)
    parsed = feedparser.parse(fitted.data)
    made = fitted.document
    assert not parsed.bozo
    assert parsed.version == "rss20"
    assert [each.id for each in parsed.entries] == [each.uid for each in made.entries]
    assert [each.link for each in parsed.entries] == [address(each.url) for each in made.entries]
    for read, each in zip(parsed.entries, made.entries, strict=True):
        assert read.updated_parsed[:6] == each.updated.astimezone(UTC).timetuple()[:6]
        if each.published is not None and each.published >= EARLIEST:
            assert read.published_parsed[:6] == each.published.astimezone(UTC).timetuple()[:6]


def test_our_own_parser_reads_what_was_written() -> None:
    made = full()
    document_of = Document(name="feed.rss", data=render(document(made)), as_of=NOON, fetched_at=NOON)
    (read,) = parse(document_of).items
    assert (read.guid, read.title, read.url, read.summary) == (made.uid, made.title, made.url, made.summary)
    assert (read.content, read.authors, read.language) == (made.content, made.authors, made.language)
    assert read.comments == "https://news.example/1/comments"
    assert read.source == made.source
    assert read.rights == made.rights
    assert set(made.images) <= set(read.images)
    assert {file.url for file in read.enclosures} >= {file.url for file in made.enclosures}


def test_feedgen_formats_no_date(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> str:
        raise AssertionError("the locale of the process was touched")

    monkeypatch.setattr(locale, "setlocale", refuse)
    data = render(document(full(), entry(2, published=None)))
    assert find(data, "//pubDate/text()") == ["Mon, 23 Nov 2026 11:00:00 GMT"]
    assert find(data, "//lastBuildDate/text()") == ["Mon, 23 Nov 2026 12:00:00 GMT"]


def test_the_head() -> None:
    hubs = ("https://hub.example/", "https://hub.example/", "https://hub.example/two")
    back = Archive(previous="https://news.example/feeds/archive/politics/2026-10.atom")
    data = render(document(hubs=hubs, archive=back))
    assert find(data, "/rss/channel/link/text()") == ["https://news.example/feeds/index.html"]
    links = [dict(link.items()) for link in find(data, "/rss/channel/atom:link")]
    assert links == [
        {"href": "https://news.example/feeds/sections/politics.rss", "rel": "self", "type": "application/rss+xml"},
        {"href": "https://hub.example/", "rel": "hub"},
        {"href": "https://hub.example/two", "rel": "hub"},
        {"href": "https://news.example/feeds/archive/politics/2026-10.atom", "rel": "prev-archive"},
    ]
    assert find(data, "//generator/text()") == ["Broadsheet"]
    assert find(data, "//ttl/text()") == [str(TTL)]
    assert not find(data, "//fh:archive")
    assert (FORMAT.name, FORMAT.bare_type, load("rss")) == ("rss", "application/rss+xml", FORMAT)


def test_an_archive() -> None:
    place = Archive("https://news.example/now.rss", None, "https://news.example/next.rss")
    data = render(document(entry(), archive=place))
    assert len(find(data, "/rss/channel/fh:archive")) == 1
    assert not find(data, "//ttl")
    assert find(data, "//atom:link[@rel='current' or @rel='next-archive']/@href") == [
        "https://news.example/now.rss",
        "https://news.example/next.rss",
    ]
    assert xml_findings(data) == ()


@pytest.mark.parametrize(
    ("files", "best", "others"),
    [
        (["a.jpg image/jpeg", "b.mp3 audio/mpeg", "c.mp4 video/mp4"], "b.mp3", ["a.jpg", "c.mp4"]),
        (["a.jpg image/jpeg", "b.pdf application/pdf"], "a.jpg", ["b.pdf"]),
        (["a odd", "a odd"], "a", []),
        (["http://desk/a.mp3 audio/mpeg", "b.jpg image/jpeg"], "b.jpg", ["http://desk/a.mp3"]),
        (["http://localhost:8080/a.mp3 audio/mpeg"], None, ["http://localhost:8080/a.mp3"]),
        ([], None, []),
    ],
)
def test_the_best_file_is_the_enclosure(files: list[str], best: str | None, others: list[str]) -> None:
    named = [(urljoin("https://n.example/", name), kind) for name, _, kind in (one.partition(" ") for one in files)]
    found = item(enclosures=tuple(Enclosure(url, kind, 5) for url, kind in named))
    enclosure = found.find("enclosure")
    assert (None if enclosure is None else enclosure.get("url")) == (best and f"https://n.example/{best}")
    if enclosure is not None:
        assert enclosure.get("length") == "5"
        assert "/" in (enclosure.get("type") or "")
    described = [one.get("url") for one in found.findall("media:content", NAMES)]
    assert described == [urljoin("https://n.example/", name) for name in others]


def test_an_episode_is_described_with_its_file() -> None:
    file = Enclosure("https://n.example/a.mp3", "audio/mpeg", 0)
    found = item(enclosures=(file,), episode=Episode(duration=61, season=1, number=2, kind="bonus", explicit=True))
    (content,) = found.findall("media:content", NAMES)
    assert dict(content.items()) == {
        "url": file.url, "type": "audio/mpeg", "medium": "audio", "duration": "61", "expression": "full",
    }  # fmt: skip
    assert found.findtext("media:rating", namespaces=NAMES) == "adult"
    assert found.findtext("podcast:season", namespaces=NAMES) == "1"
    assert found.findtext("podcast:episode", namespaces=NAMES) == "2"
    assert not item(enclosures=(file,), episode=Episode(number=2)).findall("media:content", NAMES)


def test_places_of_comments() -> None:
    page, feed = (
        Link("https://n.example/c", "replies"),
        Link("https://n.example/c.rss", "replies", "application/rss+xml"),
    )
    other, bad = Link("https://n.example/d", "replies", "text/html"), Link("javascript:x", "replies")
    found = item(replies=(bad, feed, page, feed, other))
    assert found.findtext("comments") == page.url
    assert found.findtext("wfw:commentRss", namespaces=NAMES) == feed.url
    assert [one.get("href") for one in found.findall("atom:link", NAMES)] == [feed.url, other.url]
    assert item(replies=(feed,)).find("comments") is None


def test_where_an_entry_was_taken_from() -> None:
    found = item(source=Origin("The Agency & Co", "https://agency.example/feed"))
    (source,) = found.findall("source")
    assert (source.text, source.get("url")) == ("The Agency & Co", "https://agency.example/feed")
    assert item(source=Origin(None, "https://agency.example/feed")).findtext("source") == "agency.example"
    alone = item(source=Origin("The Agency", "no address"))
    assert alone.find("source") is None
    assert alone.findtext("dc:source", namespaces=NAMES) == "The Agency"
    assert item(source=Origin(" ", None)).find("dc:source", NAMES) is None


@pytest.mark.parametrize(
    ("access", "categories", "rights", "free"),
    [
        (Access.FREE, ["free"], "free", "true"),
        (Access.REGISTRATION, ["registration"], "registration", "false"),
        (Access.METERED, ["metered"], None, None),
        (Access.PREMIUM, ["premium"], "premium", "false"),
        (Access.UNKNOWN, [], None, None),
    ],
)
def test_access_is_flagged(access: Access, categories: list[str], rights: str | None, free: str | None) -> None:
    found = item(access=access, categories=("premium",))
    assert found.xpath("category[@domain='https://news.example/feeds/ns/access']/text()") == categories
    assert found.xpath("category[not(@domain)]/text()") == ["Politics", "premium"]
    assert found.findtext("d:accessRights", namespaces=NAMES) == rights
    assert found.findtext("s:isAccessibleForFree", namespaces=NAMES) == free


def test_authors_are_creators_and_never_authors() -> None:
    found = item(authors=("Ann Author", "Ben & Co", "Ann Author", " "))
    assert [one.text for one in found.findall("dc:creator", NAMES)] == ["Ann Author", "Ben & Co"]
    assert found.find("author") is None


def test_a_description_stands_before_the_content_and_is_html() -> None:
    found = item(content="<p>b</p>", summary="1 < 2 & 3", access=Access.FREE)
    names = [etree.QName(one).localname for one in found]
    assert names.index("description") < names.index("encoded")
    assert found.findtext("description") == "1 &lt; 2 &amp; 3"
    assert item(summary="").findtext("description") == "Headline 1"


@pytest.mark.parametrize(
    "title", ["How to use <b>bold</b>", "Fish &amp; chips &#8211; &nbsp;", "a <b c", "AT&T", "R&D2 <3"]
)
def test_titles_stay_as_they_are(title: str) -> None:
    data = render(document(entry(title=title)))
    assert xml_findings(data, now=NOW) == ()
    (found,) = feedparser.parse(data).entries
    assert found.title.replace("\u2060", "") == title


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"title": "bell \x07"}, "XML"), ({"summary": "lone \ud800"}, "XML"), ({"content": "<p>\ufffe</p>"}, "XML"),
        ({"uid": "no iri"}, "id"), ({"url": "/relative"}, "url"),
        ({"updated": datetime(2026, 1, 1)}, "updated has no time zone"),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_an_entry_at_fault_is_named(fields: dict[str, Any], word: str) -> None:
    with pytest.raises(EntryInvalid, match=word) as caught:
        render(document(entry(1), entry(2, **({"uid": "tag:t,2026:bad"} | fields))))
    assert caught.value.uid == fields.get("uid", "tag:t,2026:bad")


@pytest.mark.parametrize("fields", [{"title": "\x00"}, {"title": ""}, {"updated": datetime(2026, 1, 1)}])  # noqa: DTZ001
def test_a_head_at_fault(fields: dict[str, Any]) -> None:
    with pytest.raises(FeedInvalid, match=r"sections/politics\.rss"):
        render(document(**fields))


def test_pictures() -> None:
    images = (Image("https://n.example/i.jpg", 640, 0), Image("https://n.example/i.jpg"), Image("data:x"))
    found = item(images=images)
    (content,) = found.findall("media:content", NAMES)
    assert dict(content.items()) == {"url": "https://n.example/i.jpg", "medium": "image", "width": "640"}
    (thumbnail,) = found.findall("media:thumbnail", NAMES)
    assert dict(thumbnail.items()) == {"url": "https://n.example/i.jpg", "width": "640"}
