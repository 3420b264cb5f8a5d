"""What a check gathers: so much of each code as a person can read, however many faults a document has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from feeds.validate.rules import Finding, Note, finding

MAX_OF_CODE = 1_000
"""Findings of one code that are told of one document; the last one says how many more there are. A document of faults
has one at every sign: two million take 1.2 GB."""


class Notes:
    """Notes with their places, which are comparable: the first of each code as they come."""

    def __init__(self) -> None:
        self._kept: list[tuple[tuple[int, ...], Note]] = []
        self._count: Counter[str] = Counter()

    def add(self, place: tuple[int, ...], code: str, what: str) -> None:
        """Keeps a note, or counts it."""
        self._count[code] += 1
        if self._count[code] <= MAX_OF_CODE:
            self._kept.append((place, Note(code, what)))

    def findings(
        self, own: Mapping[str, str], locate: Callable[[tuple[int, ...]], tuple[int, int]] | None = None
    ) -> tuple[Finding, ...]:
        """By place, with a format's `own` advice. `locate` makes line and column of places that are none."""
        found = []
        for place, note in sorted(self._kept, key=lambda each: each[0]):
            line, column = locate(place) if locate is not None else (place[0], place[1])
            found.append(finding(note, line, column, own))
        return _counted(found, self._count)


def bounded(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in order of their places, the first of each code."""
    kept: list[Finding] = []
    count: Counter[str] = Counter()
    for each in sorted(found, key=lambda each: (each.line, each.column)):
        count[each.code] += 1
        if count[each.code] <= MAX_OF_CODE:
            kept.append(each)
    return _counted(kept, count)


def _counted(found: list[Finding], count: Counter[str]) -> tuple[Finding, ...]:
    """The same; the last of each code of which there are more says how many."""
    more = {code: number - MAX_OF_CODE for code, number in count.items() if number > MAX_OF_CODE}
    if more:
        for index in range(len(found) - 1, -1, -1):
            number = more.pop(found[index].code, 0)
            if number:
                message = f"{found[index].message} There are {number:,} more of these."
                found[index] = replace(found[index], message=message)
    return tuple(found)
