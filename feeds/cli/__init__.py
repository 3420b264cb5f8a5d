"""The command `feeds`."""

from __future__ import annotations

import signal
import sys

INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM


def main() -> None:
    """Runs the command line and ends the process with the exit code of `feeds.errors`."""
    from feeds.cli.app import run

    # An orderly end: what was claimed is given back, and no worker is left behind. `feeds run` has its own way.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(TERMINATED))
    sys.exit(run(sys.argv[1:]))
