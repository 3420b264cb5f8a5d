"""What docs/security.md says of OWASP's standard: every item that matters, where it is done, and the tests of it."""

from __future__ import annotations

import re

import pytest

from feeds.desk import limits, passwords, sessions
from tests.command import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")

ITEMS = (
    "1.1.1 1.2.1 1.2.2 1.2.9 1.3.1 1.3.4 1.3.6 1.3.12 1.5.1 1.5.3 2.3.3 2.4.1 3.2.1 3.3.1 3.3.2 3.3.3 3.3.4 3.4.1 "
    "3.4.2 3.4.3 3.4.4 3.4.5 3.4.6 3.5.1 3.5.3 3.7.2 4.1.1 5.3.2 5.3.3 6.3.1 6.3.2 6.4.1 6.5.2 7.2.3 7.2.4 7.4.1 "
    "8.3.2 11.5.1 12.3.2 13.1.3 13.2.4 13.2.5 13.4.2 13.4.3 13.4.4 13.4.5 13.4.6 14.2.1 14.2.2 14.3.2 15.1.2 "
    "15.1.3 15.2.2 15.2.5 15.3.2 15.3.4 15.4.2 16.2.5 16.3.1 16.4.1 16.5.1 16.5.2 16.5.3 16.5.4 "
).split()
"""Of ASVS 5.0, in its order."""

ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)


def test_every_item_has_a_row() -> None:
    assert [row[0] for row in ROWS] == ITEMS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row[0]))
def test_files_and_tests_of_a_row_are_there(row: tuple[str, str, str, str]) -> None:
    _, short, done, tested = row
    assert len(short) > 10
    files = re.findall(r"`([^`]+)`", done)
    assert files
    assert all((ROOT / name).exists() for name in files), files
    tests = re.findall(r"`([^`]+)::(\w+)`", tested)
    assert tests
    for name, function in tests:
        assert f"\ndef {function}(" in (ROOT / name).read_text(encoding="utf-8"), (name, function)


def test_everything_we_are_made_of_is_locked() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
        pinned = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
        assert len(pinned) > 40
        for line in pinned:
            assert re.match(r"[\w.\[\],-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line), (name, line[:80])


def test_the_limits_of_the_desk_are_those_of_the_code() -> None:
    for said in (
        f"{limits.LOGINS} wrong passwords of one address",
        f"in {limits.LOGIN_SPAN / 60:.0f} minutes; {limits.ALL_LOGINS} of all in an hour",
        f"in an hour, then {limits.DELAY:.0f} s for each",
        f"{limits.WRONG_TOKENS} wrong tokens of one client in a minute; {limits.ASKED} previews and polls at once",
        f"{limits.BODY_BYTES // 10**6} MB a request, {max(limits.LARGE_BODIES.values()) // 10**6} MB a list",
        f"and {limits.BODY_SECONDS:.0f} s for either",
        f"of {passwords.SHORTEST} characters at least",
        f"{sessions.LONGEST.days} days, or until {sessions.IDLE.days} days without use",
    ):
        assert said in PAGE, said
    assert limits.ALL_SPAN == 3600
