"""From what a listing says of an entry to what its article says: values alone."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from db.records import Access, Enclosure, EntryRecord, Evidence, Precision, StoredEntry
from feeds import revise
from feeds.config import Config, Source
from feeds.fulltext import (
    Listed,
    is_told,
    key_of,
    leads_home,
    listed_of,
    manner_of_articles,
    read_article,
    refused,
    with_pages,
)
from feeds.manner import manner_of
from feeds.model import Document, Item, Parsed
from tests.desk import record

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
URL = "https://n.example/a/ferry"
CONFIG = Config.model_validate({"site": {"title": "Desk", "base_url": "https://desk.example/"}})
MANNER = manner_of_articles(
    manner_of(CONFIG, Source.model_validate({"name": "n", "url": "https://n.example/feed", "default_section": "Rest"}))
)
DOCUMENT = Document(name=URL, data=b"", as_of=NOW, fetched_at=NOW, url=URL + "?from=feed")


def listed(**over: Any) -> Listed:
    given = record("As listed", source="n", url=URL, summary="The teaser.", position=4, published=NOW, **over)
    return listed_of(given, URL)


def read(item: Item, one: Listed, **over: Any) -> EntryRecord:
    reading = read_article(Parsed(items=(item,), url=URL, **over), DOCUMENT, MANNER, one)
    assert (reading.name, reading.article, reading.partial, reading.digest) == (URL, True, True, b"")
    (found,) = reading.records
    return found


def test_a_wall_before_an_article_gives_no_headline() -> None:
    for wall in ("Subscribe to read | The Harbour", "Before you continue", "Harbour Post", " "):
        assert read(Item(position=0, title=wall, content="<p>All of it.</p>"), listed()).title == listed().title


def test_the_words_are_the_articles_and_the_key_its_listings() -> None:
    item = Item(
        position=0, title="As it was listed", url="https://n.example/canonical", guid="g", content="<p>All of it.</p>"
    )
    found = read(item, listed())
    assert (found.title, found.text, found.summary) == ("As it was listed", "All of it.", "The teaser.")
    assert (found.keys, found.url, found.position) == ((key_of("n", URL),), URL, 4)
    assert (found.sections, found.published) == ((), NOW)
    assert found.fingerprint.title == "as it was listed"


def test_what_the_article_does_not_say_says_the_listing() -> None:
    file = Enclosure("https://n.example/a.mp3", "audio/mpeg", 5)
    one = listed(authors=("Ada",), categories=("Boats",), enclosures=(file,), label="Wire", language="fr")
    found = read(Item(position=0, content="<p>All of it.</p>"), one)
    assert (found.title, found.title_from_body) == ("As listed", False)
    assert (found.authors, found.categories, found.enclosures) == (("Ada",), ("Boats",), (file,))
    assert (found.label, found.language) == ("Wire", "fr")


def test_what_the_article_says_better() -> None:
    item = Item(position=0, title="T", content="<p>C</p>", authors=("Bob",), summary="Of its own", language="de")
    found = read(item, replace(listed(authors=("Ada",), language="fr"), summary=""))
    assert (found.authors, found.summary, found.language) == (("Bob",), "Of its own", "de")


def test_a_teaser_that_begins_the_body_is_none() -> None:
    words = [f"<{number}>" for number in range(400)]
    locked = (Evidence("isAccessibleForFree", "False", "schema.org NewsArticle"),)
    item = Item(position=0, title="T", content=f"<p>{html.escape(' '.join(words))}</p>", evidence=locked)
    for length, teaser in ((40, " ".join(words[:40])), (70, "")):
        found = read(item, replace(listed(), summary=" ".join(words[:length])))
        assert (found.access, found.summary) == (Access.PREMIUM, teaser)
    plain = replace(item, plain=True, content=" ".join(words))
    assert read(plain, replace(listed(), summary="a < b")).summary == "a < b"


def test_a_rough_time_gives_way_to_an_exact_one() -> None:
    exact = NOW - timedelta(days=2)
    item = Item(
        position=0, title="T", published=exact, published_precision=Precision.SECOND, published_basis="datePublished"
    )
    rough = replace(listed(), published_basis="lastmod")
    for one, expected in (
        (listed(), (NOW, None)),
        (rough, (exact, "datePublished")),
        (replace(listed(), published=None), (exact, "datePublished")),
    ):
        found = read(item, one)
        assert (found.published, found.published_basis) == expected
    assert read(replace(item, published=None), rough).published == NOW


def test_what_else_was_said_of_both() -> None:
    said = {"comments": "https://n.example/c", "title_basis": "address"}
    one = replace(listed(), extra=json.dumps(said))
    assert json.loads(read(Item(position=0, title="As it was listed"), one).extra) == {
        "comments": "https://n.example/c"
    }
    item = Item(position=0, content="<p>C</p>", comments="https://n.example/own", rights="Ours")
    assert json.loads(read(item, one).extra) == said | {"rights": "Ours"}


def test_one_that_is_refused_is_a_hint() -> None:
    proofs = (Evidence("HTTP status", "402", "answer"),)
    (found,) = refused(proofs, MANNER, listed(), NOW).records
    assert (found.title, found.text, found.access) == ("As listed", "", Access.UNKNOWN)
    assert found.evidence == proofs


def test_only_entries_with_an_address_of_their_own_have_articles() -> None:
    newer = record("Newer", source="n", url=URL + "2", dated=NOW + timedelta(hours=1))
    older = record("Older", source="n", url=URL)
    shared = replace(record("Shared", source="n", guid="g"), url="https://n.example/")
    bare = record("Bare", source="n")
    assert list(with_pages([older, shared, bare, newer, older], "n").values()) == [newer, older]


def test_what_was_said_before() -> None:
    one = record("One", source="n", url=URL)
    assert is_told(one, {revise.digest(one)})
    assert not is_told(replace(one, summary="edited"), {revise.digest(one)})


def test_what_is_stored_serves_as_a_listing() -> None:
    said = record("Stored", url=URL, summary="S", published=NOW)
    names = [name for name in StoredEntry.__dataclass_fields__ if name in EntryRecord.__dataclass_fields__]
    entry = StoredEntry(
        **{name: getattr(said, name) for name in names if name not in ("updated",)},
        id=1,
        uid="tag:x",
        source="n",
        updated=NOW,
        place=(7 << 31) | 5,
        first_seen=NOW,
        sorted_at=NOW,
        access_override=False,
        lead="tag:x",
        rule=None,
    )
    assert listed_of(entry, URL) == replace(listed_of(said, URL), position=7)


def test_a_redirect_to_the_home_page_is_no_article() -> None:
    for at, asked, home in (
        ("https://n.example/", URL, True),
        ("https://www.n.example", URL + "?id=1", True),
        ("https://n.example/?p=1", URL, False),
        (URL, URL, False),
        ("https://n.example/", "https://n.example/", False),
        (None, URL, True),
    ):
        assert leads_home(replace(DOCUMENT, name=asked, url=at)) is home
