"""`feeds alerts`: what people see of alerts, and whether they arrive."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.engine import open_engine, writing
from db.store import deliveries
from tests.alerting import said
from tests.command import Folder
from tests.desk import NOON
from tests.fakes import Reply, Site

WORD = "pa55wordsentinel"


@pytest.fixture
def hook(site: Site) -> str:
    site.put("/hook", b"ok")
    return f"json://me:{WORD}@127.0.0.1:{site.port}/hook"


def rule(*to: str, name: str = "desk", more: str = "") -> str:
    given = ", ".join(f'"{address}"' for address in to)
    return f'[[alert]]\nname = "{name}"\nto = [{given}]\n{more}\n'


def test_a_test_goes_to_every_address(tmp_path: Path, site: Site, hook: str) -> None:
    desk = Folder(tmp_path).config(rule(hook, hook + "?x=y") + rule(hook, name="night"))
    ran = desk.run("alerts", "test")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        'alert "desk": address 1 (json://***): sent\n'
        'alert "desk": address 2 (json://***): sent\n'
        'alert "night": address 1 (json://***): sent\n'
    )
    assert sorted(said(seen)["title"] for seen in site.log) == ["Test Desk: test of desk"] * 2 + [
        "Test Desk: test of night"
    ]
    assert "This is a test" in said(site.log[0])["message"]
    assert desk.run("alerts", "test", "night").out.count("\n") == 1
    assert desk.run("alerts", "test", "-q").out == ""


def test_what_fails_is_one_line(tmp_path: Path, site: Site, hook: str) -> None:
    site.put("/hook", Reply(status=401))
    desk = Folder(tmp_path).config(rule(hook, f"nonsense://{WORD}") + '[[alert]]\nname = "env"\nto_env = "NO_SUCH"\n')
    ran = desk.run("alerts", "test")
    assert (ran.code, ran.out) == (1, "")
    first, second, third = ran.err.splitlines()
    assert first.startswith('alert "desk": address 1 (json://***): failed: Failed to send JSON')
    assert "error=401" in first
    assert second == (
        'alert "desk": address 2 (nonsense://***): failed: Apprise knows no such address, or misses a part of it: '
        "compare it with those in docs/alerts.md"
    )
    assert third == 'alert "env": the environment variable NO_SUCH is not set'
    assert WORD not in ran.err
    found = desk.run("alerts", "test", "--json")
    assert found.code == 1
    assert [(one["alert"], one["number"], one["address"], one["sent"]) for one in found.json] == [
        ("desk", 1, "json://***", False),
        ("desk", 2, "nonsense://***", False),
        ("env", None, None, False),
    ]


def test_no_such_alert_is_usage(tmp_path: Path, hook: str) -> None:
    ran = Folder(tmp_path).config(rule(hook)).run("alerts", "test", "nobody")
    assert (ran.code, ran.err) == (2, "feeds: no alert is named \"nobody\"; see 'feeds alerts list'\n")
    ran = Folder(tmp_path).config("").run("alerts", "test")
    assert (ran.code, "no alerts" in ran.err) == (2, True)
    assert Folder(tmp_path).run("alerts", "list").out.startswith("no alerts; an [[alert]] table")


def test_alerts_are_listed_with_what_waits(tmp_path: Path, hook: str) -> None:
    more = 'state = ["failing", "gone"]\nsource = "harbour"\nquiet = "22:00-07:00"\ndigest = "30"\nclosed = false'
    text = rule(hook, "ntfy://topic", more=more) + rule(hook, name="night")
    desk = Folder(tmp_path).config(text + '[[alert]]\nname = "env"\nto_env = "NO_SUCH"\n')
    assert desk.run("alerts", "list").code == 0
    engine = open_engine(f"sqlite:///{tmp_path}/var/feeds.sqlite3")
    with writing(engine) as connection:
        for number in range(2):
            deliveries.owe(connection, deliveries.ALERT, "desk", {"incident": number, "over": False}, NOON)
        deliveries.owe(connection, deliveries.ALERT, "desk/0123456789ab", {"incident": 3, "over": False}, NOON)
        taken = deliveries.due(connection, NOON, 1, (deliveries.ALERT,))
        deliveries.failed(connection, taken[0], "HTTP 500", NOON)
    engine.dispose()
    ran = desk.run("alerts", "list", "--json")
    assert ran.json[0] == {
        "name": "desk",
        "to": ["json://***", "ntfy://***"],
        "state": ["failing", "gone"],
        "section": [],
        "source": ["harbour"],
        "saved": [],
        "closed": False,
        "quiet": "22:00-07:00",
        "digest": "30",
        "waiting": 3,
        "next": "2026-03-02T12:00:00Z",
        "error": "HTTP 500",
    }
    assert (ran.json[1]["waiting"], ran.json[1]["next"], ran.json[1]["error"]) == (0, None, None)
    assert ran.json[2]["error"] == 'alert "env": the environment variable NO_SUCH is not set'
    first, second, third = desk.run("alerts", "list").out.splitlines()
    assert first == (
        "desk\tjson://***, ntfy://***\tstate failing, gone; source harbour\t22:00-07:00\t30\t3\t"
        "2026-03-02T12:00:00Z\tHTTP 500"
    )
    assert second == "night\tjson://***\tall troubles\t\t\t0\t\t"
    assert third.startswith("env\t\tall troubles")
    assert WORD not in ran.out + first + second


def test_without_the_extra_alerts_are_refused(tmp_path: Path, hook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Folder(tmp_path).config(rule(hook))
    monkeypatch.setattr("feeds.config.values.ALERTS", ("no_such_module",))
    ran = desk.run("alerts", "test")
    assert (ran.code, ran.err) == (
        78,
        "feeds: config.toml:4: alert[0]: alerts need an extra that is not installed: "
        "pip install 'broadsheet[alerts]'\n",
    )
