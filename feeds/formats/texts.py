"""Text in documents that no library writes: without what XML forbids, and escaped.

What is stored is clean already. Here the rest is held off that would make a document invalid all the same: nothing that
an entry holds can make it so.
"""

from __future__ import annotations

import re

from feeds.formats.xml import LANGUAGE, MEDIA

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r"))
_SPECIAL = re.compile('[&<>"\r]')


def legal(text: str) -> str:
    """`text` without what XML 1.0 forbids (2.2, Char): control characters, lone surrogates, U+FFFE and U+FFFF."""
    if text.isprintable():
        return text
    try:
        # A tenth of the time that the expression takes.
        data = text.encode()
    except UnicodeEncodeError:
        return _ILLEGAL.sub("", text)
    fit = len(data.translate(None, _CONTROLS)) == len(data)
    fit = fit and b"\xef\xbf\xbe" not in data and b"\xef\xbf\xbf" not in data
    return text if fit else _ILLEGAL.sub("", text)


def trimmed(text: str) -> str:
    """`text` without what is illegal and without white space around it."""
    return legal(text).strip()


def escaped(text: str) -> str:
    """`text` as character data or between double quotes, in XML and HTML alike; a bare carriage return would come back
    as a line feed."""
    text = legal(text)
    if _SPECIAL.search(text) is None:
        return text
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return text.replace("\r", "&#13;")


def media_type(said: str) -> str | None:
    """`said` where it is a media type without parameters."""
    return said if MEDIA.fullmatch(said) is not None else None


def language_tag(said: str | None) -> str | None:
    """`said` where it has the form of a language tag (BCP 47)."""
    return said if said is not None and LANGUAGE.fullmatch(said) is not None else None
