"""A newsroom's desk as it looks after some weeks: sources in every state, their polls, troubles, entries and tokens.

Everything follows from `now`, so that two desks of one moment are the same. Times are spread over the 30 days before.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from db.engine import Connection, Engine, writing
from db.records import NEVER, EntryRecord, Evidence, Pace, PollRecord, PushRecord, PushState, SourceRecord
from db.store import incidents, pushes, schedule, sources
from feeds import tokens
from feeds.config import Config
from feeds.declare import declare
from tests.desk import MARKER, NOON, UNMARKED, record, tell
from tests.desk.web import Web, running_desk

DAYS = 30
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Player:
    """A source of the demonstration; one comes from the configuration or was `added`, and has something new `every`
    so many hours."""

    name: str
    state: str = "ok"
    kind: str = "feed"
    section: str = "City"
    every: float = 3
    added: bool = False
    error: str | None = None

    @property
    def host(self) -> str:
        plain = "".join(each if each.isascii() and each.isalnum() else "-" for each in self.name.lower()).strip("-")
        return f"www.{plain or 'wire'}.example"

    @property
    def url(self) -> str:
        path = {"feed": "news.xml", "page": "news/", "sitemap": "sitemap-news.xml"}[self.kind]
        return f"https://{self.host}/{path}"


PLAYERS = (
    Player("Harbour Gazette", every=1.5),
    Player("Evening Bulletin", "slow", section="Country", every=2),
    Player("Northern Post", "failing", section="Country", error="HTTP 503 Service Unavailable", every=4),
    Player("City Wire", "stale", every=1),
    Player("Council minutes", "broken-selector", "page", "Council", every=30, error="0 items; usually there are 24"),
    Player("Old Observer", "gone", section="Culture", error="HTTP 410 Gone", every=12, added=True),
    Player("Ferry notices", "gap", section="Harbour", every=0.4),
    Player("University press office", "moved", section="Science", every=20, added=True),
    Player("Theatre calendar", "suspicious", "page", "Culture", every=26),
    Player("Market figures", "paused", section="Business", every=24),
    Player("Парламентская хроника", section="Council", every=5),
    Player("أخبار الميناء", section="Harbour", every=6),
    Player("Weather service: warnings", section="Country", every=7, added=True),
    Player("Railway news", "ok", "sitemap", "Country", every=3),
    Player("National bank", section="Business", every=18),
    Player("Rowing club", section="Sport", every=40, added=True),
    Player("Court reports", section="Council", every=9),
    Player("Hospital news", "failing", section="Science", error="no answer within 30 s", every=22),
    Player("Football tables", section="Sport", every=2),
    Player("Fish auction", section="Harbour", every=24),
    Player("Museum letters", section="Culture", every=50, added=True),
    Player("Regional wire", section="Country", every=0.5),
    Player("Police log", section="City", every=4),
    Player("School board", section="City", every=60),
    Player("Energy monitor", "slow", section="Business", every=8),
    Player("Film desk", section="Culture", every=6),
    Player("Road works", "ok", "page", "City", every=12),
    Player("Shipping list", section="Harbour", every=3),
    Player("Trade unions", "paused", section="Business", every=30, added=True),
    Player("Science digest", section="Science", every=10),
    Player("Island paper", section="Country", every=5, added=True),
)

SECTIONS = tuple(dict.fromkeys(one.section for one in PLAYERS))
FOUND = {
    "failing": "cannot be read: HTTP 503 Service Unavailable, 14 times in a row",
    "stale": "nothing new for 3 days; it usually has an entry every hour",
    "broken-selector": "the page lists nothing; the last polls found 24, 23 and 24 items",
    "gone": "HTTP 410 Gone: the publisher took it away for good",
    "gap": "the document begins after the last entry that is known: entries in between were lost",
    "suspicious": "1 item where there were 26",
    "slow": "takes 14 s to answer",
    "moved": "has answered with a redirect for good for 9 days",
}
"""Kind of an incident -> its message."""

MORE = "".join(f'[[section]]\nname = "{name}"\n' for name in SECTIONS) + "".join(
    f'[[source]]\nname = "{one.name}"\nkind = "{one.kind}"\nurl = "{one.url}"\nsections = ["{one.section}"]\n'
    + ("enabled = false\n" if one.state == "paused" else "")
    for one in PLAYERS
    if not one.added
)
"""What `config.toml` has beside `[site]`."""

_WHO = (
    "The council", "The harbour office", "The ferry line", "Parliament", "The national bank", "The weather service",
    "The university", "The hospital", "The city theatre", "The rowing club", "The railway", "The fish auction",
    "The school board", "The court", "The museum", "The power company",
)  # fmt: skip
_DOES = (
    "approves", "postpones", "publishes", "withdraws", "defends", "presents", "reviews", "extends", "questions",
    "welcomes",
)  # fmt: skip
_WHAT = (
    "the winter timetable", "plans for the old pier", "its figures for the year", "a new bridge", "the budget",
    "rules for visitors", "the night service", "a study of the tides", "the price of tickets", "the tram line",
    "repairs to the roof", "the list of candidates", "the storm barrier", "a festival of short films",
)  # fmt: skip
_WHERE = ("", " in the north", " after long debate", " before the winter", " for the islands", " at short notice")
_THEN = (
    "Details are to follow before the end of the month.", "Neighbours had asked for more time.",
    "The papers can be read at the town hall.", "It is the third change in two years.",
    "Those who travel early are asked to allow more time.", "A vote is expected on Thursday.",
    "The costs are shared with the region.", "Work begins when the ice is gone.",
)  # fmt: skip


@contextmanager
def demo_desk(folder: Path, more: str = "", *, per_source: int = 12) -> Iterator[Web]:
    """A desk with all of it at `NOON`, `more` standing in its configuration, until the block ends."""
    with running_desk(folder, MORE + more) as web:
        fill(web.engine, web.config, NOON, per_source=per_source)
        yield web


def fill(engine: Engine, config: Config, now: datetime, *, per_source: int = 12) -> None:
    """Fills an empty database with all of it, about `per_source` entries for each source; `config` has `MORE`."""
    rng = random.Random(7)  # noqa: S311  # a generator of figures, not of secrets
    declare(engine, config, now - DAYS * DAY)
    with writing(engine) as connection:
        for one in PLAYERS:
            if one.added:
                options: dict[str, object] = {"name": one.name, "url": one.url, "sections": [one.section]}
                sources.add(connection, one.name, options, now - DAYS * DAY)
        known = {one.name: one for one in sources.every(connection)}
        polls = sorted((poll for one in PLAYERS for poll in _polls(one, known[one.name], now, rng)), key=lambda p: p.at)
        schedule.finish(connection, polls)
        for one in PLAYERS:
            if one.state == "paused":
                sources.pause(connection, known[one.name].id)
        _push(connection, known["Harbour Gazette"].id, now)
    _tell_all(engine, now, rng, per_source)
    with writing(engine) as connection:
        _trouble(connection, known, now)
    _tokens(engine, now)


def _polls(one: Player, source: SourceRecord, now: datetime, rng: random.Random) -> Iterator[PollRecord]:
    """The polls of a source, the earliest first: some of each day, then those of every hour of the last two days."""
    broken = one.state in ("failing", "gone")
    paused_at = now - 6 * DAY if one.state == "paused" else now
    steps = [now - DAYS * DAY + number * 4 * HOUR for number in range(28 * 6)]
    steps += [now - 48 * HOUR + number * HOUR + rng.randrange(3000) * timedelta(seconds=1) for number in range(48)]
    for at in (step for step in steps if step < min(now, paused_at)):
        away = (now - at) / HOUR
        silent = one.state == "stale" and away < 72
        busy = 0.3 + 0.7 * (7 <= at.hour <= 20)
        span = 1 if away <= 48 else 4
        new = 0 if silent else sum(rng.random() < busy * span / one.every / 4 for _ in range(4))
        failed = (broken and away < 15) or (away > 2 and rng.random() < 0.01)
        last = away <= 1
        reason, wait = _reason(one, rng)
        ms = rng.randrange(9_000, 16_000) if one.state == "slow" and away < 30 else rng.randrange(40, 700)
        yield PollRecord(
            source_id=source.id,
            at=at.replace(microsecond=0),
            outcome="failed" if failed else "stored" if new else "unchanged",
            new=0 if failed else new,
            updated=0 if failed else int(rng.random() < 0.08),
            unchanged=0 if failed else 25 - new,
            skipped=int(not failed and rng.random() < 0.03),
            error=(one.error or "connection reset") if failed else None,
            failures=14 if failed and broken else int(failed),
            due_at=NEVER if one.state == "gone" else now + rng.randrange(1, wait) * MINUTE,
            reason=reason,
            etag='"5e-61a"' if rng.random() < 0.8 else None,
            pace=Pace(max_age=900, every=int(one.every * 3600), newest=at, size=25) if last else None,
            url=f"https://new.{one.host}/feed" if last and one.state == "moved" else None,
            state=one.state if last and one.state != "paused" else None,
            stale_at=now + DAY if last else None,
            ms=None if failed and "answer" in (one.error or "") else ms,
            status=503 if failed else 200 if new else 304,
            size=None if failed else rng.randrange(9_000, 60_000),
            headers=_HEADERS,
        )


_HEADERS = (
    ("Content-Type", "application/rss+xml; charset=utf-8"), ("Cache-Control", "max-age=900"), ("Server", "nginx"),
    ("Last-Modified", "Mon, 02 Mar 2026 11:40:00 GMT"), ("ETag", '"5e-61a"'),
)  # fmt: skip


def _reason(one: Player, rng: random.Random) -> tuple[str, int]:
    """Why a source is polled when it is, and the minutes until then at most."""
    if one.state == "gone":
        return "410 Gone: asked no more; name it to ask again", 2
    if one.state == "failing":
        return "failed 14 times in a row", 600
    every = int(one.every * 60)
    return rng.choice(
        (
            ("max-age=900", 15),
            (f"an entry every {every} min", max(2, every // 2)),
            ("ttl=3600", 60),
            ("interval=60 min", 60),
        )
    )


def _push(connection: Connection, source_id: int, now: datetime) -> None:
    pushes.add(
        connection,
        PushRecord(
            source_id=source_id, topic="https://www.harbour-gazette.example/news.xml", due_at=now + DAY, key="k" * 20,
            hubs=("https://hub.example/",), hub="https://hub.example/", secret="not one", state=PushState.ACTIVE,  # noqa: S106  # as it says
            callback="https://news.example/websub/" + "k" * 20, asked_at=now - DAY, active_since=now - DAY,
            lease_until=now + 6 * DAY, last_push=now - 12 * MINUTE,
        ),
    )  # fmt: skip


def stories(rng: random.Random, count: int) -> Iterator[tuple[str, str]]:
    """So many different headlines, each with a text of its own; 13,440 at most."""
    total = len(_WHO) * len(_DOES) * len(_WHAT) * len(_WHERE)
    for number in rng.sample(range(total), count):
        number, who = divmod(number, len(_WHO))
        number, does = divmod(number, len(_DOES))
        where, what = divmod(number, len(_WHAT))
        title = f"{_WHO[who]} {_DOES[does]} {_WHAT[what]}{_WHERE[where]}"
        first = (
            f"{title}, it was said on {rng.choice(('Monday', 'Tuesday', 'Friday'))} to {rng.randrange(5, 400)} guests."
        )
        cost = f"at a cost of {rng.randrange(20, 9000)} thousand."
        second = f"{rng.choice(_WHO)} {rng.choice(_DOES)} {rng.choice(_WHAT)} {cost}"
        yield title, " ".join((first, second, *rng.sample(_THEN, 3)))


def _tell_all(engine: Engine, now: datetime, rng: random.Random, per_source: int) -> None:
    """Entries of all sources; of each ten stories another source tells one, too, and one is changed later."""
    told = stories(rng, len(PLAYERS) * per_source)
    copied: list[tuple[str, EntryRecord]] = []
    for number, one in enumerate(PLAYERS):
        records = []
        for nth in range(per_source):
            title, text = next(told)
            age = timedelta(hours=one.every * (nth + rng.random()) + (72 if one.state == "stale" else 0))
            at = (now - min(age, (DAYS - 1) * DAY)).replace(microsecond=0)
            marked = rng.random()
            records.append(
                record(
                    title, source=one.name, guid=f"{one.host}/{nth}", text=text, published=at, summary=text[:160],
                    evidence=(MARKER,) if marked < 0.2 else (UNMARKED,) if marked < 0.8 else (),
                    sections=(one.section, *(("Front page",) if nth % 9 == 0 else ())),
                    url=f"https://{one.host}/{at:%Y/%m/%d}/{nth}.html", language="en",
                )
            )  # fmt: skip
        first_seen = min(now, max(each.dated for each in records) + 5 * MINUTE)
        tell(engine, one.url, *records, source=one.name, now=first_seen)
        if number % 3 == 0:
            copied.append((one.name, records[0]))
        changed = replace(records[-1], text=f"{records[-1].text} The number was corrected later.")
        changed = replace(changed, content=f"<p>{changed.text}</p>", title=f"{changed.title} (corrected)")
        tell(engine, one.url, *records[:-1], changed, source=one.name, now=min(now, first_seen + HOUR))
    for number, (name, original) in enumerate(copied):
        other = PLAYERS[(number * 7 + 12) % len(PLAYERS)]
        if other.name != name:
            copy = record(
                original.title, source=other.name, guid=f"copy/{number}", text=original.text, summary=original.summary,
                published=min(now, original.dated + 20 * MINUTE), url=f"https://{other.host}/copy/{number}.html",
                evidence=(Evidence("json-ld", "isAccessibleForFree: true", "NewsArticle"),), sections=(other.section,),
            )  # fmt: skip
            tell(engine, f"{other.url}?copies={number}", copy, source=other.name, now=now)


def _trouble(connection: Connection, known: dict[str, SourceRecord], now: datetime) -> None:
    """Incidents that last, of sources and of our own, and some that are over."""
    for hours, one in enumerate(PLAYERS, 2):
        message = FOUND.get(one.state)
        if message is not None:
            proofs = (("error", one.error or ""), ("last success", "2026-03-01T21:00:00Z"))
            source_id = known[one.name].id
            at = now - hours * 3 * HOUR
            incidents.open_incident(connection, one.state, one.name, message, at, source_id, evidence=proofs)
    incidents.open_incident(
        connection, "lag", "publish", "7 feeds have waited for 22 min", now - 22 * MINUTE, evidence=(("feeds", "7"),)
    )
    for number, one in enumerate(PLAYERS[10:22]):
        at = now - (number + 2) * 31 * HOUR
        source_id = known[one.name].id
        incidents.open_incident(
            connection, "failing", one.name, "HTTP 502 Bad Gateway, 3 times in a row", at, source_id,
            evidence=(("status", "502"),),
        )  # fmt: skip
        incidents.close_incident(connection, "failing", one.name, at + 2 * HOUR, "answers again")


def _tokens(engine: Engine, now: datetime) -> None:
    """Tokens that open, that have expired, and one that was taken back."""
    rng = random.Random(3)  # noqa: S311  # tokens that open nothing but a test
    for name, at, until in (
        ("Night desk", now - 20 * DAY, None),
        ("Reader app", now - 9 * DAY, now + 80 * DAY),
        ("Trial reader", now - 25 * DAY, now - 3 * DAY),
        ("Former partner", now - 28 * DAY, None),
    ):
        tokens.create(engine, name, at, rng.randbytes, until)
    tokens.revoke(engine, "Former partner", now - 2 * DAY)
