"""Same entry, same story, same page: keys, fingerprints and the verdict on a pair.

A duplicate is folded away, so a wrong one hides news; a missed one only repeats it. Every rule is therefore one of
equality, and each says by name why it joined two entries.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from db.records import Fingerprint
from feeds.dedupe.canon import canon
from feeds.dedupe.words import spelt, words_of
from feeds.quick import maker

__all__ = ["Verdict", "canon", "fingerprint", "fold_title", "keys", "verdict"]

USABLE_WORDS = 12
"""Fewer words than this are no body to compare by: a teaser of a line recurs under different stories."""

TITLE_WORDS = 4
"""Titles of fewer words recur: "Weather", "Morning briefing", "In pictures"."""

TITLE_WINDOW = timedelta(hours=72)
"""Equal titles alone join entries only within this time. No fuzzier method will do: of pairs whose sorted title words
agree by 90 %, 44 % are different stories ("sales rise in May, drop m/m", "sales drop in May, rise m/m")."""

BOILERPLATE_WORDS = 50
"""Under a recurring title a body shorter than this may be the same every day."""

_UPDATE = re.compile(r"(?:(?:UPDATE|WRAPUP) ?\d{1,2}|REFILE|RPT) ?- ?(?=\S)")
_SITE_WORDS = 5

_KEY_FOLDS = str.maketrans("’‘‚‛ʼ′`´“”„‟«»″‐‑‒–—―−", "''''''''" + '"""""""' + "-------")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two entries are to be folded, by which rule (R1, R2, R5), and how much they agree (0 to 1)."""

    same: bool
    rule: str | None
    score: float


_fingerprint = maker(Fingerprint)
_DIFFERENT = Verdict(False, None, 0.0)


def fold_title(title: str) -> str:
    """The words of `title` as they are compared: casefolded, parted by one space, without what a republisher changes.

    Punctuation, soft hyphens, apostrophes, a closing " | Site" and an agency's opening "UPDATE 1-" go; the sign before
    a figure stays ("+5%" is not "-5%"). Each CJK character is a word.
    """
    return words_of(_told(title))[0]


def fingerprint(title: str, body: str, url: str | None = None, *, at: datetime | None = None) -> Fingerprint:
    """What an entry is compared by. `body` is plain text; `url` is one that names this entry alone, or None.

    Hashes are the first 64 bits of BLAKE2b over UTF-8, signed, big-endian: the same on every machine.
    """
    folded, title_words = spelt(_told(title))
    words, body_words = spelt(body) if body else (b"", 0)
    return _fingerprint(
        canon(url) if url else None,
        folded.decode(),
        title_words,
        _hash64(folded) if title_words >= TITLE_WORDS else None,
        body_words,
        _hash64(folded + b"\n" + words) if body_words >= USABLE_WORDS else None,
        at,
    )


def verdict(a: Fingerprint, b: Fingerprint, *, recurring: bool = False) -> Verdict:
    """Whether `a` and `b` are the same: the first rule that holds, in the order R1, R2, R5. Symmetrical.

    `recurring` says that the title recurs in a source of one of them: then neither the title nor a line of
    boilerplate under it proves anything.

    * R1: the same canonical URL.
    * R2: equal words in title and body.
    * R5: equal titles of at least four words, at most 72 hours apart where both times are known, where one of the two
      has no body that could tell them apart.
    """
    if a.url_key is not None and a.url_key == b.url_key:
        return Verdict(True, "R1", 1.0)
    if a.text_hash is not None and a.text_hash == b.text_hash and a.title == b.title:
        return _DIFFERENT if recurring and a.body_words < BOILERPLATE_WORDS else Verdict(True, "R2", 1.0)
    if recurring or (a.text_hash is not None and b.text_hash is not None):
        return _DIFFERENT
    if a.title_hash is None or a.title != b.title:
        return _DIFFERENT
    if a.at is not None and b.at is not None and abs(a.at - b.at) > TITLE_WINDOW:
        return _DIFFERENT
    return Verdict(True, "R5", 1.0)


def keys(source: str, url: str | None, guid: str | None, title: str, *, url_shared: bool) -> tuple[bytes, ...]:
    """The 16-byte digests that find an entry again, the strongest first; at least one.

    The canonical URL, across sources, unless it is `url_shared`: given to several items of the document, or the home
    page's. Then the guid within the source. An item with neither has its title within the source, told apart from
    others by its wording alone: case, spacing and the style of quotes and dashes do not count.
    """
    found = []
    if url and not url_shared:
        found.append(_digest("url:" + canon(url)))
    if guid:
        found.append(_digest(f"guid:{source}\0{guid}"))
    return tuple(found) or (_digest(f"title:{source}\0{_fold_key(title)}"),)


def _told(title: str) -> str:
    """`title` without what says who tells it and how often."""
    while (update := _UPDATE.match(title)) is not None:
        title = title[update.end() :]
    while " | " in title:
        head, _, site = title.rpartition(" | ")
        if len(head.split()) < TITLE_WORDS or len(site.split()) > _SITE_WORDS:
            break
        title = head
    return title


def _fold_key(title: str) -> str:
    if not title.isascii():
        title = unicodedata.normalize("NFKC", title.replace("\u00ad", "")).translate(_KEY_FOLDS)
    return " ".join(title.casefold().split())


def _hash64(words: bytes) -> int:
    return int.from_bytes(blake2b(words, digest_size=8).digest(), "big", signed=True)


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
