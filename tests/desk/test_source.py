"""`/desk/sources/NAME`: how a source stands and why, and what became of a poll that was asked for."""

from __future__ import annotations

from datetime import timedelta

from db.engine import reading, writing
from db.records import PollRecord, SourceRecord
from db.store import incidents, schedule, sources
from feeds.desk.pages.source import PAGE
from tests.desk import NOON, record, tell
from tests.desk.web import HOSTILE, Web, add, stored


def text(web: Web, path: str, under: str = "main") -> str:
    return " ".join(web.page(path).one(under).text(separator=" ").split())


def facts(web: Web, path: str) -> dict[str, str]:
    page = web.page(path)
    names = [one.text() for one in page.css(".facts dt")]
    return dict(zip(names, [" ".join(one.text().split()) for one in page.css(".facts dd")], strict=True))


def polled(web: Web, name: str = "harbour", **over: object) -> SourceRecord:
    """A source of which one poll is known."""
    found = stored(web, name)
    given: dict[str, object] = {
        "source_id": found.id, "at": NOON, "outcome": "stored", "due_at": NOON + timedelta(hours=1),
        "reason": "max-age=3600", "new": 3,
    }  # fmt: skip
    with writing(web.engine) as connection:
        schedule.finish(connection, [PollRecord(**{**given, **over})])  # type: ignore[arg-type]  # fields by name
    with reading(web.engine) as connection:
        again = sources.by_name(connection, name)
    assert again is not None
    return again


def test_a_source_in_trouble(full: Web) -> None:
    path = "/desk/sources/Northern%20Post"
    said = text(full, path)
    assert "failing Cannot be read: HTTP 503 Service Unavailable" in said
    told = facts(full, path)
    assert told["Kind"] == "feed"
    assert told["Address"] == "https://www.northern-post.example/news.xml"
    assert told["Comes from"] == f"{full.path}, table [[source]] with this name"
    assert told["Sections"] == "Country"
    assert told["New entries"] == "about every 4 h"
    assert told["Failures in a row"] == "14"
    assert told["Why then"] == "it failed 14 times in a row"
    assert told["Cache-Control"] == "max-age=900"
    assert "Still open" in text(full, path, "section[aria-labelledby=troubles]")
    assert "Open its address in a browser" in said
    assert "Delete its [[source]] table in" in said
    page = full.page(path)
    assert page.attribute(".facts a.outside", "rel") == "noopener noreferrer nofollow"
    assert not page.has("details.confirm")
    assert len(page.css("section[aria-labelledby=newest] li")) == 10
    assert len(page.css("svg.chart")) == 2
    assert len(page.css("section[aria-labelledby=polls] tbody tr")) == PAGE


def test_a_source_that_is_pushed_moved_paused_or_gone(full: Web) -> None:
    told = facts(full, "/desk/sources/Harbour%20Gazette")
    assert (told["Push"], told["Last push"]) == ("pushed by hub.example", "12 min ago")
    told = facts(full, "/desk/sources/University%20press%20office")
    assert told["Moved to"] == "https://new.www.university-press-office.example/feed"
    assert told["Comes from"] == "added by a person"
    page = full.page("/desk/sources/Trade%20unions")
    assert page.has("form[action='/desk/sources/Trade%20unions/resume']")
    assert not page.has("form[action='/desk/sources/Trade%20unions/poll']")
    assert "Somebody paused it." in page.text()
    assert facts(full, "/desk/sources/Old%20Observer")["Next poll"] == "no more"
    assert full.page("/desk/sources/Old%20Observer").has("details.confirm form[action$='/remove']")


def test_polls_are_paged(full: Web) -> None:
    path = "/desk/sources/Regional%20wire"
    older = full.page(path).attribute(".pager [rel=next]", "href")
    assert older.startswith(f"{path}?before=")
    page = full.page(older)
    assert page.attribute(".pager [rel=prev]", "href") == path
    assert len(page.css("section[aria-labelledby=polls] tbody tr")) == PAGE
    assert full.ask(f"{path}?before=nonsense").status == 400


def test_a_source_that_nobody_has_polled(web: Web) -> None:
    add(web, "harbour", title="The harbour", selectors={"list": "article"}, interval=20)
    said = text(web, "/desk/sources/harbour")
    assert "Nobody has polled it yet." in said
    assert "Latest entries None yet: it has not been polled." in said
    assert "It has not been polled yet." in said
    assert "None has been seen yet." in said
    told = facts(web, "/desk/sources/harbour")
    assert (told["Title"], told["Selectors"], told["Interval"]) == (
        "The harbour",
        '{"list": "article"}',
        "20 min, as set",
    )
    assert told["Last success"] == "never"
    assert not web.page("/desk/sources/harbour").has("section[aria-labelledby=troubles]")
    polled(web, outcome="unchanged", new=0)
    assert "None has changed anything yet." in text(web, "/desk/sources/harbour")


def test_many_incidents_have_a_page(web: Web) -> None:
    add(web, "harbour")
    source = polled(web)
    with writing(web.engine) as connection:
        for number in range(12):
            at = NOON - timedelta(days=12 - number)
            incidents.open_incident(connection, "failing", "harbour", "so it is", at, source.id)
            incidents.close_incident(connection, "failing", "harbour", at + timedelta(hours=1), "answers again")
    said = text(web, "/desk/sources/harbour", "section[aria-labelledby=troubles]")
    assert "All of its incidents" in said
    assert "It ended: answers again" in said


def test_who_is_not_there_is_told_so(web: Web) -> None:
    for path in ("/desk/sources/nobody", "/desk/sources/nobody/live", "/desk/sources/nobody/edit"):
        got = web.ask(path)
        assert got.status == 404
        assert b"no source is named" in got.body


def test_a_poll_that_was_asked_for_is_watched(web: Web) -> None:
    add(web, "harbour")
    path = "/desk/sources/harbour?asked=0"
    assert web.page(path).attribute("[data-live]", "data-live") == "/desk/sources/harbour/live?asked=0"
    piece = web.ask("/desk/sources/harbour/live?asked=0").body.decode()
    assert "It is about to be polled." in piece
    assert "data-done" not in piece
    web.now = NOON + timedelta(minutes=11)
    piece = web.ask("/desk/sources/harbour/live?asked=0").body.decode()
    assert "See that the daemon runs" in piece
    assert "data-done" in piece
    with writing(web.engine) as connection:
        (source,) = sources.every(connection)
        schedule.claim(connection, [source.id], lease="x", until=web.now + timedelta(minutes=5))
    piece = web.ask("/desk/sources/harbour/live?asked=0").body.decode()
    assert "It is being polled." in piece
    assert "data-done" not in piece
    polled(web)
    piece = web.ask("/desk/sources/harbour/live?asked=0").body.decode()
    assert "data-done" in piece
    assert "3 new" in piece
    assert 'href="/desk/sources/harbour"' in piece


def test_what_became_of_it_is_told(web: Web) -> None:
    add(web, "harbour")
    polled(web, outcome="unchanged", new=0)
    live = "/desk/sources/harbour/live?asked=0"
    assert "nothing new" in web.ask(live).body.decode()
    assert web.ask("/desk/sources/harbour/live?asked=soon").status == 400
    polled(web, outcome="failed", error="HTTP 503", at=NOON + timedelta(minutes=1))
    assert "failed: HTTP 503" in web.ask(live).body.decode()
    asked = int((NOON + timedelta(minutes=1)).timestamp())
    assert web.post("/desk/sources/harbour/pause").status == 303
    piece = web.ask(f"/desk/sources/harbour/live?asked={asked}").body.decode()
    assert "It is paused." in piece
    assert "data-done" in piece


def test_strangers_words_stay_words(web: Web) -> None:
    add(web, "harbour", url=f"javascript:alert(1)//{HOSTILE}", title=HOSTILE, sections=[HOSTILE], link=HOSTILE)
    source = polled(
        web, outcome="failed", error=HOSTILE, reason=HOSTILE, headers=((HOSTILE, HOSTILE),), url=f"data:{HOSTILE}",
        state=HOSTILE[:16], status=503, ms=5, size=5,
    )  # fmt: skip
    tell(web.engine, "a.txt", record(HOSTILE, text="A text.", sections=(HOSTILE,)), source="harbour")
    with writing(web.engine) as connection:
        incidents.open_incident(connection, "failing", "harbour", HOSTILE, NOON, source.id, evidence=(("a", HOSTILE),))
    for path in ("", "?asked=0", "?asked=%22%3E%3Cscript%3E", "/live?asked=0", "/edit"):
        body = web.ask(f"/desk/sources/harbour{path}").body
        assert b"<script>" not in body
        assert b"<img" not in body
        assert b'href="javascript:' not in body
        assert b'href="data:' not in body
