"""The news sitemap: which entries are in it, by the protocol's rules, and what a reader of sitemaps gets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feeds.errors import FeedInvalid
from feeds.formats import PublicEntry
from feeds.formats.newssitemap import MOST, WITHIN, render
from feeds.validate import check
from tests import shown
from tests.shown import NOON, entry

NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "n": "http://www.google.com/schemas/sitemap-news/0.9"}
CASES = sorted((Path(__file__).parent / "cases" / "formats").glob("*.json"))


def found(data: bytes, path: str) -> list[str]:
    return [node.text or "" for node in etree.fromstring(data).iterfind(path, NAMES)]


def sitemap(*entries: PublicEntry, **fields: Any) -> bytes:
    plain: dict[str, Any] = {"publication": "Courier", "language": "en", "now": NOON}
    return render(entries, **(plain | fields))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_golden(case: Path) -> None:
    document = shown.load(case)
    data = render(document.entries, publication=document.author, language=document.language, now=NOON)
    assert data == case.with_suffix(".sitemap.xml").read_bytes()
    assert check(data, now=NOON) == () or b"<url>" not in data


def test_the_bytes() -> None:
    assert sitemap(entry(title="One & <two>", url="https://news.example/?a=1&b=2")).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">\n'
        "<url><loc>https://news.example/?a=1&amp;b=2</loc><news:news><news:publication><news:name>Courier</news:name>"
        "<news:language>en</news:language></news:publication>"
        "<news:publication_date>2026-11-23T11:00:00Z</news:publication_date>"
        "<news:title>One &amp; &lt;two&gt;</news:title></news:news></url>\n"
        "</urlset>\n"
    )


def test_two_days_and_the_newest_first() -> None:
    times = [NOON - WITHIN - timedelta(seconds=1), NOON - WITHIN, NOON, NOON + timedelta(seconds=1), None]
    data = sitemap(*(entry(at, published=when) for at, when in enumerate(times)))
    assert found(data, ".//s:loc") == ["https://news.example/2", "https://news.example/1"]


def test_a_thousand_at_most() -> None:
    made = [entry(at, published=NOON - timedelta(seconds=at)) for at in range(MOST + 5)]
    data = sitemap(*reversed(made))
    assert found(data, ".//s:loc") == [one.url for one in made[:MOST]]
    assert data == sitemap(*made)


def test_an_address_once_the_newest_of_its_entries() -> None:
    twice = [entry(at, url="https://news.example/x#part", title=f"T{at}") for at in (2, 1)]
    data = sitemap(*twice)
    assert found(data, ".//s:loc") == ["https://news.example/x"]
    assert found(data, ".//n:title") == ["T1"]


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "https://news.example/"},
        {"url": "https://news.example"},
        {"url": "javascript:alert(1)"},
        {"url": "ftp://news.example/x"},
        {"url": "https://news.example/\ud800"},
        {"url": "https://news.example/" + "x" * 2100},
        {"url": ""},
        {"title": " \x00 "},
        {"published": datetime(2026, 11, 23)},  # noqa: DTZ001  # the fault under test
    ],
)
def test_what_is_no_news_of_its_own_is_left_out(fields: dict[str, Any]) -> None:
    assert found(sitemap(entry(**fields), entry(2)), ".//s:loc") == ["https://news.example/2"]


def test_addresses_are_escaped_and_lose_their_passwords() -> None:
    assert found(sitemap(entry(url="https://u:p@news.example/x")), ".//s:loc") == ["https://news.example/x"]
    data = sitemap(entry(url="https://ünï.example/ä b?ö=[1]"))
    assert found(data, ".//s:loc") == ["https://xn--n-nga1b.example/%C3%A4%20b?%C3%B6=%5B1%5D"]


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en-GB", "en"), ("be-tarask", "be"), ("zh", "zh-cn"), ("zh-Hant-HK", "zh-tw"), ("zh-TW", "zh-tw"),
        ("ast", "ast"), ("PT", "pt"),
    ],
)  # fmt: skip
def test_languages(tag: str, code: str) -> None:
    assert found(sitemap(entry(), language=tag), ".//n:language") == [code]


def test_what_a_publication_must_have() -> None:
    with pytest.raises(FeedInvalid, match="has no name"):
        sitemap(publication=" \x00")
    with pytest.raises(FeedInvalid, match="ISO 639"):
        sitemap(language="english")


def test_times_of_other_zones() -> None:
    when = datetime(2026, 11, 23, 13, 30, 0, 5, tzinfo=UTC).astimezone().replace(microsecond=7)
    data = sitemap(entry(published=when), now=NOON + timedelta(hours=2))
    assert found(data, ".//n:publication_date") == ["2026-11-23T13:30:00Z"]


@settings(max_examples=100, deadline=None)
@given(shown.ENTRIES, shown.TEXTS)
def test_whatever_entries_hold_the_sitemap_is_valid(entries: tuple[PublicEntry, ...], name: str) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    try:
        data = render(entries, publication=name, language="en", now=now)
    except FeedInvalid as error:
        assert "has no name" in str(error)  # noqa: PT017  # most examples raise nothing
        return
    root = etree.fromstring(data)
    assert data.isascii() or data.decode()
    assert b"access" not in data.replace(b"news.example/access", b"")
    for url in root:
        (moment,) = url.iterfind(".//n:publication_date", NAMES)
        assert now - WITHIN <= datetime.fromisoformat(moment.text or "") <= now
        assert [etree.QName(node).localname for node in url.iter(etree.Element)] == [
            "url", "loc", "news", "publication", "name", "language", "publication_date", "title",
        ]  # fmt: skip
    if len(root):
        assert [one for one in check(data, now=now) if one.severity == "error"] == []


@settings(deadline=None)
@given(st.permutations([entry(at, published=NOON) for at in range(5)]))
def test_the_order_in_which_entries_are_given_changes_nothing(entries: list[PublicEntry]) -> None:
    assert sitemap(*entries) == sitemap(*(entry(at, published=NOON) for at in range(5)))
