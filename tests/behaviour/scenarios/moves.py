"""Sources that move, for good or for now, and sources that are gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from tests.behaviour.pages import always, instead, steady
from tests.behaviour.scenario import Answer, Fault, Judge, Moment, Observed, Setting, Stage, at_least, behaviour, spell
from tests.behaviour.server import Asked, Reply

SIGHTINGS = 3
SEEN_FOR = timedelta(days=2)
"""How often and how long the same target has to be seen before an address is replaced."""

DAYS = 4


def _to(status: int, target: Callable[[Moment], str]) -> Answer:
    """A redirect whose target may change."""
    return lambda asked, moment: Reply(status=status, headers=(("Location", target(moment)),))


def _early(old: Sequence[Asked], new: Sequence[Asked]) -> list[Fault]:
    """The requests for the new address that came when too little spoke for it."""
    faults = []
    for one in new:
        before = [each for each in old if each.at <= one.at]
        direct = not before or before[-1].at != one.at
        if direct and (len(before) < SIGHTINGS or one.at - before[0].at < SEEN_FOR):
            span = spell(one.at - before[0].at) if before else "no time"
            faults.append(Fault(f"new address asked directly after {len(before)} sightings over {span}", one))
    return faults


def _moves(stage: Stage, status: int) -> Judge:
    new = stage.page("/new", steady(stage.name))
    old = stage.source("/old", _to(status, lambda moment: new))

    def judge(seen: Observed) -> list[Fault]:
        sightings, reached = seen.to(old), seen.to(new)
        faults = [*at_least(sightings, SIGHTINGS), *at_least(reached, SIGHTINGS + 1), *_early(sightings, reached)]
        late = [one for one in sightings if one.at - seen.runs[0] > timedelta(days=DAYS - 1)]
        if late:
            faults.append(Fault(f"old address still asked after {len(sightings)} sightings", late[-1]))
        return faults

    return judge


@behaviour(
    18,
    "moved",
    "A 301 is adopted after three sightings over two days",
    Setting(days=DAYS, coarse=180),
)
def moved(stage: Stage) -> Judge:
    return _moves(stage, 301)


@behaviour(
    19,
    "moved-308",
    "A 308 is adopted like a 301",
    Setting(days=DAYS, coarse=180),
)
def moved_308(stage: Stage) -> Judge:
    return _moves(stage, 308)


@behaviour(
    20,
    "moved-for-now",
    "302, 303, 307 and a 301 whose target changes are followed, never adopted",
    Setting(days=DAYS, coarse=180),
)
def moved_for_now(stage: Stage) -> Judge:
    news = [stage.page(f"/new-{which}", steady(stage.name)) for which in ("a", "b")]
    olds = [stage.source(f"/{status}", _to(status, lambda moment: news[0])) for status in (302, 303, 307)]
    olds.append(stage.source("/301", _to(301, lambda moment: news[moment.nth % 2])))

    def judge(seen: Observed) -> list[Fault]:
        faults: list[Fault] = []
        for old in olds:
            faults += at_least(seen.to(old), SIGHTINGS + 1)
            last = seen.to(old)[-1:]
            faults += [
                Fault(f"{old} not asked any more", one) for one in last if seen.runs[-1] - one.at > timedelta(days=1.5)
            ]
        if not [one for new in news for one in seen.to(new)]:
            faults.append(Fault("not followed"))
        return faults

    return judge


@behaviour(
    21,
    "gone",
    "After a 410 nothing is asked for two weeks",
    Setting(days=14.5, coarse=180),
)
def gone(stage: Stage) -> Judge:
    url = stage.source("/feed", instead(steady(stage.name), always(Reply(status=410)), since=5))
    stage.source("/well", steady(f"{stage.name}-w", (("Cache-Control", "max-age=86400"),)))

    def judge(seen: Observed) -> list[Fault]:
        told = [one for one in seen.to(url) if one.reply.status == 410]
        return [*at_least(told, 1), *(Fault("asked again after a 410", one) for one in told[1:])]

    return judge
