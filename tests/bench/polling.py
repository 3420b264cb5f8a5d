"""Polls of many feeds over HTTP: everything new, nothing new, a little new; in CPU seconds, start-up apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from db.engine import Engine, open_engine
from db.migrations import upgrade
from feeds.config import Config, parse
from feeds.declare import declare
from feeds.poll import PollResult, poll
from tests.bench import corpus, stages
from tests.bench.site import NETWORKS, Setup, Site
from tests.bench.stages import FEEDS, Figures

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk with its sources declared and its database made: what is left is to poll."""

    engine: Engine
    config: Config


def desk(folder: Path, urls: Sequence[str], *, poll_settings: str = "") -> Desk:
    """A desk in `folder` with the source `s<n>` for each of `urls`; `poll_settings` are lines of `[poll]`."""
    networks = ", ".join(f'"{network}"' for network in NETWORKS)
    lines = [
        '[site]\ntitle = "Bench"\nbase_url = "http://127.0.0.1/"\n',
        f"[poll]\nallow_networks = [{networks}]\n{poll_settings}",
        *(f'[[source]]\nname = "s{number}"\nurl = "{url}"\n' for number, url in enumerate(urls)),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    config = parse("\n".join(lines), folder / "config.toml")
    engine = open_engine(config.database_url)
    upgrade(engine)
    declare(engine, config, corpus.NOW)
    return Desk(engine, config)


def measure(folder: Path, feeds: int = FEEDS) -> Figures:
    """CPU and wall seconds of the three polls and the memory of all processes, for `feeds` feeds of 30 entries."""
    warm(folder / "warm")
    with Site(Setup(feeds)) as site:
        ours = desk(folder, [site.host_url(number) for number in range(feeds)])
        found = stages.measure(
            site,
            feeds,
            lambda stage: poll(ours.engine, ours.config, corpus.NOW + 12 * stage * HOUR, everyone=True),
            lambda stage, results: check(results, feeds, stages.fresh(feeds)[stage]),
        )
        ours.engine.dispose()
    return found | {"database_mb": round(size(ours.config) / 1e6)}


def warm(folder: Path) -> None:
    """Starts what is started once in a process, the server that makes workers: a daemon has it, and so have the peers
    their libraries before their clock runs."""
    folder.mkdir(parents=True)
    (folder / "feed.xml").write_bytes(corpus.feed(0))
    text = '[site]\ntitle = "Warm"\nbase_url = "http://127.0.0.1/"\n[[source]]\nname = "w"\npath = "feed.xml"\n'
    config = parse(text, folder / "config.toml")
    engine = open_engine(config.database_url)
    upgrade(engine)
    declare(engine, config, corpus.NOW)
    check(poll(engine, config, corpus.NOW), 1, corpus.ENTRIES)
    engine.dispose()


def check(results: Sequence[PollResult], sources: int, new: int) -> None:
    """Raises `AssertionError` unless each of `sources` was polled well, and `new` entries were stored in all."""
    troubled = [result for result in results if result.errors]
    assert not troubled, f"{len(troubled)} sources failed, such as {troubled[0].source}: {troubled[0].error}"
    assert len(results) == sources, f"{len(results)} results for {sources} sources"
    stored = sum(result.tally.new for result in results)
    assert stored == new, f"{stored} new entries, not {new}"


def size(config: Config) -> int:
    """Bytes of the database, its write-ahead log included."""
    path = Path(config.database_url.removeprefix("sqlite:///"))
    return sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*"))
