"""Names to addresses: what the system says, threads that come and go, and lookups that hang."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence

import pytest

from feeds.fetch.names import Resolver, lookup
from tests.fakes import wait_for


def next_of(resolver: Resolver) -> list[tuple[int, Sequence[str] | Exception]]:
    ends = time.monotonic() + 5
    while not (found := resolver.answers()):
        assert time.monotonic() < ends
        time.sleep(0.005)
    return found


@pytest.mark.parametrize("name", ["localhost", "x.localhost", "deep.x.localhost", "x.localhost."])
def test_localhost_is_this_machine(name: str) -> None:
    found = lookup(name)
    assert "127.0.0.1" in found
    assert set(found) <= {"127.0.0.1", "::1"}
    assert len(found) == len(set(found))


@pytest.mark.parametrize("name", ["no-such-host.invalid", "x" * 70 + ".invalid", "-.invalid", "a_b.invalid"])
def test_a_name_that_does_not_exist(name: str) -> None:
    with pytest.raises(socket.gaierror):
        lookup(name)


def test_answers_carry_their_tickets_and_errors() -> None:
    def find(name: str) -> Sequence[str]:
        if name == "bad":
            raise ValueError("a resolver may raise anything")
        return [name]

    woken = threading.Event()
    resolver = Resolver(find, woken.set)
    for ticket, name in enumerate(("a", "bad", "c")):
        resolver.ask(ticket, name)
    found: dict[int, Sequence[str] | Exception] = {}
    while len(found) < 3:
        found.update(next_of(resolver))
    assert woken.is_set()
    assert (found[0], found[2]) == (["a"], ["c"])
    assert isinstance(found[1], ValueError)
    resolver.close()


def test_a_lookup_that_hangs_delays_no_other_and_idle_threads_are_used_again() -> None:
    release = threading.Event()

    def find(name: str) -> Sequence[str]:
        if name == "slow":
            release.wait(10)
        return [threading.current_thread().name + str(threading.get_ident())]

    resolver = Resolver(find, lambda: None)
    resolver.ask(0, "slow")
    used = set()
    for ticket in range(1, 6):
        resolver.ask(ticket, "quick")
        ((found, thread),) = next_of(resolver)
        assert found == ticket
        used.add(str(thread))
    assert len(used) == 1
    release.set()
    assert [ticket for ticket, _ in next_of(resolver)] == [0]
    resolver.close()


def test_closing_ends_the_threads_and_wakes_nobody_any_more() -> None:
    release, woken = threading.Event(), []

    def find(name: str) -> Sequence[str]:
        release.wait(10)
        return [name]

    before = set(threading.enumerate())
    resolver = Resolver(find, lambda: woken.append(1))
    for ticket in range(3):
        resolver.ask(ticket, "a")
    ours = set(threading.enumerate()) - before
    assert len(ours) == 3
    resolver.close()
    release.set()
    assert wait_for(lambda: not any(thread.is_alive() for thread in ours))
    assert (woken, resolver.answers()) == ([], [])
