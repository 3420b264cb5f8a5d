"""`feeds sources try`: what a source would give, before it is added. Nothing is stored."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feeds.cli.desk import Desk, command, counted, naming
from feeds.errors import SourceError
from feeds.naming import is_address, kind_of
from feeds.shapes.times import when

if TYPE_CHECKING:
    from db.records import EntryRecord
    from feeds.preview import Trial

SHOWN = 20
"""Items and warnings that a person is shown; --json gives all."""

_HOW = {
    "selectors": "the configured selectors",
    "stated": "what the page states (JSON-LD, microdata)",
    "headings": "links in headings",
    "structure": "links that stand alike",
}


def register(app: typer.Typer) -> None:
    """Adds the command to `app`."""
    command(app, "try")(try_source)


def try_source(
    desk: Desk,
    location: Annotated[str, typer.Argument(help="Address of a feed or an HTML page, or path of a file or folder.")],
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="Address that relative links resolve against; default: its own.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="seed, feed, page or sitemap; default: seen from the document.")
    ] = None,
) -> None:
    """Show what a source would give, and the feeds and the list of an HTML page. Nothing is stored."""
    from feeds.preview import check, preview

    with naming("kind", "base_url"):
        # What is off in the words is told before what is in the configuration.
        check(location, kind=kind, base_url=base_url)
    trial = preview(desk.config_or_defaults(), location, desk.now(), kind=kind, base_url=base_url)
    if desk.as_json:
        desk.give(trial.as_json())
    else:
        _show(desk, trial, location)
    if trial.nothing is not None:
        raise SourceError(trial.nothing)


def _show(desk: Desk, trial: Trial, location: str) -> None:
    how = f", found by {_HOW[trial.how]}" if trial.items and trial.how in _HOW else ""
    desk.say(f"{trial.kind}: {trial.title or 'without a title'}; {counted(len(trial.items), 'item')}{how}")
    _table(desk, trial.items)
    best = trial.best
    if trial.feeds:
        desk.say(f"it names {counted(len(trial.feeds), 'feed')}:")
        rows = [[one["url"], one["title"] or "", one["type"] or one["how"], _state(one)] for one in trial.feeds]
        desk.table(["address", "title", "type", "asked"], rows)
    if best is not None and best["checked"]:
        desk.say(f"items of {best['url']}:")
        _table(desk, best["items"])
    for warning in trial.warnings[:SHOWN]:
        desk.warn(warning)
    if len(trial.warnings) > SHOWN:
        desk.warn(f"and {len(trial.warnings) - SHOWN} more; --json gives all")
    if best is not None:
        verb = "add" if best["checked"] else "try"
        desk.say(f"next: feeds sources {verb} {shlex.quote(best['url'])}")
        if trial.items and trial.kind == "page":
            desk.say(f"or its list: feeds sources add {shlex.quote(location)} --kind page")
    elif trial.items or trial.kind in ("feed", "sitemap"):
        option = "" if trial.kind == kind_of(location, is_address(location)) else f" --kind {trial.kind}"
        desk.say(f"next: feeds sources add {shlex.quote(location)}{option}")


def _table(desk: Desk, items: list[EntryRecord]) -> None:
    rows = [
        [
            one.title,
            one.url or "",
            when(one.published) or "",
            ", ".join(one.sections),
            one.access.value,
            "; ".join(f"{proof.signal}: {proof.value}" for proof in one.evidence),
        ]
        for one in items[:SHOWN]
    ]
    if rows:
        desk.table(["title", "address", "published", "sections", "access", "evidence"], rows)
    if len(items) > SHOWN:
        desk.say(f"and {len(items) - SHOWN} more; --json gives all")


def _state(feed: dict[str, Any]) -> str:
    if not feed["checked"]:
        return "not asked"
    return counted(len(feed["items"]), "item") if feed["error"] is None else f"no feed: {feed['error']}"
