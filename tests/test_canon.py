"""URL identity: golden pairs, and what must hold for every address."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feeds.dedupe.canon import _canon, canon, stands_for

CASES = sorted((Path(__file__).parent / "cases" / "canon").glob("*.tsv"))
PAIRS = [line.split("\t") for path in CASES for line in path.read_text("utf-8").splitlines()]

segments = st.sampled_from(
    ["a", "A", "b.html", "index.html", "amp", "x.amp", "..", ".", "", "%41", "%2f", "a b", "é", "a;b", "~x", "a:b", "%",
     "url", "c", "s", "example.com", "a;jsessionid=1"]
)  # fmt: skip
names = st.sampled_from(["id", "p", "utm_source", "ref", "fbclid", "a", "%61", "q", "%71", "amp", "amp;q", ""])
values = st.sampled_from(["1", "rss", "x+y", "%e9", "", "a=b", "é", "https://example.com/a", "http%3A//example.com"])
hosts = st.sampled_from(
    ["example.com", "www.example.com", "m.example.co.uk", "amp.example.com", "WWW.Example.com.", "bücher.example",
     "www.com", "a.b", "localhost", "127.0.0.1", "xn--bcher-kva.example", "example.com:8080", "example.com:443",
     "www.google.com", "google.co.uk", "example-com.cdn.ampproject.org", "[2001:DB8::1]", "[::1]:8080", "пример.test"]
)  # fmt: skip


@st.composite
def addresses(draw: st.DrawFn) -> str:
    path = "".join(f"/{segment}" for segment in draw(st.lists(segments, max_size=4)))
    pairs = draw(st.lists(st.tuples(names, values), max_size=3))
    query = "?" + "&".join(f"{name}={value}" for name, value in pairs) if pairs else ""
    return f"https://{draw(hosts)}{path}{query}{draw(st.sampled_from(['', '#x', '#!x', '#/x', '#']))}"


@pytest.mark.parametrize(("url", "identity"), PAIRS)
def test_golden_pairs(url: str, identity: str) -> None:
    assert canon(url) == identity


def test_golden_pairs_were_found() -> None:
    assert len(PAIRS) > 150


def test_what_is_different_has_identities_of_its_own() -> None:
    (path,) = (path for path in CASES if path.stem == "different")
    found = [canon(line.partition("\t")[0]) for line in path.read_text("utf-8").splitlines()]
    assert len(set(found)) == len(found)


@given(addresses())
@example("https://example.com/a?id=1")
@example("https://example.com/amp")
@example("https://www.google.com/url/amp?amp;%71=https://example.com/a")
@example("https://google.com//%61mp/example.com")
def test_the_identity_of_an_identity_is_itself(url: str) -> None:
    identity = canon(url)
    assert canon(f"https://{identity}") == identity


@given(addresses())
@example("https://www.example.com/2025/03/story-1/")
@example("https://example.com/?p=1")
@example("https://example.com/.hidden")
@example("https://example.com/a?utm_source=rss&b=2&a=1&ref=feed")
@example("https://example.com/a?utm_source=rss")
@example("https://example.com/a?&=&ref")
def test_the_short_way_gives_what_all_the_rules_give(url: str) -> None:
    assert canon(url) == _canon(url)


@given(addresses())
def test_scheme_and_place_in_the_page_do_not_count(url: str) -> None:
    bare = url.partition("#")[0]
    assert canon(bare + "#elsewhere") == canon(bare)
    if ":" not in bare.removeprefix("https:").partition("?")[0]:
        assert canon("http" + bare.removeprefix("https")) == canon(bare)


@given(st.text() | st.text(st.characters()).map(lambda text: "http://" + text) | st.binary().map(repr))
@example("http://\ud800/")
@example("http://[")
@example("https://www.google.com/url?url=" * 9 + "https://example.com/")
def test_any_text_has_an_identity(text: str) -> None:
    assert isinstance(canon(text), str)


@pytest.mark.parametrize("filler", ["a.", "/", "%", "?", "&", "=", "#", ";jsessionid=", "www.", "/amp", "+", "\ud800"])
def test_long_addresses_take_no_time(filler: str) -> None:
    assert isinstance(canon("https://example.com/" + filler * 20_000), str)
    assert isinstance(canon("https://" + filler * 20_000), str)


@pytest.mark.parametrize(
    ("claimed", "url"),
    [
        ("https://www.example.com/a", "https://example.com/a?utm_source=rss"),
        ("http://example.com/a", "https://m.example.com/a"),
        ("https://news.example.com/a", "https://example.com/b"),
        ("https://example.com/a", "https://amp-news.example.com/a"),
        ("https://example.co.uk/a", "https://www.example.co.uk/b"),
        ("https://news.example.co.uk/a", "https://example.co.uk/b"),
        ("https://example.com/?p=12", "https://example.com/a"),
        ("https://example.com/#!/a", "https://example.com/a"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/b"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]/b"),
        ("http://localhost:8000/a", "http://localhost:8000/b"),
        (" https://example.com/a ", "https://example.com/b"),
    ],
)
def test_a_page_may_name_its_own_address(claimed: str, url: str) -> None:
    assert stands_for(claimed, url)
    assert stands_for(claimed, claimed)


@pytest.mark.parametrize(
    ("claimed", "url"),
    [
        ("https://example.com/", "https://example.com/a"),
        ("https://www.example.com/index.html?utm_source=rss#top", "https://example.com/a"),
        ("https://example.org/a", "https://example.com/a"),
        ("https://badexample.com/a", "https://example.com/a"),
        ("https://example.com.evil.example/a", "https://example.com/a"),
        ("https://co.uk/a", "https://example.co.uk/a"),
        ("https://one.co.uk/a", "https://two.co.uk/a"),
        ("https://com.au/a", "https://example.com.au/a"),
        ("https://com/a", "https://example.com/a"),
        ("https://sport.example.com/a", "https://news.example.com/a"),
        ("https://example.com:8443/a", "https://example.com/a"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::2]/a"),
        ("ftp://example.com/a", "https://example.com/a"),
        ("/a", "https://example.com/a"),
        ("https://example.com/a", "no address"),
        ("", ""),
    ],
)
def test_what_a_page_may_not_claim(claimed: str, url: str) -> None:
    assert not stands_for(claimed, url)


@given(st.text(), st.text().map(lambda text: "https://" + text))
def test_whatever_a_page_claims_raises_nothing(claimed: str, url: str) -> None:
    assert stands_for(claimed, url) in (True, False)
    assert stands_for(url, url) in (True, False)
