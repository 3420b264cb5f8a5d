"""From bytes to text: which encoding is taken and why, and text that XML takes."""

from __future__ import annotations

import time
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feeds.errors import ParseError
from feeds.model import Document
from feeds.sources.decode import clean, decode
from tests.pace import slowness

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def document(data: bytes, charset: str | None = None) -> Document:
    return Document(name="page.txt", data=data, as_of=NOW, fetched_at=NOW, charset=charset)


RUSSIAN = "Заголовок новости\n\nПервый абзац текста о порте, который открылся весной после ремонта.\n"
POLISH = (
    "Łódź ratunkowa wróciła do portu\n\nMieszkańcy żądają wyjaśnień, a władze obiecują śledztwo w sprawie opóźnień.\n"
)


@pytest.mark.parametrize(
    ("data", "charset", "language", "encoding"),
    [
        (RUSSIAN.encode(), None, "ru", "utf-8"),
        (RUSSIAN.encode(), "iso-8859-1", "ru", "utf-8"),
        (RUSSIAN.encode("utf-8-sig"), None, "ru", "utf-8 with BOM"),
        (RUSSIAN.encode("utf-16"), None, "ru", "utf-16 with BOM"),
        (RUSSIAN.encode("utf-16-le"), "utf-16-le", "ru", "utf-16-le declared"),
        (RUSSIAN.encode("koi8-r"), "koi8-r", "en", "koi8-r declared"),
        (RUSSIAN.encode("cp1251"), None, "en", "windows-1251 detected"),
        (RUSSIAN.encode("cp1251"), "unicode_escape", "ru-RU", "windows-1251 detected"),
        (RUSSIAN.encode("cp1251"), "no such charset", "ru", "windows-1251 detected"),
        (POLISH.encode("cp1250"), None, "pl", "windows-1250 detected"),
        (RUSSIAN.encode() * 3 + b"\xff", None, "ru", "utf-8, 1 broken bytes replaced"),
        (b"Plain title", "us-ascii", "en", "us-ascii declared"),
        (b"Plain title", None, "en", "utf-8"),
    ],
)
def test_encodings(data: bytes, charset: str | None, language: str, encoding: str) -> None:
    text, told = decode(document(data, charset), language)
    assert told == encoding
    assert text.splitlines()[0] in (RUSSIAN.splitlines()[0], POLISH.splitlines()[0], "Plain title")


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Cafe\u0301\u00a0soft\u00adware\x0b\u200a\ufffe \x85x", "Café software\u200a  x"),
        ("A\u2028b.", "A b."),
        ("a\tb\r\nc\rd", "a b\nc\nd"),
        ("ž\tb", "ž b"),
    ],
)
def test_text_is_nfc_without_what_xml_forbids(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the document is empty"),
        (b" \r\n\t\xc2\xa0\n", "the document is empty"),
        (b"\xef\xbb\xbf", "the document is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary data, not a text document"),
        (bytes(range(1, 32)) * 9, "binary data, not a text document"),
        (b"\x1f\x8b\x08\x01" + bytes(range(1, 256)) * 4, "binary data, not a text document"),
    ],
)
def test_what_is_no_text(data: bytes, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        decode(document(data), "en")
    assert caught.value.permanent
    assert str(caught.value) == f"page.txt: {message}"


# The first detection builds the detector's tables.
@settings(deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([None, "utf-16", "cp1251", "idna", "base64", "x\0"]),
    st.sampled_from(["en", "ru", "be-tarask", "zh", ""]),
)
def test_any_bytes_are_text_or_refused(data: bytes, charset: str | None, language: str) -> None:
    try:
        text, told = decode(document(data, charset), language)
    except ParseError as error:
        assert error.permanent  # noqa: PT017  # either is right
        return
    assert text.strip()
    assert told


@given(st.text())
def test_clean_text_is_what_xml_takes(text: str) -> None:
    cleaned = clean(text)
    etree.Element("a").text = cleaned
    assert clean(cleaned) == cleaned
    assert "\r" not in cleaned
    assert unicodedata.is_normalized("NFC", cleaned)


@pytest.mark.usefixtures("untraced")
def test_a_long_run_of_marks_is_cut_soon() -> None:
    start = time.process_time()
    assert len(clean("a" + "\u0301\u0323" * 500_000)) < 40
    # Quadratic work takes minutes.
    assert time.process_time() - start < 5 * slowness()
