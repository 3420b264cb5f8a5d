"""Clocks that jump and machines that sleep: no storm afterwards, and no stall."""

from __future__ import annotations

from datetime import timedelta

from tests.behaviour.pages import steady
from tests.behaviour.scenario import Fault, Judge, Observed, Setting, Stage, behaviour, gaps, sooner, spell
from tests.behaviour.server import START, hours

HOUR = timedelta(hours=1)
SOURCES = 6
ASLEEP = (hours(4), hours(12))
JUMPS = ((hours(10), timedelta(days=1)), (hours(22), timedelta(days=-1)))
STALLED = hours(3)
"""Real time after a jump by which a source due hourly has to be asked again."""


@behaviour(
    35,
    "jumps",
    "A clock that jumps a day ahead or back: no storm, no stall",
    Setting(days=1.5, alone=True, jumps=JUMPS),
)
def jumps(stage: Stage) -> Judge:
    urls = [stage.source(f"/{number}", steady(f"{stage.name}-{number}")) for number in range(SOURCES)]

    def judge(seen: Observed) -> list[Fault]:
        faults: list[Fault] = []
        for url in urls:
            asked = seen.to(url)
            for gap, earlier, later in gaps(asked):
                # Whoever believes the clock may ask once right after the jump.
                spans = any(earlier.at < START + when <= later.at for when, _ in JUMPS)
                if gap < HOUR and not spans:
                    faults.append(Fault(f"asked again after {spell(gap)}", later))
            for when, by in JUMPS:
                moment = START + when
                if not any(moment <= one.at <= moment + STALLED for one in asked):
                    days = by // timedelta(days=1)
                    faults.append(Fault(f"{url} not asked for {spell(STALLED)} after a jump of {days:+d} day"))
        return faults

    return judge


@behaviour(
    36,
    "sleep",
    "A machine that slept eight hours asks each source once",
    Setting(days=0.75, alone=True, asleep=ASLEEP),
)
def sleep(stage: Stage) -> Judge:
    urls = [stage.source(f"/{number}", steady(f"{stage.name}-{number}")) for number in range(SOURCES)]

    def judge(seen: Observed) -> list[Fault]:
        faults: list[Fault] = []
        woke = START + ASLEEP[1]
        for url in urls:
            faults += sooner(seen.to(url), HOUR, "there is nothing to catch up on")
            if not any(woke <= one.at < woke + HOUR for one in seen.to(url)):
                faults.append(Fault(f"{url} not asked within an hour after waking"))
        return faults

    return judge
