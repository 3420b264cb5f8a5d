"""Settings as they are shown: all of them, and no secret."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from feeds.config import Config, parse
from feeds.desk.pages.settings import HIDDEN, MOST, _settings, groups_of
from tests.desk.web import SITE, running_desk

SECRETS = """
[credential."https://news.example"]
username = "desk"
password = "hunter2-hunter2"
[credential."https://other.example"]
bearer = "hunter2-token"
[[alert]]
name = "newsroom"
to = "mailtos://user:hunter2@mail.example"
[[source]]
name = "harbour"
url = "https://a.example/feed?token=hunter2"
[profile.paper]
markers = ["+"]
[host."a.example"]
share_retry_after = true
"""


def test_every_table_is_shown_and_no_secret(tmp_path: Path) -> None:
    with running_desk(tmp_path, SECRETS) as web:
        got = web.ask("/desk/settings")
        assert b"hunter2" not in got.body
        assert HIDDEN.encode() in got.body
        assert str(web.path).encode() in got.body
        heads = [head.text() for head in web.page("/desk/settings").css("h2 code")]
        assert {"[site]", "[desk]", "[[alert]]", "[[source]]", '[host."a.example"]', '[profile."paper"]'} <= set(heads)


def test_values_read_as_a_person_writes_them() -> None:
    config: Config = parse(
        SITE + '[access]\nlabels = { premium = "Paid" }\n[profile.p]\nselectors = { list = "li" }', Path("config.toml")
    )
    said = {f"{group.head} {one.key}": one for group in groups_of(config) for one in group.settings}
    assert said["[publish] formats"].value == "atom, rss, json, html"
    assert said["[publish] archives"].value == "true"
    assert said["[access] labels"].value == "premium = Paid"
    assert said["[site] author"].value == "none"
    assert said["[site] title"].given
    assert not said["[web] port"].given
    assert said['[profile."p"] selectors'].value == "list = li"


def test_of_many_tables_the_first_are_shown(tmp_path: Path) -> None:
    tables = "".join(f'[[source]]\nname = "s{n}"\nurl = "https://a.example/{n}"\n' for n in range(MOST + 1234))
    with running_desk(tmp_path, tables) as web:
        page = web.page("/desk/settings")
        heads = [head.text() for head in page.css("h2 code")]
        assert heads.count("[[source]]") == MOST + 1
        assert "1,234 more in the file." in page.text()


def test_a_secret_of_a_table_in_a_table_is_not_shown() -> None:
    class Inner(BaseModel):
        password: str = ""
        name: str = ""

    class Outer(BaseModel):
        inner: tuple[Inner, ...] = ()

    (setting,) = _settings(Outer(inner=(Inner(password="hunter2", name="x"),)))  # noqa: S106  # of nobody
    assert "hunter2" not in setting.value
    assert HIDDEN in setting.value
