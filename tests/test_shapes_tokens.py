"""A token as scripts see it: all but its secret."""

from __future__ import annotations

import json
from dataclasses import replace

from db.records import TokenRecord
from feeds.shapes.tokens import Opened, opened_by, token_as_json
from feeds.tokens import Issued
from tests.desk import NOON, hours


def test_a_token_is_told_without_its_secret() -> None:
    record = TokenRecord(7, "0123456789abcdef", "anna", b"secret", NOON, NOON + hours(2), None, NOON)
    assert token_as_json(record, NOON, 3) == {
        "name": "anna",
        "id": "0123456789abcdef",
        "scopes": ["feeds"],
        "state": "live",
        "created": "2026-03-02T12:00:00Z",
        "expires": "2026-03-02T14:00:00Z",
        "revoked": None,
        "last_used": "2026-03-02T12:00:00Z",
        "networks": 3,
    }
    later = token_as_json(record, NOON + hours(3), 0)
    assert later["state"] == "expired"
    assert "secret" not in json.dumps(later)


def test_what_a_token_opens() -> None:
    record = TokenRecord(7, "0123456789abcdef", "anna", b"secret", NOON, None, None, None)

    def opened(*scopes: str) -> Opened:
        return opened_by(Issued(replace(record, scopes=frozenset(scopes)), "t0ken"), "https://n.example/")

    feeds = ("https://n.example/p/t0ken/all.atom", "https://n.example/private/all.atom")
    assert opened("feeds") == (*feeds, None)
    assert opened("feeds", "read") == (*feeds, "https://n.example/api/v1/")
    assert opened("admin") == (None, None, "https://n.example/api/v1/")
