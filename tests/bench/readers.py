"""The same three polls by programs that people use: lemon24/reader, newsboat and sfeed, on the same feeds.

Each is set up as its own documentation says. They get all feeds from one host, `http://127.0.0.1:PORT/f12/feed.xml`,
since their resolvers need not know names below localhost; for a client that keeps connections open an advantage.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.bench import stages
from tests.bench.site import Setup, Site
from tests.bench.stages import Figures

NOT_INSTALLED: Figures = {"result": "not installed"}


def lemon_reader(folder: Path, feeds: int) -> Figures:
    """lemon24/reader with its default storage and parsers, one thread: more of them cost more CPU."""
    return _lemon_reader(folder, feeds, search=False)


def lemon_reader_searched(folder: Path, feeds: int) -> Figures:
    """The same, and after each poll its search is told of what is new, without which it finds none of it."""
    return _lemon_reader(folder, feeds, search=True)


def _lemon_reader(folder: Path, feeds: int, *, search: bool) -> Figures:
    import reader

    # It warns of every answer whose media type it did not look at.
    logging.getLogger("reader").setLevel(logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    with Site(Setup(feeds)) as site:
        desk = reader.make_reader(str(folder / "reader.sqlite"), search_enabled=search)
        for number in range(feeds):
            desk.add_feed(site.plain_url(number))

        def update() -> None:
            desk.update_feeds(workers=1, scheduled=False)
            if search:
                desk.update_search()

        found = _measure(site, feeds, update, lambda: desk.get_entry_counts().total or 0, own=True)
        desk.close()
    return found


def newsboat(folder: Path, feeds: int) -> Figures:
    """newsboat, `-x reload`, with as many threads as there are processors."""
    if shutil.which("newsboat") is None:
        return NOT_INSTALLED
    folder.mkdir(parents=True, exist_ok=True)
    cache = folder / "cache.db"
    (folder / "config").write_text(f"reload-threads {os.cpu_count()}\n", encoding="utf-8")
    with Site(Setup(feeds)) as site:
        (folder / "urls").write_text(
            "".join(f"{site.plain_url(number)}\n" for number in range(feeds)), encoding="utf-8"
        )
        files = ["-u", str(folder / "urls"), "-c", str(cache), "-C", str(folder / "config")]
        command = ["newsboat", *files, "-x", "reload"]
        return _measure(site, feeds, lambda: _run(command, folder), lambda: _rows(cache))


def sfeed(folder: Path, feeds: int) -> Figures:
    """sfeed_update with the defaults of its manual; it knows no conditional requests."""
    if shutil.which("sfeed_update") is None:
        return NOT_INSTALLED
    folder.mkdir(parents=True, exist_ok=True)
    stored = folder / "feeds"
    with Site(Setup(feeds)) as site:
        rows = "".join(f'\tfeed "f{number}" "{site.plain_url(number)}"\n' for number in range(feeds))
        (folder / "sfeedrc").write_text(f'sfeedpath="{stored}"\nfeeds() {{\n{rows}}}\n', encoding="utf-8")
        command = ["sfeed_update", str(folder / "sfeedrc")]
        return _measure(site, feeds, lambda: _run(command, folder), lambda: _lines(stored))


def _measure(
    site: Site, feeds: int, update: Callable[[], object], count: Callable[[], int], *, own: bool = False
) -> Figures:
    """The three polls by `update`; raises `AssertionError` unless `count` finds every entry after each."""
    fresh = stages.fresh(feeds)

    def check(stage: int, _result: object) -> None:
        expected, found = sum(fresh[: stage + 1]), count()
        assert found == expected, f"{found} entries stored, not {expected}"

    return stages.measure(site, feeds, lambda _stage: update(), check, own=own)


def _run(command: list[str], home: Path) -> None:
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    subprocess.run(command, check=True, env=environment, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _rows(cache: Path) -> int:
    with closing(sqlite3.connect(cache)) as database:
        found: tuple[int] = database.execute("select count(*) from rss_item").fetchone()
    return found[0]


def _lines(stored: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in stored.iterdir())
