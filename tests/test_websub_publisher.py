"""Hubs of others are told what is new: every feed that changed, each hub, once, until they hear it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from db.engine import reading, writing
from db.store import incidents
from feeds.notify import Delivered
from feeds.websub.publisher import owe_pings
from tests.desk import NOON, new_engine
from tests.fakes import Reply, Site
from tests.websub import Desk, config_of

PATHS = (
    "all.atom", "sections/town.atom", "saved/mine.atom", "archive/all/2026-03.atom", "index.html", "manifest.json",
    "feeds.opml", "sitemap-news.xml", "all.atom.gz", "gone/all.atom",
)  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(new_engine(tmp_path), config_of(tmp_path, websub={}))
    for path in PATHS:
        file = made.config.public / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    yield made
    made.engine.dispose()


def configure(desk: Desk, *hubs: str, **websub: object) -> None:
    desk.config = config_of(desk.config.public.parent, publish={"hubs": hubs}, websub=websub)


def owe(desk: Desk, paths: Sequence[str] = PATHS) -> None:
    with writing(desk.engine) as connection:
        owe_pings(connection, desk.config, paths, desk.now)


def troubles(desk: Desk) -> list[tuple[str, str]]:
    with reading(desk.engine) as connection:
        return [(one.kind, one.message) for one in incidents.opened(connection)]


def test_without_a_hub_nothing_is_owed(desk: Desk) -> None:
    owe(desk)
    assert desk.owed() == []


def test_each_hub_hears_of_each_feed_and_of_nothing_else(desk: Desk, site: Site) -> None:
    one, two = site.put("/one", Reply(status=204)), site.put("/two?a=b", Reply(status=202))
    configure(desk, one, two, one)
    owe(desk)
    assert desk.run() == Delivered(done=6)
    said = sorted((seen.path, *dict(parse_qsl(seen.body.decode())).values()) for seen in site.log)
    topics = [f"https://news.example/{path}" for path in ("all.atom", "saved/mine.atom", "sections/town.atom")]
    assert said == [(path, "publish", topic, topic) for path in ("/one", "/two?a=b") for topic in topics]
    assert [field for field, _ in parse_qsl(site.log[0].body.decode())] == ["hub.mode", "hub.url", "hub.topic"]


def test_a_feed_that_is_gone_is_no_news(desk: Desk, site: Site) -> None:
    configure(desk, site.url)
    (desk.config.public / "all.atom").unlink()
    owe(desk, ["all.atom"])
    assert desk.owed() == []


def test_what_was_not_said_yet_is_said_once(desk: Desk, site: Site) -> None:
    configure(desk, site.put("/", b""))
    for _ in range(3):
        owe(desk, ["all.atom"])
    assert desk.run() == Delivered(done=1)


def test_our_own_hub_needs_no_telling(desk: Desk) -> None:
    configure(desk, "https://news.example/hub", hub=True)
    owe(desk)
    assert desk.owed() == []


def test_a_hub_that_was_taken_out_is_told_nothing(desk: Desk, site: Site) -> None:
    configure(desk, site.put("/", b""))
    owe(desk)
    configure(desk)
    assert desk.run() == Delivered(dropped=3)
    assert (desk.owed(), site.log) == ([], [])


def test_a_hub_that_does_not_hear_is_an_incident_after_a_day_until_it_does(desk: Desk, site: Site) -> None:
    url = site.put("/hub", Reply(status=400, headers=[("Content-Type", "text/plain")], body=b"who are you?"))
    configure(desk, url)
    owe(desk, ["all.atom"])
    found = [desk.run(after=6 * 3600) for _ in range(10)]
    assert found == [Delivered(later=1)] * 9 + [Delivered(given_up=1)]
    assert troubles(desk) == [
        (
            "untold",
            f'{url}: was not told what is new for a day ({url}: HTTP 400: it was not taken ("who are you?")); mend it, '
            "or take it out of hubs",
        )
    ]
    site.put("/hub", b"")
    owe(desk, ["all.atom"])
    assert desk.run() == Delivered(done=1)
    assert troubles(desk) == []
    assert desk.now > NOON
