"""`/desk/sources/add`: an address is looked into, and added with what was found there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import writing
from db.records import PollRecord
from db.store import schedule
from tests.desk import NOON
from tests.desk.web import HOSTILE, Page, Web, add, known, running_desk, sent_by, stored
from tests.fakes import Reply, Site
from tests.polls import rss

TOO_LONG = "x" * 501


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with running_desk(tmp_path, "[profile.harbour]\nyear = 2026\n") as web:
        yield web


def look(web: Web, address: str, status: int = 200) -> Page:
    got = web.post("/desk/sources/add", {"step": "look", "address": address})
    assert got.status == status, got.body
    return Page(got.body)


def fields(page: Page) -> dict[str, str]:
    return sent_by(page.one("#add ~ form"))


def test_a_feed_is_seen_and_added(web: Web, site: Site) -> None:
    url = site.put("/feed", rss("Ferry late", "Tides"))
    page = look(web, url)
    titles = [one.text() for one in page.css("section[aria-labelledby=items] tbody th")]
    assert titles == ["Ferry late", "Tides"]
    sent = fields(page)
    assert (sent["what"], sent["name"], sent["kind"]) == (f"feed {url}", "N", "")
    got = web.post(
        "/desk/sources/add", {**sent, "sections": "Sea\n Harbour \n\n", "interval": "20", "trust_access": "false"}
    )
    assert (got.status, got.headers["Location"]) == (303, "/desk/sources/N?asked=0")
    found = stored(web, "N")
    assert found.options == {
        "name": "N", "url": url, "sections": ["Sea", "Harbour"], "interval": 20, "trust_access": False,
    }  # fmt: skip
    assert (found.origin, web.hands.woken) == ("added", 1)


def test_a_page_offers_its_feeds_and_itself(web: Web, site: Site) -> None:
    site.put("/feed", rss("Ferry"))
    listed = "".join(f"<article><h2><a href='/{n}'>Headline number {n} of the day</a></h2></article>" for n in range(6))
    links = "".join(
        f'<link rel=alternate type="application/rss+xml" title=F{one} href="/{one}">' for one in ("feed", "b")
    )
    html = f"<!DOCTYPE html><title>Courier</title>{links}{listed}".encode()
    url = site.put("/", Reply(headers=[("Content-Type", "text/html")], body=html))
    page = look(web, url)
    offered = [str(one.attributes["value"]) for one in page.css("[name=what]")]
    assert offered == [f"feed {site.url}/feed", f"feed {site.url}/b", f"page {url}"]
    assert "checked" in page.one("[name=what]").attributes
    assert [one.text() for one in page.css("section[aria-labelledby=items] tbody th")] == ["Ferry"]
    assert "the page itself, as a list of 6 articles" in page.text()
    got = web.post(
        "/desk/sources/add",
        {**fields(page), "name": "list", "what": f"page {url}", "select_list": "article"},
    )
    assert got.status == 303
    found = stored(web, "list")
    assert found.options["kind"] == "page"
    assert found.options["selectors"] == {"list": "article"}


def test_who_shows_nothing_may_be_added_all_the_same(web: Web, site: Site) -> None:
    page = look(web, f"{site.url}/sitemap.xml")
    assert "404" in page.text(".flash.error")
    sent = fields(page)
    assert (sent["what"], sent["name"]) == (f"sitemap {site.url}/sitemap.xml", "127.0.0.1")
    assert web.post("/desk/sources/add", {**sent, "kind": "feed", "fulltext": "1"}).status == 303
    found = stored(web, "127.0.0.1")
    assert "kind" not in found.options
    assert found.options["fulltext"] is True


def test_an_empty_page_is_added_as_a_page(web: Web, site: Site) -> None:
    url = site.put("/", Reply(headers=[("Content-Type", "text/html")], body=b"<!DOCTYPE html><p>nothing"))
    page = look(web, url)
    assert "names no feed" in page.text(".flash.error")
    assert fields(page)["what"] == f"page {url}"


@pytest.mark.parametrize(
    "address", ["", "   ", "what is this", "/etc/passwd", "./config.toml", "https://", "ftp://a.example/x", HOSTILE]
)
def test_what_is_no_address_is_said_at_its_field(web: Web, address: str) -> None:
    page = look(web, address, 400)
    assert page.attribute("#field-address", "aria-invalid") == "true"
    assert page.attribute("#field-address", "value") == address.strip()
    assert page.text("#field-address-error").strip()
    assert not page.has("img, main script")


def test_an_address_may_lack_its_beginning(web: Web) -> None:
    page = look(web, "nowhere.invalid/feed.xml")
    assert page.has("[name=what][value='feed https://nowhere.invalid/feed.xml']")
    assert web.page("/desk/sources/add?url=a.example").attribute("#field-address", "value") == "a.example"


def test_what_is_there_already_is_told(web: Web, site: Site) -> None:
    url = site.put("/feed", rss("Ferry"))
    add(web, "N", url=url)
    page = look(web, url)
    assert "N has this address already" in " ".join(page.text(".flash.warning").split())
    for same in (f"{url}?utm_source=mail", url.replace("/feed", "/./feed#top")):
        assert look(web, same).has(".flash.warning a[href='/desk/sources/N']"), same
    sent = fields(page)
    assert sent["name"] == "N-2"
    add(web, "n-2")
    assert fields(look(web, url))["name"] == "N-3", "case tells no two names apart, as in config.toml"
    got = web.post("/desk/sources/add", {**sent, "name": "N"})
    assert got.status == 400
    assert 'a source named "N" is there already' in Page(got.body).text("#field-name-error")


def test_who_moved_to_an_address_has_it_already(web: Web, site: Site) -> None:
    url = site.put("/feed", rss("Ferry"))
    add(web, "Old", url="https://old.example/feed")
    found = stored(web, "Old")
    moved = PollRecord(source_id=found.id, at=NOON, outcome="stored", due_at=NOON, reason="interval", url=url)
    with writing(web.engine) as connection:
        schedule.finish(connection, [moved])
    for same in (url, f"{url}?utm_source=mail"):
        assert look(web, same).has(".flash.warning a[href='/desk/sources/Old']"), same


def test_mistakes_are_said_at_their_fields_and_what_was_given_stays(web: Web) -> None:
    sent = {
        "step": "add", "what": "page https://a.example/", "name": "!", "kind": "feed", "interval": "soon",
        "link": "javascript:x", "language": HOSTILE, "timezone": "Mars", "title": TOO_LONG, "pages": "99",
        "select_list": "//x[", "stale_hours": "-1", "sections": HOSTILE, "fulltext": "1", "access": "premium",
        "profile": "harbour", "offered": "nonsense", "select_title": "h2", "default_section": "Rest",
    }  # fmt: skip
    got = web.post("/desk/sources/add", sent)
    assert got.status == 400
    page = Page(got.body)
    for name in ("name", "interval", "link", "language", "timezone", "title", "pages", "select_list", "stale_hours"):
        assert page.text(f"#field-{name}-error").strip(), name
        assert page.attribute(f"#field-{name}", "value") == sent[name]
    assert all("open" in one.attributes for one in page.css("#add ~ form details"))
    assert page.text("#field-sections").strip() == HOSTILE
    assert page.has("#field-fulltext[checked]")
    assert page.text("#field-access option[selected]") == "premium"
    assert page.text("#field-profile option[selected]") == "harbour"
    assert b"<script>" not in got.body


@pytest.mark.parametrize("offered", ["nonsense", "[" * 100_000, '{"a": 1}', "[[1]]"])
def test_offers_that_are_none_leave_what_was_chosen(web: Web, offered: str) -> None:
    sent = {"step": "add", "what": "page https://a.example/", "name": "a", "interval": "x", "offered": offered}
    got = web.post("/desk/sources/add", sent)
    assert got.status == 400
    assert Page(got.body).has('[name="what"][value="page https://a.example/"]')


def test_offers_are_kept_with_a_mistake(web: Web) -> None:
    offers = '[["feed", "https://a.example/f", "feed"], ["page", "https://a.example/", "page"]]'
    sent = {"step": "add", "what": "page https://a.example/", "name": "a", "interval": "x", "offered": offers}
    page = Page(web.post("/desk/sources/add", sent).body)
    assert [str(one.attributes["value"]) for one in page.css("[name=what]")] == [
        "feed https://a.example/f",
        "page https://a.example/",
    ]
    assert page.has("[name=what][value='page https://a.example/'][checked]")
    broken = Page(web.post("/desk/sources/add", {**sent, "offered": '[["feed"]]'}).body)
    assert len(broken.css("[name=what]")) == 1


@pytest.mark.parametrize(
    "what", ["", "feed", "feed /etc/passwd", "seed https://a.example/", "nonsense https://a.example/"]
)
def test_only_what_may_be_polled_is_added(web: Web, what: str) -> None:
    got = web.post("/desk/sources/add", {"step": "add", "what": what, "name": "a"})
    assert got.status == 400
    assert not known(web, "a")
    assert Page(got.body).has(".fault, .flash.error")


def test_a_path_does_not_slip_in(web: Web) -> None:
    sent = {"step": "add", "what": "feed https://a.example/", "name": "a", "path": "/etc/passwd", "enabled": ""}
    assert web.post("/desk/sources/add", sent).status == 303
    found = stored(web, "a")
    assert found.options == {"name": "a", "url": "https://a.example/"}


def test_what_strangers_say_in_a_preview_stays_words(web: Web, site: Site) -> None:
    words = HOSTILE.replace("&", "&amp;").replace("<", "&lt;")
    feed = (
        f"<rss version='2.0'><channel><title>{words}</title><item><title>{words}</title>"
        f"<link>javascript:alert(1)</link>"
        f"<category>{words}</category><guid isPermaLink='false'>1</guid></item></channel></rss>"
    )
    site.put("/feed", Reply(headers=[("Content-Type", "application/rss+xml")], body=feed.encode()))
    got = web.post("/desk/sources/add", {"step": "look", "address": f"{site.url}/feed"})
    assert got.status == 200
    assert b"<script>" not in got.body
    assert b"<img" not in got.body
    assert b'href="javascript' not in got.body


def test_too_many_previews_are_refused(web: Web) -> None:
    answers = [web.post("/desk/sources/add", {"step": "look", "address": "x"}).status for _ in range(11)]
    assert answers == [400] * 10 + [429]
