"""The manifest: what is said comes back, and nothing half-read is believed."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feeds import manifest
from feeds.errors import OutputError
from feeds.manifest import Manifest, Standing

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def said(*paths: str, settings: str = "0f") -> Manifest:
    made = Manifest(settings)
    for path in paths:
        made.put(manifest.described(path, path.encode(), 3, NOON))
    return made


def test_what_is_said_comes_back(tmp_path: Path) -> None:
    data = said("b.atom", "sections/a.atom").render()
    (tmp_path / manifest.NAME).write_bytes(data)
    again = manifest.read(tmp_path)
    assert (again.settings, list(again), len(again)) == ("0f", ["b.atom", "sections/a.atom"], 2)
    assert again["b.atom"] == manifest.described("b.atom", b"b.atom", 3, NOON)
    assert again["b.atom"].moment == NOON
    assert (again.size("b.atom"), again.size("c.atom")) == (6, None)
    assert "b.atom" in again
    assert "c.atom" not in again
    assert again.render() == said("sections/a.atom", "b.atom").render() == data


def test_it_is_json_for_everybody_else() -> None:
    document = json.loads(said("b.atom", "a.atom").render())
    assert document["settings"] == "0f"
    assert [(file["path"], file["size"], file["entries"]) for file in document["files"]] == [
        ("a.atom", 6, 3), ("b.atom", 6, 3),
    ]  # fmt: skip
    assert json.loads(Manifest().render()) == {"settings": "", "files": []}


def test_how_it_is_laid_out_does_not_matter(tmp_path: Path) -> None:
    made = said("b.atom", "a.atom")
    (tmp_path / manifest.NAME).write_text(json.dumps(json.loads(made.render()), indent=2))
    assert manifest.read(tmp_path).render() == made.render()


def test_an_empty_one_comes_back(tmp_path: Path) -> None:
    (tmp_path / manifest.NAME).write_bytes(Manifest("ab").render())
    assert manifest.read(tmp_path).settings == "ab"


def test_lines_are_handed_on_unread() -> None:
    made = Manifest()
    made.keep(said("a.atom"), "a.atom")
    made.keep(said("a.atom"), "b.atom")
    assert list(made) == ["a.atom"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"{",
        lambda data: b"null",
        lambda data: b"\xff\xfe",
        lambda data: data[:-3],
        lambda data: data.replace(b"2026-03", b"soon"),
        lambda data: data.replace(b'"entries": 3', b'"entries": "3"'),
        lambda data: data.replace(b'"settings"', b'"sittings"'),
    ],
)
def test_what_cannot_be_read_is_as_if_it_were_not_there(tmp_path: Path, damage: object) -> None:
    assert not manifest.read(tmp_path)
    (tmp_path / manifest.NAME).write_bytes(damage(said("a.atom").render()))  # type: ignore[operator]
    found = manifest.read(tmp_path)
    assert (found.settings, dict(found)) == ("", {})
    with pytest.raises(OutputError, match=r"manifest\.json: is no manifest; 'feeds publish' writes it anew"):
        manifest.told(tmp_path)


def test_people_are_told_that_it_cannot_be_read(tmp_path: Path) -> None:
    assert not manifest.told(tmp_path)
    assert not manifest.told(tmp_path / "none")
    (tmp_path / manifest.NAME).mkdir()
    with pytest.raises(OutputError, match=r"manifest\.json: cannot be read: Is a directory"):
        manifest.told(tmp_path)


def test_a_file_is_asked_for_by_itself(tmp_path: Path) -> None:
    (tmp_path / "sections").mkdir()
    (tmp_path / "sections/a.atom").write_bytes(b"four")
    os.symlink("a.atom", tmp_path / "sections/b.atom")
    standing = Standing(tmp_path)
    assert [standing.size(f"sections/{name}.atom") for name in "abc"] == [4, None, None]
    assert standing.size("saved/a.atom") is standing.size("sections") is None
    assert standing.has("sections/b.atom")
    assert standing.has("sections")
    assert not standing.has("saved/a.atom")
    assert standing.written("saved/a.atom") == 0 < standing.written("sections/a.atom")
    assert standing.moment("saved/a.atom") is None
    os.utime(tmp_path / "sections/a.atom", (NOON.timestamp(), NOON.timestamp()))
    assert standing.moment("sections/a.atom") == NOON
    assert standing.folders() == []


def test_a_folder_that_was_listed_is_as_it_was_then(tmp_path: Path) -> None:
    (tmp_path / "sections").mkdir()
    (tmp_path / "sections/a.atom").write_bytes(b"four")
    os.symlink("a.atom", tmp_path / "sections/b.atom")
    standing = Standing(tmp_path)
    assert sorted(standing.listed("sections")) == ["a.atom", "b.atom"]
    assert standing.folders() == ["sections"]
    (tmp_path / "sections/c.atom").write_bytes(b"")
    assert not standing.has("sections/c.atom")
    assert standing.size("sections/b.atom") is standing.size("sections/c.atom") is None
    assert standing.has("sections/b.atom")
