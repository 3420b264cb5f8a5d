"""A desk that has run for more than a year: thousands of sources, a million entries, as the pages of the desk find it.

Rows are written as polls write them, without what leads there: no document is parsed, so that a million entries take
two minutes. Everything follows from the two numbers. What is rare and what is common is known beforehand:

* section `Rare` has one entry in 10,000, `Section 0` a quarter of all; access `registration` one in 5,000;
* source `big` has one entry in twenty, `source-00001` and so on the others, evenly;
* of a text the words `w1` and `w2` are common, and `nNUMBER` stands in the title of one entry alone;
* ids end with the entry's number, in 32 digits.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import timedelta
from hashlib import blake2b
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from sqlalchemy import event

from db import index, models
from db.engine import Connection, Engine, open_engine, writing
from db.migrations import upgrade
from db.models import Document, Hour, Incident, Poll, Source, SourceState, Withdrawal
from db.records import Access, EntryRecord, Evidence, Fingerprint, NewEntry, Said
from db.store import saving, sections
from db.store.bulk import Row, chunks, insert_rows
from feeds.slug import slug
from feeds.states import GRAVEST_FIRST, OF_OUR_OWN
from tests.bench import corpus

NOW = corpus.NOW
SOURCES = 10_000
ENTRIES = 1_000_000
POLLS = 30
"""Polls of each source that are remembered, of `DAYS`."""

INCIDENTS = 2000
LASTING = 150
"""Incidents that are open."""

DAYS = 60
SPAN = timedelta(days=400)
"""The time from the first entry to `NOW`."""

SECTIONS = 30
BATCH = 20_000
"""Entries of one transaction."""

_VOCABULARY = 50_000
_PHRASES = 20_000
_LANGUAGES = ("en", "en", "en", "de-AT", "fr")
_LEVELS = (Access.FREE,) * 5 + (Access.UNKNOWN,) * 3 + (Access.PREMIUM,) * 2


def make(folder: Path, sources: int = SOURCES, entries: int = ENTRIES) -> Engine:
    """The database of such a desk below `folder`, which keeps it: it is made once for each pair of numbers."""
    kept = folder / f"desk-{sources}-{entries}-{_made_of()}.sqlite3"
    if not kept.exists():
        making = folder / "making"
        shutil.rmtree(making, ignore_errors=True)
        _make(making / "feeds.sqlite3", sources, entries)
        (making / "feeds.sqlite3").replace(kept)
        shutil.rmtree(making)
    return open_engine(f"sqlite:///{kept}")


def _made_of() -> str:
    """Stands for the schema and for this module: where they change, a file that was kept is of no use."""
    return blake2b(Path(models.__file__).read_bytes() + Path(__file__).read_bytes(), digest_size=4).hexdigest()


def _make(path: Path, sources: int, entries: int) -> None:
    engine = open_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _hasten)
    upgrade(engine)
    rng = random.Random(1)  # noqa: S311  # a generator of figures, not of secrets
    with writing(engine) as connection:
        _add_sources(connection, rng, sources)
        names = sections.ensure(connection, [*(f"Section {number}" for number in range(SECTIONS)), "Rare"], slug)
    made = _entries(rng, sources, entries)
    while batch := list(islice(made, BATCH)):
        with writing(engine) as connection:
            ids = saving.insert_entries(connection, batch, names, NOW)
            pairs = list(zip(ids, batch, strict=True))
            saving.save_items(connection, [(entry_id, _said(source_id, new)) for entry_id, (source_id, new) in pairs])
            saving.set_leads(
                connection, {entry_id: (entry_id - 1, "title") for entry_id in ids[1:] if not entry_id % 33}
            )
    with writing(engine) as connection:
        _withdraw(connection, range(500, entries, 1000))
        _add_polls(connection, rng, sources)
        _add_hours(connection, rng)
        _add_incidents(connection, rng, sources)
    # No `-wal` beside the file: that alone is moved.
    with engine.connect() as plain:
        plain.rollback()
        raw: Any = plain.connection.dbapi_connection
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
    engine.dispose()


def _hasten(raw: Any, _record: Any) -> None:
    """A crash meanwhile costs a file that nobody has."""
    for pragma in ("synchronous=OFF", "cache_size=-400000"):
        raw.execute(f"PRAGMA {pragma}").close()


def name_of(number: int) -> str:
    """The name of the source with this id."""
    return "big" if number == 1 else f"source-{number - 1:05}"


def _add_sources(connection: Connection, rng: random.Random, count: int) -> None:
    rows: list[Row] = []
    states: list[Row] = []
    documents: list[Row] = []
    for number in range(1, count + 1):
        kind = rng.choice(("feed",) * 8 + ("page", "sitemap"))
        url = f"https://news-{number % 4000}.example/{number}/feed.xml"
        options = {"kind": kind, "url": url, "language": "en", "sections": [f"Section {number % SECTIONS}"]}
        paused = number % 97 == 0
        rows.append((number, name_of(number), "config", not paused, number % 1001 == 0, options, {}, paused))
        state = rng.choice(GRAVEST_FIRST) if number % 40 == 0 else "ok"
        at = NOW - timedelta(seconds=rng.randrange(7200))
        pace = {"max_age": 900, "every": rng.randrange(600, 86_400), "newest": at.isoformat(), "size": 30}
        failed = state in ("gone", "failing")
        states.append(
            (
                number,
                NOW + timedelta(seconds=rng.randrange(7200)),
                3 if failed else 0,
                f"news-{number % 4000}.example",
                pace,
                f'"{number:x}"',
                None,
                at,
                None if failed else at,
                "failed" if failed else "unchanged",
                "max-age=900",
                "timeout after 30 s" if failed else None,
                state,
                NOW + timedelta(days=3),
                rng.randrange(30, 900),
                200,
                rng.randrange(2000, 90_000),
                (("Content-Type", "application/rss+xml"), ("Cache-Control", "max-age=900"), ("Server", "nginx")),
            )
        )
        documents.append((number, number, url, b"digest"))
    named = ("id", "name", "origin", "enabled", "removed", "options", "learned", "paused")
    insert_rows(connection, Source, named, rows)
    insert_rows(
        connection,
        SourceState,
        (
            "source_id", "due_at", "failures", "host", "pace", "etag", "last_modified", "last_poll", "last_success",
            "outcome", "reason", "error", "state", "stale_at", "ms", "status", "size", "headers",
        ),
        states,
    )  # fmt: skip
    insert_rows(connection, Document, ("id", "source_id", "name", "digest"), documents)


def _entries(rng: random.Random, sources: int, count: int) -> Iterator[tuple[int, NewEntry]]:
    """`(source's id, entry)`, the oldest first."""
    words = [f"w{number}" for number in range(1, _VOCABULARY + 1)]
    weights = list(accumulate(1 / number for number in range(1, _VOCABULARY + 1)))
    phrases = [" ".join(rng.choices(words, cum_weights=weights, k=10)) for _ in range(_PHRASES)]
    step = SPAN / count
    for number in range(count):
        source_id = 1 if number % 20 == 0 else rng.randint(2, sources)
        at = (NOW - (count - number) * step).replace(microsecond=0)
        level = Access.REGISTRATION if number % 5000 == 99 else rng.choice(_LEVELS)
        first = "Section 0" if number % 4 == 0 else f"Section {number % SECTIONS}"
        rare = ("Rare",) if number % 10_000 == 77 else ()
        text = " ".join(rng.choices(phrases, k=5))
        record = EntryRecord(
            keys=(number.to_bytes(16, "big"), (number + (1 << 100)).to_bytes(16, "big")),
            position=0,
            title=f"{rng.choice(phrases)} n{number}",
            title_from_body=False,
            url=f"https://news-{source_id % 4000}.example/{at:%Y/%m}/{number}",
            summary=text[:150],
            content=f"<p>{text}</p>",
            text=text,
            published=at,
            published_precision=None,
            published_basis=None,
            updated=at,
            dated=at,
            language=rng.choice(_LANGUAGES),
            label=None,
            authors=(f"Author {number % 1000}",),
            categories=(),
            enclosures=(),
            sections=(first, *rare),
            access=level,
            evidence=() if level is Access.UNKNOWN else (Evidence("json-ld", str(level), "isAccessibleForFree"),),
            fingerprint=Fingerprint(None, "", 9, number, 50, -number, at),
        )
        new = NewEntry(uid=f"tag:news.example,2026:{number:032}", record=record, updated=at, sorted_at=at, place=number)
        yield source_id, new


def _said(source_id: int, new: NewEntry) -> Said:
    record = new.record
    return Said(source_id, "", b"digest", f"1{new.sorted_at:%Y%m%d}", record.sections, record.evidence)


def _withdraw(connection: Connection, entry_ids: range) -> None:
    for chunk in chunks(entry_ids):
        stood = index.standing(connection, chunk)
        rows = [(entry_id, NOW, "person", "taken back") for entry_id in chunk]
        insert_rows(connection, Withdrawal, ("entry_id", "at", "by", "why"), rows)
        index.renew(connection, stood)


def _add_polls(connection: Connection, rng: random.Random, sources: int) -> None:
    names = ("source_id", "at", "outcome", "new", "updated", "unchanged", "skipped", "error", "ms", "status", "size")
    count = POLLS * sources
    step = timedelta(days=DAYS) / count
    rows = []
    for number in range(count):
        failed = rng.random() < 0.05
        came = (0, 0, 0, 0, "timeout after 30 s", None, None, None)
        told = (rng.randrange(4), rng.randrange(2), 28, 0, None, rng.randrange(30, 900), 200, 40_000)
        outcome = "failed" if failed else "stored"
        source_id = rng.randint(1, sources)
        rows.append((source_id, NOW - (count - number) * step, outcome, *(came if failed else told)))
    insert_rows(connection, Poll, names, rows)


def _add_hours(connection: Connection, rng: random.Random) -> None:
    last = int(NOW.timestamp()) // 3600
    rows = [
        (hour, rng.randrange(200), rng.randrange(20_000), rng.randrange(20), rng.randrange(300), 9, 40_000_000)
        for hour in range(last - DAYS * 24, last)
    ]
    insert_rows(connection, Hour, ("hour", "stored", "unchanged", "failed", "new", "updated", "size"), rows)


def _add_incidents(connection: Connection, rng: random.Random, sources: int) -> None:
    names = (
        "source_id", "kind", "subject", "opened_at", "closed_at", "message", "evidence", "ended", "reopened", "planned"
    )  # fmt: skip
    rows = []
    for number in range(INCIDENTS):
        own = number % 20 == 0
        source_id = None if own else rng.randint(1, sources)
        kind = rng.choice(tuple(OF_OUR_OWN)) if own else rng.choice(GRAVEST_FIRST)
        at = NOW - timedelta(days=DAYS) * ((INCIDENTS - number) / INCIDENTS)
        lasts = number >= INCIDENTS - LASTING
        # No two that last are of one kind and subject.
        subject = f"{kind} {number}" if source_id is None else f"{name_of(source_id)} {number}"
        proofs = (("error", "timeout after 30 s"), ("failures", "3"))
        over = (None, "answers again", 0, 0) if lasts else (at + timedelta(hours=3), "answers again", 0, 2)
        rows.append((source_id, kind, subject, at, over[0], "timeout after 30 s", proofs, *over[1:]))
    insert_rows(connection, Incident, names, rows)
