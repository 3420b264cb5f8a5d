"""HTML pages as sources: what two polls store, what is kept of the list, and the alarm where a page gives less."""

from __future__ import annotations

from datetime import timedelta

from db.engine import reading
from db.store import incidents
from tests.desk import all_entries
from tests.fakes import Reply
from tests.polls import Bench
from tests.quality.listing_stories import FOOTER, NAV, Story, html, stories

DAY = timedelta(days=2)
STORIES = stories(24, 71)


def listing(found: list[Story], css: str = "news", more: str = "") -> Reply:
    rows = "".join(f'<div class="{css}"><a href="/n/{s.n}-{s.slug}">{s.title}</a></div>' for s in found)
    return Reply(
        body=html(f'{NAV}<div class="list">{rows}</div>{more}{FOOTER}').encode(),
        headers=[("Content-Type", "text/html")],
    )


def page(bench: Bench, rest: str = "") -> str:
    """Configures one page source; returns the path that its site answers at."""
    bench.configure({}, rest=f'[[source]]\nname = "n"\nkind = "page"\nurl = "{bench.at("n", "/news")}"\n{rest}')
    return "/news"


def test_a_new_row_on_top_changes_nothing_that_is_stored(bench: Bench) -> None:
    path = page(bench)
    bench.site.put(path, listing(STORIES[4:]))
    assert bench.poll()["n"].tally.new == 20
    before = all_entries(bench.engine)
    assert [one.title for one in before] == [one.title for one in STORIES[4:]]
    bench.site.put(path, listing(STORIES[3:]))
    result = bench.poll(DAY)["n"]
    assert (result.tally.new, result.tally.updated) == (1, 0)
    after = all_entries(bench.engine)
    assert [one.title for one in after] == [one.title for one in STORIES[3:]]
    assert after[1:] == before
    assert after[0].first_seen > before[0].first_seen


def test_what_told_the_list_is_kept_and_read_again_though_another_scores_higher(bench: Bench) -> None:
    path = page(bench)
    bench.site.put(path, listing(STORIES[:8]))
    bench.poll()
    learned = bench.source().learned.listing
    assert learned[0].startswith("a<div.news<div.list<body")
    louder = "".join(
        f'<article><h2><a href="/promotion/{s.n}/our-readers-travel-further">Journey: {s.title}</a></h2></article>'
        for s in stories(40, 72)
    )
    bench.site.put(path, listing(STORIES[:8], more=f"<main>{louder}</main>"))
    bench.poll(DAY)
    assert bench.source().learned.listing == learned
    bench.site.put(path, listing(STORIES[8:16], css="story"))
    bench.poll(DAY)
    assert bench.source().learned.listing[0].startswith("a<div.story<div.list<body")


def test_a_page_that_gives_less_than_half_of_what_it_gave_is_an_incident_until_it_recovers(bench: Bench) -> None:
    path = page(bench)
    for number in range(4):
        bench.site.put(path, listing(STORIES[number : number + 20]))
        bench.poll(DAY)
    assert bench.source().pace.yields == (20, 20, 20, 20)
    bench.site.put(path, listing(STORIES[20:]))
    result = bench.poll(DAY)["n"]
    assert bench.incidents() == [("broken-selector", "n")]
    assert any("gives 4 items where it gave 20" in warning for warning in result.warnings)
    with reading(bench.engine) as connection:
        (incident,) = incidents.opened(connection)
    assert incident.message.startswith("the page gives 4 items where it gave 20; its layout may have changed;")
    assert bench.source().pace.yields == (20, 20, 20, 20)
    bench.site.put(path, listing(STORIES[2:24]))
    bench.poll(DAY)
    assert bench.incidents() == []
    assert bench.source().pace.yields[-1] == 22


def test_a_page_without_a_list_fails_and_is_told_of_at_once(bench: Bench) -> None:
    path = page(bench)
    bench.site.put(path, Reply(body=b"<html><body><p>Soon.</p></body></html>"))
    result = bench.poll()["n"]
    assert result.outcome == "failed"
    assert "is no page with links" in (result.error or "")
    assert bench.incidents() == [("broken-selector", "n")]
    bench.site.put(path, listing(STORIES[:8]))
    bench.poll(DAY)
    assert bench.incidents() == []


def test_a_selector_that_finds_nothing_is_never_replaced_by_a_guess(bench: Bench) -> None:
    path = page(bench, 'selectors = { list = "div.story" }\n')
    bench.site.put(path, listing(STORIES[:8]))
    result = bench.poll()["n"]
    assert result.outcome == "failed"
    assert 'selectors.list: "div.story" finds nothing on the page' in (result.error or "")
    assert bench.incidents() == [("broken-selector", "n")]
    page(bench, 'selectors = { list = "div.news" }\n')
    assert bench.poll(DAY)["n"].tally.new == 8
    assert bench.incidents() == []
    assert bench.source().learned.listing == ()


def test_the_next_page_is_read_where_more_than_one_is_configured(bench: Bench) -> None:
    path = page(bench, "pages = 2\n")
    more = '<div class="pager"><a rel="next" href="/news?page=2">2</a></div>'
    bench.site.put(path, listing(STORIES[:8], more=more))
    bench.site.put("/news?page=2", listing(STORIES[8:16], more=more.replace("=2", "=3")))
    assert bench.poll()["n"].tally.new == 16


def test_a_saved_page_is_a_source_whose_links_start_from_its_home(bench: Bench) -> None:
    (bench.folder / "news.html").write_bytes(listing(STORIES[:8]).body)
    bench.configure(
        {}, rest='[[source]]\nname = "n"\nkind = "page"\npath = "news.html"\nlink = "https://n.example/news"\n'
    )
    assert bench.poll()["n"].tally.new == 8
    assert {one.url for one in all_entries(bench.engine)} == {
        f"https://n.example/n/{s.n}-{s.slug}" for s in STORIES[:8]
    }
