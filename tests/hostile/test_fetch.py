"""Sites and addresses that mean harm: each ends in words and in time, takes little memory, and disturbs nobody."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from feeds.errors import FetchError
from feeds.fetch import Fetched, Fetcher, Request
from tests.asking import AGENT, FEED, NOW, ask, data, failure, poll_of
from tests.command import ROOT
from tests.fakes import Reply, Site
from tests.hostile.servers import TRAPS, running

PATIENCE = 1.0
MUTE = frozenset(("silence", "hang-in-handshake"))
IMPATIENT = poll_of(allow_networks=("127.0.0.0/8",), deadline=PATIENCE, connect_timeout=PATIENCE)
# All servers together are one process with the client: what is not slow by design gets the time to say so.
TOGETHER = poll_of(allow_networks=("127.0.0.0/8",), deadline=3 * PATIENCE, connect_timeout=3 * PATIENCE)


def memory(peak: bool) -> int:
    """Resident bytes of this process: the most since the last `forget_peak`, or now."""
    found = re.search(rf"{'VmHWM' if peak else 'VmRSS'}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def forget_peak() -> int:
    """Begins to watch the peak anew; returns what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory(peak=False)


@pytest.fixture(scope="module")
def traps() -> Iterator[dict[str, str]]:
    with running(*TRAPS) as urls:
        for trap in TRAPS.values():
            trap.says()  # bombs are made before memory is watched
        yield urls


@pytest.mark.parametrize("name", TRAPS)
def test_a_hostile_site_ends_in_words_and_takes_little_memory(traps: dict[str, str], name: str) -> None:
    before = forget_peak()
    with Fetcher(IMPATIENT, user_agent=AGENT) as fetcher:
        fetcher.start(name, Request(traps[name]), NOW)
        ((_, outcome),) = fetcher.wait(PATIENCE + 2)
    assert isinstance(outcome, FetchError)
    assert TRAPS[name].words in str(outcome)
    assert str(outcome).startswith(traps[name].rstrip("/"))
    # Who says anything can be reached; who says nothing may as well be out of reach.
    assert outcome.network == (name in MUTE)
    assert memory(peak=True) - before < 64_000_000


def test_all_of_them_at_once_disturb_no_good_request(traps: dict[str, str], site: Site) -> None:
    good = site.put("/feed", FEED)
    before = forget_peak()
    order: list[str] = []
    with Fetcher(TOGETHER, user_agent=AGENT) as fetcher:
        for name, url in traps.items():
            fetcher.start(name, Request(url), NOW)
        fetcher.start("good", Request(good), NOW)
        while fetcher.active:
            ended = fetcher.wait(3 * PATIENCE + 2)
            assert ended, "the deadline passed and nothing ended"
            for key, outcome in ended:
                order.append(str(key))
                if key == "good":
                    assert isinstance(outcome, Fetched)
                    assert data(outcome) == FEED
                else:
                    assert TRAPS[str(key)].words in str(outcome)
    assert sorted(order) == sorted([*TRAPS, "good"])
    slow = {name for name, trap in TRAPS.items() if trap.slow}
    assert order.index("good") < min(order.index(name) for name in slow)
    assert memory(peak=True) - before < 100_000_000


def test_what_a_bomb_left_is_let_go_though_its_error_is_kept(traps: dict[str, str]) -> None:
    bombs = ("gzip-bomb", "br-bomb", "zstd-bomb", "endless-body")
    kept: list[object] = []
    before = forget_peak()
    with Fetcher(IMPATIENT, user_agent=AGENT) as fetcher:
        for name in bombs * 6:
            fetcher.start(name, Request(traps[name]), NOW)
            kept += fetcher.wait(PATIENCE + 2)
    assert len(kept) == 24
    assert memory(peak=True) - before < 100_000_000


def tricks(last: int) -> list[str]:
    """Spellings of 127.0.0.`last` that a resolver or a URL parser may know."""
    return [
        str(0x7F000000 + last),
        f"0177.0.0.{last}",
        f"0x7f.0.0.{last}",
        f"127.{last}",
        f"127.0.0.{last}.",
        f"0{0x7F000000 + last:o}",
        f"0x7f{last:06x}",
        f"１２７.0.0.{last}",
        f"127。0。0。{last}",
        f"[::ffff:127.0.0.{last}]",
        f"[::ffff:7f00:{last}]",
        f"[64:ff9b::7f00:{last}]",
        f"[2002:7f00:{last}::]",
        f"[::127.0.0.{last}]",
        "0",
        "[::]",
        "[::1]",
        "169.254.169.254",
        "100.64.0.1",
        "[fe80::1]",
        "[fd00::1]",
    ]


@pytest.mark.parametrize("host", [*tricks(1), "localhost", "LOCALHOST", "x.localhost"])
def test_an_address_trick_reaches_nothing(site: Site, host: str) -> None:
    site.put("/", FEED)
    with pytest.raises(FetchError, match="is refused; to allow it, add"):
        ask(f"http://{host}:{site.port}/", poll=poll_of())
    assert site.log == []


@pytest.mark.parametrize("host", tricks(2))
def test_a_redirect_to_an_address_trick_reaches_nothing(site: Site, host: str) -> None:
    location = f"Location: http://{host}:{site.port}/secret\r\n".encode()
    url = site.put("/r", Reply(raw=(b"HTTP/1.1 302 Found\r\n" + location + b"Content-Length: 0\r\n\r\n",)))
    with pytest.raises(FetchError, match="is refused; to allow it, add"):
        ask(url, poll=poll_of(allow_networks=("127.0.0.1/32",)))
    assert [seen.path for seen in site.log] == ["/r"]


def test_a_name_that_flips_to_a_private_address_is_refused(site: Site) -> None:
    site.put("/", FEED)
    answers = iter((["127.0.0.1"], ["127.0.0.2"]))
    near = poll_of(allow_networks=("127.0.0.1/32",))
    with Fetcher(near, user_agent=AGENT, resolve=lambda _name: next(answers)) as fetcher:
        request = Request(f"http://rebinding.example:{site.port}/")
        assert data(fetcher.fetch(request, NOW)) == FEED
        with pytest.raises(FetchError, match=r"the private address 127\.0\.0\.2 is refused"):
            fetcher.fetch(request, NOW)
    assert len(site.log) == 1


@pytest.mark.parametrize(
    "private", ["127.0.0.2", "10.0.0.1", "169.254.169.254", "::1", "fe80::1%lo", "64:ff9b::7f00:1"]
)
@pytest.mark.parametrize("first", [True, False])
def test_one_private_address_among_others_refuses_the_name(site: Site, private: str, first: bool) -> None:
    site.put("/", FEED)
    mixed = [private, "127.0.0.1"] if first else ["127.0.0.1", private]
    near = poll_of(allow_networks=("127.0.0.1/32",))
    with (
        Fetcher(near, user_agent=AGENT, resolve=lambda _name: mixed) as fetcher,
        pytest.raises(FetchError, match=f"the private address {private} is refused"),
    ):
        fetcher.fetch(Request(f"http://mixed.example:{site.port}/"), NOW)
    assert site.log == []


@pytest.mark.parametrize("port", [0, 1, 22, 25, 110, 444, 1023])
def test_no_document_comes_from_the_port_of_another_protocol(port: int) -> None:
    with (
        Fetcher(poll_of(), user_agent=AGENT, resolve=lambda _name: ["93.184.216.34"]) as fetcher,
        pytest.raises(FetchError, match=f"port {port} is refused, as are all below 1024 but 80 and 443"),
    ):
        fetcher.fetch(Request(f"http://shell.example:{port}/"), NOW)
    assert f"port {port} is refused" in failure(f"http://93.184.216.34:{port}/", poll_of())


CLIENTS = {
    "urllib.request", "http.client", "ftplib", "smtplib", "requests", "httpx", "aiohttp", "urllib3", "httpcore",
    "socket", "asyncio", "websockets", "pycurl",
}  # fmt: skip
ALLOWED = {
    "feeds/fetch/": CLIENTS,
    "feeds/web/": CLIENTS,  # the server opens none to others
    "feeds/desk/": {"asyncio"},  # locks and timeouts of an application that is served
    "feeds/daemon/systemd.py": {"socket"},  # datagrams to the service manager of this machine
    "feeds/cli/health.py": {"http.client"},  # asks the own server, at the address that is configured
}
"""What a module may import of them, by the start of its path; all others nothing."""


def test_nothing_but_the_fetcher_opens_connections() -> None:
    found = []
    for file in [*ROOT.glob("feeds/**/*.py"), *ROOT.glob("db/**/*.py")]:
        name = file.relative_to(ROOT).as_posix()
        forbidden = CLIENTS - set[str]().union(*(which for start, which in ALLOWED.items() if name.startswith(start)))
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                imported = {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported = {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
            else:
                continue
            found += [f"{name}:{node.lineno} imports {module}" for module in sorted(imported & forbidden)]
    assert found == []
