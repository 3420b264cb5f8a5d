"""`feeds config`."""

from __future__ import annotations

from pathlib import Path

from tests.command import SEEDS, Folder


def test_config_show_can_be_read_back(desk: Folder) -> None:
    shown = desk.run("config", "show")
    other = Folder(desk.path / "copy")
    other.path.mkdir()
    (other.path / "config.toml").write_text(shown.out)
    assert other.run("config", "show", "--json").json == desk.run("config", "show", "--json").json


def test_config_check_names_what_is_not_there(tmp_path: Path) -> None:
    ran = Folder(tmp_path).config(SEEDS).run("config", "check")
    assert ran.code == 0
    assert "seeds is not there (yet)" in ran.err
    assert Folder(tmp_path).run("config", "check", "--json").json["sources"] == 1
