"""What becomes of a subscription of ours, decided: whom to ask and when again, what to believe (WebSub, 5 and 6).

Pure: the time and chance are arguments. `feeds.websub.asking` and `feeds.pushes` do what is decided here.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from db.records import PushRecord, PushState
from feeds.websub import SUBSCRIBE, UNSUBSCRIBE

if TYPE_CHECKING:
    from feeds.websub.discovery import Advertised

PATH = "websub/"
"""Where callbacks are, below the base address."""

UNVERIFIED = timedelta(hours=1)
"""How long a hub may take to verify what it was asked for."""

NEXT_HUB = timedelta(minutes=1)
"""How soon another hub of the same source is asked."""

AGAIN = timedelta(hours=1)
AGAIN_MOST = timedelta(days=7)
"""How soon a source's hubs are asked again when none worked; twice as late each time."""

LEASE_LEAST, LEASE_MOST = timedelta(minutes=5), timedelta(days=365)
"""Bounds of what a hub says a lease is."""

LEAVES = 3
LEAVE_AGAIN = timedelta(hours=1)
"""How often a hub is asked to stop, and how long it may take to verify that."""

KEPT = timedelta(days=30)
"""For which the callback of a subscription that ended says that it is gone."""

DOUBT = timedelta(days=1)
DOUBT_MOST = timedelta(days=7)
"""How long a hub that missed something is doubted; twice as long each time it does so again."""

LATE = timedelta(minutes=10)
"""What a hub may need to bring something."""

_SIGNATURES = {"sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}
"""Methods (WebSub, 7.1) and how many hexadecimal digits they give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is to be done with a subscription: store it as `push` (None forgets it), ask its hub for `mode`, and begin
    another for the same source, hubs and topic where `anew` is true."""

    push: PushRecord | None
    mode: str | None = None
    anew: bool = False


def found(push: PushRecord | None, said: Advertised, now: datetime) -> Step | None:
    """What a poll's document changes for the subscription that its source has, or for none; None for nothing.

    `anew` is for a source that has none to what it advertises now. Who advertises no hub any more keeps the lease it
    has, which is not renewed: a page that was served incomplete once should not cost it.
    """
    if push is None:
        return Step(push=None, anew=True) if said.topic is not None else None
    if said.topic is None:
        if push.state is PushState.ACTIVE:
            return Step(push=replace(push, hubs=())) if push.hubs else None
        return _leave(push, now)
    if said.topic == push.topic and (not push.hub or push.hub in said.hubs):
        return Step(push=replace(push, hubs=said.hubs)) if said.hubs != push.hubs else None
    return replace(_leave(push, now), anew=True)


def due(push: PushRecord, now: datetime, *, wanted: bool, base: str) -> Step:
    """What is to be done now with a subscription that is due, or is `wanted` no more. Callbacks begin with `base`."""
    if push.state is PushState.ENDED:
        return Step(push=None)
    if push.state is PushState.LEAVING:
        return _leave_again(push, now)
    callback = f"{base}{PATH}{push.key}"
    if not wanted or (push.state is not PushState.FOUND and push.callback not in ("", callback)):
        # What is stored beside it begins again once it is wanted; a base address that moved is another callback.
        return replace(_leave(push, now), anew=True)
    if push.state is PushState.ASKED:
        return Step(push=failed(push, push.error or "the hub did not verify the request", now))
    if push.state is not PushState.ACTIVE:
        return _ask(push, now, callback)
    if push.lease_until is not None and push.lease_until <= now:
        if not push.hubs:
            return Step(push=ended(push, now))
        return _ask(replace(push, lease_until=None, active_since=None), now, callback)
    if not push.hubs:
        return Step(push=replace(push, due_at=push.lease_until or now))
    return Step(push=replace(push, asked_at=now, due_at=_retry(push, now)), mode=SUBSCRIBE)


def failed(push: PushRecord, why: str, now: datetime, rng: Callable[[], float] = lambda: 0.0) -> PushRecord:
    """The hub was asked in vain: its next one is, or after the last of them the first, later each time."""
    if push.state is PushState.ACTIVE:  # its lease goes on; `due` asks again before that ends
        return replace(push, error=why)
    tries = push.tries + 1
    rounds, rest = divmod(tries, len(push.hubs))
    wait = NEXT_HUB if rest else min(AGAIN * 2 ** min(rounds - 1, 20), AGAIN_MOST) * (1 + 0.1 * rng())
    return replace(push, state=PushState.FOUND, tries=tries, error=why, due_at=_whole(now + wait))


def denied(push: PushRecord, why: str, now: datetime) -> PushRecord:
    """The hub says no, now or to what it had granted (WebSub, 5.2): another one may not; else it is asked in a week.

    Where its source names no hub any more there is nobody to ask, so that it is over.
    """
    if not push.hubs:
        return ended(push, now)
    after = failed(replace(push, state=PushState.FOUND, active_since=None, lease_until=None), why, now)
    if after.tries % len(push.hubs):
        return after
    return replace(after, state=PushState.DENIED, due_at=now + AGAIN_MOST)


def verified(push: PushRecord, lease: timedelta, now: datetime, rng: Callable[[], float]) -> PushRecord:
    """The hub has granted it for `lease`; it is renewed when between 50 and 90 % of that are over, by chance, so that
    what was asked for together is not renewed together."""
    lease = min(max(lease, LEASE_LEAST), LEASE_MOST)
    holds = push.state is PushState.ACTIVE and push.lease_until is not None and push.lease_until > now
    return replace(
        push,
        state=PushState.ACTIVE,
        active_since=push.active_since if holds else now,
        lease_until=now + lease,
        due_at=_whole(now + lease * (0.5 + 0.4 * rng())),
        tries=0,
        error=None,
    )


def ended(push: PushRecord, now: datetime) -> PushRecord:
    """The hub has stopped, or never began; for a month whoever pushes all the same is told that this is over."""
    return replace(push, state=PushState.ENDED, due_at=max(now, push.lease_until or now) + KEPT, error=None)


def answers(push: PushRecord, mode: str, topic: str) -> bool:
    """Whether a hub's question, or its refusal, is about what it was asked for (WebSub, 5.3)."""
    if topic != push.topic:
        return False
    if mode == UNSUBSCRIBE:
        return push.state is PushState.LEAVING
    if mode == SUBSCRIBE:
        return push.asked_at is not None and push.state in (PushState.FOUND, PushState.ASKED, PushState.ACTIVE)
    return mode == "denied" and push.asked_at is not None and push.state in (PushState.ASKED, PushState.ACTIVE)


def takes(push: PushRecord, now: datetime) -> bool:
    """Whether what comes to its callback is taken."""
    return push.state is PushState.ACTIVE and push.lease_until is not None and push.lease_until > now


def is_over(push: PushRecord) -> bool:
    """Whether it is over for good, so that a hub may forget it."""
    return push.state in (PushState.LEAVING, PushState.ENDED)


def trusted(push: PushRecord | None, now: datetime) -> bool:
    """Whether polls may be rarer because what is new is pushed."""
    return push is not None and takes(push, now) and not (push.doubted_until is not None and now < push.doubted_until)


def words(push: PushRecord, now: datetime) -> str:
    """How it stands, for a person."""
    hub = urlsplit(push.hub or next(iter(push.hubs), "")).netloc
    if push.state is PushState.ACTIVE:
        if trusted(push, now):
            said = f"pushed by {hub}"
        elif takes(push, now):
            said = f"{hub} missed entries, and is not relied on until {push.doubted_until:%Y-%m-%d %H:%M} UTC"
        else:
            said = f"the lease of {hub} has run out"
    elif push.state is PushState.ASKED:
        said = f"{hub} was asked to push it"
    else:
        said = f"{hub} does not push it" if push.error is not None else f"{hub} is to be asked to push it"
    return f"{said}: {push.error}" if push.error is not None else said


def missed(push: PushRecord, now: datetime) -> PushRecord:
    """A poll found what should have been pushed: the hub is doubted, for longer each time that it was believed again
    for no more than a week."""
    until = push.doubted_until
    if until is None or now - until > DOUBT_MOST:
        doubts = 1
    else:
        doubts = push.doubts + (now >= until)
    return replace(push, doubts=doubts, doubted_until=now + min(DOUBT * 2 ** min(doubts - 1, 10), DOUBT_MOST))


def should_have_come(push: PushRecord, moment: datetime | None, now: datetime) -> bool:
    """Whether something that its source dates at `moment` should have been pushed by `now`."""
    since = push.active_since
    return moment is not None and since is not None and takes(push, now) and since < moment < now - LATE


def is_signed(signature: str, secret: str, body: bytes) -> bool:
    """Whether an X-Hub-Signature, `method=hex`, is that of `body` (WebSub, 7.1), compared in constant time."""
    method, _, digest = signature.strip().partition("=")
    method, digest = method.lower(), digest.lower()
    if len(digest) != _SIGNATURES.get(method) or not digest.isascii():
        return False
    return hmac.compare_digest(hmac.new(secret.encode(), body, method).hexdigest(), digest)


def _ask(push: PushRecord, now: datetime, callback: str) -> Step:
    asked = replace(
        push,
        state=PushState.ASKED,
        hub=_hub(push),
        callback=callback,
        asked_at=now,
        due_at=now + UNVERIFIED,
        error=None,
    )
    return Step(push=asked, mode=SUBSCRIBE)


def _hub(push: PushRecord) -> str:
    """Whom to ask: the first, or within one round of tries the one behind the last that was asked."""
    if not push.tries % len(push.hubs) or push.hub not in push.hubs:
        return push.hubs[0]
    return push.hubs[(push.hubs.index(push.hub) + 1) % len(push.hubs)]


def _retry(push: PushRecord, now: datetime) -> datetime:
    """When a renewal that leads nowhere is asked for again: several times before the lease ends, and when it ends."""
    left = (push.lease_until or now) - now
    return _whole(now + max(min(left / 4, UNVERIFIED), min(left, NEXT_HUB)))


def _leave(push: PushRecord, now: datetime) -> Step:
    """Ends it: where a hub may know of it, the hub is told."""
    if push.state in (PushState.ASKED, PushState.ACTIVE):
        return _leave_again(replace(push, state=PushState.LEAVING, tries=0, error=None), now)
    return Step(push=None if push.asked_at is None else ended(push, now))


def _leave_again(push: PushRecord, now: datetime) -> Step:
    is_lapsed = push.lease_until is not None and push.lease_until <= now
    if push.tries >= LEAVES or is_lapsed:
        return Step(push=ended(push, now))
    return Step(push=replace(push, tries=push.tries + 1, due_at=now + LEAVE_AGAIN), mode=UNSUBSCRIBE)


def _whole(moment: datetime) -> datetime:
    """Times are stored in whole seconds."""
    return moment.replace(microsecond=0)
