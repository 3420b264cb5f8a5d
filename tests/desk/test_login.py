"""Signing in and out, as a browser does it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import event
from starlette.applications import Starlette

from feeds.desk.access import Doors
from feeds.desk.context import Context
from feeds.desk.gate import Gate
from feeds.desk.limits import LOGINS, Limits
from feeds.desk.pages import login
from feeds.web.answers import Application
from tests.desk.web import GUARDED, PASSWORD, SITE, Web, running_desk
from tests.getting import Got

PAGE = "/desk/unknown"
BEHIND = '[web]\ntrusted_proxies = ["127.0.0.1"]\n'
WRONG = "another sentence of words"


def morsel(got: Got) -> dict[str, str]:
    """The cookie that an answer sets: its name, its value and what else is said of it."""
    ((name, one),) = SimpleCookie(got.headers["Set-Cookie"]).items()
    said = {key: str(value) for key, value in one.items() if value}
    return {"name": name, "value": one.value, **said}


def signed_in(web: Web, cookie: str) -> bool:
    return web.ask(PAGE, Cookie=cookie).status == 404


def error(got: Got) -> str:
    found = LexborHTMLParser(got.body).css_first(".fault")
    return "" if found is None else found.text().strip()


def test_the_form(tmp_path: Path) -> None:
    with running_desk(tmp_path, GUARDED) as web:
        page = web.page("/desk/login?next=/desk/entries%3Fq%3Dferry")
        form = page.one("main form")
        assert (form.attributes["method"], form.attributes["action"]) == ("post", "/desk/login")
        fields = {one.attributes["name"]: one.attributes for one in form.css("input")}
        assert fields["next"]["value"] == "/desk/entries?q=ferry"
        assert (fields["password"]["type"], fields["password"]["autocomplete"]) == ("password", "current-password")
        assert fields["password"]["value"] == ""
        assert not page.has("nav, form.leave")
        hostile = web.page("/desk/login?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
        assert {(one.attributes.get("src") or "")[:13] for one in hostile.css("script")} == {"/desk/static/"}


def test_signing_in_leads_to_where_one_was_and_out_to_the_form(tmp_path: Path) -> None:
    with running_desk(tmp_path, GUARDED) as web:
        got = web.post("/desk/login", {"password": PASSWORD, "next": "/desk/entries?q=ferry"})
        assert (got.status, got.headers["Location"]) == (303, "/desk/entries?q=ferry")
        said = morsel(got)
        parts = ("name", "path", "max-age", "httponly", "samesite", "secure", "domain")
        assert {key: said.get(key) for key in parts} == {
            "name": "sid", "path": "/", "max-age": "2592000", "httponly": "True", "samesite": "lax", "secure": None,
            "domain": None,
        }  # fmt: skip
        cookie = f"sid={said['value']}"
        assert signed_in(web, cookie)
        got = web.post("/desk/logout", Cookie=cookie)
        assert (got.status, got.headers["Location"]) == (303, "/desk/login")
        assert (morsel(got)["value"], morsel(got)["max-age"]) == ("", "0")
        assert not signed_in(web, cookie)
        assert web.post("/desk/logout", Cookie=cookie).status == 303


@pytest.mark.parametrize(
    "to", ["//evil.example", "/\\evil.example", "https:evil.example", "\t//evil.example", "/desk/login"]
)
def test_it_leads_nowhere_else(tmp_path: Path, to: str) -> None:
    with running_desk(tmp_path, GUARDED) as web:
        got = web.post("/desk/login", {"password": PASSWORD, "next": to})
        assert (got.status, got.headers["Location"]) == (303, "/desk/")


def test_a_browser_holds_something_new_each_time(tmp_path: Path) -> None:
    with running_desk(tmp_path, GUARDED) as web:
        planted = "sid=" + "A" * 43
        got = web.post("/desk/login", {"password": PASSWORD}, Cookie=planted)
        first = f"sid={morsel(got)['value']}"
        assert first != planted
        assert not signed_in(web, planted)
        second = f"sid={morsel(web.post('/desk/login', {'password': PASSWORD}, Cookie=first))['value']}"
        assert [signed_in(web, each) for each in (first, second)] == [False, True]


def test_it_ends_by_itself(tmp_path: Path) -> None:
    with running_desk(tmp_path, GUARDED) as web:
        cookie = web.sign_in()
        web.now += timedelta(days=6)
        assert signed_in(web, cookie)
        web.now += timedelta(days=7)
        assert not signed_in(web, cookie)


def test_behind_https_the_cookie_is_for_https_alone(tmp_path: Path) -> None:
    with running_desk(tmp_path, GUARDED) as web:
        outside = {"Host": "news.example", "Origin": "https://news.example", "X_Forwarded_For": "192.0.2.1"}
        got = web.post("/desk/login", {"password": PASSWORD}, **outside)
        said = morsel(got)
        assert (said["name"], said["secure"], said["path"]) == ("__Host-sid", "True", "/")
        assert "domain" not in said
        assert web.ask(PAGE, Cookie=f"__Host-sid={said['value']}", **outside).status == 404
        assert web.ask(PAGE, Cookie=f"sid={said['value']}", **outside).status == 303
        got = web.post("/desk/logout", None, Cookie=f"__Host-sid={said['value']}", **outside)
        assert (morsel(got)["name"], morsel(got)["secure"]) == ("__Host-sid", "True")


def test_a_proxy_that_is_trusted_says_what_browsers_speak(tmp_path: Path) -> None:
    site = SITE.replace("https://news.example/", "http://news.example/")
    with running_desk(tmp_path, GUARDED + BEHIND, site=site) as web:
        for scheme, name in (("https", "__Host-sid"), ("http", "")):
            headers = {"Host": "news.example", "X_Forwarded_For": "192.0.2.1", "X_Forwarded_Proto": scheme}
            got = web.post("/desk/login", {"password": PASSWORD}, **headers)
            assert got.status == (303 if name else 403)
            if name:
                assert morsel(got)["name"] == name


def test_no_password_is_sent_in_plain_to_another_machine(tmp_path: Path) -> None:
    with running_desk(tmp_path, GUARDED, site=SITE.replace("https:", "http:")) as web:
        for got in (
            web.ask("/desk/login", Host="desk.example"),
            web.post("/desk/login", {"password": PASSWORD}, Host="desk.example"),
        ):
            assert (got.status, got.headers["Set-Cookie"]) == (403, None)
            assert b"would travel in plain" in got.body
        assert web.ask("/desk/login").status == 200


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"password": ""},
        {"password": WRONG},
        {"password": PASSWORD + " "},
        {"password": "x" * 100_000},
        {"user": PASSWORD},
    ],
)
def test_a_wrong_password_opens_nothing(tmp_path: Path, fields: dict[str, str]) -> None:
    with running_desk(tmp_path, GUARDED) as web:
        got = web.post("/desk/login", {**fields, "next": "/desk/sources"})
        assert (got.status, got.headers["Set-Cookie"]) == (403, None)
        assert error(got) == "That is not the password"
        assert b'value="/desk/sources"' in got.body
        assert WRONG.encode() not in got.body


def test_what_is_no_form_is_no_password(tmp_path: Path) -> None:
    with running_desk(tmp_path, GUARDED) as web:
        fields = {f"f{number}": "x" for number in range(20)}
        assert web.post("/desk/login", fields | {"password": PASSWORD}).status in (400, 403)
        body = (
            '--x\r\nContent-Disposition: form-data; name="password"; filename="p"\r\n\r\n' + PASSWORD + "\r\n--x--\r\n"
        ).encode()
        headers = {"Content_Type": "multipart/form-data; boundary=x", "Sec_Fetch_Site": "same-origin"}
        assert web.ask("/desk/login", "POST", body, **headers).status in (400, 403)
        assert web.ask("/desk/login", "POST", body[:40], **headers).status in (400, 403)


def test_after_some_wrong_passwords_one_waits_and_another_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_desk(tmp_path, GUARDED + BEHIND) as web:

        def tried(password: str, client: str) -> Got:
            return web.post("/desk/login", {"password": password}, X_Forwarded_For=client)

        assert {tried(PASSWORD, "192.0.2.9").status for _ in range(LOGINS + 3)} == {303}, "right ones are not counted"
        for attempt in range(LOGINS):
            assert tried(WRONG, f"2001:db8::{attempt}").status == 403, "a network of IPv6 is one"
        got = tried(PASSWORD, "2001:db8::ffff")
        assert (got.status, got.headers["Set-Cookie"]) == (429, None)
        assert "Too many wrong passwords; try again in 3 minutes" in error(got)
        assert 170 < int(got.headers["Retry-After"] or 0) <= 181
        assert tried(PASSWORD, "2001:db8:1::1").status == 303
        assert tried(PASSWORD, "192.0.2.9").status == 303
    said = capsys.readouterr().err
    assert said.count("wrong password") == LOGINS
    assert WRONG not in said


def test_nobody_locks_all_out_through_a_proxy_that_is_not_named(tmp_path: Path) -> None:
    with running_desk(tmp_path, GUARDED) as web:
        for _ in range(LOGINS + 2):
            assert web.post("/desk/login", {"password": WRONG}, X_Forwarded_For="192.0.2.1").status == 403
        assert web.post("/desk/login", {"password": PASSWORD}, X_Forwarded_For="192.0.2.2").status == 303


def besieged(limits: Limits) -> Callable[[Context], dict[str, Application]]:
    """A desk of which many have guessed the password in the last hour, each in vain."""

    def parts(context: Context) -> dict[str, Application]:
        doors = Doors(context)
        doors.limits = limits
        while not doors.limits.all_logins.take(""):
            pass
        return {"desk": Gate(Starlette(routes=login.routes), doors)}

    return parts


class Full(Limits):
    """Those of a desk at which as many wait as may."""

    async def delayed(self) -> bool:
        return False


def test_many_guesses_delay_everybody_and_lock_nobody_out(tmp_path: Path) -> None:
    with running_desk(tmp_path, GUARDED, parts=besieged(Limits(delay=0.3))) as web:
        began = time.monotonic()
        assert web.post("/desk/login", {"password": PASSWORD}).status == 303
        assert time.monotonic() - began >= 0.3
        assert web.post("/desk/login", {"password": WRONG}).status == 403


def test_where_too_many_wait_nobody_waits_longer(tmp_path: Path) -> None:
    with running_desk(tmp_path, GUARDED, parts=besieged(Full())) as web:
        got = web.post("/desk/login", {"password": PASSWORD})
        assert (got.status, got.headers["Set-Cookie"]) == (429, None)


def test_without_a_password_there_is_nothing_to_sign_in_to(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        for got in (web.ask("/desk/login"), web.post("/desk/login", {"password": PASSWORD})):
            assert (got.status, got.headers["Location"], got.headers["Set-Cookie"]) == (303, "/desk/", None)
        assert web.post("/desk/logout").status == 303


def test_a_database_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    with running_desk(tmp_path, GUARDED) as web:
        cookie = web.sign_in()
        web.engine.dispose()
        event.listen(web.engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only=ON").close())
        got = web.post("/desk/login", {"password": PASSWORD})
        assert (got.status, got.headers["Set-Cookie"], error(got)) == (
            503,
            None,
            "The desk is busy; try again in a moment",
        )
        assert web.post("/desk/logout", Cookie=cookie).status == 503
        assert signed_in(web, cookie), "which is what it said"
