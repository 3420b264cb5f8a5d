"""Signing in with the password of the desk, and signing out."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from db.errors import StorageError
from feeds import log
from feeds.desk.access import Doors, doors_of
from feeds.desk.origin import HOME, is_local, is_secure, next_of
from feeds.desk.page import environment
from feeds.desk.proof import refused
from feeds.desk.sessions import LONGEST

MOST_FIELDS = 10
_log = log.get(__name__)


async def show(request: Request) -> Response:
    """The form."""
    doors = doors_of(request.scope)
    to = next_of(request.query_params.get("next", ""))
    return _refusal(request, doors) or _form(doors, to)


async def enter(request: Request) -> Response:
    """Signs in whoever knows the password: the browser gets a cookie, always a new one."""
    doors = doors_of(request.scope)
    refusal = _refusal(request, doors)
    if refusal is not None or doors.passwords is None or doors.sessions is None:
        return refusal or RedirectResponse(HOME, 303)
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as given:
        password, to = str(given.get("password") or ""), next_of(str(given.get("next") or ""))
    wrong = await refused(doors, doors.passwords, request.scope, password)
    if wrong is not None:
        return _form(doors, to, wrong.said, status=wrong.status, wait=wrong.wait)
    try:
        token = await run_in_threadpool(doors.sessions.open, doors.held(request.scope))
    except StorageError as error:
        _log.warning("nobody signed in", error=str(error))
        return _form(doors, to, "The desk is busy; try again in a moment", status=503)
    _log.info("signed in", client=doors.whose(request.scope))
    response = RedirectResponse(to, 303)
    _keep(response, request, token)
    return response


async def leave(request: Request) -> Response:
    """Signs out: what the browser held is known no more."""
    doors = doors_of(request.scope)
    held = doors.held(request.scope)
    if doors.sessions is not None and held:
        try:
            await run_in_threadpool(doors.sessions.end, held)
        except StorageError as error:
            _log.warning("nobody signed out", error=str(error))
            return PlainTextResponse("The desk is busy, and you are still signed in; try again in a moment\n", 503)
        _log.info("signed out", client=doors.whose(request.scope))
    response = RedirectResponse("/desk/login", 303)
    _keep(response, request, "")
    return response


routes: list[BaseRoute] = [
    Route("/desk/login", show, methods=["GET"], name="login"),
    Route("/desk/login", enter, methods=["POST"], name="enter"),
    Route("/desk/logout", leave, methods=["POST"], name="leave"),
]


def _refusal(request: Request, doors: Doors) -> Response | None:
    """Why nobody can sign in here; None where they can."""
    if doors.passwords is None:
        return RedirectResponse(HOME, 303)  # which lets in, or says why not
    if is_secure(request.scope, doors.origins) or is_local(request.scope):
        return None
    return PlainTextResponse(
        "The password would travel in plain: put a proxy with https before the desk, and give its address as "
        "[site] base_url. On this machine http://127.0.0.1 will do\n",
        403,
    )


def _form(doors: Doors, to: str, error: str = "", *, status: int = 200, wait: int = 0) -> HTMLResponse:
    page = environment().get_template("login.html")
    html = page.render(title="Sign in", here="", site_title=doors.title, signed_in=False, next=to, error=error)
    return HTMLResponse(html, status, {"retry-after": str(wait)} if wait else None)


def _keep(response: Response, request: Request, token: str) -> None:
    """Gives the browser `token` to hold, or with "" lets it forget what it holds."""
    doors = doors_of(request.scope)
    secure = is_secure(request.scope, doors.origins)
    seconds = round(LONGEST.total_seconds()) if token else 0
    response.set_cookie(
        doors.cookie(request.scope), token, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax"
    )
