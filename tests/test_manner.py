"""How documents are read: what counts, and what does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from db.records import Access, Learned
from feeds.config import Config, parse
from feeds.manner import Manner, digest_of, manner_of
from feeds.model import Document
from tests.command import SITE

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def config(source: str = "", rest: str = "") -> Config:
    text = f'{SITE}{rest}\n[[source]]\nname = "n"\nurl = "https://n.example/feed"\n{source}\n'
    return parse(text, Path("config.toml"))


def manner(source: str = "", rest: str = "", learned: Learned | None = None) -> Manner:
    made = config(source, rest)
    return manner_of(made, made.source[0], *([learned] if learned is not None else []))


@pytest.mark.parametrize(
    ("source", "learned", "expected"),
    [
        ("", Learned(), False),
        ("", Learned(doubted=True), True),
        ("trust_access = true", Learned(doubted=True), False),
        ("trust_access = false", Learned(), True),
    ],
)
def test_whose_word_is_doubted(source: str, learned: Learned, expected: bool) -> None:
    found = manner(source, learned=learned)
    assert found.doubted is expected
    assert (found.digest != manner().digest) is expected
    # What was counted changes nothing in how documents are read.
    assert found.digest == manner(source, learned=replace(learned, articles=50, locked=49)).digest


def test_what_is_configured_and_what_was_learned() -> None:
    profile = (
        '[access]\nmarkers = ["paid"]\ncategories = ["premium"]\n'
        '[profile.p]\nsections = ["Town"]\nmarkers = ["+"]\nyear = 2026\ncategories = ["Plus"]\n'
    )
    found = manner(
        'profile = "p"\nlanguage = "de"\ntimezone = "Europe/Berlin"\naccess = "premium"\nsections = ["A"]\n'
        'default_section = "B"\nlink = "https://n.example/"',
        profile,
        Learned(("Sea", "Town"), ("paid", "***")),
    )
    assert found.context.premium_categories == ("Plus", "premium")
    assert (found.name, found.kind, found.access, found.home) == ("n", "feed", Access.PREMIUM, "https://n.example/")
    assert (found.sections, found.filing.default) == (("A",), "B")
    context = found.context
    assert (context.language, context.zone, context.year) == ("de", ZoneInfo("Europe/Berlin"), 2026)
    assert (context.sections, context.markers) == (("Town", "Sea"), ("+", "paid", "***"))


def test_what_has_nothing_of_its_own_is_read_as_the_site_says() -> None:
    found = manner()
    assert (found.home, found.context.language, found.access) == ("http://127.0.0.1:8080/", "en", None)


@pytest.mark.parametrize(
    ("source", "same"),
    [
        ("interval = 30", True),
        ('title = "N"', True),
        ('access = "free"', False),
        ('sections = ["A"]', False),
        ('default_section = "A"', False),
        ('link = "https://n.example/"', False),
        ('language = "de"', False),
        ('timezone = "Europe/Berlin"', False),
    ],
)
def test_what_asks_for_reading_everything_again(source: str, same: bool) -> None:
    assert (manner(source).digest == manner().digest) is same


@pytest.mark.parametrize(
    ("rest", "same"),
    [
        ('[[section]]\nname = "Sea"\nslug = "water"\n', True),
        ('[[section]]\nname = "Sea"\n[[rule]]\nsection = "Sea"\nsource = "another"\n', True),
        ('[[section]]\nname = "Sea"\n[[rule]]\nsection = "Sea"\nsource = "N"\n', False),
        ('[[section]]\nname = "Sea"\n[[rule]]\nsection = "Sea"\ntitle = "ferry"\n', False),
        ('[[section]]\nname = "Sea"\nformerly = "Water"\n', False),
        ('[sections]\nunknown = "drop"\n', False),
        ('[sections]\ndefault = "Sea"\n[[section]]\nname = "Sea"\n', False),
    ],
)
def test_rules_of_a_source_ask_for_it_too(rest: str, same: bool) -> None:
    assert (manner(rest=rest).digest == manner().digest) is same


def test_a_document_is_known_by_its_bytes_and_how_they_are_read() -> None:
    one = Document(name="a", data=b"x", as_of=NOW, fetched_at=NOW)
    assert digest_of(manner(), one) == digest_of(manner(), replace(one, name="b"))
    assert digest_of(manner(), one) != digest_of(manner(), replace(one, data=b"y"))
    assert digest_of(manner(), one) != digest_of(manner('access = "free"'), one)


def test_who_wants_to_be_pushed_has_everything_with_an_address_read_once_more() -> None:
    text = f'{SITE}[[source]]\nname = "n"\nurl = "https://n.example/feed"\n[[source]]\nname = "p"\npath = "p.xml"\n'
    before, after = (parse(text + more, Path("config.toml")) for more in ("", "[websub]\nsubscribe = true\n"))
    remote, local = ([manner_of(config, config.source[place]).digest for config in (before, after)] for place in (0, 1))
    assert remote[0] != remote[1]
    assert local[0] == local[1]
