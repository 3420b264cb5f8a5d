"""The pages on the API and on metrics say what is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from feeds.desk.api.base import MOST, USUAL
from feeds.desk.limits import ASKED, BODY_BYTES, BODY_SECONDS
from feeds.formats.opml import MAX_BYTES
from tests.command import ROOT
from tests.desk import record, tell
from tests.desk.calls import Api, api_of
from tests.desk.web import Web, running_desk

API = (ROOT / "docs" / "api.md").read_text()
METRICS = (ROOT / "docs" / "metrics.md").read_text()


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running_desk(tmp_path_factory.mktemp("desk")) as web:
        tell(web.engine, "a", record("Ferries late"), record("Trams late"))
        yield web


@pytest.fixture(scope="module")
def api(web: Web) -> Api:
    return api_of(web)


def commands(page: str) -> list[str]:
    """The calls of `curl` on a page, and what is kept of their answers, each in one line."""
    lines = (
        "\n".join(re.findall(r"^```bash\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)).replace("\\\n", " ").splitlines()
    )
    return [line for line in lines if "curl " in line]


@pytest.mark.skipif(shutil.which("curl") is None or shutil.which("jq") is None, reason="needs curl and jq")
@pytest.mark.parametrize("page", [API, METRICS], ids=["api", "metrics"])
def test_every_example_runs(page: str, web: Web, api: Api, tmp_path: Path) -> None:
    found = commands(page)
    assert len(found) > 1
    # In one shell, as a person walks it; each has to end well, and to say JSON where it says anything else but "ok".
    script = "\n".join(["set -euo pipefail", *(f"{line}; echo" for line in found)])
    script = script.replace("http://127.0.0.1:8080", f"http://127.0.0.1:{web.port}")
    environment = {"TOKEN": api.token, "PATH": "/usr/local/bin:/usr/bin:/bin"}
    ran = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    for answer in filter(None, ran.stdout.splitlines()):
        assert answer == "ok" or json.loads(answer)


def test_every_call_is_named(api: Api) -> None:
    paths = {path.removeprefix("/api/v1") for path in api.call("/openapi.json")["paths"]}
    table = API.partition("| path below")[2].partition("\n\n")[0]
    named = set()
    for row in table.splitlines():
        whole = ""
        for path in re.findall(r"`(/[^`]+|…/[^`]+)`", row.split("|")[1] if row.startswith("|") else ""):
            path = path.replace("…", whole.rpartition("/")[0])
            named.add(path)
            whole = path
    assert named == {path.replace("{uid}", "{id}").replace("{key}", "{id}") for path in paths}


def test_limits_are_those_of_the_code() -> None:
    assert f"pages of {USUAL} rows, or of `limit` (1 to {MOST})" in API
    assert ASKED == 10
    assert "ten previews and polls at once a minute" in API
    assert f"longer than {BODY_SECONDS:.0f} seconds, or has more than {BODY_BYTES // 10**6} MB" in API
    assert f"subscriptions {MAX_BYTES // 10**6} MB" in API


def test_every_status_is_told(api: Api) -> None:
    told = set(re.findall(r"\b[45]\d\d\b", API.partition("| status | when |")[2]))
    described = {
        status
        for calls in api.call("/openapi.json")["paths"].values()
        for call in calls.values()
        for status in call["responses"]
        if status >= "400"
    }
    assert told == described | {"405"}


def test_every_metric_is_told(web: Web) -> None:
    families = re.findall(r"^# TYPE (broadsheet_\w+) ", web.ask("/metrics").body.decode(), re.MULTILINE)
    names = {name for name in families if not name.endswith(("_gcount", "_gsum"))}
    table = METRICS.partition("| metric | what |")[2].partition("\n\n")[0]
    assert set(re.findall(r"broadsheet_\w+", table)) == names
