"""`feeds desk password`."""

from __future__ import annotations

import io
import os
import pty
import subprocess
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from feeds.config import parse
from tests.command import FEEDS, SITE, Folder, Ran
from tests.desk.web import PASSWORD

SHORT = "feeds: a password has 15 characters at least; a sentence is easily as long\n"


def given(folder: Path, text: str | None, *options: str) -> Ran:
    """What the command makes of a line on standard input; None where that is closed."""
    with pytest.MonkeyPatch.context() as around:
        around.setattr("sys.stdin", None if text is None else io.StringIO(text))
        return Folder(folder).run("desk", "password", *options)


def fits(line: str) -> bool:
    return PasswordHasher().verify(line.split('"')[1], PASSWORD)


@pytest.mark.parametrize("text", [PASSWORD, f"{PASSWORD}\n", f"{PASSWORD}\r\nanother line\n"])
def test_a_line_becomes_a_line_of_the_configuration(tmp_path: Path, text: str) -> None:
    ran = given(tmp_path, text)
    assert ran.code == 0
    assert ran.err == "put this line below [desk] in config.toml; everybody has to sign in again\n"
    assert parse(f"{SITE}[desk]\n{ran.out}", tmp_path / "config.toml").desk.has_password
    assert fits(ran.out)
    assert PASSWORD not in ran.out + ran.err


def test_json_and_quiet(tmp_path: Path) -> None:
    said = given(tmp_path, PASSWORD, "--json")
    assert list(said.json) == ["password_hash"]
    assert said.err == ""
    quiet = given(tmp_path, PASSWORD, "--quiet")
    assert quiet.err == ""
    assert fits(quiet.out)


@pytest.mark.parametrize("text", ["", "\n", "secret\n", " " * 3, "x" * 14])
def test_what_is_too_short_is_no_password(tmp_path: Path, text: str) -> None:
    ran = given(tmp_path, text)
    assert (ran.code, ran.out, ran.err) == (2, "", SHORT)


def test_what_is_too_long_or_nothing_is_none_either(tmp_path: Path) -> None:
    ran = given(tmp_path, "x" * 10_000)
    assert (ran.code, ran.err) == (2, "feeds: a password has 4096 bytes at most\n")
    ran = given(tmp_path, None)
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_other_bytes_than_utf8_are_none(tmp_path: Path, locale: str) -> None:
    environment = {**os.environ, "LC_ALL": locale}
    done = subprocess.run(
        [FEEDS, "desk", "password"], cwd=tmp_path, env=environment, input=b"\xff" * 20, capture_output=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"feeds: a password is text, in UTF-8\n"


@pytest.mark.parametrize(("second", "code"), [(PASSWORD, 0), ("another sentence of words", 2)])
def test_a_person_types_it_twice_and_nobody_sees_it(tmp_path: Path, second: str, code: int) -> None:
    terminal, other = pty.openpty()
    command = subprocess.Popen(
        [FEEDS, "desk", "password"], cwd=tmp_path, stdin=other, stdout=other, stderr=other, start_new_session=True
    )
    os.close(other)
    seen = b""
    for prompt, line in ((b"Password: ", PASSWORD), (b"The same again: ", second)):
        while prompt not in seen:
            seen += os.read(terminal, 1000)
        os.write(terminal, f"{line}\n".encode())
    try:
        while piece := os.read(terminal, 1000):
            seen += piece
    except OSError:
        pass  # the end of a terminal
    assert command.wait(20) == code
    os.close(terminal)
    assert PASSWORD.encode() not in seen
    assert (b"two different passwords" in seen) is (code == 2)
    assert (b'password_hash = "$argon2id$' in seen) is (code == 0)
