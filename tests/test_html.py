"""The index page: what a person finds there, whatever the entries hold."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import lxml.html
import pytest

from db.records import Access
from feeds.errors import FeedInvalid
from feeds.formats import PublicEntry
from feeds.formats.html import MOST_WITH_HEADLINES, IndexFeed, IndexPage, render_index, stylesheet, xml_stylesheet

ATOM = "application/atom+xml"
EVENING = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)


def entry(**fields: Any) -> PublicEntry:
    plain: dict[str, Any] = {
        "uid": "tag:news.example,2026:1", "title": "Headline", "url": "https://news.example/1", "summary": "",
        "content": None, "published": EVENING, "published_day_only": False, "updated": EVENING, "authors": (),
        "categories": (), "sections": (), "enclosures": (), "language": None,
        "access": Access.FREE, "access_label": "free",
    }  # fmt: skip
    return PublicEntry(**(plain | fields))


def files(stem: str) -> tuple[tuple[str, str], ...]:
    """A feed in three formats."""
    kinds = {"html": "text/html", "atom": "application/atom+xml", "json": "application/feed+json"}
    return tuple((f"{stem}.{suffix}", kind) for suffix, kind in kinds.items())


def section(*entries: PublicEntry, **fields: Any) -> IndexFeed:
    plain: dict[str, Any] = {
        "name": "Politics", "slug": "politics", "files": files("sections/politics"),
        "free": files("sections/politics.free")[1:], "entries": entries,
    }  # fmt: skip
    return IndexFeed(**(plain | fields))


def page(*sections: IndexFeed, **fields: Any) -> IndexPage:
    plain: dict[str, Any] = {
        "title": "Courier", "language": "en", "base_url": "https://news.example/feeds/",
        "zone": ZoneInfo("Europe/Vilnius"), "sections": sections, "opml_path": "feeds.opml",
        "everything": IndexFeed(name="All", slug="all", files=files("all"), free=files("all.free")[1:]),
    }  # fmt: skip
    return IndexPage(**(plain | fields))


def read(made: IndexPage) -> lxml.html.HtmlElement:
    data = render_index(made)
    assert data == render_index(made)
    return lxml.html.document_fromstring(data.decode())


def texts(root: lxml.html.HtmlElement, path: str) -> list[str]:
    found = root.xpath(path)
    assert isinstance(found, list)
    return [" ".join(str(each if isinstance(each, str) else each.text_content()).split()) for each in found]


def test_sections_feeds_and_autodiscovery() -> None:
    root = read(page(section(entry()), section(name="Sport", slug="sport", files=(("s.atom", ATOM),), free=())))
    assert root.get("lang") == "en"
    assert texts(root, "//h1") == ["Courier"]
    assert texts(root, "//main/section//h2") == ["Politics", "Sport"]
    assert texts(root, "//main/section[1]//h2/a/@href") == ["sections/politics.html"]
    assert texts(root, "//main/section[1]//p[@class='feeds']//a/@href") == [
        "sections/politics.atom",
        "sections/politics.json",
        "sections/politics.free.atom",
        "sections/politics.free.json",
    ]
    assert texts(root, "//main/section[1]//p[@class='feeds']//a/@aria-label") == [
        "Politics: Atom", "Politics: JSON Feed", "Politics, free entries only: Atom",
        "Politics, free entries only: JSON Feed",
    ]  # fmt: skip
    assert texts(root, "//main/section[2]//a/@href") == ["s.atom"]
    assert texts(root, "//head/link[@rel='alternate']/@href") == [
        "all.atom",
        "all.json",
        "sections/politics.atom",
        "s.atom",
    ]
    assert texts(root, "//header//a[@download]/@href") == ["feeds.opml"]
    assert texts(root, "//header//a[@class='feed']/@href") == ["all.html", "all.atom", "all.json"]
    assert texts(root, "//nav//a/@href") == ["#section-politics", "#section-sport"]


def test_without_pages_for_people() -> None:
    plain = IndexFeed(name="All", slug="all", files=(("all.atom", ATOM), ("all.gmi", "text/gemini")))
    root = read(page(section(files=plain.files, free=()), everything=plain))
    assert texts(root, "//header//a[@class='feed']") == ["Atom", "GMI"]
    assert not texts(root, "//h2/a")


def test_a_thousand_sections_are_names_alone() -> None:
    many = [section(entry(), name=f"Section {at}", slug=f"s{at}") for at in range(MOST_WITH_HEADLINES + 1)]
    root = read(page(*many))
    assert not root.xpath("//*[@class='headline'] | //nav")
    assert texts(root, "//main/ul/li/b/a")[:2] == ["Section 0", "Section 1"]
    assert texts(root, "//main/ul/li[1]/a") == ["Atom", "JSON Feed", "free only"]
    assert len(texts(root, "//main/ul/li")) == len(many)
    assert len(texts(root, "//head/link[@rel='alternate']")) == 2
    few = read(page(*many[:-1]))
    assert len(few.xpath("//*[@class='headline']")) == MOST_WITH_HEADLINES


def test_every_landmark_has_its_target() -> None:
    root = read(page(section(entry()), section(name="Access", slug="access"), saved=(section(slug="politics"),)))
    ids = texts(root, "//@id")
    assert len(ids) == len(set(ids))
    assert {target.removeprefix("#") for target in texts(root, "//a[starts-with(@href, '#')]/@href")} <= set(ids)
    assert set(texts(root, "//@aria-labelledby")) <= set(ids)
    for landmark in ("header", "nav", "main", "aside", "footer"):
        assert len(root.findall(f".//{landmark}")) == 1


def test_empty_states() -> None:
    assert texts(read(page(section())), "//section/p[@class='empty']") == ["No entries yet."]
    assert texts(read(page()), "//main/p[@class='empty']")[0].startswith("No entries yet.")
    assert not texts(read(page()), "//nav")


def test_gated_entries_are_marked_in_words() -> None:
    made = [
        entry(access=Access.PREMIUM, access_label="For subscribers"),
        entry(access=Access.REGISTRATION, access_label=""),
        entry(),
        entry(access=Access.UNKNOWN),
        entry(access=Access.PREMIUM, access_label="Plus", published=None),
    ]
    root = read(page(section(*made), subscribe_url="https://news.example/pay"))
    assert [texts(each, ".//span[@class='badge']") for each in root.xpath("//main//ol/li")] == [
        ["For subscribers"], ["registration"], [], [], ["Plus"],
    ]  # fmt: skip
    assert texts(root, "//a[@rel='payment']/@href") == ["https://news.example/pay"]
    assert not texts(read(page(section(*made))), "//a[@rel='payment']")


@pytest.mark.parametrize(
    ("fields", "language", "shown", "stamp"),
    [
        ({}, "en", ["23 November 2026, 00:00"], ["2026-11-23T00:00+02:00"]),
        ({"published_day_only": True}, "en", ["23 November 2026"], ["2026-11-23"]),
        ({"published_day_only": True}, "be-tarask", ["23 лістапада 2026 г."], ["2026-11-23"]),
        ({"published_day_only": True}, "qqq-zz-nonsense", ["23 November 2026"], ["2026-11-23"]),
        ({"published": None}, "en", [], []),
    ],
)
def test_times_are_those_of_the_zone(fields: dict[str, Any], language: str, shown: list[str], stamp: list[str]) -> None:
    root = read(page(section(entry(**fields)), language=language))
    assert texts(root, "//time") == shown
    assert texts(root, "//time/@datetime") == stamp


def test_hostile_text_stays_text() -> None:
    nasty = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    made = entry(title=nasty, url='https://news.example/?"><script>', language='en"><script>', access=Access.PREMIUM,
                 access_label=nasty)  # fmt: skip
    files = (('"><script>.atom', '"><script>'),)
    root = read(page(section(made, name=nasty, files=files, free=files), title=nasty,
                     subscribe_url="https://news.example/pay", saved=(section(name=nasty, files=files),)))  # fmt: skip
    assert not root.xpath("//script | //img | //@onerror | //@style | //style | //@onclick")
    assert texts(root, "//h1") == [nasty]
    assert texts(root, "//*[@class='headline']/a") == [nasty]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "", "/relative"])
def test_only_web_addresses_are_linked(url: str) -> None:
    root = read(page(section(entry(url=url))))
    assert not root.xpath("//*[@class='headline']/a")
    assert texts(root, "//*[@class='headline']") == ["Headline"]


def test_no_body_on_the_page() -> None:
    assert b"SENTINEL" not in render_index(page(section(entry(content="<p>SENTINEL</p>", summary="SENTINEL"))))


def test_works_from_a_folder_and_under_any_prefix() -> None:
    root = read(page(section(entry())))
    own = [
        str(each)
        for each in root.xpath("//link[not(@rel='canonical')]/@href | //a[not(contains(., 'Headline'))]/@href")
    ]
    assert own
    assert not [each for each in own if each.startswith("/") or "//" in each]


def test_languages_that_differ_are_marked() -> None:
    root = read(page(section(entry(language="en"), entry(language="be"), entry())))
    assert texts(root, "//main//ol/li/p/@lang") == ["be"]


def test_what_is_illegal_is_dropped() -> None:
    root = read(page(section(entry(title="a\ud800\x00b"), name="P\x08"), title="C\ud800ourier"))
    assert texts(root, "//*[@class='headline']") == ["ab"]
    assert texts(root, "//h1 | //main//h2") == ["Courier", "P"]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(FeedInvalid, match=r"index\.html: .* no time zone"):
        render_index(page(section(entry(published=datetime(2026, 1, 1)))))  # noqa: DTZ001  # the fault under test


def test_our_own_words_are_english() -> None:
    root = read(page(section(), language="ar"))
    assert (root.get("dir"), texts(root, "//aside/@lang"), texts(root, "//aside/@dir")) == ("rtl", ["en"], ["ltr"])
    assert not texts(read(page(language="en-GB")), "//aside/@lang")


def test_extensions_of_json_feed_lead_to_an_explanation() -> None:
    assert {"access", "story"} <= set(texts(read(page()), "//aside//@id"))


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_wcag_aa_in_both_schemes() -> None:
    light, dark = stylesheet().decode().split("@media (prefers-color-scheme: dark)")[:2]
    for block in (light, dark.partition("@media print")[0], dark.partition("@media print")[2]):
        colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
        for ink, paper in (
            ("ink", "paper"), ("soft", "paper"), ("link", "paper"), ("accent", "paper"), ("badge-ink", "badge-paper"),
            ("ink", "well"),
        ):  # fmt: skip
            one, two = sorted((_luminance(colours[ink]), _luminance(colours[paper])))
            assert (two + 0.05) / (one + 0.05) >= 4.5, (ink, paper)


def test_contrast_of_feeds_in_browsers() -> None:
    """Every rule of `feed.css` with an ink, on the paper that it or the page has in that scheme."""
    style = xml_stylesheet().decode()
    light, _, dark = style.partition("@media (prefers-color-scheme: dark)")
    dark = dark.partition("@media")[0]
    for block, page_paper in ((light, "#fbfaf6"), (dark, "#171614")):
        found = re.findall(r"\{([^{}]*)\}", block)
        inks = [re.search(r"(?<![a-z-])color: (#[0-9a-f]{6})", rule) for rule in found]
        papers = [re.search(r"background: (#[0-9a-f]{6})", rule) for rule in found]
        pairs = [(ink[1], paper[1] if paper else page_paper) for ink, paper in zip(inks, papers, strict=True) if ink]
        assert len(pairs) > 3
        for ink, paper in pairs:
            one, two = sorted((_luminance(ink), _luminance(paper)))
            assert (two + 0.05) / (one + 0.05) >= 4.5, (ink, paper)


@pytest.mark.parametrize("style", [stylesheet().decode(), xml_stylesheet().decode()], ids=["style", "feed"])
def test_styles_load_nothing_and_suit_everybody(style: str) -> None:
    assert not re.search(
        r"@import|url\((?!\"http://(?:www\.w3\.org/2005/Atom|purl\.org/rss/1\.0/modules/content/)\"\))", style
    )
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style
    assert style.count("{") == style.count("}")


def test_the_style_of_pages() -> None:
    style = stylesheet().decode()
    assert ":focus-visible" in style
    assert "prefers-reduced-motion" in style


def test_saved_filters_are_listed_without_entries() -> None:
    listed = IndexFeed(name="<Ferries>", slug="saved-ferry", files=files("saved/ferry"), free=files("saved/ferry.free"))
    root = read(page(section(entry()), saved=(listed,)))
    assert texts(root, "//section[@class='saved']//li/b") == ["<Ferries>"]
    assert texts(root, "//section[@class='saved']//li//a/@href") == [
        "saved/ferry.html", "saved/ferry.atom", "saved/ferry.json", "saved/ferry.free.html",
    ]  # fmt: skip
    assert texts(root, "//link[@rel='alternate']/@href")[-1] == "saved/ferry.atom"
    assert texts(read(page()), "//section") == []
