"""What all commands share: options, errors as one line, exit codes."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.command import FEEDS, Folder
from tests.fakes import Reply, Site, wait_for


def test_the_version_and_the_help() -> None:
    ran = Folder(Path()).run("--version")
    assert ran.code == 0
    assert re.fullmatch(r"broadsheet \d+\.\d+\.\d+\n", ran.out)
    assert Folder(Path()).run("--help").code == 0
    assert "update" in Folder(Path()).run("--help").out
    assert "--install-completion" in Folder(Path()).run("--help").out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[publsh]\ndirectory = "x"\n', 'publsh: unknown key; did you mean "publish"?'),
        ("[poll]\nintervall = 5\n", 'poll.intervall: unknown key; did you mean "interval"?'),
        ('[[source]]\nname = "a"\nkind = "seed"\npath = "x"\nurls = "y"\n', 'did you mean "url"?'),
        ('[poll]\ninterval = "soon"\n', "poll.interval"),
        ("[poll\n", "not TOML"),
    ],
)
def test_a_bad_configuration_is_one_line_and_78(tmp_path: Path, text: str, said: str) -> None:
    ran = Folder(tmp_path).config(text).run("update")
    assert ran.code == 78
    assert said in ran.err
    assert ran.err.startswith("feeds: config.toml")
    assert len(ran.err.strip().splitlines()) == 1


def test_no_configuration(tmp_path: Path) -> None:
    ran = Folder(tmp_path).run("update")
    assert (ran.code, ran.out) == (78, "")
    assert "feeds init" in ran.err
    assert Folder(tmp_path).run("--config", "other.toml", "status").code == 78


def test_unknown_names_are_usage(desk: Folder) -> None:
    ran = desk.run("update", "nobody")
    assert (ran.code, ran.err) == (2, "feeds: no source is named \"nobody\"; see 'feeds sources list'\n")
    assert desk.run("update", "--nonsense").code == 2
    assert desk.run("dance").code == 2


def test_options_stand_before_or_behind_the_command(desk: Folder) -> None:
    config = desk.path / "config.toml"
    elsewhere = Folder(desk.path / "seeds")
    first = elsewhere.run("--config", str(config), "--json", "update")
    second = elsewhere.run("update", "--config", str(config), "--json")
    assert first.json["totals"]["new"] == 7
    assert second.json["totals"]["new"] == 0


def test_quiet_says_only_what_went_wrong(desk: Folder) -> None:
    ran = desk.run("update", "-q")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    desk.seed("empty.txt", "")
    ran = desk.run("update", "-q")
    assert ran.code == 1
    assert ran.out == ""
    assert "empty.txt" in ran.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("update",), False),
        (("update", "-v"), False),
        (("update", "-q", "--config", "config.toml"), False),
        (("update", "-vv"), True),
        (("update", "-vvvv"), True),
        (("update", "-qvv"), True),
        (("-vv", "update"), True),
        (("update", "-v", "--verbose"), True),
    ],
)
def test_tracebacks_only_with_vv(desk: Folder, words: tuple[str, ...], told: bool) -> None:
    desk.config("[poll\n")
    ran = desk.run(*words)
    assert ran.code == 78
    assert ("Traceback" in ran.err) == told
    assert ran.err.splitlines()[-1].startswith("feeds: config.toml")


def test_an_argument_that_looks_like_vv_is_none(desk: Folder) -> None:
    ran = desk.run("update", "--", "-vv")
    assert ran.code == 2
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("closing", [">&-", "2>&-", ">&- 2>&-", ">/dev/full"])
@pytest.mark.parametrize("command", ["update", "entries list", "status --json"])
def test_closed_and_full_streams_lose_words_but_no_work(desk: Folder, command: str, closing: str) -> None:
    line = f'exec "{FEEDS}" {command} {closing}'
    ran = subprocess.run(["bash", "-c", line], cwd=desk.path, env=desk.environment, capture_output=True, text=True)
    assert "internal error" not in ran.stderr
    assert "Exception ignored" not in ran.stderr
    if closing == ">/dev/full":
        assert (ran.returncode, "cannot be written" in ran.stderr) == (1, True)
    else:
        assert ran.returncode == 0
    if command == "update":
        assert b"Council votes" in desk.tree()["all.atom"]


@pytest.mark.parametrize(
    ("sent", "code", "said"), [(signal.SIGTERM, 143, "ended"), (signal.SIGINT, 130, "interrupted")]
)
def test_a_signal_ends_a_poll_in_good_order(
    tmp_path: Path, site: Site, sent: signal.Signals, code: int, said: str
) -> None:
    slow = site.put("/slow", Reply(body=b"late", pause=60))
    desk = Folder(tmp_path).config(
        f'[poll]\nallow_networks = ["127.0.0.0/8"]\n[[source]]\nname = "a"\nurl = "{slow}"\n'
    )
    process = subprocess.Popen(
        [FEEDS, "poll"], cwd=desk.path, env=desk.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert wait_for(lambda: bool(site.log))
    process.send_signal(sent)
    _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert said in err
    assert "Traceback" not in err
    site.closing.set()
    # What it had claimed is due as before.
    with closing(sqlite3.connect(desk.path / "var/feeds.sqlite3")) as database:
        assert database.execute("select count(*) from source_state where lease is not null").fetchone() == (0,)
