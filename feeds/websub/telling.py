"""What our hub says to subscribers, and what it makes of their answers (WebSub, sections 5.2, 5.3 and 7)."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from db.engine import Connection
from db.records import DeliveryRecord, HubTopicRecord
from db.store import deliveries, hub
from feeds import log
from feeds.config import Config
from feeds.errors import FetchError
from feeds.fetch import Answer, Call, HttpError
from feeds.websub import SUBSCRIBE
from feeds.websub.hub import DENIAL, TOPICS_BYTES, check, owe_denial, owe_distribution
from feeds.websub.topics import Topics, advertised, own_hub
from feeds.websub.wish import Refused

QUESTIONS = 3
"""Times that a subscriber is asked whose host does not answer: a minute and four minutes later once more."""
TOPIC_BYTES = 2_000_000
"""Bytes from which on a topic of another publisher is too large for our hub to keep and bring."""
_log = log.get(__name__)
_MEDIA_TYPE = re.compile(r"[\x20-\x7e]{3,200}")


def _with(callback: str, fields: dict[str, str | int]) -> str:
    """The callback with `fields` behind whatever query it has (section 5.1.1)."""
    return f"{callback}{'&' if '?' in callback else '?'}{urlencode(fields)}"


def _heard(delivery: DeliveryRecord, answer: Answer | FetchError) -> bool:
    """Whether a question was answered, be it with a no, or has been asked often enough."""
    return not isinstance(answer, FetchError) or isinstance(answer, HttpError) or delivery.attempts >= QUESTIONS


class Verifications:
    """Asks a subscriber whether it asked us: only who receives at the callback can repeat the challenge.

    The challenge lives as long as the run that asks, and `challenge` makes it.
    """

    def __init__(self, config: Config, challenge: Callable[[], str] = secrets.token_urlsafe) -> None:
        self._on = config.websub.hub
        self._topics = Topics(config)
        self._make = challenge
        self._asked: dict[int, str] = {}

    def request(self, _connection: Connection, delivery: DeliveryRecord, _now: datetime) -> Call | None:
        """The question; nothing where we are a hub no more."""
        if not self._on:
            return None
        wish = delivery.payload
        challenge = self._asked[delivery.id] = self._make()
        fields = {"hub.mode": wish["mode"], "hub.topic": wish["topic"], "hub.challenge": challenge}
        lease = {"hub.lease_seconds": wish["lease"]} if wish["mode"] == SUBSCRIBE else {}
        return Call(_with(delivery.target, fields | lease))

    def heard(
        self, connection: Connection, delivery: DeliveryRecord, answer: Answer | FetchError, now: datetime
    ) -> bool:
        """Does what was asked for where the challenge came back, to the byte, and there is room for it still; else
        everything stays as it is."""
        challenge = self._asked.pop(delivery.id)
        if isinstance(answer, Answer) and hmac.compare_digest(answer.body, challenge.encode()):
            wish = delivery.payload
            if wish["mode"] == SUBSCRIBE:
                self._begin(connection, delivery, now)
            else:
                hub.unsubscribe(connection, wish["topic"], delivery.target)
        return _heard(delivery, answer)

    def _begin(self, connection: Connection, delivery: DeliveryRecord, now: datetime) -> None:
        """Begins or renews a subscription that its subscriber said it asked for; where there is no room for it any
        more, owes word of that instead (section 5.2)."""
        wish, callback = delivery.payload, delivery.target
        topic, host, until = wish["topic"], wish["host"], now + timedelta(seconds=wish["lease"])
        try:
            check(connection, self._topics, topic, callback, host, now)
        except Refused as error:
            deliveries.owe(connection, DENIAL, callback, {"topic": topic, "reason": str(error)}, now)
            return
        hub.subscribe(connection, topic, callback, host=host, secret=wish["secret"], now=now, lease_until=until)
        if self._topics.path_of(topic) is None:
            hub.name_topic(connection, topic)

    def given_up(self, _connection: Connection, _delivery: DeliveryRecord, _error: str, _now: datetime) -> None:
        """Nothing: it was never begun."""


class Denials:
    """Tells a subscriber that it is not told of a topic: it is gone, or there was no room for a subscription."""

    def __init__(self, config: Config) -> None:
        self._on = config.websub.hub

    def request(self, _connection: Connection, delivery: DeliveryRecord, _now: datetime) -> Call | None:
        """The word; nothing where we are a hub no more."""
        if not self._on:
            return None
        why = delivery.payload.get("reason", "the feed is gone")
        said = {"hub.mode": "denied", "hub.topic": delivery.payload["topic"], "hub.reason": why}
        return Call(_with(delivery.target, said))

    def heard(
        self, _connection: Connection, delivery: DeliveryRecord, answer: Answer | FetchError, _now: datetime
    ) -> bool:
        """Whatever it says, it was told."""
        return _heard(delivery, answer)

    def given_up(self, _connection: Connection, _delivery: DeliveryRecord, _error: str, _now: datetime) -> None:
        """Nothing: its subscription is over anyway."""


@dataclass(frozen=True, slots=True)
class _Document:
    """A topic as it is brought: its bytes, its media type if it has any, and whether it is ours."""

    body: bytes
    media_type: str | None
    ours: bool


class Distributions:
    """Brings subscribers a topic as it is at that moment: a version that was never sent is none too few."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._topics = Topics(config)
        self._last: tuple[str, _Document | None] = ("", None)

    def request(self, connection: Connection, delivery: DeliveryRecord, now: datetime) -> Call | None:
        """The whole document, signed with the subscriber's secret; nothing where a subscription or a topic is over."""
        topic = delivery.payload["topic"]
        subscription = hub.subscription(connection, topic, delivery.target, now)
        document = self._document(connection, topic) if subscription is not None and self._config.websub.hub else None
        if subscription is None or document is None:
            return None
        hubs = advertised(self._config) if document.ours else (own_hub(self._config),)
        links = ", ".join([*(f'<{one}>; rel="hub"' for one in hubs), f'<{topic}>; rel="self"'])
        headers = [("Link", links)]
        if subscription.secret is not None:
            headers.append(("X-Hub-Signature", f"sha256={_signature(subscription.secret, document.body)}"))
        # A subscriber moves by subscribing anew, never by a redirect (section 7).
        return Call(delivery.target, document.body, document.media_type, tuple(headers), moves=False)

    def _document(self, connection: Connection, topic: str) -> _Document | None:
        """The topic as it is; the last one asked for is kept, since its other subscribers follow."""
        if self._last[0] != topic:
            self._last = topic, self._read(connection, topic)
        return self._last[1]

    def _read(self, connection: Connection, topic: str) -> _Document | None:
        path = self._topics.path_of(topic)
        if path is None:
            kept = hub.topic_document(connection, topic)
            return None if kept is None else _Document(kept.body, kept.media_type or None, False)
        try:
            return _Document((self._config.public / path).read_bytes(), self._topics.media_type(path), True)
        except OSError:  # taken away by hand: the next publish writes it again, and owes it
            return None

    def heard(
        self, connection: Connection, delivery: DeliveryRecord, answer: Answer | FetchError, now: datetime
    ) -> bool:
        """Ends the subscription of who says that it is gone. Who was given up before is asked once a version."""
        topic = delivery.payload["topic"]
        subscription = hub.subscription(connection, topic, delivery.target, now)
        if subscription is None:
            return True
        if isinstance(answer, Answer):
            if subscription.failures:
                hub.note_failures(connection, topic, delivery.target, add=0)
            return True
        if isinstance(answer, HttpError) and answer.status == 410:
            hub.unsubscribe(connection, topic, delivery.target)
            return True
        return subscription.failures > 0

    def given_up(self, connection: Connection, delivery: DeliveryRecord, _error: str, _now: datetime) -> None:
        """Counts it; the subscription lasts as long as its lease, as it has to (section 7)."""
        hub.note_failures(connection, delivery.payload["topic"], delivery.target, add=1)


class Fetches:
    """Asks for a topic of another publisher, and owes its subscribers what is new."""

    def __init__(self, config: Config) -> None:
        self._on = config.websub.hub
        self._topics = Topics(config)

    def request(self, _connection: Connection, delivery: DeliveryRecord, _now: datetime) -> Call | None:
        """The request; nothing where we serve the topic no more."""
        return Call(delivery.target, most=TOPIC_BYTES) if self._on and self._topics.is_others(delivery.target) else None

    def heard(
        self, connection: Connection, delivery: DeliveryRecord, answer: Answer | FetchError, now: datetime
    ) -> bool:
        """Keeps and owes what differs from what was there, while there is room; a topic that is gone is denied."""
        topic = delivery.target
        if isinstance(answer, HttpError) and answer.status == 410:
            owe_denial(connection, [topic], now)
            return True
        if not isinstance(answer, Answer) or not _is_whole(answer):
            return False
        said = answer.get("content-type") or ""
        media_type = said if _MEDIA_TYPE.fullmatch(said) else ""
        before = hub.topic_document(connection, topic)
        others = hub.topics_kept(connection)[1] - (0 if before is None else len(before.body))
        if others + len(answer.body) > TOPICS_BYTES:
            _log.warning("topic not kept", topic=topic, reason="no room is left for feeds of other publishers")
            # That it was asked for counts all the same: it is not to be asked for every second.
            kept = before or HubTopicRecord(topic=topic, media_type="", body=b"", fetched_at=now)
            hub.keep_topic(connection, replace(kept, fetched_at=now))
            return True
        hub.keep_topic(connection, HubTopicRecord(topic=topic, media_type=media_type, body=answer.body, fetched_at=now))
        if before is None or (before.body, before.media_type) != (answer.body, media_type):
            owe_distribution(connection, [topic], now)
        return True

    def given_up(self, _connection: Connection, _delivery: DeliveryRecord, _error: str, _now: datetime) -> None:
        """Nothing: its publisher will say that it is new again."""


def _is_whole(answer: Answer) -> bool:
    """Whether an answer is a document that can be brought on as it is: not too large, and not encoded."""
    coding = (answer.get("content-encoding") or "identity").lower()
    return answer.status == 200 and coding == "identity" and 0 < len(answer.body) < TOPIC_BYTES


def _signature(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, "sha256").hexdigest()
