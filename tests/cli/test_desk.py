"""What every command writes: lines that nothing from outside can forge, and JSON that programs can read."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from feeds.cli.desk import Desk
from feeds.errors import BroadsheetError
from tests.command import DOCUMENT, SEEDS, Folder

EVIL = "a\x1b[2J\nfeeds: all is well.txt"
TITLE = "Mayor \u202eresigns\x9b31m today"


@pytest.fixture
def desk(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path).config(SEEDS)
    folder.seed("1.txt", DOCUMENT.replace("Council votes for new ferry", TITLE))
    return folder


def harmless(text: str) -> bool:
    return not any(each in text for each in ("\x1b", "\u202e", "\x9b"))


def test_the_name_of_a_file_forges_no_line(desk: Folder) -> None:
    desk.seed(EVIL, "")
    ran = desk.run("update")
    assert ran.code == 1
    assert r"a\u001b[2J\u000afeeds: all is well.txt" in ran.err
    assert harmless(ran.err + ran.out)
    assert not [line for line in ran.err.splitlines() if line.startswith("feeds: all is well")]
    assert harmless(desk.run("status").out + desk.run("status").err)


def test_the_title_of_an_entry_steers_no_terminal(desk: Folder) -> None:
    assert desk.run("update").code == 0
    listed = desk.run("entries", "list", "--json").json
    (uid,) = [entry["id"] for entry in listed if "resigns" in entry["title"]]
    for words in (("entries", "list"), ("entries", "show", uid), ("entries", "set-access", uid, "free")):
        ran = desk.run(*words)
        assert r"Mayor \u202eresigns" in ran.out
        assert harmless(ran.out)
    shown = desk.run("entries", "show", uid).out.splitlines()
    assert shown[0].startswith("Mayor")
    assert "" in shown
    assert shown[-1].startswith("The old ferry was built in 1971")


def test_tables_without_a_terminal_have_a_line_for_each_row(desk: Folder) -> None:
    desk.run("update")
    listed = desk.run("entries", "list").out.splitlines()
    assert len({line.count("\t") for line in listed}) == 1
    assert len(listed) == len(desk.run("entries", "list", "--json").json)


def test_json_gives_programs_every_character(desk: Folder) -> None:
    desk.run("update")
    ran = desk.run("entries", "list", "--json")
    assert any("\u202e" in entry["title"] for entry in ran.json)
    assert "\x1b" not in ran.out
    assert ran.out.startswith("[\n  {\n")


def test_a_table_on_a_terminal_steers_nothing(desk: Folder) -> None:
    desk.run("update")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    code = "from feeds.cli.app import run; run(['entries', 'list'])"
    subprocess.run([sys.executable, "-c", code], cwd=desk.path, stdout=theirs, env=desk.environment, check=True)
    os.close(theirs)
    written = b""
    while chunk := _read(ours):
        written += chunk
    os.close(ours)
    assert rb"Mayor \u202eresigns" in written
    assert "\u202e".encode() not in written


def _read(terminal: int) -> bytes:
    """What is left to read; nothing once the other side is closed, which Linux tells as an error."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""


def test_a_traceback_steers_no_terminal(desk: Folder) -> None:
    ran = desk.run("--config", "a\x1b[2J.toml", "status", "-vv")
    assert "Traceback" in ran.err
    assert harmless(ran.err)


@pytest.mark.parametrize("value", ["soon", "1e9", "9" * 30, "-5", "", " 5", "1_000", "\u0665"])
def test_a_source_date_epoch_that_is_none_is_usage(desk: Folder, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", value)
    ran = desk.run("update")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f'feeds: SOURCE_DATE_EPOCH: "{value}" is no number of seconds since 1970\n'


def test_quiet_draws_no_table(desk: Folder) -> None:
    assert desk.run("update", "-q").code == 0
    ran = desk.run("status", "-q")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_a_file_on_standard_output_is_utf_8_whatever_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="latin-1", newline="\r\n")
    monkeypatch.setattr("sys.stdout", out)
    out.write("é\n")
    Desk().give_bytes("Пристань é\n".encode())
    assert raw.getvalue() == b"\xe9\r\n" + "Пристань é\n".encode()
    monkeypatch.setattr("sys.stdout", None)
    Desk().give_bytes(b"nobody hears it")


def test_a_file_that_does_not_fit_on_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr("sys.stdout", full)
        with pytest.raises(BroadsheetError, match="cannot be written: No space left"):
            Desk().give_bytes(b"x" * 100_000)
