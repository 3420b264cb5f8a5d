"""The manifest: what is said comes back, and nothing half-read is believed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from feeds import manifest

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_what_is_said_comes_back(tmp_path: Path) -> None:
    files = {name: manifest.described(name, name.encode(), 3, NOON) for name in ("b.atom", "a.atom")}
    data = manifest.render("settings", files)
    (tmp_path / manifest.NAME).write_bytes(data)
    assert manifest.read(tmp_path) == ("settings", files)
    assert manifest.render("settings", dict(sorted(files.items()))) == data
    assert files["a.atom"].moment == NOON


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"[]", b"{}", b"null", b'{"settings": "", "files": [{"path": "a"}]}',
        b'{"settings": "", "files": [{"path": "a", "sha256": "", "size": 1, "entries": 0, "updated": "soon"}]}',
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_as_if_it_were_not_there(tmp_path: Path, data: bytes) -> None:
    assert manifest.read(tmp_path) == ("", {})
    (tmp_path / manifest.NAME).write_bytes(data)
    assert manifest.read(tmp_path) == ("", {})


def test_a_file_stands_where_it_is_as_long_as_it_was(tmp_path: Path) -> None:
    file = manifest.described("a.atom", b"four", 1, NOON)
    assert not manifest.stands(tmp_path, None)
    assert not manifest.stands(tmp_path, file)
    (tmp_path / "a.atom").write_bytes(b"four")
    assert manifest.stands(tmp_path, file)
    (tmp_path / "a.atom").write_bytes(b"three")
    assert not manifest.stands(tmp_path, file)
