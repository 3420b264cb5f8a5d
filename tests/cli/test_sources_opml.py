"""`feeds sources import` and `export`."""

from __future__ import annotations

import io
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from feeds.formats.opml import Subscription, read_subscriptions, render_subscriptions
from tests.command import SEEDS, Folder
from tests.pace import slowness

CASES = Path(__file__).parent.parent / "cases" / "opml"
WIRE = '[[source]]\nname = "wire"\nurl = "https://wire.example/feed"\nsections = ["Wire"]\n'


@pytest.fixture
def empty(tmp_path: Path) -> Folder:
    return Folder(tmp_path).config(SEEDS + WIRE)


def put(desk: Folder, *subscriptions: Subscription) -> str:
    (desk.path / "list.opml").write_bytes(render_subscriptions("L", subscriptions))
    return "list.opml"


def options(desk: Folder) -> dict[str, Any]:
    """Name -> what a poll would be told, of every source with an address."""
    ran = desk.run("sources", "list", "--json")
    return {one["source"]: one for one in ran.json if str(one["location"]).startswith("http")}


def exported(desk: Folder) -> list[Subscription]:
    return list(read_subscriptions(desk.run("sources", "export").out.encode(), "export").subscriptions)


def test_feeds_of_another_reader_become_sources(empty: Folder) -> None:
    ran = empty.run("sources", "import", str(CASES / "miniflux.opml"), "--json")
    assert ran.code == 0
    assert ran.json == {
        "added": [
            {"source": "Harbour Courier", "url": "https://courier.example/feed.xml", "sections": ["All"]},
            {"source": "Quay live", "url": "https://quay.example/atom?lang=en&copy=2", "sections": ["All"]},
            {"source": "Пристань", "url": "https://prystan.example/rss", "sections": ["Światło & cień"]},
        ],
        "present": [],
        "unusable": [],
        "dry_run": False,
    }
    found = options(empty)
    assert [found[name]["origin"] for name in ("Harbour Courier", "Quay live", "Пристань")] == ["added"] * 3
    ours = {one.url: one for one in exported(empty)}
    theirs = read_subscriptions((CASES / "miniflux.opml").read_bytes(), "miniflux").subscriptions
    assert [ours[one.url] for one in theirs] == list(theirs)


def test_what_cannot_be_a_source_is_named_with_the_reason(empty: Folder) -> None:
    ran = empty.run("sources", "import", str(CASES / "freshrss.opml"))
    assert ran.code == 1
    assert ran.out == "added 3 sources; 0 there already, 1 unusable; 'feeds update' polls them now\n"
    assert ran.err == (
        "Ferry notices (https://ferry.example/notices): a page with rules of its own (HTML+XPath), not a feed\n"
    )
    ran = empty.run("sources", "import", str(CASES / "newsboat.opml"), "--json")
    assert ran.code == 1
    assert [one["source"] for one in ran.json["added"]] == ["Harbour Courier"]
    assert [one["source"] for one in ran.json["present"]] == ["Quay"]
    (refused,) = ran.json["unusable"]
    assert (refused["title"], refused["url"]) == ("Tides", "exec:~/bin/tides")
    assert refused["reason"].startswith("url: give an address that begins with http:// or https://")
    secret = put(empty, Subscription(title="S", url="https://me:hunter2@s.example/feed?token=abc"))
    ran = empty.run("sources", "import", secret, "--json")
    assert ran.code == 1
    assert "hunter2" not in ran.out + ran.err
    assert "abc" not in ran.out + ran.err


def test_the_same_address_is_not_added_twice(empty: Folder) -> None:
    listed = [
        Subscription(title="The Wire", url="http://www.wire.example/feed/", sections=("wire", "Economy")),
        Subscription(title="A", url="https://a.example/feed", sections=("Town",)),
        Subscription(title="A again", url="http://a.example/feed/", sections=("Sea", "Town")),
        Subscription(title="B", url="https://b.example/feed"),
        Subscription(title="B again", url="http://b.example/feed"),
    ]
    put(empty, *listed)
    ran = empty.run("sources", "import", "list.opml", "--json")
    assert ran.code == 0
    assert ran.json["added"] == [
        {"source": "A", "url": "https://a.example/feed", "sections": ["Town", "Sea"]},
        {"source": "B", "url": "https://b.example/feed", "sections": []},
    ]
    assert ran.json["present"] == [
        {"source": "wire", "url": "http://www.wire.example/feed/", "missing_sections": ["Economy"]},
        {"source": "A", "url": "http://a.example/feed/", "missing_sections": []},
        {"source": "B", "url": "http://b.example/feed", "missing_sections": []},
    ]
    assert [one.sections for one in exported(empty) if one.title == "A"] == [("Town", "Sea")]
    again = empty.run("sources", "import", "list.opml")
    assert again.code == 0
    assert again.out == (
        'source "wire" is there already, without its sections Economy\nadded 0 sources; 5 there already, 0 unusable\n'
    )


def test_names_are_made_unique(empty: Folder) -> None:
    put(empty, *(Subscription(title="Wire", url=f"https://{host}.example/feed") for host in "abc"))
    assert empty.run("sources", "import", "list.opml").code == 0
    assert sorted(options(empty)) == ["Wire-2", "Wire-3", "Wire-4", "wire"]
    assert {one.title for one in exported(empty)} == {"Wire", "wire"}


def test_one_section_for_all(empty: Folder) -> None:
    put(empty, Subscription(title="A", url="https://a.example/feed", sections=("Town", "Sea")))
    ran = empty.run("sources", "import", "list.opml", "--section", "Abroad", "--json")
    assert ran.json["added"][0]["sections"] == ["Abroad"]
    assert empty.run("sources", "import", "list.opml", "--section", " ").code == 2


def test_a_dry_run_adds_nothing(empty: Folder) -> None:
    put(empty, Subscription(title="A", url="https://a.example/feed"))
    ran = empty.run("sources", "import", "list.opml", "--dry-run")
    assert (ran.code, ran.out) == (0, "would add 1 source; 0 there already, 0 unusable\n")
    assert empty.run("sources", "import", "list.opml", "--dry-run", "--json").json["dry_run"] is True
    assert list(options(empty)) == ["wire"]


def test_a_source_that_was_removed_comes_back_under_its_name(empty: Folder) -> None:
    assert empty.run("sources", "add", "https://a.example/feed", "--name", "old").code == 0
    assert empty.run("sources", "remove", "old").code == 0
    put(
        empty,
        Subscription(title="New", url="https://a.example/feed/", sections=("Town",)),
        Subscription(title="Old", url="https://b.example/feed"),
    )
    ran = empty.run("sources", "import", "list.opml", "--json")
    assert [(one["source"], one["sections"]) for one in ran.json["added"]] == [("old", ["Town"]), ("Old-2", [])]
    assert sorted(options(empty)) == ["Old-2", "old", "wire"]


def test_a_source_that_the_configuration_pauses_stays_paused(empty: Folder) -> None:
    empty.config(WIRE + "enabled = false\n")
    put(empty, Subscription(title="W", url="https://wire.example/feed"))
    ran = empty.run("sources", "import", "list.opml", "--json")
    assert (ran.json["added"], len(ran.json["present"])) == ([], 1)


def test_a_home_page_that_cannot_be_linked_is_left_out(empty: Folder) -> None:
    put(empty, Subscription(title="A", url="https://a.example/feed", site_url="a.example"))
    assert empty.run("sources", "import", "list.opml").code == 0
    assert [one.site_url for one in exported(empty)] == [None, None]


def test_a_list_on_standard_input(empty: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    data = (CASES / "netnewswire.opml").read_bytes()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    ran = empty.run("sources", "import", "-", "--json")
    assert [one["source"] for one in ran.json["added"]] == ["Harbour Courier", "quay.example"]
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"no")))
    ran = empty.run("sources", "import", "-")
    assert (ran.code, ran.err.startswith("feeds: standard input:1: is not well-formed XML")) == (1, True)


def test_a_list_that_cannot_be_read(empty: Folder) -> None:
    assert empty.run("sources", "import", "nowhere.opml").code == 2
    ran = empty.run("sources", "import", ".")
    assert (ran.code, ran.err) == (1, "feeds: .: cannot be read: Is a directory\n")
    (empty.path / "page.opml").write_text("<html></html>")
    ran = empty.run("sources", "import", "page.opml")
    assert (ran.code, ran.err) == (1, "feeds: page.opml: is XML with root element <html>, not OPML\n")


def test_long_reports_are_cut(empty: Folder) -> None:
    put(empty, *(Subscription(title=f"T{number}", url=f"exec:{number}") for number in range(30)))
    ran = empty.run("sources", "import", "list.opml")
    assert len(ran.err.splitlines()) == 21
    assert ran.err.endswith("and 10 more; --json gives all\n")


@pytest.mark.usefixtures("untraced")
def test_ten_thousand_feeds(empty: Folder) -> None:
    put(
        empty,
        *(
            Subscription(title=f"Feed {number % 100}", url=f"https://h{number}.example/feed", sections=("A", "B"))
            for number in range(10_000)
        ),
    )
    began = time.process_time()
    ran = empty.run("sources", "import", "list.opml", "--json")
    spent = time.process_time() - began
    assert len({one["source"] for one in ran.json["added"]}) == 10_000
    # 0.6 s on the machine it was made on; a statement a row takes 3 s more.
    assert spent < 3 * slowness()


def test_an_export_leaves_local_paths_out(empty: Folder) -> None:
    ran = empty.run("sources", "export")
    assert ran.code == 0
    assert ran.err == "left out 1 source without an address: local files are no use elsewhere\n"
    assert exported(empty) == [Subscription(title="wire", url="https://wire.example/feed", sections=("Wire",))]
    given = empty.run("sources", "export", "--json").json
    assert given == {"written": None, "sources": 1, "left_out": 1, "opml": ran.out}


def test_an_export_to_a_file(empty: Folder) -> None:
    missing = empty.run("sources", "export", "out/feeds.opml")
    assert (missing.code, missing.err.startswith("feeds: out/feeds.opml: there is no folder")) == (2, True)
    (empty.path / "out").mkdir()
    written = empty.run("sources", "export", "out/feeds.opml")
    assert (written.code, written.out) == (0, "wrote 1 source to out/feeds.opml\n")
    path = empty.path / "out" / "feeds.opml"
    assert path.read_text() == empty.run("sources", "export").out
    assert [one.name for one in path.parent.iterdir()] == ["feeds.opml"]
    given = empty.run("sources", "export", "out/feeds.opml", "--json").json
    assert given == {"written": "out/feeds.opml", "sources": 1, "left_out": 1, "opml": None}
    (empty.path / "folder").mkdir()
    assert empty.run("sources", "export", "folder").code == 1


def test_an_export_of_nothing(tmp_path: Path) -> None:
    desk = Folder(tmp_path).config("")
    ran = desk.run("sources", "export")
    assert (ran.code, ran.err) == (0, "")
    assert exported(desk) == []
