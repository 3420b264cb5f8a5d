"""`python -m tests.behaviour`: scores this checkout's poller, or any client that a shell can run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from tests.behaviour.client import Client, Command, CommandError, Ours
from tests.behaviour.scenario import BEHAVIOURS
from tests.behaviour.score import USUAL, as_json, score_each, score_together, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the score; 0 where nothing failed, 1 where something did, 2 where nothing could be run."""
    asked = _parser().parse_args(arguments)
    unknown = set(asked.only or ()) - {one.name for one in BEHAVIOURS}
    if unknown:
        known = ", ".join(one.name for one in BEHAVIOURS)
        sys.stderr.write(f"no behaviour is named {min(unknown)}; there are {known}\n")
        return 2
    chosen = [one for one in BEHAVIOURS if not asked.only or one.name in asked.only]
    try:
        if asked.command is None:
            name = Ours.name
            verdicts = score_each(Ours, chosen)
        else:

            def new_client() -> Client:
                return Command(asked.command, asked.setup, clock=asked.clock)

            name = asked.name or new_client().name
            verdicts = score_together(new_client, chosen, step=asked.step, days=asked.days, said=_progress)
    except CommandError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    shown = json.dumps(as_json(name, verdicts), indent=1, ensure_ascii=False) if asked.json else table(name, verdicts)
    sys.stdout.write(f"{shown}\n")
    return int(any(verdict.state == "fail" for verdict in verdicts))


def _progress(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.behaviour", description="Scores how a client polls.")
    parser.add_argument("--command", help="shell command of one run; {folder} {urls_file} {url} {allow} are replaced")
    parser.add_argument("--setup", help="shell command before the first run, likewise")
    parser.add_argument("--name", help="what the table calls the client")
    parser.add_argument("--clock", choices=("faketime", "epoch"), default="faketime", help="how it is told the time")
    parser.add_argument("--step", type=float, default=USUAL, help="simulated minutes between two runs")
    parser.add_argument("--days", type=float, help="simulated days at most, in what most behaviours share")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these behaviours alone")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    return parser


if __name__ == "__main__":
    sys.exit(main())
