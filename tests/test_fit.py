"""A feed within its bounds: what is left out of it, in which order, and what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from db.records import Enclosure
from feeds.errors import FeedInvalid
from feeds.fit import fit
from feeds.formats import FeedDocument, PublicEntry
from feeds.formats.atom import Renderer
from tests.shown import NOON, document, entry


def sized(number: int, body: int) -> PublicEntry:
    return replace(
        entry(),
        uid=f"tag:t,2026:{number}",
        title=f"Story {number}",
        content="x" * body,
        updated=NOON - timedelta(number),
    )


def of(*entries: PublicEntry) -> FeedDocument:
    return document(*entries, updated=max(one.updated for one in entries))


def test_what_has_room_is_as_it_was() -> None:
    given = of(sized(0, 10), sized(1, 10))
    for most in (None, 1_000_000):
        made = fit(given, Renderer(), most)
        assert (made.document, made.left_out) == (given, {})
        assert made.data == Renderer().render(given)


def test_the_longest_bodies_go_first_and_the_older_of_two() -> None:
    given = of(sized(0, 100), sized(1, 30_000), sized(2, 100), sized(3, 20_000), sized(4, 20_000))
    made = fit(given, Renderer(), 30_000)
    assert [one.content is not None for one in made.document.entries] == [True, False, True, True, False]
    assert len(made.data) <= 30_000


def test_then_links_then_the_oldest_entries_and_never_the_last() -> None:
    links = tuple((f"https://n.example/{number}", "n" * 100) for number in range(20))
    given = of(*(replace(sized(number, 0), content=None, via=links) for number in range(9)))
    bare = fit(of(*(replace(one, via=()) for one in given.entries)), Renderer(), None)
    made = fit(given, Renderer(), len(bare.data))
    assert made.data == bare.data
    fewer = fit(given, Renderer(), len(bare.data) * 2 // 3)
    assert [one.uid for one in fewer.document.entries] == [
        one.uid for one in given.entries[: len(fewer.document.entries)]
    ]
    assert 1 <= len(fewer.document.entries) < 9
    assert fewer.document.updated == NOON


def test_a_single_entry_gives_up_its_files_and_is_then_too_long() -> None:
    files = tuple(Enclosure(f"https://n.example/{number}.mp3", "audio/mpeg", 7) for number in range(50))
    given = of(replace(sized(0, 0), content=None, enclosures=files))
    small = fit(of(replace(given.entries[0], enclosures=())), Renderer(), None)
    assert fit(given, Renderer(), len(small.data)).data == small.data
    with pytest.raises(FeedInvalid, match="with one entry alone"):
        fit(given, Renderer(), len(small.data) - 1)


def test_what_cannot_be_rendered_is_left_out_and_named() -> None:
    bad = replace(sized(1, 10), url="javascript:alert(1)")
    made = fit(of(sized(0, 10), bad, sized(2, 10)), Renderer(), None)
    assert [one.uid for one in made.document.entries] == ["tag:t,2026:0", "tag:t,2026:2"]
    assert list(made.left_out) == [bad.uid]
    assert "javascript" in made.left_out[bad.uid]
