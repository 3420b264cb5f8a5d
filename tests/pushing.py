"""What the tests of being pushed to share: a desk that is served on loopback, and a hub that says what it is told."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import pytest

from db.engine import reading
from db.records import PushRecord, PushState
from db.store import pushes
from feeds.config import parse
from feeds.declare import declare
from feeds.notify import Delivered, deliver
from feeds.poll import Poller, PollResult
from feeds.pushes import tend
from feeds.web.app import web_app
from feeds.web.server import Server
from tests.fakes import Reply, Seen, Site, free_port
from tests.getting import ask
from tests.polls import Bench

CHALLENGE = "a challenge+with/all=sorts&of<signs>ü"


def signed(secret: str, body: bytes, method: str = "sha256") -> dict[str, str]:
    """The header that proves who brings `body`."""
    return {"X-Hub-Signature": f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"}


@dataclass(slots=True)
class Hub:
    """A hub below `site`. While somebody asks it for something it asks back, with the `topic` and the `mode` that it
    was given or is told to use. `asked` are the requests, `verified` what came of asking back."""

    site: Site
    lease: int | None = 864_000
    topic: str | None = None
    mode: str | None = None
    verifies: bool = True
    status: int = 202
    asked: list[dict[str, str]] = field(default_factory=list)
    verified: list[tuple[int, bytes]] = field(default_factory=list)

    def at(self, path: str = "/hub") -> str:
        """Lets it listen at `path`; returns its address."""
        return self.site.put(path, self.answer)

    def answer(self, seen: Seen) -> Reply:
        said = dict(parse_qsl(seen.body.decode(), keep_blank_values=True))
        self.asked.append(said)
        if self.verifies and not (ok := self.verify(said)):
            return Reply(status=400, body=b"not verified" if not ok else b"")
        return Reply(status=self.status)

    def verify(self, said: dict[str, str]) -> bool:
        """Asks back; True where the challenge came back to the letter."""
        query = {
            "hub.mode": self.mode or said["hub.mode"],
            "hub.topic": self.topic or said["hub.topic"],
            "hub.challenge": CHALLENGE,
        }
        if self.lease is not None and said["hub.mode"] == "subscribe":
            query["hub.lease_seconds"] = str(self.lease)
        status, body, headers = ask(f"{said['hub.callback']}?{urlencode(query)}")
        self.verified.append((status, body))
        is_echo = body == CHALLENGE.encode() and headers["content-type"].startswith("text/plain")
        return status == 200 and is_echo

    def push(self, body: bytes, kind: str = "application/rss+xml", **headers: str) -> int:
        """Brings `body` to whoever asked last, signed; returns the status."""
        said = self.asked[-1]
        given = signed(said["hub.secret"], body) | {"Content-Type": kind} | headers
        return ask(said["hub.callback"], method="POST", body=body, headers=given)[0]


@dataclass(slots=True)
class Desk:
    """A desk that wants to be pushed and is served at `url`, its sources on the bench's site."""

    bench: Bench
    url: str

    def configure(self, sources: dict[str, str], rest: str = "", *, subscribe: bool = True, options: str = "") -> None:
        """Sources by name and address, each with `options`; `rest` stands behind the other tables."""
        bench = self.bench
        text = f'[site]\ntitle = "Test Desk"\nbase_url = "{self.url}"\n'
        text += (
            '[poll]\nallow_networks = ["127.0.0.0/8", "::1/128"]\ndeadline = 3\nmax_bytes = 100000\nper_minute = 1000\n'
        )
        text += f"[websub]\nsubscribe = {str(subscribe).lower()}\n{rest}\n"
        text += "".join(f'[[source]]\nname = "{name}"\nurl = "{url}"\n{options}\n' for name, url in sources.items())
        bench.config = parse(text, bench.folder / "config.toml")
        declare(bench.engine, bench.config, bench.now)

    def tend(self, after: timedelta = timedelta(0)) -> Delivered:
        """Lets what is due for subscriptions be done and said."""
        self.bench.now += after
        tend(self.bench.engine, self.bench.config, self.bench.now)
        return deliver(self.bench.engine, self.bench.config, lambda: self.bench.now)

    def subscribe(self) -> dict[str, PollResult]:
        """A poll of everything, and what follows from what it finds."""
        results = self.bench.poll(everyone=True)
        self.tend()
        return results

    def take(self) -> None:
        """Reads what was pushed."""
        with Poller(self.bench.engine, self.bench.config) as poller:
            poller.take_pushed(self.bench.now)

    def push(self, name: str = "n") -> PushRecord | None:
        """The subscription of a source."""
        with reading(self.bench.engine) as connection:
            return pushes.current(connection).get(self.bench.source(name).id)

    def is_active(self, name: str = "n") -> bool:
        """Whether a source is pushed."""
        push = self.push(name)
        return push is not None and push.state is PushState.ACTIVE


@contextmanager
def served(bench: Bench) -> Iterator[Desk]:
    """A desk whose callbacks answer until the block ends, by the bench's clock."""
    desk = Desk(bench, f"http://127.0.0.1:{free_port()}/")
    desk.configure({})
    clock: Callable[[], object] = lambda: bench.now  # noqa: E731
    app = web_app(bench.engine, bench.config, clock)  # type: ignore[arg-type]
    server = Server(app, "127.0.0.1", int(desk.url.rpartition(":")[2].strip("/")))
    server.start()
    try:
        yield desk
    finally:
        server.stop()


@pytest.fixture
def desk(bench: Bench) -> Iterator[Desk]:
    with served(bench) as running:
        yield running


@pytest.fixture
def hub(site: Site) -> Hub:
    return Hub(site)
