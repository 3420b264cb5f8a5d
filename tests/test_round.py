"""Many sources side by side, on loopback: budgets, moves, gaps, outages, and what a stop leaves behind."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime

import pytest

from db.engine import reading, writing
from db.store import schedule, sources
from feeds.manner import Manner
from feeds.model import Document
from feeds.monitor import status
from feeds.poll import Poller, PollResult, Standing, Terms
from feeds.settle import LEASE
from feeds.worker import Read, read_document
from tests.fakes import Reply, Seen, conditional, free_port, moved
from tests.polls import NOW, Bench, rss

HOUR = timedelta(hours=1)


def dated(*hours: int, earlier: str = "") -> bytes:
    """A feed with an item for each of these hours after `NOW`, and the address of the document before it."""
    items = "".join(
        f"<item><title>At {hour}</title><guid>{hour}</guid>"
        f"<pubDate>{format_datetime(NOW + hour * HOUR)}</pubDate></item>"
        for hour in hours
    )
    link = f'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="prev-archive" href="{earlier}"/>' if earlier else ""
    return f'<rss version="2.0"><channel><title>N</title>{link}{items}</channel></rss>'.encode()


# --- budgets


def test_one_host_is_asked_no_more_than_its_budget(bench: Bench) -> None:
    bench.site.put("/feed", rss("a"))
    many = {f"big{number}": bench.at("big") for number in range(7)}
    bench.configure(many | {"small": bench.at("small")}, settings="per_minute = 3")
    first = bench.poll()
    assert sum(result.outcome != "deferred" for result in first.values()) == 4
    assert {result.outcome for result in first.values()} == {"stored", "unchanged", "deferred"}
    assert len(first) == 8
    assert "small" in first
    with reading(bench.engine) as connection:
        assert schedule.count_due(connection, bench.now) == 4
    # A new process knows what the last one asked.
    assert {result.outcome for result in bench.poll(timedelta(seconds=30)).values()} == {"deferred"}
    assert len(bench.site.log) == 4
    bench.poll(timedelta(seconds=33))
    assert len(bench.site.log) == 7
    bench.poll(timedelta(seconds=63))
    assert len(bench.site.log) == 8


def test_what_was_named_and_has_to_wait_is_put_off(bench: Bench) -> None:
    bench.site.put("/feed", rss("a"))
    bench.configure({f"big{number}": bench.at("big") for number in range(5)}, settings="per_minute = 2")
    results = bench.poll(everyone=True)
    put_off = [result for result in results.values() if result.outcome == "deferred"]
    assert (len(results), len(put_off), len(bench.site.log)) == (5, 3, 2)
    assert "budget of big.localhost" in put_off[0].reason
    assert "2 requests a minute" in put_off[0].reason
    assert put_off[0].errors == []
    with reading(bench.engine) as connection:
        assert schedule.count_due(connection, bench.now) == 3


def test_a_host_may_have_a_budget_of_its_own(bench: Bench) -> None:
    bench.site.put("/feed", rss("a"))
    rest = f'[host."big.localhost:{bench.site.port}"]\nper_minute = 5\nper_host = 1\ninterval = 30\n'
    bench.configure({f"big{number}": bench.at("big") for number in range(9)}, rest, settings="per_minute = 1")
    results = bench.poll(everyone=True)
    polled = [result for result in results.values() if result.outcome != "deferred"]
    assert (len(polled), len(bench.site.log)) == (5, 5)
    assert {result.reason for result in polled} == {"interval=30 min"}


def test_no_more_requests_are_under_way_at_a_host_than_it_admits(bench: Bench) -> None:
    busy, most = [0], [0]

    def answer(_seen: Seen) -> Reply:
        busy[0] += 1
        most[0] = max(most[0], busy[0])
        bench.site.closing.wait(0.05)
        busy[0] -= 1
        return Reply(body=rss("a"))

    bench.site.put("/feed", answer)
    bench.configure({f"big{number}": bench.at("big") for number in range(8)}, settings="per_host = 2")
    assert len(bench.poll()) == 8
    assert most[0] == 2


def test_retry_after_of_one_address_may_count_for_the_host(bench: Bench) -> None:
    bench.site.put("/feed", Reply(status=429, headers=[("Retry-After", "90")]))
    rest = f'[host."a.localhost:{bench.site.port}"]\nshare_retry_after = true\nper_host = 1\n'
    bench.configure({"a1": bench.at("a"), "a2": bench.at("a"), "b1": bench.at("b"), "b2": bench.at("b")}, rest)
    results = bench.poll(everyone=True)
    assert sorted(result.outcome for name, result in results.items() if name[0] == "a") == ["deferred", "failed"]
    assert [result.outcome for name, result in results.items() if name[0] == "b"] == ["failed", "failed"]


def test_redirects_spend_the_budget_of_the_host_they_lead_to(bench: Bench) -> None:
    bench.site.put("/feed", moved(bench.at("big", "/there")))
    bench.site.put("/there", rss("a"))
    many = {f"s{number}": bench.at(f"h{number}") for number in range(7)}
    bench.configure(many, f'[host."big.localhost:{bench.site.port}"]\nper_minute = 3\n')
    results = bench.poll()
    assert [seen.path for seen in bench.site.log].count("/there") == 3
    put_off = [result for result in results.values() if result.outcome == "deferred"]
    assert len(put_off) == 4
    assert f"leads to big.localhost:{bench.site.port}, whose budget is spent" in put_off[0].reason
    assert {result.next_due for result in put_off} == {NOW + timedelta(minutes=1)}
    assert {bench.source(name).failures for name in many} == {0}
    bench.poll(timedelta(seconds=62))
    assert [seen.path for seen in bench.site.log].count("/there") == 6


def test_a_redirect_within_a_host_is_followed_however_small_its_budget(bench: Bench) -> None:
    bench.site.put("/feed", moved("/there"))
    bench.site.put("/there", rss("a"))
    bench.configure({"n": bench.at("a")}, settings="per_minute = 1")
    assert bench.poll()["n"].outcome == "stored"


def test_what_leads_to_a_host_that_is_always_busy_fails_in_the_end(bench: Bench) -> None:
    bench.site.put("/feed", rss("a"))
    bench.site.put("/moved", moved(bench.at("big")))
    bench.configure({"own": bench.at("big"), "n": bench.at("a", "/moved")}, settings="per_minute = 1")
    waits = []
    for _poll in range(7):
        bench.now += HOUR
        results: list[PollResult] = []
        with Poller(bench.engine, bench.config) as poller:
            for name in ("own", "n"):
                poller.poll(bench.now, Terms(progress=results.append, rng=lambda: 0.0), names=[name])
        outcome, due = results[-1].outcome, results[-1].next_due
        assert due is not None
        waits.append((outcome, (due - bench.now) // timedelta(minutes=1)))
    assert waits[:6] == [("deferred", 2**number) for number in range(6)]
    assert waits[6][0] == "failed"
    assert "whose budget is spent" in (bench.source().error or "")


def test_what_could_not_be_judged_by_new_settings_is_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.site.put("/feed", rss("a"))
    bench.configure({"n": bench.at("a")})
    bench.poll()
    before = bench.source().settings
    bench.configure({"n": bench.at("a")}, "[access]\nmarkers = ['PLUS']\n")

    def failing(*_given: object) -> None:
        raise LookupError("a defect")

    with monkeypatch.context() as patched:
        patched.setattr("feeds.round.rejudge", failing)
        assert bench.poll(everyone=True)["n"].outcome == "unchanged"
    assert bench.source().settings == before
    bench.poll(everyone=True)
    assert bench.source().settings != before


# --- one slow, dead or hostile source and the others


def test_slow_and_dead_sources_cost_the_others_nothing(bench: Bench) -> None:
    bench.site.put("/feed", rss("a"))
    slow = bench.site.put("/slow", Reply(body=b"late", pause=20))
    good = {f"good{number:02}": bench.at(f"h{number}") for number in range(30)}
    dead = f"http://dead.localhost:{free_port()}/feed"
    bench.configure({"slow": slow, "dead": dead} | good, settings="connections = 4")
    ended: list[str] = []
    with Poller(bench.engine, bench.config) as poller:
        poller.poll(bench.now, Terms(progress=lambda result: ended.append(result.source)))
    assert set(ended[-2:]) == {"slow", "dead"}
    assert len(ended) == 32
    bench.site.closing.set()


def hanging(document: Document, manner: Manner, digest: bytes) -> Read:
    """A reader that hangs at one document and dies of another."""
    if b"hang" in document.data:
        time.sleep(60)
    if b"die" in document.data:
        os._exit(9)
    return read_document(document, manner, digest)


def test_a_document_that_hangs_or_kills_its_reader_is_one_failure(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.pool.DEADLINE", 0.5)
    monkeypatch.setattr("feeds.poll.read_document", hanging)
    for path in ("hang", "die", "fine"):
        bench.site.put(f"/{path}", conditional(rss(path), '"v1"'))
    bench.configure({path: bench.at(path, f"/{path}") for path in ("hang", "die", "fine")})
    results = bench.poll()
    assert results["fine"].outcome == "stored"
    for name, words in (("hang", "takes longer than"), ("die", "its reader died (exit code 9)")):
        assert results[name].outcome == "failed"
        assert f"http://{name}.localhost" in (results[name].error or "")
        assert words in (results[name].error or "")
        assert bench.source(name).etag is None


def test_what_the_database_refuses_fails_its_source_alone(bench: Bench) -> None:
    bench.site.put("/feed", rss("fine"))
    bench.site.put("/poison", rss("poison"))
    bench.configure({"a": bench.at("a"), "bad": bench.at("b", "/poison"), "c": bench.at("c", "/feed?2")})
    bench.site.put("/feed?2", rss("other"))
    with bench.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(
            "create trigger refuse before insert on entries when new.title like '%poison%' "
            "begin select raise(abort, 'refused'); end"
        )
    results = bench.poll()
    assert {name: result.outcome for name, result in results.items()} == {"a": "stored", "bad": "failed", "c": "stored"}
    assert "internal error" in (results["bad"].error or "")
    assert bench.titles() == {"fine", "other"}
    assert bench.source("bad").failures == 1


def test_the_same_story_of_two_sources_in_one_batch_is_one_entry(bench: Bench) -> None:
    bench.site.put("/feed", rss("a", "b"))
    bench.configure({"one": bench.at("one"), "two": bench.at("two")})
    results = bench.poll()
    assert sorted(result.tally.new for result in results.values()) == [0, 2]
    assert len(bench.titles()) == 2


# --- our own network


def test_many_hosts_down_at_once_are_nobodys_failure(bench: Bench) -> None:
    bench.site.put("/feed", rss("a"))
    bench.configure({f"s{number}": bench.at(f"h{number}") for number in range(4)})
    bench.poll()
    port = free_port()
    bench.configure({f"s{number}": f"http://h{number}.localhost:{port}/feed" for number in range(4)})
    with reading(bench.engine) as connection:
        before = connection.exec_driver_sql("select count(*) from polls").scalar_one()
    results = bench.poll(timedelta(days=1))
    assert {result.outcome for result in results.values()} == {"deferred"}
    assert {result.error for result in results.values()} == {None}
    assert "4 of 4 hosts could not be reached" in results["s0"].reason
    assert results["s0"].next_due == bench.now + timedelta(minutes=5)
    assert bench.source("s0").failures == 0
    assert bench.incidents() == [("network", "own network")]
    with reading(bench.engine) as connection:
        assert connection.exec_driver_sql("select count(*) from polls").scalar_one() == before
    # As long as nothing answers it is still nobody's failure.
    assert {result.outcome for result in bench.poll(timedelta(minutes=6)).values()} == {"deferred"}
    assert bench.source("s0").pace.postponed == 2
    bench.configure({f"s{number}": bench.at(f"h{number}") for number in range(4)})
    bench.poll(timedelta(minutes=6))
    assert bench.incidents() == []
    assert bench.source("s0").pace.postponed == 0


def test_hosts_that_died_together_are_excused_once(bench: Bench) -> None:
    """A small desk, most of whose hosts were one hoster's: its own network is there, as the others show."""
    port = free_port()
    bench.site.put("/feed", rss("a"))
    alive = {"alive": bench.at("alive")}
    bench.configure(alive | {f"s{number}": bench.at(f"h{number}") for number in range(4)})
    bench.poll()
    dead = {f"s{number}": f"http://h{number}.localhost:{port}/feed" for number in range(4)}
    bench.configure(alive | dead)
    results = bench.poll(timedelta(days=1))
    assert {results[name].outcome for name in dead} == {"deferred"}
    results = bench.poll(timedelta(days=1))
    assert {results[name].outcome for name in dead} == {"failed"}
    assert bench.source("s0").failures == 1
    assert bench.incidents() == []


def test_while_an_outage_lasts_one_source_alone_is_not_blamed(bench: Bench) -> None:
    """Each comes again at a time of its own, so that a small desk asks them one by one."""
    bench.site.put("/feed", rss("a"))
    names = [f"s{number}" for number in range(3)]
    bench.configure({name: bench.at(name) for name in names})
    bench.poll()
    port = free_port()
    bench.configure({name: f"http://{name}.localhost:{port}/feed" for name in names})
    assert {result.outcome for result in bench.poll(timedelta(days=1)).values()} == {"deferred"}
    for name in names:
        assert bench.poll(timedelta(minutes=2), names=[name])[name].outcome == "deferred"
    assert {bench.source(name).failures for name in names} == {0}
    bench.configure({name: bench.at(name) for name in names})
    assert bench.poll(timedelta(minutes=6), names=["s0"])["s0"].outcome == "unchanged"
    assert bench.incidents() == []


def test_hosts_that_never_answered_say_nothing_of_our_network(bench: Bench) -> None:
    port = free_port()
    bench.configure({f"s{number}": f"http://h{number}.localhost:{port}/feed" for number in range(4)})
    assert {result.outcome for result in bench.poll().values()} == {"failed"}
    assert bench.incidents() == []


def test_one_or_two_dead_hosts_are_their_own_fault(bench: Bench) -> None:
    port = free_port()
    bench.site.put("/feed", rss("a"))
    dead = {f"s{number}": f"http://h{number}.localhost:{port}/feed" for number in range(3)}
    bench.configure(dead | {f"good{number}": bench.at(f"g{number}") for number in range(3)})
    assert [result.outcome for name, result in bench.poll().items() if name[0] == "s"] == ["failed"] * 3
    assert bench.source("s0").failures == 1
    # What was down before says nothing of the network.
    bench.configure(dead)
    assert {result.outcome for result in bench.poll(timedelta(days=1)).values()} == {"failed"}


def test_an_outage_ends_a_long_run(bench: Bench) -> None:
    port = free_port()
    bench.site.put("/feed", rss("a"))
    bench.configure({f"s{number}": bench.at(f"h{number}") for number in range(40)})
    bench.poll()
    bench.configure(
        {f"s{number}": f"http://h{number}.localhost:{port}/feed" for number in range(40)}, settings="connections = 8"
    )
    for how in ({}, {"everyone": True}):
        results = bench.poll(timedelta(days=1), **how)
        assert len(results) == 40
        assert {result.outcome for result in results.values()} == {"deferred"}
        reasons = Counter(result.reason for result in results.values())
        assert reasons["our own network: no host could be reached"] > 10
        with reading(bench.engine) as connection:
            assert schedule.count_due(connection, bench.now) > 10


# --- moves


def test_a_source_moves_after_three_sightings_over_two_days(bench: Bench) -> None:
    bench.site.put("/new", conditional(rss("a"), '"v1"'))
    bench.site.put("/feed", moved("/new"))
    bench.configure({"n": bench.at("a")})
    assert bench.poll()["n"].tally.new == 1
    for day in (1, 2):
        assert bench.source().url is None
        result = bench.poll(timedelta(days=1), everyone=True)["n"]
        assert bool(result.warnings) is (day == 2)
    assert bench.source().url == bench.at("a", "/new")
    assert status(bench.engine).sources[0].source.standing == "moved"
    bench.site.log.clear()
    assert bench.poll(everyone=True)["n"].outcome == "unchanged"
    assert [(seen.path, seen.headers["If-None-Match"]) for seen in bench.site.log] == [("/new", '"v1"')]
    bench.configure({"n": bench.at("a", "/new")})
    bench.poll()
    assert bench.source().url is None
    assert status(bench.engine).sources[0].source.standing == "ok"


# --- what a document says of itself


def test_lost_entries_are_found_in_the_archive(bench: Bench) -> None:
    bench.site.put("/feed", dated(0, -1, -2))
    bench.configure({"n": bench.at("a")})
    bench.poll()
    bench.site.put("/p1", dated(7, 6, 5, earlier="/p2"))
    bench.site.put("/p2", dated(4, 3, 0, earlier="/p3"))
    bench.site.put("/feed", dated(10, 9, 8, earlier="/p1"))
    result = bench.poll(12 * HOUR, everyone=True)["n"]
    assert result.tally.new == 8
    assert bench.titles() == {f"At {hour}" for hour in (-2, -1, 0, 3, 4, 5, 6, 7, 8, 9, 10)}
    assert "/p3" not in [seen.path for seen in bench.site.log]
    assert (bench.incidents(), bench.source().pace.missed) == ([], 0)


@pytest.mark.parametrize("archive", ["", "/none", "/loop"])
def test_lost_entries_that_no_archive_has_are_an_incident(bench: Bench, archive: str) -> None:
    bench.site.put("/feed", dated(0, -1, -2))
    bench.site.put("/loop", dated(7, 6, earlier="/loop"))
    bench.configure({"n": bench.at("a")})
    bench.poll()
    bench.site.put("/feed", dated(10, 9, 8, earlier=archive))
    result = bench.poll(12 * HOUR, everyone=True)["n"]
    assert {"At 10", "At 9", "At 8"} <= bench.titles()
    assert result.outcome == "stored"
    assert bench.incidents() == [("gap", "n")]
    assert status(bench.engine).sources[0].source.standing == "gap"
    assert result.reason == ("entries were lost between two polls")
    assert len([seen for seen in bench.site.log if seen.path == "/loop"]) == (1 if archive == "/loop" else 0)
    bench.site.put("/feed", dated(11, 10, 9))
    bench.poll(HOUR, everyone=True)
    assert bench.incidents() == []


def test_a_feed_that_suddenly_says_nothing_takes_nothing_back(bench: Bench) -> None:
    full = rss(*(f"t{number}" for number in range(12)))
    bench.site.put("/feed", conditional(full, '"v1"'))
    bench.configure({"n": bench.at("a")})
    bench.poll()
    bench.site.put("/feed", conditional(rss("t0"), '"v2"'))
    asked = []
    for _poll in range(3):
        result = bench.poll(everyone=True)["n"]
        asked.append((bench.site.log[-1].headers["If-None-Match"], bool(result.warnings), len(bench.incidents())))
        with reading(bench.engine) as connection:
            named = connection.exec_driver_sql("select count(*) from items where current").scalar_one()
        assert named == (1 if _poll == 2 else 12)
    assert asked == [('"v1"', True, 1), (None, True, 1), (None, False, 0)]
    assert len(bench.titles()) == 12


def test_a_delta_is_merged(bench: Bench) -> None:
    def answer(seen: Seen) -> Reply:
        if seen.headers["If-None-Match"] == '"1"' and seen.headers["A-IM"] == "feed":
            return Reply(status=226, headers=[("IM", "feed"), ("ETag", '"2"')], body=rss("c"))
        return Reply(headers=[("ETag", '"1"')], body=rss("a", "b"))

    bench.site.put("/feed", answer)
    bench.configure({"n": bench.at("a")})
    bench.poll()
    result = bench.poll(everyone=True)["n"]
    assert (result.outcome, result.tally.new, bench.titles()) == ("stored", 1, {"a", "b", "c"})
    assert (bench.source().etag, bench.incidents()) == ('"2"', [])
    with reading(bench.engine) as connection:
        assert connection.exec_driver_sql("select count(*) from items where current").scalar_one() == 3


# --- what a stop, a crash or another process leaves behind


def test_what_is_under_way_when_it_stops_is_due_as_before(bench: Bench) -> None:
    bench.site.put("/feed", rss("a"))
    bench.site.put("/slow", Reply(body=b"late", pause=20))
    dead = {f"dead{number}": f"http://d{number}.localhost:{free_port()}/" for number in range(2)}
    bench.configure({"good": bench.at("a"), "slow": bench.at("b", "/slow")} | dead)
    results: list[PollResult] = []
    seen: list[Standing] = []
    with Poller(bench.engine, bench.config) as poller:
        terms = Terms(progress=results.append, watch=seen.append, stop=lambda: bool(results))
        poller.poll(bench.now, terms)
    assert [result.source for result in results] == ["good"]
    assert seen
    for name in ("slow", *dead):
        assert (bench.source(name).due_at, bench.source(name).failures) == (NOW, 0)
    with reading(bench.engine) as connection:
        assert connection.exec_driver_sql("select count(*) from source_state where lease is not null").scalar() == 0
    bench.site.closing.set()


def test_what_fails_in_the_midst_leaves_nothing_behind(bench: Bench) -> None:
    """Whoever listens may fail, and the database: the next round begins anew, with nothing of the last one."""
    for number in range(6):
        bench.site.put(f"/{number}", rss(f"t{number}"))
    bench.site.put("/slow", Reply(body=b"late", pause=20))
    bench.configure(
        {f"s{number}": bench.at(f"h{number}", f"/{number}") for number in range(6)} | {"slow": bench.at("b", "/slow")}
    )
    results: list[PollResult] = []

    def fail(_result: PollResult) -> None:
        raise BrokenPipeError

    with Poller(bench.engine, bench.config) as poller:
        with pytest.raises(BrokenPipeError):
            poller.poll(bench.now, Terms(progress=fail))
        with reading(bench.engine) as connection:
            assert connection.exec_driver_sql("select count(*) from source_state where lease is not null").scalar() == 0
        assert bench.source("slow").due_at == NOW
        bench.site.put("/slow", rss("late"))
        poller.poll(bench.now, Terms(progress=results.append))
    assert "slow" in {result.source for result in results}
    assert {result.errors[0] for result in results if result.errors} == set()
    assert bench.titles() == {"late"} | {f"t{number}" for number in range(6)}


def test_an_archive_is_left_where_time_is_up(bench: Bench) -> None:
    bench.site.put("/archive", dated(2, 3))
    bench.site.put("/feed", dated(1, 2))
    bench.configure({"n": bench.at("a")})
    bench.poll()
    bench.site.put("/feed", dated(5, 6, earlier=bench.at("a", "/archive")))
    bench.now += timedelta(days=1)
    results: list[PollResult] = []
    with Poller(bench.engine, bench.config) as poller:
        poller.poll(bench.now, Terms(progress=results.append, within=0.0, stop=lambda: False))
    assert [seen.path for seen in bench.site.log].count("/archive") == 0
    assert bench.titles() == {"At 1", "At 2", "At 5", "At 6"}
    assert bench.incidents() == [("gap", "n")]


def test_nothing_is_begun_after_its_time(bench: Bench) -> None:
    bench.site.put("/feed", rss("a"))
    bench.configure({f"s{number}": bench.at(f"h{number}") for number in range(20)}, settings="connections = 2")
    results: list[PollResult] = []
    with Poller(bench.engine, bench.config) as poller:
        poller.poll(bench.now, Terms(progress=results.append, within=-1.0))
    # What was begun before the look at the clock is finished.
    assert len(results) <= 2
    with reading(bench.engine) as connection:
        assert schedule.count_due(connection, bench.now) == 20 - len(results)


def test_a_lease_that_ran_out_takes_its_result_along(bench: Bench) -> None:
    def answer(_seen: Seen) -> Reply:
        with writing(bench.engine) as connection:
            schedule.claim(connection, [bench.source().id], lease="other", until=NOW + HOUR)
        return Reply(body=rss("a"))

    bench.site.put("/feed", answer)
    bench.configure({"n": bench.at("a")})
    result = bench.poll()["n"]
    assert (result.outcome, result.reason) == (
        "deferred",
        "it took longer than the 15 minutes for which it was claimed",
    )
    assert bench.titles() == set()
    assert bench.source().due_at == NOW + HOUR


def test_a_clock_that_is_set_back_stalls_nothing(bench: Bench) -> None:
    bench.site.put("/feed", conditional(rss("a"), '"v1"'))
    bench.configure({"n": bench.at("a")})
    bench.poll()
    assert bench.poll(-3 * timedelta(days=1)) == {}
    assert bench.source().due_at == bench.now + HOUR
    assert len(bench.poll(HOUR)) == 1


def test_logins_go_to_their_origin(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.site.put("/feed", rss("a"))
    bench.site.put("/away", moved(bench.at("b")))
    monkeypatch.setenv("DESK_SECRET", "s3cret")
    (bench.folder / "token").write_text("t0ken\n")
    origins = [f"http://{host}.localhost:{bench.site.port}" for host in ("a", "c")]
    rest = (
        f'[credential."{origins[0]}"]\nusername = "u"\nsecret_env = "DESK_SECRET"\n'
        f'[credential."{origins[1]}"]\nsecret_file = "token"\n'
    )
    bench.configure({"one": bench.at("a", "/away"), "two": bench.at("c")}, rest)
    assert {result.outcome for result in bench.poll().values()} <= {"stored", "unchanged"}
    told = {seen.headers["Host"].partition(".")[0]: seen.headers["Authorization"] for seen in bench.site.log}
    assert told == {"a": "Basic dTpzM2NyZXQ=", "b": None, "c": "Bearer t0ken"}


def test_how_a_run_stands(bench: Bench) -> None:
    bench.site.put("/feed", rss("a"))
    bench.site.put("/bad", Reply(status=500))
    bench.configure({"a": bench.at("a"), "b": bench.at("b", "/bad")})
    stood: list[tuple[int, int, int]] = []
    look: Callable[[Standing], None] = lambda one: stood.append((one.total, one.done, one.failed))  # noqa: E731
    bench.poll(watch=look)
    assert stood[-1] == (2, 2, 1)
    assert stood == sorted(stood)


def test_hours_to_be_left_alone_in_hold_for_whoever_comes_late(bench: Bench) -> None:
    feed = rss("a").replace(b"<item>", b"<skipHours><hour>14</hour></skipHours><item>", 1)
    bench.site.put("/feed", conditional(feed, '"v1"'))
    bench.configure({"n": bench.at("a")})
    bench.poll()
    assert bench.source().due_at == NOW + HOUR
    # Due at 13:00, and nobody came before 14:20.
    assert bench.poll(timedelta(hours=2, minutes=20)) == {}
    assert bench.source().due_at == NOW + 3 * HOUR
    # A person may ask whenever.
    assert set(bench.poll(names=["n"])) == {"n"}
    assert len(bench.poll(timedelta(minutes=61))) == 1


def test_who_has_other_things_to_do_gets_a_turn(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the slowest source is waited for, others are stored, come due and are claimed."""
    monkeypatch.setattr("feeds.round.BETWEEN", 0.2)
    bench.site.put("/feed", rss("a"))
    slow = bench.site.put("/slow", Reply(body=b"late", pause=20))
    bench.configure({"slow": slow, "good": bench.at("a")})
    results: list[PollResult] = []
    turns: list[set[str]] = []

    def turn() -> None:
        turns.append(bench.titles())
        if len(turns) == 1:
            with writing(bench.engine) as connection:
                sources.add(connection, "late", {"url": bench.at("b", "/feed?2")}, NOW)

    bench.site.put("/feed?2", rss("b"))
    with Poller(bench.engine, bench.config) as poller:
        terms = Terms(progress=results.append, stop=lambda: len(results) == 2, between=turn)
        poller.poll(bench.now, terms)
    assert {result.source for result in results} == {"good", "late"}
    assert len(turns) > 1
    bench.site.closing.set()


def test_what_a_process_that_died_had_claimed_is_due_at_once(bench: Bench) -> None:
    bench.site.put("/feed", rss("a"))
    bench.configure({"n": bench.at("a")})
    with writing(bench.engine) as connection:
        assert len(schedule.claim(connection, [bench.source().id], lease="dead", until=NOW + LEASE)) == 1
    assert set(bench.poll()) == {"n"}


def test_a_poll_in_the_midst_of_others_takes_only_its_own(bench: Bench) -> None:
    """A local feed that is read while documents of a round are with the workers."""
    bench.site.put("/feed", rss("a"))
    (bench.folder / "local.xml").write_bytes(rss("local"))
    bench.configure({f"s{number}": bench.at(f"h{number}", f"/feed?{number}") for number in range(40)})
    for number in range(40):
        bench.site.put(f"/feed?{number}", rss(f"t{number}"))
    results: list[PollResult] = []
    quiet = Terms(progress=lambda _: None)
    added: list[int] = []

    def midst(_standing: Standing) -> None:
        if not added:
            with writing(bench.engine) as connection:
                added.append(1)
                sources.add(connection, "local", {"path": "local.xml"}, NOW)
        poller.poll_paths(NOW, quiet)

    with Poller(bench.engine, bench.config) as poller:
        terms = Terms(progress=results.append, watch=midst)
        poller.poll(bench.now, terms)
    assert bench.titles() == {"local"} | {f"t{number}" for number in range(40)}
    assert len(results) == 40
