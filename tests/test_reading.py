"""From a document to records."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime

from db.records import Access, EntryRecord
from feeds.config import Config, Source
from feeds.manner import manner_of
from feeds.model import Document
from feeds.normalise import Clean
from feeds.packing import pack, unpack
from feeds.reading import parse, read

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
