"""The next page of a listing."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from feeds.page import Page
from feeds.sources.page.addresses import Address, address_of, site_of
from feeds.sources.page.links import Link
from feeds.sources.page.texts import above, classes_of

_NEXT = re.compile(
    r"(?:next(?: page)?|older(?: posts| entries| articles| news)?|weiter|nächste(?: seite)?|suivante?"
    r"|page suivante|siguiente|próxima|seguinte|successiva|avanti|volgende"
    r"|nästa|neste|næste|seuraava|następna|dalej|další|ďalšia|следующая(?: страница)?|вперед|вперёд|далее"
    r"|наступная|наступная старонка|наперад|наступна(?: сторінка)?|далі"
    r"|kitas|nākamā|järgmine|sonraki|下一页|下一頁|次へ|次のページ|다음)"
)
_PAGER = re.compile(
    r"(?:[a-z0-9]+[-_]+){0,4}(?:pagination|pager|paging|page-numbers|nav-links|next|next-page|older|older-posts"
    r"|page-next)(?:[-_]?(?:link|list|item|nav|wrapper))?"
)
_NUMBER = re.compile(
    r"(?:/(?:page|seite|strona|p)/?|[?&](?:page|p|paged|pg|seite|PAGEN_1)=)(\d{1,4})(?=[/&.]|$)", re.IGNORECASE
)


def next_page(page: Page, links: list[Link]) -> tuple[str, ...]:
    """The address of the next page, one or none, absolute and of the page's own site.

    `rel="next"` says so; a link that only reads like it counts where it stands in a pager or its address has a page's
    number.
    """
    own = address_of(page.url or page.base or "", None)
    if own is None:
        return ()
    for element in page.tree.css('link[rel~="next" i][href], a[rel~="next" i][href]')[:10]:
        if (url := _fits(page, element.attributes.get("href"), own)) is not None:
            return (url,)
    for link in links:
        text = (link.text or link.spoken)[:40].casefold().strip(" »›→>«‹.…")
        if len(text) > 30 or _NEXT.fullmatch(text) is None:
            continue
        url = _fits(page, link.address.url, own)
        if url is not None and (_NUMBER.search(url) is not None or _in_pager(link.node)):
            return (url,)
    return ()


def _in_pager(element: LexborNode) -> bool:
    around = (element, *above(element, 2))
    return any(_PAGER.fullmatch(token) is not None for one in around for token in classes_of(one))


def _fits(page: Page, href: str | None, own: Address) -> str | None:
    """Where a link leads, unless that is another site or the page itself. Pages of a listing may differ in any name
    of their query, so that no less than the whole address tells them apart."""
    address = address_of((href or "").strip(), page.base)
    if address is None or site_of(address.host) != site_of(own.host) or _whole(address) == _whole(own):
        return None
    return address.url


def _whole(address: Address) -> str:
    return address.url.partition("#")[0]
