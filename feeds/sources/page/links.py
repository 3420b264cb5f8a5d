"""The links of a page, each with where it stands: what lists of articles are made of.

One look at every link and at each element above it; nothing here decides what an article is.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

from selectolax.lexbor import LexborNode

from feeds.page import Page
from feeds.sources.page.addresses import Address, address_of, is_sharing
from feeds.sources.page.texts import classes_of, fold, text_of, words

MAX_LINKS = 6_000
LEVELS = 9
"""Ancestors that a signature names."""

CLASSED = 3
"""Of these the nearest, by their class as well."""

PROSE = 8
"""Words beside its links, and twice as many as they have, that make a paragraph running text."""

PROSE_LEVELS = 3
_PARAGRAPHS = frozenset("p blockquote figcaption dd".split())
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_CHROME_TAGS = frozenset("nav aside footer dialog form".split())
_CHROME_ROLES = frozenset("navigation complementary contentinfo banner search menu menubar dialog alert".split())
_CHROME = re.compile(
    r"(?:(?:main|site|top|bottom|global|primary|secondary|left|right|page|mobile|footer|header|sub|user|social"
    r"|blog|post"
    r"|posts|entry|section|side|the)[-_]?)?"
    r"(?:nav|navbar|navigation|menu|submenu|sidebar|sidebars|footer|breadcrumbs?|pagination|paging|pager|masthead|rail"
    r"|widget|widgets|topbar|toolbar|tagcloud|tag-cloud|tags|taglist|cookies?|share|sharing|socials?|subnav|offcanvas)"
    r"(?:[-_]?(?:menu|nav|wrap|wrapper|container|inner|list|links|bar|widget|area|items?|box|block|col|column|content"
    r"|banner|buttons?|icons?))?"
)
_SIDE = re.compile(
    r"(?:(?:most|top|also|site|page|the)[-_]?)?"
    r"(?:popular|mostread|most-read|most_read|read-most|mostviewed|most-viewed|viewed|trending|trends|related"
    r"|recommended|recommendations?|recirc|also-read|read-also|readmore-box|youmaylike|promo|promos|sponsored|sponsor"
    r"|advert|adverts|advertisement|advertorial|ads?|adv|banners?|outbrain|taboola|newsletter|subscribe|partners?"
    r"|partner-news|bestof|populaires|popularne|meistgelesen|topthemen|lesermeinung|recent-comments|comments)"
    r"(?:[-_]?(?:posts?|articles?|news|stories|links?|items?|list|box|block|widget|content|now|topics|section|wrapper"
    r"|container|reads?|entries|module|area))?"
)
_PREFIX = re.compile(r"^(?:[a-z]{1,2}|js|is|has|wp|wp-block|mod|block|component|module|box|section)[-_]+")
_DIGIT = re.compile(r"\d")
_STATES = frozenset(
    "first last odd even active current item row col left right clearfix cf group hentry alt new".split()
)


@dataclass(slots=True, eq=False)
class Place:
    """An element above links. `heading` is the level of the heading it is or stands in (0 none), `marks` the nearest
    element at or above it that looks like chrome; `articles` counts addresses of seeming articles in a marking one."""

    node: LexborNode
    above: Place | None
    tag: str
    name: str
    depth: int
    heading: int
    in_main: bool
    in_item: bool
    is_chrome: bool
    marks: Place | None = None
    articles: int = 0

    def signature(self) -> str:
        """The tags of the nine nearest elements, from the inside out, the three nearest with their class."""
        parts = []
        place: Place | None = self
        for level in range(LEVELS):
            if place is None:
                break
            parts.append(place.name if level < CLASSED else place.tag)
            place = place.above
        return "<".join(parts)


@dataclass(slots=True, eq=False)
class Link:
    """One link. `text` is what it shows, `spoken` what it says in attributes or pictures; `order` counts from 0."""

    order: int
    node: LexborNode
    address: Address
    place: Place
    text: str
    spoken: str
    words: int
    heading: int
    rel: frozenset[str]
    signature: str
    in_text: bool = False
    in_chrome: bool = False

    @property
    def key(self) -> str:
        return self.address.key


@dataclass(slots=True)
class Links:
    """The links of a page that may lead to articles, in its order; `host` is the page's own. `prose` tells of the
    paragraphs that were met whether they are running text."""

    all: list[Link]
    host: str
    places: dict[int, Place] = field(default_factory=dict)
    prose: dict[int, bool] = field(default_factory=dict)


def links_of(page: Page) -> Links:
    """Every link of `page` that leads somewhere else over http(s)."""
    own = address_of(page.url or page.base or "", None)
    links = Links([], own.host if own is not None else "")
    for node in page.tree.css("a[href]")[:MAX_LINKS]:
        link = link_at(node, page, links)
        if link is not None and not is_sharing(link.address) and (own is None or link.key != own.key):
            links.all.append(link)
    _mark_chrome(links.all)
    return links


def link_at(node: LexborNode, page: Page, links: Links) -> Link | None:
    """The link that an `<a>` is; None where it leads nowhere over http(s)."""
    said = node.attributes
    address = address_of((said.get("href") or "").strip(), page.base)
    if address is None or node.parent is None:
        return None
    place = _place(node.parent, links.places)
    text = text_of(node)
    return Link(
        order=len(links.all),
        node=node,
        address=address,
        place=place,
        text=text,
        spoken=fold(said.get("aria-label") or said.get("title")),
        words=words(text),
        heading=place.heading or _heading_inside(node),
        rel=frozenset((said.get("rel") or "").lower().split()),
        signature="<".join((_name(node), place.signature())),
        in_text=_in_prose(place, links.prose),
    )


def _in_prose(place: Place, known: dict[int, bool]) -> bool:
    """Whether a link stands in a paragraph that has much more to say than its links."""
    one: Place | None = place
    for _ in range(PROSE_LEVELS):
        if one is None or one.tag in _HEADINGS:
            return False
        if one.tag in _PARAGRAPHS:
            key = one.node.mem_id
            if key not in known:
                linked = sum(words(text_of(inner)) for inner in one.node.css("a[href]")[:50])
                known[key] = words(text_of(one.node)) > 2 * linked + PROSE
            return known[key]
        one = one.above
    return False


def _place(node: LexborNode, places: dict[int, Place]) -> Place:
    """The place of an element, and of all above it that are not known yet."""
    waiting: list[LexborNode] = []
    one: LexborNode | None = node
    while one is not None and one.mem_id not in places and one.tag not in ("html", "-undef"):
        waiting.append(one)
        one = one.parent
    above = places.get(one.mem_id) if one is not None else None
    while waiting:
        one = waiting.pop()
        above = places[one.mem_id] = _made(one, above)
    return above or _made(node, None)


def _made(node: LexborNode, above: Place | None) -> Place:
    tag = node.tag or ""
    chrome = _is_chrome(node, tag, above)
    place = Place(
        node=node,
        above=above,
        tag=tag,
        name=_name(node),
        depth=above.depth + 1 if above is not None else 0,
        heading=_HEADINGS.get(tag, 0) or (above.heading if above is not None else 0),
        in_main=tag == "main" or (above is not None and above.in_main) or node.attributes.get("role") == "main",
        in_item=tag == "article" or (above is not None and above.in_item),
        is_chrome=chrome,
    )
    place.marks = place if chrome else above.marks if above is not None else None
    return place


def _name(node: LexborNode) -> str:
    """An element's tag and the first of its classes that says what it is: `post-123` and `odd` differ by row."""
    tag = node.tag or ""
    for one in classes_of(node):
        if one not in _STATES and _DIGIT.search(one) is None:
            return f"{tag}.{one[:60]}"
    return tag


def _is_chrome(node: LexborNode, tag: str, above: Place | None) -> bool:
    if tag in ("html", "body", "main"):
        return False
    if tag in _CHROME_TAGS:
        return tag != "form" or len(node.css("a[href]")) < 5
    said = node.attributes
    if (said.get("role") or "").lower() in _CHROME_ROLES:
        return True
    if tag == "header":
        return not (above is not None and above.in_item) and len(node.css("a[href]")) > 4
    if any(_marks_chrome(one) for one in classes_of(node)):
        return True
    return bool(said.get("id")) and _marks_chrome((said["id"] or "").lower()[:100])


@lru_cache(maxsize=4096)
def _marks_chrome(token: str) -> bool:
    """Whether one whole token of a class names chrome: with a prefix such as `c-`, or as the element of a block."""
    token = token.partition("--")[0]
    token = token.rpartition("__")[2]
    if len(token) > 40:
        return False
    bare = _PREFIX.sub("", token)
    return any(pattern.fullmatch(one) is not None for one in {token, bare} for pattern in (_CHROME, _SIDE))


def _heading_inside(node: LexborNode) -> int:
    inner = node.css_first("h1, h2, h3, h4, h5, h6")
    return _HEADINGS.get(inner.tag or "", 0) if inner is not None else 0


def _mark_chrome(links: list[Link]) -> None:
    """Says of each link whether it stands in chrome. What holds most seeming articles of a page, alone or with its
    namesakes, is none, whatever it is called: wrappers are `sidebar-layout`, and a `promo` may be any story."""
    seeming: dict[str, Link] = {}
    for link in links:
        if link.words > 3 and link.address.slug >= 0.5:
            seeming.setdefault(link.key, link)
    for link in seeming.values():
        marks = link.place.marks
        while marks is not None:
            marks.articles += 1
            marks = marks.above.marks if marks.above is not None else None
    most = len(seeming) * 0.5
    named: Counter[str] = Counter()
    for marks in {id(link.place.marks): link.place.marks for link in seeming.values()}.values():
        if marks is not None:
            named[marks.name] += marks.articles
    for link in links:
        marks = link.place.marks
        while marks is not None and (marks.articles > most or named[marks.name] > most):
            marks = marks.above.marks if marks.above is not None else None
        link.in_chrome = marks is not None


NEAR = 10
"""Levels that a row may stand above its link."""


def rows_above(links: list[Link]) -> list[Place | None]:
    """The highest element above each link that holds no other article's; None where that is the link itself."""
    held: dict[int, set[str]] = {}
    for link in links:
        place: Place | None = link.place
        for _ in range(NEAR + 1):
            if place is None:
                break
            held.setdefault(id(place), set()).add(link.key)
            place = place.above
    rows: list[Place | None] = []
    for link in links:
        row: Place | None = None
        above: Place | None = link.place
        for _ in range(NEAR):
            if above is None or len(held[id(above)]) > 1 or above.tag in ("body", "main", "html"):
                break
            row, above = above, above.above
        rows.append(row)
    return rows
