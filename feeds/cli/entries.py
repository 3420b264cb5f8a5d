"""`feeds entries`: what is stored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from db.records import Access, Field, Precision, StoredEntry
from feeds.cli import clusters, entries_history
from feeds.cli.desk import Desk, command, write_line
from feeds.errors import UsageError
from feeds.shapes.entries import entry_as_json, whole_as_json, zones_of
from feeds.shapes.kin import bond_as_json, kin_of
from feeds.shapes.reasons import access_in_words, because, reasons_of
from feeds.shapes.times import when

if TYPE_CHECKING:
    from db.engine import Connection

NO_MATCH = "no entries match; fewer words find more, and so does the beginning of one: harbo*"
MOST_SHOWN = 50
"""Entries that people are shown where they give no limit."""

app = typer.Typer(help="List, show, search and correct entries.", no_args_is_help=True)

SectionOption = Annotated[str | None, typer.Option("--section", help="Only of this section (name or slug).")]
SourceOption = Annotated[str | None, typer.Option("--source", help="Only of this source.")]
AccessOption = Annotated[Access | None, typer.Option("--access", help="Only of this access.")]
LimitOption = Annotated[
    int | None, typer.Option("--limit", min=1, help="Most entries; default: 50 for people, all with --json.")
]
Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the entry, or its last 8 characters or more.")]
Clear = Annotated[bool, typer.Option("--clear", help="Take that back: let the rules decide again.")]


@command(app, "list")
def list_entries(
    desk: Desk,
    section: SectionOption = None,
    source: SourceOption = None,
    access: AccessOption = None,
    duplicates: Annotated[bool, typer.Option("--duplicates", help="Only those folded behind another.")] = False,
    withdrawn: Annotated[bool, typer.Option("--withdrawn", help="Also those that were taken back.")] = False,
    limit: LimitOption = None,
) -> None:
    """Show entries, newest first."""
    from db.engine import reading
    from db.store import entries
    from feeds import roster

    with reading(desk.engine()) as connection:
        for field, name in ((Field.SECTION, section), (Field.SOURCE, source)):
            if name is not None:
                roster.check_name(connection, field, name)
        found = entries.listing(
            connection,
            section=section,
            source=source,
            access=access,
            duplicates=duplicates,
            withdrawn=withdrawn,
            limit=limit or _most(desk),
        )
        _tell(desk, connection, found, limit, bonds=duplicates)


@command(app)
def search(
    desk: Desk,
    query: Annotated[list[str], typer.Argument(metavar="QUERY", help="What to look for, best in single quotes.")],
    section: SectionOption = None,
    source: SourceOption = None,
    access: AccessOption = None,
    limit: LimitOption = None,
) -> None:
    """Find entries by words in title, summary, text or authors, newest first; case and accents do not matter.

    All of several words must occur, in whatever order; "new ferry" are words side by side, ferr* is the beginning of
    one, -strike must not occur, and of ferry OR bridge one does. Fields: title: author: section: source: access:
    language:, and after: before: with 2026, 2026-03, 2026-03-02, 7d or 24h (after: includes that time). A value with
    blanks goes in quotes: section:"Foreign policy". A query that begins with a hyphen comes after --.
    """
    from db.engine import reading
    from db.store import entries
    from db.store import search as matches
    from feeds import roster
    from feeds.query import asked

    zone = desk.config.site.zone
    wanted = asked(" ".join(query), now=desk.now(), zone=zone, section=section, source=source, access=access)
    with reading(desk.engine()) as connection:
        roster.check_names(connection, wanted)
        ids = matches.matching(connection, wanted, limit=limit or _most(desk))
        _tell(desk, connection, entries.in_order(connection, ids), limit, none=NO_MATCH)


def _most(desk: Desk) -> int | None:
    """Entries that are listed where no limit is given."""
    return None if desk.as_json else MOST_SHOWN


def _tell(
    desk: Desk,
    connection: Connection,
    found: Iterable[StoredEntry],
    limit: int | None,
    *,
    none: str = "no entries",
    bonds: bool = False,
) -> None:
    """Gives entries to a script, or shows them to a person, who reads `none` where there is none; with `bonds` also
    what each is folded behind, and why."""
    zones = zones_of(connection, desk.config.site.zone)
    if desk.as_json:
        desk.give([entry_as_json(entry, zones) | (bond_as_json(entry) if bonds else {}) for entry in found])
        return
    rows = [
        [
            entry.uid[-8:],
            _day(entry, zones),
            entry.access.value,
            entry.source,
            ", ".join(entry.sections),
            _titled(entry),
            *((entry.lead[-8:], str(because(entry))) if bonds else ()),
        ]
        for entry in found
    ]
    columns = ["id", "date", "access", "source", "sections", "title"]
    desk.table(columns + (["behind", "because"] if bonds else []), rows)
    if not rows:
        desk.say(none)
    elif len(rows) == MOST_SHOWN and limit is None:
        desk.say(f"the newest {MOST_SHOWN}; --limit shows more")


def _titled(entry: StoredEntry) -> str:
    return entry.title if entry.withdrawal is None else f"{entry.title} (withdrawn)"


def _day(entry: StoredEntry, zones: Mapping[str, tzinfo]) -> str:
    day = (entry.published or entry.sorted_at).astimezone(zones[entry.source]).strftime("%Y-%m-%d")
    return day if entry.published else f"{day} (seen)"


def _compact(value: object) -> str:
    """What else a source said, in a line: words as they are, the rest as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@command(app)
def show(desk: Desk, uid: Id) -> None:
    """Show one entry whole: body, evidence for its access, former versions."""
    from db.engine import reading
    from db.store import revisions
    from feeds import correct

    with reading(desk.engine()) as connection:
        entry = correct.named(connection, uid)
        history = revisions.history(connection, entry.id)
        kin = kin_of(connection, entry)
        zones = zones_of(connection, desk.config.site.zone, {entry.source})
    if desk.as_json:
        desk.give(whole_as_json(entry, zones, history, kin))
        return
    lines = [
        entry.title,
        f"id         {entry.uid}",
        f"source     {entry.source}" + (f" ({entry.label})" if entry.label else ""),
        f"link       {entry.url or '-'}",
        f"published  {_published(entry, zones)}",
        f"updated    {when(entry.updated)}",
        f"sections   {', '.join(entry.sections) or '-'}",
        f"access     {access_in_words(entry)}",
    ]
    if entry.withdrawal is not None:
        gone = entry.withdrawal
        lines.append(f"withdrawn  {when(gone.at)} by {gone.by.value}" + (f": {gone.why}" if gone.why else ""))
    lines += [f"enclosure  {file.url} ({file.media_type})" for file in entry.enclosures]
    lines += [f"{name:<10} {_compact(value)}" for name, value in json.loads(entry.extra or "{}").items()]
    lines += [f"           {reason}" for reason in reasons_of(entry)]
    lines += clusters.kin_lines(entry, kin)
    for revision in history:
        lines.append(f"revision   until {when(revision.replaced_at)}: {revision.title} [{', '.join(revision.changed)}]")
    if entry.text or entry.summary:
        lines += ["", *(entry.text or entry.summary).split("\n")]
    for line in lines:
        write_line(line)


def _published(entry: StoredEntry, zones: Mapping[str, tzinfo]) -> str:
    if entry.published is None:
        return f"unknown, first seen {when(entry.first_seen)}"
    day = entry.published_precision is Precision.DAY
    text = _day(entry, zones) if day else str(when(entry.published))
    return f"{text}: {entry.published_basis}" if entry.published_basis else text


@command(app, "set-access")
def set_access(
    desk: Desk,
    uid: Id,
    level: Annotated[Access | None, typer.Argument(help="Who may read it.", show_default=False)] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Let the evidence decide again.")] = False,
) -> None:
    """Say who may read an entry; that stands whatever its source says later."""
    from feeds.correct import clear_access
    from feeds.correct import set_access as set_now

    if (level is None) == (not clear):
        raise UsageError("give a level (free, registration, metered, premium, unknown) or --clear")
    engine = desk.engine()
    with desk.working():
        entry = clear_access(engine, uid, desk.now()) if level is None else set_now(engine, uid, level, desk.now())
    _say_corrected(desk, entry, f"{entry.access.value}; 'feeds publish' puts it into the feeds")


@command(app)
def withdraw(
    desk: Desk,
    uid: Id,
    reason: Annotated[str, typer.Option("--reason", help="Why, in words; feeds do not show it.")] = "",
) -> None:
    """Take an entry back: no feed shows it until it is restored, whatever its source says."""
    from feeds import correct

    engine = desk.engine()
    with desk.working():
        entry = correct.withdraw(engine, uid, reason.strip(), desk.now())
    _say_corrected(desk, entry, "withdrawn; 'feeds publish' takes it out of the feeds")


@command(app)
def restore(desk: Desk, uid: Id) -> None:
    """Show an entry again that was taken back, by a person or by its source."""
    from feeds import correct

    engine = desk.engine()
    with desk.working():
        entry = correct.restore(engine, uid, desk.now())
    _say_corrected(desk, entry, "restored; 'feeds publish' puts it into the feeds")


def _say_corrected(desk: Desk, entry: StoredEntry, what: str) -> None:
    from db.engine import reading

    if desk.as_json:
        with reading(desk.engine()) as connection:
            desk.give(entry_as_json(entry, zones_of(connection, desk.config.site.zone, {entry.source})))
    else:
        desk.say(f"{entry.title}: {what}")


@command(app)
def split(
    desk: Desk,
    uid: Id,
    other: Annotated[str | None, typer.Argument(metavar="OTHER", help="The entry to keep it apart from.")] = None,
    clear: Clear = False,
) -> None:
    """Never fold an entry with another, or with any; that stands whatever their texts become."""
    from feeds import correct

    engine = desk.engine()
    with desk.working():
        entry = (correct.let_be if clear else correct.split)(engine, uid, other, desk.now())
    _told(desk, entry)


@command(app)
def join(
    desk: Desk,
    uid: Id,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The entry that it belongs to.")],
    clear: Clear = False,
) -> None:
    """Fold an entry with another; that stands whatever their texts become."""
    from feeds import correct

    engine = desk.engine()
    with desk.working():
        entry = (correct.let_be if clear else correct.join)(engine, uid, other, desk.now())
    _told(desk, entry)


def _told(desk: Desk, entry: StoredEntry) -> None:
    """Where an entry stands after a person's word on it."""
    stands = f"behind {entry.lead} ({because(entry)})" if not entry.is_lead else "stands for itself"
    _say_corrected(desk, entry, f"{stands}; 'feeds publish' puts it into the feeds")


entries_history.register(app)
