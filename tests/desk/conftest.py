"""Desks that many test modules ask; a module whose desk is another one has its own of the same name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk.calls import Api, api_of
from tests.desk.demo import demo_desk
from tests.desk.web import GUARDED, Web, running_desk


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """A desk without a password, and with nothing in it."""
    with running_desk(tmp_path) as running:
        yield running


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Web]:
    """The same with a password."""
    with running_desk(tmp_path, GUARDED) as running:
        yield running


@pytest.fixture
def api(web: Web) -> Api:
    """The API of `web` for a program that may read and write."""
    return api_of(web, "read", "write")


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The desk of the demonstration, which is only read."""
    with demo_desk(tmp_path_factory.mktemp("demo"), per_source=12) as running:
        yield running
