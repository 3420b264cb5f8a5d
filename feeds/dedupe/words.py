"""The words of a text as they are compared, whatever its script, case and punctuation."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from db.folding import alphabets

_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0e4e\u0e80-\u109f"
)
r"""Accents and vowel signs, which `\w` leaves out: without them a word of Hindi or Thai falls to pieces."""

_WORD = re.compile(rf"(?:(?<!\S)[+-](?=\d))?[\w{_MARKS}]+")
_DROPPED = "\u00ad'`’‘ʼʹ′‛"
_UNSIGNED = re.compile(rb"(?<=[^\n])[+-]|[+-](?![0-9])")
"""A sign that belongs to no figure; in bytes by an `Alphabet`, where only "\n" is space."""

_LONG_RUN = re.compile(r"([^\w\s\x00-\x7f]{30})[^\w\s\x00-\x7f]+")
_SYMBOL = re.compile(r"[^\w\s\x00-\x7f]")
"""What is neither letter nor space, combining marks among it. Normalising is quadratic in a run of these, which is
therefore cut (UAX #15, Stream-Safe Text Format); one of 30 shows in every thirtieth character of a text."""

_FIGURE = re.compile(r"\d{1,3}(?:[.,' \u00a0\u2009\u202f’]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DIGITS = re.compile(r"\d+")

MAX_STEMS = 3000
STEM = 5
"""Letters of a long word by which it is known."""

_LONG = 4


def words_of(text: str) -> tuple[str, int]:
    """The words of `text`, compatibility-normalised and casefolded, parted by one space; and how many they are.

    Soft hyphens and apostrophes go; the sign before a figure stays ("+5%" is not "-5%"). Each CJK character is a word.
    """
    words, count = spelt(text)
    return words.decode(), count


def spelt(text: str) -> tuple[bytes, int]:
    """`words_of` in UTF-8: most texts are ASCII or nearly so, and are to be hashed."""
    if "ß" in text:
        text = text.replace("ß", "ss")  # the one letter of these alphabets that folds to two
    for alphabet in _ALPHABETS if "а" not in text else _CYRILLIC:
        try:
            data = text.encode() if text.isascii() else text.encode(alphabet.encoding)
        except UnicodeEncodeError:
            continue
        data = data.translate(alphabet.folded, alphabet.dropped)
        if 0 in data:
            break
        if b"-" in data or b"+" in data:
            # The pattern costs as much as all the rest, and what opens no word is a hyphen.
            opening = b"\n-" in data or b"\n+" in data or data.startswith((b"-", b"+"))
            data = _UNSIGNED.sub(b" ", data) if opening else data.replace(b"-", b" ").replace(b"+", b" ")
        found = data.split()
        words = b" ".join(found)
        return words if words.isascii() else words.decode(alphabet.encoding).encode(), len(found)
    matched = _WORD.findall(_folded(text))
    return " ".join(matched).encode(), len(matched)


def figures_of(text: str) -> frozenset[str]:
    """The figures in `text`, each as its digits alone: "1,234.5", "1 234,5" and "1.234,5" are one.

    Years are none: next month's report has this year's number in it as well.
    """
    found = set(_FIGURE.findall(text))
    return frozenset(["".join(_DIGITS.findall(one)) for one in found if not _YEAR.fullmatch(one)])


def stems_of(words: str) -> frozenset[str]:
    """The beginnings of folded words, which few inflections change, and pairs of CJK characters; of short words only
    those with a digit, since the others tell of nothing."""
    found = words.split(" ", MAX_STEMS)[:MAX_STEMS]
    stems = {word[:STEM] for word in found if len(word) >= _LONG or not word.isalpha()}
    if not words.isascii() and _CJK.search(words) is not None:
        stems |= {one + other for one, other in pairwise(found) if len(one) == len(other) == 1 and one > "\u3000"}
    return frozenset(stems)


def _folded(text: str) -> str:
    if len(text) > 30 and _SYMBOL.search(text[::30]) is not None:
        text = _LONG_RUN.sub(r"\1", text)
    # Casefolding can undo the composition ("ΐ"), so it comes between two normalisations; "´" would become a space.
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.replace("´", "'")).casefold())
    text = text.replace("−", "-")
    for mark in _DROPPED:
        text = text.replace(mark, "")
    return _CJK.sub(r" \g<0> ", text) if _CJK.search(text) is not None else text


def _byte_of(made: str, encoding: str) -> int:
    """A folded letter or digit, a sign, "\n" for white space, " " for punctuation."""
    if made.isspace():
        return ord("\n")
    if made in "+-" or (len(made) == 1 and _WORD.fullmatch(made) is not None):
        return made.encode(encoding)[0]
    return ord(" ") if _WORD.search(made) is None and not set(made) & set("+-") else 0


_ALPHABETS = alphabets(_folded, _byte_of)
_CYRILLIC = _ALPHABETS[1:2]
"""What a text with its commonest letter can be in: to try and fail costs a fifth of the time."""
