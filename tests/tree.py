"""A desk whose records are put in by hand, and the tree that is published of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest

from db.engine import Engine, open_engine, writing
from db.migrations import upgrade
from feeds.config import Config, parse
from feeds.declare import declare
from feeds.encodings import ENDINGS
from feeds.ingest import Saying, store
from feeds.model import Reading
from feeds.publish import Published, publish
from tests.command import SITE

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass(slots=True)
class Tree:
    """A desk that records are put into by hand."""

    engine: Engine
    config: Config
    folder: Path

    @classmethod
    def made(cls, config: Config, folder: Path) -> Tree:
        """An empty desk, which its caller disposes of."""
        engine = open_engine(config.database_url)
        upgrade(engine)
        declare(engine, config, NOW)
        return cls(engine, config, folder)

    def put(self, *records: object, source: str = "s", name: str = "doc", now: datetime = NOW) -> None:
        with writing(self.engine) as connection:
            from db.store import sources

            sources.add(connection, source, {"path": "x", "title": source.title()}, now)
            (found,) = [one for one in sources.every(connection) if one.name == source]
            one = Reading(name=name, digest=os.urandom(16), moment=now, records=records)  # type: ignore[arg-type]
            store(connection, [Saying(found.id, source, one)], prefix="tag:t,2026:", now=now)

    def run(self, *names: str, everything: bool = False, now: datetime = NOW, budget: int | None = None) -> Published:
        return publish(self.engine, self.config, now, names=names, everything=everything, budget=budget)

    def publish(self, *names: str, everything: bool = False, now: datetime = NOW) -> list[str]:
        """What was replaced of Atom feeds and of the pages beside them."""
        paths = self.run(*names, everything=everything, now=now).paths
        return [path for path in paths if _is_plain(path)]

    def atom(self) -> dict[str, bytes]:
        """The Atom feeds and the pages beside them."""
        return {path: data for path, data in self.all_files().items() if _is_plain(path)}

    def files(self) -> dict[str, bytes]:
        """Everything but archives, encodings, and marks of what is gone."""
        return {
            path: data
            for path, data in self.all_files().items()
            if not path.endswith(ENDINGS) and not path.startswith(("archive/", "gone/"))
        }

    def all_files(self) -> dict[str, bytes]:
        root = self.config.public
        return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}

    def configure(self, text: str) -> None:
        self.config = parse(SITE + text, self.folder / "config.toml")
        declare(self.engine, self.config, NOW)


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    made = Tree.made(parse(SITE, tmp_path / "config.toml"), tmp_path)
    yield made
    made.engine.dispose()


def _is_plain(path: str) -> bool:
    if path.startswith(("archive/", "gone/")):
        return False
    return path.endswith(".atom") or path in ("index.html", "style.css", "feeds.opml", "manifest.json")


def titles(data: bytes) -> list[str]:
    return [entry.title for entry in feedparser.parse(data).entries]
