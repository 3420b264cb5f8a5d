"""From items as the source said them to clean ones: text, HTML, addresses, times and section names.

What leaves here can be stored, put into any XML and shown on any page: NFC, no character that XML 1.0 forbids, titles
and teasers plain, HTML from an allowlist, every address absolute.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import ada_url
import nh3

from db.records import Enclosure, Evidence, Precision
from feeds.model import Document, Item, Parsed, Skipped

MAX_TITLE = 1000
MAX_SUMMARY = 500
MAX_HTML = 1_000_000
MAX_DEPTH = 256
"""nh3 is quadratic in depth: 10,000 levels take 0.34 s, 100,000 over 20 s."""

MAX_REFERENCES = 100_000
"""nh3 is quadratic in the "&" of one text: 100,000 take 0.3 s, 900,000 take 8 s."""

MAX_NAMES = 50
"""Authors, categories, sections and enclosures of one item: more is a machine's mistake."""

TEASER_WORDS = 50
TITLE_WORDS = 12
EARLIEST = 1990

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#][A-Za-z0-9._~!$&'()*+,;=:@/?#%-]*)?")
_UNSAFE = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/?#%-]")
"""What an address may not hold raw (RFC 3986, section 2) and WHATWG leaves as it is: `{ } | \\ ^ [ ]` and backticks."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,79}")
_OVERLAY = "\u0338"
"""The combining solidus: NFC makes one character of it and the ">" before it, and the tag would never end."""

MAX_MARKS = 30
_SYMBOLS = re.compile(r"[^\w\s\x00-\x7f]{31,}")
"""Long runs of neither letters nor spaces, the only ones with that many combining marks in them."""

_RUN = re.compile(r"[^<>]+")
_PARAGRAPHS = re.compile(r"\n[^\S\n]*\n\s*")

_TAGS = frozenset(
    "p br a b strong i em u s code pre blockquote ul ol li h2 h3 h4 h5 h6 figure figcaption img table caption thead "
    "tbody tfoot tr th td sup sub time".split()
)
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title", "width", "height"}}
_DROPPED = frozenset("script style iframe object template noscript".split())
"""Elements that go with what is inside them; not svg, math or form, which left open would swallow the article."""

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_MARKUP = re.compile(
    r"<!--|-->|<(/?)([a-zA-Z][a-zA-Z0-9]*)(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+[^<>]*>?|<[!?/][^<>]*>?",
)
_CONTAINERS = re.compile(
    r"<(/?)(?:div|section|article|main|header|footer|aside|nav|address|center|details|summary|fieldset|form|dl|dt|dd|hr)"
    r"(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)
_TOP_HEADING = re.compile(r"<(/?)h1(?=[\s>])", re.IGNORECASE)
_EMPTY = re.compile(r"<p>(?:\s|&nbsp;|<br>)*</p>|<img(?! (?:[a-z]+=\"[^\"]*\" )*src=)[^<>]*>")
_BLOCKS = frozenset(
    "p pre blockquote ul ol li h1 h2 h3 h4 h5 h6 figure figcaption table caption tr div section article main header "
    "footer aside nav address center details summary fieldset form dl dt dd hr".split()
)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Clean:
    """One item, cleaned: an `EntryRecord` but for what siblings of this stage say (keys, access, fingerprint).

    `url_shared` is true where `url` names more than this item: several items of the document give it, or it is the
    home page. `title_from_body` is true where the source gave neither title nor teaser, so that the title is the
    body's beginning: not to be shown where the body may not be.
    """

    position: int
    title: str
    title_from_body: bool
    url: str | None
    url_shared: bool
    guid: str | None
    summary: str
    content: str
    text: str
    published: datetime | None
    published_precision: Precision | None
    published_basis: str | None
    updated: datetime | None
    dated: datetime
    language: str | None
    label: str | None
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    enclosures: tuple[Enclosure, ...]
    sections: tuple[str, ...]
    evidence: tuple[Evidence, ...]


def clean(
    parsed: Parsed,
    document: Document,
    *,
    sections: tuple[str, ...],
    default_section: str | None,
    language: str,
    home: str,
    identity: Callable[[str], str],
) -> Iterator[Clean | Skipped]:
    """The items of `parsed` in their order, one by one, each clean or left out with the reason.

    `sections` are those configured for the source, `default_section` that of items for which nothing names one,
    `home` its home page, `identity` what makes two addresses the same (`feeds.dedupe.canon`).
    """
    filed = min(document.as_of, document.fetched_at) if document.as_of.year >= EARLIEST else document.fetched_at
    base = document.url or parsed.url or home
    shared = _shared(parsed, base, home, identity)
    spoken = _language(parsed.language) or language
    for item in parsed.items:
        url = absolute(item.url, base) if item.url else None
        summary, content, text = _body(item, url or base)
        title = fold(item.title, MAX_TITLE)
        if not title and not summary and not text:
            yield Skipped(item.line or item.position + 1, (item.url or item.guid or "")[:200], "neither title nor text")
            continue
        published = _second(item.published)
        yield Clean(
            position=item.position,
            title=title or _opening(summary or text),
            title_from_body=not title and not summary,
            url=url,
            url_shared=url is not None and identity(url) in shared,
            guid=strip_illegal(item.guid)[:MAX_TITLE] or None if item.guid else None,
            summary="" if summary.casefold() == title.casefold() else summary,
            content=content,
            text=text,
            published=published,
            published_precision=item.published_precision,
            published_basis=item.published_basis,
            updated=_second(item.updated),
            dated=published or _second(filed) or filed,
            language=_language(item.language) or spoken,
            label=fold(item.label, 200) or None if item.label else None,
            authors=_names(item.authors) if item.authors else (),
            categories=_names(item.categories) if item.categories else (),
            enclosures=tuple(_enclosures(item.enclosures, base)) if item.enclosures else (),
            sections=_names(item.sections + sections) or _names((default_section or "",)),
            evidence=tuple(_evidence(item.evidence)) if item.evidence else (),
        )


def strip_illegal(text: str) -> str:
    """`text` in NFC, without what XML 1.0 forbids (2.2, Char): control characters, surrogates, U+FFFE, U+FFFF.

    Of a run of combining marks the first 30 stay (UAX #15, Stream-Safe Text Format): normalising is quadratic in it,
    and 800,000 marks take 460 s.
    """
    if text.isascii():
        return text if text.isprintable() else _ILLEGAL.sub("", text)
    return unicodedata.normalize("NFC", _SYMBOLS.sub(_stream_safe, _ILLEGAL.sub("", text)))


def _stream_safe(run: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for character in run[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def fold(text: str, limit: int) -> str:
    """`text` as one line of at most `limit` characters; what is cut ends at a word, with an ellipsis."""
    line = " ".join(strip_illegal(text[: 20 * limit]).split())
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip() + "…"


def absolute(url: str, base: str | None) -> str | None:
    """`url` resolved against `base` by the WHATWG rules, without user and password; None unless http or https.

    An address that is fit to be shown stays as it was written; in any other, what RFC 3986 forbids is percent-encoded.
    """
    if len(url) > 4000:
        return None
    if _PLAIN_URL.fullmatch(url) is not None:
        return url
    try:
        parts = ada_url.URL(url.strip(), base)
        if parts.protocol not in ("http:", "https:"):
            return None
        if parts.username or parts.password:
            parts.username = parts.password = ""
    except ValueError:  # neither absolute nor resolvable, or a lone surrogate
        return None
    href = str(parts.href)
    end = href.index("/", len("https://"))
    if _UNSAFE.search(href, 0, end) is not None and not parts.hostname.startswith("["):  # no name that DNS has
        return None
    return href[:end] + _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", href[end:])


def sanitise(markup: str, base: str | None) -> str:
    """HTML of the allowlist only, every address in it absolute.

    Block elements that are not on the list become paragraphs, so that their texts do not run together. What is longer
    than `MAX_HTML` characters, or such that sanitising could take seconds, keeps its text alone.
    """
    if "<" not in markup and "&" not in markup:
        return _wrap(_split(strip_illegal(markup[:MAX_HTML])))
    if len(markup) > MAX_HTML or markup.count("&") > MAX_REFERENCES or _too_deep(markup):
        return _wrap(_split(text_of(markup[:MAX_HTML])))
    markup = _TOP_HEADING.sub(r"<\1h2", _CONTAINERS.sub("<p>", strip_illegal(markup)))
    cleaner = nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED),
        attributes=_ATTRIBUTES,
        attribute_filter=_resolver(base),
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    cleaned = cleaner.clean(markup)
    if len(cleaned) > 2 * MAX_HTML:  # unclosed elements, opened again in every paragraph
        return _wrap(_split(text_of(markup)))
    # References give back what was stripped, and NFC must not reach across the end of a tag.
    cleaned = _RUN.sub(lambda run: strip_illegal(run[0]).lstrip(_OVERLAY), cleaned)
    return _EMPTY.sub("", cleaned).strip()


def text_of(markup: str) -> str:
    """The text of HTML, safe or not, as paragraphs parted by a blank line; linear in its length."""
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
        elif name in _BLOCKS:
            pieces.append("\n\n")
        elif name == "br":
            pieces.append("\n")
        elif name in ("td", "th"):
            pieces.append(" ")
    if not until:
        pieces.append(markup[start:].replace("\n", " "))
    return "\n\n".join(_split(strip_illegal(html.unescape("".join(pieces)))))


def _body(item: Item, base: str | None) -> tuple[str, str, str]:
    """Teaser, sanitised HTML and plain text of an item.

    The teaser comes from what the source calls a summary, never from the body, and only if it is none: a summary that
    holds the whole body, or more than 50 of its words in a row, is the body said twice and gives no teaser; one of
    more than 500 characters with no body beside it is the body.
    """
    if not item.summary and not item.content:
        return "", "", ""
    summary = "\n\n".join(_split(strip_illegal(item.summary))) if item.plain else text_of(item.summary)
    body = item.content
    if not body.strip() and len(summary) > MAX_SUMMARY:
        body, summary = item.summary, ""
    if item.plain:
        paragraphs = _split(strip_illegal(body[:MAX_HTML]))
        content, text = _wrap(paragraphs), "\n\n".join(paragraphs)
    else:
        content = sanitise(body, base) if body else ""
        text = text_of(content)
    words = summary.split()
    line, whole = " ".join(words), " ".join(text.split())
    if whole and (whole in line or (len(words) > TEASER_WORDS and " ".join(words[:TEASER_WORDS]) in whole)):
        line = ""
    return fold(line, MAX_SUMMARY), content, text


def _opening(text: str) -> str:
    words = text.split(maxsplit=TITLE_WORDS)
    return fold(" ".join(words[:TITLE_WORDS]), 200) + ("…" if len(words) > TITLE_WORDS else "")


def _split(text: str) -> list[str]:
    return [line for paragraph in _PARAGRAPHS.split(text) if (line := " ".join(paragraph.split()))]


def _wrap(paragraphs: Iterable[str]) -> str:
    lines = (html.escape(paragraph.lstrip(_OVERLAY), quote=False) for paragraph in paragraphs)
    return "".join(f"<p>{line}</p>" for line in lines if line)


def _too_deep(markup: str) -> bool:
    """Whether an HTML parser could nest `markup` deeper than it is safe to; says yes rather than no.

    An end tag closes its element only over inline ones: over any other a parser may ignore it.
    """
    if markup.count("<") <= MAX_FORMATTING:
        return False
    unclosed: list[str] = []
    formatting = 0
    for slash, tag in _TAG.findall(markup):
        name = tag.lower()
        if name in _UNCOUNTED:
            continue
        if slash or (name == "a" and "a" in unclosed):
            at = len(unclosed) - 1
            while at >= 0 and unclosed[at] != name and unclosed[at] in _INLINE:
                at -= 1
            if at >= 0 and unclosed[at] == name:
                del unclosed[at]
                formatting -= name in _FORMATTING
        if not slash:
            unclosed.append(name)
            formatting += name in _FORMATTING
            if len(unclosed) > MAX_DEPTH or formatting > MAX_FORMATTING:
                return True
    return False


def _resolver(base: str | None) -> Callable[[str, str, str], str | None]:
    def resolve(_tag: str, attribute: str, value: str) -> str | None:
        if attribute == "href" and value[:7].lower() == "mailto:":
            return value
        return absolute(value, base) if attribute in ("href", "src") else value

    return resolve


def _shared(parsed: Parsed, base: str, home: str, identity: Callable[[str], str]) -> set[str]:
    """Identities of the addresses that name more than one item: home pages, and what items of different title and
    guid have in common. An item that merely stands in the document twice shares nothing."""
    titles: dict[str, set[str]] = defaultdict(set)
    guids: dict[str, set[str]] = defaultdict(set)
    for item in parsed.items:
        if item.url and (url := absolute(item.url, base)) is not None:
            key = identity(url)
            titles[key].add(item.title)
            guids[key].add(item.guid or item.title)
    pages = {identity(page) for page in (home, parsed.url) if page}
    return pages | {key for key, found in titles.items() if len(found) > 1 and len(guids[key]) > 1}


def _second(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(microsecond=0) if moment is not None else None


def _language(tag: str | None) -> str | None:
    tag = (tag or "").strip().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) is not None else None


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Each name once, whatever its case, in order."""
    found: dict[str, str] = {}
    for raw in names[: 4 * MAX_NAMES]:
        name = fold(raw, 200)
        if name:
            found.setdefault(name.casefold(), name)
    return tuple(found.values())[:MAX_NAMES]


def _enclosures(enclosures: tuple[Enclosure, ...], base: str) -> Iterator[Enclosure]:
    for one in enclosures[:MAX_NAMES]:
        url = absolute(one.url, base)
        if url is not None:
            media_type = one.media_type.strip().lower()
            known = _MEDIA_TYPE.fullmatch(media_type) is not None
            yield Enclosure(url, media_type if known else "application/octet-stream", max(one.length, 0))


def _evidence(evidence: tuple[Evidence, ...]) -> Iterator[Evidence]:
    for one in evidence[:MAX_NAMES]:
        yield Evidence(fold(one.signal, 100), fold(one.value, MAX_SUMMARY), fold(one.where, 200))
