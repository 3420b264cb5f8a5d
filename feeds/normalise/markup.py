"""HTML of an allowlist, and the text of HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from itertools import repeat

import nh3

from feeds.normalise.text import normalised, paragraphs, strip_illegal
from feeds.normalise.urls import absolute

MAX_HTML = 1_000_000
MAX_DEPTH = 256
"""nh3 is quadratic in depth: 10,000 levels take 0.34 s, 100,000 over 20 s."""

MAX_REFERENCES = 100_000
"""nh3 is quadratic in the "&" of one text: 100,000 take 0.3 s, 900,000 take 8 s."""

_OVERLAY = "\u0338"
"""The combining solidus: NFC makes one character of it and the ">" before it, and the tag would never end."""

_RUN = re.compile(r"[^<>]+")

_TAGS = frozenset(
    "p br a b strong i em u s code pre blockquote ul ol li h2 h3 h4 h5 h6 figure figcaption img table caption thead "
    "tbody tfoot tr th td sup sub time".split()
)
_ATTRIBUTES = {"*": set[str](), "a": {"href", "title"}, "img": {"src", "alt", "title", "width", "height"}}
"""Without the star nh3 lets `lang` and `title` through on every element."""

_DROPPED = frozenset("script style iframe object template noscript".split())
"""Elements that go with what is inside them; not svg, math or form, which left open would swallow the article."""

_TAG = re.compile(r"<(/?[a-zA-Z][a-zA-Z0-9]*)")
_MARKUP = re.compile(
    r"<!--|-->|<(/?)([a-zA-Z][a-zA-Z0-9]*)(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+[^<>]*>?|<[!?/][^<>]*>?",
)
_CONTAINER_NAMES = (
    "div section article main header footer aside nav address center details summary fieldset form dl dt dd hr"
)
_CONTAINERS = re.compile(rf"<(/?)(?:{_CONTAINER_NAMES.replace(' ', '|')})(?=[\s/>])[^<>]*>", re.IGNORECASE)
_CONTAINER_TAGS = frozenset(slash + name for name in _CONTAINER_NAMES.split() for slash in ("", "/"))
_ORDINARY = frozenset(slash + name for name in _TAGS for slash in ("", "/"))
"""Tags that the cleaner takes as they come."""

_TOP_HEADING = re.compile(r"<(/?)h1(?=[\s>])", re.IGNORECASE)
_EMPTY = re.compile(r"<p>(?:\s|&nbsp;|<br>)*</p>|<img(?! (?:[a-z]+=\"[^\"]*\" )*src=)[^<>]*>")
_BLOCKS = f"p pre blockquote ul ol li h1 h2 h3 h4 h5 h6 figure figcaption table caption tr {_CONTAINER_NAMES}".split()
_GAPS = {**dict.fromkeys(_BLOCKS, "\n\n"), "br": "\n", "td": " ", "th": " "}
"""What parts the texts on both sides of a tag; of any other nothing does."""

# Of HTML that `sanitise` made, where no tag is a surprise:
_ADDRESS = re.compile(
    r'(<(?:a|img)(?: [a-z]+="[^"]*")*?) (href|src)="'
    r"(?!https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#](?:[A-Za-z0-9._~!$'()*+,;=:@/?#%-]|&amp;){0,3000})?\")([^\"]*)\""
)
"""Only those that are not fit to be shown as they stand."""

_REFERENCE = re.compile(r"&(?:amp|lt|gt|quot|nbsp);")
_REFERRED = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&nbsp;": " "}
_TAG_WITHIN = re.compile(r"</?([a-z0-9]+)[^>]*>")
_UNCOUNTED = frozenset(
    "p li dt dd tr td th tbody thead tfoot option optgroup rt rp area base br col embed hr img input link meta param "
    "source track wbr".split()
)
"""Elements that hold nothing or end when their like begins: they add a level or two, not one each."""

_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())
_INLINE = _FORMATTING | {"span", "sub", "sup"}
MAX_FORMATTING = 16
"""An HTML parser opens what was left unclosed of these again in every paragraph: 255 of them and 1 MB of "<p>" make
30 million elements."""

_TAG_AS_PARSED = re.compile(
    r"<(?:(/?)([a-zA-Z][^\s/>]*+)(?:[\s/]++|=?[^\s/>=]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"']?[^\s>]*+))?+|=)*+>?|[!?/])"
)
"""A tag to where a parser of HTML ends it (13.2.5): quoted values may hold both "<" and ">"."""

_PLAIN_WITHIN = frozenset(
    "p br b i em strong u s sub sup small code span img h1 h2 h3 h4 h5 h6 div li ul ol blockquote figure hr".split()
)
"""What may stand in an open link for its end tag to close it, whatever else is in there: no scope of its own, no text
that is no markup (13.2.4.2)."""

_HARMLESS = 10_000
"""Characters of HTML that cannot grow beyond 8 MB, whatever is left open in them."""

_CLEANER = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags=set(_DROPPED),
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
)
"""One for all: to make one costs as much as to clean 1 kB with it. It lets relative addresses through."""


def sanitise(markup: str, base: str | None) -> str:
    """HTML of the allowlist only, every address in it absolute.

    Block elements that are not on the list become paragraphs, so that their texts do not run together. What is longer
    than `MAX_HTML` characters, or such that sanitising could take seconds, keeps its text alone.
    """
    if "<" not in markup and "&" not in markup:
        return _as_text(strip_illegal(markup[:MAX_HTML]))
    if len(markup) > MAX_HTML or markup.count("&") > MAX_REFERENCES:
        return _as_text(text_of(markup[:MAX_HTML]))
    markup = strip_illegal(markup)
    tags = _TAG.findall(markup)
    ordinary = _ORDINARY.issuperset(tags)
    if not ordinary:
        tags = [tag.lower() for tag in tags]
    if len(tags) > MAX_FORMATTING and _too_deep(tags):
        return _as_text(text_of(markup))
    if not ordinary:
        if not _CONTAINER_TAGS.isdisjoint(tags):
            markup = _CONTAINERS.sub("<p>", markup)
        if "h1" in tags or "/h1" in tags:
            markup = _TOP_HEADING.sub(r"<\1h2", markup)
    if len(markup) > _HARMLESS and multiplies(markup):
        return _as_text(text_of(markup))
    cleaned = _CLEANER.clean(markup)
    if len(cleaned) > 2 * MAX_HTML:
        return _as_text(text_of(markup))
    if '="' in cleaned:
        # Here and not by a filter of the cleaner's, which is called with every attribute and misses none of them.
        cleaned = _ADDRESS.sub(lambda found: _resolved(found, base), cleaned)
    # Numeric references give back what was stripped; no name stands for anything that XML forbids.
    fit = strip_illegal(cleaned) if "&#" in markup else normalised(cleaned)
    if fit != cleaned or _OVERLAY in cleaned:
        # NFC must not reach across the end of a tag.
        fit = _RUN.sub(lambda run: strip_illegal(run[0]).lstrip(_OVERLAY), cleaned)
    return _EMPTY.sub("", fit).strip()


def text_of(markup: str) -> str:
    """The text of HTML, safe or not, as paragraphs parted by a blank line; linear in its length."""
    if "<" not in markup and "-->" not in markup:
        return "\n\n".join(paragraphs(strip_illegal(html.unescape(markup.replace("\n", " ")))))
    pieces: list[str] = []
    start = 0
    until = ""  # what ends the element that is being left out
    for match in _MARKUP.finditer(markup):
        found, name = match[0], (match[2] or "").lower()
        if until:
            if found == until or (match[1] and name == until):
                until, start = "", match.end()
            continue
        pieces.append(markup[start : match.start()].replace("\n", " "))
        start = match.end()
        if found == "<!--":
            until = "-->"
        elif name in _DROPPED and not match[1]:
            until = name
        elif gap := _GAPS.get(name):
            pieces.append(gap)
    if not until:
        pieces.append(markup[start:].replace("\n", " "))
    return "\n\n".join(paragraphs(strip_illegal(html.unescape("".join(pieces)))))


def text_within(markup: str) -> str:
    """`text_of` for what `sanitise` made: nothing to leave out in it, and five references."""
    pieces: list[str] = _TAG_WITHIN.split(markup.replace("\n", " "))
    names = pieces[1::2]
    pieces[1::2] = map(_GAPS.get, names, repeat(""))
    text = "".join(pieces)
    if "&" in text:
        text = _REFERENCE.sub(lambda found: _REFERRED[found[0]], text)
    text = normalised(text)  # what a tag kept apart can now be one character
    # Of what is not printable, ASCII has these two and what is no space.
    odd = "\t" in text or "\r" in text if text.isascii() else not text.replace("\n", " ").isprintable()
    if odd or "  " in text or "br" in names:
        return "\n\n".join(paragraphs(text))
    return "\n\n".join([line for part in text.split("\n\n") if (line := part.strip(" "))])


def wrap(lines: Iterable[str]) -> str:
    """Plain paragraphs as HTML."""
    lines = (html.escape(line.lstrip(_OVERLAY), quote=False) for line in lines)
    return "".join(f"<p>{line}</p>" for line in lines if line)


def _as_text(text: str) -> str:
    """Plain text as HTML of `MAX_HTML` characters, however many of its own have to be written as references."""
    made = wrap(paragraphs(text))
    return made if len(made) <= 2 * MAX_HTML else wrap(paragraphs(text[: MAX_HTML // 5]))


def _too_deep(tags: list[str]) -> bool:
    """Whether an HTML parser could nest elements of these `tags` ("b", "/b") deeper than it is safe to; says yes
    rather than no.

    An end tag closes its element only over inline ones: over any other a parser may ignore it.
    """
    if len(tags) <= MAX_DEPTH and sum(map(_FORMATTING.__contains__, tags)) <= MAX_FORMATTING:
        return False
    unclosed: list[str] = []
    formatting = 0
    for tag in tags:
        name = tag.removeprefix("/")
        if name in _UNCOUNTED:
            continue
        ends = name is not tag
        if ends or (name == "a" and "a" in unclosed):
            at = len(unclosed) - 1
            while at >= 0 and unclosed[at] != name and unclosed[at] in _INLINE:
                at -= 1
            if at >= 0 and unclosed[at] == name:
                del unclosed[at]
                formatting -= name in _FORMATTING
        if not ends:
            unclosed.append(name)
            formatting += name in _FORMATTING
            if len(unclosed) > MAX_DEPTH or formatting > MAX_FORMATTING:
                return True
    return False


def multiplies(markup: str) -> bool:
    """Whether links that are left open, and opened again in every paragraph after them, could make more than
    2 `MAX_HTML` characters of `markup`; says yes rather than no.

    An address of 20 kB before 5,000 paragraphs makes 100 MB. Of elements without attributes `_too_deep` keeps count.
    Where tags end is told in two ways, for what stands in comments and quotes ends them in one way or the other.
    """
    return _grows(markup, _TAG_AS_PARSED) or _grows(markup, _MARKUP)


def _grows(markup: str, tags: re.Pattern[str]) -> bool:
    opened = growth = 0
    shielded = False
    for found in tags.finditer(markup):
        name = (found[2] or "").lower()
        if name != "a":
            growth += opened
            shielded = shielded or (opened > 0 and name not in _PLAIN_WITHIN)
        elif shielded:
            opened += 0 if found[1] else len(found[0])
        else:
            opened = 0 if found[1] else len(found[0])
    return growth > 2 * MAX_HTML


def _resolved(found: re.Match[str], base: str | None) -> str:
    """A tag of sanitised HTML as far as its address, made absolute; without it where that cannot be."""
    value = html.unescape(found[3])
    if found[2] == "href" and value[:7].lower() == "mailto:":
        return found[0]
    url = absolute(value, base)
    if url is None:
        return found[1]
    return found[0] if url == value else f'{found[1]} {found[2]}="{url.replace("&", "&amp;")}"'
