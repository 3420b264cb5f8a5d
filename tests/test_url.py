"""Addresses as text: what is asked byte for byte, hosts, origins, and what a message shows."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from db.store import sources
from feeds.errors import FetchError
from feeds.fetch import host_of, related, same_origin
from feeds.fetch.url import Target, one_line, origin_of, path_of, shown, target_of


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://news.example", Target("http://news.example", "http://news.example", "news.example", 80)),
        (
            "HTTPS://News.Example:8443/A/../b?x=%20y",
            Target("HTTPS://News.Example:8443/A/../b?x=%20y", "https://news.example:8443", "news.example", 8443),
        ),
        ("https://news.example:443/", Target("https://news.example:443/", "https://news.example", "news.example", 443)),
        ("http://1.2.3.4:80/", Target("http://1.2.3.4:80/", "http://1.2.3.4", None, 80)),
        ("http://2130706433/", Target("http://2130706433/", "http://127.0.0.1", None, 80)),
        ("http://[::1]:81/", Target("http://[::1]:81/", "http://[::1]:81", None, 81)),
        ("http://a.c0/", Target("http://a.c0/", "http://a.c0", "a.c0", 80)),
        ("http://news.example./", Target("http://news.example./", "http://news.example.", "news.example.", 80)),
        ("http://bücher.example/ž", Target("http://xn--bcher-kva.example/%C5%BE", "http://xn--bcher-kva.example",
                                           "xn--bcher-kva.example", 80)),
        ("http://a\\b/", Target("http://a/b/", "http://a", "a", 80)),
        (" http://a/\n", Target("http://a/", "http://a", "a", 80)),
    ],
)  # fmt: skip
def test_what_an_address_asks_for(url: str, target: Target) -> None:
    assert target_of(url) == target


def test_a_relative_address_needs_a_base() -> None:
    assert target_of("../b?c", "http://a/x/y/z").url == "http://a/x/b?c"
    assert target_of("//b/", "https://a/").url == "https://b/"
    with pytest.raises(FetchError, match="not an address"):
        target_of("/b")


@given(st.text(max_size=40))
@example("?.\\")
def test_any_text_is_asked_as_plain_ascii_or_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"http://a/{text}"):
        try:
            found = target_of(url, "https://base.example/x")
        except FetchError:
            continue
        assert found.url.isascii()
        assert found.url.isprintable()
        assert not {" ", '"', "\\", "<", ">"} & set(found.url)
        assert found.name is None or not {"*", "+", ",", ":", "[", "/"} & set(found.name)


@pytest.mark.parametrize("host", ["*", "*.example", "a,b", '"', "a;b", "a+b", "a..b", "a" * 300 + ".example"])
def test_a_host_that_is_no_name_is_not_asked(host: str) -> None:
    with pytest.raises(FetchError, match="not an address that can be asked for"):
        target_of(f"http://{host}/")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://News.Example/feed", "news.example"),
        ("https://news.example:443/", "news.example"),
        ("http://news.example:443/", "news.example:443"),
        ("http://news.example:8080/?a", "news.example:8080"),
        ("http://[::1]:80/", "[::1]"),
        ("http://2130706433/", "127.0.0.1"),
        ("http://user@news.example/", "news.example"),
        ("nothing", ""),
        ("file:///etc/passwd", ""),
    ],
)
def test_the_key_of_a_hosts_budget(url: str, host: str) -> None:
    assert host_of(url) == host
    # Both sides of a budget have to name a host alike.
    assert sources.host_of({"url": url}) == host


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://news.example/a", "https://NEWS.example:443/b?c", True),
        ("https://news.example/", "http://news.example/", False),
        ("https://news.example/", "https://news.example:444/", False),
        ("https://news.example/", "https://other.example/", False),
        ("data:a", "data:a", False),
        ("news.example", "news.example", False),
    ],
)
def test_addresses_of_one_origin(one: str, other: str, same: bool) -> None:
    assert same_origin(one, other) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://n.example/a", "http://n.example/b", True),
        ("https://www.n.example/", "https://n.example/", True),
        ("https://maps.n.example/", "https://www.n.example/", True),
        ("https://n.example/", "https://un.example/", False),
        ("https://a.n.example/", "https://b.n.example/", False),
        ("http://localhost/", "http://a.localhost/", False),
        ("http://n.example:81/", "http://n.example/", False),
        ("nothing", "https://n.example/", False),
    ],
)
def test_addresses_of_one_site(one: str, other: str, same: bool) -> None:
    assert related(one, other) is related(other, one) is same


def test_origins() -> None:
    assert origin_of("HTTPS://News.Example:443/") == "https://news.example"
    assert origin_of("http://news.example:8080") == "http://news.example:8080"
    for url in ("news.example", "https://a/b", "https://a/?b", "https://a/#b", "https://u@a/", "ftp://a", ""):
        assert origin_of(url) is None


def test_what_a_message_shows() -> None:
    assert shown("http://user:pw@news.example/p/TOKEN/feed?key=1") == "http://news.example/p/***/feed?…"
    assert shown("http://a/" + "x" * 500) == "http://a/" + "x" * 191
    assert shown("http://a/\r\nb") == "http://a/ b"
    assert one_line("a\x00\x1b\nb\x85c") == "a b c"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://a.example/b/%7eC?d=%c3%a9&a", "/b/%7eC?d=%c3%a9&a"),
        ("https://a.example", "/"),
        ("HTTPS://a.example?x=1#y", "/?x=1"),
        ("http://[::1]:8080/a#b?c", "/a"),
    ],
)
def test_what_the_request_line_names(url: str, path: str) -> None:
    assert path_of(url) == path
