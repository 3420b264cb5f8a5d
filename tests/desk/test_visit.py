"""A request to a page: words that go along to the next one, and addresses that no page has."""

from __future__ import annotations

import base64
import json

import pytest

from feeds.desk.visit import FLASH, MAX_PACKED
from tests.desk.web import Page, Web


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def test_a_word_is_said_once(web: Web) -> None:
    got = web.ask("/desk/", Cookie=f"{FLASH}={packed(['ok', 'Done & dusted'])}")
    assert Page(got.body).text(".flash").strip() == "Done: Done & dusted"
    assert "Max-Age=0" in str(got.headers["set-cookie"])


@pytest.mark.parametrize(
    "value",
    [
        base64.urlsafe_b64encode(b"[" * 3000).decode(),
        "x" * (MAX_PACKED + 1),
        packed(["loud", "text"]),
        packed(["ok", 7]),
        packed(7),
        "%%%",
        "",
    ],
)
def test_what_is_no_word_breaks_no_page_and_is_taken_away(web: Web, value: str) -> None:
    got = web.ask("/desk/", Cookie=f"{FLASH}={value}")
    assert got.status == 200
    assert not Page(got.body).has(".flash")
    assert "Max-Age=0" in str(got.headers["set-cookie"])


def test_no_client_says_where_an_answer_leads(web: Web) -> None:
    got = web.ask("/desk/sources/", Host=f"localhost:{web.port}")
    assert (got.status, got.headers["location"]) == (404, None)
