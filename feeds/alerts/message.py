"""What an alert says, as plain text: of troubles what they are and since when, of entries what public feeds show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from db.records import IncidentRecord
from feeds import log
from feeds.formats import PublicEntry
from feeds.states import KINDS

MOST = 50
"""Things that one message tells; of the others it says how many."""
MOST_LINE = 300
"""Characters of one line of a message, of a title and a teaser."""
MOST_EVIDENCE = 4
"""Pieces of evidence that are shown of a trouble."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: `title` is one line, `body` is lines. `grave` says that a trouble lasts, `good` that one is over
    and none lasts."""

    title: str
    body: str
    grave: bool = False
    good: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """A trouble that opened, or is `over`, or (where nobody was told before) both."""

    incident: IncidentRecord
    over: bool


@dataclass(frozen=True, slots=True)
class Story:
    """A new entry as public feeds show it, and the name of its source."""

    entry: PublicEntry
    source: str


def compose(site: str, zone: tzinfo, troubles: Sequence[Trouble], stories: Sequence[Story]) -> Message:
    """One message of all of them: what lasts, then what is over, then what is new. `site` is who says it."""
    ordered = sorted(troubles, key=lambda one: one.over)
    told = [(_headline(one), trouble_lines(one, zone)) for one in ordered]
    told += [(line(one.entry.title), story_lines(one)) for one in stories]
    blocks = ["\n".join(lines) for _, lines in told[:MOST]]
    if len(told) > MOST:
        blocks.append(f"and {len(told) - MOST} more")
    subject = told[0][0] if len(told) == 1 else _counted(troubles, stories)
    grave = any(not one.over for one in troubles)
    return Message(line(f"{site}: {subject}"), "\n\n".join(blocks), grave, bool(troubles) and not grave)


def trial(site: str, rule: str) -> Message:
    """What a person sends to see whether it arrives."""
    body = f'This is a test of the alert "{rule}", sent by hand. Nothing is wrong, and nothing is new.'
    return Message(line(f"{site}: test of {rule}"), body)


def trouble_lines(one: Trouble, zone: tzinfo) -> list[str]:
    """What is said of a trouble."""
    incident = one.incident
    lines = [f"{_headline(one)} ({KINDS.get(incident.kind, incident.kind)})", line(log.redact(incident.message))]
    if one.over and incident.closed_at is not None:
        lasted = _span(incident.closed_at - incident.opened_at)
        lines.append(f"from {_when(incident.opened_at, zone)} to {_when(incident.closed_at, zone)}: {lasted}")
        if incident.ended:
            lines.append(line(log.redact(incident.ended)))
    else:
        lines.append(f"since {_when(incident.opened_at, zone)}")
        shown = "; ".join(f"{name}: {value}" for name, value in incident.evidence[:MOST_EVIDENCE])
        lines += [line(log.redact(shown))] if shown else []
    return lines


def story_lines(one: Story) -> list[str]:
    """What is said of an entry: never its body."""
    entry = one.entry
    about = [one.source, ", ".join(entry.sections), entry.access.value]
    lines = [line(entry.title), line(entry.summary), line(" · ".join(filter(None, about))), entry.url]
    return [each for each in lines if each]


def line(text: str) -> str:
    """`text` as one line of a message: nothing in it ends a line or steers what shows it."""
    text = log.escape(" ".join(text.split()))
    return text if len(text) <= MOST_LINE else text[: MOST_LINE - 1] + "…"


def _headline(one: Trouble) -> str:
    incident = one.incident
    said = f"{incident.kind}: {incident.source or log.redact(incident.subject)}"
    return line(f"over: {said}" if one.over else said)


def _counted(troubles: Iterable[Trouble], stories: Sequence[Story]) -> str:
    over = [one.over for one in troubles]
    lasting, ended, new = over.count(False), over.count(True), len(stories)
    told = (
        f"{lasting} {'trouble' if lasting == 1 else 'troubles'}" if lasting else "",
        f"{ended} over" if ended else "",
        f"{new} new {'entry' if new == 1 else 'entries'}" if new else "",
    )
    return ", ".join(filter(None, told))


def _when(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z").strip()


def _span(lasted: timedelta) -> str:
    minutes = round(lasted.total_seconds() / 60)
    hours, days = minutes // 60, minutes // 1440
    return f"{days} d {hours % 24} h" if days else f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
