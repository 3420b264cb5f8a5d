"""What the parser makes of hostile documents: in seconds, without a foreign word, with the reason for a refusal."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time

import pytest

from feeds.errors import ParseError
from feeds.pool import DEADLINE
from feeds.sources.feed import parse
from tests.feed_documents import document
from tests.hostile.documents import DOCUMENTS, EXPECTED
from tests.hostile.memory import STATUS
from tests.pace import slowness

LONGEST = DEADLINE
"""CPU seconds a document may take: after as many of the clock a worker is killed."""

LONG = [name for name in DOCUMENTS if re.search(r"\d(k|_m)|left_open", name)]
"""Those that take long by themselves, and are not traced."""

MOST_MEGABYTES = 100.0
"""What a worker may need for one document, on top of what it is."""


def test_every_document_says_what_comes_of_it() -> None:
    assert sorted(DOCUMENTS) == sorted(EXPECTED)


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("name", LONG)
def test_a_long_hostile_document_is_read_or_refused_in_time(name: str) -> None:
    read_or_refused(name)


@pytest.mark.parametrize("name", sorted(DOCUMENTS.keys() - LONG))
def test_a_hostile_document_is_read_or_refused_in_time(name: str) -> None:
    read_or_refused(name)


def read_or_refused(name: str) -> None:
    one = document(DOCUMENTS[name]())
    start = time.process_time()
    found: int | str
    try:
        items = parse(one).items
        found = len(items)
    except ParseError as error:
        items, found = (), str(error)
    assert time.process_time() - start < LONGEST * slowness()
    expected = EXPECTED[name]
    assert found == expected if isinstance(expected, int) else isinstance(found, str) and expected in found
    assert isinstance(found, int) or "\n" not in found
    for item in items[:5]:
        assert item.url is None or item.url.startswith(("http://", "https://"))
        assert not any("from nothing to bytes" in text for text in (item.title, item.summary, item.content))
        assert not item.enclosures or item.enclosures[0].url.startswith("https://h.example/")
        assert not any(ord(character) < 32 or 0xD800 <= ord(character) <= 0xDFFF for character in item.title[:100])


@pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells the memory of a process in /proc")
def test_no_hostile_document_needs_more_than_its_memory() -> None:
    measured = subprocess.run([sys.executable, "-m", "tests.hostile.memory"], capture_output=True, check=True)
    found: dict[str, float] = json.loads(measured.stdout)
    assert sorted(found) == sorted(DOCUMENTS)
    assert found["enclosures_50k"] > 1, "nothing is measured"
    assert {name: megabytes for name, megabytes in found.items() if megabytes > MOST_MEGABYTES} == {}
