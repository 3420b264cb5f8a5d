"""The present of a run: what the caller says it is, and as much later as the process has gone on since."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """It was `now` when this was made. A simulated week and a real one obey the same rules by it, and a wall clock that
    is set while a run lasts changes nothing in it."""

    now: datetime
    _made: float = field(default_factory=time.monotonic)

    def at(self) -> float:
        """The present in seconds since 1970, for budgets."""
        return self.now.timestamp() + time.monotonic() - self._made

    def moment(self) -> datetime:
        """The present in whole seconds since `now`, as it is stored."""
        return self.now + timedelta(seconds=int(time.monotonic() - self._made))
