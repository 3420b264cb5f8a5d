"""Files in place: with their encodings, mended where one is missing, and gone where they are published no more."""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from datetime import timedelta
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # its wheel has no py.typed
import pytest
import zstandard

from db.engine import reading, writing
from db.records import Access
from db.store import incidents, sections
from feeds.correct import withdraw
from feeds.encodings import ENDINGS, SMALLEST, encoded
from feeds.errors import ConfigError
from feeds.output import write_atomic
from feeds.publish import Press, publish, verify
from feeds.settlement import RESTS
from tests.desk import record
from tests.tree import NOW, Tree, tree

__all__ = ["tree"]

SOURCE = '[[source]]\nname = "s"\nkind = "seed"\npath = "x"\n'
DECODED = {
    ".gz": gzip.decompress,
    ".br": brotli.decompress,
    ".zst": lambda data: zstandard.ZstdDecompressor().decompress(data),
}


def unsound(tree: Tree) -> list[str]:
    """The encodings in the tree that do not hold what the file beside them does, or are not there."""
    files = tree.all_files()
    plain = {path: data for path, data in files.items() if not path.endswith(ENDINGS) and path != "manifest.json"}
    return [
        path + ending
        for path, data in plain.items()
        for ending, decode in DECODED.items()
        if (path + ending in files) != (len(data) >= SMALLEST)
        or (len(data) >= SMALLEST and decode(files[path + ending]) != data)
    ]


def test_every_file_has_its_encodings_beside_it(tree: Tree) -> None:
    tree.put(record("A story that is well", sections=("A",)))
    tree.run()
    assert unsound(tree) == []
    tree.put(record("Another story today", sections=("A",)), name="second")
    tree.run()
    assert unsound(tree) == []


@pytest.mark.parametrize("lost", ["sections/a.atom.br", "sections/a.html.gz", "index.html.zst", "feeds.opml.gz"])
def test_an_encoding_that_is_lost_is_made_again(tree: Tree, lost: str) -> None:
    tree.put(record("A story that is well", sections=("A",)))
    tree.run()
    (tree.config.public / lost).unlink()
    assert tree.run().paths == []
    assert unsound(tree) == []


def test_a_feed_of_a_section_that_is_no_more_is_gone_and_says_so(tree: Tree) -> None:
    tree.configure('[[section]]\nname = "A"\nslug = "first"\n')
    tree.put(record("A story that is well", sections=("A",)))
    tree.run()
    tree.configure('[[section]]\nname = "A"\nslug = "second"\n')
    tree.run()
    files = tree.all_files()
    for path in ("sections/first.atom", "sections/first.free.json", "archive/first/2026-03.atom"):
        assert not [each for each in files if each.startswith(path)]
        assert files[f"gone/{path}"] == b""
    assert tree.run().paths == []
    tree.configure('[[section]]\nname = "A"\nslug = "first"\n')
    tree.run()
    files = tree.all_files()
    assert "gone/sections/first.atom" not in files
    assert "gone/sections/second.atom" in files
    assert unsound(tree) == []


def test_a_format_that_is_wanted_no_more_is_gone(tree: Tree) -> None:
    tree.run()
    tree.configure('[publish]\nformats = ["atom"]\n')
    tree.run()
    assert {path for path in tree.files() if path.startswith("all")} == {"all.atom", "all.free.atom"}
    assert b"all.rss" not in tree.files()["index.html"]
    tree.configure('[publish]\nformats = ["atom", "carrier-pigeon"]\n')
    with pytest.raises(ConfigError, match="carrier-pigeon"):
        tree.run()


def test_all_formats_hold_the_same_entries(tree: Tree) -> None:
    tree.configure("[publish]\nmax_bytes = 10000\n")
    tree.put(*(record(f"Story number {number} of the day " + "x" * 300, sections=("A",)) for number in range(40)))
    tree.run()
    files = tree.files()
    counts = {
        "atom": files["sections/a.atom"].count(b"<entry"),
        "rss": files["sections/a.rss"].count(b"<item>"),
        "json": len(json.loads(files["sections/a.json"])["items"]),
    }
    assert 1 <= counts["rss"] <= counts["atom"] < 40
    assert counts["json"] <= counts["atom"]


def test_one_press_publishes_what_a_fresh_one_does(tree: Tree, tmp_path: Path) -> None:
    press = Press()
    rows = [record(f"Story number {number} today", sections=("A", "B")[: 1 + number % 2]) for number in range(30)]
    for number in range(3):
        tree.put(*rows[number * 10 : number * 10 + 10], name=f"doc{number}")
        publish(tree.engine, tree.config, NOW, press=press)
    kept = tree.all_files()
    shutil.rmtree(tree.config.public)
    tree.run()
    assert tree.all_files() == kept


def test_a_format_of_others_is_published(tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "others"
    (package / "plainlist-1.0.dist-info").mkdir(parents=True)
    (package / "plainlist-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: plainlist\nVersion: 1.0\n")
    (package / "plainlist-1.0.dist-info/entry_points.txt").write_text("[broadsheet.formats]\nlist = plainlist:FORMAT\n")
    (package / "plainlist.py").write_text(
        "from feeds.formats import Format\n"
        "class Renderer:\n"
        "    def render(self, document):\n"
        "        return ''.join(f'{one.title}\\n' for one in document.entries).encode()\n"
        "FORMAT = Format(name='list', suffix='txt', media_type='text/plain; charset=utf-8', renderer=Renderer)\n"
    )
    monkeypatch.syspath_prepend(package)
    tree.configure('[publish]\nformats = ["atom", "list"]\n')
    tree.put(record("A story that is well", sections=("A",)))
    tree.run()
    assert tree.files()["sections/a.txt"] == b"A story that is well\n"
    assert b'type="text/plain"' in tree.files()["sections/a.atom"]
    sys.modules.pop("plainlist", None)


def test_a_document_of_an_archive_that_cannot_be_written_stays_owed(tree: Tree) -> None:
    tree.put(record("A story that is well", sections=("A",)))
    in_the_way = tree.config.public / "archive/a/2026-03.atom"
    in_the_way.mkdir(parents=True)
    assert "archive/a/2026-03.atom" in tree.run().unwritable
    with reading(tree.engine) as connection:
        assert [one.kind for one in incidents.opened(connection)] == ["unwritable"]
    in_the_way.rmdir()
    assert "archive/a/2026-03.atom" in tree.run(now=NOW + RESTS).paths
    with reading(tree.engine) as connection:
        assert incidents.opened(connection) == []


def test_a_publish_that_was_killed_before_its_end_is_finished_by_the_next(tree: Tree) -> None:
    tree.configure('[publish]\nhubs = ["https://hub.example/"]\n')
    tree.put(record("A story that is well", sections=("A",)))
    tree.run()
    manifest = tree.config.public / "manifest.json"
    said, everything = manifest.read_bytes(), owed_pings(tree)
    assert len(everything) > 0
    heard(tree)
    tree.put(record("Another story today", sections=("A",)), name="second")
    # A run that ends before the manifest is written.
    manifest.unlink()
    manifest.mkdir()
    assert "manifest.json" in tree.run().unwritable
    heard(tree)
    manifest.rmdir()
    manifest.write_bytes(said)
    assert tree.run().paths == ["incidents.atom", "manifest.json"]
    assert verify(tree.config, NOW) == []
    assert owed_pings(tree) == {topic for topic in everything if ".free." not in topic}
    assert tree.run().feeds == 0


def heard(tree: Tree) -> None:
    with writing(tree.engine) as connection:
        connection.exec_driver_sql("DELETE FROM deliveries")


def owed_pings(tree: Tree) -> set[str]:
    with reading(tree.engine) as connection:
        rows = connection.exec_driver_sql("SELECT payload FROM deliveries WHERE kind = 'ping'").all()
    return {json.loads(row[0])["topic"] for row in rows}


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_encoding_that_holds_something_else_is_found_and_made_again(tree: Tree, ending: str) -> None:
    tree.put(record("A story that is well", sections=("A",)))
    tree.run()
    (tree.config.public / f"sections/a.atom{ending}").write_bytes(b"broken")
    assert [found.partition(":")[0] for found in verify(tree.config, NOW)] == [f"sections/a.atom{ending}"]
    tree.run(everything=True)
    assert verify(tree.config, NOW) == []


def test_encodings_do_not_outlive_a_file_that_could_not_be_written(tree: Tree) -> None:
    tree.put(record("A story that is well", sections=("A",)))
    (tree.config.public / "sections/a.atom").mkdir(parents=True)
    assert "sections/a.atom" in tree.run().unwritable
    assert not [path for path in tree.all_files() if path.startswith("sections/a.atom")]


def test_a_document_that_is_refused_is_led_to_by_none(tree: Tree) -> None:
    for month in (3, 4, 5):
        at = NOW.replace(month=month)
        tree.put(record(f"Story of month {month}", published=at, dated=at, sections=("A",)), name=f"m{month}")
    in_the_way = tree.config.public / "archive/a/2026-04.atom"
    in_the_way.mkdir(parents=True)
    tree.run()
    files = tree.all_files()
    for path in ("archive/a/2026-03.atom", "archive/a/2026-05.atom", "sections/a.atom"):
        assert b"2026-04.atom" not in files[path]
    in_the_way.rmdir()
    tree.run(now=NOW + RESTS)
    files = tree.all_files()
    for path in ("archive/a/2026-03.atom", "archive/a/2026-05.atom"):
        assert files[path].count(b"archive/a/2026-04.atom") == 1


def test_what_another_process_published_by_is_not_forgotten(tree: Tree) -> None:
    press = Press()
    tree.configure(SOURCE)
    tree.put(record("A story that is well", sections=("A",)), now=NOW)
    publish(tree.engine, tree.config, NOW, press=press)
    tree.configure(SOURCE + 'link = "https://s.example/"\n')
    tree.run()
    assert b'href="https://s.example/"' in tree.files()["all.atom"]
    tree.put(record("Another story today", sections=("A",)), name="second")
    publish(tree.engine, tree.config, NOW, press=press)
    assert tree.files()["all.atom"].count(b'href="https://s.example/"') == 2


def test_a_feed_that_is_refused_rests_before_it_is_tried_again(tree: Tree) -> None:
    press = Press()
    tree.configure("[publish]\nmax_bytes = 10000\n")
    words = "word " * 3000
    tree.put(record("A story that is well", summary=words, sections=("A",)))
    feeds = [publish(tree.engine, tree.config, NOW + timedelta(seconds=at), press=press).feeds for at in (0, 5, 50, 61)]
    assert feeds[0] > 0
    assert feeds[1:3] == [0, 0]
    assert feeds[3] > 0
    tree.put(record("Another story today", sections=("A",)), name="second")
    assert publish(tree.engine, tree.config, NOW + timedelta(seconds=70), press=press).feeds > 0


def test_what_rests_stays_owed(tree: Tree) -> None:
    press = Press()
    at = [NOW + timedelta(seconds=seconds) for seconds in (0, 5, 10, 15, 75)]
    tree.configure("[publish]\nmax_bytes = 10000\n")
    tree.put(record("A story that is well", sections=("A",)))
    publish(tree.engine, tree.config, at[0], press=press)
    long = record("A long story", summary="word " * 3000, published=NOW, sections=("A",))
    tree.put(long, name="long")
    made = [publish(tree.engine, tree.config, each, press=press) for each in at[1:4]]
    assert [bool(one.refused) for one in made] == [True, False, False]
    with reading(tree.engine) as connection:
        assert {one.kind for one in incidents.opened(connection)} == {"refused"}
    assert publish(tree.engine, tree.config, at[4], press=press).refused
    resting = {stem: (tries, until) for stem, (_, tries, until) in press.resting.items()}
    assert resting == dict.fromkeys(["all", "sections/a"], (2, at[4] + timedelta(minutes=2)))


def test_a_feed_that_was_refused_and_is_well_again_rests_no_more(tree: Tree) -> None:
    press = Press()
    tree.configure("[publish]\nmax_bytes = 10000\n")
    tree.put(record("A story that is well", text="The secret words.", published=NOW, sections=("A",)))
    publish(tree.engine, tree.config, NOW, press=press)
    tree.put(record("A long story", summary="word " * 3000, published=NOW + timedelta(1), sections=("A",)), name="long")
    for minutes in (1, 3, 7):
        assert publish(tree.engine, tree.config, NOW + timedelta(minutes=minutes), press=press).refused
    uids = {}
    with reading(tree.engine) as connection:
        uids = {row[0]: row[1] for row in connection.exec_driver_sql("SELECT title, uid FROM entries")}
    for minutes, title in ((8, "A long story"), (9, "A story that is well")):
        at = NOW + timedelta(minutes=minutes)
        withdraw(tree.engine, uids[title], "wrong", at)
        publish(tree.engine, tree.config, at, press=press)
    assert not [path for path, data in tree.all_files().items() if b"secret words" in data]


def test_what_is_refused_keeps_no_other_feed_of_its_section(tree: Tree) -> None:
    press = Press()
    tree.configure('[publish]\nmax_bytes = 10000\n[[saved]]\nname = "long"\nquery = "long"\n')
    tree.put(record("A story that is well", published=NOW + timedelta(2), sections=("A",)))
    tree.put(record("A long story", summary="word " * 3000, published=NOW, sections=("B",)), name="long")
    made = publish(tree.engine, tree.config, NOW, press=press)
    assert "saved/long.atom" in made.refused
    path = tree.config.public / "all.atom"
    path.unlink()
    path.mkdir()
    later = NOW + timedelta(seconds=5)
    tree.put(record("Another story today", published=NOW + timedelta(2), sections=("A",)), name="second")
    assert "all.atom" in publish(tree.engine, tree.config, later, press=press).unwritable
    path.rmdir()
    assert "all.atom" in publish(tree.engine, tree.config, later, press=press).paths
    # What was made is not made again while another feed that shows everything rests.
    assert publish(tree.engine, tree.config, later + timedelta(seconds=5), press=press).feeds == 0


def test_no_encoding_stands_beside_a_file_that_is_too_short_for_one(tree: Tree) -> None:
    tree.configure('[publish]\nformats = ["atom", "json"]\n')
    tree.put(record("A story that costs", access=Access.PREMIUM, sections=("A",)))
    tree.run()
    data = (tree.config.public / "sections/a.free.json").read_bytes()
    assert len(data) < SMALLEST
    stray = tree.config.public / "sections/a.free.json.gz"
    stray.write_bytes(gzip.compress(b"the body"))
    assert [found.partition(":")[0] for found in verify(tree.config, NOW)] == ["sections/a.free.json.gz"]
    tree.run(everything=True)
    assert not stray.exists()


def test_what_a_killed_publish_wrote_goes_with_what_it_showed(tree: Tree) -> None:
    tree.put(record("Story of today", guid="0", sections=("A",)))
    tree.run()
    manifest = tree.config.public / "manifest.json"
    said = manifest.read_bytes()
    at = NOW.replace(month=3)
    story = record("A story", guid="1", text="The secret words.", published=at, dated=at, sections=("A",))
    news = record("News", url="https://n.example/1", guid="2", published=NOW, dated=NOW, sections=("A",))
    tree.put(story, news, name="more")
    tree.run()
    assert (tree.config.public / "archive/a/2026-03.atom").exists()
    # As if it had been killed before its last file.
    manifest.write_bytes(said)
    with reading(tree.engine) as connection:
        uids = [row[0] for row in connection.exec_driver_sql("SELECT uid FROM entries WHERE title <> 'Story of today'")]
    elsewhere = record("A story", guid="1", text="The secret words.", published=at, dated=at, sections=("B",))
    tree.put(elsewhere, news, name="more")
    for uid in uids:
        withdraw(tree.engine, uid, "wrong", NOW)
    tree.run()
    assert not [path for path, data in tree.all_files().items() if b"secret words" in data or b"n.example" in data]


def test_a_file_that_could_not_be_written_is_tried_again_at_once(tree: Tree) -> None:
    press = Press()
    tree.put(record("A story that is well", sections=("A",)))
    publish(tree.engine, tree.config, NOW, press=press)
    path = tree.config.public / "sections/a.json"
    path.unlink()
    path.mkdir()
    tree.put(record("Another story today", sections=("A",)), name="second")
    for _ in range(3):
        assert set(publish(tree.engine, tree.config, NOW, press=press).unwritable) == {"sections/a.json"}
    path.rmdir()
    assert "sections/a.json" in publish(tree.engine, tree.config, NOW, press=press).paths
    with reading(tree.engine) as connection:
        assert incidents.opened(connection) == []


def test_encodings_of_a_killed_publish_are_made_anew(tree: Tree) -> None:
    tree.put(record("A story that is well", sections=("A",)))
    tree.run()
    data = (tree.config.public / "sections/a.atom").read_bytes()
    # A publish writes them first; this one was killed before the file itself, and what it told was taken back.
    for ending in ENDINGS:
        write_atomic(tree.config.public, f"sections/a.atom{ending}", encoded(data.replace(b"well", b"ill"))[ending])
    tree.run("A")
    assert unsound(tree) == []


def test_the_last_good_feed_stays_though_the_manifest_is_lost(tree: Tree) -> None:
    press = Press()
    tree.configure('[publish]\nmax_bytes = 10000\n[[saved]]\nname = "long"\nquery = "long"\n')
    tree.put(record("A story that is well", published=NOW, sections=("A",)))
    publish(tree.engine, tree.config, NOW, press=press)
    tree.put(record("A long story", summary="word " * 3000, published=NOW - timedelta(1), sections=("B",)), name="long")
    manifest = tree.config.public / "manifest.json"
    said = manifest.read_bytes()
    manifest.unlink()
    manifest.mkdir()
    made = publish(tree.engine, tree.config, NOW, press=press)
    assert "saved/long.atom" in made.refused
    assert "manifest.json" in made.unwritable
    manifest.rmdir()
    manifest.write_bytes(said)
    publish(tree.engine, tree.config, NOW, press=press)
    assert verify(tree.config, NOW) == []


def test_the_feeds_of_the_tree_are_told_again_of_other_sections_and_settings_only(tree: Tree) -> None:
    press = Press()
    tree.put(record("A story", sections=("A",)))
    with reading(tree.engine) as connection:
        before, again = sections.every(connection), sections.every(connection)
    files = press.files(tree.config, before)
    assert press.files(tree.config, again) is files
    tree.put(record("Another story", sections=("B",)), name="second")
    with reading(tree.engine) as connection:
        more = press.files(tree.config, sections.every(connection))
    assert {target.stem for target in more} - {target.stem for target in files} == {"sections/b", "sections/b.free"}
    tree.configure('[publish]\nformats = ["atom"]\n')
    assert {path.rpartition(".")[2] for its in press.files(tree.config, before).values() for _, path in its} == {"atom"}
