"""`config.toml`: typed settings, every one with its default and its reason.

An unknown key is an error that names the nearest valid one; a wrong value is an error that names the key and, where
the file tells, the line. Paths are relative to the file. All models are frozen.
"""

from __future__ import annotations

from feeds.config.desk import Alert, Desk
from feeds.config.file import DEFAULT_PATH, load, parse, placed
from feeds.config.tables import (
    AccessSettings,
    Credential,
    Database,
    Host,
    Monitor,
    Poll,
    Profile,
    Publish,
    Rule,
    Saved,
    Section,
    Sections,
    Selectors,
    Site,
    Source,
    Web,
    WebSub,
)
from feeds.config.values import SourceKind
from feeds.config.whole import Config, unguarded

__all__ = [
    "DEFAULT_PATH",
    "AccessSettings",
    "Alert",
    "Config",
    "Credential",
    "Database",
    "Desk",
    "Host",
    "Monitor",
    "Poll",
    "Profile",
    "Publish",
    "Rule",
    "Saved",
    "Section",
    "Sections",
    "Selectors",
    "Site",
    "Source",
    "SourceKind",
    "Web",
    "WebSub",
    "load",
    "parse",
    "placed",
    "unguarded",
]
