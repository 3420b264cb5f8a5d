"""Tokens on the desk: made, shown once, given another secret, revoked."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.engine import reading
from db.store import tokens as stored
from feeds.desk.limits import LOGINS
from tests.desk import NOON, hours
from tests.desk.web import GUARDED, PASSWORD, Page, Web, running_desk
from tests.getting import Got


def stored_tokens(web: Web) -> dict[str, bytes]:
    """Id of every token -> the digest of its secret."""
    with reading(web.engine) as connection:
        return {one.key: one.secret for one in stored.every(connection)}


def token_of(got: Got) -> str:
    assert got.status == 200
    return str(Page(got.body).attribute("#token-itself", "value"))


def test_a_desk_without_tokens_says_what_they_are(web: Web) -> None:
    assert "one subscriber" in web.page("/desk/tokens").text(".empty")


def test_a_token_is_shown_once_and_opens_feeds_until_it_is_revoked(web: Web) -> None:
    got = web.post("/desk/tokens", {"name": "reader 7", "feeds": "1", "expires": "8w"})
    token = token_of(got)
    address = Page(got.body).attribute("#token-address", "value")
    assert address == f"https://news.example/p/{token}/all.atom"
    assert web.ask(f"/p/{token}/all.atom").status == 200
    page = web.page("/desk/tokens")
    assert token.partition(".")[2].encode() not in web.ask("/desk/tokens").body
    assert "reader 7" in page.text("table")
    key = token.partition(".")[0]
    other = token_of(web.post(f"/desk/tokens/{key}/rotate"))
    assert web.ask(f"/p/{token}/all.atom").status == 404
    assert web.ask(f"/p/{other}/all.atom").status == 200
    assert web.post(f"/desk/tokens/{key}/revoke").status == 303
    assert web.ask(f"/p/{other}/all.atom").status == 404
    assert not web.page("/desk/tokens").has("table")
    assert "revoked" in web.page("/desk/tokens?all=1").text("table")


def test_a_token_of_the_api_opens_no_feed(web: Web) -> None:
    got = web.post("/desk/tokens", {"name": "script", "read": "1"})
    assert not Page(got.body).has("#token-address")
    assert web.ask(f"/p/{token_of(got)}/all.atom").status == 404
    assert "read" in web.page("/desk/tokens").text("table")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "", "feeds": "1"}, "1 to 100 printable characters"),
        ({"name": "x"}, "what it is to open"),
        ({"name": "x", "feeds": "1", "expires": "soon"}, '"soon" is no time'),
        ({"name": "taken", "feeds": "1"}, 'there is a token named "taken"'),
    ],
)
def test_what_is_wrong_is_said_at_the_form_which_keeps_what_was_given(
    web: Web, fields: dict[str, str], said: str
) -> None:
    web.post("/desk/tokens", {"name": "taken", "feeds": "1"})
    got = web.post("/desk/tokens", fields)
    assert got.status == 400
    page = Page(got.body)
    assert said in page.text("form.stack")
    assert page.attribute('input[name="name"]', "value") == fields["name"]


def test_deeds_for_no_token_are_not_found(web: Web) -> None:
    for deed in ("rotate", "revoke"):
        assert web.post(f"/desk/tokens/{'0' * 16}/{deed}").status == 404


def test_one_that_expired_can_be_revoked_alone(web: Web) -> None:
    web.post("/desk/tokens", {"name": "short", "feeds": "1", "expires": "1h"})
    web.now = NOON + hours(2)
    page = web.page("/desk/tokens")
    assert "expired" in page.text("table")
    assert [node.text() for node in page.css("td.acts summary")] == ["Revoke short…"]


def test_the_password_is_asked_for_again_where_one_signs_in_with_it(tmp_path: Path) -> None:
    with running_desk(tmp_path, GUARDED) as web:
        cookie = web.sign_in()

        def sent(path: str, fields: dict[str, str]) -> Got:
            return web.post(path, fields, Cookie=cookie)

        new = {"name": "anna", "feeds": "1"}
        for fields, said in ((new, "once more"), (new | {"password": "a wrong password"}, "is not the password")):
            got = sent("/desk/tokens", fields)
            page = Page(got.body)
            assert (got.status, page.attribute("#field-name", "value")) == (400, "anna")
            assert said in page.text("#field-password-error")
            assert page.attribute("#field-password", "value") == ""
        assert stored_tokens(web) == {}
        assert sent("/desk/tokens", new | {"password": PASSWORD}).status == 200
        ((key, secret),) = stored_tokens(web).items()
        rotate = f"/desk/tokens/{key}/rotate"
        got = sent(rotate, {"password": "a wrong password"})
        assert got.status == 400
        wrong = f"details.confirm[open] #rotate-{key}-password-error"
        assert "is not the password" in Page(got.body).text(wrong)
        assert stored_tokens(web) == {key: secret}
        assert sent(rotate, {"password": PASSWORD}).status == 200
        assert stored_tokens(web)[key] != secret
        # A script of somebody else at this browser would not know it either.
        before = stored_tokens(web)
        for path in ("/api/v1/tokens", f"/api/v1/tokens/{key}/rotate"):
            body = b'{"name": "script", "scopes": ["admin"]}'
            got = web.ask(
                path, "POST", body, Cookie=cookie, Content_Type="application/json", Sec_Fetch_Site="same-origin"
            )
            assert got.status == 403
            assert b"where the password is asked for again" in got.body
        assert stored_tokens(web) == before


def test_wrong_passwords_of_somebody_who_signed_in_are_counted_too(tmp_path: Path) -> None:
    with running_desk(tmp_path, GUARDED + '[web]\ntrusted_proxies = ["127.0.0.0/8"]\n') as web:
        there = {"X_Forwarded_For": "192.0.2.1", "Host": "news.example", "X_Forwarded_Proto": "https"}
        there["Origin"] = "https://news.example"
        signed_in = web.post("/desk/login", {"password": PASSWORD}, **there)
        cookie = (signed_in.headers["Set-Cookie"] or "").partition(";")[0]
        new = {"name": "anna", "feeds": "1", "password": "a wrong password"}
        answers = [web.post("/desk/tokens", new, Cookie=cookie, **there) for _ in range(LOGINS + 1)]
        assert [got.status for got in answers] == [400] * LOGINS + [429]
        assert 170 < int(answers[-1].headers["Retry-After"] or 0) <= 181
        assert "Too many wrong passwords" in Page(answers[-1].body).text("#field-password-error")


def test_nobody_else_has_a_password_to_give(web: Web) -> None:
    assert not web.page("/desk/tokens").has('[type="password"]')
