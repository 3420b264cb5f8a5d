"""Which links of a page are its list of articles.

Links that stand alike make a group; the group that looks most like a list of headlines is the list, and what looks
like its members elsewhere on the page belongs to it too: the story on top, the second column.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from feeds.sources.page.addresses import site_of
from feeds.sources.page.links import Link, Links, Place, rows_above
from feeds.sources.page.texts import fold, text_of, words
from feeds.sources.page.times import has_date
from feeds.sources.page.titles import NAMELESS, Beside, Title, title_of

MOST_WORDS = 12
CANDIDATES = 12
"""Groups that are looked at closely, the best first."""

SAMPLE = 30
"""Rows of a group that are asked for dates."""

LABELLED = 3
"""Rows that lead to one address, from the same place in each, when that is no article's but a label's."""

FOLDED = 5
"""Articles from which on it says something that all of them lie in one folder."""

FEW_WORDS = 2.5
ROW = 3_000
"""Characters of a row in which a date is looked for."""

_PLAIN_SHAPE = re.compile(r"[SsNIY?]")
_SIDE_TITLE = re.compile(
    r"(?:the )?(?:most[ -](?:read|viewed|popular|shared|commented|discussed|watched)|popular|trending"
    r"|top (?:stories|posts) (?:today|this week)|related"
    r"|recommended|you (?:may|might) (?:also )?(?:like|enjoy)|also read|read also|see also"
    r"|editors?['’]?s? (?:picks?|choice)|sponsored|promoted|partners?|from our partners"
    r"|recent comments|more on this|around the web|in pictures"
    r"|meistgelesen|am häufigsten gelesen|beliebt|lesen sie auch|das könnte|anzeige|les plus lus|à lire aussi"
    r"|sur le même|populaires?"
    r"|lo más (?:leído|visto)|más leíd|te puede interesar|i più letti|potrebbe interessarti|leggi anche|mais lid"
    r"|najpopularniejsze|najczęściej czytane|czytaj także|zobacz też"
    r"|самое (?:читаемое|популярное|обсуждаемое)|популярн|читайте также|рекоменд|по теме|партн[её]р|новости партн"
    r"|сейчас читают|топ недели"
    r"|самае чытанае|папулярн|чытайце таксама|чытайце яшчэ|парт?н[её]р|по тэме|па тэме|найпопулярн|читайте також"
    r"|читають"
    r"|populiariausi|skaitomiausi|lasītākie|loetuimad|meest gelezen|mest l[äæe]s|luetuimmat|nejčtenější"
    r"|najčítanejšie|legolvasottabb|cele mai citite)",
    re.IGNORECASE,
)


_T = TypeVar("_T")


@dataclass(slots=True)
class Group:
    """Links that stand alike, the first of each address; `score` says how much they look like a list of headlines."""

    signature: str
    links: list[Link] = field(default_factory=list)
    score: float = 0.0
    dated: float = 0.0
    is_side: bool = False


@dataclass(slots=True)
class Choice:
    """The links of the list in the page's order, several for one article; `how` names what told the list,
    `signature` is that of most of its links."""

    links: list[Link]
    titles: Mapping[int, Title]
    how: str
    signature: str


def choose(links: Links, stated: Mapping[str, str], learned: str | None = None) -> Choice | None:
    """The list of the page; None where nothing looks like one.

    `stated` are the addresses (keys) that the page itself lists, with their titles. The signature that was `learned`
    goes before what scores better today.
    """
    beside = Beside()
    titles = {link.order: title_of(link, beside) for link in links.all}
    groups = _groups(links, titles)
    if not groups:
        return None
    _score(groups, titles, links, stated)
    best = max(groups, key=lambda group: group.score)
    again = next((group for group in groups if group.signature == learned), None)
    if again is None and not _is_likely(best, titles, links):
        return None
    best = again or best
    chosen = _with_members(best, groups, links, titles, stated)
    share = _share(best.links, lambda link: link.key in stated)
    heads = _share(best.links, lambda link: link.heading > 0)
    how = "stated" if share >= 0.5 else "headings" if heads >= 0.5 else "structure"
    return Choice(chosen, titles, how, best.signature)


def _groups(links: Links, titles: Mapping[int, Title]) -> list[Group]:
    found: dict[str, Group] = {}
    stands = {(link.signature, link.key, link.place.node.mem_id) for link in links.all}
    times = Counter((signature, key) for signature, key, _ in stands)
    seen: set[tuple[str, str]] = set()
    for link in links.all:
        if titles[link.order] is NAMELESS or not _may_lead(link, titles[link.order]):
            continue
        one = (link.signature, link.key)
        if one not in seen and times[one] < LABELLED:
            seen.add(one)
            found.setdefault(link.signature, Group(link.signature)).links.append(link)
    return list(found.values())


def _may_lead(link: Link, title: Title) -> bool:
    """Whether a link can be an article's: not one that says it leads to a list or a person."""
    if link.rel & {"tag", "author", "category", "next", "prev", "home", "me", "license", "sponsored"}:
        return False
    if link.address.shape.endswith("!") and not (link.heading and words(title.text) > 4):
        return False
    if link.in_text and not link.heading:
        return False
    return link.address.path.strip("/") != "" or bool(link.address.key.partition("?")[2])


def _score(groups: list[Group], titles: Mapping[int, Title], links: Links, stated: Mapping[str, str]) -> None:
    site = site_of(links.host)
    for group in groups:
        n = len(group.links)
        mean = sum(min(words(titles[link.order].text), MOST_WORDS) for link in group.links) / n
        slug = sum(max(link.address.slug, 0.15) for link in group.links) / n
        away = _share(group.links, lambda link: site_of(link.address.host) != site) if site else 0.0
        score = math.log2(n + 1) * mean
        score *= (slug + 0.7 * away) if away > 0.5 else slug
        score *= 1 + 0.8 * _share(group.links, lambda link: 0 < link.heading < 6)
        score *= 1 + 0.3 * _share(group.links, lambda link: link.place.in_main)
        score *= 1 + 0.3 * _share(group.links, lambda link: link.place.in_item)
        score *= 1 + 2 * _share(group.links, lambda link: link.key in stated)
        if _share(group.links, lambda link: link.in_chrome) > 0.5:
            score *= 0.25
        if away > 0.5 and site:
            score *= 0.7
        if mean < FEW_WORDS:
            score *= 0.4
        if n < 3:
            score *= 0.6
        group.score = score
    groups.sort(key=lambda group: -group.score)
    for group in groups[:CANDIDATES]:
        places = rows_above(group.links[:SAMPLE])
        group.dated = _share(places, _has_date)
        group.score *= 1 + 0.8 * group.dated
        group.is_side = _is_side(group)
        if group.is_side:
            group.score *= 0.3


def _has_date(place: Place | None) -> bool:
    if place is None:
        return False
    node = place.node
    return node.css_first("time") is not None or has_date(text_of(node)[:ROW])


def _is_side(group: Group) -> bool:
    """Whether the heading over a group says that it is chosen by other readers or by the publisher's advertisers."""
    common: Place | None = group.links[0].place
    last = group.links[-1].place
    above = set()
    place: Place | None = last
    while place is not None:
        above.add(id(place))
        place = place.above
    while common is not None and id(common) not in above:
        common = common.above
    for _ in range(3):
        if common is None or common.tag in ("body", "main"):
            return False
        heading = common.node.css_first("h1, h2, h3, h4, h5, h6, [class*=title], [class*=heading], caption, legend")
        if heading is not None and heading.css_first("a[href]") is None and (said := fold(text_of(heading))):
            return _SIDE_TITLE.match(said) is not None
        before = common.node.prev
        while before is not None and not before.is_element_node:
            before = before.prev
        if (
            before is not None
            and before.tag in ("h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "strong", "b")
            and len(said := text_of(before)) < 60
        ):
            return _SIDE_TITLE.match(said) is not None
        common = common.above
    return False


def _is_likely(group: Group, titles: Mapping[int, Title], links: Links) -> bool:
    """Whether the best group is a list of articles at all, rather than the menu of a page that has none."""
    n = len(group.links)
    mean = sum(words(titles[link.order].text) for link in group.links) / n
    slug = sum(link.address.slug for link in group.links) / n
    if _share(group.links, lambda link: link.in_chrome) > 0.5:
        return slug >= 0.5 and mean >= 4
    placed = _share(group.links, lambda link: link.heading > 0 or link.place.in_item or link.place.in_main)
    return slug >= 0.5 or mean >= FEW_WORDS or group.dated >= 0.5 or placed >= 0.5


def _with_members(
    best: Group, groups: list[Group], links: Links, titles: Mapping[int, Title], stated: Mapping[str, str]
) -> list[Link]:
    """The links of the best group, and of all others that look like its members."""
    site = site_of(links.host)
    own = _own(best.links, site)
    folders = {link.address.folder for link in own}
    folder = folders.pop() if len(folders) == 1 and len(own) >= FOLDED else None
    shapes = Counter(link.address.shape for link in own)
    known = {shape for shape, n in shapes.items() if n >= max(2, len(own) * 0.1) or len(own) < 4}
    known = {shape for shape in known if _PLAIN_SHAPE.search(shape.partition("/")[2]) and not shape.endswith("!")}
    mean = sum(min(words(titles[link.order].text), MOST_WORDS) for link in own) / len(own)
    least = 3 if mean > 4 else 2
    if mean > 4 and all(shape.count("/") < 2 for shape in known):
        least = 5  # pages of the house lie at the root, too
    chosen = {link.key for link in own}
    picked = list(own)
    side = {group.signature for group in groups if group.is_side}
    in_chrome = _share(best.links, lambda link: link.in_chrome) > 0.5
    for group in groups:
        if group is best or group.signature in side:
            continue
        for link in group.links:
            if link.key in chosen or (link.in_chrome and not in_chrome):
                continue
            count = words(titles[link.order].text)
            if site and site_of(link.address.host) != site:
                continue
            alike = link.address.shape in known and (count >= least or (link.heading > 0 and count > 1))
            alike = alike and (folder is None or link.address.folder == folder)
            headed = 0 < link.heading < 6 and count >= 4 and link.address.slug >= 0.6
            if alike or headed or (link.key in stated and count >= least):
                picked.append(link)
                chosen.add(link.key)
    every = [link for link in links.all if link.key in chosen and (in_chrome or link in picked or not link.in_chrome)]
    return every


def _own(links: list[Link], site: str) -> list[Link]:
    """The links of a group without those to other sites, where nearly all lead to the page's own."""
    if not site:
        return links
    own = [link for link in links if site_of(link.address.host) == site]
    return own if len(own) >= 0.8 * len(links) else links


def _share(things: Sequence[_T], is_one: Callable[[_T], bool]) -> float:
    return sum(bool(is_one(one)) for one in things) / len(things) if things else 0.0
