"""`python -m tests.desk.readonly FOLDER`: a desk whose database becomes read-only, and writable again.

To be run in a mount namespace of its own (`unshare -Urm`), where root is bound by what a mount allows. Prints what
`/readyz` answered at each step, as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from feeds.desk.health import KEPT
from tests.desk.web import Web, running_desk


def asked(web: Web) -> tuple[int, str]:
    """What `/readyz` says, once it looks anew."""
    time.sleep(KEPT + 0.1)
    got = web.ask("/readyz")
    return got.status, got.body.decode()


def main(folder: Path) -> None:
    said = []
    with running_desk(folder) as web:
        said.append(asked(web))
        # Not what is open already: that would keep the kernel from it.
        subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
        for mode in ("ro", "rw"):
            subprocess.run(["mount", "-o", f"remount,bind,{mode}", str(folder)], check=True)
            said.append(asked(web))
    print(json.dumps(said))  # noqa: T201  # the answer of this program


if __name__ == "__main__":
    main(Path(sys.argv[1]))
