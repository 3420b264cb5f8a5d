"""Which rule is told of which trouble."""

from __future__ import annotations

from collections.abc import Collection

from db.records import IncidentRecord, SourceRecord
from feeds.config import Alert, Config

UNHEARD = "alerts"
"""The kind of incident that names a rule whose alerts do not arrive."""


def wants(rule: Alert, incident: IncidentRecord, sections: Collection[str] = ()) -> bool:
    """Whether a rule is told of a trouble, `sections` being those of its source, in lower case (`sections_of`).

    A trouble of our own has neither source nor section: rules that name any are not told of it. Nor is the rule whose
    alerts do not arrive told that they do not.
    """
    if not rule.of_incidents or (rule.state and incident.kind not in rule.state):
        return False
    if incident.kind == UNHEARD and incident.subject == rule.name:
        return False
    if rule.source and incident.source not in rule.source:
        return False
    return not rule.section or any(name.casefold() in sections for name in rule.section)


def sections_of(source: SourceRecord | None, config: Config) -> frozenset[str]:
    """The sections of a source, in lower case: those that its options and the `[[rule]]` tables give its entries, and
    those that its documents were found to have."""
    if source is None:
        return frozenset()
    given = source.options.get("sections", ())
    names = {*(given if isinstance(given, list | tuple) else ()), source.options.get("default_section")}
    names |= {name for rule in config.rule if source.name in rule.source for name in rule.section}
    return frozenset(name.casefold() for name in names | set(source.learned.sections) if isinstance(name, str))
