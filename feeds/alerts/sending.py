"""Sending by Apprise: side by side, each within 30 seconds, and nothing of an address in what is said of it.

Whoever sends is a thread that nobody waits for at the end of the process: a server that takes half a message, and then
one byte a second, is left to itself.
"""

from __future__ import annotations

import logging
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from queue import Empty, SimpleQueue

from feeds.alerts.addresses import Address, without_secrets
from feeds.alerts.message import Message
from feeds.config.values import NO_ALERTS, has_alerts
from feeds.errors import BroadsheetError

WITHIN = 30.0
"""Seconds that one message to one address may take."""
SOCKET = 10.0
"""Seconds in which a server has to take a connection, and to say something at a time; Apprise's own are 4."""
WIDE = 8
"""Messages that are on their way at once."""
GRACE = 3.0
"""Seconds for what is on its way when all is to end: what is not heard to its end comes again."""
LONG_BODY = 1_000
"""Characters from which on what takes no longer message gets several; one that is shorter is cut there (SMS)."""

_TICK = 0.1
_SILENT = ("apprise", "urllib3", "requests")
"""Loggers that name addresses; what counts of it is in the answer."""

Letter = tuple[Address, Message]


def check_installed() -> None:
    """Raises `BroadsheetError` where what sends is not installed."""
    if not has_alerts():
        raise BroadsheetError(NO_ALERTS)


def send(address: Address, message: Message) -> str | None:
    """Sends a message; None where it arrived, else what went wrong, in words without secrets. May take long."""
    _load()
    import apprise

    # No file of its own, no thread of its own (a service without a limit is served in this one), no pictures of others.
    asset = apprise.AppriseAsset(
        app_id="Broadsheet",
        app_desc="Broadsheet",
        app_url="",
        storage_mode="memory",
        async_mode=False,
        service_timeout=0,
        image_url_mask="",
        image_url_logo="",
    )
    service = apprise.Apprise.instantiate(address.url, asset=asset)
    if service is None:
        return "Apprise knows no such address, or misses a part of it: compare it with those in docs/alerts.md"
    service.socket_connect_timeout = min(service.socket_connect_timeout, SOCKET)
    service.socket_read_timeout = min(service.socket_read_timeout, SOCKET)
    if "overflow=" not in address.url:
        split = service.body_maxlen >= LONG_BODY
        service.overflow_mode = apprise.OverflowMode.SPLIT if split else apprise.OverflowMode.TRUNCATE
    kinds = apprise.NotifyType
    kind = kinds.FAILURE if message.grave else kinds.SUCCESS if message.good else kinds.INFO
    sender = apprise.Apprise(asset=asset)
    sender.add(service)
    result = sender.notify(
        body=message.body, title=message.title, notify_type=kind, body_format=apprise.NotifyFormat.TEXT
    )
    if result:
        return None
    words = without_secrets("; ".join(dict.fromkeys(entry.message for entry in result.logs())), address)
    return words or "it was not taken"


def exchange(
    letters: Sequence[Letter],
    stop: Callable[[], bool] = lambda: False,
    *,
    within: float = WITHIN,
    grace: float = GRACE,
) -> Iterator[tuple[int, str | None]]:
    """Sends all of `letters` side by side; gives the place of each with what `send` says of it, as it comes.

    What takes longer than `within` seconds failed. Where `stop()` holds nothing more is begun, and what is not heard
    of within `grace` seconds is not told of. Raises `BroadsheetError` where nothing can be sent.
    """
    check_installed()
    if letters:
        _load()
    heard: SimpleQueue[tuple[int, str | None]] = SimpleQueue()
    waiting, running = deque(range(len(letters))), dict[int, float]()
    ends: float | None = None
    while waiting or running:
        if ends is None and stop():
            ends = time.monotonic() + grace
            waiting.clear()
        while waiting and len(running) < WIDE:
            place = waiting.popleft()
            running[place] = time.monotonic() + within
            _start(place, letters[place], heard)
        with suppress(Empty):
            place, error = heard.get(timeout=_TICK)
            # Of what came too late the end was told already.
            if running.pop(place, None) is not None:
                yield place, error
        now = time.monotonic()
        for late in [place for place, until in running.items() if until <= now]:
            del running[late]
            yield late, f"no answer within {within:g} seconds"
        if ends is not None and now >= ends:
            return


def _start(place: int, letter: Letter, heard: SimpleQueue[tuple[int, str | None]]) -> None:
    def run() -> None:
        try:
            error = send(*letter)
        except Exception as failure:  # a plugin's defect, whose words may name the address
            error = without_secrets(f"internal error ({type(failure).__name__})", letter[0])
        heard.put((place, error))

    threading.Thread(target=run, name="alert", daemon=True).start()


@cache
def _load() -> None:
    """Loads what sends, with all the services that it knows (0.6 s), and lets no library write addresses into our
    logs."""
    for name in _SILENT:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.addHandler(logging.NullHandler())
    with warnings.catch_warnings():
        # What these modules import is theirs to mend.
        warnings.simplefilter("ignore")
        import apprise

        apprise.Apprise.instantiate("json://127.0.0.1/")
