"""What `config.toml` declares, brought into the database. Light: every command does it, most of them nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from db.engine import Engine, reading, writing
from db.store import sections, sources
from feeds.config import Config, Source
from feeds.slug import slug


def declare(engine: Engine, config: Config, now: datetime) -> None:
    """Brings sources and sections in the database in line with `config.toml`."""
    declared = {source.name: options_of(source) for source in config.source}
    slugs = {section.name: section.slug for section in config.section}
    with reading(engine) as connection:
        # Most runs find nothing to change, and must not wait for a writer to learn it.
        if sources.declared(connection) == declared and sections.configured(connection, slugs):
            return
    with writing(engine) as connection:
        before = sources.declared(connection)
        sources.declare(connection, declared, now)
        # At once, and of paused sources, too: what is for some readers only must not wait for a poll to be taken back.
        changed = [
            source for source in config.source if _word(before.get(source.name, {})) != _word(options_of(source))
        ]
        if changed:
            from feeds import credence
            from feeds.ingest import rejudge

            known = {source.name: source for source in sources.every(connection)}
            for source in changed:
                record = known[source.name]
                rejudge(connection, record.id, source.access, now)
                credence.settle(connection, record.id, source, record.learned, now)
        sections.configure(connection, slugs, slug)


def _word(options: Mapping[str, object]) -> tuple[object, object]:
    """What a person says of the access to a source's entries."""
    return options.get("access"), options.get("trust_access")


def options_of(source: Source) -> dict[str, object]:
    """A source as plain data, without what equals a default."""
    options: dict[str, object] = source.model_dump(mode="json", exclude_defaults=True)
    return options
