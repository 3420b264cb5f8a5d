"""Dates of feeds: the usual shapes at once, all others by feedparser's rules, never an exception."""

from __future__ import annotations

import calendar
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from feedparser.datetimes import _parse_date
from hypothesis import given
from hypothesis import strategies as st

from feeds.sources.dates import read_date
from tests.command import ROOT

TEN = datetime(2025, 2, 26, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Wed, 26 Feb 2025 10:00:00 GMT", TEN),
        ("Wed, 26 Feb 2025 10:00:00 +0000", TEN),
        ("Wed, 26 Feb 2025 15:30:00 +0530", TEN),
        ("Wed, 26 Feb 2025 15:30:00 +05:30", TEN),
        ("Wed, 26 Feb 2025 05:00:00 EST", TEN),
        ("Wed, 26 Feb 2025 10:00:00 XYZ", TEN),
        ("wednesday, 26 february 2025 10:00 z", TEN),
        ("26 Feb 2025 07:00 -0300", TEN),
        ("Wed, 26 Feb 25 10:00:00 GMT", TEN),
        ("Wed, 26 Foo 2025 10:00:00 GMT", None),
        ("2025-02-26T10:00:00Z", TEN),
        ("2025-02-26T10:00:00.999Z", datetime(2025, 2, 26, 10, 0, 0, 999_000, tzinfo=UTC)),
        ("2025-02-26T15:30:00+05:30", TEN),
        ("2025-02-26T15:30:00+0530", TEN),
        ("2025-02-26T10:00", TEN),
        ("2025-02-26t10:00:00z", TEN),
        ("2025-02-26 10:00:00", TEN),
        ("2025-02-26 15:30:00 +05:30", TEN),
        ("2025-02-26", datetime(2025, 2, 26, tzinfo=UTC)),
        ("20250226", datetime(2025, 2, 26, tzinfo=UTC)),
        ("2025-02-30T10:00:00Z", datetime(2025, 3, 2, 10, tzinfo=UTC)),
        ("Sun, 30 Feb 2025 10:00:00 GMT", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("Wed Feb 26 10:00:00 2025", TEN),
        ("Wed, 2025/02/26 05:00:00 EST", TEN),
        ("abc, 2025/13/26 05:00:00 EST", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_date_is_a_moment_in_utc_or_none(text: str, moment: datetime | None) -> None:
    found = read_date(text)
    assert found == moment
    assert found is None or found.tzinfo is UTC


SHAPES = st.sampled_from(
    ["%a, %d %b %Y %H:%M:%S GMT", "%d %b %Y %H:%M:%S +0300", "%a, %d %B %Y %H:%M EST", "%Y-%m-%dT%H:%M:%SZ",
     "%Y-%m-%dT%H:%M:%S-03:30", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%a %b %d %H:%M:%S %Y", "%d %b %y %H:%M:%S PDT"]
)  # fmt: skip


@given(st.datetimes(datetime(1990, 1, 1), datetime(2088, 1, 1)), SHAPES)  # noqa: DTZ001  # the shape says the zone
def test_dates_mean_what_feedparser_says(moment: datetime, shape: str) -> None:
    text = moment.strftime(shape)
    assert read_date(text) == datetime.fromtimestamp(calendar.timegm(_parse_date(text)), UTC)


@given(st.text(max_size=40) | st.from_regex(r"[0-9:TZ+/, a-z.-]{1,40}", fullmatch=True))
def test_whatever_stands_there_is_no_exception(text: str) -> None:
    found = read_date(text)
    assert found is None or found.tzinfo is UTC


def test_the_usual_dates_need_no_feedparser() -> None:
    code = (
        "import sys; from feeds.sources.dates import read_date;"
        "assert read_date('Wed, 26 Feb 2025 05:00:00 EST') and read_date('2025-02-26') and not read_date('soon');"
        "print('feedparser' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
