"""How cases of others are judged: labels, classes within classes, what counts as found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.quality.validator import Report, is_a, judge, judged, labels, main

HEAD = "<title>a</title><link>https://a.example/</link><description>a</description>"


def case(expected: str, inside: str = "") -> bytes:
    label = f"<!--\n  Description: a\n  Expect:      {expected}\n-->\n"
    return f"{label}<rss version='0.92'><channel>{HEAD}{inside}</channel></rss>".encode()


@pytest.mark.parametrize(
    ("comment", "label"),
    [
        (b"<!-- Expect: nothing -->", (False, ["nothing"])),
        (b"<!--\n  Expect:   !InvalidLink{parent:channel,element:link}\n-->", (True, ["InvalidLink"])),
        (b"<!-- Expect: NotBlank, TooLong -->", (False, ["NotBlank", "TooLong"])),
        (b"<!-- Expect: DiscouragedRFC822Date -->", (False, ["ProblematicalRFC822Date"])),
        (b"<!-- nothing of the kind -->", None),
    ],
)
def test_labels(comment: bytes, label: tuple[bool, list[str]] | None) -> None:
    assert labels(comment) == label


def test_a_narrower_class_is_one_of_the_wider() -> None:
    assert is_a("UriNotIri", "InvalidLink")
    assert is_a("UndefinedNamedEntity", "SAXError")
    assert not is_a("InvalidLink", "UriNotIri")
    assert not is_a("NotBlank", "InvalidLink")


def counted(expected: str, inside: str = "") -> tuple[int, int, int, int, int, int]:
    report = Report()
    judge(report, "case", case(expected, inside))
    return report.positive, report.found, report.named, report.negative, report.alarms, len(report.misses)


def test_cases_are_counted() -> None:
    assert counted("InvalidPositiveInteger{element:ttl}", "<ttl>0</ttl>") == (1, 1, 1, 0, 0, 0)
    assert counted("InvalidInteger", "<ttl>0</ttl>") == (1, 1, 1, 0, 0, 0)
    assert counted("InvalidLink", "<ttl>0</ttl>") == (1, 1, 0, 0, 0, 1)
    assert counted("InvalidLink") == (1, 0, 0, 0, 0, 1)
    assert counted("NotBlank", "<item><title/></item>") == (1, 1, 1, 0, 0, 0)
    assert counted("InvalidLink", "<item><title/></item>") == (1, 0, 0, 0, 0, 1)
    assert counted("!InvalidLink", "<ttl>0</ttl>") == (0, 0, 0, 1, 0, 0)
    assert counted("!InvalidInteger", "<ttl>0</ttl>") == (0, 0, 0, 1, 1, 1)
    assert counted("!Error", "<ttl>0</ttl>") == (0, 0, 0, 1, 1, 1)
    assert counted("!Warning", "<ttl>0</ttl>") == (0, 0, 0, 1, 0, 0)
    assert counted("ValidTTL") == (0, 0, 0, 1, 0, 0)
    assert counted("NonstdPrefix") == (0, 0, 0, 0, 0, 0)


def test_a_folder_is_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.xml").write_bytes(case("InvalidPositiveInteger", "<ttl>0</ttl>"))
    (tmp_path / "b.xml").write_bytes(case("!Error"))
    (tmp_path / "c.xml").write_bytes(b"<opml/><!-- Expect: SAXError -->")
    report = judged(tmp_path)
    assert (report.positive, report.named, report.negative, report.misses) == (1, 1, 1, [])
    assert main([str(tmp_path)]) == 0
    assert "recall 1.0000, precision 1.0000" in capsys.readouterr().out
    assert main([]) == 2
    assert "which folder" in capsys.readouterr().err
