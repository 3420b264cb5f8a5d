"""Being pushed to: whose hubs are asked to begin, to go on or to stop, and who is polled as before because none pushes.

`feeds.websub.subscriber` decides; what is owed to hubs goes out with everything else that is owed (`feeds.notify`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from db.engine import Connection, Engine, reading, writing
from db.records import SourceRecord
from db.store import pushes, schedule
from feeds import log
from feeds.bounds import bounds_of
from feeds.cadence import PUSHED, Hints, next_due
from feeds.config import Config
from feeds.errors import SourceError
from feeds.paths import source_of
from feeds.websub.asking import apply
from feeds.websub.subscriber import due

MOST_ASKED = 30
"""Requests to one hub within a minute: many sources have the same."""

MINUTE = timedelta(minutes=1)

_log = log.get("pushes")


def tend(engine: Engine, config: Config, now: datetime) -> None:
    """Does what is due for subscriptions, and lets sources be due as before whose hub is not, or no more, trusted.

    Raises `StorageError`.
    """
    subscribing = config.websub.subscribe
    with reading(engine) as connection:
        is_idle = not pushes.any_due(connection, now, subscribing=subscribing, full=_full(connection, now))
        if is_idle and not schedule.unbacked(connection, PUSHED, now):
            return
    with writing(engine) as connection:
        _ask(connection, config, now)
        forsaken = schedule.unbacked(connection, PUSHED, now)
        schedule.reschedule(connection, {one.id: _as_before(config, one) for one in forsaken})


def _ask(connection: Connection, config: Config, now: datetime) -> None:
    """What is due; of one hub no more than it is asked in a minute, the rest stays due."""
    asked = pushes.asked_since(connection, now - MINUTE)
    full = _full(connection, now)
    for push, wanted in pushes.due(connection, now, subscribing=config.websub.subscribe, full=full):
        step = due(push, now, wanted=wanted, base=config.site.base_url)
        hub = step.push.hub if step.push is not None else ""
        if step.mode is not None:
            if asked[hub] >= MOST_ASKED:
                continue
            asked[hub] += 1
            _log.info("hub asked", mode=step.mode, hub=hub, topic=push.topic)
        apply(connection, push.source_id, push, step, now)


def _full(connection: Connection, now: datetime) -> list[str]:
    """Hubs that were asked as often as they are in a minute."""
    return [hub for hub, count in pushes.asked_since(connection, now - MINUTE).items() if count >= MOST_ASKED]


def _as_before(config: Config, record: SourceRecord) -> tuple[datetime, str]:
    """When a source would be due, and why, were it not pushed."""
    try:
        source = source_of(record, config)
    except SourceError:
        source = None
    # Of its last answer that it can be asked conditionally is all that is known beside its pace.
    hints = Hints(conditional=record.etag is not None or record.last_modified is not None)
    since = record.last_poll or record.due_at
    at, reason = next_due(since, bounds_of(config, source, record.host), hints, record.pace, failures=record.failures)
    return min(at, record.due_at), reason
