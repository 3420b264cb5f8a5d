"""`feeds sections`."""

from __future__ import annotations

from tests.command import Folder


def test_sections(own: Folder) -> None:
    assert own.run("sections", "list", "--json").json == [
        {
            "name": name,
            "slug": name.lower(),
            "entries": count,
            "feed": f"http://127.0.0.1:8080/sections/{name.lower()}.atom",
            "free": f"http://127.0.0.1:8080/sections/{name.lower()}.free.atom",
        }
        for name, count in (("Economy", 3), ("Politics", 2), ("Society", 1))
    ]
    assert own.run("sections", "list").out.splitlines()[1].startswith("Politics\t2\t")
