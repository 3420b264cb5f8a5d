"""Being pushed to, over weeks of a clock of its own: hubs are asked, asked again, left; polls are rarer meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zlib import crc32

import pytest

from db.engine import reading, writing
from db.records import PushRecord, PushState
from db.store import deliveries, pushes
from feeds.cadence import PUSHED
from feeds.pushes import MOST_ASKED, tend
from feeds.websub.asking import SUBSCRIPTION
from tests.fakes import Reply, Seen, Site, conditional, free_port
from tests.polls import rss
from tests.pushing import Desk, Hub, desk, hub
from tests.test_round import dated

__all__ = ["desk", "hub"]

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


def advertise(site: Site, *hubs: str, body: bytes | None = None, path: str = "/feed", own: str | None = None) -> str:
    """Puts a feed that names these hubs; returns its address."""
    own = own or f"{site.url}{path}"
    links = [("Link", f'<{hub}>; rel="hub"') for hub in hubs] + [("Link", f'<{own}>; rel="self"')]
    body = rss("a") if body is None else body
    return site.put(path, conditional(body, f'"{crc32(body)}"', links))


def modes(hub: Hub) -> list[str]:
    return [said["hub.mode"] for said in hub.asked]


def every(desk: Desk) -> list[PushRecord]:
    """All subscriptions, those that are over included."""
    with reading(desk.bench.engine) as connection:
        return [one for number in range(1, 9) if (one := pushes.load(connection, number)) is not None]


def push_of(desk: Desk, name: str = "n") -> PushRecord:
    found = desk.push(name)
    assert found is not None
    return found


def test_what_a_hub_is_asked(desk: Desk, hub: Hub, site: Site) -> None:
    topic = advertise(site, hub.at())
    desk.configure({"n": topic}, "lease_days = 3")
    desk.subscribe()
    (said,) = hub.asked
    assert (said["hub.mode"], said["hub.topic"], said["hub.lease_seconds"]) == ("subscribe", topic, "259200")
    assert said["hub.callback"].startswith(f"{desk.url}websub/")
    assert len(said["hub.callback"].rpartition("/")[2]) == 43
    assert len(bytes.fromhex(said["hub.secret"])) == 32
    assert set(said) == {"hub.mode", "hub.topic", "hub.lease_seconds", "hub.callback", "hub.secret"}


def test_every_source_has_a_callback_and_a_secret_of_its_own(desk: Desk, hub: Hub, site: Site) -> None:
    desk.configure({name: advertise(site, hub.at(), path=f"/{name}") for name in "abc"})
    desk.subscribe()
    assert len({said["hub.callback"] for said in hub.asked}) == len({said["hub.secret"] for said in hub.asked}) == 3


def test_nobody_is_asked_where_that_is_not_wanted(desk: Desk, hub: Hub, site: Site) -> None:
    desk.configure({"n": advertise(site, hub.at())}, subscribe=False)
    desk.subscribe()
    assert (hub.asked, every(desk)) == ([], [])


def test_hubs_are_found_by_those_who_want_it_later(desk: Desk, hub: Hub, site: Site) -> None:
    """What was read before anybody wanted to know is read once more, and only once."""
    topic = advertise(site, hub.at())
    desk.configure({"n": topic}, subscribe=False)
    desk.subscribe()
    desk.configure({"n": topic})
    desk.subscribe()
    assert desk.is_active()
    assert desk.bench.poll(DAY, everyone=True)["n"].outcome == "unchanged"


def skip(desk: Desk) -> None:
    """Goes on to when something is due for the source's subscription, and lets it be done."""
    desk.tend(max(push_of(desk).due_at - desk.bench.now, timedelta(seconds=1)))


def test_a_lease_is_renewed_for_months(desk: Desk, hub: Hub, site: Site) -> None:
    desk.configure({"n": advertise(site, hub.at())})
    desk.subscribe()
    until = desk.bench.now + 60 * DAY
    while desk.bench.now < until:
        before = push_of(desk).lease_until
        skip(desk)
        assert desk.is_active()
        assert before is not None
        assert desk.bench.now < before < (push_of(desk).lease_until or before)
    # Leases of ten days, renewed after five to nine of them.
    assert 60 / 9 <= len(hub.asked) <= 60 / 5 + 2
    assert len({said["hub.callback"] for said in hub.asked}) == 1


def test_a_hub_that_fails_for_a_while_is_asked_again_before_the_lease_ends(desk: Desk, hub: Hub, site: Site) -> None:
    desk.configure({"n": advertise(site, hub.at())})
    desk.subscribe()
    site.put("/hub", Reply(status=503))
    for _ in range(4 * 9):
        desk.tend(6 * HOUR)
    assert desk.is_active()
    assert "HTTP 503" in (push_of(desk).error or "")
    hub.at()
    for _ in range(12):
        desk.tend(HOUR)
    assert (push_of(desk).lease_until or desk.bench.now) > desk.bench.now + 8 * DAY
    assert push_of(desk).error is None


def test_a_hub_that_does_not_come_back_is_asked_ever_more_rarely(desk: Desk, hub: Hub, site: Site) -> None:
    desk.configure({"n": advertise(site, hub.at())})
    desk.subscribe()
    asked = 0

    def refuse(_seen: Seen) -> Reply:
        nonlocal asked
        asked += 1
        return Reply(status=403)

    site.put("/hub", refuse)
    lease_until, begun = push_of(desk).lease_until, desk.bench.now
    assert lease_until is not None
    while push_of(desk).state is PushState.ACTIVE:
        skip(desk)
    assert lease_until <= desk.bench.now < lease_until + HOUR
    # Hourly from when it was to be renewed: one to five days before the end.
    assert 20 < asked < 24 * 5 + 20
    asked, begun = 0, desk.bench.now
    while desk.bench.now < begun + 60 * DAY:
        skip(desk)
    # After 1, 2, 4 hours and so on up to a week.
    assert asked == 8 + 7
    hub.at()
    skip(desk)
    assert desk.is_active()


def test_the_first_hub_that_works_is_taken(desk: Desk, hub: Hub, site: Site) -> None:
    dead, refusing = f"http://127.0.0.1:{free_port()}/", site.put("/no", Reply(status=410))
    desk.configure({"n": advertise(site, dead, refusing, hub.at())})
    desk.subscribe()
    for _ in range(80):
        desk.tend(timedelta(minutes=1))
    assert desk.is_active()
    assert push_of(desk).hub == f"{site.url}/hub"


def test_a_hub_that_never_verifies_is_left_for_the_next(desk: Desk, hub: Hub, site: Site) -> None:
    silent = Hub(site, verifies=False)
    desk.configure({"n": advertise(site, silent.at("/silent"), hub.at())})
    desk.subscribe()
    assert (modes(silent), hub.asked) == (["subscribe"], [])
    desk.tend(HOUR)
    assert push_of(desk).error == "the hub did not verify the request"
    desk.tend(timedelta(minutes=1))
    assert desk.is_active()
    assert push_of(desk).hub == f"{site.url}/hub"


def test_a_hub_is_asked_so_often_in_a_minute(desk: Desk, hub: Hub, site: Site) -> None:
    many = {f"n{number}": advertise(site, hub.at(), path=f"/{number}") for number in range(MOST_ASKED + 5)}
    desk.configure(many)
    desk.subscribe()
    assert len(hub.asked) == MOST_ASKED
    desk.tend(timedelta(seconds=60))
    assert len(hub.asked) == MOST_ASKED
    desk.tend(timedelta(seconds=1))
    assert len(hub.asked) == MOST_ASKED + 5


@pytest.mark.parametrize("how", ["switched off", "removed", "paused"])
def test_who_wants_it_no_more_says_so(desk: Desk, hub: Hub, site: Site, how: str) -> None:
    topic = advertise(site, hub.at())
    desk.configure({"n": topic})
    desk.subscribe()
    if how == "paused":
        desk.configure({"n": topic}, options="enabled = false")
    else:
        desk.configure({"n": topic} if how == "switched off" else {}, subscribe=how != "switched off")
    desk.tend()
    assert modes(hub) == ["subscribe", "unsubscribe"]
    assert "hub.secret" not in hub.asked[1]
    assert hub.verified[1][0] == 200
    assert every(desk)[0].state is PushState.ENDED
    desk.tend(HOUR)
    assert len(hub.asked) == 2


def test_who_wants_it_again_has_it_again(desk: Desk, hub: Hub, site: Site) -> None:
    topic = advertise(site, hub.at())
    desk.configure({"n": topic})
    desk.subscribe()
    desk.configure({"n": topic}, options="enabled = false")
    desk.tend()
    desk.configure({"n": topic})
    desk.tend(HOUR)
    assert modes(hub) == ["subscribe", "unsubscribe", "subscribe"]
    assert desk.is_active()
    assert len({said["hub.callback"] for said in hub.asked}) == 2


def test_what_has_ended_is_forgotten_after_a_while(desk: Desk, hub: Hub, site: Site) -> None:
    topic = advertise(site, hub.at())
    desk.configure({"n": topic})
    desk.subscribe()
    desk.configure({"n": topic}, subscribe=False)
    desk.tend()
    callback = hub.asked[0]["hub.callback"]
    hub.asked.pop()
    assert hub.push(rss("b")) == 410
    desk.tend(42 * DAY)
    assert hub.push(rss("b")) == 404
    assert callback not in {one.callback for one in every(desk)}


def test_a_hub_that_does_not_know_us_any_more_need_not_be_told(desk: Desk, hub: Hub, site: Site) -> None:
    topic = advertise(site, hub.at())
    desk.configure({"n": topic})
    desk.subscribe()
    site.put("/hub", Reply(status=404))
    desk.configure({"n": topic}, subscribe=False)
    desk.tend()
    assert every(desk)[0].state is PushState.ENDED


def test_a_topic_that_moved_is_subscribed_to_anew(desk: Desk, hub: Hub, site: Site) -> None:
    """WebSub, 5.4: the old subscription is left, the new one has a callback of its own."""
    topic = advertise(site, hub.at())
    desk.configure({"n": topic})
    desk.subscribe()
    moved = f"{site.url}/moved"
    advertise(site, f"{site.url}/hub", body=rss("a", "b"), own=moved)
    desk.subscribe()
    # Both are owed at once and go out side by side: whichever arrives first.
    assert sorted((said["hub.mode"], said["hub.topic"]) for said in hub.asked) == [
        ("subscribe", topic), ("subscribe", moved), ("unsubscribe", topic),
    ]  # fmt: skip
    assert (push_of(desk).topic, desk.is_active()) == (moved, True)


def test_a_hub_that_moved_is_asked_in_place_of_the_old_one(desk: Desk, hub: Hub, site: Site) -> None:
    desk.configure({"n": advertise(site, hub.at())})
    desk.subscribe()
    other = Hub(site)
    advertise(site, other.at("/other"), body=rss("a", "b"))
    desk.subscribe()
    assert (modes(hub), modes(other)) == (["subscribe", "unsubscribe"], ["subscribe"])
    assert desk.is_active()


def test_a_base_address_that_moved_is_another_callback(desk: Desk, hub: Hub, site: Site) -> None:
    topic = advertise(site, hub.at())
    desk.configure({"n": topic})
    desk.subscribe()
    before = hub.asked[0]["hub.callback"]
    desk.url = desk.url.replace("127.0.0.1", "localhost")
    desk.configure({"n": topic})
    desk.tend(WEEK + 3 * DAY)
    desk.tend()
    assert hub.asked[-1]["hub.callback"].startswith(desk.url)
    assert {said["hub.callback"] for said in hub.asked if said["hub.mode"] == "unsubscribe"} <= {before}


def test_a_topic_of_another_site_is_polled(desk: Desk, hub: Hub, site: Site) -> None:
    desk.configure({"n": advertise(site, hub.at(), own="https://bank.example/feed")})
    (result,) = desk.subscribe().values()
    assert (hub.asked, every(desk)) == ([], [])
    assert any(
        "names a topic of another site (https://bank.example/feed); it is polled" in one for one in result.warnings
    )


def test_a_request_that_nobody_waits_for_is_not_made(desk: Desk, hub: Hub, site: Site) -> None:
    """It was owed to a hub that failed, and meanwhile another one pushes."""
    silent = Hub(site, verifies=False, status=503)
    desk.configure({"n": advertise(site, silent.at("/silent"), hub.at())})
    desk.subscribe()
    desk.tend(HOUR)
    desk.tend(timedelta(minutes=1))
    assert desk.is_active()
    before = len(silent.asked)
    for _ in range(8):
        desk.tend(HOUR)
    assert len(silent.asked) == before
    with reading(desk.bench.engine) as connection:
        assert not deliveries.any_due(connection, desk.bench.now + WEEK, [SUBSCRIPTION])


def test_a_hub_in_a_private_network_is_not_asked(desk: Desk, hub: Hub, site: Site) -> None:
    desk.configure({"n": advertise(site, "http://10.0.0.1/hub", hub.at())})
    desk.subscribe()
    desk.tend(timedelta(minutes=1))
    for _ in range(70):
        desk.tend(timedelta(minutes=1))
    assert desk.is_active()
    assert push_of(desk).hub == f"{site.url}/hub"


# --- what it means for polls


def pushed_source(desk: Desk, hub: Hub, site: Site, *, rest: str = "", options: str = "") -> None:
    """A source of an hourly pace whose hub pushes it."""
    hours = [-number for number in range(30)]
    desk.configure({"n": advertise(site, hub.at(), body=dated(*hours))}, rest, options=options)
    desk.subscribe()
    assert desk.is_active()


def test_polls_are_rarer_while_it_is_pushed_and_never_stop(desk: Desk, hub: Hub, site: Site) -> None:
    pushed_source(desk, hub, site)
    assert desk.bench.source().reason != PUSHED
    desk.bench.poll(DAY)
    source = desk.bench.source()
    assert source.reason == PUSHED
    assert timedelta(hours=4) <= source.due_at - desk.bench.now <= timedelta(hours=24)


def test_full_texts_are_asked_for_at_the_usual_pace(desk: Desk, hub: Hub, site: Site) -> None:
    pushed_source(desk, hub, site, options="fulltext = true")
    desk.bench.poll(DAY)
    assert desk.bench.source().reason != PUSHED


@pytest.mark.parametrize("how", ["denied", "lapsed", "left"])
def test_polls_go_on_as_before_once_nobody_pushes(desk: Desk, hub: Hub, site: Site, how: str) -> None:
    pushed_source(desk, hub, site)
    desk.bench.poll(DAY)
    before = desk.bench.source()
    push = push_of(desk)
    changed = {
        "denied": replace(push, state=PushState.DENIED, due_at=desk.bench.now + WEEK),
        "lapsed": replace(push, lease_until=desk.bench.now, due_at=desk.bench.now + WEEK),
        "left": replace(push, state=PushState.ENDED, due_at=desk.bench.now + WEEK),
    }[how]
    with writing(desk.bench.engine) as connection:
        pushes.save(connection, changed)
    tend(desk.bench.engine, desk.bench.config, desk.bench.now)
    source = desk.bench.source()
    assert source.reason != PUSHED
    # As soon as it would have been due, and no sooner.
    assert before.last_poll is not None
    assert before.last_poll + HOUR <= source.due_at < before.due_at
    again = source.due_at
    tend(desk.bench.engine, desk.bench.config, desk.bench.now)
    assert desk.bench.source().due_at == again


def test_who_is_forsaken_with_options_of_another_release_is_polled_as_any(desk: Desk, hub: Hub, site: Site) -> None:
    pushed_source(desk, hub, site)
    desk.bench.poll(DAY)
    with writing(desk.bench.engine) as connection:
        connection.exec_driver_sql('UPDATE sources SET options = \'{"url": "http://n.localhost/", "kind": "x"}\'')
        pushes.save(connection, replace(push_of_in(connection), state=PushState.ENDED))
    tend(desk.bench.engine, desk.bench.config, desk.bench.now)
    assert desk.bench.source().reason != PUSHED


def push_of_in(connection: object) -> PushRecord:
    found = pushes.load(connection, 1)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_a_hub_that_missed_something_is_doubted(desk: Desk, hub: Hub, site: Site) -> None:
    pushed_source(desk, hub, site)
    desk.bench.poll(6 * HOUR)
    assert desk.bench.source().reason == PUSHED
    # Five hours of news that nobody brought.
    advertise(site, f"{site.url}/hub", body=dated(*range(5, -25, -1)))
    desk.bench.poll(everyone=True, after=8 * HOUR)
    push = push_of(desk)
    assert push.doubted_until == desk.bench.now + DAY
    assert desk.bench.source().reason != PUSHED
    # A day later it is believed again.
    for _ in range(12):
        desk.bench.poll(2 * HOUR, everyone=True)
    desk.bench.poll(everyone=True, after=HOUR)
    assert desk.bench.source().reason == PUSHED


def test_what_was_pushed_was_not_missed(desk: Desk, hub: Hub, site: Site) -> None:
    pushed_source(desk, hub, site)
    desk.bench.poll(6 * HOUR)
    news = dated(*range(5, -25, -1))
    assert hub.push(news) == 202
    desk.take()
    advertise(site, f"{site.url}/hub", body=news)
    result = desk.bench.poll(8 * HOUR, everyone=True)["n"]
    assert (result.outcome, result.tally.new) == ("unchanged", 0)
    assert push_of(desk).doubted_until is None
    assert desk.bench.source().reason == PUSHED


def test_an_edit_that_nobody_brought_was_missed_as_well(desk: Desk, hub: Hub, site: Site) -> None:
    def feed(title: str, changed: str) -> bytes:
        return (
            '<feed xmlns="http://www.w3.org/2005/Atom"><title>N</title><id>urn:n</id><updated>2026-11-01T00:00:00Z</updated>'
            f"<entry><id>urn:1</id><title>{title}</title><published>2026-10-31T08:00:00Z</published>"
            f"<updated>{changed}</updated></entry></feed>"
        ).encode()

    desk.configure({"n": advertise(site, hub.at(), body=feed("As it was", "2026-10-31T08:00:00Z"))})
    desk.subscribe()
    # A new time alone tells nobody anything.
    advertise(site, f"{site.url}/hub", body=feed("As it was", "2026-11-01T13:00:00Z"))
    desk.bench.poll(2 * HOUR, everyone=True)
    assert push_of(desk).doubted_until is None
    advertise(site, f"{site.url}/hub", body=feed("As it is now", "2026-11-01T15:00:00Z"))
    desk.bench.poll(2 * HOUR, everyone=True)
    assert push_of(desk).doubted_until is not None
