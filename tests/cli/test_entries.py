"""`feeds entries` on a desk of one document."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import DOCUMENT, SEEDS, Folder, listed


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    folder = Folder(tmp_path_factory.mktemp("desk")).config(SEEDS)
    folder.seed("1.txt", DOCUMENT)
    assert folder.run("update").code == 0
    return folder


def test_list_has_the_promised_keys(shared: Folder) -> None:
    keys = (
        "id title url published published_precision updated first_seen sections access evidence source cluster lead "
        "duplicate_of summary"
    ).split()
    entries = listed(shared)
    assert all(list(entry) == keys for entry in entries)
    main = next(entry for entry in entries if entry["title"] == "Council votes for new ferry")
    assert (main["published"], main["published_precision"]) == ("2026-03-03T00:00:00Z", "day")
    assert (main["cluster"], main["lead"], main["duplicate_of"]) == (main["id"], True, None)
    premium = next(entry for entry in entries if entry["title"].startswith("Mayor"))
    assert premium["evidence"] == [{"signal": "marker", "value": "For Harbour+ readers only", "where": "line 9"}]
    assert (premium["published"], premium["published_precision"]) == (None, None)


def test_list_filters(shared: Folder) -> None:
    assert {e["title"] for e in listed(shared, "--section", "Society")} == {"School choir wins regional prize"}
    assert listed(shared, "--section", "society") == listed(shared, "--section", "SOCIETY")
    assert len(listed(shared, "--access", "premium")) == 3
    assert len(listed(shared, "--source", "seeds")) == 7
    assert len(listed(shared, "--limit", "2")) == 2
    assert listed(shared, "--duplicates") == []
    assert shared.run("entries", "list", "--section", "Sport").code == 2
    assert shared.run("entries", "list", "--source", "none").code == 2
    assert shared.run("entries", "list", "--access", "secret").code == 2


def test_list_for_people(shared: Folder) -> None:
    lines = shared.run("entries", "list").out.splitlines()
    assert len(lines) == 7
    assert lines[-1].split("\t")[1:] == ["2026-03-03", "free", "", "Council votes for new ferry"]


def test_search_folds_case_in_any_script(own: Folder) -> None:
    own.seed("2.txt", "Ёлка в Минске\n\n3 марта 2026, БелаПАН. Текст о ёлке.\n")
    own.run("update")
    assert [e["title"] for e in own.run("entries", "search", "ЁЛКА", "текст", "--json").json] == ["Ёлка в Минске"]
    assert [e["title"] for e in own.run("entries", "search", "CHOIR", "--json").json] == [
        "School choir wins regional prize"
    ]
    assert own.run("entries", "search", "100%_", "--json").json == []
    assert own.run("entries", "search", " ").code == 2
    assert own.run("entries", "search", "nothinglikeit").out == "no entries\n"


def test_show_by_the_end_of_an_id(shared: Folder) -> None:
    uid = next(e["id"] for e in listed(shared) if e["title"] == "Council votes for new ferry")
    shown = shared.run("entries", "show", uid[-8:])
    assert shown.code == 0
    assert uid in shown.out
    assert "forty cars" in shown.out
    assert shared.run("entries", "show", uid[-8:], "--json").json["label"] == "Coastwire"
    for wrong in ("x", "ffffffffffff", "tag:nothing"):
        assert shared.run("entries", "show", wrong).code == 2


def test_an_override_sticks_and_is_published(own: Folder) -> None:
    uid = next(e["id"] for e in listed(own) if e["title"].startswith("School"))
    before = next(e for e in listed(own) if e["id"] == uid)
    assert before["access"] == "free"
    ran = own.run("entries", "set-access", uid[-10:], "premium", "--json")
    assert (ran.code, ran.json["access"]) == (0, "premium")
    assert ran.json["updated"] > before["updated"]
    assert own.run("publish").code == 0
    assert b'term="premium"' in own.tree()["sections/society.atom"]
    assert b"School" not in own.tree()["sections/society.free.atom"]
    own.seed("1.txt", DOCUMENT.replace("School choir wins", "The school choir wins"))
    own.run("update")
    assert next(e for e in listed(own) if e["id"] == uid)["access"] == "premium"
    assert 'because person "premium" (set-access)' in own.run("entries", "show", uid).out
    said = next(e for e in listed(own) if e["id"] == uid)["evidence"]
    assert said[0] == {"signal": "person", "value": "premium", "where": "set-access"}
    assert own.run("entries", "set-access", uid, "--clear", "--json").json["access"] == "free"
    assert own.run("entries", "set-access", uid).code == 2
    assert own.run("entries", "set-access", "tag:no", "free").code == 2


def test_why_an_entry_is_locked_is_shown(own: Folder) -> None:
    uid = next(e["id"] for e in listed(own) if e["access"] == "premium")
    shown = own.run("entries", "show", uid).out
    assert "access     premium (confidence 0.97)\n           because [A] marker " in shown
    own.run("entries", "set-access", uid, "free")
    shown = own.run("entries", "show", uid).out
    assert 'access     free (a person said so)\n           because person "free" (set-access)\n' in shown
    assert "           against, premium: [A] marker " in shown
    unknown = next(e["id"] for e in listed(own) if e["access"] == "unknown")
    assert "access     unknown\n" in own.run("entries", "show", unknown).out


def test_a_day_is_shown_as_the_day_of_its_source(tmp_path: Path) -> None:
    desk = Folder(tmp_path).config(SEEDS + 'timezone = "Asia/Tokyo"\n')
    desk.seed("1.txt", DOCUMENT)
    desk.run("update")
    (main,) = [entry for entry in listed(desk) if entry["published"]]
    assert main["published"] == "2026-03-03T00:00:00+09:00"
    assert desk.run("entries", "list").out.splitlines()[-1].split("\t")[1] == "2026-03-03"
    assert "published  2026-03-03: dateline" in desk.run("entries", "show", main["id"]).out
