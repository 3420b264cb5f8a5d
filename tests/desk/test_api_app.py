"""The API as a whole: who may call what, what is refused, and how that is told."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from feeds.desk.access import needed
from feeds.desk.api.app import described_app
from feeds.desk.context import Context
from tests.desk import record, tell
from tests.desk.calls import Api, api_of
from tests.desk.web import GUARDED, UNBOUNDED, Web, running_desk


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running_desk(tmp_path_factory.mktemp("desk"), UNBOUNDED) as web:
        tell(web.engine, "a", record())
        yield web


@pytest.fixture(scope="module")
def api(web: Web) -> Api:
    return api_of(web)


def test_it_describes_itself(api: Api) -> None:
    said = api.call("/openapi.json")
    assert said["openapi"].startswith("3.1")
    assert said["info"]["title"] == "Broadsheet: Harbour Desk"
    assert len(said["paths"]) > 25
    for path, calls in said["paths"].items():
        assert path.startswith("/api/v1/")
        for method, call in calls.items():
            assert call["security"] == [{"token": []}, {}]
            assert f"Scope: `{needed(method.upper(), path)}`" in call["description"]
            assert {"401", "403", "429", "500", "503"} <= set(call["responses"])
            for status, answer in call["responses"].items():
                assert answer["description"]
                if status >= "400":
                    assert "application/problem+json" in answer["content"]
    ids = [call["operationId"] for calls in said["paths"].values() for call in calls.values()]
    assert len(set(ids)) == len(ids)
    shapes = said["components"]["schemas"]
    assert "Problem" in shapes
    assert not any("ValidationError" in name for name in shapes)
    # What is given back has nothing that is not described.
    assert all(one.get("additionalProperties") is False for name, one in shapes.items() if one["type"] == "object")


def test_there_are_no_pages_that_load_from_elsewhere(api: Api) -> None:
    for path in ("/docs", "/redoc"):
        api.call(path, status=404)
        assert api.web.ask(path).status == 404


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/api/v1/status", "read"), ("HEAD", "/api/v1/entries", "read"), ("POST", "/api/v1/sources", "write"),
        ("POST", "/api/v1/sources/preview", "write"), ("DELETE", "/api/v1/sources/x", "write"),
        ("GET", "/api/v1/tokens", "admin"), ("POST", "/api/v1/tokens", "admin"), ("GET", "/api/v1/tokensx", "read"),
        ("DELETE", "/api/v1/tokens/x", "admin"), ("PATCH", "/api/v1/sources/tokens", "write"),
    ],
)  # fmt: skip
def test_calls_need_scopes(method: str, path: str, scope: str) -> None:
    assert needed(method, path) == scope


def test_scopes_that_do_not_reach(web: Web) -> None:
    looks, changes, gives = (api_of(web, scope) for scope in ("read", "write", "admin"))
    looks.call("/status")
    for api, path, method in (
        (looks, "/publish", "POST"), (changes, "/status", "GET"), (looks, "/tokens", "GET"),
        (changes, "/tokens", "POST"), (gives, "/publish", "POST"), (looks, "/sources/x", "DELETE"),
        (looks, "/nowhere", "POST"),
    ):  # fmt: skip
        assert "scope" in api.call(path, method, status=403)
    api_of(web, "read", "admin").call("/tokens")
    changes.call("/publish", "POST", status=202)


def test_without_a_token_a_desk_with_a_password_says_nothing(tmp_path: Path) -> None:
    with running_desk(tmp_path, GUARDED) as web:
        for path in ("/api/v1/status", "/api/v1/openapi.json", "/api/v1/nowhere"):
            got = web.ask(path)
            assert (got.status, got.headers["Content-Type"]) == (401, "application/problem+json")
        assert web.ask("/api/v1/status", Authorization="Bearer nonsense").status == 401
        api_of(web, "read").call("/status")


def test_what_is_not_there(api: Api) -> None:
    for path in ("", "/", "/nowhere", "/status/", "/sources/a/b/c"):
        assert api.call(path, status=404) == "there is nothing at this address"
    said = json.loads(api.ask("/sources/%D1%8F%0A%22").body)
    assert said["instance"] == "/api/v1/sources/%D1%8F%0A%22"
    assert said["detail"] == 'no source is named "я\n""; see \'feeds sources list\''


def test_methods_that_an_address_has_not(api: Api) -> None:
    for path, method, allowed in (
        ("/status", "POST", "GET, HEAD"),
        ("/sources", "PUT", "GET, HEAD, POST"),
        ("/sources/x", "POST", "DELETE, GET, HEAD, PATCH"),
        ("/sources/preview", "OPTIONS", "POST"),
        ("/entries/x/access", "GET", "DELETE, PUT"),
        ("/publish", "GET", "POST"),
    ):
        got = api.ask(path, method)
        assert (got.status, got.headers["Allow"]) == (405, allowed)
        api.call(path, method, status=405)


def test_head_is_get_without_its_body(api: Api) -> None:
    got = api.ask("/status", "HEAD")
    assert (got.status, got.body) == (200, b"")
    assert int(got.headers["Content-Length"] or 0) == len(api.ask("/status").body)
    assert api.ask("/publish", "HEAD").status == 405


@pytest.mark.parametrize(
    ("path", "method", "body", "detail"),
    [
        ("/sources?limit=0", "GET", None, "query.limit: Input should be greater than or equal to 1"),
        ("/sources?limit=201", "GET", None, "query.limit: Input should be less than or equal to 200"),
        ("/sources?limit=many", "GET", None, "query.limit: Input should be a valid integer"),
        ("/entries?access=paid", "GET", None, "query.access: Input should be 'free'"),
        ("/sources", "POST", {}, "body.location: Field required"),
        ("/sources", "POST", {"location": "https://x.example/", "colour": "red"}, "body.colour: Extra inputs"),
        ("/sources", "POST", b"{", "body.1: JSON decode error"),
        ("/sources", "POST", b'{"\xff": 1}', "There was an error parsing the body"),
        ("/sources", "POST", b"", "body: Field required"),
        ("/sources", "POST", {"location": "", "name": 7}, "(and 1 more)"),
        ("/sources", "POST", {"location": "\ud800"}, "body.location: "),
        ("/entries/short", "GET", None, "path.uid: String should have at least 8 characters"),
        ("/incidents/0", "GET", None, "path.number: "),
        ("/incidents/99999999999999999999", "GET", None, "path.number: "),
    ],
)
def test_requests_that_are_not_as_described(api: Api, path: str, method: str, body: object, detail: str) -> None:
    assert detail in api.call(path, method, body, status=422)


def test_bodies_are_bounded(api: Api) -> None:
    assert "bytes" in api.call("/sources", "POST", b" " * 1_000_001, status=413)
    assert "is empty" in api.call("/sources/import", "POST", b" " * 1_000_001, status=400, Content_Type="text/x-opml")


@pytest.mark.parametrize("list_of", ["sources", "entries", "sections", "feeds", "incidents", "tokens"])
@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "W10",
        "!!!",
        "bnVsbA",
        "WyJ4Il0",
        "WyJzb3VyY2VzIiwxXQ==",
        "WyJlbnRyaWVzIiwxZTk5OSwxXQ",
        "WyJlbnRyaWVzIix0cnVlLDFd",
    ],
)
def test_cursors_that_we_did_not_give(api: Api, list_of: str, cursor: str) -> None:
    said = api.call(f"/{list_of}?cursor={quote(cursor)}", status=400)
    assert said == "cursor: is none of this list; begin without one"


def test_a_database_that_is_held(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        tell(web.engine, "a", record())
        api = api_of(web)
        with closing(sqlite3.connect(web.engine.url.database or "", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            got = api.ask("/sources/harbour/pause", "POST")
            assert (got.status, got.headers["Retry-After"]) == (503, "10")
            assert "another program holds it" in json.loads(got.body)["detail"]
            api.call("/sources/harbour")


def test_failures_of_ours_tell_nothing_of_the_inside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_desk(tmp_path) as web:
        api = api_of(web)
        with closing(sqlite3.connect(web.engine.url.database or "")) as other:
            other.execute("DROP TABLE polls")
            other.execute("DROP TABLE incidents")
            other.commit()
        assert api.call("/incidents", status=500) == "an internal error; the log says more"
        api.call("/sources")
    said = capsys.readouterr().err
    assert "call crashed" in said
    assert "no such table" in said
    assert "Traceback" not in said


def test_an_app_without_requests_describes_itself(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        app = described_app(Context(web.engine, web.config, lambda: web.now, web.hands, web.path))
        assert app.openapi() is app.openapi()
