"""The API is as it describes itself, whatever it is asked: schemathesis asks, of a desk that has something to tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from db.engine import open_engine, writing
from db.store import incidents
from feeds.config import parse
from feeds.desk.api.app import described_app
from feeds.desk.context import Context
from feeds.publish import publish
from tests.desk import BODY, NOON, hours, record, tell
from tests.desk.calls import Api, api_of
from tests.desk.web import SITE, UNBOUNDED, Hands, running_desk

EXAMPLES = 8
"""Of each of some forty calls, beside those that schemathesis makes of the bounds: half a minute in all."""

_FILE = Path("config.toml")
_CONTEXT = Context(open_engine("sqlite://"), parse(SITE, _FILE), lambda: NOON, Hands(), _FILE)
schema = schemathesis.openapi.from_dict(described_app(_CONTEXT).openapi())


@schemathesis.serializer("text/x-opml")
def opml(_context: Any, value: Any) -> bytes:
    """A list of subscriptions as it is sent, though it is none."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_desk(tmp_path_factory.mktemp("desk"), UNBOUNDED) as web:
        tell(web.engine, "a", record(text=BODY), record("Ferry fares rise", text=f"{BODY} Fares rise, too."))
        tell(web.engine, "b", record("Ferry fares rise", text=BODY), source="wire", now=NOON + hours(1))
        with writing(web.engine) as connection:
            incidents.open_incident(connection, "disk", "var", "nearly full", NOON, evidence=(("free", "1 MB"),))
        publish(web.engine, web.config, NOON + hours(2))
        yield api_of(web)


@pytest.mark.e2e
@schema.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
def test_calls_are_as_described(case: Any, desk: Api) -> None:
    # What a schema cannot say is refused with 400: a name that is none, an address that is not to be asked.
    case.call_and_validate(
        base_url=f"http://127.0.0.1:{desk.web.port}",
        headers={"Authorization": f"Bearer {desk.token}"},
        excluded_checks=[positive_data_acceptance],
    )
