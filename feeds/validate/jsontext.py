"""JSON (RFC 8259) as values that know where they stand, so that a finding can name line and column.

A scan of tokens with a stack of its own: nothing is recursive, the time is linear in the length, depth and number of
values are bounded. The standard library's reader keeps no places and gives no second key of one name.
"""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

MAX_DEPTH = 256
MAX_VALUES = 500_000
"""Objects, lists, strings and numbers of one document: about 80 MB of memory and three seconds."""
_LONG_NUMBER = 400
"""Digits of a number that are read; more are beyond every double."""

_STRING = r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
_TOKEN = re.compile(
    r"[ \t\n\r]*+(?:"
    rf"(?P<string>{_STRING})"
    r"|(?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)(?![0-9A-Za-z_.+-])"
    r"|(?P<word>true|false|null)(?![0-9A-Za-z_])"
    r"|(?P<sign>[{}\[\],:])"
    r")"
)
_SPACE = re.compile(r"[ \t\n\r]*+")
_WHOLE = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_WORD = re.compile(r"[+-]?\w{1,40}")
_LINE_END = re.compile(r"\r\n|\n|\r")
_WORDS = {"true": True, "false": False, "null": None}
_ENDS: dict[str, type] = {"}": dict, "]": list}


Data: TypeAlias = "dict[str, Value] | list[Value] | str | int | float | bool | None"


@dataclass(slots=True, eq=False)
class Value:
    """A value and the offsets of its first character and of its key, the same where it has none.

    `data` is a dict of Values by key, a list of Values, or what JSON's scalars are in Python.
    """

    data: Data
    start: int
    key_start: int


@dataclass(slots=True)
class Parsed:
    """A document's root, and the keys that stand twice in one object with the offset of the later one."""

    root: Value
    repeated: list[tuple[str, int]]


class BrokenJson(Exception):
    """The text is no JSON, or beyond our bounds: `code`, what is wrong, and the offset where."""

    def __init__(self, code: str, what: str, offset: int) -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.offset = offset


class Places:
    """Lines and columns of offsets into a text, both from 1; columns count characters."""

    def __init__(self, text: str) -> None:
        self._starts = array("q", [0])
        self._starts.extend(found.end() for found in _LINE_END.finditer(text))

    def of(self, offset: int) -> tuple[int, int]:
        """The line and the column of `offset`."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def parse(text: str) -> Parsed:
    """The values of `text`, of equal keys the last one, as readers take it. Raises `BrokenJson`."""
    return _Scan(text).run()


@dataclass(slots=True)
class _Scan:
    """One pass over the text. `open` are the containers around the place, innermost last; `expects` is what may come:
    a value, a value or the end, a key, a key or the end, a colon, a comma or the end, nothing."""

    text: str
    open: list[Value] = field(default_factory=list)
    repeated: list[tuple[str, int]] = field(default_factory=list)
    root: Value | None = None
    expects: str = "value"
    key: str = ""
    key_start: int = -1
    values: int = 0

    def run(self) -> Parsed:
        for kind, token, start in self._tokens():
            if kind == "sign":
                self._sign(token, start)
            elif kind == "string" and self.expects in ("key", "key or end"):
                self.key, self.key_start, self.expects = _unquoted(token), start, "colon"
            else:
                self._value(_scalar(kind, token), start, token)
        if self.root is None or self.open:
            what = "the document ends too early" if self.root is not None else "there is nothing in the document"
            raise BrokenJson("JSONError", what, len(self.text))
        return Parsed(self.root, self.repeated)

    def _tokens(self) -> Iterator[tuple[str, str, int]]:
        text, position, match = self.text, 0, _TOKEN.match
        while (found := match(text, position)) is not None:
            kind = str(found.lastgroup)
            yield kind, found[kind], found.start(kind)
            position = found.end()
        position = _end_of_space(text, position)
        if position < len(text):
            raise _unreadable(text, position)

    def _sign(self, sign: str, start: int) -> None:
        if sign in "{[":
            self.open.append(self._value({} if sign == "{" else [], start, sign))
            if len(self.open) > MAX_DEPTH:
                raise BrokenJson("ValidatorLimit", f"values are nested deeper than {MAX_DEPTH}", start)
            self.expects = "key or end" if sign == "{" else "value or end"
        elif sign == ":" and self.expects == "colon":
            self.expects = "value"
        elif sign == "," and self.expects == "comma or end" and self.open:
            self.expects = "key" if isinstance(self.open[-1].data, dict) else "value"
        elif sign in _ENDS and "end" in self.expects and self.open and isinstance(self.open[-1].data, _ENDS[sign]):
            self.open.pop()
            self._after_value()
        else:
            raise self._unexpected(sign, start)

    def _value(self, data: Data, start: int, token: str) -> Value:
        if self.expects not in ("value", "value or end"):
            raise self._unexpected(token, start)
        self.values += 1
        if self.values > MAX_VALUES:
            raise BrokenJson("ValidatorLimit", f"there are more than {MAX_VALUES:,} values", start)
        value = Value(data, start, start)
        around = self.open[-1].data if self.open else None
        if isinstance(around, list):
            around.append(value)
        elif isinstance(around, dict):
            value.key_start = self.key_start
            if self.key in around:
                self.repeated.append((self.key, self.key_start))
            around[self.key] = value
        else:
            self.root = value
        self._after_value()
        return value

    def _after_value(self) -> None:
        self.expects = "comma or end" if self.open else "nothing"

    def _unexpected(self, token: str, start: int) -> BrokenJson:
        wanted = self.expects
        if self.open and "end" in wanted:
            wanted = wanted.replace("end", "}" if isinstance(self.open[-1].data, dict) else "]")
        if token in _ENDS and self.text[:start].rstrip().endswith(","):
            return BrokenJson("JSONError", f"there is a comma before {token}, behind which nothing comes", start)
        if wanted == "nothing":
            return BrokenJson("JSONError", "there is more behind the end of the document", start)
        return BrokenJson("JSONError", f"there is {token[:40]!a} where a {wanted} has to come", start)


def _end_of_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found is not None else position


def _scalar(kind: str, token: str) -> str | int | float | bool | None:
    if kind == "string":
        return _unquoted(token)
    if kind == "word":
        return _WORDS[token]
    if len(token) > _LONG_NUMBER:
        return float("-inf" if token.startswith("-") else "inf")
    return int(token) if token.lstrip("-").isdigit() else float(token)


def _unquoted(token: str) -> str:
    return str(json.loads(token)) if "\\" in token else token[1:-1]


def _unreadable(text: str, position: int) -> BrokenJson:
    """Why no token begins at `position`, in words for who wrote it."""
    sign = text[position]
    if sign == '"':
        found = _WHOLE.match(text, position)
        end = found.end() if found is not None else position
        if end == len(text):
            return BrokenJson("JSONError", "a string has no end", position)
        if text[end] == "\\":
            return BrokenJson("JSONError", f"{text[end : end + 2]!a} is no escape of JSON", end)
        return BrokenJson("JSONError", f"a string holds the control character {text[end]!a}, unescaped", end)
    if sign == "'":
        return BrokenJson("JSONError", "a string stands in single quotes, not in double ones", position)
    if text.startswith(("//", "/*", "#"), position):
        return BrokenJson("JSONError", "there is a comment, which JSON does not know", position)
    word = _WORD.match(text, position)
    return BrokenJson("JSONError", f"{word[0] if word is not None else sign!a} is no value of JSON", position)
