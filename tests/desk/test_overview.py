"""`/desk/`: what came in, what is wrong, what is next."""

from __future__ import annotations

from datetime import timedelta

from db.engine import writing
from db.store import incidents, sources
from feeds.desk.context import Progress
from feeds.publish import publish
from feeds.terms import Standing
from tests.desk import NOON, demo, record, tell
from tests.desk.web import HOSTILE, Web


def add(web: Web) -> None:
    """A source that nobody has polled."""
    with writing(web.engine) as connection:
        sources.add(connection, "harbour", {"url": "https://a.example/"}, NOON)


def text(web: Web, path: str = "/desk/", under: str = "main") -> str:
    return " ".join(web.page(path).text(under).split())


def test_a_new_desk_says_what_to_do(web: Web) -> None:
    page = web.page("/desk/")
    said = text(web)
    assert "No sources yet" in said
    assert str(web.path) in said
    links = {link.attributes["href"] for link in page.css(".empty a")}
    assert links == {"/desk/sources/add", "/desk/sources/import"}
    assert not page.has("section")
    assert web.ask("/desk").status == 200


def test_a_desk_at_work(full: Web) -> None:
    said = text(full)
    assert "Feeds to publish 9" in said
    assert f"Sources {len(demo.PLAYERS)}" in said
    page = full.page("/desk/")
    wrong = [" ".join(one.text().split()) for one in page.css("section[aria-labelledby=wrong] li")]
    assert len(wrong) == 10
    assert wrong[0].startswith("lag publish opened 22 min ago 7 feeds have waited for 22 min Look at the log")
    assert wrong[1].startswith("gone Old Observer")
    states = {link.attributes["href"] for link in page.css("section[aria-labelledby=states] a")}
    assert {"/desk/sources?state=failing", "/desk/sources?state=ok"} <= states
    assert len(page.css("section[aria-labelledby=next] li")) == 10
    assert len(page.css("section[aria-labelledby=newest] li")) == 10
    newest = page.attribute("section[aria-labelledby=newest] li a", "href")
    assert newest.startswith("/desk/entries/tag%3Anews.example%2C2026%3A")
    assert len(page.css("svg.chart")) == 2


def test_the_hours_add_up(web: Web) -> None:
    add(web)
    said = text(web)
    assert "New entries by the hour" in said
    assert "No poll has run since this desk was started." in said
    assert "Nothing has been published yet. Nothing is owed." in said
    rows = web.page("/desk/").css("figure:first-of-type tbody tr")
    assert len(rows) == 2 * 48  # both charts
    assert [cell.text() for cell in rows[47].css("th, td")] == ["Mon 12:00", "0", "0"]


def test_more_troubles_than_are_shown_have_a_page(web: Web) -> None:
    add(web)
    with writing(web.engine) as connection:
        for number in range(12):
            incidents.open_incident(connection, "disk", f"disk {number}", "full", NOON - timedelta(hours=number))
    assert "All 12 open incidents" in text(web)


def test_nothing_wrong_is_told_as_well(web: Web) -> None:
    add(web)
    said = text(web)
    assert "What is wrong Nothing. When a source" in said
    assert "Newest entries None yet: they come with the first poll of a source." in said
    assert "harbour now it has not been polled yet" in said


def test_what_was_published_is_told(web: Web) -> None:
    tell(web.engine, "a.txt", record("Council approves", text="A text."))
    assert "1 section has changed since: Town." in text(web)
    publish(web.engine, web.config, NOON)
    said = text(web)
    assert "The feeds changed last" in said
    assert "Nothing is owed." in said


def test_a_poll_under_way_is_watched(web: Web) -> None:
    add(web)
    # It goes on while no poll runs: the next one is seen to begin.
    assert not web.page("/desk/").has("[data-live='/desk/live'] [data-done]")
    web.hands.standing = Progress(
        NOON - timedelta(seconds=70), Standing(1200, 57, 3, 2, 4, 12), recent=(("harbour", "stored", 3),)
    )
    piece = web.ask("/desk/live").body.decode()
    assert "57 of 1,200" in piece
    assert "12 requests under way, 4 hosts to be waited for, 3 failed, 2 put off" in piece
    assert 'href="/desk/sources/harbour"' in piece
    web.hands.standing = Progress(NOON, Standing(3, 3, 1, 1), NOON, recent=(("harbour", "unchanged", 0),))
    piece = web.ask("/desk/live").body.decode()
    assert "3 sources, <b>1 failed</b>, 1 put off." in piece


def test_strangers_words_stay_words(web: Web) -> None:
    tell(web.engine, "a.txt", record(HOSTILE, text="A text.", sections=(HOSTILE,), url="https://a.example/"))
    with writing(web.engine) as connection:
        incidents.open_incident(connection, "disk", HOSTILE, HOSTILE, NOON)
        (source,) = sources.every(connection)
        sources.ask_now(connection, [source.id], NOON, HOSTILE)
    web.hands.standing = Progress(NOON, Standing(1), recent=((HOSTILE, HOSTILE, 0),))
    for path in ("/desk/", "/desk/live"):
        got = web.ask(path)
        assert b"<script>" not in got.body
        assert b"<img" not in got.body
        assert b"{{7*7}}" in got.body
