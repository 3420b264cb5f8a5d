"""What becomes of a subscription of ours: every state and what leads out of it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import PushRecord, PushState
from feeds.websub import SUBSCRIBE, UNSUBSCRIBE, subscriber
from feeds.websub.discovery import Advertised
from feeds.websub.subscriber import (
    AGAIN,
    AGAIN_MOST,
    DOUBT,
    DOUBT_MOST,
    KEPT,
    LEASE_LEAST,
    LEASE_MOST,
    LEAVE_AGAIN,
    LEAVES,
    NEXT_HUB,
    UNVERIFIED,
    Step,
)

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
BASE = "https://desk.example/"
TOPIC = "https://n.example/feed"
ONE, TWO = "https://one.example/", "https://two.example/"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FOUND = PushRecord(id=1, source_id=1, topic=TOPIC, hubs=(ONE, TWO), key="key", secret="s", due_at=NOW)  # noqa: S106
ASKED = replace(FOUND, state=PushState.ASKED, hub=ONE, callback=f"{BASE}websub/key", asked_at=NOW)
ACTIVE = replace(ASKED, state=PushState.ACTIVE, active_since=NOW - DAY, lease_until=NOW + 9 * DAY)
DENIED = replace(ASKED, state=PushState.DENIED, error="denied")
LEAVING = replace(ACTIVE, state=PushState.LEAVING, tries=1)
ENDED = replace(ACTIVE, state=PushState.ENDED)
EVERY = (FOUND, ASKED, ACTIVE, DENIED, LEAVING, ENDED)
OFFER = Advertised((ONE, TWO), TOPIC)


def due(push: PushRecord, now: datetime = NOW, *, wanted: bool = True, base: str = BASE) -> Step:
    return subscriber.due(push, now, wanted=wanted, base=base)


def stays(push: PushRecord, **over: Any) -> Step:
    return Step(push=replace(push, **over))


# --- what polls find


def test_a_source_that_has_none_begins_one_where_it_offers_it() -> None:
    assert subscriber.found(None, OFFER, NOW) == Step(push=None, anew=True)
    assert subscriber.found(None, Advertised(), NOW) is None
    assert subscriber.found(None, Advertised(problem="names a hub and no topic"), NOW) is None


@pytest.mark.parametrize("push", [FOUND, ASKED, ACTIVE, DENIED])
def test_the_same_offer_changes_nothing(push: PushRecord) -> None:
    assert subscriber.found(push, OFFER, NOW) is None
    more = Advertised((TWO, ONE, "https://three.example/"), TOPIC)
    assert subscriber.found(push, more, NOW) == stays(push, hubs=more.hubs)


@pytest.mark.parametrize(
    "said", [Advertised((ONE, TWO), "https://n.example/new"), Advertised(("https://new.example/",), TOPIC)]
)
def test_a_topic_or_a_hub_that_moved_begins_anew(said: Advertised) -> None:
    gone = subscriber.found(ACTIVE, said, NOW)
    left = replace(ACTIVE, state=PushState.LEAVING, tries=1, due_at=NOW + LEAVE_AGAIN)
    assert gone == Step(push=left, mode=UNSUBSCRIBE, anew=True)
    assert subscriber.found(DENIED, said, NOW) == Step(push=subscriber.ended(DENIED, NOW), anew=True)


def test_of_what_nobody_was_asked_for_nothing_stays() -> None:
    moved = Advertised((ONE,), "https://n.example/new")
    assert subscriber.found(FOUND, moved, NOW) == Step(push=None, anew=True)
    assert subscriber.found(FOUND, Advertised(), NOW) == Step(push=None)
    # A hub that is not advertised any more was not asked yet.
    assert subscriber.found(FOUND, Advertised((TWO,), TOPIC), NOW) == stays(FOUND, hubs=(TWO,))


def test_who_offers_it_no_more_keeps_its_lease_and_no_longer() -> None:
    assert subscriber.found(ACTIVE, Advertised(), NOW) == stays(ACTIVE, hubs=())
    bare = replace(ACTIVE, hubs=())
    assert subscriber.found(bare, Advertised(), NOW) is None
    assert due(bare) == stays(bare, due_at=bare.lease_until)
    assert due(bare, NOW + 10 * DAY) == Step(push=subscriber.ended(bare, NOW + 10 * DAY))
    assert subscriber.found(bare, OFFER, NOW) == stays(ACTIVE)
    gone = subscriber.found(ASKED, Advertised(), NOW)
    assert gone is not None
    assert (gone.mode, gone.anew) == (UNSUBSCRIBE, False)


def test_who_offers_it_no_more_and_refuses_it_has_ended_it() -> None:
    bare = replace(ACTIVE, hubs=())
    assert subscriber.denied(bare, "denied by its hub", NOW) == subscriber.ended(bare, NOW)


# --- what is due


def test_what_is_found_is_asked_for() -> None:
    asked = replace(ASKED, due_at=NOW + UNVERIFIED)
    assert due(FOUND) == Step(push=asked, mode=SUBSCRIBE)
    assert due(replace(DENIED, tries=2)) == Step(push=replace(asked, tries=2), mode=SUBSCRIBE)


def test_hubs_are_asked_in_their_order_and_then_later_each_time() -> None:
    push, now, seen = FOUND, NOW, []
    for _ in range(6):
        step = due(push, now)
        assert step.push is not None
        assert step.mode == SUBSCRIBE
        before = now
        push = subscriber.failed(step.push, "HTTP 500", now)
        assert (push.state, push.error) == (PushState.FOUND, "HTTP 500")
        now = push.due_at
        seen.append((step.push.hub, now - before))
    assert seen == [
        (ONE, NEXT_HUB), (TWO, AGAIN), (ONE, NEXT_HUB), (TWO, 2 * AGAIN), (ONE, NEXT_HUB), (TWO, 4 * AGAIN),
    ]  # fmt: skip


def test_waits_have_a_bound_and_a_share_of_chance() -> None:
    tired = replace(ASKED, hubs=(ONE,), tries=500)
    assert subscriber.failed(tired, "x", NOW).due_at == NOW + AGAIN_MOST
    assert subscriber.failed(tired, "x", NOW, lambda: 1.0).due_at == NOW + AGAIN_MOST * 1.1


def test_a_hub_that_does_not_verify_is_left_for_the_next() -> None:
    step = due(ASKED, NOW + UNVERIFIED)
    assert step == Step(push=subscriber.failed(ASKED, "the hub did not verify the request", NOW + UNVERIFIED))
    told = due(replace(ASKED, error="no answer")).push
    assert told is not None
    assert told.error == "no answer"


def test_a_lease_is_renewed_before_it_ends() -> None:
    step = due(ACTIVE)
    assert step == Step(push=replace(ACTIVE, asked_at=NOW, due_at=NOW + HOUR), mode=SUBSCRIBE)
    assert step.push is not None
    # What leads nowhere is asked for again, more often as the end comes near; the lease goes on meanwhile.
    failed = subscriber.failed(step.push, "HTTP 500", NOW)
    assert failed == replace(step.push, error="HTTP 500")
    for left, wait in ((2 * HOUR, HOUR / 2), (timedelta(minutes=2), NEXT_HUB), (timedelta(seconds=20),) * 2):
        again = due(replace(ACTIVE, lease_until=NOW + left)).push
        assert again is not None
        assert again.due_at == NOW + wait


def test_after_the_lease_it_is_asked_for_from_the_start() -> None:
    late = NOW + 9 * DAY
    step = due(replace(ACTIVE, hub=TWO), late)
    asked = replace(ASKED, asked_at=late, due_at=late + UNVERIFIED)
    assert step == Step(push=asked, mode=SUBSCRIBE)


def test_what_is_not_wanted_is_ended_and_begins_again_later() -> None:
    left = replace(ACTIVE, state=PushState.LEAVING, tries=1, due_at=NOW + LEAVE_AGAIN)
    assert due(ACTIVE, wanted=False) == Step(push=left, mode=UNSUBSCRIBE, anew=True)
    step = due(ASKED, wanted=False)
    assert (step.mode, step.anew) == (UNSUBSCRIBE, True)


@pytest.mark.parametrize("push", [ASKED, ACTIVE, DENIED])
def test_another_base_address_is_another_callback(push: PushRecord) -> None:
    step = due(push, base="https://moved.example/")
    assert step.anew
    assert step.push is not None
    assert step.push.callback == push.callback
    assert (step.mode == UNSUBSCRIBE) is (push is not DENIED)


def test_a_hub_is_asked_to_stop_a_few_times() -> None:
    push, asked = LEAVING, 1
    while (step := due(push, push.due_at)).mode is not None:
        assert step.push is not None
        push, asked = step.push, asked + 1
    assert asked == LEAVES
    assert step.push is not None
    assert step.push.state is PushState.ENDED


def test_a_lease_that_is_over_needs_no_end() -> None:
    late = NOW + 10 * DAY
    step = due(LEAVING, late)
    assert step == Step(push=replace(LEAVING, state=PushState.ENDED, due_at=late + KEPT))


def test_what_ended_is_remembered_for_a_while() -> None:
    over = subscriber.ended(ACTIVE, NOW)
    assert over.due_at == NOW + 9 * DAY + KEPT
    assert subscriber.ended(ASKED, NOW).due_at == NOW + KEPT
    assert due(over, over.due_at) == Step(push=None)


# --- what hubs say


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 40_000_000))
def test_a_lease_is_renewed_between_half_and_nine_tenths_of_it(chance: float, seconds: int) -> None:
    push = subscriber.verified(ASKED, timedelta(seconds=seconds), NOW, lambda: chance)
    assert push.lease_until is not None
    lease = push.lease_until - NOW
    assert lease == min(max(timedelta(seconds=seconds), LEASE_LEAST), LEASE_MOST)
    assert NOW + lease * 0.5 - timedelta(seconds=1) < push.due_at <= NOW + lease * 0.9
    assert push.due_at.microsecond == 0


def test_a_subscription_holds_once_it_is_verified() -> None:
    push = subscriber.verified(replace(ASKED, tries=3, error="x"), 10 * DAY, NOW, lambda: 0.0)
    assert push == replace(
        ASKED, state=PushState.ACTIVE, active_since=NOW, lease_until=NOW + 10 * DAY, due_at=NOW + 5 * DAY
    )


def test_a_renewal_does_not_break_the_time_in_which_it_holds() -> None:
    assert subscriber.verified(ACTIVE, DAY, NOW, lambda: 0.0).active_since == NOW - DAY
    late = NOW + 10 * DAY
    assert subscriber.verified(ACTIVE, DAY, late, lambda: 0.0).active_since == late


def test_a_refusal_goes_to_the_next_hub_and_then_to_sleep() -> None:
    first = subscriber.denied(ACTIVE, "no", NOW)
    assert (first.state, first.lease_until, first.active_since) == (PushState.FOUND, None, None)
    asked = due(first, first.due_at).push
    assert asked is not None
    assert asked.hub == TWO
    second = subscriber.denied(asked, "no", NOW)
    assert (second.state, second.due_at, second.error) == (PushState.DENIED, NOW + AGAIN_MOST, "no")
    # The other way round as well: the one that refused what it had granted is not asked at once.
    other = subscriber.denied(replace(ACTIVE, hub=TWO), "no", NOW)
    again = due(other, other.due_at).push
    assert again is not None
    assert again.hub == ONE


@pytest.mark.parametrize(
    ("mode", "answered"),
    [
        (SUBSCRIBE, {PushState.ASKED, PushState.ACTIVE}),
        (UNSUBSCRIBE, {PushState.LEAVING}),
        ("denied", {PushState.ASKED, PushState.ACTIVE}),
        ("publish", set()),
        ("", set()),
    ],
)
def test_hubs_are_answered_about_what_they_were_asked_for(mode: str, answered: set[PushState]) -> None:
    assert {push.state for push in EVERY if subscriber.answers(push, mode, TOPIC)} == answered
    assert not any(subscriber.answers(push, mode, f"{TOPIC}/") for push in EVERY)


def test_a_hub_may_verify_late() -> None:
    assert subscriber.answers(subscriber.failed(ASKED, "late", NOW), SUBSCRIBE, TOPIC)


def test_what_is_brought_is_taken_while_the_lease_lasts() -> None:
    assert [push.state for push in EVERY if subscriber.takes(push, NOW)] == [PushState.ACTIVE]
    assert not subscriber.takes(ACTIVE, NOW + 9 * DAY)
    assert [push.state for push in EVERY if subscriber.is_over(push)] == [PushState.LEAVING, PushState.ENDED]


# --- what is believed


def test_polls_are_rarer_while_a_hub_is_trusted() -> None:
    assert not subscriber.trusted(None, NOW)
    assert not subscriber.trusted(ASKED, NOW)
    assert subscriber.trusted(ACTIVE, NOW)
    assert not subscriber.trusted(ACTIVE, NOW + 9 * DAY)
    doubted = subscriber.missed(ACTIVE, NOW)
    assert not subscriber.trusted(doubted, NOW + DAY - timedelta(seconds=1))
    assert subscriber.trusted(doubted, NOW + DAY)


def test_a_hub_that_misses_again_is_doubted_for_longer() -> None:
    push, now, spans = replace(ACTIVE, lease_until=NOW + 99 * DAY), NOW, []
    for _ in range(5):
        push = subscriber.missed(push, now)
        assert push.doubted_until is not None
        spans.append(push.doubted_until - now)
        now = push.doubted_until + HOUR
    assert spans == [DOUBT, 2 * DOUBT, 4 * DOUBT, DOUBT_MOST, DOUBT_MOST]
    # Polls that find more of it meanwhile prolong the doubt, and do not double it.
    once = subscriber.missed(ACTIVE, NOW)
    assert subscriber.missed(once, NOW + HOUR) == replace(once, doubted_until=NOW + HOUR + DOUBT)
    # A week of good service makes up for all.
    assert push.doubted_until is not None
    forgiven = push.doubted_until + DOUBT_MOST + HOUR
    assert subscriber.missed(push, forgiven).doubted_until == forgiven + DOUBT


@pytest.mark.parametrize(
    ("moment", "is_late"),
    [
        (None, False),
        (NOW - 2 * DAY, False),  # before anybody pushed
        (NOW - DAY, False),
        (NOW - HOUR, True),
        (NOW - timedelta(minutes=11), True),
        (NOW - timedelta(minutes=10), False),  # it may be on its way
        (NOW + HOUR, False),
    ],
)
def test_what_should_have_come(moment: datetime | None, is_late: bool) -> None:
    assert subscriber.should_have_come(ACTIVE, moment, NOW) is is_late
    assert not subscriber.should_have_come(ASKED, moment, NOW)
    assert not subscriber.should_have_come(replace(ACTIVE, lease_until=NOW), moment, NOW)


def test_in_words() -> None:
    doubted = subscriber.missed(ACTIVE, NOW)
    for push, said in (
        (FOUND, "one.example is to be asked to push it"),
        (replace(FOUND, error="HTTP 500"), "one.example does not push it: HTTP 500"),
        (ASKED, "one.example was asked to push it"),
        (ACTIVE, "pushed by one.example"),
        (replace(ACTIVE, error="no answer"), "pushed by one.example: no answer"),
        (doubted, "one.example missed entries, and is not relied on until 2026-11-02 12:00 UTC"),
        (replace(ACTIVE, lease_until=NOW), "the lease of one.example has run out"),
        (DENIED, "one.example does not push it: denied"),
    ):
        assert subscriber.words(push, NOW) == said


# --- signatures


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_every_method_of_the_specification_is_known(method: str) -> None:
    digest = hmac.new(b"secret", b"body", method).hexdigest()
    assert subscriber.is_signed(f"{method}={digest}", "secret", b"body")
    assert subscriber.is_signed(f" {method.upper()}={digest.upper()} ", "secret", b"body")
    assert not subscriber.is_signed(f"{method}={digest}", "other", b"body")
    assert not subscriber.is_signed(f"{method}={digest}", "secret", b"Body")
    assert not subscriber.is_signed(f"{method}={digest[:-1]}", "secret", b"body")


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256",
        "sha256=",
        "=" + "0" * 64,
        "md5=" + hashlib.md5(b"body").hexdigest(),  # noqa: S324  # to be refused
        "sha256=" + "é" * 64,
        "sha1=" + "0" * 40 + ", sha256=" + "0" * 64,
    ],
)
def test_other_signatures_are_none(signature: str) -> None:
    assert not subscriber.is_signed(signature, "secret", b"body")


# --- any order of events

_EVENTS = st.lists(
    st.tuples(st.sampled_from(("due", "fails", "verifies", "denies", "moves", "gone", "back")), st.integers(0, 200)),
    max_size=40,
)


@given(_EVENTS)
def test_whatever_happens_something_comes_next(events: list[tuple[str, int]]) -> None:
    """A subscription that counts is due again in days at most, however it came to be as it is; one that holds has a
    lease; nothing is asked for in a circle."""
    push, now = FOUND, NOW
    for event, hours in events:
        now = max(now, push.due_at) if event == "due" else now + hours * HOUR
        if event == "due":
            step = due(push, now)
            assert step.push is not None
            assert step.push.due_at > now
            push = step.push
        elif event == "fails":
            push = subscriber.failed(push, "x", now) if push.state in (PushState.ASKED, PushState.ACTIVE) else push
        elif event == "verifies":
            if subscriber.answers(push, SUBSCRIBE, TOPIC):
                push = subscriber.verified(push, 10 * DAY, now, lambda: 0.5)
        elif event == "denies":
            push = subscriber.denied(push, "no", now) if subscriber.answers(push, "denied", TOPIC) else push
        else:
            said = {"moves": Advertised((TWO,), TOPIC), "gone": Advertised(), "back": OFFER}[event]
            changed = subscriber.found(push, said, now)
            if changed is not None and (changed.push is None or changed.anew or changed.mode is not None):
                return  # what follows is another one's story
            push = push if changed is None or changed.push is None else changed.push
        if push.state is PushState.ENDED:
            return
        assert push.due_at <= now + 11 * DAY
        assert (push.state is PushState.ACTIVE) <= (push.lease_until is not None and push.active_since is not None)
        assert push.hubs or push.state is PushState.ACTIVE
