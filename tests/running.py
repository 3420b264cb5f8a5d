"""The daemon as a process, for as long as a block lasts, and what it serves meanwhile."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.command import FEEDS, Folder
from tests.fakes import wait_for
from tests.getting import ask


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


def eventually(url: str, has: str = "", *, lacks: str = "\0", times: int = 1, within: float = 40) -> bytes:
    """What is at an address, once it has one text so many `times` at least, and lacks another."""
    body = b""

    def is_so() -> bool:
        nonlocal body
        status, body, _ = ask(url)
        return status == 200 and body.count(has.encode()) >= times and lacks.encode() not in body

    assert wait_for(is_so, within, every=0.2), f"{url} did not come to say {has!r} and not {lacks!r} in {within} s"
    return body
