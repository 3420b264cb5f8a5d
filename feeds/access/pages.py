"""What an article page says of its access: the publisher's statements first, then what looks like a paywall."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from db.records import Access, Evidence
from feeds.access.metas import meta_evidence
from feeds.access.phrases import has_phrase, phrases, plain
from feeds.access.platforms import platform_evidence
from feeds.access.schema import stated_evidence
from feeds.access.verdict import AccessVerdict, judge
from feeds.access.visible import Visible, visible
from feeds.page import Page, read_page

SHORT = 120
"""Words below which a body is a teaser: the words of a paywall above as much as that are a promotion half the time."""

MAX_PHRASES = 3
LONGEST = 20
"""Scripts that are left out of the text in which the words of paywalls are looked for, each by a search of it."""
MAX_VALUES = 10

_CLASSES = (
    "paywall",
    "regwall",
    "subscriber-only",
    "subscribers-only",
    "premium-content",
    "metered-content",
    "piano-inline-offer",
    "leaky_paywall_message_wrap",
    "wc-memberships-restriction-message",
)
_MARKED = ", ".join([*(f".{name}" for name in _CLASSES), "#paywall", "[data-paywall]"])
_SCRIPTS = {
    "piano.io": "Piano",
    "tinypass.com": "Piano",
    "zephr.com": "Zephr",
    "poool.fr": "Poool",
    "pelcro.com": "Pelcro",
    "cxense.com": "Cxense",
    "evolok.net": "Evolok",
    "leakypaywall": "Leaky Paywall",
    "memberful.com": "Memberful",
    "steadyhq.com": "Steady",
    "laterpay.net": "LaterPay",
}
_VENDORS = ", ".join(f'script[src*="{part}" i]' for part in _SCRIPTS)
_CUT = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])$")
_CLOSED = {401: "401 Unauthorized", 402: "402 Payment Required", 403: "403 Forbidden"}


def judge_page(html: str | bytes, url: str) -> AccessVerdict:
    """Who may read the article at `url`, by what its page says. Never an error; silence is `unknown`, never `free`."""
    return judge(page_evidence(read_page(html, url)))


def page_evidence(page: Page) -> tuple[Evidence, ...]:
    """Everything on the page that speaks of the access to its article, each signal and value once, of one signal the
    first 10."""
    found = [*stated_evidence(page), *meta_evidence(page), *platform_evidence(page)]
    found += [*_phrase_evidence(page), *_looks(page)]
    once: dict[str, dict[str, Evidence]] = defaultdict(dict)
    for one in found:
        if len(once[one.signal]) < MAX_VALUES:
            once[one.signal].setdefault(one.value, one)
    return tuple(one for values in once.values() for one in values.values())


def http_evidence(status: int, robots: str | None = None) -> tuple[Evidence, ...]:
    """What the answer for an article page says by its status and its `X-Robots-Tag`."""
    found = [Evidence("HTTP status", _CLOSED[status], "answer")] if status in _CLOSED else []
    if robots is not None and "noarchive" in robots.lower():
        found.append(Evidence("noarchive", robots[:100], "answer"))
    return tuple(found)


def _phrase_evidence(page: Page) -> Iterator[Evidence]:
    """A paywall's words, and whether there is a text beside them."""
    if not has_phrase(plain(_text(page))):
        return
    seen = visible(page.tree)
    for phrase in list(phrases(plain(seen.text)))[:MAX_PHRASES]:
        yield _phrase(phrase.text, phrase.level, seen)
    if _CUT.search(seen.ending) is not None:
        yield Evidence("truncated", seen.ending[-60:], "end of the text")


def _text(page: Page) -> str:
    """All text of the page, seen or not, but for its longest scripts: most of a page is script."""
    root = page.tree.body
    if root is None:
        return ""
    text = root.text(separator=" ")
    scripts = sorted((script.text() or "" for script in root.css("script, style")), key=len)
    for script in scripts[-LONGEST:]:
        if len(script) > SHORT:
            text = text.replace(script, " ")
    return text


def _phrase(text: str, level: Access, seen: Visible) -> Evidence:
    where = f"text of {seen.words} words"
    if seen.words >= SHORT:
        return Evidence("phrase", text, where)
    signal = "registration above a short body" if level is Access.REGISTRATION else "phrase above a short body"
    return Evidence(signal, text, where)


def _looks(page: Page) -> Iterator[Evidence]:
    """Hints that free pages have as well: they never decide."""
    if (marked := page.tree.css_first(_MARKED)) is not None:
        said = marked.attributes
        name = next((one for one in (said.get("class") or "")[:2000].split() if one in _CLASSES), None)
        yield Evidence("class", f".{name}" if name else "paywall", f"page element {marked.tag}")
    robots = ", ".join(page.metas.get("robots", ()))
    if "noarchive" in robots.lower():
        yield Evidence("noarchive", robots[:100], "meta robots")
    if (script := page.tree.css_first(_VENDORS)) is not None:
        address = (script.attributes.get("src") or "").lower()
        yield from (Evidence("script", vendor, "script") for part, vendor in _SCRIPTS.items() if part in address)
