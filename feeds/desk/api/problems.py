"""What the API answers where something is wrong: problem details as JSON (RFC 9457), whatever it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from db.errors import StorageError
from feeds import log
from feeds.desk.problems import MEDIA_TYPE, details, status_of, wait_of
from feeds.errors import BroadsheetError

_SAID = {
    400: "What is asked for makes no sense: a query, a cursor, a change that is not possible.",
    401: "Nobody is signed in, or the token is none.",
    403: "The token's scopes do not reach as far.",
    404: "What is named is not there.",
    408: "The body took too long to come.",
    409: "The name is taken.",
    413: "The body is too long.",
    422: "The request is not as this document describes it.",
    429: "Too many requests; `Retry-After` says when to come again.",
    500: "Something failed here; the log says what.",
    502: "The other server failed, or what it gave cannot be read.",
    503: "The database is held by another program, or too many addresses are tried at once; `Retry-After`.",
}
"""Status -> what it means."""

_log = log.get(__name__)


class Problem(BaseModel):
    """What is wrong (RFC 9457)."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(
        "about:blank", json_schema_extra={"format": "uri-reference"}, description="No more than the status."
    )
    title: str = Field(description="The status in words.")
    status: int = Field(ge=400, le=599, description="The status.")
    detail: str = Field(description="What is wrong, where, and what to do.")
    instance: str = Field("", json_schema_extra={"format": "uri-reference"}, description="The path that was asked.")


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These answers, as OpenAPI describes them."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    plain = {"text/plain": {"schema": {"type": "string"}}}  # of who counts requests, and knows no paths
    return {
        status: {"description": _SAID[status], "content": content | plain if status == 429 else content}
        for status in statuses
    }


def problem(path: str, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that says what is wrong with the request at `path`, as a scope has it."""
    return Response(json.dumps(details(path, status, detail)), status, headers, MEDIA_TYPE)


def handle(app: FastAPI) -> None:
    """Lets `app` answer with problems alone."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(BroadsheetError, _failed)
    app.add_exception_handler(StorageError, _failed)
    app.add_exception_handler(Exception, _crashed)


def _refused(request: Request, error: Exception) -> Response:
    """A route that is none, a method that it has not."""
    assert isinstance(error, HTTPException)  # noqa: S101  # it is registered for these
    detail = {404: "there is nothing at this address", 405: "this address does not have the method"}
    said = detail.get(error.status_code, str(error.detail))
    path, headers = request.scope["path"], error.headers
    if error.status_code == 405:  # one route has said which methods it has; the address may have others
        headers = {"Allow": ", ".join(sorted(_methods(request.app, path)))}
    # A body that is not even text is told as one that is no JSON.
    return problem(path, 422 if error.status_code == 400 else error.status_code, said, headers)


def _methods(app: FastAPI, path: str) -> set[str]:
    """The methods that there are at a path."""
    paths = app.openapi()["paths"]
    found = {method.upper() for method in paths.get(path, ())}
    for template, calls in paths.items():
        # A path that is written out goes before those with names in them.
        if path not in paths and re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path):
            found.update(method.upper() for method in calls)
    return found | {"HEAD"} if "GET" in found else found


def _invalid(request: Request, error: Exception) -> Response:
    """A request that is not as it is described: the first finding, and how many more there are."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  # it is registered for these
    first, *others = error.errors()
    where = ".".join(str(part) for part in first["loc"])
    more = f" (and {len(others)} more)" if others else ""
    message = first["msg"].removeprefix("Value error, ")
    return problem(request.scope["path"], 422, f"{where}: {message}{more}")


def _failed(request: Request, error: Exception) -> Response:
    status, wait = status_of(error), wait_of(error)
    if status == 500:
        _log.warning("call failed", path=request.scope["path"], error=str(error))
    return problem(request.scope["path"], status, str(error), None if wait is None else {"Retry-After": str(wait)})


def _crashed(request: Request, error: Exception) -> Response:
    _log.error("call crashed", path=request.scope["path"], exc_info=error)
    return problem(request.scope["path"], 500, "an internal error; the log says more")
