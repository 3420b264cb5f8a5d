"""Words by table and by pattern are the same words, in every alphabet that has a table."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feeds.dedupe.words import _WORD, _folded, words_of


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
