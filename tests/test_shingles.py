"""Hashes of three words in a row: the same everywhere, and of any text."""

from __future__ import annotations

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.dedupe.shingles import MAX_WORDS, SKETCHED, SMALLEST, shingles_of, sketch_of
from feeds.dedupe.words import spelt

FACTORS = (0x2545F491, 0x1B873593, 0x3C6EF35F)
words = st.lists(st.text("abcdeж5", min_size=1, max_size=4), max_size=40).map(lambda found: " ".join(found).encode())


def by_definition(text: bytes) -> list[int]:
    """A CRC for each word, times a factor for each place, its bytes turned round."""
    found = [crc32(word) for word in text.split()]
    sums = (sum(map(int.__mul__, FACTORS, found[at : at + 3])) for at in range(len(found) - 2))
    return [int.from_bytes(one.to_bytes(8, "little"), "big", signed=True) for one in sums]


@given(words)
def test_shingles_are_what_they_are_defined_to_be(text: bytes) -> None:
    assert list(shingles_of(text)) == by_definition(text)


def test_hashes_are_the_same_on_every_machine() -> None:
    assert shingles_of(b"one two three four") == (-87138950859165404, -2839347326761148628)
    assert sketch_of(b"one two three four") == (-2839347326761148628, -87138950859165404)
    assert shingles_of("пять слоў".encode()) == ()


@given(words)
def test_a_sketch_holds_the_smallest(text: bytes) -> None:
    sketch = sketch_of(text)
    assert list(sketch) == sorted(set(shingles_of(text)))[:SMALLEST]
    assert all(-(2**63) <= one < 2**63 for one in sketch)


@given(st.permutations([b" ".join(b"%d-%d" % (part, at) for at in range(16)) for part in range(5)]))
def test_a_sketch_does_not_ask_for_the_order_of_sentences(sentences: list[bytes]) -> None:
    """But for the shingles at their seams, eight of 78."""
    first = b" ".join(sorted(sentences))
    assert len(set(sketch_of(first)) & set(sketch_of(b" ".join(sentences)))) >= SMALLEST - 8


def test_only_so_many_words_count() -> None:
    many = b" ".join(b"%d" % number for number in range(MAX_WORDS + 500))
    assert len(shingles_of(many)) == MAX_WORDS - 2


def test_which_are_smallest_does_not_hang_on_single_words() -> None:
    """Of 200 words around one, no more shingles that hold it are in the sketch than chance gives."""
    common = 0
    for number in range(200):
        text = " ".join(f"w{number}x{place}" if place % 4 else "the" for place in range(SKETCHED)).encode()
        with_it = {one for at, one in enumerate(shingles_of(text)) if at % 4 == 0}
        common += len(with_it & set(sketch_of(text)))
    assert 0.15 < common / (200 * SMALLEST) < 0.35


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("古城市图书馆周一宣布", "本报讯 古城市图书馆周一宣布"),
        ("無人駅の駅長に選ばれた猫", "無人駅の駅長に選ばれた猫、帰る"),
        ("한국의 도서관은", "한국의 도서관은 크다"),
    ],
)
def test_characters_count_by_five_where_they_are_the_words(one: str, other: str) -> None:
    short, long = shingles_of(spelt(one)[0]), shingles_of(spelt(other)[0])
    assert len(set(short) & set(long)) >= len(short) - 4
    assert shingles_of(spelt("在港口的灯塔")[0])[0] != shingles_of(spelt("在港口和灯塔")[0])[0]
