"""Desks that tests of several commands begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import DOCUMENT, SEEDS, Folder


@pytest.fixture
def desk(tmp_path: Path) -> Folder:
    """One document, not polled yet."""
    folder = Folder(tmp_path).config(SEEDS)
    folder.seed("1.txt", DOCUMENT)
    return folder


@pytest.fixture
def own(desk: Folder) -> Folder:
    """The same, polled and published."""
    assert desk.run("update").code == 0
    return desk
