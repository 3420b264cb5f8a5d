"""What a location would give as a source, before it is added. Nothing is stored."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import urljoin

from pydantic import ValidationError

from feeds.config import Config, Source
from feeds.errors import BroadsheetError, FetchError, ParseError, SourceError, UsageError
from feeds.naming import is_address, kind_of, no_path, no_such, problem_of
from feeds.shapes.entries import evidence_as_json
from feeds.shapes.times import when

if TYPE_CHECKING:
    from db.records import EntryRecord, Learned
    from feeds.discover import Found
    from feeds.model import Context, Document

MAX_CHECKS = 6
"""Addresses that are asked after the first one: enough for a page's feeds, too few to trouble anybody."""

MAX_ROBOTS = 500_000
"""Bytes of a robots.txt that count (RFC 9309, 2.5)."""

_SITEMAP = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(https?://\S{1,2000})", re.IGNORECASE | re.MULTILINE)


@dataclass(slots=True, kw_only=True)
class Trial:
    """What was found: `kind` of the document, its own `items` and the `feeds` it names, as the JSON gives them but for
    their items; how the list of a page was found; and why there is nothing to add, where there is nothing."""

    kind: str
    title: str | None = None
    how: str | None = None
    items: list[EntryRecord] = field(default_factory=list)
    feeds: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    nothing: str | None = None

    @property
    def best(self) -> dict[str, Any] | None:
        """The first feed that was asked and is one; else the first that was not asked; None where there is neither."""
        usable = [feed for feed in self.feeds if feed["error"] is None]
        return next((feed for feed in usable if feed["checked"]), next(iter(usable), None))

    def as_json(self) -> dict[str, Any]:
        """The trial as scripts may rely on it (`docs/reference.md`)."""
        return {
            "kind": self.kind,
            "title": self.title,
            "items": [_item(one) for one in self.items],
            "feeds": [one | {"items": [_item(each) for each in one["items"]]} for one in self.feeds],
            "warnings": self.warnings,
        }


def check(location: str, *, kind: str | None = None, base_url: str | None = None, local: bool = True) -> None:
    """Raises `UsageError` for what cannot be tried: without `local` that is every path."""
    from feeds.reading import PARSERS
    from feeds.sources.fields import http_url

    if kind is not None and kind not in PARSERS:
        raise UsageError(f'kind: "{kind}" is no kind of source; there are {", ".join(PARSERS)}')
    if base_url is not None and http_url(base_url, None) is None:
        raise UsageError(f"base_url: {base_url}: give an address that begins with http:// or https:// and a host")
    if not local:
        no_path(location)
    if not is_address(location) and not (location and Path(location).exists()):
        raise UsageError(no_such(location))


def preview(
    config: Config,
    location: str,
    now: datetime,
    *,
    kind: str | None = None,
    base_url: str | None = None,
    local: bool = True,
) -> Trial:
    """What the address or the path `location` would give as a source of `kind`, by default the one that its document
    looks like; an HTML page is asked for its feeds. Relative links start from `base_url`, by default its own address.

    Without `local` a path is refused: who asks over the network may not read files here. Raises `UsageError`, and
    `SourceError` where nothing can be had or read; a page that leads nowhere is a trial that says so (`nothing`).
    """
    check(location, kind=kind, base_url=base_url, local=local)
    remote = is_address(location)
    source = _configured(config, location, kind) or _source(kind or kind_of(location, remote), location, remote)
    with _Trier(config, now, base_url) as trier:
        trial = trier.run(source, location, kind)
    if trial.kind == "page" and not trial.items and trial.best is None:
        trial.nothing = _nothing(trial, location, based=is_address(base_url or location))
    return trial


def _source(kind: str, location: str, remote: bool) -> Source:
    """The source that `feeds sources add` would make. Raises `UsageError`."""
    where = location if remote else str(Path(location).resolve())
    try:
        return Source.model_validate({"name": "trial", "kind": kind, "url" if remote else "path": where})
    except ValidationError as error:
        raise UsageError(problem_of(error)) from error


def _configured(config: Config, location: str, kind: str | None) -> Source | None:
    """The page source of this address that `config.toml` has: it is tried with its selectors."""
    pages = (one for one in config.source if one.kind == "page" and kind in (None, "page"))
    return next((one for one in pages if one.url == location), None)


class _Trier:
    """Asks and reads for one trial, as a poll does."""

    def __init__(self, config: Config, now: datetime, base_url: str | None) -> None:
        from feeds.discover import look
        from feeds.poll import PRELOAD, fetcher_of
        from feeds.pool import Pool
        from feeds.worker import read_document

        self._config = config
        self._now = now
        self._base_url = base_url
        self._fetcher = fetcher_of(config)
        self._pool = Pool(read_document, preload=PRELOAD)
        self._pages = Pool(look, preload=PRELOAD)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._fetcher.close()
        self._pool.close()
        self._pages.close()

    def run(self, source: Source, location: str, kind: str | None) -> Trial:
        """What `source` gives; where no `kind` was given, an HTML page is asked for its feeds.

        Raises `SourceError` where nothing can be had or read.
        """
        from feeds.discover import is_page
        from feeds.sources.sitemap import is_sitemap

        documents, errors = ([self._ask(source.url)], []) if source.url is not None else self._local(location)
        documents = [one if self._base_url is None else replace(one, url=self._base_url) for one in documents]
        first = documents[0]
        if kind is None and source.kind != "seed":
            is_html = is_page(first.data, first.media_type)
            seen = "page" if is_html else "sitemap" if is_sitemap(first.data) else "feed"
            source = source.model_copy(update={"kind": seen})
        trial = Trial(kind=source.kind, warnings=[str(error) for error in errors])
        if source.kind == "page" and kind is None:
            may_ask = self._discover(trial, first, remote=source.url is not None)
            self._list(trial, first, source, may_ask=may_ask)
        else:
            self._look_into(trial, self._read(trial, documents, source), source)
        return trial

    def _ask(self, url: str, *, login: bool = True) -> Document:
        from feeds.fetch import Request

        fetched = self._fetcher.fetch(Request(url, login=login), self._now)
        return cast("Document", fetched.document)  # nothing is asked conditionally, so that nothing else comes

    def _local(self, location: str) -> tuple[list[Document], list[FetchError]]:
        """The documents at a path, and why others of its folder cannot be had. Raises `FetchError` without any."""
        from feeds.fetch import Unreadable, read_local

        documents: list[Document] = []
        errors: list[FetchError] = []
        for one in read_local(Path(location).resolve(), self._config.poll, now=self._now):
            if isinstance(one, Unreadable):
                errors.append(one.error)
            else:
                documents.append(one)
        if not documents:
            raise next(iter(errors), FetchError(f"{location}: holds no documents (*.txt)"))
        return documents, errors

    def _list(self, trial: Trial, page: Document, source: Source, *, may_ask: bool) -> None:
        """Puts the articles that `page` lists into `trial`, where it lists any, and offers what its site may have
        besides, where there is no feed and it may be asked."""
        from feeds.manner import manner_of

        try:
            self._read(trial, [page], source)
        except ParseError as error:  # most pages list none, which matters where there is no feed
            configured = manner_of(self._config, source).context.selectors
            trial.warnings += [str(error)] if configured or trial.best is None else []
        if may_ask and trial.items and trial.best is None:
            trial.warnings += [
                f"the site names a news sitemap: {url}; 'feeds sources try {shlex.quote(url)}' shows what is in it"
                for url in self._news_sitemaps(page)
            ]

    def _news_sitemaps(self, page: Document) -> list[str]:
        """Addresses of sitemaps of news that the site's robots.txt names (sitemaps.org)."""
        from feeds.fetch import same_origin

        robots = urljoin(page.url or page.name, "/robots.txt")
        try:
            said = self._ask(robots, login=same_origin(robots, page.name)).data[:MAX_ROBOTS].decode("utf-8", "replace")
        except SourceError:
            return []
        named = [match[1] for match in _SITEMAP.finditer(said)]
        return [url for url in named if "news" in url.lower() and same_origin(url, robots)][:3]

    def _look_into(self, trial: Trial, further: list[str], source: Source) -> None:
        """Puts into `trial` what the first sitemap of an index has that has anything; a poll would ask for them all.

        Nobody is asked for the sake of a file.
        """
        from feeds.fetch import related, same_origin

        if further:
            number = "1 sitemap" if len(further) == 1 else f"{len(further)} sitemaps"
            trial.warnings.append(f"is an index, of which a poll asks for {number}")
        waiting = further if source.url is not None else []
        for _ in range(MAX_CHECKS):
            waiting = [url for url in waiting if related(url, source.url or "")]
            if not waiting or trial.items:
                break
            url, *waiting = waiting
            try:
                document = self._ask(url, login=same_origin(url, source.url or ""))
                waiting = [*self._read(trial, [document], source), *waiting]
            except SourceError as error:
                trial.warnings.append(str(error))

    def _read(self, trial: Trial, documents: list[Document], source: Source) -> list[str]:
        """Puts into `trial` what a poll of `source` would read; returns the addresses that belong to it.

        Raises `ParseError` where no document can be read.
        """
        from feeds.manner import manner_of
        from feeds.packing import unpack

        manner = manner_of(self._config, source)
        if source.kind == "seed":
            manner = manner_of(self._config, source, _taught(manner.context, documents))
        errors: list[ParseError] = []
        further: list[str] = []
        for document in documents:
            try:
                found = self._pool.call(document, manner, b"")
            except ParseError as error:
                errors.append(error)
                continue
            reading = unpack(found.packed)
            where = f"{document.name}: " if len(documents) > 1 else ""
            further += found.further
            trial.title = trial.title or found.title
            trial.how = trial.how or found.how
            trial.items += reading.records
            trial.warnings += [f"{where}{one}" for one in reading.warnings]
            trial.warnings += [f"{where}line {one.line}: {one.reason}: {one.raw[:80]}" for one in reading.skipped]
        if len(errors) == len(documents):
            raise errors[0]
        trial.warnings += map(str, errors)
        return further

    def _discover(self, trial: Trial, page: Document, remote: bool) -> bool:
        """Puts the feeds of `page` into `trial`, asking them one by one until one of them is a feed; returns whether
        its site may be asked for more.

        Nobody is asked for the sake of a file.
        """
        title, found = self._pages.call(page.data, page.url, page.charset)
        trial.title = trial.title or title
        trial.feeds = [_feed(one) for one in found]
        if not remote:
            return False
        for feed in trial.feeds[:MAX_CHECKS]:
            if self._check(feed, page) is None:
                return True
        return True if found else self._guess(trial, page)

    def _guess(self, trial: Trial, page: Document) -> bool:
        """Asks the usual addresses; only one that is a feed is worth a word. Returns as `_discover` does."""
        from feeds.discover import Found, usual
        from feeds.fetch import HttpError

        for url in usual(page.name)[:MAX_CHECKS]:
            feed = _feed(Found(url, None, None, "usual address"))
            error = self._check(feed, page)
            if error is None:
                trial.feeds.append(feed)
                return True
            lost = isinstance(error, HttpError) and error.status in (404, 410)
            if not lost and not isinstance(error, ParseError):
                return False  # a host that is in trouble or wants to be left alone is not asked for more
        return True

    def _check(self, feed: dict[str, Any], page: Document) -> BroadsheetError | None:
        """Asks for one feed and notes in it what came; the reason where it is none. As a stranger, unless it is of the
        origin that a person named for the page."""
        from feeds.fetch import same_origin

        feed["checked"] = True
        trial = Trial(kind="feed")
        try:
            source = _source("feed", feed["url"], remote=True)
            login = same_origin(feed["url"], page.name)
            self._read(trial, [self._ask(feed["url"], login=login)], source)
        except BroadsheetError as error:  # a page may name what `feeds sources add` would refuse
            feed["error"] = str(error)
            return error
        feed["title"], feed["items"] = trial.title or feed["title"], trial.items
        return None


def _taught(context: Context, documents: Iterable[Document]) -> Learned:
    """The sections and markers that the documents teach each other, as in a poll."""
    from db.records import Learned
    from feeds.sources.seed import learn

    learned = Learned()
    for document in documents:
        learned |= learn(document, context)
    return learned


def _item(record: EntryRecord) -> dict[str, Any]:
    return {
        "title": record.title,
        "url": record.url,
        "published": when(record.published),
        "sections": list(record.sections),
        "access": record.access.value,
        "evidence": evidence_as_json(record.evidence),
    }


def _feed(found: Found) -> dict[str, Any]:
    """A feed that nobody has been asked for yet."""
    return {
        "url": found.url,
        "title": found.title,
        "type": found.media_type,
        "how": found.how,
        "checked": False,
        "error": None,
        "items": [],
    }


def _nothing(trial: Trial, location: str, based: bool) -> str:
    """Why there is nothing to add, and what to do."""
    if trial.feeds:
        return f"{location}: is an HTML page, and none of the feeds it names can be used: {trial.feeds[0]['error']}"
    if not based:
        return f"{location}: is an HTML page that names no feed with a whole address; give the page's as --base-url"
    return f"{location}: is an HTML page that names no feed; look for one at the publisher's"
