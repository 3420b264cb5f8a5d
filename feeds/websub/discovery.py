"""Who pushes a source: its hubs and its topic, as its answer and its document advertise them (WebSub, section 4).

Nothing is asked for here: what a poll fetched anyway tells it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import ada_url

from feeds.fetch import related

MAX_HUBS = 5
MAX_URL = 2000
MAX_HEADER = 8192
"""Characters of Link headers that are looked at: a quoted text without end is looked through once for each link."""

_LINK = re.compile(
    r"[\s,]*+<(?P<url>[^<>]*+)>"
    r'(?P<said>(?:\s*+;\s*+[^\s=;,<>"]++(?:\s*+=\s*+(?:"(?:[^"\\]|\\.)*+"|[^\s";,<>]*+))?+)*+)'
)
_SAID = re.compile(r';\s*+([^\s=;,<>"]++)(?:\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s";,<>]*+)))?+')
_HIDDEN = re.compile(r"[\s\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Advertised:
    """What a source says of being pushed: its `hubs`, those it names first before others, and the `topic` to subscribe
    to; neither without the other. `problem` says why there is no topic where there are hubs."""

    hubs: tuple[str, ...] = ()
    topic: str | None = None
    problem: str | None = None


def discover(links: str, hubs: Sequence[str], own: str | None, url: str, of: Collection[str]) -> Advertised:
    """What a document that was had at `url` advertises for the source that is known by the addresses `of`.

    `links` are its Link headers, `hubs` and `own` what it says itself (`rel` hub and self), absolute. Headers go before
    the document, hubs and topic each for itself, as many servers name the one and the document the other.

    A topic of another site is not believed: who is asked for it could not be the source's hub, and what is pushed would
    be a third party's words under the source's name. Without one it is the address of the document, but for one with a
    query, which may hold what was meant for us alone.
    """
    said = list(link_header(links))
    found = _hubs(said, url) or _hubs((("hub", one) for one in hubs), url)
    if not found:
        return Advertised()
    topic = next((address for rel, href in said if rel == "self" and (address := absolute(href, url))), None)
    topic = topic or (absolute(own, url) if own is not None else None)
    if topic is None:
        topic = absolute(url, None)
        if topic is None or "?" in topic:
            return Advertised(problem="names a hub and no topic (rel=self)")
    if not any(related(topic, one) for one in (url, *of)):
        return Advertised(problem=f"names a topic of another site ({topic[:200]})")
    return Advertised(found, topic)


def link_header(value: str) -> Iterator[tuple[str, str]]:
    """`(relation, reference)` of each relation in Link headers (RFC 8288, section 3), relations in lower case; those of
    other documents (`anchor`) are left out."""
    value, at = value[:MAX_HEADER], 0
    while (at := value.find("<", at)) >= 0:
        found = _LINK.match(value, at)
        if found is None:
            at += 1
            continue
        at = found.end()
        said: dict[str, str] = {}
        for name, quoted, plain in _SAID.findall(found["said"]):
            said.setdefault(name.lower(), quoted or plain)  # RFC 8288: the first rel counts
        if "anchor" not in said:
            for rel in said.get("rel", "").lower().split():
                yield rel, found["url"].strip()


def absolute(href: str, base: str | None) -> str | None:
    """`href` as an absolute http(s) address: as it stands, or resolved against `base`; None for what is none, or has a
    password in it."""
    href = href.strip()
    if not href or len(href) > MAX_URL:
        return None
    try:
        parts = ada_url.URL(href, base)
    except ValueError:
        return None
    if parts.protocol not in ("http:", "https:") or parts.username or parts.password:
        return None
    # To the letter where that is possible: hubs compare topics as texts.
    plain = href.startswith(("http://", "https://")) and _HIDDEN.search(href) is None and href.isascii()
    return (href if plain else str(parts.href)).partition("#")[0]


def _hubs(said: Iterable[tuple[str, str]], base: str) -> tuple[str, ...]:
    found = (absolute(href, base) for rel, href in said if rel == "hub")
    return tuple(dict.fromkeys(url for url in found if url is not None))[:MAX_HUBS]
