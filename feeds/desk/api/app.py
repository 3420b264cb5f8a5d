"""The API put together, and its description."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from feeds import __version__
from feeds.desk.access import needed
from feeds.desk.api import entries, incidents, overview, published, sources, subscriptions, tokens
from feeds.desk.api.base import PREFIX
from feeds.desk.api.guard import Guard
from feeds.desk.api.problems import Problem, described, handle
from feeds.desk.context import Context
from feeds.web.answers import Application

PARTS = (overview, subscriptions, sources, entries, published, incidents, tokens)
"""Modules of calls, each with its `router`."""

_ABOUT = """Everything that the pages of the desk show and do. Lists come in pages: give the `next` of one as `cursor`
for the next. What is wrong is told as problem details (RFC 9457). Times are RFC 3339."""


def api_app(context: Context) -> Application:
    """Everything below `/api/v1/`."""
    return Guard(described_app(context))


def described_app(context: Context) -> FastAPI:
    """The calls, with their description at `/api/v1/openapi.json`."""
    app = FastAPI(
        title=f"Broadsheet: {context.config.site.title}",
        version=__version__,
        description=_ABOUT,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        responses=described(401, 403, 429, 500, 503),
    )
    app.state.context = context
    for part in PARTS:
        app.include_router(part.router, prefix=PREFIX)
    handle(app)
    generate = app.openapi
    app.openapi = lambda: app.openapi_schema or _completed(generate())  # type: ignore[method-assign]  # as it documents
    return app


def _completed(schema: dict[str, Any]) -> dict[str, Any]:
    """The description with what FastAPI does not know: problems, and the token that each call needs."""
    components = schema.setdefault("components", {})
    shapes = components.setdefault("schemas", {})
    shapes["Problem"] = Problem.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        shapes.pop(unused, None)
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A token of 'feeds tokens create' with scopes."}
    }
    for path, calls in schema["paths"].items():
        for method, call in calls.items():
            # Nobody needs one who is on the machine of a desk without a password, or signed in.
            call["security"] = [{"token": []}, {}]
            call["description"] = f"{call.get('description', '')}\n\nScope: `{needed(method.upper(), path)}`.".strip()
            if call.get("parameters") or "requestBody" in call:
                call["responses"] |= {str(status): one for status, one in described(422).items()}
            if "requestBody" in call:
                call["responses"] |= {str(status): one for status, one in described(408, 413).items()}
    return schema
