"""A feed as a page: golden pairs, what a person and a machine find there, whatever the entries hold."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from selectolax.lexbor import LexborHTMLParser

from db.records import Access
from feeds.discover import discover
from feeds.errors import FeedInvalid
from feeds.formats import Audience, EntryInvalid, FeedDocument, PublicEntry, load
from feeds.formats.feedpage import FORMAT, Renderer
from feeds.formats.texts import legal
from tests import shown
from tests.command import ROOT
from tests.shown import document, entry, full

CASES = sorted((Path(__file__).parent / "cases" / "formats").glob("*.json"))
OTHERS = (
    ("sections/politics.atom", "application/atom+xml"),
    ("sections/politics.rss", "application/rss+xml"),
    ("sections/politics.json", "application/feed+json"),
    ("sections/politics.gmi", "text/gemini"),
)


def page(*entries: PublicEntry, **fields: Any) -> FeedDocument:
    plain: dict[str, Any] = {
        "path": "sections/politics.html", "alternates": OTHERS, "site_title": "Courier", "zone": "Europe/Vilnius"
    }  # fmt: skip
    return document(*entries, **(plain | fields))


def render(made: FeedDocument) -> bytes:
    """`made` by a renderer that has rendered nothing else."""
    return Renderer().render(made)


def read(made: FeedDocument) -> LexborHTMLParser:
    return LexborHTMLParser(render(made).decode())


def texts(tree: LexborHTMLParser, selector: str) -> list[str]:
    return [" ".join(node.text().split()) for node in tree.css(selector)]


def values(tree: LexborHTMLParser, selector: str, name: str) -> list[str]:
    return [node.attributes.get(name) or "" for node in tree.css(selector)]


def linked_data(tree: LexborHTMLParser) -> dict[str, Any]:
    (script,) = tree.css("script")
    assert script.attributes == {"type": "application/ld+json"}
    found = json.loads(script.text())
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_golden(case: Path) -> None:
    assert render(shown.load(case, "html")) == case.with_suffix(".html").read_bytes()


def test_the_format_is_registered() -> None:
    assert load("html") is FORMAT
    assert (FORMAT.suffix, FORMAT.free, FORMAT.bare_type) == ("html", False, "text/html")


def test_bytes_do_not_depend_on_the_process() -> None:
    code = (
        "import sys; from hashlib import sha256; from pathlib import Path; from tests import shown\n"
        "from feeds.formats import load\n"
        "for case in sys.argv[1:]:\n"
        "    for name in ('html', 'json'):\n"
        "        data = load(name).renderer().render(shown.load(Path(case), name))\n"
        "        print(sha256(data).hexdigest())\n"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code, *map(str, CASES)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "TZ": zone, "LANG": "C"},
            cwd=ROOT, capture_output=True, check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }  # fmt: skip
    assert len(said) == 1
    assert said.pop().count(b"\n") == 2 * len(CASES)


def test_what_a_person_finds() -> None:
    tree = read(page(full(), entry(2, access=Access.PREMIUM, access_label="For subscribers")))
    assert texts(tree, "h1") == ["Politics"]
    assert texts(tree, ".home a") == ["Courier"]
    assert texts(tree, "article h2") == ["Headline 1", "Headline 2"]
    assert values(tree, "article h2 a", "href") == ["https://news.example/1", "https://news.example/2"]
    assert texts(tree, "article .teaser") == ["A teaser.", "A teaser."]
    assert texts(tree, "article time") == ["23 November 2026, 13:00", "23 November 2026, 12:00"]
    assert texts(tree, "article .badge") == ["For subscribers"]
    assert texts(tree, "article .author") == ["Ann Author, Ben & Co"]
    assert texts(tree, "article .section") == ["Politics", "Politics"]
    assert texts(tree, "article details .text") == ["The whole text & more."]
    assert texts(tree, "article .more b") == ["Files", "Also in", "Related", "Discussion"]
    assert values(tree, "article cite a", "href") == ["https://agency.example/feed"]
    assert texts(tree, ".masthead .lead") == ["2 entries, updated 23 November 2026, 14:00"]


def test_how_to_subscribe() -> None:
    tree = read(page(entry(), subscribe_url="https://news.example/pay"))
    assert texts(tree, ".address") == ["https://news.example/feeds/sections/politics.atom"]
    names = ["Atom", "RSS", "JSON Feed", "GMI"]
    assert texts(tree, ".formats a") == names
    assert texts(tree, ".masthead .feed") == [*names, "How to subscribe"]
    assert values(tree, ".formats a", "href") == ["politics.atom", "politics.rss", "politics.json", "politics.gmi"]
    assert values(tree, "aside a[download]", "href") == ["../feeds.opml"]
    assert values(tree, "aside a[rel=payment]", "href") == ["https://news.example/pay"]
    assert not read(page(entry())).css("[rel=payment]")


def test_machines_find_the_feeds() -> None:
    made = page(entry())
    found = discover(render(made), made.self_url)
    assert [one.url for one in found if one.how == "advertised"] == [
        f"https://news.example/feeds/sections/politics.{suffix}" for suffix in ("atom", "rss", "json")
    ]
    tree = read(made)
    assert values(tree, "link[rel=canonical]", "href") == ["https://news.example/feeds/sections/politics.html"]
    assert values(tree, "link[rel=stylesheet]", "href") == ["../style.css"]


@pytest.mark.parametrize(
    ("path", "root"),
    [("all.html", ""), ("sections/a.html", "../"), ("a/b/c.html", "../../"), ("all.html?q=a/b", "")],
)
def test_links_within_the_tree_are_relative(path: str, root: str) -> None:
    tree = read(page(entry(), path=path))
    assert values(tree, "link[rel=stylesheet]", "href") == [f"{root}style.css"]
    assert values(tree, ".home a", "href") == [f"{root}index.html"]


def test_a_subscriber_gets_the_text_and_no_address_that_others_could_use() -> None:
    gated = full(access=Access.PREMIUM, content="<p>SENTINEL</p>")
    public = page(gated)
    private = replace(
        public, path=f"private/{public.path}", audience=Audience.SUBSCRIBER,
        alternates=tuple((f"private/{path}", kind) for path, kind in OTHERS),
    )  # fmt: skip
    renderer = Renderer()
    for made in (public, private, public):
        data = renderer.render(made)
        assert (b"SENTINEL" in data) is (made is private)
        assert (b"p.pdf" in data) is (made is private)
    tree = LexborHTMLParser(renderer.render(private).decode())
    assert values(tree, "meta[name=robots]", "content") == ["noindex, noarchive"]
    assert not tree.css("link[rel=canonical], .address, [rel=payment], [download]")
    assert values(tree, ".formats a", "href")[0] == "politics.atom"
    assert values(tree, "link[rel=stylesheet]", "href") == ["https://news.example/feeds/style.css"]
    assert linked_data(tree)["mainEntity"]["itemListElement"][0]["item"]["hasPart"]["cssSelector"] == ".locked"
    assert texts(tree, ".locked") == ["SENTINEL"]


def test_what_search_engines_read() -> None:
    made = page(full(), entry(2, access=Access.PREMIUM, summary="", published=None), entry(3, access=Access.METERED))
    tree = read(made)
    data = linked_data(tree)
    listing = data["mainEntity"]
    assert (data["@type"], listing["@type"], listing["numberOfItems"]) == ("CollectionPage", "ItemList", 3)
    assert [one["position"] for one in listing["itemListElement"]] == [1, 2, 3]
    first, second, third = (one["item"] for one in listing["itemListElement"])
    assert first == {
        "@type": "NewsArticle",
        "headline": "Headline 1",
        "url": "https://news.example/1",
        "datePublished": "2026-11-23T13:00+02:00",
        "dateModified": "2026-11-23T12:00:00Z",
        "author": [{"@type": "Person", "name": "Ann Author"}, {"@type": "Person", "name": "Ben & Co"}],
        "articleSection": ["Politics"],
        "inLanguage": "be",
        "isAccessibleForFree": True,
    }
    assert second["isAccessibleForFree"] is False
    part = second["hasPart"]
    assert part == {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".locked"}
    assert len(tree.css(part["cssSelector"])) == 1
    assert "datePublished" not in second
    assert not {"isAccessibleForFree", "hasPart"} & set(third)


@pytest.mark.parametrize(
    ("levels", "tier"),
    [
        ((Access.FREE, Access.FREE), ["free"]),
        ((Access.PREMIUM, Access.REGISTRATION), ["locked"]),
        ((Access.METERED,), ["metered"]),
        ((Access.FREE, Access.PREMIUM), []),
        ((Access.UNKNOWN,), []),
        ((), []),
    ],
)
def test_a_tier_is_said_where_it_holds_for_all(levels: tuple[Access, ...], tier: list[str]) -> None:
    tree = read(page(*(entry(at, access=level) for at, level in enumerate(levels))))
    assert values(tree, "meta[property='article:content_tier']", "content") == tier


@pytest.mark.parametrize(("language", "way"), [("ar", "rtl"), ("he-IL", "rtl"), ("be", "ltr"), ("qqq-x", "ltr")])
def test_the_language_of_the_page_and_of_our_own_words(language: str, way: str) -> None:
    tree = read(page(entry(), entry(2, language="en"), language=language))
    assert values(tree, "html", "lang") == [language]
    assert values(tree, "html", "dir") == [way]
    assert values(tree, "aside", "lang") == ["en"]
    assert values(tree, "h2[lang]", "lang") == ["en"]
    assert not read(page(entry())).css("aside[lang]")


def test_every_landmark_has_its_target() -> None:
    tree = read(page(full(), entry(2)))
    ids = values(tree, "[id]", "id")
    assert len(ids) == len(set(ids))
    assert {target.removeprefix("#") for target in values(tree, "a[href^='#']", "href")} <= set(ids)
    assert set(values(tree, "[aria-labelledby]", "aria-labelledby")) <= set(ids)
    for landmark in ("header", "main", "aside", "footer", "h1"):
        assert len(tree.css(landmark)) == 1


def test_an_empty_page() -> None:
    tree = read(page(alternates=(), title="Courier"))
    assert texts(tree, ".empty") == ["No entries yet. They appear here as soon as there are some."]
    assert texts(tree, "h1") == ["All sections"]
    assert not tree.css(".address, time")


def test_the_name_of_a_site_that_is_not_known() -> None:
    assert texts(read(page(site_title="")), "h1") == ["Courier: Politics"]
    assert texts(read(page(site_title="")), ".home") == ["https://news.example/feeds/"]


def assert_harmless(data: bytes, made: FeedDocument) -> None:
    """Nothing of the input is anything but text, but for the allowlist's markup in bodies."""
    tree = LexborHTMLParser(data.decode())
    assert len(tree.css("script")) == len(tree.css("head > script[type='application/ld+json']")) == 1
    assert not tree.css("style, img, iframe, object, embed, svg, math, form, base, [style]")
    for node in tree.css("*"):
        assert not [name for name in node.attributes if name.startswith("on")]
    for link in values(tree, "main a", "href"):
        assert re.match("https?://", link, re.IGNORECASE)
    assert texts(tree, "article h2") == [
        " ".join(legal(one.title or "").split()) or _line(one.url) for one in made.entries
    ]
    teasers = [_line(one.summary) for one in made.entries if legal(one.summary).strip()]
    assert texts(tree, ".teaser:not(.opening)") == teasers
    listing = linked_data(tree)["mainEntity"]["itemListElement"]
    assert [_line(one["item"]["headline"]) for one in listing] == texts(tree, "article h2")


def _line(text: str) -> str:
    return " ".join(legal(text).split())


@settings(max_examples=100, deadline=None)
@given(shown.DOCUMENTS)
def test_whatever_entries_hold_stays_text(made: FeedDocument) -> None:
    made = replace(made, path="sections/politics.html")
    try:
        data = render(made)
    except EntryInvalid as error:
        assert "a time" in str(error)  # noqa: PT017  # most examples raise nothing
        return
    assert_harmless(data, made)
    assert data == render(made)


def test_huge_and_hostile() -> None:
    nasty = "</title></script><script>alert(1)</script><!-- <img src=x onerror=alert(1)> ]]> \x00\ud800\u202e"
    made = page(
        entry(1, title="x" * 1_000_000, categories=tuple(map(str, range(100_000)))),
        entry(2, title=nasty, summary=nasty, authors=(nasty,) * 100, sections=tuple(map(str, range(100_000))),
              via=tuple((f"https://a.example/{at}", nasty) for at in range(1000)), access=Access.PREMIUM,
              access_label=nasty),
        title=nasty, site_title=nasty, language='en"><script>', subscribe_url='https://a.example/"><script>',
    )  # fmt: skip
    data = render(made)
    assert len(data) < 3_100_000
    assert_harmless(data, made)


@pytest.mark.parametrize("when", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/New_York", "UTC"])
def test_times_at_either_end(when: datetime, zone: str) -> None:
    tree = read(page(entry(published=when, updated=when), entry(2, published=when, published_day_only=True), zone=zone))
    assert len(tree.css("article time")) == 2


def test_times_without_a_zone_are_refused() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001  # the fault under test
    with pytest.raises(EntryInvalid, match="no time zone"):
        render(page(entry(published=naive)))
    with pytest.raises(FeedInvalid, match=r"sections/politics\.html: a time has no time zone"):
        render(page(updated=naive))


def test_fragments_are_shared_by_the_feeds_of_a_run() -> None:
    shared = [full(number) for number in range(3)]
    renderer = Renderer()
    for path in ("all.html", "sections/a.html"):
        made = page(*shared, path=path)
        assert renderer.render(made) == render(made)
