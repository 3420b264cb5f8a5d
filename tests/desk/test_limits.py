"""How much of the desk one may use."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import Response

from feeds.desk.access import Doors, spend
from feeds.desk.app import desk_parts
from feeds.desk.context import Context
from feeds.desk.gate import Gate
from feeds.desk.limits import (
    ALL_LOGINS,
    ASKED,
    BODY_BYTES,
    LARGE_BODIES,
    LOGIN_SPAN,
    LOGINS,
    MOST_DELAYED,
    PREVIEWS,
    Allowance,
    Limits,
    TooOften,
    most_bytes,
)
from feeds.desk.visit import Visit, page
from feeds.web.answers import Application
from tests.desk.calls import api_of
from tests.desk.web import running_desk


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_allowance_is_for_each_and_comes_again() -> None:
    seconds = Seconds()
    allowance = Allowance(2, 60.0, seconds)
    assert [allowance.take("a") for _ in range(3)] == [0, 0, 30.0]
    assert allowance.take("b") == 0
    with pytest.raises(TooOften, match="try again in 30 seconds") as refused:
        allowance.spend("a")
    assert refused.value.wait == 30
    seconds.now = 29.5
    with pytest.raises(TooOften, match=r"try again in 1 second$"):
        allowance.spend("a")
    seconds.now = 30.0
    allowance.spend("a")
    allowance.give_back("a")
    allowance.spend("a")


def test_what_one_may_ask_for() -> None:
    seconds = Seconds()
    limits = Limits(seconds)
    assert [limits.logins.take("192.0.2.1") > 0 for _ in range(LOGINS + 1)] == [False] * LOGINS + [True]
    assert limits.logins.take("192.0.2.2") == 0
    assert [limits.all_logins.take("") > 0 for _ in range(ALL_LOGINS + 1)] == [False] * ALL_LOGINS + [True]
    assert [limits.asked.take("anna") > 0 for _ in range(ASKED + 1)] == [False] * ASKED + [True]
    seconds.now = LOGIN_SPAN / LOGINS
    assert limits.logins.take("192.0.2.1") == 0, "nobody is locked out"


def test_many_wait_one_after_the_other_and_more_are_sent_away() -> None:
    async def many() -> tuple[list[bool], float]:
        limits = Limits(delay=0.02)
        began = time.monotonic()
        found = await asyncio.gather(*(limits.delayed() for _ in range(MOST_DELAYED + 5)))
        assert await limits.delayed()
        return found, time.monotonic() - began

    found, took = asyncio.run(many())
    assert found == [True] * MOST_DELAYED + [False] * 5
    assert took >= 0.02 * MOST_DELAYED


def test_only_lists_of_subscriptions_are_large() -> None:
    assert most_bytes("/desk/sources/import") > most_bytes("/api/v1/sources/import") == 10 * BODY_BYTES
    assert all(most_bytes(f"{path}/") == BODY_BYTES for path in LARGE_BODIES)
    assert most_bytes("/desk/login") == BODY_BYTES == 1_000_000


def asking(context: Context) -> dict[str, Application]:
    """A desk with a page that makes us ask a server."""

    def ask(visit: Visit) -> Response:
        spend(visit.request.scope)
        return visit.redirect("/desk/")

    app = Starlette(routes=[page("/desk/ask", ask, "POST")])
    app.state.context = context
    return {"desk": Gate(app, Doors(context, seconds=lambda: 0.0))}


def test_a_page_says_when_one_may_ask_again(tmp_path: Path) -> None:
    with running_desk(tmp_path, parts=asking) as web:
        assert [web.post("/desk/ask").status for _ in range(ASKED)] == [303] * ASKED
        got = web.post("/desk/ask")
        assert (got.status, got.headers["Retry-After"]) == (429, "6")
        assert b"try again in 6 seconds" in got.body


def test_few_addresses_are_tried_at_once_by_whatever_way(tmp_path: Path) -> None:
    kept: list[Doors] = []

    def parts(context: Context) -> Mapping[str, Application]:
        kept.append(Doors(context))
        return desk_parts(context, kept[0])

    address = "http://127.0.0.1:1/"
    with running_desk(tmp_path, parts=parts) as web:
        call = api_of(web, "write").call
        with ExitStack() as stack:
            for _ in range(PREVIEWS):
                stack.enter_context(kept[0].limits.previews.taken())
            assert "try again" in call("/sources/preview", "POST", {"location": address}, status=503)
            got = web.post("/desk/sources/add", {"address": address})
            assert (got.status, got.headers["Retry-After"]) == (503, "10")
            assert f"{PREVIEWS} addresses are being tried; try again".encode() in got.body
        assert "cannot connect" in call("/sources/preview", "POST", {"location": address}, status=502)
        assert web.post("/desk/sources/add", {"address": address}).status == 200
