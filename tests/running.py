"""The daemon as a process, for as long as a block lasts, and what it serves meanwhile."""

from __future__ import annotations

import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from tests.command import FEEDS, Folder
from tests.fakes import wait_for


@contextmanager
def running(desk: Folder, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`feeds run` until the block ends; yields the process and its address."""
    process = subprocess.Popen(
        [FEEDS, "run", "--port", "0", *options],
        cwd=desk.path, env=desk.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = ""
        while "serving http" not in line:
            line = process.stdout.readline()
            assert line, "the daemon ended before it served"
        found = re.search(r"http://\S+", line)
        assert found is not None
        yield process, found[0]
    finally:
        process.kill()
        process.communicate()


def fetched(url: str, headers: dict[str, str] | None = None) -> tuple[int, bytes, dict[str, str]]:
    """What a reader gets at an address: status, body, and headers by their names in lower case."""
    request = urllib.request.Request(url, headers=headers or {})  # noqa: S310  # a loopback address of the test's own
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), {name.lower(): value for name, value in error.headers.items()}


def eventually(url: str, has: str = "", *, lacks: str = "\0", times: int = 1, within: float = 40) -> bytes:
    """What is at an address, once it has one text so many `times` at least, and lacks another."""
    body = b""

    def is_so() -> bool:
        nonlocal body
        status, body, _ = fetched(url)
        return status == 200 and body.count(has.encode()) >= times and lacks.encode() not in body

    assert wait_for(is_so, within, every=0.2), f"{url} did not come to say {has!r} and not {lacks!r} in {within} s"
    return body
