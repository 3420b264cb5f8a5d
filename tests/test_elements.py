"""What holds for both XML formats: what must never be said, that bytes are stable, and that nothing is too much."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from lxml import etree

from db.records import Access, Enclosure
from feeds.formats import Audience, EntryInvalid, FeedDocument, Renderer, atom, rss
from feeds.model import Episode, Image, Link
from feeds.validate import check_atom, xml_findings
from tests.shown import DOCUMENTS, NOW, document, entry, full

FORMATS = [atom.FORMAT, rss.FORMAT]
both = pytest.mark.parametrize("renderer", [atom.Renderer, rss.Renderer], ids=["atom", "rss"])
Made = Callable[..., Renderer]


@both
@pytest.mark.parametrize("access", Access)
@pytest.mark.parametrize("audience", Audience)
def test_no_body_of_a_gated_entry_is_public(renderer: Made, access: Access, audience: Audience) -> None:
    gated = full(
        access=access,
        content="<p>SENTINEL</p>",
        enclosures=(Enclosure("https://n.example/SENTINEL.mp3", "audio/mpeg", 7),),
        images=(Image("https://n.example/SENTINEL.jpg", 640, 480),),
        episode=Episode(duration=1, season=1, number=424242, explicit=True),
    )
    shared = renderer()
    # Whoever was served first, from one renderer.
    for served in (Audience.SUBSCRIBER, audience, Audience.PUBLIC, audience):
        data = shared.render(document(gated, audience=served))
        closed = served is Audience.PUBLIC and access.gated
        assert (b"SENTINEL" not in data) == closed
        assert (b"424242" not in data) == closed
        assert b"A teaser." in data


def _feeds(entries: list[Any]) -> list[FeedDocument]:
    """Feeds that share entries, as those of one run do."""
    return [
        document(*entries),
        document(*entries[::-1], path="all.atom", hubs=("https://hub.example/",)),
        document(*entries[:3], language="be", subscribe_url="https://news.example/pay"),
        document(*entries, audience=Audience.SUBSCRIBER, stylesheet="feed.css"),
        document(),
    ]


def _entries() -> list[Any]:
    """Full, plain and gated ones, some of one second and one fraction."""
    made = [full(1), entry(2), entry(3, published=None, position=4), full(4, access=Access.PREMIUM)]
    # Without a date of their own their fractions may meet: of a thousand ids at one position two always do.
    return [*made, *(entry(number, published=None, position=7) for number in range(10, 70))]


@both
def test_a_run_gives_the_same_bytes_in_any_order(renderer: Made) -> None:
    feeds = _feeds(_entries())
    expected = [renderer().render(one) for one in feeds]
    for turn in range(6):
        shared = renderer(cached=[10_000, 3, 1][turn % 3])
        order = list(enumerate(feeds))
        random.Random(turn).shuffle(order)  # noqa: S311  # an order, not a secret
        assert all(shared.render(one) == expected[at] for at, one in [*order, *order])


@both
def test_threads_may_share_a_renderer(renderer: Made) -> None:
    feeds = _feeds(_entries())
    expected = [renderer().render(one) for one in feeds]
    shared = renderer(cached=20)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(shared.render, feeds * 12))
    assert made == expected * 12


def digest() -> str:
    """Of all feeds above, in both formats."""
    made = [form.renderer().render(one) for form in FORMATS for one in _feeds(_entries())]
    return sha256(b"".join(made)).hexdigest()


def test_processes_give_the_same_bytes() -> None:
    command = [sys.executable, "-c", "from tests.test_elements import digest; print(digest())"]
    told = set()
    for seed, zone, language in (
        ("0", "UTC", "C"),
        ("1", "Asia/Tokyo", "C.UTF-8"),
        ("random", "America/New_York", "de_DE"),
    ):
        environment = os.environ | {
            "PYTHONHASHSEED": seed,
            "TZ": zone,
            "LC_ALL": language,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        told.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip())
    assert told == {digest()}


@settings(max_examples=15, deadline=None)
@given(DOCUMENTS)
def test_filling_in_gives_what_drawing_each_would(made: FeedDocument) -> None:
    for form in FORMATS:
        shared = form.renderer()
        for one in made.entries:
            try:
                alone = form.renderer().render(replace(made, entries=(one,)))
            except EntryInvalid:
                continue
            assert shared.render(replace(made, entries=(one,))) == alone


@both
def test_nothing_is_too_much(renderer: Made) -> None:
    many = tuple(f"category {number} & more" for number in range(100_000))
    made = document(entry(1, title="T" * 10_000_000, summary="ש" * 10_000_000), entry(2, categories=many))
    data = renderer().render(made)
    root = etree.fromstring(data)
    assert sum(1 for _ in root.iter("{*}category")) == 100_002
    findings = check_atom(data, now=NOW) if renderer is atom.Renderer else xml_findings(data, now=NOW)
    assert findings == ()
    titles = [title.text or "" for title in root.iter("{*}title")]
    assert [len(title) for title in titles[1:]] == [10_000, len("Headline 2")]
    assert titles[1].endswith("T…")


@both
def test_what_no_reader_of_xml_takes_is_left_out(renderer: Made) -> None:
    with pytest.raises(EntryInvalid, match=r"bytes, more than readers of XML take"):
        renderer().render(document(entry(content="x" * 10_000_001)))


@both
def test_an_episode_without_a_file_is_only_numbered(renderer: Made) -> None:
    data = renderer().render(document(entry(episode=Episode(duration=60, season=0, number=3, kind="full"))))
    assert b"<podcast:episode>3</podcast:episode>" in data
    assert b"media:" not in data
    assert b"podcast:season" not in data


@both
def test_comments_say_their_language(renderer: Made) -> None:
    places = (
        Link("https://n.example/c", "replies"),
        Link("https://n.example/d", "replies", "odd", language="de"),
        Link("https://n.example/e", "replies", "text/html", title=" ", language="not one"),
    )
    data = renderer().render(document(entry(replies=places)))
    assert data.count(b'hreflang="de"') == 1
    assert data.count(b"hreflang") == 1
    assert b'"odd"' not in data
    assert xml_findings(data, now=NOW) == ()
