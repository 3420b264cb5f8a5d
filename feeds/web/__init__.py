"""HTTP in: the published tree for readers, and the server that carries it."""

from __future__ import annotations

from feeds.web.crowd import Limits
from feeds.web.public import public_app
from feeds.web.server import Server

__all__ = ["Limits", "Server", "public_app"]
