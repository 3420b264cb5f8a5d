"""Calls about tokens."""

from __future__ import annotations

import pytest

from tests.desk.calls import Api, api_of
from tests.desk.web import Web


@pytest.fixture
def api(web: Web) -> Api:
    return api_of(web, "read", "admin")


def test_a_token_is_made_used_rotated_and_revoked(web: Web, api: Api) -> None:
    made = api.call("/tokens", "POST", {"name": "Grafana", "scopes": ["read"]}, status=201)
    assert (made["name"], made["scopes"], made["state"], made["address"]) == ("Grafana", ["read"], "live", None)
    assert Api(web, made["token"]).call("/status")
    Api(web, made["token"]).call("/tokens", status=403)
    secret = made["token"].partition(".")[2]
    assert secret not in api.ask("/tokens").body.decode()
    assert "is a token named" in api.call("/tokens", "POST", {"name": "Grafana"}, status=409)
    again = api.call(f"/tokens/{made['id']}/rotate", "POST", {})
    assert (again["id"], again["token"] == made["token"]) == (made["id"], False)
    Api(web, made["token"]).call("/status", status=401)
    Api(web, again["token"]).call("/status")
    api.call(f"/tokens/{made['id']}", "DELETE", status=204)
    Api(web, again["token"]).call("/status", status=401)
    assert "was revoked" in api.call(f"/tokens/{made['id']}", "DELETE", status=400)
    assert "was revoked" in api.call(f"/tokens/{made['id']}/rotate", "POST", {}, status=400)
    assert made["id"] not in [one["id"] for one in api.every("/tokens", 1)]
    assert "revoked" in [one["state"] for one in api.every("/tokens?revoked=true", 1)]
    api.call("/tokens", "POST", {"name": "Grafana"}, status=201)


def test_a_token_of_a_subscriber(api: Api) -> None:
    made = api.call("/tokens", "POST", {"name": "reader 7", "expires": "2026-03-03T12:00:00+01:00"}, status=201)
    assert made["scopes"] == ["feeds"]
    assert made["address"] == f"https://news.example/p/{made['token']}/all.atom"
    assert made["expires"] == "2026-03-03T11:00:00Z"
    again = api.call(f"/tokens/{made['id']}/rotate", "POST", {"expires": "2027-01-01T00:00:00Z"})
    assert again["expires"] == "2027-01-01T00:00:00Z"


def test_tokens_come_in_pages(api: Api) -> None:
    for number in range(4):
        api.call("/tokens", "POST", {"name": f"reader {number}"}, status=201)
    for limit in (1, 2, 5):
        assert [one["name"] for one in api.every("/tokens", limit)][1:] == [f"reader {number}" for number in range(4)]


def test_tokens_that_cannot_be(api: Api) -> None:
    assert "is over" in api.call("/tokens", "POST", {"name": "x", "expires": "2026-03-02T12:00:00Z"}, status=400)
    assert "body.expires" in api.call("/tokens", "POST", {"name": "x", "expires": "2027-01-01T00:00:00"}, status=422)
    said = api.call("/tokens", "POST", {"name": "x", "scopes": ["all"]}, status=400)
    assert said.startswith('scope: "all" opens nothing')
    assert "body.scopes" in api.call("/tokens", "POST", {"name": "x", "scopes": []}, status=422)
    assert "printable" in api.call("/tokens", "POST", {"name": "\n"}, status=400)
    assert "path.key" in api.call("/tokens/x", "DELETE", status=422)
    assert "no token has" in api.call("/tokens/0123456789abcdef", "DELETE", status=404)
    assert "is over" in api.call(
        "/tokens/0123456789abcdef/rotate", "POST", {"expires": "2020-01-01T00:00:00Z"}, status=400
    )
