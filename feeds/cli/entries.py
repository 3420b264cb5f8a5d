"""`feeds entries`: what is stored."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from db.records import Access, Evidence, Precision, StoredEntry
from feeds.cli.desk import Desk, command, when, write_line
from feeds.errors import UsageError

if TYPE_CHECKING:
    from db.engine import Connection

app = typer.Typer(help="List, show, search and correct entries.", no_args_is_help=True)

SectionOption = Annotated[str | None, typer.Option("--section", help="Only of this section (name or slug).")]
SourceOption = Annotated[str | None, typer.Option("--source", help="Only of this source.")]
AccessOption = Annotated[Access | None, typer.Option("--access", help="Only of this access.")]
LimitOption = Annotated[
    int | None, typer.Option("--limit", min=1, help="Most entries; default: 50 for people, all with --json.")
]
Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the entry, or its last 8 characters or more.")]


@command(app, "list")
def list_entries(
    desk: Desk,
    section: SectionOption = None,
    source: SourceOption = None,
    access: AccessOption = None,
    duplicates: Annotated[bool, typer.Option("--duplicates", help="Only those folded behind another.")] = False,
    limit: LimitOption = None,
) -> None:
    """Show entries, newest first."""
    _list(desk, section=section, source=source, access=access, duplicates=duplicates, limit=limit)


@command(app)
def search(
    desk: Desk,
    words: Annotated[list[str], typer.Argument(metavar="WORD", help="Words that must all occur.")],
    section: SectionOption = None,
    source: SourceOption = None,
    access: AccessOption = None,
    limit: LimitOption = None,
) -> None:
    """Find entries by words in title or text; case does not matter, in any script."""
    wanted = [part for word in words for part in word.casefold().split()]
    if not wanted:
        raise UsageError("give a word to look for")
    _list(desk, section=section, source=source, access=access, duplicates=False, limit=limit, words=wanted)


def _list(
    desk: Desk,
    *,
    section: str | None,
    source: str | None,
    access: Access | None,
    duplicates: bool,
    limit: int | None,
    words: Iterable[str] = (),
) -> None:
    from db.engine import reading
    from db.store import entries, sections, sources

    with reading(desk.engine()) as connection:
        if section is not None and not any(
            section == one.slug or section.casefold() == one.name.casefold() for one in sections.every(connection)
        ):
            raise UsageError(f"no section is named \"{section}\"; see 'feeds sections list'")
        if source is not None and source not in sources.ever(connection):
            raise UsageError(f"no source is named \"{source}\"; see 'feeds sources list'")
        found = entries.listing(
            connection,
            section=section,
            source=source,
            access=access,
            duplicates=duplicates,
            words=tuple(words),
            limit=limit or (None if desk.as_json else 50),
        )
        zones = zones_of(desk, connection)
        if desk.as_json:
            desk.give([as_json(entry, zones) for entry in found])
            return
        rows = [
            [entry.uid[-8:], _day(entry, zones), entry.access.value, ", ".join(entry.sections), entry.title]
            for entry in found
        ]
    desk.table(["id", "date", "access", "sections", "title"], rows)
    if not rows:
        desk.say("no entries")
    elif len(rows) == 50 and limit is None:
        desk.say("the newest 50; --limit shows more")


def zones_of(desk: Desk, connection: Connection) -> Mapping[str, tzinfo]:
    """Source -> the zone in which its day-only dates are midnight; the site's for one that is removed."""
    from db.store import sources

    site = ZoneInfo(desk.config.site.timezone)
    zones: dict[str, tzinfo] = defaultdict(lambda: site)
    for source in sources.every(connection):
        if isinstance(name := source.options.get("timezone"), str):
            zones[source.name] = ZoneInfo(name)
    return zones


def _day(entry: StoredEntry, zones: Mapping[str, tzinfo]) -> str:
    day = (entry.published or entry.sorted_at).astimezone(zones[entry.source]).strftime("%Y-%m-%d")
    return day if entry.published else f"{day} (seen)"


def _published_at(entry: StoredEntry, zones: Mapping[str, tzinfo]) -> str | None:
    """RFC 3339; a day-only date with the offset of its own zone, so that the day can be read off."""
    if entry.published is not None and entry.published_precision is Precision.DAY:
        local = entry.published.astimezone(zones[entry.source])
        return local.isoformat() if local.utcoffset() else when(entry.published)
    return when(entry.published)


def _evidence(entry: StoredEntry) -> tuple[Evidence, ...]:
    """What the access rests on: a person's word before all that sources say."""
    said = (Evidence("person", entry.access.value, "set-access"),) if entry.access_override else ()
    return said + entry.evidence


def as_json(entry: StoredEntry, zones: Mapping[str, tzinfo]) -> dict[str, object]:
    """An entry as scripts may rely on it (`docs/reference.md`)."""
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
        "evidence": [
            {"signal": proof.signal, "value": proof.value, "where": proof.where} for proof in _evidence(entry)
        ],
        "source": entry.source,
        "cluster": entry.lead,
        "lead": entry.is_lead,
        "duplicate_of": None if entry.is_lead else entry.lead,
        "summary": entry.summary,
    }


def _compact(value: object) -> str:
    """What else a source said, in a line: words as they are, the rest as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@command(app)
def show(desk: Desk, uid: Id) -> None:
    """Show one entry whole: body, evidence for its access, former versions."""
    from db.engine import reading
    from db.store import entries

    with reading(desk.engine()) as connection:
        entry = _found(entries.by_uid(connection, uid), uid)
        history = entries.history(connection, entry.id)
        zones = zones_of(desk, connection)
    if desk.as_json:
        desk.give(
            as_json(entry, zones)
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
                "rule": entry.rule,
                "access_override": entry.access_override,
                "revisions": [
                    {
                        "updated": when(one.updated),
                        "replaced_at": when(one.replaced_at),
                        "changed": one.changed,
                        "title": one.title,
                        "access": one.access,
                        "sections": one.sections,
                    }
                    for one in history
                ],
            }
        )
        return
    lines = [
        entry.title,
        f"id         {entry.uid}",
        f"source     {entry.source}" + (f" ({entry.label})" if entry.label else ""),
        f"link       {entry.url or '-'}",
        f"published  {_published(entry, zones)}",
        f"updated    {when(entry.updated)}",
        f"sections   {', '.join(entry.sections) or '-'}",
        f"access     {_access(entry)}",
    ]
    lines += [f"enclosure  {file.url} ({file.media_type})" for file in entry.enclosures]
    lines += [f"{name:<10} {_compact(value)}" for name, value in json.loads(entry.extra or "{}").items()]
    lines += _reasons(entry)
    if not entry.is_lead:
        lines.append(f"duplicate  of {entry.lead} (rule {entry.rule})")
    for revision in history:
        lines.append(f"revision   until {when(revision.replaced_at)}: {revision.title} [{', '.join(revision.changed)}]")
    if entry.text or entry.summary:
        lines += ["", *(entry.text or entry.summary).split("\n")]
    for line in lines:
        write_line(line)


def _access(entry: StoredEntry) -> str:
    """The level, and how sure it is; a person's word is sure, whatever the evidence says."""
    from feeds.access import judge

    if entry.access_override:
        return f"{entry.access.value} (a person said so)"
    confidence = judge(entry.evidence).confidence
    return f"{entry.access.value} (confidence {confidence:.2f})" if confidence else entry.access.value


def _reasons(entry: StoredEntry) -> list[str]:
    """Each piece of evidence with its grade, A to C, those that state another level as such."""
    from feeds.access import Grade, weigh

    weighed = {one.evidence: one for one in weigh(entry.evidence)}
    lines = []
    for proof in _evidence(entry):
        one = weighed.get(proof)
        against = one is not None and one.grade >= Grade.STRONG and one.level is not entry.access
        word = f"against, {one.level.value}:" if one is not None and against else "because"
        grade = "" if one is None else f"[{one.grade.letter}] "
        lines.append(f'           {word} {grade}{proof.signal} "{proof.value}" ({proof.where})')
    return lines


def _published(entry: StoredEntry, zones: Mapping[str, tzinfo]) -> str:
    if entry.published is None:
        return f"unknown, first seen {when(entry.first_seen)}"
    day = entry.published_precision is Precision.DAY
    text = _day(entry, zones) if day else str(when(entry.published))
    return f"{text}: {entry.published_basis}" if entry.published_basis else text


def _found(entry: StoredEntry | None, uid: str) -> StoredEntry:
    if entry is None:
        raise UsageError(f"no entry, or more than one, has the id \"{uid}\"; see 'feeds entries list'")
    return entry


@command(app, "set-access")
def set_access(
    desk: Desk,
    uid: Id,
    level: Annotated[Access | None, typer.Argument(help="Who may read it.", show_default=False)] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Let the evidence decide again.")] = False,
) -> None:
    """Say who may read an entry; that stands whatever its source says later."""
    from db.engine import reading
    from feeds.correct import clear_access
    from feeds.correct import set_access as set_now

    if (level is None) == (not clear):
        raise UsageError("give a level (free, registration, metered, premium, unknown) or --clear")
    engine = desk.engine()
    with desk.working():
        entry = clear_access(engine, uid, desk.now()) if level is None else set_now(engine, uid, level, desk.now())
    if desk.as_json:
        with reading(engine) as connection:
            desk.give(as_json(entry, zones_of(desk, connection)))
    elif not desk.quiet:
        write_line(f"{entry.title}: {entry.access.value}; 'feeds publish' puts it into the feeds")
