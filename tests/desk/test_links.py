"""Where pages of the desk lead."""

from __future__ import annotations

import pytest

from feeds.desk import links
from feeds.errors import UsageError


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("harbour", "/desk/sources/harbour"),
        ("Weather service: warnings", "/desk/sources/Weather%20service%3A%20warnings"),
        ("add", "/desk/sources/=add"),
        ("import", "/desk/sources/=import"),
        ("أخبار", "/desk/sources/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1"),
    ],
)
def test_a_source_has_an_address_of_its_own(name: str, url: str) -> None:
    assert links.source_url(name) == url
    assert links.source_url(name, "edit") == f"{url}/edit"


def test_a_sign_tells_a_source_from_a_page() -> None:
    assert links.source_named("=add") == "add"
    assert links.source_named("harbour") == "harbour"


def test_entries_and_incidents_have_pages() -> None:
    assert links.entry_url("tag:news.example,2026:a/b") == "/desk/entries/tag%3Anews.example%2C2026%3Aa%2Fb"
    assert links.incident_url(7) == "/desk/incidents/7"


def test_a_query_holds_what_is_something() -> None:
    assert links.with_query("/desk/x", {"a": "1 &", "b": "", "c": None}) == "/desk/x?a=1+%26"
    assert links.with_query("/desk/x", {}) == "/desk/x"


@pytest.mark.parametrize("url", ["https://news.example/a?b#c", "HTTP://news.example/"])
def test_a_browser_may_follow_web_addresses(url: str) -> None:
    assert links.web_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        " https://a.example/",
        "data:text/html,x",
        "/etc/passwd",
        "https://",
        "http://a b/",
    ],
)
def test_a_browser_follows_nothing_else(url: str | None) -> None:
    assert links.web_url(url) == ""


@pytest.mark.parametrize(("text", "found"), [("", None), ("0", 0), ("12", 12), (str((1 << 63) - 1), (1 << 63) - 1)])
def test_a_number_in_an_address(text: str, found: int | None) -> None:
    assert links.number(text) == links.place(text) == found


def test_a_number_may_be_below_zero_and_a_place_may_not() -> None:
    assert links.number("-5") == -5
    with pytest.raises(UsageError, match="begin at its first one"):
        links.place("-5")


@pytest.mark.parametrize("text", ["x", "-", "--1", "1.0", " 1", "\u0661", str(1 << 63), "9" * 5000])
def test_what_no_page_gave_is_told_in_a_line(text: str) -> None:
    with pytest.raises(UsageError, match=r"^begin anew$"):
        links.number(text, "begin anew")


def test_one_of_those_there_are() -> None:
    assert [links.one_of(text, ("ok", "gone"), "state") for text in ("", "ok")] == ["", "ok"]
    with pytest.raises(UsageError, match=r'^state: "nope" is none; there are ok, gone$'):
        links.one_of("nope", ("ok", "gone"), "state")
