"""What Substack and Ghost say of a post in their own way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from db.records import Evidence
from feeds.page import Page

MAX_POSTS = 200
"""Posts named in one script that are looked at."""

_AUDIENCE = re.compile(r'audience\\{0,4}"\s{0,5}:\s{0,5}\\{0,4}"(everyone|only_paid|only_free|founding)\\{0,4}"')
_ADDRESS = re.compile(r'canonical_url\\{0,4}"\s{0,5}:\s{0,5}\\{0,4}"(https?:[^"\s]{1,500}?)\\{0,4}"')
_NEAR = 1_500
"""Characters within which a post tells its address: its keys are in order of the alphabet, and few are between."""

_VISIBILITY = re.compile(r"post-access-(public|members|paid|tiers)")


def platform_evidence(page: Page) -> Iterator[Evidence]:
    """The post's audience on Substack, its visibility on Ghost; nothing on pages of anything else."""
    yield from _substack(page)
    yield from _ghost(page)


def _substack(page: Page) -> Iterator[Evidence]:
    is_theirs = page.tree.css_first('[src*="substackcdn."], [href*="substackcdn."]') is not None
    for script in page.tree.css("script:not([src])"):
        text = script.text() or ""
        if "audience" not in text or (audience := _audience(text, page)) is None:
            continue
        # Others have audiences, too, but none of those names.
        is_theirs = is_theirs or audience != "everyone" or "_preloads" in text or "substack" in text
        if is_theirs:
            yield Evidence("substack audience", audience, "script")
            break
    if is_theirs and page.tree.css_first("div.paywall, .paywall-title") is not None:
        yield Evidence("substack paywall", ".paywall", "page")


def _audience(text: str, page: Page) -> str | None:
    """The audience of the page's own post: scripts name others, too. Else the first that no address is near."""
    own = {address.rstrip("/") for address in (page.canonical, page.url, page.meta("og:url")) if address}
    first: str | None = None
    start = 0
    for _ in range(MAX_POSTS):
        start = text.find("audience", start)
        if start < 0:
            break
        said = _AUDIENCE.match(text, start)
        start += len("audience")
        if said is None:
            continue
        address = _ADDRESS.search(text, said.end(), said.end() + _NEAR)
        if address is None:
            first = first or said[1]
        elif address[1].replace("\\", "").rstrip("/") in own:
            return said[1]
    return first


def _ghost(page: Page) -> Iterator[Evidence]:
    posts = page.tree.css('article[class*="post-access-"], main[class*="post-access-"]')[:MAX_POSTS]
    own = [post for post in posts if post.css_first("h1") is not None]
    if not own and len(posts) == 1 == len(page.tree.css("article")):
        own = posts
    for post in own[:1]:
        for token in (post.attributes.get("class") or "").split():
            if (said := _VISIBILITY.fullmatch(token)) is not None:
                yield Evidence("ghost access", said[1], f"class {token}")
    upgrade = page.tree.css_first("aside.gh-post-upgrade-cta")
    if upgrade is None and (page.meta("generator") or "").lower().startswith("ghost"):
        upgrade = page.tree.css_first(".content-cta")
    if upgrade is not None:
        yield Evidence("ghost upgrade", _asked(upgrade), "page element upgrade-cta")


def _asked(upgrade: LexborNode) -> str:
    """Ghost's own words are "for subscribers only" and "for paying subscribers only"; others' count as the latter."""
    words = " ".join(upgrade.text(separator=" ")[:2000].lower().split())
    return "members" if "for subscribers only" in words and "paying" not in words else "paid"
