"""JSON with places: the same values as the standard library's, and the offset of each and of every fault."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.validate import jsontext
from feeds.validate.jsontext import MAX_DEPTH, BrokenJson, Places, Value, parse

leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text('ab"\\\n\x01é\u2028😀\ud800', max_size=9)
)
documents = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4)
)


def plain(value: Value) -> Any:
    """A value without its places."""
    if isinstance(value.data, dict):
        return {key: plain(each) for key, each in value.data.items()}
    return [plain(each) for each in value.data] if isinstance(value.data, list) else value.data


def every(value: Value) -> list[Value]:
    inner = value.data.values() if isinstance(value.data, dict) else value.data if isinstance(value.data, list) else ()
    return [value, *(found for each in inner for found in every(each))]


@given(documents, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_values_are_those_of_the_standard_library(document: Any, indent: Any, ascii_only: bool) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    assert plain(parse(text).root) == json.loads(text)


@given(documents)
def test_every_value_stands_where_it_says(document: Any) -> None:
    text = json.dumps(document, indent=1)
    for value in every(parse(text).root):
        found, _ = json.JSONDecoder().raw_decode(text, value.start)
        assert found == plain(value)


@given(st.text(alphabet='{}[]:,"\\ntrue01-.eE x/\u00e9\n', max_size=30))
def test_what_is_refused_is_what_the_standard_library_refuses(text: str) -> None:
    try:
        json.loads(text, parse_constant=lambda name: json.loads("[" + name))
        expected = True
    except json.JSONDecodeError:
        expected = False
    if expected:
        assert plain(parse(text).root) == json.loads(text)
        return
    with pytest.raises(BrokenJson) as caught:
        parse(text)
    assert caught.value.code == "JSONError"
    assert 0 <= caught.value.offset <= len(text)


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("", 0, "there is nothing"),
        ('{"a": 1', 7, "ends too early"),
        ("[1 2]", 3, "'2' where a comma or ] has to come"),
        ('{"a" 1}', 5, "'1' where a colon has to come"),
        ("{1: 2}", 1, "'1' where a key or } has to come"),
        ("[1,]", 3, "a comma before ]"),
        ('{"a": 1]', 7, "']' where a comma or } has to come"),
        ('{"a":}', 5, "'}' where a value has to come"),
        ("[1]]", 3, "more behind the end"),
        ("1 2", 2, "more behind the end"),
        (",", 0, "',' where a value has to come"),
        ('["a', 1, "a string has no end"),
        ('["\\x"]', 2, "is no escape of JSON"),
        ('["a\nb"]', 3, "the control character '\\n'"),
        ("['a']", 1, "single quotes"),
        ("[1, // one\n2]", 4, "a comment"),
        ("[NaN]", 1, "'NaN' is no value"),
        ("[True]", 1, "'True' is no value"),
        ("[01]", 1, "'01' is no value"),
        ("[+1]", 1, "'+1' is no value"),
        ("[\u00a01]", 1, "'\\xa0' is no value"),
    ],
)
def test_faults_are_told_with_their_place(text: str, offset: int, words: str) -> None:
    with pytest.raises(BrokenJson) as caught:
        parse(text)
    assert caught.value.offset == offset
    assert words in caught.value.what


def test_keys_that_stand_twice() -> None:
    found = parse('{"a": 1, "b": {"a": 2}, "a": 3}')
    assert found.repeated == [("a", 24)]
    assert plain(found.root) == {"a": 3, "b": {"a": 2}}


def test_depth_and_number_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsontext, "MAX_VALUES", 500)
    parse("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    parse("[" + "1," * 498 + "1]")
    for text in ("[" * (MAX_DEPTH + 1), "[" + "1," * 499 + "1]"):
        with pytest.raises(BrokenJson) as caught:
            parse(text)
        assert caught.value.code == "ValidatorLimit"


def test_numbers_of_any_length_are_read() -> None:
    found = plain(parse(f"[1, -2.5e3, 1e999, {'9' * 5000}, -{'9' * 5000}]").root)
    assert found == [1, -2500.0, float("inf"), float("inf"), float("-inf")]


def test_lines_end_as_editors_show_them() -> None:
    places = Places("a\nbc\r\nd\re")
    assert [places.of(offset) for offset in (0, 1, 2, 3, 6, 8)] == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (4, 1)]
