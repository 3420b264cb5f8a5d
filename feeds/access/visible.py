"""What a reader sees of an article page: the words of its body, and the text in which a paywall may speak.

Read only where the page holds a paywall's words at all, since it looks at every element.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_NODES = 100_000
MAX_TEXT = 400_000
SENTENCE = 20
"""Words of a piece of text that is no price or invitation."""

_UNSEEN = frozenset(
    "head script style noscript template svg iframe object select option datalist dialog canvas video audio nav footer "
    "form textarea menu".split()
)
"""Elements that show nothing, or nothing of an article."""

_UNHEARD = frozenset("a li button header".split())
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6 figcaption figure button label time table dl".split())
_INLINE = frozenset("a abbr b bdi bdo cite code em font i ins kbd mark q s small span strong sub sup time u wbr".split())

_HIDDEN = frozenset(
    "hidden hide invisible d-none is-hidden visually-hidden visuallyhidden screen-reader-text sr-only u-hidden "
    "js-hidden modal popup overlay interstitial lightbox tooltip".split()
)
"""Classes, whole, of what is not shown until a script does so."""

_BESIDE = frozenset(
    "related recommended recommendations recommendation teaser teasers newsletter sidebar promo promoted promotion "
    "comments comment share sharing social cookie cookies consent cmp gdpr advert advertisement ads breadcrumb "
    "breadcrumbs menu navigation navbar masthead byline author bio trending popular mostread latest outbrain taboola "
    "carousel footer toolbar topbar banner pagination tags".split()
)
"""Words of classes of what stands beside an article."""

_GATES = frozenset(
    "paywall regwall paygate gate barrier meter piano offer subscribe subscription subscriber subscribers upsell cta "
    "upgrade abo premium locked lock restricted restriction".split()
)
"""Words of classes of what may be a paywall: its prices are no words of the article."""

_WORD = re.compile(r"[a-z]+|[A-Z][a-z]*")


@dataclass(frozen=True, slots=True)
class Visible:
    """`text` is all that may be of the article or its paywall, `words` how many its body has, `ending` how that ends."""

    text: str
    words: int
    ending: str


def visible(tree: LexborHTMLParser) -> Visible:
    """What the page shows of its article; navigation, lists of others and what is hidden left out."""
    root = tree.body
    if root is None:
        return Visible("", 0, "")
    spine = {one.mem_id for one in _spine(tree)}
    heard: list[str] = []
    body: list[str] = []
    for text, place in _texts(root, spine):
        if place.is_heard:
            heard.append(text)
        # Of a paywall only what is as long as a sentence of the article: some bodies are of the class `paywall`.
        if place.is_body and (not place.is_gate or len(text.split()) >= SENTENCE):
            body.append(text)
    words = " ".join(body).split()
    return Visible("".join(heard), sum(map(_count, words)), " ".join(words[-8:]))


def _count(word: str) -> int:
    """1 for a word, 0 for a sign; Chinese and Japanese part no words, of which one has about two letters."""
    if word.isascii() or len(word) < 2:
        return int(any(map(str.isalnum, word)))
    unparted = sum("\u3040" <= letter <= "\u9fff" for letter in word)
    return unparted // 2 or int(any(map(str.isalnum, word)))


def _spine(tree: LexborHTMLParser) -> Iterator[LexborNode]:
    """The elements that hold the headline or the body of the article: nothing of them stands beside it."""
    for selector in ("h1", "[itemprop~=articleBody]", "main", "[role=main]"):
        node = tree.css_first(selector)
        while node is not None:
            yield node
            node = node.parent
    articles = tree.css("article")
    if len(articles) == 1:
        yield articles[0]


class _Place(NamedTuple):
    """Where the walk is: what text there counts for."""

    is_body: bool = True
    is_heard: bool = True
    is_gate: bool = False
    is_prose: bool = False


def _texts(root: LexborNode, spine: set[int]) -> Iterator[tuple[str, _Place]]:
    """The pieces of text that are heard or counted, in order; blocks are parted by newlines."""
    waiting: list[tuple[LexborNode | None, _Place, str]] = [(root.child, _Place(), "")]
    size = 0
    for _ in range(MAX_NODES):
        if not waiting or size > MAX_TEXT:
            return
        node, place, after = waiting.pop()
        if node is None:
            yield after, place
            continue
        waiting.append((node.next, place, after))
        tag = node.tag or ""
        if tag == "-text":
            text = node.text_content or ""
            size += len(text)
            yield text, place
        elif tag == "br":
            yield "\n", place
        elif not tag.startswith("-") and tag not in _UNSEEN:
            inner = _enter(node, tag, place, spine)
            if inner is not None:
                waiting.append((node.child, inner, "" if tag in _INLINE else "\n"))


def _enter(node: LexborNode, tag: str, place: _Place, spine: set[int]) -> _Place | None:
    """How the text inside an element counts; None where none of it does."""
    said = node.attributes
    if "hidden" in said or said.get("aria-hidden") == "true" or _is_undisplayed(said):
        return None
    classes = (said.get("class") or "")[:2000].split()
    if not _HIDDEN.isdisjoint(classes):
        return None
    if node.mem_id in spine:
        return place._replace(is_body=place.is_body and tag not in _HEADINGS)
    words = _words_of(classes, said.get("id") or "")
    is_gate = place.is_gate or (tag != "p" and not _GATES.isdisjoint(words))
    if tag == "article" or (not is_gate and (tag == "aside" or not _BESIDE.isdisjoint(words))):
        return None
    # A row of another article says of that one that it is for subscribers; a link invites to subscribe.
    is_heard = place.is_heard and (is_gate or tag not in _UNHEARD)
    is_body = place.is_body and tag not in _HEADINGS and (tag != "a" or place.is_prose)
    return _Place(is_body, is_heard, is_gate, place.is_prose or tag == "p")


def _is_undisplayed(said: Mapping[str, str | None]) -> bool:
    style = (said.get("style") or "")[:500].replace(" ", "").lower()
    return "display:none" in style or "visibility:hidden" in style


def _words_of(classes: list[str], name: str) -> set[str]:
    """The words of which names are made: `gh-post-upgrade-cta`, `ArticlePaywall__offer`."""
    return {word.lower() for one in (*classes[:20], name[:100]) for word in _WORD.findall(one[:60])}
