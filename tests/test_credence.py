"""Sources that state of nearly everything that it is locked, from polls to what is stored and told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from db.engine import Engine, reading, writing
from db.records import Access, Evidence, Learned
from db.store import incidents, search, sources
from feeds.config import Source, parse
from feeds.correct import set_access
from feeds.credence import note, settle
from feeds.ingest import Tally
from feeds.publish import publish
from feeds.query import parse as parse_query
from tests import desk
from tests.command import SITE, Folder
from tests.desk import NOON, all_entries, at, hours, new_engine, record, tell
from tests.fakes import Site, running_site
from tests.polls import Bench

LOCKED = Evidence("isAccessibleForFree", "False", "schema.org NewsArticle")
FREE = Evidence("isAccessibleForFree", "True", "schema.org NewsArticle")
SOURCE = Source.model_validate({"name": "harbour", "url": "https://harbour.example/feed"})


def tell_articles(engine: Engine, start: int, *said: Evidence, source: str = "harbour") -> Tally:
    """A document for each article, as a poll that fetches the articles has it."""
    total = Tally()
    for number, proof in enumerate(said, start):
        url = f"https://harbour.example/{number}"
        one = record(f"Headline number {number}", source=source, url=url, evidence=(proof,))
        total += tell(engine, f"article {number}", one, source=source)
    return total


def noted(engine: Engine, tally: Tally, source: Source = SOURCE, hour: float = 1) -> Learned:
    with writing(engine) as connection:
        source_id = desk.source_id(connection)
        note(connection, source_id, source, tally, NOON + hours(hour))
        return sources.learned(connection, source_id)


def opened(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return [one.message for one in incidents.opened(connection) if one.kind == "access"]


def levels(engine: Engine) -> set[Access]:
    return {entry.access for entry in all_entries(engine)}


def test_what_is_said_for_the_first_time_is_counted(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    assert tell_articles(engine, 0, LOCKED, FREE, LOCKED) == Tally(new=3, articles=3, locked=2)
    assert tell_articles(engine, 0, LOCKED, FREE, FREE) == Tally(updated=1, unchanged=2)
    listed = record("A headline of a list", url="https://harbour.example/9")
    assert tell(engine, "list", listed) == Tally(new=1)
    later = record("A headline of a list", url="https://harbour.example/9", evidence=(LOCKED,))
    assert tell(engine, "list", later) == Tally(updated=1, articles=1, locked=1)
    assert tell(engine, "another list", later) == Tally(unchanged=1, articles=1, locked=1)


def test_a_source_is_doubted_and_believed_again(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    learned = noted(engine, tell_articles(engine, 0, *[LOCKED] * 19))
    assert (learned.articles, learned.doubted, levels(engine)) == (19, False, {Access.PREMIUM})
    desk.forget(engine)
    assert noted(engine, tell_articles(engine, 19, LOCKED), hour=2).doubted
    assert levels(engine) == {Access.UNKNOWN}
    one = at(engine, "https://harbour.example/3")
    assert one.evidence == (Evidence("isAccessibleForFree (doubted)", "False", LOCKED.where),)
    assert (one.updated, desk.changes(engine, one)) == (NOON + hours(2), [("access",)])
    assert desk.owed(engine) == {"*", "Town"}
    (message,) = opened(engine)
    assert message.startswith("states of 100 % of its articles that they are locked")
    # Six free ones of 26 are more than a fifth.
    assert not noted(engine, tell_articles(engine, 20, *[FREE] * 6), hour=3).doubted
    assert at(engine, "https://harbour.example/3").evidence == (LOCKED,)
    assert (levels(engine), opened(engine)) == ({Access.PREMIUM, Access.FREE}, [])


def test_other_sources_and_people_are_believed_all_the_same(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tally = tell_articles(engine, 0, *[LOCKED] * 20)
    tell_articles(engine, 0, LOCKED, source="agency")
    uid = at(engine, "https://harbour.example/1").uid
    set_access(engine, uid, Access.PREMIUM, NOON)
    noted(engine, tally)
    premium = {entry.url for entry in all_entries(engine) if entry.access is Access.PREMIUM}
    assert premium == {"https://harbour.example/0", "https://harbour.example/1"}


@pytest.mark.parametrize("more", [{"access": "premium"}, {"trust_access": True}, {"trust_access": False}])
def test_nobody_is_told_what_a_person_has_settled(tmp_path: Path, more: dict[str, object]) -> None:
    engine = new_engine(tmp_path)
    source = SOURCE.model_copy(update=more)
    assert noted(engine, tell_articles(engine, 0, *[LOCKED] * 20), source).doubted
    assert opened(engine) == []
    assert (levels(engine) == {Access.PREMIUM}) is (source.trust_access is True)


def test_nothing_stated_costs_nothing(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    assert noted(engine, Tally(new=5)) == Learned()


def test_what_is_doubted_is_withheld_from_the_public(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    engine = new_engine(tmp_path)
    texts = [
        record(f"Headline {n}", url=f"https://harbour.example/{n}", text="Wormwood.", evidence=(LOCKED,))
        for n in range(25)
    ]
    tally = sum((tell(engine, f"article {n}", one) for n, one in enumerate(texts)), Tally())
    assert noted(engine, tally).doubted
    assert levels(engine) == {Access.UNKNOWN}
    assert all(entry.withheld for entry in all_entries(engine))
    config = parse(SITE, tmp_path / "config.toml")
    publish(engine, config, NOON + hours(2))
    tree = folder.tree()
    assert b"Headline 7" in tree["all.atom"]
    assert not any(b"Wormwood" in data for data in tree.values())
    with reading(engine) as connection:
        query = parse_query("wormwood")
        assert len(search.matching(connection, query, limit=None)) == 25
        assert search.matching(connection, query, limit=None, public=True) == []
    (first, *_) = all_entries(engine)
    set_access(engine, first.uid, Access.FREE, NOON + hours(3))
    publish(engine, config, NOON + hours(3))
    assert folder.tree()["all.atom"].count(b"Wormwood") == 1


def test_in_batches(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", *[record(f"Headline number {number} of many", evidence=(LOCKED,)) for number in range(1100)])
    with writing(engine) as connection:
        settle(connection, desk.source_id(connection), SOURCE, Learned(articles=1, locked=1, doubted=True), NOON)
    assert levels(engine) == {Access.UNKNOWN}


ITEM = (
    "<item><title>Headline {0}</title><link>https://n.example/{0}</link><guid>{0}</guid>"
    "<s:isAccessibleForFree>{1}</s:isAccessibleForFree></item>"
)


def feed(first: int, count: int, free: str = "false") -> bytes:
    items = "".join(ITEM.format(number, free) for number in range(first, first + count))
    head = '<?xml version="1.0"?><rss version="2.0" xmlns:s="https://schema.org/"><channel><title>N</title>'
    return f"{head}{items}</channel></rss>".encode()


def doubt(bench: Bench) -> bool:
    return bench.source().learned.doubted


def test_from_poll_to_poll(tmp_path: Path) -> None:
    with running_site() as web:
        bench = Bench(new_engine(tmp_path), tmp_path, web)
        serve(web, feed(0, 12))
        bench.configure({"n": bench.at("n")})
        bench.poll()
        assert (doubt(bench), levels(bench.engine)) == (False, {Access.PREMIUM})
        serve(web, feed(0, 25))
        bench.poll(timedelta(hours=25))
        assert (doubt(bench), levels(bench.engine)) == (True, {Access.UNKNOWN})
        assert ("access", "n") in bench.incidents()
        # Read in the new manner, they say the same, and what comes is doubted at once.
        serve(web, feed(0, 26))
        bench.poll(timedelta(hours=25))
        assert levels(bench.engine) == {Access.UNKNOWN}
        bench.configure({"n": bench.at("n")}, rest="")
        assert ("access", "n") in bench.incidents()
        serve(web, feed(26, 10, "true"))
        bench.poll(timedelta(hours=25))
        assert not doubt(bench)
        assert ("access", "n") not in bench.incidents()
        assert levels(bench.engine) == {Access.PREMIUM, Access.FREE}


def serve(web: Site, body: bytes) -> None:
    web.put("/feed", body)


def test_a_person_says_what_its_word_is_worth(tmp_path: Path) -> None:

    from feeds.declare import declare
    from feeds.poll import poll

    engine = new_engine(tmp_path)
    (tmp_path / "feed.xml").write_bytes(feed(0, 30))
    now = NOON

    def configured(more: str) -> None:
        config = parse(f'{SITE}[[source]]\nname = "n"\npath = "feed.xml"\n{more}\n', tmp_path / "config.toml")
        declare(engine, config, now)
        poll(engine, config, now, names=["n"], rng=lambda: 0.0)

    configured("")
    assert (levels(engine), len(opened(engine))) == ({Access.UNKNOWN}, 1)
    for more, expected in (
        ("trust_access = true", Access.PREMIUM),
        ("trust_access = false", Access.UNKNOWN),
        ('access = "premium"', Access.PREMIUM),
        ("", Access.UNKNOWN),
    ):
        now += hours(30)
        configured(more)
        assert (levels(engine), len(opened(engine))) == ({expected}, int(not more)), more
