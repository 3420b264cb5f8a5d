"""`feeds sources edit`, `pause` and `resume`."""

from __future__ import annotations

import pytest

from tests.command import Folder


def options_of(desk: Folder, name: str) -> dict[str, object]:
    return next(one for one in desk.run("sources", "list", "--json").json if one["source"] == name)


def test_a_source_is_edited(own: Folder) -> None:
    assert own.run("sources", "add", "https://wire.example/feed", "--name", "wire", "--interval", "9").code == 0
    ran = own.run("sources", "edit", "wire", "--url", "https://wire.example/news", "--kind", "page", "--json")
    assert (ran.json["location"], ran.json["kind"]) == ("https://wire.example/news", "page")
    ran = own.run(
        "sources", "edit", "wire", "--section", "Sea", "--clear", "interval", "--clear", "kind", "--title", "W"
    )
    assert ran.out == 'changed source "wire"; it is asked anew\n'
    assert options_of(own, "wire")["kind"] == "feed"
    assert own.run("sources", "edit", "wire", "--clear", "section").code == 0
    own.config('[profile.own]\ncategories = ["b"]\n')
    assert own.run("sources", "edit", "wire", "--profile", "own").code == 0
    assert "wire" in own.run("sources", "pause", "wire").out
    assert "is paused; polled again after: feeds sources resume wire" in own.run("poll", "wire").err
    own.config("")
    assert own.run("sources", "resume", "wire").code == 0
    assert own.run("sources", "edit", "wire", "--clear", "profile", "--title", "W").code == 0
    assert "there is no [profile.none]" in own.run("sources", "edit", "wire", "--profile", "none").err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["wire"], "say what is to change"),
        (["wire", "--clear", "url"], "--clear: give kind, title"),
        (["wire", "--clear", "colour"], "--clear: give kind, title"),
        (["wire", "--kind", "page", "--clear", "kind"], "--clear kind: is given another value as well"),
        (["wire", "--access", "paid"], "access: "),
        (["wire", "--url", "feed.xml"], "url: "),
        (["nobody", "--title", "x"], 'no source is named "nobody"'),
        (["seeds", "--title", "x"], 'config.toml: edit the [[source]] table named "seeds" there'),
    ],
)
def test_what_cannot_be_changed(own: Folder, options: list[str], said: str) -> None:
    assert own.run("sources", "add", "https://wire.example/feed", "--name", "wire").code == 0
    ran = own.run("sources", "edit", *options)
    assert ran.code == 2
    assert said in ran.err


def test_a_source_is_paused_and_resumed(own: Folder) -> None:
    assert "paused" in own.run("sources", "pause", "seeds").out
    assert options_of(own, "seeds")["enabled"] is False
    assert own.run("update", "--all", "--json").json["sources"] == []
    assert own.run("sources", "resume", "seeds", "--json").json["enabled"] is True
    assert [one["source"] for one in own.run("update", "--json").json["sources"]] == ["seeds"]
    for verb in ("pause", "resume"):
        assert own.run("sources", verb, "nobody").code == 2
