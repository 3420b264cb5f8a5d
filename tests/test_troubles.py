"""Troubles of a source as its polls find them: where they open, where they close, and what is told of them."""

from __future__ import annotations

from db.records import Pace
from feeds import troubles
from feeds.troubles import Trouble, after, churned, failing, slowed
from tests.desk import NOON

ERROR = "https://n.example/: HTTP 503: the server is in trouble"


def kinds(found: list[Trouble]) -> dict[str, bool]:
    """Kind -> whether it opens."""
    return {one.kind: one.message is not None for one in found}


def test_a_failure_is_a_trouble_once_it_lasts() -> None:
    assert kinds(failing(ERROR, failures=1, bound=3, status=503)) == {}
    assert kinds(failing(ERROR, failures=2, bound=3, status=503)) == {}
    (one,) = failing(ERROR, failures=3, bound=3, status=503, last=NOON)
    assert one == Trouble(
        "failing",
        ERROR,
        (("answer", "HTTP 503"), ("failures in a row", "3"), ("last success", "2026-03-02 12:00 UTC")),
    )
    assert kinds(failing(None, failures=0, bound=3)) == {"failing": False, "gone": False}


def test_what_fails_in_part_is_told_at_once() -> None:
    found = failing("b.txt: is empty", failures=0, bound=3)
    assert kinds(found) == {"gone": False, "failing": True}
    assert found[1].evidence == (("last success", "never"),)


def test_what_is_gone_is_no_failure() -> None:
    found = failing("410", failures=1, bound=3, status=410)
    assert kinds(found) == {"gone": True, "failing": False}
    assert found[0].evidence == (("answer", "HTTP 410"), ("last success", "never"))


def test_a_move_is_a_trouble_until_the_options_say_it() -> None:
    (one,) = troubles.moved("https://a.example/?key=1", "https://b.example/feed", is_elsewhere=False, in_file=True)
    assert one.message == "moved for good: asked at https://b.example/feed from now on; say so in config.toml"
    assert one.evidence[0] == ("asked until now", "https://a.example/?…")
    added = troubles.moved_words("https://b.example/feed", in_file=False)
    assert added.endswith("from now on; edit the source, so that its options say so")
    assert troubles.moved("https://b.example/feed", None, is_elsewhere=True, in_file=True) == []
    assert kinds(troubles.moved("https://b.example/feed", None, is_elsewhere=False, in_file=True)) == {"moved": False}


def polled(pace: Pace, *answers: int) -> tuple[Pace, list[bool | None]]:
    """A pace after answers of so many ms, where slow is 1000; and whether each opened (True) or closed the trouble."""
    said: list[bool | None] = []
    for ms in answers:
        pace = slowed(pace, ms, 1000)
        said.append(kinds(troubles.slow(pace, ms, 1000)).get("slow"))
    return pace, said


def test_slow_is_who_is_slow_three_times_and_until_it_was_quick_as_often() -> None:
    pace, said = polled(Pace(), 1500, 900, 1500, 1500, 1000)
    assert said == [None, False, None, None, True]
    # A while between the two bounds changes nothing.
    pace, said = polled(pace, 600, 499, 499, 600, 2000)
    assert said == [None, None, None, None, True]
    pace, said = polled(pace, 100, 100, 100)
    assert said == [None, None, False]
    assert pace == Pace()
    assert polled(Pace(), 10)[0] == Pace()


def test_evidence_of_a_slow_source() -> None:
    (one,) = troubles.slow(Pace(slow=3), 12_340, 10_000)
    assert one.message == "takes 12.3 s to answer, 3 polls in a row or more"
    assert one.evidence == (("answered after", "12.3 s"), ("slow from", "10 s"))


def test_new_ids_for_what_was_told_before() -> None:
    pace = churned(Pace(), 19, 20)
    assert kinds(troubles.churn(pace, 19, 20)) == {}
    pace = churned(pace, 11, 20)
    assert kinds(troubles.churn(pace, 11, 20)) == {"churn": True}
    assert churned(pace, 12, 20) is pace
    # Some again are neither the one nor the other.
    assert churned(pace, 3, 20) is pace
    pace = churned(pace, 0, 20)
    assert kinds(troubles.churn(pace, 0, 20)) == {}
    pace = churned(pace, 0, 0)
    assert kinds(troubles.churn(pace, 0, 0)) == {"churn": False}
    assert churned(Pace(), 4, 4) == Pace()


def test_other_evidence() -> None:
    assert troubles.gap("lost", NOON, Pace(gaps=(21_600,) * 3)).evidence == (
        ("newest entry known", "2026-03-02 12:00 UTC"),
        ("usual gap", "6 h"),
    )
    assert troubles.gap("lost", None, Pace()).evidence == (("newest entry known", "never"),)
    assert troubles.gap(None, None, Pace()) == Trouble("gap", None)
    assert troubles.suspicious(2, 30, doubted=True).evidence == (("items", "2"), ("items before", "30"))
    assert troubles.suspicious(29, 30, doubted=False).message is None
    assert troubles.broken("few", 2, (10, 12, 11)).evidence == (("items", "2"), ("usual items", "11"))
    assert troubles.broken("no list", None, ()).evidence == ()
    assert troubles.broken(None, 12, (12,)) == Trouble("broken-selector", None)


def test_the_kinds_that_are_open_afterwards() -> None:
    found = [Trouble("gap", None), Trouble("slow", "slow"), Trouble("moved", None)]
    assert after({"gap", "stale"}, found) == {"stale", "slow"}
