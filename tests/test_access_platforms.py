"""Substack and Ghost."""

from __future__ import annotations

import pytest

from feeds.access.platforms import platform_evidence
from feeds.page import read_page

URL = "https://letters.example.org/p/ferry"


def said(markup: str) -> list[tuple[str, str]]:
    return [(one.signal, one.value) for one in platform_evidence(read_page(markup, URL))]


def post(audience: str, address: str = URL, *, escaped: bool = False) -> str:
    text = f'{{"audience":"{audience}","canonical_url":"{address}"}}'
    return text.replace('"', '\\"') if escaped else text


@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize("audience", ["everyone", "only_paid", "only_free", "founding"])
def test_the_audience_of_the_post(audience: str, escaped: bool) -> None:
    others = post("only_paid", "https://letters.example.org/p/gulls", escaped=escaped)
    own = post(audience, escaped=escaped)
    script = f"<script>window._preloads = [{others}, {own}]</script>"
    assert said(script) == [("substack audience", audience)]


def test_the_first_where_no_post_tells_its_address() -> None:
    script = '<script>window._preloads = {"audience": "founding"}, {"audience": "everyone"}</script>'
    assert said(script) == [("substack audience", "founding")]


def test_the_audience_of_another_post_is_not_this_ones() -> None:
    cdn = '<link rel="preconnect" href="https://substackcdn.com">'
    others = [post(audience, f"https://letters.example.org/p/{audience}") for audience in ("everyone", "only_paid")]
    assert said(f"{cdn}<script>[{', '.join(others)}]</script>") == []
    nameless = '{"audience": "only_free"}'
    assert said(f"{cdn}<script>[{others[0]}, {nameless}]</script>") == [("substack audience", "only_free")]


@pytest.mark.parametrize(
    "script",
    [
        'var target = {"audience": "everyone"};',
        'var target = {"audience": "adults"};',
        "window._preloads = audience;",
        '"audience":"' + "\\" * 50,
    ],
)
def test_other_audiences(script: str) -> None:
    assert said(f"<script>{script}</script>") == []


def test_a_wall_in_the_page() -> None:
    wall = '<div class="paywall"><h2 class="paywall-title">This post is for paid subscribers</h2></div>'
    assert said(wall) == []
    cdn = '<link rel="preconnect" href="https://substackcdn.com">'
    assert said(cdn + wall) == [("substack paywall", ".paywall")]
    assert said(f"{wall}<script>_preloads = {post('only_paid')}</script>") == [
        ("substack audience", "only_paid"),
        ("substack paywall", ".paywall"),
    ]


GHOST = '<meta name="generator" content="Ghost 5.80">'


@pytest.mark.parametrize("visibility", ["public", "members", "paid", "tiers"])
def test_the_visibility_of_the_post(visibility: str) -> None:
    card = '<article class="post-card post-access-paid"><h2>Gulls</h2></article>'
    own = f'<article class="gh-article post post-access-{visibility} featured"><h1>The ferry</h1></article>'
    assert said(card + own) == [("ghost access", visibility)]
    assert said(own.replace("h1", "h2")) == [("ghost access", visibility)]


def test_cards_of_other_posts() -> None:
    card = '<article class="post-card post-access-paid"><h2>Gulls</h2></article>'
    assert said(card * 2) == []
    assert said(f"<article><h1>The ferry</h1></article>{card}") == []
    assert said('<article class="post-access-unheard"><h1>x</h1></article>') == []


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("This post is for subscribers only", "members"),
        ("This post is for paying subscribers only", "paid"),
        ("Cette publication est réservée", "paid"),
    ],
)
def test_the_invitation_below_a_locked_post(words: str, kept: str) -> None:
    assert said(f'<aside class="gh-post-upgrade-cta"><h2>{words}</h2></aside>') == [("ghost upgrade", kept)]
    assert said(f'{GHOST}<div class="content-cta"><h2>{words}</h2></div>') == [("ghost upgrade", kept)]
    assert said(f'<div class="content-cta"><h2>{words}</h2></div>') == []


def test_thousands_of_audiences() -> None:
    assert said("<script>_preloads " + '{"audience":"everyone"},' * 20_000 + "</script>") == [
        ("substack audience", "everyone")
    ]
