"""Schema versions: the newest is what the models say, upgrades are whole, other programs' files are left alone."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from hashlib import blake2b
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import text

from db import index
from db.engine import APPLICATION_ID, open_engine, reading, writing
from db.errors import NotOurs, SchemaNewer
from db.index import TABLE
from db.migrations import HEAD, alembic_config, current, upgrade
from db.models import Base
from db.records import Pace
from db.store import entries, heartbeats, hours, incidents, members, search, sections, sources, tokens, untold
from feeds.query import parse
from tests import desk
from tests.desk import record, tell

AT = "2026-03-02 12:00:00.000000"


def test_upgrade_makes_the_schema_once(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'feeds.sqlite3'}")
    with reading(engine) as connection:
        assert current(connection) is None
    assert upgrade(engine)
    assert not upgrade(engine)
    with reading(engine) as connection:
        assert current(connection) == HEAD
        assert connection.exec_driver_sql("PRAGMA application_id").scalar() == APPLICATION_ID
    tell(engine, "a", record())
    assert not upgrade(open_engine(str(engine.url)))
    assert len(desk.all_entries(engine)) == 1


def test_head_is_the_newest_version(tmp_path: Path) -> None:
    with reading(desk.new_engine(tmp_path)) as connection:
        assert ScriptDirectory.from_config(alembic_config(connection)).get_heads() == [HEAD]


def is_descending(change: Any) -> bool:
    """Autogenerate cannot compare an index with a descending column, and says so as one removed and one added."""
    named = {"ix_entries_order", "ix_entries_free", "ix_entry_sections_order"}
    return change[0] in ("add_index", "remove_index") and change[1].name in named


def is_of_the_index(change: Any) -> bool:
    """The tables of FTS5 are no models."""
    return bool(change[0] == "remove_table" and change[1].name.partition("_")[0] == TABLE)


def test_the_versions_make_what_the_models_say(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'feeds.sqlite3'}")
    upgrade(engine)
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        changes = compare_metadata(context, Base.metadata)
        found = [one for one in changes if not is_descending(one) and not is_of_the_index(one)]
        assert found == []
        made = connection.execute(
            text("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' AND sql NOT NULL")
        )
        indexes = {(row.name, row.tbl_name) for row in made}
    assert indexes == {(index.name, table.name) for table in Base.metadata.sorted_tables for index in table.indexes}


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("ix_entries_order", [("sorted_at", 1), ("place", 0)]),
        ("ix_entries_free", [("sorted_at", 1), ("place", 0)]),
        ("ix_entry_sections_order", [("section_id", 0), ("sorted_at", 1), ("place", 0)]),
    ],
)
def test_the_indexes_in_the_order_of_feeds(tmp_path: Path, name: str, columns: list[tuple[str, int]]) -> None:
    with reading(desk.new_engine(tmp_path)) as connection:
        rows = connection.execute(text('SELECT name, "desc" FROM pragma_index_xinfo(:name) WHERE key'), {"name": name})
        assert [tuple(row) for row in rows][: len(columns)] == columns


def test_a_newer_schema_is_refused_untouched(tmp_path: Path) -> None:
    engine = desk.new_engine(tmp_path)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    path = Path(engine.url.database or "")
    before = path.read_bytes()
    newer = open_engine(str(engine.url))
    with pytest.raises(SchemaNewer, match=f"schema 9999, this one knows {HEAD}") as raised:
        upgrade(newer)
    newer.dispose()
    assert str(path) in str(raised.value)
    assert path.read_bytes() == before


def test_tables_of_another_program_are_refused(tmp_path: Path) -> None:
    """They came after the file was opened, so that only the transaction of the upgrade can see them."""
    path = tmp_path / "feeds.sqlite3"
    engine = open_engine(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
        other.commit()
    with pytest.raises(NotOurs, match="another program's"):
        upgrade(engine)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]
        assert other.execute("PRAGMA application_id").fetchone() == (0,)


def test_an_upgrade_that_fails_leaves_no_trace(tmp_path: Path) -> None:
    """A view in the way of the last index: everything before it is taken back."""
    path = tmp_path / "feeds.sqlite3"
    engine = open_engine(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE VIEW revisions AS SELECT 1 AS one")
        other.commit()
    with pytest.raises(Exception, match="revisions"):
        upgrade(engine)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("revisions",)]
        other.execute("DROP VIEW revisions")
        other.commit()
    assert upgrade(engine)


@pytest.mark.parametrize("there", [False, True])
def test_the_loser_of_a_race_to_upgrade_finds_nothing_to_do(tmp_path: Path, there: bool) -> None:
    """All see an empty database, or none; the others wait for the first and must not make the tables again."""
    if there:
        with closing(sqlite3.connect(tmp_path / "feeds.sqlite3")) as bare:
            bare.execute("PRAGMA journal_mode=WAL")
    engine = open_engine(f"sqlite:///{tmp_path / 'feeds.sqlite3'}")
    done: list[bool] = []
    threads = [threading.Thread(target=lambda: done.append(upgrade(engine))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, False, True]


def test_what_a_kill_left_of_making_it_is_in_nobodys_way(tmp_path: Path) -> None:
    for name in ("feeds.sqlite3.new", "feeds.sqlite3.new-wal"):
        (tmp_path / name).write_bytes(b"half a database")
    assert upgrade(open_engine(f"sqlite:///{tmp_path / 'feeds.sqlite3'}"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["feeds.sqlite3", "feeds.sqlite3.new.lock"]


def test_a_removed_database_does_not_come_back_from_its_log(tmp_path: Path) -> None:
    path = tmp_path / "feeds.sqlite3"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    with writing(engine) as connection:
        sections.ensure(connection, ["Old"], str.lower)
        log = path.with_name("feeds.sqlite3-wal").read_bytes()
    engine.dispose()
    path.unlink()
    path.with_name("feeds.sqlite3-wal").write_bytes(log)
    fresh = open_engine(f"sqlite:///{path}")
    assert upgrade(fresh)
    with reading(fresh) as connection:
        assert sections.every(connection) == []
    fresh.dispose()


def test_sources_of_the_first_schema_get_their_hosts_and_entries_stay(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'feeds.sqlite3'}")
    with writing(engine) as connection:
        command.upgrade(alembic_config(connection), "0001")
        urls = {
            "a": {"url": "https://News.example/feed"},
            "b": {"url": "http://news.example:8080/"},
            "c": {"url": "http://[::1]:80/"},
            "d": {"path": "seeds"},
        }
        for number, (name, options) in enumerate(urls.items(), 1):
            connection.exec_driver_sql(
                "INSERT INTO sources VALUES (?, ?, 'config', 1, 0, ?, '{}')", (number, name, json.dumps(options))
            )
            connection.exec_driver_sql(
                "INSERT INTO source_state (source_id, due_at, failures) VALUES (?, '2026-03-02 12:00:00.000000', 0)",
                (number,),
            )
        connection.exec_driver_sql(
            "INSERT INTO entries (id, uid, source_id, title, title_from_body, updated, first_seen, sorted_at, place, "
            "authors, categories, enclosures, sections, access, evidence, summary, content, text, folded) VALUES "
            "(1, 'tag:x', 1, 'T', 0, :at, :at, :at, 0, '[]', '[]', '[]', '[\"Town\"]', 'free', '[]', 's', 'c', 'B', "
            "'b')",
            {"at": "2026-03-02 12:00:00.000000"},
        )
    assert upgrade(engine)
    with reading(engine) as connection:
        found = {one.name: (one.host, one.url, one.pace) for one in sources.every(connection)}
        (entry,) = entries.listing(connection)
        found_by_words = search.matching(connection, parse("t s b access:free section:Town source:a"), limit=2)
    assert found == {
        "a": ("news.example", None, Pace()),
        "b": ("news.example:8080", None, Pace()),
        "c": ("[::1]", None, Pace()),
        "d": (None, None, Pace()),
    }
    assert (entry.title, entry.text, entry.sections, entry.extra) == ("T", "B", ("Town",), "")
    assert found_by_words == [entry.id]
    engine.dispose()


def test_sections_of_the_second_schema_keep_the_ids_of_their_feeds(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'feeds.sqlite3'}")
    with writing(engine) as connection:
        command.upgrade(alembic_config(connection), "0002")
        for number, name in enumerate(("Politics", "STRASSE"), 1):
            connection.exec_driver_sql(
                "INSERT INTO sections VALUES (?, ?, ?, ?)", (number, name.lower(), name, name.casefold())
            )
    assert upgrade(engine)
    with writing(engine) as connection:
        found = {one.name: one.key for one in sections.every(connection)}
        made = sections.ensure(connection, ["politics", "Sea"], str.lower)
        assert made["politics"] == 1
    # As feeds of the release before have it: BLAKE2b of the folded name, 8 bytes.
    assert found == {name: blake2b(name.casefold().encode(), digest_size=8).hexdigest() for name in found}
    engine.dispose()


def test_entries_that_changed_back_and_forth_are_still_told_once_more(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'feeds.sqlite3'}")
    with writing(engine) as connection:
        command.upgrade(alembic_config(connection), "0006")
        connection.exec_driver_sql("INSERT INTO sources VALUES (1, 'a', 'config', 1, 0, '{}', '{}')")
        connection.exec_driver_sql(
            "INSERT INTO entries (id, uid, source_id, title, title_from_body, updated, first_seen, sorted_at, place, "
            "authors, categories, enclosures, sections, access, evidence, summary, content, text) VALUES "
            "(1, 'tag:x', 1, 'T', 0, :at, :at, :at, 0, '[]', '[]', '[]', '[]', 'free', '[]', 's', 'c', 'B')",
            {"at": AT},
        )
        for kind, subject in (("flapping", "tag:x"), ("gap", "tag:x"), ("flapping", "tag:none")):
            connection.exec_driver_sql(
                "INSERT INTO incidents (source_id, kind, subject, opened_at, message) VALUES (1, ?, ?, ?, '')",
                (kind, subject, AT),
            )
    assert upgrade(engine)
    with reading(engine) as connection:
        assert untold.rested(connection, desk.NOON, limit=9) == [1]
        assert [one.kind for one in incidents.opened(connection)] == ["gap"]
    engine.dispose()


def test_what_the_ninth_schema_knew_is_told_in_states_and_its_incidents_are_no_news(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'feeds.sqlite3'}")
    known: dict[str, tuple[str | None, str | None, str | None, str | None]] = {
        "well": (None, "unchanged", "max-age=900", None),
        "never": (None, None, None, None),
        "moved": ("https://b.example/", "stored", "interval", None),
        "failing": (None, "failed", "backoff", "timeout"),
        "moved and failing": ("https://b.example/", "failed", "backoff", "timeout"),
        "gone": ("https://b.example/", "failed", "410 Gone: asked no more", "410 Gone"),
        "back": (None, "stored", "410 once", None),
        "lost": ("https://b.example/", "stored", "interval", None),
        "small": (None, "stored", "interval", None),
        "redesigned": (None, "stored", "interval", None),
    }
    with writing(engine) as connection:
        command.upgrade(alembic_config(connection), "0009")
        for number, (name, polled) in enumerate(known.items(), 1):
            connection.exec_driver_sql(
                "INSERT INTO sources VALUES (?, ?, 'config', ?, 0, '{}', '{}')", (number, name, name != "well")
            )
            connection.exec_driver_sql(
                "INSERT INTO source_state (source_id, due_at, failures, url, outcome, reason, error) "
                "VALUES (?, ?, 0, ?, ?, ?, ?)",
                (number, AT, *polled),
            )
        told = [(9, "shrunken", None), (1, "shrunken", AT), (8, "gap", None), (9, "gap", None), (4, "gap", None)]
        for source, kind, closed in (*told, (10, "broken-selector", None)):
            connection.exec_driver_sql(
                "INSERT INTO incidents (source_id, kind, subject, opened_at, closed_at, message) "
                "VALUES (?, ?, ?, ?, ?, 'm')",
                (source, kind, f"{source}", AT, closed),
            )
        for number, name in enumerate(("Sea", "Town", "Empty"), 1):
            connection.exec_driver_sql("INSERT INTO sections VALUES (?, ?, ?, ?, ?)", (number, *[name.lower()] * 4))
        for number in (1, 2, 3):
            connection.exec_driver_sql(
                "INSERT INTO entries (id, uid, source_id, title, title_from_body, updated, first_seen, sorted_at, "
                "place, authors, categories, enclosures, sections, access, evidence, summary, content, text) VALUES "
                "(:id, :id, 1, 'T', 0, :at, :at, :at, 0, '[]', '[]', '[]', '[]', 'free', '[]', 's', 'c', 'B')",
                {"id": number, "at": AT},
            )
        for section, entry in ((1, 1), (2, 1), (2, 2), (2, 3)):
            connection.exec_driver_sql("INSERT INTO entry_sections VALUES (?, ?, ?, 0)", (section, entry, AT))
        connection.exec_driver_sql(
            "INSERT INTO polls (source_id, at, outcome, new, updated, unchanged, skipped) "
            "VALUES (3, ?, 'stored', 1, 2, 3, 4)",
            (AT,),
        )
        connection.exec_driver_sql(
            "INSERT INTO tokens (key, name, secret, created_at) VALUES ('k', 'anna', x'00', ?)", (AT,)
        )
    assert upgrade(engine)
    with reading(engine) as connection:
        found = sources.every(connection)
        assert {one.name: one.state for one in found} == {
            "well": "ok",
            "never": "ok",
            "moved": "moved",
            "failing": "failing",
            "moved and failing": "failing",
            "gone": "gone",
            "back": "ok",
            "lost": "gap",
            "small": "suspicious",
            "redesigned": "broken-selector",
        }
        assert {(one.paused, one.stale_at, one.ms, one.status, one.size, one.headers) for one in found} == {
            (False, None, None, None, None, ())
        }
        assert [one.name for one in found if not one.enabled] == ["well"]
        troubles = incidents.page(connection, limit=9)
        assert [(one.kind, one.source, one.closed_at) for one in troubles] == [
            ("broken-selector", "redesigned", None),
            ("gap", "failing", None),
            ("gap", "small", None),
            ("gap", "lost", None),
            ("suspicious", "well", desk.NOON),
            ("suspicious", "small", None),
        ]
        assert {(one.evidence, one.ended, one.reopened) for one in troubles} == {((), None, 0)}
        assert incidents.unplanned(connection, desk.NOON + desk.hours(99)) == []
        (poll,) = desk.past_polls(connection)
        assert (poll.source, poll.new, poll.skipped, poll.ms, poll.status, poll.size) == (
            "moved",
            1,
            4,
            None,
            None,
            None,
        )
        (token,) = tokens.every(connection)
        assert token.scopes == {"feeds"}
        assert sections.counts(connection) == {1: 1, 2: 3}
        assert hours.since(connection, desk.NOON) == []
        assert heartbeats.every(connection) == []
    engine.dispose()


@pytest.mark.parametrize("made_by", ["1 12.0.0", None])
def test_an_index_that_other_rules_made_is_made_anew(tmp_path: Path, made_by: str | None) -> None:
    engine = desk.new_engine(tmp_path)
    tell(engine, "a", record())
    assert not upgrade(engine)
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO search (search) VALUES ('delete-all')")
        connection.exec_driver_sql("DELETE FROM index_rules")
        if made_by is not None:
            connection.exec_driver_sql("INSERT INTO index_rules VALUES (?)", (made_by,))
    assert upgrade(engine)
    assert not upgrade(engine)
    with reading(engine) as connection:
        assert search.matching(connection, parse("ferry"), limit=2) == [1]
        assert index.verify(connection) == []
    assert upgrade(engine, anew=True)
    engine.dispose()


def test_ids_of_articles_are_as_wide_as_those_they_name() -> None:
    """On the database where a whole number is not always of 64 bits."""
    made = StringIO()
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": made})
    with Operations.context(context):
        import_module("db.migrations.versions.0004_articles").upgrade()
    assert "source_id BIGINT NOT NULL" in made.getvalue()
    assert "due_at TIMESTAMP WITH TIME ZONE" in made.getvalue()


def test_entries_of_the_fourth_schema_that_have_a_teaser_alone_lead_no_text(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'feeds.sqlite3'}")
    with writing(engine) as connection:
        command.upgrade(alembic_config(connection), "0004")
        connection.exec_driver_sql("INSERT INTO sources VALUES (1, 'a', 'config', 1, 0, '{}', '{}')")
        for number, body in enumerate(("", "B"), 1):
            connection.exec_driver_sql(
                "INSERT INTO entries (id, uid, source_id, title, title_from_body, updated, first_seen, sorted_at, "
                "place, authors, categories, enclosures, sections, access, evidence, summary, content, text) "
                "VALUES (:id, :id, 1, 'T', 0, :at, :at, :at, 0, '[]', '[]', '[]', '[]', 'free', '[]', 's', '', "
                ":body)",
                {"id": number, "at": "2026-03-02 12:00:00.000000", "body": body},
            )
            connection.exec_driver_sql("INSERT INTO fingerprints VALUES (?, 1, 7, 1772452800, 20, 8)", (number,))
    assert upgrade(engine)
    with reading(engine) as connection:
        assert {one.id: one.teased for one in members.members(connection, [1, 2], 7)} == {1: True, 2: False}
    engine.dispose()
