"""`feeds sections`."""

from __future__ import annotations

from tests.command import SEEDS, Folder


def test_sections(own: Folder) -> None:
    assert own.run("sections", "list", "--json").json == [
        {
            "name": name,
            "slug": name.lower(),
            "entries": count,
            "feed": f"http://127.0.0.1:8080/sections/{name.lower()}.atom",
            "free": f"http://127.0.0.1:8080/sections/{name.lower()}.free.atom",
            "formerly": [],
            "rules": [],
        }
        for name, count in (("Economy", 3), ("Politics", 2), ("Society", 1))
    ]
    assert own.run("sections", "list").out.splitlines()[1].startswith("Politics\t2\t")


def test_former_names_and_rules_are_shown(own: Folder) -> None:
    own.config(
        f'{SEEDS}[[section]]\nname = "Town"\nformerly = ["Politics", "Society"]\n[[rule]]\nsection = "town"\n'
        'title = ["ferry", "toll"]\nsource = "seeds"\nonly = true\n'
    )
    own.run("update")
    lines = [line.split("\t") for line in own.run("sections", "list").out.splitlines()]
    assert [(line[0], line[1], line[3]) for line in lines] == [
        ("Economy", "2", ""),
        ("Town", "6", "formerly Politics, Society; source seeds, title ferry or toll (only)"),
    ]
    found = {one["name"]: one for one in own.run("sections", "list", "--json").json}
    assert (found["Economy"]["formerly"], found["Economy"]["rules"]) == ([], [])
    assert (found["Town"]["slug"], found["Town"]["formerly"]) == ("politics", ["Politics", "Society"])
    assert found["Town"]["rules"] == [
        {"source": ["seeds"], "category": [], "path": [], "title": ["ferry", "toll"], "language": [], "only": True}
    ]


def test_a_section_that_nothing_fills_can_be_ended(own: Folder) -> None:
    own.config(SEEDS + '[[section]]\nname = "Sport"\n')
    own.run("update")
    assert (own.public / "sections/sport.atom").is_file()
    refused = own.run("sections", "remove", "Sport")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "[[section]]" in refused.err
    own.config(SEEDS)
    for name, said in (("Politics", 'formerly = ["Politics"]'), ("Chess", "sections list")):
        refused = own.run("sections", "remove", name)
        assert (refused.code, refused.err.count("\n")) == (2, 1)
        assert said in refused.err
    assert own.run("sections", "remove", "sport", "--json").json == {"removed": "Sport"}
    own.run("publish")
    assert not (own.public / "sections/sport.atom").exists()
    assert (own.public / "gone/sections/sport.atom").is_file()
    assert "Sport" not in own.run("sections", "list").out
