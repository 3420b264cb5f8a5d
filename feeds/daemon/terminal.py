"""Whether a hang-up is the end of the terminal that we were started in, or a wish that the configuration be read."""

from __future__ import annotations

import os
import signal


class Terminal:
    """The controlling terminal at the start, if any.

    SIGHUP comes from a terminal that hangs up, and from whoever wants a reload. A terminal that is gone can be opened
    no more. Who had the signal ignored (nohup) does not want to end by it.
    """

    def __init__(self) -> None:
        self._had = signal.getsignal(signal.SIGHUP) != signal.SIG_IGN and _opens()

    def is_gone(self) -> bool:
        """Whether there was one, and it hung up."""
        return self._had and not _opens()


def _opens() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True
