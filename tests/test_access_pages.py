"""Access of article pages: in order of worth, on silence, and of pages that were made to hurt."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import Access, Evidence
from feeds.access import AccessVerdict, http_evidence, judge, judge_page, page_evidence
from feeds.page import read_page
from tests.pace import slowness

URL = "https://paper.example.org/town/ferry"
FLAG = (
    '<script type="application/ld+json">{"@type": "NewsArticle", "url": "https://paper.example.org/town/ferry", '
    '"isAccessibleForFree": %s}</script>'
)
BODY = "<article><h1>The ferry</h1>{}{}</article>"
GATE = '<div class="offer"><p>Subscribe to continue reading</p></div>'
HINTS = (
    '<meta name="robots" content="noarchive"><script src="https://cdn.piano.io/x.js"></script>'
    '<script src="https://cdn.tinypass.com/y.js"></script><div class="paywall" id="paywall" data-paywall="1"></div>'
)


def body(words: int, gate: str = "") -> str:
    return BODY.format("<p>" + "word " * words + "</p>", gate)


def verdict(markup: str) -> AccessVerdict:
    return judge_page(markup, URL)


def test_a_paywall_above_a_short_body_is_suspected() -> None:
    found = verdict(body(119, GATE))
    assert (found.level, found.confidence) == (Access.PREMIUM, 0.6)
    proof = Evidence("phrase above a short body", "subscribe to continue", "text of 119 words")
    assert found.evidence == (proof,)


def test_a_paywall_above_a_text_is_not() -> None:
    found = verdict(body(120, GATE))
    assert (found.level, found.confidence) == (Access.UNKNOWN, 0.35)


def test_registration_above_a_short_body() -> None:
    assert verdict(body(50, "<p>Create a free account to continue</p>")).level is Access.REGISTRATION
    assert verdict(body(500, "<p>Create a free account to continue</p>")).level is Access.UNKNOWN


def test_classes_and_scripts_never_decide() -> None:
    for words in (0, 50, 500):
        found = verdict(HINTS + body(words))
        assert found.level is Access.UNKNOWN
        assert {one.signal for one in found.evidence} == {"class", "noarchive", "script"}
    assert verdict(HINTS + body(500, GATE)).level is Access.UNKNOWN


def test_hints_of_many_kinds_add_up() -> None:
    found = verdict(HINTS + body(300, GATE + "<p>and nobody knows why…</p>"))
    assert (found.level, found.confidence) == (Access.PREMIUM, 0.5801)


def test_the_words_of_a_script_are_nobodys() -> None:
    script = "<script>var texts = ['Subscribe to continue reading'];" + "x = 1;" * 100 + "</script>"
    assert verdict(body(40) + script) == AccessVerdict(Access.UNKNOWN, (), 0.0)
    assert verdict(body(40, GATE) + script).level is Access.PREMIUM
    assert verdict("<frameset></frameset>").level is Access.UNKNOWN


def test_an_invitation_is_nothing() -> None:
    page = '<nav>Subscribe to continue reading</nav><a href="/s">Subscribe to continue reading</a>' + body(40)
    assert verdict(page) == AccessVerdict(Access.UNKNOWN, (), 0.0)


@pytest.mark.parametrize(
    ("markup", "level", "confidence"),
    [
        (FLAG % "true" + body(40, GATE), Access.FREE, 0.97),
        (FLAG % "false" + '<meta property="article:content_tier" content="free">', Access.PREMIUM, 0.97),
        (FLAG % "true" + '<meta name="paywall" content="hard">', Access.FREE, 0.97),
        ('<meta name="paywall" content="none">' + body(40, GATE), Access.FREE, 0.93),
        (
            '<meta name="paywall" content="none"><meta property="article:content_tier" content="metered">',
            Access.METERED,
            0.8,
        ),
        (FLAG % "true" + FLAG % "false", Access.PREMIUM, 0.8),
    ],
)
def test_the_order_of_decision(markup: str, level: Access, confidence: float) -> None:
    found = verdict(markup)
    assert (found.level, found.confidence) == (level, confidence)


def test_what_says_otherwise_is_kept() -> None:
    found = verdict(FLAG % "false" + '<meta name="paywall" content="none">')
    assert [one.signal for one in found.evidence] == ["isAccessibleForFree", "publisher meta"]


def test_a_row_of_a_list_is_heard_beside_the_page() -> None:
    said = page_evidence(read_page(FLAG % "true", URL))
    assert judge([*said, Evidence("marker", "+", "row")]).level is Access.PREMIUM
    assert judge([*said, Evidence("category", "Premium", "entry")]).level is Access.PREMIUM
    assert judge([*said, Evidence("badge", ".lock", "row")]).level is Access.PREMIUM
    assert judge([*said, Evidence("dcterms:accessRights", "premium", "entry")]).confidence == 0.8
    assert judge([*said, Evidence("class", ".paywall", "page")]).level is Access.FREE
    assert judge(said, configured=Access.PREMIUM).level is Access.PREMIUM


@pytest.mark.parametrize(
    ("status", "robots", "signals"),
    [
        (200, None, []),
        (402, None, ["HTTP status"]),
        (403, "NoArchive, noindex", ["HTTP status", "noarchive"]),
        (404, "noindex", []),
    ],
)
def test_the_answer(status: int, robots: str | None, signals: list[str]) -> None:
    said = http_evidence(status, robots)
    assert [one.signal for one in said] == signals
    assert judge(said).level is Access.UNKNOWN


def test_bytes_are_read_as_they_are_declared() -> None:
    page = '<meta charset="windows-1251">' + body(40, "<p>Только для подписчиков</p>")
    assert judge_page(page.encode("cp1251"), URL).level is Access.PREMIUM


def test_vendors_in_an_address_of_their_own_kind() -> None:
    assert verdict('<script src="/js/PIANO.IO/x.js"></script>').evidence == (Evidence("script", "Piano", "script"),)


@pytest.mark.parametrize("markup", ["", "<", "\0", "<html>", "plain text", b"", b"\xff\xfe\0", b"\x80abc"])
def test_what_is_no_page(markup: str | bytes) -> None:
    assert judge_page(markup, URL) == AccessVerdict(Access.UNKNOWN, (), 0.0)


@given(st.binary())
def test_never_an_error_for_bytes(data: bytes) -> None:
    assert judge_page(data, "no address").level is not Access.FREE


PIECES = [
    *("<article>", "</article>", "<h1>A</h1>", "<p>", "</div>", "<div class=paywall>", "<div itemscope itemtype="),
    *('"https://schema.org/NewsArticle">', "<meta itemprop=isAccessibleForFree content=", '"False">', "<li>", "<a>"),
    *(FLAG % '"no"', FLAG % "[{}]", '<script type="application/ld+json">', "{", "}", '"hasPart":', "</script>", GATE),
    *("<meta name=paywall content=", '"audience":"only_paid"', "<script>", "<template>", "subscribe to continue "),
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=40))
def test_never_an_error_for_markup(pieces: list[str]) -> None:
    said = page_evidence(read_page("".join(pieces), URL))
    there, back = judge(said), judge(said[::-1])
    assert (there.level, there.confidence) == (back.level, back.confidence)


THING = {"@type": "NewsArticle", "headline": "x", "isAccessibleForFree": False, "hasPart": {"cssSelector": ".a"}}
HOSTILE = {
    "deep": "<div class='related'>" * 100_000 + "subscribe to continue reading",
    "deep articles": "<article><p>" * 50_000 + "subscribe to continue reading",
    "classes": f"<div class='{'paywal ' * 100_000}'>subscribe to continue reading</div>",
    "elements": "<p class='a b c'>subscribe to continue reading</p>" * 30_000,
    "statements": FLAG.replace("%s", "true") * 10_000,
    "things": f'<script type="application/ld+json">{json.dumps([THING] * 8_000)}</script>',
    "parts": f'<script type="application/ld+json">{json.dumps({**THING, "hasPart": [THING] * 8_000})}</script>',
    "nested": '<script type="application/ld+json">' + '{"@type":"Article","hasPart":[' * 20_000 + "</script>",
    "broken": f'<script type="application/ld+json">{"@type: Article isAccessibleForFree " * 20_000}</script>',
    "metas": "".join(f"<meta name='{number}:premium' content='1{number}'>" for number in range(20_000)),
    "paid": "".join(f"<meta name='{number}:paid' content='1'>" for number in range(20_000)),
    "audiences": "<script>" + '\\"audience\\":' * 60_000 + "</script>",
    "backslashes": '<script>"audience' + "\\" * 900_000 + "</script>",
    "spaces": "<p>subscribe" + " " * 900_000 + "to continue reading</p>",
    "stems": "<p>" + "continue reading this article " * 60_000 + "</p>",
}


def test_what_is_said_a_thousand_times_is_kept_ten_times() -> None:
    page = "<meta name='paid' content='1'>"
    tiers = "".join(f"<meta name='article:content_tier' content='tier {number}'>" for number in range(1000))
    said = page_evidence(read_page(page + tiers, URL))
    assert len(said) == 11


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("name", HOSTILE)
def test_pages_that_were_made_to_hurt(name: str) -> None:
    start = time.process_time()
    page = read_page(HOSTILE[name], URL)
    read = time.process_time()
    judge(page_evidence(page))
    # Linear in 2 MB is some tenths of a second; what is quadratic takes minutes.
    assert time.process_time() - read < 5 * slowness(), read - start
