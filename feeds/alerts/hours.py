"""When an alert is sent: not in quiet hours, and together with what comes about the same time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

from feeds.config import Alert


def due(rule: Alert, zone: tzinfo, now: datetime, first: datetime | None = None) -> datetime:
    """When what comes `now` is sent, in UTC. `first` is when what waits for the rule already is sent.

    Clocks are those of `zone`. Never within the quiet hours of the rule.
    """
    gathered = rule.gathered
    at = now
    if isinstance(gathered, time):
        at = _next(gathered, zone, now)
    elif gathered is not None:
        # Not later than that, whatever waits: a clock may have been ahead.
        latest = now + timedelta(minutes=gathered)
        at = latest if first is None else min(max(first, now), latest)
    return awake(rule, zone, at)


def awake(rule: Alert, zone: tzinfo, moment: datetime) -> datetime:
    """`moment`, or where it is in the quiet hours of the rule, their end."""
    quiet = rule.quiet_hours
    if quiet is None or not _is_within(quiet, zone, moment):
        return moment
    # The hour in which clocks go back has each of its minutes twice, and both may end the quiet hours. Where clocks
    # skip the end, it is an hour later by the clock.
    ends = (end for fold in (0, 1) for end in _each(quiet[1], zone, moment, fold))
    return min(end for end in ends if end > moment and not _is_within(quiet, zone, end))


def _next(wanted: time, zone: tzinfo, now: datetime) -> datetime:
    """The next time that clocks show `wanted`, be it now."""
    return min(each for each in _each(wanted, zone, now, 0) if each >= now)


def _each(wanted: time, zone: tzinfo, around: datetime, fold: int) -> list[datetime]:
    """When clocks show `wanted` on the days from the one before `around` on."""
    day = around.astimezone(zone).date()
    days = (day + timedelta(days=number) for number in (-1, 0, 1, 2))
    return [datetime.combine(one, wanted.replace(fold=fold), zone).astimezone(UTC) for one in days]


def _is_within(quiet: tuple[time, time], zone: tzinfo, moment: datetime) -> bool:
    begins, ends = quiet
    clock = moment.astimezone(zone).time().replace(fold=0)
    return begins <= clock < ends if begins <= ends else clock >= begins or clock < ends
