"""The commented `config.toml` that `feeds init` writes: made from the models, so that it cannot go stale."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from feeds.config import (
    AccessSettings,
    Alert,
    Credential,
    Database,
    Desk,
    Host,
    Monitor,
    Poll,
    Profile,
    Publish,
    Rule,
    Saved,
    Section,
    Sections,
    Site,
    Source,
    Web,
    WebSub,
)

_TABLES: tuple[tuple[str, type[BaseModel]], ...] = (
    ("[site]", Site),
    ("[database]", Database),
    ("[publish]", Publish),
    ("[poll]", Poll),
    ("[access]", AccessSettings),
    ("[sections]", Sections),
    ("[monitor]", Monitor),
    ("[web]", Web),
    ("[desk]", Desk),
    ("[websub]", WebSub),
)
_EXAMPLES: tuple[tuple[str, type[BaseModel], dict[str, Any]], ...] = (
    ("[[source]]", Source, {"name": "example", "kind": "feed", "url": "https://news.example/feed.xml"}),
    ("[[section]]", Section, {"name": "Politics"}),
    ("[[saved]]", Saved, {"name": "harbour", "title": "The harbour", "query": "harbour -strike"}),
    ("[[alert]]", Alert, {"name": "newsroom", "to_env": "ALERTS_TO", "quiet": "22:00-07:00"}),
    ("[[rule]]", Rule, {"section": "Politics", "title": ["budget", "city council"]}),
    ('[host."news.example"]', Host, {"per_minute": 60}),
    ('[credential."https://news.example"]', Credential, {"username": "desk", "secret_env": "NEWS_EXAMPLE_PASSWORD"}),
    ("[profile.example]", Profile, {"sections": ["Politics", "Economy"], "markers": ["For subscribers only"]}),
)


def template(title: str, base_url: str) -> str:
    """A configuration with every key: those that must be given are set, the rest is commented out at its default."""
    given = {"title": title, "base_url": base_url}
    parts = ["# Broadsheet. Every key is here; a key behind '#' shows its default. Paths are relative to this file.\n"]
    for head, model in _TABLES:
        parts.append(f"{head}\n{_keys(model, given if model is Site else {}, commented=False)}")
    for head, model, example in _EXAMPLES:
        doc = (model.__doc__ or "").strip().splitlines()[0]
        parts.append(f"# {doc}\n#{head}\n{_keys(model, example, commented=True)}")
    return "\n".join(parts)


def _keys(model: type[BaseModel], given: dict[str, Any], *, commented: bool) -> str:
    lines = []
    for name, field in model.model_fields.items():
        lines.append(f"# {field.description}")
        if name in given:
            lines.append(f"{'#' if commented else ''}{name} = {toml(given[name])}")
        elif field.default is PydanticUndefined or field.default is None:
            lines.append(f"#{name} =")
        else:
            lines.append(f"#{name} = {toml(field.default)}")
    return "\n".join(lines) + "\n"


def toml(value: object) -> str:
    """A TOML value: strings, numbers, booleans, lists and tables of them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | Path):
        # A JSON string is a TOML basic string, but for the one character that JSON leaves bare.
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple | list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + "}"
    return str(value)
