"""A document at its address: asked for politely, checked as it is and as it is served."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from feeds.budget import Budget, Rule
from feeds.checking.exchange import repeated_note, served_as, serving_notes
from feeds.errors import FetchError
from feeds.fetch import Fetched, Fetcher, HttpError, NotNow, Request, host_of
from feeds.validate import Finding, Note, check, finding, unpacked
from feeds.validate.kinds import seen

if TYPE_CHECKING:
    from feeds.model import Document

MAX_REQUESTS = 4
"""To one address, redirects included: the document, and with each of its validators once more."""
_CHAIN_ADVICE = {"HttpError": "Redirect once, to where the document is."}

OnHop = Callable[[str, bool, int], float]


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong with a document and how it is served; its bytes, empty where none were had."""

    findings: tuple[Finding, ...]
    data: bytes = b""


class AddressChecker:
    """Checks one address after the other, within the budgets of their hosts.

    `fetcher` makes what asks, with who is to be told of redirects; `rule` is a host's budget. Seconds are those of
    `clock`, and `sleep` lets them pass until a host may be asked.
    """

    def __init__(
        self,
        fetcher: Callable[[OnHop], Fetcher],
        rule: Callable[[str], Rule],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._budget = Budget(rule)
        self._clock = clock
        self._sleep = sleep
        self._left = 0
        self._fetcher = fetcher(self._may_follow)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._fetcher.close()

    def check(self, url: str, now: datetime) -> Checked:
        """Asks for `url`, at most `MAX_REQUESTS` times, and checks what comes. Nothing that a server does is raised."""
        self._left = MAX_REQUESTS
        try:
            answer = self._ask(Request(url), now)
        except HttpError as error:
            return Checked((finding(Note("HttpError", _reason(error, url)), 1),))
        except NotNow:
            # An error, for no document was read; RedirectChain is a warning about one that was.
            what = f"more than {MAX_REQUESTS - 1} redirects, and no document so far"
            return Checked((finding(Note("HttpError", what), 1, 1, _CHAIN_ADVICE),))
        except FetchError as error:
            return Checked((finding(Note("IOError", _reason(error, url)), 1),))
        document = cast("Document", answer.document)  # nothing was asked conditionally, so that nothing else comes
        location = document.url or url
        whole, _fault = unpacked(document.data)
        notes = {note.code: note for note in serving_notes(url, answer, document, seen(whole).kind, now)}
        for note in self._repeat(location, answer, now):
            notes.setdefault(note.code, note)
        served = tuple(finding(note, 1) for note in notes.values())
        return Checked(
            (*served, *check(document.data, location=location, now=now, media_type=served_as(answer))), document.data
        )

    def _repeat(self, location: str, first: Fetched, now: datetime) -> Iterator[Note]:
        """Asks once more with each validator, as readers do, as far as requests are left."""
        conditions = (
            ("If-None-Match", Request(location, etag=first.etag), first.etag),
            ("If-Modified-Since", Request(location, last_modified=first.last_modified), first.last_modified),
        )
        for header, request, validator in conditions:
            if validator is None or self._left < 1:
                continue
            try:
                note = repeated_note(first, self._ask(request, now), header)
            except FetchError as error:
                note = Note("ConditionalGetIgnored", f"asked with {header}: {_reason(error, location)}")
            if note is not None:
                yield note

    def _ask(self, request: Request, now: datetime) -> Fetched:
        host = host_of(request.url)
        wait = self._budget.wait(host, self._clock())
        if wait:
            self._sleep(wait)
        self._left -= 1
        self._budget.begin(host, self._clock())
        try:
            return self._fetcher.fetch(request, now)
        finally:
            self._budget.end(host)

    def _may_follow(self, host: str, _same: bool, _hops: int) -> float:
        """Seconds until a redirect may be followed; infinity where the address has cost enough."""
        if self._left < 1:
            return math.inf
        wait = self._budget.wait_for_hop(host, self._clock())
        if not wait:
            self._left -= 1
            self._budget.hop(host, self._clock())
        return wait


def _reason(error: FetchError, url: str) -> str:
    """What went wrong, without the address, beside which it stands."""
    return str(error).removeprefix(f"{url}: ")
