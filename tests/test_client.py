"""Many requests side by side: order, deadlines, names, faults of ours, interrupts, connections, descriptors."""

from __future__ import annotations

import math
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from feeds.errors import FetchError
from feeds.fetch import Fetched, Fetcher, HttpError, NotNow, Request, transfer
from feeds.fetch.names import MOST_THREADS
from tests.asking import AGENT, FEED, LOOPBACK, NOW, data, poll_of
from tests.fakes import Reply, Site, free_port, moved, quick_site, wait_for, zipped
from tests.pace import slowness

SHORT = poll_of(allow_networks=("127.0.0.0/8",), deadline=1.2, connect_timeout=0.8)


def fetcher_of(poll: Any = LOOPBACK, **given: Any) -> Fetcher:
    return Fetcher(poll, user_agent=AGENT, **given)


def all_of(fetcher: Fetcher, seconds: float = 5) -> dict[Any, Fetched | FetchError]:
    """Everything that is under way, to its end."""
    found: dict[Any, Fetched | FetchError] = {}
    ends = time.monotonic() + seconds
    while fetcher.active:
        assert time.monotonic() < ends
        found.update(fetcher.wait(0.5))
    return found


def words(outcome: Fetched | FetchError) -> str:
    assert isinstance(outcome, FetchError)
    return str(outcome)


def test_requests_go_side_by_side_and_end_in_any_order(site: Site) -> None:
    site.put("/slow", Reply(pieces=(FEED,), pause=0.5))
    for number in range(20):
        site.put(f"/{number}", FEED)
    with fetcher_of() as fetcher:
        fetcher.start("slow", Request(site.url + "/slow"), NOW)
        for number in range(20):
            fetcher.start(number, Request(f"{site.url}/{number}"), NOW)
        assert fetcher.active == 21
        order = []
        while fetcher.active:
            order += [key for key, _ in fetcher.wait(1)]
    assert order[-1] == "slow"
    assert sorted(map(str, order)) == sorted(["slow", *map(str, range(20))])


def test_wait_returns_what_there_is_or_nothing_in_time(site: Site) -> None:
    site.put("/slow", Reply(pause=0.3, body=FEED))
    with fetcher_of() as fetcher:
        assert fetcher.wait(0) == []
        begun = time.monotonic()
        assert fetcher.wait(0.1) == []
        assert time.monotonic() - begun >= 0.1
        fetcher.start("a", Request(site.url + "/slow"), NOW)
        assert fetcher.wait(0.05) == []
        assert fetcher.active == 1
        ((key, outcome),) = fetcher.wait(5)
        assert (key, fetcher.active) == ("a", 0)
        assert isinstance(outcome, Fetched)


@pytest.mark.usefixtures("untraced")
def test_waiting_costs_no_processor(site: Site) -> None:
    site.put("/slow", Reply(pause=5, body=FEED))
    held = threading.Event()
    with fetcher_of(resolve=lambda _name: [str(held.wait(5))]) as fetcher:
        fetcher.start(1, Request(site.url + "/slow"), NOW)
        fetcher.start(2, Request("http://slow.example/"), NOW)
        fetcher.wait(0.1)
        used = time.process_time()
        assert fetcher.wait(0.5) == []
        assert time.process_time() - used < 0.1 * slowness()
    held.set()


def test_what_is_refused_at_once_is_reported_by_wait() -> None:
    with fetcher_of() as fetcher:
        for number, url in enumerate(["ftp://a/", "nothing", "http://u:p@a/", "http://\ud800/"] * 600):
            fetcher.start(number, Request(url), NOW)
        found = all_of(fetcher)
    assert len(found) == 2400
    assert all(isinstance(outcome, FetchError) and not outcome.network for outcome in found.values())


def test_what_is_above_the_limit_waits_without_its_deadline(site: Site) -> None:
    site.put("/slow", Reply(pause=0.02, body=FEED))
    quick = poll_of(allow_networks=("127.0.0.0/8",), deadline=1.5)
    with fetcher_of(quick) as fetcher:
        for number in range(200):
            fetcher.start(number, Request(site.url + "/slow"), NOW)
        found = all_of(fetcher, 20)
    assert [number for number, outcome in found.items() if not isinstance(outcome, Fetched)] == []


def test_one_request_beside_others_leaves_theirs_to_wait(site: Site) -> None:
    site.put("/a", FEED)
    site.put("/b", Reply(pause=0.2, body=FEED))
    with fetcher_of() as fetcher:
        fetcher.start("a", Request(site.url + "/a"), NOW)
        assert data(fetcher.fetch(Request(site.url + "/b"), NOW)) == FEED
        assert fetcher.active == 1
        assert [key for key, _ in fetcher.wait(0)] == ["a"]
        with pytest.raises(HttpError, match="HTTP 404"):
            fetcher.fetch(Request(site.url + "/c"), NOW)


def test_hops_are_told_by_their_hosts(site: Site) -> None:
    site.put("/1", moved(f"http://other.example:{site.port}/2"))
    site.put("/2", moved("/3"))
    site.put("/3", FEED)
    hops: list[str] = []

    def may_follow(host: str, own: bool, number: int) -> float:
        assert own is host.startswith("127.")
        assert number in (1, 2)
        hops.append(host)
        return 0.0 if len(hops) < 4 else math.inf

    with fetcher_of(on_hop=may_follow, resolve=lambda _name: ["127.0.0.1"]) as fetcher:
        fetcher.fetch(Request(site.url + "/1"), NOW)
        fetcher.fetch(Request(site.url + "/3"), NOW)
        assert hops == [f"other.example:{site.port}"] * 2
        with pytest.raises(NotNow, match=f"leads to other.example:{site.port}, whose budget is spent"):
            fetcher.fetch(Request(site.url + "/1"), NOW)
    assert [seen.path for seen in site.log] == ["/1", "/2", "/3", "/3", "/1", "/2"]


def test_a_hop_that_has_to_wait_is_asked_about_again_and_its_deadline_stands_still(site: Site) -> None:
    site.put("/1", moved("/2"))
    site.put("/2", FEED)
    told: list[float] = []

    def later(_host: str, _own: bool, _number: int) -> float:
        told.append(time.monotonic())
        return 0.0 if len(told) > 3 else 0.5

    with fetcher_of(SHORT, on_hop=later) as fetcher:
        fetcher.start("held", Request(site.url + "/1"), NOW)
        found = all_of(fetcher)
        assert isinstance(found["held"], Fetched)
        assert told[-1] - told[0] > SHORT.deadline
        told.clear()
        fetcher.start("left", Request(site.url + "/1"), NOW)
        assert fetcher.wait(0.3) == []
        assert fetcher.active == 1
        fetcher.abandon()
        assert fetcher.active == 0


def test_what_is_abandoned_is_never_heard_of_and_the_next_is_asked(site: Site) -> None:
    site.put("/a", FEED)
    site.put("/slow", Reply(body=b"late", pause=20))
    with fetcher_of(poll_of(connections=2, deadline=5, allow_networks=("127.0.0.0/8",))) as fetcher:
        for number in range(4):
            fetcher.start(number, Request(f"{site.url}/slow"), NOW)
        assert fetcher.wait(0.2) == []
        fetcher.abandon()
        assert fetcher.active == 0
        assert data(fetcher.fetch(Request(site.url + "/a"), NOW)) == FEED
        assert fetcher.wait(0) == []
    site.closing.set()


def test_a_listener_that_raises_fails_its_request_only(site: Site) -> None:
    site.put("/moved", moved("/feed"))
    site.put("/feed", FEED)

    def raising(_host: str, _own: bool, _number: int) -> float:
        raise LookupError("a defect")

    with fetcher_of(on_hop=raising) as fetcher:
        fetcher.start("bad", Request(site.url + "/moved"), NOW)
        fetcher.start("good", Request(site.url + "/feed"), NOW)
        found = all_of(fetcher)
    assert words(found["bad"]) == f"{site.url}/moved: internal error (LookupError)"
    assert isinstance(found["bad"], FetchError)
    assert isinstance(found["bad"].__cause__, LookupError)
    assert isinstance(found["good"], Fetched)


@pytest.mark.parametrize("callback", ["refusal", "body_of"])
def test_a_callback_of_libcurl_that_raises_fails_its_request_only(
    site: Site, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], callback: str
) -> None:
    url = site.put("/feed", FEED)
    real, calls = getattr(transfer, callback), []

    def raising(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 1:
            raise LookupError("a defect")
        return real(*given)

    monkeypatch.setattr(transfer, callback, raising)
    with fetcher_of() as fetcher:
        for number in range(3):
            fetcher.start(number, Request(url), NOW)
        found = all_of(fetcher)
    bad = [words(outcome) for outcome in found.values() if isinstance(outcome, FetchError)]
    assert bad == [f"{url}: internal error (LookupError)"]
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("callback", ["refusal", "body_of"])
def test_an_interrupt_inside_a_callback_comes_out(
    site: Site, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], callback: str
) -> None:
    url = site.put("/feed", FEED)

    def raising(*_given: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(transfer, callback, raising)
    with fetcher_of() as fetcher:
        fetcher.start(1, Request(url), NOW)
        with pytest.raises(KeyboardInterrupt):
            fetcher.wait(5)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("path", ["/silent", "/drip"])
def test_a_signal_is_heard_within_a_second(site: Site, path: str) -> None:
    site.put("/silent", Reply(pause=5, body=FEED))
    site.put("/drip", Reply(pieces=(b"x",), pause=0.001, endless=True))

    class Rung(BaseException): ...

    def ring(*_: object) -> None:
        raise Rung

    before = signal.signal(signal.SIGALRM, ring)
    try:
        with fetcher_of() as fetcher:
            begun = time.monotonic()
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(Rung):
                fetcher.fetch(Request(site.url + path), NOW)
            assert time.monotonic() - begun < 1 * slowness()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_closing_abandons_what_is_under_way(site: Site) -> None:
    site.put("/slow", Reply(pause=5, body=FEED))
    held = threading.Event()
    before = len(os.listdir("/proc/self/fd"))
    fetcher = fetcher_of(resolve=lambda _name: [str(held.wait(5))])
    for number in range(70):
        fetcher.start(number, Request(site.url + "/slow" if number % 2 else "http://slow.example/"), NOW)
    fetcher.wait(0.3)
    begun = time.monotonic()
    fetcher.close()
    assert time.monotonic() - begun < 1 * slowness()
    assert fetcher.active == 0
    held.set()
    assert wait_for(lambda: len(os.listdir("/proc/self/fd")) <= before + len(site.log) + 1)


def test_connections_are_used_again(site: Site) -> None:
    site.keeps = True
    site.put("/old", moved("/feed"))
    site.put("/feed", FEED)
    site.put("/gone", Reply(status=404, body=b"x" * 1000))
    with fetcher_of() as fetcher:
        for path in ("/old", "/feed"):
            fetcher.fetch(Request(site.url + path), NOW)
        with pytest.raises(HttpError):
            fetcher.fetch(Request(site.url + "/gone"), NOW)
        fetcher.fetch(Request(site.url + "/feed"), NOW)
    assert len(site.log) == 5
    assert len({seen.port for seen in site.log}) == 1


def test_nothing_is_left_of_one_request_in_the_next(site: Site) -> None:
    site.keeps = True
    site.put("/1", Reply(headers=[("ETag", '"1"'), ("Set-Cookie", "a=b"), ("Content-Type", "text/x")], body=FEED))
    site.put("/2", Reply(status=500, headers=[("Retry-After", "9")], body=b"no"))
    site.put("/3", b"three")
    with fetcher_of() as fetcher:
        assert fetcher.fetch(Request(site.url + "/1", '"0"', "a date"), NOW).etag == '"1"'
        with pytest.raises(HttpError):
            fetcher.fetch(Request(site.url + "/2"), NOW)
        found = fetcher.fetch(Request(site.url + "/3"), NOW)
    assert (found.etag, found.retry_after, data(found)) == (None, None, b"three")
    assert found.document is not None
    assert found.document.media_type is None
    unwanted = {"cookie", "if-none-match", "if-modified-since", "a-im", "referer"}
    assert not unwanted & {name.lower() for seen in site.log[1:] for name in seen.headers}


def test_names_are_looked_up_beside_the_rest(site: Site) -> None:
    site.put("/", FEED)
    held = threading.Event()

    def resolve(name: str) -> Sequence[str]:
        if name == "slow.example":
            held.wait(5)
        if name == "none.example":
            return []
        if name == "again.example":
            raise socket.gaierror(socket.EAI_AGAIN, "")
        if name == "odd.example":
            raise ValueError("a resolver may raise anything")
        return ["127.0.0.9", "127.0.0.1"]  # nobody listens at the first

    with fetcher_of(SHORT, resolve=resolve) as fetcher:
        for name in ("slow", "none", "again", "odd", "good"):
            fetcher.start(name, Request(f"http://{name}.example:{site.port}/"), NOW)
        found = all_of(fetcher)
    held.set()
    assert isinstance(found["good"], Fetched)
    assert "was not looked up in time" in words(found["slow"])
    assert "not known (no resolver answers)" in words(found["again"])
    for name in ("none", "odd"):
        assert words(found[name]) == f"http://{name}.example:{site.port}/: the host name is not known"
    assert all(outcome.network for outcome in found.values() if isinstance(outcome, FetchError))
    assert [seen.headers["Host"] for seen in site.log] == [f"good.example:{site.port}"]


def resetting() -> socket.socket:
    """A server that answers each visitor with half a status line and a reset."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            while True:
                visitor, _ = server.accept()
                visitor.recv(9999)
                visitor.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
                visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                visitor.close()
        except OSError:
            return  # the test is over

    threading.Thread(target=serve, daemon=True).start()
    return server


def test_what_may_be_our_own_network_is_told_from_what_is_the_sites(site: Site) -> None:
    server = resetting()
    site.put("/slow", Reply(pause=5, body=FEED))
    site.put("/short", Reply(body=b"x", length=50))
    ours = {
        "no-such-host.invalid": "not known",
        f"127.0.0.1:{free_port()}": "cannot connect",
    }
    theirs = {
        f"127.0.0.1:{site.port}/404": "HTTP 404",
        f"127.0.0.1:{site.port}/slow": "no complete answer in time",
        f"127.0.0.1:{site.port}/short": "cut short",
        f"127.0.0.1:{server.getsockname()[1]}": "the connection broke",
        "10.0.0.1": "is refused",
    }
    with fetcher_of(SHORT) as fetcher:
        for address in (*ours, *theirs):
            fetcher.start(address, Request(f"http://{address}"), NOW)
        found = all_of(fetcher)
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    for address, said in (ours | theirs).items():
        outcome = found[address]
        assert said in words(outcome)
        assert isinstance(outcome, FetchError)
        assert outcome.network == (address in ours), outcome


def resident() -> int:
    """Bytes of memory this process has."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def test_two_thousand_hosts_with_sixty_four_under_way() -> None:
    before, most = len(os.listdir("/proc/self/fd")), 0
    with quick_site() as port, fetcher_of(resolve=lambda _name: ["127.0.0.1"]) as fetcher:
        good, begun, memory = 0, 0, 0
        while good < 2000:
            while begun < 2000 and fetcher.active < 64:
                fetcher.start(begun, Request(f"http://h{begun}.example:{port}/"), NOW)
                begun += 1
            good += sum(isinstance(outcome, Fetched) for _, outcome in fetcher.wait(5))
            if not memory and good >= 300:
                memory = resident()
            if begun % 100 == 0:
                most = max(most, len(os.listdir("/proc/self/fd")))
        assert resident() - memory < 10_000_000
    # Ours and the server's, which is this process too: at most 64 that work and 64 that rest, at both ends.
    assert most - before < 2 * (64 + 64) + 20


def test_a_stall_of_ours_ends_nothing_that_came_in_time(site: Site) -> None:
    site.put("/a", FEED)
    site.put("/slow", Reply(pause=1.5, body=FEED))
    never = socket.create_server(("127.0.0.1", 0))
    hung = f"http://127.0.0.1:{never.getsockname()[1]}/"
    with fetcher_of(SHORT) as fetcher, never:
        for number in range(20):
            fetcher.start(number, Request(f"http://h{number}.localhost:{site.port}/a"), NOW)
        fetcher.start("slow", Request(site.url + "/slow"), NOW)
        fetcher.start("hung", Request(hung), NOW)
        found = {key: outcome for _ in range(5) for key, outcome in fetcher.wait(0.05)}
        time.sleep(2 * SHORT.deadline)
        begun = time.monotonic()
        found |= all_of(fetcher)
    assert [number for number in range(20) if not isinstance(found[number], Fetched)] == []
    assert isinstance(found["slow"], Fetched)
    # What hangs does so no longer than its own time: libcurl's clocks went off during the stall.
    assert "in time" in words(found["hung"])
    assert time.monotonic() - begun < 2 * SHORT.deadline


def test_a_process_that_was_stopped_ends_nothing_that_came_in_time(site: Site) -> None:
    site.put("/slow", Reply(pause=0.6, body=FEED))
    stopper = f"import os,signal,time; time.sleep(0.4); os.kill({os.getpid()}, signal.SIGSTOP); time.sleep(4); "
    patient = poll_of(allow_networks=("127.0.0.0/8",), deadline=3, connect_timeout=2)
    with fetcher_of(patient) as fetcher:
        for number in range(10):
            fetcher.start(number, Request(f"http://127.0.0.1:{site.port}/slow"), NOW)
        helper = subprocess.Popen([sys.executable, "-c", f"{stopper}os.kill({os.getpid()}, signal.SIGCONT)"])
        found = all_of(fetcher, 20)
        helper.wait()
    assert [number for number, outcome in found.items() if not isinstance(outcome, Fetched)] == []


def test_names_that_hang_delay_the_others_and_fail_none_of_them(site: Site) -> None:
    site.put("/a", FEED)
    released = threading.Event()

    def resolve(name: str) -> Sequence[str]:
        if name.startswith("hung"):
            released.wait(2)
        return ["127.0.0.1"]

    quick = poll_of(allow_networks=("127.0.0.0/8",), deadline=5, connect_timeout=0.3, connections=500)
    with fetcher_of(quick, resolve=resolve) as fetcher:
        for number in range(2 * MOST_THREADS):
            fetcher.start(("hung", number), Request(f"http://hung{number}.example:{site.port}/a"), NOW)
        for number in range(50):
            fetcher.start(("good", number), Request(f"http://good{number}.example:{site.port}/a"), NOW)
        found = all_of(fetcher, 20)
    released.set()
    assert all("was not looked up in time" in words(found["hung", number]) for number in range(2 * MOST_THREADS))
    assert [number for number in range(50) if not isinstance(found["good", number], Fetched)] == []


def test_resolvers_that_hang_for_good_end_nobodys_patience(site: Site) -> None:
    held = threading.Event()
    short = poll_of(allow_networks=("127.0.0.0/8",), deadline=0.4, connect_timeout=0.2, connections=500)

    def resolve(_name: str) -> Sequence[str]:
        held.wait(20)
        return []

    with fetcher_of(short, resolve=resolve) as fetcher:
        for number in range(MOST_THREADS + 5):
            fetcher.start(number, Request(f"http://h{number}.example:{site.port}/"), NOW)
        found = all_of(fetcher, 10)
    held.set()
    assert len(found) == MOST_THREADS + 5
    assert all("was not looked up in time" in words(outcome) for outcome in found.values())


BIG = b"<rss>" + bytes(4_900_000) + b"</rss>"


def test_large_bodies_take_turns_and_their_waiting_does_not_count(site: Site) -> None:
    coded = zipped(BIG)
    drops = tuple(coded.body[at : at + 1] for at in range(-20, -1))
    site.put("/trap", Reply(headers=coded.headers, pieces=(coded.body[:-20], *drops), pause=0.7, length=10**6))
    site.put("/big", coded)
    site.put("/small", FEED)
    poll = poll_of(allow_networks=("127.0.0.0/8",), deadline=1.0, max_bytes=20_000_000)  # three large ones at once
    with fetcher_of(poll) as fetcher:
        for number in range(15):
            fetcher.start(("trap", number), Request(site.url + "/trap"), NOW)
        assert fetcher.wait(0.8) == []
        fetcher.start("big", Request(site.url + "/big"), NOW)
        fetcher.start("small", Request(site.url + "/small"), NOW)
        begun, ended = time.monotonic(), {}
        found: dict[Any, Fetched | FetchError] = {}
        while fetcher.active:
            for key, outcome in fetcher.wait(0.5):
                found[key], ended[key] = outcome, time.monotonic() - begun
            assert time.monotonic() - begun < 10
    assert ended["small"] < 0.5
    assert ended["big"] > poll.deadline
    assert isinstance(found["big"], Fetched)
    assert data(found["big"]) == BIG
    assert all("in time" in words(found["trap", number]) for number in range(15))


def test_a_body_that_is_too_large_spoils_no_other(site: Site) -> None:
    """Its handle is used again, and what was noted of it is not."""
    site.put("/bomb", zipped(bytes(30_000_000)))
    half = BIG[: len(BIG) // 2]
    site.put("/slow", Reply(pieces=(half, BIG[len(half) :]), pause=0.3))
    poll = poll_of(allow_networks=("127.0.0.0/8",), deadline=5, connections=1)
    with fetcher_of(poll) as fetcher:
        for number in range(3):
            fetcher.start("bomb", Request(site.url + "/bomb"), NOW)
            assert "more than 10,000,000 bytes" in words(all_of(fetcher)["bomb"])
            fetcher.start(number, Request(site.url + "/slow"), NOW)
            outcome = all_of(fetcher)[number]
            assert isinstance(outcome, Fetched)
            assert data(outcome) == BIG


def test_nothing_grows_large_while_its_caller_has_too_much(site: Site) -> None:
    site.put("/big", Reply(body=BIG))
    site.put("/bomb", zipped(bytes(30_000_000)))
    poll = poll_of(allow_networks=("127.0.0.0/8",), deadline=5, max_bytes=20_000_000)
    with fetcher_of(poll) as fetcher:
        fetcher.crowded = True
        fetcher.start("big", Request(site.url + "/big"), NOW)
        fetcher.start("bomb", Request(site.url + "/bomb"), NOW)
        assert fetcher.wait(0.5) == []
        assert fetcher.wait(0.5) == []
        fetcher.crowded = False
        found = all_of(fetcher)
    assert isinstance(found["big"], Fetched)
    assert data(found["big"]) == BIG
    assert "more than 20,000,000 bytes" in words(found["bomb"])


def test_what_waits_to_be_large_can_be_abandoned(site: Site) -> None:
    site.put("/big", Reply(body=BIG))
    with fetcher_of(poll_of(allow_networks=("127.0.0.0/8",), deadline=5)) as fetcher:
        fetcher.crowded = True
        fetcher.start(1, Request(site.url + "/big"), NOW)
        assert fetcher.wait(0.5) == []
        fetcher.abandon()
        fetcher.crowded = False
        fetcher.start(2, Request(site.url + "/big"), NOW)
        found = all_of(fetcher)
    assert list(found) == [2]
    assert isinstance(found[2], Fetched)
