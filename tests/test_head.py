"""Heads of Atom and RSS documents: style sheets, other formats, archives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from lxml import etree

from feeds.errors import FeedInvalid
from feeds.formats import Archive, Audience, EntryInvalid, Renderer, atom, rss
from feeds.formats.head import beside, head_text, stylesheet_of
from feeds.validate import xml_findings
from tests.shown import document, entry

RENDERERS: list[Callable[[], Renderer]] = [atom.Renderer, rss.Renderer]


@pytest.mark.parametrize(
    ("path", "audience", "expected"),
    [
        ("all.atom", Audience.PUBLIC, "feed.css"),
        ("sections/politics.rss", Audience.PUBLIC, "../feed.css"),
        ("sections/politics.rss?access=free&q=a/b", Audience.PUBLIC, "../feed.css"),
        ("archive/politics/2026-10.atom", Audience.PUBLIC, "../../feed.css"),
        ("sections/politics.atom", Audience.SUBSCRIBER, "https://news.example/feeds/feed.css"),
    ],
)
def test_where_the_style_sheet_is(path: str, audience: Audience, expected: str) -> None:
    made = document(path=path, audience=audience, stylesheet="feed.css")
    assert stylesheet_of(made) == expected
    for renderer in RENDERERS:
        lines = renderer().render(made).split(b"\n")
        assert lines[0] == b"<?xml version='1.0' encoding='UTF-8'?>"
        assert lines[1] == f'<?xml-stylesheet type="text/css" href="{expected}"?>'.encode()


def test_without_a_style_sheet() -> None:
    assert stylesheet_of(document()) is None
    assert all(b"<?xml-stylesheet" not in renderer().render(document()) for renderer in RENDERERS)


def test_a_style_sheet_is_an_attribute_value() -> None:
    made = document(path="all.atom", stylesheet='a"b?>&.css')
    for renderer in RENDERERS:
        data = renderer().render(made)
        assert b'href="a&quot;b?&gt;&amp;.css"?>' in data
        assert etree.fromstring(data).getprevious() is not None


def test_one_link_to_each_type() -> None:
    offered = (
        ("s.html", "text/html; charset=utf-8"), ("s.atom", "application/atom+xml; charset=utf-8"),
        ("s.json", "application/feed+json"), ("t.json", "application/feed+json; charset=utf-8"),
    )  # fmt: skip
    base = "https://news.example/feeds/"
    assert list(beside(document(alternates=offered), "application/atom+xml")) == [
        {"href": base + "s.json", "rel": "related", "type": "application/feed+json"}
    ]
    assert [link["href"] for link in beside(document(alternates=offered), "application/rss+xml")] == [
        base + "s.atom",
        base + "s.json",
    ]


@pytest.mark.parametrize(
    ("archive", "rels", "marked"),
    [
        (None, [], False),
        (Archive(), [], False),
        (Archive(previous="https://n.example/p"), ["prev-archive"], False),
        (Archive("https://n.example/c", "https://n.example/p"), ["current", "prev-archive"], True),
        (Archive("https://n.example/c", None, "https://n.example/n"), ["current", "next-archive"], True),
    ],
)
def test_archives(archive: Archive | None, rels: list[str], marked: bool) -> None:
    for renderer in RENDERERS:
        data = renderer().render(document(entry(), archive=archive))
        links = etree.fromstring(data).iter("{http://www.w3.org/2005/Atom}link")
        found = [link.get("rel") for link in links]
        assert [rel for rel in found if rel not in ("self", "alternate")] == rels
        assert (b"fh:archive" in data) == marked
        assert (b"purl.org/syndication/history" in data) == marked
        assert xml_findings(data) == ()


@pytest.mark.parametrize("title", ["</b> & &amp; R&D2 <b> \x93q\x94 \ufffd", "Courier: Politics", "AT&T"])
def test_titles_of_feeds(title: str) -> None:
    for renderer in RENDERERS:
        assert xml_findings(renderer().render(document(title=title, author=title))) == ()
    assert head_text(title).replace("\u2060", "") == title.replace("\x93", "“").replace("\x94", "”").replace(
        "\ufffd", "?"
    )


@pytest.mark.parametrize(
    "moment",
    [datetime(2026, 1, 1), datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))],  # noqa: DTZ001
)
def test_a_time_at_fault_is_the_feeds(moment: datetime) -> None:
    for renderer in RENDERERS:
        with pytest.raises(FeedInvalid, match="updated") as caught:
            renderer().render(document(updated=moment))
        assert not isinstance(caught.value, EntryInvalid)


def test_the_far_future() -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    made: list[Any] = [renderer().render(document(entry(updated=last), updated=last)) for renderer in RENDERERS]
    assert b"<updated>9999-12-31T23:59:59." in made[0]
    assert b"Fri, 31 Dec 9999 23:59:59 GMT" in made[1]
