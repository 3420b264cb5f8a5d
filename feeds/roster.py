"""What people do with sources beside the configuration: add, edit, pause, ask now, remove."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from db.engine import Connection, Engine, writing
from db.records import Field, KnownSource, Query, SourceRecord
from db.store import sections, sources
from feeds.config import Source
from feeds.declare import options_of
from feeds.dedupe import canon
from feeds.errors import Taken, Unknown, UsageError
from feeds.naming import is_address, kind_of, name_from, no_path, no_section, no_source, no_such, problem_of


def named(connection: Connection, name: str) -> SourceRecord:
    """The source of this name. Raises `Unknown` where there is none."""
    found = sources.by_name(connection, name)
    if found is None:
        raise Unknown(no_source(name))
    return found


def at_address(known: Iterable[KnownSource], url: str) -> list[str]:
    """Names of those of the sources that have this address, by the rules that tell the same one, or moved to it."""
    key = canon(url)
    return [one.name for one in known if key in map(canon, one.addresses)]


def check_name(connection: Connection, field: Field, name: str) -> None:
    """Raises `UsageError` for a section that there is not, by its name or slug, and for a source that there never was;
    other fields name nothing."""
    if field is Field.SECTION and not sections.is_there(connection, name):
        raise UsageError(no_section(name))
    if field is Field.SOURCE and not sources.was_ever(connection, name):
        raise UsageError(no_source(name))


def check_names(connection: Connection, query: Query) -> None:
    """The same of whatever a query names."""
    for group in (*query.groups, query.excluded):
        for term in group:
            check_name(connection, term.field, term.value)


def described(
    location: str,
    is_served: Callable[[Path], bool],
    *,
    name: str | None = None,
    kind: str | None = None,
    sections: Sequence[str] = (),
    interval: int | None = None,
    local: bool = True,
    more: Mapping[str, object] | None = None,
    profiles: Container[str] = (),
) -> Source:
    """The source at an address or a path, by default named after it and of the kind that it looks like; asks nobody.

    `interval` is in minutes; `more` are other options of its `[[source]]` table, whose profile has to be one of
    `profiles`. `is_served` tells what stands in the published folder (`Config.is_served`), which is no place for a
    source; without `local` every path is refused: who asks over the network may not have files read here.
    Raises `UsageError`.
    """
    if not local:
        no_path(location)
    remote = is_address(location)
    # A path is relative to where the person stands, not to the configuration file.
    where = location if remote else str(Path(location).resolve())
    if not remote and not (location.strip() and Path(where).exists()):
        raise UsageError(no_such(location))
    if not remote and is_served(Path(where)):
        raise UsageError(f"{where} stands in the published folder, where everything is served: give another place")
    options = {
        "name": name or name_from(location, remote),
        "kind": kind or kind_of(where, remote),
        "url" if remote else "path": where,
        "sections": tuple(sections),
        "interval": interval,
        **(more or {}),
    }
    _check_profile(options, profiles)
    try:
        return Source.model_validate({key: value for key, value in options.items() if value is not None})
    except ValidationError as error:
        raise UsageError(problem_of(error)) from error


def add(engine: Engine, source: Source, now: datetime) -> None:
    """Adds `source`, which is polled at the next update. Raises `Taken` where its name is."""
    with writing(engine) as connection:
        if not sources.add(connection, source.name, options_of(source), now):
            raise Taken(f'a source named "{source.name}" is there already; give another name')


def remove(engine: Engine, name: str, file: Path) -> None:
    """Ends the polls of the source `name`; its entries stay. Raises `UsageError` where there is none, or where it is
    one of the configuration, which stands in `file`."""
    with writing(engine) as connection:
        if named(connection, name).origin == "config":
            raise UsageError(f'{file}: delete the [[source]] table named "{name}" there; it would come back')
        sources.remove(connection, name)


def edit(
    engine: Engine,
    name: str,
    file: Path,
    changes: Mapping[str, object],
    now: datetime,
    *,
    profiles: Container[str] = (),
) -> Source:
    """Gives the source `name` other options, `changes` being those of its `[[source]]` table, None for the default; it
    is asked as if for the first time where that changes anything. Its name and path stay, another profile has to be one
    of `profiles`.

    Raises `UsageError` as `remove` does, and for an option that is none, or has a value that is none.
    """
    fixed = {"name", "path"} & changes.keys()
    if fixed:
        raise UsageError(f"{min(fixed)}: cannot be changed; add another source and remove this one")
    _check_profile(changes, profiles)
    with writing(engine) as connection:
        record = named(connection, name)
        if record.origin == "config":
            raise UsageError(f'{file}: edit the [[source]] table named "{name}" there')
        given = {key: value for key, value in {**record.options, **changes}.items() if value is not None}
        try:
            source = Source.model_validate({**given, "name": name})
        except ValidationError as error:
            raise UsageError(problem_of(error)) from error
        if options_of(source) != record.options:
            sources.edit(connection, record.id, options_of(source), now)
    return source


def _check_profile(options: Mapping[str, object], profiles: Container[str]) -> None:
    profile = options.get("profile")
    if profile is not None and profile not in profiles:
        raise UsageError(f"profile: there is no [profile.{profile}]")


def pause(engine: Engine, name: str) -> None:
    """Lets nobody poll the source `name` until it is resumed. Raises `UsageError` where there is none."""
    with writing(engine) as connection:
        sources.pause(connection, named(connection, name).id)


def resume(engine: Engine, name: str, file: Path, now: datetime) -> None:
    """Lets the source `name` be polled again, at once. Raises `UsageError` where there is none, or its options, which
    stand in `file`, say that it is not polled."""
    with writing(engine) as connection:
        record = named(connection, name)
        if not sources.is_wanted(record.options):
            where = f"{file}: " if record.origin == "config" else ""
            raise UsageError(f'{where}source "{name}" has enabled = false; say true there')
        if record.paused:
            sources.resume(connection, record.id, record.options, now)


def poll_now(engine: Engine, name: str, now: datetime) -> None:
    """Lets the source `name` be due at once. Raises `UsageError` where there is none, or it is paused."""
    with writing(engine) as connection:
        record = named(connection, name)
        if not record.enabled:
            raise UsageError(f'source "{name}" is paused; resume it first')
        sources.ask_now(connection, [record.id], now, "a person asked for it")
