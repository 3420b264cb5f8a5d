"""How often: not early, not in bursts, not again after a restart, not in step with others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from tests.behaviour.pages import Edition, feed, page, steady
from tests.behaviour.scenario import Fault, Judge, Observed, Setting, Stage, at_least, behaviour, sooner
from tests.behaviour.server import Asked

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

A_MINUTE = 30
"""Most requests for one host within any minute."""

ONE_HOST, HOSTS, INSTALLED = 36, 24, 10
"""Sources of the one big host, hosts with one source each, and sources of each of two installations."""

STANDARD = frozenset(
    {
        "host",
        "user-agent",
        "accept",
        "accept-encoding",
        "accept-language",
        "connection",
        "proxy-connection",
        "a-im",
        "if-none-match",
        "if-modified-since",
        "cache-control",
        "pragma",
    }
)
"""Headers whose value says nothing about an installation, or, as User-Agent, only what its owner chose to say."""


@behaviour(
    7,
    "interval",
    "60 minutes between polls at least; 24 hours where no request can be conditional",
    Setting(step=5),
)
def interval(stage: Stage) -> Judge:
    usual = stage.source("/usual", steady(f"{stage.name}-u"))
    bare = stage.source("/bare", page(Edition(body=feed(f"{stage.name}-b"))))

    def judge(seen: Observed) -> list[Fault]:
        return [
            *at_least(seen.to(usual), 3),
            *at_least(seen.to(bare), 2),
            *sooner(seen.to(usual), HOUR, "no hint asked for more"),
            *sooner(seen.to(bare), DAY, "it sends no validators"),
        ]

    return judge


@behaviour(
    8,
    "restart",
    "A restart polls nothing that is not due",
    Setting(days=0.5, step=10, coarse=10, restarts=True, alone=True),
)
def restart(stage: Stage) -> Judge:
    urls = [stage.source(f"/{number}", steady(f"{stage.name}-{number}")) for number in range(3)]

    def judge(seen: Observed) -> list[Fault]:
        return [
            fault
            for url in urls
            for fault in (*at_least(seen.to(url), 3), *sooner(seen.to(url), HOUR, "each run is a new process"))
        ]

    return judge


@behaviour(
    9,
    "bursts",
    "Nothing early, no bursts: at most 30 a minute per host",
    Setting(days=0.125, step=0.25, coarse=5, alone=True),
)
def bursts(stage: Stage) -> Judge:
    big = [stage.source(f"/{number}", steady(f"{stage.name}-{number}")) for number in range(ONE_HOST)]
    many = [
        stage.source("/feed", steady(f"{stage.name}-h{number}"), host=f"h{number}.{stage.name}.localhost")
        for number in range(HOSTS)
    ]

    def judge(seen: Observed) -> list[Fault]:
        faults = [
            fault for url in big + many for fault in (*at_least(seen.to(url), 2), *sooner(seen.to(url), HOUR, "early"))
        ]
        to_big = [one for one in seen.log if one.host == f"{stage.name}.localhost"]
        busiest, count = _busiest(to_big, timedelta(seconds=59))
        if count > A_MINUTE:
            faults.append(Fault(f"{count} requests within a minute for one host", busiest))
        for what, urls in (("sources of one host", big), ("hosts", many)):
            later = sorted((one for url in urls for one in seen.to(url)[1:]), key=_real)
            busiest, count = _busiest(later, timedelta(0))
            if count > len(urls) / 2:
                faults.append(Fault(f"{count} of {len(urls)} {what} asked in the same second", busiest))
        return faults

    return judge


def _real(asked: Asked) -> datetime:
    """When a request came, to the second, with the time that its run took until then."""
    return asked.at + timedelta(seconds=int(asked.lag))


def _busiest(asked: Sequence[Asked], width: timedelta) -> tuple[Asked | None, int]:
    """The request with which the busiest span of `width` ends, and how many are in it."""
    first, best, most = 0, None, 0
    for last, one in enumerate(asked):
        while _real(one) - _real(asked[first]) > width:
            first += 1
        if last - first + 1 > most:
            best, most = one, last - first + 1
    return best, most


@behaviour(
    16,
    "installations",
    "Two installations share no identity and no schedule",
    Setting(days=0.25, step=0.25, coarse=5, installs=2, alone=True),
)
def installations(stage: Stage) -> Judge:
    urls = [
        stage.source("/feed", steady(f"{stage.name}-{number}"), host=f"h{number}.{stage.name}.localhost")
        for number in range(INSTALLED)
    ]

    def judge(seen: Observed) -> list[Fault]:
        faults = [fault for url in urls for install in (0, 1) for fault in at_least(seen.to(url, install), 3)]
        pairs = [pair for url in urls for pair in list(zip(seen.to(url), seen.to(url, 1), strict=False))[1:]]
        together = [mine for mine, other in pairs if mine.at == other.at]
        if pairs and len(together) > len(pairs) / 2:
            faults.append(Fault(f"{len(together)} of {len(pairs)} polls at the same moment as the other", together[0]))
        first, second = (_constant([one for one in seen.log if one.install == install]) for install in (0, 1))
        faults += [
            Fault(f"{name} tells the installation: {value!r} here, {second[name]!r} there")
            for name, value in first.items()
            if name in second and second[name] != value
        ]
        return faults

    return judge


def _constant(asked: Sequence[Asked]) -> dict[str, str]:
    """Headers beside the standard ones that have one value in all requests."""
    values: dict[str, Counter[str]] = {}
    for one in asked:
        for name, value in one.headers:
            if name not in STANDARD:
                values.setdefault(name, Counter())[value] += 1
    return {name: next(iter(found)) for name, found in values.items() if len(found) == 1}
