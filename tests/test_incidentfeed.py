"""The monitor as a feed for everybody: what it tells, what it keeps to itself, and when it is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest

from db.engine import reading, writing
from db.records import IncidentRecord
from db.store import incidents
from feeds import incidentfeed
from feeds.config import Config, parse
from feeds.formats import load
from feeds.formats.atom import Renderer
from feeds.press import Press
from feeds.publish import publish, verify
from feeds.validate import check
from tests.command import SITE
from tests.desk import NOON, hours, record
from tests.tree import NOW, Tree, tree

__all__ = ["tree"]

ONE = IncidentRecord(
    id=1,
    kind="stale",
    subject="harbour",
    source="harbour",
    opened_at=NOON,
    closed_at=None,
    message="nothing new for 4 days",
    evidence=(("usual gap", "6 h"),),
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return parse(SITE, tmp_path / "config.toml")


def told(config: Config, *found: IncidentRecord) -> feedparser.FeedParserDict:
    document = incidentfeed.document(config, found)
    data = Renderer().render(document)
    assert check(data, location=document.self_url, now=NOON + timedelta(days=9)) == ()
    assert Renderer().render(document) == data
    return feedparser.parse(data)


def test_nothing_was_ever_wrong(config: Config) -> None:
    feed = told(config)
    assert feed.feed.title == "Test Desk: incidents"
    assert feed.feed.id == "tag:127.0.0.1,2026:incidents"
    assert feed.entries == []


def test_a_trouble_and_its_end(config: Config) -> None:
    (lasting,) = told(config, ONE).entries
    assert lasting.title == "harbour: has nothing new for longer than is usual for it"
    assert lasting.id.startswith(f"tag:127.0.0.1,2026:incident:{int(NOON.timestamp())}-")
    assert lasting.published.startswith("2026-03-02T12:00:00")
    assert lasting.updated.startswith("2026-03-02T12:00:00")
    assert [tag.term for tag in lasting.tags] == ["stale"]
    assert "<li>usual gap: 6 h</li><li>opened: 2026-03-02 12:00 UTC</li>" in lasting.content[0].value
    assert "desk" not in lasting.link
    ended = replace(ONE, closed_at=NOON + hours(5), ended="asked <anew>", reopened=1)
    (over,) = told(config, ended).entries
    assert over.id == lasting.id
    assert over.title == f"{lasting.title} (over)"
    assert over.updated.startswith("2026-03-02T17:00:00")
    content = over.content[0].value
    assert "<li>closed: 2026-03-02 17:00 UTC</li><li>lasted: 5 h</li><li>ended: asked &lt;anew&gt;</li>" in content
    assert "came back: once" in content
    (again,) = told(config, replace(ended, reopened=2)).entries
    assert "came back: 2 times" in again.content[0].value


def test_a_clock_that_was_set_back_lasts_no_less_than_nothing(config: Config) -> None:
    (one,) = told(config, replace(ONE, closed_at=NOON - hours(1))).entries
    assert "lasted: 0 s" in one.content[0].value


def test_two_troubles_of_one_second_are_two(config: Config) -> None:
    first, second = told(config, ONE, replace(ONE, kind="gap"), replace(ONE, kind="unheard-of")).entries[:2]
    assert first.id != second.id


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("https://n.example/a/b/c: HTTP 503", "https://n.example/a/b/c: HTTP 503"),
        ("https://user:pass@n.example/feed?key=secret: HTTP 401", "https://***@n.example/feed?…: HTTP 401"),
        ("/srv/desk/seeds/x.txt: is empty", "x.txt: is empty"),
        ("(/srv/desk/x y.txt) and 'file:///home/joe/z'", "(x y.txt) and 'file://z'"),
        ("seeds/one/x.txt: is empty", "seeds/one/x.txt: is empty"),
        ("1/2 of them\nor\x00 more", "1/2 of them or more"),
    ],
)
def test_everybody_may_read_it(config: Config, said: str, shown: str) -> None:
    assert incidentfeed.cleaned(config, said) == shown


def test_folders_of_the_desk_may_have_blanks(tmp_path: Path) -> None:
    folder = tmp_path / "our news desk"
    config = parse(SITE, folder / "config.toml")
    assert incidentfeed.cleaned(config, f"{folder}/var/public/all.atom: no space") == "all.atom: no space"
    assert incidentfeed.cleaned(config, f"{folder}/seeds/a b.txt: is empty") == "seeds/a b.txt: is empty"


def test_a_long_message_is_cut(config: Config) -> None:
    (one,) = told(config, replace(ONE, message="x" * 5000)).entries
    assert one.content[0].value.count("x") == incidentfeed.LONGEST


# --- in the published tree


def opens(tree: Tree, subject: str = "harbour") -> None:
    with writing(tree.engine) as connection:
        incidents.open_incident(connection, "failing", subject, "no", NOW, evidence=(("answer", "HTTP 503"),))


def troubles(tree: Tree) -> set[str]:
    with reading(tree.engine) as connection:
        return {one.subject for one in incidents.opened(connection)}


def test_it_is_written_where_incidents_changed(tree: Tree) -> None:
    press = Press()
    assert "incidents.atom" in publish(tree.engine, tree.config, NOW, press=press).paths
    assert publish(tree.engine, tree.config, NOW, press=press).paths == []
    opens(tree)
    assert set(publish(tree.engine, tree.config, NOW, press=press).paths) == {"incidents.atom", "manifest.json"}
    assert publish(tree.engine, tree.config, NOW, press=press).paths == []
    # Another process writes the same bytes.
    assert publish(tree.engine, tree.config, NOW).paths == []
    (tree.config.public / "incidents.atom").unlink()
    assert "incidents.atom" in publish(tree.engine, tree.config, NOW, press=press).paths
    assert verify(tree.config, NOW) == []
    assert b'href="incidents.atom"' in tree.files()["index.html"]
    assert b"incidents.atom" not in tree.files()["feeds.opml"]


def test_it_is_gone_where_nobody_wants_it(tree: Tree) -> None:
    tree.publish()
    tree.configure("[publish]\nincidents = false\n")
    assert "incidents.atom" in tree.publish()
    files = tree.files()
    assert "incidents.atom" not in files
    assert b"incidents.atom" not in files["index.html"]
    assert (tree.config.public / "gone" / "incidents.atom").exists()
    tree.configure("")
    tree.publish()
    assert not (tree.config.public / "gone" / "incidents.atom").exists()


def test_what_cannot_be_written_is_tried_again(tree: Tree) -> None:
    press = Press()
    path = tree.config.public / "incidents.atom"
    path.mkdir(parents=True)
    assert "incidents.atom" in publish(tree.engine, tree.config, NOW, press=press).unwritable
    path.rmdir()
    assert "incidents.atom" in publish(tree.engine, tree.config, NOW, press=press).paths


def test_a_refused_one_is_a_trouble_until_it_is_well(tree: Tree) -> None:
    press, long = Press(), "harbour " * 2000
    tree.configure("[publish]\nmax_bytes = 10000\n")
    assert publish(tree.engine, tree.config, NOW, press=press).refused == {}
    with writing(tree.engine) as connection:  # the last one, which stays in the feed
        incidents.open_incident(connection, "failing", long, "no", NOW + hours(1))
    # Nothing but this feed is due.
    found = publish(tree.engine, tree.config, NOW, press=press)
    assert "raise [publish] max_bytes" in found.refused[incidentfeed.NAME]
    assert (found.feeds, found.paths, found.unwritable) == (0, [], {})
    assert troubles(tree) == {long, incidentfeed.NAME}
    tree.configure("")
    publish(tree.engine, tree.config, NOW, press=press)
    assert troubles(tree) == {long}


def test_one_that_was_never_well_stays_a_trouble(tree: Tree) -> None:
    press, long = Press(), "harbour " * 2000
    tree.configure("[publish]\nmax_bytes = 10000\n")
    with writing(tree.engine) as connection:
        incidents.open_incident(connection, "failing", long, "no", NOW + hours(1))
    for run in range(4):
        tree.put(record(f"A story of run {run}", sections=("A",)))
        assert publish(tree.engine, tree.config, NOW, press=press).feeds > 0
        assert troubles(tree) == {long, incidentfeed.NAME}
    tree.configure("[publish]\nincidents = false\n")
    publish(tree.engine, tree.config, NOW, press=press)
    assert troubles(tree) == {long}


def test_its_format_is_atom_whatever_the_others_are(config: Config) -> None:
    assert incidentfeed.NAME.endswith(f".{load('atom').suffix}")
