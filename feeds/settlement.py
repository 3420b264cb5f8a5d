"""What a publish comes to in the database: what was owed is forgotten, troubles are opened and closed. One transaction,
after every file is on the disk."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from db.engine import Connection, Engine, writing
from db.records import ALL_SECTIONS, month_of
from db.store import archives, entries, incidents, sections
from feeds.archives import Plan, month_in
from feeds.config import Config
from feeds.manifest import Manifest
from feeds.press import Published
from feeds.showing import Files, Shown
from feeds.targets import Target

RESTS = timedelta(minutes=5)
"""How long a month rests of which a document could not be made: the same would come of it, and others wait."""


def settle_publish(
    engine: Engine,
    config: Config,
    result: Published,
    files: Files,
    owed: Mapping[int, int],
    plans: Mapping[str, Plan],
    made: Manifest,
    now: datetime,
) -> None:
    """Forgets what was owed (section's id -> version of its change; `plans` of archives by folder), notes what could
    not be published and closes what is over. What a feed that could not be made owes stays owed."""
    seen = any(plan.done or plan.unfinished for plan in plans.values())
    if not (owed or seen or result.feeds or result.refused or result.unwritable or result.paths):
        return
    failed = result.refused.keys() | result.unwritable.keys()
    refused = {
        target.section_id
        for target, its in (files.items() if failed else ())
        if not failed.isdisjoint(path for _, path in its)
    }
    with writing(engine) as connection:
        sections.clean(connection, {each: version for each, version in owed.items() if each not in refused})
        unknown = refused - set(sections.dirty(connection)) if refused else set()
        if unknown:  # due for another reason, which the next run will not see
            sections.mark_feeds(connection, unknown, now, everything=False)
        folders = {target.archive: target.section_id for target in files}
        for folder, plan in plans.items():
            _settle_archive(connection, folders.get(folder, ALL_SECTIONS), folder, plan, failed, now)
        if config.publish.archives:
            # What was too long for a feed is in no archive yet; nothing that is there is concerned.
            month = month_of(now)
            end = archives.span(month)[1]
            sections.mark_months(connection, {(each, month): end for each in result.shortened})
        _settle_incidents(connection, config, result, files, made, now)


def _settle_archive(
    connection: Connection, section_id: int, folder: str, plan: Plan, failed: Collection[str], now: datetime
) -> None:
    """A month of which a document could not be made stays owed, and lets others go first."""
    bad = {month_in(path) for path in failed if folder and path.startswith(f"{folder}/")}
    sections.clean_months(connection, [one for one in plan.done if one.month not in bad])
    sections.postpone_months(connection, [(one, end) for one, end in plan.unfinished if one.month not in bad])
    seen = [*plan.done, *(one for one, _ in plan.unfinished)]
    sections.rest_months(connection, [one for one in seen if one.month in bad], now + RESTS)
    # Made for its links alone: nothing was owed of it.
    links = bad - {one.month for one in seen}
    sections.mark_months(connection, {(section_id, month): archives.span(month)[0] for month in links})


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
