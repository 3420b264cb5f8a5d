"""Words as they are looked for: without regard to case, accents and the width of characters, in any script.

What is indexed and what is asked for go through the same `fold`, whatever the database.

* Accents go from Latin and Greek letters ("é" is "e"), and so do the points of Hebrew and Arabic: people type neither.
  A Cyrillic letter keeps them, since "й" and "и", "ў" and "у", "ї" and "і" are letters apart; but "ё" is mostly
  written "е". The vowel signs of Hindi and its kin are a part of the word.
* Scripts that put no blanks between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese), and Korean, which joins
  endings to them, have each character for a word: as a phrase they are found inside a run of text.
* Apostrophes and hyphens part words: "l'eau" is the phrase "l eau".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import NamedTuple

MOST_KNOWN = 20_000
"""Characters whose folds are kept: more than newspapers of all scripts use."""

_ALONE = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3400, 0x9FFF),  # Han
    (0xAC00, 0xD7AF),  # Hangul
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
"""Blocks of which each character is a word."""

_GOING = (
    (0x0300, 0x036F),  # accents that stand alone
    (0x0591, 0x05C7),
    (0x0610, 0x061A),
    (0x0640, 0x0640),  # the line that stretches an Arabic word
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0xFE00, 0xFE0F),  # variants of a glyph
    (0xE0100, 0xE01EF),
)
"""Blocks of marks that nobody types."""

_ACCENTED = ("LATIN", "GREEK")
"""Scripts whose letters lose their accents, as the names of the letters begin."""

_PLAIN = {"ё": "е", "ł": "l", "ø": "o", "đ": "d", "ı": "i"}
"""Letters that Unicode does not take apart, or of a script that keeps its accents."""


def fold(text: str) -> str:
    """The words of `text`, which is NFC, folded and parted by blanks; in linear time."""
    if text.isascii():
        return text.translate(_ASCII)
    for alphabet in _ALPHABETS if "а" not in text else _CYRILLIC:
        try:
            data = text.encode(alphabet.encoding).translate(alphabet.folded, alphabet.dropped)
        except UnicodeEncodeError:
            continue
        if 0 not in data:
            return data.decode(alphabet.encoding)
        break
    return text.translate(_FOLDS)


def stands_alone(word: str) -> bool:
    """Whether the folded `word` is one of those that have a single character."""
    return _within(ord(word[0]), _ALONE)


def _within(number: int, blocks: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= number <= last for first, last in blocks)


def _folded(char: str) -> str:
    """What one character becomes: letters and digits, blanks, or nothing."""
    made = ""
    # Casefolding can undo the composition ("ΐ"), so it comes between two normalisations.
    for one in unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", char).casefold()):
        kind = unicodedata.category(one)
        if kind == "Cf" or _within(ord(one), _GOING):
            continue
        if kind[0] not in "LMN":
            made += " "
        elif _within(ord(one), _ALONE):
            made += f" {one} "
        else:
            made += _bare(one)
    return made


def _bare(letter: str) -> str:
    """A letter without what people leave out when they type it."""
    if not unicodedata.name(letter, "").startswith(_ACCENTED):
        return _PLAIN.get(letter, letter)
    return "".join(
        _PLAIN.get(one, one) for one in unicodedata.normalize("NFD", letter) if not unicodedata.combining(one)
    )


class _Folds(dict[int, str]):
    """Code point -> what it becomes, found out when it is first met. A document that has every character there is must
    not fill the memory."""

    def __missing__(self, number: int) -> str:
        if len(self) >= MOST_KNOWN:
            self.clear()
        made = self[number] = _folded(chr(number))
        return made


class Alphabet(NamedTuple):
    """An 8-bit encoding and what becomes of each of its bytes: 0 where one character is not enough to know; those in
    `dropped` go."""

    encoding: str
    folded: bytes
    dropped: bytes


def alphabets(fold_one: Callable[[str], str], byte_of: Callable[[str, str], int]) -> tuple[Alphabet, ...]:
    """Western, Cyrillic and Central European, in this order: a text in one of them is folded by table, in a tenth of
    the time. `fold_one` folds a character, to nothing where it goes; `byte_of` is what the table has for its fold in an
    encoding, 0 for what a table cannot say."""
    return tuple(_alphabet(encoding, fold_one, byte_of) for encoding in ("cp1252", "cp1251", "cp1250"))


def _alphabet(encoding: str, fold_one: Callable[[str], str], byte_of: Callable[[str, str], int]) -> Alphabet:
    folded, dropped = bytearray(256), bytearray()
    for byte in range(256):
        try:
            made = fold_one(bytes([byte]).decode(encoding))
            if made:
                folded[byte] = byte_of(made, encoding)
            else:
                dropped.append(byte)
        except UnicodeError:
            pass  # no character, or one whose fold the encoding does not have
    return Alphabet(encoding, bytes(folded), bytes(dropped))


def _byte_of(made: str, encoding: str) -> int:
    return made.encode(encoding)[0] if len(made) == 1 else 0


_FOLDS = _Folds()
_ASCII = {number: _folded(chr(number)) for number in range(128)}
_ALPHABETS = alphabets(_folded, _byte_of)
_CYRILLIC = _ALPHABETS[1:2]
"""What a text with its commonest letter can be in."""
