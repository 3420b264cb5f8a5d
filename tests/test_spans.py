"""Stretches of time in words."""

from __future__ import annotations

import pytest

from feeds.spans import span


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 s"), (0, "0 s"), (40.4, "40 s"), (119, "119 s"), (120, "2 min"), (3600, "60 min"), (5400, "90 min"),
        (7199, "120 min"), (7200, "2 h"), (40 * 3600, "40 h"), (48 * 3600, "2 days"), (70 * 3600, "3 days"),
    ],
)  # fmt: skip
def test_a_span_has_one_unit(seconds: float, said: str) -> None:
    assert span(seconds) == said
