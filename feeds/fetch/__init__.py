"""Documents from outside: one conditional, bounded HTTP request with its redirects, or a local file.

Nothing else in the application opens a connection to a source or reads one of its files. Parsers get bytes only.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import ada_url

from feeds.config import Poll
from feeds.errors import FetchError
from feeds.fetch.addresses import networks
from feeds.fetch.local import LocalFile, Unreadable, list_local, read_file, read_local
from feeds.fetch.transfer import BODY_STATUSES, Answer, Limits, exchange
from feeds.log import redact
from feeds.model import Document

__all__ = [
    "Fetched",
    "HttpError",
    "LocalFile",
    "Request",
    "Unreadable",
    "fetch",
    "list_local",
    "read_file",
    "read_local",
]

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ACCEPT = (
    b"Accept: application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    b"application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
# No quote, space, control or backslash: what WHATWG and libcurl read alike (RFC 3986, section 2).
_PLAIN_URL = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+", re.IGNORECASE)
_VALIDATOR = re.compile(r"[\t\x20-\x7e\x80-\xff]{1,4096}")
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,80}", re.ASCII)
_CHARSET = re.compile(r';[ \t]*charset="?([\w.:+-]{1,40})', re.ASCII | re.IGNORECASE)
_MAX_AGE = re.compile(r'(?:^|[,\s])max-age="?(\d{1,10})\b', re.ASCII | re.IGNORECASE)
_SECONDS = re.compile(r"\d{1,10}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask for. The validators are those of the last answer, byte for byte (as Latin-1 text)."""

    url: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document (status 200), or the word that the last one still holds (304, `document` is None).

    `etag` and `last_modified` are what to send next time: a 304 that names none keeps those that were sent, a 200
    that names none forgets them. `max_age` and `retry_after` are seconds.
    """

    status: int
    document: Document | None
    etag: str | None
    last_modified: str | None
    max_age: int | None
    expires: datetime | None
    retry_after: int | None


class HttpError(FetchError):
    """The server answered with a status that carries no document. `retry_after` is seconds, None where not said.

    410 is permanent: trying again cannot help (RFC 9110, section 15.5.11).
    """

    def __init__(self, message: str, *, status: int, retry_after: int | None) -> None:
        super().__init__(message, permanent=status == 410)
        self.status = status
        self.retry_after = retry_after


def fetch(request: Request, settings: Poll, *, user_agent: str, now: datetime) -> Fetched:
    """Asks for `request`, following up to five redirects, each of them vetted as the first address was.

    Everything together takes `settings.deadline` seconds at most. `now` dates the document and turns a Retry-After
    that names a date into seconds. Raises `HttpError` for a status without a document, `FetchError` for the rest:
    name, connection, TLS, deadline, size, refused address, broken body.
    """
    ends = time.monotonic() + settings.deadline
    headers = [_ACCEPT, b"Accept-Encoding: gzip", *_conditions(request)]
    url = _vetted(request.url, None)
    for _ in range(MAX_REDIRECTS + 1):
        limits = Limits(
            deadline=max(0.0, ends - time.monotonic()),
            connect_timeout=settings.connect_timeout,
            max_bytes=settings.max_bytes,
            allowed=networks(settings.allow_networks),
        )
        try:
            answer = exchange(url, headers, _CONTROL.sub(" ", user_agent), limits)
        except FetchError as error:
            raise FetchError(f"{_shown(url)}: {_line(str(error))}") from error
        if answer.status not in _REDIRECTS:
            return _result(request, answer, url, now)
        url = _vetted(_location(answer, url), url)
    raise FetchError(f"{_shown(request.url)}: more than {MAX_REDIRECTS} redirects, the last one to {_shown(url)}")


def _conditions(request: Request) -> list[bytes]:
    """Both validators as headers; one that could not have come from a header is left out."""
    found = (("If-None-Match", request.etag), ("If-Modified-Since", request.last_modified))
    return [f"{name}: {value}".encode("latin-1") for name, value in found if _validator(value) is not None]


def _validator(value: str | None) -> str | None:
    return value if value is not None and _VALIDATOR.fullmatch(value) else None


def _location(answer: Answer, url: str) -> str:
    location = answer.get("location")
    if not location:
        raise FetchError(f"{_shown(url)}: HTTP {answer.status} without a Location")
    return location.encode("latin-1").decode("utf-8", "replace")


def _vetted(url: str, base: str | None) -> str:
    """`url`, absolute and ASCII; one that is plain already stays byte for byte. Raises `FetchError`.

    Only http and https, and no user or password: what a redirect says about identity is never sent on.
    """
    try:
        parsed = ada_url.URL(url, base=base) if base is not None else ada_url.URL(url)
    except ValueError:
        raise FetchError(f"{_shown(url)}: not an address that can be asked for") from None
    if parsed.protocol not in ("http:", "https:"):
        raise FetchError(f"{_shown(url)}: only http and https are asked, not {parsed.protocol[:20]}")
    if parsed.username or parsed.password or not parsed.hostname:
        raise FetchError(f"{_shown(parsed.host or url)}: an address with a user or password is not asked")
    return url if _PLAIN_URL.fullmatch(url) else str(parsed.href)


def _shown(url: str) -> str:
    """`url` for a message: without user, password, tokens, query and control characters, 200 characters at most.

    All of it is an address, so that spaces and quotes end nothing here as they do in `redact`.
    """
    path, query, _ = re.sub(r"(?<=//)[^/?#]*@", "", url).partition("?")
    return _line(redact(path))[:200] + ("?…" if query else "")


def _line(text: str) -> str:
    return _CONTROL.sub(" ", text)


def _result(request: Request, answer: Answer, url: str, now: datetime) -> Fetched:
    """The answer of the last hop as a value; raises `HttpError` where it carries nothing."""
    retry_after = _retry_after(answer.get("retry-after"), now)
    etag, last_modified = _validator(answer.get("etag")), _validator(answer.get("last-modified"))
    document = None
    if answer.status in BODY_STATUSES:
        content_type = answer.get("content-type") or ""
        media_type, charset = _MEDIA_TYPE.match(content_type.strip()), _CHARSET.search(content_type)
        document = Document(
            name=request.url,
            data=answer.body,
            as_of=now,
            fetched_at=now,
            url=url,
            media_type=media_type[0].lower() if media_type else None,
            charset=charset[1].lower() if charset else None,
        )
    elif answer.status == 304 and _conditions(request):
        etag, last_modified = etag or request.etag, last_modified or request.last_modified
    else:
        raise HttpError(f"{_shown(url)}: {_status(answer.status)}", status=answer.status, retry_after=retry_after)
    max_age = _MAX_AGE.search(answer.joined("cache-control"))
    return Fetched(
        status=304 if document is None else 200,
        document=document,
        etag=etag,
        last_modified=last_modified,
        max_age=int(max_age[1]) if max_age else None,
        expires=_date(answer.get("expires")),
        retry_after=retry_after,
    )


def _status(status: int) -> str:
    """A status in words that say what to do."""
    hints = {
        304: "not modified, although nothing was asked conditionally",
        401: "the server wants a login",
        403: "the server refuses us",
        404: "no such document; look the address up at the publisher's",
        410: "the publisher took it down for good",
        429: "asked too often",
    }
    hint = hints.get(status, "the server is in trouble" if status >= 500 else "no document")
    return f"HTTP {status}: {hint}"


def _retry_after(value: str | None, now: datetime) -> int | None:
    """Seconds of a Retry-After header, which names seconds or a date (RFC 9110, section 10.2.3)."""
    if value is None:
        return None
    if _SECONDS.fullmatch(value):
        return int(value)
    date = _date(value)
    return max(0, int((date - now).total_seconds())) if date is not None else None


def _date(value: str | None) -> datetime | None:
    """An HTTP date in UTC; None for what is none, such as the "0" of `Expires: 0`."""
    if value is None or len(value) > 64:
        return None
    try:
        date = parsedate_to_datetime(value)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
