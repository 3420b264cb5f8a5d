"""What an item says beside its words: one field, canonical, with addresses that may be shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Episode, Image, Item, Link, Origin
from feeds.normalise import strip_illegal
from feeds.normalise.extra import MAX_NAMES, extra_of, language_of, media_type_of

BASE = "https://news.example/a/"


def said(**given: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(extra_of(Item(position=0, **given), BASE))
    return found


def test_an_item_that_says_nothing_else_has_none() -> None:
    assert extra_of(Item(position=0, title="x"), BASE) == ""
    nothing = Item(position=0, links=(Link("mailto:x"),), source=Origin(), episode=Episode(), rights=" \x01")
    assert extra_of(nothing, BASE) == ""


def test_what_a_title_was_made_from() -> None:
    assert said(title="Ferry sails", title_basis="address") == {"title_basis": "address"}


def test_all_that_an_item_can_say() -> None:
    item = Item(
        position=0,
        links=(Link("/x", "related", "Text/HTML", 5, " A\u0301 link ", "de_AT"), Link("//b.example/", "via")),
        images=(Image("i.png", 10, 20), Image("https://u:p@a.example/j.png")),
        comments="#comments",
        source=Origin(" Wire ", "https://wire.example/feed"),
        rights="© 2025\n Wire",
        episode=Episode(duration=90, season=1, number=0, kind="full", explicit=False),
    )
    assert extra_of(item, BASE) == (
        '{"comments":"https://news.example/a/#comments",'
        '"episode":{"duration":90,"explicit":false,"kind":"full","number":0,"season":1},'
        '"images":[{"height":20,"url":"https://news.example/a/i.png","width":10},{"url":"https://a.example/j.png"}],'
        '"links":[{"language":"de-AT","length":5,"rel":"related","title":"Á link","type":"text/html",'
        '"url":"https://news.example/x"},{"rel":"via","url":"https://b.example/"}],'
        '"rights":"© 2025 Wire",'
        '"source":{"title":"Wire","url":"https://wire.example/feed"}}'
    )


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"comments": "javascript:x", "rights": "r"}, {"rights": "r"}),
        ({"images": (Image("data:x"), Image("/y"))}, {"images": [{"url": "https://news.example/y"}]}),
        ({"source": Origin("t", "ftp://x")}, {"source": {"title": "t"}}),
        ({"source": Origin(None, "/x")}, {"source": {"url": "https://news.example/x"}}),
        ({"links": (Link("/x", "", "no type", -1, "", "?"),)}, {"links": [{"url": "https://news.example/x"}]}),
    ],
)
def test_only_what_is_there_and_may_be_shown(given: dict[str, Any], found: dict[str, Any]) -> None:
    assert said(**given) == found


def test_counts_and_lengths_are_capped() -> None:
    made = said(links=(Link("/x"),) * 1000, images=(Image("/x"),) * 1000, rights="r " * 1000)
    assert (len(made["links"]), len(made["images"])) == (MAX_NAMES, MAX_NAMES)
    assert len(made["rights"]) <= 500


@given(st.text(), st.text(), st.text())
def test_whatever_is_said_is_canonical_json(title: str, rights: str, url: str) -> None:
    made = extra_of(Item(position=0, links=(Link(url, title=title),), rights=rights or None, comments=url), BASE)
    if made:
        again = json.dumps(json.loads(made), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        assert made == again
        assert strip_illegal(made) == made


@pytest.mark.parametrize(
    ("tag", "made"), [("de_AT", "de-AT"), (" en ", "en"), ("not a tag", None), ("", None), (None, None)]
)
def test_languages(tag: str | None, made: str | None) -> None:
    assert language_of(tag) == made


@pytest.mark.parametrize(
    ("said", "made"), [(" Audio/MPEG ", "audio/mpeg"), ("text/html; charset=x", None), ("", None), ("x", None)]
)
def test_media_types(said: str, made: str | None) -> None:
    assert media_type_of(said) == made
