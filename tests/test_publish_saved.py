"""Saved filters in the published tree: what they hold, when they are due, what never gets out through them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree

from db.engine import open_engine
from db.migrations import upgrade
from db.records import Access
from feeds.config import parse
from feeds.correct import set_access
from feeds.declare import declare
from feeds.errors import UsageError
from feeds.publish import verify
from tests.command import SITE
from tests.desk import all_entries, hours, record
from tests.tree import NOW, Tree, titles

FERRY = '[[saved]]\nname = "ferry"\ntitle = "On the water"\nquery = "ferry OR bridge -toll"\n'


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    config = parse(SITE + FERRY, tmp_path / "config.toml")
    engine = open_engine(config.database_url)
    upgrade(engine)
    declare(engine, config, NOW)
    yield Tree(engine, config, tmp_path)
    engine.dispose()


def test_a_filter_is_a_feed_that_follows_what_comes(tree: Tree) -> None:
    assert {"saved/ferry.atom", "saved/ferry.free.atom"} < set(tree.publish())
    assert titles(tree.atom()["saved/ferry.atom"]) == []
    tree.put(
        record("Ferry runs again", sections=("A",), access=Access.FREE),
        record("Bridge toll doubled", sections=("A",)),
        record("Storm over the bridge", sections=("B",), dated=NOW - hours(80)),
    )
    assert {"saved/ferry.atom", "saved/ferry.free.atom"} < set(tree.publish())
    whole = feedparser.parse(tree.atom()["saved/ferry.atom"])
    assert whole.feed.title == "Test Desk: On the water"
    assert whole.feed.id == "tag:127.0.0.1,2026:saved:ferry"
    assert [entry.title for entry in whole.entries] == ["Storm over the bridge", "Ferry runs again"]
    assert titles(tree.atom()["saved/ferry.free.atom"]) == ["Ferry runs again"]
    tree.put(record("Nothing of the kind", sections=("C",)), name="second")
    assert not [path for path in tree.publish() if path.startswith("saved/")]
    assert tree.publish(everything=True) == []
    assert verify(tree.config, NOW) == []


def test_it_is_listed_and_goes_with_its_table(tree: Tree) -> None:
    tree.publish()
    files = tree.atom()
    outlines = etree.fromstring(files["feeds.opml"]).findall(".//outline")
    assert "http://127.0.0.1:8080/saved/ferry.atom" in [each.get("xmlUrl") for each in outlines]
    assert b'href="saved/ferry.free.atom"' in files["index.html"]
    assert b'"saved/ferry.atom"' in files["manifest.json"]
    tree.configure(FERRY.replace('"On the water"', '"Afloat"'))
    assert {"saved/ferry.atom", "index.html", "feeds.opml"} < set(tree.publish())
    tree.configure("")
    assert {"saved/ferry.atom", "saved/ferry.free.atom"} < set(tree.publish())
    assert not [path for path in tree.atom() if path.startswith("saved/")]
    assert b"saved/" not in tree.atom()["index.html"]


def test_it_can_be_named(tree: Tree) -> None:
    tree.publish()
    (tree.config.public / "saved/ferry.atom").write_bytes(b"x")
    assert tree.publish("ferry") == ["saved/ferry.atom"]
    with pytest.raises(UsageError, match='no section or saved filter is named "none"'):
        tree.publish("none")


@pytest.mark.parametrize("level", [level for level in Access if level.gated])
def test_nobody_learns_of_a_gated_body_by_a_filter(tree: Tree, level: Access) -> None:
    tree.put(record("Council votes", text="The FERRY is to be sold, SENTINEL says.", access=level, sections=("A",)))
    tree.put(record("Toll of the storm", text="A bridge fell.", access=level, sections=("A",)), name="second")
    tree.publish()
    assert titles(tree.atom()["saved/ferry.atom"]) == []
    set_access(tree.engine, all_entries(tree.engine)[0].uid, Access.FREE, NOW + hours(1))
    set_access(tree.engine, all_entries(tree.engine)[1].uid, Access.FREE, NOW + hours(1))
    tree.publish()
    assert titles(tree.atom()["saved/ferry.atom"]) == ["Council votes"]
    for entry in all_entries(tree.engine):
        set_access(tree.engine, entry.uid, level, NOW + hours(2))
    tree.publish()
    assert b"SENTINEL" not in b"".join(tree.atom().values())
    assert titles(tree.atom()["saved/ferry.atom"]) == []


def test_duplicates_are_folded(tree: Tree) -> None:
    same = "The harbour council approves the ferry"
    tree.put(record(same, url="https://news.example/1", access=Access.FREE, sections=("A",)))
    tree.put(record(same, source="t", access=Access.FREE, sections=("B",)), source="t")
    tree.publish()
    assert titles(tree.atom()["saved/ferry.atom"]) == titles(tree.atom()["saved/ferry.free.atom"]) == [same]


def test_keys_narrow_it_and_lists_widen_it(tree: Tree) -> None:
    tree.configure(
        '[[saved]]\nname = "two"\nsection = ["A", "B"]\naccess = "free"\nauthor = ["Ann Brennan", "Dunmore"]\n'
        '[[saved]]\nname = "language"\nlanguage = "be"\nsource = "s"\nquery = "-storm"\n'
    )
    by: dict[str, Any] = {"access": Access.FREE, "authors": ("Ann Brennan",)}
    tree.put(
        record("One of section one", sections=("A",), **by),
        record("Two of section two", sections=("B",), **(by | {"authors": ("Carl Dunmore",)})),
        record("Three of section three", sections=("C",), **by),
        record("Four of another author", sections=("A",), **(by | {"authors": ("Ellery",)})),
        record("Five of another access", sections=("A",), **(by | {"access": Access.METERED})),
        record("Навіны раёна сёння", sections=("A",), language="be-tarask"),
        record("Storm у раёне", sections=("A",), language="be"),
    )
    tree.publish()
    assert sorted(titles(tree.atom()["saved/two.atom"])) == ["One of section one", "Two of section two"]
    assert titles(tree.atom()["saved/language.atom"]) == ["Навіны раёна сёння"]
