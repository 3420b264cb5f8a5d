"""Feeds that are composed when they are asked for: what an address leaves of them, and what never gets out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from db.engine import reading
from db.records import Access
from db.store import sections
from feeds.config import parse
from feeds.declare import declare
from feeds.errors import UsageError
from feeds.formats import Audience
from feeds.ondemand import MOST, Composed, Composer, Narrowing
from tests.command import SITE
from tests.desk import hours, new_engine, record
from tests.tree import NOW, Tree, titles

SAVED = '[[saved]]\nname = "ferry"\ntitle = "On the water"\nquery = "ferry OR bridge -toll"\n'


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    config = parse(SITE + SAVED, tmp_path / "config.toml")
    engine = new_engine(tmp_path)
    declare(engine, config, NOW)
    yield Tree(engine, config, tmp_path)
    engine.dispose()


def read(query: str) -> Narrowing | None:
    return Narrowing.read(parse_qsl(query, keep_blank_values=True))


def composed(tree: Tree, path: str, query: str = "", now: datetime = NOW) -> Composed:
    found = Composer(tree.engine, tree.config).compose(path, now, narrowing=read(query))
    assert found is not None
    return found


def shown(tree: Tree, path: str, query: str = "", now: datetime = NOW) -> list[str]:
    return titles(composed(tree, path, query, now).data)


def fill(tree: Tree) -> None:
    tree.put(
        record("Ferry runs again", sections=("Sea",), access=Access.FREE, dated=NOW - hours(1)),
        record("Bridge opens", sections=("Sea",), access=Access.METERED, dated=NOW - hours(30)),
        record("Storm warning", sections=("Weather",), access=Access.FREE, dated=NOW - hours(60)),
    )
    tree.put(
        record("Ferry sold", source="t", sections=("Trade",), access=Access.PREMIUM, dated=NOW - hours(200)),
        source="t",
        name="second",
    )


# --- what an address says


@pytest.mark.parametrize(
    ("query", "narrowing"),
    [
        ("", None),
        ("utm_source=x&Q=ferry", None),
        ("q=&access=&source=&since=&limit=&q=+", None),
        ("q=ferry", Narrowing(query="ferry")),
        ("utm_medium=feed&q=+ferry++harbour+&q=", Narrowing(query="ferry harbour")),
        ("access=premium&access=FREE&access=free", Narrowing(access=(Access.FREE, Access.PREMIUM))),
        ("source=b&source=a&source=b", Narrowing(sources=("a", "b"))),
        ("limit=1", Narrowing(limit=1)),
        ("limit=0200", None),
        (f"limit={MOST}", Narrowing(limit=MOST)),
        ("since=7d", Narrowing(since="7d")),
        ("since=24h", Narrowing(since="24h")),
        ("since=2026", Narrowing(since="2026")),
        ("since=2026-03", Narrowing(since="2026-03")),
        ("since=2026-03-02", Narrowing(since="2026-03-02")),
        ("since=2026-03-02T10:00:00Z", Narrowing(since="2026-03-02T10:00:00Z")),
        ("since=2026-03-02t12:00:00.5%2B02:00", Narrowing(since="2026-03-02T10:00:00Z")),
        ("since=2026-03-02T12:00:00+02:00", Narrowing(since="2026-03-02T10:00:00Z")),
        ("since=2026-03-02T07:00:00-03:00", Narrowing(since="2026-03-02T10:00:00Z")),
    ],
)
def test_addresses(query: str, narrowing: Narrowing | None) -> None:
    if query == "limit=0200":
        with pytest.raises(UsageError, match="limit"):
            read(query)
        return
    found = read(query)
    assert found == narrowing
    if found is not None:
        assert read(found.address) == found


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("q=a&q=b", "q is given twice"),
        ("limit=1&limit=2", "limit is given twice"),
        ("since=7d&since=8d", "since is given twice"),
        ("q=" + "a" * 201, "q: 201 characters; 200 are the most"),
        ("source=" + "a" * 201, "source: 201 characters; 200 are the most"),
        ("&".join(f"source=s{number}" for number in range(21)), "source: 21 names; 20 are the most"),
        ("access=secret", 'access: "secret" is no level; there are free,'),
        ("limit=0", 'limit: "0" is no number from 1 to 200'),
        ("limit=201", 'limit: "201" is no number from 1 to 200'),
        ("limit=-1", 'limit: "-1" is no number'),
        ("limit=ten", 'limit: "ten" is no number'),
        ("limit=%D9%A3", "is no number"),
        ("since=yesterday", 'since: "yesterday" is no date; give 2026, '),
        ("since=2026-02-30", 'since: "2026-02-30" is no date'),
        ("since=2026-02-30T10:00:00Z", "is no time that there is"),
        ("since=0001-01-01T00:00:00%2B02:00", "is no time that there is"),
        ("since=2026-03-02T10:00", "is no date"),
    ],
)
def test_what_is_no_filter_is_one_line(query: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(query)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.lists(st.tuples(st.sampled_from(["q", "access", "source", "since", "limit", "utm"]), st.text())))
def test_any_address_is_a_filter_in_one_way_or_a_line(pairs: list[tuple[str, str]]) -> None:
    try:
        found = Narrowing.read(pairs)
    except UsageError:
        return
    if found is not None:
        assert read(found.address) == found


# --- what it leaves


def test_a_feed_without_a_filter_is_the_one_of_the_tree(tree: Tree) -> None:
    fill(tree)
    tree.publish()
    made = composed(tree, "sections/sea.atom")
    assert made.media_type == "application/atom+xml; charset=utf-8"
    assert made.entries == 2
    assert titles(made.data) == titles(tree.files()["sections/sea.atom"]) == ["Ferry runs again", "Bridge opens"]
    assert feedparser.parse(made.data).feed.id == feedparser.parse(tree.files()["sections/sea.atom"]).feed.id


@pytest.mark.parametrize(
    "path",
    (
        "none.atom sections/none.atom sections/sea.txt saved/none.atom all all.free feeds.opml manifest.json "
        "index.html archive/all/2026-03.atom all.atom.atom ../all.atom"
    ).split(),
)
def test_a_path_that_is_no_feed_gives_none(tree: Tree, path: str) -> None:
    fill(tree)
    assert Composer(tree.engine, tree.config).compose(path, NOW, narrowing=Narrowing(query="x")) is None


@pytest.mark.parametrize(
    ("path", "query", "found"),
    [
        ("all.atom", "q=ferry", ["Ferry runs again", "Ferry sold"]),
        ("all.atom", "q=ferry+access:free", ["Ferry runs again"]),
        ("all.atom", "q=ferry+-again", ["Ferry sold"]),
        ("all.atom", "q=after:7d+before:24h", ["Bridge opens", "Storm warning"]),
        ("all.atom", "q=after:7d+before:24h&since=2d", ["Bridge opens"]),
        ("all.atom", "access=free", ["Ferry runs again", "Storm warning"]),
        ("all.atom", "access=premium&access=metered", ["Bridge opens", "Ferry sold"]),
        ("all.atom", "source=t", ["Ferry sold"]),
        ("all.atom", "source=t&source=s&limit=2", ["Ferry runs again", "Bridge opens"]),
        ("all.atom", "source=none", []),
        ("all.atom", "limit=1", ["Ferry runs again"]),
        ("all.atom", "since=2026-10-31", ["Ferry runs again", "Bridge opens"]),
        ("all.atom", "since=2026-11-01T00:00:00Z", ["Ferry runs again"]),
        ("all.atom", "since=2d&access=metered", ["Bridge opens"]),
        ("all.free.atom", "q=ferry", ["Ferry runs again"]),
        ("all.free.atom", "access=premium", []),
        ("all.free.atom", "limit=1", ["Ferry runs again"]),
        ("sections/sea.atom", "q=ferry", ["Ferry runs again"]),
        ("sections/sea.atom", "access=free", ["Ferry runs again"]),
        ("sections/sea.atom", "source=s&limit=1", ["Ferry runs again"]),
        ("sections/sea.atom", "source=t", []),
        ("sections/sea.atom", "since=24h", ["Ferry runs again"]),
        ("sections/sea.atom", "limit=1", ["Ferry runs again"]),
        ("sections/sea.free.atom", "since=7d", ["Ferry runs again"]),
        ("sections/sea.atom", "q=section:Trade", []),
        ("saved/ferry.atom", "limit=2", ["Ferry runs again", "Bridge opens"]),
        ("saved/ferry.atom", "since=24h", ["Ferry runs again"]),
        ("saved/ferry.atom", "q=sold", ["Ferry sold"]),
        ("saved/ferry.atom", "q=storm", []),
        ("saved/ferry.atom", "q=-bridge&access=free", ["Ferry runs again"]),
        ("saved/ferry.free.atom", "since=7d", ["Ferry runs again"]),
    ],
)
def test_a_filter_leaves_of_a_feed_what_it_asks_for(tree: Tree, path: str, query: str, found: list[str]) -> None:
    fill(tree)
    assert shown(tree, path, query) == found


def test_what_is_said_twice_holds_both_times(tree: Tree) -> None:
    tree.configure('[[saved]]\nname = "of"\nquery = "after:2026-10-01 before:2026-10-31"\n')
    fill(tree)
    assert shown(tree, "saved/of.atom") == ["Storm warning", "Ferry sold"]
    assert shown(tree, "saved/of.atom", "since=7d") == ["Storm warning"]
    assert shown(tree, "saved/of.atom", "since=2026-09") == ["Storm warning", "Ferry sold"]
    assert shown(tree, "saved/of.atom", "q=before:2026-10-28") == ["Ferry sold"]
    assert shown(tree, "saved/of.atom", "q=before:2027") == ["Storm warning", "Ferry sold"]


@pytest.mark.parametrize("name", ["OR", "-Sea", 'The "Sea"', "after:2026", "section:Sea", "Ferry*", "Sea"])
def test_a_section_may_have_the_name_of_a_word_of_the_language(tree: Tree, name: str) -> None:
    tree.put(record("Ferry of it", sections=(name,)), record("Ferry of another", sections=("Another",)))
    with reading(tree.engine) as connection:
        (slug,) = [one.slug for one in sections.every(connection) if one.name == name]
    assert shown(tree, f"sections/{slug}.atom", "q=ferry") == ["Ferry of it"]
    assert shown(tree, f"sections/{slug}.atom", "q=storm") == []


def test_a_section_whose_name_is_the_slug_of_another_stays_apart(tree: Tree) -> None:
    tree.put(record("Ferry of the first", sections=("A/B",)))
    tree.put(record("Ferry of the second", sections=("A-B",)), name="second")
    assert shown(tree, "sections/a-b.atom", "q=ferry") == ["Ferry of the first"]
    assert shown(tree, "sections/a-b-2.atom", "q=ferry") == ["Ferry of the second"]


def test_days_begin_in_the_zone_of_the_site(tree: Tree) -> None:
    tree.config = parse(SITE + 'timezone = "Pacific/Auckland"\n', tree.folder / "config.toml")
    tree.put(record("At eleven in London", dated=datetime(2026, 3, 1, 11, tzinfo=UTC)))
    assert shown(tree, "all.atom", "since=2026-03-02") == ["At eleven in London"]
    assert shown(tree, "all.atom", "since=2026-03-03") == []


def test_a_limit_may_ask_for_more_than_the_feed_of_the_tree_has(tree: Tree) -> None:
    tree.configure("[publish]\nentries = 2\n")
    fill(tree)
    assert len(shown(tree, "all.atom")) == 2
    assert len(shown(tree, "all.atom", "limit=3")) == 3
    assert len(shown(tree, "all.atom", "access=free&access=metered&access=premium")) == 2


def test_a_word_that_is_no_query_is_one_line(tree: Tree) -> None:
    with pytest.raises(UsageError, match="query, column 1: a quotation mark is not closed"):
        composed(tree, "all.atom", 'q="ferry')
    with pytest.raises(UsageError, match="the query is empty"):
        composed(tree, "all.atom", "q=...")


# --- what it is


def test_it_is_a_feed_of_its_own_that_no_hub_tells_of(tree: Tree) -> None:
    tree.configure('[publish]\nhubs = ["https://hub.example/"]\n')
    fill(tree)
    feed = etree.fromstring(composed(tree, "sections/sea.atom", "since=7d&q=ferry+run&access=free").data)
    atom = "{http://www.w3.org/2005/Atom}"
    links = {link.get("rel"): link.get("href") for link in feed.iterfind(f"{atom}link")}
    asked = "q=ferry+run&access=free&since=7d"
    assert links["self"] == f"http://127.0.0.1:8080/sections/sea.atom?{asked}"
    assert "hub" not in links
    own = etree.fromstring(composed(tree, "sections/sea.atom").data)
    assert [link.get("rel") for link in own.iterfind(f"{atom}link")].count("hub") == 1
    assert feed.findtext(f"{atom}id") == f"{own.findtext(f'{atom}id')}?{asked}"


def test_equal_filters_are_equal_bytes_at_any_time(tree: Tree) -> None:
    fill(tree)
    one = composed(tree, "all.atom", "access=free&since=7d&q=ferry")
    two = composed(tree, "all.atom", "utm=x&q=+ferry&since=7d&access=FREE&access=free", NOW + hours(3))
    assert one == two
    assert one.updated == NOW - hours(1)


@pytest.mark.parametrize("level", [level for level in Access if level.gated])
@pytest.mark.parametrize("path", ["all.atom", "sections/sea.atom", "saved/ferry.atom"])
def test_a_gated_body_is_neither_found_nor_shown(tree: Tree, level: Access, path: str) -> None:
    tree.put(record("Ferry sold", text="To the SENTINEL for a song.", access=level, sections=("Sea",)))
    tree.put(record("Ferry free", text="A free word.", access=Access.FREE, sections=("Sea",)), name="second")
    for query in ("q=sentinel", "q=song", "q=sent*", f"q=sentinel&access={level}", f"q=sentinel+access:{level}"):
        assert shown(tree, path, query) == []
    assert shown(tree, path, "q=ferry+-sentinel") == shown(tree, path, "q=ferry")
    for query in ("q=sold", f"access={level}", "limit=5", "since=2020", "source=s", ""):
        assert b"SENTINEL" not in composed(tree, path, query).data
    assert "Ferry sold" in shown(tree, path, "q=sold")


def test_subscribers_read_what_the_public_does_not(tree: Tree) -> None:
    tree.configure('[publish]\nhubs = ["https://hub.example/"]\n')
    tree.put(record("Ferry sold", text="To the SENTINEL for a song.", access=Access.PREMIUM, sections=("Sea",)))
    found = Composer(tree.engine, tree.config).compose("sections/sea.atom", NOW, audience=Audience.SUBSCRIBER)
    assert found is not None
    assert b"SENTINEL" in found.data
    assert b'href="http://127.0.0.1:8080/private/sections/sea.atom"' in found.data
    assert b"hub.example" not in found.data
