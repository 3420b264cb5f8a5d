"""Entries as scripts see them: listed, whole, and version by version."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from db.engine import reading, writing
from db.records import Enclosure, Precision
from db.store import revisions, sources
from feeds import correct
from feeds.history import steps
from feeds.shapes.entries import (
    entry_as_json,
    evidence_as_json,
    history_as_json,
    revision_as_json,
    whole_as_json,
    zones_of,
)
from feeds.shapes.kin import Kin
from tests.desk import BODY, MARKER, NOON, hours, new_engine, only, record, source_id, tell

URL = "https://news.example/ferry"
LONE = Kin([], [], [])
WARSAW = ZoneInfo("Europe/Warsaw")


def test_an_entry_in_a_list(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record("Ferry", url=URL, text=BODY, published=NOON, evidence=(MARKER,)))
    entry = only(engine)
    assert entry_as_json(entry, {"harbour": UTC}) == {
        "id": entry.uid,
        "title": "Ferry",
        "url": URL,
        "published": "2026-03-02T12:00:00Z",
        "published_precision": None,
        "updated": "2026-03-02T12:00:00Z",
        "first_seen": "2026-03-02T12:00:00Z",
        "sections": ("Town",),
        "access": "premium",
        "evidence": [{"signal": "marker", "value": "For subscribers only", "where": "line 9"}],
        "source": "harbour",
        "cluster": entry.uid,
        "lead": True,
        "duplicate_of": None,
        "summary": entry.summary,
        "withdrawn": None,
    }
    assert evidence_as_json(entry.evidence) == [{"signal": "marker", "value": MARKER.value, "where": "line 9"}]


def test_a_day_has_the_offset_of_its_sources_zone(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    day = datetime(2026, 3, 1, 23, tzinfo=UTC)
    tell(engine, "a", record(url=URL, published=day, published_precision=Precision.DAY))
    with writing(engine) as connection:
        sources.add(connection, "abroad", {"path": "x", "timezone": "Asia/Tokyo"}, NOON)
        zones = zones_of(connection, WARSAW)
        assert (zones["harbour"], zones["gone"], zones["abroad"]) == (WARSAW, WARSAW, ZoneInfo("Asia/Tokyo"))
    assert entry_as_json(only(engine), zones)["published"] == "2026-03-02T00:00:00+01:00"
    assert entry_as_json(only(engine), {"harbour": UTC})["published"] == "2026-03-01T23:00:00Z"


def test_an_entry_whole(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    file = Enclosure("https://news.example/a.mp3", "audio/mpeg", 9)
    rest: dict[str, Any] = {"enclosures": (file,), "extra": '{"rating": "5"}'}
    tell(engine, "a", record("Ferry", url=URL, text=BODY, **rest))
    tell(engine, "a", record("New ferry", url=URL, text=BODY, **rest), now=NOON + hours(1))
    entry = correct.withdraw(engine, only(engine).uid, "an error", NOON + hours(2))
    with reading(engine) as connection:
        former = revisions.history(connection, entry.id)
    said = whole_as_json(entry, {"harbour": UTC}, former, LONE)
    assert (said["title"], said["body"], said["withdrawn"]) == ("New ferry", BODY, "2026-03-02T14:00:00Z")
    assert (said["withdrawn_by"], said["withdrawn_why"]) == ("person", "an error")
    assert (said["rule"], said["copies"], said["extra"]) == (None, [], {"rating": "5"})
    assert said["enclosures"] == [{"url": file.url, "type": "audio/mpeg", "length": 9}]
    assert said["revisions"] == [revision_as_json(one) for one in former]
    assert [one.changed for one in former] == [("withdrawn",), ("title",)]
    assert revision_as_json(former[-1]) == {
        "updated": "2026-03-02T12:00:00Z",
        "replaced_at": "2026-03-02T13:00:00Z",
        "changed": ("title",),
        "title": "Ferry",
        "access": "unknown",
        "sections": ("Town",),
    }
    json.dumps(said)


def test_versions_word_by_word(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record("Ferry votes", url=URL))
    tell(engine, "a", record("Ferry sails", url=URL), now=NOON + hours(1))
    entry = only(engine)
    with reading(engine) as connection:
        said = history_as_json(entry, steps(entry, revisions.history(connection, entry.id)))
    assert (said["id"], said["title"]) == (entry.uid, "Ferry sails")
    latest, first = json.loads(json.dumps(said))["versions"]
    assert latest == {
        "since": "2026-03-02T13:00:00Z",
        "changed": ["title"],
        "title": "Ferry sails",
        "access": "unknown",
        "sections": ["Town"],
        "diff": {
            "title": [
                {"kind": "same", "text": "Ferry "},
                {"kind": "gone", "text": "votes"},
                {"kind": "new", "text": "sails"},
            ],
            "text": [],
            "access": None,
            "sections": [{"kind": "same", "text": "Town"}],
        },
    }
    assert (first["since"], first["changed"], first["diff"]) == ("2026-03-02T12:00:00Z", [], None)


def test_an_entry_of_a_source_that_is_removed_has_the_sites_zone(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        source_id(connection)
        sources.remove(connection, "harbour")
        assert zones_of(connection, WARSAW)["harbour"] is WARSAW
