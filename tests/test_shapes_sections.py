"""Sections as scripts see them: their feeds, and what fills them."""

from __future__ import annotations

from pathlib import Path

from db.records import SectionRecord
from feeds.config import Rule, parse
from feeds.shapes.sections import feed_of, former_names, rule_in_words, rules_of, sections_as_json
from tests.command import SITE

TOWN = SectionRecord(1, "town", "Town", "k1")
SEA = SectionRecord(2, "sea", "SEA", "k2")


def test_a_section_with_what_fills_it(tmp_path: Path) -> None:
    config = parse(
        f'{SITE}[[section]]\nname = "Town"\n[[section]]\nname = "Sea"\nformerly = "Harbour"\n'
        '[[rule]]\nsection = ["sea"]\ntitle = "ferry"\n',
        tmp_path / "config.toml",
    )
    town, sea = sections_as_json([TOWN, SEA], {2: 5}, config)
    assert town == {
        "name": "Town",
        "slug": "town",
        "entries": 0,
        "feed": "http://127.0.0.1:8080/sections/town.atom",
        "free": "http://127.0.0.1:8080/sections/town.free.atom",
        "formerly": (),
        "rules": [],
    }
    assert (sea["entries"], sea["formerly"], sea["feed"]) == (5, ("Harbour",), feed_of(SEA, config))
    (rule,) = rules_of(config, "SEA")
    assert sea["rules"] == [rule.model_dump(mode="json", exclude={"section"})]
    assert rule_in_words(rule) == "title ferry"
    assert former_names(config) == {"town": (), "sea": ("Harbour",)}


def test_a_rule_in_words() -> None:
    rule = Rule(section=("Sea",), source=("harbour", "wire"), path=("/sport",), only=True)
    assert rule_in_words(rule) == "source harbour or wire, path /sport (only)"
