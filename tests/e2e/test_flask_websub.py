"""Flask-WebSub, a hub and a subscriber that others wrote, with our publisher and our hub."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_websub.hub import Hub, SQLite3HubStorage
from flask_websub.subscriber import (
    SQLite3SubscriberStorage,
    SQLite3TempSubscriberStorage,
    Subscriber,
    discover,
)
from werkzeug.serving import make_server

from tests.fakes import Site, wait_for
from tests.websub import Subscriber as Listener
from tests.websub import served_desk

pytestmark = pytest.mark.e2e


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """`app` on a free port of loopback until the block ends; yields its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Threads:
    """What the hub needs of a task queue: `delay` runs a task in a thread; one that fails is not tried again."""

    def __init__(self) -> None:
        self.running: list[threading.Thread] = []

    def task(self, bind: bool = False, max_retries: int = 0) -> Callable[[Callable[..., None]], Any]:
        def wrap(function: Callable[..., None]) -> Any:
            def delay(*given: Any) -> None:
                thread = threading.Thread(target=function, args=(None, *given) if bind else given)
                self.running.append(thread)
                thread.start()

            function.delay = delay  # type: ignore[attr-defined]
            return function

        return wrap

    def join(self) -> None:
        for thread in self.running:
            thread.join(10)


@contextmanager
def foreign_hub(folder: Path) -> Iterator[tuple[str, Any]]:
    """Their hub; yields its address and its storage."""
    app, tasks = Flask("hub"), Threads()
    app.config["PUBLISH_SUPPORTED"] = True
    storage = SQLite3HubStorage(str(folder / "hub.sqlite3"))
    hub = Hub(storage, tasks)
    app.register_blueprint(hub.build_blueprint(url_prefix="/hub"))
    with serving(app) as url:
        yield f"{url}/hub", storage
        tasks.join()


@dataclass
class Reader:
    """Their subscriber: what it was told, and what it says of its subscriptions."""

    app: Flask
    subscriber: Any
    bodies: list[bytes] = field(default_factory=list)
    changes: list[tuple[str, str]] = field(default_factory=list)

    def subscribe(self, topic: str, **more: Any) -> str:
        """Discovers the hub of a topic and subscribes there; returns the callback's id."""
        with self.app.test_request_context(base_url=self.app.config["BASE"]):
            return str(self.subscriber.subscribe(**discover(topic), **more))

    def unsubscribe(self, callback_id: str) -> None:
        with self.app.test_request_context(base_url=self.app.config["BASE"]):
            self.subscriber.unsubscribe(callback_id)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    path = str(tmp_path / "subscriber.sqlite3")
    app = Flask("subscriber")
    subscriber = Subscriber(SQLite3SubscriberStorage(path), SQLite3TempSubscriberStorage(path))
    app.register_blueprint(subscriber.build_blueprint(url_prefix="/callbacks"))
    reader = Reader(app, subscriber)
    subscriber.add_listener(lambda _topic, _id, body: reader.bodies.append(body))
    subscriber.add_success_handler(lambda topic, _id, mode: reader.changes.append((mode, topic)))
    subscriber.add_error_handler(lambda topic, _id, reason: reader.changes.append((reason, topic)))
    with serving(app) as url:
        app.config["BASE"] = url
        yield reader


def test_their_subscriber_with_our_hub(tmp_path: Path, reader: Reader) -> None:
    with served_desk(tmp_path) as desk:
        topic = desk.topic("sections/town.atom")
        callback = reader.subscribe(topic)
        desk.run()
        assert reader.changes == [("subscribe", topic)]
        desk.publish("News that nobody knew")
        desk.run()
        assert reader.bodies == [(desk.config.public / "sections/town.atom").read_bytes()]
        reader.unsubscribe(callback)
        desk.run()
        assert reader.changes == [("subscribe", topic), ("unsubscribe", topic)]
        desk.publish("More news, which nobody asked for")
        desk.run()
        assert len(reader.bodies) == 1


def test_their_subscriber_checks_our_signature(tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gives secrets over https alone, so that it has to be told that our http is."""
    monkeypatch.setattr("flask_websub.subscriber.is_secure", lambda _url: True)
    with served_desk(tmp_path) as desk:
        reader.subscribe(desk.topic(), secret="a secret of theirs", lease_seconds=600)  # noqa: S106
        desk.run()
        desk.publish("News that nobody knew")
        desk.run()
        assert reader.bodies == [(desk.config.public / "all.atom").read_bytes()]


def test_their_subscriber_is_told_that_a_topic_is_gone(tmp_path: Path, reader: Reader) -> None:
    saved = [{"name": "mine", "query": "news"}]
    with served_desk(tmp_path, saved=saved) as desk:
        topic = desk.topic("saved/mine.atom")
        reader.subscribe(topic)
        desk.run()
        desk.config = desk.config.model_copy(update={"saved": ()})
        desk.settle()
        desk.run()
        assert reader.changes == [("subscribe", topic), ("the feed is gone", topic)]


def test_our_publisher_with_their_hub(tmp_path: Path, site: Site) -> None:
    with foreign_hub(tmp_path) as (hub, storage), served_desk(tmp_path, publish={"hubs": [hub]}, websub={}) as desk:
        listener = Listener(site)
        topic = desk.topic("sections/town.atom")
        assert discover(topic) == {"topic_url": topic, "hub_url": hub}
        assert listener.ask(hub, topic)[0] == 202
        assert wait_for(lambda: list(storage.get_callbacks(topic)) != [])
        desk.publish("News that nobody knew")
        assert desk.run().done >= 1
        assert wait_for(lambda: listener.told != [])
        (told,) = listener.told
        assert told.body == (desk.config.public / "sections/town.atom").read_bytes()


def test_our_publisher_with_their_hub_and_their_subscriber(tmp_path: Path, reader: Reader) -> None:
    with foreign_hub(tmp_path) as (hub, _), served_desk(tmp_path, publish={"hubs": [hub]}, websub={}) as desk:
        reader.subscribe(desk.topic())
        assert wait_for(lambda: reader.changes == [("subscribe", desk.topic())])
        desk.publish("News that nobody knew")
        desk.run()
        assert wait_for(lambda: reader.bodies == [(desk.config.public / "all.atom").read_bytes()])


def test_pings_that_their_hub_refuses_stay_owed(tmp_path: Path) -> None:
    with foreign_hub(tmp_path) as (hub, _), served_desk(tmp_path, publish={"hubs": [f"{hub}/no"]}, websub={}) as desk:
        desk.publish("News that nobody knew")
        assert desk.run().later == 2
        assert desk.owed() == [("ping", f"{hub}/no")] * 2
