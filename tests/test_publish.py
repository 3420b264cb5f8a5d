"""The published tree: what is rendered, what is left alone, what never gets out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import feedparser
import pytest
from lxml import etree
from sqlalchemy import text

from db.engine import reading, writing
from db.records import RELATED, Access, Enclosure, Pair
from db.store import entries, incidents, pairs, sections
from feeds.config import parse
from feeds.correct import set_access
from feeds.declare import declare
from feeds.encodings import ENDINGS
from feeds.errors import UsageError
from feeds.monitor import status
from feeds.publish import publish, verify
from feeds.showing import ON_INDEX, show
from tests.command import SITE
from tests.desk import MARKER, record
from tests.tree import NOW, Tree, titles, tree

__all__ = ["tree"]


def test_an_empty_desk_has_its_page_and_an_empty_feed(tree: Tree) -> None:
    assert set(tree.publish()) == {
        "all.atom", "all.free.atom", "feeds.opml", "incidents.atom", "index.html", "manifest.json", "style.css",
    }  # fmt: skip
    assert titles(tree.atom()["all.atom"]) == []
    assert tree.publish() == []
    assert verify(tree.config, NOW) == []


def test_only_what_changed_is_written(tree: Tree) -> None:
    tree.put(record("Alpha beta gamma", sections=("A",)), record("Delta epsilon zeta", sections=("B",)))
    tree.publish()
    tree.put(record("Eta theta iota", sections=("B",)), name="second")
    assert set(tree.publish()) == {
        "all.atom", "index.html", "manifest.json", "sections/b.atom",
    }  # fmt: skip
    assert tree.publish(everything=True) == []


def test_a_section_is_configured_before_it_has_entries_and_renamed_without_new_ids(tree: Tree) -> None:
    tree.configure('[[section]]\nname = "A"\nslug = "first"\ntitle = "Section A"\n')
    tree.publish()
    assert titles(tree.atom()["sections/first.atom"]) == []
    tree.put(record("Alpha beta gamma", sections=("a",)))
    tree.publish()
    before = feedparser.parse(tree.atom()["sections/first.atom"])
    assert before.feed.title == "Test Desk: Section A"
    tree.configure('[[section]]\nname = "A"\nslug = "second"\n')
    assert {"sections/first.atom", "sections/second.atom"} <= set(tree.publish())
    files = tree.atom()
    assert "sections/first.atom" not in files
    after = feedparser.parse(files["sections/second.atom"])
    assert (after.feed.id, after.entries[0].id) == (before.feed.id, before.entries[0].id)


def test_a_section_of_another_name_keeps_its_address_and_its_id(tree: Tree) -> None:
    tree.put(record("Alpha beta gamma", sections=("Sea",)))
    tree.publish()
    before = feedparser.parse(tree.atom()["sections/sea.atom"])
    tree.configure('[[section]]\nname = "Harbour"\nformerly = ["Sea"]\n')
    tree.publish()
    after = feedparser.parse(tree.atom()["sections/sea.atom"])
    assert after.feed.title == "Test Desk: Harbour"
    assert [tag.term for tag in after.entries[0].tags if tag.scheme is None] == ["Harbour"]
    assert (after.feed.id, after.entries[0].id) == (before.feed.id, before.entries[0].id)
    assert after.entries[0].updated == before.entries[0].updated
    assert tree.publish() == []
    # Its files move only where a person names them anew.
    tree.configure('[[section]]\nname = "Harbour"\nformerly = ["Sea"]\nslug = "harbour"\n')
    assert {"sections/sea.atom", "sections/harbour.atom"} <= set(tree.publish())
    files = tree.atom()
    assert "sections/sea.atom" not in files
    assert feedparser.parse(files["sections/harbour.atom"]).feed.id == before.feed.id


def test_a_section_that_is_part_of_another_leaves_no_file(tree: Tree) -> None:
    tree.configure('[[section]]\nname = "Town"\n')
    tree.put(record("Alpha beta gamma", sections=("Sea", "Boats")), record("Delta epsilon zeta", sections=("Town",)))
    tree.publish()
    before = feedparser.parse(tree.atom()["sections/town.atom"]).feed.id
    tree.configure('[[section]]\nname = "Town"\nformerly = ["Sea"]\n')
    assert {"sections/sea.atom", "sections/sea.free.atom", "sections/town.atom"} <= set(tree.publish())
    files = tree.atom()
    assert not [path for path in files if path.startswith("sections/sea")]
    assert sorted(titles(files["sections/town.atom"])) == ["Alpha beta gamma", "Delta epsilon zeta"]
    assert feedparser.parse(files["sections/town.atom"]).feed.id == before
    assert "sea" not in files["feeds.opml"].decode()
    (entry,) = feedparser.parse(files["sections/boats.atom"]).entries
    assert [tag.term for tag in entry.tags if tag.scheme is None] == ["Town", "Boats"]
    assert tree.publish() == []


def test_the_free_feed_has_what_is_free_and_nothing_else(tree: Tree) -> None:
    levels = {level: record(f"A headline of {level.value}", access=level, sections=("A",)) for level in Access}
    tree.put(*levels.values())
    tree.publish()
    assert titles(tree.atom()["sections/a.free.atom"]) == ["A headline of free"]
    assert len(titles(tree.atom()["sections/a.atom"])) == len(Access)


@pytest.mark.parametrize("level", list(Access))
def test_gated_bodies_have_no_way_out(tree: Tree, level: Access) -> None:
    tree.put(record("A headline with a body", text="SENTINEL " * 20, summary="Teaser.", access=level, sections=("A",)))
    tree.publish()
    out = b"".join(tree.atom().values())
    assert (b"SENTINEL" in out) is not level.gated
    assert b"Teaser." in out


def test_a_title_made_of_a_gated_body_stays_behind(tree: Tree) -> None:
    tree.put(record("SENTINEL begins", title_from_body=True, text="SENTINEL begins and goes on", access=Access.PREMIUM))
    tree.publish()
    assert b"SENTINEL" not in b"".join(tree.atom().values())
    assert titles(tree.atom()["all.atom"]) == ["Untitled"]


def test_what_became_premium_leaves_the_feeds(tree: Tree) -> None:
    tree.put(record("An open story of the day", text="SENTINEL " * 20, access=Access.FREE, sections=("A",)))
    tree.publish()
    with reading(tree.engine) as connection:
        (entry,) = entries.listing(connection)
    set_access(tree.engine, entry.uid, Access.PREMIUM, NOW + timedelta(hours=1))
    tree.publish()
    assert b"SENTINEL" not in b"".join(tree.atom().values())
    assert titles(tree.atom()["sections/a.free.atom"]) == []


def test_flags_and_links(tree: Tree) -> None:
    tree.configure(
        '[access]\nsubscribe_url = "https://t.example/pay"\n[access.labels]\npremium = "For subscribers"\n'
        '[publish]\ntitle_prefix = "[+] "\nhubs = ["https://hub.example/"]\n'
    )
    tree.put(record("A paid story of today", access=Access.PREMIUM, sections=("A",)))
    tree.publish()
    feed = feedparser.parse(tree.atom()["sections/a.atom"])
    (entry,) = feed.entries
    assert entry.title == "[+] A paid story of today"
    assert {"rel": "payment", "href": "https://t.example/pay"}.items() <= entry.links[1].items()
    tags = {(tag.term, tag.scheme, tag.label) for tag in entry.tags}
    assert ("premium", "http://127.0.0.1:8080/ns/access", "For subscribers") in tags
    assert [link.href for link in feed.feed.links if link.rel == "hub"] == ["https://hub.example/"]
    assert entry.dcterms_accessrights == "premium"
    assert b"For subscribers" in tree.atom()["index.html"]


def test_duplicates_are_folded_behind_the_lead_in_every_section(tree: Tree) -> None:
    text = "The same words in both papers, long enough to be a body that can be compared with another one. " * 3
    title = "One story in two papers"
    tree.put(record(title, source="a", url="https://a.example/1", text=text, sections=("A",)), source="a")
    tree.put(record(title, source="b", url="https://b.example/1", text=text, sections=("B",)), source="b")
    tree.publish()
    files = tree.atom()
    assert titles(files["all.atom"]) == [title]
    for name in ("a", "b"):
        (entry,) = feedparser.parse(files[f"sections/{name}.atom"]).entries
        assert entry.link == "https://a.example/1"
        assert [(one.href, one.title) for one in entry.links if one.rel == "via"] == [("https://b.example/1", "B")]


def test_a_story_that_is_copied_a_thousand_times_costs_no_other_its_place(tree: Tree) -> None:
    text = " ".join(f"word{number}" for number in range(60))
    title = "Same title of four words here"
    for source, count in (("a", 1), ("b", 1500)):
        urls = [f"https://{source}.example/{number:04}" for number in range(count)]
        tree.put(*(record(title, source=source, url=url, text=text) for url in urls), source=source, name=source)
    others = [record(f"Story number {n} of the day", published=NOW - timedelta(days=n)) for n in range(20)]
    tree.put(*others, source="c")
    tree.publish()
    found = feedparser.parse(tree.atom()["all.atom"]).entries
    assert len(found) == 21
    (links,) = ([one for one in entry.links if one.rel == "via"] for entry in found if entry.title == title)
    assert len(links) == entries.MOST_ELSEWHERE


def test_links_go_before_entries_the_longest_first(tree: Tree) -> None:
    numbers = range(10)
    days = [NOW - timedelta(days=n) for n in numbers]
    tree.put(*(record(f"Story {n}", url=f"https://a.example/{n}", published=days[n]) for n in numbers))
    urls = [f"https://b.example/{n}{'x' * 190 * n}" for n in numbers]
    tree.put(*(record(f"Other {n}", url=urls[n], published=NOW - timedelta(days=99)) for n in numbers), name="other")
    with writing(tree.engine) as connection:
        pairs.put(connection, [Pair(1 + n, 11 + n, RELATED, 0.5) for n in numbers])
    tree.configure("[publish]\nentries = 10\nmax_bytes = 10000\n")
    tree.publish(everything=True)
    found = feedparser.parse(tree.atom()["all.atom"]).entries
    assert [entry.title for entry in found] == [f"Story {n}" for n in numbers]
    linked = [any(one.rel == "related" for one in entry.links) for entry in found]
    assert linked == sorted(linked, reverse=True)
    assert set(linked) == {True, False}


def test_a_story_in_other_words_is_linked(tree: Tree) -> None:
    tree.put(record("One story", source="a", url="https://a.example/1", sections=("A",)), source="a")
    tree.put(record("Told otherwise", source="b", url="https://b.example/1", sections=("B",)), source="b")
    tree.put(record("Told without an address", source="b", sections=("B",)), source="b")
    with writing(tree.engine) as connection:
        pairs.put(connection, [Pair(1, 2, RELATED, 0.5), Pair(1, 3, RELATED, 0.25)])
    tree.publish(everything=True)
    files = tree.atom()
    (entry,) = feedparser.parse(files["sections/a.atom"]).entries
    assert [(one.href, one.title) for one in entry.links if one.rel == "related"] == [("https://b.example/1", "B")]
    linked = {
        each.title: [one.href for one in each.links if one.rel == "related"]
        for each in feedparser.parse(files["sections/b.atom"]).entries
    }
    assert linked == {"Told otherwise": ["https://a.example/1"], "Told without an address": ["https://a.example/1"]}


def test_feeds_are_capped_by_number_and_by_bytes(tree: Tree) -> None:
    tree.configure("[publish]\nentries = 5\nmax_bytes = 10000\n")
    rows = [
        record(f"Story number {n} of the day", published=NOW - timedelta(days=n), text="word " * 100, sections=("A",))
        for n in range(9)
    ]
    tree.put(*rows)
    tree.publish()
    assert titles(tree.atom()["sections/a.atom"]) == [f"Story number {n} of the day" for n in range(5)]
    tree.put(*(replace(row, text="word " * 600, content="<p>" + "word " * 600 + "</p>") for row in rows))
    tree.publish()
    data = tree.atom()["sections/a.atom"]
    # The bodies of the oldest go first, and no more of them than have to.
    assert ["content" in entry for entry in feedparser.parse(data).entries] == [True, True, False, False, False]
    assert len(data) <= 10000
    tree.put(replace(rows[0], text="word & " * 9000, content="<p>" + "word &amp; " * 9000 + "</p>"))
    tree.publish()
    data = tree.atom()["sections/a.atom"]
    assert ["content" in entry for entry in feedparser.parse(data).entries] == [False, True, True, False, False]
    assert len(data) <= 10000


def test_one_long_article_costs_no_reader_the_short_ones(tree: Tree) -> None:
    rows = [
        record(f"Story number {n} of the day", published=NOW - timedelta(days=n), text="word " * 40, sections=("A",))
        for n in range(40)
    ]
    tree.put(replace(rows[0], text="word " * 120_000, content="<p>" + "word " * 120_000 + "</p>"), *rows[1:])
    tree.publish()
    found = feedparser.parse(tree.atom()["sections/a.atom"]).entries
    assert ["content" in entry for entry in found] == [False] + [True] * 39


def test_the_oldest_entries_go_where_there_is_no_body_left(tree: Tree) -> None:
    tree.configure("[publish]\nmax_bytes = 10000\n")
    rows = [
        record(f"Story {n} of the day", summary="word " * 80, published=NOW - timedelta(days=n), sections=("A",))
        for n in range(20)
    ]
    tree.put(*rows)
    tree.publish()
    data = tree.atom()["sections/a.atom"]
    assert titles(data) == [f"Story {n} of the day" for n in range(len(titles(data)))]
    assert 8000 < len(data) <= 10000


def test_a_feed_that_one_entry_overfills_leaves_the_last_good_one(tree: Tree) -> None:
    tree.configure("[publish]\nmax_bytes = 10000\n")
    files = tuple(Enclosure(f"https://n.example/{n}/{'x' * 300}.mp3", "audio/mpeg", 1) for n in range(45))
    row = record("A story with many recordings", enclosures=files, sections=("A",))
    tree.put(row)
    tree.publish()
    (entry,) = feedparser.parse(tree.atom()["sections/a.atom"]).entries
    assert entry.title == "A story with many recordings"
    assert not [link for link in entry.links if link.rel == "enclosure"]
    good = tree.atom()["sections/a.atom"]
    tree.put(replace(row, categories=tuple(f"{n} " + "x" * 250 for n in range(50))))
    for _run in range(2):
        refused = publish(tree.engine, tree.config, NOW).refused
        assert "raise [publish] max_bytes" in refused["sections/a.atom"]
        assert tree.atom()["sections/a.atom"] == good
    tree.configure("")
    tree.publish()
    (entry,) = feedparser.parse(tree.atom()["sections/a.atom"]).entries
    assert len([link for link in entry.links if link.rel == "enclosure"]) == 45
    with reading(tree.engine) as connection:
        assert incidents.opened(connection) == []


def test_an_entry_that_cannot_be_rendered_is_left_out_and_named(tree: Tree) -> None:
    bad = record("A story with a bad link", url="javascript:alert(1)", sections=("A",))
    tree.put(bad, record("A story that is well", sections=("A",)))
    result = publish(tree.engine, tree.config, NOW)
    assert titles(tree.atom()["sections/a.atom"]) == ["A story that is well"]
    assert list(result.left_out) == ["tag:t,2026:" + bad.keys[0].hex()]
    with reading(tree.engine) as connection:
        (incident,) = incidents.opened(connection)
    assert (incident.kind, incident.subject) == ("quarantined", "tag:t,2026:" + bad.keys[0].hex())
    tree.put(replace(bad, url="https://n.example/ab", keys=bad.keys))
    publish(tree.engine, tree.config, NOW)
    assert len(titles(tree.atom()["sections/a.atom"])) == 2
    with reading(tree.engine) as connection:
        assert incidents.opened(connection) == []


def test_an_entry_that_left_every_feed_is_nobodys_trouble(tree: Tree) -> None:
    tree.configure("[publish]\nentries = 2\narchives = false\n")
    bad = record("A story with a bad link", url="javascript:alert(1)", published=NOW, sections=("A",))
    tree.put(bad, record("A story that is well", published=NOW - timedelta(days=1), sections=("A",)))
    tree.publish()

    def troubles() -> int:
        with reading(tree.engine) as connection:
            return len(incidents.opened(connection))

    # It left the feed of everything, but its section would still show it.
    later = [
        record(f"Story {n} of the next day", published=NOW + timedelta(hours=n + 1), sections=("B",)) for n in (0, 1)
    ]
    tree.put(*later)
    tree.publish()
    assert troubles() == 1
    tree.put(*(replace(row, sections=("A",)) for row in later), name="second")
    tree.publish()
    assert troubles() == 0
    assert len(titles(tree.atom()["sections/a.atom"])) == 2


def test_a_quarantined_entry_that_is_gone_and_a_refused_feed_that_is_gone(tree: Tree) -> None:
    tree.put(record("A story that is well", sections=("A",)))
    with writing(tree.engine) as connection:
        incidents.open_incident(connection, "quarantined", "tag:t,2026:none", "x", NOW)
        incidents.open_incident(connection, "refused", "sections/former.atom", "x", NOW)
        incidents.open_incident(connection, "failing", "s", "x", NOW)
    tree.publish()
    with reading(tree.engine) as connection:
        assert [one.kind for one in incidents.opened(connection)] == ["failing"]


_PATHS = {
    "all": "all.atom",
    "allfree": "all.free.atom",
    "a": "sections/a.atom",
    "free": "sections/a.free.atom",
    "index": "index.html",
    "opml": "feeds.opml",
    "incidents": "incidents.atom",
}
_SOURCE = '[[source]]\nname = "s"\npath = "x"\n'


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("", "[publish]\nentries = 1\n", "all a index"),
        ("", '[publish]\nhubs = ["https://hub.example/"]\n', "all allfree a free incidents"),
        ("", '[publish]\ntitle_prefix = "[+] "\n', "all a index"),
        ("", '[access.labels]\npremium = "Paid"\n', "all a index"),
        ("", '[access]\nsubscribe_url = "https://h.example/"\n', "all a index"),
        ("", '[[section]]\nname = "A"\ntitle = "Z"\n', "a free index opml"),
        ("", '[site]\ntimezone = "Asia/Tokyo"\n', "index"),
        ("", '[site]\nlanguage = "de"\n', "all allfree a free incidents index opml"),
        ("", '[site]\ntitle = "New"\n', "all allfree a free incidents index opml"),
        ("", '[site]\nbase_url = "https://new.example/"\n', "all allfree a free incidents index opml"),
        (_SOURCE, _SOURCE + 'link = "https://s.example/"\n', "all a index"),
        ("", "[poll]\ninterval = 90\n", ""),
        (_SOURCE, _SOURCE + "interval = 90\n", ""),
    ],
)
def test_settings_that_change_are_published(tree: Tree, before: str, after: str, changed: str) -> None:
    tree.configure(before)
    tree.put(
        record("A paid story of the day", access=Access.PREMIUM, published=NOW, sections=("A",)),
        record("Another paid story of the day", access=Access.PREMIUM, published=NOW, sections=("A",)),
    )
    tree.publish()
    assert tree.publish() == []
    if after.startswith("[site]"):
        kept = [line for line in SITE.splitlines(keepends=True) if line.partition(" =")[0] not in after]
        tree.config = parse(after + "".join(kept), tree.folder / "config.toml")
        declare(tree.engine, tree.config, NOW)
    else:
        tree.configure(after)
    paths = {_PATHS[name] for name in changed.split()}
    assert set(tree.publish()) == (paths | {"manifest.json"} if paths else set())
    assert tree.publish() == []


def test_a_feed_that_new_settings_break_is_tried_again(tree: Tree) -> None:
    tree.put(record("A story that is well", sections=("A",)))
    tree.publish()
    broken = tree.config.model_copy(update={"site": tree.config.site.model_copy(update={"base_url": "nowhere/"})})
    broken._root = tree.config.root
    for _run in range(2):
        assert "sections/a.atom" in publish(tree.engine, broken, NOW).refused


def test_the_page_reads_no_more_than_it_shows(tree: Tree) -> None:
    tree.configure("[publish]\nentries = 10\narchives = false\n")
    for name in ("A", "B"):
        tree.put(
            *(
                record(f"Story {n} of {name} today", published=NOW - timedelta(hours=n), sections=(name,))
                for n in range(20)
            ),
            name=name,
        )
    tree.publish()
    with reading(tree.engine) as connection:
        entry = list(entries.listing(connection, section="B"))[ON_INDEX]
    # What stands beyond the headlines of a section that owes nothing is not even looked at.
    with writing(tree.engine) as connection:
        connection.execute(text("UPDATE entries SET access = 'no such level' WHERE id = :id"), {"id": entry.id})
    tree.put(record("A new story of A today", published=NOW, sections=("A",)), name="new")
    assert "sections/a.atom" in tree.publish()
    with pytest.raises(ValueError, match="no such level"):
        tree.publish(everything=True)


def test_a_feed_against_the_rules_is_not_published_and_stays_owed(tree: Tree) -> None:
    tree.put(record("A story that is well", sections=("A",)))
    tree.publish()
    good = tree.atom()
    future = record("A story of tomorrow or later", published=NOW + timedelta(days=400), sections=("A",))
    tree.put(future)
    result = publish(tree.engine, tree.config, NOW)
    # An implausible date is a warning in the W3C's rules: it is published. Nothing that our own renderer makes is an
    # error, so a rule is broken here by a site address that is no address of a feed.
    assert result.refused == {}
    broken = tree.config.model_copy(update={"site": tree.config.site.model_copy(update={"base_url": "nowhere/"})})
    broken._root = tree.config.root
    tree.put(record("A third story of the day", sections=("A",)))
    refused = publish(tree.engine, broken, NOW).refused
    assert "sections/a.atom" in refused
    assert tree.atom()["sections/a.atom"] != good["sections/a.atom"]
    with reading(tree.engine) as connection:
        assert "refused" in {incident.kind for incident in incidents.opened(connection)}
        assert sections.dirty(connection)
    assert "sections/a.atom" in tree.publish()
    with reading(tree.engine) as connection:
        assert incidents.opened(connection) == []
        assert sections.dirty(connection) == {}


def test_what_changes_during_a_publish_stays_owed(tree: Tree) -> None:
    tree.put(record("A story that is well", sections=("A",)))
    with reading(tree.engine) as connection:
        seen = sections.dirty(connection)
    tree.put(record("Another story of the day", sections=("A",)))
    with writing(tree.engine) as connection:
        sections.clean(connection, seen)
        assert set(sections.dirty(connection)) == set(seen)


def test_an_unwritable_tree_is_said_and_nothing_is_forgotten(tree: Tree) -> None:
    tree.put(record("A story that is well", sections=("A",)))
    tree.config.public.parent.mkdir(exist_ok=True)
    tree.config.public.write_text("a file")
    result = publish(tree.engine, tree.config, NOW)
    assert result.paths == []
    assert all("public" in message for message in result.unwritable.values())
    assert [one.kind for one in status(tree.engine).incidents] == ["unwritable"]
    tree.config.public.unlink()
    assert "sections/a.atom" in tree.publish()
    assert status(tree.engine).well


def test_one_file_that_cannot_be_written_does_not_stop_the_others(tree: Tree) -> None:
    tree.put(record("A story that is well", sections=("A",)))
    (tree.config.public / "all.atom").mkdir(parents=True)
    result = publish(tree.engine, tree.config, NOW)
    assert set(result.unwritable) == {"all.atom"}
    assert {"sections/a.atom", "index.html", "manifest.json"} <= set(result.paths)
    assert not status(tree.engine).well
    (tree.config.public / "all.atom").rmdir()
    # The trouble is told, too; that it is over by the next.
    assert set(tree.publish()) == {"all.atom", "incidents.atom", "manifest.json"}
    assert status(tree.engine).well


def test_a_feed_that_lost_its_last_entry_keeps_its_time(tree: Tree) -> None:
    tree.put(record("A free story of the day", access=Access.FREE, sections=("A",), published=NOW))
    tree.publish()
    tree.put(record("A free story of the day", access=Access.PREMIUM, sections=("A",), evidence=(MARKER,)))
    tree.publish()
    feed = feedparser.parse(tree.atom()["sections/a.free.atom"])
    assert feed.entries == []
    assert feed.feed.updated.startswith("2026-11-01T12:00:00")


def test_names(tree: Tree) -> None:
    tree.put(record("A story that is well", sections=("Łódź news",)))
    tree.publish()
    tree.config.public.joinpath("sections/lodz-news.atom").write_bytes(b"edited")
    assert tree.publish("łódź NEWS") == ["sections/lodz-news.atom"]
    with pytest.raises(UsageError):
        tree.publish("x")


def test_the_manifest_and_the_list_of_feeds(tree: Tree) -> None:
    tree.put(record("A story that is well", sections=("A",)))
    tree.publish()
    files = tree.atom()
    manifest = json.loads(files["manifest.json"])
    assert set(manifest) == {"settings", "files"}
    assert {line["path"] for line in manifest["files"]} == {
        path for path in tree.all_files() if not path.endswith(ENDINGS) and path != "manifest.json"
    }
    assert {"path", "sha256", "size", "entries", "updated", "cut"} == set(manifest["files"][0])
    opml = etree.fromstring(files["feeds.opml"])
    urls = [str(outline.get("xmlUrl")) for outline in opml.iter("outline") if outline.get("xmlUrl")]
    assert urls == ["http://127.0.0.1:8080/all.atom", "http://127.0.0.1:8080/sections/a.atom"]
    (tree.config.public / "manifest.json").write_text("[{]")
    assert tree.publish() == ["manifest.json"]


def test_a_broken_file_of_ours_is_found(tree: Tree) -> None:
    tree.put(record("A story that is well", sections=("A",)))
    tree.publish()
    manifest = json.loads(tree.atom()["manifest.json"])
    data = b"<feed/>"
    (tree.config.public / "all.atom").write_bytes(data)
    for line in manifest["files"]:
        if line["path"] == "all.atom":
            from hashlib import sha256

            line["sha256"] = sha256(data).hexdigest()
    (tree.config.public / "manifest.json").write_text(json.dumps(manifest))
    assert any(found.startswith("all.atom:1:1: ") for found in verify(tree.config, NOW))


def test_a_tree_that_cannot_be_read_is_not_sound(tree: Tree) -> None:
    (tree.config.public / "manifest.json").mkdir(parents=True)
    (only,) = verify(tree.config, NOW)
    assert only.endswith("manifest.json: cannot be read: Is a directory")


def test_undated_entries_keep_the_order_of_the_page(tree: Tree) -> None:
    names = ["Zeta one two three", "Alpha one two three", "Mu one two three"]
    tree.put(*(record(name, position=at, dated=NOW, sections=("A",)) for at, name in enumerate(names)))
    tree.publish()
    assert titles(tree.atom()["sections/a.atom"]) == names


def test_show_takes_the_fields_of_the_allowlist_alone(tree: Tree) -> None:
    tree.put(record("A story with everything", text="SENTINEL " * 30, access=Access.REGISTRATION))
    with reading(tree.engine) as connection:
        (entry,) = entries.listing(connection)
    public = show(replace(entry, enclosures=()), (), (), tree.config, {})
    assert "SENTINEL" not in repr(public)
    assert public.url == "http://127.0.0.1:8080/"


@pytest.mark.parametrize("page", ["index.html", "feeds.opml", "style.css", "sitemap-news.xml"])
def test_a_page_that_cannot_be_written_stops_nothing_and_is_not_removed(tree: Tree, page: str) -> None:
    at = NOW - timedelta(hours=1)
    tree.put(record("A story that is well", url="https://n.example/1", published=at, dated=at, sections=("A",)))
    tree.publish()
    (tree.config.public / page).unlink()
    (tree.config.public / page).mkdir()
    tree.put(record("Another story of the day", sections=("A",)), name="second")
    result = publish(tree.engine, tree.config, NOW)
    assert set(result.unwritable) == {page}
    assert "sections/a.atom" in result.paths
    assert not status(tree.engine).well
    (tree.config.public / page).rmdir()
    assert page in tree.run().paths
    assert status(tree.engine).well


def test_a_file_that_cannot_be_removed_stops_nothing(tree: Tree) -> None:
    tree.configure('[[section]]\nname = "A"\nslug = "first"\n')
    tree.put(record("A story that is well", sections=("A",)))
    tree.publish()
    (tree.config.public / "sections/first.atom").unlink()
    (tree.config.public / "sections/first.atom").mkdir()
    tree.configure('[[section]]\nname = "A"\nslug = "second"\n')
    result = publish(tree.engine, tree.config, NOW)
    assert set(result.unwritable) == {"sections/first.atom"}
    assert "sections/second.atom" in result.paths


def test_swapped_slugs_swap_their_feeds(tree: Tree) -> None:
    tree.configure('[[section]]\nname = "A"\nslug = "aa"\n[[section]]\nname = "B"\nslug = "bb"\n')
    tree.put(record("A story of section one", sections=("A",)), record("A story of section two", sections=("B",)))
    tree.publish()
    tree.configure('[[section]]\nname = "A"\nslug = "bb"\n[[section]]\nname = "B"\nslug = "aa"\n')
    tree.publish()
    assert titles(tree.atom()["sections/aa.atom"]) == ["A story of section two"]
    assert titles(tree.atom()["sections/bb.atom"]) == ["A story of section one"]
