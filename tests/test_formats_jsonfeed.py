"""JSON Feed out: golden pairs, the rules of the specification, what our own reader gets, what must never be said."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.records import Access, Enclosure
from feeds.formats import Audience, EntryInvalid, FeedDocument, PublicEntry, load
from feeds.formats.jsonfeed import FORMAT, Renderer
from feeds.model import Document, Episode, Image, Link
from feeds.sources.feed import parse
from feeds.validate import check
from tests import shown
from tests.shown import NOON, document, entry, full

CASES = sorted((Path(__file__).parent / "cases" / "formats").glob("*.json"))
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def rendered(*entries: PublicEntry, **fields: Any) -> dict[str, Any]:
    found = json.loads(render(document(*entries, **({"path": "sections/politics.json"} | fields))))
    assert isinstance(found, dict)
    return found


def item(one: PublicEntry, **fields: Any) -> dict[str, Any]:
    (found,) = rendered(one, **fields)["items"]
    assert isinstance(found, dict)
    return found


def render(made: FeedDocument) -> bytes:
    """`made` by a renderer that has rendered nothing else."""
    return Renderer().render(made)


def assert_valid(data: bytes, made: FeedDocument) -> None:
    """The rules of JSON Feed 1.1 for what we write, and nothing beside them."""
    feed = json.loads(data, parse_constant=pytest.fail)
    assert set(feed) <= {"version", "title", "home_page_url", "feed_url", "authors", "language", "hubs", "items"}
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == made.self_url
    assert [type(one["id"]) for one in feed["items"]] == [str] * len(made.entries)
    for one in feed["items"]:
        assert ("content_html" in one) is not ("content_text" in one)
        assert all(value for key, value in one.items() if key not in ("id", "content_text"))
        for key in ("date_published", "date_modified"):
            assert key not in one or _RFC3339.fullmatch(one[key])
        for key in ("url", "image", "banner_image"):
            assert one.get(key, "https://").lower().startswith(("http://", "https://"))
        assert all(isinstance(tag, str) and tag.strip() for tag in one.get("tags", ()))
        for file in one.get("attachments", ()):
            assert re.fullmatch(r"[^\s/]+/[^\s/]+", file["mime_type"])
            assert file["url"]
            assert set(file) <= {"url", "mime_type", "size_in_bytes", "duration_in_seconds"}


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_golden(case: Path) -> None:
    made = shown.load(case, "json")
    data = render(made)
    assert data == case.with_suffix(".jsonfeed").read_bytes()
    assert_valid(data, made)
    # A time that nobody believes is worth a warning.
    allowed = {"ImplausibleDate"} if case.stem == "hostile" else set()
    findings = check(data, location=made.self_url, now=shown.NOW)
    assert {one.code for one in findings if one.severity == "warning"} == allowed
    assert [one for one in findings if one.severity == "error"] == []


def test_golden_cases_are_found() -> None:
    assert len(CASES) >= 4


def test_the_format_is_registered() -> None:
    assert load("json") is FORMAT
    assert FORMAT.bare_type == FORMAT.media_type == "application/feed+json"


@settings(max_examples=150, deadline=None)
@given(shown.DOCUMENTS)
def test_whatever_entries_hold_the_document_is_valid(made: FeedDocument) -> None:
    """Of hostile entries those alone are refused whose times are none."""
    made = replace(made, path="sections/politics.json")
    try:
        data = render(made)
    except EntryInvalid as error:
        (refused,) = [one for one in made.entries if one.uid == error.uid]
        assert any(when is not None and _is_out(when) for when in (refused.published, refused.updated))
        return
    assert_valid(data, made)
    assert data == render(made)
    assert [one for one in check(data, location=made.self_url) if one.severity == "error"] == []
    assert not re.search(rb"(?<!\\)(?:\\\\)*\\u00[01]", data)
    for said, one in zip(json.loads(data)["items"], made.entries, strict=True):
        if made.withholds(one):
            assert "content_html" not in said
            assert not {"attachments", "image", "banner_image"} & set(said)


def _is_out(when: datetime) -> bool:
    if when.tzinfo is None:
        return True
    try:
        when.astimezone(UTC)
    except OverflowError:
        return True
    return False


@settings(max_examples=25, deadline=None)
@given(st.lists(shown.TEXTS, max_size=5))
def test_texts_come_back_without_what_is_illegal(texts: list[str]) -> None:
    made = [entry(at, title=text, summary=text, authors=(text,)) for at, text in enumerate(texts)]
    for said, text in zip(rendered(*made)["items"], texts, strict=True):
        legal = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
        # What looks like markup is parted by a sign that nobody sees.
        parted = said.get("title", "")
        assert parted == said.get("summary", "")
        assert parted.replace("\u2060", "") == legal.strip().replace("\u2060", "")
        assert said.get("authors", []) == ([{"name": legal.strip()}] if legal.strip() else [])


def test_a_hundred_thousand_categories() -> None:
    names = tuple(f"c{number}" for number in range(100_000))
    assert item(entry(categories=names))["tags"] == ["Politics", *names]


def test_our_own_reader_gets_what_was_said() -> None:
    made = document(full(), entry(2, access=Access.PREMIUM, title="Locked"), path="sections/politics.json")
    given_back = parse(Document(name="f", data=render(made), as_of=NOON, fetched_at=NOON, url=made.self_url))
    first, second = given_back.items
    assert (first.guid, first.title, first.url) == (full().uid, full().title, full().url)
    assert first.content == full().content
    assert first.authors == full().authors
    assert first.published == full().published
    assert [one.url for one in first.enclosures] == [one.url for one in full().enclosures]
    assert second.content != "<p>x</p>"
    assert "premium" in second.categories


@pytest.mark.parametrize(
    ("access", "said"),
    [
        (Access.FREE, {"level": "free", "isAccessibleForFree": True}),
        (Access.METERED, {"level": "metered"}),
        (Access.REGISTRATION, {"level": "registration", "isAccessibleForFree": False}),
        (Access.PREMIUM, {"level": "premium", "isAccessibleForFree": False}),
        (Access.UNKNOWN, None),
    ],
)
def test_access_is_told(access: Access, said: dict[str, Any] | None) -> None:
    found = item(entry(access=access))
    about = "https://news.example/feeds/index.html#access"
    assert found.get("_access") == (None if said is None else {"about": about, **said})
    assert (access.value in found["tags"]) is (access is not Access.UNKNOWN)


@pytest.mark.parametrize("access", [Access.PREMIUM, Access.REGISTRATION])
def test_a_gated_body_is_for_subscribers_alone(access: Access) -> None:
    gated = full(access=access, content="<p>SENTINEL</p>")
    renderer = Renderer()
    public = document(gated, path="sections/politics.json")
    private = replace(public, audience=Audience.SUBSCRIBER)
    for made in (public, private, public):
        data = renderer.render(made)
        assert (b"SENTINEL" in data) is (made is private)
        assert (b"p.pdf" in data) is (made is private)
    assert item(gated)["content_text"] == item(gated)["summary"] == "A teaser."


def test_what_stands_for_a_text() -> None:
    assert item(entry(summary=" "))["content_text"] == "Headline 1"
    assert "summary" not in item(entry(summary=" "))
    bare = item(entry(summary="", title=" "))
    assert bare["content_text"] == bare["url"] == "https://news.example/1"
    assert "title" not in bare
    assert "content_text" in item(entry(content=" "))
    assert item(entry(content="<p>x</p>"))["content_html"] == "<p>x</p>"


def test_addresses_that_are_none_are_left_out() -> None:
    found = item(
        full(
            url="javascript:alert(1)",
            enclosures=(Enclosure("data:text/html,x", "text/html"),),
            images=(Image("/relative"),),
            via=(("mailto:a@b.example", ""),),
            related=(),
            replies=(),
        )
    )
    assert not {"url", "attachments", "image", "_story"} & set(found)


def test_files_and_episodes() -> None:
    files = (
        Enclosure("https://news.example/a", "odd", -1),
        Enclosure("https://news.example/a.mp3", "audio/mpeg", 12),
        Enclosure("https://news.example/a.mp3", "audio/mpeg", 12),
    )
    assert item(entry(enclosures=files, episode=Episode(duration=61)))["attachments"] == [
        {"url": "https://news.example/a", "mime_type": "application/octet-stream"},
        {
            "url": "https://news.example/a.mp3",
            "mime_type": "audio/mpeg",
            "size_in_bytes": 12,
            "duration_in_seconds": 61,
        },
    ]
    assert "duration_in_seconds" not in item(entry(enclosures=files[1:]))["attachments"][0]


def test_pictures() -> None:
    wide, narrow = Image("https://news.example/w.jpg", 1200, 600), Image("https://news.example/n.jpg", 600, 601)
    found = item(entry(images=(narrow, wide)))
    assert (found["image"], found["banner_image"]) == (narrow.url, wide.url)
    assert "banner_image" not in item(entry(images=(narrow,)))


def test_where_else_it_is_told() -> None:
    made = entry(
        via=(("https://a.example/", "A"),),
        related=(("https://b.example/", " "),),
        replies=(Link("https://c.example/#comments", "replies"),),
    )
    assert item(made)["_story"] == {
        "about": "https://news.example/feeds/index.html#story",
        "via": [{"url": "https://a.example/", "title": "A"}],
        "related": [{"url": "https://b.example/"}],
        "replies": [{"url": "https://c.example/#comments"}],
    }


def test_the_head() -> None:
    found = rendered(hubs=("https://hub.example/", "https://hub.example/"), language="not a language")
    assert found["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]
    assert "language" not in found
    assert found["items"] == []
    assert found["home_page_url"] == "https://news.example/feeds/index.html"


@pytest.mark.parametrize(
    ("when", "shown_as"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
        (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), "9999-12-31T23:59:59Z"),
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=3))), "2025-12-31T21:00:00Z"),
    ],
)
def test_times(when: datetime, shown_as: str) -> None:
    found = item(entry(published=when, updated=when))
    assert (found["date_published"], found["date_modified"]) == (shown_as, shown_as)


@pytest.mark.parametrize("when", [datetime(2026, 1, 1), datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=3)))])  # noqa: DTZ001
def test_times_that_are_none(when: datetime) -> None:
    with pytest.raises(EntryInvalid, match="a time") as caught:
        render(document(entry(updated=when)))
    assert caught.value.uid == entry().uid


def test_entries_are_rendered_once() -> None:
    class Counting(tuple[str, ...]):
        asked = 0

        def __iter__(self) -> Any:
            type(self).asked += 1
            return super().__iter__()

    one = entry(authors=Counting(("A",)))
    renderer = Renderer()
    for number in range(3):
        renderer.render(document(one, path=f"sections/{number}.json"))
    assert Counting.asked == 1
