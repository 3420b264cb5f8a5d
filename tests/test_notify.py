"""What is owed is said, side by side; what fails is tried again, and fails alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from db.engine import Connection, Engine, reading, writing
from db.errors import StorageError
from db.records import DeliveryRecord
from db.store import deliveries, incidents
from feeds.config import Config
from feeds.errors import FetchError
from feeds.fetch import Answer, Call
from feeds.notify import AT_ONCE, Delivered, Handler, deliver, deliver_all
from feeds.websub.publisher import PING
from tests.desk import NOON, hours
from tests.fakes import Reply, Site, free_port, wait_for

CONFIG = Config.model_validate(
    {
        "site": {"title": "The Harbour", "base_url": "https://news.example/"},
        "poll": {"allow_networks": ["127.0.0.0/8"], "deadline": 1},
    }
)


class Told:
    """A handler that says its payload and notes what it hears."""

    def __init__(self, _config: Config) -> None:
        self.heard_of: list[str] = []

    def request(self, _connection: Connection, delivery: DeliveryRecord, _now: datetime) -> Call | None:
        if delivery.payload == "nothing":
            return None
        if delivery.payload == "bad":
            raise LookupError("a defect")
        return Call(delivery.target, str(delivery.payload).encode())

    def heard(
        self, connection: Connection, delivery: DeliveryRecord, answer: Answer | FetchError, now: datetime
    ) -> bool:
        incidents.open_incident(connection, "heard", delivery.target, str(type(answer).__name__), now)
        if delivery.payload == "worse":
            raise LookupError("a defect")
        return isinstance(answer, Answer) and answer.body != b"no"

    def given_up(self, connection: Connection, delivery: DeliveryRecord, error: str, now: datetime) -> None:
        incidents.open_incident(connection, "given up", delivery.target, error, now)


KINDS: dict[str, type[Handler]] = {"told": Told}


def owe(engine: Engine, *owed: tuple[str, object], kind: str = "told") -> None:
    with writing(engine) as connection:
        deliveries.owe_all(connection, kind, owed, NOON)


def owed(engine: Engine) -> Sequence[tuple[object, ...]]:
    with reading(engine) as connection:
        rows = connection.execute(text("SELECT target, attempts, error FROM deliveries ORDER BY id"))
        return [tuple(row) for row in rows]


def troubles(engine: Engine) -> list[tuple[str, str, str]]:
    with reading(engine) as connection:
        return [(one.kind, one.subject, one.message) for one in incidents.opened(connection)]


def run(engine: Engine, now: datetime = NOON, **given: object) -> Delivered:
    return deliver(engine, CONFIG, lambda: now, kinds=KINDS, **given)  # type: ignore[arg-type]


def test_what_is_owed_is_said_once(engine: Engine, site: Site) -> None:
    owe(engine, (site.put("/a", Reply(status=202)), "one"), (site.put("/b", b""), "two"))
    assert run(engine) == Delivered(done=2)
    assert sorted((seen.method, seen.path, seen.body) for seen in site.log) == [
        ("POST", "/a", b"one"),
        ("POST", "/b", b"two"),
    ]
    assert owed(engine) == []
    assert run(engine) == Delivered()
    assert len(site.log) == 2


def test_what_fails_is_owed_still_and_tried_later(engine: Engine, site: Site) -> None:
    owe(engine, (site.put("/a", Reply(status=500)), "x"), (site.put("/b", b"no"), "x"), ("http://10.0.0.1/", "x"))
    assert run(engine) == Delivered(later=3)
    assert [row[1:] for row in owed(engine)] == [
        (1, f"{site.url}/a: HTTP 500: it was not taken"),
        (1, "HTTP 200: not the answer that was asked for"),
        (1, "http://10.0.0.1/: the private address 10.0.0.1 is refused; to allow it, add \"10.0.0.1/32\" or its "
            "network to allow_networks in [poll]"),
    ]  # fmt: skip
    assert run(engine) == Delivered()
    site.put("/a", b"")
    assert run(engine, NOON + timedelta(minutes=1)) == Delivered(done=1, later=2)


def test_a_retry_after_puts_off(engine: Engine, site: Site) -> None:
    owe(engine, (site.put("/a", Reply(status=429, headers=[("Retry-After", "600")])), "x"))
    run(engine)
    assert run(engine, NOON + timedelta(seconds=599)) == Delivered()
    assert run(engine, NOON + timedelta(seconds=600)) == Delivered(later=1)


def test_what_always_fails_is_given_up_and_its_handler_told(engine: Engine, site: Site) -> None:
    owe(engine, (site.put("/a", Reply(status=500)), "x"))
    total = Delivered()
    for hour in range(60):
        found = run(engine, NOON + hours(hour))
        total = Delivered(total.done + found.done, total.later + found.later, total.given_up + found.given_up)
    assert total == Delivered(later=9, given_up=1)
    assert owed(engine) == []
    url = f"{site.url}/a"
    assert ("given up", url, f"{url}: HTTP 500: it was not taken") in troubles(engine)


def test_a_defect_fails_alone_and_leaves_nothing_half_done(engine: Engine, site: Site) -> None:
    good = site.put("/good", b"")
    owe(engine, (good, "bad"), (site.put("/worse", b""), "worse"), (good, "fine"), (good, "nothing"))
    assert run(engine) == Delivered(done=1, later=2, dropped=1)
    assert [row[1:] for row in owed(engine)] == [(1, "internal error (LookupError)")] * 2
    assert [subject for _, subject, _ in troubles(engine)] == [good]


@pytest.mark.parametrize(("attempts", "error", "words"), [
    (deliveries.TRIES, None, "the last try came to no end"),
    (deliveries.TRIES + 5, "HTTP 500", "the last try came to no end; before it: HTTP 500"),
])  # fmt: skip
def test_what_ended_its_process_each_time_is_given_up_unsaid(
    engine: Engine, site: Site, attempts: int, error: str | None, words: str
) -> None:
    poison, good = site.put("/poison", b""), site.put("/good", b"")
    owe(engine, (poison, "x"), (good, "x"))
    with writing(engine) as connection:
        poisoned = text("UPDATE deliveries SET attempts = :tried, error = :error WHERE target = :target")
        connection.execute(poisoned, {"tried": attempts, "error": error, "target": poison})
    assert run(engine) == Delivered(done=1, given_up=1)
    assert [seen.path for seen in site.log] == ["/good"]
    assert ("given up", poison, words) in troubles(engine)
    assert owed(engine) == []


def test_a_try_counts_before_anybody_knows_what_to_say(engine: Engine, site: Site) -> None:
    """Else what ends the process while it is made would be taken for ever."""
    seen: list[object] = []

    class Looks(Told):
        def request(self, connection: Connection, delivery: DeliveryRecord, now: datetime) -> Call | None:
            seen.extend(row[1] for row in owed(engine))
            return super().request(connection, delivery, now)

    owe(engine, (site.put("/a", b""), "x"))
    assert deliver(engine, CONFIG, lambda: NOON, kinds={"told": Looks}) == Delivered(done=1)
    assert seen == [1]


# All that is due


def hubs(engine: Engine, *owed: tuple[str, int]) -> Config:
    """A desk that owes each hub so many pings, in this order."""
    with writing(engine) as connection:
        for target, count in owed:
            pings = [(target, {"topic": f"https://news.example/{number}.atom"}) for number in range(count)]
            deliveries.owe_all(connection, PING, pings, NOON)
    publish = CONFIG.publish.model_copy(update={"hubs": tuple(target for target, _ in owed)})
    return CONFIG.model_copy(update={"publish": publish})


def test_a_hub_that_is_dead_keeps_none_waiting_that_lives(engine: Engine, site: Site) -> None:
    dead = f"http://127.0.0.1:{free_port()}/"
    config = hubs(engine, (dead, AT_ONCE + 1), (site.put("/hub", b""), 3))
    deliver_all(engine, config, lambda: NOON)
    assert len(site.log) == 3
    assert [row[:2] for row in owed(engine)] == [(dead, 1)] * (AT_ONCE + 1)


def test_those_that_have_nothing_to_say_any_more_keep_none_waiting(engine: Engine, site: Site) -> None:
    config = hubs(engine, ("http://127.0.0.1/", AT_ONCE), (site.put("/hub", b""), 1))
    publish = config.publish.model_copy(update={"hubs": config.publish.hubs[1:]})
    deliver_all(engine, config.model_copy(update={"publish": publish}), lambda: NOON)
    assert len(site.log) == 1
    assert owed(engine) == []


def test_who_is_to_stop_takes_no_more(engine: Engine, site: Site) -> None:
    config = hubs(engine, (site.put("/hub", b""), AT_ONCE + 1))
    deliver_all(engine, config, lambda: NOON, stop=lambda: len(site.log) > 0)
    assert 0 < len(site.log) <= AT_ONCE
    deliver_all(engine, config, lambda: NOON, stop=lambda: True)
    assert owed(engine) != []


def test_kinds_of_another_release_stay(engine: Engine, site: Site) -> None:
    owe(engine, (site.put("/a", b""), "x"), kind="newer")
    assert run(engine, NOON + hours(99)) == Delivered()
    assert len(owed(engine)) == 1
    assert site.log == []


def test_a_run_that_is_stopped_gives_back_what_it_has_not_heard(engine: Engine, site: Site) -> None:
    owe(engine, (site.put("/slow", Reply(pause=30, body=b"x")), "slow"))
    config = CONFIG.model_copy(update={"poll": CONFIG.poll.model_copy(update={"deadline": 9.0})})
    begun = time.monotonic()
    assert deliver(engine, config, lambda: NOON, stop=lambda: True, kinds=KINDS) == Delivered()
    assert time.monotonic() - begun < 8
    assert [row[1] for row in owed(engine)] == [0]


def test_a_run_that_breaks_off_gives_back_what_it_took(engine: Engine, site: Site) -> None:
    owe(engine, (site.put("/a", b""), "x"))
    calls = 0

    def clock() -> datetime:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise StorageError("the disk is full")
        return NOON

    with pytest.raises(StorageError, match="the disk is full"):
        deliver(engine, CONFIG, clock, kinds=KINDS)
    assert [row[1] for row in owed(engine)] == [0]
    assert site.log != []


def test_a_slow_one_keeps_nobody_waiting(engine: Engine, site: Site) -> None:
    """It answers when all others were said, which it would not if they waited for it."""

    def slow(_seen: object) -> Reply:
        return Reply(body=b"" if wait_for(lambda: len(site.log) > 100, 8) else b"no")

    owe(engine, (site.put("/slow", slow), "x"), *((site.put(f"/{number}", b""), "x") for number in range(100)))
    config = CONFIG.model_copy(update={"poll": CONFIG.poll.model_copy(update={"deadline": 9.0})})
    assert deliver(engine, config, lambda: NOON, kinds=KINDS) == Delivered(done=101)


def test_a_run_holds_so_many_bytes_and_leaves_the_rest(
    engine: Engine, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.notify.HELD_BYTES", 250)
    owe(engine, *((site.put(f"/{number}", b""), f"{number}" * 100) for number in range(7)))
    assert [run(engine) for _ in range(4)] == [Delivered(done=3), Delivered(done=3), Delivered(done=1), Delivered()]
    assert len(site.log) == 7


def test_what_nobody_knows_is_forgotten_after_a_month(engine: Engine, site: Site) -> None:
    owe(engine, (site.put("/a", b""), "x"), kind="newer")
    with writing(engine) as connection:
        deliveries.owe(connection, "told", site.put("/b", b""), "y", NOON + hours(720))
    assert run(engine, NOON + hours(720)) == Delivered(done=1)
    assert owed(engine) == []


@pytest.mark.parametrize("kind", ["verify", "deny", "distribute"])
def test_who_names_a_callback_does_not_reach_what_is_open_to_polls(engine: Engine, site: Site, kind: str) -> None:
    kinds: dict[str, type[Handler]] = {kind: Told, "told": Told}
    url = site.put("/a", b"")
    owe(engine, (url, "x"), kind=kind)
    owe(engine, (url, "y"))
    assert deliver(engine, CONFIG, lambda: NOON, kinds=kinds) == Delivered(done=1, later=1)
    assert [seen.body for seen in site.log] == [b"y"]
    assert all(str(error).endswith("to allow_networks in [websub]") for _, _, error in owed(engine))
    opened = CONFIG.model_copy(
        update={
            "websub": CONFIG.websub.model_copy(update={"allow_networks": ("127.0.0.0/8",)}),
            "poll": CONFIG.poll.model_copy(update={"allow_networks": ()}),
        }
    )
    owe(engine, (url, "z"))
    assert deliver(engine, opened, lambda: NOON + hours(1), kinds=kinds) == Delivered(done=1, later=1)
    assert [seen.body for seen in site.log] == [b"y", b"x"]
