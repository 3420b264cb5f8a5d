"""When a source is due again, and the reason in words. Pure: the present, the past and the jitter are arguments.

The next poll comes after the longest wait that anything asks for: the pace of the source's own entries, what its
server and its documents say (max-age, Expires, ttl, sy:update*, Retry-After), the backoff after failures; within
bounds, not in hours it asks to be left alone, and never early.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

from db.records import NEVER, Pace

BACKOFF = 1.8
"""Factor by which each failure in a row lengthens the wait: a dead source is asked daily after its sixth failure."""

DORMANT_AFTER = 30
"""Failures in a row after which a source is asked weekly: after about a month of daily ones. It is never given up."""

DORMANT = timedelta(days=7)

RETRY_AFTER_LEAST = timedelta(minutes=1)
RETRY_AFTER_MOST = timedelta(hours=24)
RETRY_AFTER_AGAIN = timedelta(days=31)
"""Longest wait that is granted to a server that asks for it more than once in a row; the first may be a mistake."""

IDLE = ((timedelta(days=30), 24), (timedelta(days=14), 12), (timedelta(days=7), 6))
"""What has said nothing new for so long is asked at most every so many hours."""

JITTER = 0.1
"""Share of a wait that chance may add, so that what was asked together is not asked together for ever."""

JITTER_MOST = timedelta(minutes=30)

OPENING = timedelta(minutes=10)
"""What chance may add where hours end in which a source asks to be left alone: many end at the same stroke."""

SAMPLE = 30
"""The newest entries whose distance tells a source's pace."""

MOVES = 3
MOVED_FOR = timedelta(days=2)
"""A permanent redirect is believed after so many polls over so long that name one address: many are a mistake of an
afternoon."""

YIELDS = 9
"""Polls of an HTML page whose numbers of items are kept."""

FEW_YIELDS = 3
"""Fewer of them say nothing of what is usual."""

SHRUNK = 0.1
"""A document with no more than this share of the items of the last good one says next to nothing."""

CONFIRMED = 3
"""Polls in a row that must find a document shrunken before that is taken for what its source wants to say."""

PUSHED = "pushed by its hub; a poll to make sure"
PUSHED_LEAST, PUSHED_MOST = timedelta(hours=4), timedelta(hours=24)
PUSHED_ENTRIES = 6
"""A source that is pushed is polled after as long as it takes for so many entries, within these bounds: few are late
then where its hub fell silent. Of a source without times nothing tells that, so that it is polled most often."""

_HOUR = timedelta(hours=1)
_YEAR = 366 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the operator allows, as spans of time.

    `interval` is the pace of a source that says nothing of its own; where it is `fixed`, a person gave it, and neither
    entries nor missing validators change it. `unconditional` is the same where every poll is a download.
    """

    interval: timedelta
    least: timedelta
    most: timedelta
    unconditional: timedelta = timedelta(hours=24)
    fixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What this answer says, spans in seconds; `gone` says 410, `conditional` that the next poll can be so."""

    max_age: int | None = None
    expires: datetime | None = None
    retry_after: int | None = None
    gone: bool = False
    conditional: bool = True


def next_due(
    now: datetime,
    bounds: Bounds,
    hints: Hints | None = None,
    pace: Pace | None = None,
    *,
    local: bool = False,
    failures: int = 0,
    jitter: float = 0.0,
    pushed: bool = False,
) -> tuple[datetime, str]:
    """The next due time of a source polled at `now`, with the reason: the longest wait that anything asks for.

    `pace` is what is known of the source with this answer (`learn`); `failures` in a row include this poll; `jitter`
    is a number from 0 to 1 by chance; `pushed` says that what is new comes by itself. A local path is due at every run:
    asking it costs a stat. `NEVER` for what is
    gone. Only Retry-After and dormancy may exceed `bounds.most`.
    """
    hints, pace = hints or Hints(), pace or Pace()
    if local:
        return now, "local path: read at every run"
    if hints.gone:
        return NEVER, "410 Gone: asked no more; name it to ask again"
    waits = _waits(now, bounds, hints, pace, failures)
    if pushed and not pace.missed:
        waits.append((_rarely(pace), PUSHED))
    wait, reason = max(waits, key=lambda one: one[0])
    wait = min(max(wait, bounds.least), bounds.most)
    if failures >= DORMANT_AFTER:
        wait, reason = max(wait, DORMANT), f"dormant: failed {failures} times in a row"
    if hints.retry_after is not None:
        most = RETRY_AFTER_MOST if pace.asked <= 1 else RETRY_AFTER_AGAIN
        asked = min(max(_span(hints.retry_after), RETRY_AFTER_LEAST), most)
        if asked > wait:
            wait, reason = asked, f"Retry-After={hints.retry_after}"
    wait += min(wait * JITTER, JITTER_MOST) * jitter
    # Whole seconds, rounded up: a fraction of a second early is early.
    due = now + timedelta(seconds=-(-wait // timedelta(seconds=1)))
    opened = opens(due, pace)
    if opened == due:
        return due, reason
    later = opened + timedelta(seconds=int(OPENING.total_seconds() * jitter))
    return later if opens(later, pace) == later else opened, f"{reason}, but not in skipHours or skipDays"


def _waits(now: datetime, bounds: Bounds, hints: Hints, pace: Pace, failures: int) -> list[tuple[timedelta, str]]:
    """Every wait that something asks for, with its reason; the first of equal ones counts."""
    said = _said(now, hints, pace, failed=failures > 0)
    waits = [_own(now, bounds, hints, pace, [wait for wait, _ in said]), *said]
    if failures:
        # The exponent is capped where the product has long passed any bound.
        slower = bounds.interval * BACKOFF ** min(failures, 20)
        waits.append((slower, "failed once" if failures == 1 else f"failed {failures} times in a row"))
    return waits


def _said(now: datetime, hints: Hints, pace: Pace, *, failed: bool) -> list[tuple[timedelta, str]]:
    """What the source's server and its documents ask for; of a failure, what that answer itself says of caching."""
    max_age = hints.max_age if failed or pace.max_age is None else pace.max_age
    waits = [
        (_span(seconds), f"{name}={seconds}")
        for name, seconds in (("max-age", max_age), ("ttl", pace.ttl), ("sy:update", pace.update_period))
        if seconds is not None
    ]
    if hints.expires is not None and max_age is None:
        # RFC 9111, 5.3: max-age goes before Expires.
        waits.append((hints.expires - now, f"Expires={hints.expires:%Y-%m-%dT%H:%M:%SZ}"))
    return waits


def _own(now: datetime, bounds: Bounds, hints: Hints, pace: Pace, said: list[timedelta]) -> tuple[timedelta, str]:
    """The pace of the source itself: half the mean time between its entries, slower where nothing comes any more.

    Faster than the interval only where the source itself asks for less, or entries were lost between two polls.
    """
    if bounds.fixed:
        return bounds.interval, f"interval={_minutes(bounds.interval)}"
    hinted = [wait for wait in said if wait >= bounds.least]
    if not hints.conditional and not hinted and not pace.missed:
        rarely = max(bounds.unconditional, bounds.interval)
        return rarely, f"no validators: a download at each poll, every {_minutes(rarely)}"
    wait, reason = bounds.interval, f"interval={_minutes(bounds.interval)}"
    if pace.every is not None:
        learned = max(_span(pace.every) / 2, min(wait, *hinted) if hinted else wait)
        if learned != wait:
            wait, reason = learned, f"an entry every {_minutes(_span(pace.every))}"
    if pace.missed:
        return max(bounds.least, wait / 2 ** min(pace.missed, 10)), "entries were lost between two polls"
    if pace.newest is not None:
        for idle, hours in IDLE:
            if now - pace.newest >= idle:
                return max(wait, hours * _HOUR), f"nothing new for {(now - pace.newest).days} days"
    return wait, reason


def _rarely(pace: Pace) -> timedelta:
    """How long to wait for a source that is pushed."""
    if pace.every is None:
        return PUSHED_LEAST
    return min(max(_span(pace.every) * PUSHED_ENTRIES, PUSHED_LEAST), PUSHED_MOST)


def opens(due: datetime, pace: Pace) -> datetime:
    """`due`, or the end of the hours and days (UTC) in which the source asks to be left alone."""
    if not pace.skip_hours and not pace.skip_days:
        return due
    hours, days = set(pace.skip_hours) & set(range(24)), set(pace.skip_days) & set(range(7))
    if len(hours) == 24 or len(days) == 7:
        return due  # nobody means never
    while due < NEVER - timedelta(days=8) and (due.hour in hours or due.weekday() in days):
        due = due.replace(minute=0, second=0) + _HOUR
    return due


def learn(pace: Pace, now: datetime, hints: Hints, *, fresh: bool) -> Pace:
    """`pace` with the caching headers of an answer: those of a `fresh` document (200) take the place of the former.

    An answer without a document (304) may shorten what was said, never lengthen it, and keeps it where it says nothing
    (RFC 9111, 4.3.4 lets it update; servers put defaults there).
    """
    said = hints.max_age
    if said is None and hints.expires is not None and hints.expires > now:
        said = int((hints.expires - now).total_seconds())
    if not fresh and pace.max_age is not None:
        said = pace.max_age if said is None else min(said, pace.max_age)
    return asked(pace if said == pace.max_age else replace(pace, max_age=said), hints)


def asked(pace: Pace, hints: Hints) -> Pace:
    """`pace` with how often in a row Retry-After was said, this answer included."""
    times = pace.asked + 1 if hints.retry_after is not None else 0
    return pace if times == pace.asked else replace(pace, asked=times)


def move(pace: Pace, now: datetime, moved_to: str | None) -> tuple[Pace, str | None]:
    """`pace` with what this poll says of a move for good, and the new address once that is to be believed."""
    if moved_to is None and pace.moved_to is None:
        return pace, None
    if moved_to is None or moved_to != pace.moved_to:
        since = now if moved_to is not None else None
        return replace(pace, moved_to=moved_to, moved_since=since, moved_seen=int(moved_to is not None)), None
    seen = replace(pace, moved_seen=pace.moved_seen + 1)
    if seen.moved_seen >= MOVES and pace.moved_since is not None and now - pace.moved_since >= MOVED_FOR:
        return replace(seen, moved_to=None, moved_since=None, moved_seen=0), moved_to
    return seen, None


def mean_gap(times: Iterable[datetime]) -> int | None:
    """Mean seconds between the newest entries; None where fewer than three of them have times of their own."""
    newest = sorted(set(times), reverse=True)[:SAMPLE]
    if len(newest) < 3:
        return None
    return int((newest[0] - newest[-1]).total_seconds()) // (len(newest) - 1)


def is_shrunken(pace: Pace, size: int) -> bool:
    """Whether a document of `size` items says suspiciously little, and not often enough in a row to be believed."""
    return size <= pace.size * SHRUNK and pace.size > 0 and pace.shrunk + 1 < CONFIRMED


def is_thin(pace: Pace, size: int) -> bool:
    """Whether an HTML page of `size` items gives less than half of what it used to: its layout may have changed."""
    return len(pace.yields) >= FEW_YIELDS and size < median(pace.yields) / 2


def lost_some(pace: Pace, oldest: datetime, *, dated: int, size: int) -> bool:
    """Whether entries came and went between two polls: the oldest of a document's `size` items, all of them `dated`,
    is newer than all that was known. A document of one item tells nothing."""
    return 1 < size == dated and pace.newest is not None and oldest > pace.newest


def _span(seconds: int) -> timedelta:
    """What a server asked for, cut to a year either way: spans of time overflow."""
    return timedelta(seconds=min(max(seconds, -_YEAR), _YEAR))


def _minutes(span: timedelta) -> str:
    return f"{int(span.total_seconds() // 60)} min"
