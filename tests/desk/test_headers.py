"""Headers of every answer of the desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.desk.headers import POLICY
from tests.desk.web import GUARDED, SITE, running_desk

PATHS = (
    "/desk/login", "/desk/", "/desk/unknown", "/desk", "/api/v1/openapi.json", "/api/v1/unknown", "/api", "/healthz",
    "/readyz", "/metrics", "/desk/static/desk.css", "/desk/static/none.css",
)  # fmt: skip


@pytest.mark.parametrize("more", ["", GUARDED])
def test_every_answer_has_them_once(tmp_path: Path, more: str) -> None:
    with running_desk(tmp_path, more) as web:
        for path in PATHS:
            for method in ("GET", "POST"):
                got = web.ask(path, method, Sec_Fetch_Site="same-origin")
                named = [name.lower() for name in got.headers]
                assert len(named) == len(set(named)), (path, named)
                said = got.plain_headers
                is_static = path.startswith("/desk/static/")
                assert {name: said.get(name) for name in USUAL} == USUAL, path
                assert said["referrer-policy"] == ("same-origin" if path.startswith("/desk") else "no-referrer")
                assert said["strict-transport-security"] == "max-age=31536000"
                assert "server" not in said
                assert "access-control-allow-origin" not in said
                if not is_static:
                    assert (said["content-security-policy"], said["cache-control"]) == (POLICY.decode(), "no-store")
        kept = web.ask("/desk/static/desk.css").plain_headers
        assert kept["cache-control"] == "public, max-age=31536000, immutable"
        assert kept["content-security-policy"] == "default-src 'none'"


USUAL = {
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), "
    "serial=(), usb=()",
}


def test_nothing_inline_and_nothing_from_elsewhere() -> None:
    said = dict(part.split(" ", 1) for part in POLICY.decode().split("; "))
    assert said["default-src"] == said["base-uri"] == said["frame-ancestors"] == "'none'"
    assert not any("unsafe" in value or "*" in value or "http" in value for value in said.values())
    assert {name for name, value in said.items() if "data:" in value} == {"img-src"}


def test_https_alone_is_asked_for_where_there_is_https(tmp_path: Path) -> None:
    with running_desk(tmp_path, site=SITE.replace("https:", "http:")) as web:
        assert all("strict-transport-security" not in web.ask(path).plain_headers for path in PATHS)
