"""What every page and every call of the API has at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from db.engine import Engine
from db.records import Heartbeat
from feeds.config import Config
from feeds.terms import Standing


@dataclass(frozen=True, slots=True)
class Progress:
    """How the poll under way stands, or the last one stood (`ended_at`). `recent` are the sources that were done last,
    the latest first: name, outcome, new entries."""

    began_at: datetime
    standing: Standing
    ended_at: datetime | None = None
    recent: tuple[tuple[str, str, int], ...] = ()


class Hands(Protocol):
    """The process that the desk is part of."""

    @property
    def reload_ok(self) -> bool:
        """Whether the configuration was good when it was last read."""

    def wake(self) -> None:
        """Has what is due polled, and what is owed published, at once."""

    def progress(self) -> Progress | None:
        """How polling stands; None before the first poll."""

    def beats(self) -> Sequence[Heartbeat]:
        """The last sign of life of each job."""


@dataclass(frozen=True, slots=True)
class Context:
    """`path` is the file of the configuration, `clock` tells the time (UTC)."""

    engine: Engine
    config: Config
    clock: Callable[[], datetime]
    hands: Hands
    path: Path
