"""A desk with entries that are for paying readers only, and its server: what tests of either audience begin with.

Each part of a gated entry that the public may not see holds a word of its own, which stands nowhere else.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from db.engine import Engine, open_engine
from db.migrations import upgrade
from db.records import Enclosure, Evidence
from feeds import tokens
from feeds.access import doubted
from feeds.config import Config, parse
from feeds.declare import declare
from feeds.publish import publish
from feeds.web import Server
from feeds.web.app import web_app
from tests.desk import MARKER, NOON, UNMARKED, record, tell
from tests.getting import Got, get

SITE = '[site]\ntitle = "River Post"\nbase_url = "http://news.example/f/"\n'
REGISTERED = Evidence("configured", "registration", "config.toml")
LOCKED = Evidence("isAccessibleForFree", "False", "schema.org NewsArticle")

BODIES = ("wormwood", "hyssop", "tansy", "borage")
"""Words of gated and doubted bodies: of an entry with a title, of one whose title is its body's beginning, of one
that a source only doubtfully calls locked, of one for readers who registered."""

PARTS = ("fileword", "pictureword", "episodeword")
"""Words of the addresses of files and pictures, and of what is said of an episode."""

OPEN = "marigold"
"""A word of a free body."""


def gated() -> list[object]:
    """Entries of every way to be gated, and a free one."""
    extra = {
        "images": [{"url": "https://cdn.example/pictureword.jpg"}],
        "episode": {"duration": 61, "kind": "episodeword"},
    }
    return [
        record(
            "Pilots stop work", url="https://news.example/1", text="The pilots have wormwood in the bay.",
            summary="Pilots stop at six.", evidence=(MARKER,), published=NOON, sections=("Harbour",),
            enclosures=(Enclosure("https://cdn.example/fileword.mp3", "audio/mpeg", 1000),),
            extra=json.dumps(extra, sort_keys=True, separators=(",", ":")), position=0,
        ),
        record(
            "The hyssop grew", title_from_body=True, url="https://news.example/2", text="The hyssop grew on the quay.",
            evidence=(MARKER,), published=NOON, sections=("Harbour",), position=1,
        ),
        record(
            "Tolls may rise", url="https://news.example/3", text="The toll on tansy may rise in spring.",
            evidence=doubted([LOCKED]), published=NOON, sections=("Harbour",), position=2,
        ),
        record(
            "Members meet", url="https://news.example/4", text="The members meet over borage.",
            evidence=(REGISTERED,), published=NOON, sections=("Town",), position=3,
        ),
        record(
            "Choir wins", url="https://news.example/5", text="The choir sang of marigold.",
            evidence=(UNMARKED,), published=NOON, sections=("Town",), position=4,
        ),
    ]  # fmt: skip


@dataclass(slots=True)
class Paying:
    """A desk that is served. `now` is its present."""

    engine: Engine
    config: Config
    folder: Path
    now: datetime = NOON
    port: int = 0
    _made: int = field(default=0)

    def ask(self, path: str, method: str = "GET", **headers: str) -> Got:
        """One request, its path as it is written here."""
        return get(self.port, path, method, **headers)

    def token(self, name: str = "", expires_at: datetime | None = None) -> str:
        """A new token."""
        self._made += 1
        name = name or f"reader {self._made}"
        return tokens.create(self.engine, name, self.now, secrets.token_bytes, expires_at).token

    def publish(self) -> None:
        publish(self.engine, self.config, self.now)

    def put(self, *records: object, name: str = "doc") -> None:
        tell(self.engine, name, *records, now=self.now)  # type: ignore[arg-type]


@contextmanager
def paying(folder: Path, config: str = "", *, site: str = SITE) -> Iterator[Paying]:
    """A desk in `folder` with the entries of `gated`, published, and served until the block ends."""
    parsed = parse(site + config, folder / "config.toml")
    engine = open_engine(parsed.database_url)
    upgrade(engine)
    declare(engine, parsed, NOON)
    desk = Paying(engine, parsed, folder)
    desk.put(*gated())
    desk.publish()
    clock: Callable[[], datetime] = lambda: desk.now  # noqa: E731  # so that it follows
    server = Server(web_app(engine, parsed, clock), "127.0.0.1", 0)
    server.start()
    desk.port = int(server.url.rpartition(":")[2].rstrip("/"))
    try:
        yield desk
    finally:
        server.stop()
        engine.dispose()
