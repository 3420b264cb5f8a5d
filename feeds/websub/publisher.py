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
from feeds.websub import FORM
from feeds.websub.hub import owe_denial, owe_distribution
from feeds.websub.topics import Topics, advertised, own_hub

__all__ = ["PING", "UNTOLD", "Pings", "advertised", "owe_pings", "own_hub"]

PING = "ping"
"""The kind of delivery that tells a hub of one topic."""
UNTOLD = "untold"
"""The kind of incident that names a hub which cannot be told."""


def owe_pings(connection: Connection, config: Config, paths: Iterable[str], now: datetime) -> None:
    """Owes word of the `paths` that a publish replaced or removed just now: to be called in the transaction that
    settles it, with the files in place.

    Every hub of others gets a ping for each feed among them, and where we are a hub, its subscribers the document;
    those of a feed that is gone are told so. What is no public feed (archives, pages, lists) is nobody's topic.
    """
    others = [one for one in dict.fromkeys(config.publish.hubs) if one != own_hub(config)]
    if not others and not config.websub.hub:
        return
    topics = Topics(config)
    new: list[str] = []
    gone: list[str] = []
    for path in topics.among(paths):
        (new if (config.public / path).is_file() else gone).append(topics.address(path))
    deliveries.owe_all(connection, PING, [(one, {"topic": topic}) for one in others for topic in new], now)
    if config.websub.hub:
        owe_distribution(connection, new, now)
        owe_denial(connection, gone, now)


class Pings:
    """Says pings. One topic each: PubSubHubbub 0.4 (section 7.1) knows no more, and a hub that refuses one of several
    would refuse all."""

    def __init__(self, config: Config) -> None:
        self._hubs = frozenset(config.publish.hubs)

    def request(self, _connection: Connection, delivery: DeliveryRecord, _now: datetime) -> Call | None:
        """The ping; nothing for a hub that is configured no more."""
        if delivery.target not in self._hubs:
            return None
        topic = delivery.payload["topic"]
        # Both names: PubSubHubbub 0.4 has hub.url, hubs that were written after WebSub ask for hub.topic.
        said = urlencode({"hub.mode": "publish", "hub.url": topic, "hub.topic": topic})
        return Call(delivery.target, said.encode(), FORM)

    def heard(
        self, connection: Connection, delivery: DeliveryRecord, answer: Answer | FetchError, now: datetime
    ) -> bool:
        """Any 2xx is heard, and ends the trouble with the hub."""
        if isinstance(answer, FetchError):
            return False
        incidents.close_incident(connection, UNTOLD, delivery.target, now)
        return True

    def given_up(self, connection: Connection, delivery: DeliveryRecord, error: str, now: datetime) -> None:
        """Opens an incident of the hub."""
        message = f"{delivery.target}: was not told what is new for a day ({error}); mend it, or take it out of hubs"
        incidents.open_incident(connection, UNTOLD, delivery.target, message, now)
