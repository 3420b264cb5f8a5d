"""A token as scripts see it: all but its secret."""

from __future__ import annotations

import json

from db.records import TokenRecord
from feeds.shapes.tokens import token_as_json
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
