"""What `config.toml` declares, brought into the database. Light: every command does it, most of them nothing else."""

from __future__ import annotations

from datetime import datetime

from db.engine import Engine, reading, writing
from db.store import sections, sources
from feeds.config import Config, Source
from feeds.slug import slug


def declare(engine: Engine, config: Config, now: datetime) -> None:
    """Brings sources and sections in the database in line with `config.toml`."""
    declared = {source.name: options_of(source) for source in config.source}
    slugs = {section.name: section.slug for section in config.section}
    former = {section.name: section.formerly for section in config.section if section.formerly}
    with reading(engine) as connection:
        # Most runs find nothing to change, and must not wait for a writer to learn it.
        if sources.declared(connection) == declared and sections.configured(connection, slugs, former):
            return
    with writing(engine) as connection:
        before = sources.declared(connection)
        sources.declare(connection, declared, now)
        # At once, and of paused sources, too: what is for some readers only must not wait for a poll to be taken back.
        changed = [source for source in config.source if before.get(source.name, {}).get("access") != source.access]
        if changed:
            from feeds.ingest import rejudge

            ids = {source.name: source.id for source in sources.every(connection)}
            for source in changed:
                rejudge(connection, ids[source.name], source.access, now)
        sections.configure(connection, slugs, former, slug, now)


def options_of(source: Source) -> dict[str, object]:
    """A source as plain data, without what equals a default."""
    options: dict[str, object] = source.model_dump(mode="json", exclude_defaults=True)
    return options
