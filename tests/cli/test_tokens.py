"""`feeds tokens`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from db.engine import open_engine, writing
from db.store import tokens
from tests.command import SEEDS, Folder
from tests.desk import NOON

TOKEN = re.compile(r"[0-9a-f]{16}\.[A-Za-z0-9_-]{43}")
EPOCH = int(NOON.timestamp())


@pytest.fixture
def desk(tmp_path: Path) -> Folder:
    """A desk in which it is noon."""
    return Folder(tmp_path, epoch=EPOCH).config(SEEDS)


def test_a_token_is_shown_once(desk: Folder) -> None:
    ran = desk.run("tokens", "create", "anna", "--expires", "30d")
    assert (ran.code, ran.err) == (0, "")
    (token, again) = TOKEN.findall(ran.out)
    assert token == again
    lines = ran.out.splitlines()
    assert lines[0] == f"anna: token {token[:16]} works until 2026-04-01T12:00:00Z. This is shown once:"
    assert f"  http://127.0.0.1:8080/p/{token}/all.atom" in lines
    assert "  http://127.0.0.1:8080/private/all.atom" in lines
    assert f"  password  {token}" in lines
    for options in ((), ("--json",), ("-vv",), ("--all", "--json")):
        listed = desk.run("tokens", "list", *options)
        assert token[:16] in listed.out
        assert token[17:] not in listed.out + listed.err


def test_json_and_quiet(desk: Folder) -> None:
    said = desk.run("tokens", "create", "anna", "--json").json
    assert TOKEN.fullmatch(said["token"])
    assert said == {
        "name": "anna",
        "id": said["token"][:16],
        "scopes": ["feeds"],
        "state": "live",
        "created": "2026-03-02T12:00:00Z",
        "expires": None,
        "revoked": None,
        "last_used": None,
        "networks": 0,
        "token": said["token"],
        "address": f"http://127.0.0.1:8080/p/{said['token']}/all.atom",
        "basic": "http://127.0.0.1:8080/private/all.atom",
        "api": None,
    }
    (only,) = desk.run("tokens", "list", "--json").json
    assert only == {key: value for key, value in said.items() if key not in ("token", "address", "basic", "api")}
    quiet = desk.run("tokens", "rotate", "anna", "--quiet").out
    assert re.fullmatch(rf"http://127\.0\.0\.1:8080/p/{said['id']}\.[A-Za-z0-9_-]{{43}}/all\.atom\n", quiet)
    assert desk.run("tokens", "revoke", "anna", "--json").json == {
        "name": "anna", "id": said["id"], "revoked": "2026-03-02T12:00:00Z",
    }  # fmt: skip


def test_a_token_of_a_program_has_the_address_of_the_api(desk: Folder) -> None:
    said = desk.run("tokens", "create", "watcher", "--scope", "read", "--scope", "write", "--json").json
    assert said["scopes"] == ["read", "write"]
    assert (said["address"], said["basic"], said["api"]) == (None, None, "http://127.0.0.1:8080/api/v1/")
    assert desk.run("tokens", "list").out.split("\t")[2] == "read write"
    lines = desk.run("tokens", "rotate", "watcher").out.splitlines()
    assert "It opens http://127.0.0.1:8080/api/v1/ (read, write) with the header:" in lines
    assert re.fullmatch(rf"  Authorization: Bearer {TOKEN.pattern}", lines[-1])
    assert not any("/p/" in line for line in lines)
    assert TOKEN.fullmatch(desk.run("tokens", "rotate", "watcher", "--quiet").out.rstrip())
    both = desk.run("tokens", "create", "both", "--scope", "feeds", "--scope", "admin").out
    assert "/private/all.atom" in both
    assert "(admin)" in both
    ran = desk.run("tokens", "create", "none", "--scope", "everything")
    assert (ran.code, ran.err) == (
        2, 'feeds: --scope: "everything" opens nothing; there are feeds, read, write, admin\n',
    )  # fmt: skip


def test_rotate_keeps_the_name_and_the_end(desk: Folder) -> None:
    first = desk.run("tokens", "create", "anna", "--expires", "2026-03-31", "--json").json
    second = desk.run("tokens", "rotate", first["id"], "--json").json
    assert first["token"] != second["token"]
    assert {key: first[key] for key in ("name", "id", "expires")} == {
        "name": "anna", "id": second["id"], "expires": "2026-04-01T00:00:00Z",
    }  # fmt: skip
    third = desk.run("tokens", "rotate", "anna", "--expires", "12h", "--json").json
    assert third["expires"] == "2026-03-03T00:00:00Z"
    late = Folder(desk.path, epoch=EPOCH + 86_400)
    assert [one["state"] for one in late.run("tokens", "list", "--json").json] == ["expired"]
    ran = late.run("tokens", "rotate", "anna")
    said = 'feeds: --expires: "anna" has expired; say until when the new secret is to work\n'
    assert (ran.code, ran.err) == (2, said)
    assert late.run("tokens", "rotate", "anna", "--expires", "1d", "--json").json["state"] == "live"


def test_list_for_people(desk: Folder) -> None:
    assert desk.run("tokens", "list").out == "no tokens; 'feeds tokens create NAME' makes one\n"
    ids = [desk.run("tokens", "create", name, "--json").json["id"] for name in ("ben", "anna")]
    desk.run("tokens", "revoke", ids[0])
    engine = open_engine(f"sqlite:///{desk.path}/var/feeds.sqlite3")
    with writing(engine) as connection:
        anna = tokens.by_name(connection, "anna")
        assert anna is not None
        for network in (b"a", b"b"):
            tokens.note_use(connection, anna.id, network, NOON)
    engine.dispose()
    made = "2026-03-02T12:00:00Z"
    anna_line = f"anna\t{ids[1]}\tfeeds\tlive\t{made}\t\t{made}\t2\n"
    assert desk.run("tokens", "list").out == anna_line
    assert desk.run("tokens", "list", "--all").out == f"{anna_line}ben\t{ids[0]}\tfeeds\trevoked\t{made}\t\t\t0\n"
    assert desk.run("tokens", "list", "--all", "--json").json[1]["revoked"] == made


def test_help_says_what_is_when_no_end_is_given(desk: Folder) -> None:
    said = {name: " ".join(desk.run("tokens", name, "--help").out.split()) for name in ("create", "rotate")}
    assert "until it is revoked" in said["create"]
    assert "as it was" in said["rotate"]
    assert "until it is revoked" not in said["rotate"]


def test_a_name_may_have_the_blanks_of_any_script(desk: Folder) -> None:
    assert desk.run("tokens", "create", "山田\u3000太郎", "--json").json["name"] == "山田 太郎"


def test_a_revoked_name_is_free_again(desk: Folder) -> None:
    first = desk.run("tokens", "create", "anna", "--json").json
    ran = desk.run("tokens", "revoke", "anna")
    assert (ran.code, ran.out) == (0, "anna: revoked; it opens nothing from now on\n")
    second = desk.run("tokens", "create", "anna", "--json").json
    assert first["id"] != second["id"]
    assert len(desk.run("tokens", "list", "--json").json) == 1
    assert len(desk.run("tokens", "list", "--json", "--all").json) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "anna"), "there is a token named \"anna\"; 'feeds tokens rotate' gives it a new secret"),
        (("create", ""), "a token's name has 1 to 100 printable characters"),
        (("create", "a\nb"), "a token's name has 1 to 100 printable characters"),
        (("create", "ben\n"), "a token's name has 1 to 100 printable characters"),
        (("create", "a\tb"), "a token's name has 1 to 100 printable characters"),
        (("create", "ben", "--expires", "yesterday"), '--expires: "yesterday" is no time'),
        (("create", "ben", "--expires", "2026-03-01"), '--expires: "2026-03-01" is over'),
        (("revoke", "ben"), 'no token has the name or id "ben"'),
        (("rotate", "f" * 16), f'no token has the name or id "{"f" * 16}"'),
    ],
)
def test_what_cannot_be_done_is_one_line(desk: Folder, words: tuple[str, ...], said: str) -> None:
    desk.run("tokens", "create", "anna")
    ran = desk.run("tokens", *words)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert said in ran.err
    assert len(desk.run("tokens", "list", "--json").json) == 1


def test_a_site_without_https_is_warned_of(desk: Folder) -> None:
    (desk.path / "config.toml").write_text('[site]\ntitle = "T"\nbase_url = "http://news.example/"\n')
    ran = desk.run("tokens", "create", "anna", "--json")
    assert TOKEN.fullmatch(ran.json["token"])
    assert ran.err == (
        "[site] base_url is http://news.example/: without https everybody on the way can read the token\n"
    )


def test_a_whole_process_leaves_no_secret_but_where_it_is_shown(desk: Folder) -> None:
    ran = desk.start("tokens", "create", "anna", "-vv", "--json")
    secret = ran.json["token"][17:]
    assert secret not in ran.err
    assert all(secret.encode() not in path.read_bytes() for path in desk.path.rglob("*") if path.is_file())
