"""Feeds of every XML family against what is wrong with them: labelled cases, places, encodings, hostile documents."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from feeds.validate import xml_findings
from feeds.validate.rules import severity_of
from tests.quality.validator import CASES, labels

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FILES = sorted(CASES.glob("*.xml"))


def codes(data: bytes | str, location: str | None = None, now: datetime | None = None) -> list[str] | None:
    found = xml_findings(data.encode() if isinstance(data, str) else data, location=location, now=now)
    return None if found is None else [finding.code for finding in found]


def rss(channel: str = "", attributes: str = "") -> str:
    return (
        f"<rss version='2.0'{attributes}><channel><title>Courier</title><link>https://news.example/</link>"
        f"<description>News.</description>{channel}</channel></rss>"
    )


def atom(inside: str = "", attributes: str = "") -> str:
    return (
        f"<feed xmlns='http://www.w3.org/2005/Atom'{attributes}><id>tag:news.example,2026:all</id><title>Courier</title>"
        f"<updated>2026-11-23T12:00:00Z</updated><author><name>Courier</name></author>{inside}</feed>"
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_case(path: Path) -> None:
    data = path.read_bytes()
    label = labels(data)
    assert label is not None
    assert not label[0]
    findings = xml_findings(data)
    assert findings is not None
    assert {finding.code for finding in findings} == set(label[1]) - {"nothing"}
    for finding in findings:
        assert finding.severity == severity_of(finding.code)
        assert finding.message.isprintable()
        assert finding.message.endswith(".")
        assert 1 <= finding.line <= data.count(b"\n") + 1
        assert finding.column >= 1
