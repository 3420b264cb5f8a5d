"""The rhythm of a source, as its polls found it: how long it brings nothing new before that is odd. Pure.

Nights, weekends and holidays belong to a rhythm, so that the longest silences count beside the usual gap; see "Rhythm"
in `docs/design.md` for the rhythms that this was tried on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median

from db.records import Pace

GAPS = 9
"""Spans between two polls that brought something new, whose median is the usual gap."""

KNOWN = 3
"""Fewer of them say nothing of what is usual: what the times in the documents say counts then."""

WEEKS = 8
"""Weeks whose longest silences are remembered."""

SILENT = 1.5
"""Times the longest of these silences after which one more is odd: a weekend may have a holiday at its end."""

YOUNG = 2
"""Whole weeks for which a source is to be watched before its silences are known; and times `least` until then."""

UNKNOWN = 7
"""Times `least` for a source that was never seen to bring anything new twice: a fortnight."""

_WEEK = 7 * 86_400
_MOST = timedelta(days=366)


def noted(pace: Pace, now: datetime, most: timedelta) -> Pace:
    """`pace` after a poll at `now` that brought something new. A gap counts as no longer than `most`, what was allowed:
    one long silence, which was a trouble, does not make the next one usual."""
    if pace.brought is None or now <= pace.brought:
        return replace(pace, brought=now)
    gap = int(min(now - pace.brought, most).total_seconds())
    week = int(now.timestamp()) // _WEEK
    silences = pace.silences or (0,)
    if pace.silences:
        silences = (*silences, *[0] * min(week - pace.week, WEEKS))[-WEEKS:]
    silences = (*silences[:-1], max(silences[-1], gap))
    return replace(pace, brought=now, gaps=(*pace.gaps, gap)[-GAPS:], silences=silences, week=week)


def usual(pace: Pace) -> timedelta | None:
    """The usual gap between two polls that bring something new; None where nobody knows."""
    if len(pace.gaps) >= KNOWN:
        return timedelta(seconds=median(pace.gaps))
    known = [each for each in (*pace.gaps, pace.every) if each is not None]
    return min(timedelta(seconds=max(known)), _MOST) if known else None


def allowed(pace: Pace, least: timedelta, times: float) -> timedelta:
    """How long a source may bring nothing new: `times` its usual gap, longer where its own silences are; at `least` so
    long."""
    gap = usual(pace)
    if gap is None:
        return min(UNKNOWN * least, _MOST)
    silence = timedelta(seconds=max(pace.silences, default=0))
    # Nobody who has watched for a few days knows its weekends.
    young = YOUNG * least if len(pace.silences) <= YOUNG else least
    return min(max(young, times * gap, SILENT * silence), _MOST)


def stale_at(pace: Pace, least: timedelta, times: float, own: timedelta | None = None) -> datetime | None:
    """When the source is late unless something new comes before; None for never. `own` is what a person said of this
    source in place of its rhythm, nothing at all of it (zero) included."""
    if pace.brought is None or own == timedelta(0):
        return None
    return pace.brought + (own if own is not None else allowed(pace, least, times))
