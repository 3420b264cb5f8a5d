"""Sources, their health, and the troubles of the whole desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.records import IncidentRecord, PastPoll, PushRecord, SourceRecord
from feeds.shapes.times import due, when

if TYPE_CHECKING:
    from feeds.monitor import Health, Status


def source_as_json(source: SourceRecord, push: PushRecord | None) -> dict[str, object]:
    """A source and its schedule; `push` is our subscription at its hub."""
    return {
        "source": source.name,
        "kind": source.kind,
        "location": source.location,
        "moved_to": source.url,
        "origin": source.origin,
        "enabled": source.enabled,
        "next_due": due(source.due_at),
        "reason": source.reason,
        "push": push_as_json(push),
    }


def push_as_json(push: PushRecord | None) -> dict[str, object] | None:
    """A subscription of ours: neither its callback nor its secret is for anybody's eyes."""
    if push is None:
        return None
    return {
        "state": push.state.value,
        "hub": push.hub or None,
        "topic": push.topic,
        "lease_until": when(push.lease_until),
        "last_push": when(push.last_push),
        "doubted_until": when(push.doubted_until),
        "error": push.error,
    }


def status_as_json(status: Status, url: str) -> dict[str, object]:
    """The health of every source, the open incidents, and the database, whose address is `url`."""
    return {
        "sources": [health_as_json(health) for health in status.sources],
        "incidents": [incident_as_json(incident) for incident in status.incidents],
        "database": {
            "url": url,
            "entries": status.entries,
            "sections": status.sections,
            "unpublished": status.dirty,
        },
    }


def health_as_json(health: Health) -> dict[str, object]:
    """A source with its state in a word."""
    return {
        "source": health.source.name,
        "state": health.source.standing,
        "last_success": when(health.source.last_success),
        "next_due": due(health.source.due_at),
        "reason": health.source.reason,
        "failures": health.source.failures,
        "error": health.source.error,
        "push": push_as_json(health.push),
    }


def standing_as_json(source: SourceRecord, push: PushRecord | None) -> dict[str, object]:
    """A source with how it stands and what its last poll came to."""
    return source_as_json(source, push) | {
        "title": source.options.get("title"),
        "sections": source.options.get("sections", []),
        "state": source.standing,
        "paused": source.paused,
        "last_poll": when(source.last_poll),
        "last_success": when(source.last_success),
        "stale_at": when(source.stale_at),
        "outcome": source.outcome,
        "failures": source.failures,
        "error": source.error,
        "ms": source.ms,
        "status": source.status,
        "size": source.size,
    }


def poll_as_json(poll: PastPoll) -> dict[str, object]:
    """A poll that changed something, or failed."""
    return {
        "source": poll.source,
        "at": when(poll.at),
        "outcome": poll.outcome,
        "new": poll.new,
        "updated": poll.updated,
        "unchanged": poll.unchanged,
        "skipped": poll.skipped,
        "error": poll.error,
        "ms": poll.ms,
        "status": poll.status,
        "size": poll.size,
    }


def incident_as_json(incident: IncidentRecord) -> dict[str, object]:
    """An open incident."""
    return {
        "kind": incident.kind,
        "subject": incident.subject,
        "source": incident.source,
        "opened": when(incident.opened_at),
        "message": incident.message,
    }


def past_as_json(incident: IncidentRecord) -> dict[str, object]:
    """An incident, open or closed, with its evidence."""
    return incident_as_json(incident) | {
        "id": incident.id,
        "closed": when(incident.closed_at),
        "ended": incident.ended,
        "reopened": incident.reopened,
        "evidence": [{"name": name, "value": value} for name, value in incident.evidence],
    }
