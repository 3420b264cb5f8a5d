"""Tokens on the desk: made, shown once, given another secret, revoked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import NOON, hours
from tests.desk.web import Page, Web, running_desk
from tests.getting import Got


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with running_desk(tmp_path) as running:
        yield running


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
