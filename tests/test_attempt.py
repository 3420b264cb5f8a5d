"""One poll of one source, from its first request to what is stored: moves, gaps that stay open, doubtful answers."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest

from db.engine import reading, writing
from db.store import incidents
from feeds.attempt import GAP_TRIES, PAGES
from feeds.poll import Poller, PollResult, Terms
from tests.fakes import Reply, Seen, conditional, moved
from tests.polls import NOW, Bench, rss
from tests.test_round import HOUR, dated

DAY = timedelta(days=1)


def asked(bench: Bench, path: str) -> int:
    return [seen.path for seen in bench.site.log].count(path)


def gap(bench: Bench) -> str | None:
    """The message of the incident of lost entries."""
    with reading(bench.engine) as connection:
        return next((one.message for one in incidents.opened(connection) if one.kind == "gap"), None)


@pytest.fixture
def lost(bench: Bench) -> Bench:
    """A desk whose source says that entries were lost, and names an archive; nobody has polled it since."""
    bench.site.put("/feed", conditional(dated(0, -1, -2), '"v1"'))
    bench.configure({"n": bench.at("a")})
    bench.poll()
    bench.site.put("/feed", conditional(dated(10, 9, 8, earlier="/archive"), '"v2"'))
    bench.now += 12 * HOUR
    return bench


@pytest.mark.parametrize("trouble", [Reply(status=503), Reply(body=b"<html>maintenance"), Reply(status=429)])
def test_an_archive_that_fails_once_is_read_at_the_next_poll(lost: Bench, trouble: Reply) -> None:
    lost.site.put("/archive", trouble)
    lost.poll(everyone=True)
    assert "its archive is read on at the next poll (" in (gap(lost) or "")
    lost.site.put("/archive", dated(7, 6, 5, 0))
    # The document itself says nothing new, and is not even sent.
    assert lost.poll(HOUR, everyone=True)["n"].outcome == "stored"
    assert {"At 7", "At 6", "At 5"} <= lost.titles()
    assert gap(lost) is None
    assert lost.source().pace.gap_at is None
    lost.poll(HOUR, everyone=True)
    assert asked(lost, "/archive") == 2


def test_a_gap_stays_open_while_newer_entries_come(lost: Bench) -> None:
    lost.site.put("/archive", Reply(status=500))
    lost.poll(everyone=True)
    lost.site.put("/feed", conditional(dated(11, 10, 9, earlier="/archive"), '"v3"'))
    lost.site.put("/archive", dated(8, 7, 6, 0))
    lost.poll(HOUR, everyone=True)
    assert {"At 11", "At 7", "At 6"} <= lost.titles()
    assert gap(lost) is None


def test_an_archive_that_is_not_there_is_asked_once(lost: Bench) -> None:
    lost.site.put("/archive", Reply(status=404))
    lost.poll(everyone=True)
    assert "keeps no archive that names them" in (gap(lost) or "")
    # What is lost is lost; it was said, and nothing more is.
    assert lost.poll(HOUR, everyone=True)["n"].reason == "interval=60 min"
    assert asked(lost, "/archive") == 1
    assert gap(lost) is None


def test_a_poll_that_fails_leaves_the_gap_as_it_was(lost: Bench) -> None:
    lost.site.put("/archive", Reply(status=503))
    lost.poll(everyone=True)
    lost.site.put("/feed", Reply(status=503))
    lost.poll(HOUR, everyone=True)
    assert gap(lost) is not None
    assert lost.source().pace.gap_at is not None


def test_more_that_is_lost_without_an_archive_keeps_the_one_that_is_known(lost: Bench) -> None:
    lost.site.put("/archive", Reply(status=503))
    lost.poll(everyone=True)
    lost.site.put("/archive", dated(7, 6, 5, 0))
    lost.site.put("/feed", dated(20, 19, 18))
    lost.poll(HOUR, everyone=True)
    assert {"At 7", "At 6", "At 5", "At 20"} <= lost.titles()


def test_an_archive_that_could_not_be_asked_loses_no_try(lost: Bench) -> None:
    lost.site.put("/archive", dated(7, 6, 5, 0))
    lost.configure({"n": lost.at("a")}, settings="per_minute = 1")
    for _ in range(GAP_TRIES + 2):
        lost.poll(timedelta(minutes=2), everyone=True)
    assert asked(lost, "/archive") == 0
    assert lost.source().pace.gap_at is not None


def test_an_archive_of_many_pages_is_read_over_several_polls(lost: Bench) -> None:
    lost.site.put("/archive", dated(7, earlier="/p0"))
    for number in range(PAGES + 3):
        lost.site.put(f"/p{number}", dated(6, earlier=f"/p{number + 1}"))
    lost.site.put(f"/p{PAGES + 3}", dated(5, 0))
    lost.poll(everyone=True)
    assert asked(lost, f"/p{PAGES - 2}") == 1
    assert asked(lost, f"/p{PAGES - 1}") == 0
    assert "At 5" not in lost.titles()
    lost.poll(HOUR, everyone=True)
    assert "At 5" in lost.titles()
    assert gap(lost) is None
    assert asked(lost, "/p0") == 1


def test_what_an_archive_does_not_give_is_given_up(lost: Bench) -> None:
    lost.site.put("/archive", Reply(status=500))
    for _ in range(GAP_TRIES + 3):
        lost.poll(HOUR, everyone=True)
    assert asked(lost, "/archive") == GAP_TRIES + 1
    assert lost.source().pace.gap_at is None
    assert gap(lost) is None


def test_a_feed_that_is_its_own_archive_is_asked_once(lost: Bench) -> None:
    lost.site.put("/feed", dated(10, 9, 8, earlier=lost.at("a")))
    lost.poll(everyone=True)
    assert asked(lost, "/feed") == 2


def test_a_login_does_not_follow_a_source_that_moved_for_good(bench: Bench) -> None:
    bench.site.put("/mine", rss("secret"))
    bench.site.put("/feed", moved(bench.at("premium", "/mine")))
    origin = f"http://premium.localhost:{bench.site.port}"
    bench.configure({"n": bench.at("stranger")}, f'[credential."{origin}"]\nusername = "u"\npassword = "p"\n')
    for _ in range(6):
        bench.poll(DAY, everyone=True)
    assert bench.source().url == bench.at("premium", "/mine")
    assert {seen.headers["Authorization"] for seen in bench.site.log} == {None}


def test_an_answer_that_cannot_be_used_says_nothing_of_the_next(bench: Bench) -> None:
    bench.site.put("/feed", conditional(rss("a"), '"v1"'))
    bench.configure({"n": bench.at("a")})
    bench.poll()
    bench.site.put("/feed", b"<html>maintenance")
    result = bench.poll(HOUR, everyone=True)["n"]
    assert (result.outcome, result.reason) == ("failed", "failed once")
    assert result.next_due is not None
    assert result.next_due < bench.now + 3 * HOUR
    assert bench.source().etag == '"v1"'


def test_what_an_address_hides_is_in_no_warning(bench: Bench) -> None:
    bench.site.put("/feed?token=SECRET", rss("a").replace(b"<guid>", b"<pubDate>never</pubDate><guid>"))
    bench.configure({"n": bench.at("a", "/feed?token=SECRET")})
    (warning,) = bench.poll()["n"].warnings
    assert "the date 'never' is not plausible" in warning
    assert "SECRET" not in json.dumps(warning)


# --- budgets that outlast a process


def test_every_request_of_another_process_counts(bench: Bench) -> None:
    bench.site.put("/feed", rss("a"))
    bench.configure({"n": bench.at("a")}, settings="per_minute = 3")
    outcomes = [bench.poll(timedelta(seconds=1), everyone=True)["n"].outcome for _ in range(5)]
    assert outcomes == ["stored", "unchanged", "unchanged", "deferred", "deferred"]
    assert asked(bench, "/feed") == 3
    assert bench.poll(timedelta(seconds=65), everyone=True)["n"].outcome == "unchanged"


def test_redirects_within_a_host_keep_to_its_budget(bench: Bench) -> None:
    for number in range(8):
        bench.site.put(f"/{number}/a", moved(f"/{number}/b", 302))
        bench.site.put(f"/{number}/b", rss(f"t{number}"))
    bench.configure({f"s{number}": bench.at("a", f"/{number}/a") for number in range(8)}, settings="per_minute = 5")
    results = bench.poll(everyone=True)
    assert len(bench.site.log) == 5
    assert {result.outcome for result in results.values()} == {"stored", "deferred"}
    for _ in range(9):
        bench.poll(timedelta(minutes=4))
    assert bench.titles() == {f"t{number}" for number in range(8)}


def test_a_shut_host_stays_shut_for_the_next_process(bench: Bench) -> None:
    bench.site.put("/feed", Reply(status=429, headers=[("Retry-After", "7200")]))
    rest = f'[host."a.localhost:{bench.site.port}"]\nshare_retry_after = true\nper_minute = 1\n'
    bench.configure({"a1": bench.at("a"), "a2": bench.at("a")}, rest)
    bench.poll()
    assert bench.poll(timedelta(minutes=2)) == {}
    assert len(bench.site.log) == 1
    assert len(bench.poll(timedelta(hours=3))) == 2


def test_a_restart_after_a_crash_leaves_alone_what_was_not_due(bench: Bench, tmp_path: Path) -> None:
    from db.engine import writing
    from db.store import schedule
    from feeds.settle import LEASE

    bench.site.put("/feed", Reply(status=410))
    bench.configure({"n": bench.at("a"), "m": bench.at("b")})
    bench.poll()
    with writing(bench.engine) as connection:
        ids = [bench.source(name).id for name in "nm"]
        schedule.claim(connection, ids, lease="dead", until=bench.now + LEASE)
    assert bench.poll(timedelta(minutes=1)) == {}
    assert len(bench.site.log) == 2


# --- whose fault it is


def test_an_address_that_is_refused_says_nothing_of_our_network(bench: Bench) -> None:
    bench.site.put("/feed", rss("a"))
    hosts = {f"s{number}": bench.at(f"h{number}") for number in range(5)}
    bench.configure(hosts | {"refused": "http://10.0.0.1/feed"})
    bench.poll()
    bench.site.port, up = 9, bench.site.port  # nothing listens there
    down = {name: url.replace(f":{up}", ":9") for name, url in hosts.items()}
    bench.configure(down | {"refused": "http://10.0.0.1/feed"})
    for _ in range(3):
        results = bench.poll(HOUR, everyone=True)
        assert {result.outcome for name, result in results.items() if name != "refused"} == {"deferred"}
    assert ("network", "own network") in bench.incidents()


def test_hosts_that_lead_to_a_dead_one_have_answered(bench: Bench) -> None:
    bench.site.put("/feed", rss("a"))
    bench.configure({f"s{number}": bench.at(f"h{number}") for number in range(4)})
    bench.poll()
    bench.site.put("/feed", moved("http://dead.localhost:9/", 302))
    results = bench.poll(2 * HOUR, everyone=True)
    assert {result.outcome for result in results.values()} == {"failed"}
    assert bench.incidents() == []
    assert NOW < bench.now


def test_a_hop_does_not_wait_for_a_host_that_asked_for_a_day(bench: Bench) -> None:
    def later(_seen: Seen) -> Reply:
        time.sleep(0.3)
        return moved("/there", 302)

    bench.site.put("/busy", Reply(status=429, headers=[("Retry-After", "86400")]))
    bench.site.put("/moved", later)
    bench.site.put("/there", rss("a"))
    rest = f'[host."a.localhost:{bench.site.port}"]\nshare_retry_after = true\n'
    bench.configure({"busy": bench.at("a", "/busy"), "moved": bench.at("a", "/moved")}, rest)
    results: list[PollResult] = []
    with Poller(bench.engine, bench.config) as poller:
        poller.poll(bench.now, Terms(progress=results.append, within=1.0, between=lambda: None))
    assert {result.source: result.outcome for result in results} == {"busy": "failed", "moved": "deferred"}


def test_a_clock_set_back_makes_no_host_wait(bench: Bench) -> None:
    bench.site.put("/feed", rss("a"))
    bench.configure({"n": bench.at("a")}, settings="per_minute = 1")
    assert bench.poll(everyone=True)["n"].outcome == "stored"
    assert bench.poll(-HOUR, everyone=True)["n"].outcome == "unchanged"


# --- the incidents of one source, from poll to poll


def told(bench: Bench) -> list[tuple[str, bool]]:
    """Every incident there ever was, the oldest first: its kind, and whether it is over."""
    with reading(bench.engine) as connection:
        found = incidents.newest(connection, 100)
    return [(one.kind, one.closed_at is not None) for one in sorted(found, key=lambda one: one.id)]


def test_what_is_gone_is_an_incident_of_its_own_until_it_is_read_again(bench: Bench) -> None:
    bench.site.put("/feed", conditional(rss("a"), '"v1"'))
    bench.configure({"n": bench.at("a")})
    bench.poll()
    bench.site.put("/feed", Reply(status=410))
    bench.poll(HOUR, everyone=True)
    assert told(bench) == [("gone", False)]
    assert bench.source().state == "gone"
    # Somebody names it; it is still not there.
    bench.site.put("/feed", Reply(status=404))
    bench.poll(HOUR, names=["n"])
    assert (told(bench), bench.source().state) == ([("gone", False)], "gone")
    bench.site.put("/feed", conditional(rss("a"), '"v1"'))
    bench.poll(HOUR, names=["n"])
    assert (told(bench), bench.source().state) == ([("gone", True)], "ok")


def test_one_failure_is_a_state_and_three_are_an_incident(bench: Bench) -> None:
    bench.site.put("/feed", Reply(status=503))
    bench.configure({"n": bench.at("a")})
    for number in range(1, 4):
        bench.poll(HOUR, everyone=True)
        assert bench.source().state == "failing"
        assert told(bench) == ([("failing", False)] if number == 3 else [])
    with reading(bench.engine) as connection:
        (one,) = incidents.opened(connection)
    assert dict(one.evidence) == {"answer": "HTTP 503", "failures in a row": "3", "last success": "never"}
    bench.site.put("/feed", rss("a"))
    bench.poll(HOUR, everyone=True)
    assert (told(bench), bench.source().state) == ([("failing", True)], "ok")


def test_a_move_is_an_incident_until_the_configuration_says_it(bench: Bench) -> None:
    bench.site.put("/feed", moved(bench.at("a", "/new")))
    bench.site.put("/new", conditional(rss("a"), '"v1"'))
    bench.configure({"n": bench.at("a")})
    for _ in range(4):
        bench.poll(DAY, everyone=True)
    assert (told(bench), bench.source().state) == ([("moved", False)], "moved")
    bench.configure({"n": bench.at("a", "/new")})
    assert told(bench) == [("moved", False)]
    bench.poll(HOUR, everyone=True)
    assert (told(bench), bench.source().state) == ([("moved", True)], "ok")


def test_an_own_interval_of_silence_ends_with_something_new(bench: Bench) -> None:
    bench.site.put("/feed", rss("a"))
    bench.configure({"n": bench.at("a")})
    bench.poll()
    with writing(bench.engine) as connection:
        incidents.open_incident(connection, "stale", "n", "late", bench.now, bench.source().id)
    bench.poll(HOUR, everyone=True)
    assert (told(bench), bench.source().state) == ([("stale", False)], "stale")
    bench.site.put("/feed", rss("b", "a"))
    bench.poll(HOUR, everyone=True)
    assert (told(bench), bench.source().state) == ([("stale", True)], "ok")
    source = bench.source()
    assert source.pace.brought == bench.now
    assert source.pace.gaps == (7200,)


def redated(day: int, *numbers: int) -> bytes:
    """A feed of these items, all of them dated that day of March."""
    date = f"{day:02} Mar 2026 12:00:00 GMT"
    items = (f"<item><title>No {n}</title><guid>g{n}</guid><pubDate>{date}</pubDate></item>" for n in numbers)
    return f"<rss version='2.0'><channel><title>N</title>{''.join(items)}</channel></rss>".encode()


@pytest.mark.parametrize(("numbers", "is_gap"), [((0, 1, 2), False), ((2, 7, 8, 9), True)])
def test_what_is_dated_anew_at_each_fetch_is_lost_only_where_most_of_it_is_new(
    bench: Bench, numbers: tuple[int, ...], is_gap: bool
) -> None:
    bench.site.put("/feed", redated(1, 0, 1, 2))
    bench.configure({"n": bench.at("a")})
    bench.poll()
    bench.site.put("/feed", redated(2, *numbers))
    bench.poll(HOUR, everyone=True)
    assert (gap(bench) is not None, bool(bench.source().pace.missed)) == (is_gap, is_gap)
