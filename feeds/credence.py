"""Whether what a source states of its articles is believed (`feeds.access.word`), kept up as its polls are stored."""

from __future__ import annotations

from datetime import datetime

from db.engine import Connection
from db.records import Learned
from db.store import incidents, sources
from feeds import access
from feeds.config import Source
from feeds.ingest import Tally, reassess
from feeds.manner import is_doubted

INCIDENT = "access"
"""Kind of the incident of a source that is doubted, until a person says what its word is worth."""


def note(connection: Connection, source_id: int, source: Source, tally: Tally, now: datetime) -> None:
    """Counts what a poll of the source stated, and doubts or believes it from now on where that turns the scale.

    What was read is read again then, since it is read in another manner.
    """
    if not tally.articles:
        return
    before = sources.learned(connection, source_id)
    after = access.noted(before, tally.articles, tally.locked)
    sources.learn(connection, source_id, after)
    if after.doubted is not before.doubted:
        settle(connection, source_id, source, after, now)


def settle(connection: Connection, source_id: int, source: Source, learned: Learned, now: datetime) -> None:
    """Judges what is stored of the source by whether its word is believed, and tells people where that is news."""
    reassess(connection, source_id, now, doubted=is_doubted(source, learned))
    if learned.doubted and source.trust_access is None and source.access is None:
        incidents.open_incident(connection, INCIDENT, source.name, _news(learned), now, source_id)
    else:
        incidents.close_incident(connection, INCIDENT, source.name, now)


def _news(learned: Learned) -> str:
    share = 100 * learned.locked // learned.articles
    return (
        f"states of {share} % of its articles that they are locked, so that its word counts as a hint only; "
        "set access or trust_access of the source"
    )
