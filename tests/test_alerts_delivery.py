"""From the outbox to people, over real connections: once, later, or given up; and nothing that is not theirs."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from db.engine import reading, writing
from db.store import deliveries, incidents
from db.store.deliveries import ALERT, END, LEASE, TRIES
from feeds import alerts, log
from feeds.correct import withdraw
from tests.alerting import FERRY, MINUTE, VILNIUS, Tower, rule, running_post
from tests.command import ROOT
from tests.desk import BODY, MARKER, hours, record, tell, titled
from tests.fakes import Reply, Seen

DAY = timedelta(days=1)
SENTINEL = "zeppelinsentinel"


def test_a_trouble_is_told_when_it_opens_and_when_it_is_over(tower: Tower) -> None:
    tower.configure(rule(tower))
    tower.open(evidence=(("status", "500"),))
    (message,) = tower.run()
    assert message["title"] == "Test Desk: failing: harbour"
    assert "status: 500" in message["message"]
    assert tower.run(hours(1)) == []
    tower.close(why="it answers again")
    assert tower.run(MINUTE * 10) == []
    (message,) = tower.run(MINUTE * 6)
    assert message["title"] == "Test Desk: over: failing: harbour"
    assert "it answers again" in message["message"]
    assert tower.run(hours(1)) == []
    assert tower.rows() == []


def test_each_end_is_told_for_itself(tower: Tower) -> None:
    tower.configure(rule(tower))
    tower.open()
    tower.open("disk", "disk")
    tower.run()
    tower.close("disk", "disk")
    assert [message["title"] for message in tower.run(hours(1))] == ["Test Desk: over: disk: disk"]
    assert tower.rows() == [(END, "desk", 0, None)]
    tower.close()
    assert [message["title"] for message in tower.run(hours(1))] == ["Test Desk: over: failing: harbour"]


def test_one_that_comes_back_soon_is_told_once(tower: Tower) -> None:
    tower.configure(rule(tower))
    tower.open()
    assert len(tower.run()) == 1
    for _ in range(5):
        tower.now += MINUTE * 9
        tower.close()
        assert tower.run(MINUTE * 9) == []
        tower.open()
        assert tower.run() == []
    tower.close()
    assert [message["title"] for message in tower.run(hours(1))] == ["Test Desk: over: failing: harbour"]


def test_who_does_not_want_the_end_is_not_told(tower: Tower) -> None:
    tower.configure(rule(tower, "closed = false"))
    tower.open()
    tower.run()
    tower.close()
    assert tower.run(hours(1)) == []
    assert tower.rows() == []


def test_a_blip_is_told_to_nobody(tower: Tower) -> None:
    tower.configure(rule(tower, 'digest = "60"'))
    tower.open()
    assert tower.run() == []
    tower.now += MINUTE * 10
    tower.close()
    assert tower.run(hours(1)) == []
    assert tower.run(DAY) == []
    assert tower.rows() == []


def test_a_trouble_that_came_and_went_before_it_was_told_is_told_once(tower: Tower) -> None:
    tower.configure(rule(tower, 'digest = "60"'))
    tower.open()
    assert tower.run() == []
    tower.now += MINUTE * 40
    tower.close()
    (message,) = tower.run(MINUTE * 21)
    assert message["title"] == "Test Desk: over: failing: harbour"
    assert ": 40 min" in message["message"]
    assert tower.run(DAY) == []


def test_one_that_is_just_over_waits_whether_it_comes_back(tower: Tower) -> None:
    tower.configure(rule(tower, 'digest = "60"'))
    tower.open()
    assert tower.run() == []
    tower.now += MINUTE * 55
    tower.close()
    assert tower.run(MINUTE * 5) == []
    tower.open()
    (message,) = tower.run(MINUTE * 10)
    assert message["title"] == "Test Desk: failing: harbour"
    tower.close()
    assert tower.run(hours(1)) == []
    assert [one["title"] for one in tower.run(hours(1))] == ["Test Desk: over: failing: harbour"]


def test_what_is_due_together_is_one_message(tower: Tower) -> None:
    tower.configure(FERRY + rule(tower, 'saved = "ferry"\nstate = ["failing", "disk"]'))
    tower.plan()
    for number in range(30):
        tower.open(subject=f"source {number}")
    tell(tower.engine, "1", *(record(f"Ferry number {number} sails", guid=str(number)) for number in range(30)))
    (message,) = tower.run()
    assert message["title"] == "Test Desk: 30 troubles, 30 new entries"
    assert message["message"].endswith("and 10 more")
    assert tower.run(MINUTE) == []


def test_entries_are_told_without_what_is_for_some_only(tower: Tower) -> None:
    tower.configure(FERRY + rule(tower, 'saved = "ferry"'))
    tower.plan()
    body = f"{BODY} {SENTINEL}"
    tell(
        tower.engine,
        "1",
        record("The ferry sails", text=body, evidence=(MARKER,), url="https://n.example/1", sections=("Town", "Sea")),
        record(
            f"{SENTINEL} ferry", title_from_body=True, text=f"{SENTINEL} {body}", evidence=(MARKER,), summary="A ferry"
        ),
    )
    (message,) = tower.run()
    assert SENTINEL not in str(message)
    assert "The ferry sails\nharbour · Town, Sea · premium\nhttps://n.example/1" in message["message"]
    assert "Untitled\nA ferry\nharbour" in message["message"]


def test_an_entry_that_was_taken_back_is_not_told(tower: Tower) -> None:
    tower.configure(FERRY + rule(tower, 'saved = "ferry"\ndigest = "30"'))
    tower.plan()
    tell(tower.engine, "1", record("The ferry sails"), record("The ferry sinks"))
    tower.run()
    withdraw(tower.engine, titled(tower.engine, "The ferry sinks").uid, "wrong", tower.now)
    (message,) = tower.run(hours(1))
    assert "sinks" not in message["message"]
    assert tower.rows() == []


def test_nothing_is_sent_in_quiet_hours_not_even_again(tower: Tower) -> None:
    tower.configure(rule(tower, 'quiet = "22:00-07:00"', "desk", tower.hook(status=500)))
    tower.now = datetime(2026, 3, 28, 21, 59, 30, tzinfo=VILNIUS)
    tower.open()
    assert len(tower.run()) == 1
    assert tower.run(MINUTE * 2) == []  # the next try would be due, and is no try
    tower.open("disk", "disk")
    assert tower.run(hours(4)) == []
    # Clocks go forward in this night.
    tower.now = datetime(2026, 3, 29, 6, 59, 59, tzinfo=VILNIUS)
    assert tower.run() == []
    tower.hook()
    tower.now = datetime(2026, 3, 29, 7, 0, tzinfo=VILNIUS)
    (message,) = tower.run()
    assert message["title"] == "Test Desk: 2 troubles"
    assert tower.rows() == [(END, "desk", 0, None)] * 2


def test_a_digest_at_a_time_of_the_day(tower: Tower) -> None:
    tower.configure(rule(tower, 'digest = "08:00"'))
    tower.now = datetime(2026, 3, 2, 20, 0, tzinfo=VILNIUS)
    tower.open()
    assert tower.run() == []
    tower.open("disk", "disk")
    assert tower.run(hours(11)) == []
    assert [one["title"] for one in tower.run(hours(1))] == ["Test Desk: 2 troubles"]


def test_what_failed_comes_again_later_each_time_and_is_given_up(tower: Tower) -> None:
    tower.configure(rule(tower, "", "desk", tower.hook(status=503)) + rule(tower, "", "night", tower.hook("/night")))
    tower.open()
    assert len(tower.run()) == 2
    assert tower.rows()[0][:3] == (ALERT, "desk", 1)
    assert "error=503" in tower.rows()[0][3]
    assert tower.run(MINUTE * 0.5) == []
    tries = 1
    while not any(kind == "alerts" for kind, _ in tower.opened()):
        tries += sum(1 for _ in tower.run(MINUTE * 30))
        assert tower.now < datetime(2026, 3, 4, tzinfo=VILNIUS)
    assert tries == TRIES
    assert [row for row in tower.rows() if row[1] == "desk"] == []
    # The rule that fails is not told so; the other one is.
    (message,) = tower.run(MINUTE)
    assert message["title"] == "Test Desk: alerts: desk"
    assert tower.site.log[-1].path == "/night"
    tower.hook()
    tower.open("disk", "disk")
    assert len(tower.run(MINUTE)) == 2
    assert ("alerts", "desk") not in tower.opened()


def test_only_the_address_that_failed_is_told_again(tower: Tower) -> None:
    tower.configure(rule(tower, "", "desk", tower.hook("/a"), tower.hook("/b", 500)))
    tower.open()
    tower.run()
    assert sorted(seen.path for seen in tower.site.log) == ["/a", "/b"]
    rows = tower.rows()
    assert [(row[0], row[2]) for row in rows] == [(END, 0), (ALERT, 1)]
    assert rows[1][1].startswith("desk/")
    assert rows[1][3] == "json://***: " + rows[1][3].partition(": ")[2]
    tower.run(MINUTE)
    assert [seen.path for seen in tower.site.log[2:]] == ["/b"]
    tower.hook("/b")
    tower.run(MINUTE * 4)
    assert [seen.path for seen in tower.site.log[3:]] == ["/b"]
    assert tower.rows() == [(END, "desk", 0, None)]


def test_an_address_that_is_given_up_is_a_trouble_until_it_is_told_again(tower: Tower) -> None:
    tower.configure(rule(tower, "", "desk", tower.hook("/a"), tower.hook("/b", 500)))
    tower.open()
    while ("alerts", "desk") not in tower.opened():
        tower.run(hours(1))
    assert [seen.path for seen in tower.site.log].count("/a") == 1
    tower.open("disk", "disk")
    tower.run(MINUTE)
    assert ("alerts", "desk") in tower.opened()
    tower.hook("/b")
    tower.run(MINUTE * 2)
    assert ("alerts", "desk") not in tower.opened()


def test_one_of_several_troubles_of_an_address_may_still_fail(tower: Tower) -> None:
    tower.configure(rule(tower, "", "desk", tower.hook("/a"), tower.hook("/b", 500)))
    tower.open()
    tower.run()
    tower.open("disk", "disk")
    tower.run(MINUTE * 0.5)
    with writing(tower.engine) as connection:
        incidents.open_incident(connection, "alerts", "desk", "x", tower.now)
    tower.hook("/b")
    tower.run(MINUTE * 0.6)  # the first is due, the second is not
    assert ("alerts", "desk") in tower.opened()
    tower.run(MINUTE)
    assert ("alerts", "desk") not in tower.opened()


def test_rules_and_addresses_that_are_gone_are_owed_nothing(tower: Tower) -> None:
    tower.configure(rule(tower, "", "desk", tower.hook("/a"), tower.hook("/b", 500)))
    tower.open()
    tower.run()
    tower.configure(rule(tower, "", "desk", tower.hook("/a")))
    tower.deliver(MINUTE * 2)
    assert tower.rows() == [(END, "desk", 0, None)]
    tower.open("disk", "disk")
    tower.plan()
    tower.configure(rule(tower, name="night"))
    tower.deliver()
    assert [row for row in tower.rows() if row[0] == ALERT] == []
    assert len(tower.site.log) == 2


def test_addresses_are_read_at_each_delivery(tower: Tower, monkeypatch: pytest.MonkeyPatch) -> None:
    tower.configure('[[alert]]\nname = "desk"\nto_env = "ALERTS_OF_TEST"\n')
    monkeypatch.delenv("ALERTS_OF_TEST", raising=False)
    tower.open()
    assert tower.run() == []
    assert tower.rows()[0][3] == 'alert "desk": the environment variable ALERTS_OF_TEST is not set'
    monkeypatch.setenv("ALERTS_OF_TEST", tower.hook())
    assert len(tower.run(MINUTE)) == 1


def test_what_was_sent_when_the_process_ended_comes_twice_at_most(tower: Tower) -> None:
    tower.configure(rule(tower))
    tower.open()
    tower.plan()

    def fall(_seen: Seen) -> Reply:
        # Whoever sends gets no further: the message has arrived, and nobody writes that down.
        with writing(tower.engine) as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER broken BEFORE DELETE ON deliveries BEGIN SELECT RAISE(FAIL, 'x'); END"
            )
        return Reply(body=b"ok")

    tower.site.put("/hook", fall)
    with pytest.raises(Exception, match="x"):
        tower.deliver()
    with writing(tower.engine) as connection:
        connection.exec_driver_sql("DROP TRIGGER broken")
    tower.hook()
    tower.deliver(LEASE)
    tower.deliver(DAY)
    assert tower.titles() == ["Test Desk: failing: harbour"] * 2


def test_one_that_was_taken_too_often_is_given_up(tower: Tower) -> None:
    tower.configure(rule(tower))
    tower.open()
    tower.plan()
    for _ in range(TRIES):
        with writing(tower.engine) as connection:
            assert deliveries.due(connection, tower.now, 9, (ALERT,))
        tower.now += LEASE
    tower.deliver()
    assert tower.site.log == []
    assert ("alerts", "desk") in tower.opened()
    with reading(tower.engine) as connection:
        (one,) = (one for one in incidents.opened(connection) if one.kind == "alerts")
    assert "the last try came to no end" in one.message
    assert one.evidence == (("error", "the last try came to no end"),)


def test_what_hangs_delays_no_other_rule(tower: Tower) -> None:
    tower.site.put("/hangs", Reply(body=b"x", pause=30))
    hangs = f"json://127.0.0.1:{tower.site.port}/hangs"
    tower.configure(rule(tower, "", "desk", hangs) + rule(tower, "", "night", tower.hook("/night")))
    tower.open()
    tower.plan()
    tower.deliver(within=1.0)
    assert [row[:3] for row in tower.rows()] == [(ALERT, "desk", 1), (END, "night", 0)]
    assert tower.rows()[0][3] == "address 1 (json://***): no answer within 1 seconds"


def test_an_end_gives_back_what_was_not_sent(tower: Tower) -> None:
    tower.configure(rule(tower))
    tower.open()
    tower.plan()
    asked = iter([False, True, True, True])
    tower.deliver(stop=lambda: next(asked, True))
    assert tower.site.log == []
    assert tower.rows() == [(ALERT, "desk", 0, None)]
    tower.deliver(stop=lambda: True)
    assert tower.site.log == []
    tower.deliver()
    assert len(tower.site.log) == 1


def test_an_end_between_two_addresses_leaves_the_other(tower: Tower) -> None:
    tower.site.put("/b", Reply(body=b"x", pause=8))
    hangs = f"json://127.0.0.1:{tower.site.port}/b"
    tower.configure(rule(tower, "", "desk", tower.hook("/a"), hangs))
    tower.open()
    tower.plan()
    tower.deliver(stop=lambda: len(tower.site.log) == 2)
    assert [(row[0], row[3]) for row in tower.rows()] == [(END, None), (ALERT, "json://***: it was interrupted")]


def test_secrets_are_neither_kept_nor_logged(tower: Tower, capfd: pytest.CaptureFixture[str]) -> None:
    word = "pa55wordsentinel"
    tower.site.put("/T0KENSENTINEL", Reply(status=401))
    bad = f"json://me:{word}@127.0.0.1:{tower.site.port}/T0KENSENTINEL"
    tower.configure(rule(tower, "", "desk", bad, f"nonsense://{word}") + rule(tower, "", "two", bad, tower.hook()))
    tower.open()
    log.configure(2, json=True)
    tower.run()
    for _ in range(30):
        tower.run(hours(1))
    log.configure(0, json=False)
    assert ("alerts", "desk") in tower.opened()
    out, err = capfd.readouterr()
    assert "alert given up" in err
    kept = tower.database()
    assert b"json://***" in kept
    for secret in (word, "T0KENSENTINEL"):
        assert secret not in out + err
        assert secret.encode() not in kept


def test_a_mail_is_sent(tower: Tower) -> None:
    with running_post() as post:
        url = f"mailto://127.0.0.1:{post.port}/?from=desk@news.example&to=night@news.example&mode=insecure"
        tower.configure(rule(tower, "", "desk", url))
        tower.open(message="Zürich: HTTP 500")
        tower.plan()
        tower.deliver()
        assert [letter["Subject"] for letter in post.letters] == ["Test Desk: failing: harbour"]
    assert [row[0] for row in tower.rows()] == [END]


def test_nothing_due_takes_nothing(tower: Tower) -> None:
    tower.configure(rule(tower))
    with writing(tower.engine):  # nobody else can write meanwhile
        alerts.deliver(tower.engine, tower.config, lambda: tower.now)
    assert tower.site.log == []


def test_an_extra_that_is_gone_is_a_failure(tower: Tower, monkeypatch: pytest.MonkeyPatch) -> None:
    tower.configure(rule(tower))
    tower.open()
    tower.plan()
    monkeypatch.setattr("feeds.config.values.ALERTS", ("no_such_module",))
    tower.deliver()
    assert tower.rows()[0][3].endswith("alerts need an extra that is not installed: pip install 'broadsheet[alerts]'")


def test_what_sends_is_loaded_when_there_is_something_to_send(tmp_path: Path) -> None:
    code = "import sys, feeds.alerts, feeds.alerts.sending, feeds.cli.alerts; sys.exit('apprise' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
