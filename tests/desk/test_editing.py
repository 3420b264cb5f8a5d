"""`/desk/sources/NAME/edit`: the options of a source that a person added."""

from __future__ import annotations

from pathlib import Path

from db.engine import writing
from db.records import PollRecord
from db.store import schedule, sources
from feeds.declare import declare
from tests.desk import NOON
from tests.desk.web import DECLARED, HOSTILE, Page, Web, add, running_desk, sent_by, stored

WHOLE = {
    "title": "The harbour", "link": "https://a.example/", "sections": ["Sea", "Town"], "default_section": "Rest",
    "access": "premium", "trust_access": True, "language": "en", "timezone": "Europe/Vilnius", "interval": 20,
    "stale_hours": 0, "kind": "page", "pages": 2, "selectors": {"list": "article", "title": "h2"}, "fulltext": True,
}  # fmt: skip


def form(web: Web) -> dict[str, str]:
    return sent_by(web.page("/desk/sources/harbour/edit").one("form.stack"))


def test_the_form_of_a_source_that_moved_proposes_its_new_address(web: Web) -> None:
    add(web, "harbour", **WHOLE)
    url = "https://new.example/feed"
    with writing(web.engine) as connection:
        source_id = stored(web, "harbour").id
        moved = PollRecord(source_id=source_id, at=NOON, outcome="stored", due_at=NOON, reason="interval", url=url)
        schedule.finish(connection, [moved])
    assert form(web)["url"] == url
    assert web.post("/desk/sources/harbour/edit", form(web)).status == 303
    after = stored(web, "harbour")
    assert (after.options["url"], after.url) == (url, None)


def test_a_form_that_changes_nothing_changes_nothing(web: Web) -> None:
    add(web, "harbour", **WHOLE)
    before = stored(web, "harbour")
    got = web.post("/desk/sources/harbour/edit", form(web))
    assert (got.status, got.headers["Location"]) == (303, "/desk/sources/harbour")
    after = stored(web, "harbour")
    assert after.options == before.options


def test_options_are_changed_and_taken_back(web: Web) -> None:
    add(web, "harbour", **WHOLE)
    sent = {**form(web), "url": "https://b.example/", "kind": "feed"}
    for name in ("title", "sections", "access", "trust_access", "interval", "pages", "select_list", "select_title"):
        sent[name] = ""
    sent.pop("fulltext")
    assert web.post("/desk/sources/harbour/edit", sent).status == 303
    found = stored(web, "harbour")
    assert found.options == {
        "name": "harbour", "url": "https://b.example/", "link": "https://a.example/", "default_section": "Rest",
        "language": "en", "timezone": "Europe/Vilnius", "stale_hours": 0,
    }  # fmt: skip
    assert web.hands.woken == 1


def test_mistakes_are_said_at_their_fields(web: Web) -> None:
    add(web, "harbour")
    sent = {**form(web), "url": HOSTILE, "interval": "0", "title": HOSTILE}
    got = web.post("/desk/sources/harbour/edit", sent)
    assert got.status == 400
    page = Page(got.body)
    assert "begins with http:// or https://" in page.text("#field-url-error")
    assert page.text("#field-interval-error").strip()
    assert page.attribute("#field-url", "value") == HOSTILE
    assert page.attribute("#field-title", "value") == HOSTILE
    assert b"<script>" not in got.body
    sent = {**sent, "url": "https://a.example/", "interval": "", "select_list": "article"}
    page = Page(web.post("/desk/sources/harbour/edit", sent).body)
    assert 'selectors are for sources of kind "page"' in page.text(".flash.error")


def test_an_address_cannot_be_taken_away(web: Web) -> None:
    add(web, "harbour")
    seen = form(web)["seen"]
    got = web.post("/desk/sources/harbour/edit", {"kind": "feed", "url": "", "seen": seen})
    assert got.status == 400
    assert b"give either url or path" in got.body


def test_a_local_source_keeps_its_path(web: Web, tmp_path: Path) -> None:
    with writing(web.engine) as connection:
        sources.add(connection, "notes", {"name": "notes", "kind": "seed", "path": str(tmp_path)}, NOON)
    page = web.page("/desk/sources/notes/edit")
    assert not page.has("#field-url")
    sent = {**sent_by(page.one("form.stack")), "path": "/etc", "url": "https://a.example/", "default_section": "Town"}
    assert web.post("/desk/sources/notes/edit", sent).status == 303
    found = stored(web, "notes")
    assert found.options == {"name": "notes", "kind": "seed", "path": str(tmp_path), "default_section": "Town"}


def test_the_configuration_is_edited_in_its_file(tmp_path: Path) -> None:
    with running_desk(tmp_path, DECLARED) as web:
        declare(web.engine, web.config, NOON)
        page = web.page("/desk/sources/harbour/edit")
        assert str(web.path) in page.text()
        assert 'name = "harbour"' in page.text()
        assert not page.has("form.stack")
        got = web.post("/desk/sources/harbour/edit", {"kind": "feed", "url": "https://b.example/"})
        assert got.status == 400
        assert b"edit the [[source]] table named" in got.body


def test_a_form_that_is_old_changes_nothing(web: Web) -> None:
    add(web, "harbour")
    first, second = (form(web) for _ in range(2))
    assert web.post("/desk/sources/harbour/edit", {**first, "title": "The Harbour"}).status == 303
    got = web.post("/desk/sources/harbour/edit", {**second, "interval": "30"})
    assert got.status == 409
    assert "somebody changed it meanwhile" in Page(got.body).text(".flash.error")
    again = form(web)
    assert (again["title"], again["interval"]) == ("The Harbour", "")
