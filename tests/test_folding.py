"""Words as they are looked for, in any script."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.folding import _FOLDS, MOST_KNOWN, fold, stands_alone


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Council APPROVES the ferry's timetable", "council approves the ferry s timetable"),
        ("Crème BRÛLÉE naïve — l’eau d'été", "creme brulee naive l eau d ete"),
        ("Straße Łódź Đakovo smørrebrød İstanbul ışık", "strasse lodz dakovo smorrebrod istanbul isik"),
        ("Żółw gęś", "zolw ges"),
        ("Ёлка Йод ели ў ї ґ", "елка йод ели ў ї ґ"),
        ("за\u0301мок", "замок"),
        ("ΆΛΦΑ άλφα ΐ", "αλφα αλφα ι"),
        ("東京タワー・駅", "東 京 タ ワ ー 駅"),
        ("한국은행", "한 국 은 행"),
        ("ภาษาไทย", "ภ า ษ า ไ ท ย"),
        ("हिन्दी में", "हिन्दी में"),
        ("שָׁלוֹם مُحَمَّدـ می\u200cخواهم", "שלום محمد میخواهم"),
        ("２０ ﬁ ½ a_b 12:30 x²", "20 fi 1 2 a b 12 30 x2"),
        ("❤️ x\udc80y\0z §", "x y z"),
        ("co\u00adop", "coop"),
        ("", ""),
    ],
)
def test_words(text: str, words: str) -> None:
    assert fold(text).split() == words.split()


@pytest.mark.parametrize(("word", "alone"), [("京", True), ("ก", True), ("한", True), ("a", False), ("й", False)])
def test_characters_that_are_words(word: str, alone: bool) -> None:
    assert stands_alone(word) is alone


@given(st.text())
def test_only_words_and_blanks_are_left_and_folding_again_changes_nothing(text: str) -> None:
    folded = fold(unicodedata.normalize("NFC", text))
    assert all(char == " " or unicodedata.category(char)[0] in "LMN" for char in folded)
    assert fold(folded).split() == folded.split()


def test_every_character_there_is_fills_no_memory() -> None:
    everything = "".join(map(chr, range(0x10000, 0x10000 + 2 * MOST_KNOWN)))
    assert len(fold(everything + "Ж☃")) > MOST_KNOWN
    assert fold("Ж☃").split() == ["ж"]
    assert len(_FOLDS) <= MOST_KNOWN


@given(st.text(alphabet=st.characters(codec="cp1251")))
def test_the_table_of_an_alphabet_does_what_the_table_of_all_does(text: str) -> None:
    # The last sign is in no alphabet.
    assert fold(text).split() == fold(text + " ☃").split()
