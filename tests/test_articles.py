"""Full text on loopback: which articles are asked for, what they make of their entries, and what is tried again."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from db.engine import reading, writing
from db.records import Access, ArticleRecord, StoredEntry
from db.store import articles, entries
from db.store import revisions as revision_rows
from feeds.articles import LEFT, MOST
from feeds.fulltext import Listed
from feeds.manner import Manner
from feeds.model import Document
from feeds.poll import Poller, PollResult, Terms
from feeds.publish import publish
from feeds.worker import Read, read_document
from tests.articles import WORDS, page, read_with_stand_in
from tests.fakes import Reply, Seen, conditional, moved
from tests.polls import NOW, Bench

HOUR = timedelta(hours=1)


def told(numbers: Iterable[int], *, edition: str = "", extra: str = "", dated: bool = True) -> bytes:
    """A feed of stories by number, the highest first; `edition` is in every teaser, `extra` in every item."""
    items = "".join(
        f"<item><title>Story {number}</title><link>/a/{number}</link><guid isPermaLink='false'>{number}</guid>"
        f"<description>Teaser {number}{edition}</description>{extra}"
        + (f"<pubDate>{format_datetime(NOW - timedelta(minutes=100 - number))}</pubDate>" if dated else "")
        + "</item>"
        for number in sorted(numbers, reverse=True)
    )
    return f"<rss version='2.0'><channel><title>N</title>{items}</channel></rss>".encode()


@pytest.fixture
def desk(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A desk that reads the articles of one source; its site has none yet."""
    monkeypatch.setattr("feeds.poll.read_document", read_with_stand_in)
    configure(bench)
    return bench


def configure(bench: Bench, path: str = "/feed", more: str = "", settings: str = "") -> None:
    url = bench.at("a", path)
    rest = f'[[source]]\nname = "n"\nurl = "{url}"\nfulltext = true\nsections = ["News"]\n{more}\n'
    bench.configure({}, rest, settings or "per_minute = 1000")


def put(bench: Bench, numbers: Iterable[int], **how: object) -> None:
    for number in numbers:
        bench.site.put(f"/a/{number}", page(f"Whole story {number}", f"{WORDS} Number {number}.", **how))  # type: ignore[arg-type]


def stored(bench: Bench) -> dict[str, StoredEntry]:
    """Entries by the last part of their address."""
    with reading(bench.engine) as connection:
        return {(entry.url or "").rpartition("/")[2]: entry for entry in entries.listing(connection)}


def left(bench: Bench) -> list[ArticleRecord]:
    with reading(bench.engine) as connection:
        return articles.remembered(connection, bench.source().id)


def about(moment: datetime | None, expected: datetime) -> bool:
    """Whether it is that, or as much later as a poll may take."""
    return moment is not None and expected <= moment < expected + timedelta(minutes=1)


def revisions(bench: Bench, entry: StoredEntry) -> list[tuple[str, ...]]:
    with reading(bench.engine) as connection:
        return [one.changed for one in revision_rows.history(connection, entry.id)]


def asked(bench: Bench) -> list[str]:
    """The articles that were asked for since the last call."""
    found = [seen.path for seen in bench.site.log if seen.path.startswith("/a/")]
    bench.site.log.clear()
    return found


def test_articles_of_the_first_poll_are_no_update(desk: Bench) -> None:
    desk.site.put("/feed", conditional(told(range(3)), '"v1"'))
    put(desk, range(3), published="2026-10-30T08:00:00+00:00")
    result = desk.poll()["n"]
    assert (result.outcome, result.tally.new, result.tally.updated, result.tally.unchanged) == ("stored", 3, 0, 0)
    assert result.warnings == []
    found = stored(desk)
    assert sorted(found) == ["0", "1", "2"]
    one = found["1"]
    assert (one.title, one.text, one.summary) == ("Whole story 1", f"{WORDS} Number 1.", "Teaser 1")
    # When it was published says the listing, where it does.
    assert (one.published, one.updated, one.sections) == (NOW - timedelta(minutes=99), one.published, ("News",))
    assert (one.place >> 31, revisions(desk, one)) == (1, [])
    assert left(desk) == []
    asked(desk)
    result = desk.poll(HOUR, everyone=True)["n"]
    assert (result.outcome, result.tally.updated, asked(desk)) == ("unchanged", 0, [])


def test_a_listing_that_says_it_again_flaps_nothing(desk: Bench) -> None:
    desk.site.put("/feed", told(range(3)))
    put(desk, range(3))
    desk.poll()
    before = stored(desk)
    asked(desk)
    put(desk, [3])
    desk.site.put("/feed", told(range(4)))
    result = desk.poll(HOUR, everyone=True)["n"]
    assert (result.tally.new, result.tally.updated, result.tally.unchanged) == (1, 0, 3)
    assert asked(desk) == ["/a/3"]
    after = stored(desk)
    assert {name: after[name] for name in before} == before


def test_a_listing_that_was_edited_has_its_article_read_again(desk: Bench) -> None:
    desk.site.put("/feed", told(range(2)))
    put(desk, range(2))
    desk.poll()
    asked(desk)
    desk.site.put("/feed", told(range(2), edition=", corrected"))
    desk.site.put("/a/1", page("Corrected story", f"{WORDS} Corrected."))
    result = desk.poll(HOUR, everyone=True)["n"]
    assert sorted(asked(desk)) == ["/a/0", "/a/1"]
    assert (result.tally.new, result.tally.updated) == (0, 1)
    found = stored(desk)
    assert (found["1"].title, found["1"].summary) == ("Corrected story", "Teaser 1, corrected")
    assert revisions(desk, found["1"]) == [("title", "body")]
    assert revisions(desk, found["0"]) == []


def test_the_article_tells_when_the_listing_does_not(desk: Bench) -> None:
    desk.site.put("/feed", told([1], dated=False))
    put(desk, [1], published="2026-10-30T08:00:00+00:00")
    desk.poll()
    one = stored(desk)["1"]
    when = datetime(2026, 10, 30, 8, tzinfo=UTC)
    assert (one.published, one.published_basis, one.sorted_at) == (when, "datePublished", when)


def test_what_else_the_listing_says_is_kept(desk: Bench) -> None:
    extra = (
        "<author>a@n.example (Ada Quill)</author><category>Boats</category><comments>https://n.example/c</comments>"
        "<enclosure url='https://n.example/a.mp3' length='5' type='audio/mpeg'/>"
    )
    desk.site.put("/feed", told([1], extra=extra))
    put(desk, [1])
    desk.poll()
    one = stored(desk)["1"]
    assert (one.authors, one.categories, len(one.enclosures)) == (("Ada Quill",), ("Boats",), 1)
    assert "https://n.example/c" in one.extra


def test_only_the_newest_are_read_at_first_and_the_rest_is_left(desk: Bench) -> None:
    desk.site.put("/feed", told(range(MOST + 5)))
    put(desk, range(MOST + 5))
    assert desk.poll()["n"].tally.new == MOST + 5
    assert sorted(asked(desk)) == sorted(f"/a/{number}" for number in range(5, MOST + 5))
    assert left(desk) == []


def test_what_is_too_much_for_one_poll_is_read_by_the_next(desk: Bench) -> None:
    desk.site.put("/feed", told([0]))
    put(desk, range(MOST + 6))
    desk.poll()
    asked(desk)
    desk.site.put("/feed", conditional(told(range(1, MOST + 6)), '"v2"'))
    desk.poll(HOUR, everyone=True)
    assert len(asked(desk)) == MOST
    assert sorted(one.url[-2:] for one in left(desk)) == ["/1", "/2", "/3", "/4", "/5"]
    # The listing is not even sent again.
    result = desk.poll(HOUR, everyone=True)["n"]
    assert (result.outcome, result.tally.new, result.tally.updated, result.tally.unchanged) == ("stored", 0, 5, 0)
    assert sorted(asked(desk)) == ["/a/1", "/a/2", "/a/3", "/a/4", "/a/5"]
    assert left(desk) == []
    one = stored(desk)["3"]
    assert (one.text, one.summary, one.place >> 31) == (f"{WORDS} Number 3.", "Teaser 3", MOST + 2)
    assert revisions(desk, one) == [("title", "body")]


def test_what_waits_for_later_polls_is_bounded(desk: Bench) -> None:
    desk.site.put("/feed", told([0]))
    desk.poll()
    desk.site.put("/feed", told(range(1, LEFT + 2 * MOST)))
    desk.poll(HOUR, everyone=True)
    assert len(left(desk)) == LEFT


def test_what_is_stored_no_more_is_not_waited_for(desk: Bench) -> None:
    desk.site.put("/feed", conditional(told([0]), '"v1"'))
    put(desk, [0])
    desk.poll()
    asked(desk)
    with writing(desk.engine) as connection:
        one = ArticleRecord(desk.at("a", "/a/9"), 1, desk.now)
        articles.remember(connection, [(desk.source().id, one)])
    desk.poll(HOUR, everyone=True)
    assert (asked(desk), left(desk)) == ([], [])


def test_a_title_made_of_an_address_gives_way_to_the_articles(desk: Bench) -> None:
    desk.site.put("/map.xml", b"<urlset><url><loc>/a/one-story</loc><lastmod>2026-10-30</lastmod></url></urlset>")
    desk.site.put("/a/one-story", page("The one story", published="2026-10-29T08:00:00+00:00"))
    configure(desk, "/map.xml", 'kind = "sitemap"')
    assert desk.poll()["n"].tally.new == 1
    one = stored(desk)["one-story"]
    assert (one.title, one.published_basis, one.extra) == ("The one story", "datePublished", "")


def test_an_article_that_fails_is_tried_three_times(desk: Bench) -> None:
    desk.site.put("/feed", conditional(told([1]), '"v1"'))
    desk.site.put("/a/1", Reply(status=503))
    result = desk.poll()["n"]
    assert (result.outcome, result.errors, result.tally.new) == ("stored", [], 1)
    assert "HTTP 503" in result.warnings[0]
    tries = [len(asked(desk))]
    for _ in range(6):
        desk.poll(HOUR, everyone=True)
        tries.append(len(asked(desk)))
    assert tries == [1, 1, 1, 0, 0, 0, 0]
    assert left(desk) == []
    assert desk.source().failures == 0


def test_an_article_that_failed_is_not_tried_at_once(desk: Bench) -> None:
    desk.site.put("/feed", conditional(told([1]), '"v1"'))
    desk.site.put("/a/1", b"<html>no article")
    desk.poll()
    asked(desk)
    desk.poll(timedelta(minutes=5), everyone=True)
    assert asked(desk) == []
    put(desk, [1])
    assert desk.poll(HOUR, everyone=True)["n"].tally.updated == 1
    assert stored(desk)["1"].title == "Whole story 1"


@pytest.mark.parametrize("status", [404, 410])
def test_an_article_that_is_not_there_is_asked_once(desk: Bench, status: int) -> None:
    desk.site.put("/feed", told([1]))
    desk.site.put("/a/1", Reply(status=status))
    desk.poll()
    assert left(desk) == []
    assert stored(desk)["1"].title == "Story 1"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"%PDF", headers=[("Content-Type", "application/pdf")]),
        Reply(body=page("Large", more="<i></i>" * 400_000)),
        moved("/"),
        moved("/a/1"),
        moved("http://10.0.0.1/"),
        Reply(body=page("HANG")),
    ],
    ids=["pdf", "large", "home", "loop", "private", "hang"],
)
def test_what_is_no_article_costs_the_listing_nothing(
    desk: Bench, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.pool.DEADLINE", 1.0)
    desk.site.put("/", page("Home"))
    desk.site.put("/feed", told([1, 2]))
    desk.site.put("/a/1", reply)
    put(desk, [2])
    result = desk.poll()["n"]
    assert (result.outcome, result.errors, len(result.warnings)) == ("stored", [], 1)
    assert result.warnings[0].startswith("article: http://")
    found = stored(desk)
    assert (found["1"].title, found["1"].text) == ("Story 1", "")
    assert found["2"].title == "Whole story 2"
    assert [one.tries for one in left(desk)] == [1]


@pytest.mark.parametrize("status", [401, 402, 403])
def test_an_article_that_is_refused_is_a_hint_of_who_may_read_it(desk: Bench, status: int) -> None:
    desk.site.put("/feed", told([1]))
    desk.site.put("/a/1", Reply(status=status))
    result = desk.poll()["n"]
    one = stored(desk)["1"]
    assert (one.title, one.access) == ("Story 1", Access.UNKNOWN)
    (proof,) = one.evidence
    assert (proof.signal, proof.value[:3]) == ("HTTP status", str(status))
    assert ([one.tries for one in left(desk)], result.warnings, result.tally.updated) == ([1], [], 0)


def test_what_a_refusal_says_of_robots_is_a_hint_as_well(desk: Bench) -> None:
    desk.site.put("/feed", told([1]))
    desk.site.put("/a/1", Reply(status=403, headers=[("X-Robots-Tag", "noarchive")]))
    desk.poll()
    assert {proof.signal for proof in stored(desk)["1"].evidence} == {"HTTP status", "noarchive"}


@pytest.mark.parametrize("status", [401, 402, 403])
def test_an_article_that_is_refused_once_is_read_later(desk: Bench, status: int) -> None:
    desk.site.put("/feed", conditional(told([1]), '"v1"'))
    desk.site.put("/a/1", Reply(status=status))
    desk.poll()
    put(desk, [1], free=True)
    assert desk.poll(HOUR, everyone=True)["n"].tally.updated == 1
    one = stored(desk)["1"]
    assert (one.title, one.access, [proof.signal for proof in one.evidence], left(desk)) == (
        "Whole story 1",
        Access.FREE,
        ["isAccessibleForFree"],
        [],
    )


def test_an_article_that_stays_refused_is_tried_three_times(desk: Bench) -> None:
    desk.site.put("/feed", conditional(told([1]), '"v1"'))
    desk.site.put("/a/1", Reply(status=403))
    outcomes = [desk.poll(3 * HOUR, everyone=True)["n"].outcome for _ in range(5)]
    assert (outcomes, len(asked(desk)), left(desk)) == (["stored"] + ["unchanged"] * 4, 3, [])
    assert [proof.signal for proof in stored(desk)["1"].evidence] == ["HTTP status"]


def test_a_site_that_wants_to_be_left_alone_is_asked_for_no_more_articles(desk: Bench) -> None:
    desk.site.put("/feed", conditional(told(range(10)), '"v1"'))
    for number in range(10):
        desk.site.put(f"/a/{number}", Reply(status=429, headers=[("Retry-After", "7200")]))
    result = desk.poll()["n"]
    # As many as are asked at once; each of them had a try.
    at_once = desk.config.poll.per_host
    assert len(asked(desk)) <= at_once
    assert sum(one.tries for one in left(desk)) <= at_once
    assert len(left(desk)) == 10
    assert all(about(one.due_at, NOW + 2 * HOUR) for one in left(desk))
    assert (result.outcome, result.reason) == ("stored", "Retry-After=7200")
    assert about(result.next_due, NOW + 2 * HOUR)
    desk.poll(HOUR, everyone=True)
    assert asked(desk) == []
    put(desk, range(10))
    desk.poll(2 * HOUR, everyone=True)
    assert (len(asked(desk)), left(desk)) == (10, [])


def test_another_site_that_wants_to_be_left_alone_delays_its_articles_alone(desk: Bench) -> None:
    there = desk.at("b", "/a/").encode()
    desk.site.put("/feed", told(range(4)).replace(b"/a/2", there + b"2").replace(b"/a/3", there + b"3"))
    for number in (2, 3):
        desk.site.put(f"/a/{number}", Reply(status=503, headers=[("Retry-After", "86400")]))
    put(desk, range(2))
    result = desk.poll()["n"]
    assert result.reason == "no validators: a download at each poll, every 1440 min"
    assert {one.url[-1]: about(one.due_at, NOW + 24 * HOUR) for one in left(desk)} == {"2": True, "3": True}
    assert {entry.title for entry in stored(desk).values()} == {"Whole story 0", "Whole story 1", "Story 2", "Story 3"}


def test_a_listing_whose_next_page_is_refused_has_its_articles_left(
    desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.poll.read_document", read_paged)
    configure(desk, more='kind = "page"\npages = 2')
    desk.site.put("/feed", told(range(3)))
    desk.site.put("/2", Reply(status=429, headers=[("Retry-After", "7200")]))
    put(desk, range(3))
    assert desk.poll()["n"].tally.new == 3
    assert (asked(desk), len(left(desk))) == ([], 3)
    assert all(about(one.due_at, NOW + 2 * HOUR) for one in left(desk))


def read_paged(document: Document, manner: Manner, digest: bytes, listed: Listed | None = None) -> Read:
    """Reads a feed as the first page of a listing."""
    found = read_with_stand_in(document, manner if listed else replace(manner, kind="feed"), digest, listed)
    return found if manner.kind != "page" or listed else replace(found, further=(document.name.replace("/feed", "/2"),))


@pytest.mark.parametrize("reply", [Reply(status=403), Reply(body=page("For some", ""))], ids=["refused", "textless"])
def test_what_says_nothing_of_a_text_that_stays_does_not_open_it(desk: Bench, reply: Reply) -> None:
    desk.site.put("/feed", told([1]))
    desk.site.put("/a/1", page("For some", f"{WORDS} SENTINEL-OF-A-BODY.", free=False))
    desk.poll()
    desk.site.put("/feed", told([1], edition=", edited"))
    desk.site.put("/a/1", reply)
    for _ in range(4):
        desk.poll(HOUR, everyone=True)
    one = stored(desk)["1"]
    assert (one.access, "SENTINEL-OF-A-BODY" in one.text) == (Access.PREMIUM, True)


def test_a_slow_article_delays_neither_its_listing_nor_others(desk: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.round.WITHIN", 0.5)
    configure(desk, more=f'[[source]]\nname = "other"\nurl = "{desk.at("b", "/other")}"\n')
    desk.site.put("/other", told([7]))
    desk.site.put("/feed", conditional(told(range(6)), '"v1"'))
    put(desk, range(6))
    for number in (2, 3, 4):
        desk.site.put(f"/a/{number}", Reply(body=page("Late"), pause=9))
    ended: dict[str, float] = {}
    began = time.monotonic()

    def note(result: PollResult) -> None:
        ended[result.source] = time.monotonic() - began

    with Poller(desk.engine, desk.config) as poller:
        poller.poll(desk.now, Terms(progress=note, patience=60))
    desk.site.closing.set()
    assert ended["n"] < 7
    assert ended["other"] < 7
    found = stored(desk)
    assert found["5"].title == "Whole story 5"
    assert {found[name].title for name in "234"} == {"Story 2", "Story 3", "Story 4"}
    # Those that were asked have had a try; those that waited behind them have not.
    assert {one.url[-1]: one.tries for one in left(desk)} == {"4": 1, "3": 1, "2": 0, "1": 0, "0": 0}


def test_articles_wait_behind_the_listings_of_their_host(desk: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.poll.read_document", read_paged)
    url = desk.at("a", "/b/feed")
    configure(desk, more=f'[[source]]\nname = "other"\nkind = "page"\npages = 2\nurl = "{url}"\n')
    desk.site.put("/feed", told(range(10)))
    for number in range(10):
        desk.site.put(f"/a/{number}", Reply(body=page(f"Whole story {number}"), pause=0.6))
    desk.site.put("/b/feed", Reply(body=told([20]), pause=0.3))
    desk.site.put("/b/2", told([21]))
    results = desk.poll()
    assert {name: result.tally.new for name, result in results.items()} == {"n": 10, "other": 2}
    paths = [seen.path for seen in desk.site.log]
    assert len(paths) > 12
    assert paths.index("/b/2") < 10


def test_articles_keep_to_the_budget_of_their_host(desk: Bench) -> None:
    configure(desk, settings="per_minute = 5")
    desk.site.put("/feed", conditional(told(range(9)), '"v1"'))
    put(desk, range(9))
    assert desk.poll()["n"].outcome == "stored"
    assert len(asked(desk)) == 4
    assert [one.tries for one in left(desk)] == [0] * 5
    desk.poll(timedelta(minutes=2), everyone=True)
    assert len(asked(desk)) == 4
    desk.poll(timedelta(minutes=2), everyone=True)
    assert {entry.title for entry in stored(desk).values()} == {f"Whole story {number}" for number in range(9)}


def test_a_login_goes_to_the_origin_of_its_source_alone(desk: Bench) -> None:
    desk.site.put("/feed", told([1]).replace(b"/a/1", desk.at("stranger", "/a/1").encode()))
    put(desk, [1])
    origin = f"http://a.localhost:{desk.site.port}"
    configure(desk, more=f'[credential."{origin}"]\nusername = "u"\npassword = "p"\n')
    desk.poll()
    logins = {seen.path: seen.headers["Authorization"] is not None for seen in desk.site.log}
    assert logins == {"/feed": True, "/a/1": False}


def test_a_run_that_is_told_to_stop_stores_what_there_is(desk: Bench) -> None:
    desk.site.put("/feed", told([1, 2]))
    put(desk, [2])

    def slow(_seen: Seen) -> Reply:
        desk.site.closing.wait(2.5)
        return Reply(body=page("Late"))

    desk.site.put("/a/1", slow)
    results: list[PollResult] = []
    began = time.monotonic()
    with Poller(desk.engine, desk.config) as poller:
        poller.poll(NOW, Terms(progress=results.append, stop=lambda: time.monotonic() - began > 1.5))
    desk.site.closing.set()
    assert [result.outcome for result in results] == ["stored"]
    assert stored(desk)["2"].title == "Whole story 2"


def test_what_a_run_has_no_time_for_is_read_by_the_next(desk: Bench) -> None:
    desk.site.put("/feed", conditional(told([0]), '"v1"'))
    put(desk, range(3))
    desk.poll()
    asked(desk)
    desk.site.put("/feed", conditional(told(range(3)), '"v2"'))
    desk.now += HOUR
    results: list[PollResult] = []
    with Poller(desk.engine, desk.config) as poller:
        poller.poll(desk.now, Terms(progress=results.append, within=0.0), everyone=True)
    assert [(result.outcome, result.tally.new, asked(desk)) for result in results] == [("stored", 2, [])]
    assert {one.url[-1]: one.tries for one in left(desk)} == {"1": 0, "2": 0}
    desk.poll(HOUR, everyone=True)
    assert sorted(asked(desk)) == ["/a/1", "/a/2"]
    assert left(desk) == []
    assert {entry.title for entry in stored(desk).values()} == {f"Whole story {number}" for number in range(3)}


def test_a_defect_in_planning_ends_one_poll_and_leaves_its_articles(
    desk: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_given: object, **_how: object) -> None:
        raise RuntimeError("planted")

    configure(desk, more=f'[[source]]\nname = "other"\nurl = "{desk.at("b", "/other")}"\n')
    desk.site.put("/other", told([7]))
    desk.site.put("/feed", conditional(told(range(3)), '"v1"'))
    put(desk, range(3))
    with monkeypatch.context() as planted:
        planted.setattr("feeds.round.plan", broken)
        results = desk.poll()
    assert {name: result.tally.new for name, result in results.items()} == {"n": 3, "other": 1}
    assert "planted" in capsys.readouterr().err
    assert (asked(desk), len(left(desk))) == ([], 3)
    desk.poll(HOUR, everyone=True)
    assert (len(asked(desk)), left(desk)) == (3, [])


def test_a_defect_in_reading_an_article_is_logged(
    desk: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("feeds.poll.read_document", read_with_defect)
    desk.site.put("/feed", told([1]))
    put(desk, [1])
    result = desk.poll()["n"]
    assert (result.outcome, "internal error (RuntimeError)" in result.warnings[0]) == ("stored", True)
    assert "planted" in capsys.readouterr().err
    assert [one.tries for one in left(desk)] == [1]


def read_with_defect(document: Document, manner: Manner, digest: bytes, listed: Listed | None = None) -> Read:
    """Reads listings, and breaks down over articles."""
    if listed is not None:
        raise RuntimeError("planted")
    return read_document(document, manner, digest)


def test_articles_that_cannot_be_stored_are_tried_again_while_the_listing_says_nothing_new(desk: Bench) -> None:
    desk.site.put("/feed", conditional(told([1]), '"v1"'))
    desk.poll()
    with writing(desk.engine) as connection:
        articles.remember(connection, [(desk.source().id, ArticleRecord(desk.at("a", "/a/1"), 1, desk.now))])
    put(desk, [1])
    with desk.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(
            "create trigger refuse before update on entries when new.title like 'Whole%' "
            "begin select raise(abort, 'refused'); end"
        )
    assert desk.poll(HOUR, everyone=True)["n"].outcome == "unchanged"
    assert [one.tries for one in left(desk)] == [2]
    with desk.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("drop trigger refuse")
    desk.poll(HOUR, everyone=True)
    assert (stored(desk)["1"].title, left(desk)) == ("Whole story 1", [])


def test_what_the_database_refuses_of_an_article_costs_the_listing_nothing(desk: Bench) -> None:
    desk.site.put("/feed", told([1, 2, 3]))
    put(desk, [1, 2])
    with desk.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(
            "create trigger refuse before insert on entries when new.title like 'Whole%' "
            "begin select raise(abort, 'refused'); end"
        )
    assert desk.poll()["n"].outcome == "stored"
    assert {entry.title for entry in stored(desk).values()} == {"Story 1", "Story 2", "Story 3"}
    assert {one.url[-1]: one.tries for one in left(desk)} == {"1": 1, "2": 1}


def test_twenty_articles_of_which_one_hangs_one_is_gone_and_one_is_premium(desk: Bench, tmp_path: Path) -> None:
    desk.site.put("/feed", told(range(20)))
    put(desk, range(20))
    desk.site.put("/a/3", Reply(body=page("Late"), pause=20))
    desk.site.put("/a/4", Reply(status=404))
    desk.site.put("/a/5", page("For some", f"{WORDS} SENTINEL-OF-A-BODY.", free=False))
    result = desk.poll()["n"]
    desk.site.closing.set()
    assert (result.outcome, result.tally.new, result.tally.updated) == ("stored", 20, 0)
    found = stored(desk)
    assert (found["5"].access, "SENTINEL-OF-A-BODY" in found["5"].text) == (Access.PREMIUM, True)
    assert sum(bool(entry.text) for entry in found.values()) == 18
    assert [one.url[-4:] for one in left(desk)] == ["/a/3"]
    published = publish(desk.engine, desk.config, desk.now)
    assert published.paths
    public = [path.read_bytes() for path in desk.config.public.rglob("*") if path.is_file()]
    assert any(b"Teaser 5" in data for data in public)
    assert any(b"Number 6" in data for data in public)
    assert not any(b"SENTINEL-OF-A-BODY" in data for data in public)


def test_the_text_of_a_page_is_found(bench: Bench) -> None:
    """With the reader that everybody has, where the extra is installed."""
    pytest.importorskip("trafilatura")
    configure(bench)
    bench.site.put("/feed", told([1, 2]))
    paragraphs = "".join(f"<p>Paragraph {number} of the story. {WORDS}</p>" for number in range(5))
    for number, said in ((1, "true"), (2, "false")):
        locked = (
            '<script type="application/ld+json">{"@context": "https://schema.org", "@type": "NewsArticle", '
            f'"headline": "Whole {number}", "datePublished": "2026-10-30T08:00:00Z", "isAccessibleForFree": {said}}}'
            "</script>"
        )
        body = f"<nav><a href='/'>Home</a></nav><article><h1>Whole {number}</h1>{paragraphs}</article>"
        markup = f"<!doctype html><html lang='en'><head>{locked}</head><body>{body}</body></html>"
        bench.site.put(f"/a/{number}", Reply(body=markup.encode(), headers=[("Content-Type", "text/html")]))
    result = bench.poll()["n"]
    assert (result.outcome, result.tally.new, result.warnings) == ("stored", 2, [])
    found = stored(bench)
    assert (found["1"].title, found["1"].access, found["2"].access) == ("Whole 1", Access.FREE, Access.PREMIUM)
    assert found["1"].text.startswith("Paragraph 0 of the story.")
    assert "Paragraph 4" in found["1"].text


LOCKED = (
    '<script type="application/ld+json">{"@context": "https://schema.org", "@type": "NewsArticle", '
    '"isAccessibleForFree": false, "hasPart": {"@type": "WebPageElement", "isAccessibleForFree": false, '
    '"cssSelector": ".body"}}</script>',
    '<script type="application/ld+json">{"@context": "https://schema.org", "@type": "NewsArticle", '
    '"isAccessibleForFree": "False"}</script>',
    '<meta property="article:content_tier" content="locked">',
)
"""What pages say of themselves that are for paying readers."""


@pytest.mark.parametrize("teased", [True, False])
def test_no_byte_of_a_premium_article_is_published(bench: Bench, teased: bool) -> None:
    """From the page to the published tree, by all that really happens in between."""
    pytest.importorskip("trafilatura")
    configure(bench)
    numbers = range(len(LOCKED) + 1)
    feed = told(numbers)
    for number in () if teased else numbers:
        feed = feed.replace(f"<description>Teaser {number}</description>".encode(), b"")
    bench.site.put("/feed", feed)
    for number, said in enumerate((*LOCKED, "")):
        word = "SENTINEL-OF-A-BODY" if said else "for all to read"
        own = WORDS.replace(" ", f"{'abcd'[number] * 3} ")  # else they are one story
        text = "".join(f"<p>Paragraph {at} says {word}. {own}</p>" for at in range(5))
        markup = (
            f"<!doctype html><html lang='en'><head><title>Whole {number}</title>{said}</head><body><main><article>"
            f"<h1>Whole {number}</h1><div class='body'>{text}</div></article></main></body></html>"
        )
        bench.site.put(f"/a/{number}", Reply(body=markup.encode(), headers=[("Content-Type", "text/html")]))
    assert bench.poll()["n"].tally.new == len(numbers)
    found = stored(bench)
    assert [found[str(number)].access for number in numbers][: len(LOCKED)] == [Access.PREMIUM] * len(LOCKED)
    published = publish(bench.engine, bench.config, bench.now)
    assert published.paths
    public = {path.name: path.read_bytes() for path in bench.config.public.rglob("*") if path.is_file()}
    assert b"for all to read" in public["all.atom"]
    assert public["all.atom"].count(b"<entry") == len(numbers)
    assert [name for name, data in public.items() if b"SENTINEL" in data] == []
