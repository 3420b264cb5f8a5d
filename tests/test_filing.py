"""Sections by rules: what holds, what is added or replaced, and names that are new, old or unknown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.config import parse
from feeds.filing import Criterion, Filing, file, filing_of
from tests.command import SITE

NAMES = "".join(f'[[section]]\nname = "{name}"\n' for name in ("Sport", "Politics", "Sea", "Other"))
URL = "https://news.example/politics/local/ferry?ref=/sport/#top"


def filing(rest: str = "", source: str = "") -> Filing:
    made = parse(f'{SITE}{rest}[[source]]\nname = "n"\nurl = "https://n.example/feed"\n{source}\n', Path("config.toml"))
    return filing_of(made, made.source[0])


def rule(conditions: str, section: str = '"Sea"') -> Filing:
    return filing(f"{NAMES}[[rule]]\nsection = {section}\n{conditions}\n")


def holds(conditions: str, title: str = "", url: str | None = URL, **said: object) -> bool:
    given = {"categories": ("News",), "language": "de-AT", **said}
    return file(rule(conditions), ("Town",), title=title, url=url, **given) == ("Town", "Sea")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("conditions", "held"),
    [
        ('source = "N"', True),
        ('source = ["a", "n"]', True),
        ('source = "another"', False),
        ('category = "NEWS"', True),
        ('category = ["a", "b"]', False),
        ('language = "de"', True),
        ('language = "DE-at"', True),
        ('language = ["de-DE", "en"]', False),
        ('category = "news"\nlanguage = "de"\npath = "/politics"', True),
        ('category = "news"\nlanguage = "en"\npath = "/politics"', False),
    ],
)
def test_all_conditions_must_hold_and_any_value_of_one(conditions: str, held: bool) -> None:
    assert holds(conditions) is held


@pytest.mark.parametrize(
    ("path", "url", "held"),
    [
        ("/politics", URL, True),
        ("/politics/", URL, True),
        ("/politics/local/ferry", URL, True),
        ("/pol", URL, False),
        ("/politics/local/ferry/x", URL, False),
        ("/local", URL, False),
        ("/sport", URL, False),
        ("/*/local/*", URL, True),
        ("/*/local", URL, False),
        ("/*ferry", URL, True),
        ("/pol*", URL, True),
        ("/*x*y", URL, False),
        ("/*l*l*y", URL, True),
        ("/politics/local/ferry*ferry", URL, False),
        ("/", "https://news.example", True),
        ("/a b/", "https://news.example/a%20b/c", True),
        ("/навіны", "https://news.example/%D0%BD%D0%B0%D0%B2%D1%96%D0%BD%D1%8B/1", True),
        ("/%D0%BD*", "https://news.example/%d0%bd%D0%B0", True),
        ("/politics", None, False),
    ],
)
def test_paths(path: str, url: str | None, held: bool) -> None:
    if " " in path:
        path = path.replace(" ", "%20")
    assert holds(f'path = "{path}"', url=url) is held


def test_a_star_that_is_written_with_a_percent_sign_is_a_star_of_the_address() -> None:
    assert holds('path = "/a%2Ab/*"', url="https://news.example/a*b/c")
    assert not holds('path = "/a%2Ab/*"', url="https://news.example/a-b/c")


def test_a_path_of_many_stars_is_looked_for_in_linear_time() -> None:
    pieces = "/" + "*a" * 240
    assert not holds(f'path = "{pieces}b"', url="https://news.example/" + "a" * 1_000_000)


@pytest.mark.parametrize(
    ("words", "title", "held"),
    [
        ("budget", "The BUDGET, again", True),
        ("budget", "Budgets again", False),
        ("city council", "The City-Council votes", True),
        ("city council", "Council of the city", False),
        ("Europe", "Quand l’Europe hésite", True),
        ("O'Neill", "Mr O’Neill resigns", True),
        ("straße", "Neue STRASSE gesperrt", True),
        ("паром", "Новы паром — у Мінску", True),
        ("паром", "Новыя паромы", False),
        ("選挙", "衆院選挙の日程", True),
        ("चुनाव", "आज चुनाव है", True),
        ("+5%", "Prices +5 % in May", True),
        ("budget", "", False),
    ],
)
def test_words_of_a_title(words: str, title: str, held: bool) -> None:
    assert holds(f'title = "{words}"', title=title) is held


def test_rules_add_to_what_is_said_or_stand_in_its_place() -> None:
    assert file(rule('title = "a"', '["Sport", "Politics"]'), ("sport", "Town"), title="A", url=None) == (
        "sport",
        "Town",
        "Politics",
    )
    assert file(rule('title = "a"\nonly = true'), ("Town",), title="A", url=None) == ("Sea",)
    assert file(rule('title = "a"\nonly = true'), ("Town",), title="B", url=None) == ("Town",)


def test_one_rule_that_stands_alone_keeps_what_other_rules_add() -> None:
    found = filing(
        f'{NAMES}[[rule]]\nsection = "Sport"\ntitle = "a"\nonly = true\n[[rule]]\nsection = "Politics"\ntitle = "b"\n'
    )
    assert file(found, ("Town",), title="a b", url=None) == ("Politics", "Sport")


def test_where_entries_stand_that_would_be_in_none() -> None:
    own, site = 'default_section = "Own  one"', f'[sections]\ndefault = "Other"\n{NAMES}'
    assert file(filing(), (), title="", url=None) == ()
    assert file(filing(source=own), (), title="", url=None) == ("Own one",)
    assert file(filing(site), (), title="", url=None) == ("Other",)
    assert file(filing(site, own), (), title="", url=None) == ("Own one",)
    assert file(filing(site, own), ("Town",), title="", url=None) == ("Town",)
    assert file(filing(f'{site}[[rule]]\nsection = "Sea"\ntitle = "a"\n', own), (), title="a", url=None) == ("Sea",)


def test_former_names_lead_to_the_present_one() -> None:
    found = filing('[[section]]\nname = "Harbour"\nformerly = ["Sea", "Port"]\n', 'default_section = "PORT"')
    assert file(found, ("sea", "Town", "Port", "harbour"), title="", url=None) == ("Harbour", "Town")
    assert file(found, (), title="", url=None) == ("Harbour",)


def test_names_that_only_documents_give() -> None:
    source = 'sections = ["All"]\nprofile = "p"\ndefault_section = "Own"'
    profile = '[profile.p]\nsections = ["Row"]\n'
    said = ("Ghost", "sea", "All", "Row", "Own", "Spectre")
    known = ("sea", "All", "Row", "Own")
    assert file(filing(NAMES + profile, source), said, title="", url=None) == said
    dropped = filing(f'[sections]\nunknown = "drop"\n{NAMES}{profile}', source)
    assert file(dropped, said, title="", url=None) == known
    assert file(dropped, ("Ghost",), title="", url=None) == ("Own",)
    moved = filing(f'[sections]\nunknown = "default"\ndefault = "Other"\n{NAMES}{profile}', source)
    assert file(moved, said, title="", url=None) == ("Other", *known)


CRITERIA = st.builds(
    Criterion,
    sections=st.lists(st.sampled_from(["Sport", "Sea", "sea", "Politics"]), min_size=1, max_size=2).map(tuple),
    only=st.booleans(),
    categories=st.frozensets(st.sampled_from(["a", "b"]), max_size=1),
    paths=st.sampled_from([(), (("/a",),), (("/", "b", ""),)]),
    phrases=st.sampled_from([(), (" one ",), (" two three ",)]),
    languages=st.sampled_from([(), ("de",)]),
)


@given(
    st.lists(CRITERIA, max_size=5).flatmap(lambda made: st.tuples(st.just(made), st.permutations(made))),
    st.sampled_from(["one", "two three", "one two three", ""]),
    st.sampled_from([None, "https://h/a/b", "https://h/b"]),
    st.sampled_from([(), ("A",), ("b",)]),
    st.sampled_from([None, "de", "en"]),
    st.lists(st.sampled_from(["Town", "sport", "Sea"]), max_size=3, unique=True),
)
def test_the_order_of_rules_does_not_matter(
    orders: tuple[list[Criterion], list[Criterion]],
    title: str,
    url: str | None,
    categories: tuple[str, ...],
    language: str | None,
    said: list[str],
) -> None:
    found = {
        file(Filing(tuple(order)), said, title=title, url=url, categories=categories, language=language)
        for order in orders
    }
    assert len(found) == 1
    names = [name.casefold() for name in found.pop()]
    assert len(set(names)) == len(names)


def test_the_same_filing_reads_the_same_whatever_the_order_of_its_sets() -> None:
    names = ["a", "bb", "ccc", "dddd"]
    one, other = (
        Filing((Criterion(("S",), False, frozenset(order), (), (), ()),), known=frozenset(order))
        for order in (names, names[::-1])
    )
    assert one.said == other.said
    assert Filing(known=frozenset()).said != Filing().said
