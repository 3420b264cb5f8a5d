"""The published folder holds nothing that is for us alone: all of it is served."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.config import load
from feeds.errors import ConfigError
from tests.command import Folder

SITE = '[site]\ntitle = "T"\nbase_url = "http://127.0.0.1:8080/"\n'
SOURCE = '[[source]]\nname = "in"\npath = "{}"\n'
ALERT = '[[alert]]\nname = "a"\n{}\n'
LOGIN = '[credential."https://a.example"]\nusername = "u"\nsecret_file = "{}"\n'


def check(folder: Path, text: str) -> str:
    """What is said of the configuration; nothing where it is taken."""
    (folder / "config.toml").write_text(SITE + text)
    try:
        load(folder / "config.toml")
    except ConfigError as error:
        return str(error).replace(str(folder), "")
    return ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[publish]\ndirectory = "."',
            "/config.toml:5: publish.directory: the published folder, , holds config.toml; ",
        ),
        (
            '[publish]\ndirectory = "x/.."',
            "/config.toml:5: publish.directory: the published folder, , holds config.toml",
        ),
        ('[publish]\ndirectory = ".."', "holds config.toml"),
        ('[publish]\ndirectory = "/"', "/config.toml:5: publish.directory: the published folder, /, holds config.toml"),
        ('[publish]\ndirectory = "var"', "publish.directory: the published folder, /var, holds the database"),
        ('[database]\nurl = "sqlite:///var/public/d.db"', "/config.toml:5: database.url: the published folder, "),
        (
            SOURCE.format("var/public/in.xml"),
            "/config.toml:6: source[0].path: the published folder, /var/public, holds ",
        ),
        (SOURCE.format("var/public"), 'holds source "in"'),
        (SOURCE.format("var/public/deep/in"), 'holds source "in"'),
        (SOURCE.format("out/in.xml") + '[publish]\ndirectory = "out"', "/config.toml:8: publish.directory: "),
        (SOURCE.format("linked/in.xml"), 'holds source "in"'),
        (SOURCE.format("var/public/away/in.xml"), 'holds source "in"'),
        ('[publish]\ndirectory = "home"', "publish.directory: the published folder, , holds config.toml"),
        (
            '[desk]\npassword_file = "var/public/p"',
            "/config.toml:5: desk.password_file: the published folder, /var/public, holds the desk's password",
        ),
        (
            ALERT.format('to_file = "var/public/a"'),
            'config.toml:6: alert[0].to_file: the published folder, /var/public, holds the addresses of alert "a"',
        ),
        (LOGIN.format("var/public/s"), "config.toml:6: credential.https://a.example.secret_file: the published folder"),
        ('[publish]\ndirectory = "a\\u0000b"', "/config.toml: a path leads nowhere: "),
    ],
)
def test_what_would_be_served_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "var" / "public").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "linked").symlink_to("var/public")
    (tmp_path / "var" / "public" / "away").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "home").symlink_to(".")
    found = check(tmp_path, text)
    assert said in found
    assert len(found.splitlines()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        SOURCE.format("var/public.xml"),
        SOURCE.format("seeds") + '[publish]\ndirectory = "seeds-public"',
        SOURCE.format("."),
        SOURCE.format("seeds") + '[publish]\ndirectory = "seeds/public"',
        SOURCE.format("in.xml") + LOGIN.format("var/secret"),
        '[publish]\ndirectory = "../www"',
        '[desk]\npassword_file = "var/p"\n' + ALERT.format('to_file = "var/a"'),
        ALERT.format('to = "json://a.example"'),
    ],
)
def test_what_stands_beside_or_above_is_taken(tmp_path: Path, text: str) -> None:
    assert check(tmp_path, text) == ""


def test_a_link_to_the_configuration_is_in_the_published_folder_as_well(tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    (tmp_path / "config.toml").write_text(f'{SITE}[publish]\ndirectory = "public"\n')
    link = tmp_path / "public" / "config.toml"
    link.symlink_to(tmp_path / "config.toml")
    assert load(tmp_path / "config.toml").public == link.parent
    with pytest.raises(ConfigError, match=r"holds config\.toml"):
        load(link)


def test_every_command_refuses_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    (tmp_path / "in.xml").write_text("<rss version='2.0'><channel><title>W</title></channel></rss>")
    (tmp_path / "config.toml").write_text(
        SITE + '[publish]\ndirectory = "."\n' + SOURCE.format("in.xml") + 'access = "premium"\n'
    )
    for words in (("config", "check"), ("update",), ("run",)):
        ran = folder.run(*words)
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (78, "", 1)
        assert "config.toml:5: publish.directory: " in ran.err
    assert not (tmp_path / "index.html").exists()


def test_a_source_that_is_added_is_refused_as_well(tmp_path: Path) -> None:
    folder = Folder(tmp_path).config("")
    (tmp_path / "var" / "public").mkdir(parents=True)
    (tmp_path / "var" / "public" / "in.xml").write_text("<rss version='2.0'/>")
    ran = folder.run("sources", "add", "var/public/in.xml")
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
    assert "stands in the published folder" in ran.err


def test_a_source_that_was_added_before_the_folder_moved_there_is_not_read(tmp_path: Path) -> None:
    folder = Folder(tmp_path).config("")
    (tmp_path / "wire").mkdir()
    (tmp_path / "wire" / "in.xml").write_text(
        "<rss version='2.0'><channel><title>W</title><item><title>From the wire</title></item></channel></rss>"
    )
    assert folder.run("sources", "add", "wire/in.xml").code == 0
    folder.config('[publish]\ndirectory = "wire"\n')
    ran = folder.run("update")
    assert ran.code == 1
    assert "wire/in.xml: stands in the published folder, where everything is served: move it" in ran.err
    assert folder.run("entries", "list", "--json").json == []
    folder.config("")
    assert folder.run("update", "--all", "--json").json["totals"]["new"] == 1
