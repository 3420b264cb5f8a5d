"""Sources that people add beside the configuration, and take away again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from db.engine import Engine, reading
from db.records import SourceRecord
from db.store import sources
from feeds import roster
from feeds.config import Config, Source, parse
from feeds.declare import declare
from feeds.errors import Unknown, UsageError
from tests.command import SEEDS, SITE
from tests.desk import NOON

URL = "https://wire.example/feed"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return parse(SITE + SEEDS, tmp_path / "config.toml")


def nowhere(_path: Path) -> bool:
    return False


def known(engine: Engine) -> dict[str, SourceRecord]:
    with reading(engine) as connection:
        return {one.name: one for one in sources.every(connection)}


def test_an_address_becomes_a_source(engine: Engine) -> None:
    source = roster.described(URL, nowhere, sections=["Wire", "Sea"], interval=5, local=False)
    assert (source.name, source.kind, source.url, source.path) == ("wire.example", "feed", URL, None)
    roster.add(engine, source, NOON)
    stored = known(engine)["wire.example"]
    assert (stored.origin, stored.due_at) == ("added", NOON)
    assert stored.options == {"name": "wire.example", "url": URL, "sections": ["Wire", "Sea"], "interval": 5}
    with pytest.raises(UsageError, match=r'named "wire.example" is there already; give another name$'):
        roster.add(engine, source, NOON)
    more = {"pages": 2, "language": None, "profile": "there"}
    with pytest.raises(UsageError, match=r"^profile: there is no \[profile\.there\]$"):
        roster.described(URL, nowhere, kind="page", more=more)
    found = roster.described(URL, nowhere, name="second", kind="page", more=more, profiles=["there"])
    roster.add(engine, found, NOON)
    assert known(engine)["second"].options["pages"] == 2
    assert known(engine)["second"].options["profile"] == "there"
    assert known(engine)["second"].options["kind"] == "page"


def test_a_path_is_where_the_person_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notes").mkdir()
    monkeypatch.chdir(tmp_path)
    source = roster.described("notes", nowhere)
    assert (source.name, source.kind, source.path) == ("notes", "seed", (tmp_path / "notes").resolve())
    with pytest.raises(UsageError, match=r"nowhere\.xml: no such file or folder"):
        roster.described("nowhere.xml", nowhere)


def test_no_source_stands_where_everything_is_served(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "var" / "public" / "all.atom"
    file.parent.mkdir(parents=True)
    file.touch()
    with pytest.raises(UsageError, match="stands in the published folder"):
        roster.described(str(file), config.is_served)


@pytest.mark.parametrize("location", [".", "nowhere.xml", "/etc/passwd", "", "file:///etc/passwd", "ftp://x.example/"])
def test_paths_are_for_those_who_stand_at_the_machine(location: str) -> None:
    with pytest.raises(UsageError, match="give an address that begins with http:// or https://"):
        roster.described(location, nowhere, local=False)


@pytest.mark.parametrize("location", ["", " "])
def test_no_place_at_all_is_not_where_the_person_stands(location: str) -> None:
    with pytest.raises(UsageError, match=r"^an empty name: no such file or folder"):
        roster.described(location, nowhere)


def test_what_cannot_be_a_source_is_told_with_its_key() -> None:
    with pytest.raises(UsageError, match=r"^name: "):
        roster.described(URL, nowhere, name="/")
    with pytest.raises(UsageError, match=r"^a seed source takes path"):
        roster.described(URL, nowhere, kind="seed")
    with pytest.raises(UsageError, match=r"^interval: "):
        roster.described(URL, nowhere, interval=0)


def test_what_was_added_is_removed_and_what_is_configured_is_not(engine: Engine, config: Config) -> None:
    declare(engine, config, NOON)
    roster.add(engine, Source(name="wire", url=URL), NOON)
    file = Path("desk") / "config.toml"
    roster.remove(engine, "wire", file)
    assert list(known(engine)) == ["seeds"]
    with pytest.raises(UsageError, match='no source is named "wire"'):
        roster.remove(engine, "wire", file)
    with pytest.raises(UsageError, match=r'^desk/config\.toml: delete the \[\[source\]\] table named "seeds"'):
        roster.remove(engine, "seeds", file)
    assert list(known(engine)) == ["seeds"]


def test_a_source_that_was_added_is_edited(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    roster.add(engine, Source(name="wire", url=URL, interval=10), NOON)
    edited = roster.edit(engine, "wire", file, {"title": "The Wire", "interval": None, "sections": ["Sea"]}, NOON)
    assert (edited.title, edited.interval, edited.sections) == ("The Wire", None, ("Sea",))
    stored = known(engine)["wire"]
    assert stored.options == {"name": "wire", "url": URL, "title": "The Wire", "sections": ["Sea"]}
    for name in ("name", "path"):
        with pytest.raises(UsageError, match=f"^{name}: cannot be changed"):
            roster.edit(engine, "wire", file, {name: "other"}, NOON)
    with pytest.raises(UsageError, match=r"^kind: "):
        roster.edit(engine, "wire", file, {"kind": "other"}, NOON)
    with pytest.raises(Unknown, match='no source is named "nobody"'):
        roster.edit(engine, "nobody", file, {}, NOON)
    with pytest.raises(UsageError, match=r"^profile: there is no \[profile\.gone\]$"):
        roster.edit(engine, "wire", file, {"profile": "gone"}, NOON, profiles={"there": 1})
    assert known(engine)["wire"] == stored


def test_what_is_edited_is_asked_as_if_for_the_first_time_and_else_not(engine: Engine, tmp_path: Path) -> None:
    roster.add(engine, Source(name="wire", url=URL), NOON)
    later = NOON + timedelta(hours=1)
    roster.edit(engine, "wire", tmp_path, {"url": URL}, later)
    assert known(engine)["wire"].due_at == NOON
    roster.edit(engine, "wire", tmp_path, {"kind": "page"}, later)
    assert known(engine)["wire"].due_at == later


def test_a_source_of_the_configuration_is_edited_there(engine: Engine, config: Config) -> None:
    declare(engine, config, NOON)
    with pytest.raises(UsageError, match=r'^config\.toml: edit the \[\[source\]\] table named "seeds" there'):
        roster.edit(engine, "seeds", Path("config.toml"), {"title": "T"}, NOON)


def test_sources_are_paused_and_resumed_and_asked_now(engine: Engine, config: Config) -> None:
    declare(engine, config, NOON)
    later, file = NOON + timedelta(hours=1), Path("config.toml")
    roster.pause(engine, "seeds")
    assert (known(engine)["seeds"].enabled, known(engine)["seeds"].paused) == (False, True)
    with pytest.raises(UsageError, match='"seeds" is paused; resume it first'):
        roster.poll_now(engine, "seeds", later)
    roster.resume(engine, "seeds", file, later)
    found = known(engine)["seeds"]
    assert (found.enabled, found.paused, found.due_at) == (True, False, later)
    roster.resume(engine, "seeds", file, NOON + timedelta(hours=2))
    assert known(engine)["seeds"].due_at == later, "it was not paused"
    roster.poll_now(engine, "seeds", NOON)
    found = known(engine)["seeds"]
    assert (found.due_at, found.reason) == (NOON, "a person asked for it")
    for act in (roster.pause, lambda engine, name: roster.poll_now(engine, name, NOON)):
        with pytest.raises(Unknown):
            act(engine, "nobody")


def test_what_its_options_keep_from_being_polled_is_not_resumed(engine: Engine, tmp_path: Path) -> None:
    config = parse(SITE + SEEDS + "enabled = false\n", tmp_path / "config.toml")
    declare(engine, config, NOON)
    roster.add(engine, Source(name="wire", url=URL, enabled=False), NOON)
    with pytest.raises(UsageError, match=r'^config\.toml: source "seeds" has enabled = false'):
        roster.resume(engine, "seeds", Path("config.toml"), NOON)
    with pytest.raises(UsageError, match=r'^source "wire" has enabled = false'):
        roster.resume(engine, "wire", Path("config.toml"), NOON)
