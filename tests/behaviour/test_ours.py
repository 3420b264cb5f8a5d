"""How this checkout polls: every behaviour, each in a simulation of its own."""

from __future__ import annotations

import pytest

from tests.behaviour.client import Ours
from tests.behaviour.scenario import BEHAVIOURS, Behaviour
from tests.behaviour.score import score_each


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda one: one.name)
def test_our_poller_behaves(behaviour: Behaviour) -> None:
    (verdict,) = score_each(Ours, [behaviour])
    shown = "\n".join(f"{fault.words}: {fault.asked}" for fault in verdict.faults[:5])
    assert verdict.state == "pass", f"{behaviour.title}: {verdict.seen}\n{shown}"
