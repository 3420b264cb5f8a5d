"""Who matches a query, newest first, on a real database; compared with the same in plain Python."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.engine import Engine, reading, writing
from db.records import Access, Field, Query, StoredEntry, Term
from db.store import entries, search, sections
from feeds.errors import UsageError
from feeds.query import parse
from feeds.slug import slug
from tests.desk import MARKER, NOON, all_entries, hours, new_engine, record, tell

BURIED = "xylophone"
"""A word that gated bodies alone have."""


def titles(engine: Engine, query: str, *, limit: int | None = None, public: bool = False) -> list[str]:
    with reading(engine) as connection:
        ids = search.matching(connection, parse(query), limit=limit, public=public)
        return [entry.title for entry in entries.in_order(connection, ids)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    engine = new_engine(tmp_path_factory.mktemp("search"))
    with writing(engine) as connection:
        sections.ensure(connection, ["Foreign policy"], slug)
    tell(
        engine,
        "a",
        record(
            "Ferry timetable approved",
            text="The new ferry runs hourly.",
            sections=("Town", "Foreign policy"),
            authors=("Ann Brennan", "Carl Dunmore"),
        ),
        record("Bridge closed", text="A ferry that is new replaces it.", dated=NOON - hours(1)),
        record("Ёлка в Минске", text="Йод и ёлка.", sections=("Culture",), language="ru", dated=NOON - hours(2)),
        record("東京タワー", text="東京は日本の首都です。", sections=(), language="ja", dated=NOON - hours(3)),
        record("Crème brûlée", summary="Un été", sections=(), language="fr-CA", dated=NOON - hours(4)),
    )
    paid: dict[str, Any] = {"source": "agency", "sections": (), "evidence": (MARKER,)}
    unnamed = f"{BURIED} of the body"
    tell(
        engine,
        "b",
        record("Paid story", text=f"The {BURIED} is new.", summary="A teaser", dated=NOON - hours(5), **paid),
        record(unnamed, title_from_body=True, text=f"{unnamed} and more", dated=NOON - hours(6), **paid),
        source="agency",
    )
    return engine


@pytest.mark.parametrize(
    ("query", "count", "first"),
    [
        ("ferry", 2, "Ferry timetable approved"),
        ('"new ferry"', 1, "Ferry timetable approved"),
        ('"ferry new"', 0, None),
        ("ferry -hourly", 1, "Bridge closed"),
        ('ferry -"new ferry"', 1, "Bridge closed"),
        ("ferr* bridge", 1, "Bridge closed"),
        ('"new ferr"*', 1, "Ferry timetable approved"),
        ("bridge OR timetable ferry", 2, "Ferry timetable approved"),
        ("title:ferry", 1, "Ferry timetable approved"),
        ("brennan", 1, "Ferry timetable approved"),
        ('author:"ann brennan"', 1, "Ferry timetable approved"),
        ('author:"brennan carl"', 0, None),
        ("author:ferry", 0, None),
        ("елка", 1, "Ёлка в Минске"),
        ("иод", 0, None),
        ("京都", 0, None),
        ("首都", 1, "東京タワー"),
        ("CREME ete", 1, "Crème brûlée"),
        ("language:fr", 1, "Crème brûlée"),
        ("language:fr-ca", 1, "Crème brûlée"),
        ("language:fr-FR", 0, None),
        ('section:"foreign POLICY"', 1, "Ferry timetable approved"),
        ("section:foreign-policy", 1, "Ferry timetable approved"),
        ("section:none", 0, None),
        ("section:town -section:foreign-policy", 1, "Bridge closed"),
        ("section:culture OR section:foreign-policy", 2, "Ferry timetable approved"),
        ("source:agency", 2, "Paid story"),
        ("source:nobody", 0, None),
        ("-source:agency -ferry", 3, "Ёлка в Минске"),
        ("access:premium", 2, "Paid story"),
        ("after:2026-03-02", 7, "Ferry timetable approved"),
        ("before:2026-03-02", 0, None),
        ("ferry after:2026-03-03", 0, None),
    ],
)  # fmt: skip
def test_what_a_query_finds(desk: Engine, query: str, count: int, first: str | None) -> None:
    found = titles(desk, query)
    assert len(found) == count
    assert next(iter(found), None) == first


def test_spans_begin_with_their_first_second_and_end_before_their_last(desk: Engine) -> None:
    def count(since: timedelta, until: timedelta) -> int:
        query = Query(since=NOON - since, until=NOON - until)
        with reading(desk) as connection:
            return len(search.matching(connection, query, limit=None))

    assert count(hours(2), hours(0)) == 2
    assert count(hours(2), hours(1)) == 1
    assert count(hours(0), hours(1)) == 0


@pytest.mark.parametrize(
    "query",
    [BURIED, f"{BURIED[:5]}*", f"title:{BURIED}", f'"the {BURIED}"', "body", f"premium OR {BURIED}", "more"],
)
def test_a_public_search_learns_nothing_of_a_gated_body(desk: Engine, query: str) -> None:
    assert titles(desk, query, public=True) == []


def test_a_public_search_finds_by_what_is_public(desk: Engine) -> None:
    assert titles(desk, BURIED) == ["Paid story", f"{BURIED} of the body"]
    assert titles(desk, "paid teaser", public=True) == ["Paid story"]
    assert titles(desk, "access:premium", public=True) == titles(desk, "access:premium")
    # What the body holds must not show in who is left out, either.
    assert titles(desk, f"paid -{BURIED}", public=True) == ["Paid story"]
    assert titles(desk, f"paid -{BURIED}") == []
    assert titles(desk, "hourly", public=True) == ["Ferry timetable approved"]


HOSTILE = (
    '"', '""', "*", "***", "NEAR(", "NEAR(q b)", "q\0b", "x" * 1000, "^q", "{title}:q", "q AND NOT b", "-", "\\",
    "';--", "\u202eמלחמה\u202c", "q" + "\u0301" * 900, "é" * 1000, "東" * 1000, "\ufdfa" * 1000, 'q "b" c"', "+q ~b",
    "OR", "title:", "col:x", "§accessfree", "x" * 10_000,
)  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE)
@pytest.mark.parametrize("public", [False, True])
def test_hostile_queries_are_answered_or_refused(desk: Engine, query: str, public: bool) -> None:
    with suppress(UsageError):
        assert titles(desk, query, public=public) == []


def test_within_a_second_the_order_is_that_of_feeds(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for number in (2, 1, 0):
        tell(engine, f"{number}", record(f"Headline {number}", position=number))
    assert titles(engine, "headline") == ["Headline 0", "Headline 1", "Headline 2"]
    assert titles(engine, "headline", limit=1) == ["Headline 0"]
    assert titles(engine, "headline", limit=2) == ["Headline 0", "Headline 1"]


def test_an_entry_that_is_gone_is_left_out(desk: Engine) -> None:
    with reading(desk) as connection:
        assert [one.id for one in entries.in_order(connection, [2, 999, 1])] == [2, 1]


# --- the same in plain Python

WORDS = ("ferry", "bridge", "storm", "ferries")
ENTRY = st.fixed_dictionaries(
    {
        "title": st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
        "text": st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join),
        "sections": st.sampled_from([("Town",), ("Sea",), ("Town", "Sea"), ()]),
        "access": st.sampled_from(Access),
        "hour": st.integers(0, 5),
    }
)
ASKED = st.sampled_from((*WORDS, "ferry storm", "ferr"))
TERM = st.one_of(
    st.builds(Term, st.sampled_from([Field.WORDS, Field.TITLE]), ASKED, st.booleans()),
    st.builds(Term, st.just(Field.SECTION), st.sampled_from(["Town", "sea"])),
    st.builds(Term, st.just(Field.ACCESS), st.sampled_from(Access).map(str)),
)  # fmt: skip
QUERY = st.builds(
    Query,
    st.lists(st.lists(TERM, min_size=1, max_size=2).map(tuple), max_size=3).map(tuple),
    st.lists(TERM, max_size=2).map(tuple),
    st.none() | st.integers(0, 5).map(lambda hour: NOON - hours(hour)),
    st.none() | st.integers(0, 5).map(lambda hour: NOON - hours(hour)),
)  # fmt: skip


def holds(term: Term, entry: StoredEntry, public: bool) -> bool:
    if term.field is Field.SECTION:
        return term.value.casefold() in [name.casefold() for name in entry.sections]
    if term.field is Field.ACCESS:
        return entry.access == term.value
    texts = [entry.title]
    if term.field is Field.WORDS and not (public and entry.access.gated):
        texts.append(entry.text)
    end = "" if term.prefix else " "
    return any(f" {term.value}{end}" in f" {text} " for text in texts)


def matches(query: Query, entry: StoredEntry, public: bool) -> bool:
    return (
        all(any(holds(term, entry, public) for term in group) for group in query.groups)
        and not any(holds(term, entry, public) for term in query.excluded)
        and (query.since is None or entry.sorted_at >= query.since)
        and (query.until is None or entry.sorted_at < query.until)
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(ENTRY, max_size=12), st.lists(QUERY, min_size=1, max_size=8), st.booleans(), st.integers(1, 4))
def test_the_index_finds_what_plain_python_finds(
    given: list[dict[str, object]], queries: list[Query], public: bool, limit: int
) -> None:
    with TemporaryDirectory() as folder:
        engine = new_engine(Path(folder))
        for number, one in enumerate(given):
            hour = one.pop("hour")
            assert isinstance(hour, int)
            tell(engine, f"{number}", record(**one, guid=f"{number}", dated=NOON - hours(hour)))  # type: ignore[arg-type]
        stored = all_entries(engine)
        for query in queries:
            expected = [entry.id for entry in stored if matches(query, entry, public)]
            with reading(engine) as connection:
                assert search.matching(connection, query, limit=None, public=public) == expected
                assert search.matching(connection, query, limit=limit, public=public) == expected[:limit]
        engine.dispose()


# --- pages


def paged(engine: Engine, query: Query, limit: int) -> list[list[int]]:
    """Ids on every page."""
    found: list[list[int]] = []
    cursor = None
    with reading(engine) as connection:
        while not found or cursor is not None:
            ids, cursor = search.page(connection, query, limit=limit, cursor=cursor)
            found.append(ids)
    return found


@settings(max_examples=40, deadline=None)
@given(st.lists(ENTRY, max_size=25), st.lists(QUERY, min_size=1, max_size=8), st.integers(1, 7), st.randoms())
def test_pages_hold_what_matches_each_entry_once_and_in_order(
    given: list[dict[str, object]], queries: list[Query], limit: int, rng: Random
) -> None:
    with TemporaryDirectory() as folder:
        engine = new_engine(Path(folder))
        made = []
        for number, one in enumerate(given):
            hour = one.pop("hour")
            assert isinstance(hour, int)
            dated = NOON - hours(hour)
            made.append(record(**one, guid=f"{number}", dated=dated, position=rng.randrange(5)))  # type: ignore[arg-type]
        tell(engine, "a", *made)
        for query in (Query(), *queries):
            with reading(engine) as connection:
                expected = search.matching(connection, query, limit=None)
            pages = paged(engine, query, limit)
            assert [each for ids in pages for each in ids] == expected
            assert {len(ids) for ids in pages[:-1]} <= {limit}
            assert pages[-1] or not expected, "no page is empty but one of nothing"
        engine.dispose()


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """400 entries of one second, in no order, between one before and one after."""
    engine = new_engine(tmp_path_factory.mktemp("crowded"))
    many = [record(f"Headline {n}", position=n * 7 % 400, guid=f"{n}", access=Access.FREE) for n in range(400)]
    earlier = record("Headline before", guid="before", dated=NOON - hours(1))
    tell(engine, "a", earlier, *many, record("Headline after", guid="after", dated=NOON + hours(1)))
    return engine


@pytest.mark.parametrize("limit", [1, 7, 50, 200, 401, 402, 500])
@pytest.mark.parametrize("query", ["headline", "headline access:free", "head* -after"])
def test_hundreds_of_one_second_are_on_one_page_each(crowded: Engine, query: str, limit: int) -> None:
    with reading(crowded) as connection:
        expected = search.matching(connection, parse(query), limit=None)
    assert len(expected) >= 400
    assert [each for ids in paged(crowded, parse(query), limit) for each in ids] == expected


def test_what_came_meanwhile_moves_no_page(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", *(record(f"Headline {n}", guid=f"{n}", dated=NOON - hours(n)) for n in range(6)))
    with reading(engine) as connection:
        first, cursor = search.page(connection, Query(), limit=3)
    tell(engine, "b", record("Newer", dated=NOON + hours(1)))
    with reading(engine) as connection:
        second, end = search.page(connection, Query(), limit=3, cursor=cursor)
    assert (first, second, end) == ([1, 2, 3], [4, 5, 6], None)


def test_more_than_are_put_in_order_at_once_are_on_one_page_each(tmp_path: Path) -> None:
    """So many stand in order among those that were stored with them."""
    engine = new_engine(tmp_path)
    many = search.TIES + 30
    tell(engine, "a", *(record(f"Headline {n}", position=many - n, guid=f"{n}") for n in range(many)))
    pages = paged(engine, Query(), 600)
    found = [each for ids in pages for each in ids]
    assert [len(ids) for ids in pages] == [600, 600, 600, 230]
    assert sorted(found) == list(range(1, many + 1))
    assert found[0] == search.TIES


@pytest.mark.parametrize(
    "cursor", [(0, 0), (0, 1 << 80), (0, -5), (1 << 80, 0), (-1 << 80, 3), (1 << 80, 1 << 80), (1 << 63, -1)]
)
def test_a_cursor_that_no_page_gave_leads_somewhere(desk: Engine, cursor: tuple[int, int]) -> None:
    with reading(desk) as connection:
        found, _ = search.page(connection, Query(), limit=9, cursor=cursor)
    assert found in ([], [1, 2, 3, 4, 5, 6, 7])


# --- what a feed shows


def shown(engine: Engine, query: str, limit: int = 50, *, free: bool = False) -> list[str]:
    with reading(engine) as connection:
        ids = search.leads(connection, parse(query), limit=limit, free=free)
        return [entry.title for entry in entries.in_order(connection, ids)]


def test_a_feed_shows_each_lead_once(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    url = "https://news.example/one"
    tell(engine, "a", record("The council approves the ferry", url=url, access=Access.FREE))
    same = record("The council approves the ferry", source="agency", access=Access.FREE, sections=("Sea",))
    tell(engine, "b", same, source="agency")
    tell(engine, "c", *(record(f"Headline number {number} of many", position=number) for number in range(5)))
    (member,) = (entry for entry in all_entries(engine) if not entry.is_lead)
    assert shown(engine, "ferry") == ["The council approves the ferry"]
    with reading(engine) as connection:
        (found,) = search.leads(connection, parse(f"section:{member.sections[0]} ferry"), limit=5)
        assert entries.load(connection, [found])[found].uid == member.lead
    assert len(shown(engine, "headline", 3)) == 3
    assert shown(engine, "headline OR ferry", free=True) == ["The council approves the ferry"]


def test_a_feed_looks_further_where_most_are_not_free(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    numbers = range(30)
    levels = [Access.FREE if number > 27 else Access.UNKNOWN for number in numbers]
    told = [record(f"Headline number {number}", position=number, access=levels[number]) for number in numbers]
    tell(engine, "a", *told)
    assert shown(engine, "headline", 2, free=True) == ["Headline number 28", "Headline number 29"]


def test_a_free_feed_is_not_emptied_by_matches_that_are_not(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    free = [record(f"Free headline {n}", access=Access.FREE, dated=NOON - hours(900 + n)) for n in range(3)]
    paid = [record(f"Headline number {n}", evidence=(MARKER,), dated=NOON - hours(n)) for n in range(300)]
    tell(engine, "a", *free, *paid)

    def found(asked: str, limit: int) -> list[str]:
        with reading(engine) as connection:
            ids = search.leads(connection, parse(asked), limit=limit, free=True, most=40)
            return [entry.title for entry in entries.in_order(connection, ids)]

    assert found("headline", 10) == [f"Free headline {n}" for n in range(3)]
    assert found("headline", 2) == [f"Free headline {n}" for n in range(2)]
    assert found("headline access:premium", 2) == []


def test_a_feed_is_in_the_order_of_feeds_where_it_is_read_in_runs(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    url = "https://news.example/one"
    rows = [record("The council approves the ferry", source=f"s{n}", url=url) for n in range(1, 30)]
    for number, one in enumerate(rows):
        tell(engine, "a", one, source=f"s{number + 1}")
    told = [record(f"Of the ferry {n}", position=n, dated=NOON - hours(n // 20)) for n in range(100)]
    tell(engine, "b", *told)
    everything = [entry.title for entry in all_entries(engine) if entry.is_lead]
    for limit in (1, 2, 5, 30, 101):
        assert shown(engine, "ferry", limit) == everything[:limit]


def test_a_feed_of_copies_ends_where_most_were_looked_at(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for name in "abcdefgh":
        one = record("The council votes for a ferry", source=name, url=f"https://{name}.example/1", text="Word " * 60)
        tell(engine, name, one, source=name)
    with reading(engine) as connection:
        assert len(search.leads(connection, parse("ferry"), limit=2, most=4)) == 1
