"""Where a request comes from, and where it may be sent back to."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.config import parse
from feeds.desk.origin import (
    HOME,
    Origins,
    is_forwarded,
    is_from_loopback,
    is_local,
    is_loopback,
    is_ours,
    is_secure,
    next_of,
    origins_of,
    own_origin,
)
from feeds.web.answers import Scope


def origins(base_url: str = "https://news.example/", trusted: str = "") -> Origins:
    web = f"[web]\ntrusted_proxies = [{trusted}]\n" if trusted else ""
    return origins_of(parse(f'[site]\ntitle = "T"\nbase_url = "{base_url}"\n{web}', Path("config.toml")))


HTTPS, HTTP = origins(), origins("http://desk.example:8080/")
BEHIND = origins(trusted='"127.0.0.0/8"')


def asked(host: str = "127.0.0.1:8080", peer: str | None = "127.0.0.1", version: str = "1.1", **headers: str) -> Scope:
    said: list[tuple[bytes, bytes]] = [(b"host", host.encode())]
    said += [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"headers": said, "http_version": version, "client": peer and (peer, 4711)}
    return scope


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8080",
        "127.8.9.1:1",
        "localhost",
        "LocalHost:8080",
        "localhost.:80",
        "[::1]:8080",
        "[::1]",
    ],
)
def test_loopback_has_these_names(host: str) -> None:
    assert is_local(asked(host))
    assert is_local(asked(f"{host} "))


@pytest.mark.parametrize(
    "host",
    [
        "", "desk.example", "desk.example:8080", "192.168.1.5:8080", "0.0.0.1", "localhost.example",
        "127.0.0.1.example",
        "2130706433", "0x7f.0.0.1", "127.1", "127.0.0.1@desk.example", "[::1].example", "[::]", "[::2]:80", "::1",
        "127.0.0.1:80:80", "127.0.0.1:x", "[fe80::1]:80", "localhost, desk.example", "xn--localhost", "lоcalhost",
    ],
)  # fmt: skip
def test_no_other_name_is_loopback(host: str) -> None:
    assert not is_local(asked(host))


def test_addresses_of_a_peer() -> None:
    assert [is_loopback(peer) for peer in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "::1%lo")] == [True] * 4
    assert not any(map(is_loopback, ("10.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "", "testclient")))
    assert is_from_loopback(asked())
    assert not is_from_loopback(asked(peer="192.0.2.1"))
    assert not is_from_loopback(asked(peer=None))


@pytest.mark.parametrize(
    "name",
    ["Forwarded", "X_Forwarded_For", "X_Forwarded_Proto", "X_Forwarded_Host", "X_Forwarded_Y", "X_Real_IP", "Via"],
)
def test_a_proxy_that_says_anything_of_itself_is_seen(name: str) -> None:
    scope = asked(**{name: "1"})
    assert is_forwarded(scope)
    assert not is_local(scope)


def test_one_that_says_nothing_speaks_an_older_language() -> None:
    assert not is_local(asked(version="1.0"))
    assert not is_forwarded(asked())


def test_what_speaks_https() -> None:
    assert not is_secure(asked(), HTTPS), "a browser that asks for 127.0.0.1 speaks http"
    assert is_secure(asked("news.example"), HTTPS)
    assert is_secure(asked(X_Forwarded_For="192.0.2.1"), HTTPS)
    assert not is_secure(asked("desk.example:8080"), HTTP)
    assert not is_secure(asked("desk.example", X_Forwarded_Proto="https"), HTTP), "of a proxy that nobody trusts"
    assert is_secure(asked("news.example", X_Forwarded_Proto="https"), BEHIND)
    assert not is_secure(asked("news.example", X_Forwarded_Proto="http"), BEHIND)
    assert is_secure(asked("news.example", X_Forwarded_For="192.0.2.1"), BEHIND)
    assert is_secure(asked("news.example", peer=None), BEHIND)


def test_our_origin_is_never_what_host_says_but_on_this_machine() -> None:
    assert own_origin(asked("localhost:8080"), HTTPS) == "http://localhost:8080"
    assert own_origin(asked("evil.example"), HTTPS) == "https://news.example"
    assert own_origin(asked("evil.example"), HTTP) == "http://desk.example:8080"
    assert own_origin(asked("127.0.0.1:8080", X_Forwarded_For="1.1.1.1"), HTTPS) == "https://news.example"
    behind = origins("http://news.example/", trusted='"127.0.0.1"')
    assert own_origin(asked("news.example", X_Forwarded_Proto="https"), behind) == "https://news.example"


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"Sec_Fetch_Site": "same-origin"}, True),
        ({"Sec_Fetch_Site": "none"}, True),
        ({"Sec_Fetch_Site": "same-site"}, False),
        ({"Sec_Fetch_Site": "cross-site"}, False),
        ({"Sec_Fetch_Site": ""}, False),
        ({"Sec_Fetch_Site": "same-origin, cross-site"}, False),
        ({"Sec_Fetch_Site": "cross-site", "Origin": "http://127.0.0.1:8080"}, False),
        ({"Sec_Fetch_Site": "same-origin", "Origin": "null"}, True),
        ({"Origin": "http://127.0.0.1:8080"}, True),
        ({"Origin": "HTTP://127.0.0.1:8080"}, True),
        ({"Origin": "http://127.0.0.1:8081"}, False),
        ({"Origin": "https://127.0.0.1:8080"}, False),
        ({"Origin": "http://localhost:8080"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Origin": "http://127.0.0.1:8080.evil.example"}, False),
        ({"Referer": "http://127.0.0.1:8080/desk/"}, None),
        ({}, None),
    ],
)
def test_what_tells_that_a_page_of_ours_sent_it(headers: dict[str, str], ours: bool | None) -> None:
    assert is_ours(asked(**headers), HTTPS) is ours


@pytest.mark.parametrize(
    "path",
    ["/desk", "/desk/", "/desk/sources", "/desk/sources/harbour%20gazette", "/desk/entries?q=a+b&access=free",
     "/desk/entries?next=//h", "/desk/entries?q=%0d%0aX", "/desk/s:1/@x"],
)  # fmt: skip
def test_paths_of_ours_are_gone_back_to(path: str) -> None:
    assert next_of(path) == path


@pytest.mark.parametrize(
    "text",
    [
        "", "/", "//h", "///h", "/\\h", "\\\\h", "\\/h", "\t//h", "/\t/h", "//h/desk/", "https:h", "https://h",
        "https:/desk/",
        "javascript:alert(1)", "%2f%2fh", "/%2f/h", "/desk/%2f%2fh", "/desk//h", "/desk/..//h", "/desk/../..//h",
        "/desk/./x",
        "/desk/%2e%2e/x", "/desk/%2E./%5ch", "/desk\\h", "/desk/%5c%5ch", " /desk/", "/desk/ ", "/desk/\n",
        "/desk/\r\nSet-Cookie: a",
        "/desk/x\x00", "/deskx", "/desk.evil", "/desk@h", "desk/", "/api/v1/", "/desk/login", "/desk/logout",
        "/desk/login?next=/desk/",
        "/desk/?q=ä", "/desk/ä", "/desk/?q=a b", "/desk/#x", "/desk/" + "x" * 2000, "/desk/?<script>",
    ],
)  # fmt: skip
def test_nothing_else_is_gone_to(text: str) -> None:
    assert next_of(text) == HOME


@given(st.text("/\\desk.%2f5c?:#@h\t\n ", max_size=30).map(lambda tail: "/desk" + tail) | st.text(max_size=40))
def test_no_text_leads_elsewhere(text: str) -> None:
    to = urlsplit(urljoin("https://news.example/desk/login", next_of(text).replace("\\", "/")))
    assert (to.scheme, to.netloc) == ("https", "news.example")
    assert to.path.startswith("/desk")
