"""Stretches of time as people say them."""

from __future__ import annotations


def span(seconds: float) -> str:
    """A stretch in one unit, to one part in ten or so: "40 s", "90 min", "3 h", "2 days". None is shorter than 0 s."""
    for unit, size in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"
