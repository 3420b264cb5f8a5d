"""Lines of a page that are no part of its article though they stand in it: buttons, promotions, what comes after.

Only what says so in words that articles do not use for a whole line, and lists of links at the end.
"""

from __future__ import annotations

import re

from lxml import etree

from feeds.extract.layout import text_in

LINE = 80
"""Characters of the longest line that is only a button or a heading of what comes after."""

PROMOTION = 250
HEADLINE = 25
KEPT = 0.6
"""The share of a text that must stand before a heading that ends it."""

_BUTTONS = """
    share|share this|share this article|share this story|share on facebook|share on twitter|share on x|copy link|tweet
    save|save article|print|print this article|email|email this article|follow us|listen|listen to this article
    advertisement|advertising|sponsored|sponsored content|ad|article continues below advertisement|story continues below
    article continues below|continue reading|read more|learn more|show more|see more|view comments|leave a comment
    sign up for our newsletter|subscribe to our newsletter|get the newsletter|skip to content|back to top|close
    anzeige|werbung|teilen|artikel teilen|drucken|merken|weiterlesen|mehr lesen|zur startseite|kommentare anzeigen
    newsletter abonnieren|artikel anhören|vorlesen
    publicité|partager|partager cet article|imprimer|lire la suite|lire plus|écouter l'article|s'abonner à la newsletter
    publicidad|compartir|imprimir|leer más|seguir leyendo|escuchar el artículo|publicidade|compartilhar|leia mais
    pubblicità|condividi|stampa|leggi tutto|reklama|udostępnij|drukuj|czytaj dalej|czytaj więcej|posłuchaj artykułu
    реклама|поделиться|распечатать|читать далее|читать дальше|подробнее|подписаться на рассылку|слушать статью
    поділитися|роздрукувати|читати далі|докладніше|падзяліцца|раздрукаваць|чытаць далей|рэклама
    このニュースをシェア|シェアする|広告|分享|广告|공유|광고
"""

_AFTER = """
    related|related articles|related stories|related topics|related content|more on this story|more from|more stories
    most read|most viewed|most popular|trending|recommended|recommended for you|you may also like|you might also like
    read next|up next|comments|leave a comment|join the conversation|keywords|tags|topics|topics in this article
    editors' picks|editor's picks|more must-reads|about the author|newsletter|sign up for our newsletter
    mehr zum thema|auch interessant|das könnte sie auch interessieren|meistgelesen|meistgelesene artikel
    kommentare|weitere artikel|weitere themen|schlagworte|themen
    sur le même sujet|à lire aussi|les plus lus|commentaires|articles liés|dans la même rubrique|mots-clés
    más noticias|noticias relacionadas|te puede interesar|lo más leído|comentarios|comentar|temas|etiquetas
    zobacz także|zobacz też|czytaj także|najczęściej czytane|komentarze|powiązane artykuły|polecane|tagi
    читайте также|по теме|материалы по теме|самое читаемое|комментарии|рекомендуем|популярное|теги
    читайте також|за темою|найпопулярніше|коментарі|чытайце таксама|па тэме|каментары|каментарыі|папулярнае
    leggi anche|articoli correlati|i più letti|commenti|leia também|mais lidas
    関連記事|相关阅读|相关新闻|관련기사
"""

_POINTERS = """
    read more|read also|read next|also read|see also|more on this|related|recommended|watch|listen|sign up|subscribe
    lesen sie auch|mehr zum thema|auch interessant|lire aussi|à lire aussi|lea también|lee también|te puede interesar
    zobacz też|zobacz także|czytaj też|czytaj także|przeczytaj też|przeczytaj także|читайте также|смотрите также
    по теме|читайте також|дивіться також|чытайце таксама|глядзіце таксама|leggi anche|leia também
"""


def _lines(text: str) -> list[str]:
    return [line for part in text.replace("\n", "|").split("|") if (line := part.strip())]


_IS_BUTTON = frozenset(_lines(_BUTTONS))
_IS_AFTER = frozenset(_lines(_AFTER))
_PROMOTION = re.compile(rf"(?:{'|'.join(_lines(_POINTERS))})\s*[:：–—|»>-]", re.IGNORECASE)
_EDGES = " \t.:;,…·•*|/\\»›>→-–—_\"'“”„«()[]+"
_STOPS = (".", "!", "?", "…", "»", '"', "”", "。", "！", "？", "။", ":", ";")


def tidy(body: etree._Element, title: str) -> int:
    """Takes such lines out of an article in trafilatura's terms; the number of characters left that are in links."""
    if len(body) and body[0].tag == "head" and _folded(_line(body[0])) == _folded(title):
        body.remove(body[0])
    for block in list(body):
        if _is_button(block) or _is_promotion(block):
            body.remove(block)
    _end(body)
    return _linked(body)


def _end(body: etree._Element) -> None:
    """Cuts what comes after the article: from a heading that says so, and lists of links."""
    whole = sum(len(_line(block)) for block in body)
    before = 0
    for block in list(body):
        line = _line(block)
        if before >= KEPT * whole and len(line) <= LINE and _folded(line) in _IS_AFTER:
            for after in [block, *block.itersiblings()]:
                body.remove(after)
            break
        before += len(line)
    while len(body) > 1 and _comes_after(body[-1], body[-2]):
        body.remove(body[-1])


def _comes_after(last: etree._Element, before: etree._Element) -> bool:
    """Whether the last block is none of the article's, judged by it and the one before."""
    if last.tag == "graphic":
        return False
    line = _line(last)
    if last.tag == "head" or not line or _folded(line) in _IS_AFTER:
        return True
    if last.tag == "list":
        return 2 * _linked(last) > len(line) or (
            _lists_headlines(last) and (_is_link(before) or _lists_headlines(before))
        )
    return _is_link(last)


def _is_link(block: etree._Element) -> bool:
    """Whether a paragraph is nothing but links."""
    length = len(_line(block))
    return block.tag == "p" and length < PROMOTION and _linked(block) >= 0.9 * length


def _lists_headlines(block: etree._Element) -> bool:
    """Whether a block lists lines as long as headlines, of which none ends as a sentence does."""
    if block.tag != "list":
        return False
    items = [text for one in block if (text := _line(one))]
    if len(items) < 3 or any(text.endswith(_STOPS) for text in items):
        return False
    return len(_line(block)) > HEADLINE * len(items)


def _linked(block: etree._Element) -> int:
    return sum(len(text_in(link).strip()) for link in block.iter("ref"))


def _is_button(block: etree._Element) -> bool:
    line = _line(block)
    return len(line) <= LINE and _folded(line) in _IS_BUTTON


def _is_promotion(block: etree._Element) -> bool:
    """Whether a block points to another article: in words that do so, and mostly a link."""
    line = _line(block)
    if len(line) > PROMOTION or _PROMOTION.match(line) is None:
        return False
    return 2 * _linked(block) >= len(line)


def _line(block: etree._Element) -> str:
    return " ".join(text_in(block).split())


def _folded(line: str) -> str:
    return line.strip(_EDGES).replace("’", "'").casefold()
