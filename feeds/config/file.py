"""Reading `config.toml`: what is wrong is told with file, line, key, and the nearest valid one."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from pydantic import (
    BaseModel,
    ValidationError,
)

from feeds.config.whole import Config
from feeds.errors import ConfigError

DEFAULT_PATH = Path("config.toml")


def load(path: Path) -> Config:
    """Reads and checks `path`. Raises `ConfigError` with file, line and key in one line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; write one with 'feeds init' or name another with --config") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    return parse(text, path)


def parse(text: str, path: Path) -> Config:
    """Checks the TOML in `text`, read from `path`. Raises `ConfigError`."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(_explain(error, text, path)) from error
    config._root = path.resolve().parent
    _keep_private(config, text, path)
    return config


def _keep_private(config: Config, text: str, path: Path) -> None:
    """Raises `ConfigError` where the published folder, all of which is served, holds what is for us alone."""
    own = ("publish", "directory")
    try:
        public = config.public
        for where, private, what in ((own, path.absolute(), path.name), *config.private()):
            if config.is_served(private):
                told = own if "directory" in config.publish.model_fields_set else where
                raise ConfigError(
                    f"{_placed(told, text, path)}the published folder, {public}, holds {what}; everything in it "
                    "is served: give another place"
                )
    except (ValueError, RuntimeError) as error:
        raise ConfigError(f"{path}: a path leads nowhere: {error}") from error


def _explain(error: ValidationError, text: str, path: Path) -> str:
    """The first finding as one line, and how many more there are."""
    findings = error.errors(include_url=False, include_input=True)
    first = findings[0]
    where = [part for part in first["loc"] if part != "[key]"]
    at = _placed(where, text, path)
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(where[-1]), _keys_at(where[:-1]), n=1, cutoff=0.5)
        hint = f'did you mean "{near[0]}"?' if near else f"valid keys: {', '.join(_keys_at(where[:-1]))}"
        return f"{at}unknown key; {hint}{more}"
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if first["type"] == "missing":
        message = "is missing"
    elif first["type"] == "tuple_type":
        message = 'give a list: ["…", "…"]'
    return f"{at}{message}{more}"


def placed(where: Sequence[str | int], path: Path) -> str:
    """Where the key `where` stands in `path`, as what is said of it begins: file, line, key. For a file that could be
    read a moment ago."""
    try:
        return _placed(where, path.read_text(encoding="utf-8-sig"), path)
    except (OSError, UnicodeDecodeError):
        return _placed(where, "", path)


def _placed(where: Sequence[str | int], text: str, path: Path) -> str:
    """File, line where the text tells, and key, each with its colon."""
    dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")
    line = _line_of(where, text)
    at = f"{path}:{line}" if line else str(path)
    return f"{at}: {dotted + ': ' if dotted else ''}"


def _keys_at(where: list[Any]) -> list[str]:
    """The valid keys of the table at `where`."""
    model: type[BaseModel] = Config
    for part in where:
        if isinstance(part, int) or part not in model.model_fields:
            continue
        inner = _model_in(model.model_fields[part].annotation)
        if inner is not None:
            model = inner
    return sorted(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside `Model`, `tuple[Model, ...]` or `dict[str, Model]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_in(inner)
        if found is not None:
            return found
    return None


def _line_of(where: Sequence[str | int], text: str) -> int | None:
    """Line (from 1) of the key at `where`, else of its table; None where the text does not tell.

    tomllib keeps no positions, so the innermost table's headers are counted and the key is looked for below.
    """
    names = [re.escape(part) for part in where if isinstance(part, str)]
    nth = next((part for part in where if isinstance(part, int)), 0)
    lines = text.split("\n")
    for depth in range(len(names), 0, -1):
        dotted = r"\s*\.\s*".join(f"[\"']?{name}[\"']?" for name in names[:depth])
        header = re.compile(rf"\s*\[{{1,2}}\s*{dotted}\s*\]")
        starts = [number for number, line in enumerate(lines) if header.match(line)]
        if starts:
            start = starts[min(nth, len(starts) - 1)] + 1
            below = takewhile(lambda line: re.match(r"\s*\[", line) is None, lines[start:])
            return start + _first(names[depth : depth + 1], below)
    return _first(names[:1], lines) or None


def _first(key: list[str], lines: Iterable[str]) -> int:
    """Number (from 1) of the first line that sets the key; 0 where none does."""
    for number, line in enumerate(lines, 1):
        if key and re.match(rf"\s*[\"']?{key[0]}[\"']?\s*[=.]", line):
            return number
    return 0
