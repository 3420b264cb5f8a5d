"""The pages beside the feeds: what they list, and when they are made anew."""

from __future__ import annotations

from datetime import timedelta

from lxml import etree

from db.engine import writing
from db.records import Access
from db.store import sections
from feeds.correct import set_access
from feeds.formats.html import MOST_WITH_HEADLINES
from tests.desk import record
from tests.tree import NOW, Tree, tree

__all__ = ["tree"]

NEWS = "sitemap-news.xml"


def listed(tree: Tree) -> list[str]:
    return [str(one.text) for one in etree.fromstring(tree.files()[NEWS]).iter("{*}loc")]


def test_the_news_of_two_days_are_listed_and_age(tree: Tree) -> None:
    for number, hours in enumerate((1, 30, 47, 49)):
        at = NOW - timedelta(hours=hours)
        url = f"https://n.example/story/{number}"
        tree.put(record(f"Story {number} of today", url=url, published=at, dated=at, sections=("A",)), name=url)
    at = NOW - timedelta(hours=2)
    tree.put(record("A story without an address", published=at, dated=at, sections=("A",)), name="bare")
    tree.run()
    assert listed(tree) == [f"https://n.example/story/{number}" for number in (0, 1, 2)]
    assert tree.run(now=NOW + timedelta(minutes=59)).paths == []
    assert tree.run(now=NOW + timedelta(hours=1, minutes=1)).paths == [NEWS, "manifest.json"]
    assert listed(tree) == [f"https://n.example/story/{number}" for number in (0, 1)]
    # One that lists nothing is none; nothing is gone for good with it.
    assert NEWS in tree.run(now=NOW + timedelta(days=9)).paths
    assert NEWS not in tree.files()
    assert not (tree.config.public / "gone").exists()
    assert tree.run(now=NOW + timedelta(days=19)).paths == []


def test_nobody_has_to_publish_a_sitemap(tree: Tree) -> None:
    at = NOW - timedelta(hours=1)
    tree.put(record("A story of today", url="https://n.example/story/1", published=at, dated=at, sections=("A",)))
    tree.run()
    assert NEWS in tree.files()
    tree.configure("[publish]\nnews_sitemap = false\n")
    tree.run()
    assert NEWS not in tree.files()
    assert tree.run().paths == []


def test_a_new_entry_leaves_a_long_index_as_it_is(tree: Tree) -> None:
    tree.put(
        *(record(f"Story {number} of today", sections=(f"S{number}",)) for number in range(MOST_WITH_HEADLINES + 1))
    )
    tree.run()
    assert tree.files()["index.html"].count(b"sections/s7.rss") == 1
    tree.put(record("A new story today", sections=("S7",)), name="new")
    assert "index.html" not in tree.run().paths


def test_lists_lead_to_pages_where_there_are_some(tree: Tree) -> None:
    tree.configure('[[saved]]\nname = "ferry"\nquery = "ferry"\n')
    tree.put(record("A ferry story today", sections=("Sea",)))
    tree.run()
    outlines = [dict(one.attrib) for one in etree.fromstring(tree.files()["feeds.opml"]).iter("outline")]
    feeds = [(one["xmlUrl"], one["htmlUrl"]) for one in outlines if "xmlUrl" in one]
    base = "http://127.0.0.1:8080/"
    assert feeds == [(f"{base}{stem}.atom", f"{base}{stem}.html") for stem in ("all", "sections/sea", "saved/ferry")]
    tree.configure('[publish]\nformats = ["atom"]\n')
    tree.run()
    assert b'htmlUrl="http://127.0.0.1:8080/"' in tree.files()["feeds.opml"]


def test_a_page_of_a_feed_shows_no_more_than_the_feed(tree: Tree) -> None:
    text = "The secret words that only readers who pay may read. " * 9
    tree.put(record("A story that costs", text=text, sections=("A",)))
    from db.engine import reading
    from db.store import entries

    with reading(tree.engine) as connection:
        (entry,) = entries.listing(connection)
    set_access(tree.engine, entry.uid, Access.PREMIUM, NOW)
    tree.run()
    assert not [path for path, data in tree.all_files().items() if b"secret words" in data]
    assert b"A story that costs" in tree.files()["sections/a.html"]


def test_a_long_index_forgets_what_is_removed_though_as_many_files_are_new(tree: Tree) -> None:
    tree.configure('[publish]\nformats = ["atom"]\n')
    names = [f"S{number}" for number in range(MOST_WITH_HEADLINES + 2)]
    tree.put(*(record(f"Story {name} of today", guid=name, sections=(name,)) for name in names))
    tree.run()
    tree.put(record("Story S7 of today", guid="S7", sections=("S8",)), name="doc")
    tree.run()
    with writing(tree.engine) as connection:
        (empty,) = [one.id for one in sections.every(connection) if one.name == "S7"]
        assert sections.remove_empty(connection, empty)
    ago = NOW.replace(month=2)
    tree.put(record("A story of long ago", published=ago, dated=ago, sections=("S8",)), name="ago")
    paths = tree.run().paths
    assert len([path for path in paths if path.endswith("2026-02.atom")]) == 2
    assert "sections/s7.atom" in paths
    for path in ("index.html", "feeds.opml"):
        assert b"sections/s7.atom" not in tree.files()[path]


def test_a_page_that_was_put_back_is_looked_at_once(tree: Tree) -> None:
    tree.put(record("A story of today", sections=("A",)))
    tree.run()
    index, manifest = tree.config.public / "index.html", tree.config.public / "manifest.json"
    data = index.read_bytes()
    index.unlink()
    index.write_bytes(data)
    tree.run()
    assert manifest.stat().st_mtime_ns >= index.stat().st_mtime_ns
