"""Files of the published tree, on a real disk, through real failures."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from feeds.errors import OutputError
from feeds.output import TEMPORARY_PREFIX, remove, settle, sweep, touch, write_atomic


def tree(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))


@contextmanager
def most_bytes(limit: int) -> Iterator[None]:
    """No file may grow beyond `limit` bytes: the kernel's own refusal, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_is_made_with_its_folders_and_replaced(tmp_path: Path) -> None:
    root = tmp_path / "var" / "public"
    assert write_atomic(root, "sections/news.atom", b"one")
    assert write_atomic(root, "sections/news.atom", b"two")
    assert write_atomic(root, "sections/news.atom", b"longer")
    assert write_atomic(root, "index.html", b"")
    assert tree(root) == ["index.html", "sections", "sections/news.atom"]
    assert (root / "sections/news.atom").read_bytes() == b"longer"


def test_equal_bytes_touch_nothing(tmp_path: Path) -> None:
    write_atomic(tmp_path, "a/b.atom", b"one")
    before = [os.stat(tmp_path / name) for name in ("a", "a/b.atom")]
    assert not write_atomic(tmp_path, "a/b.atom", b"one")
    after = [os.stat(tmp_path / name) for name in ("a", "a/b.atom")]
    assert [(each.st_ino, each.st_mtime_ns, each.st_ctime_ns) for each in before] == [
        (each.st_ino, each.st_mtime_ns, each.st_ctime_ns) for each in after
    ]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o000, 0o644)])
def test_the_umask_is_honoured(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write_atomic(tmp_path, "a", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode


@pytest.mark.parametrize(
    "name",
    ["", "/etc/x", "../x", "a/../../x", "a//b", "a/", ".", "..", ".hidden", "a/.git/x", ".broadsheet-0", "a\\b", "a\0b",
     "a\nb", "x" * 201],
)  # fmt: skip
def test_names_that_leave_the_tree_are_refused(tmp_path: Path, name: str) -> None:
    root = tmp_path / "public"
    with pytest.raises(OutputError, match="is no name for a published file"):
        write_atomic(root, name, b"x")
    with pytest.raises(OutputError, match="is no name for a published file"):
        remove(root, name)
    assert tree(tmp_path) == []


def test_a_linked_folder_that_leads_outside_is_refused(tmp_path: Path) -> None:
    root, outside = tmp_path / "public", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "x").write_bytes(b"kept")
    (root / "sections").symlink_to(outside)
    with pytest.raises(OutputError, match="no name"):
        write_atomic(root, "sections/x", b"new")
    with pytest.raises(OutputError, match="no name"):
        write_atomic(root, "sections/deeper/x", b"new")
    with pytest.raises(OutputError, match="no name"):
        remove(root, "sections/x")
    assert tree(outside) == ["x"]
    assert (outside / "x").read_bytes() == b"kept"


def test_a_link_in_a_files_place_is_replaced_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "public"
    root.mkdir()
    (tmp_path / "target").write_bytes(b"same")
    (root / "a").symlink_to("../target")
    assert write_atomic(root, "a", b"same")
    assert not (root / "a").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"same"


def test_a_linked_tree_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "public").symlink_to("real")
    assert write_atomic(tmp_path / "public", "a/b", b"x")
    assert tree(tmp_path / "real") == ["a", "a/b"]


def test_a_full_disk_keeps_the_last_good_file(tmp_path: Path) -> None:
    write_atomic(tmp_path, "a", b"good")
    with most_bytes(1000), pytest.raises(OutputError, match=r"a: cannot be written: File too large; the last good"):
        write_atomic(tmp_path, "a", b"x" * 2000)
    assert tree(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"good"
    assert write_atomic(tmp_path, "a", b"x" * 2000)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("folder", "Is a directory"), ("file/x", "Not a directory"), ("file/deeper/x", "Not a directory")],
)
def test_something_else_in_the_way(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"kept")
    with pytest.raises(OutputError, match=f"cannot be written: {reason}"):
        write_atomic(tmp_path, name, b"x")
    assert tree(tmp_path) == ["file", "folder"]


def test_a_root_that_is_a_file_or_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"kept")
    with pytest.raises(OutputError, match="Not a directory"):
        write_atomic(tmp_path / "file", "a", b"x")
    with pytest.raises(OutputError, match=r"/proc/none/a: cannot be written: "):
        write_atomic(Path("/proc/none"), "a", b"x")


def test_remove(tmp_path: Path) -> None:
    write_atomic(tmp_path, "a/b", b"x")
    assert remove(tmp_path, "a/b")
    assert not remove(tmp_path, "a/b")
    assert not remove(tmp_path / "none", "a/b")
    write_atomic(tmp_path, "file", b"x")
    assert not remove(tmp_path, "file/b")
    with pytest.raises(OutputError, match=r"a: cannot be removed: "):
        remove(tmp_path, "a")


def test_sweep_takes_our_stray_files_only(tmp_path: Path) -> None:
    root, outside = tmp_path / "public", tmp_path / "outside"
    ours = TEMPORARY_PREFIX + "0123456789abcdef"
    kept = ["a.atom", TEMPORARY_PREFIX + "notes", ours + ".txt", "x" + ours]
    for folder in (root, root / "sections", outside):
        folder.mkdir(exist_ok=True)
        for name in (*kept, ours):
            (folder / name).write_bytes(b"x")
    (root / "link").symlink_to(outside)
    (root / "deep").mkdir()
    (root / "deep" / ours).symlink_to(outside / ours)
    (root / "folder").mkdir()
    (root / "folder" / ours).mkdir()
    assert sweep(root) == 2
    assert sweep(root) == 0
    assert sweep(tmp_path / "none") == 0
    assert sorted(os.listdir(root / "sections")) == sorted(kept)
    assert (outside / ours).exists()
    assert (root / "deep" / ours).is_symlink()


# Faults from outside: kills, and system calls that fail.

LOOP = """
import sys
from pathlib import Path
from feeds.output import write_atomic
root = Path(sys.argv[1])
print("ready", flush=True)
for turn in range(10**9):
    write_atomic(root, "news.atom", b"%d:" % turn + b"x" * 200_000 + b":%d" % turn)
"""
ONCE = """
import sys
from pathlib import Path
from feeds.errors import OutputError
from feeds.output import write_atomic
try:
    write_atomic(Path(sys.argv[1]), "a/news.atom", b"new" * 50_000)
except OutputError as error:
    sys.exit(str(error))
"""


@pytest.mark.fault
def test_a_kill_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    for turn in range(20):
        with subprocess.Popen([sys.executable, "-c", LOOP, tmp_path], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.005 + turn * 0.003)
            process.send_signal(signal.SIGKILL)
        if (tmp_path / "news.atom").exists():
            first, body, last = (tmp_path / "news.atom").read_bytes().split(b":")
            assert (first, len(body)) == (last, 200_000)
    sweep(tmp_path)
    assert set(tree(tmp_path)) <= {"news.atom"}


@pytest.mark.fault
@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_the_nth_call_that_fails_leaves_a_whole_file(tmp_path: Path, call: str, error: str) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("there is no strace to inject failures with")
    file = tmp_path / "public" / "a" / "news.atom"
    for turn in range(1, 10):
        write_atomic(tmp_path / "public", "a/news.atom", b"good")
        fault = ["-f", "-qq", "-o", str(tmp_path / "log"), "-e", f"inject={call}:error={error}:when={turn}"]
        command = [strace, *fault, sys.executable, "-B", "-c", ONCE, str(tmp_path / "public")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert tree(tmp_path / "public") == ["a", "a/news.atom"]
        assert file.read_bytes() in (b"good", b"new" * 50_000)
        if done.returncode == 0:
            assert turn > 1
            assert file.read_bytes() == b"new" * 50_000
            return
        assert "news.atom: cannot be written: " in done.stderr
    pytest.fail("a write never succeeded")


@pytest.mark.fault
def test_bytes_are_on_the_disk_before_the_name_points_at_them(tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("there is no strace to watch with")
    log = tmp_path / "log"
    subprocess.run(
        [strace, "-f", "-qq", "-y", "-o", log, "-e", "trace=fsync,rename,renameat,renameat2",
         sys.executable, "-c", ONCE, tmp_path / "public"],
        check=True,
    )  # fmt: skip
    steps = [
        ("rename" if "rename" in line else "folder" if line.split("<")[1].split(">")[0].endswith("/a") else "file")
        for line in log.read_text().splitlines()
        if "/public/a" in line
    ]
    assert steps == ["file", "rename", "folder"]


def test_folders_can_be_put_on_the_disk_together(tmp_path: Path) -> None:
    owed: set[Path] = set()
    for name in ("a/1", "a/2", "b/1"):
        assert write_atomic(tmp_path, name, b"x", owed=owed)
    assert owed == {tmp_path / "a", tmp_path / "b"}
    assert not write_atomic(tmp_path, "a/1", b"x", owed=owed)
    settle(owed)
    assert owed == set()


def test_a_folder_that_went_away_cannot_be_put_on_the_disk(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="gone"):
        settle({tmp_path / "gone"})


def test_a_file_can_be_written_now_as_it_is(tmp_path: Path) -> None:
    write_atomic(tmp_path, "a/b.atom", b"one")
    os.utime(tmp_path / "a/b.atom", ns=(1, 1))
    touch(tmp_path, "a/b.atom")
    assert (tmp_path / "a/b.atom").stat().st_mtime_ns > 1
    assert (tmp_path / "a/b.atom").read_bytes() == b"one"
    with pytest.raises(OutputError, match="cannot be written: No such file"):
        touch(tmp_path, "a/c.atom")
