"""What the tests of alerts share: a desk with rules, troubles and entries, and servers that take what is sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from db.engine import Engine, reading, writing
from db.store import incidents, sources
from feeds.alerts import deliver, plan
from feeds.config import Config, parse
from tests.desk import NOON, record, tell
from tests.fakes import Reply, Seen, Site, serving

DESK = '[site]\ntitle = "Test Desk"\nbase_url = "http://127.0.0.1:8080/"\ntimezone = "Europe/Vilnius"\n'
FERRY = '[[saved]]\nname = "ferry"\nquery = "ferry"\n'
VILNIUS = ZoneInfo("Europe/Vilnius")
MINUTE = timedelta(minutes=1)


def rule(tower: Tower, text: str = "", name: str = "desk", *to: str) -> str:
    """A rule that tells the addresses `to`, by default one of the site's; `text` is what else stands in it."""
    given = ", ".join(f'"{address}"' for address in to or (tower.hook(),))
    return f'[[alert]]\nname = "{name}"\nto = [{given}]\n{text}\n'


def begin(engine: Engine, *names: str) -> None:
    """Sources that have been asked before: what they say from now on is news."""
    for name in names:
        tell(engine, "first", record(f"What {name} had to say at first"), source=name, now=NOON - timedelta(days=9))


@dataclass(slots=True)
class Tower:
    """A desk whose rules tell `site` of what happens. `now` is what its clock says."""

    engine: Engine
    folder: Path
    site: Site
    now: datetime = NOON
    config: Config = field(init=False)

    def configure(self, text: str) -> None:
        """The rules, and whatever else stands in the configuration."""
        self.config = parse(DESK + text, self.folder / "config.toml")

    def hook(self, path: str = "/hook", status: int = 200) -> str:
        """An address at which `site` takes JSON, or refuses it."""
        self.site.put(path, Reply(status=status, body=b"ok"))
        return f"json://127.0.0.1:{self.site.port}{path}"

    def open(self, kind: str = "failing", subject: str = "harbour", source: str | None = None, **how: Any) -> None:
        """A trouble begins."""
        with writing(self.engine) as connection:
            source_id = None
            if source is not None:
                options = how.pop("options", {"kind": "seed", "path": source})
                sources.add(connection, source, options, self.now)
                found = sources.by_name(connection, source)
                assert found is not None
                sources.edit(connection, found.id, options, self.now)
                source_id = found.id
            message = how.pop("message", f"{subject}: is in trouble")
            incidents.open_incident(connection, kind, subject, message, self.now, source_id, **how)

    def close(self, kind: str = "failing", subject: str = "harbour", why: str | None = None) -> None:
        """A trouble ends."""
        with writing(self.engine) as connection:
            incidents.close_incident(connection, kind, subject, self.now, why)

    def plan(self, after: timedelta = timedelta(0)) -> int:
        self.now += after
        return plan(self.engine, self.config, self.now)

    def deliver(self, after: timedelta = timedelta(0), **how: Any) -> None:
        self.now += after
        deliver(self.engine, self.config, lambda: self.now, **how)

    def run(self, after: timedelta = timedelta(0)) -> list[dict[str, str]]:
        """A plan and what follows from it; what was sent meanwhile."""
        before = len(self.site.log)
        self.plan(after)
        self.deliver()
        return [said(seen) for seen in self.site.log[before:]]

    def titles(self) -> list[str]:
        """Titles of all that was sent so far, whatever came of it."""
        return [said(seen)["title"] for seen in self.site.log]

    def rows(self) -> list[tuple[Any, ...]]:
        """The outbox: kind, target, attempts, error."""
        with reading(self.engine) as connection:
            found = connection.execute(text("SELECT kind, target, attempts, error FROM deliveries ORDER BY id"))
            return [tuple(row) for row in found]

    def opened(self) -> list[tuple[str, str]]:
        """Kinds and subjects of the troubles that last."""
        with reading(self.engine) as connection:
            return [(one.kind, one.subject) for one in incidents.opened(connection)]

    def database(self) -> bytes:
        """Every byte that is kept."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("feeds.sqlite3*")))


def said(seen: Seen) -> dict[str, str]:
    """What a hook was sent."""
    found: dict[str, str] = json.loads(seen.body)
    return found


@dataclass(slots=True)
class Post:
    """A mail server on `port`; `letters` are what it took. `refuses` says no to every recipient."""

    port: int
    letters: list[EmailMessage] = field(default_factory=list)
    refuses: bool = False


class _Smtp(StreamRequestHandler):
    """As much of SMTP (RFC 5321) as a client of one message needs."""

    server: _Mail

    def handle(self) -> None:
        post = self.server.post
        self._say("220 post.example ready")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self._say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                letter = message_from_bytes(b"".join(lines), policy=policy.default)
                assert isinstance(letter, EmailMessage)
                post.letters.append(letter)
            if verb == b"QUIT":
                self._say("221 bye")
                return
            self._say("550 no such user" if verb == b"RCPT" and post.refuses else "250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Mail(ThreadingTCPServer):
    daemon_threads = True
    post: Post


@contextmanager
def running_post() -> Iterator[Post]:
    """A mail server on a free port of 127.0.0.1 that ends with the block."""
    with _Mail(("127.0.0.1", 0), _Smtp) as server:
        server.post = Post(server.server_address[1])
        with serving(server, threading.Event()):
            yield server.post
