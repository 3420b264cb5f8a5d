"""`/desk/settings`: what the desk runs by. It is read here and edited in its file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response
from starlette.routing import BaseRoute

from feeds import __version__
from feeds.config import Config
from feeds.desk.visit import Visit, page
from feeds.log import redact

SECRETS = frozenset({"password", "bearer", "password_hash", "to"})
"""Keys whose values nobody is shown."""

HIDDEN = "(not shown)"


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a table with its value as text; `given` says that the file sets it."""

    key: str
    value: str
    given: bool
    description: str


@dataclass(frozen=True, slots=True)
class Group:
    """One table of the file, by its head."""

    head: str
    settings: tuple[Setting, ...]


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
    """The tables of the configuration, in the order of the file; of those that may come often each that is there."""
    for name in type(config).model_fields:
        value = getattr(config, name)
        if isinstance(value, BaseModel):
            yield Group(f"[{name}]", tuple(_settings(value)))
        elif isinstance(value, dict):
            yield from (Group(f'[{name}."{key}"]', tuple(_settings(one, given=True))) for key, one in value.items())
        else:
            yield from (Group(f"[[{name}]]", tuple(_settings(one, given=True))) for one in value)


def _settings(table: BaseModel, *, given: bool = False) -> Iterator[Setting]:
    """The keys of a table; only those that are `given`, or all."""
    for key, field in type(table).model_fields.items():
        is_given = key in table.model_fields_set
        if given and not is_given:
            continue
        value = HIDDEN if key in SECRETS and getattr(table, key) else redact(_text(getattr(table, key)))
        yield Setting(key, value, is_given, field.description or "")


def _text(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, BaseModel):
        return _text({key: getattr(value, key) for key in value.model_fields_set})
    if isinstance(value, tuple | list):
        return ", ".join(map(_text, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_text(one)}" for key, one in value.items()) or "none"
    return str(value)


routes: list[BaseRoute] = [page("/desk/settings", settings)]
