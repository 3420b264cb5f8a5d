"""Conditional requests: what the server gave is what it gets back, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from tests.behaviour.pages import LAST_MODIFIED, Edition, feed, page, steady
from tests.behaviour.scenario import Fault, Judge, Moment, Observed, Setting, Stage, at_least, behaviour, echoes
from tests.behaviour.server import START, Asked, Reply, hours, http_date

ETAGS = ('"plain"', 'W/"weak"', '"with space, comma"', '"2b1f-gzip"', "unquoted", '""', '"a:b;c=\\d"')
"""Forms that servers send. Only the unquoted one breaks RFC 9110, section 8.8.3, and it is common."""

DATES = (LAST_MODIFIED, "Sat, 7 Nov 2026 08:59:00 GMT", "Sat, 07 Nov 2026 08:59:00 +0000", "2026-11-07T08:59:00Z")
"""Forms that servers send. Whoever parses and prints them again gives all but the first back changed."""


def _echoing(urls: Sequence[str], number: int = 3) -> Judge:
    """A judge to whom every request must carry what the last answer left."""

    def judge(seen: Observed) -> list[Fault]:
        return [fault for url in urls for fault in (*at_least(seen.to(url), number), *echoes(seen.to(url)))]

    return judge


def _all_but_first(asked: Sequence[Asked]) -> list[Fault]:
    return [Fault("unconditional after the first request", one) for one in asked[1:] if not one.conditional]


@behaviour(1, "first-only", "Only the first request is unconditional")
def first_only(stage: Stage) -> Judge:
    url = stage.source("/feed", steady(stage.name))
    return lambda seen: [*at_least(seen.to(url), 3), *_all_but_first(seen.to(url))]


@behaviour(
    2,
    "etag-exact",
    "If-None-Match is the ETag byte for byte, quotes and W/ included",
    Setting(days=0.75),
)
def etag_exact(stage: Stage) -> Judge:
    return _echoing(
        [
            stage.source(f"/{number}", page(Edition(body=feed(f"{stage.name}-{number}"), etag=etag)))
            for number, etag in enumerate(ETAGS)
        ],
        2,
    )


@behaviour(
    3,
    "date-exact",
    "If-Modified-Since is the Last-Modified byte for byte, never invented",
    Setting(days=0.75),
)
def date_exact(stage: Stage) -> Judge:
    urls = [
        stage.source(f"/{number}", page(Edition(body=feed(f"{stage.name}-{number}"), last_modified=date)))
        for number, date in enumerate(DATES)
    ]
    urls.append(stage.source("/etag", page(Edition(body=feed(f"{stage.name}-e"), etag='"e"'))))
    return _echoing(urls, 2)


@behaviour(4, "etag-alone", "An ETag that changes while Last-Modified stays is the one sent")
def etag_alone(stage: Stage) -> Judge:
    def edition(moment: Moment) -> Edition:
        number = int(moment.hours // 9)
        body = feed(stage.name, 20 + number)
        return Edition(body=body, etag=f'"edition-{number}"', last_modified=LAST_MODIFIED)

    return _echoing([stage.source("/feed", page(edition))])


@behaviour(5, "same-body", "New validators of the same body are the ones sent")
def same_body(stage: Stage) -> Judge:
    def edition(moment: Moment) -> Edition:
        number = int(moment.hours // 9)
        changed = http_date(START + hours(9 * number))
        return Edition(body=feed(stage.name), etag=f'"touch-{number}"', last_modified=changed)

    return _echoing([stage.source("/feed", page(edition))])


@behaviour(6, "no-latching", "A validator no longer sent is forgotten; one that is new each time is not latched")
def no_latching(stage: Stage) -> Judge:
    def without_etag(moment: Moment) -> Edition:
        etag = '"early"' if moment.hours < 6 else None
        return Edition(body=feed(f"{stage.name}-a"), etag=etag, last_modified=http_date(moment.now))

    def without_any(moment: Moment) -> Edition:
        etag = f'"only-{moment.nth}"' if moment.hours < 6 else None
        return Edition(body=feed(f"{stage.name}-b"), etag=etag)

    def fresh(moment: Moment) -> Edition:
        return Edition(body=feed(f"{stage.name}-c"), etag=f'"fresh-{moment.nth}"', last_modified=http_date(moment.now))

    return _echoing([stage.source(f"/{each.__name__}", page(each)) for each in (without_etag, without_any, fresh)])


@behaviour(
    12,
    "no-forced",
    "A week of 304s stays conditional: nothing is fetched again for safety",
    Setting(days=8, coarse=180),
)
def no_forced(stage: Stage) -> Judge:
    url = stage.source("/feed", steady(stage.name))
    return lambda seen: [*at_least(seen.to(url), 8), *_all_but_first(seen.to(url))]


@behaviour(17, "renewed", "A 304 that names another ETag renews the one that is sent")
def renewed(stage: Stage) -> Judge:
    def answer(asked: Asked, moment: Moment) -> Reply:
        named = (("ETag", f'W/"seen-{moment.nth // 2}"'),)
        if asked.conditional:
            return Reply(status=304, headers=named)
        return Reply(headers=named, body=feed(stage.name))

    return _echoing([stage.source("/feed", answer)])
