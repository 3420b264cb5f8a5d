"""Sources in trouble: slower and slower, never given up, quick again once they work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from tests.behaviour.pages import ENTRIES, Edition, always, feed, instead, page, steady
from tests.behaviour.scenario import (
    Answer,
    Fault,
    Judge,
    Moment,
    Observed,
    Setting,
    Stage,
    at_least,
    behaviour,
    gaps,
    sooner,
    spell,
)
from tests.behaviour.server import START, Asked, Reply, hours, http_date

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
SLACK = 1.25
"""How much longer than the shortest of its kind a wait may be, for the jitter and for the time between two runs."""

FAILING = hours(24 * 56)
"""Eight weeks: as long as the source of `dormant` fails."""

BROKEN = Reply(status=500, body=b"trouble")


def _slower(asked: Sequence[Asked]) -> list[Fault]:
    """A fault where the waits between failures in a row do not grow."""
    waits = [gap for gap, _, _ in gaps(asked)]
    faults = [
        Fault(f"asked again after {spell(wait)}, before that after {spell(max(waits[:number]))}", asked[number + 1])
        for number, wait in enumerate(waits)
        if number and wait * SLACK < max(waits[:number])
    ]
    if len(waits) > 2 and max(waits) < waits[0] * 1.5:
        faults.append(Fault(f"{len(waits)} failures in a row, always {spell(waits[0])} apart", asked[-1]))
    return faults


def _limited(value: str | None) -> Answer:
    """A 429 with a Retry-After of `value`; None: the date in three hours."""

    def answer(asked: Asked, moment: Moment) -> Reply:
        return Reply(status=429, headers=(("Retry-After", value or http_date(moment.now + hours(3))),))

    return answer


@behaviour(11, "429", "After a 429 at least Retry-After is waited, in seconds or a date; longer if it is repeated")
def too_many(stage: Stage) -> Judge:
    seconds = stage.source("/seconds", instead(steady(f"{stage.name}-s"), _limited("5400"), since=0.2))
    date = stage.source("/date", instead(steady(f"{stage.name}-d"), _limited(None), since=0.2))

    def judge(seen: Observed) -> list[Fault]:
        refused = [[one for one in seen.to(url) if one.reply.status == 429] for url in (seconds, date)]
        return [
            *at_least(refused[0], 3),
            *at_least(refused[1], 3),
            *sooner(refused[0], hours(1.5), "Retry-After in seconds"),
            *sooner(refused[1], hours(3), "Retry-After as a date"),
            *_slower(refused[0]),
        ]

    return judge


@behaviour(30, "backoff", "Failures in a row are asked less and less, down to once a day")
def backoff(stage: Stage) -> Judge:
    url = stage.source("/feed", instead(steady(stage.name), always(BROKEN), since=0.2))
    stage.source("/well", steady(f"{stage.name}-w"))

    def judge(seen: Observed) -> list[Fault]:
        failed = [one for one in seen.to(url) if one.reply.status == 500]
        faults = [*at_least(failed, 4), *sooner(failed, HOUR, "it fails"), *_slower(failed)]
        faults += [
            Fault(f"not asked for {spell(gap)}, within the first three days", later)
            for gap, _, later in gaps(failed)
            if gap > hours(24) * SLACK
        ]
        if len(failed) > 20:
            faults.append(Fault(f"{len(failed)} requests to a source that failed for three days", failed[-1]))
        return faults

    return judge


@behaviour(
    31,
    "dormant",
    "A dead source is asked weekly, for ever, and hourly again once it works",
    Setting(days=66, step=120, coarse=720),
)
def dormant(stage: Stage) -> Judge:
    def edition(moment: Moment) -> Edition:
        # News when it works again: what has said nothing for weeks may well be asked rarely.
        passed = int(moment.hours // 48) * 48 if moment.elapsed >= FAILING else 0
        body = feed(stage.name, ENTRIES + passed, first=passed)
        return Edition(body=body, etag=f'"{stage.name}-{passed}"')

    url = stage.source("/feed", instead(page(edition), always(BROKEN), since=0.2, until=FAILING / HOUR))
    # That others work tells the client that the network does; rarely, so that weeks stay cheap.
    stage.source("/well", steady(f"{stage.name}-w", (("Cache-Control", "max-age=86400"),)))

    def judge(seen: Observed) -> list[Fault]:
        asked = seen.to(url)
        failed = [one for one in asked if one.reply.status == 500]
        well = [one for one in asked if one.at - START >= FAILING]
        faults = [*at_least(failed, 6)]
        faults += [Fault(f"not asked for {spell(gap)}", later) for gap, _, later in gaps(asked) if gap > WEEK * SLACK]
        last = gaps(failed)[-1:]
        faults += [Fault(f"still asked after {spell(gap)}", one) for gap, _, one in last if gap < timedelta(days=6)]
        if not well:
            faults.append(Fault(f"given up: last asked {spell(asked[-1].at - START)} after the start", asked[-1]))
        elif not [gap for gap, _, _ in gaps(well) if gap <= hours(12) * SLACK]:
            faults.append(Fault("still slow after it worked again", well[-1]))
        return faults

    return judge
