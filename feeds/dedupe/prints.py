"""What an entry is compared by: hashes of its title and text, a sketch to find copies by, and the keys that find it
again."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from hashlib import blake2b

from db.records import COMPARED, Fingerprint
from feeds.dedupe.canon import canon
from feeds.dedupe.shingles import OPENING, shingles_of, sketch_of
from feeds.dedupe.words import figures_of, spelt, stems_of
from feeds.quick import maker

USABLE_WORDS = 12
"""Fewer words than this are no body to compare by: a teaser of a line recurs under different stories."""

TITLE_WORDS = 4
"""Titles of fewer words recur: "Weather", "Morning briefing", "In pictures"."""

MAX_TITLE = 1000
"""Characters that are read at all, as `COMPARED` of a body: whoever asks may give more than any clean entry has."""

_UPDATE = re.compile(r"(?:(?:UPDATE|WRAPUP) ?\d{1,2}|REFILE|RPT) ?- ?(?=\S)")
_SITE_WORDS = 5

_KEY_FOLDS = str.maketrans("’‘‚‛ʼ′`´“”„‟«»″‐‑‒–—―−", "''''''''" + '"""""""' + "-------")

_fingerprint = maker(Fingerprint)


def fold_title(title: str) -> str:
    """The words of `title` as they are compared: casefolded, parted by one space, without what a republisher changes.

    Punctuation, soft hyphens, apostrophes, a closing " | Site" and an agency's opening "UPDATE 1-" go; the sign before
    a figure stays ("+5%" is not "-5%"). Each CJK character is a word.
    """
    return spelt(_told(title))[0].decode()


def imprint(
    title: str, body: str, url: str | None = None, *, at: datetime | None = None, sketched: bool = True
) -> Fingerprint:
    """What an entry is found by: all but its shingles and numbers, at a fifth of the cost.

    `body` is plain text; `url` is one that names this entry alone, or None. Without `sketched` there is no sketch:
    nothing within reach can be a copy.

    Hashes of texts are the first 64 bits of BLAKE2b over UTF-8, signed, big-endian: the same on every machine.
    """
    return _printed(title, body, url, at, sketched)[0]


def fingerprint(title: str, body: str, url: str | None = None, *, at: datetime | None = None) -> Fingerprint:
    """What an entry is compared by, whole: an `imprint` with all that is reckoned of the body."""
    one, words = _printed(title, body, url, at, True)
    shingles = shingles_of(words)
    return _fingerprint(
        one.url_key,
        one.title,
        one.title_words,
        one.title_hash,
        one.body_words,
        one.text_hash,
        at,
        one.sketch,
        frozenset(shingles),
        figures_of(body[:COMPARED]),
        frozenset(shingles[: OPENING - 2]),
        stems_of(words.decode()),
    )


def _printed(title: str, body: str, url: str | None, at: datetime | None, sketched: bool) -> tuple[Fingerprint, bytes]:
    """An imprint, and the words of the body."""
    folded, title_words = spelt(_told(title))
    words, body_words = spelt(body[:COMPARED]) if body else (b"", 0)
    usable = body_words >= USABLE_WORDS
    one = _fingerprint(
        canon(url) if url else None,
        folded.decode(),
        title_words,
        _hash64(folded) if title_words >= TITLE_WORDS else None,
        body_words,
        _hash64(folded + b"\n" + words) if usable else None,
        at,
        sketch_of(words) if usable and sketched else (),
    )
    return one, words


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
    title = title[:MAX_TITLE]
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
