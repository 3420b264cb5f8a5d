"""Polling over HTTP from a real loopback site, with a clock that the test holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from db.engine import open_engine, reading, writing
from db.migrations import upgrade
from db.store import entries, incidents, schedule, sections, sources
from feeds.config import parse
from feeds.declare import declare
from feeds.errors import UsageError
from feeds.monitor import status
from feeds.poll import PollResult, poll
from tests.command import SITE
from tests.fakes import Reply, Site, conditional
from tests.polls import NOW, Bench, dated_rss, rss


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """A desk with one http source."""
    bench.configure({"n": f"{bench.site.url}/feed"})
    return bench


def ask(bench: Bench, after: timedelta = timedelta(0), **how: object) -> list[PollResult]:
    return list(bench.poll(after, **how).values())


def test_the_second_request_is_conditional_and_304_changes_nothing(bench: Bench) -> None:
    bench.site.put("/feed", conditional(rss("a", "b"), '"v1"', [("Last-Modified", "Sun, 01 Nov 2026 10:00:00 GMT")]))
    (first,) = ask(bench)
    assert (first.outcome, first.tally.new) == ("stored", 2)
    assert first.next_due == NOW + timedelta(minutes=60)
    assert first.reason == "interval=60 min"
    assert ask(bench, timedelta(minutes=59)) == []
    (second,) = ask(bench, timedelta(minutes=1))
    assert (second.outcome, second.tally.new) == ("unchanged", 0)
    asked = bench.site.log[1].headers
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == ('"v1"', "Sun, 01 Nov 2026 10:00:00 GMT")
    assert asked["User-Agent"].startswith("Broadsheet/")
    assert asked["Cookie"] is asked["Referer"] is None


def test_the_same_body_with_new_validators_stores_the_validators(bench: Bench) -> None:
    bench.site.put("/feed", conditional(rss("a"), '"v1"'))
    ask(bench)
    bench.site.put("/feed", conditional(rss("a"), '"v2"'))
    assert ask(bench, everyone=True)[0].outcome == "unchanged"
    ask(bench, everyone=True)
    assert [seen.headers["If-None-Match"] for seen in bench.site.log] == [None, '"v1"', '"v2"']


def test_max_age_is_heeded(bench: Bench) -> None:
    bench.site.put("/feed", Reply(body=rss("a"), headers=[("Cache-Control", "max-age=14400")]))
    (result,) = ask(bench)
    assert (result.next_due, result.reason) == (NOW + timedelta(hours=4), "max-age=14400")


def test_failures_back_off_open_an_incident_and_heal(bench: Bench) -> None:
    bench.site.put("/feed", Reply(status=503, headers=[("Retry-After", "7200")]))
    (first,) = ask(bench)
    assert (first.outcome, first.reason) == ("failed", "Retry-After=7200")
    assert first.next_due == NOW + timedelta(hours=2)
    waits = []
    for _attempt in range(3):
        bench.site.put("/feed", Reply(status=500))
        (result,) = ask(bench, everyone=True)
        assert result.next_due is not None
        waits.append(result.next_due - bench.now)
    assert waits == sorted(waits)
    assert waits[0] > timedelta(hours=3)
    found = status(bench.engine)
    assert [incident.kind for incident in found.incidents] == ["failing"]
    assert not found.well
    assert found.sources[0].source.failures == 4
    bench.site.put("/feed", rss("a"))
    (healed,) = ask(bench, everyone=True)
    assert healed.next_due == bench.now + timedelta(hours=24)
    assert healed.reason.startswith("no validators")
    assert status(bench.engine).well


def test_gone_is_said_so(bench: Bench) -> None:
    bench.site.put("/feed", Reply(status=410))
    (result,) = ask(bench)
    assert result.error is not None
    assert "410" in result.error
    assert status(bench.engine).sources[0].source.standing == "gone"
    assert result.next_due is None
    assert ask(bench, timedelta(days=400)) == []
    assert ask(bench, everyone=True) == []
    bench.site.put("/feed", rss("a"))
    (back,) = poll(bench.engine, bench.config, bench.now, names=["n"])
    assert back.tally.new == 1
    assert status(bench.engine).well


@pytest.mark.parametrize(
    "bad",
    [
        Reply(body=b""),
        Reply(body=b"<!doctype html><html><body>Sign in</body></html>"),
        Reply(body=rss("a", "b")[:120]),
        Reply(body=rss("a", "b"), length=5000),
        Reply(body=b"x" * 3_000_000),
    ],
    ids=["empty", "html", "cut", "short", "huge"],
)
def test_a_bad_answer_keeps_what_was_and_is_not_remembered(bench: Bench, bad: Reply) -> None:
    config = bench.config.model_copy(update={"poll": bench.config.poll.model_copy(update={"max_bytes": 1_000_000})})
    config._root = bench.config.root
    bench.config = config
    bench.site.put("/feed", conditional(rss("a"), '"v1"'))
    ask(bench)
    bench.site.put("/feed", replace(bad, headers=[("ETag", '"bad"')]))
    (result,) = ask(bench, everyone=True)
    assert result.outcome == "failed"
    assert bench.titles() == {"a"}
    bench.site.put("/feed", conditional(rss("a", "c"), '"v3"'))
    (result,) = ask(bench, everyone=True)
    assert result.tally.new == 1
    assert bench.site.log[-1].headers["If-None-Match"] == '"v1"'


def test_one_bad_source_does_not_stop_the_next(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_bytes(rss("good"))
    bench.site.put("/feed", Reply(body=b"late", pause=30))
    bench.config = parse(
        f'{SITE}[poll]\nallow_networks = ["127.0.0.0/8"]\ndeadline = 1\n[[source]]\nname = "n"\n'
        f'url = "{bench.site.url}/feed"\n[[source]]\nname = "z"\npath = "good.xml"\n',
        tmp_path / "config.toml",
    )
    declare(bench.engine, bench.config, NOW)
    good, slow = ask(bench)
    assert (slow.source, slow.outcome) == ("n", "failed")
    assert "in time" in (slow.error or "")
    assert (good.source, good.tally.new) == ("z", 1)
    bench.site.closing.set()


def test_a_private_address_is_refused_unless_it_is_allowed(tmp_path: Path, site: Site) -> None:
    site.put("/feed", rss("a"))
    config = parse(f'{SITE}[[source]]\nname = "n"\nurl = "{site.url}/feed"\n', tmp_path / "config.toml")
    engine = open_engine(config.database_url)
    upgrade(engine)
    declare(engine, config, NOW)
    (result,) = poll(engine, config, NOW)
    engine.dispose()
    assert result.error is not None
    assert "allow_networks" in result.error
    assert site.log == []


def test_validators_are_dropped_when_the_source_changes(bench: Bench, tmp_path: Path) -> None:
    bench.site.put("/feed", conditional(rss("a"), '"v1"'))
    ask(bench)
    text = f'{SITE}[poll]\nallow_networks = ["127.0.0.0/8"]\n[[source]]\nname = "n"\nurl = "{bench.site.url}/feed"\n'
    bench.config = parse(text + 'sections = ["Wire"]\n', tmp_path / "config.toml")
    declare(bench.engine, bench.config, bench.now)
    (result,) = ask(bench)
    assert bench.site.log[-1].headers["If-None-Match"] is None
    assert result.tally.updated == 1
    with reading(bench.engine) as connection:
        assert [section.name for section in sections.every(connection)] == ["Wire"]


def test_unknown_and_paused_names(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no source is named"):
        poll(bench.engine, bench.config, NOW, names=["x"])
    text = f'{SITE}[[source]]\nname = "n"\nurl = "{bench.site.url}/feed"\nenabled = false\n'
    bench.config = parse(text, tmp_path / "config.toml")
    declare(bench.engine, bench.config, NOW)
    with pytest.raises(UsageError, match=r'"n" is paused; say enabled = true in its \[\[source\]\] table'):
        poll(bench.engine, bench.config, NOW, names=["n"])


def test_a_source_that_a_command_paused_is_resumed_by_one(bench: Bench) -> None:
    with writing(bench.engine) as connection:
        sources.add(connection, "Weather service", {"url": "https://weather.example/feed"}, NOW)
        for one in sources.every(connection):
            sources.pause(connection, one.id)
    with pytest.raises(UsageError, match=r'"n" is paused; polled again after: feeds sources resume n$'):
        poll(bench.engine, bench.config, NOW, names=["n"])
    with pytest.raises(UsageError) as raised:
        poll(bench.engine, bench.config, NOW, names=["Weather service"])
    assert "resume 'Weather service'" in str(raised.value)


def test_it_stops_between_sources_when_asked(bench: Bench) -> None:
    assert poll(bench.engine, bench.config, NOW, stop=lambda: True) == []
    with reading(bench.engine) as connection:
        (source,) = sources.every(connection)
        assert schedule.count_due(connection, NOW) == 1
        assert source.last_poll is None
        assert source.standing == "ok"
        assert incidents.opened(connection) == []


def configured(bench: Bench, tmp_path: Path, text: str, source: str = "") -> None:
    """Gives the desk another configuration, as an edit of config.toml between two runs does."""
    base = f'{SITE}[poll]\nallow_networks = ["127.0.0.0/8"]\n{text}\n[[source]]\nname = "n"\n'
    bench.config = parse(f'{base}url = "{bench.site.url}/feed"\n{source}', tmp_path / "config.toml")
    declare(bench.engine, bench.config, bench.now)


def filed(bench: Bench) -> dict[str, tuple[str, ...]]:
    """Title -> the sections of each entry."""
    with reading(bench.engine) as connection:
        return {entry.title: entry.sections for entry in entries.listing(connection)}


def test_a_change_of_rules_files_anew_what_is_stored(bench: Bench, tmp_path: Path) -> None:
    sea = '[[section]]\nname = "Sea"\n'
    bench.site.put("/feed", conditional(rss("Ferry sails", "Council votes"), '"v1"'))
    configured(bench, tmp_path, sea, 'default_section = "Town"')
    ask(bench)
    assert filed(bench) == {"Ferry sails": ("Town",), "Council votes": ("Town",)}
    configured(bench, tmp_path, sea + '[[rule]]\nsection = "Sea"\ntitle = "ferry"\n', 'default_section = "Town"')
    (result,) = ask(bench, everyone=True)
    assert (result.tally.updated, result.tally.unchanged) == (1, 1)
    assert filed(bench) == {"Ferry sails": ("Sea",), "Council votes": ("Town",)}
    (result,) = ask(bench, everyone=True)
    assert result.outcome == "unchanged"


def test_what_is_taken_back_is_confirmed_by_documents_that_did_not_change(bench: Bench) -> None:
    bench.site.put("/feed", conditional(dated_rss(*range(1, 11)), '"v1"'))
    ask(bench)
    bench.site.put("/feed", conditional(dated_rss(1, 2, 3, 4, 6, 7, 8, 9, 10), '"v2"'))
    assert ask(bench, timedelta(hours=1), everyone=True)[0].outcome == "unchanged"
    assert "No 5" in bench.titles()
    ask(bench, timedelta(hours=1), everyone=True)
    bench.site.put("/feed", Reply(status=500))
    ask(bench, timedelta(hours=1), everyone=True)
    assert "No 5" in bench.titles()
    bench.site.put("/feed", conditional(dated_rss(1, 2, 3, 4, 6, 7, 8, 9, 10), '"v2"'))
    ask(bench, timedelta(hours=1), everyone=True)
    assert "No 5" not in bench.titles()
    assert [reply.headers["If-None-Match"] for reply in bench.site.log[2:]] == ['"v2"'] * 3
    bench.site.put("/feed", conditional(dated_rss(*range(1, 11)), '"v3"'))
    assert ask(bench, timedelta(hours=1), everyone=True)[0].tally.updated == 1
    assert "No 5" in bench.titles()


def test_a_shrunken_document_takes_nothing_back(bench: Bench) -> None:
    bench.site.put("/feed", conditional(dated_rss(*range(1, 31)), '"v1"'))
    ask(bench)
    bench.site.put("/feed", conditional(dated_rss(1, 15, 30), '"v2"'))
    for _ in range(6):
        ask(bench, timedelta(hours=1), everyone=True)
    assert len(bench.titles()) == 30
    assert ("vanished", "n") in bench.incidents()


def levels(bench: Bench) -> dict[str, str]:
    with reading(bench.engine) as connection:
        return {entry.title: entry.access.value for entry in entries.listing(connection)}


PLUS = rss("open", "paid").replace(b"<guid>paid</guid>", b"<guid>paid</guid><category>plus</category>")


def test_what_a_server_calls_unchanged_is_read_again_by_new_rules(bench: Bench, tmp_path: Path) -> None:
    bench.site.put("/feed", conditional(PLUS, '"v1"'))
    ask(bench)
    assert set(levels(bench).values()) == {"unknown"}
    configured(bench, tmp_path, '[access]\ncategories = ["plus"]')
    (result,) = ask(bench, everyone=True)
    assert bench.site.log[-1].headers["If-None-Match"] is None
    assert (result.tally.updated, levels(bench)["paid"]) == (1, "premium")
    ask(bench, everyone=True)
    assert bench.site.log[-1].headers["If-None-Match"] == '"v1"'


def test_the_access_of_a_source_reaches_entries_that_left_its_document(bench: Bench, tmp_path: Path) -> None:
    bench.site.put("/feed", rss("old"))
    ask(bench)
    bench.site.put("/feed", rss("new"))
    ask(bench, everyone=True)
    configured(bench, tmp_path, "", 'access = "premium"\n')
    bench.site.put("/feed", Reply(status=503))
    assert ask(bench)[0].outcome == "failed"
    assert levels(bench) == {"old": "premium", "new": "premium"}
    configured(bench, tmp_path, "")
    ask(bench)
    assert levels(bench) == {"old": "unknown", "new": "unknown"}


def test_a_document_asks_for_its_own_pace(bench: Bench) -> None:
    bench.site.put("/feed", rss("a").replace(b"<item>", b"<ttl>240</ttl><item>", 1))
    (result,) = ask(bench)
    assert (result.next_due, result.reason) == (NOW + timedelta(hours=4), "ttl=14400")


def test_options_that_this_release_cannot_use_fail_their_source_alone(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_bytes(rss("good"))
    with writing(bench.engine) as connection:
        sources.add(connection, "older", {"kind": "ticker", "url": "https://n.example/"}, NOW)
        sources.add(connection, "z", {"path": "good.xml"}, NOW)
    bench.site.put("/feed", rss("a"))
    results = {result.source: result for result in ask(bench)}
    assert {name: result.outcome for name, result in results.items()} == {
        "n": "stored", "older": "failed", "z": "stored",
    }  # fmt: skip
    assert "cannot be used" in (results["older"].error or "")


def test_a_source_whose_profile_is_gone_fails_alone(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_bytes(rss("good"))
    with writing(bench.engine) as connection:
        sources.add(connection, "address", {"url": "https://n.example/", "profile": "gone"}, NOW)
        sources.add(connection, "path", {"path": "good.xml", "profile": "gone"}, NOW)
    bench.site.put("/feed", rss("a"))
    results = {result.source: result for result in ask(bench)}
    assert {name: result.outcome for name, result in results.items()} == {
        "n": "stored", "address": "failed", "path": "failed",
    }  # fmt: skip
    said = "there is no [profile.gone] any more; write it again, or edit the source"
    assert results["address"].error == results["path"].error == said


def test_access_is_taken_back_from_sources_that_are_not_polled(bench: Bench, tmp_path: Path) -> None:
    bench.site.put("/feed", rss("old"))
    ask(bench)
    configured(bench, tmp_path, "", 'access = "premium"\nenabled = false\n')
    assert levels(bench) == {"old": "premium"}
    configured(bench, tmp_path, "", "enabled = false\n")
    assert levels(bench) == {"old": "unknown"}


def test_what_came_to_rest_is_told_once_more_though_nothing_is_said_anew(bench: Bench) -> None:
    for number in range(6):
        body = rss("a").replace(b"<guid>", f"<description>{'AB'[number % 2]}</description><guid>".encode())
        bench.site.put("/feed", conditional(body, f'"{number}"'))
        ask(bench, timedelta(minutes=10), everyone=True)
    assert bench.incidents() == [("flapping", "n")]
    with reading(bench.engine) as connection:
        (silent,) = entries.listing(connection)
    assert [one.outcome for one in ask(bench, timedelta(hours=23), everyone=True)] == ["unchanged"]
    assert bench.incidents() == [("flapping", "n")]
    assert [one.outcome for one in ask(bench, timedelta(hours=1), everyone=True)] == ["unchanged"]
    assert bench.incidents() == []
    with reading(bench.engine) as connection:
        (told,) = entries.listing(connection)
    assert told.updated == bench.now > silent.updated
