"""What the tests of polling share: a desk, its sources on one site, and the feeds they get."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from db.engine import Engine, reading
from db.records import SourceRecord
from db.store import entries, incidents, sources
from feeds.config import Config, parse
from feeds.declare import declare
from feeds.poll import PollResult, poll
from tests.command import SITE
from tests.fakes import Site

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def rss(*titles: str) -> bytes:
    items = "".join(
        f"<item><title>{title}</title><link>https://n.example/{title}</link><guid>{title}</guid></item>"
        for title in titles
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>N</title>{items}</channel></rss>'.encode()


def dated_rss(*numbers: int) -> bytes:
    """A feed of "No 1" to "No 31", each of that day of October, the newest first."""
    items = "".join(
        f"<item><title>No {number}</title><link>https://n.example/{number}</link>"
        f"<pubDate>{number:02} Oct 2026 08:00:00 GMT</pubDate></item>"
        for number in sorted(numbers, reverse=True)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>N</title>{items}</channel></rss>'.encode()


@dataclass(slots=True)
class Bench:
    """A desk whose sources are `*.localhost` names that lead to one site."""

    engine: Engine
    folder: Path
    site: Site
    now: datetime = NOW
    config: Config = field(init=False)

    def configure(self, sources: dict[str, str], rest: str = "", settings: str = "") -> None:
        """Sources by name and address; `rest` follows the `[poll]` table, `settings` are of it."""
        text = f'{SITE}[poll]\nallow_networks = ["127.0.0.0/8", "::1/128"]\ndeadline = 3\n{settings}\n{rest}\n'
        text += "".join(f'[[source]]\nname = "{name}"\nurl = "{url}"\n' for name, url in sources.items())
        self.config = parse(text, self.folder / "config.toml")
        declare(self.engine, self.config, self.now)

    def at(self, host: str, path: str = "/feed") -> str:
        return f"http://{host}.localhost:{self.site.port}{path}"

    def poll(self, after: timedelta = timedelta(0), **how: object) -> dict[str, PollResult]:
        self.now += after
        results = poll(self.engine, self.config, self.now, rng=lambda: 0.0, **how)  # type: ignore[arg-type]
        return {result.source: result for result in results}

    def source(self, name: str = "n") -> SourceRecord:
        with reading(self.engine) as connection:
            return next(one for one in sources.every(connection) if one.name == name)

    def titles(self) -> set[str]:
        with reading(self.engine) as connection:
            return {entry.title for entry in entries.listing(connection)}

    def incidents(self) -> list[tuple[str, str]]:
        with reading(self.engine) as connection:
            return [(one.kind, one.subject) for one in incidents.opened(connection)]
