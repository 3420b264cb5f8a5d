"""Text that is fit for any XML and any page: legal, normalised, in lines and paragraphs."""

from __future__ import annotations

import re
import unicodedata

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ILLEGAL_BYTES = bytes(set(range(0x20)) - set(b"\t\n\r"))
MAX_MARKS = 30
_SYMBOLS = re.compile(r"[^\w\s\x00-\x7f]{31,}")
"""Long runs of neither letters nor spaces, the only ones with that many combining marks in them."""

_SYMBOL = re.compile(r"[^\w\s\x00-\x7f]")
_SYMBOLS_NEAR = re.compile(r"[^\w\s\x00-\x7f]{2}")
"""What such a run leaves in every thirtieth and every fifteenth character of a text: so it costs a thirtieth, or
little more, to see that there is none."""

_PARAGRAPHS = re.compile(r"\n[^\S\n]*\n\s*")


def strip_illegal(text: str) -> str:
    """`text` in NFC, without what XML 1.0 forbids (2.2, Char): control characters, surrogates, U+FFFE, U+FFFF.

    Of a run of combining marks the first 30 stay (UAX #15, Stream-Safe Text Format): normalising is quadratic in it,
    and 800,000 marks take 460 s.
    """
    if text.isascii():
        # A third of the time that it takes to see whether all of it can be printed.
        legal = text.encode().translate(None, _ILLEGAL_BYTES)
        return text if len(legal) == len(text) else legal.decode()
    if not text.replace("\n", " ").isprintable():
        text = _ILLEGAL.sub("", text)
    return normalised(text)


def normalised(text: str) -> str:
    """`text` in NFC, with at most 30 combining marks in a row."""
    if text.isascii():
        return text
    if len(text) > MAX_MARKS and _SYMBOL.search(text[::30]) and _SYMBOLS_NEAR.search(text[::15]):
        text = _SYMBOLS.sub(_stream_safe, text)
    return unicodedata.normalize("NFC", text)


def _stream_safe(run: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for character in run[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def fold(text: str, limit: int) -> str:
    """`text` as one line of at most `limit` characters; what is cut ends at a word, with an ellipsis."""
    text = text[: 20 * limit]
    # What can be printed holds nothing illegal, and no white space but spaces.
    neat = text.isprintable() and "  " not in text
    return shorten(normalised(text).strip(" ") if neat else line_of(strip_illegal(text)), limit)


def shorten(line: str, limit: int) -> str:
    """`fold` for what is a clean line already."""
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip() + "…"


def line_of(text: str) -> str:
    """`text` with one space for every run of white space, and none at its ends."""
    # What can be printed holds no white space but spaces; to split it anyway costs five times as much.
    return text.strip(" ") if text.isprintable() and "  " not in text else " ".join(text.split())


def paragraphs(text: str) -> list[str]:
    """What blank lines part, each as one line; none is empty."""
    if "\n" not in text:
        return [line] if (line := line_of(text)) else []
    return [line for paragraph in _PARAGRAPHS.split(text) if (line := line_of(paragraph))]
