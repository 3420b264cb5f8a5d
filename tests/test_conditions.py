"""Who has a version already (RFC 9110, section 13)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.web.conditions import fails, holds

AT = datetime(2026, 1, 1, tzinfo=UTC)
NOW, BEFORE, AFTER = (
    b"Thu, 01 Jan 2026 00:00:00 GMT",
    b"Wed, 31 Dec 2025 23:59:59 GMT",
    b"Thu, 01 Jan 2026 00:00:01 GMT",
)


@pytest.mark.parametrize(
    ("tags", "since", "held"),
    [
        (b'"x"', None, True),
        (b'W/"x"', None, True),
        (b'"y", "x"', None, True),
        (b'"y",W/"x" ,', None, True),
        (b"*", None, True),
        (b'"y", *', None, True),
        (b'"y"', None, False),
        (b"x", None, False),
        (b'w/"x"', None, False),
        (b"", None, False),
        (b'"X"', None, False),
        (b'"y"', AFTER, False),
        (b"", AFTER, False),
        (b'"x"', BEFORE, True),
        (None, NOW, True),
        (None, AFTER, True),
        (None, BEFORE, False),
        (None, b"Thursday, 01-Jan-26 00:00:00 GMT", True),
        (None, b"Thu Jan  1 00:00:00 2026", True),
        (None, b"Thu, 01 Jan 2026 01:00:00 +0200", False),
        (None, b"yesterday", False),
        (None, b"", False),
        (None, b"Thu, 99 Jan 2026 00:00:00 GMT", False),
        (None, NOW + b" " * 64, False),
        (None, b"\xff", False),
        (None, None, False),
    ],
)
def test_who_has_it(tags: bytes | None, since: bytes | None, held: bool) -> None:
    assert holds(tags, since, b'"x"', AT) is held


def test_what_has_no_date_is_held_by_its_tag_alone() -> None:
    assert holds(b'"x"', None, b'"x"', None)
    assert not holds(None, AFTER, b'"x"', None)


@pytest.mark.parametrize(
    ("tags", "since", "failed"),
    [
        (b'"x"', None, False),
        (b'"y", "x"', None, False),
        (b"*", None, False),
        (b'W/"x"', None, True),
        (b'"y"', None, True),
        (b"", None, True),
        (b"x", None, True),
        (b'"x"', BEFORE, False),
        (b'"y"', AFTER, True),
        (None, BEFORE, True),
        (None, NOW, False),
        (None, AFTER, False),
        (None, b"yesterday", False),
        (None, b"", False),
        (None, BEFORE + b" " * 64, False),
        (None, b"Thu, 01 Jan 2026 00:00:00 +0100", True),
        (None, b"Fri, 31 Dec 9999 23:59:59 -2359", False),
        (None, b"Mon, 01 Jan 0100 00:00:00 +2359", True),
        (None, None, False),
    ],
)
def test_who_wants_another(tags: bytes | None, since: bytes | None, failed: bool) -> None:
    assert fails(tags, since, b'"x"', AT) is failed


def test_what_has_no_date_is_as_old_as_anybody_wants() -> None:
    assert not fails(None, BEFORE, b'"x"', None)
    assert fails(b'"y"', BEFORE, b'"x"', None)


@given(st.binary(max_size=64))
def test_any_date_is_one_or_none(since: bytes) -> None:
    assert holds(None, since, b'"x"', AT) in (True, False)
    assert not (holds(None, since, b'"x"', AT) and fails(None, since, b'"x"', AT))
