"""The full text of an article: one HTML page -> one item, with what the page says of itself.

The page states (`feeds.extract.said`), trafilatura finds the text (`feeds.extract.text`), which is imported when a
page is read and not before. It is an extra: `pip install broadsheet[fulltext]`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from db.records import Access, Evidence
from feeds import dedupe
from feeds.access import judge, page_evidence
from feeds.config.values import NO_FULLTEXT, has_fulltext
from feeds.errors import ParseError
from feeds.extract.said import Said, free_paragraph, read_said
from feeds.log import redact
from feeds.model import Context, Document, Item, Parsed
from feeds.page import Page, read_page
from feeds.sources.fields import markup_of

__all__ = ["parse"]

ENOUGH = 25
"""Words of the shortest text. What is shorter on a page that does not say it is an article is a notice or a menu."""

SHORT = 150
"""Words above which a text is no notice of an error, a login or a consent."""

_ANYTHING = Context()
_KINDS = ("", "text/html", "application/xhtml+xml", "text/plain", "application/octet-stream")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_NOTICE = re.compile(
    r"\b(?:[45]0[0-9]\b.{0,40}|page )(?:not found|error|forbidden|unavailable)"
    r"|\baccess (?:denied|to this page has been denied)"
    r"|\bjust a moment\b|\bare you a robot\b|\bverify (?:that )?you are (?:a )?human|\benable (?:javascript|cookies)"
    r"|\bseite nicht gefunden|\bpage (?:introuvable|non trouvée)|\bpágina no encontrada|\bnie znaleziono strony"
    r"|\bстраница не найдена|\bсторінк[аиу] не знайдено|\bстаронк[аі] не знойдзена|\bpagina non trovata"
    r"|^(?:log ?in|sign in|anmelden|connexion|iniciar sesión|вход|увійти|zaloguj się)\b"
    r"|\bwe (?:value|care about) your privacy|\bwir (?:schätzen|achten) ihre privatsphäre|\baccept (?:all )?cookies"
    r"|\balle akzeptieren|\btout accepter|\baceptar todo",
    re.IGNORECASE,
)
"""What pages say that hold no article, in their titles or where they begin."""


def parse(document: Document, context: Context = _ANYTHING) -> Parsed:
    """The article in `document`, as exactly one item.

    Title, summary and names are plain text or HTML as in feeds, `content` is HTML, unsanitised, with absolute
    addresses. The summary is what the page describes itself by, else, where parts of it are gated, the first
    paragraph outside of those. A page that says it is an article but shows no text of one gives an item without
    content.

    Raises `ParseError` for what is no HTML and for pages without an article; the message says which.
    """
    document = replace(document, name=redact(document.name))  # it only stands in messages, which are stored
    page = _page(document)
    said = read_said(page, document, context)
    evidence = page_evidence(page)
    content, words = _content(page, said, evidence, document)
    _refuse_notice(page, said, words, document)
    if words < ENOUGH:
        if not said.is_article:
            raise ParseError(f"{document.name}: no article text was found in the page")
        content = ""
    item = Item(
        position=0,
        title=said.title,
        url=_address(page, document),
        summary=markup_of(said.description or free_paragraph(page)),
        content=content,
        published=said.published,
        published_precision=said.precision,
        published_basis=said.basis,
        updated=said.updated,
        language=said.language,
        authors=said.authors,
        categories=said.categories,
        images=said.images,
        evidence=evidence,
    )
    return Parsed(title=said.site, url=None, language=said.language, items=(item,))


def _page(document: Document) -> Page:
    """The page, of what may be one. Raises `ParseError`."""
    kind = (document.media_type or "").partition(";")[0].strip().lower()
    if kind not in _KINDS:
        raise ParseError(f"{document.name}: is {kind[:60]}, not an HTML page")
    if not has_fulltext():
        raise ParseError(f"{document.name}: {NO_FULLTEXT}")
    page = read_page(document.data, document.url, charset=document.charset)
    head = page.markup[:4096]
    if len(_CONTROL.findall(head)) * 20 > len(head):
        raise ParseError(f"{document.name}: binary data, not an HTML page")
    return page


def _content(page: Page, said: Said, evidence: tuple[Evidence, ...], document: Document) -> tuple[str, int]:
    """The article's text as HTML, and its number of words. Raises `ParseError`.

    What the page states as the article's text counts where it shows much less of it, and only where nothing hints
    that it costs: publishers put there what they do not show.
    """
    from feeds.extract.text import MUCH_MORE, count_words, find_text

    stated = count_words(said.body) if _is_open(evidence) else 0
    try:
        found = find_text(page, said.title, stated)
    except ParseError as error:
        raise ParseError(f"{document.name}: {error}") from error
    if found.is_listing and not said.is_article:
        raise ParseError(f"{document.name}: is a list of links, not an article")
    if stated > MUCH_MORE * found.words:
        return markup_of(said.body), stated
    return found.markup, found.words


def _is_open(evidence: tuple[Evidence, ...]) -> bool:
    """Whether nothing about the page so much as hints that its article costs."""
    return all(judge((one,)).level is Access.FREE for one in evidence)


def _refuse_notice(page: Page, said: Said, words: int, document: Document) -> None:
    if said.is_article or words >= SHORT:
        return
    body = page.tree.body
    opening = " ".join((body.text() if body is not None else "")[:2000].split())[:300]
    if found := _NOTICE.search(said.title) or _NOTICE.search(page.title) or _NOTICE.search(opening):
        raise ParseError(f'{document.name}: is a notice, not an article: it says "{found[0][:60]}"')


def _address(page: Page, document: Document) -> str | None:
    """The address that was asked, as the page itself writes it where that is the same page beyond doubt."""
    if page.canonical and document.url and dedupe.canon(page.canonical) == dedupe.canon(document.url):
        return page.canonical
    return document.url
