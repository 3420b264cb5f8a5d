"""`feeds entries` on a desk of one document."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from lxml import etree

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
        "duplicate_of summary withdrawn"
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
    assert lines[-1].split("\t")[1:] == ["2026-03-03", "free", "seeds", "", "Council votes for new ferry"]


def test_search_folds_case_in_any_script(own: Folder) -> None:
    own.seed("2.txt", "Ёлка в Минске\n\n3 марта 2026, БелаПАН. Текст о ёлке.\n")
    own.run("update")
    assert [e["title"] for e in own.run("entries", "search", "ЁЛКА", "текст", "--json").json] == ["Ёлка в Минске"]
    assert [e["title"] for e in own.run("entries", "search", "CHOIR", "--json").json] == [
        "School choir wins regional prize"
    ]
    assert own.run("entries", "search", "100%_", "--json").json == []
    assert own.run("entries", "search", " ").code == 2
    ran = own.run("entries", "search", "nothinglikeit")
    assert (ran.code, ran.out) == (
        0,
        "no entries match; fewer words find more, and so does the beginning of one: harbo*\n",
    )


def test_search_takes_the_language_and_the_options_together(shared: Folder) -> None:
    def found(*words: str) -> list[str]:
        ran = shared.run("entries", "search", "--json", *words)
        assert ran.code == 0, ran.err
        return sorted(entry["title"].split()[0] for entry in ran.json)

    assert found("council") == ["Council", "Council"]
    assert found('"Council sells"') == found("counc* customs") == ["Council"]
    assert found("council -customs") == ["Council"]
    assert found("--", "-council", "-ferry", "-fish") == ["Bridge", "Mayor", "School"]
    assert found("section:Economy", "--access", "premium") == ["Council", "Fish"]
    assert found("access:premium section:economy") == ["Council", "Fish"]
    assert found("fish OR mayor", "--section", "economy") == ["Fish"]
    assert found("council", "after:2026-03-03 before:2026-03-04") == ["Council"]
    assert found("council after:99999d", "--limit", "1") == ["Council"]
    line = shared.run("entries", "search", "choir").out.split("\t")
    assert (line[2:]) == ["free", "seeds", "Society", "School choir wins regional prize\n"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('"new', "query, column 1: a quotation mark is not closed"),
        ("section:Sport", 'no section is named "Sport"'),
        ("a -source:none", 'no source is named "none"'),
        ("x" * 10_000, "the query has 10000 characters"),
        ("after:soon", 'query, column 1: "soon" is no date'),
    ],
)
def test_search_refuses_in_one_line(shared: Folder, query: str, said: str) -> None:
    ran = shared.run("entries", "search", query)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert said in ran.err


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


def test_an_entry_is_taken_back_and_restored(own: Folder) -> None:
    (uid,) = [entry["id"] for entry in listed(own) if "choir" in entry["title"]]
    ran = own.run("entries", "withdraw", uid[-8:], "--reason", " It was last year's. ")
    assert (ran.code, ran.out) == (
        0,
        "School choir wins regional prize: withdrawn; 'feeds publish' takes it out of the feeds\n",
    )
    assert uid not in {entry["id"] for entry in listed(own)}
    again = own.run("entries", "withdraw", uid, "--reason", "Another one.")
    assert (again.code, "was taken back already" in again.err) == (2, True)
    found = {entry["id"]: entry["withdrawn"] for entry in listed(own, "--withdrawn")}
    assert [each for each, moment in found.items() if moment is not None] == [uid]
    assert "School choir wins regional prize (withdrawn)" in own.run("entries", "list", "--withdrawn").out
    shown = own.run("entries", "show", uid, "--json").json
    assert (shown["withdrawn_by"], shown["withdrawn_why"]) == ("person", "It was last year's.")
    assert shown["revisions"][0]["changed"] == ["withdrawn"]
    assert "\nwithdrawn  2" in own.run("entries", "show", uid).out
    assert "by person: It was last year's.\n" in own.run("entries", "show", uid).out
    assert own.run("entries", "search", "choir", "--json").json == []
    own.run("publish")
    tree = own.tree()
    assert not [path for path, data in tree.items() if b"choir" in data]
    archives = [etree.fromstring(data) for path, data in tree.items() if path.startswith("archive/all/")]
    stones = [one for archive in archives for one in archive.iterfind("{http://purl.org/atompub/tombstones/1.0}*")]
    assert [stone.get("ref") for stone in stones] == [uid]
    # Its document names it still; that is no reason to show it.
    own.run("update")
    assert own.run("entries", "restore", uid, "--json").json["withdrawn"] is None
    own.run("publish")
    assert b"choir" in own.tree()["sections/society.atom"]
    assert not [path for path, data in own.tree().items() if b"deleted-entry" in data]
    ran = own.run("entries", "restore", uid)
    assert (ran.code, ran.err) == (2, "feeds: School choir wins regional prize: was not taken back\n")
    assert own.run("entries", "withdraw", "ffffffff").code == 2
    assert "by person\n" in (own.run("entries", "withdraw", uid), own.run("entries", "show", uid))[1].out


PROSE = (
    "The harbour council has voted for a new ferry that is to carry forty cars and to run every hour between the two "
    "banks of the river from May on, since the old one was built in 1971 and was out of order for eleven days. "
    "The yard on the northern bank is to build it, and the mayor hopes that it will be there before the summer guests."
)
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>{0}</title><id>urn:{0}</id>
<updated>2026-03-03T10:00:00Z</updated><entry><id>urn:{0}:1</id><title>{1}</title><link href="https://{0}.example/1"/>
<updated>2026-03-03T10:00:00Z</updated><published>2026-03-03T1{2}:00:00Z</published><content>{3}</content></entry></feed>
"""


@pytest.fixture
def papers(tmp_path: Path) -> Folder:
    """Two papers with one story, the second of which wrote a beginning of its own."""
    told = (
        ("coast", "Council votes for a new ferry", 0, PROSE),
        ("isle", "A ferry for us all", 1, f"So be it. {PROSE}"),
    )
    sources = "".join(f'[[source]]\nname = "{name}"\nkind = "feed"\npath = "{name}.atom"\n' for name, *_ in told)
    desk = Folder(tmp_path, epoch=1_772_550_000).config(sources)
    for one in told:
        path = desk.path / f"{one[0]}.atom"
        path.write_text(ATOM.format(*one), encoding="utf-8")
        os.utime(path, (1_772_550_000, 1_772_550_000))
    assert desk.run("update").code == 0
    return desk


def test_duplicates_are_listed_with_the_reason(papers: Folder) -> None:
    (copy,) = listed(papers, "--duplicates")
    lead = next(entry for entry in listed(papers) if entry["lead"])
    assert (copy["duplicate_of"], copy["rule"]) == (lead["id"], "R3")
    assert 0.9 < copy["score"] <= 1
    assert "rule" not in lead
    shown = papers.run("entries", "list", "--duplicates").out
    assert shown.endswith(f"{lead['id'][-8:]}\tR3: 100% of the shorter text's three-word runs stand in the other\n")


def test_show_says_why_and_with_whom(papers: Folder) -> None:
    (copy,) = listed(papers, "--duplicates")
    lead = copy["duplicate_of"]
    because = "because R3: 100% of the shorter text's three-word runs stand in the other"
    assert f"duplicate  of {lead}\n           {because}" in papers.run("entries", "show", copy["id"]).out
    shown = papers.run("entries", "show", lead).out
    assert f"copy       {copy['id'][-8:]} isle: A ferry for us all\n           {because}" in shown
    told = papers.run("entries", "show", lead, "--json").json
    assert (told["rule"], told["because"], told["related"], told["rulings"]) == (None, None, [], [])
    assert [(one["id"], one["rule"], one["source"]) for one in told["copies"]] == [(copy["id"], "R3", "isle")]


def test_split_and_join_stick_and_are_published(papers: Folder) -> None:
    (copy,) = listed(papers, "--duplicates")
    uid, lead = copy["id"], copy["duplicate_of"]
    ran = papers.run("entries", "split", uid[-8:], lead)
    assert (ran.code, ran.out) == (0, "A ferry for us all: stands for itself; 'feeds publish' puts it into the feeds\n")
    assert f"ruling     never with {lead}, by a person" in papers.run("entries", "show", uid).out
    assert papers.run("publish").code == 0
    assert papers.tree()["all.atom"].count(b"<entry>") == 2
    assert papers.run("entries", "split", uid, lead, "--clear", "--json").json["duplicate_of"] == lead
    assert papers.run("entries", "split", uid, "--json").json["duplicate_of"] is None
    assert "ruling     alone, by a person" in papers.run("entries", "show", uid).out
    joined = papers.run("entries", "join", uid, lead)
    assert (
        joined.out
        == f"A ferry for us all: behind {lead} (a person joined them); 'feeds publish' puts it into the feeds\n"
    )
    assert f"ruling     together with {lead}, by a person" in papers.run("entries", "show", uid).out
    assert papers.run("entries", "join", uid, lead, "--clear").code == 0
    assert listed(papers, "--duplicates")[0]["rule"] == "R3"


def test_a_ruling_that_cannot_be_is_a_line_and_a_code(papers: Folder) -> None:
    (copy,) = listed(papers, "--duplicates")
    uid, lead = copy["id"], copy["duplicate_of"]
    for words in (
        ("split", "tag:no"),
        ("split", uid, "tag:no"),
        ("split", uid, uid),
        ("join", uid, uid),
        ("split", uid, "--clear"),
        ("join", uid, lead, "--clear"),
        ("join", uid),
    ):
        ran = papers.run("entries", *words)
        assert (ran.code, ran.out) == (2, ""), words
        assert ran.err
