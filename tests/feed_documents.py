"""What the tests of the feed parser share: documents made of text."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from feeds.model import Document

FOLDER = Path(__file__).parent / "cases" / "feed"
CASES = sorted(path for path in FOLDER.iterdir() if not path.name.endswith(".expected.json"))
NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
RSS = "<rss version='2.0'><channel>{}</channel></rss>"


def document(data: bytes | str, url: str | None = "https://news.example/feeds/feed.xml", **more: str) -> Document:
    raw = data.encode() if isinstance(data, str) else data
    return Document(name="feed.xml", data=raw, as_of=NOW, fetched_at=NOW, url=url, charset=more.get("charset"))
