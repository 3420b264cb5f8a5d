"""A score: every behaviour played against one client, and the table of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

import tests.behaviour.scenarios  # noqa: F401  # registers the behaviours
from tests.behaviour.scenario import BEHAVIOURS, Behaviour
from tests.behaviour.world import NewClient, Verdict, play

CORE = 16
"""Behaviours up to this number make the first total; the rest are their companions."""

USUAL = 30
"""Minutes between two runs of a command in the simulation that most behaviours share, and its length in days."""

SHOWN = 5
"""Faults of one behaviour in the JSON."""


def score_each(new_client: NewClient, chosen: Sequence[Behaviour] = BEHAVIOURS) -> list[Verdict]:
    """Each behaviour in a simulation of its own, finely: for a client whose runs cost milliseconds."""
    return [verdict for one in chosen for verdict in play([one], new_client, step=timedelta(minutes=one.setting.step))]


def score_together(
    new_client: NewClient,
    chosen: Sequence[Behaviour] = BEHAVIOURS,
    *,
    step: float = USUAL,
    days: float | None = None,
    said: Callable[[str], None] = lambda line: None,
) -> list[Verdict]:
    """Behaviours that can share a simulation do, coarsely: for a client whose runs are processes.

    `step` minutes and at most `days` hold for the simulation that most share. `said` hears what is being played.
    """
    verdicts: list[Verdict] = []
    for one in (one for one in chosen if one.setting.alone):
        said(f"{one.name}: {one.setting.days:g} days")
        verdicts += play([one], new_client, step=timedelta(minutes=one.setting.coarse))
    shared = sorted((one for one in chosen if not one.setting.alone), key=lambda one: one.setting.coarse)
    for coarse, group in groupby(shared, key=lambda one: one.setting.coarse):
        together = list(group)
        usual = coarse == USUAL
        said(f"{len(together)} behaviours, {max(one.setting.days for one in together):g} days")
        verdicts += play(
            together, new_client, step=timedelta(minutes=step if usual else coarse), days=days if usual else None
        )
    return sorted(verdicts, key=lambda verdict: verdict.behaviour.number)


def totals(verdicts: Sequence[Verdict]) -> dict[str, dict[str, int]]:
    """How many passed, failed and were not applicable, of the first sixteen and of their companions."""
    return {
        what: {state: sum(verdict.state == state for verdict in part) for state in ("pass", "fail", "n.a.")}
        for what, part in (
            ("core", [verdict for verdict in verdicts if verdict.behaviour.number <= CORE]),
            ("companions", [verdict for verdict in verdicts if verdict.behaviour.number > CORE]),
        )
    }


def table(name: str, verdicts: Sequence[Verdict]) -> str:
    """The score as text: one line a behaviour, then the totals."""
    lines = [name, ""]
    for verdict in verdicts:
        one = verdict.behaviour
        lines.append(f"{one.number:>2}  {one.name:16} {verdict.state:5} {one.title}")
        lines.append(f"{'':27} {verdict.seen}")
    lines.append("")
    for what, counts in totals(verdicts).items():
        lines.append(f"{what}: " + ", ".join(f"{count} {state}" for state, count in counts.items()))
    return "\n".join(lines)


def as_json(name: str, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The score as plain data."""
    return {
        "client": name,
        "behaviours": [
            {
                "number": verdict.behaviour.number,
                "name": verdict.behaviour.name,
                "title": verdict.behaviour.title,
                "verdict": verdict.state,
                "seen": verdict.seen,
                "requests": verdict.requests,
                "faults": [
                    {"words": fault.words, "request": str(fault.asked) if fault.asked is not None else None}
                    for fault in verdict.faults[:SHOWN]
                ],
            }
            for verdict in verdicts
        ],
        "totals": totals(verdicts),
    }
