from __future__ import annotations

from datetime import date

import pytest

from feeds.sources.page.addresses import address_of, is_sharing, site_of

BASE = "https://www.n.example/news/"


@pytest.mark.parametrize(
    ("href", "shape", "slug"),
    [
        ("/2026/11/25/council-approves-the-ferry/", "n.example/Y/D/D/S", 1.0),
        ("/news/the-harbour-wall", "n.example/w/s", 0.8),
        ("/news/123456.html", "n.example/w/N.html", 0.9),
        ("/news/articles/c4gz8d9xk2ro", "n.example/w/w/I", 0.8),
        ("/news/20261125/wall", "n.example/w/Y/w", 0.9),
        ("/item.asp?id=7", "n.example/w.asp?id", 0.6),
        ("/item?name=x", "n.example/w?name", 0.3),
        ("/about.html", "n.example/w.html!", 0.05),
        ("/town.html", "n.example/w.html", 0.4),
        ("/tag/the-old-harbour-wall/", "n.example/w/S!", 0.05),
        ("/topics/2026/the-old-harbour-wall/", "n.example/w/Y/S", 1.0),
        ("/", "n.example/", 0.05),
        ("/7/", "n.example/D", 0.3),
    ],
)
def test_an_address_has_a_shape_and_looks_like_an_article_or_not(href: str, shape: str, slug: float) -> None:
    address = address_of(href, BASE)
    assert address is not None
    assert (address.shape, address.slug) == (shape, slug)


@pytest.mark.parametrize(
    "href",
    ["", "mailto:a@n.example", "javascript:void(0)", "/photo.jpg", "http://", "https://a:b@n.example/", "x" * 3000],
)
def test_what_no_article_is(href: str) -> None:
    assert address_of(href, BASE) is None


def test_a_link_without_a_base_leads_nowhere() -> None:
    assert address_of("/news/1", None) is None


def test_ways_of_writing_one_address_have_one_key() -> None:
    ways = (
        "/the-old-harbour-wall",
        "https://n.example/the-old-harbour-wall/",
        "/the-old-harbour-wall?utm_source=x",
        "/the-old-harbour-wall?hp=3",
        "/the-old-harbour-wall#comments",
    )
    assert {address.key for way in ways if (address := address_of(way, BASE)) is not None} == {
        "n.example/the-old-harbour-wall"
    }
    assert address_of("/the-old-harbour-wall?id=3", BASE) != address_of("/the-old-harbour-wall", BASE)
    page = address_of("/app#!/news/7", BASE)
    assert page is not None
    assert page.url.endswith("#!/news/7")


@pytest.mark.parametrize(
    ("href", "day"),
    [
        ("/2026/11/25/wall", date(2026, 11, 25)),
        ("/news/20261125-wall", date(2026, 11, 25)),
        ("/2026/13/45/wall", None),
        ("/news/wall", None),
    ],
)
def test_the_day_in_an_address(href: str, day: date | None) -> None:
    address = address_of(href, BASE)
    assert address is not None
    assert address.day == day


def test_sites_and_places_to_share() -> None:
    assert site_of("news.n.example") == "n.example"
    assert site_of("news.n.co.uk") == "n.co.uk"
    assert site_of("localhost") == "localhost"
    shared = address_of("https://www.facebook.com/sharer?u=x", None)
    assert shared is not None
    assert is_sharing(shared)
    folder = address_of("/sport/wall", BASE)
    assert folder is not None
    assert folder.folder == "sport"
