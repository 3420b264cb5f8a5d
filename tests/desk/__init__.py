"""What tests of the storage and of ingest build: records with real keys, databases, readings, and how they look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import event

from db.engine import Connection, Engine, open_engine, reading, writing
from db.migrations import upgrade
from db.records import EntryRecord, Evidence, PastPoll, StoredEntry
from db.store import entries, polls, revisions, sources
from db.store.sections import clean, dirty, every
from feeds import dedupe
from feeds.ingest import Saying, Tally, level_of, store
from feeds.model import Reading

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PREFIX = "tag:news.example,2026:"
BODY = (
    "The council approved the new ferry timetable on Monday after a long debate about costs and noise in the harbour."
)
MARKER = Evidence("marker", "For subscribers only", "line 9")
UNMARKED = Evidence("unmarked", "", "line 9")


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def record(
    title: str = "Council approves the ferry timetable",
    *,
    source: str = "harbour",
    guid: str | None = None,
    text: str = "",
    evidence: tuple[Evidence, ...] = (),
    dated: datetime = NOON,
    **over: Any,
) -> EntryRecord:
    """A record of `source`; its keys, access, HTML and fingerprint follow from what is given, unless given too."""
    url = over.get("url")
    published = over.get("published")
    given: dict[str, Any] = {
        "keys": dedupe.keys(source, url, guid, title, url_shared=False),
        "position": 0,
        "title": title,
        "title_from_body": False,
        "url": None,
        "summary": "",
        "content": f"<p>{text}</p>" if text else "",
        "text": text,
        "published": None,
        "published_precision": None,
        "published_basis": None,
        "updated": None,
        "dated": published or dated,
        "language": "en",
        "label": None,
        "authors": (),
        "categories": (),
        "enclosures": (),
        "sections": ("Town",),
        "access": level_of(evidence),
        "evidence": evidence,
        "fingerprint": dedupe.fingerprint(title, text, url, at=published or dated),
    }
    return EntryRecord(**(given | over))


@cache
def _blank() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "blank.sqlite3"
        engine = open_engine(f"sqlite:///{path}")
        upgrade(engine)
        engine.dispose()
        return path.read_bytes()


def new_engine(folder: Path, name: str = "feeds") -> Engine:
    """A fresh database below `folder`, at the newest schema: migrated once, then copied."""
    path = folder / f"{name}.sqlite3"
    path.write_bytes(_blank())
    return open_engine(f"sqlite:///{path}")


def source_id(connection: Connection, name: str = "harbour") -> int:
    """The id of the source `name`, which is made where there is none."""
    sources.add(connection, name, {"kind": "seed", "path": name}, NOON)
    return next(one.id for one in sources.every(connection) if one.name == name)


def document(name: str, *records: EntryRecord, moment: datetime = NOON) -> Reading:
    """A document as the parsers hand it over."""
    digest = blake2b(repr(records).encode(), digest_size=16).digest()
    return Reading(name=name, digest=digest, moment=moment, records=records)


def tell(
    engine: Engine,
    name: str,
    *records: EntryRecord,
    source: str = "harbour",
    now: datetime = NOON,
    moment: datetime | None = None,
    made: set[int] | None = None,
) -> Tally:
    """Lets the document `name` of `source` say `records` at `now`, in one transaction of a poll that `made` entries."""
    with writing(engine) as connection:
        one = document(name, *records, moment=now if moment is None else moment)
        saying = Saying(source_id(connection, source), source, one)
        return store(connection, [saying], prefix=PREFIX, now=now, made=made)[0]


def past_polls(connection: Connection) -> list[PastPoll]:
    """The polls of all sources that are remembered, in order of name, the latest of each first."""
    return [
        poll for source in sources.every(connection) for poll in polls.of_source(connection, source.id, limit=99_999)
    ]


def all_entries(engine: Engine) -> list[StoredEntry]:
    """Everything that is stored, newest first."""
    with reading(engine) as connection:
        return list(entries.listing(connection))


def every_entry(connection: Connection) -> list[StoredEntry]:
    """The same, with those that were taken back."""
    return list(entries.listing(connection, withdrawn=True))


def titled(engine: Engine, title: str) -> StoredEntry:
    """The only entry of this title."""
    (found,) = (entry for entry in all_entries(engine) if entry.title == title)
    return found


def at(engine: Engine, url: str) -> StoredEntry:
    """The only entry of this address."""
    (found,) = (entry for entry in all_entries(engine) if entry.url == url)
    return found


def only(engine: Engine) -> StoredEntry:
    """The only entry there is."""
    (found,) = all_entries(engine)
    return found


def owed(engine: Engine) -> set[str]:
    """Names of the sections that owe a feed; `*` stands for the feed of everything."""
    with reading(engine) as connection:
        names = {0: "*"} | {section.id: section.name for section in every(connection)}
        return {names[each] for each in dirty(connection)}


def forget(engine: Engine) -> None:
    """Lets no section owe a feed, as after a publish."""
    with writing(engine) as connection:
        clean(connection, dirty(connection))


def changes(engine: Engine, entry: StoredEntry) -> list[tuple[str, ...]]:
    """What each revision of the entry moved, the latest first."""
    with reading(engine) as connection:
        return [revision.changed for revision in revisions.history(connection, entry.id)]


def shape(engine: Engine, *, times: bool = True) -> list[tuple[Any, ...]]:
    """All that a reader could see of every entry, in order of id: what must not depend on the order of reading."""
    return sorted(
        (
            entry.uid,
            entry.title,
            entry.text,
            entry.summary,
            entry.sections,
            entry.access,
            entry.evidence,
            entry.source,
            entry.lead,
            entry.rule,
            entry.updated if times else None,
        )
        for entry in all_entries(engine)
    )


def plans(engine: Engine, ask: Any) -> str:
    """How SQLite answers each SELECT that `ask(connection)` sends, as text."""
    asked: list[tuple[str, Any]] = []
    with reading(engine) as connection:

        @event.listens_for(connection, "before_cursor_execute")
        def _note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
            asked.append((statement, parameters))

        ask(connection)
    with reading(engine) as connection:
        found = []
        for statement, parameters in asked:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found += [str(row.detail) for row in rows]
    return "\n".join(found)
