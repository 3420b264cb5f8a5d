"""Fixtures that several test modules share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes import Site, running_site


@pytest.fixture
def site() -> Iterator[Site]:
    """A web site on loopback that ends with the test."""
    with running_site() as running:
        yield running
