"""Archives: everything once, in documents that lead to one another, and as few of them made anew as can be."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from db.engine import reading
from db.records import Access
from db.store import sections
from feeds.archives import PART, chains, covered_of, in_order, month_in, path_of
from feeds.correct import restore, set_access, withdraw
from feeds.publish import Press, publish
from feeds.settlement import RESTS
from feeds.validate import check_atom
from tests.desk import record
from tests.tree import NOW, Tree, titles, tree

__all__ = ["tree"]

ATOM = "{http://www.w3.org/2005/Atom}"
BASE = "http://127.0.0.1:8080/"


def at(month: int, day: int = 2, year: int = 2026) -> datetime:
    return datetime(year, month, day, 9, tzinfo=NOW.tzinfo)


def rows(count: int, month: int, section: str = "A", first: int = 0) -> list[object]:
    return [
        record(
            f"Story {number} of month {month} in {section}",
            published=at(month) + timedelta(minutes=number),
            sections=(section,),
        )
        for number in range(first, first + count)
    ]


def archive(tree: Tree, folder: str = "archive/a") -> dict[str, bytes]:
    files = tree.all_files()
    found = chains(path for path in files if path.endswith(".atom"))
    return {path: files[path] for path in in_order(found.get(folder, ()))}


def links(data: bytes) -> dict[str, str]:
    root = etree.fromstring(data)
    return {str(link.get("rel")): str(link.get("href")).removeprefix(BASE) for link in root.iterfind(ATOM + "link")}


def history(tree: Tree, start: str) -> list[str]:
    """What a reader finds who begins with the current feed and follows it back (RFC 5005, section 4)."""
    found: dict[str, None] = {}
    path: str | None = start
    while path is not None:
        data = (tree.config.public / path).read_bytes()
        found.update((str(one.text), None) for one in etree.fromstring(data).iterfind(f"{ATOM}entry/{ATOM}title"))
        path = links(data).get("prev-archive")
    return list(found)


def test_a_reader_who_comes_late_finds_everything(tree: Tree) -> None:
    tree.configure("[publish]\nentries = 5\n")
    given = [*rows(8, 3), *rows(4, 5), *rows(70, 10), *rows(9, 11)]
    tree.put(*given, now=NOW + timedelta(days=20))
    tree.run(now=NOW + timedelta(days=20))
    expected = {one.title for one in given}  # type: ignore[attr-defined]
    for start in ("sections/a.atom", "all.atom"):
        assert set(history(tree, start)) == expected
    assert len(titles(tree.files()["sections/a.atom"])) == 5
    made = archive(tree)
    assert list(made) == [f"archive/a/2026-{month}.atom" for month in ("03", "05", "10", "11")]
    for path, data in made.items():
        assert [f.code for f in check_atom(data, location=BASE + path) if f.severity == "error"] == []
        assert links(data)["current"] == "sections/a.atom"
        assert b"<fh:archive" in data
    assert [links(data).get("prev-archive") for data in made.values()] == [None, *list(made)[:-1]]
    assert [links(data).get("next-archive") for data in made.values()] == [*list(made)[1:], None]


def test_a_month_that_is_over_is_made_once(tree: Tree) -> None:
    tree.put(*rows(8, 3), *rows(3, 10))
    tree.run()
    before = archive(tree)
    tree.put(*rows(2, 11), name="later", now=at(11, 4))
    assert not [path for path in tree.run(now=at(11, 4)).paths if path.startswith("archive/a/2026-03")]
    assert archive(tree)["archive/a/2026-03.atom"] == before["archive/a/2026-03.atom"]
    assert tree.run(everything=True, now=at(11, 4)).paths == []


def test_the_month_that_is_not_over_is_finished_when_it_is(tree: Tree) -> None:
    tree.put(*rows(60, 11), now=at(11, 20))
    tree.run(now=at(11, 20))
    # Those that are left to the current feed, of which it has 50.
    assert len(titles(archive(tree)["archive/a/2026-11.atom"])) == 25
    assert tree.run(now=at(11, 30)).paths == []
    assert "archive/a/2026-11.atom" in tree.run(now=at(12, 1)).paths
    assert len(titles(archive(tree)["archive/a/2026-11.atom"])) == 60
    assert tree.run(now=at(12, 2)).paths == []


def test_a_new_entry_makes_no_long_document_anew(tree: Tree) -> None:
    tree.put(*rows(60, 11), now=at(11, 20))
    tree.run(now=at(11, 20))
    for number in range(60, 75):
        tree.put(*rows(1, 11, first=number), name=f"n{number}", now=at(11, 20))
        written = [path for path in tree.run(now=at(11, 20)).paths if path.startswith("archive/")]
        assert bool(written) == (number == 74)
    assert len(titles(archive(tree)["archive/a/2026-11.atom"])) == 50


def test_a_long_month_has_several_documents(tree: Tree) -> None:
    tree.put(*rows(PART + 7, 3))
    tree.run()
    before = archive(tree)
    assert [len(titles(data)) for data in before.values()] == [PART, 7]
    assert list(before) == ["archive/a/2026-03.atom", "archive/a/2026-03-2.atom"]
    tree.put(*rows(3, 3, first=PART + 7), name="late")
    assert [path for path in tree.run().paths if path.startswith("archive/a/")] == ["archive/a/2026-03-2.atom"]
    assert set(history(tree, "sections/a.atom")) == {one.title for one in rows(PART + 10, 3)}  # type: ignore[attr-defined]


def test_what_is_no_longer_for_everybody_leaves_the_archive_at_once(tree: Tree) -> None:
    text = "The secret words of the story that everybody could read. " * 5
    tree.put(record("A story", text=text, published=at(3), sections=("A",)), *rows(3, 3))
    tree.run()
    assert b"secret words" in archive(tree)["archive/a/2026-03.atom"]
    with reading(tree.engine) as connection:
        from db.store import entries

        (uid,) = [one.uid for one in entries.listing(connection) if one.title == "A story"]
    set_access(tree.engine, uid, Access.PREMIUM, NOW)
    tree.run()
    assert not [path for path, data in tree.all_files().items() if b"secret words" in data]
    withdraw(tree.engine, uid, "wrong", NOW)
    tree.run()
    for path in ("archive/a/2026-03.atom", "archive/all/2026-03.atom"):
        data = tree.all_files()[path]
        assert "A story" not in titles(data)
        (stone,) = etree.fromstring(data).iterfind("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
        assert stone.get("ref") == uid
    assert b"deleted-entry" not in tree.files()["sections/a.atom"]


def test_an_archive_that_nobody_wants_is_gone(tree: Tree) -> None:
    tree.put(*rows(3, 3))
    tree.run()
    tree.configure("[publish]\narchives = false\n")
    tree.run()
    assert archive(tree) == {}
    assert (tree.config.public / "gone/archive/a/2026-03.atom").is_file()
    assert "prev-archive" not in links(tree.files()["sections/a.atom"])
    with reading(tree.engine) as connection:
        assert sections.dirty_months(connection, NOW) == []
    tree.configure("")
    tree.run()
    assert list(archive(tree)) == ["archive/a/2026-03.atom"]
    assert not (tree.config.public / "gone/archive/a/2026-03.atom").exists()


def test_a_budget_leaves_the_rest_owed(tree: Tree) -> None:
    for month in range(1, 8):
        tree.put(*rows(20, month), name=f"m{month}")
    counts = []
    for _ in range(20):
        tree.run(budget=30)
        counts.append((len(archive(tree)), len(archive(tree, "archive/all"))))
        if counts[-1] == (7, 7):
            break
    assert counts[0] != (7, 7)
    assert counts[-1] == (7, 7)
    assert tree.run(everything=True).paths == []


def test_an_order_and_a_history_leave_no_mark(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> None:
    given = [*rows(30, 3), *rows(30, 10), *rows(40, 11), *rows(5, 3, "B")]
    rng = random.Random(5)  # noqa: S311  # an order, no secret
    trees = []
    for pieces in (1, 3, 7):
        from feeds.config import parse
        from tests.command import SITE

        folder = tmp_path_factory.mktemp("desk")
        other = Tree.made(parse(SITE, folder / "config.toml"), folder)
        rng.shuffle(given)
        for number in range(pieces):
            other.put(*given[number::pieces], name=f"doc{number}", now=at(11, 20))
            other.run(now=at(11, 20))
        trees.append(other.all_files())
        other.engine.dispose()
    for files in trees[1:]:
        assert {path for path in files if path.startswith("archive/")} == {
            path for path in trees[0] if path.startswith("archive/")
        }
        assert {path for path in files if files[path] != trees[0].get(path)} <= {"manifest.json"}


@given(st.integers(0, 3000), st.integers(1, 1000))
def test_what_the_archive_leaves_out_is_in_the_feed(count: int, most: int) -> None:
    covered = covered_of(count, most)
    assert 0 <= covered <= count
    assert count - covered <= most
    assert covered_of(count + 1, most) >= covered


def test_names_of_documents() -> None:
    assert [path_of("archive/a", 202603, number) for number in (0, 1, 11)] == [
        "archive/a/2026-03.atom", "archive/a/2026-03-2.atom", "archive/a/2026-03-12.atom",
    ]  # fmt: skip
    assert month_in("archive/a/2026-03-12.atom") == 202603
    with pytest.raises(ValueError, match="no document of an archive"):
        month_in("archive/a/x.atom")
    found = chains(["all.atom", *(path_of("archive/a", month, n) for n in range(11) for month in (202603, 202512))])
    assert in_order(found["archive/a"])[10:13] == [
        "archive/a/2025-12-11.atom", "archive/a/2026-03.atom", "archive/a/2026-03-2.atom",
    ]  # fmt: skip


def test_a_lost_document_is_made_again(tree: Tree) -> None:
    tree.put(*rows(3, 3))
    tree.run()
    before = archive(tree)
    for path in before:
        Path(tree.config.public / path).unlink()
    tree.run()
    assert archive(tree) == before
    assert tree.run().paths == []


WORDS = "The council of the town approved the timetable of the ferry after a long debate about fares and boats. " * 4
BODY = b"THE BODY"


def story_and_copy(tree: Tree) -> str:
    """An entry of section C in February, with a copy of it in A of March that follows it; the id of the former."""
    first, second = NOW.replace(month=2, day=27), NOW.replace(month=3, day=1)
    told: dict[str, Any] = {"text": WORDS + BODY.decode(), "published": first, "dated": first, "sections": ("C",)}
    tree.put(record("Council approves the ferry timetable", source="one", guid="1", **told), source="one", name="one")
    tree.run()
    copied(tree, published=second, dated=second, sections=("A",), text=WORDS)
    tree.run()
    assert BODY in archive(tree)["archive/a/2026-02.atom"]
    with reading(tree.engine) as connection:
        return str(connection.exec_driver_sql("SELECT uid FROM entries WHERE lead_id IS NULL").scalar())


def copied(tree: Tree, **told: Any) -> None:
    tree.put(record("Council approves the ferry timetable", source="two", guid="2", **told), source="two", name="two")


def holding(tree: Tree) -> list[str]:
    return sorted(path for path, data in tree.all_files().items() if BODY in data)


@pytest.mark.parametrize("how", ["withdrawn", "premium"])
def test_a_lead_leaves_the_archives_of_its_copies_too(tree: Tree, how: str) -> None:
    uid = story_and_copy(tree)
    if how == "withdrawn":
        withdraw(tree.engine, uid, "wrong", NOW)
    else:
        set_access(tree.engine, uid, Access.PREMIUM, NOW)
    tree.run()
    assert holding(tree) == []


def test_a_copy_that_becomes_another_story_takes_its_lead_out_of_the_archive(tree: Tree) -> None:
    story_and_copy(tree)
    march = NOW.replace(month=3, day=1)
    told: dict[str, Any] = {"published": march, "dated": march, "sections": ("A",)}
    other = "Owls and forests where nobody had thought to look for a bird in winter since the fires came. " * 4
    tree.put(record("Owls return", source="two", guid="2", text=other, **told), source="two", name="two")
    tree.run()
    assert not [path for path in holding(tree) if "archive/a/" in path]


def test_a_copy_that_changes_its_section_takes_its_lead_along(tree: Tree) -> None:
    story_and_copy(tree)
    copied(tree, text=WORDS, published=NOW.replace(month=3, day=1), dated=NOW.replace(month=3, day=1), sections=("B",))
    tree.run()
    assert [path for path in holding(tree) if path.endswith("2026-02.atom")] == [
        "archive/all/2026-02.atom", "archive/b/2026-02.atom", "archive/c/2026-02.atom",
    ]  # fmt: skip


def test_an_archive_whose_address_is_anothers_holds_nothing_of_the_former(tree: Tree) -> None:
    named = '[[section]]\nname = "A"\nslug = "{}"\n[[section]]\nname = "B"\nslug = "{}"\n'
    tree.configure(named.format("one", "two"))
    tree.put(record("A story", text=BODY.decode(), published=at(3), sections=("A",)), *rows(2, 5, "B"))
    tree.run()
    tree.configure(named.format("three", "one"))
    tree.run()
    assert list(archive(tree, "archive/one")) == ["archive/one/2026-05.atom"]
    assert "prev-archive" not in links(archive(tree, "archive/one")["archive/one/2026-05.atom"])
    assert list(archive(tree, "archive/three")) == ["archive/three/2026-03.atom"]


def test_a_document_made_for_its_links_alone_is_tried_again(tree: Tree) -> None:
    tree.put(*rows(2, 3))
    tree.run()
    path = tree.config.public / "archive/a/2026-03.atom"
    kept = path.read_bytes()
    path.unlink()
    path.mkdir()
    tree.put(*rows(2, 5), name="later")
    press = Press()
    assert "archive/a/2026-03.atom" in publish(tree.engine, tree.config, NOW, press=press).unwritable
    path.rmdir()
    path.write_bytes(kept)
    publish(tree.engine, tree.config, NOW + RESTS, press=press)
    assert b"next-archive" in path.read_bytes()


def test_what_cannot_be_made_lets_others_go_first(tree: Tree) -> None:
    for month in (3, 4, 5):
        tree.put(*rows(20, month), name=f"m{month}")
    (tree.config.public / "archive/a/2026-03.atom").mkdir(parents=True)
    press = Press()
    for _ in range(6):
        publish(tree.engine, tree.config, NOW, press=press, budget=10)
    found = archive(tree)
    assert {"archive/a/2026-04.atom", "archive/a/2026-05.atom"} <= set(found)


def test_what_is_no_longer_for_everybody_waits_for_no_backlog(tree: Tree) -> None:
    for month in range(1, 8):
        tree.put(*rows(20, month), name=f"m{month}")
    tree.put(record("A story", text=BODY.decode(), published=at(9), sections=("Z",)), name="z")
    tree.run()
    with reading(tree.engine) as connection:
        uid = str(connection.exec_driver_sql("SELECT uid FROM entries WHERE title = 'A story'").scalar())
    tree.configure("[publish]\nentries = 40\n")
    tree.run(budget=10)
    set_access(tree.engine, uid, Access.PREMIUM, NOW)
    tree.run(budget=10)
    assert holding(tree) == []


def test_what_a_long_feed_has_no_room_for_is_in_the_archive(tree: Tree) -> None:
    tree.configure("[publish]\nmax_bytes = 40000\n")
    tree.put(*rows(60, 11), now=at(11, 20))
    tree.run(now=at(11, 20))
    words = "word " * 200
    long = [record(f"{n} {words}", published=at(11, 10) + timedelta(minutes=n), sections=("A",)) for n in range(30)]
    tree.put(*long, name="long", now=at(11, 20))
    tree.run(now=at(11, 20))
    assert len(titles(tree.files()["sections/a.atom"])) < 30
    assert len(history(tree, "sections/a.atom")) == 90
    assert tree.run(now=at(11, 20)).paths == []


def test_a_feed_that_was_cut_is_made_up_for_however_short_it_is(tree: Tree) -> None:
    tree.configure("[publish]\nmax_bytes = 40000\n")
    words = "word " * 400
    long = [record(f"{n} {words}", published=at(11, 1) + timedelta(minutes=n), sections=("A",)) for n in range(60)]
    tree.put(*long, *rows(14, 11), now=at(11, 20))
    tree.run(now=at(11, 20))
    assert len(titles(tree.files()["sections/a.atom"])) < 50
    assert len(history(tree, "sections/a.atom")) == 74
    tree.put(*rows(1, 11, first=20), name="one", now=at(11, 20))
    assert tree.run(now=at(11, 20)).shortened == set()
    assert len(history(tree, "sections/a.atom")) == 75


def test_a_tombstone_goes_with_an_entry_that_is_elsewhere_now(tree: Tree) -> None:
    told: dict[str, Any] = {"guid": "moved", "published": at(3, 5), "dated": at(3, 5)}
    tree.put(record("A story", sections=("A",), **told), *rows(2, 3))
    tree.run()
    with reading(tree.engine) as connection:
        uid = str(connection.exec_driver_sql("SELECT uid FROM entries WHERE title = 'A story'").scalar())
    withdraw(tree.engine, uid, "wrong", NOW)
    tree.run()
    assert b"deleted-entry" in archive(tree)["archive/a/2026-03.atom"]
    restore(tree.engine, uid, NOW)
    tree.put(record("A story", sections=("B",), **told))
    tree.run()
    assert b"deleted-entry" not in archive(tree)["archive/a/2026-03.atom"]


def test_an_archive_whose_address_is_anothers_waits_for_no_backlog(tree: Tree) -> None:
    named = '[[section]]\nname = "A"\nslug = "{}"\n[[section]]\nname = "B"\nslug = "{}"\n'
    tree.configure(named.format("one", "two"))
    for month in range(1, 8):
        tree.put(*rows(20, month, "C"), name=f"m{month}")
    tree.put(record("A story", text=BODY.decode(), published=at(5), sections=("A",)), *rows(2, 5, "B"), name="ab")
    tree.run()
    tree.configure(named.format("three", "one"))
    with reading(tree.engine) as connection:
        uid = str(connection.exec_driver_sql("SELECT uid FROM entries WHERE title = 'A story'").scalar())
    set_access(tree.engine, uid, Access.PREMIUM, NOW)
    tree.run(budget=50)
    assert not [path for path in holding(tree) if path.startswith("archive/one/")]
