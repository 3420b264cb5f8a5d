"""One poll of one source while it lasts, and what it comes to: exactly one outcome.

Decided here as values from what the fetcher, the reader and the storage said; `feeds.round` and `feeds.settle` do
the doing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median

from db.records import NEVER, Learned, Pace, PollRecord, SourceRecord
from feeds import cadence, troubles
from feeds.answered import answered
from feeds.articles import Articles
from feeds.bounds import bounds_of, brought, shut_for, slow_from, stale_at
from feeds.cadence import Hints, next_due
from feeds.config import Config, Source
from feeds.errors import FetchError, ParseError, SourceError
from feeds.fetch import Fetched, HttpError, NotNow, Request, host_of, same_origin
from feeds.further import Further, Part
from feeds.ingest import Tally
from feeds.log import redact
from feeds.manner import Manner
from feeds.model import Reading
from feeds.outcome import Conclusion, PollResult
from feeds.packing import unpack
from feeds.states import state_of
from feeds.troubles import Trouble
from feeds.websub.discovery import Advertised, discover
from feeds.worker import Read

PAGES = 10
"""Documents before the current one that are read at most to find entries that were lost between two polls."""

GAP_TRIES = 10
"""Polls that read on in an archive, ten pages each, before what was lost is given up."""

OUTAGE_RETRY = timedelta(minutes=5)
"""How soon is asked again what could not be reached because our own network was down."""

SOON = timedelta(minutes=1)
"""How soon is asked again what leads to a host whose budget was spent; twice as late each time."""

PUT_OFF = 6
"""How often in a row that is nobody's failure."""


class Attempt:
    """A poll of a source with an address. `began` is when it was first asked for, `manner` how it is read; `articles`
    are those that are read beside its documents, None until these were; `waits` are the seconds for which hosts asked
    to be left alone meanwhile. `is_pushed` says that what is new comes by itself, `advertised` who offers to push it,
    for those who want to know."""

    def __init__(self, record: SourceRecord, source: Source, manner: Manner, began: datetime) -> None:
        self.record = record
        self.source = source
        self.manner = manner
        self.began = began
        self.url = record.url or source.url or ""
        self.result = PollResult(source=record.name)
        self.readings: list[Reading] = []
        self.articles: Articles | None = None
        self.network = False
        self.is_pushed = False
        self.advertised: Advertised | None = None
        self.said_again = False
        self._fetched: Fetched | None = None
        self._refused: FetchError | None = None
        self._hints = Hints()
        self._read: Read | None = None
        self._suspicious = self._thin = False
        self._unreadable: str | None = None
        self._lost = self._missed = False
        self._next: str | None = None
        self._tried = False
        self._unread = ""
        self._pages = 0
        self._asked = {self.url}
        self._further = Further(self.url, source)
        self.waits: dict[str, int] = {}
        self._put_off: str | None = None
        self._keeps_settings = False

    @property
    def conditional(self) -> bool:
        """Whether what was read last was read by today's settings: only then its validators say something."""
        return self.record.settings == self.manner.digest

    @property
    def records(self) -> int:
        """How many records it holds until they are stored."""
        return sum(len(reading.records) for reading in self.sayings)

    @property
    def sayings(self) -> list[Reading]:
        """What was read, in the order in which it is stored: articles before the listings that name them, so that an
        entry begins with its text; of listings the earliest first, for what comes later corrects it."""
        articles = self.articles.readings if self.articles is not None else []
        listings = reversed(self.readings)
        if self._further.is_unread and not self._further.is_index:
            # What names the part that is unread has to be read again, were it said again to the letter.
            return [*articles, *(replace(one, digest=b"") for one in listings)]
        return [*articles, *listings]

    @property
    def _is_doubted(self) -> bool:
        """Whether the document says suspiciously little."""
        return self._suspicious or self._thin

    @property
    def learned(self) -> Learned:
        """What the source taught, this poll included."""
        learned = self.record.learned
        if self._read is None or not self._read.listing or self._read.listing == learned.listing or self._thin:
            return learned
        return replace(learned, listing=self._read.listing)

    def look_for_hubs(self) -> Advertised | None:
        """Who offers to push the source, as what was read now says; None where nothing was that can be relied on."""
        fetched, read = self._fetched, self._read
        if read is None or fetched is None or fetched.document is None or fetched.status != 200 or self._is_doubted:
            return None
        document = fetched.document
        known = [url for url in (self.source.url, self.record.url) if url is not None]
        self.advertised = discover(document.links, read.hubs, read.own, document.url or self.url, known)
        return self.advertised

    def request(self) -> Request:
        """What to ask for first; with a login only where a person named its origin, not where a move led."""
        login = self.is_own(self.url)
        if not self.conditional:
            return Request(self.url, login=login)
        return Request(self.url, etag=self.record.etag, last_modified=self.record.last_modified, login=login)

    def is_own(self, url: str) -> bool:
        """Whether `url` is of the origin that a person named for the source."""
        return url == self.source.url or same_origin(url, self.source.url or "")

    def failed(self, error: SourceError) -> None:
        """No document was had, or it could not be used."""
        self.result.errors.append(str(error))
        self.network = isinstance(error, FetchError) and error.network
        if isinstance(error, FetchError):
            self._refused = error
        if isinstance(error, ParseError) and self.source.kind == "page":
            self._unreadable = str(error)
        if isinstance(error, HttpError):
            self._hints = Hints(
                max_age=error.max_age, expires=error.expires, retry_after=error.retry_after, gone=error.permanent
            )

    def crashed(self, error: Exception) -> None:
        """A defect of ours: one line for a person."""
        self.readings.clear()
        self.said_again = False
        self.articles = None
        self._read = None
        self.result.read = 0
        kind = type(error).__name__
        self.result.errors.append(f"internal error ({kind}); run again with -vv and report what it says")

    def heed(self, host: str, error: HttpError) -> None:
        """Beside the document something of `host` was asked for, which may want to be left alone: so is the source,
        where it is of that host."""
        if error.retry_after:
            self.waits[host] = max(error.retry_after, self.waits.get(host, 0))
            if host == host_of(self.url):
                self._hints = replace(self._hints, retry_after=max(self.waits[host], self._hints.retry_after or 0))

    def answered(self, fetched: Fetched) -> None:
        """The server answered, with or without a document."""
        self._fetched = fetched
        self._hints = Hints(
            max_age=fetched.max_age,
            expires=fetched.expires,
            retry_after=fetched.retry_after,
            conditional=fetched.etag is not None or fetched.last_modified is not None,
        )

    def said_nothing_new(self, part: Part | None = None) -> Part | None:
        """The document is the one that was read last; returns where to go on as `was_read` does."""
        if part is not None:
            self._further.was_read(part)
            return self._next_part()
        self.result.read += 1
        self.said_again = True
        self._next = self.record.pace.gap_at
        self._missed = self._next is not None
        return self._next_part()

    def was_read(self, read: Read, part: Part | None = None) -> Part | None:
        """Takes what a document says, the first or one more `part`; returns the next one to ask for: what belongs to it
        (`Further`), then the one before it where entries may have been lost, now or at a poll before this.

        RFC 5005: `prev-archive`, else `next`.
        """
        if part is None:
            self._further.name(read.further, None)
            self._take(read)
        elif part.earlier:
            self._pages += 1
            self._tried = True
            self.readings.append(replace(unpack(read.packed), partial=True))
            if read.oldest is not None and self._known_to is not None and read.oldest <= self._known_to:
                self._missed = False
            self._next = read.earlier
        else:
            self._further.name(read.further, part)
            self._take_further(read, part)
        return self._next_part()

    def part_failed(self, part: Part, error: Exception) -> Part | None:
        """One more document was not had; returns the next one. An earlier one is asked for again at the next poll,
        unless it is not there."""
        if part.earlier:
            self._tried = True
            self._unread = f" ({error})" if isinstance(error, SourceError) else ""
            if isinstance(error, HttpError) and error.status in (404, 410):
                self._next = None
            return None
        self._further.failed(part, error)
        if isinstance(error, HttpError) and error.retry_after:
            self._further.put_off(host_of(part.url))
        following = self._next_part()
        if following is None and self._further.nothing_read:
            self.result.errors.append(self._further.warnings.pop(0))
            self.result.read = 0
        return following

    @property
    def _known_to(self) -> datetime | None:
        """The newest entry on the far side of the gap."""
        pace = self.record.pace
        return pace.gap_to if pace.gap_at is not None else pace.newest

    def _next_part(self) -> Part | None:
        """The next document to ask for now."""
        further = self._further.take(self.records)
        if further is not None:
            return further
        if self._next in self._asked:
            self._next = None  # it goes in a circle, or names the feed itself: it has nothing more to say
        if self._next is None or not self._missed or self._pages >= PAGES:
            return None
        self._asked.add(self._next)
        return Part(self._next, earlier=True)

    def put_off(self, error: NotNow) -> None:
        """It may not be asked now, because it leads to a host that may not: it comes again, later each time, until
        that is a failure that somebody has to hear of."""
        if self.record.pace.put_off < PUT_OFF:
            self._put_off = str(error)
        else:
            self.failed(error)

    def keep_settings(self) -> None:
        """What is stored of the source could not be judged by its new settings: the next poll tries again."""
        self._keeps_settings = True

    def _take(self, read: Read) -> None:
        pace, partial = self.record.pace, read.partial or (self._fetched is not None and self._fetched.status == 226)
        self._read = read
        self.result.read += 1
        self._thin = self.source.kind == "page" and self.conditional and cadence.is_thin(pace, read.size)
        self._suspicious = not partial and not self._thin and cadence.is_shrunken(pace, read.size)
        if self.record.last_success is not None and not partial and read.oldest is not None:
            self._lost = cadence.lost_some(pace, read.oldest, dated=read.dated, size=read.size)
        self._next = (read.earlier if self._lost else None) or pace.gap_at
        self._missed = self._lost or self._next is not None
        # What a document does not name is not gone where it is only a part, or says suspiciously little; and such a
        # one has to be read again, were it said again to the letter.
        reading = replace(unpack(read.packed), partial=partial or self._is_doubted)
        again = self._is_doubted or self._further.is_index
        self.readings.append(replace(reading, digest=b"") if again else reading)

    def _take_further(self, read: Read, part: Part) -> None:
        """Takes what belongs to the first document. What a page does not name may stand on another by now."""
        self._further.was_read(part)
        partial = read.partial or self.source.kind != "sitemap"
        reading = replace(unpack(read.packed), partial=partial)
        # An index within an index stays as it is, too, while what it names changes.
        self.readings.append(replace(reading, digest=b"") if self._further.is_index and read.further else reading)
        if self._read is not None and self._further.is_index:
            newest = max((each for each in (self._read.newest, read.newest) if each is not None), default=None)
            self._read = replace(self._read, newest=newest, every=self._read.every or read.every)

    def postpone(self, reason: str, now: datetime, jitter: float) -> Conclusion:
        """Our own network failed: the source is asked again soon, and stands as it stood."""
        pace = self.record.pace
        pace = replace(pace, postponed=pace.postponed + 1)
        return self._deferred(reason, now + OUTAGE_RETRY * (1 + jitter / 2), pace)

    def _deferred(self, reason: str, due_at: datetime, pace: Pace) -> Conclusion:
        record = self.record
        poll = PollRecord(
            source_id=record.id,
            at=self.began,
            outcome="deferred",
            due_at=due_at,
            reason=reason,
            failures=record.failures,
            error=record.error,
            pace=pace,
        )
        return Conclusion(poll, Tally())

    def conclude(
        self, config: Config, tally: Tally, jitter: float, *, kinds: Collection[str] = (), again: int = 0
    ) -> Conclusion:
        """What the poll comes to, `tally` being what its documents changed; `jitter` is for `next_due`. `kinds` are
        those of the source's incidents that are open, `again` counts the new entries whose titles it told before.
        Changes nothing here, but what is thought to be lost."""
        result, record = self.result, self.record
        known = tally.updated + tally.unchanged
        if self._lost and not self._pages and record.pace.gap_at is None and known and tally.new <= known:
            # Most of it is known, under a later date: it is dated anew at each fetch, and nothing came and went.
            self._lost = self._missed = False
            self._next = None
        if self._put_off is not None:
            pace = replace(record.pace, put_off=record.pace.put_off + 1)
            return self._deferred(self._put_off, self.began + SOON * 2**record.pace.put_off * (1 + jitter), pace)
        failed = bool(result.errors) and not result.read
        failures = record.failures + 1 if failed else 0
        pace, moved_to = self._pace(config, failed, tally, again)
        # An answer that cannot be used, or is doubted, says nothing of the next one.
        hints = replace(self._hints, conditional=True) if failed or self._is_doubted else self._hints
        due_at, reason = next_due(
            self.began,
            bounds_of(config, self.source, record.host),
            hints,
            pace,
            failures=failures,
            jitter=jitter,
            # Their texts are asked for by polls alone.
            pushed=self.is_pushed and not self.source.fulltext,
        )
        # The validators of a document that says suspiciously little would hide that it goes on saying so; those of an
        # index, what is new in the sitemaps that it names; those of a listing, its next page that is still unread.
        fetched = None if self._is_doubted or self._further.is_index or self._further.is_unread else self._fetched
        found = self._troubles(config, failures, pace, moved_to, tally.new, again)
        heard = answered(self._fetched or self._refused, record.headers)
        poll = PollRecord(
            source_id=record.id,
            at=self.began,
            outcome="failed" if failed else "stored" if tally.new or tally.updated else "unchanged",
            due_at=due_at,
            reason=reason,
            etag=fetched.etag if fetched is not None else None,
            last_modified=fetched.last_modified if fetched is not None else None,
            settings=record.settings if self._keeps_settings else self.manner.digest,
            failures=failures,
            new=tally.new,
            updated=tally.updated,
            unchanged=tally.unchanged,
            skipped=sum(len(one.skipped) for one in self.readings),
            error=result.error,
            pace=pace if pace != record.pace else None,
            url=moved_to,
            state=state_of(troubles.after(kinds, found), failed=failed, moved=(moved_to or record.url) is not None),
            stale_at=stale_at(config, self.source, pace),
            ms=heard.ms,
            status=heard.status,
            size=heard.size,
            headers=heard.headers if heard.headers != record.headers else None,
        )
        moved_from = self.url if moved_to is not None else None
        is_asked = failed or (record.host or "") in self.waits
        wait = shut_for(config, record.host, self._hints.retry_after) if is_asked else None
        shut_until = None if wait is None else self.began + timedelta(seconds=wait)
        return Conclusion(poll, tally, tuple(found), moved_from, shut_until)

    def acknowledge(self, conclusion: Conclusion) -> None:
        """Puts into the result what was stored, and what the documents said beside their entries."""
        result, poll = self.result, conclusion.poll
        result.outcome, result.tally = poll.outcome, conclusion.tally
        result.next_due, result.reason = poll.due_at if poll.due_at < NEVER else None, poll.reason
        result.repeated = result.error is not None and result.error == self.record.error
        for one in self.readings:
            name = redact(one.name)
            result.skipped += [(name, row) for row in one.skipped]
            result.warnings += [f"{name}: {warning}" for warning in one.warnings]
        result.warnings += self._further.warnings
        result.warnings += self.articles.warnings if self.articles is not None else []
        if self._suspicious and self._read is not None:
            size = self.record.pace.size
            result.warnings.append(
                f"says {self._read.size} items, {size} before: nothing is taken for gone until that is said again"
            )
        if (broken := self._broken()) is not None and self._unreadable is None:
            result.warnings.append(broken)
        if self.advertised is not None and self.advertised.problem is not None:
            result.warnings.append(f"{redact(self.url)}: {self.advertised.problem}; it is polled")
        if poll.url is not None:
            result.warnings.append(troubles.moved_words(poll.url, in_file=self.record.origin == "config"))

    def _pace(self, config: Config, failed: bool, tally: Tally, again: int) -> tuple[Pace, str | None]:
        """What is known of the source from now on, and its new address where it moved for good."""
        pace = self.record.pace
        if pace.postponed or pace.put_off:
            pace = replace(pace, postponed=0, put_off=0)
        if failed or self._fetched is None:
            return cadence.asked(pace, self._hints), None
        read = self._read
        pace = cadence.learn(pace, self.began, self._hints, fresh=self._fetched.status == 200)
        pace, moved_to = cadence.move(pace, self.began, self._fetched.moved_to)
        if read is not None:
            known = [each for each in (read.newest, pace.newest) if each is not None]
            newest = max(known, default=self.began if tally.new else None)
            pace = replace(
                pace,
                ttl=read.ttl,
                update_period=read.update_period,
                skip_hours=read.skip_hours,
                skip_days=read.skip_days,
                every=read.every if read.every is not None else pace.every,
                newest=newest,
                shrunk=pace.shrunk + 1 if self._suspicious else 0,
                size=pace.size if self._is_doubted or self._fetched.status == 226 else read.size,
                yields=self._yields(read.size),
            )
        pace = troubles.slowed(pace, self._fetched.ms, slow_from(config))
        if read is not None or self.said_again:
            pace = troubles.churned(pace, again, read.size if read is not None else 0)
        if tally.new or pace.brought is None:
            pace = brought(config, pace, self.began)
        return self._with_gap(pace), moved_to

    def _yields(self, size: int) -> tuple[int, ...]:
        """How much the last polls of a page gave, this one included; what other settings gave is not compared with."""
        if self.source.kind != "page":
            return ()
        before = self.record.pace.yields if self.conditional else ()
        return before if self._thin else (*before, size)[-cadence.YIELDS :]

    def _with_gap(self, pace: Pace) -> Pace:
        """`pace` with what is still to be read of an archive, for as many polls as may find it wanting."""
        if not self._missed:
            is_whole = not pace.missed and pace.gap_at is None
            return pace if is_whole else replace(pace, missed=0, gap_at=None, gap_to=None, gap_tries=0)
        missed = pace.missed + self._lost
        if self._next is None or pace.gap_tries >= GAP_TRIES:
            return replace(pace, missed=missed, gap_at=None, gap_to=None, gap_tries=0)
        return replace(
            pace, missed=missed, gap_at=self._next, gap_to=self._known_to, gap_tries=pace.gap_tries + self._tried
        )

    def _troubles(
        self, config: Config, failures: int, pace: Pace, moved_to: str | None, new: int, again: int
    ) -> list[Trouble]:
        """Incidents that this poll opens or closes; `pace` is known with it."""
        result, record, read = self.result, self.record, self._read
        found = troubles.failing(
            result.error,
            failures=failures,
            bound=config.monitor.failing_after,
            status=self._refused.status if isinstance(self._refused, HttpError) else None,
            last=record.last_success,
        )
        if result.read:
            found.append(troubles.gap(self._loss() if self._missed else None, self._known_to, record.pace))
            in_file = record.origin == "config"
            found += troubles.moved(self.url, moved_to, is_elsewhere=record.url is not None, in_file=in_file)
        if result.read and self._fetched is not None:
            found += troubles.slow(pace, self._fetched.ms, slow_from(config))
            found += troubles.churn(pace, again, read.size if read is not None else 0)
        if new:
            found.append(Trouble("stale", None))
        if read is not None:
            found.append(troubles.suspicious(read.size, record.pace.size, doubted=self._suspicious))
        if read is not None or self._unreadable is not None:
            broken = self._broken() if self.source.kind == "page" else None
            found.append(troubles.broken(broken, read.size if read is not None else None, record.pace.yields))
        return found

    def _broken(self) -> str | None:
        """What is wrong with the list of a page, in words; None where it gives what it used to."""
        if self._unreadable is not None:
            return self._unreadable
        if not self._thin or self._read is None:
            return None
        usual = int(median(self.record.pace.yields))
        return (
            f"the page gives {self._read.size} items where it gave {usual}; its layout may have changed; nothing was "
            f"taken for gone; see 'feeds sources try {redact(self.url)} --kind page'"
        )

    def _loss(self) -> str:
        lost = "entries came and went between two polls"
        if self._next is not None and self.record.pace.gap_tries < GAP_TRIES:
            return f"{lost}; its archive is read on at the next poll{self._unread}"
        if self._pages:
            return f"{lost}, and its archive does not reach back to what was known"
        return f"{lost}, and the source keeps no archive that names them{self._unread}"
