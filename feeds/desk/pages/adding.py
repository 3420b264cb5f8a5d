"""`/desk/sources/add`: an address is looked into first, then added with what was found there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from db.engine import reading
from db.records import EntryRecord, KnownSource
from db.store import sources
from feeds import roster
from feeds.desk.access import limits_of, spend
from feeds.desk.links import SOURCES
from feeds.desk.page import count, host
from feeds.desk.pages import options
from feeds.desk.pages.sources import watched
from feeds.desk.visit import Visit, page
from feeds.errors import SourceError, Taken, UsageError
from feeds.naming import Names, is_address, kind_of, name_of, no_path
from feeds.preview import Trial, preview

MOST = 20
"""Items of a preview that are shown."""

MOST_OFFERS = 50
"""Feeds of a page that a person may choose from."""

MOST_THERE = 3
"""Sources that have the address already."""

_BARE = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:[/?#]\S*)?")
"""An address that a person copied without its beginning."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An address that may be added, and what it is."""

    kind: str
    url: str
    label: str

    @property
    def value(self) -> str:
        """What the form sends for it."""
        return f"{self.kind} {self.url}"


def first_step(visit: Visit) -> Response:
    """A field for an address."""
    return _first(visit, visit.query("url"))


def _first(visit: Visit, address: str, error: str = "") -> Response:
    return visit.render(
        "adding.html", title="Add a source", here="sources", status=400 if error else 200, address=address, error=error
    )


def next_step(visit: Visit) -> Response:
    """Looks into an address, or adds what was seen there."""
    return _add(visit) if visit.form.get("step") == "add" else _look(visit)


def _look(visit: Visit) -> Response:
    """What an address would give, and the form by which it is added."""
    address = visit.form.get("address", "").strip()
    location = f"https://{address}" if not is_address(address) and _BARE.fullmatch(address) else address
    scope = visit.request.scope
    spend(scope)
    try:
        no_path(location)
        with limits_of(scope).previews.taken():
            trial = preview(visit.context.config, location, visit.now, local=False)
    except UsageError as error:
        return _first(visit, address, str(error))
    except SourceError as error:
        trial = Trial(kind=kind_of(location, remote=True), nothing=str(error))
    offers = _offers(trial, location)
    best = trial.best or {}
    items, title = best.get("items", trial.items), best.get("title") or trial.title or ""
    known = _known(visit)
    name = Names({one.name for one in known}).take(name_of(title, offers[0].url))
    values = options.shown({"name": name, "title": title[:500] if title != name else None})
    return _second(visit, offers, offers[0].value, values | {"kind": ""}, known, trial=trial, items=items)


def _offers(trial: Trial, location: str) -> list[Offer]:
    """What may be added, the best first."""
    if trial.kind != "page":
        told = trial.kind if trial.nothing else f"{trial.kind}, {count(len(trial.items), 'item')}"
        return [Offer(trial.kind, location, told)]
    feeds = [one for one in trial.feeds if one["error"] is None]
    best = trial.best
    feeds.sort(key=lambda one: one is not best)
    offers = [Offer("feed", one["url"], _label(one)) for one in feeds[:MOST_OFFERS]]
    if trial.items or not offers:
        listed = f"the page itself, as a list of {count(len(trial.items), 'article')}"
        offers.append(Offer("page", location, listed))
    return offers


def _label(feed: Mapping[str, Any]) -> str:
    told = count(len(feed["items"]), "item") if feed["checked"] else "not looked into"
    return f"feed “{feed['title'] or host(feed['url'])}”, {told}"


def _second(
    visit: Visit,
    offers: Sequence[Offer],
    chosen: str,
    values: dict[str, str],
    known: Sequence[KnownSource],
    *,
    trial: Trial | None = None,
    items: Sequence[EntryRecord] = (),
    errors: dict[str, str] | None = None,
) -> Response:
    return visit.render(
        "adding_preview.html",
        title="Add a source",
        here="sources",
        status=400 if errors else 200,
        trial=trial,
        items=items[:MOST],
        items_in_all=len(items),
        offers=offers,
        offered=json.dumps([[one.kind, one.url, one.label] for one in offers]),
        chosen=chosen,
        values=values,
        errors=errors or {},
        choices=options.choices(visit.context.config),
        there=roster.at_address(known, offers[0].url)[:MOST_THERE],
    )


def _known(visit: Visit) -> list[KnownSource]:
    """The sources that there are."""
    with reading(visit.context.engine) as connection:
        return [one for one in sources.locations(connection) if not one.removed]


def _add(visit: Visit) -> Response:
    """Adds what was chosen; where something is wrong with it the form comes back as it was sent."""
    chosen = visit.form.get("what", "")
    found, _, url = chosen.partition(" ")
    name = visit.form.get("name", "").strip()
    more = options.given(visit.form) | {"name": name}
    context = visit.context
    try:
        kind = visit.form.get("kind") or found
        config = context.config
        source = roster.described(url, config.is_served, kind=kind, local=False, more=more, profiles=config.profile)
    except UsageError as error:
        return _again(visit, chosen, options.problems(error))
    try:
        roster.add(context.engine, source, visit.now)
    except Taken as error:
        return _again(visit, chosen, {"name": str(error)})
    context.hands.wake()
    return visit.redirect(watched(source.name, None), f'"{source.name}" is added, and is polled now.')


def _again(visit: Visit, chosen: str, errors: dict[str, str]) -> Response:
    return _second(visit, _offered(visit, chosen), chosen, options.kept(visit.form), _known(visit), errors=errors)


def _offered(visit: Visit, chosen: str) -> list[Offer]:
    """The offers of the form that was sent; what was chosen is one of them."""
    try:
        told = [Offer(*map(str, one)) for one in json.loads(visit.form.get("offered", ""))][:MOST_OFFERS]
    except (ValueError, TypeError, RecursionError):
        told = []
    kind, _, url = chosen.partition(" ")
    return told if any(one.value == chosen for one in told) else [*told, Offer(kind, url, kind)]


routes = [
    page(f"{SOURCES}/add", first_step),
    page(f"{SOURCES}/add", next_step, "POST"),
]
