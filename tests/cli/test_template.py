"""The file that `feeds init` writes: it is valid as it is, and every default in it is one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.cli.template import template, toml
from feeds.config import Config, parse

PATH = Path("config.toml")
WRITTEN = template("Harbour Desk", "https://news.example/")


def test_it_is_valid_and_says_the_defaults() -> None:
    config = parse(WRITTEN, PATH)
    smallest = parse('[site]\ntitle = "Harbour Desk"\nbase_url = "https://news.example/"\n', PATH)
    assert config.model_dump() == smallest.model_dump()


def test_every_key_that_has_a_default_may_be_uncommented() -> None:
    """All at once, the examples too."""
    lines = [re.sub(r"^#(?! )", "", line) for line in WRITTEN.splitlines()]
    text = "\n".join(line for line in lines if not line.endswith(" ="))
    config = parse(text, PATH)
    smallest = parse('[site]\ntitle = "Harbour Desk"\nbase_url = "https://news.example/"\n', PATH)
    for name in ("site", "database", "publish", "poll", "access", "monitor", "web"):
        assert getattr(config, name) == getattr(smallest, name), name
    assert (config.source[0].name, config.section[0].name) == ("example", "Politics")
    assert config.profile["example"].sections == ("Politics", "Economy")


def test_every_key_is_there() -> None:
    for name, field in Config.model_fields.items():
        assert re.search(rf"^#?\[{{1,2}}{name}[\].]", WRITTEN, re.MULTILINE), name
        model = field.annotation
        for key in getattr(model, "model_fields", {}):
            assert re.search(rf"^#?{key} =", WRITTEN, re.MULTILINE), key


@pytest.mark.parametrize("title", ['The "Post"', "Back\\slash", "Tab\there", "Délégué 漢字 \U0001f6a2", "\x7f"])
def test_any_title_is_written_so_that_it_is_read_back(title: str) -> None:
    assert tomllib.loads(template(title, "https://news.example/"))["site"]["title"] == title


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (0.5, "0.5"),
        (Path("var/public"), '"var/public"'),
        ((), "[]"),
        (["a", 1], '["a", 1]'),
        ({}, "{}"),
        ({"premium": "x", "free": ["y"]}, '{premium = "x", free = ["y"]}'),
    ],
)
def test_toml(value: object, written: str) -> None:
    assert toml(value) == written


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_is_read_back(value: str) -> None:
    assert tomllib.loads(f"x = {toml(value)}") == {"x": value}
