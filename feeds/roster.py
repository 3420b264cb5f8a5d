"""Sources that people add and remove beside the configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from db.engine import Engine, writing
from db.store import sources
from feeds.config import Source
from feeds.declare import options_of
from feeds.errors import UsageError
from feeds.naming import is_address, kind_of, name_from, no_path, no_such, problem_of


def described(
    location: str,
    is_served: Callable[[Path], bool],
    *,
    name: str | None = None,
    kind: str | None = None,
    sections: Sequence[str] = (),
    interval: int | None = None,
    local: bool = True,
) -> Source:
    """The source at an address or a path, by default named after it and of the kind that it looks like; asks nobody.

    `interval` is in minutes. `is_served` tells what stands in the published folder (`Config.is_served`), which is no
    place for a source; without `local` every path is refused: who asks over the network may not have files read here.
    Raises `UsageError`.
    """
    if not local:
        no_path(location)
    remote = is_address(location)
    # A path is relative to where the person stands, not to the configuration file.
    where = location if remote else str(Path(location).resolve())
    if not remote and not Path(where).exists():
        raise UsageError(no_such(location))
    if not remote and is_served(Path(where)):
        raise UsageError(f"{where} stands in the published folder, where everything is served: give another place")
    options = {
        "name": name or name_from(location, remote),
        "kind": kind or kind_of(where, remote),
        "url" if remote else "path": where,
        "sections": tuple(sections),
        "interval": interval,
    }
    try:
        return Source.model_validate({key: value for key, value in options.items() if value is not None})
    except ValidationError as error:
        raise UsageError(problem_of(error)) from error


def add(engine: Engine, source: Source, now: datetime) -> None:
    """Adds `source`, which is polled at the next update. Raises `UsageError` where its name is taken."""
    with writing(engine) as connection:
        if not sources.add(connection, source.name, options_of(source), now):
            raise UsageError(f'a source named "{source.name}" is there already; give another --name')


def remove(engine: Engine, name: str, file: Path) -> None:
    """Ends the polls of the source `name`; its entries stay. Raises `UsageError` where there is none, or where it is
    one of the configuration, which stands in `file`."""
    with writing(engine) as connection:
        found = {one.name: one for one in sources.every(connection)}
        if name not in found:
            raise UsageError(f"no source is named \"{name}\"; see 'feeds sources list'")
        if found[name].origin == "config":
            raise UsageError(f'{file}: delete the [[source]] table named "{name}" there; it would come back')
        sources.remove(connection, name)
