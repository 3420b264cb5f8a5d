"""Seed documents: golden pairs, the traps of glued rows, encodings, and what any text at all may do."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.records import Evidence, Learned, Precision
from feeds.errors import ParseError
from feeds.model import Context, Document, Item, Parsed
from feeds.sources import seed
from tests.pace import slowness

ROOT = Path(__file__).parents[1]
CASES = sorted((Path(__file__).parent / "cases" / "seed").glob("*.json"))
REAL = ROOT.parent / "shared" / "seeds"
FETCHED = datetime(2026, 7, 1, 12, tzinfo=UTC)
MARKER = "For members of the Post+ only"


def document(
    data: bytes | str, *, fetched: datetime = FETCHED, as_of: datetime | None = None, charset: str | None = None
) -> Document:
    raw = data.encode() if isinstance(data, str) else data
    return Document(name="page.txt", data=raw, as_of=as_of or fetched, fetched_at=fetched, charset=charset)


def parse(data: bytes | str, context: Context | None = None, charset: str | None = None) -> Parsed:
    return seed.parse(document(data, charset=charset), context or Context())


def rows(*texts: str, sections: tuple[str, ...] = (), markers: tuple[str, ...] = ()) -> Parsed:
    """The rows below a headline; item 0 is the headline."""
    return parse("Headline\n\n" + "\n".join(f"- {t}" for t in texts), Context(sections=sections, markers=markers))


def titles(parsed: Parsed) -> list[str]:
    return [item.title for item in parsed.items[1:]]


def as_json(parsed: Parsed) -> dict[str, Any]:
    """What a golden file holds: only what is not empty."""

    def item(one: Item) -> dict[str, Any]:
        said: dict[str, Any] = {
            "line": one.line,
            "title": one.title,
            "sections": list(one.sections),
            "evidence": [[e.signal, e.value, e.where] for e in one.evidence],
            "published": one.published.isoformat() if one.published else None,
            "basis": one.published_basis,
            "label": one.label,
            "body": one.content,
        }
        return {key: value for key, value in said.items() if value or key in ("line", "title")}

    return {
        "encoding": parsed.encoding,
        "items": [item(one) for one in parsed.items],
        "skipped": [[one.line, one.raw, one.reason] for one in parsed.skipped],
        "warnings": list(parsed.warnings),
    }


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    said: dict[str, Any] = dict(case["context"])
    zone = ZoneInfo(said.pop("zone", "UTC"))
    lists: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in said.items()}
    context = Context(zone=zone, **lists)
    fetched = datetime.fromisoformat(case["fetched"]).replace(tzinfo=zone)
    data = path.with_suffix(".txt").read_bytes()
    parsed = seed.parse(document(data, fetched=fetched, charset=case["charset"]), context)
    assert as_json(parsed) == case["expected"]
    assert [item.position for item in parsed.items] == list(range(len(parsed.items)))
    assert all(item.plain for item in parsed.items)
    assert parsed.language == context.language


def test_no_token_is_in_a_message() -> None:
    with pytest.raises(ParseError) as caught:
        seed.parse(replace(document(b""), name="https://h/f?token=SECRET"), Context())
    assert str(caught.value) == "https://h/f?…: the document is empty"


def test_there_are_golden_pairs() -> None:
    assert len(CASES) >= 12
    assert [path.stem for path in sorted(CASES[0].parent.glob("*.txt"))] == [path.stem for path in CASES]


def test_the_real_document() -> None:
    if not REAL.is_dir():
        pytest.skip("the real document is not beside this checkout")
    expected = json.loads((REAL / "expected.json").read_text(encoding="utf-8"))
    data = (REAL / expected["source_file"]).read_bytes()
    parsed = seed.parse(document(data), Context(zone=ZoneInfo("Europe/Minsk")))
    marker = expected["marker_learned"]
    assert len(parsed.items) == expected["counts"]["entries_total"] == 17
    for item, entry in zip(parsed.items, expected["entries"], strict=True):
        assert (item.line, item.title, list(item.sections), item.content) == (
            entry["line"],
            entry["title"],
            entry["sections"],
            entry["body"],
        )
        assert (Evidence("marker", marker, f"line {item.line}") in item.evidence) == entry["premium"]
    main = parsed.items[0]
    assert main.published == datetime(2025, 2, 26, tzinfo=ZoneInfo("Europe/Minsk")).astimezone(UTC)
    assert main.published_precision is Precision.DAY
    assert (main.published_basis or "").startswith(expected["entries"][0]["published_basis"])
    assert main.label == "Pozirk"
    assert main.evidence == (Evidence("full text given", "", "line 1, other rows are marked"),)
    assert all(item.published is None for item in parsed.items[1:])
    assert [(s.line, s.raw, s.reason) for s in parsed.skipped] == [
        (s["line"], s["raw"], s["reason"]) for s in expected["skipped"]
    ]
    assert parsed.warnings == ("5 rows without a headline: lost before the document was made",)


@pytest.mark.parametrize("folder", ["harbour", "hafen"])
def test_shipped_documents(folder: str) -> None:
    paths = sorted((ROOT / "seeds" / folder).glob("*.txt"))
    assert len(paths) >= 3
    last = datetime.min.replace(tzinfo=UTC)
    for path in paths:
        for fetched in (FETCHED.replace(month=10, day=7), FETCHED.replace(year=2031)):
            parsed = seed.parse(document(path.read_bytes(), fetched=fetched), Context())
            main = parsed.items[0]
            assert all("lost before" in warning for warning in parsed.warnings)
            assert main.published is not None
            assert main.published.year == 2026
            when = main.published
        assert last < when
        last = when
        assert len(main.content.split()) >= 50
        assert 3 <= len(main.content.split("\n\n")) <= 5
        assert main.label in ("Harbour Post", "Hafenblatt", "Coastwire")
        below = parsed.items[1:]
        assert not below[0].sections
        assert all(item.sections for item in below if item.evidence)
        premium = [item for item in below if any(e.signal == "marker" for e in item.evidence)]
        free = [item for item in below if any(e.signal == "unmarked" for e in item.evidence)]
        assert len(premium) >= 3
        assert len(free) >= 2
        assert len(parsed.skipped) >= 2
        assert len(premium) + len(free) + len(parsed.skipped) >= 8


def test_shipped_duplicate_and_correction() -> None:
    mains = {
        path.relative_to(ROOT / "seeds").as_posix(): parse(path.read_bytes()).items[0]
        for path in (ROOT / "seeds").glob("*/*.txt")
    }
    one, other = mains["harbour/003_tide-station.txt"], mains["hafen/001_tide-station.txt"]
    assert (one.title, one.content, one.label) == (other.title, other.content, "Coastwire")
    first, later = mains["harbour/001_harbour-wall-repairs.txt"], mains["harbour/002_harbour-wall-corrected.txt"]
    assert first.title == later.title
    assert "six weeks" in first.content
    assert "eight weeks" in later.content
    assert later.content.split("\n\n")[-1].startswith("Correction: ")


@pytest.mark.parametrize(
    ("row", "sections", "title"),
    [
        (
            "Politics, SecurityRussia, Ukraine swap prisoners",
            ("Politics", "Security"),
            "Russia, Ukraine swap prisoners",
        ),
        ("PoliticsPolitician argues", ("Politics",), "Politician argues"),
        ("EconomyBelGee sales rise", ("Economy",), "BelGee sales rise"),
        ("EconomyMAZ sales plunge", ("Economy",), "MAZ sales plunge"),
        ("EconomyŁukašenka links shortage", ("Economy",), "Łukašenka links shortage"),
        ("EconomyEconomy grows 3%", ("Economy",), "Economy grows 3%"),
        ("Economy12,000 jobs", ("Economy",), "12,000 jobs"),
        ("PoliticsiPhone ban", ("Politics",), "iPhone ban"),
        ("Economy“Golden” rules", ("Economy",), "“Golden” rules"),
        ("Economy'New Deal' ends", ("Economy",), "'New Deal' ends"),
        ("Economy$3 fee", ("Economy",), "$3 fee"),
        ("Political parties banned", (), "Political parties banned"),
        ("PoliticsSecurity, army spending rise", ("Politics",), "Security, army spending rise"),
        ("Politics, army spending rise", (), "Politics, army spending rise"),
        ("Politics, Security in the north", (), "Politics, Security in the north"),
        ("Politics: a history", (), "Politics: a history"),
        ("Economy's woes", (), "Economy's woes"),
        ("Economy-wide strike", (), "Economy-wide strike"),
        ("Economys day cancelled", (), "Economys day cancelled"),
        ("Covid19 numbers", (), "Covid19 numbers"),
        ("CultureMinsk museum", (), "CultureMinsk museum"),
        ("Politics, PoliticsParty splits", ("Politics",), "Party splits"),
        ("World newsHarbours unite", ("World news",), "Harbours unite"),
        ("WorldHarbours unite", ("World",), "Harbours unite"),
    ],
)
@pytest.mark.parametrize("marker", ["", MARKER])
def test_traps(row: str, sections: tuple[str, ...], title: str, marker: str) -> None:
    names = ("Politics", "Economy", "Security", "World", "World news", "Covid1")
    parsed = rows(row + marker, sections=names, markers=(MARKER,))
    assert [(item.sections, item.title) for item in parsed.items[1:]] == [(sections, title)]
    assert [e.value for e in parsed.items[1].evidence] == ([marker] if marker else [])
    assert bool(parsed.warnings) == (not sections)


def test_sections_are_learned_from_bare_rows_only() -> None:
    parsed = rows("World news", "World newsFerries meet", "Sport", "SportElections", "SportTwo goals", "SocietyNo name")
    assert [(item.sections, item.title) for item in parsed.items[1:]] == [
        (("World news",), "Ferries meet"),
        (("Sport",), "Elections"),
        (("Sport",), "Two goals"),
        ((), "SocietyNo name"),
    ]
    assert [s.raw for s in parsed.skipped] == ["World news", "Sport"]


def test_a_name_of_several_words_needs_proof() -> None:
    assert titles(rows("Mayor resigns", "Mayor resigns")) == ["Mayor resigns", "Mayor resigns"]
    assert len(rows(*["World news"] * 3).skipped) == 3
    assert (
        titles(rows("Society", "SocietyMayor resigns", "SocietyMayor resigns", "SocietyMayor resigns"))
        == ["Mayor resigns"] * 3
    )
    assert titles(rows("Storm, Flood and ice", "Storm, Flood and ice")) == ["Storm, Flood and ice"] * 2
    assert [s.raw for s in rows("Politics, World news", "World newsFerries meet").skipped] == ["Politics, World news"]


def test_georgian_sections_have_no_capitals() -> None:
    assert titles(rows("პოლიტიკა", "პოლიტიკახიდი გაიხსნა დღეს")) == ["ხიდი გაიხსნა დღეს"]


def test_a_row_names_at_most_eight_sections() -> None:
    names = [f"S{n}x" for n in range(9)]
    parsed = rows(", ".join(names) + "Headline here", ", ".join(names[1:]) + "Headline here", sections=tuple(names))
    assert [len(item.sections) for item in parsed.items[1:]] == [0, 8]
    assert titles(rows(", ".join(f"a{n}" for n in range(9)))) == [", ".join(f"a{n}" for n in range(9))]


HEADS = ("Mayor opens the bridge", "Ferry returns in May", "Talks with the EU", "Rope prices up 3%")


def test_the_marker_is_learned_from_three_rows() -> None:
    for count in (2, 3, 4):
        parsed = rows(*(f"Society{head}{MARKER}" for head in HEADS[:count]), "Society", "SocietyFree boats")
        marked = [item for item in parsed.items if any(e.signal == "marker" for e in item.evidence)]
        assert len(marked) == (count if count >= 3 else 0)
        assert parsed.items[-1].evidence == (
            (Evidence("unmarked", "", f"line {count + 4}, other rows are marked"),) if marked else ()
        )


@pytest.mark.parametrize(
    "endings",
    [
        ("Visit to UNESCO", "Stamps for UNESCO", "Thanks from UNESCO"),
        ("Queue for an iPhone", "Ban on an iPhone", "Price of an iPhone"),
        ("Talks with EU", "Talks with AU", "Talks with QU"),
        ("Race to the Bridge", "Walk to the Bridge", "Road to the Bridge"),
        ("Day of SeaWALL", "Day of HillXWALL", "Night of IXWALL", "Noon of XIWALL"),
    ],
)
def test_what_headlines_end_with_alike_is_no_marker(endings: tuple[str, ...]) -> None:
    assert titles(rows("Society", *(f"Society{ending}" for ending in endings))) == list(endings)


def test_a_headline_in_several_sections_is_no_marker() -> None:
    names = ("Politics", "Society", "Culture", "World news")
    parsed = rows(*names, *(f"{name}Mayor resigns after vote" for name in names))
    assert titles(parsed)[-3:] == ["Mayor resigns after vote"] * 3
    parsed = rows(
        *names[:3], *(f"{n}Mayor resigns{MARKER}" for n in names[:3]), *(f"Society{h}{MARKER}" for h in HEADS)
    )
    assert titles(parsed) == ["Mayor resigns"] * 3 + list(HEADS)


def test_a_marker_of_one_word() -> None:
    parsed = rows("Society", *(f"Society{head}Premium" for head in HEADS), "SocietyGas at a Premium")
    assert titles(parsed) == [*HEADS, "Gas at a Premium"]
    assert parsed.items[-1].evidence[0].signal == "unmarked"


def test_a_word_that_headlines_end_with_is_no_marker_for_being_glued_thrice() -> None:
    spaced = [f"Society{n} ways to a Premium" for n in range(200)]
    glued = [f"Society{head}Premium" for head in HEADS[:3]]
    assert titles(rows("Society", *spaced, *glued))[-1] == f"{HEADS[2]}Premium"


def test_markers_come_off_until_none_is_left() -> None:
    parsed = parse(
        "Bridge opens[+]\n\nThe bridge opened.\n\nFerry returns [+]\n[+]\nPro[+]\n- SocietyBoats[+]Pro [+]\n- [+]",
        Context(markers=("[+]", "Pro", "", "[+]"), sections=("Society", " ")),
    )
    assert [item.title for item in parsed.items] == ["Bridge opens", "Ferry returns", "Boats"]
    assert [item.evidence for item in parsed.items] == [
        (Evidence("marker", "[+]", f"line {line}"),) for line in (1, 5, 8)
    ]
    assert [(s.line, s.raw) for s in parsed.skipped] == [(7, "Pro[+]"), (9, "[+]")]
    assert {s.reason for s in parsed.skipped} == {seed.LOST_MARKED}


def test_without_a_marked_row_no_reason_speaks_of_markers() -> None:
    assert [s.reason for s in rows("Society", "SocietyBoats return").skipped] == [seed.LOST]


def test_many_unknown_rows_are_counted() -> None:
    parsed = rows("Society", *(f"Culture row number {n}" for n in range(30)))
    assert len(parsed.warnings) == 22
    assert parsed.warnings[0] == 'line 4: no known section begins "Culture row number 0": kept whole'
    assert parsed.warnings[20] == "10 rows more begin with no known section: kept whole"
    assert rows("One two three", "Four five six").warnings == ("no section is known: 2 rows kept whole",)


@pytest.mark.parametrize(
    ("text", "body", "headlines"),
    [
        ("Title\n\nText without a stop", "Text without a stop", []),
        ("Title\n\nHeadline\n- Society", "", ["Headline"]),
        ("Title\n\nText.\n\nHeadline", "Text.", ["Headline"]),
        ("Title\n\nText.\nHeadline\n- Society", "Text.", ["Headline"]),
        ("Title\n\nText.\nMore text\n\n- Society", "Text.\n\nMore text", []),
        ("Title\nText.\n\nMore.\n\nWho pays?\nHeadline\n- Society", "Text.\n\nMore.", ["Who pays?", "Headline"]),
        ("Title\n\nWho pays?\n- Society", "Who pays?", []),
        ("Title\n\n“Text.”\n***\nHeadline\n- Society", "“Text.”", ["Headline"]),
        ("Title\n\nText.\n– Yes, he said.\nMore.\n– Society\n", "Text.\n\n– Yes, he said.\n\nMore.", []),
        ("Title\n\nFebruary 2, 2026\nText.\n\n- Society", "Text.", []),
        ("Title\n\nFebruary 2, 2026, X. Text\n- Society", "Text", []),
        (f"Title\n\nText.\n\n{'long ' * 60}\n- Society", f"Text.\n\n{('long ' * 60).strip()}", []),
    ],
)
def test_body_and_secondary_headlines(text: str, body: str, headlines: list[str]) -> None:
    main, *rest = parse(text).items
    assert (main.title, main.content) == ("Title", body)
    assert [item.title for item in rest] == headlines


def test_a_missing_headline() -> None:
    parsed = parse("February 2, 2026, Coastwire. The ferry is back.\nIt sails.\n\nOther\n- Society")
    assert [(item.title, item.content) for item in parsed.items] == [
        ("", "The ferry is back.\n\nIt sails."),
        ("Other", ""),
    ]
    assert parsed.warnings[0] == "line 1: no headline: the document begins with its body"
    assert parse(("word " * 80).strip() + ".\nMore text.").items[0].title == ""
    assert parse(("word " * 80).strip() + ".").items[0].title != ""


def test_a_configured_dateline_and_year() -> None:
    text = "Title\n\nPost | Saltmere - 26 February: Text."
    main = parse(text, Context(dateline="{agency} | {place} - {date}:", year=2023)).items[0]
    assert (main.label, main.content) == ("Post", "Text.")
    assert main.published == datetime(2023, 2, 26, tzinfo=UTC)
    assert "(confidence: high)" in (main.published_basis or "")


@pytest.mark.parametrize(
    ("day", "published"),
    [
        ("February 26, 2062", None),
        ("July 3, 2026", None),
        ("July 2, 2026", datetime(2026, 7, 2, tzinfo=UTC)),
        ("January 1, 1990", datetime(1990, 1, 1, tzinfo=UTC)),
        ("December 31, 1989", None),
        ("February 26, 1962", None),
        ("February 26", None),
    ],
)
def test_a_day_that_cannot_be_is_no_day(day: str, published: datetime | None) -> None:
    # The year of the configuration counts only where the dateline has none.
    parsed = parse(f"Title\n\n{day}, X. The ferry is back.\n", Context(year=2100))
    main = parsed.items[0]
    assert (main.published, main.content, main.label) == (published, "The ferry is back.", "X")
    if published is None:
        assert (main.published_precision, main.published_basis) == (None, None)
        assert parsed.warnings == (f'line 3: the date "{day}" is not plausible: the entry gets none',)
    else:
        assert parsed.warnings == ()


@pytest.mark.parametrize(
    ("as_of", "year"),
    [
        (datetime(2024, 3, 1, tzinfo=UTC), 2024),
        (datetime(2024, 2, 1, tzinfo=UTC), 2023),
        (datetime(2027, 3, 1, tzinfo=UTC), 2026),
        (datetime(1980, 1, 1, tzinfo=UTC), 2026),
    ],
)
def test_the_year_is_told_from_the_day_of_the_file(as_of: datetime, year: int) -> None:
    (main,) = seed.parse(document("Title\n\nFebruary 26, X. Text.", as_of=as_of), Context()).items
    assert main.published == datetime(year, 2, 26, tzinfo=UTC)


def test_the_text_is_decoded_and_cleaned() -> None:
    parsed = parse("Вясна\u00a0тут\n\nТэкст.".encode("cp1251"), Context(language="be"), "windows-1251")
    assert (parsed.encoding, parsed.items[0].title) == ("windows-1251 declared", "Вясна тут")


def test_line_numbers_for_every_line_end() -> None:
    for end in ("\n", "\r\n", "\r"):
        parsed = parse(
            end.join(["Title", "", "- One two", "", "  - Three four  ", "-Five six", "-", "\u2022 Seven eight"])
        )
        assert [(item.line, item.title) for item in parsed.items] == [
            (1, "Title"),
            (3, "One two"),
            (5, "Three four"),
            (6, "-Five six"),
            (8, "Seven eight"),
        ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"- \n-\n***\n", "no headline"),
        (b"- Politics\n- Society\n", "2 rows without a headline"),
    ],
)
def test_hopeless_documents(data: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message) as caught:
        parse(data)
    assert caught.value.permanent
    assert str(caught.value).startswith("page.txt: ")
    assert "\n" not in str(caught.value)


NASTY = {
    "one line": "x" * 5_000_000,
    "rows": "- a\n" * 200_000 + "- b c d",
    "names": "T\n" + "".join(f"- {'n' * (n % 30)}{n}\n" for n in range(40_000)),
    "commas": "T\n- " + "Politics, " * 300_000 + "\n- Politics\n",
    "capitals": "T\n" + "".join(f"- {n} {n // 3:06d}{'aB' * 90}\n" for n in range(20_000)),
    "markers": "T\n- a bX y z\n- b cX y z\n- c dX y z\n- d" + "X y z" * 300_000,
}


@pytest.mark.parametrize("name", NASTY)
def test_hostile_documents_end_soon(name: str) -> None:
    start = time.process_time()
    assert parse(NASTY[name]).items
    # Quadratic work on any of these takes minutes; the bound leaves room for a slow machine.
    assert time.process_time() - start < 10 * slowness()


def outcome(said: Document, context: Context) -> Parsed | ParseError:
    try:
        return seed.parse(said, context)
    except ParseError as error:
        return error


PIECES = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(
            ["\n", "\n\n", "\n- ", "\n• ", "Politics", "Society", ", ", MARKER, "February 26, X. ", "Ferry returns"]
        ),
    ),
    max_size=40,
).map("".join)


# The first call loads the names of months of all languages.
@settings(deadline=None)
@given(PIECES)
def test_any_text_gives_a_result_or_a_parse_error(text: str) -> None:
    said = document(text.encode("utf-8", "surrogatepass"))
    context = Context(markers=(MARKER,), sections=("Politics",))
    parsed = outcome(said, context)
    if isinstance(parsed, ParseError):
        assert parsed.permanent
        return
    assert parsed == seed.parse(said, context)
    assert all(not item.title.endswith(MARKER) for item in parsed.items)
    lines = [item.line for item in parsed.items] + [row.line for row in parsed.skipped]
    assert len(set(lines)) == len(lines)
    assert [item.line for item in parsed.items] == sorted(item.line or 0 for item in parsed.items)


SEEN = st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"])


# The first call loads the names of months of all languages.
@settings(deadline=None)
@given(st.lists(st.text(SEEN, max_size=20), min_size=1, max_size=20))
def test_every_row_is_an_item_or_skipped(texts: list[str]) -> None:
    page = "Headline\n" + "\n".join(f"- {text}" for text in texts)
    parsed = parse(page)
    lines = {item.line for item in parsed.items} | {row.line for row in parsed.skipped}
    expected = {n for n, text in enumerate(texts, 2) if text.strip()}
    assert lines == {1} | expected


def test_a_document_teaches_its_marker_and_sections_that_stand_alone_and_before_headlines() -> None:
    rows = (
        "- Politics\n- Weather\n- PoliticsOne story hereFor members only\n- SportTwo stories hereFor members only\n"
        "- PoliticsThree stories hereFor members only\n- PoliticsFor members only\n"
    )
    made = document(f"A title\n\nA body that is a sentence.\n\n{rows}".encode())
    assert seed.learn(made, Context()) == Learned(("Politics",), ("For members only",))
    assert seed.learn(document(b"A title\n\nNo list in it.\n"), Context()) == Learned()
    assert seed.learn(document(b""), Context()) == Learned()
