"""What looks alike is never joined, and the index finds what is to be joined."""

from __future__ import annotations

from feeds.dedupe import verdict
from tests.quality import duplicates


def test_there_is_enough_of_everything() -> None:
    every = list(duplicates.pairs())
    assert sum(pair.same for pair in every) > 1000
    assert len(list(duplicates.hard())) > 60
    assert len({pair.kind for pair in every}) > 30


def test_what_looks_alike_is_never_joined() -> None:
    for pair in duplicates.hard():
        one, other = pair.one.print(hidden=False), pair.other.print(hidden=False)
        assert verdict(one, other) == verdict(other, one)
        assert not verdict(one, other).same, pair.name


def test_the_index_finds_copies() -> None:
    joined, joined_found, every_found = duplicates.found()
    copies = sum(pair.same and pair.kind != "same address" for pair in duplicates.pairs())
    assert joined_found >= 0.99 * joined
    assert every_found >= 0.99 * copies
