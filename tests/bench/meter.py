"""What a stretch of work costs: CPU of a process and all below it, wall time, and memory while it lasts.

CPU is that of the process (`RUSAGE_SELF`), of the children it has waited for (`RUSAGE_CHILDREN`) and of those that
still run, workers of workers too, from /proc. Memory is sampled by a process of its own (`python -m
tests.bench.meter`), so that looking is in nobody's figures: the sum of the proportional set sizes, in which pages that
processes share are counted once, and the largest resident set that one process ever had.
"""

from __future__ import annotations

import os
import resource
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

INTERVAL = 0.2
"""Seconds between two looks at memory: a look costs the kernel about a millisecond for 100 MB."""

_TICK = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a stretch of work took: seconds, and memory in MB (the whole, the largest process, after each fifth)."""

    cpu: float
    wall: float
    peak_mb: float
    largest_mb: float
    fifths_mb: tuple[float, ...]


class Meter:
    """Measures this process and what it starts, but for its own sampler and the processes in `apart`.

    Without `own` the memory is that of what it starts alone.
    """

    def __init__(self, apart: tuple[int, ...] = (), *, own: bool = True) -> None:
        self._sampler: subprocess.Popen[str] | None = None
        self._apart = set(apart)
        self._own = own
        self._cpu = self._wall = 0.0

    def __enter__(self) -> Meter:
        command = [
            sys.executable,
            "-m",
            "tests.bench.meter",
            str(os.getpid()),
            str(int(self._own)),
            *map(str, self._apart),
        ]
        self._sampler = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._apart.add(self._sampler.pid)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sampler is not None:
            self._sampler.communicate()

    def start(self) -> None:
        """Begins a stretch of work."""
        self._ask()
        self._cpu, self._wall = cpu_of_tree(self._apart), time.perf_counter()

    def stop(self) -> Cost:
        """What it took since `start`."""
        wall, cpu = time.perf_counter() - self._wall, cpu_of_tree(self._apart) - self._cpu
        largest, *samples = self._ask()
        fifths = tuple(samples[min(len(samples) * part // 5, len(samples) - 1)] for part in range(1, 6))
        return Cost(round(cpu, 3), round(wall, 3), max(samples), largest, fifths)

    def _ask(self) -> list[float]:
        """The largest process and the samples since the last call, in MB; one sample at least."""
        assert self._sampler is not None
        assert self._sampler.stdin is not None
        assert self._sampler.stdout is not None
        self._sampler.stdin.write("\n")
        self._sampler.stdin.flush()
        return [float(each) for each in self._sampler.stdout.readline().split()]


def cpu_of_tree(apart: set[int]) -> float:
    """CPU seconds of this process, of the children it has waited for and of all that run below it now.

    What runs now is exact to a hundredth of a second for each process. A process that ended before anybody waited for
    it, and whose parent ended too, is lost.
    """
    own = resource.getrusage(resource.RUSAGE_SELF)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime
    for pid in below(os.getpid(), apart):
        total += cpu_of(pid) or 0.0
    return total


def cpu_of(pid: int) -> float | None:
    """CPU seconds of a process, and of the children that it waited for; None for a process that has ended."""
    fields = _stat(pid)
    # utime, stime, and those of its children that it waited for: fields 14 to 17 of proc(5).
    return None if fields is None else sum(int(each) for each in fields[11:15]) / _TICK


def below(pid: int, apart: set[int]) -> list[int]:
    """The processes that run below `pid`, but for those in `apart` and what is below those."""
    parents: dict[int, list[int]] = {}
    for entry in os.listdir(_PROC):
        if entry.isdigit() and (fields := _stat(int(entry))) is not None:
            parents.setdefault(int(fields[1]), []).append(int(entry))
    found: list[int] = []
    left = [pid]
    while left:
        children = [each for each in parents.get(left.pop(), ()) if each not in apart]
        found += children
        left += children
    return found


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the third on; None for a process that has ended."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _memory(pid: int) -> tuple[float, float]:
    """Proportional set now and the largest resident set ever (`ru_maxrss`) in MB; zeros for a process that ended."""
    return _field(pid, "smaps_rollup", "Pss:"), _field(pid, "status", "VmHWM:")


def _field(pid: int, file: str, name: str) -> float:
    try:
        lines = (_PROC / str(pid) / file).read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(name)), 0.0)


def main() -> None:
    """Samples the tree of the first argument until standard input ends; a line in, a line of figures out.

    The second argument is 1 where the root of the tree counts, the others are processes that do not.
    """
    root, own, apart = int(sys.argv[1]), sys.argv[2] == "1", {os.getpid(), *map(int, sys.argv[3:])}
    largest, samples = 0.0, []
    while True:
        # Not at once after an answer: what is about to be started still wears its parent's memory for a moment (vfork).
        asked = bool(select.select([sys.stdin], [], [], INTERVAL)[0])
        if asked and not sys.stdin.readline():
            return
        sizes = [_memory(pid) for pid in ([root] if own else []) + below(root, apart)]
        largest = max([largest, *(most for _, most in sizes)])
        samples.append(sum(proportional for proportional, _ in sizes))
        if asked:
            sys.stdout.write(" ".join(f"{each:.1f}" for each in (largest, *samples)) + "\n")
            sys.stdout.flush()
            largest, samples = 0.0, []


if __name__ == "__main__":
    main()
