"""Log lines: one event a line, whatever is in it, wherever it goes."""

from __future__ import annotations

import json
import logging
import os
import pty
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds import log

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=8,
)

TOKEN = f"0123456789abcdef.{'Zm9v-_' * 7}A"
BASIC = b64encode(f"anna:{TOKEN}".encode()).decode()


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    log.configure(0, json=False)  # a command that ran in this process before may have asked for JSON
    yield
    log.configure(0, json=False)


def line(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    assert len(err.splitlines()) == 1
    return err.rstrip("\n")


def fields(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found = json.loads(line(capsys))
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("verbosity", "shown"),
    [(-9, "e"), (-1, "e"), (0, "we"), (1, "iwe"), (2, "diwe"), (9, "diwe")],
)
def test_verbosity(verbosity: int, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(verbosity, json=False)
    logger = log.get("x")
    logger.debug("d")
    logger.info("i")
    logger.warning("w")
    logger.error("e")
    assert [each.split()[1] for each in capsys.readouterr().err.splitlines()] == list(shown)


def test_text_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(1, json=False)
    log.get("feeds.poll").info(
        "source polled", source="city desk", outcome="stored", new=3, ms=1.5, next=None, all=True
    )
    assert line(capsys) == 'info source polled source="city desk" outcome=stored new=3 ms=1.5 next=null all=true'


def test_json_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(1, json=True)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    log.get("feeds.poll").info("source polled", source="žurnalas", new=3, at=at, path=Path("/a"), names=("a", {"b"}))
    found = fields(capsys)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found.pop("ts"))
    assert found == {
        "level": "info",
        "event": "source polled",
        "module": "feeds.poll",
        "source": "žurnalas",
        "new": 3,
        "at": "2026-03-01T00:00:00+00:00",
        "path": "/a",
        "names": ["a", ["b"]],
    }


@pytest.mark.parametrize("as_json", [False, True])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(event=st.text(st.characters()), value=ANYTHING)
def test_any_value_is_one_harmless_line(
    capsys: pytest.CaptureFixture[str], as_json: bool, event: str, value: object
) -> None:
    log.configure(0, json=as_json)
    log.get("x").warning(event, value=value)
    written = line(capsys)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e\ud800-\udfff]", written)
    if as_json:
        assert json.loads(written)["level"] == "warning"


def test_a_forged_line_stays_inside_its_field(capsys: pytest.CaptureFixture[str]) -> None:
    log.get("x").warning("a\nerror b", title='x\r\nerror forged key=1 "', tricky="new=3", colour="\x1b[31m\x9b1m")
    assert line(capsys) == (
        r'warning a\u000aerror b title="x\r\nerror forged key=1 \"" tricky="new=3" colour="\u001b[31m\u009b1m"'
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://user:pw@h/x", "http://***@h/x"),
        ("http://user@h:1/x", "http://***@h:1/x"),
        ("postgresql+psycopg://u:p@ss@h/db failed", "postgresql+psycopg://***@h/db failed"),
        ("https://h/p/7.Zm9v/politics.atom", "https://h/p/***/politics.atom"),
        ("GET /p/7.Zm9v?x=1", "GET /p/***?x=1"),
        ("https://u:p@h/p/7.Zm9v", "https://***@h/p/***"),
        ("mail a@b.example about https://h/@name", "mail a@b.example about https://h/@name"),
        ("/pp/x /p/ http://h/P//7.Zm9v/x", "/pp/x /p/ http://h/P//***/x"),
        ("/p%2F7.Zm9v%2fx /%2fp%2f%2f7 //p//7", "/p%2F*** /%2fp%2f%2f*** //p//***"),
        (f"no {TOKEN}, {TOKEN.replace('.', '%2E')}: {TOKEN.replace('.', '%252e')}", "no ***, ***: ***"),
        (f"'{TOKEN.upper()}' x={TOKEN}&y", "'***' x=***&y"),
        (f"[(b'authorization', b'Basic {BASIC}')]", "[(b'authorization', b'Basic ***')]"),
        (f"bearer {BASIC} of basic understanding", "bearer *** of basic understanding"),
        ("0123456789abcdef.atom", "0123456789abcdef.atom"),
        ("https://h/f?token=SECRET", "https://h/f?…"),
        ("HTTP://h?SECRET#x and https://h/p/7?b: HTTP 404", "HTTP://h?… and https://h/p/***?…: HTTP 404"),
        ("('http://u:p@h/?a=b',)", "('http://***@h/?…',)"),
        ('see <https://h/?a="b">', 'see <https://h/?…"b">'),
        ("http:h?a=b postgresql://h/d?password=b", "http:h?… postgresql://h/d?…"),
        ("https://h/f? No", "https://h/f? No"),
        ("Who pays? See https://h/f#a and ?b=c", "Who pays? See https://h/f#a and ?b=c"),
    ],
)
def test_secrets_are_redacted_in_every_place(text: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(2, json=True)
    try:
        raise ValueError(text)
    except ValueError:
        log.get("x").exception(text, value=text, deep=[{"a": text, text: 1}])
    found = fields(capsys)
    assert (found["event"], found["value"], found["deep"]) == (shown, shown, [{"a": shown, shown: 1}])
    assert found["error"] == f"ValueError: {shown}"
    assert text == shown or text not in found["traceback"]


def test_redaction_takes_linear_time() -> None:
    for text in ("http://" * 100_000, "http://a?" * 100_000, "http://?" + ")" * 500_000):
        assert len(log.redact(text)) <= len(text) + 1
    hostile = ("/p" + "%2f" * 200_000, "0" * 500_000, "0123456789abcdef%25" * 30_000, "basic " * 100_000)
    for text in (*hostile, "%25" * 200_000, "basic" + " " * 500_000, "0123456789abcdef.a" * 30_000):
        assert len(log.redact(text)) <= len(text) + 1
    for text in (
        "//" * 200_000,
        "/p/" * 200_000,
        "/p" * 200_000,
        "//a@" * 200_000,
        "//" + "a" * 500_000,
        "//" + "@" * 500_000,
    ):
        assert len(log.redact(text)) <= len(text) + 800_000


def test_escapes_leave_nothing_that_steers() -> None:
    assert log.escape("Žuvis\ta\n\x1b[2J\x7f\x9b\u2028\u202e\ud800") == (
        r"Žuvis\u0009a\u000a\u001b[2J\u007f\u009b\u2028\u202e\ud800"
    )


def test_bodies_do_not_reach_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(0, json=True)
    log.get("x").warning("w", body=b"secret", text="x" * 5000, deep=[[[[["lost"]]]]])
    found = fields(capsys)
    assert found["body"] == "<6 bytes>"
    assert found["text"] == "x" * 4000 + "… (5000 characters)"
    assert found["deep"] == [[["[['lost']]"]]]


class _Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize("verbosity", [0, 2])
def test_exceptions_are_a_field(verbosity: int, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(verbosity, json=True)
    logger = log.get("x")
    error = OSError("no\nspace")
    logger.error("write failed", exc_info=error)
    assert fields(capsys)["error"] == "OSError: no\nspace"
    logger.error("write failed", exc_info=error, error="in our words")
    assert fields(capsys)["error"] == "in our words"
    logger.error("nothing failed", exc_info=True)
    assert "error" not in fields(capsys)
    try:
        raise _Mute
    except _Mute:
        logger.exception("write failed", value=_Mute())
    found = fields(capsys)
    assert (found["error"], found["value"]) == ("_Mute: <_Mute>", "<_Mute>")
    assert ("traceback" in found) == (verbosity == 2)


def test_what_libraries_report_comes_as_our_lines(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(0, json=True)
    log.configure(0, json=True)
    library = logging.getLogger("some.library")
    library.warning("took %d s\nindeed", 3)
    found = fields(capsys)
    assert (found["level"], found["module"], found["message"]) == ("warning", "some.library", "took 3 s\nindeed")
    (ours,) = [each for each in logging.root.handlers if type(each).__module__ == "feeds.log"]
    ours.handle(logging.LogRecord("x", logging.ERROR, "x.py", 1, "%d", ("no number",), None))
    assert fields(capsys)["message"] == "%d"
    try:
        raise KeyError("x")
    except KeyError:
        library.critical("broken", exc_info=True)
    found = fields(capsys)
    assert (found["level"], found["error"]) == ("error", "KeyError: 'x'")


def run(script: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    code = "from feeds import log\nlogger = log.get('x')\n" + script + "\nprint('alive')"
    return subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=False, **options)


def test_nothing_is_printed_on_standard_output_before_configuration() -> None:
    done = run("logger.info('quiet')\nlogger.warning('heard')", stderr=subprocess.PIPE)
    assert (done.stdout, done.stderr) == (b"alive\n", b"warning heard\n")


MANY = "for number in range(2000): logger.warning('w', text='x' * 100)"


def test_a_full_disk_loses_lines_not_the_process() -> None:
    with open("/dev/full", "wb") as full:
        done = run(MANY, stderr=full)
    assert (done.returncode, done.stdout) == (0, b"alive\n")


def test_a_reader_that_went_away_loses_lines_not_the_process() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = run(MANY, stderr=writing)
    os.close(writing)
    assert (done.returncode, done.stdout) == (0, b"alive\n")


@pytest.mark.parametrize("closing", ["sys.stderr.close()", "sys.stderr = None", "os.close(2)"])
def test_a_closed_standard_error_loses_lines_not_the_process(closing: str) -> None:
    done = run(f"import os, sys\n{closing}\n{MANY}", stderr=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (0, b"alive\n")


def test_a_closed_standard_error_in_this_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", None)
        log.get("x").warning("lost")
    log.get("x").warning("heard")
    assert line(capsys) == "warning heard"


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colour_on_a_terminal_only(
    environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ours, theirs = pty.openpty()
    with open(theirs, "w") as terminal, monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", terminal)
        log.get("x").warning("w", a=1)
        written = os.read(ours, 1000).decode().rstrip()
    os.close(ours)
    assert written == ("\x1b[33mwarning\x1b[0m w a=1" if coloured else "warning w a=1")


@pytest.mark.parametrize("kind", ["file", "journal", "other journal"])
def test_lines_that_last_have_a_time_or_a_priority(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file gets the time; the journal, which has its own, gets what it can be searched by."""
    with (tmp_path / "log").open("w+") as file:
        found = os.fstat(file.fileno())
        named = {
            "file": "",
            "journal": f"{found.st_dev}:{found.st_ino}",
            "other journal": f"{found.st_dev}:{found.st_ino + 1}",
        }
        monkeypatch.setenv("JOURNAL_STREAM", named[kind])
        monkeypatch.setattr(sys, "stderr", file)
        log.configure(1, json=False, lasting=True)
        log.get("x").info("entry stored", n=1)
        log.get("x").error("disk full")
        file.seek(0)
        lines = file.read().splitlines()
    if kind == "journal":
        assert lines == ["<6>info entry stored n=1", "<3>error disk full"]
    else:
        assert [re.sub(r"^\S+T\S+Z ", "", line) for line in lines] == ["info entry stored n=1", "error disk full"]
        assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", line) for line in lines)


def test_lines_that_last_need_no_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    log.configure(1, json=False, lasting=True)
    log.get("x").info("entry stored")
