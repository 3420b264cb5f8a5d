"""Numbers for Prometheus."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from db.engine import writing
from db.migrations import HEAD
from db.models import SourceState
from db.records import Heartbeat, PollRecord
from db.store import deliveries, hours, incidents, schedule, sources
from feeds import __version__, notify, tokens
from feeds.publish import publish
from feeds.states import KINDS, STATES
from tests.command import ROOT
from tests.desk import NOON, record, source_id, tell
from tests.desk.web import GUARDED, Web, running_desk

UNITS = ("_seconds", "_bytes")
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def families(web: Web, **headers: str) -> dict[str, Metric]:
    """Name -> metric, as Prometheus reads them."""
    got = web.ask("/metrics", **headers)
    assert got.status == 200
    return {one.name: one for one in text_string_to_metric_families(got.body.decode())}


def values(web: Web) -> dict[str, float]:
    """Every sample of ours, as it is written."""
    found = {}
    for family in families(web).values():
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sample.labels.items())
            found[sample.name.removeprefix("broadsheet_") + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


def test_a_desk_with_something_to_tell(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        tell(web.engine, "a", record(), record("Second"))
        with writing(web.engine) as connection:
            source_id(connection, "wire")
            source_id(connection, "paused")
            sources.pause(connection, source_id(connection, "paused"))
            poll = PollRecord(
                source_id=1, at=NOON, outcome="stored", due_at=NOON, reason="", new=2, updated=1, size=900
            )
            schedule.finish(connection, [poll, replace(poll, outcome="unchanged", new=0, updated=0, size=100)])
            connection.execute(
                update(SourceState)
                .where(SourceState.source_id == 1)
                .values(last_success=NOON - timedelta(minutes=10), ms=300, state="slow")
            )
            incidents.open_incident(connection, "quarantined", "tag:x", "odd", NOON)
            incidents.open_incident(connection, "config", "config.toml", "wrong", NOON)
            deliveries.owe(connection, "ping", "https://hub.example/", {}, NOON)
        web.hands.signs = [Heartbeat("tick", NOON - timedelta(seconds=7), NOON, 5, 1)]
        web.hands.reload_ok = False
        web.now = NOON + timedelta(seconds=30)
        found = values(web)
        wanted = {
            "database_up": 1,
            "sources{state=ok}": 1,
            "sources{state=slow}": 1,
            "sources{state=paused}": 1,
            "sources{state=gone}": 0,
            "sources_polling": 0,
            "oldest_success_age_seconds": 630,
            "success_age_seconds_bucket{le=300.0}": 0,
            "success_age_seconds_bucket{le=900.0}": 1,
            "success_age_seconds_bucket{le=+Inf}": 1,
            "success_age_seconds_gsum": 630,
            "poll_seconds_bucket{le=0.25}": 0,
            "poll_seconds_bucket{le=0.5}": 1,
            "poll_seconds_gcount": 1,
            "polls_total{outcome=stored}": 1,
            "polls_total{outcome=unchanged}": 1,
            "polls_total{outcome=failed}": 0,
            "entries_total{what=new}": 2,
            "entries_total{what=updated}": 1,
            "received_bytes_total": 1000,
            "stored_entries": 2,
            "incidents_open{kind=config}": 1,
            "incidents_open{kind=quarantined}": 1,
            "incidents_open{kind=disk}": 0,
            "quarantined_entries": 1,
            "reload_ok": 0,
            "sections_dirty": 2,
            "publish_lag_seconds": 30,
            "deliveries_waiting{kind=ping}": 1,
            "deliveries_waiting{kind=alert}": 0,
            "heartbeat_age_seconds{what=tick}": 37,
            "feeds_published": 0,
            "published_timestamp_seconds": 0,
        }
        assert {name: found[name] for name in wanted} == wanted
        build = next(name for name in found if name.startswith("build_info"))
        assert f"schema={HEAD},version={__version__}" in build
        assert found["database_bytes{file=main}"] > 100_000
        assert found["disk_free_bytes{what=public}"] > 0
        publish(web.engine, web.config, NOON)
        again = values(web)
        assert again["sections_dirty"] == again["publish_lag_seconds"] == 0
        assert again["feeds_published"] == 5, "of all and of the section, each also of what is free, and of incidents"
        assert again["published_timestamp_seconds"] == pytest.approx(time.time(), abs=300)


def test_counters_do_not_fall_when_hours_are_forgotten(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        with writing(web.engine) as connection:
            hours.count(connection, [PollRecord(source_id=1, at=NOON, outcome="failed", due_at=NOON, reason="")])
        before = values(web)["polls_total{outcome=failed}"]
        with writing(web.engine) as connection:
            hours.prune(connection, NOON + timedelta(days=100))
        assert values(web)["polls_total{outcome=failed}"] == before == 1


def test_names_are_as_prometheus_wants_them(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        for name, family in families(web).items():
            assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
            assert family.documentation
            assert name.startswith(("broadsheet_", "process_", "python_"))
            if not name.startswith("broadsheet_"):
                continue
            if not name.endswith(("_gcount", "_gsum")):
                assert family.documentation.endswith(".")
            # As promtool's linter has it: base units last, `_total` of counters alone, no type in a name.
            samples = {sample.name for sample in family.samples}
            assert {one.endswith("_total") for one in samples} <= {family.type == "counter"}
            for unit in (
                "second",
                "byte",
                "milliseconds",
                "_ms",
                "minutes",
                "kilobytes",
                "counter",
                "gauge",
                "histogram",
            ):
                assert not name.endswith(unit)
            for unit in UNITS:
                rest = name.removesuffix("_gcount").removesuffix("_gsum")
                assert unit not in rest or rest.endswith(unit)


def test_there_are_as_many_series_however_many_sources_there_are(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        few = set(values(web))
        with writing(web.engine) as connection:
            many: dict[str, dict[str, object]] = {
                f"source {number}": {"url": f"https://h{number}.example/"} for number in range(300)
            }
            sources.add_many(connection, many, NOON)
            connection.execute(update(SourceState).values(last_success=NOON, ms=90))
        assert set(values(web)) == few
        assert values(web)["poll_seconds_gcount"] == 300
        assert {f"sources{{state={state}}}" for state in STATES} <= few
        assert {f"incidents_open{{kind={kind}}}" for kind in KINDS} <= few
        assert {f"deliveries_waiting{{kind={kind}}}" for kind in notify.KINDS} <= few


def test_the_format_is_that_which_was_asked_for(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        assert web.ask("/metrics").headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        got = web.ask("/metrics", Accept=OPENMETRICS)
        assert got.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
        read: Callable[[str], Iterator[Metric]] = openmetrics_families
        found = {one.name: one.type for one in read(got.body.decode())}
        assert found["broadsheet_poll_seconds"] == "gaugehistogram"
        assert found["broadsheet_polls"] == "counter"
        assert got.headers["Cache-Control"] == "no-store"
        head = web.ask("/metrics", "HEAD")
        assert (head.status, head.body) == (200, b"")
        assert web.ask("/metrics", "POST").status == 405
        assert web.ask("/metrics/other").status == 404


@pytest.mark.parametrize("more", ["", GUARDED])
def test_numbers_are_for_this_machine_and_for_tokens_that_look(tmp_path: Path, more: str) -> None:
    with running_desk(tmp_path, more) as web:
        assert web.ask("/metrics").status == 200
        for headers in ({"Host": "desk.example"}, {"X_Forwarded_For": "192.0.2.1"}, {"Forwarded": "for=192.0.2.1"}):
            assert web.ask("/metrics", **headers).status in (401, 403)
            for scopes, status in ((["read"], 200), (["feeds"], 401), (["write"], 403)):
                name = f"{scopes[0]} {next(iter(headers))}"
                made = tokens.create(web.engine, name, NOON, secrets.token_bytes, scopes=scopes)
                got = web.ask("/metrics", Authorization=f"Bearer {made.token}", **headers)
                assert got.status == status, (scopes, headers)


def test_without_the_database_the_rest_is_told(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        web.engine.dispose()
        (tmp_path / "feeds.sqlite3").write_bytes(b"SQLite format 3\x00" + b"nothing" * 1000)
        found = values(web)
        assert found["database_up"] == 0
        assert "stored_entries" not in found
        assert found["database_bytes{file=main}"] > 0
        assert any(name.startswith("process_resident") for name in found)


def test_where_a_folder_may_not_be_looked_into_the_rest_is_told(tmp_path: Path) -> None:
    # A name that no file system takes is refused to everybody, as a folder of others is to all but root.
    with running_desk(tmp_path, f'[publish]\ndirectory = "{"x" * 300}"\n') as web:
        found = values(web)
        assert "disk_free_bytes{what=public}" not in found
        assert found["disk_free_bytes{what=database}"] > 0
        assert found["database_up"] == 1


def test_no_numbers_are_served_where_nobody_wants_them(tmp_path: Path) -> None:
    with running_desk(tmp_path, "[monitor]\nmetrics = false\n") as web:
        assert web.ask("/metrics").status == 404


# --- the dashboard


def test_the_dashboard_asks_for_numbers_that_there_are(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        known = {sample.name for family in families(web).values() for sample in family.samples}
        known |= {"broadsheet_heartbeat_age_seconds"}  # of a daemon
    board = json.loads((ROOT / "docs" / "deploy" / "grafana.json").read_text())
    asked = " ".join(expressions(board))
    named = set(re.findall(r"\b(?:broadsheet|process|python)_\w+", asked))
    assert named <= known, named - known
    assert len({name for name in named if name.startswith("broadsheet_")}) > 15
    assert board["schemaVersion"] >= 39
    assert [one["name"] for one in board["__inputs"]] == ["DS_PROMETHEUS"]
    uids = {one["uid"] for one in sources_of(board)}
    assert uids == {"${DS_PROMETHEUS}"}
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids) > 10
    assert all(panel["title"] for panel in board["panels"])


def expressions(board: object) -> list[str]:
    """What the panels ask for."""
    if isinstance(board, dict):
        own = [board["expr"]] if isinstance(board.get("expr"), str) else []
        return own + [one for value in board.values() for one in expressions(value)]
    return [one for value in board for one in expressions(value)] if isinstance(board, list) else []


def sources_of(board: object) -> list[dict[str, str]]:
    """Where they ask."""
    if isinstance(board, dict):
        own = [board["datasource"]] if isinstance(board.get("datasource"), dict) else []
        return own + [one for value in board.values() for one in sources_of(value)]
    return [one for value in board for one in sources_of(value)] if isinstance(board, list) else []
