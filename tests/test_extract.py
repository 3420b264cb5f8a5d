"""One article page, one item: golden pairs, and pages that hold no article."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.records import Access
from feeds import normalise
from feeds.access import judge
from feeds.errors import ParseError
from feeds.extract import parse
from feeds.model import Context, Document, Item
from tests.command import ROOT

CASES = sorted((Path(__file__).parent / "cases" / "extract").glob("*.html"))
NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
CONTEXT = Context(zone=timezone(timedelta(hours=1)))
PROSE = "The council has decided that the old swimming pool will be heated by the bakery next door this year. " * 4


def document(data: bytes | str, name: str = "page", **said: Any) -> Document:
    raw = data.encode() if isinstance(data, str) else data
    url = f"https://news.example.org/{name}"
    return replace(Document(name=url, data=raw, as_of=NOW, fetched_at=NOW, url=url), **said)


def item_of(data: bytes | str, **said: Any) -> Item:
    parsed = parse(document(data, **said), CONTEXT)
    assert len(parsed.items) == 1
    return parsed.items[0]


def shown(item: Item) -> dict[str, Any]:
    """What a golden pair holds of an item."""
    return {
        "title": item.title,
        "url": item.url,
        "summary": item.summary,
        "content": item.content,
        "published": item.published.isoformat() if item.published is not None else None,
        "precision": item.published_precision,
        "basis": item.published_basis,
        "updated": item.updated.isoformat() if item.updated is not None else None,
        "language": item.language,
        "authors": list(item.authors),
        "categories": list(item.categories),
        "images": [[one.url, one.width, one.height] for one in item.images],
        "access": judge(item.evidence).level,
    }


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden_pairs(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    try:
        found = shown(item_of(path.read_bytes(), name=path.stem))
    except ParseError as error:
        found = {"error": str(error)}
    assert found == expected


def test_golden_pairs_were_found() -> None:
    assert len(CASES) > 10


# --- what is no article page


@pytest.mark.parametrize(
    ("data", "said", "message"),
    [
        (b"%PDF-1.7", {"media_type": "application/pdf"}, "is application/pdf, not an HTML page"),
        (b"{}", {"media_type": "application/json; charset=utf-8"}, "is application/json, not an HTML page"),
        (bytes(range(256)) * 40, {}, "binary data, not an HTML page"),
        (b"", {}, "no article text was found in the page"),
        (b"<!-- only a comment -->", {}, "no article text was found in the page"),
        (b"<p>A few words.</p>", {"media_type": "text/html"}, "no article text was found in the page"),
        (b"<p>x" * 50_000, {}, "is refused: more than 40,000 tags"),
    ],
)
def test_what_is_no_article_page_is_refused_with_the_reason(data: bytes, said: dict[str, Any], message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(document(data, **said))
    assert str(caught.value) == f"https://news.example.org/page: {message}"


def test_a_message_holds_no_secret() -> None:
    with pytest.raises(ParseError) as caught:
        parse(document("", name="page?token=s3cret"))
    assert "s3cret" not in str(caught.value)


def test_a_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.config.values.FULLTEXT", ("no_such_module",))
    with pytest.raises(ParseError, match=r"pip install 'broadsheet\[fulltext\]'"):
        parse(document("<p>x"))


# --- decisions


def test_an_article_without_a_text_is_an_item_without_content() -> None:
    item = item_of('<meta property="og:type" content="article"><title>T</title><p>Few words.')
    assert (item.title, item.content, item.summary) == ("T", "", "")


def test_a_notice_is_one_only_where_it_is_short_and_the_page_claims_nothing() -> None:
    notice = f"<title>Access denied</title><main><p>{PROSE}</p></main>"
    with pytest.raises(ParseError, match='it says "Access denied"'):
        item_of(notice)
    assert item_of(notice.replace(PROSE, PROSE * 3)).content
    assert item_of('<meta property="og:type" content="article">' + notice).content


def test_a_canonical_address_counts_where_it_is_the_same_page() -> None:
    page = f'<link rel=canonical href="https://news.example.org/%s"><article><p>{PROSE}'
    asked = "page?utm_source=x"
    assert item_of(page % "page", name=asked).url == "https://news.example.org/page"
    assert item_of(page % "other", name=asked).url == "https://news.example.org/page?utm_source=x"
    assert item_of(page % "page", url=None).url is None


def test_a_stated_text_counts_only_where_nothing_hints_that_it_costs() -> None:
    page = (
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "T", %s "articleBody": "'
        + PROSE * 2
        + f'"}}</script><article><p>{PROSE[:200]}</p></article>'
    )
    assert len(item_of(page % "").content) > 400
    assert len(item_of(page % '"isAccessibleForFree": true,').content) > 400
    assert len(item_of(page % '"isAccessibleForFree": false,').content) < 400
    assert len(item_of('<div class="paywall"></div>' + page % "").content) < 400


def test_what_leaves_here_is_fit_to_be_normalised() -> None:
    parsed = parse(document((ROOT / "tests/cases/extract/graph.html").read_bytes(), name="2026/pool"))
    (clean,) = normalise.clean(
        parsed,
        document("", name="2026/pool"),
        sections=(),
        language="en",
        home="https://news.example.org/",
        identity=str,
    )
    assert isinstance(clean, normalise.Clean)
    assert clean.text.startswith("The council has decided")
    assert clean.summary == "Warm bread, warm water."
    assert 'href="https://news.example.org/plans?id=1&amp;x=2"' in clean.content


def test_evidence_of_the_page_is_kept() -> None:
    item = item_of((ROOT / "tests/cases/extract/premium.html").read_bytes())
    assert judge(item.evidence).level is Access.PREMIUM


def test_what_finds_texts_is_imported_when_a_page_is_read() -> None:
    code = (
        "import sys; import feeds.extract;"
        "print([name for name in ('trafilatura', 'lxml.html', 'feeds.extract.text') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_nothing_is_logged_and_nothing_written(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ParseError):
        parse(document("<div>x</div>"))
    item_of(f"<article><p>{PROSE}")
    assert capfd.readouterr() == ("", "")


# --- whatever comes


PIECES = [
    "<article>", "</article>", "<p>", "</p>", "<div>", "</div>", "<br><br>", "<figure><img src=/a>", "</figure>",
    "<table><tr><td>", "</table>", "<ul><li>", "</ul>", "<h1>", "<h2>", "<blockquote>", "<pre>", "<a href='/x'>",
    "</a>", PROSE, "Read also: ", "Share", "\0", "&#0;", "&#xd800;", "\ufffe", "<!--", "-->", "<script>", "</script>",
    '<script type="application/ld+json">{"@type":"Article","headline":"h","author":[5,null,{"@id":"x"}]}</script>',
    '<time datetime="2026-13-45">', "<base href=':'>", "<title>", "<math>x</math>", "<svg>", "<form>", "<details>",
    "<?xml ?>",
]  # fmt: skip


@settings(deadline=None)  # the first page pays for importing trafilatura
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.binary(max_size=200))
def test_any_page_is_one_item_or_a_reason(data: str | bytes) -> None:
    raw = data if isinstance(data, bytes) else data.encode("utf-8", "replace")
    with contextlib.suppress(ParseError):
        assert normalise.sanitise(item_of(raw).content, None) is not None
