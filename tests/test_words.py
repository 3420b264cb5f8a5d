"""Words by table and by pattern are the same words, in every alphabet that has a table."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feeds.dedupe.words import _WORD, _folded, figures_of, words_of


def letters(encoding: str) -> str:
    """What a clean text may hold of an 8-bit encoding."""
    every = bytes(range(256)).decode(encoding, "ignore")
    return "".join(one for one in every if one.isprintable() or one in "\t\n\r\u00a0\u00ad")


alphabets = st.sampled_from(["ascii", "cp1250", "cp1251", "cp1252"]).map(letters)
texts = alphabets.flatmap(lambda every: st.text(st.sampled_from(every) | st.sampled_from("+-5'´ \n"), max_size=40))


@given(texts | st.text(max_size=40))
@example("+5% -5 (-5) a-5 --5 +-5 '-5 …-5 ²-³")
@example("e-mail wi-fi+x a- b+")
@example("a -5 e-mail")
@example("a +x")
@example("-5")
@example("Straße №5 ½ ™ ﬁ µ")
@example("“И´х”\u00a0—\u00a0ЁЖ, soft\u00adhyphen")
@example("漢字かな한국 한국")
@example("\ud800 x")
def test_words_by_table_are_words_by_pattern(text: str) -> None:
    found = _WORD.findall(_folded(text))
    assert words_of(text) == (" ".join(found), len(found))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("…", ""),
        ("It’s +5%, not -5%; e-mail!", "its +5 not -5 e mail"),
        ("Ёлка — «Ёж» 5", "ёлка ёж 5"),
        ("Zażółć gęślą jaźń", "zażółć gęślą jaźń"),
        ("Straße", "strasse"),
        ("ΜΆΪΟΣ", "μάϊοσ"),
        ("漢字x", "漢 字 x"),
    ],
)
def test_words_of(text: str, words: str) -> None:
    assert words_of(text) == (words, len(words.split()))


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("", []),
        ("None here, in 2025 or 1999.", []),
        ("1,234.5 or 1.234,5 or 1 234,5 or 1\u00a0234,5 or 1’234.5", ["12345"]),
        ("3-1 at 12:30, +5 % and -5%", ["3", "1", "12", "30", "5"]),
        ("007 and 0 and 0.4", ["007", "0", "04"]),
        ("2100 and 20250 and 12.03", ["2100", "20250", "1203"]),
        ("in 2024 300 people, 300", ["300"]),
        ("5,2と12日、4120亿元", ["52", "12", "4120"]),
    ],
)
def test_figures_of(text: str, figures: list[str]) -> None:
    assert figures_of(text) == frozenset(figures)


@given(texts | st.text("0123456789., '", max_size=40))
def test_figures_are_digits(text: str) -> None:
    assert all(one.isdecimal() for one in figures_of(text))


@pytest.mark.parametrize("filler", ["\u0301", "1 ", "1,", "1,111", "+", "-", "漢", "ﬃ", "´", "\u00ad", "— "])
def test_long_texts_take_no_time(filler: str) -> None:
    """A run of 100,000 combining marks alone would take 7 seconds to normalise."""
    text = "x" + filler * 100_000
    assert words_of(text)[1] <= 400_001
    assert len(figures_of(text)) <= 3


def test_a_long_run_of_marks_is_cut() -> None:
    assert words_of("ж" + "\u0301" * 90 + " ж") == ("ж" + "\u0301" * 30 + " ж", 2)
