"""`feeds update`, `poll`, `publish` and `status`, as a person runs them: words, JSON, exit codes, bad input."""

from __future__ import annotations

import os
import pty
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from db.errors import StorageError
from feeds.cli.work import standing_words
from feeds.terms import Standing
from tests.command import DOCUMENT, FEEDS, SEEDS, Folder
from tests.fakes import Reply, Site


def test_update_stores_and_publishes(desk: Folder) -> None:
    ran = desk.run("update", "--json")
    assert (ran.code, ran.err) == (0, "")
    (source,) = ran.json["sources"]
    assert (source["source"], source["outcome"], source["new"]) == ("seeds", "stored", 7)
    assert [row["line"] for row in source["skipped"]] == [8, 11, 15]
    assert source["reason"] == "local path: read at every run"
    assert set(ran.json["published"]) == set(desk.tree())
    assert ran.json["totals"] == {
        "sources": 1, "new": 7, "updated": 0, "unchanged": 0, "skipped": 3, "failed": 0, "errors": 0,
        "published": len(desk.tree()),
    }  # fmt: skip
    premium = desk.tree()["sections/politics.atom"]
    assert premium.count(b'term="premium"') == 2
    assert b"For Harbour+" not in b"".join(desk.tree().values())


def test_an_edited_headline_keeps_its_id_and_moves_later(desk: Folder) -> None:
    desk.run("update")
    before = {entry["id"]: entry for entry in desk.run("entries", "list", "--json").json}
    edited = DOCUMENT.replace("Council votes for new ferry", "Council votes down the new ferry")
    desk.seed("1.txt", edited.replace("Mayor rejects call for", "Mayor rejects a call for"))
    ran = desk.run("update", "--json")
    assert (ran.json["totals"]["new"], ran.json["totals"]["updated"]) == (0, 2)
    after = {entry["id"]: entry for entry in desk.run("entries", "list", "--json").json}
    assert set(after) == set(before)
    changed = [uid for uid in after if after[uid]["title"] != before[uid]["title"]]
    assert len(changed) == 2
    for uid in changed:
        assert after[uid]["updated"] > before[uid]["updated"]
        assert after[uid]["published"] == before[uid]["published"]
        (revision,) = desk.run("entries", "show", uid, "--json").json["revisions"]
        assert (revision["title"], revision["changed"]) == (before[uid]["title"], ["title"])
    assert b"Council votes down" in desk.tree()["all.atom"]


def test_poll_stores_without_publishing_and_publish_catches_up(desk: Folder) -> None:
    assert desk.run("poll").code == 0
    assert desk.tree() == {}
    assert desk.run("status", "--json").json["database"]["unpublished"] > 0
    ran = desk.run("publish", "--json")
    assert ran.json["published"]
    assert desk.run("status", "--json").json["database"]["unpublished"] == 0
    assert desk.run("publish", "--json").json["published"] == []


def test_what_is_due_may_be_said(desk: Folder) -> None:
    assert desk.run("poll", "--due").code == 0
    assert desk.run("update", "--due").code == 0
    for contrary in (["--all"], ["city"]):
        ran = desk.run("poll", "--due", *contrary)
        assert (ran.code, ran.err) == (2, "feeds: --due: give either it, or --all, or names of sources\n")


def test_a_lost_or_cut_file_is_written_anew(desk: Folder) -> None:
    desk.run("update")
    before = desk.tree()
    (desk.public / "all.atom").unlink()
    (desk.public / "style.css").write_bytes(b"x")
    assert set(desk.run("publish", "--json").json["published"]) == {"all.atom", "style.css"}
    assert desk.tree() == before


def test_publish_takes_names_and_slugs(desk: Folder) -> None:
    desk.run("update")
    politics = desk.public / "sections" / "politics.atom"
    good = politics.read_bytes()
    politics.write_bytes(good.replace(b"Mayor", b"Major"))
    assert desk.run("publish", "Politics", "--json").json["published"] == ["sections/politics.atom"]
    assert politics.read_bytes() == good
    ran = desk.run("publish", "Sport")
    said = "feeds: no section or saved filter is named \"Sport\"; see 'feeds sections list'\n"
    assert (ran.code, ran.err) == (2, said)


def test_the_same_bytes_in_another_order_on_another_machine(tmp_path: Path) -> None:
    other = DOCUMENT.replace("ferry", "tram").replace("Mayor", "Governor").replace("Fish", "Crab")
    trees = []
    for name, order in (("a", ("1.txt", "2.txt")), ("b", ("2.txt", "1.txt"))):
        (tmp_path / name).mkdir()
        desk = Folder(tmp_path / name)
        tables = [f'[[source]]\nname = "s{n[0]}"\nkind = "seed"\npath = "seeds/{n}"\n' for n in order]
        desk.config("".join(tables))
        for file in order:
            path = desk.seed(file, DOCUMENT if file == "1.txt" else other)
            os.utime(path, (1772530000, 1772530000))
        assert desk.run("update").code == 0
        trees.append(desk.tree())
    assert trees[0] == trees[1]


def test_source_date_epoch_repeats_a_run_to_the_byte(tmp_path: Path) -> None:
    trees = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        desk = Folder(tmp_path / name, epoch=1772530000).config(SEEDS)
        desk.seed("1.txt", DOCUMENT)
        assert desk.run("update").code == 0
        trees.append(desk.tree())
    assert trees[0] == trees[1]
    assert b"2026-03-03T09:26:40" in trees[0]["all.atom"]
    ran = Folder(tmp_path / "a").run("status")
    assert ran.code == 0


BAD = {
    "empty.txt": b"",
    "blank.txt": b" \n\n\t\n",
    "binary.txt": bytes(range(256)) * 40,
    "huge.txt": b"A title\n\n" + b"- row\n" * 2_000_000,
}


def test_bad_documents_get_a_line_each_and_the_good_ones_go_on(desk: Folder) -> None:
    for name, data in BAD.items():
        desk.seed(name, data)
    desk.seed("cp1251.txt", "Новости дня\n\nТекст новости.\n".encode("cp1251"))
    ran = desk.run("update", "--json")
    assert ran.code == 1
    (source,) = ran.json["sources"]
    assert (source["outcome"], source["new"]) == ("stored", 8)
    for name in BAD:
        assert name in source["error"]
    assert "Новости дня" in [entry["title"] for entry in desk.run("entries", "list", "--json").json]
    plain = desk.run("update")
    assert plain.code == 1
    assert len(plain.err.strip().splitlines()) == len(BAD)
    assert "Traceback" not in plain.err
    assert desk.run("status").code == 1
    for name in BAD:
        (desk.path / "seeds" / name).unlink()
    assert desk.run("update").code == 0
    assert desk.run("status").code == 0


def test_a_missing_path_fails_its_source_alone_and_the_last_good_output_stays(desk: Folder) -> None:
    desk.config(SEEDS + '[[source]]\nname = "gone"\nkind = "seed"\npath = "nowhere"\n')
    ran = desk.run("update")
    assert ran.code == 1
    assert "nowhere: no such file or folder" in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    before = desk.tree()
    assert b"Council votes for new ferry" in before["all.atom"]
    (desk.path / "seeds" / "1.txt").unlink()
    assert desk.run("update").code == 1
    assert desk.tree() == before


def test_a_feed_that_is_a_web_page(desk: Folder) -> None:
    (desk.path / "page.html").write_text("<!doctype html><html><body><h1>Hello</h1></body></html>")
    desk.config('[[source]]\nname = "page"\npath = "page.html"\n')
    ran = desk.run("update")
    assert ran.code == 1
    assert "HTML" in ran.err
    assert len(ran.err.strip().splitlines()) == 1


def test_a_database_that_is_not_ours_is_left_alone(desk: Folder) -> None:
    file = desk.path / "var" / "feeds.sqlite3"
    file.parent.mkdir()
    file.write_bytes(b"Dear diary, " * 50)
    ran = desk.run("update")
    assert ran.code == 1
    assert "not a SQLite database" in ran.err
    assert file.read_bytes() == b"Dear diary, " * 50
    file.unlink()
    with sqlite3.connect(file) as database:
        database.execute("create table recipes (name text)")
    database.close()
    before = file.read_bytes()
    ran = desk.run("update")
    assert ran.code == 1
    assert "another program's database" in ran.err
    with sqlite3.connect(file) as database:
        assert [row[0] for row in database.execute("select name from sqlite_master")] == ["recipes"]
    database.close()
    assert before


def test_a_newer_database_is_refused(desk: Folder) -> None:
    desk.run("update")
    with sqlite3.connect(desk.path / "var" / "feeds.sqlite3") as database:
        database.execute("update alembic_version set version_num = '9999'")
    database.close()
    ran = desk.run("update")
    assert ran.code == 1
    assert "newer release" in ran.err


def test_an_output_path_that_is_a_file(desk: Folder) -> None:
    (desk.path / "var").mkdir()
    desk.public.write_text("not a folder")
    ran = desk.run("update")
    assert ran.code == 1
    assert len(ran.err.strip().splitlines()) == 1
    assert str(desk.public) in ran.err
    assert desk.run("entries", "list", "--json").json, "what was polled is stored all the same"
    desk.public.unlink()
    assert desk.run("update").code == 0
    assert b"Council votes" in desk.tree()["all.atom"]


def test_two_at_once_wait_for_each_other(desk: Folder) -> None:
    from db.engine import process_lock

    desk.run("update")
    with process_lock(desk.path / "var" / "feeds.sqlite3.work.lock", "the test"):
        import threading

        results = []
        waiting = threading.Thread(target=lambda: results.append(desk.run("update")))
        waiting.start()
        waiting.join(2)
        assert waiting.is_alive()
    waiting.join(30)
    assert results[0].code == 0


def test_premium_bodies_stay_inside(desk: Folder) -> None:
    (desk.path / "feed.xml").write_text(
        """<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>P</title>
        <item><title>Open</title><link>https://p.example/1</link><description>Teaser one</description>
        <content:encoded>&lt;p&gt;OPENBODY&lt;/p&gt;</content:encoded></item>
        <item><title>Paid</title><link>https://p.example/2</link><category>Premium</category>
        <description>Teaser two</description>
        <content:encoded>&lt;p&gt;SENTINEL-5f1c&lt;/p&gt;&lt;img src="https://p.example/SENTINEL-5f1c.png"&gt;</content:encoded>
        <enclosure url="https://p.example/SENTINEL-5f1c.mp3" type="audio/mpeg" length="1"/></item>
        <item><link>https://p.example/3</link><category>paid</category>
        <content:encoded>SENTINEL-5f1c is the first word of an untitled one</content:encoded></item>
        </channel></rss>""",
        encoding="utf-8",
    )
    desk.config('[access]\nsubscribe_url = "https://p.example/subscribe"\n[[source]]\nname = "p"\npath = "feed.xml"\n')
    ran = desk.run("update", "-vv")
    assert ran.code == 0, ran.err
    everything = b"".join(desk.tree().values())
    assert b"SENTINEL" not in everything
    assert "SENTINEL" not in ran.out + ran.err
    assert b"OPENBODY" in everything
    assert b"Teaser two" in everything
    assert b'rel="payment"' in everything
    shown = desk.run("entries", "list", "--access", "premium", "--json").json
    assert {entry["title"] for entry in shown} >= {"Paid"}
    # Opened by a person it may be read; closed again it may not.
    uid = next(entry["id"] for entry in shown if entry["title"] == "Paid")
    assert desk.run("entries", "set-access", uid, "free").code == 0
    desk.run("publish")
    assert b"SENTINEL" in b"".join(desk.tree().values())
    assert desk.run("entries", "set-access", uid, "--clear").code == 0
    desk.run("publish")
    assert b"SENTINEL" not in b"".join(desk.tree().values())


def test_a_renamed_document_keeps_its_entries(desk: Folder) -> None:
    desk.run("update")
    before = {entry["id"] for entry in desk.run("entries", "list", "--json").json}
    (desk.path / "seeds" / "1.txt").unlink()
    edited = DOCUMENT.replace("Council votes for new ferry", "Council approves a new ferry")
    desk.seed("2.txt", edited.replace("Mayor rejects call for", "Mayor rejects a call for"))
    ran = desk.run("update", "--json")
    assert (ran.json["totals"]["new"], ran.json["totals"]["updated"]) == (0, 2)
    assert {entry["id"] for entry in desk.run("entries", "list", "--json").json} == before


def test_a_document_on_another_page_is_no_renamed_one(desk: Folder) -> None:
    desk.run("update")
    (desk.path / "seeds" / "1.txt").unlink()
    desk.seed(
        "2.txt",
        "Storm closes the northern pier\n\nMarch 9, 2026, Coastwire. The pier is closed until further notice.\n",
    )
    assert desk.run("update", "--json").json["totals"]["new"] == 1


def test_documents_of_a_source_teach_each_other(desk: Folder) -> None:
    rows = "- PoliticsBudget passes at nightFor Harbour+ readers only\n- EconomyPool reopens\n"
    desk.seed("0.txt", f"Tide tables out\n\nMarch 2, 2026, X. Body of it.\n\n{rows}")
    desk.run("update")
    found = {entry["title"]: entry for entry in desk.run("entries", "list", "--json").json}
    assert (found["Budget passes at night"]["sections"], found["Budget passes at night"]["access"]) == (
        ["Politics"],
        "premium",
    )
    assert found["Pool reopens"]["sections"] == ["Economy"]
    # What was learned stays, whatever the pages list today.
    desk.seed("1.txt", DOCUMENT.replace("- Politics\n", "").replace("- Economy\n", ""))
    assert desk.run("update", "--json").json["totals"]["updated"] == 0
    assert {entry["title"] for entry in desk.run("entries", "list", "--json").json} == set(found)


def test_markup_is_no_seed_document(desk: Folder) -> None:
    desk.seed("page.txt", "<!DOCTYPE html><html><body>Hello</body></html>")
    (desk.path / "seeds" / "loop.txt").symlink_to("loop.txt")
    ran = desk.run("update")
    assert ran.code == 1
    assert "markup" in ran.err
    assert "loop.txt" in ran.err
    assert len(desk.run("entries", "list", "--json").json) == 7


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing(total=10, done=5), "polling 2/s"),
        (Standing(done=5, waiting=1, failed=2, deferred=3), "polling 2/s, 1 host waited for, 2 failed, 3 put off"),
        (Standing(waiting=2), "polling 0/s, 2 hosts waited for"),
    ],
)
def test_how_a_run_stands_in_words(standing: Standing, words: str) -> None:
    assert standing_words(standing, 2.5) == words


def test_a_bar_is_shown_on_a_terminal(tmp_path: Path, site: Site) -> None:
    """As a person sees it: in a terminal of its own, made by the system."""
    url = site.put("/feed", Reply(body=b"<rss version='2.0'><channel><title>N</title></channel></rss>", pause=0.5))
    folder = Folder(tmp_path).config(
        f'[poll]\nallow_networks = ["127.0.0.0/8"]\n[[source]]\nname = "n"\nurl = "{url}"\n'
    )
    seen = in_terminal(folder, "poll")
    assert "polling" in seen
    assert "0/1" in seen
    assert "n: unchanged, 0 new" in seen


def in_terminal(folder: Folder, *arguments: str) -> str:
    """What `feeds ARGUMENTS` writes to a terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder.path)
        os.execve(FEEDS, [str(FEEDS), *arguments], {**folder.environment, "TERM": "xterm"})  # noqa: S606
    seen = b""
    with suppress(OSError):  # how a terminal says that nobody is there any more
        while said := os.read(terminal, 65536):
            seen += said
    os.close(terminal)
    os.waitpid(pid, 0)
    return seen.decode()


@pytest.mark.parametrize("command", ["publish", "update"])
def test_what_is_owed_to_hubs_is_said_once_at_the_end(own: Folder, site: Site, command: str) -> None:
    hub = site.put("/hub", Reply(status=204))
    own.config(f'{SEEDS}[publish]\nhubs = ["{hub}"]\n[poll]\nallow_networks = ["127.0.0.0/8"]\n')
    with closing(sqlite3.connect(own.path / "var" / "feeds.sqlite3")) as database, database:
        database.execute(
            "INSERT INTO deliveries (kind, key, target, payload, version, since, due_at, attempts) VALUES "
            "('ping', 'k', ?, '{\"topic\": \"http://127.0.0.1:8080/all.atom\"}', 1, "
            "'2026-03-02 12:00:00.000000', '2026-03-02 12:00:00.000000', 0)",
            (hub,),
        )
    ran = own.run(command)
    assert (ran.code, ran.err) == (0, "")
    said = [seen.body.decode() for seen in site.log]
    topic = "http%3A%2F%2F127.0.0.1%3A8080%2Fall.atom"
    assert f"hub.mode=publish&hub.url={topic}&hub.topic={topic}" in said


def test_hubs_that_cannot_be_told_are_no_failure_of_a_publish(own: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: object, **_more: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr("feeds.notify.deliver", broken)
    ran = own.run("publish")
    assert ran.code == 0
    assert ran.err == "nobody was told what is new, the next run does it: the disk is full\n"


def test_one_shot_finds_what_is_late_and_tells_it(desk: Folder, site: Site) -> None:
    site.pages["/"] = Reply()
    hook = f'[[alert]]\nname = "newsroom"\nto = "json://{site.url.removeprefix("http://")}/"\n'
    desk.config(SEEDS + hook)
    assert desk.run("update").code == 0
    with closing(sqlite3.connect(desk.path / "var" / "feeds.sqlite3")) as database, database:
        database.execute("UPDATE source_state SET stale_at = datetime(last_success, '-1 hour')")
    assert desk.run("update").code == 0
    assert b"seeds: has nothing new" in desk.tree()["incidents.atom"]
    told = desk.run("status", "--json")
    assert (told.code, [source["state"] for source in told.json["sources"]]) == (1, ["stale"])
    assert b"stale: seeds" in site.log[-1].body
