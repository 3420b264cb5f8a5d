"""The command, run in a folder of its own: in this process, or as a person runs the installed one."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from feeds.cli.app import run
from feeds.encodings import ENDINGS

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
REAL_SEED = SHARED / "seeds" / "000_9b9c22e33f6b746e.txt"
FEEDS = Path(sys.executable).with_name("feeds")

SITE = '[site]\ntitle = "Test Desk"\nbase_url = "http://127.0.0.1:8080/"\n'


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Folder:
    """A desk in `path`. `epoch` fixes the present of its commands (seconds since 1970), None leaves the clock's."""

    path: Path
    epoch: int | None = None

    def config(self, text: str) -> Folder:
        """Writes `text` behind a `[site]` table as its config.toml."""
        (self.path / "config.toml").write_text(SITE + text, encoding="utf-8")
        return self

    def seed(self, name: str, text: str | bytes) -> Path:
        """Writes a document below `seeds/`."""
        path = self.path / "seeds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def run(self, *arguments: str) -> Ran:
        """`feeds ARGUMENTS` in the folder, in this process: a tenth of the time a new one takes."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as around, redirect_stdout(out), redirect_stderr(err):
            around.chdir(self.path)
            for name, value in self.environment.items():
                around.setenv(name, value)
            code = run(list(arguments))
        return Ran(code, out.getvalue(), err.getvalue())

    def start(self, *arguments: str, timeout: float = 120) -> Ran:
        """The same as a person does: the installed command in a process of its own."""
        done = subprocess.run(
            [FEEDS, *arguments], cwd=self.path, env=self.environment, capture_output=True, text=True, timeout=timeout
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    @property
    def environment(self) -> dict[str, str]:
        fixed = {} if self.epoch is None else {"SOURCE_DATE_EPOCH": str(self.epoch)}
        return {**os.environ, **fixed, "COLUMNS": "200", "NO_COLOR": "1"}

    @property
    def public(self) -> Path:
        return self.path / "var" / "public"

    def tree(self) -> dict[str, bytes]:
        """Every published file, without the encodings beside them."""
        files = (path for path in self.public.rglob("*") if path.is_file() and path.suffix not in ENDINGS)
        return {path.relative_to(self.public).as_posix(): path.read_bytes() for path in files}


SEEDS = '[[source]]\nname = "seeds"\nkind = "seed"\npath = "seeds"\n'

DOCUMENT = """Council votes for new ferry

March 3, 2026, Coastwire. The harbour council has voted for a new ferry on Tuesday evening.
It is to carry forty cars and to run every hour between the two banks of the river from May on.
The old ferry was built in 1971 and was out of order for eleven days in February this year.

Ferry crew welcomes the vote
- Politics
- PoliticsMayor rejects call for early electionFor Harbour+ readers only
- EconomyFish landings rise in February y/yFor Harbour+ readers only
- Economy
- EconomyBridge toll to stay at two euros
- Politics, EconomyCouncil sells old customs houseFor Harbour+ readers only
- SocietySchool choir wins regional prize
- Society
"""
"""A document of the seed grammar: one article, one headline, five titled rows (three premium), three bare ones."""


def listed(desk: Folder, *options: str) -> list[dict[str, Any]]:
    """The entries that `feeds entries list OPTIONS` gives."""
    ran = desk.run("entries", "list", "--json", *options)
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = ran.json
    return found
