"""Calls about what is published."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from feeds import manifest
from feeds.publish import publish
from tests.desk import NOON, record, tell
from tests.desk.calls import api_of
from tests.desk.web import running_desk

SECTION = '[[section]]\nname = "Sea"\nformerly = "Water"\n[[rule]]\nsection = "Sea"\ntitle = "ferry"\n'


def test_sections_and_files(tmp_path: Path) -> None:
    with running_desk(tmp_path, SECTION) as web:
        api = api_of(web, "read", "write")
        assert api.call("/sections") == api.call("/feeds") == {"items": [], "next": None}
        names = ("Sea", "Town", "Land", "Zoo", "Æther")
        tell(web.engine, "a", record(sections=names))
        for limit in (1, 2, 5):
            assert [row["slug"] for row in api.every("/sections", limit)] == ["aether", "land", "sea", "town", "zoo"]
        assert api.every("/sections", 50)[2] == {
            "name": "Sea",
            "slug": "sea",
            "entries": 1,
            "feed": "https://news.example/sections/sea.atom",
            "free": "https://news.example/sections/sea.free.atom",
            "formerly": ["Water"],
            "rules": [{"source": [], "category": [], "path": [], "title": ["ferry"], "language": [], "only": False}],
        }
        publish(web.engine, web.config, NOON)
        files = api.every("/feeds", 7)
        assert files == api.every("/feeds", 200)
        paths = [file["path"] for file in files]
        assert paths == sorted(paths)
        for file in files:
            data = (web.config.public / file["path"]).read_bytes()
            assert (file["size"], file["sha256"]) == (len(data), sha256(data).hexdigest())
            assert file["url"] == f"https://news.example/{file['path']}"
            assert file["changed"].startswith("20")
        (web.config.public / "all.rss").unlink()
        assert next(file for file in api.every("/feeds", 200) if file["path"] == "all.rss")["changed"] is None


def test_published_files_of_a_section_are_checked(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        api = api_of(web, "read")
        tell(web.engine, "a", record(), record("Townsfolk", sections=("Town hall",)))
        assert api.call("/sections/town/check") == {"items": []}
        publish(web.engine, web.config, NOON)
        (web.config.public / "sections" / "town.rss").write_bytes(b"<rss><channel/></rss>")
        (web.config.public / "sections" / "town.json").unlink()
        found = {one["path"]: one for one in api.call("/sections/town/check")["items"]}
        assert list(found) == [
            "sections/town.atom", "sections/town.free.atom", "sections/town.free.json", "sections/town.free.rss",
            "sections/town.html", "sections/town.json", "sections/town.rss",
        ]  # fmt: skip
        wrong = found.pop("sections/town.rss")
        assert wrong["url"] == "https://news.example/sections/town.rss"
        assert wrong["findings"][0].keys() == {"severity", "code", "line", "column", "message"}
        assert ("error", "MissingTitle") in [(one["severity"], one["code"]) for one in wrong["findings"]]
        assert found.pop("sections/town.json")["findings"] is None
        assert all(one["findings"] == [] for one in found.values())
        said = api.call("/sections/nowhere/check", status=404)
        assert said == "no section is named \"nowhere\"; see 'feeds sections list'"


def test_a_tree_that_cannot_be_read_is_not_told_as_an_empty_one(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        api = api_of(web, "read")
        tell(web.engine, "a", record())
        (web.config.public / manifest.NAME).mkdir(parents=True)
        for call in ("/feeds", "/sections/town/check"):
            assert "manifest.json: cannot be read: Is a directory" in api.call(call, status=500)
        for path in ("/desk/sections", "/desk/sections/town"):
            got = web.ask(path)
            assert (got.status, b"manifest.json: cannot be read" in got.body) == (500, True), path


def test_the_daemon_is_woken(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        assert api_of(web, "write").call("/publish", "POST", status=202) == {"woken": True}
        assert web.hands.woken == 1
