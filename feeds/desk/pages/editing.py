"""`/desk/sources/NAME/edit`: the options of a source that a person added."""

from __future__ import annotations

import json
from hashlib import blake2b

from starlette.responses import Response

from db.engine import reading
from db.records import SourceRecord
from feeds import roster
from feeds.desk.links import SOURCES, source_named, source_url
from feeds.desk.pages import options
from feeds.desk.visit import Visit, page
from feeds.errors import UsageError


def form(visit: Visit) -> Response:
    """The form with what is so now, its address where it moved to; of a source of the configuration, where to change
    it."""
    source = _source(visit)
    moved = {} if source.url is None else {"url": source.url}
    return _page(visit, source, options.shown({**source.options, **moved}))


def edit(visit: Visit) -> Response:
    """Changes the options, and has the source asked as if for the first time."""
    source = _source(visit)
    if source.origin != "config" and visit.form.get("seen") != _digest(source):
        said = "somebody changed it meanwhile: look at what is here once more, and save it again"
        return _page(visit, source, options.kept(visit.form), {"": said}, status=409)
    changes = options.given(visit.form) | {"kind": visit.form.get("kind") or None}
    if "url" in source.options:
        changes["url"] = visit.form.get("url", "").strip() or None
    try:
        context = visit.context
        roster.edit(context.engine, source.name, context.path, changes, visit.now, profiles=context.config.profile)
    except UsageError as error:
        return _page(visit, source, options.kept(visit.form), options.problems(error), status=400)
    visit.context.hands.wake()
    return visit.redirect(source_url(source.name), f'"{source.name}" is changed, and is asked anew.')


def _source(visit: Visit) -> SourceRecord:
    with reading(visit.context.engine) as connection:
        return roster.named(connection, source_named(visit.path("name")))


def _page(
    visit: Visit, source: SourceRecord, values: dict[str, str], errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    return visit.render(
        "source_edit.html",
        title=f"Edit {source.name}",
        here="sources",
        status=status,
        source=source,
        from_config=source.origin == "config",
        has_address="url" in source.options,
        values=values,
        seen=_digest(source),
        errors=errors or {},
        choices=options.choices(visit.context.config),
        path=visit.context.path,
    )


def _digest(source: SourceRecord) -> str:
    """Stands for the options as they are, so that a form that is old is known."""
    return blake2b(json.dumps(source.options, sort_keys=True).encode(), digest_size=8).hexdigest()


routes = [
    page(SOURCES + "/{name}/edit", form),
    page(SOURCES + "/{name}/edit", edit, "POST"),
]
