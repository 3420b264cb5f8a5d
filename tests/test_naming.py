"""What sources are called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.config import Source
from feeds.errors import UsageError
from feeds.naming import Names, is_address, kind_of, name_from, name_of, no_path, no_such

URL = "https://news.example/feed"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Harbour Courier", "Harbour Courier"),
        ("  «Кур'ер» – навіны & больш  ", "Кур ер навіны больш"),
        ("R&D: 24/7", "R D: 24 7"),
        ("__init__", "init__".rstrip("_")),
        ("...", "news.example"),
        ("", "news.example"),
        ("हिन्दी समाचार", "news.example"),
        ("Zażółć", "Zażółć"),
        ("x" * 150, "x" * 100),
        ("x" * 99 + " y", "x" * 99),
    ],
)
def test_a_name_made_from_a_title(title: str, name: str) -> None:
    assert name_of(title, URL) == name


@pytest.mark.parametrize(
    ("location", "name"),
    [(URL, "news.example"), ("https://[::1]:80/x", "1"), ("https://[half/x", "source"), ("https:///", "source")],
)
def test_a_name_made_from_an_address(location: str, name: str) -> None:
    assert name_from(location, remote=True) == name


@given(st.text(max_size=150), st.text(max_size=20))
def test_every_name_can_be_used(title: str, host: str) -> None:
    names = Names({"SOURCE"})
    made = [names.take(name_of(title, f"https://{host}/")) for _ in range(3)]
    assert len({name.casefold() for name in made} - {"source"}) == 3
    for name in made:
        assert Source(name=name, url=URL).name == name


def test_names_that_are_taken() -> None:
    names = Names({"News", "news-2", "Sport"})
    assert [names.take("NEWS") for _ in range(3)] == ["NEWS-3", "NEWS-4", "NEWS-5"]
    assert [names.take("x" * 100) for _ in range(2)] == ["x" * 100, "x" * 98 + "-2"]
    assert names.take("news-4") == "news-4-2"
    assert names.take("Wire") == "Wire"


@pytest.mark.parametrize(
    ("location", "hint"),
    [
        ("www.news.example", True),
        ("news.example/feed", True),
        ("localhost:8080/x", True),
        ("nowhere.xml", False),
        ("folder/feed.xml", False),
        ("", False),
    ],
)
def test_who_forgot_the_scheme_is_told_so(location: str, hint: bool) -> None:
    assert ("before it" in no_such(location)) is hint


@pytest.mark.parametrize(
    ("where", "remote", "kind"),
    [
        (URL, True, "feed"),
        ("https://n.example/sitemap.xml", True, "sitemap"),
        ("https://n.example/news-sitemap-2.xml.gz?from=x", True, "sitemap"),
        ("https://n.example/sitemap.txt", True, "sitemap"),
        ("https://n.example/sitemap/feed.xml", True, "feed"),
        ("sitemap_news.xml", False, "sitemap"),
        ("front.html", False, "page"),
        ("sitemap.txt", False, "seed"),
        (".", False, "seed"),
    ],
)
def test_the_kind_a_location_looks_like(where: str, remote: bool, kind: str) -> None:
    assert kind_of(where, remote) == kind


@pytest.mark.parametrize("location", ["x.txt", "/etc/passwd", "", "https:/courier.example", "courier.example/feed"])
def test_a_path_is_no_address(location: str) -> None:
    assert not is_address(location)
    with pytest.raises(UsageError, match="give an address that begins with http:// or https://"):
        no_path(location)


def test_an_address_is_no_path() -> None:
    assert is_address(URL)
    no_path(URL)
