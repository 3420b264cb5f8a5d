"""Entries: as they are listed, as one is shown whole, and its versions."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from db.records import Evidence, Precision, RevisionRecord, SourceRecord, StoredEntry
from feeds.shapes.kin import Kin, bond_as_json, kin_as_json
from feeds.shapes.reasons import evidence_of
from feeds.shapes.times import when

if TYPE_CHECKING:
    from db.engine import Connection
    from feeds.diff import Run
    from feeds.history import Step


def zones_of(connection: Connection, site: tzinfo, names: Collection[str] | None = None) -> Mapping[str, tzinfo]:
    """Source -> the zone in which its day-only dates are midnight; the `site`'s for one that is removed. Of the sources
    of these `names`, or of all."""
    from db.store import sources

    zones: dict[str, tzinfo] = defaultdict(lambda: site)
    if names is None:
        found: Iterable[SourceRecord] = sources.every(connection)
    else:
        found = filter(None, (sources.by_name(connection, name) for name in names))
    for source in found:
        if isinstance(name := source.options.get("timezone"), str):
            zones[source.name] = ZoneInfo(name)
    return zones


def entry_as_json(entry: StoredEntry, zones: Mapping[str, tzinfo]) -> dict[str, object]:
    """An entry as lists have it, without its text; `zones` as of `zones_of`."""
    return {
        "id": entry.uid,
        "title": entry.title,
        "url": entry.url,
        "published": _published_at(entry, zones),
        "published_precision": entry.published_precision,
        "updated": when(entry.updated),
        "first_seen": when(entry.first_seen),
        "sections": entry.sections,
        "access": entry.access,
        "evidence": evidence_as_json(evidence_of(entry)),
        "source": entry.source,
        "cluster": entry.lead,
        "lead": entry.is_lead,
        "duplicate_of": None if entry.is_lead else entry.lead,
        "summary": entry.summary,
        "withdrawn": when(entry.withdrawal.at) if entry.withdrawal is not None else None,
    }


def _published_at(entry: StoredEntry, zones: Mapping[str, tzinfo]) -> str | None:
    """RFC 3339; a day-only date with the offset of its own zone, so that the day can be read off."""
    if entry.published is not None and entry.published_precision is Precision.DAY:
        local = entry.published.astimezone(zones[entry.source])
        return local.isoformat() if local.utcoffset() else when(entry.published)
    return when(entry.published)


def evidence_as_json(evidence: Iterable[Evidence]) -> list[dict[str, str]]:
    """What an access rests on."""
    return [{"signal": proof.signal, "value": proof.value, "where": proof.where} for proof in evidence]


def whole_as_json(
    entry: StoredEntry, zones: Mapping[str, tzinfo], former: Iterable[RevisionRecord], kin: Kin
) -> dict[str, object]:
    """An entry with its text, its `former` versions, the latest first, and its others. For the desk alone: it has the
    bodies of entries that are not for everybody."""
    return (
        entry_as_json(entry, zones)
        | {
            "body": entry.text,
            "content": entry.content,
            "published_basis": entry.published_basis,
            "label": entry.label,
            "authors": entry.authors,
            "categories": entry.categories,
            "language": entry.language,
            "enclosures": [
                {"url": file.url, "type": file.media_type, "length": file.length} for file in entry.enclosures
            ],
            "extra": json.loads(entry.extra or "{}"),
            "access_override": entry.access_override,
            "withdrawn_by": entry.withdrawal.by if entry.withdrawal is not None else None,
            "withdrawn_why": entry.withdrawal.why if entry.withdrawal is not None else None,
            "revisions": [revision_as_json(one) for one in former],
        }
        | bond_as_json(entry)
        | kin_as_json(kin)
    )


def revision_as_json(revision: RevisionRecord) -> dict[str, object]:
    """A former version, without its text."""
    return {
        "updated": when(revision.updated),
        "replaced_at": when(revision.replaced_at),
        "changed": revision.changed,
        "title": revision.title,
        "access": revision.access,
        "sections": revision.sections,
    }


def history_as_json(entry: StoredEntry, steps: Iterable[Step]) -> dict[str, object]:
    """Every version of an entry (`feeds.history.steps`), and what each changed, word by word. For the desk alone."""
    return {"id": entry.uid, "title": entry.title, "versions": [_version(step) for step in steps]}


def _version(step: Step) -> dict[str, object]:
    difference = step.difference
    return {
        "since": when(step.since),
        "changed": step.changed,
        "title": step.version.title,
        "access": step.version.access,
        "sections": step.version.sections,
        "diff": None
        if difference is None
        else {
            "title": _runs(difference.title),
            "text": _runs(difference.text),
            "access": difference.access,
            "sections": _runs(difference.sections),
        },
    }


def _runs(runs: Sequence[Run]) -> list[dict[str, str]]:
    return [{"kind": run.kind, "text": run.text} for run in runs]
