"""The API of a desk under test, as a program with a token calls it."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from feeds import tokens
from feeds.desk.api.base import PREFIX
from tests.desk import NOON
from tests.desk.web import Web
from tests.getting import Got


def token_of(web: Web, *scopes: str) -> str:
    """A new token with these scopes."""
    return tokens.create(web.engine, secrets.token_hex(4), NOON, secrets.token_bytes, scopes=scopes).token


@dataclass
class Api:
    """Calls with the scopes of one token."""

    web: Web
    token: str

    def ask(self, path: str, method: str = "GET", body: object = None, **headers: str) -> Got:
        """The answer to a call of `path` below the API; a body that is no bytes is sent as JSON."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        given = {} if data is None else {"Content_Type": "application/json"}
        bearer = {"Authorization": f"Bearer {self.token}"}
        return self.web.ask(PREFIX + path, method, data, **{**given, **bearer, **headers})

    def call(self, path: str, method: str = "GET", body: object = None, *, status: int = 200, **headers: str) -> Any:
        """What a call gives that has to answer with `status`; of a problem its detail, once it is one."""
        got = self.ask(path, method, body, **headers)
        assert got.status == status, (method, path, got.status, got.body[:500])
        if status == 204:
            assert got.body == b""
            return None
        said = json.loads(got.body)
        if status < 400:
            assert got.headers["Content-Type"] == "application/json"
            return said
        assert got.headers["Content-Type"] == "application/problem+json"
        assert (said["type"], said["status"]) == ("about:blank", status)
        assert said["title"]
        return said["detail"]

    def every(self, path: str, limit: int) -> list[Any]:
        """All rows of a list, a page after the other, each with `limit` of them but the last."""
        rows: list[Any] = []
        sign, cursor = "&" if "?" in path else "?", ""
        while True:
            page = self.call(f"{path}{sign}limit={limit}{cursor}")
            rows += page["items"]
            if page["next"] is None:
                return rows
            assert len(page["items"]) == limit
            cursor = f"&cursor={quote(page['next'], safe='')}"


def api_of(web: Web, *scopes: str) -> Api:
    """The API for whoever has these scopes; by default all of them."""
    return Api(web, token_of(web, *(scopes or ("read", "write", "admin"))))
