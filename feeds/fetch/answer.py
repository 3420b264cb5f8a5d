"""What is asked and what an answer means: validators, caching headers, statuses (RFC 9110, RFC 9111, RFC 3229)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from feeds.errors import FetchError
from feeds.fetch.transfer import BODY_STATUSES, Answer
from feeds.fetch.url import one_line, shown
from feeds.model import Document

_VALIDATOR = re.compile(r"[\t\x20-\x7e\x80-\xff]{1,4096}")
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,80}", re.ASCII)
_CHARSET = re.compile(r';[ \t]*charset="?([\w.:+-]{1,40})', re.ASCII | re.IGNORECASE)
_MAX_AGE = re.compile(r'(?:^|[,\s])max-age="?(\d+)', re.ASCII | re.IGNORECASE)
_SECONDS = re.compile(r"(\d+)(?:\.\d+)?", re.ASCII)
CALL_BYTES = 65_536
"""Bytes that are kept of what a call is answered, unless it says otherwise."""
_FIELD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}: [\t\x20-\x7e\x80-\xff]{0,4096}")
_MOST_SECONDS = 2**31
"""What more is taken for (RFC 9111, section 1.2.2)."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask for. The validators are those of the last answer, byte for byte (as Latin-1 text).

    `login` says that a credential of its origin may go with it: an address that a stranger gave goes without. `most`
    is decoded bytes, None for as many as `[poll] max_bytes` admits, which is the most in any case.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    login: bool = True
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """Something said to a server, whose answer is no document: a notification, a question to a subscriber.

    A POST of `body` where there is one, else a GET; `headers` are `(name, value)`. No credential goes with it. A POST
    is repeated where a 307 or 308 leads, unless `moves` is false; any other redirect is the answer: to follow it would
    be another request. `most` bytes of the answer are kept, undecoded.
    Raises `ValueError` for what no header can carry (RFC 9110, section 5.5).
    """

    url: str
    body: bytes | None = field(default=None, repr=False)
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    moves: bool = True
    most: int = CALL_BYTES

    def __post_init__(self) -> None:
        self.lines()

    def lines(self) -> list[bytes]:
        """Its headers as they are sent."""
        typed = [] if self.content_type is None else [("Content-Type", self.content_type)]
        lines = [f"{name}: {value}" for name, value in (*typed, *self.headers)]
        for line in lines:
            if not _FIELD.fullmatch(line):
                raise ValueError(f"no header can carry {line[:100]!r}")
        return [line.encode("latin-1") for line in lines]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document (200; 226 for one that is partial), or the word that the last one still holds (304, none).

    `etag` and `last_modified` are what to send next time: a 304 that names none keeps those that were sent, a document
    that names none forgets them. `max_age` and `retry_after` are seconds. `moved_to` is the address that redirects
    which are said to be for good (301, 308) led to, from the requested one and before any other; None without one.
    `ms` is how long all of it took, without the time in which it had to wait for others.
    """

    status: int
    document: Document | None
    etag: str | None
    last_modified: str | None
    max_age: int | None
    expires: datetime | None
    retry_after: int | None
    moved_to: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    hops: tuple[tuple[int, str], ...] = ()
    ms: int = field(default=0, compare=False)


class HttpError(FetchError):
    """The server answered with a status that carries no document.

    `retry_after` and `max_age` are seconds, `expires` a moment, `robots` the `X-Robots-Tag`; None where not said.
    `headers` are those of the answer, as in `Fetched`.
    410 is permanent: trying again cannot help (RFC 9110, section 15.5.11).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        retry_after: int | None,
        max_age: int | None = None,
        expires: datetime | None = None,
        robots: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message, permanent=status == 410)
        self.status = status
        self.retry_after = retry_after
        self.max_age = max_age
        self.expires = expires
        self.robots = robots
        self.headers = headers


class NotNow(FetchError):
    """A redirect leads to a host that may not be asked now. Nobody failed."""


def conditions(request: Request, *, delta: bool = True) -> list[bytes]:
    """Both validators as headers; one that could not have come from a header is left out.

    With an entity tag a server may send what is new since alone (RFC 3229, section 10.5.3; "feed" is its manipulation
    for feeds); without one it could not know what that is.
    """
    found = (("If-None-Match", request.etag), ("If-Modified-Since", request.last_modified))
    lines = [f"{name}: {value}".encode("latin-1") for name, value in found if _validator(value) is not None]
    return [*lines, b"A-IM: feed"] if delta and _validator(request.etag) is not None else lines


def meaning(
    request: Request,
    answer: Answer,
    url: str,
    now: datetime,
    moved_to: str | None,
    hops: tuple[tuple[int, str], ...] = (),
    ms: int = 0,
) -> Fetched:
    """The answer of the last of `hops`, which `url` gave after `ms`; raises `HttpError` where it carries nothing."""
    retry_after, expires = _retry_after(answer.get("retry-after"), now), _date(answer.get("expires"))
    found = _MAX_AGE.search(answer.joined("cache-control"))
    max_age = _seconds(found[1]) if found else None
    etag, last_modified = _validator(answer.get("etag")), _validator(answer.get("last-modified"))
    partial = answer.status == 226
    document = None
    if answer.status in BODY_STATUSES and (not partial or is_delta(request, answer)):
        document = _document(request, answer, url, now, partial)
    elif answer.status == 304 and conditions(request):
        etag, last_modified = etag or request.etag, last_modified or request.last_modified
    else:
        message = f"{shown(url)}: {_status(answer.status)}"
        raise HttpError(
            message,
            status=answer.status,
            retry_after=retry_after,
            max_age=max_age,
            expires=expires,
            robots=answer.get("x-robots-tag"),
            headers=answer.headers,
        )
    return Fetched(
        status=304 if document is None else 226 if partial else 200,
        document=document,
        etag=etag,
        last_modified=last_modified,
        max_age=max_age,
        expires=expires,
        retry_after=retry_after,
        moved_to=moved_to,
        headers=answer.headers,
        hops=hops,
        ms=ms,
    )


def said(answer: Answer, url: str, now: datetime) -> Answer:
    """The answer of `url` to a call: any 2xx. Raises `HttpError`, with the server's own words if there are any."""
    if 200 <= answer.status < 300:
        return answer
    words = one_line(answer.body[:400].decode("utf-8", "replace")).strip()
    plain = not (answer.get("content-type") or "").lower().startswith("text/html")
    hint = f' ("{words[:200]}")' if words and plain else ""
    leads = ": it redirects what cannot be repeated there" if 300 <= answer.status < 400 else ": it was not taken"
    raise HttpError(
        f"{shown(url)}: HTTP {answer.status}{leads}{hint}",
        status=answer.status,
        retry_after=_retry_after(answer.get("retry-after"), now),
    )


def is_delta(request: Request, answer: Answer) -> bool:
    """Whether a 226 is what was asked for: the entries that are new, and nothing else done to them (RFC 3229: 10.5.3,
    10.5.2)."""
    names = [name.strip().lower() for name in answer.joined("im").split(",") if name.strip()]
    return _validator(request.etag) is not None and names == ["feed"]


def declared(content_type: str) -> tuple[str | None, str | None]:
    """Media type and charset that a Content-Type field says (RFC 9110, section 8.3), in small letters; None for what
    it does not."""
    media_type, charset = _MEDIA_TYPE.match(content_type.strip()), _CHARSET.search(content_type)
    return media_type[0].lower() if media_type else None, charset[1].lower() if charset else None


def _document(request: Request, answer: Answer, url: str, now: datetime, partial: bool) -> Document:
    media_type, charset = declared(answer.get("content-type") or "")
    return Document(
        name=request.url,
        data=answer.body,
        as_of=now,
        fetched_at=now,
        url=url,
        media_type=media_type,
        charset=charset,
        partial=partial,
        links=answer.joined("link"),
    )


def _validator(value: str | None) -> str | None:
    return value if value is not None and _VALIDATOR.fullmatch(value) else None


def _status(status: int) -> str:
    """A status in words that say what to do."""
    hints = {
        226: "a part of a document that was not asked for",
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
    if found := _SECONDS.fullmatch(value):
        return _seconds(found[1])
    date = _date(value)
    return max(0, int((date - now).total_seconds())) if date is not None else None


def _seconds(digits: str) -> int:
    return min(int(digits[:11]), _MOST_SECONDS)


def _date(value: str | None) -> datetime | None:
    """An HTTP date in UTC; None for what is none, such as the "0" of `Expires: 0`."""
    if value is None or len(value) > 64:
        return None
    try:
        date = parsedate_to_datetime(value)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
