"""From a document to records."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime

from db.records import Access, EntryRecord, Learned
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
    titles = ["🔒 Ferry", "Gulls [P]", "Canal"]
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
