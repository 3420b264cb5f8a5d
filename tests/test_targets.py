"""Which feeds there are, and what a person may call them."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.records import ALL_SECTIONS, SectionRecord
from feeds.config import parse
from feeds.errors import UsageError
from feeds.targets import named, targets
from tests.command import SITE

CONFIG = parse(
    SITE + '[[section]]\nname = "Town"\ntitle = "Our town"\n[[saved]]\nname = "ferry"\nquery = "ferry after:2026"\n',
    Path("config.toml"),
)
FOUND = targets(CONFIG, [SectionRecord(7, "sea", "Sea", "5ea"), SectionRecord(8, "town-hall", "Town", "70")])


def test_every_feed_and_the_one_of_what_is_free() -> None:
    paths = [each.path("atom") for each in FOUND]
    assert paths == [
        f"{name}{end}"
        for name in ("all", "sections/sea", "sections/town-hall", "saved/ferry")
        for end in (".atom", ".free.atom")
    ]
    assert [each.page for each in FOUND[2:4]] == ["sections/sea.html"] * 2
    assert [each.title for each in FOUND[::2]] == [
        "Test Desk", "Test Desk: Sea", "Test Desk: Our town", "Test Desk: ferry",
    ]  # fmt: skip
    assert [each.free for each in FOUND] == [False, True] * 4
    assert FOUND[1].title == "Test Desk (free)"
    assert FOUND[1].key == "all:free"


def test_what_makes_them_due_and_tells_them_apart() -> None:
    assert [each.section_id for each in FOUND[::2]] == [ALL_SECTIONS, 7, 8, ALL_SECTIONS]
    assert len({each.choice for each in FOUND}) == len({each.key for each in FOUND}) == len(FOUND)


def test_they_are_called_by_name_or_slug() -> None:
    assert named(FOUND, ["TOWN", "town-hall"]) == {"sections/town-hall", "sections/town-hall.free"}
    assert named(FOUND, ["ferry", "Sea"]) == {each.stem for each in FOUND if "sea" in each.stem or "saved" in each.stem}
    assert named(FOUND, []) == set()
    with pytest.raises(UsageError, match='"harbour"'):
        named(FOUND, ["harbour"])


def test_only_what_holds_everything_of_a_section_has_an_archive() -> None:
    assert [each.archive for each in FOUND] == [
        "archive/all", None, "archive/sea", None, "archive/town-hall", None, None, None,
    ]  # fmt: skip
    (everything, *_, called_all, _, _, _) = targets(CONFIG, [SectionRecord(7, "all", "All", "5ea")])
    assert everything.archive != called_all.archive is not None
