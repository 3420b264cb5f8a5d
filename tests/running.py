"""The daemon as a process, for as long as a block lasts."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.command import FEEDS, Folder


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
