"""What all pages of the desk share: whatever stands in it stays text, and everybody can read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import lxml.html
import pytest

from feeds.desk.page import STATIC, TEMPLATES, environment
from tests.desk.specimen import HOSTILE, NOW, STATES, specimen

CSS = (STATIC / "desk.css").read_text()
LIGHT, DARK = 0, 1
ON = ("paper", "card", "well")
"""Backgrounds that ordinary text stands on."""


def kit(source: str, **values: Any) -> lxml.html.HtmlElement:
    """What a template makes that has every macro at hand."""
    names = re.findall(r"{% macro (\w+)\(", (TEMPLATES / "macros.html").read_text())
    html = environment().from_string(f'{{% from "macros.html" import {", ".join(names)} %}}{source}').render(values)
    return lxml.html.fragment_fromstring(html, create_parent="div")


def frame(**values: Any) -> lxml.html.HtmlElement:
    given = {"title": "Sources", "here": "sources", "site_title": "Courier", "signed_in": True, **values}
    return lxml.html.document_fromstring(environment().get_template("base.html").render(given))


def spoken(element: lxml.html.HtmlElement) -> str:
    return " ".join(str(element.text_content()).split())


# What a page may not have


def test_the_specimen_has_every_macro() -> None:
    names = set(re.findall(r"{% macro (\w+)\(", (TEMPLATES / "macros.html").read_text()))
    used = (TEMPLATES.parents[2] / "tests" / "desk" / "specimen.html").read_text()
    assert {name for name in names if f"{name}(" not in used.partition("%}\n{% block")[2]} == {"hidden_fields"}


def imported(template: str) -> dict[str, set[str]]:
    """Template of macros -> what another template imports of it."""
    found = re.findall(r'{% from "(\w+\.html)" import ([^%]+?) %}\n', re.sub(r"{#.*?#}", "", template, flags=re.DOTALL))
    return {source: set(names.split(", ")) for source, names in found}


def test_pages_use_every_macro_and_import_none_that_they_do_not() -> None:
    used: dict[str, set[str]] = {"macros.html": set(), "parts.html": set()}
    for file in sorted(TEMPLATES.glob("*.html")):
        text = file.read_text()
        for source, names in imported(text).items():
            rest = re.sub(r"{% from .*? %}", "", text)
            assert {name for name in names if not re.search(rf"\b{name}\(", rest)} == set(), file.name
            used[source] |= names
    for source, names in used.items():
        text = (TEMPLATES / source).read_text()
        within = {name for name in re.findall(r"{% macro (\w+)\(", text) if len(re.findall(rf"\b{name}\(", text)) > 1}
        assert set(re.findall(r"{% macro (\w+)\(", text)) - names - within == set(), source


def test_no_macro_lets_a_word_out_of_its_place() -> None:
    html = specimen(HOSTILE, HOSTILE)
    assert "<script>alert" not in html
    page = lxml.html.document_fromstring(html)
    assert HOSTILE in spoken(page)
    assert not re.search(r"\b49\b", spoken(page)), "no word became a template"
    assert [each.get("src", "").partition("?")[0] for each in page.iter("script")] == ["/desk/static/desk.js"]
    plain = lxml.html.document_fromstring(specimen())
    assert [each.tag for each in page.iter()] == [each.tag for each in plain.iter()], "no word became an element"
    assert [sorted(each.keys()) for each in page.iter()] == [sorted(each.keys()) for each in plain.iter()]


def test_ids_are_unique_and_what_refers_to_them_finds_them() -> None:
    page = lxml.html.document_fromstring(specimen())
    ids = [each.get("id") for each in page.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    for name in ("for", "aria-describedby", "aria-labelledby", "data-copy"):
        for each in page.iterfind(f".//*[@{name}]"):
            assert set(each.get(name, "").split()) <= set(ids)


@pytest.mark.parametrize("file", sorted(TEMPLATES.rglob("*.html")), ids=lambda file: file.name)
def test_a_template_has_no_style_script_or_handler_of_its_own(file: Any) -> None:
    text = re.sub(r"{#.*?#}", "", file.read_text(), flags=re.DOTALL)
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"<style", text, re.IGNORECASE)
    assert not re.search(r"\son[a-z]+\s*=", text)
    assert not re.search(r"javascript:", text, re.IGNORECASE)
    assert re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", text) == []
    assert not re.search(r"\|\s*safe\b|autoescape\s+false", text)
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", text), "nothing comes from elsewhere"


def test_the_files_of_the_desk_load_nothing() -> None:
    for file in STATIC.iterdir():
        text = file.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(r"https?://|@import|url\(|\beval\(|innerHTML|new Function", text), file.name


def test_the_script_is_short_and_strict() -> None:
    lines = (STATIC / "desk.js").read_text().splitlines()
    assert len(lines) <= 120
    assert '"use strict";' in lines[:3]


# The frame


def test_the_frame_says_where_one_is() -> None:
    page = frame(open_incidents=1200)
    (here,) = page.iterfind(".//nav//a[@aria-current]")
    assert (here.get("aria-current"), here.get("href")) == ("page", "/desk/sources")
    assert page.findtext(".//title") == "Sources · Courier"
    assert spoken(page.xpath("//nav//a[@href='/desk/incidents']")[0]) == "Incidents 1,200 open"
    assert page.xpath("//a[@class='skip']")[0].get("href") == "#main"
    assert page.find(".//main").get("id") == "main"


def test_without_incidents_there_is_no_badge() -> None:
    assert spoken(frame().xpath("//nav//a[@href='/desk/incidents']")[0]) == "Incidents"


def test_only_a_session_is_signed_out_of() -> None:
    (form,) = frame(has_session=True).xpath("//form[@action='/desk/logout']")
    assert form.get("method") == "post"
    assert frame().xpath("//form[@action='/desk/logout']") == []
    assert frame(signed_in=False).xpath("//nav") == []


def test_what_happened_is_told_by_its_role() -> None:
    flash = [("ok", "Polled"), ("info", "Due"), ("warning", "Slow"), ("error", "No such source")]
    told = [(each.get("role"), spoken(each)) for each in frame(flash=flash).xpath("//p[contains(@class, 'flash')]")]
    assert told == [
        ("status", "Done: Polled"), ("status", "Note: Due"), ("alert", "Note: Slow"),
        ("alert", "Not done: No such source"),
    ]  # fmt: skip


# The macros


@pytest.mark.parametrize("word", STATES)
def test_a_state_is_a_word_and_a_sign(word: str) -> None:
    made = kit("{{ state(word) }}", word=word)
    assert spoken(made) == word.replace("-", " ")
    assert made.find(".//path").get("d")
    assert made.find("span").get("class").split()[1] in ("good", "warn", "bad", "info", "gold", "calm")


def test_states_of_one_colour_have_different_signs() -> None:
    signs: dict[str, str] = {}
    for word in STATES[:10]:
        made = kit("{{ state(word) }}", word=word)
        signs[word] = made.find(".//path").get("d")
    assert len(set(signs.values())) == len(signs)


def test_a_moment_is_told_in_words_and_in_full() -> None:
    (made,) = kit("{{ moment(now, now) }}", now=NOW)
    assert (made.get("datetime"), made.get("title")) == ("2026-03-02T12:00:00Z", "Mon 2 Mar 2026, 12:00:00 UTC")
    assert spoken(kit("{{ moment(none, now, 'not yet') }}", now=NOW)) == "not yet"


def test_a_table_says_its_roles_and_each_cell_its_column() -> None:
    made = kit(
        '{% call table("Sources", [("Source", ""), ("Entries", "num"), ("Deeds", "acts")], titled=true) %}'
        '{% call row() %}{{ head_cell("harbour", "/s", "note") }}{{ cell("Entries", 0, "num") }}'
        '{% call cell("Deeds", kind="acts") %}<b>x</b>{% endcall %}{% endcall %}{% endcall %}'
    )
    region = made.find("div")
    assert (region.get("role"), region.get("tabindex"), region.get("aria-label")) == ("region", "0", "Sources")
    assert [each.get("role") for each in made.iterfind(".//tr/*")] == ["columnheader"] * 3 + ["rowheader"] + [
        "cell"
    ] * 2
    assert [each.get("data-label") for each in made.iterfind(".//td")] == ["Entries", "Deeds"]
    assert [spoken(each) for each in made.iterfind(".//td")] == ["0", "x"]
    assert made.find(".//td[2]/b") is not None
    assert made.find(".//caption").get("class") is None


@pytest.mark.parametrize(
    ("kind", "tag"),
    [("text", "input"), ("search", "input"), ("password", "input"), ("select", "select"), ("textarea", "textarea")],
)
def test_a_field_is_tied_to_its_label_hint_and_error(kind: str, tag: str) -> None:
    made = kit(
        '{{ field("name", "Name", kind, "b", "A hint", "An error", [("a", "A"), ("b", "B")], required=true, '
        'autocomplete="off") }}',
        kind=kind,
    )
    control = made.find(f".//{tag}")
    assert made.find(".//label").get("for") == control.get("id") == "field-name"
    assert control.get("aria-describedby") == "field-name-help field-name-error"
    assert control.get("aria-invalid") == "true"
    assert [control.get("required") is not None, control.get("autocomplete")] == [True, "off"]
    assert spoken(made.get_element_by_id("field-name-help")) == "A hint"
    assert spoken(made.get_element_by_id("field-name-error")) == "An error"
    assert control.value.strip() == "b", "the line end at the start of a textarea is none of its own (HTML, 13.1.2.5)"


def test_a_plain_field_has_no_more_than_it_needs() -> None:
    control = kit('{{ field("name", "Name", prefix="find") }}').find(".//input")
    assert sorted(control.keys()) == ["dir", "id", "name", "type", "value"]
    assert control.get("id") == "find-name"


def test_a_choice_is_known_by_its_value() -> None:
    made = kit('{{ field("n", "Number", "select", 2, options=[(1, "One"), (2, "Two")], required=true) }}')
    assert spoken(made.find(".//label")) == "Number (required)"
    assert made.xpath(".//option[@selected]/@value") == ["2"]
    for value in (True, False):
        box = kit('{{ field("on", "On", "checkbox", value) }}', value=value).find(".//input")
        assert (box.get("checked") is not None) is value


def test_what_is_dangerous_takes_two_steps() -> None:
    made = kit('{{ confirm("/x", "Remove", "danger", {"csrf": "a"}, "Its entries stay", "harbour") }}')
    details = made.find("details")
    assert details.get("open") is None
    assert spoken(details.find("summary")) == "Remove harbour…"
    form = details.find("form")
    assert (form.get("method"), form.get("action"), form.find("input").get("value")) == ("post", "/x", "a")
    assert spoken(form) == "Its entries stay Remove harbour"
    plain = kit('{{ confirm("/x", "Poll now", about="harbour") }}').find("form")
    assert (plain.get("method"), spoken(plain)) == ("post", "Poll now harbour")


def test_a_pager_has_no_link_that_leads_nowhere() -> None:
    source = "{{ pager(next, before) }}"
    assert kit(source, next="", before="").find("nav") is None
    assert [each.get("rel") for each in kit(source, next="/2", before="/0").iter("a")] == ["prev", "next"]
    assert [each.get("rel") for each in kit(source, next="/2", before=None).iter("a")] == ["next"]


def test_a_field_to_copy_is_of_use_without_script() -> None:
    made = kit('{{ copyable("https://news.example/?a=1&b=2", "Address", "feed") }}')
    field = made.find(".//input")
    assert (field.get("readonly") is not None, field.value) == (True, "https://news.example/?a=1&b=2")
    button = made.find(".//button")
    assert (button.get("hidden") is not None, button.get("type"), button.get("data-copy")) == (True, "button", "feed")


def test_a_chart_has_its_figures_as_a_table() -> None:
    made = kit(
        '{{ chart("", "Latency", labels, series, "Hour", " ms") }}', labels=["00:00", "01:00"], series={"p": [5, 1200]}
    )
    rows = [[spoken(each) for each in row] for row in made.iter("tr")]
    assert rows == [["Hour", "p (ms)"], ["00:00", "5"], ["01:00", "1,200"]]
    assert made.xpath(".//*[@class='keys']") == [], "one series needs no key"


def test_what_may_be_left_out_leaves_nothing() -> None:
    assert spoken(kit('{{ page_head("Sources") }}{{ empty("None", "Add one") }}')) == "Sources None Add one"
    assert kit('{{ figures([("A", 1, "", "", "")]) }}').find(".//dd[2]") is None
    assert spoken(kit('{{ spark("", 0) }}')) == "0", "nothing is a number, too"
    assert kit('{% call filters("/x", "Find") %}{% endcall %}').find(".//a") is None
    assert spoken(kit('{{ trail([("Sources", "/x")]) }}')) == "Sources"
    assert spoken(kit('{{ form("/x", "Save") }}')) == "Save"
    assert kit('{{ progress("Polling", 0, 0) }}').find(".//progress").get("max") == "1"


# The style sheet


def colours() -> Iterator[dict[str, str]]:
    """Custom properties by name that are colours: in light, then in dark."""
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    light = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[0]))
    yield light
    assert "@media (prefers-color-scheme: dark)" in CSS
    yield light | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[1]))


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_the_rules_say() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_text_can_be_read(scheme: int) -> None:
    known = list(colours())[scheme]
    own = [(name, f"{name.removesuffix('-ink')}-paper") for name in known if name.endswith("-ink")]
    own += [("main-ink", "main-hover"), ("calm-ink", "card"), *product(("ink", "soft", "accent"), ON)]
    assert len(own) >= 18
    low = {pair: round(found, 2) for pair in own if (found := contrast(known[pair[0]], known[pair[1]])) < 4.5}
    assert low == {}


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_edges_marks_and_focus_can_be_seen(scheme: int) -> None:
    known = list(colours())[scheme]
    pairs = [*product(("edge", "focus", "accent"), ON), *product(("series-1", "series-2"), ("paper", "card", "well"))]
    low = {pair: round(found, 2) for pair in pairs if (found := contrast(known[pair[0]], known[pair[1]])) < 3}
    assert low == {}


def test_every_rule_that_sets_both_colours_has_the_contrast_of_text() -> None:
    found = 0
    for body in re.findall(r"\{([^{}]*)\}", CSS):
        text = re.search(r"(?<![\w-])color: var\(--([\w-]+)\)", body)
        ground = re.search(r"background: var\(--([\w-]+)\)", body)
        if text and ground:
            found += 1
            for known in colours():
                assert contrast(known[text[1]], known[ground[1]]) >= 4.5, body
    assert found >= 15


def test_light_and_dark_have_the_same_colours() -> None:
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    names = [set(re.findall(r"--([\w-]+): #", block)) for block in blocks[:2]]
    assert names[0] == names[1]


def test_every_property_that_is_used_is_set() -> None:
    assert set(re.findall(r"var\(--([\w-]+)\)", CSS)) <= set(re.findall(r"--([\w-]+):", CSS))


@pytest.mark.parametrize(
    "query", ["prefers-color-scheme: dark", "prefers-reduced-motion", "forced-colors: active", "@media print"]
)
def test_the_style_heeds_what_people_prefer(query: str) -> None:
    assert query in CSS
