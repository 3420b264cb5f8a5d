"""The stream of elements: places, texts, counts, bounds and what is no XML."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from feeds.validate import stream
from feeds.validate.stream import MAX_DEPTH, Element, encoding_of, first_element, walk


class Heard:
    """Every element as it began and as it ended."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, str, int, int, int]] = []
        self.ended: dict[str, Element] = {}

    def begin(self, element: Element, around: Sequence[Element]) -> None:
        self.begun.append((element.name, element.namespace, element.line, element.column, len(around)))

    def end(self, element: Element, around: Sequence[Element]) -> None:
        self.ended[element.name] = element


def faults(data: bytes) -> list[tuple[str, int, int]]:
    return [(fault.note.code, fault.line, fault.column) for fault in walk(data, Heard())]


def test_elements_have_the_place_of_their_first_character() -> None:
    heard = Heard()
    assert walk('<a xmlns:x="urn:x"\n b="1">日本<x:c\n d="2"/>é<e/>t</a>'.encode(), heard) == ()
    assert heard.begun == [("a", "", 1, 1, 0), ("c", "urn:x", 2, 10, 1), ("e", "", 3, 10, 1)]
    assert heard.ended["a"].text == "日本ét"
    assert heard.ended["a"].seen == {"c": 1, "e": 1}


def test_attributes_in_a_namespace_are_told_from_others() -> None:
    heard = Heard()
    walk(b'<a b="1" x:b="2" xmlns:x="urn:x"/>', heard)
    assert heard.ended["a"].attributes == {"b": "1", "{urn:x}b": "2"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<a><b></a>", [("SAXError", 1, 9)]),
        (b"<a>&nbsp;</a>", [("UndefinedNamedEntity", 1, 4)]),
        (b"<!DOCTYPE a SYSTEM 'x'>\n<a>&nbsp;</a>", [("UndefinedNamedEntity", 2, 4)]),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", [("SAXError", 1, 25)]),
        (b"<!DOCTYPE a><a/>", []),
        (b"<x:a/>", [("SAXError", 1, 1)]),
        (b"<a>\n\xff</a>", [("UnicodeError", 2, 1)]),
        (b"<?xml version='1.0' encoding='x-no'?><a/>", [("UnknownEncoding", 1, 1)]),
        ("<?xml version='1.0' encoding='shift_jis'?><a>日本</a>".encode("shift_jis"), []),
        ("<?xml version='1.0' encoding='utf-16'?><a>é</a>".encode("utf-16"), []),
        (b"", [("SAXError", 1, 1)]),
    ],
)
def test_what_is_wrong_as_xml(data: bytes, expected: list[tuple[str, int, int]]) -> None:
    assert faults(data) == expected


def test_depth_and_number_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH) == []
    assert faults(b"<a>" * (MAX_DEPTH + 1)) == [("ValidatorLimit", 1, 3 * MAX_DEPTH + 1)]
    monkeypatch.setattr(stream, "MAX_ELEMENTS", 3)
    assert faults(b"<a><b/><b/></a>") == []
    assert faults(b"<a><b/><b/><b/></a>") == [("ValidatorLimit", 1, 12)]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<a:b xmlns:a='urn:a'>", "b"),
        (b"<!-- x -->" * 10_000 + b"<a>", "a"),
        (b"<!--" + b"x" * 100_000 + b"--><a>", "a"),
        (b"<a:b>", None),
        (b"x", None),
        (b"", None),
        (b"<?xml version='1.0' encoding='shift_jis'?><a/>", None),
        (b"<?xml version='1.0' encoding='x-no'?><a/>", None),
    ],
)
def test_the_first_element(data: bytes, name: str | None) -> None:
    assert first_element(data) == name


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"<a/>", "utf-8"),
        (b"\xef\xbb\xbf<a/>", "utf-8"),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "iso-8859-1"),
        ("<?xml version='1.0' encoding='UTF-16'?><a/>".encode("utf-16"), "utf-16"),
    ],
)
def test_the_encoding(data: bytes, encoding: str) -> None:
    assert encoding_of(data) == encoding
