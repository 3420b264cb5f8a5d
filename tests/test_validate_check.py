"""The check of any document: golden cases of JSON Feed, OPML and sitemaps, documents of other kinds, hostile input."""

from __future__ import annotations

import gzip
import json
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.validate import MAX_BYTES, MAX_TAGS, SITEMAP_BYTES, Finding, check, kind_of, text_of
from feeds.validate.notes import MAX_OF_CODE
from feeds.validate.rules_other import ERRORS, WARNINGS
from feeds.validate.served import media_note
from feeds.validate.sitemap import MAX_ADDRESSES, MAX_NEWS, MAX_PICTURES

CASES = Path(__file__).parent / "cases"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SITE = "https://news.example/"
LOCATIONS = {"json": SITE + "feed.json", "opml": SITE + "feeds.opml", "sitemap": SITE + "sitemap.xml"}
GOLDEN = sorted(path for kind in LOCATIONS for path in (CASES / f"validate_{kind}").glob("*.findings"))

URLSET = b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">'
FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Courier",
    "home_page_url": SITE,
    "feed_url": SITE + "feed.json",
    "items": [],
}


def case_of(path: Path) -> tuple[bytes, str]:
    """A golden case's document and the address it is served under."""
    (document,) = (each for each in path.parent.glob(f"{path.stem}.*") if each.suffix != ".findings")
    return document.read_bytes(), LOCATIONS[path.parent.name.removeprefix("validate_")]


def codes(data: bytes, location: str | None = None) -> list[str]:
    return [found.code for found in check(data, location=location, now=NOW)]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_golden_cases(path: Path) -> None:
    data, location = case_of(path)
    found = [f"{one.line}:{one.column} {one.severity} {one.code}" for one in check(data, location=location, now=NOW)]
    assert found == path.read_text().splitlines()


def test_every_rule_of_a_document_has_a_case() -> None:
    told = {line.split()[2] for path in GOLDEN for line in path.read_text().splitlines()}
    served = {
        "ConditionalGetIgnored", "DuplicateSelf", "EncodingMismatch", "HttpError", "HubsDontMatch", "IOError",
        "InsecureRedirect", "InvalidHTTPDate", "LargeFeed", "MissingCacheControl", "MissingValidators", "MissingVary",
        "NotCacheable", "RedirectChain", "TempRedirect", "Uncompressed", "UnexpectedContentType", "UnstableContent",
        "UnstableValidator",
    }  # fmt: skip
    elsewhere = {"OutsideScope", "TooLarge", "ValidatorLimit"}
    assert (ERRORS.keys() | WARNINGS.keys()) - told == served | elsewhere


def test_findings_say_what_is_wrong_and_how_to_mend_it() -> None:
    text = json.dumps(FEED | {"datePublished": 1})
    (found,) = check(text.encode())
    assert found == Finding(
        "error",
        "UndefinedElement",
        1,
        text.index('"datePublished"') + 1,
        "datePublished is no key of JSON Feed. Take it out, or begin its name with _ and make it an object.",
    )


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "SAXError", "the document is empty"),
        (b"\xef\xbb\xbf \n", "SAXError", "the document is empty"),
        (b"Dear reader,", "SAXError", "the document is plain text"),
        (b"1 < 2", "SAXError", "the document is plain text"),
        (b"Gr\xfc\xdfe <b>x</b>", "SAXError", "the document is plain text"),
        (b"<!-- a < b", "SAXError", "the document is plain text"),
        (b"\x89PNG\r\n\x1a\n\0\0", "SAXError", "a PNG picture"),
        (b"a\0b", "SAXError", "binary data"),
        (b"\x9c\x01<A\xe2\xff\x13", "SAXError", "binary data"),
        (b"<A\x02\xe2\xff", "SAXError", "binary data"),
        (b"{\x02\xe2\xff", "SAXError", "binary data"),
        (b"\x1b$B%K\x1b(B", "SAXError", "plain text"),
        ("Dear reader,".encode("utf-16"), "SAXError", "plain text"),
        (b"<!DOCTYPE html><title>x", "UndefinedElement", "an HTML page"),
        (b"<!-- x --><HTML><p>x<br></HTML>", "UndefinedElement", "an HTML page"),
        (b'<html xmlns="http://www.w3.org/1999/xhtml"/>', "UndefinedElement", "an HTML page"),
        (b'<?xml version="1.0"?><haha version="1.1"/>', "UndefinedElement", "XML with the root 'haha'"),
        (b"[1]", "NotJSONFeed", "the document is a list"),
        (b'{"name": "x"}', "NotJSONFeed", "JSON, but no JSON Feed"),
    ],
)
def test_what_is_none_of_ours_has_one_finding_that_says_what_it_is(data: bytes, code: str, words: str) -> None:
    (found,) = check(data)
    assert (found.severity, found.code, found.line, found.column) == ("error", code, 1, 1)
    assert words in found.message


@pytest.mark.parametrize("size", [64, 1_000, 200_000])
def test_noise_has_one_finding_that_says_so(size: int) -> None:
    for seed in range(30):
        data = random.Random(seed).randbytes(size)  # noqa: S311
        (found,) = check(data)
        assert (found.code, found.message[:27]) == ("SAXError", "the document is binary data"), seed


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"/>', "atom"),
        (b"\n<!-- <a> --><?x y?><!DOCTYPE rss>\n<rss><channel>&nbsp;", "rss"),
        (b"<rss version='2.0'>\xff", "rss"),
        (b"<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>", "rdf"),
        (b"<r:RDF>", "rdf"),
        ("<?xml version='1.0' encoding='utf-16'?><opml/>".encode("utf-16"), "opml"),
        ("<opml & >".encode("utf-16"), "opml"),
        ("<?xml version='1.0' encoding='shift_jis'?><opml>日本".encode("shift_jis"), "opml"),
        (b"<!--" + b"-" * 70_000 + b"\n--><urlset/>", "sitemap"),
        (b"<!-- " + b"x" * 70_000 + b" --><sitemapindex/>", "sitemap"),
        (b" \n{", "json"),
        ("{}".encode("utf-16"), "json"),
        ("[]".encode("utf-16-be"), "json"),
        ("{}".encode("utf-32"), "json"),
        ("{}".encode("utf-32-be"), "json"),
        (b"<", "text"),
        (b"< a", "text"),
        (b"<?x", "text"),
        (b"<toot/>", "xml"),
        (b"<toot & >", "xml"),
        (b"\x02 <rss version='2.0'>\xff", "rss"),
        (b"<toot>\x02", "xml"),
        (b'{"a": "\x02"}', "json"),
        (b'{"a": "\xff"}', "json"),
        ('{"a": "\u041f\u65e5"}'.encode("utf-16-le"), "json"),
    ],
)
def test_kinds_are_told_by_the_beginning(data: bytes, kind: str) -> None:
    assert kind_of(data) == kind


def test_json_is_read_in_every_encoding_of_unicode() -> None:
    text = json.dumps(FEED | {"title": "Порт 😀"}, ensure_ascii=False)
    for encoding in ("utf-16", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"):
        assert codes(text.encode(encoding)) == ["NotUTF8"]
    assert codes("\ufeff".encode("utf-32-be") + text.encode("utf-32-be")) == ["NotUTF8"]
    assert codes("\ufeff".encode("utf-16-be") + text.encode("utf-16-be")) == ["NotUTF8"]
    assert codes(text.encode()) == []


def test_xml_feeds_are_checked_by_their_own_rules() -> None:
    assert "MissingElement" in codes(b'<feed xmlns="http://www.w3.org/2005/Atom"/>')
    assert check(b"<feed/>")  # of no namespace


def test_gzip_is_unpacked() -> None:
    sitemap = URLSET + b"<url><loc>https://news.example/</loc></url></urlset>"
    packed = gzip.compress(sitemap, mtime=0)
    assert codes(packed) == []
    assert text_of(packed) == sitemap.decode()
    (cut,) = check(packed[:-9])
    assert (cut.code, "cut short" in cut.message) == ("IOError", True)
    (damaged,) = check(packed[:12] + b"\xff" * 20)
    assert (damaged.code, "damaged" in damaged.message) == ("IOError", True)
    (bomb,) = check(gzip.compress(bytes(SITEMAP_BYTES + 1), 1, mtime=0))
    assert (bomb.code, "52,428,800" in bomb.message) == ("ValidatorLimit", True)


def test_what_is_too_long_is_refused() -> None:
    (long,) = check(b"{" + b" " * MAX_BYTES)
    assert (long.code, "10,000,000" in long.message) == ("ValidatorLimit", True)
    (crowded,) = check(b"<rss>" + b"<a>" * MAX_TAGS)
    assert (crowded.code, "1,000,000 tags" in crowded.message) == ("ValidatorLimit", True)
    assert codes(b"<opml>" + b"<a>" * 300)[-1] == "ValidatorLimit"


def test_a_sitemap_may_have_50_mb_and_50_000_addresses() -> None:
    def sitemap(number: int, padding: int = 0) -> bytes:
        urls = b"".join(b"<url><loc>https://news.example/%d</loc></url>" % each for each in range(number))
        return URLSET + urls + b" " * padding + b"</urlset>"

    assert codes(sitemap(MAX_ADDRESSES)) == []
    assert codes(sitemap(MAX_ADDRESSES + 2)) == ["TooMany"]
    assert codes(sitemap(1, SITEMAP_BYTES)) == ["TooLarge"]


def test_a_sitemap_may_have_1_000_pieces_of_news_and_1_000_pictures_of_each_address() -> None:
    news = (
        b"<url><loc>https://news.example/%d</loc><n:news><n:publication><n:name>C</n:name><n:language>en</n:language>"
        b"</n:publication><n:publication_date>2026-11-23</n:publication_date><n:title>x</n:title></n:news></url>"
    )
    assert codes(URLSET + b"".join(news % each for each in range(MAX_NEWS)) + b"</urlset>") == []
    assert codes(URLSET + b"".join(news % each for each in range(MAX_NEWS + 2)) + b"</urlset>") == ["TooMany"]
    picture = b'<i:image xmlns:i="http://www.google.com/schemas/sitemap-image/1.1"><i:loc>https://p.example/</i:loc></i:image>'
    pictures = picture * (MAX_PICTURES + 2)
    assert codes(URLSET + b"<url><loc>https://news.example/</loc>" + pictures + b"</url></urlset>") == ["TooMany"]


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (None, []),
        (SITE + "sitemap.xml", []),
        ("https://news.example", []),
        (SITE + "maps/sitemap.xml?a=/b", ["OutsideScope"]),
        ("http://news.example/sitemap.xml", ["ForeignHost"]),
        ("https://www.news.example/sitemap.xml", ["ForeignHost"]),
    ],
)
def test_a_sitemap_lists_what_is_of_its_host_and_below_it(location: str | None, expected: list[str]) -> None:
    urls = b"".join(b"<url><loc>https://news.example/%d</loc></url>" % each for each in range(5))
    assert codes(URLSET + urls + b"</urlset>", location) == expected


@pytest.mark.parametrize(
    ("date", "stale"),
    [("2026-11-21", False), ("2026-11-20", True), ("2026-11-21T11:00Z", True), ("2026-11-21T13:00Z", False)],
)
def test_news_is_stale_after_two_days(date: str, stale: bool) -> None:
    news = (
        f"<url><loc>https://news.example/</loc><n:news><n:publication><n:name>C</n:name><n:language>en</n:language>"
        f"</n:publication><n:publication_date>{date}</n:publication_date><n:title>x</n:title></n:news></url></urlset>"
    )
    assert codes(URLSET + news.encode()) == ["StaleNews"] * stale
    assert check(URLSET + news.encode()) == ()


@pytest.mark.parametrize("address", ["mailto:a@news.example", "https://", "/a", "news.example/a"])
def test_a_sitemap_lists_addresses_of_the_web(address: str) -> None:
    assert codes(URLSET + f"<url><loc>{address}</loc></url></urlset>".encode()) == ["InvalidFullLink"]


def test_an_outline_document_needs_no_version() -> None:
    """The name that the root of OPML had at first; the W3C validator knows it, too."""
    assert codes(b'<outlineDocument><head/><body><outline text="x"/></body></outlineDocument>') == []


def test_what_a_foreign_namespace_holds_is_its_own() -> None:
    head, body = "<head><x:a><title>x</title></x:a></head>", '<body><outline text="x"/></body>'
    assert codes(f'<opml version="2.0" xmlns:x="urn:x">{head}{body}</opml>'.encode()) == []
    assert (
        codes(URLSET + b'<url><loc>https://news.example/</loc><x:a xmlns:x="urn:x"><x:b/></x:a></url></urlset>') == []
    )


@pytest.mark.parametrize(
    ("kind", "media_type", "code"),
    [
        ("atom", "application/atom+xml", None),
        ("atom", "Application/XML", None),
        ("atom", "application/rss+xml", "UnexpectedContentType"),
        ("atom", "", "UnexpectedContentType"),
        ("html", "", None),
        ("rss", "text/html", "UnexpectedContentType"),
        ("rdf", "application/rss+xml", None),
        ("json", "application/json", None),
        ("json", "application/xml", "UnexpectedContentType"),
        ("opml", "text/x-opml", None),
        ("sitemap", "application/gzip", None),
        ("sitemap", "text/plain", "UnexpectedContentType"),
        ("html", "text/plain", None),
    ],
)
def test_media_types(kind: str, media_type: str, code: str | None) -> None:
    note = media_note(kind, media_type)  # type: ignore[arg-type]  # written as words
    assert (note.code if note is not None else None) == code


def test_the_media_type_is_one_of_the_findings() -> None:
    data = json.dumps(FEED).encode()
    assert check(data, media_type="application/feed+json") == ()
    (found,) = check(data, media_type="text/plain")
    assert (found.code, found.severity) == ("UnexpectedContentType", "warning")


def test_findings_of_one_code_are_bounded() -> None:
    outlines = b"<outline/>" * (MAX_OF_CODE + 50)
    found = check(b'<opml version="2.0"><head/><body>' + outlines + b"</body></opml>")
    assert len(found) == MAX_OF_CODE
    assert found[-1].message.endswith(" There are 50 more of these.")
    assert not any("more of these" in one.message for one in found[:-1])
    items = b"<item><title>x</title></item>" * (MAX_OF_CODE + 7)
    told = [one.message for one in check(b'<rss version="2.0"><channel>' + items + b"</channel></rss>")]
    assert sum("There are 7 more of these." in one for one in told) >= 1


def test_text_is_what_a_person_reads() -> None:
    assert text_of("<?xml version='1.0' encoding='windows-1251'?><a>Порт</a>".encode("cp1251")).endswith("Порт</a>")
    assert text_of("{}".encode("utf-16")) == "\ufeff{}"
    assert text_of(b"<?xml version='1.0' encoding='x-no'?>\xff") == "<?xml version='1.0' encoding='x-no'?>\ufffd"


SEEDS = [case_of(path)[0] for path in GOLDEN]


@given(st.binary(max_size=400), st.sampled_from([b"", b"{", b"<opml>", b"<urlset>", b"<rss>", b"\x1f\x8b"]))
def test_no_bytes_raise(data: bytes, begin: bytes) -> None:
    for found in check(begin + data, location=SITE, now=NOW):
        assert found.line >= 1
        assert found.column >= 1


@given(st.sampled_from(SEEDS), st.integers(0, 4000), st.binary(max_size=6), st.integers(0, 30))
@settings(max_examples=200)
def test_no_mutation_raises(seed: bytes, at: int, put: bytes, cut: int) -> None:
    at %= len(seed) + 1
    data = seed[:at] + put + seed[at + cut :]
    assert check(data, now=NOW) == check(data, now=NOW)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("ab<&é/:_ \ud83d", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "url", "title", "authors", "tags", "_x", "x", "items", "size_in_bytes"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*FEED, "authors", "hubs", "language", "_x", "expired", "next_url"]), values))
def test_every_value_of_a_feed_is_placed(feed: dict[str, object]) -> None:
    lines = json.dumps(feed, indent=1).splitlines()
    for found in check(json.dumps(feed, indent=1).encode()):
        assert 1 <= found.column <= len(lines[found.line - 1]) + 1


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "deep JSON": lambda n: b"[" * n,
    "values": lambda n: b'{"items":[' + b"1," * (n // 2) + b"1]}",
    "keys": lambda n: b'{"items":[],' + b",".join(b'"k%d":1' % each for each in range(n // 8)) + b"}",
    "equal keys": lambda n: b'{"items":[],' + b'"a":1,' * (n // 6) + b'"a":1}',
    "open string": lambda n: b'{"items":"' + b"\\" * n,
    "markup in JSON": lambda n: b'{"items":[{"id":"1","content_html":"' + b"<a href=x " * (n // 10) + b'"}]}',
    "entities in JSON": lambda n: b'{"items":[{"id":"1","content_text":"' + b"&x</" * (n // 4) + b'"}]}',
    "lines of JSON": lambda n: b'{"items":[' + b"\n" * n,
    "deep OPML": lambda n: b"<opml><body>" + b"<outline>" * (n // 9),
    "text events": lambda n: b"<opml><body>" + b"&amp;x" * (n // 6) + b"</body></opml>",
    "attributes": lambda n: b"<opml " + b" ".join(b"a%d=''" % each for each in range(n // 9)) + b"/>",
    "addresses": lambda n: URLSET + b"<url><loc>https://a.example/</loc></url>" * (n // 40) + b"</urlset>",
    "namespaces": lambda n: URLSET + b"".join(b"<x xmlns='u%d'/>" % each for each in range(n // 16)) + b"</urlset>",
    "brackets": lambda n: b"<" * n,
    "comments": lambda n: b"<!--" * (n // 4),
    "long comment": lambda n: b"<!--" + b"x" * n,
    "blanks": lambda n: b" " * n + b"x",
    "lines of a state": lambda n: (
        b"<opml><head><expansionState>" + b"1," * (n // 2) + b"x</expansionState></head></opml>"
    ),
    "a language": lambda n: b"<opml><body><outline language='" + b"aa-" * (n // 3) + b"'/></body></opml>",
}


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_the_time_is_linear_in_the_length(kind: str) -> None:
    def seconds(length: int) -> float:
        data = HOSTILE[kind](length)
        begun = time.process_time()
        check(data)
        return time.process_time() - begun

    short = min(seconds(50_000) for _ in range(3))
    assert seconds(400_000) < 0.1 + 8 * 4 * short
