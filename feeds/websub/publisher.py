"""Telling hubs that a feed of ours is new (WebSub, section 6; what a ping looks like is PubSubHubbub 0.4, 7.1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode

from db.engine import Connection
from db.records import DeliveryRecord
from db.store import deliveries, incidents
from feeds.config import Config
from feeds.errors import FetchError
from feeds.fetch import Answer, Call

PING = "ping"
"""The kind of delivery that tells a hub of one topic."""
UNTOLD_HUB = "hub"
"""The kind of incident that names a hub which cannot be told."""
FORM = "application/x-www-form-urlencoded"


def advertised(config: Config) -> tuple[str, ...]:
    """The hubs that our public feeds name, each once: those of others, and our own where we are one."""
    own = (own_hub(config),) if config.websub.hub else ()
    return tuple(dict.fromkeys((*config.publish.hubs, *own)))


def own_hub(config: Config) -> str:
    """Where our own hub listens."""
    return f"{config.site.base_url}hub"


def is_topic(path: str) -> bool:
    """Whether a path of the published tree is a feed that a hub is told of: no archive, page, list or marker."""
    folder, _, name = path.rpartition("/")
    known = folder in ("", "sections", "saved") and name.rpartition(".")[2] in ("atom", "rss", "json")
    return known and path != "manifest.json"


def owe_pings(connection: Connection, config: Config, paths: Iterable[str], now: datetime) -> None:
    """Owes every hub of others a ping for each feed among the `paths` that were published just now."""
    topics = [config.site.base_url + path for path in paths if is_topic(path)]
    others = [hub for hub in dict.fromkeys(config.publish.hubs) if hub != own_hub(config)]
    deliveries.owe_all(connection, PING, [(hub, {"topic": topic}) for hub in others for topic in topics], now)


class Pings:
    """Says pings. One topic each: that a hub takes several at once is its own affair (PubSubHubbub 0.4, section 7.1
    names one), and so one that it refuses does not take others along."""

    def __init__(self, config: Config) -> None:
        self._hubs = frozenset(config.publish.hubs)

    def request(self, _connection: Connection, delivery: DeliveryRecord, _now: datetime) -> Call | None:
        """The ping; nothing for a hub that is configured no more."""
        topic = delivery.payload["topic"]
        if delivery.target not in self._hubs:
            return None
        # Both names: PubSubHubbub 0.4 has hub.url, hubs that were written after WebSub ask for hub.topic.
        said = urlencode({"hub.mode": "publish", "hub.url": topic, "hub.topic": topic})
        return Call(delivery.target, said.encode(), FORM)

    def heard(
        self, connection: Connection, delivery: DeliveryRecord, answer: Answer | FetchError, now: datetime
    ) -> bool:
        """Any 2xx is heard, whatever else is not."""
        if isinstance(answer, FetchError):
            return False
        incidents.close_incident(connection, UNTOLD_HUB, delivery.target, now)
        return True

    def given_up(self, connection: Connection, delivery: DeliveryRecord, error: str, now: datetime) -> None:
        """Opens an incident of the hub."""
        message = f"{delivery.target}: not told of what is new for a day: {error}; mend it or take it out of hubs"
        incidents.open_incident(connection, UNTOLD_HUB, delivery.target, message, now)
