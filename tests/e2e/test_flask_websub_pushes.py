"""Flask-WebSub's publisher and hub, which others wrote, push to our daemon."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_websub.publisher import init_publisher, publisher

from tests.command import FEEDS, Folder
from tests.e2e.test_flask_websub import foreign_hub, serving
from tests.fakes import free_port, wait_for
from tests.getting import ask

pytestmark = pytest.mark.e2e


class Paper:
    """A newspaper whose feed names their hub in its headers; `titles` are what stands in it, `asked` who wanted it."""

    def __init__(self, hub: str) -> None:
        self.titles = ["The first edition"]
        self.asked = 0
        self.app = Flask("paper")
        self.app.config["HUB_URL"] = hub
        init_publisher(self.app)
        self.app.add_url_rule("/feed", view_func=publisher()(self.feed), endpoint="feed")

    def feed(self) -> Any:
        self.asked += 1
        items = "".join(
            f"<item><title>{title}</title><link>https://paper.example/{place}</link></item>"
            for place, title in enumerate(self.titles)
        )
        text = f'<rss version="2.0"><channel><title>Paper</title>{items}</channel></rss>'
        return self.app.response_class(text, mimetype="application/rss+xml")


@contextmanager
def running(desk: Folder, port: int) -> Iterator[None]:
    """`feeds run` on `port` until the block ends."""
    log = (desk.path / "log").open("w")
    environment = desk.environment | {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    command = [str(FEEDS), "run", "--port", str(port), "-v"]
    with log, subprocess.Popen(command, cwd=desk.path, env=environment, stdout=log, stderr=log) as process:
        try:
            assert wait_for(lambda: "serving http" in (desk.path / "log").read_text(), 60)
            yield
        finally:
            process.terminate()


def test_their_hub_and_their_publisher_with_our_subscriber(tmp_path: Path) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}/"
    desk = Folder(tmp_path)
    with foreign_hub(tmp_path) as (hub, storage), serving((paper := Paper(hub)).app) as url:
        topic = f"{url}/feed"
        (tmp_path / "config.toml").write_text(
            f'[site]\ntitle = "Desk"\nbase_url = "{base}"\n[websub]\nsubscribe = true\n'
            '[poll]\nallow_networks = ["127.0.0.0/8"]\n'
            f'[[source]]\nname = "paper"\nurl = "{topic}"\nsections = ["Town"]\n'
        )
        with running(desk, port):
            assert wait_for(lambda: list(storage.get_callbacks(topic)) != [], 60)
            (callback,) = [one[0] for one in storage.get_callbacks(topic)]
            assert str(callback).startswith(f"{base}websub/")
            assert wait_for(lambda: b"The first edition" in ask(f"{base}all.atom")[1], 60)
            polls = paper.asked
            paper.titles.insert(0, "Extra! Extra!")
            body = b"hub.mode=publish&hub.topic=" + topic.encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            assert ask(hub, method="POST", body=body, headers=headers)[0] in (200, 202)
            assert wait_for(lambda: b"Extra! Extra!" in ask(f"{base}all.atom")[1], 60)
            # The hub asked for it once, to bring it; we did not.
            assert paper.asked == polls + 1
            listed = desk.run("sources", "list", "--json").json
            assert (listed[0]["push"]["state"], listed[0]["push"]["hub"]) == ("active", hub)
