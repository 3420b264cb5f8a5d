"""What a page says of its article, where it says it, and what it only seems to say."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from db.records import Precision
from feeds.extract.said import Said, free_paragraph, read_said
from feeds.model import Context, Document, Image
from feeds.page import read_page
from tests.pace import slowness

URL = "https://news.example.org/2026/03/02/story"
NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
CONTEXT = Context(zone=timezone(timedelta(hours=2)))


def said_of(markup: str, url: str | None = URL) -> Said:
    document = Document(name="x", data=b"", as_of=NOW, fetched_at=NOW, url=url)
    return read_said(read_page(markup, url), document, CONTEXT)


def stated(*things: dict[str, Any]) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(one)}</script>' for one in things)


def article(**said: Any) -> str:
    return stated({"@type": "NewsArticle", "headline": "A headline of words", **said})


def test_a_page_that_says_nothing() -> None:
    said = said_of("<p>x", None)
    assert said == Said(
        title="",
        site=None,
        description="",
        body="",
        is_article=False,
        published=None,
        precision=None,
        basis=None,
        updated=None,
        language=None,
        authors=(),
        categories=(),
        images=(),
    )


# --- the title


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        (article(), "A headline of words"),
        (article(headline="Bread &amp; <i>water</i>"), "Bread & water"),
        (article() + "<title>Another</title><h1>A third</h1>", "A headline of words"),
        ("<meta property=og:title content='From the metas'><title>T</title>", "From the metas"),
        ("<title>T</title><h1> The \n heading</h1>", "The heading"),
        ("<title>T</title><h1>Site head</h1><article><h1>Of the article</h1></article>", "Of the article"),
        ("<title>Only this</title>", "Only this"),
        (stated({"@type": "NewsArticle", "name": "A name"}), "A name"),
        ("<meta property=og:site_name content='The Example'><title>Story – The Example</title>", "Story"),
        ("<meta property=og:site_name content='The Example'><title>Story - part | the EXAMPLE</title>", "Story - part"),
        ("<meta property=og:site_name content='The Example'><title>Story | Other</title>", "Story | Other"),
        ("<meta property=og:site_name content='The Example'><title>The Example</title>", "The Example"),
        ("<meta property=og:title content='A long heading | Page'><h1>A long heading</h1>", "A long heading"),
        (
            "<meta property=og:title content='A long heading that goes on'><h1>A long heading</h1>",
            "A long heading that goes on",
        ),
        ("<meta property=og:title content='News: it rained all day'><h1>News</h1>", "News: it rained all day"),
        (article(headline="A headline of…") + "<h1>A headline of many words</h1>", "A headline of many words"),
        (article(headline="A headline of...") + "<h1>Something else</h1>", "A headline of..."),
        (article(headline="word " * 21) + f"<h1>{'word ' * 25}</h1>", ("word " * 25).strip()),
    ],
)
def test_the_title(markup: str, title: str) -> None:
    assert said_of(markup).title == title


# --- which thing is the article


def test_the_article_of_several_is_the_one_at_the_address_or_of_the_heading() -> None:
    others = [
        {"@type": "NewsArticle", "headline": f"Other story {number}", "url": f"/o/{number}"} for number in range(4)
    ]
    here = {"@type": "NewsArticle", "headline": "This one", "author": "Ann", "mainEntityOfPage": {"@id": URL + "/"}}
    assert said_of(stated(*others, here)).authors == ("Ann",)
    by_id = {"@type": "Article", "headline": "This one", "author": "Ann", "url": "urn:x", "@id": URL}
    assert said_of(stated(*others, by_id)).authors == ("Ann",)
    headed = {"@type": "NewsArticle", "headline": "This one", "author": "Ann"}
    assert said_of(stated(*others, headed) + "<h1>This one</h1>").authors == ("Ann",)
    assert said_of(stated(*others)).is_article is False


def test_a_special_type_is_more_of_an_article_than_a_general_one() -> None:
    general = {"@type": "CreativeWork", "name": "A", "author": "No"}
    assert said_of(stated(general, {"@type": "NewsArticle", "headline": "A", "author": "Yes"})).authors == ("Yes",)
    assert said_of(stated({"@type": "WebPage", "mainEntity": {"@type": "Article", "author": "Yes"}})).authors == (
        "Yes",
    )
    assert said_of(stated({"@type": "NewsArticle"})).is_article is False


@pytest.mark.parametrize("kind", ["article", "news", "ARTICLE"])
def test_open_graph_says_whether_it_is_an_article(kind: str) -> None:
    assert said_of(f"<meta property=og:type content={kind}>").is_article
    assert not said_of("<meta property=og:type content=website>").is_article


# --- times


@pytest.mark.parametrize(
    ("markup", "moment", "precision", "basis"),
    [
        (article(datePublished="2026-03-03T08:00:00+02:00"), "2026-03-03T06:00:00", Precision.SECOND, "datePublished"),
        (article(datePublished="2026-03-03T08:00"), "2026-03-03T08:00:00", Precision.SECOND, "datePublished"),
        (article(datePublished="2026-03-03"), "2026-03-02T22:00:00", Precision.DAY, "datePublished"),
        (article(datePublished="soon"), "2026-03-01T22:00:00", Precision.DAY, "address"),
        (article(datePublished="2031-01-01T00:00:00Z"), "2026-03-01T22:00:00", Precision.DAY, "address"),
        (article(datePublished="2" * 100), "2026-03-01T22:00:00", Precision.DAY, "address"),
        (
            "<meta name=date content=2026-03-01><meta property=article:published_time content=2026-03-02T01:00:00Z>",
            "2026-03-02T01:00:00",
            Precision.SECOND,
            "article:published_time",
        ),
        (
            "<meta itemprop=datePublished content=2026-03-01T00:00:00Z>",
            "2026-03-01T00:00:00",
            Precision.SECOND,
            "datepublished",
        ),
        ("<article><time datetime=2026-03-03T01:00:00Z>", "2026-03-03T01:00:00", Precision.SECOND, "time"),
        ("<time pubdate datetime=2026-03-03T01:00:00Z>", "2026-03-03T01:00:00", Precision.SECOND, "time"),
        ("<article><time datetime><time datetime=2026-03-03>", "2026-03-02T22:00:00", Precision.DAY, "time"),
        ("<time datetime=2026-03-03T01:00:00Z>", "2026-03-01T22:00:00", Precision.DAY, "address"),
    ],
)
def test_when_it_was_published(markup: str, moment: str, precision: Precision, basis: str) -> None:
    said = said_of(markup)
    assert said.published == datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert (said.precision, said.basis) == (precision, basis)


@pytest.mark.parametrize("url", ["https://news.example.org/2026/13/40/x", "https://news.example.org/20260302", None])
def test_an_address_may_say_no_day(url: str | None) -> None:
    assert said_of("<p>", url).published is None


def test_when_it_was_updated() -> None:
    dates = {"datePublished": "2026-03-03T08:00:00Z"}
    assert said_of(article(**dates, dateModified="2026-03-04T08:00:00Z")).updated == datetime(2026, 3, 4, 8, tzinfo=UTC)
    assert said_of(article(**dates, dateModified="2026-03-03T08:00:00Z")).updated is None
    meta = "<meta property=article:modified_time content=2026-03-04T08:00:00Z>"
    assert said_of(meta, "https://news.example.org/x").updated == datetime(2026, 3, 4, 8, tzinfo=UTC)


# --- people


@pytest.mark.parametrize(
    ("markup", "authors"),
    [
        (article(author="Ann Example"), ("Ann Example",)),
        (article(author={"name": "Ann Example"}), ("Ann Example",)),
        (article(author=[{"name": "Ann"}, {"name": ["Ben", "Cat"]}, "Ann", 5, None]), ("Ann", "Ben", "Cat")),
        (article(author={"url": "https://news.example.org/ann"}), ()),
        (article(author="https://news.example.org/ann", creator="Ben"), ("Ben",)),
        (article(author="ann@example.org (Ann Example)"), ("Ann Example",)),
        (article(author="By Ann Example"), ("Ann Example",)),
        (article(author="Byron Example"), ("Byron Example",)),
        (article(author={"@id": "#ann"}) + stated({"@type": "Person", "@id": "#ann", "name": "Ann"}), ("Ann",)),
        (article(author={"@id": "#nobody"}), ()),
        (article(author={}), ()),
        ("<meta name=author content='Von Ann Example'><meta name=author content=Ben>", ("Ann Example", "Ben")),
        ("<meta property=article:author content='Ann'><meta name=twitter:creator content='@ann'>", ("Ann",)),
        ("<meta name=author content='@ann'>", ()),
    ],
)
def test_who_wrote_it(markup: str, authors: tuple[str, ...]) -> None:
    assert said_of(markup).authors == authors


# --- the rest


def test_sections_and_keywords_are_categories() -> None:
    said = said_of(article(articleSection=["Local", "Sport"], keywords="pool, bread;LOCAL | https://example.org/x,,"))
    assert said.categories == ("Local", "Sport", "pool", "bread")
    metas = "<meta property=article:section content=A><meta property=article:tag content=B>"
    metas += "<meta name=keywords content='C, B'>"
    assert said_of(metas).categories == ("A", "B", "C")


@pytest.mark.parametrize(
    ("markup", "image"),
    [
        (article(image="/a.jpg"), Image("https://news.example.org/a.jpg")),
        (
            article(image=["data:x", {"contentUrl": "/b.jpg", "width": "600"}]),
            Image("https://news.example.org/b.jpg", 600),
        ),
        (article(image={"@id": "https://cdn.example.net/c", "height": 5}), Image("https://cdn.example.net/c", None, 5)),
        ("<meta property=og:image content=/d.jpg>", Image("https://news.example.org/d.jpg")),
    ],
)
def test_the_picture(markup: str, image: Image) -> None:
    assert said_of(markup).images == (image,)


def test_language_description_and_site() -> None:
    said = said_of("<html lang=pl>" + article(inLanguage="be", description="D", publisher={"name": "P"}))
    assert (said.language, said.description, said.site) == ("be", "D", "P")
    assert said_of("<html lang=pl><meta name=description content=D>").language == "pl"
    assert said_of("<meta http-equiv=x name=content-language content=ru>").language == "ru"


def test_a_stated_text_keeps_its_paragraphs() -> None:
    assert said_of(article(articleBody="A &amp; B.\n\nC.")).body == "A & B.\n\nC."
    assert said_of(article(articleBody=["<p>A</p><p>B</p>"])).body == "A\n\nB"
    assert said_of(article(articleBody=5)).body == ""


@pytest.mark.usefixtures("untraced")
def test_many_references_take_no_longer_than_the_page_is() -> None:
    people = [{"@type": "Person", "@id": f"#p{n}", "x": {"y": {"z": n}}} for n in range(4_900)]
    named = {"@type": "Person", "@id": "#z1", "name": "Ada Quill"}
    page = article(author=[{"@id": f"#z{n}"} for n in range(4_000)]) + stated(
        *people[:10], {"@graph": [*people, named]}
    )
    started = time.process_time()
    assert said_of(page).authors == ("Ada Quill",)
    assert time.process_time() - started < 5 * slowness()


# --- the free part


PARAGRAPH = "<p>Of this paragraph there are words enough for it to be a teaser {}.</p>"


def gated(body: str, selector: str = ".paid") -> str:
    part = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": selector}
    head = article(isAccessibleForFree=False, hasPart=part)
    return free_paragraph(read_page(head + body, URL))


def test_the_free_paragraph_is_the_first_one_outside_of_what_is_gated() -> None:
    one, other = PARAGRAPH.format("one"), PARAGRAPH.format("other")
    assert gated(f"<article><p>Short.</p><div class=paid><div>{one}</div></div>{other}</article>").endswith("other.")
    assert gated(f"<article><div class=paid>{one}</div></article>") == ""
    assert gated(f"<article>{one}</article>") == ""
    assert free_paragraph(read_page(f"<article>{one}</article>")) == ""


@pytest.mark.parametrize("selector", [".paid", "#p", "div.paid", "article .paid", "#p, .paid", "div"])
def test_parts_are_told_by_plain_selectors(selector: str) -> None:
    one, other = PARAGRAPH.format("one"), PARAGRAPH.format("other")
    assert gated(f"<article><div class=paid id=p>{one}</div>{other}</article>", selector).endswith("other.")


@pytest.mark.parametrize(
    "selector", [":has(div div .x)", "div div div .x", "*", "[", "", ".paid:not(:has(p))", "." * 300]
)
def test_selectors_that_are_not_plain_are_not_tried(selector: str) -> None:
    markup = "<article>" + ("<div>" * 400 + "<p>x" + "</div>" * 400) * 40 + PARAGRAPH.format("one")
    assert gated(markup, selector) == ""


@pytest.mark.parametrize(
    "selector",
    [
        ".promo, article > .paid",
        ".promo, div[data-gated]",
        ".promo, .paid:not(.free)",
        ".none, .paid",
        ".promo, ",
        ", ".join(f"#p{number}" for number in range(20)),
    ],
)
def test_where_not_all_of_the_parts_are_known_none_is_free(selector: str) -> None:
    markup = "".join(f"<b class=promo id=p{number}>Buy</b>" for number in range(20))
    body = f"<article>{markup}<div class=paid data-gated>{PARAGRAPH.format('one')}</div></article>"
    assert gated(body, selector) == ""


def test_a_locked_part_without_a_selector_may_be_any() -> None:
    parts = [{"isAccessibleForFree": False, "cssSelector": ".promo"}, {"isAccessibleForFree": False}]
    head = article(isAccessibleForFree=False, hasPart=parts)
    assert free_paragraph(read_page(f"{head}<article><b class=promo>Buy</b>{PARAGRAPH.format('one')}", URL)) == ""
