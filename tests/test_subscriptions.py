"""Lists of subscriptions: what an import would do, does, and what an export gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.engine import Engine, reading
from db.records import KnownSource
from db.store import sources
from feeds import roster
from feeds.config import Source, parse
from feeds.errors import UsageError
from feeds.formats.opml import Subscription, SubscriptionList, read_subscriptions, render_subscriptions
from feeds.subscriptions import Plan, check_section, export_subscriptions, import_subscriptions, plan_import
from tests.command import SITE
from tests.desk import NOON

A = Subscription(title="Alpha", url="https://a.example/feed", sections=("Town",))


def listing(*subscriptions: Subscription) -> SubscriptionList:
    return read_subscriptions(render_subscriptions("L", subscriptions), "list.opml")


def names(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return [one.name for one in sources.every(connection)]


def known(name: str, url: str, *, removed: bool = False, enabled: bool = True, origin: str = "added") -> KnownSource:
    return KnownSource(name, origin, enabled, removed, {"name": name, "url": url})


def test_a_plan_asks_nobody_and_says_what_becomes_of_each() -> None:
    plan = plan_import(
        listing(
            A,
            Subscription(title="Again", url="http://a.example/feed/", sections=("Sea",)),
            Subscription(title="Wire", url="http://wire.example/feed/", sections=("News",)),
            Subscription(title="Tides", url="exec:tides"),
        ),
        [known("wire", "https://wire.example/feed")],
        None,
    )
    assert plan.as_json(dry_run=True) == {
        "added": [{"source": "Alpha", "url": "https://a.example/feed", "sections": ["Town", "Sea"]}],
        "present": [
            {"source": "Alpha", "url": "http://a.example/feed/", "missing_sections": []},
            {"source": "wire", "url": "http://wire.example/feed/", "missing_sections": ["News"]},
        ],
        "unusable": [{"title": "Tides", "url": "exec:tides", "reason": plan.unusable[0]["reason"]}],
        "dry_run": True,
    }
    assert plan.unusable[0]["reason"].startswith("url: give an address")


@pytest.mark.parametrize(
    ("there", "added"),
    [
        (known("old", A.url, removed=True), ["old"]),
        (known("old", A.url, enabled=False), ["old"]),
        (known("old", A.url, enabled=False, origin="config"), []),
        (known("old", A.url), []),
        (known("ALPHA", "https://other.example/feed"), ["Alpha-2"]),
        (KnownSource("Alpha", "config", True, False, {"path": "seeds"}), ["Alpha-2"]),
        (KnownSource("old", "added", True, False, {"url": "https://old.example/"}, "http://a.example/feed/"), []),
        (KnownSource("old", "added", True, True, {"url": "https://old.example/"}, "http://a.example/feed/"), ["old"]),
    ],
)
def test_what_is_there_already_and_what_comes_back(there: KnownSource, added: list[str]) -> None:
    assert list(plan_import(listing(A), [there], None).options) == added


@pytest.mark.parametrize(
    ("moved", "own", "meant"),
    [
        (True, True, "own"),
        (False, False, "own"),
        (False, True, "own"),
        (True, False, "moved"),
    ],
)
def test_of_two_at_an_address_one_that_is_polled_is_meant_then_the_one_whose_own_it_is(
    moved: bool, own: bool, meant: str
) -> None:
    there = [
        KnownSource("moved", "added", moved, False, {"url": "https://old.example/"}, A.url),
        known("own", A.url, enabled=own),
    ]
    for order in (there, there[::-1]):
        plan = plan_import(listing(A), order, None)
        assert [*plan.options, *(one["source"] for one in plan.present)] == [meant]


@pytest.mark.parametrize(
    ("url", "polled"),
    [
        ("feed://b.example/x", "http://b.example/x"),
        ("feeds://b.example/x", "https://b.example/x"),
        ("feed:https://b.example/x", "https://b.example/x"),
    ],
)
def test_addresses_that_say_they_are_a_feeds(url: str, polled: str) -> None:
    (options,) = plan_import(listing(Subscription(title="B", url=url)), [], "Abroad").options.values()
    assert (options["url"], options["sections"]) == (polled, ["Abroad"])


def test_a_home_page_is_a_convenience_and_a_feed_in_no_folder_has_no_section() -> None:
    odd = Subscription(title="B", url="https://b.example/x", site_url="b.example")
    again = Subscription(title="B", url="http://b.example/x/")
    plan = plan_import(listing(odd, again), [], None)
    assert plan.options == {"B": {"name": "B", "url": "https://b.example/x"}}
    assert len(plan.present) == 1


def test_an_import_is_tried_done_and_exported(engine: Engine, tmp_path: Path) -> None:
    config = parse(SITE, tmp_path / "config.toml")
    assert list(import_subscriptions(engine, listing(A), NOON, dry_run=True).options) == ["Alpha"]
    assert names(engine) == []
    assert list(import_subscriptions(engine, listing(A), NOON).options) == ["Alpha"]
    roster.add(engine, Source(name="local", kind="seed", path=tmp_path), NOON)
    assert names(engine) == ["Alpha", "local"]
    found = export_subscriptions(engine, config)
    assert (found.sources, found.left_out) == (1, 1)
    assert read_subscriptions(found.data, "export").subscriptions == (A,)
    again = import_subscriptions(engine, listing(A), NOON, section="Sea")
    assert (again.options, again.present[0]["missing_sections"]) == ({}, ["Sea"])


def test_a_section_has_a_name(engine: Engine) -> None:
    check_section(None)
    with pytest.raises(UsageError, match=r"^section: give the name of a section"):
        import_subscriptions(engine, listing(A), NOON, section=" ")
    assert names(engine) == []


def test_a_list_of_nothing() -> None:
    assert plan_import(listing(), [], None) == Plan()
