"""Articles that are still to be read, and what was said of those that were."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from db.engine import reading, writing
from db.records import ArticleRecord
from db.store import articles, withdrawals
from feeds import revise
from tests.desk import NOON, new_engine, plans, record, source_id, tell


def test_what_is_remembered_and_forgotten(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    late, soon = ArticleRecord("https://n.example/a", 1, NOON + timedelta(hours=1)), ArticleRecord("b", 0, NOON)
    with writing(engine) as connection:
        one, other = source_id(connection), source_id(connection, "other")
        articles.remember(connection, [(one, late), (one, soon), (other, soon)])
        assert articles.remembered(connection, one) == [soon, late]
        again = ArticleRecord("b", 2, NOON + timedelta(hours=2))
        articles.remember(connection, [(one, again)])
        assert articles.remembered(connection, one) == [late, again]
        articles.forget(connection, [(one, "b"), (one, "never"), (other, late.url)])
        assert articles.remembered(connection, one) == [late]
        assert articles.remembered(connection, other) == [soon]
        articles.remember(connection, [])
        articles.forget(connection, [])


def test_what_documents_of_a_source_said_of_entries(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    said, edited = record(url="https://n.example/a"), record("Edited", url="https://n.example/a")
    unknown = record("Unknown", url="https://n.example/b")
    tell(engine, "one", said)
    tell(engine, "two", edited)
    tell(engine, "theirs", unknown, source="other")
    keys = [said.keys[0], unknown.keys[0], b"none"]
    with reading(engine) as connection:
        found = articles.told(connection, source_id(connection), keys)
    assert found == {said.keys[0]: {revise.digest(said), revise.digest(edited)}}


def test_documents_of_a_source_are_not_walked(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for ask in (
        lambda connection: articles.told(connection, 1, [b"one", b"other"]),
        lambda connection: withdrawals.vanished_of(connection, [1, 2]),
    ):
        steps = plans(engine, ask).splitlines()
        (documents,) = (step for step in steps if "documents" in step)
        assert documents.startswith("SEARCH documents USING INTEGER PRIMARY KEY")
