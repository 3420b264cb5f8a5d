"""What goes by one configuration, and what of another one can take its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.config import load
from feeds.daemon.gear import gear, reread
from feeds.errors import ConfigError
from tests.command import SITE
from tests.desk import NOON, new_engine
from tests.desk.web import Hands


def test_what_can_be_taken_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(SITE)
    former = load(path)
    path.write_text(SITE.replace("Test Desk", "Other Desk"))
    assert reread(path, former, port_given=False).site.title == "Other Desk"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('[database]\nurl = "sqlite:///other.sqlite3"\n', ":5: database.url: was sqlite:///"),
        ('[publish]\ndirectory = "other"\n', ":5: publish.directory: was "),
        ('[web]\nhost = "::1"\n', ":5: web.host: was 127.0.0.1, and that takes a restart to change"),
        ("[web]\nport = 8081\n", ":5: web.port: was 8080, and that takes a restart to change"),
        ("[web]\nprot = 8081\n", ':5: web.prot: unknown key; did you mean "port"?'),
        ("[web\n", ": not TOML: "),
    ],
)
def test_what_cannot_is_told_with_its_place(tmp_path: Path, more: str, said: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(SITE)
    former = load(path)
    path.write_text(SITE + more)
    with pytest.raises(ConfigError) as raised:
        reread(path, former, port_given=False)
    assert str(raised.value).startswith(f"{path}{said}")


def test_a_port_of_the_command_line_stays(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(SITE)
    former = load(path)
    path.write_text(SITE + "[web]\nport = 8081\n")
    assert reread(path, former, port_given=True).web.port == 8081


def test_a_secret_that_is_not_there_is_found_before_anything_changes(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(SITE + '[credential."https://news.example"]\nusername = "u"\nsecret_file = "nowhere"\n')
    engine = new_engine(tmp_path)
    with pytest.raises(ConfigError, match="nowhere"):
        gear(engine, load(path), lambda: NOON, Hands(), path)
    engine.dispose()
