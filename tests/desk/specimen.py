"""A page that has every piece of the desk's design kit, with whatever word is to stand in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from db.records import Access, Evidence
from feeds.desk.charts import bars, line, sparkline
from feeds.desk.page import environment
from feeds.shapes.reasons import Reason

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOSTILE = '"><script>alert(1)</script>{{7*7}}'
STATES = (
    "ok", "slow", "stale", "moved", "failing", "gone", "gap", "broken-selector", "suspicious", "paused", "open",
    "closed", "live", "expired", "revoked", "free", "registration", "metered", "premium", "unknown",
)  # fmt: skip
COUNTS = (3, 1, 0, 0, 2, 9, 24, 41, 38, 33, 29, 35, 40, 37, 31, 28, 30, 34, 26, 19, 14, 9, 7, 4)


def specimen(word: str = "harbour", title: str = "Sources") -> str:
    """The page, as HTML."""
    labels = [f"{hour:02}:00" for hour in range(24)]
    counts = {f"new {word}": COUNTS, "updated": [value // 4 for value in COUNTS]}
    latency = [80 + value * 3 for value in COUNTS]
    names = [(name, state, f"https://www.{name.lower().replace(' ', '-')}.example/news.xml") for name, state in _ROWS]
    return (
        environment()
        .from_string(Path(__file__).with_suffix(".html").read_text())
        .render(
            title=title, here="sources", site_title=f"The Courier {word}".removesuffix(" harbour"), open_incidents=3,
            signed_in=True, has_session=True, hidden={"csrf": word}, word=word, now=NOW, url=f"https://news.example/feed.xml?{word}",
            lead="What is polled, how it fares, and when it is asked next.",
            flash=[("ok", f"Polled {word}"), ("error", f"No such source: {word}")],
            past=NOW - timedelta(minutes=3), future=NOW + timedelta(hours=2), labels=labels, counts=counts,
            latency={"time": latency}, states=(*STATES, word), rows=[*names, (word, word, word)],
            reasons=[
                Reason(Evidence("marker", word, "line 9"), "B", None),
                Reason(Evidence("json-ld", "isAccessibleForFree: false", word), None, Access.PREMIUM),
            ],
            bars=bars(counts, labels, f"Entries by the hour {word}", id="hours"),
            lines=line("time", latency, labels, "Latency", id="latency", unit=" ms"),
            sparks=[sparkline([(v * k) % 17 for v in COUNTS], word, id=f"s{k}") for k in range(1, len(names) + 2)],
        )
    )  # fmt: skip


_ROWS = (
    ("Harbour Gazette", "ok"), ("Evening Bulletin", "slow"), ("Northern Post", "failing"), ("City Wire", "stale"),
    ("Парламентская хроника", "paused"), ("أخبار الميناء", "broken-selector"),
)  # fmt: skip
