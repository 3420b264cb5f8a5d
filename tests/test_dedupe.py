"""Keys, fingerprints, and the verdict on pairs: what must be joined, and what never."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import Fingerprint
from feeds.dedupe import fingerprint, fold_title, keys, verdict

NOON = datetime(2025, 2, 26, 12, tzinfo=UTC)
TITLE = "Belarusian parliament ratifies security treaty with Russia"
BODY = "Both houses of the National Assembly have ratified a security guarantees treaty on the same day."
OTHER_BODY = "Deputies voted on Wednesday for the document that the two presidents had signed in early December."

texts = st.text(max_size=80) | st.sampled_from([TITLE, "UPDATE 1-" + TITLE, TITLE + " | Site", "ŉ İ ΐ ´ 漢字 +5% −5"])
prints = st.builds(
    fingerprint,
    st.sampled_from([TITLE, TITLE.upper(), TITLE + " | Site", "Weather", "Quite another story than that one"]),
    st.sampled_from(["", "Short.", BODY, OTHER_BODY, BODY * 4]),
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
    assert one.same == (one.rule is not None) == (one.score == 1.0)


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
