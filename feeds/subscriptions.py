"""Subscriptions from other readers, and for them (OPML)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from pydantic import ValidationError

from db.engine import Engine, reading, writing
from db.records import KnownSource, SourceRecord
from db.store import sources
from feeds.config import Config, Source
from feeds.declare import options_of
from feeds.dedupe import canon
from feeds.errors import UsageError
from feeds.formats.opml import Subscription, SubscriptionList, render_subscriptions
from feeds.log import redact
from feeds.naming import Names, name_of, problem_of

MAX_TEXT = 500
"""Characters of a title and of a section's name, as in `config.toml`."""


@dataclass(slots=True)
class Plan:
    """What an import does. `options` of the sources to add, by name; the lists are what is reported of each feed."""

    options: dict[str, dict[str, object]] = field(default_factory=dict)
    present: list[dict[str, Any]] = field(default_factory=list)
    unusable: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self, *, dry_run: bool) -> dict[str, Any]:
        """The report as scripts may rely on it; `dry_run` says that nothing was added."""
        return {
            "added": [
                {"source": name, "url": one["url"], "sections": one.get("sections", [])}
                for name, one in self.options.items()
            ],
            "present": self.present,
            "unusable": self.unusable,
            "dry_run": dry_run,
        }


class Export(NamedTuple):
    """A list of subscriptions: its bytes, how many they are, and how many sources have no address and are left out."""

    data: bytes
    sources: int
    left_out: int


def import_subscriptions(
    engine: Engine, listed: SubscriptionList, now: datetime, *, section: str | None = None, dry_run: bool = False
) -> Plan:
    """Adds the feeds of a list (`feeds.formats.opml.read_subscriptions`), with a `dry_run` none; returns what that
    comes to. Their folders become sections, or all are of `section`. Raises `UsageError` where that is blank."""
    check_section(section)
    if dry_run:
        with reading(engine) as connection:
            return plan_import(listed, sources.locations(connection), section)
    with writing(engine) as connection:
        plan = plan_import(listed, sources.locations(connection), section)
        sources.add_many(connection, plan.options, now)
    return plan


def check_section(section: str | None) -> None:
    """Raises `UsageError` for a section without a name."""
    if section is not None and not section.strip():
        raise UsageError("section: give the name of a section")


def export_subscriptions(engine: Engine, config: Config) -> Export:
    """The sources that have an address as OPML; local files are no use elsewhere."""
    with reading(engine) as connection:
        found = sources.every(connection)
    subscriptions = [_subscription(one) for one in found if one.options.get("url")]
    data = render_subscriptions(config.site.title, subscriptions)
    return Export(data, len(subscriptions), len(found) - len(subscriptions))


def plan_import(listed: SubscriptionList, known: Iterable[KnownSource], section: str | None) -> Plan:
    """Which of the feeds become sources, under which names. Asks nobody: `known` are all sources there ever were.

    A feed whose address some source has already, or moved to, is left alone, by the rules that tell the same address
    (`feeds.dedupe.canon`), but one that was removed, or added by command and paused, comes back under its old name.
    """
    known = list(known)
    names, plan = Names({one.name for one in known}), Plan()
    at: dict[str, KnownSource] = {}
    # A source that is polled before one that could come back, and one's own address before one that another moved to.
    places = [(sources.comes_back(one), turn, url, one) for one in known for turn, url in enumerate(one.addresses)]
    for _, _, url, one in sorted(places, key=itemgetter(0, 1)):
        at.setdefault(canon(url), one)
    planned: dict[str, str] = {}
    for each in listed.subscriptions:
        key = canon(each.url)
        there = at.get(key)
        sections = _sections(each, section)
        if key in planned:
            _merge(plan.options[planned[key]], sections)
            plan.present.append({"source": planned[key], "url": redact(each.url), "missing_sections": []})
        elif there is not None and not sources.comes_back(there):
            plan.present.append(_present(there, each, sections))
        else:
            source = _source(each, sections)
            if isinstance(source, str):
                plan.unusable.append(_unusable(each.title, each.url, source))
                continue
            name = names.take(source.name) if there is None else there.name
            title = source.title if source.title != name else None
            plan.options[name] = options_of(source.model_copy(update={"name": name, "title": title}))
            planned[key] = name
    plan.unusable += [_unusable(one.title, one.url, one.reason) for one in listed.refused]
    return plan


def _sections(subscription: Subscription, section: str | None) -> tuple[str, ...]:
    return tuple(name[:MAX_TEXT] for name in ((section,) if section is not None else subscription.sections))


def _source(subscription: Subscription, sections: tuple[str, ...]) -> Source | str:
    """The feed as a source with a name of its own, not yet unique; what is wrong with it where it cannot be one."""
    url = _web_address(subscription.url)
    options: dict[str, object] = {
        "name": name_of(subscription.title, url),
        "url": url,
        "title": subscription.title[:MAX_TEXT] or None,
        "link": subscription.site_url,
        "sections": sections,
    }
    try:
        return Source.model_validate(options)
    except ValidationError as error:
        if any(one["loc"] != ("link",) for one in error.errors()):
            return problem_of(error)
    return Source.model_validate({**options, "link": None})  # a home page is a convenience, a feed is not


def _web_address(url: str) -> str:
    """`url`, where the scheme only says that it is a feed's ("feed://host/", "feed:https://host/"), without that."""
    scheme, colon, rest = url.partition(":")
    if not colon or scheme.lower() not in ("feed", "feeds"):
        return url
    if rest.startswith("//"):
        return f"{'https' if scheme.lower() == 'feeds' else 'http'}:{rest}"
    return rest


def _merge(options: dict[str, object], sections: tuple[str, ...]) -> None:
    """The sections of one more outline of a feed; lists, as in every stored `options`."""
    before = options.get("sections", [])
    merged = list(dict.fromkeys((*before, *sections)))  # type: ignore[misc]  # JSON: a list of str
    if merged:
        options["sections"] = merged


def _present(there: KnownSource, subscription: Subscription, sections: tuple[str, ...]) -> dict[str, Any]:
    has = {str(name).casefold() for name in there.options.get("sections", ())}  # type: ignore[attr-defined]  # JSON
    missing = [name for name in sections if name.casefold() not in has]
    return {"source": there.name, "url": redact(subscription.url), "missing_sections": missing}


def _unusable(title: str, url: str, reason: str) -> dict[str, Any]:
    return {"title": title, "url": redact(url), "reason": reason}


def _subscription(source: SourceRecord) -> Subscription:
    options: dict[str, Any] = source.options
    return Subscription(
        title=options.get("title") or source.name,
        url=source.url or options["url"],
        site_url=options.get("link"),
        sections=tuple(options.get("sections", ())),
    )
