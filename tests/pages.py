"""What the tests of page sources build: pages out of a body, and what is read from them."""

from __future__ import annotations

from datetime import UTC, datetime

from feeds.model import Context, Document
from feeds.page import Page, read_page
from feeds.sources.page import Listing, parse
from feeds.sources.page.links import Link, links_of

URL = "https://n.example/news/"
NOW = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)


def document(body: str | bytes, url: str | None = URL) -> Document:
    data = body.encode() if isinstance(body, str) else body
    return Document(name=url or "news.html", data=data, as_of=NOW, fetched_at=NOW, url=url)


def page(body: str, url: str | None = URL) -> Page:
    return read_page(body, url)


def links(body: str, url: str | None = URL) -> list[Link]:
    return links_of(page(body, url)).all


def listing(body: str, url: str | None = URL, **context: object) -> Listing:
    return parse(document(body, url), Context(**context))  # type: ignore[arg-type]


def rows(*titles: str, inside: str = "") -> str:
    """A list whose items are these headlines, each with `inside` behind it."""
    return "".join(
        f'<li><a href="/n/{number}-a-long-story">{title}</a>{inside}</li>' for number, title in enumerate(titles, 1)
    )


FOUR = (
    "Council approves the ferry timetable",
    "Harbour wall is repaired at last",
    "Museum reopens its northern wing",
    "Teachers reject the offer of the town",
)
