"""The text of an article in the markup of its page: trafilatura, strictly first, and less so where that finds little.

Strict costs half of what lenient does and keeps fewer lists of headlines: on 23 pages with known texts .96 (F1 over
four words in a row) against .92.
"""

from __future__ import annotations

import html
import logging
import re
from dataclasses import dataclass
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from trafilatura import bare_extraction
from trafilatura.htmlprocessing import convert_to_html
from trafilatura.settings import Document as Article
from trafilatura.utils import line_processing, trim
from trafilatura.xpaths import BODY_XPATH

from feeds.errors import ParseError
from feeds.extract.boilerplate import tidy
from feeds.extract.layout import even_out, text_in
from feeds.page import Page

LITTLE = 60
"""Words of a text that may have been missed."""

MUCH_MORE = 1.5
"""How many times the words of a text another has that is taken instead."""

PROSE = 80
"""Characters of the shortest paragraph that is prose."""

MOST = 0.75
"""The share of a page's prose that the element which holds the article has."""

LEVELS = 12
"""Elements above a paragraph that may be that one."""

LINKS = 0.6
"""The share of a text in links above which it is a list of them."""

MAX_TAGS = 40_000
"""Tags of a page, ten times as many as the largest of 30 news pages has: trafilatura is quadratic in some."""

_CJK = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts without blanks between words."""

_PARSER = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)

logging.getLogger("trafilatura").setLevel(logging.CRITICAL + 1)  # it warns of every page without a text


@dataclass(frozen=True, slots=True)
class Found:
    """A text as HTML with absolute addresses, its number of words, and whether the page is rather a list of links."""

    markup: str = ""
    words: int = 0
    is_listing: bool = False


def find_text(page: Page, title: str, stated: int) -> Found:
    """The text of the article in `page`; empty where there is none.

    Asked again, less strictly, where it comes to few words or to half of those in the paragraphs of the page's
    article, unless a text of `stated` words is at hand that says much more. Raises `ParseError` for junk and where
    trafilatura breaks down; the message lacks the document's name.
    """
    tree = _tree(page)
    even_out(tree)
    _mark(tree)
    best = _found(tree, page, title, strict=True, fast=True)
    if stated <= MUCH_MORE * best.words and (best.words < LITTLE or 2 * best.words < _shown(tree)):
        lenient = _found(tree, page, title, strict=False, fast=True)
        if lenient.words < LITTLE:
            lenient = max(lenient, _found(tree, page, title, strict=False, fast=False), key=lambda found: found.words)
        if lenient.words > MUCH_MORE * best.words:
            best = lenient
            if _linked(tree) > LINKS:  # what was missed is taken as plain text, menus and all
                best = Found(best.markup, best.words, is_listing=True)
    for cached in (trim, line_processing):  # a thousand texts each: of hostile pages, gigabytes
        cached.cache_clear()
    return best


def count_words(text: str) -> int:
    """Words of plain text; two characters of a script that knows no blanks count as one."""
    words = len(text.split())
    return words if text.isascii() else words + len(_CJK.findall(text)) // 2


def _tree(page: Page) -> HtmlElement:
    """The page as trafilatura wants it. Raises `ParseError` for a page of junk."""
    markup = page.tree.html or "<p>"
    if markup.count("<") > MAX_TAGS:
        raise ParseError(f"is refused: more than {MAX_TAGS:,} tags")
    # lxml puts `<article>` into the head where `<body>` is left out, as it may be; in what was parsed before it is not.
    return document_fromstring(markup.encode("utf-8", "replace").translate(None, b"\0"), parser=_PARSER)


def _mark(tree: HtmlElement) -> None:
    """Calls the element that holds most of the prose an article where trafilatura would know none.

    It takes paragraphs alone then, from wherever they stand, and leaves the headings and lists between them.
    """
    if any(expression(tree) for expression in BODY_XPATH):
        return
    prose: dict[etree._Element, int] = {}
    whole = 0
    for paragraph in tree.iter("p"):
        length = len(text_in(paragraph))
        if length >= PROSE:
            whole += length
            for above in islice(paragraph.iterancestors(), LEVELS):
                prose[above] = prose.get(above, 0) + length
    # The innermost is met first, as are the elements above the first paragraph.
    found = next((one for one, length in prose.items() if length > MOST * whole), None)
    if found is not None and found.tag not in ("body", "html"):
        found.tag = "article"


def _found(tree: HtmlElement, page: Page, title: str, *, strict: bool, fast: bool) -> Found:
    try:
        found = bare_extraction(
            tree,
            fast=fast,
            favor_precision=strict,
            include_comments=False,
            include_formatting=True,
            include_images=True,
            include_links=True,
        )
        if not isinstance(found, Article) or found.body is None:
            return Found()
        body = found.body
        linked = tidy(body, title)
        text = " ".join(map(str, body.itertext()))
        _resolve(body, page)
        markup = _serialised(convert_to_html(body)[0])
    except Exception as error:  # it promises nothing about pages that nobody has seen yet
        raise ParseError(f"no text can be had of it: {type(error).__name__}: {str(error)[:200]}") from error
    return Found(markup, count_words(text), is_listing=linked > LINKS * len(text))


def _resolve(body: etree._Element, page: Page) -> None:
    """Makes addresses absolute; of what has none that can be shown only the text stays."""
    for link in body.iter("ref"):
        target = link.get("target")
        url = page.absolute(target) if target and not target.startswith("#") else None
        if url is None:
            link.tag = "span"
            link.attrib.clear()
        else:
            link.set("target", url)
    for picture in body.iter("graphic"):
        picture.set("src", page.absolute(picture.get("src")) or "")


def _serialised(body: etree._Element) -> str:
    inner = [etree.tostring(one, encoding="unicode", method="html") for one in body]
    return "".join([html.escape(body.text or "", quote=False), *inner]).strip()


def _shown(tree: HtmlElement) -> int:
    """Words in the paragraphs of the page's only article, or of what is marked as its text."""
    articles = tree.xpath("//*[@itemprop='articleBody']") or tree.xpath("//article[not(ancestor::article)]")
    if len(articles) != 1:
        return 0
    return sum(count_words(text_in(one)) for one in articles[0].iter("p"))


def _linked(tree: HtmlElement) -> float:
    """The share of the page's text that stands in links."""
    etree.strip_elements(tree, "script", "style", "noscript", "template", "svg", with_tail=False)
    whole = sum(len(text.strip()) for text in map(str, tree.itertext()))
    links = sum(len(text_in(link).strip()) for link in tree.iter("a"))
    return links / whole if whole else 0.0
