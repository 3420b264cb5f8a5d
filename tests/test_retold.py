"""Entries that came as new though their source told of them before."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from db.engine import reading
from db.store import retold
from tests.desk import new_engine, record, source_id, tell
from tests.polls import Bench

HOUR = timedelta(hours=1)


def test_titles_that_a_source_told_before(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    made: set[int] = set()
    tell(engine, "a", record(guid="1"), record("A second story of the day", guid="2"))
    tell(engine, "b", record(guid="1", source="other"), source="other", made=made)
    tell(
        engine,
        "c",
        record(guid="3"),
        record("A third story of the day", guid="4"),
        record("Short", guid="5"),
        made=made,
    )
    with reading(engine) as connection:
        harbour, other = source_id(connection), source_id(connection, "other")
        assert len(made) == 4
        assert retold.count(connection, [harbour, other], made) == {harbour: 1}
        assert retold.count(connection, [other], made) == {}
        assert retold.count(connection, [harbour], ()) == {}


def document(number: int, titles: int = 8) -> bytes:
    """A feed that gives its items other ids and addresses each time."""
    items = "".join(
        f"<item><title>Story number {title} of the harbour town</title><guid>{number}-{title}</guid>"
        f"<link>https://n.example/{title}/{number}</link></item>"
        for title in range(titles)
    )
    return f'<rss version="2.0"><channel><title>N</title>{items}</channel></rss>'.encode()


def test_a_source_that_gives_new_ids_at_every_poll_is_an_incident(bench: Bench) -> None:
    bench.configure({"n": bench.at("a")})
    for number in range(3):
        bench.site.put("/feed", document(number))
        bench.poll(HOUR, everyone=True)
        assert bench.incidents() == ([("churn", "n")] if number == 2 else [])
    for _ in range(2):
        assert bench.incidents() == [("churn", "n")]
        bench.poll(HOUR, everyone=True)
    assert bench.incidents() == []
    assert bench.source().state == "ok"
