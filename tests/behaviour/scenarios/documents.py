"""Answers that are less than the whole: deltas, broken bodies, feeds that shrink."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.behaviour.pages import Edition, always, feed, instead, page, titles
from tests.behaviour.scenario import (
    Answer,
    Fault,
    Judge,
    Moment,
    NotApplicable,
    Observed,
    Setting,
    Stage,
    at_least,
    behaviour,
    echoes,
)
from tests.behaviour.server import Asked, Reply

KNOWN = 20
"""Entries of the whole document that a delta builds on."""

_TAKES_DELTAS = re.compile(r"(?:^|,)\s*feed\s*(?:;|,|$)", re.IGNORECASE)


@behaviour(
    22,
    "deltas",
    "Deltas are asked for (A-IM: feed) and merged (RFC 3229), with the validators of the delta",
    Setting(days=1.5),
)
def deltas(stage: Stage) -> Judge:
    name = stage.name

    def answer(asked: Asked, moment: Moment) -> Reply:
        number = KNOWN + int(moment.hours // 6)
        etag = f'"{number}"'
        known = re.fullmatch(r'"(\d+)"', asked.get("if-none-match") or "")
        if known is not None and int(known[1]) == number:
            return Reply(status=304, headers=(("ETag", etag),))
        if known is not None and _TAKES_DELTAS.search(asked.get("a-im") or ""):
            headers = (("ETag", etag), ("IM", "feed"), ("Content-Type", "application/rss+xml"))
            return Reply(status=226, headers=headers, body=feed(name, number, first=int(known[1])))
        return Reply(headers=(("ETag", etag), ("Content-Type", "application/rss+xml")), body=feed(name, number))

    url = stage.source("/feed", answer)

    def judge(seen: Observed) -> list[Fault]:
        asked = seen.to(url)
        faults = [*at_least(asked, 3), *echoes(asked)]
        plain = [one for one in asked if one.conditional and not _TAKES_DELTAS.search(one.get("a-im") or "")]
        if plain:
            faults.append(Fault("conditional without A-IM: feed", plain[0]))
        last = max((KNOWN + int((one.at - seen.runs[0]).total_seconds() // 21_600) for one in asked), default=0)
        return faults + _missing(seen, titles(name, last))

    return judge


def _missing(seen: Observed, expected: Sequence[str]) -> list[Fault]:
    """A fault where the client, if it lets itself be looked at, holds less than it was given."""
    lost = sorted(set(expected) - seen.titles) if seen.titles is not None else []
    return [Fault(f"{len(lost)} of {len(expected)} entries are missing: {', '.join(lost[:3])}")] if lost else []


def _bad(name: str) -> dict[str, Reply]:
    """Answers that are no whole document, by what is wrong with them."""
    whole = feed(name)
    named = (("ETag", '"bad"'), ("Last-Modified", "Sun, 08 Nov 2026 00:00:00 GMT"))
    html = b"<!doctype html><html><head><title>Are you a robot?</title></head><body>Sign in</body></html>"
    return {
        "length": Reply(headers=named, body=whole, length=len(whole) + 5000),
        "cut": Reply(headers=named, body=whole[: len(whole) // 2]),
        "empty": Reply(headers=named),
        "html": Reply(headers=(*named, ("Content-Type", "text/html")), body=html),
    }


@behaviour(
    32,
    "broken",
    "The validators of a truncated, empty or foreign body are not kept",
    Setting(days=2),
)
def broken(stage: Stage) -> Judge:
    urls = [
        stage.source(f"/{name}", instead(_usual(f"{stage.name}-{name}"), always(reply), since=5, until=12))
        for name, reply in _bad(stage.name).items()
    ]

    def judge(seen: Observed) -> list[Fault]:
        faults: list[Fault] = []
        for url in urls:
            asked = seen.to(url)
            faults += at_least(asked, 3)
            if not [one for one in asked if one.reply.get("etag") == '"bad"']:
                faults.append(Fault(f"{url} not asked while it was broken"))
            faults += [
                Fault(f"{url}: sent the validators of the broken body", one)
                for one in asked
                if one.get("if-none-match") == '"bad"'
            ]
        return faults

    return judge


def _usual(name: str) -> Answer:
    return page(Edition(body=feed(name), etag=f'"{name}"'))


@behaviour(
    33,
    "shrunken",
    "A feed that is empty or shorter than before takes nothing back",
    Setting(days=1),
)
def shrunken(stage: Stage) -> Judge:
    def shrinks(name: str, first: int) -> Answer:
        def edition(moment: Moment) -> Edition:
            is_short = moment.hours >= 5
            return Edition(body=feed(name, first=first if is_short else 0), etag=f'"{name}-{is_short}"')

        return page(edition)

    names = {f"{stage.name}-e": KNOWN, f"{stage.name}-s": KNOWN - 1}
    urls = [stage.source(f"/{name}", shrinks(name, first)) for name, first in names.items()]

    def judge(seen: Observed) -> list[Fault]:
        if seen.titles is None:
            raise NotApplicable("its entries cannot be looked at from outside")
        expected = [title for name in names for title in titles(name)]
        return [fault for url in urls for fault in at_least(seen.to(url), 3)] + _missing(seen, expected)

    return judge
