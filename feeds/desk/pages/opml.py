"""`/desk/sources/import` and `/desk/sources.opml`: subscriptions from other readers, and for them."""

from __future__ import annotations

import base64
import binascii
import zlib

from starlette.responses import Response

from feeds.desk.links import SOURCES
from feeds.desk.page import count
from feeds.desk.visit import Visit, page
from feeds.errors import ParseError, UsageError
from feeds.formats.opml import MAX_BYTES, SubscriptionList, read_subscriptions
from feeds.subscriptions import Plan, export_subscriptions, import_subscriptions

SHOWN = 200
"""Rows of each list that a person is shown."""

MAX_CARRIED = 700_000
"""Characters of a list that the second form carries: a field may have a megabyte."""

NAME = "the file"
"""What messages call it."""


def form(visit: Visit) -> Response:
    """A field for a file."""
    return _page(visit)


def bring(visit: Visit) -> Response:
    """Says what a list would add, and in the second step adds it."""
    section = visit.form.get("section", "").strip()
    try:
        data = _given(visit)
        listed = read_subscriptions(data, NAME)
        is_last = visit.form.get("step") == "add"
        plan = import_subscriptions(
            visit.context.engine, listed, visit.now, section=section or None, dry_run=not is_last
        )
    except (UsageError, ParseError) as error:
        return _page(visit, section, error=str(error))
    if not is_last:
        return _page(visit, section, listed=listed, plan=plan, carried=_carried(data))
    visit.context.hands.wake()
    already = f"{count(len(plan.present), 'was', 'were')} there already" if plan.present else "none was there before"
    return visit.redirect(SOURCES, f"Added {count(len(plan.options), 'source')}; {already}.")


def _page(
    visit: Visit,
    section: str = "",
    *,
    error: str = "",
    listed: SubscriptionList | None = None,
    plan: Plan | None = None,
    carried: str = "",
) -> Response:
    rows = [] if plan is None else [(name, one["url"], one.get("sections", [])) for name, one in plan.options.items()]
    return visit.render(
        "opml.html",
        title="Import subscriptions",
        here="sources",
        status=400 if error else 200,
        section=section,
        error=error,
        listed=listed,
        plan=plan,
        rows=rows[:SHOWN],
        present=[] if plan is None else plan.present[:SHOWN],
        unusable=[] if plan is None else plan.unusable[:SHOWN],
        carried=carried,
    )


def _given(visit: Visit) -> bytes:
    """The list: a file, or what the first step carried on. Raises `UsageError`."""
    data = visit.uploads.get("file", b"")
    if data:
        return data
    carried = visit.form.get("carried", "")
    if not carried:
        raise UsageError("choose the OPML file that the other reader has exported")
    try:
        # No more than a list may have, whatever it was packed from.
        return zlib.decompressobj().decompress(base64.b64decode(carried, validate=True), MAX_BYTES + 1)
    except (zlib.error, binascii.Error, ValueError):
        raise UsageError("the list was lost on its way: choose the file again") from None


def _carried(data: bytes) -> str:
    """The list packed for the second step; "" where it is too long for that, and has to be chosen again."""
    packed = base64.b64encode(zlib.compress(data, 9)).decode()
    return packed if len(packed) <= MAX_CARRIED else ""


def export(visit: Visit) -> Response:
    """The sources that have an address, for another reader."""
    found = export_subscriptions(visit.context.engine, visit.context.config)
    headers = {"content-disposition": 'attachment; filename="sources.opml"'}
    return Response(found.data, media_type="text/x-opml; charset=utf-8", headers=headers)


routes = [
    page(f"{SOURCES}/import", form),
    page(f"{SOURCES}/import", bring, "POST"),
    page(f"{SOURCES}.opml", export),
]
