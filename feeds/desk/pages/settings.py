"""`/desk/settings`: what the desk runs by. It is read here and edited in its file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response
from starlette.routing import BaseRoute

from feeds import __version__
from feeds.config import Config
from feeds.desk.secrets import without_secrets
from feeds.desk.visit import Visit, page
from feeds.log import redact

HIDDEN = "(not shown)"
MOST = 50
"""Tables of one kind that are shown: there may be ten thousand sources, and they have a page of their own."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a table with its value as text; `given` says that the file sets it."""

    key: str
    value: str
    given: bool
    description: str


@dataclass(frozen=True, slots=True)
class Group:
    """One table of the file, by its head; or how many `others` there are of its kind, which are not shown."""

    head: str
    settings: tuple[Setting, ...]
    others: int = 0


def settings(visit: Visit) -> Response:
    """Every setting, with the value that counts."""
    config = visit.context.config
    return visit.render(
        "settings.html",
        title="Settings",
        here="settings",
        file=visit.context.path,
        version=__version__,
        principal=visit.principal,
        groups=list(groups_of(config)),
    )


def groups_of(config: Config) -> Iterator[Group]:
    """The tables of the configuration, in the order of the file; of those that may come often
    the first `MOST`."""
    for name in type(config).model_fields:
        value = getattr(config, name)
        if isinstance(value, BaseModel):
            yield Group(f"[{name}]", tuple(_settings(value)))
        elif isinstance(value, dict):
            yield from _repeated(f"[{name}]", [(f'[{name}."{key}"]', one) for key, one in value.items()])
        else:
            yield from _repeated(f"[[{name}]]", [(f"[[{name}]]", one) for one in value])


def _repeated(kind: str, tables: Sequence[tuple[str, BaseModel]]) -> Iterator[Group]:
    for head, table in tables[:MOST]:
        yield Group(head, tuple(_settings(table, given=True)))
    if len(tables) > MOST:
        yield Group(kind, (), len(tables) - MOST)


def _settings(table: BaseModel, *, given: bool = False) -> Iterator[Setting]:
    """The keys of a table; only those that are `given`, or all."""
    for key, field in type(table).model_fields.items():
        is_given = key in table.model_fields_set
        if given and not is_given:
            continue
        shown = without_secrets({key: _plain(getattr(table, key))}, HIDDEN)[key]
        yield Setting(key, redact(_text(shown)), is_given, field.description or "")


def _plain(value: Any) -> Any:
    """A value as plain data; of a table what the file sets."""
    if isinstance(value, BaseModel):
        return {key: _plain(getattr(value, key)) for key in value.model_fields_set}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return {key: _plain(one) for key, one in value.items()} if isinstance(value, dict) else value


def _text(value: Any) -> str:
    """Plain data as a person reads it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_text(one)}" for key, one in value.items()) or "none"
    return str(value)


routes: list[BaseRoute] = [page("/desk/settings", settings)]
