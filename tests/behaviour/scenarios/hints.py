"""What servers and documents say about when to come back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from tests.behaviour.pages import Edition, Headers, always, feed, instead, page, steady
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

Asks = Sequence[tuple[str, timedelta]]

SKIPPED_HOURS = range(0, 6)
SUNDAY = 6

LATEST = hours(28)
"""When a source is asked again at the latest, whatever its first Retry-After says: a day, and some for the jitter."""


def _waits(asks: Asks, number: int = 3) -> Judge:
    """A judge who wants every source (URL, least wait) asked, and never sooner than it said."""

    def judge(seen: Observed) -> list[Fault]:
        return [
            fault
            for url, least in asks
            for fault in (*at_least(seen.to(url), number), *sooner(seen.to(url), least, _target(url)))
        ]

    return judge


def _target(url: str) -> str:
    return url.rpartition("/")[2]


def _aged(first: int | None, later: int | None) -> Answer:
    """A page whose 200 and 304 each say a max-age, or none."""

    body, etag = feed(f"aged-{first}-{later}"), f'"{first}-{later}"'
    return page(Edition(body=body, etag=etag, headers=_public(first), headers_304=_public(later)))


def _public(seconds: int | None) -> Headers:
    return () if seconds is None else (("Cache-Control", f"public, max-age={seconds}"),)


@behaviour(10, "max-age", "max-age is obeyed, also on 304 and 429")
def max_age(stage: Stage) -> Judge:
    usual = steady(stage.name, _public(9000))

    def every_other(asked: Asked, moment: Moment) -> Reply:
        return Reply(status=429, headers=_public(9000)) if moment.nth % 2 else usual(asked, moment)

    urls = [
        stage.source("/both", _aged(7200, 7200)),
        stage.source("/200-only", _aged(10_800, None)),
        stage.source("/304-only", _aged(None, 7200)),
        stage.source("/304-shortens", _aged(14_400, 7200)),
        stage.source("/429", every_other),
    ]
    return lambda seen: [fault for url in urls for fault in (*at_least(seen.to(url), 3), *_impatient(seen.to(url)))]


def _impatient(asked: Sequence[Asked]) -> list[Fault]:
    """Every request that came before the max-age of the last answer, or of the last that named one, had passed."""
    faults: list[Fault] = []
    held = 0
    for gap, earlier, later in gaps(asked):
        said = re.search(r"max-age=(\d+)", earlier.reply.get("cache-control") or "")
        held = int(said[1]) if said else held
        if gap < timedelta(seconds=held):
            faults.append(Fault(f"{later.target}: asked again after {spell(gap)} of max-age={held}", later))
    return faults


@behaviour(25, "retry-after", "Retry-After is obeyed on 503 and on 200 as well")
def retry_after(stage: Stage) -> Judge:
    busy = Reply(status=503, headers=(("Retry-After", "9000"),))
    asked_for = (("Retry-After", "9000"),)
    return _waits(
        [
            (stage.source("/503", always(busy)), hours(2.5)),
            (stage.source("/200", page(Edition(body=feed(stage.name), etag='"r"', headers=asked_for))), hours(2.5)),
        ]
    )


@behaviour(
    26,
    "retry-after-odd",
    "Odd values of Retry-After lose no source: huge, negative, past, no number",
    Setting(days=1.25),
)
def retry_after_odd(stage: Stage) -> Judge:
    values = {
        "huge": "8640000",
        "past": http_date(START - timedelta(days=400)),
        "negative": "-100",
        "words": "in a while",
        "none": "",
    }
    urls = [
        stage.source(
            f"/{name}",
            instead(
                always(Reply(status=503, headers=(("Retry-After", value),))), steady(f"{stage.name}-{name}"), since=0.2
            ),
        )
        for name, value in values.items()
    ]

    def judge(seen: Observed) -> list[Fault]:
        faults: list[Fault] = []
        for url in urls:
            asked = seen.to(url)
            first = next((number for number, one in enumerate(asked) if one.reply.status == 503), None)
            if first is None:
                faults += at_least(asked, 2)
                continue
            faults += sooner(asked[first : first + 2], hours(1), _target(url))
            if not [one for one in asked[first + 1 :] if one.at - asked[first].at <= LATEST]:
                faults.append(Fault(f"{_target(url)}: not asked again within {spell(LATEST)}", asked[first]))
        return faults

    return judge


@behaviour(27, "expires", "Expires is obeyed where there is no max-age; an Expires of 0 spoils nothing")
def expires(stage: Stage) -> Judge:
    def dated(moment: Moment) -> Edition:
        return Edition(body=feed(stage.name), etag='"x"', headers=(("Expires", http_date(moment.now + hours(3))),))

    def aged(moment: Moment) -> Edition:
        said = (("Expires", http_date(moment.now)), ("Cache-Control", "max-age=7200"))
        return Edition(body=feed(f"{stage.name}-m"), etag='"m"', headers=said)

    zero = stage.source("/zero", steady(f"{stage.name}-z", (("Expires", "0"),)))
    waits = _waits(
        [
            (stage.source("/dated", page(dated)), hours(3)),
            (stage.source("/with-max-age", page(aged)), hours(2)),
            (zero, hours(1)),
        ]
    )

    def judge(seen: Observed) -> list[Fault]:
        later = [one for one in seen.to(zero)[1:] if not one.conditional]
        return [*waits(seen), *(Fault("unconditional after Expires: 0", one) for one in later)]

    return judge


@behaviour(28, "document", "ttl and sy:updatePeriod of a document are obeyed, also while it answers 304")
def document(stage: Stage) -> Judge:
    often = "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>6</sy:updateFrequency>"
    return _waits(
        [
            (stage.source("/ttl", steady(f"{stage.name}-t", extra="<ttl>180</ttl>")), hours(3)),
            (stage.source("/period", steady(f"{stage.name}-p", extra=often)), hours(4)),
        ]
    )


@behaviour(29, "skip", "skipHours and skipDays are obeyed")
def skip(stage: Stage) -> Judge:
    numbers = "".join(f"<hour>{hour}</hour>" for hour in SKIPPED_HOURS)
    nightly = stage.source("/hours", steady(f"{stage.name}-h", extra=f"<skipHours>{numbers}</skipHours>"))
    weekly = stage.source("/days", steady(f"{stage.name}-d", extra="<skipDays><day>Sunday</day></skipDays>"))

    def judge(seen: Observed) -> list[Fault]:
        by_night = [one for one in seen.to(nightly) if one.at.hour in SKIPPED_HOURS and not _begins(one)]
        on_sunday = [one for one in seen.to(weekly) if one.at.weekday() == SUNDAY and not _begins(one)]
        return [
            *at_least(seen.to(nightly), 3),
            *at_least(seen.to(weekly), 3),
            *(Fault("asked in an hour that its skipHours name", one) for one in by_night),
            *(Fault("asked on a day that its skipDays name", one) for one in on_sunday),
            *_slept_in(seen.to(nightly)),
        ]

    return judge


def _begins(asked: Asked) -> bool:
    """Whether a request came in the run with which a day begins, and may thus have been due the day before."""
    return (asked.at.hour, asked.at.minute) == (0, 0)


def _slept_in(asked: Sequence[Asked]) -> list[Fault]:
    """A fault where nobody came in the morning after the hours that are skipped."""
    morning = START.replace(hour=SKIPPED_HOURS.stop) + timedelta(days=1)
    if any(morning <= one.at <= morning + hours(4) for one in asked):
        return []
    return [Fault(f"not asked within {spell(hours(4))} after the skipped hours")]
