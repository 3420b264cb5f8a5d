"""From the bytes of a seed document to its text, with the decision that was taken.

Byte order mark, UTF-8 that is not plain ASCII, what the transport declared, then detection, the code pages usual for
the language before all others.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from functools import lru_cache

from feeds.errors import ParseError
from feeds.model import Document

_CODE_PAGES = {
    "be bg kk mk ru sr uk": ("cp1251", "koi8_u", "iso8859_5", "cp866", "mac_cyrillic"),
    "bs cs hr hu pl ro sk sl sq": ("cp1250", "iso8859_2"),
    "ca da de es eu fi fr gl is it nb nl nn no pt sv": ("cp1252",),
    "el": ("cp1253", "iso8859_7"),
    "az tr": ("cp1254",),
    "he": ("cp1255",),
    "ar fa": ("cp1256",),
    "et lt lv": ("cp1257",),
}
_EASTERN = ("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr")
_ANY_PAGE = (*dict.fromkeys(page for pages in _CODE_PAGES.values() for page in pages), *_EASTERN)
_ASSUMED = "windows-1252 assumed"
# What Python calls codecs and no document is written in: slow, or not character sets at all.
_UNSAFE_CODECS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf_7"})
# The mark of little-endian UTF-32 begins with that of UTF-16.
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

# What XML 1.0 forbids or discourages, soft hyphens and stray byte order marks.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]+")
_SPACE = re.compile("[\t\x85\xa0\u2007\u2028\u2029\u202f]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


def decode(document: Document, language: str) -> tuple[str, str]:
    """The document's text, and which decoding was used and why. Raises `ParseError` for blank and binary bytes."""
    text, encoding = _decoded(document.data, document.charset, language)
    if not text.strip():
        raise ParseError(f"{document.name}: the document is empty", permanent=True)
    # Compressed data has a tenth of control characters; text in a code page that nothing recognises has next to none.
    head, bound = text[:65536], 0.05 if encoding == _ASSUMED else 0.3
    if "\0" in text or len(_CONTROL.findall(head)) > bound * len(head):
        raise ParseError(f"{document.name}: binary data, not a text document", permanent=True)
    return text, encoding


def _decoded(data: bytes, charset: str | None, language: str) -> tuple[str, str]:
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data.decode(codec, "replace"), f"{codec.removesuffix('-sig')} with BOM"
    try:
        text, broken_at = data.decode("utf-8"), -1
    except UnicodeDecodeError as error:
        text, broken_at = data.decode("utf-8", "replace"), error.start
    # Bytes that are UTF-8 by accident are so rare that a server's default charset is the likelier mistake.
    if broken_at < 0 and not data.isascii():
        return text, "utf-8"
    if charset and charset.lower().replace("-", "_") not in _UNSAFE_CODECS:
        with suppress(LookupError, ValueError):
            return data.decode(charset), f"{charset} declared"
    if broken_at < 0:
        return text, "utf-8"
    broken = text.count("\ufffd")
    if broken * 20 < len(text) - len(text.encode("ascii", "ignore")):
        return text, f"utf-8, {broken} broken bytes replaced"
    return _detected(data, max(0, broken_at - 32768), language)


def _detected(data: bytes, start: int, language: str) -> tuple[str, str]:
    """`data` by the encoding that 64 kB of it from `start` suggest, those usual for `language` before all others."""
    from charset_normalizer import from_bytes  # costs 30 ms that UTF-8 documents need not pay

    sample = data[start : start + 65536]
    base = re.split("[-_]", language.lower(), maxsplit=1)[0]
    usual = [pages for languages, pages in _CODE_PAGES.items() if base in languages.split()]
    for pages in (*usual, _ANY_PAGE) if b"\0" not in sample else ():
        match = from_bytes(sample, cp_isolation=list(pages)).best()
        if match is not None:
            name = match.encoding.replace("cp125", "windows-125").replace("_", "-")
            return data.decode(match.encoding, "replace"), f"{name} detected"
    return data.decode("cp1252", "replace"), _ASSUMED


def clean(text: str) -> str:
    """NFC with LF line ends, plain spaces and no character that XML forbids."""
    text = _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if text.isascii():
        return text.replace("\t", " ")
    # Python normalises a run of combining marks in quadratic time (20,000 of them take a second), so that runs are cut
    # to 30 as in the Stream-Safe Text Format (UAX #15).
    return unicodedata.normalize("NFC", _long_marks().sub(r"\1", _SPACE.sub(" ", text)))


@lru_cache(maxsize=1)
def _long_marks() -> re.Pattern[str]:
    """A run of more than 30 combining marks, its first 30 as group 1."""
    marks = "".join(chr(code) for code in range(0x300, 0x1F000) if unicodedata.combining(chr(code)))
    return re.compile(f"([{marks}]{{30}})[{marks}]+")
