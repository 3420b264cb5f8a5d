"""CPU and memory of a process and all below it are found, and of nothing else."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests.bench.meter import Meter

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"
HOLD = "import time\nheld = bytearray(b'x') * 80_000_000\nprint(flush=True)\ntime.sleep(60)\n"
PARENT = f"""
import subprocess, sys, time
subprocess.run([sys.executable, "-c", {BURN!r}])
print(flush=True)
time.sleep(60)
"""


def started(code: str) -> subprocess.Popen[bytes]:
    """A process that has come to where it prints."""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def test_cpu_of_children_that_ended_and_of_grandchildren_below_one_that_runs() -> None:
    with Meter() as meter:
        meter.start()
        subprocess.run([sys.executable, "-c", BURN], check=True)
        assert meter.stop().cpu >= 0.3
        meter.start()
        running = started(PARENT)
        assert meter.stop().cpu >= 0.28  # in whole hundredths of a second
        meter.start()
        time.sleep(0.2)
        idle = meter.stop()
        end(running)
    assert idle.cpu < 0.1
    assert idle.wall >= 0.2


@pytest.mark.parametrize("own", [True, False])
def test_memory_of_children_but_of_none_that_stands_apart(own: bool) -> None:
    with Meter(own=own) as meter:
        meter.start()
        holding = started(HOLD)
        with_child = meter.stop()
    with Meter(apart=(holding.pid,), own=own) as meter:
        meter.start()
        without = meter.stop()
    end(holding)
    assert with_child.peak_mb > without.peak_mb + 70
    assert with_child.largest_mb > 76
    # Without this process there is nothing left, or what other tests have started in it.
    assert without.peak_mb > 0 or not own
    assert len(with_child.fifths_mb) == 5
