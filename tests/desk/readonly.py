"""`python -m tests.desk.readonly FOLDER`: a desk whose database becomes read-only, and writable again.

To be run in a mount namespace of its own (`unshare -Urm`), where root is bound by what a mount allows. Prints what
`/readyz` answered at each step, as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import count
from pathlib import Path

from feeds.desk.context import Context
from feeds.desk.health import KEPT, Health
from feeds.web.answers import Application
from tests.desk.web import Web, running_desk


def parts(context: Context) -> dict[str, Application]:
    """Only `/readyz`, which looks anew each time it is asked."""
    seconds = count(0.0, KEPT)
    return {"readyz": Health(context, lambda: next(seconds))}


def asked(web: Web) -> tuple[int, str]:
    got = web.ask("/readyz")
    return got.status, got.body.decode()


def main(folder: Path) -> None:
    said = []
    with running_desk(folder, parts=parts) as web:
        said.append(asked(web))
        # Not what is open already: that would keep the kernel from it.
        subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
        for mode in ("ro", "rw"):
            subprocess.run(["mount", "-o", f"remount,bind,{mode}", str(folder)], check=True)
            said.append(asked(web))
    print(json.dumps(said))  # noqa: T201  # the answer of this program


if __name__ == "__main__":
    main(Path(sys.argv[1]))
