"""What it costs to find the copies of a new entry: its imprint, the index, the comparisons, the clusters.

Over a small and a large archive, most of it older than copies come, and over one that came within the last days: the
cost must follow from what happens around an entry alone. Of the new entries a fifth are edited copies of stored ones,
a tenth are word for word.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from db.engine import Connection, Engine, writing
from db.models import Entry, Shingle
from db.records import EntryRecord
from db.store import saving, sections
from feeds import dedupe, pairs, revise
from feeds.clusters import regroup
from feeds.slug import slug
from tests import desk
from tests.bench.stages import Figures

NOW = datetime(2026, 11, 1, tzinfo=desk.NOON.tzinfo)
SMALL = 10_000
LARGE = 1_000_000 if os.environ.get("BENCH") == "full" else 100_000
RECENT = 5_000
"""Entries of an archive that are young enough to be copied."""

BUSY = 100_000
"""Young entries of the archive that consists of nothing else."""

FRESH = 2_000
BATCH = 500
"""New entries that are measured, and how many of them are stored at once."""

SOURCES = 50
WORDS = 150
VOCABULARY = tuple(f"{stem}{end}" for stem in "fer har bud min cou str bri sch mar sto".split() for end in range(300))


def measure(folder: Path, small: int = SMALL, large: int = LARGE, busy: int = BUSY) -> Figures:
    """CPU milliseconds a new entry over each archive, and a row of the index."""
    found: Figures = {"new_entries": FRESH}
    for name, stored, recent in (("small", small, RECENT), ("large", large, RECENT), ("busy", busy, busy)):
        engine = desk.new_engine(folder, name)
        _fill(engine, stored, recent)
        found |= {f"{name}_{key}": value for key, value in _measure(engine, recent).items()}
        engine.dispose()
    return found | {"ratio": round(float(found["large_ms_an_entry"]) / float(found["small_ms_an_entry"]), 2)}


def _measure(engine: Engine, recent: int) -> Figures:
    rng = random.Random(2)  # noqa: S311  # a generator of text, not of secrets
    made = [_record(number, NOW, _copied(rng, number, recent)) for number in range(-FRESH, 0)]
    spent, imprints = 0.0, time.process_time()
    for one in made:
        dedupe.imprint(one.title, one.text)
    spent += time.process_time() - imprints
    for start in range(0, FRESH, BATCH):
        with writing(engine) as connection:
            part = made[start : start + BATCH]
            ids = _insert(connection, part)
            begun = time.process_time()
            pairs.find(connection, [pairs.Told(i, str(i), one, NOW) for i, one in zip(ids, part, strict=True)], NOW)
            regroup(connection, ids, [])
            spent += time.process_time() - begun
    with writing(engine) as connection:
        rows = connection.scalar(select(func.count()).select_from(Shingle)) or 0
        stored = connection.scalar(select(func.count()).select_from(Entry)) or 0
        folded = connection.scalar(select(func.count()).select_from(Entry).where(Entry.lead_id.is_not(None))) or 0
    return {
        "stored": stored - FRESH,
        "ms_an_entry": round(spent * 1000 / FRESH, 3),
        "index_rows": rows,
        "copies_folded": folded,
    }


def _fill(engine: Engine, stored: int, recent: int) -> None:
    """An archive of `stored` entries, the last `recent` of which are of the last days."""
    for start in range(0, stored, 5000):
        with writing(engine) as connection:
            numbers = range(start, min(start + 5000, stored))
            # Counted from the youngest, so that archives of every size have the same recent days.
            ages = [stored - 1 - number for number in numbers]
            part = [_record(age, NOW - _age(age, recent), _text(age, short=age >= recent)) for age in ages]
            ids = _insert(connection, part)
            told = [pairs.Told(i, str(i), one, one.dated) for i, one in zip(ids, part, strict=True)]
            pairs.find(connection, told, NOW)


def _age(age: int, recent: int) -> timedelta:
    if age < recent:
        return timedelta(days=6) * age / recent
    return timedelta(days=8) + timedelta(seconds=age)


def _record(number: int, at: datetime, text: str) -> EntryRecord:
    url = f"https://s{abs(number) % SOURCES}.example/{number}"
    return desk.record(" ".join(text.split()[5:12]), position=abs(number), url=url, text=text, dated=at)


def _text(number: int, *, short: bool = False) -> str:
    rng = random.Random(str(number))  # noqa: S311  # as above
    return " ".join(rng.choices(VOCABULARY, k=20 if short else WORDS))


def _copied(rng: random.Random, number: int, recent: int) -> str:
    """A new text, a copy of a recent one, or one with another beginning, a sentence less, and a line at its end."""
    kind = number % 10
    if kind > 2:
        return _text(number)
    words = _text(rng.randrange(recent)).split()
    if kind < 2:
        words = ["Our", "correspondent", "writes", "that", *words[:40], *words[60:], "Read", "more", "here"]
    return " ".join(words)


def _insert(connection: Connection, records: Sequence[EntryRecord]) -> list[int]:
    names = sections.ensure(connection, {"Town"}, slug)
    ids = {number: desk.source_id(connection, f"s{number}") for number in range(SOURCES)}
    made = [(ids[one.position % SOURCES], revise.mint(one, desk.PREFIX)) for one in records]
    return saving.insert_entries(connection, made, names, NOW)
