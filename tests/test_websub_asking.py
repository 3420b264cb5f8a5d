"""Requests to hubs as deliveries: what is said, what an answer means, and when nobody waits for one any more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from db.engine import Connection
from db.records import DeliveryRecord, PushRecord, PushState
from db.store import deliveries, pushes
from feeds.config import parse
from feeds.errors import FetchError
from feeds.fetch import Answer, HttpError
from feeds.ingest import Saying, store
from feeds.websub import SUBSCRIBE, UNSUBSCRIBE
from feeds.websub.asking import SUBSCRIPTION, Subscriptions, apply, did_miss
from feeds.websub.discovery import Advertised
from feeds.websub.subscriber import Step, failed
from tests.command import SITE
from tests.desk import NOON, PREFIX, document, hours, record, source_id

HUB, TOPIC = "https://h.example/hub?a=b", "https://n.example/feed?x=y&z"
PUSH = PushRecord(
    source_id=1, topic=TOPIC, hubs=(HUB, "https://two.example/"), key="k", secret="s" * 64, due_at=NOON, hub=HUB,
    callback="https://d.example/websub/k", state=PushState.ASKED, asked_at=NOON,
)  # fmt: skip
CONFIG = parse(f"{SITE}[websub]\nsubscribe = true\nlease_days = 2\n", Path("config.toml"))
SAYS = Subscriptions(CONFIG)
REFUSALS = (
    HttpError("HTTP 403: no", status=403, retry_after=None),
    HttpError("HTTP 301: it redirects", status=301, retry_after=None),
)
TROUBLES = (
    FetchError("no answer"),
    HttpError("HTTP 503", status=503, retry_after=None),
    HttpError("HTTP 429", status=429, retry_after=60),
)


@pytest.fixture
def connection(connection: Connection) -> Connection:
    source_id(connection)
    return connection


def put(connection: Connection, push: PushRecord = PUSH) -> PushRecord:
    pushes.add(connection, push)
    return now(connection)


def now(connection: Connection) -> PushRecord:
    found = pushes.load(connection, 1)
    assert found is not None
    return found


def owed(mode: str = SUBSCRIBE, hub: str = HUB) -> DeliveryRecord:
    return DeliveryRecord(id=1, kind=SUBSCRIPTION, target=hub, payload={"push": 1, "mode": mode}, version=1, attempts=1)


def test_a_request_to_push(connection: Connection) -> None:
    put(connection)
    call = SAYS.request(connection, owed(), NOON)
    assert call is not None
    assert (call.url, call.content_type) == (HUB, "application/x-www-form-urlencoded")
    assert parse_qs((call.body or b"").decode()) == {
        "hub.mode": ["subscribe"],
        "hub.topic": [TOPIC],
        "hub.callback": ["https://d.example/websub/k"],
        "hub.lease_seconds": ["172800"],
        "hub.secret": ["s" * 64],
    }


def test_a_request_to_stop_tells_no_secret(connection: Connection) -> None:
    put(connection, replace(PUSH, state=PushState.LEAVING))
    call = SAYS.request(connection, owed(UNSUBSCRIBE), NOON)
    assert call is not None
    assert set(parse_qs((call.body or b"").decode())) == {"hub.mode", "hub.topic", "hub.callback"}


@pytest.mark.parametrize(
    ("mode", "states"),
    [(SUBSCRIBE, {PushState.ASKED, PushState.ACTIVE}), (UNSUBSCRIBE, {PushState.LEAVING})],
)
def test_what_nobody_waits_for_is_not_said(connection: Connection, mode: str, states: set[PushState]) -> None:
    push = put(connection)
    for state in PushState:
        pushes.save(connection, replace(push, state=state))
        assert (SAYS.request(connection, owed(mode), NOON) is not None) is (state in states)
        assert SAYS.request(connection, owed(mode, "https://two.example/"), NOON) is None
    pushes.forget(connection, push.id)
    assert SAYS.request(connection, owed(mode), NOON) is None


def test_a_yes_counts_once_it_is_verified(connection: Connection) -> None:
    push = put(connection)
    assert SAYS.heard(connection, owed(), Answer(202, (), b""), NOON)
    assert now(connection) == push


@pytest.mark.parametrize("answer", REFUSALS, ids=str)
def test_a_refusal_goes_to_the_next_hub(connection: Connection, answer: HttpError) -> None:
    push = put(connection)
    assert SAYS.heard(connection, owed(), answer, NOON)
    assert now(connection) == failed(push, str(answer), NOON)


@pytest.mark.parametrize("answer", TROUBLES, ids=str)
def test_trouble_is_noted_and_tried_again(connection: Connection, answer: FetchError) -> None:
    push = put(connection)
    assert not SAYS.heard(connection, owed(), answer, NOON)
    assert now(connection) == replace(push, error=str(answer))
    SAYS.given_up(connection, owed(), "no answer", NOON)
    assert now(connection).state is PushState.FOUND


def test_an_answer_that_nobody_waits_for_changes_nothing(connection: Connection) -> None:
    push = put(connection, replace(PUSH, state=PushState.DENIED))
    assert SAYS.heard(connection, owed(), TROUBLES[0], NOON)
    SAYS.given_up(connection, owed(), "no answer", NOON)
    assert now(connection) == push


def test_who_does_not_know_of_it_has_stopped(connection: Connection) -> None:
    put(connection, replace(PUSH, state=PushState.LEAVING))
    assert SAYS.heard(connection, owed(UNSUBSCRIBE), REFUSALS[0], NOON)
    assert now(connection).state is PushState.ENDED


# --- what was decided is done


def test_one_that_begins_has_a_name_and_a_secret_that_nobody_guesses(connection: Connection) -> None:
    said = Advertised((HUB,), TOPIC)
    first = apply(connection, 1, None, Step(push=None, anew=True), NOON, said)
    second = apply(connection, 1, None, Step(push=None, anew=True), NOON, said)
    assert first is not None
    assert second is not None
    assert (first.topic, first.hubs, first.state, first.due_at) == (TOPIC, (HUB,), PushState.FOUND, NOON)
    assert len(first.key) == 43
    assert len(first.secret) == 64
    assert len({first.key, second.key, first.secret, second.secret}) == 4


def test_one_begins_again_as_it_was(connection: Connection) -> None:
    before = put(connection)
    left = replace(before, state=PushState.LEAVING)
    new = apply(connection, 1, before, Step(push=left, mode=UNSUBSCRIBE, anew=True), NOON)
    assert new is not None
    assert (new.topic, new.hubs) == (before.topic, before.hubs)
    assert new.key != before.key
    assert now(connection) == left
    assert deliveries.any_due(connection, NOON, [SUBSCRIPTION])


def test_what_no_hub_offers_does_not_begin_again(connection: Connection) -> None:
    before = put(connection, replace(PUSH, hubs=()))
    assert apply(connection, 1, before, Step(push=None, anew=True), NOON) is None
    assert pushes.current(connection) == {}
    assert apply(connection, 1, None, Step(push=None, anew=True), NOON) is None


def test_what_does_not_change_is_not_written(connection: Connection) -> None:
    before = put(connection)
    assert apply(connection, 1, before, Step(push=before), NOON) == before
    assert not deliveries.any_due(connection, NOON, [SUBSCRIPTION])


# --- what a hub missed


def test_what_a_hub_missed(connection: Connection) -> None:
    push = replace(PUSH, state=PushState.ACTIVE, active_since=NOON, lease_until=NOON + hours(99))
    later = NOON + hours(5)
    old = record("Known since this morning", published=NOON - hours(3), updated=NOON - hours(3), text="As it was.")
    store(connection, [Saying(1, "harbour", document("d", old))], prefix=PREFIX, now=NOON)

    def missed(*records: object) -> bool:
        return did_miss(connection, push, [document("d", *records)], later)  # type: ignore[arg-type]

    assert not missed()
    assert not missed(old)
    # Entries that are as old as what was there before, or that may be on their way.
    assert not missed(record("Old and found late", published=NOON - hours(1)), record("Undated"))
    assert not missed(record("Just now", published=later - hours(0.1)))
    assert missed(record("An hour old", published=later - hours(1)))
    assert missed(record("Said to be old, changed since", published=NOON - hours(1), updated=later - hours(1)))
    # The known one in other words, and in the same ones with another time.
    changed = later - hours(1)
    assert missed(replace(old, updated=changed, text="As it is now."))
    assert missed(replace(old, updated=changed, title="Known since this morning, and mended"))
    assert not missed(replace(old, updated=changed))
    assert not missed(replace(old, published=changed, text="As it is now."))
    assert not did_miss(connection, PUSH, [document("d", record("x", published=changed))], later)
