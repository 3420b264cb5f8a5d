"""Same entry, same story, same page: keys, fingerprints and the verdict on a pair."""

from __future__ import annotations

from feeds.dedupe.agreement import BOILERPLATE_WORDS, WINDOW, Verdict, index_hashes, related, verdict
from feeds.dedupe.canon import canon, stands_for
from feeds.dedupe.prints import fingerprint, fold_title, imprint, keys

__all__ = [
    "BOILERPLATE_WORDS",
    "WINDOW",
    "Verdict",
    "canon",
    "fingerprint",
    "fold_title",
    "imprint",
    "index_hashes",
    "keys",
    "related",
    "stands_for",
    "verdict",
]
