"""`feeds config`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import SEEDS, SITE, Folder


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
    rule = '[[section]]\nname = "Sea"\n[[rule]]\nsection = "Sea"\nsource = ["SEEDS", "seed"]\n'
    ran = Folder(tmp_path).config(SEEDS + rule).run("config", "check")
    assert 'rule 1: no [[source]] here is named "seed"\n' in ran.err
    assert '"SEEDS"' not in ran.err


@pytest.mark.parametrize(
    ("origin", "login", "said"),
    [
        ("https://a.example", 'bearer = "a b"', "bearer is no token"),
        ("https://a.example", 'username = "a:b"\npassword = "p"', "username holds a colon"),
        ("https://a.example", 'username = "a"\nsecret_file = "two"', "a control character"),
        ("https://a.example:99999", 'bearer = "t"', "is no origin"),
        ("https://a.example", 'bearer = "t"\nusername = "u"', "takes no username"),
    ],
    ids=range(5),
)
def test_a_login_that_no_header_can_carry_is_a_mistake_of_the_configuration(
    tmp_path: Path, origin: str, login: str, said: str
) -> None:
    (tmp_path / "two").write_text("one\ntwo")
    folder = Folder(tmp_path)
    (tmp_path / "config.toml").write_text(f'{SITE}[credential."{origin}"]\n{login}\n')
    for words in (("config", "check"), ("poll",)):
        ran = folder.run(*words)
        assert ran.code == 78
        assert said in ran.err
        assert len(ran.err.splitlines()) == 1


def test_config_show_shows_no_secret(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    login = '[credential."https://a.example"]\nbearer = "s3cret"\n[credential."https://b.example"]\nusername = "u"\n'
    (tmp_path / "config.toml").write_text(f'{SITE}{login}password = "s3cret"\n')
    assert folder.run("config", "check").code == 0
    for words in (["config", "show"], ["config", "show", "--json"]):
        shown = folder.run(*words).out
        assert "s3cret" not in shown
        assert "***" in shown


def test_no_secret_of_the_desk_or_of_alerts_is_shown(tmp_path: Path) -> None:
    folder = Folder(tmp_path).config(
        '[desk]\npassword_hash = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$hunter2hunter2"\n'
        '[[alert]]\nname = "newsroom"\nto = "mailtos://me:hunter2@mail.example"\n'
    )
    for words in (("config", "show"), ("config", "show", "--json")):
        ran = folder.run(*words)
        assert ran.code == 0
        assert "hunter2" not in ran.out
        assert "***" in ran.out


def test_a_password_that_cannot_be_read_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    ran = Folder(tmp_path).config('[desk]\npassword_file = "none"\n').run("config", "check")
    assert (ran.code, "cannot be read" in ran.err) == (78, True)
