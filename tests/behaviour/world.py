"""Plays behaviours: the stages are set, simulated time passes, the client runs when cron would run it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.behaviour.client import Client
from tests.behaviour.scenario import Behaviour, Fault, Judge, Moment, NotApplicable, Observed, Setting, Stage, State
from tests.behaviour.server import GIVES_UP, START, Asked, Reply, Site, running

NewClient = Callable[[], Client]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one behaviour: `seen` in words; `faults` where it failed."""

    behaviour: Behaviour
    state: State
    seen: str
    requests: int
    faults: tuple[Fault, ...] = ()


class _Router:
    """Sends each request to the page it is for."""

    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self._counts: Counter[tuple[int, str, str]] = Counter()

    def answer(self, asked: Asked) -> Reply:
        where = asked.host, asked.target
        for stage in self.stages:
            if where in stage.pages:
                nth = self._counts[asked.install, *where]
                self._counts[asked.install, *where] += 1
                return stage.pages[where](asked, Moment(asked.at - START, nth))
        return Reply(status=404, body=b"no such page")


def play(
    behaviours: Sequence[Behaviour],
    new_client: NewClient,
    *,
    step: timedelta,
    days: float | None = None,
) -> list[Verdict]:
    """Plays `behaviours` in one simulation of the longest of them, a run of the client every `step`.

    All must agree on what happens to the machine (installs, restarts, terms, sleep, jumps), and are `alone` otherwise.
    `days` cuts it short.
    """
    router, setting = _Router(), behaviours[0].setting
    with ExitStack() as stack:
        site = stack.enter_context(running(router.answer))
        judges: list[tuple[Behaviour, Stage, Judge]] = []
        for one in behaviours:
            stage = Stage(one.name, site.port)
            judges.append((one, stage, one.build(stage)))
            router.stages.append(stage)
        urls = [url for stage in router.stages for url in stage.sources]
        clients = []
        for _ in range(setting.installs):
            client = new_client()
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="behaviour-")))
            client.prepare(urls, folder, setting, site.port)
            stack.callback(client.close)
            clients.append(client)
        length = timedelta(days=max(one.setting.days for one in behaviours))
        if days is not None:
            length = min(length, timedelta(days=days))
        runs = _run(site, clients, setting, step, length)
        _settle(site)
        held = clients[0].titles()
        trouble = clients[0].trouble()
        return [_verdict(one, stage, judge, site.log, runs, held, trouble) for one, stage, judge in judges]


def _run(site: Site, clients: Sequence[Client], setting: Setting, step: timedelta, length: timedelta) -> list[datetime]:
    """Lets `length` pass; returns the moments at which the clients were run."""
    elapsed = timedelta(0)
    runs: list[datetime] = []
    while elapsed <= length:
        skew = setting.skew(elapsed)
        if skew is not None:
            for install, client in enumerate(clients):
                site.begin(START + elapsed, install)
                if setting.restarts and runs:
                    client.restart()
                client.poll(START + elapsed + skew)
            runs.append(START + elapsed)
        elapsed += step
    return runs


def _settle(site: Site) -> None:
    """Waits until the server has noticed that the client left its last answers."""
    ends = time.monotonic() + GIVES_UP
    while any(not one.took for one in site.log) and time.monotonic() < ends:
        time.sleep(0.01)


def _verdict(
    behaviour: Behaviour,
    stage: Stage,
    judge: Judge,
    log: Sequence[Asked],
    runs: Sequence[datetime],
    held: frozenset[str] | None,
    trouble: str | None,
) -> Verdict:
    until = START + timedelta(days=behaviour.setting.days)
    mine = [one for one in log if one.host in {host for host, _ in stage.pages} and one.at <= until]
    if trouble is not None and not mine:
        return Verdict(behaviour, "n.a.", f"the client did not run: {trouble}", len(mine))
    if runs[-1] < until - timedelta(days=behaviour.setting.days / 10):
        return Verdict(behaviour, "n.a.", f"needs {behaviour.setting.days:g} simulated days", len(mine))
    try:
        faults = tuple(judge(Observed(mine, [run for run in runs if run <= until], held)))
    except NotApplicable as reason:
        return Verdict(behaviour, "n.a.", str(reason), len(mine))
    ended = f"; no run ended well: {trouble}" if trouble is not None else ""
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        return Verdict(behaviour, "fail", f"{faults[0].words}{more}{ended}", len(mine), faults)
    return Verdict(behaviour, "pass", f"{len(mine)} requests{ended}", len(mine))
