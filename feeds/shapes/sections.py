"""Sections: where they are published, and what fills them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from db.records import SectionRecord
from feeds.config import Config, Rule


def sections_as_json(
    sections: Iterable[SectionRecord], counts: Mapping[int, int], config: Config
) -> list[dict[str, object]]:
    """Sections with the number of their entries (`counts`, by id), their feeds, and what fills them beside the
    documents that name them."""
    former = former_names(config)
    return [
        {
            "name": one.name,
            "slug": one.slug,
            "entries": counts.get(one.id, 0),
            "feed": feed_of(one, config),
            "free": f"{config.site.base_url}sections/{one.slug}.free.atom",
            "formerly": former.get(one.name.casefold(), ()),
            "rules": [rule.model_dump(mode="json", exclude={"section"}) for rule in rules_of(config, one.name)],
        }
        for one in sections
    ]


def feed_of(section: SectionRecord, config: Config) -> str:
    """Where the feed of a section is published."""
    return f"{config.site.base_url}sections/{section.slug}.atom"


def former_names(config: Config) -> dict[str, tuple[str, ...]]:
    """Folded name of each configured section -> the names that it had."""
    return {section.name.casefold(): section.formerly for section in config.section}


def rules_of(config: Config, name: str) -> list[Rule]:
    """The rules that put entries into the section `name`."""
    return [rule for rule in config.rule if name.casefold() in [section.casefold() for section in rule.section]]


def rule_in_words(rule: Rule) -> str:
    """What a rule asks of the entries that it files, in a line."""
    said: dict[str, Any] = rule.model_dump(exclude={"section", "only"})
    conditions = [f"{key} {' or '.join(values)}" for key, values in said.items() if values]
    return ", ".join(conditions) + (" (only)" if rule.only else "")
