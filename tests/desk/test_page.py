"""How values read on a page of the desk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from jinja2 import UndefinedError

from feeds.desk.headers import POLICY
from feeds.desk.page import STATIC, count, environment, full, host, relative, size, static, thousands

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "just now"), (-59, "just now"), (-0.4, "just now"), (0.4, "just now"), (20, "in a moment"),
        (-60, "1 min ago"), (-200, "3 min ago"), (-3599, "59 min ago"), (-3600, "1 h ago"), (7200, "in 2 h"),
        (-30 * 3600, "30 h ago"), (-49 * 3600, "2 days ago"), (-59 * 86400, "59 days ago"),
        (-60 * 86400, "2 months ago"), (729 * 86400, "in 24 months"), (-730 * 86400, "2 years ago"),
    ],
)  # fmt: skip
def test_how_far_a_moment_is(seconds: float, said: str) -> None:
    assert relative(NOW + timedelta(seconds=seconds), NOW) == said


def test_a_moment_for_machines_and_in_full() -> None:
    there = datetime(2026, 3, 2, 14, 0, 5, tzinfo=ZoneInfo("Europe/Vilnius"))
    assert environment().filters["stamp"](there) == "2026-03-02T12:00:05Z"
    assert full(there) == "Mon 2 Mar 2026, 14:00:05 EET"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 B"), (950, "950 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345, "12 kB"), (999_499, "999 kB"),
        (999_999, "1.0 MB"), (1_234_567, "1.2 MB"), (9_960_000, "10 MB"), (5_000_000_000, "5.0 GB"),
    ],
)  # fmt: skip
def test_sizes(number: int, said: str) -> None:
    assert size(number) == said


def test_numbers() -> None:
    assert thousands(1234567) == "1,234,567"
    assert [count(1, "entry", "entries"), count(1200, "entry", "entries"), count(0, "source")] == [
        "1 entry", "1,200 entries", "0 sources",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://www.News.example:8443/a?b", "news.example"), ("https://user:word@news.example/", "news.example"),
        ("seeds/harbour.txt", "seeds/harbour.txt"), ("http://[broken", "http://[broken"), ("", ""),
    ],
)  # fmt: skip
def test_where_an_address_leads(url: str, said: str) -> None:
    assert host(url) == said


def test_values_are_escaped_and_legal_and_unknown_names_are_errors() -> None:
    made = environment()
    assert made is environment()
    assert made.from_string("{{ word }}").render(word="<b>\x00\ud800") == "&lt;b&gt;"
    with pytest.raises(UndefinedError, match="word"):
        made.from_string("{{ word }}").render()


def test_the_address_of_a_file_changes_with_it() -> None:
    found = {static(file.name) for file in STATIC.iterdir()}
    assert len({address.partition("?v=")[2] for address in found}) == len(found) == 3
    assert all(address.startswith("/desk/static/desk.") for address in found)


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    sources = {word for part in POLICY.decode().split("; ") for word in part.split()[1:]}
    assert sources == {"'none'", "'self'", "data:"}
    assert "frame-src" not in POLICY.decode()
