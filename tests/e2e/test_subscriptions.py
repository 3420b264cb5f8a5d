"""Subscriptions go to a real reader and come back: newsboat imports what we export, we import what it exports."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from feeds.formats.opml import Subscription, read_subscriptions, render_subscriptions
from tests.command import Folder
from tests.e2e.readers import needed, newsboat

pytestmark = pytest.mark.e2e

LISTED = [
    Subscription(title="Harbour & Quay", url="https://a.example/feed?x=1&y=2", sections=("Town", "Sea/Ports")),
    Subscription(title="Пристань „Маяк“", url="https://b.example/rss", sections=("Порт «Север»",)),
    Subscription(title="Tides", url="https://c.example/atom"),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home of newsboat that follows nothing."""
    needed("newsboat")
    made = tmp_path / "home"
    made.mkdir()
    (made / "urls").touch()
    return made


def test_newsboat_imports_what_we_export_and_back(home: Path, tmp_path: Path) -> None:
    desk = Folder(tmp_path).config("")
    (tmp_path / "list.opml").write_bytes(render_subscriptions("L", LISTED))
    assert desk.start("sources", "import", "list.opml").code == 0
    assert desk.start("sources", "export", "ours.opml").code == 0

    newsboat(home, "-i", str(tmp_path / "ours.opml"))
    follows = [shlex.split(line) for line in (home / "urls").read_text(encoding="utf-8").splitlines()]
    assert sorted(follows) == sorted([one.url, *one.sections[:1]] for one in LISTED)

    theirs = newsboat(home, "-e")
    assert {one.url for one in read_subscriptions(theirs, "newsboat").subscriptions} == {one.url for one in LISTED}
    (tmp_path / "theirs.opml").write_bytes(theirs)
    ran = desk.start("sources", "import", "theirs.opml", "--json")
    assert (ran.code, len(ran.json["present"]), ran.json["added"]) == (0, len(LISTED), [])
