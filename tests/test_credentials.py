"""Logins: what is sent, to whom, and that they are shown to nobody."""

from __future__ import annotations

import pytest

from feeds.errors import FetchError
from feeds.fetch import Credential, Fetcher, Request
from feeds.fetch.credentials import by_origin
from tests.asking import AGENT, FEED, LOOPBACK, NOW
from tests.fakes import Reply, Site, moved, running_site

LOGIN = Credential(username="editör", password="s3cret:%/")  # noqa: S106  # nobody's
BASIC = "Basic ZWRpdMO2cjpzM2NyZXQ6JS8="


def test_what_a_header_says() -> None:
    assert LOGIN.value() == BASIC
    assert Credential(username="", password="").value() == "Basic Og=="
    assert Credential(bearer="a.b-c_d~e+f/g==").value() == "Bearer a.b-c_d~e+f/g=="


def test_secrets_are_not_shown() -> None:
    assert "s3cret" not in repr(LOGIN)
    assert "abc" not in repr(Credential(bearer="abc"))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"username": "u"},
        {"password": "s3cret"},
        {"bearer": "s3cret", "username": "u", "password": "s3cret"},
        {"bearer": "s3cret", "password": "s3cret"},
        {"bearer": ""},
        {"bearer": "s3cret\r\nX: y"},
        {"bearer": "s3cret s3cret"},
        {"username": "a:b", "password": "s3cret"},
        {"username": "a\n", "password": "s3cret"},
        {"username": "a", "password": "s3cret\x00"},
    ],
)
def test_what_no_header_can_carry_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"bearer|username") as caught:
        Credential(**given)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "key", ["https://news.example", "https://news.example/", "HTTPS://News.Example", "https://news.example:443"]
)
def test_an_origin_has_no_case_and_no_default_port(key: str) -> None:
    assert list(by_origin({key: LOGIN})) == ["https://news.example"]


@pytest.mark.parametrize("key", ["", "news.example", "https://news.example/feed", "https://u@news.example", "ftp://h"])
def test_a_key_that_is_no_origin_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="is no origin such as"):
        Fetcher(LOOPBACK, user_agent=AGENT, credentials={key: LOGIN})


def test_a_login_goes_to_its_origin_and_nowhere_else(site: Site) -> None:
    with running_site() as other:
        site.put("/away", moved(f"{other.url}/back"))
        other.put("/back", moved(f"{site.url}/feed"))
        site.put("/feed", FEED)
        named = f"http://localhost:{site.port}/feed"
        with Fetcher(
            LOOPBACK, user_agent=AGENT, credentials={site.url: LOGIN}, resolve=lambda _name: ["127.0.0.1"]
        ) as fetcher:
            fetcher.fetch(Request(f"{site.url}/away"), NOW)
            fetcher.fetch(Request(named), NOW)
        assert [(seen.path, seen.headers["Authorization"]) for seen in site.log] == [
            ("/away", BASIC),
            ("/feed", BASIC),
            ("/feed", None),
        ]
        assert [(seen.path, seen.headers["Authorization"]) for seen in other.log] == [("/back", None)]


def test_each_origin_gets_its_own(site: Site) -> None:
    with running_site() as other:
        site.put("/", FEED)
        other.put("/", FEED)
        logins = {site.url: LOGIN, other.url: Credential(bearer="abc")}
        with Fetcher(LOOPBACK, user_agent=AGENT, credentials=logins) as fetcher:
            fetcher.fetch(Request(site.url + "/"), NOW)
            fetcher.fetch(Request(other.url + "/"), NOW)
        assert [seen.headers["Authorization"] for seen in (*site.log, *other.log)] == [BASIC, "Bearer abc"]


def test_nobody_else_leads_a_login_anywhere(site: Site) -> None:
    """Neither a redirect to an origin that knows us, nor an address that a document gave, gets what it keeps for us."""
    with running_site() as other:
        site.put("/", moved(other.url + "/"))
        other.put("/", FEED)
        with Fetcher(LOOPBACK, user_agent=AGENT, credentials={other.url: LOGIN}) as fetcher:
            fetcher.fetch(Request(site.url + "/"), NOW)
            fetcher.fetch(Request(other.url + "/", login=False), NOW)
        assert [seen.headers["Authorization"] for seen in (*site.log, *other.log)] == [None] * 3


def test_no_login_is_in_a_message(site: Site) -> None:
    url = site.put("/feed", Reply(status=401))
    with (
        Fetcher(LOOPBACK, user_agent=AGENT, credentials={site.url: LOGIN}) as fetcher,
        pytest.raises(FetchError, match="HTTP 401: the server wants a login") as caught,
    ):
        fetcher.fetch(Request(url), NOW)
    assert "s3cret" not in str(caught.value)
    assert BASIC[6:] not in str(caught.value)
    assert site.log[0].headers["Authorization"] == BASIC
