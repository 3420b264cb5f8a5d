"""The headline of a link: the words in it, around it or about it that name the article it leads to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from selectolax.lexbor import LexborNode

from feeds.sources.page.links import Link, Place
from feeds.sources.page.texts import above, classes_of, fold, text_of, words

CARD = 18
"""Words of a link above which it is a card that holds more than a headline."""

_UP = 5
_PARTS = 60
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_CARD_PARTS = frozenset("div p span strong b".split())
_LINKS = 5
"""Addresses in an element above which it is no row of one article: its picture, headline, section, author and tag."""

_MAX_ROW = 400
"""Elements in one that is no row either."""

_MAX_SEEN = 1_000_000
"""Elements that are looked at for headings beside the links of one page."""

_TITLE = re.compile(
    r"(?:[a-z0-9]+[-_]+){0,5}(?:title|headline|heading|hed|header-text|zagolovok|titel|titre"
    r"|titulo)(?:[-_]?(?:text|link|inner|content|label|span))?"
)
_KICKER = re.compile(
    r"(?:[a-z0-9]+[-_]+){0,5}(?:kicker|overline|eyebrow|topline|roofline|dachzeile|spitzmarke|surtitle|pretitle"
    r"|supertitle"
    r"|label|badge|flag|tag|category|section|rubric|rubrika|topic|tagline)(?:[-_]?(?:text|link|inner|label|name))?"
)
_ASIDE = re.compile(
    r"(?:[a-z0-9]+[-_]+){0,5}(?:time|date|datetime|timestamp|published|ago|comments?|counter|count|views?|author|byline"
    r"|summary|teaser|excerpt|description|standfirst|lead|deck|dek|duration|meta|icon|credit|caption|subtitle|subline"
    r"|paywall|premium|lock|locked|plus)(?:[-_]?(?:text|info|count|label|icon|badge|time|wrap|item|box|number|name))?"
)
_NOISE = re.compile(r"[\s»«›‹→←↗⟶▶►•·|:…\.\-–—+>(){}\[\]]+")
_GENERIC = re.compile(
    r"(?:(?:please )?(?:continue )?read(?:ing)?(?: (?:more|on|now|article|post|the (?:full )?(?:story|article"
    r"|post)|full (?:story|article|post)"
    r"|story|it|all))?(?: about.{0,80})?|more|(?:learn|find out|see|show|view|load|discover|get|know)(?: (?:more"
    r"|all|details|post|article|full (?:article"
    r"|story)|the details|older|newer))(?: posts| news| stories)?|details|full (?:story|text|article)|open|link"
    r"|permalink|here|click here|go|view|watch|watch now"
    r"|listen|play|download|pdf|image|photo|video|photos|gallery|live|new|share|tweet|print|email|reply|edit|hide"
    r"|save|top|next|prev(?:ious)?"
    r"|older(?: posts| entries)?|newer(?: posts| entries)?|back|home|all|all news|all posts|archive"
    r"|skip to (?:main )?content"
    r"|(?:no |\d+ |leave a |post a |add a |view )?(?:comments?|replies|responses?|discuss(?:ion)?)(?: \d+)?"
    r"|\d+ (?:min|minutes?)(?: read)?"
    r"|подробн(?:ее|ости)|читать(?: (?:далее|дальше|полностью|ещ[её]|больше|статью|новость|вс[её]))?|далее|дальше"
    r"|ещ[её]|показать ещ[её]|смотреть(?: все)?"
    r"|все новости|больше|(?:\d+ )?комментари[а-я]{0,3}(?: \d+)?|обсудить|поделиться|фото|видео|перейти"
    r"|падрабязн(?:ей|асці)|чытаць(?: (?:далей|болей|больш|цалкам))?|далей|болей|яшчэ|усе навіны"
    r"|(?:\d+ )?каментар[а-я]{0,3}"
    r"|детальніше|докладніше|читати(?: (?:далі|більше|повністю))?|далі|ще|більше|усі новини"
    r"|weiterlesen|mehr(?: (?:lesen|erfahren|dazu|anzeigen))?|zum artikel|artikel lesen|lesen|details"
    r"|alle(?: artikel)?|(?:\d+ )?kommentare?"
    r"|lire(?: (?:la suite|l['’]article|plus|aussi))?|(?:la )?suite|en savoir plus|voir(?: plus| tout)?|plus"
    r"|(?:\d+ )?commentaires?"
    r"|(?:leer|ver|saber|seguir)(?: (?:más|todo|leyendo|noticia|artículo|la nota))|más(?: información)?"
    r"|(?:\d+ )?comentarios?"
    r"|ler(?: (?:mais|tudo|artigo))|saiba mais|leia mais|ver mais|continuar lendo|leggi(?: (?:tutto|di più|ancora"
    r"|l['’]articolo|anche))?|continua(?: a leggere)?|scopri di più"
    r"|lees(?: (?:meer|verder))|meer(?: lezen)?|läs(?: mer)|les(?: mer)|læs(?: mere)|lue(?: lisää)|loe(?: edasi"
    r"| rohkem)|lasīt(?: vairāk| tālāk)|plačiau|skaityti(?: (?:daugiau|toliau|plačiau))"
    r"|więcej|czytaj(?: (?:więcej|dalej|całość))?|zobacz(?: więcej)?|(?:\d+ )?komentarz(?:e|y)?|číst(?: (?:dále"
    r"|více))|více|celý článek|čítať(?: (?:ďalej|viac))|viac"
    r"|tovább|bővebben|citește(?: (?:mai mult|mai departe|tot))|mai mult|devamı(?:nı oku)?|daha fazla|oku"
    r"|прочети(?: още| повече)?|още|повече|opširnije|više|pročitaj više"
    r"|περισσότερα|διαβάστε περισσότερα|続きを読む|もっと見る|詳細|詳しく|阅读(?:全文|更多)?|查看(?:更多|详情|全文)"
    r"|更多"
    r"|详情|全文"
    r"|더보기|자세히|المزيد"
    r"|اقرأ المزيد|קרא עוד)",
)
"""What links say that lead to an article without naming it."""

_TRUNCATED = re.compile(r"(?:…|\.\.\.)\s*$")


@dataclass(frozen=True, slots=True)
class Title:
    """A headline: `worth` ranks those of one article, `kickers` are the words set apart before it."""

    text: str
    worth: int
    kickers: tuple[str, ...] = ()

    def __lt__(self, other: Title) -> bool:
        """Whether `other` is the better headline of the same article; of two alike, the one that came first is."""
        return self._rank < other._rank or (
            self._rank == other._rank
            and len(self.text) < len(other.text)
            and other.text.startswith(self.text.rstrip(".… "))
        )

    @property
    def _rank(self) -> tuple[int, bool]:
        return self.worth, 2 < words(self.text) <= CARD or self.worth > 3


NAMELESS = Title("", 0)


@lru_cache(maxsize=4096)
def is_generic(text: str) -> bool:
    """Whether a link says only that there is something to read, or how many said something about it."""
    bare = " ".join(_NOISE.sub(" ", text.casefold()[:120]).split())
    return not bare or bare.isdecimal() or len(bare) == 1 or _GENERIC.fullmatch(bare) is not None


def title_of(link: Link, beside: Beside | None = None) -> Title:
    """The headline of what `link` leads to; `NAMELESS` where nothing says it. `beside` is the page's, for more links
    than one.

    In the order of their worth: a heading, what is marked as a title, the link's own text, the heading beside a link
    that says "Read more", and what attributes say.
    """
    found = _shown(link)
    if found is NAMELESS:
        found = (beside or Beside()).title(link)
    if found is NAMELESS:
        said = link.spoken or _pictured(link.node)
        found = Title(said, 1) if said and words(said) > 1 and not is_generic(said) else NAMELESS
    return _whole(found, link)


def _shown(link: Link) -> Title:
    """What the link itself shows."""
    if not link.text or is_generic(link.text):
        return NAMELESS
    spoken = link.spoken
    if spoken and words(spoken) > 2 and spoken != link.text and link.text.endswith(spoken):
        # What the link is called is what its text ends in: before it stands a kicker.
        return Title(spoken, 5, (link.text.removesuffix(spoken).strip(" :|/·•–—-"),))
    heading = link.node.css_first("h1, h2, h3, h4, h5, h6")
    if heading is not None and (text := text_of(heading)):
        return _parted(heading, text, 5)
    if link.place.heading:
        return _parted(link.node, link.text, 5)
    marked = _marked(link.node)
    if marked is not None and (text := text_of(marked)) and not is_generic(text):
        return _parted(marked, text, 4)
    title = _parted(link.node, link.text, 3 + _role_above(link.node))
    if words(title.text) > CARD or len(link.node.css("p")) > 1:
        first = _first_block(link.node)
        if first:
            return Title(first, 2, title.kickers)
    return title


def _role_above(node: LexborNode) -> int:
    """1 where the element that a link stands in is called a title, -2 where it is called a teaser or the like."""
    above = node.parent
    for _ in range(2):
        if above is None or _is(above, "title"):
            return int(above is not None)
        if _is(above, "aside"):
            return -2
        above = above.parent
    return 0


def _marked(node: LexborNode) -> LexborNode | None:
    """The element inside that its class calls a title, unless the link's parts are too many to look at."""
    for inner in node.css("[class], [itemprop=headline], [itemprop=name]")[:_PARTS]:
        if inner.mem_id == node.mem_id:
            continue
        if inner.attributes.get("itemprop") or _is(inner, "title"):
            return inner
    return None


def _parted(node: LexborNode, text: str, worth: int) -> Title:
    """The text of a headline's element without what is set apart in it: kickers, times, counts, badges."""
    inner = node.css("[class], time, svg, small")[:_PARTS]
    left: dict[int, LexborNode] = {}
    kickers: dict[int, LexborNode] = {}
    for one in inner:
        if one.mem_id == node.mem_id:
            continue
        if _is(one, "title"):
            continue
        if one.tag == "time" or _is(one, "aside"):
            left[one.mem_id] = one
        elif _is(one, "kicker"):
            kickers[one.mem_id] = one
    if not left and not kickers:
        return Title(text, worth)
    rest = text_of(node, without=frozenset({*left, *kickers}))
    if not words(rest):
        return Title(text, worth)
    said = tuple(dict.fromkeys(said.strip(" :|/·•–—-") for one in kickers.values() if (said := text_of(one))))
    return Title(rest.strip(" |/·•"), worth, tuple(one for one in said if one))


def _first_block(node: LexborNode) -> str:
    """The first text of a card that is long enough for a headline, of those in elements of their own."""
    for inner in node.css("div, p, span, strong, b")[:_PARTS]:
        blocks = (one for one in islice(inner.traverse(), _MAX_ROW) if one.tag in _CARD_PARTS)
        if len(list(islice(blocks, 2))) < 2 and 3 <= words(text := text_of(inner)) <= 40:
            return text
    return ""


class Beside:
    """What stands beside the links of one page: each element above them is looked at once."""

    def __init__(self) -> None:
        self._seen: dict[int, Title | None] = {}
        self._left = _MAX_SEEN

    def title(self, link: Link) -> Title:
        """The heading near a link that does not name what it leads to, where the heading is no link of its own."""
        place: Place | None = link.place
        for _ in range(0 if link.place.heading else _UP):
            if place is None or place.tag in ("body", "main", "html", "nav", "footer"):
                break
            key = place.node.mem_id
            if key not in self._seen:
                self._seen[key] = self._look(place.node)
            if (found := self._seen[key]) is not None:
                return found
            place = place.above
        return NAMELESS

    def _look(self, node: LexborNode) -> Title | None:
        """The one heading in an element; `NAMELESS` where it has several, or is more than a row; None without any."""
        inner = list(islice(node.traverse(), min(_MAX_ROW, self._left)))
        self._left -= len(inner)
        found = [one for one in inner if one.tag in _HEADINGS][:2]
        if not found:
            classed = [one for one in inner if "class" in one.attributes][:_PARTS]
            found = [one for one in classed if one.tag != "a" and _is(one, "title")][:2]
        leading = {one.attributes.get("href") for one in inner if one.tag == "a"}
        if not found and len(inner) < _MAX_ROW and len(leading) <= _LINKS:
            return None
        if len(found) != 1 or len(inner) >= _MAX_ROW:
            return NAMELESS
        (heading,) = found
        linked = heading.css_first("a[href]") is not None or any(one.tag == "a" for one in above(heading, _UP))
        return NAMELESS if linked else _parted(heading, text_of(heading), 4)


def _pictured(node: LexborNode) -> str:
    image = node.css_first("img[alt]")
    return fold(image.attributes.get("alt")) if image is not None else ""


def _whole(title: Title, link: Link) -> Title:
    """The whole of a headline that is cut short, where an attribute says it."""
    if _TRUNCATED.search(title.text) is None:
        return title
    start = _TRUNCATED.sub("", title.text).rstrip()[:40].casefold()
    whole = next(
        (
            said
            for said in (link.spoken, fold(link.node.attributes.get("title")), _pictured(link.node))
            if said.casefold().startswith(start)
        ),
        "",
    )
    return Title(whole, title.worth, title.kickers) if start and len(whole) > len(start) else title


def _is(node: LexborNode, role: str) -> bool:
    return any(_role(token) == role for token in classes_of(node))


@lru_cache(maxsize=4096)
def _role(token: str) -> str:
    """What an element of this class is in a headline: "title", "aside", "kicker", or nothing that matters."""
    bare = token.partition("--")[0][:60]
    named = ((_TITLE, "title"), (_ASIDE, "aside"), (_KICKER, "kicker"))
    return next((role for pattern, role in named if pattern.fullmatch(bare) is not None), "")
