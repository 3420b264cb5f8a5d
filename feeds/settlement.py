"""What a publish comes to in the database: what was owed is forgotten, troubles are opened and closed. One transaction,
after every file is on the disk."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from db.engine import Connection, Engine, writing
from db.store import entries, incidents, sections
from feeds.archives import Plan, month_in
from feeds.config import Config
from feeds.manifest import Manifest
from feeds.press import Published
from feeds.showing import Files, Shown
from feeds.targets import Target


def settle_publish(
    engine: Engine,
    config: Config,
    result: Published,
    files: Files,
    owed: Mapping[int, int],
    plans: Mapping[str, Plan],
    made: Manifest,
    now: datetime,
) -> set[int]:
    """Forgets what was owed (section's id -> version of its change; `plans` of archives by folder), notes what could
    not be published and closes what is over. Returns the sections whose feed could not be made: theirs stays owed."""
    seen = any(plan.done or plan.unfinished for plan in plans.values())
    if not (owed or seen or result.feeds or result.unwritable or result.paths):
        return set()
    failed = result.refused.keys() | result.unwritable.keys()
    refused = {
        target.section_id
        for target, its in (files.items() if failed else ())
        if not failed.isdisjoint(path for _, path in its)
    }
    with writing(engine) as connection:
        sections.clean(connection, {each: version for each, version in owed.items() if each not in refused})
        if refused - set(owed):  # due for another reason, which the next run will not see
            sections.mark_feeds(connection, refused - set(owed), now, everything=False)
        for folder, plan in plans.items():
            _settle_archive(connection, folder, plan, failed)
        _settle_incidents(connection, config, result, files, made, now)
    return refused


def _settle_archive(connection: Connection, folder: str, plan: Plan, failed: Collection[str]) -> None:
    """A month of which a document could not be made stays owed."""
    bad = {month_in(path) for path in failed if folder and path.startswith(f"{folder}/")}
    sections.clean_months(connection, [one for one in plan.done if one.month not in bad])
    sections.postpone_months(connection, [(one, end) for one, end in plan.unfinished if one.month not in bad])


def _settle_incidents(
    connection: Connection,
    config: Config,
    result: Published,
    files: Files,
    made: Manifest,
    now: datetime,
) -> None:
    last = incidents.opened(connection)
    refused = any(one.kind == "refused" for one in last)
    published = {*made, *(path for its in files.values() for _, path in its)} if refused else set()
    unmet = {one.subject for one in last if one.kind == "quarantined"} - set(result.left_out) - result.shown
    lasting = {
        "quarantined": _chosen(connection, config, list(files), unmet) | set(result.left_out),
        "refused": published - result.good | set(result.refused),
        "unwritable": {str(config.public)} if result.unwritable else set(),
    }
    for one in last:
        if one.subject not in lasting.get(one.kind, {one.subject}):
            incidents.close_incident(connection, one.kind, one.subject, now)
    for uid, message in sorted(result.left_out.items()):
        incidents.open_incident(connection, "quarantined", uid, message, now)
    for path, message in sorted(result.refused.items()):
        incidents.open_incident(connection, "refused", path, message, now)
    for message in list(result.unwritable.values())[:1]:
        incidents.open_incident(connection, "unwritable", str(config.public), message, now)


def _chosen(connection: Connection, config: Config, targets: Sequence[Target], uids: Iterable[str]) -> set[str]:
    """Those of `uids` that some feed, rendered now or earlier, would show if it could.

    Asks for the entries of every feed, a third of a millisecond each: for troubles alone that this run has not met.
    """
    found = {entry.id: entry for uid in sorted(uids) if (entry := entries.by_uid(connection, uid)) is not None}
    if config.publish.archives:
        return {one.uid for one in found.values() if one.lead == one.uid and one.withdrawal is None}
    shown = Shown(connection, config, {})
    chosen = {each for target in targets for each in shown.ids(target)} if found else set()
    return {found[each].uid for each in chosen & set(found)}
