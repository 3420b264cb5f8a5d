"""Keys, fingerprints, and the verdict on pairs: what must be joined, and what never."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import Fingerprint
from feeds.dedupe import fingerprint, fold_title, imprint, index_hashes, keys, related, verdict

NOON = datetime(2025, 2, 26, 12, tzinfo=UTC)
TITLE = "Belarusian parliament ratifies security treaty with Russia"
BODY = "Both houses of the National Assembly have ratified a security guarantees treaty on the same day."
OTHER_BODY = "Deputies voted on Wednesday for the document that the two presidents had signed in early December."

PARAGRAPHS = (
    "Both houses of the National Assembly have ratified a security guarantees treaty on the same day, the press "
    "service said on Wednesday. It obliges the two neighbours to defend each other with all means if one is attacked.",
    "Deputies voted for the document that the presidents had signed in early December without a single question from "
    "the floor. The speaker called the result a proof of unity and thanked the members for their patience.",
    "Critics abroad point out that the airfields in the east are to be open to guests for 25 years, and that 300 "
    "technicians with their families will move into two garrison towns, where 14 houses are being built already.",
)
STORY = "\n\n".join(PARAGRAPHS)
OWN = (
    "Our correspondent spoke with people at the market, none of whom had heard of it. A seller of gherkins wished the "
    "gentlemen in the capital good health and asked whether anybody there knew the price of a train ticket nowadays."
)

texts = st.text(max_size=80) | st.sampled_from([TITLE, "UPDATE 1-" + TITLE, TITLE + " | Site", "ŉ İ ΐ ´ 漢字 +5% −5"])
prints = st.builds(
    fingerprint,
    st.sampled_from([TITLE, TITLE.upper(), TITLE + " | Site", "Weather", "Quite another story than that one"]),
    st.sampled_from(["", "Short.", BODY, OTHER_BODY, BODY * 4, STORY, PARAGRAPHS[0], STORY + OWN, OWN + PARAGRAPHS[2]]),
    st.sampled_from([None, "https://a.example/1", "https://www.a.example/1/", "https://b.example/2"]),
    at=st.sampled_from([None, NOON, NOON + timedelta(hours=72), NOON + timedelta(hours=73)]),
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (TITLE, TITLE.upper()),
        ("Russia’s “upper house” ratifies – treaty", 'Russia\'s "upper house" ratifies - treaty!'),
        ("co\u00adoperation treaty", "cooperation treaty"),
        (TITLE, TITLE + " | Pozirk"),
        (TITLE, TITLE + " | World | The Daily Post"),
        (TITLE, "UPDATE 2-" + TITLE),
        (TITLE, "RPT-UPDATE 1-" + TITLE),
        ("ﬁve ４ words here", "five 4 words here"),
        ("Straße", "STRASSE"),
        ("L´état", "L'état"),
    ],
)
def test_titles_that_fold_alike(one: str, other: str) -> None:
    assert fold_title(one) == fold_title(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sales rise in May y/y, drop m/m", "Sales drop in May y/y, rise m/m"),
        ("Shares of the bank +5%", "Shares of the bank -5%"),
        ("Live | Parliament votes on the treaty", "Live | Court hears the appeal"),
        ("UPDATE your software today", "your software today"),
        ("Market report | a tail of more than five words", "Market report"),
    ],
)
def test_titles_that_stay_apart(one: str, other: str) -> None:
    assert fold_title(one) != fold_title(other)


def test_words_of_any_script_are_counted() -> None:
    assert fingerprint("漢字かな", "").title_words == 4
    assert fingerprint("मौसम की जानकारी", "").title_words == 3
    assert fingerprint("Падзеі дня", "").title_words == 2
    assert fingerprint("", "").title_words == 0


def test_hashes_are_the_same_on_every_machine() -> None:
    made = fingerprint(TITLE, BODY, "https://www.a.example/1/?utm_source=rss", at=NOON)
    assert made.title_hash == 2312977162079013567
    assert made.text_hash == 1668253359925611290
    assert (made.url_key, made.title_words, made.body_words, made.at) == ("a.example/1", 7, 16, NOON)
    assert fingerprint("Two words", "Eleven words are no body that anything could be compared by.").text_hash is None


@given(texts, texts)
def test_hashes_fit_a_bigint(title: str, body: str) -> None:
    made = fingerprint(title, body)
    for value in (made.title_hash, made.text_hash):
        assert value is None or -(2**63) <= value < 2**63
    assert made.title_words == len(made.title.split())
    assert (made.title_hash is not None) == (made.title_words >= 4)


@given(texts)
def test_folding_twice_changes_nothing(title: str) -> None:
    assert fold_title(fold_title(title)) == fold_title(title)


@pytest.mark.parametrize("url", ["https://a.example/1", "http://www.a.example/1/?utm_source=rss#top"])
def test_r1_joins_one_address(url: str) -> None:
    joined = verdict(fingerprint(TITLE, BODY, "https://a.example/1"), fingerprint("New title", OTHER_BODY, url))
    assert (joined.same, joined.rule, joined.score) == (True, "R1", 1.0)


def test_r2_joins_equal_words_whenever_they_came() -> None:
    one = fingerprint(TITLE, BODY, "https://a.example/1", at=NOON)
    other = fingerprint(
        TITLE.upper() + " | Site", BODY.replace(" ", "\n"), "https://b.example/1", at=NOON + timedelta(9)
    )
    assert verdict(one, other).rule == "R2"
    assert not verdict(one, fingerprint("Another title of five words", BODY)).same


def test_a_line_of_boilerplate_under_a_recurring_title_proves_nothing() -> None:
    short, long = (fingerprint("The morning briefing for you", text) for text in (BODY, BODY * 4))
    assert verdict(short, short).same
    assert not verdict(short, short, recurring=True).same
    assert verdict(long, long, recurring=True).rule == "R2"


@pytest.mark.parametrize(
    ("hours", "same"), [(0, True), (72, True), (-72, True), (72.001, False), (-100, False), (None, True)]
)
def test_r5_joins_equal_titles_within_three_days(hours: float | None, same: bool) -> None:
    at = NOON + timedelta(hours=hours) if hours is not None else None
    joined = verdict(fingerprint(TITLE, "", at=NOON), fingerprint(TITLE.upper(), "", at=at))
    assert (joined.same, joined.rule) == (same, "R5" if same else None)


def test_r5_needs_four_words_and_a_missing_body() -> None:
    assert verdict(fingerprint(TITLE, ""), fingerprint(TITLE, BODY)).rule == "R5"
    assert not verdict(fingerprint(TITLE, OTHER_BODY), fingerprint(TITLE, BODY)).same
    assert not verdict(fingerprint("Three short words", ""), fingerprint("Three short words", "")).same
    assert not verdict(fingerprint(TITLE, ""), fingerprint(TITLE, ""), recurring=True).same
    near = "Russia's upper house ratifies security guarantees treaty with Belarus"
    assert not verdict(fingerprint(TITLE, ""), fingerprint(near, "")).same


@given(prints, prints, st.booleans())
def test_the_verdict_is_symmetrical(a: Fingerprint, b: Fingerprint, recurring: bool) -> None:
    one = verdict(a, b, recurring=recurring)
    assert one == verdict(b, a, recurring=recurring)
    assert one.same == (one.rule is not None) == (one.score > 0)
    assert one.score in (0, 1) or one.rule in ("R3", "R4")
    assert related(a, b, recurring=recurring) == related(b, a, recurring=recurring)


@given(texts, texts, st.sampled_from([None, "https://a.example/1"]), st.booleans())
def test_an_imprint_is_a_fingerprint_without_what_costs(title: str, body: str, url: str | None, sketched: bool) -> None:
    whole = fingerprint(title, body, url, at=NOON)
    cheap = imprint(title, body, url, at=NOON, sketched=sketched)
    assert cheap == replace(
        whole, sketch=whole.sketch if sketched else (), shingles=None, numbers=None, opening=None, stems=None
    )
    assert index_hashes(whole) == {*whole.sketch, *([] if whole.bucket is None else [whole.bucket])}


@given(prints.filter(lambda one: bool(one.body_words)))
def test_a_text_holds_itself(one: Fingerprint) -> None:
    found = verdict(one, replace(one, url_key=None, title="else", text_hash=1 if one.text_hash else None))
    assert found.score in (0, 1)
    assert found.rule == ("R3" if one.body_words >= 50 else None)


def test_r3_joins_what_was_cut_moved_and_added_to() -> None:
    first, second, third = PARAGRAPHS
    whole = fingerprint(TITLE, STORY, "https://a.example/1", at=NOON)
    copy = fingerprint("Treaty is through", f"By our staff. {second} {OWN} {first}", "https://b.example/2", at=NOON)
    joined = verdict(whole, copy)
    assert (joined.same, joined.rule) == (True, "R3")
    assert 0.5 < joined.score < 0.8
    assert not index_hashes(whole).isdisjoint(index_hashes(copy))
    assert not verdict(whole, copy, recurring=True).same
    assert not verdict(whole, replace(copy, at=NOON + timedelta(days=7, seconds=1))).same
    assert verdict(whole, replace(copy, at=NOON + timedelta(days=7))).same
    assert not verdict(whole, replace(copy, shingles=None, numbers=None, opening=None, stems=None)).same
    assert not verdict(imprint(TITLE, STORY), copy).same
    assert not verdict(whole, fingerprint("Treaty is through", OWN * 2, at=NOON)).same
    assert not verdict(whole, fingerprint("A longer comment on the day", OWN * 2 + third, at=NOON)).same


def test_r3_asks_that_one_begins_with_what_the_other_has() -> None:
    footer = " ".join(PARAGRAPHS[:2])
    one, other = fingerprint("One", f"{OWN} {footer}"), fingerprint("Other", f"{PARAGRAPHS[2]} {footer}")
    assert not verdict(one, other).same
    assert verdict(one, fingerprint("Other", footer)).rule == "R3"


def test_the_same_words_with_other_figures_are_another_report() -> None:
    report = (
        "Prices rose by {} % in a month and by {} % in a year, food by {} %, services by {} %, and goods by {} %. " * 1
    )
    report += (
        "The national bank aims at no more than six in a year, and analysts had expected what came, the office said. "
    )
    report += (
        "All of it is in the bulletin that the office prints once a month and sends to whom it may concern in the land."
    )
    may, june = (
        fingerprint("Prices", report.format(*given)) for given in ((0.4, 5.7, 0.9, 0.3, 0.1), (0.7, 6.2, 1, 8, 3))
    )
    assert not verdict(may, june).same
    assert not related(may, june)
    corrected = fingerprint("Prices", report.format(0.4, 5.7, 0.9, 0.3, 0.2))
    assert verdict(may, corrected).rule == "R3"


@pytest.mark.parametrize(
    ("title", "words", "same"),
    [
        (TITLE, 49, True),
        (TITLE, 12, True),
        ("Belarusian parliament ratifies treaty with Russia", 30, True),
        ("UPDATE 1-" + TITLE + " | Site", 30, True),
        ("A cucumber is not a gherkin, says court", 30, False),
        ("Treaty ratified today", 30, False),
    ],
)
def test_r4_joins_a_teaser_under_such_a_title(title: str, words: int, same: bool) -> None:
    teaser = " ".join(STORY.split()[:words])
    joined = verdict(fingerprint(TITLE, STORY, at=NOON), fingerprint(title, teaser + "…", at=NOON))
    assert (joined.same, joined.rule, joined.score) == ((True, "R4", 1.0) if same else (False, None, 0.0))


def test_r4_needs_more_of_the_text() -> None:
    half = " ".join([*STORY.split()[:20], *OWN.split()[:20]])
    assert not verdict(fingerprint(TITLE, STORY), fingerprint(TITLE, half)).same
    few = "Both houses of the National Assembly have ratified " + "it it it it it it it it it"
    assert not verdict(fingerprint(TITLE, STORY), fingerprint(TITLE, few)).same


def test_a_short_title_proves_nothing_of_a_teaser() -> None:
    teaser = " ".join(STORY.split()[:40])
    assert not verdict(fingerprint("Weather today", STORY), fingerprint("Weather today", teaser)).same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (TITLE, "Russia's upper house ratifies security guarantees treaty with Belarus"),
        (
            "Ferry catches fire off Northport, all passengers rescued",
            "All passengers rescued as ferry burns off Northport",
        ),
        ("В Прибрежном закрывают последний кинотеатр", "Последний кинотеатр Прибрежного закроют в апреле"),
        ("У Залессі знайшлі ліст каралевы", "Ліст каралевы з Залесся пакажуць ўвосень, знайшлі яго рабочыя"),
        ("古城图书馆取消罚款", "罚款取消!古城图书馆宣布"),
    ],
)
def test_titles_of_one_event_are_related(one: str, other: str) -> None:
    a, b = fingerprint(one, "", at=NOON), fingerprint(other, BODY, at=NOON + timedelta(hours=48))
    assert related(a, b)
    assert not verdict(a, b).same
    assert not related(a, b, recurring=True)
    assert not related(a, replace(b, at=NOON + timedelta(hours=49)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (TITLE, "Parliament of Norway debates fishing quotas"),
        ("Weather", "Weather"),
        ("It is on us to do so", "It is on us to do it"),
        ("Minister resigns after scandal over ferries", "Minister opens new railway museum in Lakeside"),
        ("", ""),
        ("…", "!"),
    ],
)
def test_titles_of_different_events_are_not(one: str, other: str) -> None:
    assert not related(fingerprint(one, "", at=NOON), fingerprint(other, BODY, at=NOON))


def test_a_shared_passage_relates_where_the_titles_share_something() -> None:
    """The background is the same, the news is not."""
    later = f"{OWN} {OWN.upper()[:90]} {PARAGRAPHS[2]} {OWN[::-1]}"
    one = fingerprint("Parliament ratifies treaty with its neighbour", STORY, at=NOON)
    assert related(one, fingerprint("Nobody at the market knows of parliament's treaty", later, at=NOON))
    assert not related(one, fingerprint("Nobody at the market knows", later, at=NOON))
    assert not related(one, fingerprint("Nobody at the market knows of parliament's treaty", OWN, at=NOON))


@pytest.mark.parametrize("filler", ["word ", "漢", "\u0301", "5 ", "a", "\ud800", " | x"])
def test_endless_texts_are_cut(filler: str) -> None:
    endless = filler * 300_000
    made = fingerprint(endless, endless, at=NOON)
    assert made.body_words <= 200_000
    assert len(made.shingles or ()) < 3000
    assert verdict(made, fingerprint("x" + endless, "x " + endless)) is not None


def test_keys_are_the_address_then_the_guid() -> None:
    url, guid = keys("pozirk", "https://www.a.example/1/", "g1", TITLE, url_shared=False)
    assert (len(url), len(guid)) == (16, 16)
    assert keys("other", "http://a.example/1", None, "x", url_shared=False) == (url,)
    assert keys("pozirk", "https://a.example/live", "g1", "x", url_shared=True) == (guid,)
    assert keys("other", None, "g1", "x", url_shared=False) != (guid,)


@pytest.mark.parametrize(
    "title", ["Russia's “upper house” votes", 'Russia’s "Upper  House" votes', "RUSSIA'S «upper house» votes"]
)
def test_an_item_with_nothing_else_is_found_by_its_title(title: str) -> None:
    (key,) = keys("pozirk", None, None, title, url_shared=False)
    assert keys("pozirk", "https://a.example/", None, 'Russia\'s "upper house" votes', url_shared=True) == (key,)
    assert keys("other", None, None, title, url_shared=False) != (key,)


@pytest.mark.parametrize("other", ["C jobs", "C++ jobs!", "C++ | jobs", "…"])
def test_titles_without_an_address_differ_by_every_sign(other: str) -> None:
    assert keys("s", None, None, "C++ jobs", url_shared=False) != keys("s", None, None, other, url_shared=False)


@given(st.text(max_size=20), st.none() | st.text(), st.none() | st.text(), st.text(), st.booleans())
def test_there_is_always_a_key(source: str, url: str | None, guid: str | None, title: str, shared: bool) -> None:
    found = keys(source, url, guid, title, url_shared=shared)
    assert found
    assert all(len(key) == 16 for key in found)
