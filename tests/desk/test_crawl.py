"""Every page and every form of the desk, with a stranger's words in all of them; and reading changes nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from db.engine import writing
from db.store import incidents, sources
from feeds.publish import publish
from tests.desk import NOON, hours, record, tell
from tests.desk.crawl import POLYGLOT, forms_of, injected, pages_of
from tests.desk.demo import MORE, fill
from tests.desk.web import Web, running_desk

HOSTILE = '[site]\ntitle = {title}\nbase_url = "https://news.example/"\n[poll]\nallow_networks = ["127.0.0.0/8"]\n'


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running_desk(tmp_path_factory.mktemp("desk"), MORE) as running:
        fill(running.engine, running.config, NOON, per_source=3)
        tell(
            running.engine, "a",
            record(POLYGLOT, url="https://a.example/1", text=POLYGLOT, summary=POLYGLOT, label=POLYGLOT,
                   authors=(POLYGLOT,), categories=(POLYGLOT,), sections=(POLYGLOT,), language="en"),
        )  # fmt: skip
        tell(running.engine, "a", record(f"{POLYGLOT} 2", url="https://a.example/1", text="x"), now=NOON + hours(2))
        with writing(running.engine) as connection:
            evidence = {POLYGLOT: POLYGLOT}
            incidents.open_incident(connection, "failing", POLYGLOT, POLYGLOT, NOON, evidence=evidence)
            sources.add(
                connection, "hostile", {"url": "https://x.example/", "title": POLYGLOT, "sections": [POLYGLOT]}, NOON
            )
        publish(running.engine, running.config, NOON)
        yield running


def state_of(web: Web) -> dict[str, list[tuple[object, ...]]]:
    """Everything that the database holds, by table; of the index of words what it is made of."""
    with closing(sqlite3.connect(f"file:{web.engine.url.database}?mode=ro", uri=True)) as connection:
        named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'search'")
        return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in named.fetchall()}  # noqa: S608  # names of ours


def test_reading_every_page_changes_nothing(web: Web) -> None:
    before = state_of(web)
    found = pages_of(web)
    assert len(found) > 60
    assert {got.status for got in found.values()} <= {200, 404}, {
        p: g.status for p, g in found.items() if g.status != 200
    }
    assert [path for path, got in found.items() if got.status == 404] == []
    assert state_of(web) == before
    assert web.hands.woken == 0


def test_no_page_lets_a_stranger_s_markup_through(web: Web) -> None:
    for path, got in pages_of(web).items():
        if "text/html" in (got.headers["Content-Type"] or ""):
            assert injected(got.body) == [], path


def test_a_polyglot_in_every_field_of_every_form_stays_text(web: Web) -> None:
    sent = set[tuple[str, str, tuple[str, ...]]]()
    for path, got in list(pages_of(web).items()):
        if "text/html" not in (got.headers["Content-Type"] or ""):
            continue
        for form in forms_of(path, got.body):
            key = (form.method, form.action.partition("?")[0], tuple(sorted(form.fields)))
            if key in sent or form.action == "/desk/logout":
                continue
            sent.add(key)
            for fields in (form.with_all(POLYGLOT), dict.fromkeys(form.fields, POLYGLOT)):
                if form.method == "GET":
                    answer = web.ask(f"{form.action}?{urlencode(fields)}")
                else:
                    answer = web.post(form.action, fields)
                assert answer.status < 500, (form, answer.status, answer.body[:300])
                assert injected(answer.body) == [], form
    assert len(sent) > 12, sent
    for path, got in pages_of(web).items():
        if "text/html" in (got.headers["Content-Type"] or ""):
            assert injected(got.body) == [], path


def test_a_polyglot_in_every_address_stays_text(web: Web) -> None:
    evil = quote(POLYGLOT, safe="")
    for path in ("entries", "sources", "incidents", "sections", "tokens"):
        for asked in (
            f"/desk/{path}/{evil}",
            f"/desk/{path}?q={evil}&source={evil}&state={evil}&kind={evil}&from={evil}",
        ):
            got = web.ask(asked)
            assert got.status < 500
            assert injected(got.body) == []


def test_a_title_of_the_site_is_text_too(tmp_path: Path) -> None:
    with running_desk(tmp_path, site=HOSTILE.format(title=json.dumps(POLYGLOT))) as web:
        assert injected(web.ask("/desk/").body) == []
