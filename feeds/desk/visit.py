"""One request to a page, and the answers that pages give.

A page is a function of a `Visit`, called in a thread of its own: it may wait for the database. What it raises becomes a
page that says what is wrong, with the status that `feeds.desk.problems` gives it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from db.engine import reading
from db.errors import StorageError
from db.store import incidents
from feeds import log
from feeds.desk.access import Principal, Refusal, principal_of
from feeds.desk.context import Context
from feeds.desk.page import environment
from feeds.desk.problems import status_of, wait_of
from feeds.desk.proof import doubted
from feeds.errors import BroadsheetError

FLASH = "desk_flash"
"""Cookie that carries a word from a form to the page that follows it; nothing is decided by it."""

LEVELS = ("ok", "info", "warning", "error")
FLASH_SECONDS = 60
MOST_FIELDS = 200
MAX_FLASH = 600

_TITLES = {
    400: "That does not work",
    404: "Not found",
    409: "That does not work",
    429: "Not so fast",
    502: "The other server failed",
    503: "Busy",
}
"""Status -> what a person reads over the line that says what is wrong."""

MAX_PACKED = 10 * MAX_FLASH
"""Characters of a word as it is packed: JSON writes some characters as six, base64 four for three."""

_log = log.get(__name__)


@dataclass(slots=True)
class Visit:
    """`form` are the fields of a POST, the last value of each name; `uploads` the files. `doubt` says why it is not
    sure that whoever signed in is who asks, where a page has that proven again."""

    request: Request
    context: Context
    principal: Principal
    now: datetime
    form: Mapping[str, str] = field(default_factory=dict)
    uploads: Mapping[str, bytes] = field(default_factory=dict)
    doubt: Refusal | None = None

    def query(self, name: str) -> str:
        """A value of the address, stripped; "" where it is not given."""
        return self.request.query_params.get(name, "").strip()

    def path(self, name: str) -> str:
        """A part of the path, as its route names it."""
        return str(self.request.path_params[name])

    def render(self, template: str, *, title: str, here: str, status: int = 200, **values: Any) -> Response:
        """A page. `here` is the entry of the navigation that it belongs to."""
        page = environment().get_template(template)
        flash = _flash(self.request.cookies.get(FLASH))
        html = page.render(
            title=title,
            here=here,
            now=self.now,
            site_title=self.context.config.site.title,
            open_incidents=self._open_incidents(),
            signed_in=True,
            has_session=self.principal.by == "session",
            flash=flash,
            **values,
        )
        response = HTMLResponse(html, status)
        if FLASH in self.request.cookies:
            response.delete_cookie(FLASH, path="/desk")
        return response

    def fragment(self, template: str, **values: Any) -> Response:
        """A piece of a page, for the script that keeps it up to date."""
        return HTMLResponse(environment().get_template(template).render(now=self.now, **values))

    def redirect(self, to: str, said: str | None = None, *, level: str = "ok") -> Response:
        """Leads to another page of ours after a POST, which says `said`; `level` is one of `LEVELS`."""
        response = RedirectResponse(to, 303)
        if said is not None:
            packed = base64.urlsafe_b64encode(json.dumps([level, said[:MAX_FLASH]]).encode()).decode()
            response.set_cookie(FLASH, packed, max_age=FLASH_SECONDS, path="/desk", httponly=True, samesite="lax")
        return response

    def _open_incidents(self) -> int:
        try:
            with reading(self.context.engine) as connection:
                return incidents.count_opened(connection)
        except StorageError:
            return 0  # the page itself says what is wrong with the database


Handler = Callable[[Visit], Response]


def page(path: str, handler: Handler, *methods: str, proven: bool = False) -> Route:
    """A route to a page; `methods` are GET where none is given. With `proven` its form has the password of the desk in
    the field `password`, where one signs in with it."""

    async def endpoint(request: Request) -> Response:
        context: Context = request.app.state.context
        visit = Visit(request, context, principal_of(request.scope), context.clock())
        if request.method == "POST":
            async with request.form(max_fields=MOST_FIELDS, max_files=1) as given:
                visit.form, visit.uploads = _fields(given), {name: await one.read() for name, one in _files(given)}
        if proven:
            visit.doubt = await doubted(request.scope, visit.form.get("password", ""))
        return await run_in_threadpool(_answer, handler, visit)

    return Route(path, endpoint, methods=list(methods or ("GET",)), name=path)


async def not_found(request: Request, _error: Exception) -> Response:
    """What is said of an address that no page has."""
    visit = Visit(request, request.app.state.context, principal_of(request.scope), request.app.state.context.clock())
    return await run_in_threadpool(_trouble, visit, 404, "Not found", "There is no such page.")


def _answer(handler: Handler, visit: Visit) -> Response:
    try:
        return handler(visit)
    except (BroadsheetError, StorageError) as error:
        return _failed(visit, error)
    except Exception:
        _log.exception("page crashed", path=visit.request.url.path)
        return _trouble(visit, 500, "Something failed", "an internal error; the log says more")


def _failed(visit: Visit, error: BroadsheetError | StorageError) -> Response:
    status, wait = status_of(error), wait_of(error)
    if status == 500:
        _log.warning("page failed", path=visit.request.url.path, error=str(error))
    answer = _trouble(visit, status, _TITLES.get(status, "Something failed"), str(error))
    if wait is not None:
        answer.headers["retry-after"] = str(wait)
    return answer


def _trouble(visit: Visit, status: int, title: str, said: str) -> Response:
    return visit.render("trouble.html", title=title, here="", status=status, said=said)


def _fields(given: FormData) -> dict[str, str]:
    return {name: value for name, value in given.multi_items() if isinstance(value, str)}


def _files(given: FormData) -> list[tuple[str, UploadFile]]:
    return [(name, value) for name, value in given.multi_items() if isinstance(value, UploadFile)]


def _flash(packed: str | None) -> list[tuple[str, str]]:
    """What the page before had to say; nothing for what is no such word: any program of the machine may send one."""
    if len(packed or "") > MAX_PACKED:
        return []
    try:
        level, said = json.loads(base64.urlsafe_b64decode(packed or ""))
        return [(level, said)] if level in LEVELS and isinstance(said, str) else []
    except (ValueError, TypeError, RecursionError):
        return []
