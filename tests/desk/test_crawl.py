"""Every page and every form of the desk, with a stranger's words in all of them; and reading changes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from db.engine import writing
from db.store import incidents, sources
from feeds.publish import publish
from tests.desk import NOON, hours, record, tell
from tests.desk.crawl import POLYGLOT, forms_of, injected, pages_of
from tests.desk.demo import demo_desk
from tests.desk.web import SITE, UNBOUNDED, Web, running_desk, unchanged
from tests.getting import Got

STRANGERS = "/desk/sources/hostile"
"""The page of a source of which everything is a stranger's."""


@contextmanager
def hostile_desk(folder: Path) -> Iterator[Web]:
    """A desk of which strangers said the worst."""
    with demo_desk(folder, UNBOUNDED, per_source=3) as running:
        tell(
            running.engine, "a",
            record(POLYGLOT, url="https://a.example/1", text=POLYGLOT, summary=POLYGLOT, label=POLYGLOT,
                   authors=(POLYGLOT,), categories=(POLYGLOT,), sections=(POLYGLOT,), language="en"),
        )  # fmt: skip
        tell(running.engine, "a", record(f"{POLYGLOT} 2", url="https://a.example/1", text="x"), now=NOON + hours(2))
        with writing(running.engine) as connection:
            evidence = ((POLYGLOT, POLYGLOT),)
            incidents.open_incident(connection, "failing", POLYGLOT, POLYGLOT, NOON, evidence=evidence)
            options: dict[str, object] = {"url": "https://x.example/", "title": POLYGLOT, "sections": [POLYGLOT]}
            sources.add(connection, "hostile", options, NOON)
        publish(running.engine, running.config, NOON)
        yield running


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """One that is only read."""
    with hostile_desk(tmp_path_factory.mktemp("desk")) as running:
        yield running


def is_page(got: Got) -> bool:
    return "text/html" in (got.headers["Content-Type"] or "")


def test_every_page_is_read_without_a_change_and_without_a_stranger_s_markup(web: Web) -> None:
    with unchanged(web):
        found = pages_of(web)
        asked = pages_of(web, f"{STRANGERS}?asked=0", keep=lambda path: path.startswith(STRANGERS))
    assert web.hands.woken == 0
    assert len(found) > 60
    assert {path: got.status for path, got in found.items() if got.status != 200} == {}
    assert {"/desk/live", "/desk/sources.opml", STRANGERS} <= set(found)
    assert f"{STRANGERS}/live?asked=0" in asked
    for path, got in (found | asked).items():
        if is_page(got):
            assert injected(got.body) == [], path


def test_a_polyglot_in_every_field_of_every_form_stays_text(tmp_path: Path) -> None:
    with hostile_desk(tmp_path) as web:
        sent = dict[tuple[str, str], int]()
        for path, got in pages_of(web).items():
            for form in forms_of(path, got.body) if is_page(got) else ():
                kind = (form.method, re.sub(r"(?<=/desk/)(\w+)/[^/]+/", r"\1/*/", form.action.partition("?")[0]))
                if kind in sent or form.action == "/desk/logout":
                    continue
                for fields in (form.with_all(POLYGLOT), dict.fromkeys(form.fields, POLYGLOT)):
                    answer = (
                        web.ask(f"{form.action}?{urlencode(fields)}")
                        if form.method == "GET"
                        else web.post(form.action, fields)
                    )
                    sent[kind] = answer.status
                    assert answer.status < 500, (form, answer.body[:300])
                    assert answer.status != 429, form
                    assert injected(answer.body) == [], form
        added = {
            "step": "add",
            "what": "feed https://b.example/",
            "name": POLYGLOT,
            "kind": POLYGLOT,
            "sections": POLYGLOT,
        }
        assert injected(web.post("/desk/sources/add", added).body) == []
        assert len(sent) >= 16, sent
        for path, got in pages_of(web).items():
            if is_page(got):
                assert injected(got.body) == [], path


def test_a_polyglot_in_every_address_stays_text(web: Web) -> None:
    evil = quote(POLYGLOT, safe="")
    for path in ("entries", "sources", "incidents", "sections", "tokens"):
        for asked in (
            f"/desk/{path}/{evil}",
            f"/desk/{path}?q={evil}&source={evil}&state={evil}&kind={evil}&from={evil}",
        ):
            got = web.ask(asked)
            assert got.status < 429
            assert injected(got.body) == []


def test_a_title_of_the_site_is_text_too(tmp_path: Path) -> None:
    with running_desk(tmp_path, site=SITE.replace('"Harbour Desk"', json.dumps(POLYGLOT))) as web:
        assert injected(web.ask("/desk/").body) == []
