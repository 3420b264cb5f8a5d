"""What alerts say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from db.records import Access, IncidentRecord
from feeds.alerts.message import MOST, Message, Story, Trouble, compose, line, trial
from tests.alerting import VILNIUS
from tests.desk import NOON
from tests.shown import entry

FAILING = IncidentRecord(
    1, "failing", "harbour", "harbour", NOON, None, "HTTP 500 at https://me:secret@n.example/feed?token=1"
)


def said(*troubles: Trouble, stories: tuple[Story, ...] = ()) -> Message:
    return compose("Test Desk", VILNIUS, troubles, stories)


def test_a_trouble_that_opened() -> None:
    incident = replace(FAILING, evidence=(("status", "500"), ("url", "https://n.example/?key=1")))
    message = said(Trouble(incident, over=False))
    assert message.title == "Test Desk: failing: harbour"
    assert message.body == (
        "failing: harbour (cannot be read)\n"
        "HTTP 500 at https://***@n.example/feed?…\n"
        "since 2026-03-02 14:00 EET\n"
        "status: 500; url: https://n.example/?…"
    )
    assert (message.grave, message.good) == (True, False)


@pytest.mark.parametrize(
    ("lasted", "words"),
    [(timedelta(minutes=7), "7 min"), (timedelta(minutes=68), "1 h 8 min"), (timedelta(hours=50), "2 d 2 h")],
)
def test_a_trouble_that_is_over(lasted: timedelta, words: str) -> None:
    incident = replace(FAILING, source=None, closed_at=NOON + lasted, ended="it answers again")
    message = said(Trouble(incident, over=True))
    assert message.title == "Test Desk: over: failing: harbour"
    assert f": {words}\nit answers again" in message.body
    assert "from 2026-03-02 14:00 EET to 2026-03-0" in message.body
    assert (message.grave, message.good) == (False, True)
    assert "again" not in said(Trouble(replace(incident, ended=None), over=True)).body


def test_a_kind_that_another_release_knows() -> None:
    assert said(Trouble(replace(FAILING, kind="haunted"), over=False)).body.startswith("haunted: harbour (haunted)\n")


def test_an_entry_is_told_as_public_feeds_show_it() -> None:
    one = replace(
        entry(title="Ferry\n sails", summary="A teaser", url="https://n.example/1"),
        sections=("Town", "Sea"),
        access=Access.PREMIUM,
        content="<p>The body</p>",
    )
    message = said(stories=(Story(one, "Harbour News"),))
    assert message.title == "Test Desk: Ferry sails"
    assert message.body == "Ferry sails\nA teaser\nHarbour News · Town, Sea · premium\nhttps://n.example/1"
    assert (message.grave, message.good) == (False, False)
    bare = replace(one, summary="", sections=())
    assert said(stories=(Story(bare, "H"),)).body == "Ferry sails\nH · premium\nhttps://n.example/1"


def test_several_are_counted_and_what_lasts_comes_first() -> None:
    over = Trouble(replace(FAILING, closed_at=NOON), over=True)
    story = Story(entry(title="Ferry sails"), "H")
    message = said(over, Trouble(FAILING, over=False), stories=(story, story))
    assert message.title == "Test Desk: 1 trouble, 1 over, 2 new entries"
    heads = [block.partition("\n")[0] for block in message.body.split("\n\n")]
    assert heads[:2] == ["failing: harbour (cannot be read)", "over: failing: harbour (cannot be read)"]
    assert message.grave
    assert said(over, over, stories=(story,)).title == "Test Desk: 2 over, 1 new entry"
    assert said(*[Trouble(FAILING, over=False)] * 2).title == "Test Desk: 2 troubles"


def test_a_message_has_an_end() -> None:
    message = said(*[Trouble(FAILING, over=False)] * (MOST + 7))
    assert message.body.count("since") == MOST
    assert message.body.endswith("\n\nand 7 more")
    assert "more" not in said(*[Trouble(FAILING, over=False)] * MOST).body


def test_nothing_in_a_line_ends_it() -> None:
    assert line("a\r\nBcc: x\x1b[2J\u2028b\u202e") == "a Bcc: x\\u001b[2J b\\u202e"
    assert len(line("x" * 999)) == 300


def test_a_test_says_that_it_is_one() -> None:
    message = trial("Test Desk", "night")
    assert message.title == "Test Desk: test of night"
    assert "This is a test" in message.body
