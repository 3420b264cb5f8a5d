"""Fixtures that several test modules share, and the rule that in CI nothing skips."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import Connection, Engine, writing
from feeds.validate import verdicts
from tests.alerting import Tower, begin
from tests.desk import new_engine
from tests.fakes import Site, running_site
from tests.polls import Bench


@pytest.fixture(autouse=True)
def unjudged() -> Iterator[None]:
    """Entries that one test had judged are judged anew in the next: where the first was an `untraced` one, coverage
    would never see the lines that the second is there for."""
    yield
    verdicts._verdicts.clear()


@pytest.fixture
def site() -> Iterator[Site]:
    """A web site on loopback that ends with the test."""
    with running_site() as running:
        yield running


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty database at the newest schema."""
    made = new_engine(tmp_path)
    yield made
    made.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """The transaction of a writer to it, for the whole test."""
    with writing(engine) as connection:
        yield connection


@pytest.fixture
def bench(tmp_path: Path, engine: Engine, site: Site) -> Bench:
    """A desk without sources; those it is given lead to `site`."""
    return Bench(engine, tmp_path, site)


@pytest.fixture
def tower(tmp_path: Path, engine: Engine, site: Site) -> Tower:
    """A desk whose rules tell `site` of what happens; two of its sources have been asked before."""
    begin(engine, "harbour", "bay")
    return Tower(engine, tmp_path, site)


@pytest.fixture
def untraced(no_cover: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Bounds of CPU time are those of the code: what counts its lines makes it up to three times as slow, also in
    processes that a test starts, and so does a collector that looks through what other tests left. What runs long by
    itself, and tells of lines nothing that other tests do not, need not be as slow either."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says in CI which tests skipped; the process that reports them has them all, those of workers too."""
    if os.environ.get("CI") and (skipped := terminalreporter.stats.get("skipped")):
        terminalreporter.section("skipped, which fails in CI", red=True)
        for report in skipped:
            terminalreporter.line(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails a run in CI that skipped a test: what it needs is to be installed there (`.ci/run`)."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
