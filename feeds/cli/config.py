"""`feeds config`: what is configured."""

from __future__ import annotations

from typing import Any

import typer

from feeds.cli.desk import Desk, command, counted, write_line
from feeds.cli.template import toml

app = typer.Typer(help="Check and show the configuration.", no_args_is_help=True)


@command(app)
def check(desk: Desk) -> None:
    """Say whether the configuration can be used."""
    config = desk.config
    if config.credential:
        from feeds.poll import logins_of

        logins_of(config)
    if config.desk.has_password:
        from feeds.desk.passwords import passwords_of

        passwords_of(config)
    if desk.as_json:
        desk.give({"file": str(desk.path), "valid": True, "sources": len(config.source)})
        return
    desk.say(f"{desk.path}: valid, {counted(len(config.source), 'source')}")
    names = {source.name.casefold() for source in config.source}
    for number, rule in enumerate(config.rule, 1):
        for name in rule.source:
            if name.casefold() not in names:
                desk.warn(f'{desk.path}: rule {number}: no [[source]] here is named "{name}"')
    for source in config.source:
        if source.path is not None and not config.resolve(source.path).exists():
            desk.warn(f'{desk.path}: source "{source.name}": {config.resolve(source.path)} is not there (yet)')


@command(app)
def show(desk: Desk) -> None:
    """Show every setting with the value that counts, defaults included."""
    from feeds.desk.secrets import without_secrets

    # Who is at the machine may read the file: addresses are shown as they are.
    values: dict[str, Any] = without_secrets(desk.config.model_dump(mode="json"), text=str)
    if desk.as_json:
        desk.give(values)
        return
    for table, keys in values.items():
        rows = keys if isinstance(keys, list) else [keys]
        for row in rows:
            named = table in ("profile",)
            for name, inner in row.items() if named else [("", row)]:
                head = f"[{table}.{name}]" if named else f"[[{table}]]" if isinstance(keys, list) else f"[{table}]"
                write_line(head)
                for key, value in inner.items():
                    write_line(f"{key} = {toml(value)}" if value is not None else f"#{key} =")
                write_line("")
