"""Datelines: shapes in several languages, what is none, and the rules that settle a year."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.sources.dateline import Dateline, read, settle_year
from tests.pace import slowness

FETCHED = date(2026, 7, 1)


@pytest.mark.parametrize(
    ("head", "language", "when", "agency"),
    [
        ("February 26, Pozirk. ", "en", (None, 2, 26), "Pozirk"),
        ("February 26, Pozirk. ", "be", (None, 2, 26), "Pozirk"),
        ("26 лютага, Позірк. ", "be", (None, 2, 26), "Позірк"),
        ("26 лютага, Позірк. ", "be-tarask", (None, 2, 26), "Позірк"),
        ("26 лютага, Позірк. ", "en", (None, 2, 26), "Позірк"),
        ("26 лют., Позірк. ", "be", (None, 2, 26), "Позірк"),
        ("26 лютага, Мінск /Кар. БЕЛТА/. ", "be", (None, 2, 26), "Кар. БЕЛТА"),
        ("MINSK, February 26 (Pozirk) - ", "en", (None, 2, 26), "Pozirk"),
        ("VILNIUS, Feb. 26, 2025, BNS. ", "en", (2025, 2, 26), "BNS"),
        ("NEW YORK, Sept. 2, 2025 (AP) — ", "en", (2025, 9, 2), "AP"),
        ("WASHINGTON, D.C., Feb. 26, 2025 (AP) — ", "en", (2025, 2, 26), "AP"),
        ("St. Petersburg, February 26, TASS. ", "en", (None, 2, 26), "TASS"),
        ("Kyiv. February 26. UNN. ", "uk", (None, 2, 26), "UNN"),
        ("February 26, U.S. News. ", "en", (None, 2, 26), "U.S. News"),
        ("February 26, Delfi.lt. ", "en", (None, 2, 26), "Delfi.lt"),
        ("February 26th, 2025 - Agency: ", "en", (2025, 2, 26), "Agency"),
        ("26. Februar 2025, dpa. ", "de", (2025, 2, 26), "dpa"),
        ("BERLIN, 26. Februar 2025 (dpa) – ", "de", (2025, 2, 26), "dpa"),
        ("26.02.2025, dpa. ", "de", (2025, 2, 26), "dpa"),
        ("2025-02-26, X. ", "en", (2025, 2, 26), "X"),
        ("2025年2月26日, 新华社. ", "zh", (2025, 2, 26), "新华社"),
        ("1er mars, AFP. ", "fr", (None, 3, 1), "AFP"),
        ("26 de febrero de 2025, EFE. ", "es", (2025, 2, 26), "EFE"),
        ("26 lutego, PAP. ", "pl", (None, 2, 26), "PAP"),
        ("5 listopada, PAP. ", "pl", (None, 11, 5), "PAP"),
        ("5 listopada, Hina. ", "hr", (None, 10, 5), "Hina"),
        ("МИНСК, 26 фев — РИА Новости. ", "ru", (None, 2, 26), "РИА Новости"),
        ("26 февраля 2025 г., БЕЛТА. ", "ru", (2025, 2, 26), "БЕЛТА"),
        ("26 лютого 2025 року, Укрінформ. ", "uk", (2025, 2, 26), "Укрінформ"),
        ("Vilnius, vasario 26 d. (BNS). ", "lt", (None, 2, 26), "BNS"),
        ("2025 m. vasario 26 d., BNS. ", "lt", (2025, 2, 26), "BNS"),
        ("2025. gada 26. februāris, LETA. ", "lv", (2025, 2, 26), "LETA"),
        ("2025. február 26., MTI. ", "hu", (2025, 2, 26), "MTI"),
        ("February 26. ", "xx", (None, 2, 26), None),
        ("February 26: ", "en", (None, 2, 26), None),
        ("February 29, X. ", "en", (None, 2, 29), "X"),
        ("vasario 26 d. ", "lt", (None, 2, 26), None),
    ],
)
def test_shapes(head: str, language: str, when: tuple[int | None, int, int], agency: str | None) -> None:
    found = read(head + "The ferry has come back to the harbour.", language)
    assert found is not None
    assert (found.year, found.month, found.day) == when
    assert (found.agency, found.rest) == (agency, "The ferry has come back to the harbour.")
    assert found.text in head
    assert found.weekday is None


@pytest.mark.parametrize(
    ("head", "language", "weekday"),
    [
        ("Wednesday, February 26, Agency. ", "en", 2),
        ("Wed. Feb 26, Agency. ", "en", 2),
        ("Mittwoch, 26. Februar, dpa. ", "de", 2),
        ("Среда, 26 февраля, ТАСС. ", "en", 2),
        ("quarta-feira, 26 de fevereiro, Lusa. ", "pt", 2),
        ("miércoles 26 de febrero, EFE. ", "es", 2),
    ],
)
def test_weekdays(head: str, language: str, weekday: int) -> None:
    found = read(head + "Text follows.", language)
    assert found is not None
    assert (found.month, found.day, found.weekday, found.rest) == (2, 26, weekday, "Text follows.")


@pytest.mark.parametrize(
    "paragraph",
    [
        "",
        "The ferry has come back.",
        "February 26, 2025 was a cold day. It snowed.",
        "February 26, the parliament voted. Then it rose.",
        "February 26, Parliament of the north voted. Then it rose.",
        "February 26, 12 boats sailed. Then they came back.",
        "February 26, nevertheless. It snowed.",
        "February 26, a b c d e F. Text.",
        "February 26 - March 3 saw rain. It stopped.",
        "February 26 – 28 saw rain.",
        "On February 26, the ferry came back.",
        "Minsk, February 26 was quiet.",
        "the town, February 26, X. Text.",
        "A, B, C, D, February 26, X. Text.",
        "February 30, X. Text.",
        "29 February 2025, X. Text.",
        "2025-13-01, X. Text.",
        "9999-01-01, X. Text.",
        "26 listopada, X. Text.",
        "Blursday 26, X. Text.",
    ],
)
def test_no_dateline(paragraph: str) -> None:
    assert read(paragraph, "en") is None


def test_a_dateline_may_stand_alone() -> None:
    assert read("February 26, 2025", "en") == Dateline(2, 26, 2025, None, "February 26, 2025", None, "")
    assert read("February 26, Pozirk.", "en") == Dateline(2, 26, None, None, "February 26", "Pozirk", "")


@pytest.mark.parametrize(
    ("shape", "paragraph", "agency"),
    [
        ("{date}, {agency}.", "February 26, 2025, U.S. News. Text.", "U.S. News"),
        ("{place}, {date} ({agency}) -", "Old town 3, February 26, 2025 (Post 24)  –  Text.", "Post 24"),
        ("{agency} | {place} - {date}:", "Post | Saltmere — 26 February 2025: Text.", "Post"),
        ("[{date}]", "[26.2.2025] Text.", None),
        ("{date}", "26.2.2025 Text.", None),
        ("{agency}:", "2025-02-26, Post. Text.", "Post"),
        ("{date} by {agency}.", "2025-02-26, Post. Text.", "Post"),
        ("by {agency}, {date}.", "by Post, 26 February 2025. Text.", "Post"),
        ("* {date}.", "2025-02-26, Post. Text.", "Post"),
        ("{agency}{date}.", "2025-02-26, Post. Text.", "Post"),
    ],
)
def test_configured_shapes(shape: str, paragraph: str, agency: str | None) -> None:
    found = read(paragraph, "en", shape)
    assert found is not None
    assert (found.year, found.month, found.day, found.agency, found.rest) == (2025, 2, 26, agency, "Text.")


def settle(
    month: int = 2,
    day: int = 26,
    body: str = "",
    *,
    weekday: int | None = None,
    explicit: int | None = None,
    configured: int | None = None,
    fetched: date = FETCHED,
    language: str = "en",
) -> tuple[str, str, str]:
    settled = settle_year(month, day, weekday, body, explicit, configured, fetched, language)
    return settled.day.isoformat(), settled.basis, settled.confidence


def test_the_order_of_the_rules() -> None:
    body = "Signed in early December 2024."
    assert settle(body=body, weekday=2, explicit=2020, configured=2021) == ("2020-02-26", "its own year", "high")
    assert settle(body=body, weekday=2, configured=2021)[0::2] == ("2021-02-26", "high")
    assert settle(body=body, weekday=4) == (
        "2021-02-26",
        "its weekday -> newest such Feb 26 not after the document",
        "high",
    )
    assert settle(body=body) == (
        "2025-02-26",
        'newest explicit date in the body "December 2024" -> first Feb 26 not before it',
        "medium",
    )
    assert settle() == ("2026-02-26", "newest Feb 26 not after the document", "low")
    assert settle(6, 20)[0::2] == ("2026-06-20", "medium")


def test_a_cue_chooses_among_the_years_of_a_weekday() -> None:
    assert settle(weekday=2)[0] == "2025-02-26"
    assert settle(weekday=2, body="since November 2019")[0::2] == ("2020-02-26", "high")
    # Neither rule may overrule the weekday.
    assert settle(weekday=2, body="since November 2018")[0] == "2025-02-26"
    assert settle(2, 29, weekday=1)[0] == "2000-02-29"


def test_a_weekday_that_never_was_is_left_aside() -> None:
    for weekday in range(7):
        assert settle(2, 29, weekday=weekday, fetched=date(20, 3, 1))[0].endswith("-02-29")


@pytest.mark.parametrize(
    ("body", "language", "day"),
    [
        ("in September 2024", "en", "2025-02-26"),
        ("in August 2024", "en", "2025-02-26"),
        ("in July 2024", "en", "2026-02-26"),
        ("in January 2023, then in December 2024", "en", "2025-02-26"),
        ("in December 2024, then in January 2023", "en", "2025-02-26"),
        ("since February 2022", "en", "2026-02-26"),
        ("until December 2030", "en", "2026-02-26"),
        ("until 2030 and in 2024", "en", "2026-02-26"),
        ("for 3.2024 and 12024 and 20245", "en", "2026-02-26"),
        ("by Mark 2024", "en", "2026-02-26"),
        ("on Dec. 5, 2024", "en", "2025-02-26"),
        ("on 5 December 2024", "en", "2025-02-26"),
        ("December 5th, 2024", "en", "2025-02-26"),
        ("on 2024-12-05", "en", "2025-02-26"),
        ("on 2024-13-05", "en", "2026-02-26"),
        ("am 5.12.2024", "de", "2025-02-26"),
        ("am 5.13.2024", "de", "2026-02-26"),
        ("Ende Dezember 2024", "de", "2025-02-26"),
        ("en diciembre de 2024", "es", "2025-02-26"),
        ("у снежні 2024 года", "be", "2025-02-26"),
        ("у снежні 2024 года", "en", "2025-02-26"),
        ("в декабре 2024 года", "ru", "2025-02-26"),
        ("у грудні 2024 року", "uk", "2025-02-26"),
        ("w grudniu 2024", "pl", "2025-02-26"),
        ("v prosinci 2024", "cs", "2025-02-26"),
        ("joulukuussa 2024", "fi", "2025-02-26"),
        ("2024 m. gruodžio 5 d.", "lt", "2025-02-26"),
        ("2024. gada decembrī", "lv", "2025-02-26"),
        ("2024. december 5-én", "hu", "2025-02-26"),
        ("2024 visi", "lt", "2026-02-26"),
        ("2024", "lt", "2026-02-26"),
    ],
)
def test_cues(body: str, language: str, day: str) -> None:
    assert settle(body=f"It began {body} and went on.", language=language)[0] == day


@pytest.mark.parametrize(
    ("word", "month"),
    [("мае", "05"), ("июне", "06"), ("июле", "07"), ("марте", "03"), ("августе", "08")],
)
def test_inflected_months_are_told_apart(word: str, month: str) -> None:
    settled, basis, _ = settle(int(month) + 1, 3, f"в {word} 2024 года", language="ru")
    assert settled == f"2024-{int(month) + 1:02d}-03"
    assert f"{word} 2024" in basis


def test_cues_that_disagree_lower_the_confidence() -> None:
    assert settle(body="from December 2023 to December 2024")[0::2] == ("2025-02-26", "low")
    assert settle(body="from November 2024 to December 2024")[0::2] == ("2025-02-26", "medium")


def test_around_the_turn_of_the_year_and_in_leap_years() -> None:
    assert settle(12, 31, fetched=date(2026, 1, 2))[0::2] == ("2025-12-31", "medium")
    assert settle(1, 2, fetched=date(2026, 1, 2))[0] == "2026-01-02"
    assert settle(1, 3, fetched=date(2026, 1, 2))[0] == "2025-01-03"
    assert settle(1, 5, "in December 2025")[0] == "2026-01-05"
    assert settle(12, 5, "in June 2025")[0] == "2025-12-05"
    assert settle(2, 29)[0] == "2024-02-29"
    assert settle(2, 29, configured=2025)[0] == "2024-02-29"
    assert settle(2, 29, "in December 2024")[0] == "2024-02-29"


# The first call loads the names of months of all languages.
@settings(deadline=None)
@given(st.dates(date(1950, 1, 1), date(2150, 1, 1)), st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.booleans())
def test_without_cues_the_newest_such_day_is_taken(meant: date, fetched: date, with_weekday: bool) -> None:
    settled = settle_year(meant.month, meant.day, meant.weekday() if with_weekday else None, "", None, None, fetched)
    assert settled.day <= fetched
    assert (settled.day.month, settled.day.day) == (meant.month, meant.day)
    if with_weekday:
        assert settled.day.weekday() == meant.weekday()


SCRAPS = st.sampled_from(["February", "26", ", ", ". ", " - ", "(", ")", "2025", "May", "лютага", "X", "the", "/", ":"])


# The first call loads the names of months of all languages.
@settings(deadline=None)
@given(
    st.lists(st.one_of(SCRAPS, st.text(max_size=8)), max_size=30).map("".join), st.text(max_size=5), st.text(max_size=9)
)
def test_any_paragraph_is_read_or_not(paragraph: str, language: str, shape: str) -> None:
    for template in (None, shape, f"{{date}}{shape}{{agency}}{shape}"):
        found = read(paragraph, language, template)
        if found is not None:
            assert paragraph.rstrip().endswith(found.rest)
            assert found.text in paragraph


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(
    "paragraph", ["A, " * 500_000, "February " * 200_000, "26 " * 500_000, "May 2024 " * 200_000, " " * 1_000_000 + "."]
)
def test_hostile_paragraphs_end_soon(paragraph: str) -> None:
    start = time.process_time()
    read(paragraph, "en")
    settle(body=paragraph)
    # Quadratic work would take minutes.
    assert time.process_time() - start < 5 * slowness()
