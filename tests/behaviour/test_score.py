"""The judges bite: who is wrong in one way fails the behaviour that is about it. And the score says so."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.behaviour import __main__ as command
from tests.behaviour import server, sketch
from tests.behaviour.client import Client, Command, CommandError
from tests.behaviour.scenario import BEHAVIOURS, Behaviour
from tests.behaviour.scenarios import manners
from tests.behaviour.score import as_json, score_together, table, totals
from tests.behaviour.world import Verdict, play
from tests.command import ROOT

WRONG: list[tuple[str, type[sketch.Sketch]]] = [
    ("first-only", sketch.Unconditional),
    ("etag-exact", sketch.Unquoting),
    ("date-exact", sketch.Reprinting),
    ("date-exact", sketch.Inventing),
    ("etag-alone", sketch.ByDate),
    ("same-body", sketch.ByBody),
    ("no-latching", sketch.Latching),
    ("interval", sketch.Restless),
    ("restart", sketch.Restarting),
    ("bursts", sketch.Sketch),
    ("max-age", sketch.Sketch),
    ("429", sketch.Sketch),
    ("429", sketch.Despairing),
    ("no-forced", sketch.Forcing),
    ("url", sketch.Busting),
    ("url", sketch.Tidying),
    ("cookies", sketch.Remembering),
    ("cookies", sketch.Referring),
    ("user-agent", sketch.Posing),
    ("user-agent", sketch.Uncompressed),
    ("installations", sketch.Sketch),
    ("installations", sketch.Token),
    ("renewed", sketch.Unrenewing),
    ("moved", sketch.Sketch),
    ("moved", sketch.Hasty),
    ("moved-308", sketch.Hasty),
    ("moved-for-now", sketch.Hasty),
    ("gone", sketch.Sketch),
    ("deltas", sketch.Sketch),
    ("endless", sketch.Sketch),
    ("slow", sketch.Sketch),
    ("retry-after", sketch.Sketch),
    ("retry-after-odd", sketch.Obeying),
    ("expires", sketch.Sketch),
    ("document", sketch.Sketch),
    ("skip", sketch.Sketch),
    ("backoff", sketch.Sketch),
    ("backoff", sketch.Despairing),
    ("dormant", sketch.Sketch),
    ("dormant", sketch.Despairing),
    ("broken", sketch.Sketch),
    ("shrunken", sketch.Sketch),
    ("private", sketch.Sketch),
    ("jumps", sketch.Sketch),
    ("jumps", sketch.CatchingUp),
    ("sleep", sketch.CatchingUp),
]

RIGHT = (
    "first-only etag-exact date-exact etag-alone same-body no-latching restart no-forced url cookies user-agent "
    "renewed moved-for-now retry-after-odd sleep"
).split()
"""What the sketch is right about."""


def named(name: str) -> Behaviour:
    return next(one for one in BEHAVIOURS if one.name == name)


def verdict(name: str, new_client: Callable[[], Client]) -> Verdict:
    one = named(name)
    return play([one], new_client, step=timedelta(minutes=one.setting.coarse))[0]


@pytest.fixture
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that drips for a second instead of 45."""
    monkeypatch.setattr(server, "GIVES_UP", 1.0)
    monkeypatch.setattr(manners, "MOST_SECONDS", 0.5)


@pytest.mark.usefixtures("_hurried")
@pytest.mark.parametrize(("name", "client"), WRONG, ids=lambda one: one if isinstance(one, str) else one.__name__)
def test_who_is_wrong_fails(name: str, client: type[sketch.Sketch]) -> None:
    found = verdict(name, client)
    assert found.state == "fail", found.seen
    assert found.faults


@pytest.mark.parametrize("name", RIGHT)
def test_who_is_right_passes(name: str) -> None:
    found = verdict(name, sketch.Sketch)
    assert (found.state, found.faults) == ("pass", ())


def test_every_behaviour_has_somebody_who_fails_it() -> None:
    assert {name for name, _ in WRONG} == {one.name for one in BEHAVIOURS}
    assert [one.number for one in BEHAVIOURS] == list(range(1, len(BEHAVIOURS) + 1))


def test_the_page_has_every_behaviour_and_says_that_ours_passes() -> None:
    page = (ROOT / "docs" / "behaviour.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| `([\w-]+)` \| (.*?) \| (pass) \|", page, re.MULTILINE)
    assert rows == [(str(one.number), one.name, one.title, "pass") for one in BEHAVIOURS]
    assert f"{len(sketch.Sketch.__subclasses__())} small clients" in page


def test_behaviours_that_share_a_simulation_do_not_disturb_one_another() -> None:
    chosen = [named(name) for name in ("first-only", "no-latching", "max-age", "url", "gone")]
    found = score_together(sketch.Sketch, chosen, step=60)
    assert {one.behaviour.name: one.state for one in found} == {
        "first-only": "pass",
        "no-latching": "pass",
        "max-age": "fail",
        "url": "pass",
        "gone": "fail",
    }
    assert totals(found) == {
        "core": {"pass": 3, "fail": 1, "n.a.": 0},
        "companions": {"pass": 0, "fail": 1, "n.a.": 0},
    }
    shown = table("sketch", found)
    assert "10  max-age          fail" in shown
    assert "core: 3 pass, 1 fail, 0 n.a." in shown
    told = as_json("sketch", found)
    (aged,) = (one for one in told["behaviours"] if one["name"] == "max-age")
    assert aged["verdict"] == "fail"
    assert "max-age" in aged["faults"][0]["words"]
    assert "1:00h GET max-age.localhost/both" in aged["faults"][0]["request"]


def test_what_is_cut_short_is_not_judged() -> None:
    (found,) = score_together(sketch.Sketch, [named("first-only")], step=60, days=1)
    assert (found.state, found.seen) == ("n.a.", "needs 3 simulated days")


SCRIPT = """
import os, sys, urllib.request
name, epoch = sys.argv[1], os.environ["SOURCE_DATE_EPOCH"]
for line in open(name):
    urllib.request.urlopen(line.strip()).read()
    open("times", "a").write(epoch + "\\n")
"""


def test_a_command_is_run_at_the_simulated_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "client.py").write_text(SCRIPT)
    run = f"{sys.executable} {tmp_path / 'client.py'} {{urls_file}}"
    setup = f"echo {{urls_file}} {{allow}} > {tmp_path / 'told'}"
    given = ["--command", f"{run} && cp times {tmp_path}", "--setup", setup, "--clock", "epoch"]
    assert command.main([*given, "--only", "user-agent", "--step", "120", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["behaviours"][0]["verdict"] == "fail"
    assert "Python-urllib" in told["behaviours"][0]["seen"]
    times = [int(line) for line in (tmp_path / "times").read_text().split()]
    assert times == [int(server.START.timestamp()) + 7200 * number for number in range(7)]
    assert (tmp_path / "told").read_text().split()[1] == "127.0.0.0/8"


def test_each_url_in_turn_where_the_command_takes_one() -> None:
    fetch = "import sys, urllib.request as r; r.urlopen(sys.argv[1]).read(); sys.exit(3)"
    run = f"{sys.executable} -c '{fetch}' {{url}}"
    (found,) = play([named("cookies")], lambda: Command(run, clock="epoch"), step=timedelta(hours=6))
    assert found.state == "pass"
    assert found.seen == "9 requests; no run ended well: exit code 3: without a word", (
        "two sources and a redirect, thrice"
    )


def test_a_command_that_does_not_run_is_no_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--command", "echo no such thing; exit 3", "--clock", "epoch", "--only", "private"]) == 0
    assert "n.a." in (out := capsys.readouterr().out)
    assert "the client did not run: exit code 3: no such thing" in out
    assert command.main(["--command", "true", "--setup", "exit 4", "--clock", "epoch", "--only", "private"]) == 2
    assert "the setup failed: exit code 4" in capsys.readouterr().err


def test_a_name_that_is_none_and_a_clock_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--only", "nonsense"]) == 2
    assert "no behaviour is named nonsense" in capsys.readouterr().err
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CommandError, match="faketime is not installed"):
        verdict("private", lambda: Command("true", clock="faketime"))
