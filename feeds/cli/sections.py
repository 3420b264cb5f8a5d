"""`feeds sections`: what is published, and what is to be no more."""

from __future__ import annotations

from typing import Annotated

import typer

from feeds.cli.desk import Desk, command
from feeds.config import Rule
from feeds.errors import UsageError
from feeds.naming import no_section
from feeds.shapes.sections import feed_of, former_names, rule_in_words, rules_of, sections_as_json

app = typer.Typer(help="List sections, and end one.", no_args_is_help=True)


@command(app, "list")
def list_sections(desk: Desk) -> None:
    """Show every section, its number of entries, its feed, the names it had, and the rules that fill it."""
    from db.engine import reading
    from db.store import sections

    with reading(desk.engine()) as connection:
        found, counts = sections.every(connection), sections.counts(connection)
    if desk.as_json:
        desk.give(sections_as_json(found, counts, desk.config))
        return
    former = former_names(desk.config)
    rows = [
        [
            one.name,
            str(counts.get(one.id, 0)),
            feed_of(one, desk.config),
            _filled(former.get(one.name.casefold(), ()), rules_of(desk.config, one.name)),
        ]
        for one in found
    ]
    desk.table(["section", "entries", "feed", "rules"], rows)
    if not found:
        desk.say("no sections yet: they are made as entries name them, or by [[section]] in config.toml")


@command(app)
def remove(
    desk: Desk, name: Annotated[str, typer.Argument(help="Name or slug of a section in which no entry stands.")]
) -> None:
    """End a section that nothing fills any more: its feeds are gone for good with the next publish (410)."""
    from db.engine import writing
    from db.store import sections

    folded = name.casefold()
    if any(section.name.casefold() == folded or section.slug == name for section in desk.config.section):
        raise UsageError(f'section "{name}": take its [[section]] out of {desk.path} first, or it is made again')
    with desk.working(), writing(desk.engine()) as connection:
        found = [one for one in sections.every(connection) if one.name.casefold() == folded or one.slug == name]
        if not found:
            raise UsageError(no_section(name))
        if not sections.remove_empty(connection, found[0].id):
            raise UsageError(
                f'section "{found[0].name}" has entries; let another take them: formerly = ["{found[0].name}"] there'
            )
    if desk.as_json:
        desk.give({"removed": found[0].name})
    desk.say(f"removed {found[0].name}; 'feeds publish' takes its feeds away")


def _filled(former: tuple[str, ...], rules: list[Rule]) -> str:
    """What fills a section beside the documents that name it, in a line."""
    return "; ".join([*([f"formerly {', '.join(former)}"] if former else []), *map(rule_in_words, rules)])
