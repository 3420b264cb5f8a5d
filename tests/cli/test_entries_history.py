"""`feeds entries history`: every version, word by word, for a screen, a pipe and a program."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml.etree import HTML, _Element

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


def texts(page: _Element, *tags: str) -> list[str]:
    return ["".join(map(str, one.itertext())) for one in page.iter(*tags)]


def test_a_page_for_a_browser(edited: Folder) -> None:
    ran = edited.run("entries", "history", id_of(edited, "votes"), "--html")
    assert ran.code == 0
    page = HTML(ran.out)
    assert texts(page, "h1", "title") == [TITLE, TITLE]
    assert texts(page, "h2")[1].endswith("Z first version")
    assert texts(page, "del") == ["forty cars"]
    assert texts(page, "ins") == ["fifty [bold]cars[/][31m"]
    assert "\x1b" not in ran.out
    assert {one.tag for one in page.iter()} >= {"style", "meta"}
    assert not {one.tag for one in page.iter()} & {"script", "link", "img"}


def test_a_page_of_all_that_a_change_moved(edited: Folder) -> None:
    page = HTML(edited.run("entries", "history", id_of(edited, "Bridge toll"), "--html").out)
    assert texts(page, "del") == ["free", " Economy", "stay at"]
    assert texts(page, "ins") == ["premium", " Politics", "rise to"]


def test_what_looks_like_markup_is_text_on_the_page(own: Folder) -> None:
    own.seed("1.txt", EDITED.replace(TITLE, "<script>alert(1)</script> & more"))
    assert own.run("update").code == 0
    out = own.run("entries", "history", id_of(own, "alert"), "--html").out
    assert "<script" not in out
    assert "<h1>&lt;script&gt;alert(1)&lt;/script&gt; &amp; more</h1>" in out


def test_a_page_or_json_not_both(edited: Folder) -> None:
    ran = edited.run("entries", "history", id_of(edited, "votes"), "--html", "--json")
    assert ran.code == 2
    assert "give one of them" in ran.err
