"""The API put together."""

from __future__ import annotations

from fastapi import FastAPI

from feeds.desk.context import Context


def api_app(context: Context) -> FastAPI:
    """Everything below `/api/v1/`."""
    app = FastAPI(
        title=f"Broadsheet: {context.config.site.title}",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.context = context
    return app
