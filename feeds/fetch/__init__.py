"""Documents from outside: conditional, bounded HTTP requests with their redirects, or local files.

Nothing else in the application opens a connection to a source or reads one of its files. Parsers get bytes only.
"""

from __future__ import annotations

from feeds.fetch.answer import Call, Fetched, HttpError, NotNow, Request
from feeds.fetch.client import MAX_REDIRECTS, Fetcher
from feeds.fetch.credentials import Credential, by_origin
from feeds.fetch.local import LocalFile, Unreadable, list_local, read_file, read_local
from feeds.fetch.transfer import Answer
from feeds.fetch.url import host_of, related, same_origin, shown

__all__ = [
    "MAX_REDIRECTS",
    "Answer",
    "Call",
    "Credential",
    "Fetched",
    "Fetcher",
    "HttpError",
    "LocalFile",
    "NotNow",
    "Request",
    "Unreadable",
    "by_origin",
    "host_of",
    "list_local",
    "read_file",
    "read_local",
    "related",
    "same_origin",
    "shown",
]
