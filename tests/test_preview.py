"""A trial of a location, for whoever calls it: what it gives, and what it refuses before anybody is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.engine import reading
from db.store import sources
from feeds.config import Config, parse
from feeds.errors import FetchError, UsageError
from feeds.preview import MAX_CHECKS, Trial, check, preview
from tests.command import DOCUMENT, SITE
from tests.fakes import Reply, Site
from tests.polls import NOW, Bench, rss

PLACE = "give an address that begins with http:// or https://"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """May ask loopback."""
    return parse(f'{SITE}[poll]\nallow_networks = ["127.0.0.0/8"]\n', tmp_path / "config.toml")


def put_page(site: Site, markup: str) -> str:
    return site.put("/", Reply(headers=[("Content-Type", "text/html")], body=f"<!DOCTYPE html>{markup}".encode()))


def test_a_feed_is_read_and_nothing_is_stored(bench: Bench, config: Config) -> None:
    url = bench.site.put("/feed", rss("Ferry", "Tides"))
    trial = preview(config, url, NOW, local=False)
    assert (trial.kind, trial.title, trial.nothing, trial.best) == ("feed", "N", None, None)
    assert [item.title for item in trial.items] == ["Ferry", "Tides"]
    assert trial.as_json() == {
        "kind": "feed",
        "title": "N",
        "items": [
            {
                "title": item.title,
                "url": item.url,
                "published": None,
                "sections": [],
                "access": "unknown",
                "evidence": [],
            }
            for item in trial.items
        ],
        "feeds": [],
        "warnings": [],
    }
    with reading(bench.engine) as connection:
        assert sources.every(connection) == []


def test_a_page_leads_to_its_feed(config: Config, site: Site) -> None:
    site.put("/feed", rss("Ferry"))
    trial = preview(config, put_page(site, '<link rel=alternate type="application/rss+xml" href="/feed">'), NOW)
    assert (trial.kind, trial.nothing) == ("page", None)
    assert trial.best is not None
    assert (trial.best["url"], trial.best["checked"], len(trial.best["items"])) == (f"{site.url}/feed", True, 1)


def test_a_page_that_leads_nowhere_says_so_beside_what_was_found(config: Config, site: Site) -> None:
    url = put_page(site, "<title>Courier</title><p>nothing here")
    trial = preview(config, url, NOW, local=False)
    assert (trial.title, trial.items, trial.best) == ("Courier", [], None)
    assert trial.nothing == f"{url}: is an HTML page that names no feed; look for one at the publisher's"
    assert "nothing" not in trial.as_json()
    assert len(site.log) == 1 + MAX_CHECKS


def test_paths_are_for_those_who_stand_at_the_machine(config: Config, tmp_path: Path, site: Site) -> None:
    (tmp_path / "1.txt").write_text(DOCUMENT, encoding="utf-8")
    trial = preview(config, str(tmp_path / "1.txt"), NOW)
    assert (trial.kind, len(trial.items)) == ("seed", 7)
    for location in (str(tmp_path / "1.txt"), str(tmp_path), "1.txt", "nowhere.txt", ""):
        with pytest.raises(UsageError, match=PLACE):
            preview(config, location, NOW, local=False)
    for location in (f"file://{tmp_path}/1.txt", "ftp://courier.example/x", "x://y"):
        for kind in (None, "feed", "page", "sitemap"):
            with pytest.raises(UsageError, match=PLACE):
                preview(config, location, NOW, kind=kind, local=False)
    with pytest.raises(UsageError, match="a seed source takes path"):
        preview(config, f"{site.url}/1.txt", NOW, kind="seed", local=False)
    assert site.log == []


@pytest.mark.parametrize(
    ("kind", "base_url", "said"),
    [
        ("film", None, '"film" is no kind of source; there are seed, feed'),
        (None, "courier.example", "base_url: courier.example: give an"),
    ],
)
def test_words_that_are_off(config: Config, kind: str | None, base_url: str | None, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check("https://courier.example/", kind=kind, base_url=base_url)
    with pytest.raises(UsageError, match=said):
        preview(config, "https://courier.example/", NOW, kind=kind, base_url=base_url)


def test_what_cannot_be_had(config: Config, site: Site) -> None:
    with pytest.raises(FetchError, match="HTTP 404"):
        preview(config, f"{site.url}/gone", NOW)


def test_the_best_of_the_feeds_of_a_page() -> None:
    bad, unasked, good = (
        {"url": name, "checked": checked, "error": error}
        for name, checked, error in (("a", True, "HTTP 404"), ("b", False, None), ("c", True, None))
    )
    assert Trial(kind="page", feeds=[bad]).best is None
    assert Trial(kind="page", feeds=[bad, unasked]).best is unasked
    assert Trial(kind="page", feeds=[bad, unasked, good]).best is good
