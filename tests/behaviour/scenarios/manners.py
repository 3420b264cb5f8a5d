"""What every request says and does not say, and what no answer may make a client do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.behaviour.pages import feed, steady
from tests.behaviour.scenario import Fault, Judge, Moment, Observed, Setting, Stage, at_least, behaviour
from tests.behaviour.server import Asked, Reply

TARGETS = (
    "/feed?b=2&a=1&b=1",
    "/%7Euser/caf%c3%a9",
    "/a%2fb/",
    "/dir/",
    "/dir",
    "/feed?q=a+b%20c&empty=&flag",
    "/feed;v=1?x=1%262",
    "/feed?",
)
"""Targets that some library rewrites: order, escapes in lower case, ~, a bare question mark, a trailing slash."""

MOST_BYTES = 50_000_000
"""Bytes of one endless answer after which the server thinks the client has no limit."""

MOST_SECONDS = 31.0
"""Real seconds of one slow answer, 30 and one for closing."""

_HONEST = re.compile(r"(?!Mozilla)[\w.! -]+/[\w.+-]+.*https?://\S+")


@behaviour(
    13,
    "url",
    "The URL is asked as it was given: order, escapes, slash, nothing added",
    Setting(days=0.5),
)
def url(stage: Stage) -> Judge:
    for number, target in enumerate(TARGETS):
        stage.source(target, steady(f"{stage.name}-{number}"))

    def judge(seen: Observed) -> list[Fault]:
        mine = [one for one in seen.log if one.host == f"{stage.name}.localhost"]
        strange = {one.target: one for one in mine if one.target not in TARGETS}
        missing = [target for target in TARGETS if target not in {one.target for one in mine}]
        return [
            *(Fault(f"{target} was never given", one) for target, one in strange.items()),
            *(Fault(f"{target} was never asked") for target in missing),
        ]

    return judge


@behaviour(
    14,
    "cookies",
    "No cookies and no Referer, also after a redirect",
    Setting(days=0.5),
)
def cookies(stage: Stage) -> Judge:
    baked = (("Set-Cookie", "id=1; Path=/; Max-Age=999999"),)
    new = stage.page("/new", steady(f"{stage.name}-n", baked))
    there = Reply(status=302, headers=(*baked, ("Location", new)))
    urls = [stage.source("/feed", steady(stage.name, baked)), stage.source("/old", lambda asked, moment: there)]

    def judge(seen: Observed) -> list[Fault]:
        asked = [one for url in (*urls, new) for one in seen.to(url)]
        return [
            *(fault for url in urls for fault in at_least(seen.to(url), 2)),
            *(
                Fault(f"sent {name}: {one.get(name)}", one)
                for one in asked
                for name in ("cookie", "referer")
                if one.get(name)
            ),
        ]

    return judge


@behaviour(
    15,
    "user-agent",
    "User-Agent names the product and a URL; compression is asked for",
    Setting(days=0.5),
)
def user_agent(stage: Stage) -> Judge:
    url = stage.source("/feed", steady(stage.name))

    def judge(seen: Observed) -> list[Fault]:
        asked = seen.to(url)
        faults = at_least(asked, 1)
        for one in asked[:1]:
            if not _HONEST.match(one.get("user-agent") or ""):
                faults.append(Fault(f"User-Agent: {one.get('user-agent')}", one))
            if "gzip" not in (one.get("accept-encoding") or ""):
                faults.append(Fault(f"Accept-Encoding: {one.get('accept-encoding')}", one))
        return faults

    return judge


def _endless() -> Iterator[bytes]:
    piece = b" " * 65_536  # cheap to parse for whoever takes all of it
    for _ in range(MOST_BYTES // len(piece) + 1):
        yield piece


def _dripping() -> Iterator[bytes]:
    while True:
        yield b" "


@behaviour(
    23,
    "endless",
    "An endless answer is left",
    Setting(days=0, alone=True),
)
def endless(stage: Stage) -> Judge:
    head = feed(stage.name).partition(b"<item>")[0]
    url = stage.source("/feed", lambda asked, moment: Reply(body=head, pieces=_endless))

    def judge(seen: Observed) -> list[Fault]:
        all_of_it = [one for one in seen.to(url) if one.sent > MOST_BYTES]
        return [*at_least(seen.to(url), 1), *(Fault(f"took {one.sent:,} bytes and more", one) for one in all_of_it)]

    return judge


@behaviour(
    24,
    "slow",
    "An answer that drips is left within 30 seconds",
    Setting(days=0, deadline=1.0, alone=True),
)
def slow(stage: Stage) -> Judge:
    head = feed(stage.name).partition(b"<item>")[0]
    url = stage.source("/feed", lambda asked, moment: Reply(body=head, pieces=_dripping, pause=0.2))

    def judge(seen: Observed) -> list[Fault]:
        patient = [one for one in seen.to(url) if one.took > MOST_SECONDS]
        return [*at_least(seen.to(url), 1), *(Fault(f"waited {one.took:.0f} s and more", one) for one in patient)]

    return judge


@behaviour(
    34,
    "private",
    "An address of the own machine or network is refused before the connection",
    Setting(days=0.25, coarse=60, loopback=False, alone=True),
)
def private(stage: Stage) -> Judge:
    def answer(asked: Asked, moment: Moment) -> Reply:
        return Reply(body=feed(stage.name))

    urls = [stage.source("/feed", answer, host="127.0.0.1"), stage.source("/feed", answer, host="localhost")]
    return lambda seen: [Fault("asked", one) for url in urls for one in seen.to(url)]
