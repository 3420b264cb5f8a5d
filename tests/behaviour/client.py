"""The clients under test: this checkout's poller in process, and any command under a faked clock."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from db.engine import open_engine, reading
from db.migrations import upgrade
from db.store import entries
from feeds import __version__
from feeds.config import parse
from feeds.declare import declare
from feeds.poll import poll
from tests.behaviour.scenario import Setting
from tests.behaviour.server import START
from tests.desk import new_engine

Faked = Literal["faketime", "epoch"]
"""How a command is told the time: libfaketime, or `SOURCE_DATE_EPOCH` alone for commands that read it."""

RUN_LIMIT = 90
"""Real seconds after which a run of a command is ended."""


class Client(Protocol):
    """A thing that polls. One object is one installation, and is called as cron would call it."""

    name: str

    def prepare(self, urls: Sequence[str], folder: Path, setting: Setting, port: int) -> None:
        """Makes an installation in the empty `folder` that polls `urls`; `port` is the server's."""

    def poll(self, now: datetime) -> None:
        """One run at the simulated time `now`."""

    def restart(self) -> None:
        """Ends and begins anew, as after a reboot. Nothing where each run is a process."""

    def titles(self) -> frozenset[str] | None:
        """Titles of the entries it holds, None where that cannot be known."""

    def trouble(self) -> str | None:
        """Why no run worked, None where at least one did."""

    def close(self) -> None:
        """Gives back what it holds."""


class Ours:
    """A desk of this checkout, polled in this process."""

    name = f"Broadsheet {__version__}"

    def prepare(self, urls: Sequence[str], folder: Path, setting: Setting, port: int) -> None:
        text = '[site]\ntitle = "Desk"\nbase_url = "http://desk.example/"\n[poll]\n'
        if setting.loopback:
            text += 'allow_networks = ["127.0.0.0/8", "::1/128"]\n'
        if setting.deadline is not None:
            text += f"deadline = {setting.deadline}\n"
        text += "".join(f'[[source]]\nname = "s{number}"\nurl = "{url}"\n' for number, url in enumerate(urls))
        # The database of `new_engine` stands where `database_url` would look for it.
        text += f'[database]\nurl = "sqlite:///{folder / "feeds.sqlite3"}"\n'
        self._config = parse(text, folder / "config.toml")
        self._engine = new_engine(folder)
        declare(self._engine, self._config, START)

    def poll(self, now: datetime) -> None:
        self._now = now
        poll(self._engine, self._config, now)

    def restart(self) -> None:
        self._engine.dispose()
        self._engine = open_engine(self._config.database_url)
        upgrade(self._engine)
        declare(self._engine, self._config, self._now)

    def titles(self) -> frozenset[str]:
        with reading(self._engine) as connection:
            return frozenset(entry.title for entry in entries.listing(connection))

    def trouble(self) -> None:
        return None

    def close(self) -> None:
        self._engine.dispose()


class Command:
    """Any client that a shell can run.

    In `command` and `setup` these are replaced, quoted for the shell: `{folder}` by the folder of the installation,
    which is also HOME and the working directory; `{urls_file}` by a file with one URL a line; `{allow}` by the network
    that may be asked although it is private, empty where none may; `{url}` by each URL in turn. `setup` runs once.
    """

    def __init__(self, command: str, setup: str | None = None, *, name: str | None = None, clock: Faked) -> None:
        self.name = name or shlex.split(command)[0]
        self._command = command
        self._setup = setup
        self._clock = clock
        self._ran = 0
        self._failed: str | None = None

    def prepare(self, urls: Sequence[str], folder: Path, setting: Setting, port: int) -> None:
        self._urls, self._folder, self._allow = urls, folder, "127.0.0.0/8" if setting.loopback else ""
        (folder / "urls").write_text("".join(f"{url}\n" for url in urls), encoding="utf-8")
        self._environment = os.environ | {"HOME": str(folder), "TZ": "UTC"}
        for name in ("http_proxy", "no_proxy", "all_proxy", "https_proxy"):
            self._environment.pop(name, None)
            self._environment.pop(name.upper(), None)
        if setting.loopback:
            # The system need not know the names below `localhost` that the sources have; who resolves them may.
            self._environment["http_proxy"] = f"http://127.0.0.1:{port}"
        if self._setup is not None:
            self._run(self._setup, START)
            if self._failed is not None:
                raise CommandError(f"the setup failed: {self._failed}")
        self._ran = 0

    def poll(self, now: datetime) -> None:
        self._run(self._command, now)

    def restart(self) -> None:
        """Each run is a process of its own."""

    def titles(self) -> None:
        return None

    def trouble(self) -> str | None:
        return None if self._ran else self._failed

    def close(self) -> None:
        """Nothing outlives a run."""

    def _run(self, template: str, now: datetime) -> None:
        for url in self._urls if "{url}" in template else ("",):
            line = template
            for name, value in (
                ("folder", str(self._folder)),
                ("urls_file", str(self._folder / "urls")),
                ("allow", self._allow),
                ("url", url),
            ):
                line = line.replace(f"{{{name}}}", shlex.quote(value))
            self._run_line(line, now)

    def _run_line(self, line: str, now: datetime) -> None:
        words = ["sh", "-c", line]
        if self._clock == "faketime":
            words = [_faketime(), "-m", "-f", f"@{now:%Y-%m-%d %H:%M:%S}", *words]
        environment = self._environment | {"SOURCE_DATE_EPOCH": str(int(now.timestamp()))}
        # A session of its own, so that whatever the shell started ends with it.
        ran = subprocess.Popen(
            words,
            cwd=self._folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            out = ran.communicate(timeout=RUN_LIMIT)[0]
        except subprocess.TimeoutExpired:
            os.killpg(ran.pid, signal.SIGKILL)
            ran.communicate()
            self._failed = f"still running after {RUN_LIMIT} s"
            return
        if ran.returncode:
            said = out.decode("utf-8", "replace").strip().splitlines()
            self._failed = f"exit code {ran.returncode}: {said[-1] if said else 'without a word'}"
        else:
            self._ran += 1


class CommandError(Exception):
    """A command cannot be run here; the message says why and what to do."""


def _faketime() -> str:
    found = shutil.which("faketime")
    if found is None:
        raise CommandError("faketime is not installed (Debian: apt-get install faketime); or say --clock epoch")
    return found
