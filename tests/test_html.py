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
from feeds.formats.html import IndexFeed, IndexPage, IndexSection, render_index, stylesheet

EVENING = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)


def entry(**fields: Any) -> PublicEntry:
    plain: dict[str, Any] = {
        "uid": "tag:news.example,2026:1", "title": "Headline", "url": "https://news.example/1", "summary": "",
        "content": None, "published": EVENING, "published_day_only": False, "updated": EVENING, "authors": (),
        "categories": (), "sections": (), "enclosures": (), "language": None,
        "access": Access.FREE, "access_label": "free",
    }  # fmt: skip
    return PublicEntry(**(plain | fields))


def section(*entries: PublicEntry, **fields: Any) -> IndexSection:
    plain: dict[str, Any] = {
        "name": "Politics", "slug": "politics", "atom_path": "sections/politics.atom",
        "free_path": "sections/politics.free.atom", "count": len(entries), "entries": entries,
    }  # fmt: skip
    return IndexSection(**(plain | fields))


def page(*sections: IndexSection, **fields: Any) -> IndexPage:
    plain: dict[str, Any] = {
        "title": "Courier", "language": "en", "base_url": "https://news.example/feeds/",
        "zone": ZoneInfo("Europe/Vilnius"), "sections": sections, "all_path": "all.atom",
        "all_free_path": "all.free.atom", "opml_path": "feeds.opml",
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
    root = read(page(section(entry()), section(name="Sport", slug="sport", atom_path="s.atom", free_path=None)))
    assert root.get("lang") == "en"
    assert texts(root, "//h1") == ["Courier"]
    assert texts(root, "//main/section//h2") == ["Politics", "Sport"]
    assert texts(root, "//main/section[1]//a[@class='feed']/@href") == [
        "sections/politics.atom",
        "sections/politics.free.atom",
    ]
    assert texts(root, "//main/section[2]//a[@class='feed']/@href") == ["s.atom"]
    assert texts(root, "//head/link[@rel='alternate'][@type='application/atom+xml']/@href") == [
        "all.atom",
        "sections/politics.atom",
        "s.atom",
    ]
    assert texts(root, "//header//a[@download]/@href") == ["feeds.opml"]
    assert texts(root, "//nav//a/@href") == ["#politics", "#sport"]
    assert texts(root, "//span[@class='count']") == ["1 entry", "0 entries"]


def test_every_landmark_has_its_target() -> None:
    root = read(page(section(entry()), section(name="Sport", slug="sport")))
    ids = texts(root, "//@id")
    assert len(ids) == len(set(ids))
    assert {target.removeprefix("#") for target in texts(root, "//a[starts-with(@href, '#')]/@href")} <= set(ids)
    assert set(texts(root, "//@aria-labelledby")) <= set(ids)
    for landmark in ("header", "nav", "main", "footer"):
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
    assert [texts(each, ".//span[@class='badge']") for each in root.xpath("//ol/li")] == [
        ["For subscribers"], ["registration"], [], [], ["Plus"],
    ]  # fmt: skip
    assert texts(root, "//a[@rel='payment']/@href") == ["https://news.example/pay"]
    assert not texts(read(page(section(*made))), "//a[@rel='payment']")


@pytest.mark.parametrize(
    ("fields", "language", "shown", "stamp"),
    [
        ({}, "en", ["23 November 2026, 00:00"], ["2026-11-23T00:00+02:00"]),
        ({"published_day_only": True}, "en", ["23 November 2026"], ["2026-11-23"]),
        ({"published_day_only": True}, "be-tarask", ["23 лістапада 2026"], ["2026-11-23"]),
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
    root = read(page(section(made, name=nasty), title=nasty, subscribe_url="https://news.example/pay"))
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
    assert texts(root, "//ol/li/@lang") == ["be"]


def test_a_surrogate_is_refused() -> None:
    with pytest.raises(FeedInvalid, match=r"index\.html"):
        render_index(page(section(entry(title="\ud800"))))


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_wcag_aa_in_both_schemes() -> None:
    light, dark = stylesheet().decode().split("@media (prefers-color-scheme: dark)")[:2]
    for block in (light, dark):
        colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
        for ink, paper in (
            ("ink", "paper"), ("soft", "paper"), ("link", "paper"), ("accent", "paper"), ("badge-ink", "badge-paper"),
        ):  # fmt: skip
            one, two = sorted((_luminance(colours[ink]), _luminance(colours[paper])))
            assert (two + 0.05) / (one + 0.05) >= 4.5, (ink, paper)


def test_the_style_loads_nothing() -> None:
    style = stylesheet().decode()
    assert "url(" not in style
    assert "@import" not in style
    assert ":focus-visible" in style


def test_saved_filters_are_listed_without_entries() -> None:
    listed = IndexFeed(name="<Ferries>", atom_path="saved/ferry.atom", free_path="saved/ferry.free.atom")
    root = read(page(section(entry()), saved=(listed,)))
    assert texts(root, "//section[@aria-label]/div/h2") == ["<Ferries>"]
    assert texts(root, "//section[@aria-label]//a/@href") == ["saved/ferry.atom", "saved/ferry.free.atom"]
    assert texts(root, "//link[@rel='alternate']/@href")[-1] == "saved/ferry.atom"
    assert texts(read(page()), "//section") == []
