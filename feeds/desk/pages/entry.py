"""`/desk/entries/<id>`: one entry, why it is for whom it is, what it is folded behind and what it was before; and a
person's word on all that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup
from starlette.responses import Response
from starlette.routing import BaseRoute

from db.engine import reading
from db.records import StoredEntry
from db.store import entries, revisions
from feeds import correct
from feeds.desk.links import ENTRIES, entry_url
from feeds.desk.visit import Visit, page
from feeds.desk.words import LEVELS
from feeds.errors import UsageError
from feeds.history import html, steps
from feeds.query import level_of
from feeds.shapes.kin import kin_of
from feeds.shapes.reasons import access_in_words, because, reasons_of

MAX_WHY = 500


def entry(visit: Visit) -> Response:
    """All that is known of an entry."""
    with reading(visit.context.engine) as connection:
        found = correct.named(connection, visit.path("uid"))
        lead = None if found.is_lead else entries.by_uid(connection, found.lead)
        kin = kin_of(connection, found)
        former = revisions.history(connection, found.id)
    versions = [(step, Markup(html(step))) for step in steps(found, former)] if former else []  # noqa: S704  # escaped there
    return visit.render(
        "entry.html",
        title=found.title,
        here="entries",
        entry=found,
        here_url=entry_url(found.uid),
        access_words=access_in_words(found),
        reasons=reasons_of(found),
        levels=LEVELS,
        lead=lead,
        because=because,
        copies=kin.copies,
        related=kin.related,
        rulings=kin.said,
        versions=versions,
    )


@dataclass(frozen=True, slots=True)
class _Deed:
    """Something that a person does with an entry: what does it, and what is said when it is done."""

    do: Callable[[Visit, str], StoredEntry]
    said: str

    def __call__(self, visit: Visit) -> Response:
        done = self.do(visit, visit.path("uid"))
        visit.context.hands.wake()
        return visit.redirect(entry_url(done.uid), self.said.format(entry=done))


def _set_access(visit: Visit, uid: str) -> StoredEntry:
    if visit.form.get("clear"):
        return correct.clear_access(visit.context.engine, uid, visit.now)
    return correct.set_access(visit.context.engine, uid, level_of(visit.form.get("level", "")), visit.now)


def _other(visit: Visit) -> str:
    """The other entry that is meant. Raises `UsageError` where none is named."""
    other = visit.form.get("other", "").strip()
    if not other:
        raise UsageError("give the id of the other entry, which stands on its page")
    return other


def _split(visit: Visit, uid: str) -> StoredEntry:
    return correct.split(visit.context.engine, uid, visit.form.get("other", "").strip() or None, visit.now)


def _join(visit: Visit, uid: str) -> StoredEntry:
    return correct.join(visit.context.engine, uid, _other(visit), visit.now)


def _let_be(visit: Visit, uid: str) -> StoredEntry:
    other = _other(visit)
    return correct.let_be(visit.context.engine, uid, None if other == uid else other, visit.now)


def _withdraw(visit: Visit, uid: str) -> StoredEntry:
    why = " ".join(visit.form.get("why", "").split())[:MAX_WHY]
    return correct.withdraw(visit.context.engine, uid, why, visit.now)


def _restore(visit: Visit, uid: str) -> StoredEntry:
    return correct.restore(visit.context.engine, uid, visit.now)


_DEEDS = {
    "access": _Deed(_set_access, "{entry.title}: {entry.access.value} from now on; its feeds follow in a moment."),
    "split": _Deed(_split, "{entry.title}: kept apart for good; its feeds follow in a moment."),
    "join": _Deed(_join, "{entry.title}: joined for good; its feeds follow in a moment."),
    "let-be": _Deed(_let_be, "{entry.title}: the rules decide again."),
    "withdraw": _Deed(_withdraw, "{entry.title}: taken back; it leaves its feeds in a moment."),
    "restore": _Deed(_restore, "{entry.title}: shown again."),
}

routes: list[BaseRoute] = [
    page(f"{ENTRIES}/{{uid}}", entry),
    *(page(f"{ENTRIES}/{{uid}}/{name}", deed, "POST") for name, deed in _DEEDS.items()),
]
