"""From a document to records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

from db.records import Access, EntryRecord, Fingerprint, Learned
from feeds.config import Config, Profile, Source
from feeds.manner import manner_of
from feeds.model import Document
from feeds.normalise import Clean
from feeds.packing import pack, unpack
from feeds.reading import parse, read, unmarked

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
CONFIG = Config.model_validate({"site": {"title": "Desk", "base_url": "https://desk.example/"}})


def test_a_record_has_the_fields_of_a_clean_item_in_their_order() -> None:
    names = [field.name for field in fields(EntryRecord)]
    common = Clean._fields[: Clean._fields.index("sections") + 1]
    assert names == ["keys", *common, "access", "evidence", "fingerprint", "extra"]


def prints_of(*items: Mapping[str, object]) -> list[Fingerprint]:
    """What the items of a JSON feed, read on the first of March, are compared by."""
    source = Source.model_validate({"name": "a", "kind": "feed", "url": "https://a.example/feed", "sections": ["News"]})
    data = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode()
    document = Document(name="a", data=data, as_of=NOW, fetched_at=NOW + timedelta(days=400), url=source.url)
    manner = manner_of(CONFIG, source)
    return [one.fingerprint for one in read(parse(document, manner), document, manner, b"digest").records]


def test_what_is_new_in_its_document_gets_a_sketch() -> None:
    words = {
        "title": "Ferry timetable",
        "content_text": "The council approved the new ferry timetable after a long debate.",
    }
    at = {
        "new": None,
        "week": "2025-02-22T12:00:00Z",
        "older": "2025-02-22T11:59:59Z",
        "future": "2025-04-01T00:00:00Z",
    }
    made = prints_of(*({"id": name, "date_published": time, **words} for name, time in at.items()))
    assert [bool(one.sketch) for one in made] == [False, False, False, False]
    words["content_text"] += " Residents asked the court to stop it."
    made = prints_of(*({"id": name, "date_published": time, **words} for name, time in at.items()))
    assert [bool(one.sketch) for one in made] == [True, True, False, True]
    assert {(one.shingles, one.numbers, one.opening) for one in made} == {(None, None, None)}


def test_a_teaser_stands_for_the_body() -> None:
    teaser = "The council approved the new ferry timetable on Monday after a long debate about its costs."
    (one,) = prints_of({"id": "1", "title": "Ferry", "summary": teaser})
    (other,) = prints_of({"id": "1", "title": "Ferry", "content_text": teaser})
    assert (one.body_words, one.text_hash, one.sketch) == (other.body_words, other.text_hash, other.sketch)
    assert one.body_words == 16


def test_a_document_becomes_records() -> None:
    source = Source.model_validate({"name": "a", "kind": "feed", "url": "https://a.example/feed", "sections": ["News"]})
    item = {"id": "1", "title": "Ferry", "url": "/1", "content_html": "<p>Ahoy</p>", "image": "/i.png"}
    data = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item, {"id": "2"}]}).encode()
    document = Document(name="a", data=data, as_of=NOW, fetched_at=NOW, url=source.url, media_type="application/json")
    manner = manner_of(CONFIG, source)
    made = read(parse(document, manner), document, manner, b"digest")
    (record,) = made.records
    assert (record.title, record.text, record.url) == ("Ferry", "Ahoy", "https://a.example/1")
    assert (record.sections, record.access, record.dated) == (("News",), Access.UNKNOWN, NOW)
    assert record.fingerprint.url_key == "a.example/1"
    assert (made.name, made.digest, made.moment, len(made.skipped)) == ("a", b"digest", NOW, 1)
    assert unpack(pack(made)) == made


def test_markers_leave_headlines_and_stay_as_evidence() -> None:
    source = Source.model_validate({"name": "a", "kind": "feed", "url": "https://a.example/feed", "profile": "p"})
    config = CONFIG.model_copy(update={"profile": {"p": Profile(markers=("[P]",))}})
    titles = ["🔒 Ferry", "Gulls [P]", "Canal", "[P]"]
    items = [{"id": title, "title": title} for title in titles]
    data = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode()
    document = Document(name="a", data=data, as_of=NOW, fetched_at=NOW, url=source.url, media_type="application/json")
    manner = manner_of(config, source)
    parsed = parse(document, manner)
    made = read(parsed, document, manner, b"digest").records
    assert [(one.title, one.access) for one in made] == [
        ("Ferry", Access.PREMIUM),
        ("Gulls", Access.PREMIUM),
        ("Canal", Access.UNKNOWN),
        ("[P]", Access.UNKNOWN),
    ]
    assert [proof.value for one in made for proof in one.evidence] == ["🔒", "[P]"]
    plain = replace(parsed, items=parsed.items[2:])
    assert unmarked(plain, manner) is plain


def test_a_doubted_word_is_read_as_a_hint() -> None:
    source = Source.model_validate({"name": "a", "kind": "feed", "url": "https://a.example/feed"})
    item = {"id": "1", "title": "Ferry", "_access": {"isAccessibleForFree": False}}
    data = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]}).encode()
    document = Document(name="a", data=data, as_of=NOW, fetched_at=NOW, url=source.url, media_type="application/json")
    found = []
    for learned in (Learned(), Learned(articles=20, locked=20, doubted=True)):
        manner = manner_of(CONFIG, source, learned)
        (one,) = read(parse(document, manner), document, manner, b"digest").records
        found.append((one.access, one.evidence[0].signal))
    assert found == [
        (Access.PREMIUM, "isAccessibleForFree"),
        (Access.UNKNOWN, "isAccessibleForFree (doubted)"),
    ]
