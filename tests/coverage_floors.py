"""`python -m tests.coverage_floors FILE`: fails where coverage is below its floor.

Raising a floor is free; lowering one is a decision for `docs/design.md`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

OVERALL = 95.0
WHOLE = (
    "db/",
    "feeds/access/",
    "feeds/budget.py",
    "feeds/cadence.py",
    "feeds/checking/",
    "feeds/clock.py",
    "feeds/credence.py",
    "feeds/dedupe/",
    "feeds/diff.py",
    "feeds/discover.py",
    "feeds/filing.py",
    "feeds/fulltext.py",
    "feeds/further.py",
    "feeds/extract/",
    "feeds/formats/",
    "feeds/history.py",
    "feeds/manner.py",
    "feeds/markers.py",
    "feeds/model.py",
    "feeds/naming.py",
    "feeds/normalise/",
    "feeds/output.py",
    "feeds/packing.py",
    "feeds/query.py",
    "feeds/page.py",
    "feeds/quick.py",
    "feeds/reading.py",
    "feeds/revise.py",
    "feeds/shapes/",
    "feeds/slug.py",
    "feeds/spans.py",
    "feeds/sources/",
    "feeds/targets.py",
    "feeds/tree.py",
    "feeds/validate/",
    "feeds/websub/hub.py",
    "feeds/websub/publisher.py",
    "feeds/websub/topics.py",
    "feeds/websub/wish.py",
    "feeds/websub/discovery.py",
    "feeds/websub/subscriber.py",
    "feeds/worker.py",
)
"""Pure stages and the storage: every line and every branch."""


def short(report: dict[str, Any]) -> list[str]:
    """What is below its floor, a line each."""
    found = []
    total = report["totals"]["percent_covered"]
    if total < OVERALL:
        found.append(f"overall: {total:.1f} % of lines and branches, the floor is {OVERALL} %")
    for name, file in sorted(report["files"].items()):
        covered = file["summary"]["percent_covered"]
        if name.startswith(WHOLE) and covered < 100:
            lines = ", ".join(map(str, file["missing_lines"][:8]))
            branches = ", ".join(f"{a}->{b}" for a, b in file.get("missing_branches", [])[:8])
            found.append(
                f"{name}: {covered:.1f} %, the floor is 100 % (lines {lines or '-'}; branches {branches or '-'})"
            )
    return found


def main() -> None:
    """Reads coverage's JSON report and says what is missing."""
    found = short(json.loads(Path(sys.argv[1]).read_text()))
    for line in found:
        sys.stdout.write(f"coverage: {line}\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
