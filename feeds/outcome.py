"""What one poll of one source comes to: for whoever asked, and for the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from db.records import PollRecord
from feeds.ingest import Tally
from feeds.model import Skipped
from feeds.troubles import Trouble


@dataclass(slots=True, kw_only=True)
class PollResult:
    """What became of one source. `outcome`: stored, unchanged, failed or deferred.

    `skipped` are rows with their document; `errors` name documents that gave nothing, `read` counts those that could
    be read. `repeated` says that the same errors were noted the last time.
    """

    source: str
    outcome: str = "unchanged"
    tally: Tally = field(default_factory=Tally)
    skipped: list[tuple[str, Skipped]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    read: int = 0
    repeated: bool = False
    next_due: datetime | None = None
    reason: str = ""

    @property
    def error(self) -> str | None:
        """All of them as text that every database takes: names of files may hold bytes that are no UTF-8."""
        return "; ".join(self.errors).encode("utf-8", "backslashreplace").decode() or None


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What is to be stored of a poll beside its entries. `moved_from` is the address that a new one took over from,
    `shut_until` when the whole host may be asked again, which asked to be left alone."""

    poll: PollRecord
    tally: Tally
    troubles: tuple[Trouble, ...] = ()
    moved_from: str | None = None
    shut_until: datetime | None = None
