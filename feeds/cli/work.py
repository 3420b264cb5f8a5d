"""`feeds update`, `poll`, `publish` and `status`: the work of the desk, in one shot."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from feeds.cli.desk import Desk, command, counted, write_line
from feeds.errors import BroadsheetError, UsageError
from feeds.heartbeats import running, words
from feeds.shapes.daemon import daemon_as_json
from feeds.shapes.sources import status_as_json
from feeds.shapes.times import due, when

if TYPE_CHECKING:
    from datetime import datetime

    from db.engine import Engine
    from feeds.monitor import Health
    from feeds.poll import PollResult, Standing
    from feeds.publish import Published

Names = Annotated[list[str] | None, typer.Argument(metavar="SOURCE", help="Names of sources; default: those due.")]
All = Annotated[bool, typer.Option("--all", help="Poll every source, whether it is due or not.")]
Due = Annotated[bool, typer.Option("--due", help="Poll the sources that are due, which is the default.")]
PATIENCE = 65.0
"""Seconds a command waits for hosts whose budget is spent: a minute admits as many requests again."""

ROWS = 10
"""Skipped rows, and warnings, of one source that are printed one by one; --json has them all."""


def register(app: typer.Typer) -> None:
    """Adds the commands to `app`."""
    command(app)(update)
    command(app)(poll)
    command(app)(publish)
    command(app)(status)


def update(desk: Desk, names: Names = None, everyone: All = False, only_due: Due = False) -> int:
    """Poll what is due, then publish."""
    from feeds.publish import publish as publish_now
    from feeds.watch import watch

    _check(names, everyone, only_due)
    now, engine = desk.now(), desk.engine()
    with desk.working():
        results = _polled(desk, engine, names or [], everyone)
        published = publish_now(engine, desk.config, now)
        # Behind it: what is owed before is owed to this very run. The feed of incidents says what was found.
        if watch(engine, desk.config, now):
            published.add(publish_now(engine, desk.config, now))
    _deliver(desk, engine)
    return _report(desk, results, published)


def poll(desk: Desk, names: Names = None, everyone: All = False, only_due: Due = False) -> int:
    """Poll what is due, without publishing."""
    _check(names, everyone, only_due)
    engine = desk.engine()
    with desk.working():
        results = _polled(desk, engine, names or [], everyone)
    return _report(desk, results, None)


def publish(
    desk: Desk,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="SECTION", help="Names or slugs of sections, names of saved filters.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Render every feed, whether it changed or not.")] = False,
) -> int:
    """Write the feeds of the sections that changed."""
    from feeds.publish import publish as publish_now

    engine = desk.engine()
    with desk.working():
        published = publish_now(engine, desk.config, desk.now(), names=names or [], everything=everything)
    _deliver(desk, engine)
    return _report(desk, None, published)


def _check(names: Sequence[str] | None, everyone: bool, only_due: bool) -> None:
    """Raises `UsageError` for a choice that contradicts another."""
    if only_due and (everyone or names):
        raise UsageError("--due: give either it, or --all, or names of sources")


def _deliver(desk: Desk, engine: Engine) -> None:
    """Tells hubs, subscribers and people what is new; what they do not hear stays owed; what came of it is logged."""
    from db.errors import StorageError
    from feeds import alerts
    from feeds.notify import deliver_all

    try:
        deliver_all(engine, desk.config, desk.now)
        alerts.plan(engine, desk.config, desk.now())
        alerts.deliver(engine, desk.config, desk.now)
    except (BroadsheetError, StorageError) as error:
        desk.warn(f"nobody was told what is new, the next run does it: {error}")


def _polled(desk: Desk, engine: Engine, names: Sequence[str], everyone: bool) -> list[PollResult]:
    from feeds.poll import poll as poll_now

    with _progress(desk) as watch:
        return poll_now(engine, desk.config, desk.now(), names=names, everyone=everyone, patience=PATIENCE, watch=watch)


@contextmanager
def _progress(desk: Desk) -> Iterator[Callable[[Standing], None]]:
    """A bar on a terminal; nothing elsewhere, where the closing report has a line for every source."""
    if desk.quiet or desk.as_json or desk.verbose or sys.stderr is None or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=desk.console(stderr=True), transient=True) as bar:
        task, begun = bar.add_task("polling", total=None), time.monotonic()
        yield lambda standing: bar.update(
            task,
            total=standing.total,
            completed=standing.done,
            description=standing_words(standing, time.monotonic() - begun),
        )


def standing_words(standing: Standing, seconds: float) -> str:
    """How a run stands after so many seconds: what a bar cannot show."""
    words = [f"polling {standing.done / max(seconds, 0.001):.0f}/s"]
    if standing.waiting:
        words.append(f"{counted(standing.waiting, 'host')} waited for")
    if standing.failed:
        words.append(f"{standing.failed} failed")
    if standing.deferred:
        words.append(f"{standing.deferred} put off")
    return ", ".join(words)


def _report(desk: Desk, results: Sequence[PollResult] | None, published: Published | None) -> int:
    """Says what came of it; 1 where a source failed or a feed or an entry could not be published."""
    bad = any(result.errors for result in results or ())
    if published is not None:
        bad = bad or bool(_unpublished(published))
    if desk.as_json:
        desk.give(_as_json(results, published))
        return int(bad)
    put_off = Counter(result.reason for result in results or () if result.outcome == "deferred")
    for result in results or ():
        if put_off[result.reason] <= ROWS or result.outcome != "deferred":
            _tell(desk, result)
    for reason, count in put_off.items():
        if count > ROWS:
            desk.say(f"{count} sources: deferred, {reason}")
    if results is not None and not results:
        desk.say("no source is due; --all polls every one")
    if published is not None:
        for message in _unpublished(published):
            write_line(message, error=True)
        desk.say(f"{counted(len(published.paths), 'file')} written to {desk.config.public}")
    return int(bad)


def _unpublished(published: Published) -> list[str]:
    """What could not be published, a line each; what stands in the way of many files is one line."""
    lines = [*published.left_out.values(), *(f"{path}: {why}" for path, why in published.refused.items())]
    if published.unwritable:
        first, *others = published.unwritable.values()
        lines.append(f"{first} (and {len(others)} more files)" if others else first)
    return lines


def _tell(desk: Desk, result: PollResult) -> None:
    tally = result.tally
    line = f"{result.source}: {result.outcome}, {tally.new} new, {tally.updated} updated, {tally.unchanged} unchanged"
    if result.outcome == "deferred":
        line = f"{result.source}: deferred, {result.reason}"
    if result.skipped:
        line += f", {len(result.skipped)} skipped"
    desk.say(line)
    for document, row in result.skipped[:ROWS] if desk.verbose else ():
        desk.say(f'  {document}: line {row.line}: "{row.raw}": {row.reason}')
    for warning in result.warnings[:ROWS]:
        desk.say(f"  {warning}")
    if len(result.warnings) > ROWS:
        desk.say(f"  and {len(result.warnings) - ROWS} more warnings")
    for error in result.errors:
        # Said even with --quiet: this is what went wrong.
        write_line(f"{result.source}: {error}", error=True)


def _as_json(results: Sequence[PollResult] | None, published: Published | None) -> dict[str, object]:
    totals: Counter[str] = Counter()
    for result in results or ():
        totals["new"] += result.tally.new
        totals["updated"] += result.tally.updated
        totals["unchanged"] += result.tally.unchanged
        totals["skipped"] += len(result.skipped)
        totals["failed"] += result.outcome == "failed"
        totals["errors"] += len(result.errors)
    names = ("new", "updated", "unchanged", "skipped", "failed", "errors")
    return {
        "sources": [
            {
                "source": result.source,
                "outcome": result.outcome,
                "new": result.tally.new,
                "updated": result.tally.updated,
                "unchanged": result.tally.unchanged,
                "skipped": [
                    {"line": row.line, "raw": row.raw, "reason": row.reason, "document": document}
                    for document, row in result.skipped
                ],
                "warnings": result.warnings,
                "next_due": when(result.next_due),
                "reason": result.reason,
                "error": result.error,
            }
            for result in results or ()
        ],
        "published": published.paths if published is not None else [],
        "unpublished": _unpublished(published) if published is not None else [],
        "totals": {"sources": len(results or ())}
        | {name: totals[name] for name in names}
        | {"published": len(published.paths) if published is not None else 0},
    }


def status(desk: Desk) -> int:
    """Show the health of every source; exit code 1 where something needs a person."""
    from feeds.monitor import status as status_now

    found, now = status_now(desk.engine()), desk.now()
    if desk.as_json:
        daemon = daemon_as_json(running(found.heartbeats, now))
        desk.give(status_as_json(found, desk.config.database_url) | {"daemon": daemon})
        return int(not found.well)
    rows = [
        [
            health.source.name,
            health.source.standing,
            when(health.source.last_success) or "never",
            due(health.source.due_at) or "never",
            _why(health, now),
        ]
        for health in found.sources
    ]
    desk.table(["source", "state", "last success", "next due", "why"], rows)
    for incident in found.incidents:
        desk.warn(f"incident since {when(incident.opened_at)}: {incident.kind} {incident.subject}: {incident.message}")
    stored = f"{found.entries} {'entry' if found.entries == 1 else 'entries'}"
    owed = f"{counted(found.dirty, 'feed')} not yet published"
    desk.say(f"{stored} in {counted(found.sections, 'section')}; {owed}")
    if found.heartbeats:
        desk.say(f"daemon: {words(running(found.heartbeats, now), now)}")
    return int(not found.well)


def _why(health: Health, now: datetime) -> str:
    """Why a source is due when it is, and how its hub has to do with that."""
    from feeds.websub.subscriber import trusted
    from feeds.websub.subscriber import words as hub_words

    why = health.source.error or health.source.reason or "not polled yet"
    return why if health.push is None or trusted(health.push, now) else f"{why}; {hub_words(health.push, now)}"
