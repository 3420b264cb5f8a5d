"""`feeds entries history`: every version, word by word, for a screen, a pipe and a program."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_work import in_terminal
from tests.command import DOCUMENT, SEEDS, Folder, listed

TITLE = "Council votes for new ferry"
EDITED = DOCUMENT.replace("forty cars", "fifty [bold]cars[/]\x1b[31m").replace(
    "EconomyBridge toll to stay at two euros", "PoliticsBridge toll to rise to two eurosFor Harbour+ readers only"
)


@pytest.fixture
def edited(own: Folder) -> Folder:
    """Its document says something else by now."""
    own.seed("1.txt", EDITED)
    assert own.run("update").code == 0
    return own


def id_of(desk: Folder, title: str) -> str:
    return str(next(entry["id"] for entry in listed(desk) if title in entry["title"]))


def test_lines_with_signs_where_nobody_sees_colours(edited: Folder) -> None:
    ran = edited.run("entries", "history", id_of(edited, "votes"))
    assert ran.code == 0
    head, gone, new, first = ran.out.splitlines()
    assert head.endswith("Z  body")
    assert gone.startswith("  - ")
    assert "It is to carry forty cars and to run" in gone
    assert "It is to carry fifty [bold]cars[/]" in new
    assert "\x1b" not in ran.out
    assert first.endswith(f"Z  first version: {TITLE}")


def test_all_that_a_change_moved(edited: Folder) -> None:
    lines = edited.run("entries", "history", id_of(edited, "Bridge toll")[-8:]).out.splitlines()
    assert lines[0].endswith("Z  title, access, sections")
    assert lines[1:5] == [
        "  access free -> premium",
        "  sections -Economy, +Politics",
        "  - Bridge toll to stay at two euros",
        "  + Bridge toll to rise to two euros",
    ]


def test_programs_get_the_runs(edited: Folder) -> None:
    found = edited.run("entries", "history", id_of(edited, "Bridge toll"), "--json").json
    assert found["title"] == "Bridge toll to rise to two euros"
    now, first = found["versions"]
    assert (now["changed"], now["access"], now["sections"]) == (
        ["title", "access", "sections"],
        "premium",
        ["Politics"],
    )
    assert now["diff"] == {
        "title": [
            {"kind": "same", "text": "Bridge toll to "},
            {"kind": "gone", "text": "stay at"},
            {"kind": "new", "text": "rise to"},
            {"kind": "same", "text": " two euros"},
        ],
        "text": [],
        "access": ["free", "premium"],
        "sections": [{"kind": "gone", "text": "Economy"}, {"kind": "new", "text": "Politics"}],
    }
    assert (first["title"], first["changed"], first["diff"]) == ("Bridge toll to stay at two euros", [], None)


def test_an_entry_that_never_changed_and_one_that_is_none(own: Folder) -> None:
    lines = own.run("entries", "history", id_of(own, "choir")).out.splitlines()
    assert len(lines) == 1
    assert "first version: School choir" in lines[0]
    ran = own.run("entries", "history", "ffffffffffff")
    assert ran.code == 2
    assert "no entry, or more than one" in ran.err


def test_colours_on_a_terminal(tmp_path: Path) -> None:
    folder = Folder(tmp_path).config(SEEDS)
    for text in (DOCUMENT, EDITED):
        folder.seed("1.txt", text)
        assert folder.run("update").code == 0
    seen = in_terminal(folder, "entries", "history", id_of(folder, "votes"))
    assert "It is to carry " in seen
    assert "forty" in seen
    assert "fifty" in seen
    assert "[bold]cars[/]" in seen
    assert "\x1b[31mand" not in seen
