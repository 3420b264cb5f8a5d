"""The same pairs with all addresses hidden, so that words alone count."""

from __future__ import annotations

from tests.quality import Tally
from tests.quality.duplicates import judged

TITLE = "duplicates by their words alone"


def score() -> Tally:
    """Pairs that are copies and were joined, joined wrongly, and missed."""
    return judged(hidden=True)
