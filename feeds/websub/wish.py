"""What a request to the hub asks for, before anything is looked up (WebSub, section 5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

import ada_url

from feeds.errors import BroadsheetError, FetchError
from feeds.fetch.addresses import share
from feeds.fetch.url import target_of
from feeds.websub import PUBLISH, SUBSCRIBE, UNSUBSCRIBE

SECRET_BYTES = 199
"""Most bytes of a secret (section 5.1: less than 200)."""
URL_CHARS = 2000
SHORTEST = 300
"""Seconds of the shortest lease: who renews more often than that asks more than it is told."""
MOST_TOPICS = 20
"""Most topics of one publish request."""


class Refused(BroadsheetError):
    """The hub does not do what it was asked; `status` is that of HTTP, `str(error)` the line that goes with it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for. `topics` is one, and several at most for "publish", which has no callback.

    `callback` is an address that can be asked, `host` whose share of subscriptions it takes (`host_of`); `lease` is
    seconds, None where not said.
    """

    mode: str
    topics: tuple[str, ...]
    callback: str = ""
    host: str = ""
    lease: int | None = None
    secret: str | None = field(default=None, repr=False)

    @property
    def topic(self) -> str:
        return self.topics[0]


def wish_of(fields: Sequence[tuple[str, str]], hub: str) -> Wish:
    """What the `fields` of a form ask of `hub`, which is our own address; those it does not know are ignored.

    Raises `Refused`, 400, in words for whoever writes subscribers.
    """
    mode = _one(fields, "hub.mode")
    if mode == PUBLISH:
        # What is new: PubSubHubbub 0.4 has hub.url, others have hub.topic, and some name both.
        topics = [value for name, value in fields if name in ("hub.topic", "hub.url")]
        topics = list(dict.fromkeys(topics))
        if not 0 < len(topics) <= MOST_TOPICS:
            raise Refused(400, f"hub.topic: name what is new, {MOST_TOPICS} addresses at most")
        return Wish(mode=mode, topics=tuple(map(_checked_topic, topics)))
    if mode not in (SUBSCRIBE, UNSUBSCRIBE):
        raise Refused(400, "hub.mode: say subscribe, unsubscribe or publish")
    callback = _callback(_one(fields, "hub.callback"), hub)
    return Wish(
        mode=mode,
        topics=(_checked_topic(_one(fields, "hub.topic")),),
        callback=callback,
        host=host_of(callback),
        # Of who leaves it is to be ignored, whatever it says.
        lease=_lease(_one(fields, "hub.lease_seconds", "")) if mode == SUBSCRIBE else None,
        secret=_secret(_one(fields, "hub.secret", "")),
    )


def host_of(callback: str) -> str:
    """Whose share of subscriptions a callback takes: its host, whatever the port, or what an address of IPv6 takes
    (`share`). `callback` is an address that can be asked."""
    host = str(ada_url.URL(callback).hostname).rstrip(".")
    return share(host[1:-1]) if host.startswith("[") else host


def lease_of(asked: int | None, longest: int) -> int:
    """Seconds that are given: what was asked for, between five minutes and `longest`."""
    return max(SHORTEST, min(longest, longest if asked is None else asked))


def _one(fields: Sequence[tuple[str, str]], name: str, default: str | None = None) -> str:
    found = [value for key, value in fields if key == name]
    if len(found) > 1:
        raise Refused(400, f"{name}: given {len(found)} times")
    if not found and default is None:
        raise Refused(400, f"{name}: missing")
    return found[0] if found else str(default)


def _checked_topic(topic: str) -> str:
    if not 0 < len(topic) <= URL_CHARS:
        raise Refused(400, f"hub.topic: give an address of {URL_CHARS} characters at most")
    return topic


def _callback(url: str, hub: str) -> str:
    if len(url) > URL_CHARS:
        raise Refused(400, f"hub.callback: more than {URL_CHARS} characters")
    if "#" in url:
        raise Refused(400, "hub.callback: an address with a fragment cannot be asked")
    try:
        target = target_of(url)
    except FetchError as error:
        raise Refused(400, f"hub.callback: {error}") from error
    if _place(target.url) == _place(hub):
        raise Refused(400, "hub.callback: that is this hub")
    return target.url


def _place(url: str) -> tuple[str, str, str, str]:
    """Where an address leads, whatever it asks there: paths as a server reads them, unescaped."""
    parsed = ada_url.URL(url)
    return parsed.protocol, parsed.hostname.rstrip("."), parsed.port, unquote(parsed.pathname)


def _lease(said: str) -> int | None:
    if not said:
        return None
    if not (said.isascii() and said.isdigit()) or not int(said[:12]):
        raise Refused(400, "hub.lease_seconds: give a positive number of seconds")
    return int(said[:12])


def _secret(said: str) -> str | None:
    if len(said.encode()) > SECRET_BYTES:
        raise Refused(400, f"hub.secret: more than {SECRET_BYTES} bytes")
    return said or None
