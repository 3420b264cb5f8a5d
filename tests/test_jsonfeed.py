"""JSON Feed: what is refused, and values of any kind where text is due."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.errors import ParseError
from feeds.model import Item
from feeds.sources.feed import parse
from tests.feed_documents import NOW, document

VERSION = "https://jsonfeed.org/version/1.1"


def only(**fields: Any) -> Item:
    (item,) = parse(document(json.dumps({"version": VERSION, "items": [fields]}))).items
    return item


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[" * 100_000, "nested too deep"),
        (b"[" + b"9" * 5000 + b"]", "a number of thousands of digits"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": [', "broken or cut-off JSON"),
        (b'{"items": []}', "no JSON Feed"),
        (b"[]", "no JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', 'without a list "items"'),
    ],
    ids=range(6),
)
def test_what_is_no_json_feed_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(ParseError, match=r"^feed\.xml: ") as caught:
        parse(document(data))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not caught.value.permanent


def test_only_the_first_items_are_read() -> None:
    rows = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{}] * 5001})
    result = parse(document(rows))
    assert (len(result.items), result.warnings) == (5000, ("only the first 5000 of 5001 items were read",))


def test_a_json_title_may_hold_any_code_point() -> None:
    data = (
        '{"version":"https://jsonfeed.org/version/1.1","items":[{"title":"\\ud800","url":"https://a.example/\\ud800"}]}'
    )
    (item,) = parse(document(data, url=None)).items
    assert (item.title, item.url) == ("\ud800", None)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-02-26T10:00:00+03:00", datetime(2025, 2, 26, 7, tzinfo=UTC)),
        ("2025-02-26T10:00:00", datetime(2025, 2, 26, 10, tzinfo=UTC)),
        ("2062-02-26T10:00:00Z", None),
        ("1989-02-26T10:00:00Z", None),
        ("soon", None),
        ("2" * 65, None),
    ],
)
def test_dates_are_plausible_or_none(text: str, moment: datetime | None) -> None:
    result = parse(document(json.dumps({"version": VERSION, "items": [{"title": "a", "date_published": text}]})))
    assert result.items[0].published == moment
    assert bool(result.warnings) == (moment is None)


def test_a_time_of_change_stands_in_for_a_missing_date() -> None:
    item = only(title="a", date_modified="2025-02-26T10:00:00Z")
    assert item.published == item.updated == datetime(2025, 2, 26, 10, tzinfo=UTC)
    assert item.published_basis == "date_modified"


def test_a_number_is_an_id_and_anything_else_is_nothing() -> None:
    assert only(id=7).guid == "7"
    others: tuple[object, ...] = (True, None, [], {}, 2**63, 1.5)
    assert [only(id=value).guid for value in others] == [None] * 6


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just("https://a.example/x"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["url", "name", "level"]), inner),
    max_leaves=6,
)
FIELDS = (
    "id url external_url title content_html content_text summary date_published date_modified authors author tags "
    "attachments language _access"
).split()


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), VALUES))
def test_any_value_in_any_field_is_read(fields: dict[str, Any]) -> None:
    item = only(**fields)
    assert item.url is None or item.url.startswith(("http://", "https://"))
    assert item.published is None or 1990 <= item.published.year <= NOW.year
