"""`feeds check`: files, folders, addresses and standard input, for people and for programs, without a configuration."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from feeds.cli import check as module
from feeds.cli.desk import Desk
from feeds.cli.findings import WIDTH, Report
from feeds.validate import Finding
from tests.command import FEEDS, ROOT, Folder, Ran
from tests.fakes import Reply, Site

GOOD: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Courier",
    "home_page_url": "https://news.example/",
    "feed_url": "https://news.example/feed.json",
    "items": [],
}
WARNED = {key: value for key, value in GOOD.items() if key != "feed_url"}
BAD = GOOD | {"expired": "no"}


@pytest.fixture
def desk(tmp_path: Path) -> Folder:
    """A folder without a configuration."""
    return Folder(tmp_path)


def put(desk: Folder, name: str, feed: object) -> Path:
    path = desk.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(feed if isinstance(feed, bytes) else json.dumps(feed).encode())
    return path


def given(desk: Folder, data: bytes, *arguments: str) -> Ran:
    """The command with `data` on standard input."""
    done = subprocess.run(
        [FEEDS, "check", *arguments], cwd=desk.path, env=desk.environment, input=data, capture_output=True, timeout=60
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def lines(ran: Ran) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.out.splitlines()]


def test_a_valid_file(desk: Folder) -> None:
    put(desk, "a.json", GOOD)
    ran = desk.run("check", "a.json")
    assert (ran.code, ran.out, ran.err) == (0, "1 document checked, valid: no errors, no warnings\n", "")


def test_what_a_person_reads(desk: Folder) -> None:
    put(desk, "a.json", BAD)
    column = json.dumps(BAD).index('"no"') + 1
    ran = desk.run("check", "a.json")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out == (
        f"a.json:1:{column}: error InvalidValueType: expired is a string, not true or false. Give the type that the "
        "format asks for, or take the key out where there is nothing to say.\n"
        "1 document checked, not valid: 1 error, no warnings\n"
    )


def test_what_a_program_reads(desk: Folder) -> None:
    put(desk, "a.json", WARNED)
    put(desk, "ä b.json", BAD)
    ran = desk.run("check", "--json", "a.json", "ä b.json")
    assert ran.code == 1
    first, second = lines(ran)
    assert first == {
        "file": "a.json",
        "valid": True,
        "findings": [
            {
                "severity": "warning",
                "code": "MissingSelf",
                "line": 1,
                "column": 1,
                "message": "the feed has no feed_url. Add feed_url with the feed's own address.",
            }
        ],
    }
    assert (second["file"], second["valid"], second["findings"][0]["code"]) == ("ä b.json", False, "InvalidValueType")
    assert (desk.run("check", "--json", "a.json").code, desk.run("check", "-q", "a.json").out.count("\n")) == (0, 1)


def test_warnings_can_be_left_out_or_counted(desk: Folder) -> None:
    put(desk, "a.json", WARNED)
    strict = desk.run("check", "--strict", "--json", "a.json")
    assert (strict.code, lines(strict)[0]["valid"]) == (1, False)
    silent = desk.run("check", "--errors-only", "a.json")
    assert (silent.code, silent.out) == (0, "1 document checked, valid: no errors\n")


def test_a_line_of_the_source_stands_below_with_a_caret(desk: Folder) -> None:
    put(desk, "a.json", json.dumps(BAD, indent="\t").encode())
    out = desk.run("check", "-v", "a.json").out.splitlines()
    assert out[1:3] == ['     "expired": "no"', "                ^"]
    put(desk, "b.json", GOOD)
    assert "b.json: valid" in desk.run("check", "-v", "b.json").out.splitlines()


def test_an_excerpt_is_what_is_near_and_harmless(desk: Folder) -> None:
    wide = (
        '{"version": "https://jsonfeed.org/version/1.1", "description": "\u202e'
        + "日" * 200
        + '", "title": 1, "items": []}'
    )
    put(desk, "a.json", wide.encode())
    out = desk.run("check", "-v", "--errors-only", "a.json").out.splitlines()
    excerpt, caret = out[1][4:], out[2][4:]
    assert len(excerpt) == WIDTH
    before = excerpt.index('1, "items"')
    assert len(caret) - 1 == before + excerpt[:before].count("日")
    assert "\u202e" not in desk.run("check", "-v", "a.json").out
    combining = '{"items": [], "version": "https://jsonfeed.org/version/1.1", "x": "e\u0301", "title": 1}'
    put(desk, "b.json", combining.encode())
    caret = desk.run("check", "-v", "--errors-only", "b.json").out.splitlines()[-2]
    assert len(caret) - 5 == combining.index("1}") - 1


def test_a_finding_beyond_the_document_has_no_excerpt(desk: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    report = Report(Desk(verbose=1))
    report.add("x", (Finding("error", "A", 7, 1, "m"),), b"one line")
    report.add("x", (Finding("error", "A", 1, 1, "m"),), b"")
    assert capsys.readouterr().out == "x:7:1: error A: m\nx:1:1: error A: m\n"


def test_a_terminal_shows_colours(desk: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.cli.findings.is_terminal", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    Report(Desk()).add("a\x1b[2J", (Finding("error", "A", 1, 2, "m [red]"),), b"")
    assert "\x1b[1;31merror\x1b[0m" in out.getvalue()
    assert "m [red]" in out.getvalue()
    assert "\x1b[2J" not in out.getvalue()


def test_a_folder_is_walked_in_order(desk: Folder) -> None:
    for name in ("b.JSON", "a.json", "sub/c.rss", "sub/.hidden.json", ".git/x.json", "d.txt", "sub/e.atom", "a.xml"):
        put(desk, f"in/{name}", GOOD)
    (desk.path / "in" / "loop").symlink_to(desk.path / "in", target_is_directory=True)
    assert [one["file"] for one in lines(desk.run("check", "in", "--json"))] == [
        "in/a.json", "in/a.xml", "in/b.JSON", "in/sub/c.rss", "in/sub/e.atom",
    ]  # fmt: skip
    inside = Folder(desk.path / "in" / "sub")
    assert [one["file"] for one in lines(inside.run("check", ".", "--json"))] == ["c.rss", "e.atom"]


def test_json_of_another_kind_in_a_folder_is_left_out(desk: Folder) -> None:
    put(desk, "in/package.json", {"name": "x"})
    put(desk, "in/feed.json", GOOD)
    ran = desk.run("check", "-v", "in")
    assert ran.out.splitlines() == [
        "in/feed.json: valid",
        "in/package.json: JSON of another kind, left out",
        "1 document checked, valid: no errors, no warnings",
    ]
    assert "left out" not in desk.run("check", "in").out
    assert desk.run("check", "in/package.json").code == 1  # it was named


def test_an_address_can_be_told(desk: Folder) -> None:
    put(desk, "in/feed.json", GOOD)
    put(desk, "in/sub/feed.json", GOOD)
    assert desk.run("check", "in/feed.json", "--url", "https://news.example/feed.json").out.endswith("no warnings\n")
    assert "SelfDoesntMatchLocation" in desk.run("check", "in/feed.json", "--url", "https://news.example/x").out
    told = lines(desk.run("check", "in", "--url", "https://news.example/", "--json"))
    assert [len(one["findings"]) for one in told] == [0, 1]


def test_names_come_on_standard_input(desk: Folder) -> None:
    put(desk, "a.json", GOOD)
    put(desk, "in/b.json", BAD)
    ran = given(desk, b"a.json\r\n\nlost.xml\nin\n\xff.xml\na\0b\n" + b"x" * 5000 + b"\n", "-", "--json")
    assert ran.code == 1
    found = lines(ran)
    assert [one["file"] for one in found][:4] == ["a.json", "lost.xml", "in/b.json", "\udcff.xml"]
    assert [one["valid"] for one in found] == [True, *[False] * 5]
    assert found[1]["findings"][0]["message"].startswith("it cannot be read: No such file or directory")
    assert found[4]["findings"][0]["code"] == "IOError"


def test_a_document_comes_on_standard_input(desk: Folder) -> None:
    ran = given(desk, json.dumps(BAD).encode(), "--stdin", "--json", "--url", "https://news.example/feed.json")
    assert (ran.code, lines(ran)[0]["file"], len(lines(ran)[0]["findings"])) == (1, "-", 1)
    assert given(desk, json.dumps(GOOD).encode(), "--stdin").code == 0


def test_a_pipe_is_read_where_it_is_named(desk: Folder) -> None:
    os.mkfifo(desk.path / "pipe.json")
    threading.Thread(target=(desk.path / "pipe.json").write_text, args=(json.dumps(GOOD),)).start()
    assert desk.run("check", "pipe.json").code == 0
    (told,) = lines(desk.run("check", ".", "--json"))  # where it is not, nobody waits
    assert told["findings"][0]["message"].startswith("not a file")


def test_what_is_not_there_stops_nothing(desk: Folder) -> None:
    put(desk, "a.json", GOOD)
    (desk.path / "empty").mkdir()
    ran = desk.run("check", "lost.xml", "empty", "a.json", "www.news.example/feed")
    assert (ran.code, ran.out) == (2, "1 document checked, valid: no errors, no warnings\n")
    assert ran.err.splitlines() == [
        "feeds: lost.xml: no such file or folder, and no address that begins with http:// or https://",
        "feeds: empty: there is nothing to check in this folder (*.atom, *.rss, *.xml, *.rdf, *.json, *.opml)",
        "feeds: www.news.example/feed: no such file or folder; for an address write http:// or https:// before it",
    ]
    assert desk.run("check", "").code == 2


@pytest.mark.parametrize(("data", "option"), [(b"", "--strict"), (b"\n\r\n", "--json"), (b"empty\n", "-q")])
def test_names_of_nothing_on_standard_input_are_no_success(desk: Folder, data: bytes, option: str) -> None:
    (desk.path / "empty").mkdir()
    assert given(desk, data, "-", option) == Ran(
        2, "", "feeds: -: standard input names nothing to check; --stdin reads a document from there\n"
    )


def test_what_else_was_named_does_not_make_up_for_no_names_on_standard_input(desk: Folder) -> None:
    put(desk, "a.json", GOOD)
    ran = given(desk, b"", "a.json", "-")
    assert (ran.code, ran.out) == (2, "1 document checked, valid: no errors, no warnings\n")


def test_an_empty_document_on_standard_input_is_an_error_as_in_a_file(desk: Folder) -> None:
    put(desk, "empty.atom", b"")
    (file,) = lines(desk.run("check", "empty.atom", "--json"))
    ran = given(desk, b"", "--stdin", "--json")
    assert ran.code == 1
    assert lines(ran) == [file | {"file": "-"}]
    assert file["findings"][0]["message"].startswith("the document is empty")


def test_a_folder_of_which_nothing_is_a_feed_is_no_success(desk: Folder) -> None:
    put(desk, "in/package.json", {"name": "x"})
    ran = desk.run("check", "in")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("feeds: in: there is nothing to check in this folder (*.atom")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name a file, a folder or an address"),
        (("--stdin", "-"), "not both"),
        (("a", "--strict", "--errors-only"), "give one of them"),
        (("a", "--url", "news.example"), "--url: news.example: give an address"),
        (("a", "b", "--url", "https://news.example/"), "one file or folder"),
        (("-", "--url", "https://news.example/"), "one file or folder"),
        (("https://news.example/", "--url", "https://news.example/"), "one file or folder"),
        (("--no-such",), "No such option"),
    ],
)
def test_misuse_is_told_in_one_line(desk: Folder, arguments: tuple[str, ...], words: str) -> None:
    ran = desk.run("check", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_what_cannot_be_read_has_one_finding(desk: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    put(desk, "a.json", GOOD)
    monkeypatch.setattr("feeds.validate.SITEMAP_BYTES", 100)
    (told,) = lines(desk.run("check", "a.json", "--json"))
    assert told["findings"][0]["message"].startswith("more than 100 bytes")
    os.mkfifo(desk.path / "pipe.json")
    threading.Thread(target=(desk.path / "pipe.json").write_text, args=(json.dumps(GOOD),)).start()
    (told,) = lines(desk.run("check", "pipe.json", "--json"))
    assert told["findings"][0]["code"] == "ValidatorLimit"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bytes(101))))
    (told,) = lines(desk.run("check", "--stdin", "--json"))
    assert told["findings"][0]["code"] == "ValidatorLimit"
    (desk.path / "gone.json").symlink_to("nowhere")
    (told,) = lines(desk.run("check", "gone.json", "--json"))
    assert told["findings"][0]["code"] == "IOError"


def test_without_standard_input_there_is_nothing_on_it(desk: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert desk.run("check", "-").code == 2
    assert "the document is empty" in desk.run("check", "--stdin").out


def test_a_defect_of_ours_stops_nothing(desk: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: bytes, **_: object) -> tuple[Finding, ...]:
        raise RecursionError(data[:1])

    put(desk, "a.json", GOOD)
    put(desk, "b.json", GOOD)
    monkeypatch.setattr("feeds.validate.check", broken)
    ran = desk.run("check", "a.json", "b.json", "--json")
    assert ran.code == 1
    assert all("internal error (RecursionError)" in one["findings"][0]["message"] for one in lines(ran))


def test_an_address_without_a_configuration(desk: Folder, site: Site) -> None:
    url = site.put("/feed", Reply(body=json.dumps(GOOD).encode()))
    ran = desk.run("check", url)
    assert ran.code == 1
    assert f"{url}:1:1: error IOError: the private address 127.0.0.1 is refused; to allow it, add" in ran.out


def test_an_address_is_checked_as_it_is_served(desk: Folder, site: Site) -> None:
    desk.config('[poll]\nallow_networks = ["127.0.0.0/8"]\n[host."127.0.0.1"]\nper_minute = 60\n')
    url = site.put("/feed", Reply(body=json.dumps(GOOD).encode()))
    first, second = lines(desk.run("check", url, site.url + "/lost", "--json"))
    assert (first["file"], first["valid"]) == (url, True)
    assert {one["code"] for one in first["findings"]} >= {
        "MissingValidators", "SelfDoesntMatchLocation", "UnexpectedContentType",
    }  # fmt: skip
    assert (second["valid"], second["findings"][0]["code"]) == (False, "HttpError")
    assert site.log[0].headers["User-Agent"].startswith("Broadsheet/")
    assert desk.run("check", "-v", url).out.count("^") == 4


def test_a_broken_configuration_matters_for_addresses_alone(desk: Folder) -> None:
    (desk.path / "config.toml").write_text("no = toml = here")
    put(desk, "a.json", GOOD)
    assert desk.run("check", "a.json").code == 0
    assert desk.run("check", "https://news.example/").code == 78


def test_the_files_looked_for_are_those_of_the_help() -> None:
    assert module.SUFFIXES == (".atom", ".rss", ".xml", ".rdf", ".json", ".opml")


def test_the_page_shows_what_is_printed(desk: Folder) -> None:
    page = (ROOT / "docs" / "checking.md").read_text(encoding="utf-8")
    (feed,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    put(desk, "feed.json", feed.encode())
    shown = [block.split("\n", 1) for block in re.findall(r"```console\n\$ feeds check (.*?)```", page, re.DOTALL)]
    (plain, said), (_, excerpt), (_, table) = shown
    assert desk.run("check", plain).out == said
    assert excerpt in desk.run("check", "-v", "feed.json").out
    (told,) = lines(desk.run("check", "--json", "feed.json"))
    rows = [f"{one['severity']}\t{one['code']}\t{one['line']}" for one in told["findings"]]
    assert rows == table.splitlines()
