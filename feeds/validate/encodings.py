"""The encoding of an XML document: how it begins, what it declares, and its text in UTF-8 (XML 1.0, appendix F)."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from feeds.validate.rules import Note, shown

_DECLARATION = re.compile(
    r"<\?xml\s+version\s*=\s*(?:\"[\w.:-]*\"|'[\w.:-]*')\s+encoding\s*=\s*(?:\"([\w.:-]+)\"|'([\w.:-]+)')", re.ASCII
)
_BOUND = 1000
_STANDARD = frozenset({"utf-8", "utf-16"})
# Those that many feeds use.
_COMMON = _STANDARD | frozenset(
    "us-ascii iso-8859-1 euc-jp iso-8859-2 iso-8859-15 iso-8859-7 koi8-r shift_jis windows-1250 windows-1251 "
    "windows-1252 windows-1254 windows-1255 windows-1256 gb18030".split()
)
_WIDE = "utf-32 iso-10646-ucs-4 csucs4 ucs-4"
_DOUBLE = "utf-16 iso-10646-ucs-2 csunicode ucs-2"
_BEGINNINGS = (
    (b"\x00\x00\xfe\xff", 4, "utf-32-be", _WIDE, True),
    (b"\xff\xfe\x00\x00", 4, "utf-32-le", _WIDE, True),
    (b"\xfe\xff", 2, "utf-16-be", _DOUBLE, False),
    (b"\xff\xfe", 2, "utf-16-le", _DOUBLE, False),
    (b"\xef\xbb\xbf", 3, "utf-8", "utf-8", False),
    (b"\x00\x00\x00<", 0, "utf-32-be", "utf-32be " + _WIDE, True),
    (b"<\x00\x00\x00", 0, "utf-32-le", "utf-32le " + _WIDE, True),
    (b"\x00<\x00?", 0, "utf-16-be", "utf-16be " + _DOUBLE, True),
    (b"<\x00?\x00", 0, "utf-16-le", "utf-16le " + _DOUBLE, True),
)
"""First bytes, how many of them are a mark, what they tell, what may be declared with them, whether it has to be."""


class Decoded(NamedTuple):
    """A document in UTF-8 without a mark, the name of its encoding, and what is wrong with it, by line and column."""

    data: bytes
    encoding: str
    notes: tuple[tuple[int, int, Note], ...]


def decoded(data: bytes) -> Decoded:
    """The text of a document; what cannot be decoded is replaced."""
    notes: list[tuple[int, int, Note]] = []
    for first, skipped, codec, allowed, needed in _BEGINNINGS:
        if data.startswith(first):
            declared = _declared(data[skipped : skipped + _BOUND].decode(codec, "replace"))
            if declared is None:
                if needed:
                    notes.append((1, 1, Note("UnicodeError", f"it looks like {codec}, but declares no encoding")))
            elif declared.lower() not in allowed.split():
                notes.append((1, 1, Note("UnicodeError", f"it looks like {codec}, but declares {shown(declared)}")))
            return _text(data[skipped:], codec, declared or codec, notes)
    declared = _declared(data[:_BOUND].decode("latin-1"))
    name = declared or "utf-8"
    codec = name if _known(name) else "utf-8"
    if declared and codec != name:
        notes.append((1, 1, Note("UnknownEncoding", f"the encoding is {shown(declared)}")))
    elif declared and declared.lower() not in _COMMON:
        notes.append((1, 1, Note("ObscureEncoding", f"the encoding is {shown(declared)}")))
    return _text(data, codec, name, notes)


def _declared(beginning: str) -> str | None:
    match = _DECLARATION.match(beginning)
    return (match[1] or match[2]) if match else None


def _known(name: str) -> bool:
    """Whether it is an encoding of texts; Python knows other codecs, too."""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return info._is_text_encoding and info.name not in _NO_ENCODINGS


_NO_ENCODINGS = frozenset(
    {"idna", "punycode", "unicode_escape", "raw-unicode-escape", "undefined", "utf-7", "oem", "mbcs"}
)


def _text(data: bytes, codec: str, name: str, notes: list[tuple[int, int, Note]]) -> Decoded:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(codec, "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        notes.append((line, column, Note("UnicodeError", f"there are bytes that are not {shown(name)}")))
        text = data.decode(codec, "replace")
    return Decoded(text.encode("utf-8", "replace"), name, tuple(notes))
