"""How polling stands, for whoever looks: kept by the tick, read by any thread."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from feeds.desk.context import Progress
from feeds.poll import PollResult
from feeds.terms import Standing

RECENT = 20
"""Sources that were done last which are told."""


class Board:
    """The poll under way, or the last one.

    The daemon looks for what is due every few seconds, and reads local paths each time: a run that asked nobody and
    found nothing is not shown, or no other would be seen for longer than that.
    """

    def __init__(self) -> None:
        self._shown: Progress | None = None
        self._began: datetime | None = None
        self._is_worth = False
        self._recent: tuple[tuple[str, str, int], ...] = ()

    def begin(self, now: datetime) -> None:
        """A run begins."""
        self._began, self._is_worth = now, False

    def watch(self, standing: Standing) -> None:
        """How the run stands."""
        self._is_worth = self._is_worth or bool(standing.active or standing.waiting)
        if self._is_worth and self._began is not None:
            # A copy: the run goes on counting in its own.
            self._shown = Progress(self._began, replace(standing), recent=self._recent)

    def heard(self, result: PollResult) -> None:
        """A source is done."""
        self._is_worth = self._is_worth or (result.outcome != "unchanged" and not result.repeated)
        others = [one for one in self._recent if one[0] != result.source]
        self._recent = ((result.source, result.outcome, result.tally.new), *others[: RECENT - 1])

    def end(self, now: datetime) -> None:
        """The run is over."""
        if self._is_worth and self._shown is not None:
            standing = replace(self._shown.standing, waiting=0, active=0)
            self._shown = Progress(self._shown.began_at, standing, now, self._recent)
        self._began = None

    def shown(self) -> Progress | None:
        """What is to be told; None before the first poll."""
        return self._shown
