"""`feeds init` and `demo`: the first steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import Folder


def test_init_writes_a_file_that_works(tmp_path: Path) -> None:
    desk = Folder(tmp_path)
    assert desk.run("init", "--title", 'The "Post"', "--base-url", "https://post.example/feeds").code == 0
    assert desk.run("config", "check").code == 0
    shown = desk.run("config", "show", "--json").json
    assert shown["site"]["title"] == 'The "Post"'
    assert shown["site"]["base_url"] == "https://post.example/feeds/"
    again = desk.run("init")
    assert again.code == 2
    assert "--force" in again.err
    assert desk.run("init", "--force").code == 0
    assert desk.run("update").code == 0
    assert (desk.public / "index.html").is_file()


def test_demo_makes_a_desk_of_its_own(tmp_path: Path) -> None:
    ran = Folder(tmp_path).run("demo", "here")
    assert ran.code == 0, ran.err
    desk = Folder(tmp_path / "here")
    tree = desk.tree()
    assert len([path for path in tree if path.startswith("sections/")]) >= 6
    assert b"<!doctype html" in tree["index.html"].lower()
    everything = desk.run("entries", "list", "--json").json
    assert {"premium", "free"} <= {entry["access"] for entry in everything}
    assert desk.run("entries", "list", "--duplicates", "--json").json
    shown = [desk.run("entries", "show", entry["id"], "--json").json for entry in everything if entry["published"]]
    (corrected,) = [entry for entry in shown if entry["revisions"]]
    assert "Correction:" in corrected["body"]
    again = Folder(tmp_path).run("demo", "here")
    assert again.code == 2
    assert len(again.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("place", "code", "said"),
    [
        ("/proc/demo", 1, "feeds: /proc/demo: cannot be made: "),
        ("used", 2, "feeds: used: is there already"),
        ("file", 2, "feeds: file: is there already"),
        ("file/below", 1, "feeds: file/below: cannot be made: Not a directory"),
        ("link", 2, "feeds: link: is there already"),
        ("n" * 300, 1, "cannot be read: File name too long"),
    ],
)
def test_demo_says_in_one_line_where_it_cannot_be(tmp_path: Path, place: str, code: int, said: str) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "x").touch()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    ran = Folder(tmp_path).run("demo", place)
    assert ran.code == code
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1


def test_demo_takes_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert Folder(tmp_path).run("demo", "empty").code == 0


def test_init_says_in_one_line_where_it_cannot_write(tmp_path: Path) -> None:
    ran = Folder(tmp_path).run("init", "--config", "/proc/config.toml")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("feeds: /proc/config.toml: cannot be written: ")
    assert len(ran.err.splitlines()) == 1
