"""In CI a test that skips fails the run, with workers and without."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import ROOT

HOOKS = "from tests.conftest import pytest_sessionfinish, pytest_terminal_summary\n"
SKIPS = "import pytest\n\n\ndef test_a():\n    pytest.skip('no tool')\n\n\ndef test_b():\n    pass\n"
PASSES = "def test_b():\n    pass\n"
FAILS = SKIPS + "\n\ndef test_c():\n    assert False\n"


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["alone", "workers"])
@pytest.mark.parametrize(
    ("tests", "ci", "code"),
    [(SKIPS, "true", 1), (SKIPS, "", 0), (PASSES, "true", 0), (FAILS, "true", 1)],
    ids=["skips in CI", "skips elsewhere", "passes", "fails"],
)
def test_a_skip_fails_in_ci_only(tmp_path: Path, tests: str, ci: str, code: int, options: tuple[str, ...]) -> None:
    (tmp_path / "conftest.py").write_text(HOOKS)
    (tmp_path / "test_it.py").write_text(tests)
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", *options, "test_it.py"]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ran.returncode == code, ran.stdout
    assert ("skipped, which fails in CI" in ran.stdout) == (tests != PASSES and ci == "true")
    assert ("test_it.py::test_a" in ran.stdout) == (tests != PASSES and ci == "true")
