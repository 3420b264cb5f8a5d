"""From items as the source said them to clean ones: text, HTML, addresses, times and section names.

What leaves here can be stored, put into any XML and shown on any page: NFC, no character that XML 1.0 forbids, titles
and teasers plain, HTML from an allowlist, every address absolute.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from db.records import Enclosure, Evidence, Precision
from feeds.model import Document, Item, Parsed, Skipped
from feeds.normalise.extra import MAX_NAMES, extra_of, language_of, media_type_of
from feeds.normalise.markup import MAX_HTML, sanitise, text_of, text_within, wrap
from feeds.normalise.text import fold, paragraphs, shorten, strip_illegal
from feeds.normalise.urls import absolute

__all__ = ["Clean", "absolute", "clean", "fold", "sanitise", "strip_illegal", "text_of"]

MAX_TITLE = 1000
MAX_SUMMARY = 500

TEASER_WORDS = 50
TITLE_WORDS = 12
EARLIEST = 1990


class Clean(NamedTuple):
    """One item, cleaned: an `EntryRecord` but for what siblings of this stage say (keys, access, fingerprint).

    A tuple, because one is made for every item and thrown away at once: it costs half of what a frozen dataclass does.
    Up to `sections` its fields are those of a record, in the same order.

    `url_shared` is true where `url` names more than this item: several items of the document give it, or it is the
    home page. `title_from_body` is true where the source gave neither title nor teaser, so that the title is the
    body's beginning: not to be shown where the body may not be.
    """

    position: int
    title: str
    title_from_body: bool
    url: str | None
    summary: str
    content: str
    text: str
    published: datetime | None
    published_precision: Precision | None
    published_basis: str | None
    updated: datetime | None
    dated: datetime
    language: str | None
    label: str | None
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    enclosures: tuple[Enclosure, ...]
    sections: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    url_shared: bool
    guid: str | None
    extra: str = ""


def clean(
    parsed: Parsed,
    document: Document,
    *,
    sections: tuple[str, ...],
    language: str,
    home: str,
    identity: Callable[[str], str],
) -> Iterator[Clean | Skipped]:
    """The items of `parsed` in their order, one by one, each clean or left out with the reason.

    `sections` are those configured for the source, `home` its home page, `identity` what makes two addresses the same
    (`feeds.dedupe.canon`).
    """
    filed = min(document.as_of, document.fetched_at) if document.as_of.year >= EARLIEST else document.fetched_at
    dated = _second(filed) or filed
    base = document.url or parsed.url or home
    urls = [absolute(item.url, base) if item.url else None for item in parsed.items]
    pages = [identity(url) if url is not None else None for url in urls]
    shared = _shared(parsed.items, pages) | {identity(page) for page in (home, parsed.url) if page}
    spoken = language_of(parsed.language) or language
    configured = _names(sections)
    for item, url, page in zip(parsed.items, urls, pages, strict=True):
        summary, content, text = _body(item, url or base)
        title = fold(item.title, MAX_TITLE)
        if not title and not summary and not text:
            yield Skipped(item.line or item.position + 1, (item.url or item.guid or "")[:200], "neither title nor text")
            continue
        published = _second(item.published)
        # In the order of the fields: by name it would take twice as long.
        yield Clean(
            item.position,
            title or _opening(summary or text),
            not title and not summary,
            url,
            "" if summary and summary.casefold() == title.casefold() else summary,
            content,
            text,
            published,
            item.published_precision,
            item.published_basis,
            _second(item.updated),
            published or dated,
            language_of(item.language) or spoken,
            fold(item.label, 200) or None if item.label else None,
            _names(item.authors) if item.authors else (),
            _names(item.categories) if item.categories else (),
            tuple(_enclosures(item.enclosures, base)) if item.enclosures else (),
            _names(item.sections + sections) if item.sections else configured,
            tuple(_evidence(item.evidence)) if item.evidence else (),
            page is not None and page in shared,
            strip_illegal(item.guid)[:MAX_TITLE] or None if item.guid else None,
            extra_of(item, base),
        )


def _body(item: Item, base: str | None) -> tuple[str, str, str]:
    """Teaser, sanitised HTML and plain text of an item.

    The teaser comes from what the source calls a summary, never from the body, and only if it is none: a summary that
    holds the whole body, or more than 50 of its words in a row, is the body said twice and gives no teaser; one of
    more than 500 characters with no body beside it is the body.
    """
    if not item.summary and not item.content:
        return "", "", ""
    summary = item.summary
    if summary:
        summary = "\n\n".join(paragraphs(strip_illegal(summary))) if item.plain else text_of(summary)
    body = item.content
    if not body.strip() and len(summary) > MAX_SUMMARY:
        body, summary = item.summary, ""
    if item.plain:
        lines = paragraphs(strip_illegal(body[:MAX_HTML]))
        content, text = wrap(lines), "\n\n".join(lines)
    else:
        content = sanitise(body, base) if body else ""
        text = text_within(content)
    if not summary:
        return "", content, text
    # Both are clean lines, parted by blank ones: no other white space than this.
    line, whole = summary.replace("\n\n", " "), text.replace("\n\n", " ")
    if whole and (whole in line or _quotes(line, whole)):
        return "", content, text
    return shorten(line, MAX_SUMMARY), content, text


def _quotes(line: str, whole: str) -> bool:
    """Whether `line` has more than 50 words, and `whole` the first 50 of them."""
    return line.count(" ") >= TEASER_WORDS and " ".join(line.split(" ", TEASER_WORDS)[:TEASER_WORDS]) in whole


def _opening(text: str) -> str:
    words = text.split(maxsplit=TITLE_WORDS)
    return fold(" ".join(words[:TITLE_WORDS]), 200) + ("…" if len(words) > TITLE_WORDS else "")


def _shared(items: tuple[Item, ...], pages: list[str | None]) -> set[str]:
    """Which of `pages`, the items' identities, name more than one item: what items of different title and guid have
    in common. An item that merely stands in the document twice shares nothing."""
    if len(set(pages)) == len(pages):
        return set()
    titles: dict[str, set[str]] = defaultdict(set)
    guids: dict[str, set[str]] = defaultdict(set)
    for item, page in zip(items, pages, strict=True):
        if page is not None:
            titles[page].add(item.title)
            guids[page].add(item.guid or item.title)
    return {page for page, found in titles.items() if len(found) > 1 and len(guids[page]) > 1}


def _second(moment: datetime | None) -> datetime | None:
    if moment is None or (moment.tzinfo is UTC and not moment.microsecond):
        return moment
    return moment.astimezone(UTC).replace(microsecond=0)


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Each name once, whatever its case, in order."""
    if len(names) == 1:
        return (name,) if (name := _name(names[0])) else ()
    found: dict[str, str] = {}
    for raw in names[: 4 * MAX_NAMES]:
        name = _name(raw)
        if name:
            found.setdefault(name.casefold(), name)
    return tuple(found.values())[:MAX_NAMES]


@lru_cache(maxsize=4096)
def _name(raw: str) -> str:
    """A name as one line; the same few recur all over a feed."""
    return fold(raw, 200)


def _enclosures(enclosures: tuple[Enclosure, ...], base: str) -> Iterator[Enclosure]:
    for one in enclosures[:MAX_NAMES]:
        url = absolute(one.url, base)
        if url is not None:
            yield Enclosure(url, media_type_of(one.media_type) or "application/octet-stream", max(one.length, 0))


def _evidence(evidence: tuple[Evidence, ...]) -> Iterator[Evidence]:
    for one in evidence[:MAX_NAMES]:
        yield Evidence(fold(one.signal, 100), fold(one.value, MAX_SUMMARY), fold(one.where, 200))
