"""All parts put together: who answers which path, and with what settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.engine import Engine
from feeds.config import parse
from feeds.output import write_atomic
from feeds.web import Server
from feeds.web.answers import Receive, Scope, Send, plain
from feeds.web.app import _Parts, web_app
from feeds.web.public import public_app
from tests.command import SITE
from tests.test_public import Desk
from tests.tree import NOW


@contextmanager
def serving(engine: Engine, folder: Path, text: str = "") -> Iterator[Desk]:
    config = parse(SITE + text, folder / "config.toml")
    write_atomic(config.public, "all.atom", b"<feed/>")
    running = Server(web_app(engine, config, lambda: NOW), "127.0.0.1", 0)
    running.start()
    yield Desk(config.public, int(running.url[17:-1]))
    running.stop()


def test_the_tree_is_served(engine: Engine, tmp_path: Path) -> None:
    with serving(engine, tmp_path) as desk:
        assert desk.ask("/all.atom").body == b"<feed/>"
        assert desk.ask("/all.atom?x=1").body == b"<feed/>"
        assert desk.ask("/healthz").body == b"ok"
        assert desk.ask("/none").status == 404


def test_hubs_are_named_and_so_is_our_own(engine: Engine, tmp_path: Path) -> None:
    text = '[publish]\nhubs = ["https://hub.example/"]\n[websub]\nhub = true\n'
    with serving(engine, tmp_path, text) as desk:
        links = desk.ask("/all.atom").headers["link"].split(", ")
    assert links[1:] == ['<https://hub.example/>; rel="hub"', '<http://127.0.0.1:8080/hub>; rel="hub"']


def test_who_asks_too_often_is_sent_away(engine: Engine, tmp_path: Path) -> None:
    with serving(engine, tmp_path, "[web]\nper_minute = 5\n") as desk:
        assert [desk.ask("/all.atom").status for _ in range(7)] == [200] * 5 + [429] * 2
        assert int(desk.ask("/none").headers["retry-after"]) in (12, 11)


def test_scripts_of_other_sites_learn_when_to_come_again_and_of_public_feeds_alone(
    engine: Engine, tmp_path: Path
) -> None:
    paths = ("/all.atom", "/none.json", "/all.atom?q=a", "/", "/none.html", "/none")
    parts = ("/p/x/all.atom", "/private/all.atom", "/hub", "/hub/all.atom", "/websub/all.atom")
    with serving(engine, tmp_path, "[web]\nper_minute = 3\n[websub]\nhub = true\n") as desk:
        for _ in range(3):
            desk.ask("/healthz")
        found = {path: desk.ask(path) for path in (*paths, *parts)}
    assert {got.status for got in found.values()} == {429}
    shared = {path for path, got in found.items() if got.headers["access-control-allow-origin"] is not None}
    assert shared == set(paths[:3])
    for path in shared:
        assert found[path].headers["access-control-allow-origin"] == "*"
        assert found[path].headers["access-control-expose-headers"] == "Retry-After"


def test_behind_a_proxy_every_reader_has_a_share(engine: Engine, tmp_path: Path) -> None:
    with serving(engine, tmp_path, '[web]\nper_minute = 1\ntrusted_proxies = ["127.0.0.1"]\n') as desk:
        for reader, statuses in (("198.51.100.7", [200, 429]), ("198.51.100.8", [200, 429])):
            found = [desk.ask("/all.atom", X_Forwarded_For=f"10.0.0.1, {reader}").status for _ in range(2)]
            assert found == statuses


def test_a_part_answers_below_its_segment_alone(tmp_path: Path) -> None:
    async def part(scope: Scope, receive: Receive, send: Send) -> None:
        await plain(send, 200, f"part {scope['path']}")

    write_atomic(tmp_path, "all.atom", b"<feed/>")
    running = Server(_Parts({"hub": part}, public_app(tmp_path)), "127.0.0.1", 0)
    running.start()
    desk = Desk(tmp_path, int(running.url[17:-1]))
    assert desk.ask("/hub").body == b"part /hub\n"
    assert desk.ask("/hub/x").body == b"part /hub/x\n"
    assert desk.ask("/hubs").status == 404
    assert desk.ask("/all.atom").body == b"<feed/>"
    running.stop()


def test_parts_alone(tmp_path: Path) -> None:
    async def part(scope: Scope, receive: Receive, send: Send) -> None:
        await plain(send, 200, "part")

    assert _Parts({}, part).at_once({"path": "/", "method": "GET"}) is None
