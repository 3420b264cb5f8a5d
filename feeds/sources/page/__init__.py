"""HTML pages that list articles and have no feed -> items.

In this order: selectors that a person configured, else what the page states (JSON-LD, microdata), links in headings,
and links that stand alike, together: what a page states is often less than what it shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from db.records import Evidence
from feeds.discover import discover
from feeds.errors import ParseError
from feeds.log import redact
from feeds.model import Context, Document, Image, Item
from feeds.page import Page, read_page
from feeds.sources.fields import FeedResult
from feeds.sources.page.addresses import site_of
from feeds.sources.page.lists import Choice, Signature, choose
from feeds.sources.page.links import Links, links_of
from feeds.sources.page.marks import signs_of, strip_marker
from feeds.sources.page.paging import next_page
from feeds.sources.page.rows import Row, authors_of, images_of, rows_of, sections_of, summary_of, when_of
from feeds.sources.page.stated import Stated, stated_in
from feeds.sources.page.times import stated as stated_time

__all__ = ["Listing", "parse"]

MAX_ITEMS = 500
FEW = 3
_ANYTHING = Context()


@dataclass(frozen=True, kw_only=True)
class Listing(FeedResult):
    """What a page lists. `how` names what told the list, `signature` how to find it again; `further` is the address of
    the next page, one or none; `advertised` are the addresses of the feeds that the page names."""

    how: str = ""
    signature: Signature | None = None
    further: tuple[str, ...] = ()
    advertised: tuple[str, ...] = ()


def parse(document: Document, context: Context = _ANYTHING) -> Listing:
    """The articles that the page in `document` lists, in its order, one for each address.

    Raises `ParseError` where nothing on it looks like a list of articles.
    """
    document = replace(document, name=redact(document.name))
    page = read_page(document.data, document.url, charset=document.charset)
    links = links_of(page)
    stated = stated_in(page)
    choice = choose(links, {key: one.title for key, one in stated.items()})
    rows = rows_of(choice.links, dict(choice.titles), context, document) if choice is not None else []
    items = [_item(number, row, stated.get(row.link.key), page, context, document) for number, row in enumerate(rows[:MAX_ITEMS])]
    if len(items) < FEW:
        items = [*items, *_only_stated(stated, {row.link.key for row in rows}, len(items), context, document)]
    if not items:
        raise ParseError(f"{document.name}: shows no list of articles; name its parts by selectors (see 'feeds sources try')")
    return Listing(
        title=page.title or None,
        url=page.canonical or page.url,
        language=page.language,
        items=tuple(_with_unmarked(items)),
        how=choice.how if choice is not None and len(rows) >= 1 else "stated",
        signature=choice.signature if choice is not None else None,
        further=next_page(page),
    )


def _item(number: int, row: Row, said: Stated | None, page: Page, context: Context, document: Document) -> Item:
    """One row as an item; what the page states of the article goes before what its row shows."""
    title, marker = strip_marker(row.title.text, context.markers)
    where = f"row {number + 1}"
    evidence = [Evidence("marker", marker, where)] if marker is not None else []
    evidence += [Evidence("badge", sign, where) for sign in dict.fromkeys(signs_of(row.nodes))][:3]
    when = stated_time(said.published, context, document) if said is not None else None
    if when is None:
        when = when_of(row, context, document)
    if said is not None and said.free:
        evidence.append(Evidence("isAccessibleForFree", said.free, where))
    return Item(
        position=number,
        title=title,
        url=row.link.address.url,
        summary=summary_of(row) or (said.summary if said is not None else ""),
        plain=True,
        published=when.moment if when is not None else None,
        published_precision=when.precision if when is not None else None,
        published_basis=when.basis if when is not None else None,
        authors=(said.authors if said is not None else ()) or authors_of(row),
        categories=row.title.kickers,
        images=images_of(row, page),
        sections=(said.section,) if said is not None and said.section else sections_of(row),
        evidence=tuple(evidence),
    )


def _only_stated(stated, known, start, context, document) -> Iterator[Item]:
    for number, (key, said) in enumerate(stated.items()):
        if key in known or not said.title:
            continue
        when = stated_time(said.published, context, document)
        yield Item(
            position=start + number,
            title=said.title,
            url=said.url,
            summary=said.summary,
            plain=True,
            published=when.moment if when is not None else None,
            published_precision=when.precision if when is not None else None,
            published_basis=when.basis if when is not None else None,
            authors=said.authors,
            images=(Image(said.image),) if said.image.startswith("http") else (),
            sections=(said.section,) if said.section else (),
            evidence=(Evidence("isAccessibleForFree", said.free, "stated"),) if said.free else (),
        )


def _with_unmarked(items: list[Item]) -> list[Item]:
    """The items, those without a mark as free where the same list marks others."""
    marked = sum(bool(item.evidence) for item in items)
    if not marked or marked == len(items):
        return items
    return [
        item if item.evidence else replace(item, evidence=(Evidence("unmarked", "others of the list are marked", f"row {item.position + 1}"),))
        for item in items
    ]
