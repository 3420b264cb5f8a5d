"""`feeds sources import` and `export`: subscriptions from other readers, and for them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from feeds.cli.desk import Desk, command
from feeds.cli.naming import Names, name_of, problem_of
from feeds.config import Source
from feeds.errors import BroadsheetError, UsageError
from feeds.log import redact

if TYPE_CHECKING:
    from db.records import KnownSource, SourceRecord
    from feeds.formats.opml import Subscription, SubscriptionList

MAX_TEXT = 500
"""Characters of a title and of a section's name, as in `config.toml`."""

SHOWN = 20
"""Rows of each kind that a person is shown; --json gives all."""


def register(app: typer.Typer) -> None:
    """Adds the commands to `app`."""
    command(app, "import")(import_sources)
    command(app, "export")(export)


def import_sources(
    desk: Desk,
    file: Annotated[str, typer.Argument(help="OPML file of another reader; - reads standard input.")],
    section: Annotated[
        str | None, typer.Option("--section", help="Section of all of them, in place of their folders.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be added, add nothing.")] = False,
) -> int:
    """Add the feeds that another reader follows; folders become sections."""
    from db.engine import reading, writing
    from db.store import sources
    from feeds.formats.opml import read_subscriptions

    if section is not None and not section.strip():
        raise UsageError("--section: give the name of a section")
    listed = read_subscriptions(_read(file), "standard input" if file == "-" else file)
    engine = desk.engine()
    if dry_run:
        with reading(engine) as connection:
            plan = plan_import(listed, sources.locations(connection), section)
    else:
        with writing(engine) as connection:
            plan = plan_import(listed, sources.locations(connection), section)
            sources.add_many(connection, plan.options, desk.now())
    _report(desk, plan, dry_run)
    return 1 if plan.unusable else 0


def _read(file: str) -> bytes:
    """The bytes of the file, one more at most than a list may have."""
    from feeds.formats.opml import MAX_BYTES

    try:
        if file == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(file).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UsageError(f"{file}: no such file") from None
    except OSError as error:
        raise BroadsheetError(f"{file}: cannot be read: {error.strerror}") from error


@dataclass(slots=True)
class Plan:
    """What an import does. `options` of the sources to add, by name; the lists are what is reported of each feed."""

    options: dict[str, dict[str, object]] = field(default_factory=dict)
    present: list[dict[str, Any]] = field(default_factory=list)
    unusable: list[dict[str, Any]] = field(default_factory=list)


def plan_import(listed: SubscriptionList, known: Iterable[KnownSource], section: str | None) -> Plan:
    """Which of the feeds become sources, under which names. Asks nobody: `known` are all sources there ever were.

    A feed whose address some source has already is left alone, by the rules that tell the same address
    (`feeds.dedupe.canon`), but one that was removed, or added by command and paused, comes back under its old name.
    """
    from feeds.declare import options_of
    from feeds.dedupe import canon

    known = list(known)
    names, plan = Names({one.name for one in known}), Plan()
    at: dict[str, KnownSource] = {}
    for one in known:
        if one.options.get("url"):
            at.setdefault(canon(str(one.options["url"])), one)
    planned: dict[str, str] = {}
    for each in listed.subscriptions:
        key = canon(each.url)
        there = at.get(key)
        sections = _sections(each, section)
        if key in planned:
            _merge(plan.options[planned[key]], sections)
            plan.present.append({"source": planned[key], "url": redact(each.url), "missing_sections": []})
        elif there is not None and not (there.removed or (there.origin == "added" and not there.enabled)):
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


def _report(desk: Desk, plan: Plan, dry_run: bool) -> None:
    if desk.as_json:
        desk.give(
            {
                "added": [
                    {"source": name, "url": one["url"], "sections": one.get("sections", [])}
                    for name, one in plan.options.items()
                ],
                "present": plan.present,
                "unusable": plan.unusable,
                "dry_run": dry_run,
            }
        )
        return
    lacking = [
        f'source "{one["source"]}" is there already, without its sections {", ".join(one["missing_sections"])}'
        for one in plan.present
        if one["missing_sections"]
    ]
    refused = [
        f"{one['title']} ({one['url']}): {one['reason']}"
        if one["title"] and one["url"]
        else f"{one['title'] or one['url']}: {one['reason']}"
        for one in plan.unusable
    ]
    for lines, write in ((lacking, desk.say), (refused, desk.warn)):
        for line in lines[:SHOWN]:
            write(line)
        if len(lines) > SHOWN:
            write(f"and {len(lines) - SHOWN} more; --json gives all")
    desk.say(
        f"{'would add' if dry_run else 'added'} {_counted(len(plan.options), 'source')}; "
        f"{len(plan.present)} there already, {len(plan.unusable)} unusable"
        + ("; 'feeds update' polls them now" if plan.options and not dry_run else "")
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def export(
    desk: Desk,
    file: Annotated[str, typer.Argument(help="OPML file to write; - is standard output.")] = "-",
) -> None:
    """Write the sources that have an address as OPML, for another reader."""
    from db.engine import reading
    from db.store import sources
    from feeds.formats.opml import render_subscriptions

    with reading(desk.engine()) as connection:
        found = sources.every(connection)
    subscriptions = [_subscription(one) for one in found if one.options.get("url")]
    left_out = len(found) - len(subscriptions)
    data = render_subscriptions(desk.config.site.title, subscriptions)
    if file != "-":
        from feeds.output import write_atomic

        path = Path(file).absolute()
        if not path.parent.is_dir():
            raise UsageError(f"{file}: there is no folder {path.parent}; make it, or name another file")
        write_atomic(path.parent, path.name, data)
    if desk.as_json:
        written = None if file == "-" else file
        opml = data.decode() if file == "-" else None
        desk.give({"written": written, "sources": len(subscriptions), "left_out": left_out, "opml": opml})
    elif file == "-":
        desk.give_bytes(data)
    else:
        desk.say(f"wrote {_counted(len(subscriptions), 'source')} to {file}")
    if left_out:
        desk.warn(f"left out {_counted(left_out, 'source')} without an address: local files are no use elsewhere")


def _subscription(source: SourceRecord) -> Subscription:
    from feeds.formats.opml import Subscription

    options: dict[str, Any] = source.options
    return Subscription(
        title=options.get("title") or source.name,
        url=source.url or options["url"],
        site_url=options.get("link"),
        sections=tuple(options.get("sections", ())),
    )
