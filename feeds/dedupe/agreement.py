"""Whether two entries tell the same story in the same words, by named rules, or the same event in others.

A duplicate is folded away, so a wrong one hides news; a missed one only repeats it. Reprints drop and change text, so
what counts is how much of the shorter text stands in the longer one, never how alike the two are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from db.records import Fingerprint
from feeds.dedupe.prints import TITLE_WORDS
from feeds.dedupe.words import STEM, stems_of

WINDOW = timedelta(days=7)
"""Reprints come within days: texts further apart are compared by equality alone."""

TITLE_WINDOW = timedelta(hours=72)
"""Equal titles alone join entries only within this time. No fuzzier method will do: of pairs whose sorted title words
agree by 90 %, 44 % are different stories ("sales rise in May, drop m/m", "sales drop in May, rise m/m")."""

EVENT_WINDOW = timedelta(hours=48)
"""Entries further apart are not linked as related, however much their titles share."""

BOILERPLATE_WORDS = 50
"""Under a recurring title a body shorter than this may be the same every day; under any other it needs a title to
agree with."""

COPIED, FEWEST_COPIED = 0.40, 15
"""Containment and shared shingles of two texts of 50 words and more that are one story. Of 494 labelled copies 99 %
share 0.53 or more, of 3,431 other pairs 99 % share 0.34 or less, and none 0.40 (`tests/quality/duplicates.py`)."""

TEASED, FEWEST_TEASED, TEASED_TITLES = 0.60, 8, 60
"""The same where one text is shorter, and how much the titles must agree (0 to 100)."""

OPENED = 0.40
"""How much of the opening of one of two copies must stand in the other: what different stories share is what follows,
the background or the footer. Without it 14 of 66 pairs that only look alike are joined, with it none, and of 651
copies three more are missed."""

WHOLE = 0.98
"""An opening that stands in the other text so far is copied, whatever the two are called."""

FIGURES, SAME_FIGURES = 2, 1 / 3
"""Texts of at least so many numbers each, of which less than a third is shared, are different reports in the same
words: the weather, the match, the month."""

RELATED_TITLES, RELATED_WORDS = 0.6, 3
"""The part and the number of a title's telling words in common of two stories of one event."""

RELATED, COMMON_WORDS = 0.15, 2
"""Or their containment, below that of copies, and such words: a footer alone makes no event."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two entries are to be folded, by which rule (R1 to R5), and how much they agree (0 to 1)."""

    same: bool
    rule: str | None
    score: float


_DIFFERENT = Verdict(False, None, 0.0)


def verdict(a: Fingerprint, b: Fingerprint, *, recurring: bool = False) -> Verdict:
    """Whether `a` and `b` are the same: the first rule that holds, in the order R1 to R5. Symmetrical.

    `recurring` says that the title recurs in a source of one of them: then neither the title nor a line of
    boilerplate under it proves anything, nor that the words are nearly those of yesterday.

    * R1: the same canonical URL.
    * R2: equal words in title and body.
    * R3: 40 % of the shorter text stands in the other, where both have 50 words.
    * R4: 60 % of it, and the titles agree, where one has 12 to 49 words.
    * R5: equal titles of at least four words, at most 72 hours apart where both times are known, where one of the two
      has no body that could tell them apart.

    The score is the containment for R3 and R4, 1 for the rules of equality, 0 for different entries. R3 and R4 need
    whole fingerprints; of others they do not speak.
    """
    if a.url_key is not None and a.url_key == b.url_key:
        return Verdict(True, "R1", 1.0)
    if a.text_hash is not None and a.text_hash == b.text_hash and a.title == b.title:
        return _DIFFERENT if recurring and a.body_words < BOILERPLATE_WORDS else Verdict(True, "R2", 1.0)
    if recurring:
        return _DIFFERENT
    if a.text_hash is not None and b.text_hash is not None:
        return _copied(a, b)
    if a.title_hash is None or a.title != b.title or _apart(a, b, TITLE_WINDOW):
        return _DIFFERENT
    return Verdict(True, "R5", 1.0)


def index_hashes(one: Fingerprint) -> frozenset[int]:
    """What an entry is looked up by: two entries that share none of these are not worth comparing, whichever the rule
    (but R1, whose key finds the entry itself). At most 17; found so are 99.8 % of edited copies."""
    return frozenset(one.sketch if one.bucket is None else (*one.sketch, one.bucket))


def related(a: Fingerprint, b: Fingerprint, *, recurring: bool = False) -> bool:
    """Whether `a` and `b`, which are no duplicates, are likely to tell of one event: a link, which hides nothing.

    They are at most 48 hours apart and agree in their figures, and share three telling words of a title, at least 60 %
    of those that the shorter title has, or two and 15 % of the shorter text. `recurring` as for `verdict`: such a title
    tells nothing. Symmetrical.
    """
    if recurring or _apart(a, b, EVENT_WINDOW) or not _figures_agree(a, b):
        return False
    one, other = _telling(a.title), _telling(b.title)
    common = len(one & other)
    if common >= RELATED_WORDS and common >= RELATED_TITLES * min(len(one), len(other)):
        return True
    contained, shared = _containment(a, b)
    return common >= COMMON_WORDS and contained >= RELATED and shared >= FEWEST_COPIED


def _copied(a: Fingerprint, b: Fingerprint) -> Verdict:
    """R3 and R4, for two usable bodies."""
    contained, shared = _containment(a, b)
    if contained < COPIED or _apart(a, b, WINDOW) or not _figures_agree(a, b):
        return _DIFFERENT
    opened = max(_opened(a, b), _opened(b, a))
    if opened < WHOLE and _named_apart(a, b):
        return _DIFFERENT
    if min(a.body_words, b.body_words) >= BOILERPLATE_WORDS:
        same = shared >= FEWEST_COPIED and opened >= OPENED
        return Verdict(True, "R3", contained) if same else _DIFFERENT
    same = contained >= TEASED and shared >= FEWEST_TEASED and min(a.title_words, b.title_words) >= TITLE_WORDS
    return Verdict(True, "R4", contained) if same and _titles_agree(a, b) else _DIFFERENT


def _containment(a: Fingerprint, b: Fingerprint) -> tuple[float, int]:
    """The part of the shorter text that stands in the other, and how many shingles that is."""
    if not a.shingles or not b.shingles:
        return 0.0, 0
    shared = len(a.shingles & b.shingles)
    return shared / min(len(a.shingles), len(b.shingles)), shared


def _opened(one: Fingerprint, other: Fingerprint) -> float:
    """The part of the opening of `one` that stands in `other`."""
    return len(one.opening & other.shingles) / len(one.opening) if one.opening and other.shingles else 0.0


def _figures_agree(a: Fingerprint, b: Fingerprint) -> bool:
    one, other = a.numbers or frozenset(), b.numbers or frozenset()
    fewest = min(len(one), len(other))
    return fewest < FIGURES or len(one & other) >= SAME_FIGURES * fewest


def _named_apart(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether each title has a word that its own text has, and that the other's title and text have not: one report of
    the quake in Chile and one of that in Fiji, two press releases of one form, two stories over one footer. What a copy
    calls itself stands in what it copied."""
    one, other = stems_of(a.title), stems_of(b.title)
    texts = a.stems or frozenset(), b.stems or frozenset()
    return bool((one - other) & texts[0] - texts[1]) and bool((other - one) & texts[1] - texts[0])


def _titles_agree(a: Fingerprint, b: Fingerprint) -> bool:
    # Loaded when used: the processes that read documents compare none, and it takes 4 MB.
    from rapidfuzz.fuzz import token_sort_ratio

    return token_sort_ratio(a.title, b.title) >= TEASED_TITLES


def _apart(a: Fingerprint, b: Fingerprint, window: timedelta) -> bool:
    return a.at is not None and b.at is not None and abs(a.at - b.at) > window


def _telling(title: str) -> set[str]:
    """The stems of the long words of a folded title, and pairs of CJK characters: short words tell of no event."""
    return {one for one in stems_of(title) if len(one) >= STEM or (len(one) == 2 and one > "\u3000")}
