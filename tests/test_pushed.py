"""What hubs brought becomes entries, as a poll's document does; what cannot be read fails no poll."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from db.engine import reading, writing
from db.models import Poll
from db.records import NEVER, PushRecord, PushState
from db.store import articles, entries, incidents, pushes, schedule, sections
from feeds import ingest, packing, pushed
from feeds.model import Reading
from feeds.pool import Pool
from feeds.worker import read_document
from tests.polls import Bench, rss
from tests.test_round import dated

HOUR = timedelta(hours=1)
HUB, TOPIC = "https://h.example/", "https://n.example/feed"


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    found = Pool(read_document)
    yield found
    found.close()


class Pushes:
    """A desk whose sources are pushed."""

    def __init__(self, bench: Bench, pool: Pool) -> None:
        self.bench, self.pool = bench, pool

    def configure(self, *names: str, polled: bool = True) -> None:
        self.bench.configure({name: self.bench.at(name) for name in names}, "[websub]\nsubscribe = true\n")
        for name in names:
            push = PushRecord(
                source_id=self.bench.source(name).id, topic=TOPIC, hubs=(HUB,), key=name, secret=name,
                due_at=NEVER, hub=HUB, callback="http://127.0.0.1:8080/websub/" + name,
                state=PushState.ACTIVE, asked_at=self.bench.now, active_since=self.bench.now, lease_until=NEVER,
            )  # fmt: skip
            with writing(self.bench.engine) as connection:
                pushes.add(connection, push)
        if polled:
            self.bench.poll()

    def push(self, name: str, body: bytes, kind: str | None = "application/rss+xml") -> None:
        with writing(self.bench.engine) as connection:
            push = pushes.by_key(connection, name)
            assert push is not None
            assert pushes.keep(connection, push, self.bench.now, kind, body, rows=1000, size=10**9)

    def take(self) -> int:
        return pushed.take(self.bench.engine, self.bench.config, self.pool, self.bench.now)

    def error(self, name: str) -> str | None:
        with reading(self.bench.engine) as connection:
            push = pushes.by_key(connection, name)
        assert push is not None
        return push.error

    def log(self) -> list[tuple[str, int, int]]:
        with reading(self.bench.engine) as connection:
            rows = connection.execute(select(Poll.outcome, Poll.new, Poll.updated).order_by(Poll.id))
            return [(row[0], row[1], row[2]) for row in rows]

    def is_empty(self) -> bool:
        with reading(self.bench.engine) as connection:
            return not pushes.waiting(connection, 1, 1)


@pytest.fixture
def desk(bench: Bench, pool: Pool) -> Pushes:
    bench.site.put("/feed", rss("a", "b"))
    return Pushes(bench, pool)


def test_what_is_pushed_is_stored_and_its_sections_owe_feeds(desk: Pushes) -> None:
    desk.configure("n")
    with writing(desk.bench.engine) as connection:
        sections.clean(connection, sections.dirty(connection))
    desk.push("n", rss("c"))
    assert desk.take() == 1
    # What a part does not name is not gone.
    assert desk.bench.titles() == {"a", "b", "c"}
    assert desk.is_empty()
    with reading(desk.bench.engine) as connection:
        assert sections.dirty(connection)
    assert desk.log() == [("stored", 2, 0), ("pushed", 1, 0)]
    assert desk.take() == 0


def test_a_document_is_unpacked_once(desk: Pushes, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked: list[bytes] = []

    def unpack(data: bytes) -> Reading:
        unpacked.append(data)
        return packing.unpack(data)

    monkeypatch.setattr(pushed, "unpack", unpack)
    desk.configure("n")
    desk.push("n", rss("c"))
    desk.push("n", rss("d"))
    assert desk.take() == 2
    assert len(unpacked) == 2


def test_its_schedule_stays_and_its_polls_did_not_happen(desk: Pushes) -> None:
    desk.configure("n")
    before = desk.bench.source()
    desk.bench.now += HOUR
    desk.push("n", rss("c"))
    desk.take()
    after = desk.bench.source()
    assert (after.due_at, after.reason, after.last_poll, after.outcome, after.etag) == (
        before.due_at, before.reason, before.last_poll, before.outcome, before.etag,
    )  # fmt: skip


def test_a_poll_of_the_same_words_says_nothing_new(desk: Pushes) -> None:
    desk.configure("n")
    desk.push("n", rss("c", "a", "b"))
    assert desk.take() == 1
    desk.bench.site.put("/feed", rss("c", "a", "b"))
    result = desk.bench.poll(2 * HOUR, everyone=True)["n"]
    assert (result.outcome, result.tally.new, result.tally.updated, result.tally.unchanged) == ("unchanged", 0, 0, 3)


def test_what_was_said_again_changes_nothing_and_is_not_logged(desk: Pushes) -> None:
    desk.configure("n")
    desk.push("n", rss("a"))
    assert desk.take() == 0
    assert desk.log() == [("stored", 2, 0)]


def test_a_source_may_be_pushed_before_it_was_ever_read(desk: Pushes) -> None:
    desk.configure("n", polled=False)
    desk.push("n", rss("c"))
    assert desk.take() == 1
    assert desk.bench.source().last_success is None


def test_nothing_was_lost_between_two_polls_that_was_pushed(desk: Pushes) -> None:
    desk.bench.site.put("/feed", dated(0, -1, -2))
    desk.configure("n")
    desk.bench.now += 12 * HOUR
    for hours in range(1, 11):
        desk.push("n", dated(hours))
    desk.take()
    assert desk.bench.source().pace.newest == desk.bench.now - 2 * HOUR
    desk.bench.site.put("/feed", dated(10, 9, 8))
    desk.bench.poll(everyone=True)
    assert desk.bench.incidents() == []


def test_undated_news_count_as_of_now(desk: Pushes) -> None:
    desk.configure("n", polled=False)
    desk.push("n", rss("c"))
    desk.take()
    assert desk.bench.source().pace.newest == desk.bench.now


def test_documents_of_a_source_are_read_in_their_order(desk: Pushes) -> None:
    def item(title: str) -> bytes:
        return rss("x").replace(b"<title>x</title>", f"<title>{title}</title>".encode())

    desk.configure("n", "m")
    for title in ("First words", "Other words", "Last words"):
        desk.push("n", item(title))
        desk.push("m", item(title))
    desk.take()
    assert desk.bench.titles() >= {"Last words"}
    assert not {"First words", "Other words"} & desk.bench.titles()
    with reading(desk.bench.engine) as connection:
        assert len([one for one in entries.listing(connection) if one.url == "https://n.example/x"]) == 1


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"<html><title>no feed</title>", "text/html", "HTML page"),
        (b"", None, "empty"),
        (b"<rss><channel><title>cut", "text/xml", "cut"),
    ],
)
def test_what_cannot_be_read_is_an_error_of_the_push_and_of_no_poll(
    desk: Pushes, body: bytes, kind: str | None, said: str
) -> None:
    desk.configure("n", "m")
    desk.push("n", body, kind)
    desk.push("m", rss("c"))
    assert desk.take() == 1
    assert said in (desk.error("n") or "")
    assert desk.error("m") is None
    assert desk.is_empty()
    source = desk.bench.source()
    assert (source.error, source.failures, desk.bench.incidents()) == (None, 0, [])
    # The next one that can be read makes up for it.
    desk.push("n", rss("d"))
    assert desk.take() == 1
    assert desk.error("n") is None


def test_a_media_type_and_a_charset_are_believed(desk: Pushes) -> None:
    desk.configure("n")
    body = '<rss version="2.0"><channel><title>N</title><item><title>Пример</title></item></channel></rss>'
    desk.push("n", body.encode("cp1251"), 'text/xml; charset="windows-1251"')
    desk.take()
    assert "Пример" in desk.bench.titles()


def test_relative_addresses_are_those_of_the_topic(desk: Pushes) -> None:
    desk.configure("n")
    desk.push("n", b'<rss version="2.0"><channel><item><title>c</title><link>/c</link></item></channel></rss>')
    desk.take()
    with reading(desk.bench.engine) as connection:
        (entry,) = [one for one in entries.listing(connection) if one.title == "c"]
    assert entry.url == "https://n.example/c"


def test_of_a_source_that_is_paused_nothing_is_read(desk: Pushes) -> None:
    desk.configure("n")
    desk.push("n", rss("c"))
    with writing(desk.bench.engine) as connection:
        connection.exec_driver_sql("UPDATE sources SET enabled = 0")
    assert desk.take() == 0
    assert desk.is_empty()
    assert desk.bench.titles() == {"a", "b"}


def test_of_a_source_of_another_release_nothing_is_read(desk: Pushes) -> None:
    desk.configure("n")
    desk.push("n", rss("c"))
    with writing(desk.bench.engine) as connection:
        connection.exec_driver_sql('UPDATE sources SET options = \'{"kind": "x"}\'')
    assert desk.take() == 0
    assert desk.is_empty()


def test_a_crash_before_the_end_leaves_it_to_be_read_again(desk: Pushes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stored and dropped are one transaction."""
    desk.configure("n")
    desk.push("n", rss("c"))

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pushes, "drop", die)
        with pytest.raises(KeyboardInterrupt):
            desk.take()
    assert desk.bench.titles() == {"a", "b"}
    assert not desk.is_empty()
    assert desk.take() == 1
    assert desk.bench.titles() == {"a", "b", "c"}


@pytest.mark.parametrize("names", [("n",), ("n", "m")])
def test_a_document_that_is_more_than_we_can_take_stands_in_nobodys_way(
    desk: Pushes, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    desk.configure(*names)
    for name in names:
        desk.push(name, rss("poison" if name == "n" else "c"))

    def store(connection: Any, sayings: Any, **how: Any) -> Any:
        if any(record.title == "poison" for saying in sayings for record in saying.reading.records):
            raise RuntimeError("poison")
        return whole(connection, sayings, **how)

    whole = ingest.store
    monkeypatch.setattr(pushed, "store", store)
    assert desk.take() == len(names) - 1
    assert desk.is_empty()
    assert desk.error("n") == "internal error (RuntimeError)"
    assert ("c" in desk.bench.titles()) == (len(names) > 1)


def test_a_database_that_fails_is_said(desk: Pushes, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.configure("n")
    desk.push("n", b"never mind")

    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("nothing to do with what was brought")

    monkeypatch.setattr(pushes, "current", fail)
    with pytest.raises(RuntimeError):
        desk.take()
    assert not desk.is_empty()


def test_a_reader_that_crashes_costs_one_document(desk: Pushes) -> None:
    desk.configure("n")
    desk.push("n", rss("c"))
    broken = Pool(crash_always)
    try:
        assert pushed.take(desk.bench.engine, desk.bench.config, broken, desk.bench.now) == 0
    finally:
        broken.close()
    assert desk.error("n") == "internal error (ZeroDivisionError)"
    assert desk.is_empty()


def crash_always(*_: object) -> object:
    raise ZeroDivisionError


def test_the_texts_of_what_was_pushed_are_fetched_by_the_next_poll(desk: Pushes) -> None:
    pytest.importorskip("trafilatura")
    desk.configure("n")
    with writing(desk.bench.engine) as connection:
        url = desk.bench.source().options["url"]
        connection.exec_driver_sql("UPDATE sources SET options = ?", (f'{{"url": "{url}", "fulltext": true}}',))
    desk.push("n", rss("c"))
    assert desk.take() == 1
    with reading(desk.bench.engine) as connection:
        left = articles.remembered(connection, desk.bench.source().id)
    assert [one.url for one in left] == ["https://n.example/c"]


def test_what_is_pushed_ends_a_silence(desk: Pushes) -> None:
    desk.configure("a")
    bench = desk.bench
    with writing(bench.engine) as connection:
        incidents.open_incident(connection, "stale", "a", "late", bench.now, bench.source("a").id)
        schedule.set_states(connection, {bench.source("a").id: "stale"})
    bench.now += HOUR
    desk.push("a", rss("something new"))
    assert desk.take() == 1
    assert bench.incidents() == []
    source = bench.source("a")
    assert (source.state, source.pace.brought) == ("ok", bench.now)
    assert source.stale_at is not None
    # What says nothing new leaves everything as it is.
    bench.now += HOUR
    desk.push("a", rss("something new"))
    assert desk.take() == 0
    assert bench.source("a").stale_at == source.stale_at
