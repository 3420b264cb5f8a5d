"""The language of queries: what is typed is a query or one line that says what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import Field, Query, Term
from feeds.errors import UsageError
from feeds.query import MAX_LENGTH, asked, narrowed, parse

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def words(*values: str) -> Query:
    return Query(tuple((Term(Field.WORDS, value),) for value in values))


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Ferry  HARBOUR", words("ferry", "harbour")),
        ('"New Ferry" l\'eau', words("new ferry", "l eau")),
        ("東京 - & ferry", words("東 京", "ferry")),
        ("ferr* 東京*", Query(((Term(Field.WORDS, "ferr", True),), (Term(Field.WORDS, "東 京"),)))),
        ('"new ferr"*', Query(((Term(Field.WORDS, "new ferr", True),),))),
        (
            'ferry -strike --call -"last call"',
            Query(
                ((Term(Field.WORDS, "ferry"),),),
                (Term(Field.WORDS, "strike"), Term(Field.WORDS, "call"), Term(Field.WORDS, "last call")),
            ),
        ),
        ("-strike", Query(excluded=(Term(Field.WORDS, "strike"),))),
        (
            "a OR b OR title:c d",
            Query(
                (
                    (Term(Field.WORDS, "a"), Term(Field.WORDS, "b"), Term(Field.TITLE, "c")),
                    (Term(Field.WORDS, "d"),),
                )
            ),
        ),
        (
            'Section:"Foreign policy" -source:agency access:PREMIUM language:en-GB author:"Ann Brennan"',
            Query(
                (
                    (Term(Field.SECTION, "Foreign policy"),),
                    (Term(Field.ACCESS, "premium"),),
                    (Term(Field.LANGUAGE, "en-gb"),),
                    (Term(Field.AUTHOR, "ann brennan"),),
                ),
                (Term(Field.SOURCE, "agency"),),
            ),
        ),
        ('https://news.example/a 12:30 5"', words("https news example a", "12 30", "5")),
        ("(ferry", words("ferry")),
        ("after:2026-03", Query(since=datetime(2026, 3, 1, tzinfo=UTC))),
        ("before:2026 before:2027", Query(until=datetime(2026, 1, 1, tzinfo=UTC))),
        (
            "after:2026-03-02 after:2025 before:24h",
            Query(since=datetime(2026, 3, 2, tzinfo=UTC), until=NOW - timedelta(days=1)),
        ),
        ("after:7d", Query(since=NOW - timedelta(days=7))),
        ('after:"2026-03-02"', Query(since=datetime(2026, 3, 2, tzinfo=UTC))),
    ],
)
def test_queries(text: str, query: Query) -> None:
    assert parse(text, now=NOW) == query


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the query is empty; give a word"),
        (" \0 *** - -", "the query is empty"),
        ("x" * (MAX_LENGTH + 1), "has 1001 characters; 1000 are the most"),
        ("a " * 51, "has 51 terms; 50 are the most"),
        ('ferry "new', 'column 7: a quotation mark is not closed; put another "'),
        ('"', "column 1: a quotation mark is not closed"),
        ("OR a", "column 1: OR stands between two terms"),
        ("a OR", "column 3: OR stands between two terms"),
        ("a OR OR b", "column 6: OR stands between two terms"),
        ("c -a OR b", "column 6: OR stands between two terms"),
        ("c after:2026 OR b", "column 14: OR stands between two terms"),
        ("a OR -b", "column 6: what is excluded cannot be an alternative"),
        ("a OR after:2026", "column 6: after: can be neither excluded nor an alternative"),
        ("-after:2026", "column 1: after: can be neither"),
        ("sectoin:Sport", 'column 1: "sectoin" is no field; there are title:, author:, section:, source:'),
        ("a section: Sport", "column 3: section: has no value; put it right behind the colon"),
        ('section:""', "column 1: section: names nothing"),
        ("section:\udc80", "column 1: section: names nothing"),
        ("title:!!!", "column 1: title: names no word"),
        (
            "access:paid",
            'column 1: access: "paid" is no level; there are free, registration, metered, premium, unknown',
        ),
        ("f*", 'column 1: "f*": give 3 letters or more before the *'),
        ("after:yesterday", 'column 1: "yesterday" is no date; give 2026, 2026-03, 2026-03-02, 24h or 7d'),
        ("after:2026-02-30", '"2026-02-30" is no date'),
        ("after:0000", '"0000" is no date'),
        ("before:99999d before:99999d before:99999d", "is no date"),
        ("after:0001", "is no date"),
    ],
)
def test_what_is_none_is_told_with_its_column(text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(text, now=datetime(100, 1, 1, tzinfo=UTC), zone=ZoneInfo("Asia/Tokyo"))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_days_begin_in_the_zone_that_is_given() -> None:
    assert parse("after:2026-03-02", zone=ZoneInfo("Asia/Tokyo")).since == datetime(2026, 3, 1, 15, tzinfo=UTC)


def test_a_span_needs_the_present() -> None:
    with pytest.raises(UsageError, match='column 3: "7d" ends at the present, which a saved feed cannot follow'):
        parse("a after:7d")


def test_narrowed() -> None:
    query = narrowed(words("ferry"), Field.SECTION, ("Town", "Sea"))
    assert query.groups[1] == (Term(Field.SECTION, "Town"), Term(Field.SECTION, "Sea"))
    assert narrowed(query, Field.SOURCE, ()) == query
    with pytest.raises(UsageError, match="author: names no word"):
        narrowed(query, Field.AUTHOR, ("?",))


def test_what_a_person_asks_for() -> None:
    assert asked(None, now=NOW, zone=UTC) == Query()
    found = asked("ferry", now=NOW, zone=UTC, section="Town", source="harbour", access="FREE")
    narrower = ((Field.SECTION, "Town"), (Field.SOURCE, "harbour"), (Field.ACCESS, "free"))
    assert found.groups == (*words("ferry").groups, *((Term(*one),) for one in narrower))
    with pytest.raises(UsageError, match="the query is empty"):
        asked("", now=NOW, zone=UTC)


SIGNS = st.sampled_from([*'"*-:()^{}+%_\\ \0\t\n', "NEAR(", " OR ", "NOT ", "title:", "after:", "מל", "\u202e", "é"])


@given(st.one_of(st.text(), st.lists(st.one_of(SIGNS, st.text(max_size=3))).map("".join)))
def test_anything_is_a_query_or_one_line(text: str) -> None:
    try:
        query, said = parse(text, now=NOW), ""
    except UsageError as error:
        query, said = Query(), str(error)
    assert (query == Query()) is bool(said)
    assert "\n" not in said
