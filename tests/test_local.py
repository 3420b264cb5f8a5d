"""Documents from disk: which files of a folder, in which order, and what cannot be read."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feeds.errors import FetchError
from feeds.fetch import LocalFile, Unreadable, list_local, read_file, read_local
from feeds.model import Document
from tests.asking import NOW, poll_of

POLL = poll_of(max_bytes=1000)


def names(path: Path) -> list[str]:
    return [found.name for found in list_local(path)]


def write(folder: Path, *files: str) -> None:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


def test_a_single_file_of_any_name(tmp_path: Path) -> None:
    write(tmp_path, "README")
    os.utime(tmp_path / "README", ns=(0, 1_767_225_600_999_999_999))
    (found,) = list_local(tmp_path / "README")
    assert found == LocalFile("README", tmp_path / "README", 6, 1_767_225_600_999_999_999)
    assert list(read_local(tmp_path / "README", POLL, now=NOW)) == [
        Document(name="README", data=b"README", as_of=datetime(2026, 1, 1, tzinfo=UTC), fetched_at=NOW)
    ]


def test_a_folder_gives_its_documents_in_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path, "b.txt", "a/z.txt", "a.txt", "A.TXT", "c/d/e.txt", "README.txt", "readme-too.txt", "notes.md")
    write(tmp_path, ".hidden.txt", ".git/x.txt", "txt", "x.txt.bak", ".broadsheet-0.txt")
    assert names(tmp_path) == ["A.TXT", "a.txt", "a/z.txt", "b.txt", "c/d/e.txt"]
    assert [each.data for each in read_local(tmp_path, POLL, now=NOW) if isinstance(each, Document)][2] == b"a/z.txt"


def test_an_empty_folder_is_no_error_and_a_missing_one_is(tmp_path: Path) -> None:
    assert list_local(tmp_path) == []
    with pytest.raises(FetchError, match="gone: no such file or folder"):
        list_local(tmp_path / "gone")
    with pytest.raises(FetchError, match="no such file or folder"):
        list(read_local(tmp_path / "gone", POLL, now=NOW))


def test_links_are_followed_inside_only(tmp_path: Path) -> None:
    write(tmp_path, "in/a.txt", "out/secret.txt")
    inside = tmp_path / "in"
    (inside / "b.txt").symlink_to("a.txt")
    (inside / "c.txt").symlink_to("../out/secret.txt")
    (inside / "d").symlink_to("../out")
    (inside / "e").symlink_to(".")
    (inside / "f.txt").symlink_to("nothing")
    (tmp_path / "link").symlink_to("in")
    assert names(inside) == ["a.txt", "b.txt", "f.txt"]
    assert names(tmp_path / "link") == ["a.txt", "b.txt", "f.txt"]
    (broken,) = [found for found in list_local(inside) if isinstance(found, Unreadable)]
    assert "cannot be read: No such file" in str(broken.error)


def test_what_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path, "good.txt", "folder.txt/inner.txt")
    os.mkfifo(tmp_path / "fifo.txt")
    (tmp_path / "large.txt").write_bytes(b"x" * 1001)
    (tmp_path / "fits.txt").write_bytes(b"x" * 1000)
    found = {each.name: each for each in read_local(tmp_path, POLL, now=NOW)}
    troubles = {name: str(each.error) for name, each in found.items() if isinstance(each, Unreadable)}
    assert sorted(set(found) - set(troubles)) == ["fits.txt", "folder.txt/inner.txt", "good.txt"]
    assert troubles["fifo.txt"].endswith("fifo.txt: a special file, not a document")
    assert troubles["folder.txt"].endswith("folder.txt: a folder, not a document")
    assert troubles["large.txt"].endswith("more than 1,000 bytes (max_bytes in [poll])")


def test_a_folder_and_a_file_that_may_not_be_read() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, "shut/x.txt", "shut.txt")
        (folder / "shut").chmod(0)
        (folder / "shut.txt").chmod(0)
        folder.chmod(0o755)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)  # root may read everything
        try:
            troubles = [each for each in read_local(folder, POLL, now=NOW) if isinstance(each, Unreadable)]
        finally:
            os.seteuid(user)
            (folder / "shut").chmod(0o700)
    assert [each.name for each in troubles] == ["shut", "shut.txt"]
    assert all("Permission denied" in str(each.error) for each in troubles)


def test_a_file_that_changes_between_listing_and_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x")
    (listed,) = list_local(path)
    assert isinstance(listed, LocalFile)
    path.write_bytes(b"x" * 1001)
    with pytest.raises(FetchError, match="more than 1,000 bytes"):
        read_file(listed, POLL, now=NOW)
    path.unlink()
    with pytest.raises(FetchError, match="cannot be read"):
        read_file(listed, POLL, now=NOW)
    os.mkfifo(path)
    with pytest.raises(FetchError, match="not a regular file"):
        read_file(listed, POLL, now=NOW)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null"])
def test_a_device_is_no_document(path: str) -> None:
    (found,) = list_local(Path(path))
    assert isinstance(found, Unreadable)
    assert "special file" in str(found.error)


def test_times_that_no_calendar_knows_count_as_now(tmp_path: Path) -> None:
    write(tmp_path, "a.txt")
    far = LocalFile("a.txt", tmp_path / "a.txt", 5, 10**30)
    assert read_file(far, POLL, now=NOW).as_of == NOW
    old = LocalFile("a.txt", tmp_path / "a.txt", 5, -1)
    assert read_file(old, POLL, now=NOW).as_of == datetime(1970, 1, 1, tzinfo=UTC) - timedelta(seconds=1)


def test_names_are_text_whatever_the_disk_holds(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    with open(folder + b"/\xff.txt", "wb") as file:
        file.write(b"latin")
    write(tmp_path, "ž\n.txt")
    assert names(tmp_path) == ["\\xff.txt", "ž\n.txt"]
    assert {each.data for each in read_local(tmp_path, POLL, now=NOW) if isinstance(each, Document)} >= {b"latin"}
