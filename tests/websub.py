"""What tests of WebSub share: a desk that is served on loopback and is a hub, and subscribers that listen there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from db.engine import Engine, reading, writing
from feeds.config import Config
from feeds.declare import declare
from feeds.notify import Delivered, deliver
from feeds.publish import publish
from feeds.web.app import web_app
from feeds.web.server import Server
from feeds.websub import FORM
from feeds.websub.hub import accept, left_of, wanted
from feeds.websub.publisher import owe_pings
from feeds.websub.topics import Topics
from feeds.websub.wish import Wish, host_of
from tests.desk import NOON, new_engine, record, tell
from tests.fakes import Reply, Seen, Site, free_port

TOPIC = "https://news.example/all.atom"


def config_of(folder: Path, base_url: str = "https://news.example/", **tables: Any) -> Config:
    """A desk whose tree is below `folder`; it may ask this machine, is a hub unless `websub` says otherwise, and
    publishes Atom alone unless `publish` names formats."""
    tables["websub"] = {"allow_networks": ["127.0.0.0/8"], **tables.get("websub", {"hub": True})}
    tables["publish"] = {"directory": str(folder / "public"), "formats": ["atom"], **tables.get("publish", {})}
    site = {"title": "The Harbour", "base_url": base_url}
    poll = {"allow_networks": ["127.0.0.0/8"], "deadline": 5}
    return Config.model_validate({"site": site, "poll": poll, **tables})


@dataclass(slots=True)
class Desk:
    """A desk that publishes, and says what it owes when it is told to. `now` is its clock."""

    engine: Engine
    config: Config
    now: datetime = NOON

    @property
    def hub(self) -> str:
        return f"{self.config.site.base_url}hub"

    def topic(self, path: str = "all.atom") -> str:
        return self.config.site.base_url + path

    def publish(self, title: str) -> list[str]:
        """Publishes an entry of this title a minute later; returns the paths."""
        self.now += timedelta(minutes=1)
        tell(self.engine, title, record(title), now=self.now)
        return self.settle()

    def settle(self) -> list[str]:
        """Publishes what is owed, and owes word of it."""
        paths = publish(self.engine, self.config, self.now).paths
        with writing(self.engine) as connection:
            owe_pings(connection, self.config, paths, self.now)
        return paths

    def run(self, *, after: float = 0) -> Delivered:
        """Delivers what is due, `after` seconds from now."""
        self.now += timedelta(seconds=after)
        return deliver(self.engine, self.config, lambda: self.now)

    def owed(self) -> list[tuple[str, str]]:
        """`(kind, target)` of what is owed."""
        with reading(self.engine) as connection:
            rows = connection.exec_driver_sql("SELECT kind, target FROM deliveries ORDER BY id")
            return [(row[0], row[1]) for row in rows]

    def subscriptions(self) -> list[tuple[str, str]]:
        """`(topic, callback)` of every subscription there is, over or not."""
        with reading(self.engine) as connection:
            rows = connection.exec_driver_sql("SELECT topic, callback FROM hub_subscriptions ORDER BY id")
            return [(row[0], row[1]) for row in rows]


@contextmanager
def served_desk(folder: Path, **tables: Any) -> Iterator[Desk]:
    """A desk with one entry published, its tree and its hub served at its base_url until the block ends."""
    port = free_port()
    config = config_of(folder, f"http://127.0.0.1:{port}/", **tables)
    engine = new_engine(folder)
    declare(engine, config, NOON)
    desk = Desk(engine, config)
    server = Server(web_app(engine, config, lambda: desk.now), "127.0.0.1", port)
    desk.publish("The first headline of all")
    with writing(engine) as connection:
        connection.exec_driver_sql("DELETE FROM deliveries")
    server.start()
    try:
        yield desk
    finally:
        server.stop()
        engine.dispose()


def post(url: str, fields: Any, content_type: str = FORM) -> tuple[int, str]:
    """Status and text of a POST of `fields`, as a form unless they are bytes."""
    split = urlsplit(url)
    connection = HTTPConnection(split.netloc, timeout=10)
    body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
    connection.request("POST", split.path or "/", body, {"Content-Type": content_type})
    answer = connection.getresponse()
    found = answer.status, answer.read().decode()
    connection.close()
    return found


class _ByPath(dict[str, Any]):
    """Pages that are found whatever the query says."""

    def get(self, path: str, default: Any = None) -> Any:
        return super().get(path.partition("?")[0], default)


@dataclass(slots=True)
class Subscriber:
    """Somebody who listens at `callback`: agrees to what it asked for, and keeps what it is told.

    `agrees` says no where it is false, `answers` is the status for what is brought.
    """

    site: Site
    path: str = "/callback"
    agrees: bool = True
    answers: int = 204
    asked: list[dict[str, str]] = field(default_factory=list)
    told: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not isinstance(self.site.pages, _ByPath):
            self.site.pages = _ByPath(self.site.pages)
        self.site.put(self.path, self._answer)

    @property
    def callback(self) -> str:
        return self.site.url + self.path

    def _answer(self, seen: Seen) -> Reply:
        if seen.method == "POST":
            self.told.append(seen)
            return Reply(status=self.answers)
        fields = {name: values[0] for name, values in parse_qs(seen.path.partition("?")[2]).items()}
        self.asked.append(fields)
        challenge = fields.get("hub.challenge", "")
        return (
            Reply(headers=[("Content-Type", "text/plain")], body=challenge.encode())
            if self.agrees
            else Reply(status=404)
        )

    def ask(self, hub: str, topic: str, mode: str = "subscribe", **more: Any) -> tuple[int, str]:
        """Asks the hub for `topic`; `more` are parameters without their `hub.`."""
        fields = {"hub.mode": mode, "hub.topic": topic, "hub.callback": self.callback}
        return post(hub, fields | {f"hub.{name}": value for name, value in more.items()})

    def subscribe(self, desk: Desk, topic: str, **more: Any) -> None:
        """Subscribes, and sees to it that it is asked whether it did."""
        assert self.ask(desk.hub, topic, **more) == (202, "Accepted\n")
        before = len(self.asked)
        desk.run()
        assert len(self.asked) == before + 1


def ask(desk: Desk, callback: str, topic: str = TOPIC, mode: str = "subscribe", **more: Any) -> None:
    """What `POST /hub` does with a request that is well formed."""
    asked = Wish(mode=mode, topics=(topic,), callback=callback, host=host_of(callback), **more)
    _accept(desk, asked)


def announce(desk: Desk, *topics: str) -> None:
    """What it does with the word of a publisher that `topics` are new."""
    _accept(desk, Wish(mode="publish", topics=topics))


def _accept(desk: Desk, wish: Wish) -> None:
    topics = Topics(desk.config)
    left = left_of(wish, topics)
    if left is not None:
        with reading(desk.engine) as connection:
            left = wanted(connection, topics, left, desk.now)
    if left is not None:
        with writing(desk.engine) as connection:
            accept(connection, desk.config, left, desk.now)


def subscribe(desk: Desk, subscriber: Subscriber, topic: str = TOPIC, **more: Any) -> None:
    """Subscribes in process, up to the question that is answered."""
    ask(desk, subscriber.callback, topic, **more)
    assert desk.run() == Delivered(done=1)
    assert (topic, subscriber.callback) in desk.subscriptions()


def served(desk: Desk, *beginnings: str) -> None:
    """Lets the hub serve feeds of others, too."""
    desk.config = config_of(desk.config.public.parent, websub={"hub": True, "hub_topics": beginnings})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with one entry published, whose hub is asked in process."""
    made = Desk(new_engine(tmp_path), config_of(tmp_path))
    made.publish("The first headline of all")
    yield made
    made.engine.dispose()


@pytest.fixture
def subscriber(site: Site) -> Subscriber:
    return Subscriber(site)
