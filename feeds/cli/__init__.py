"""The command `feeds`."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line and ends the process with the exit code of `feeds.errors`."""
    from feeds.cli.app import run

    sys.exit(run(sys.argv[1:]))
