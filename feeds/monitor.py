"""Who is well and who is not: the states of sources, as a table and as an exit code."""

from __future__ import annotations

from dataclasses import dataclass

from db.engine import Engine, reading
from db.records import Heartbeat, IncidentRecord, PushRecord, SourceRecord
from db.store import entries, heartbeats, incidents, pushes, sections, sources
from feeds.states import is_well


@dataclass(frozen=True, slots=True)
class Health:
    """A source, whose state is its `standing`; `push` is our subscription at its hub."""

    source: SourceRecord
    push: PushRecord | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """The whole desk at one moment."""

    sources: tuple[Health, ...]
    incidents: tuple[IncidentRecord, ...]
    entries: int
    sections: int
    dirty: int
    heartbeats: tuple[Heartbeat, ...] = ()

    @property
    def well(self) -> bool:
        """True where nobody needs to act."""
        return is_well((health.source.standing for health in self.sources), (one.kind for one in self.incidents))


def status(engine: Engine) -> Status:
    """The state of every source, the open incidents, and what the database holds."""
    with reading(engine) as connection:
        pushed = pushes.current(connection)
        return Status(
            sources=tuple(Health(source, pushed.get(source.id)) for source in sources.every(connection)),
            incidents=tuple(incidents.opened(connection)),
            entries=entries.count(connection),
            sections=len(sections.every(connection)),
            dirty=len(sections.dirty(connection)),
            heartbeats=tuple(heartbeats.every(connection)),
        )
