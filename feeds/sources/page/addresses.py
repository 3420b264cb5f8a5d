"""What an address alone tells of a link: where it leads, whether an article may stand there, and its shape."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import ada_url

_PAGES = re.compile(r"\.(?:[sx]?html?|php\d?|aspx?|jsp|cfm|do|stm|shtm|amp)$", re.IGNORECASE)
_ASSET = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|ico|css|js|mp[34]|m4[av]|mov|webm|zip|gz|exe|apk|xml|rss|atom|ics)$", re.IGNORECASE
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_DAY = re.compile(r"(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:[0-2]\d|3[01])")
_PARTS = re.compile(r"[-_+.,]|%20|%2[Cc]")
_DATE = re.compile(
    r"[/_-]((?:19|20)\d\d)(?:[/_.-](?P<month>\d{1,2})[/_.-](?P<day>\d{1,2})|(?P<m>\d\d)(?P<d>\d\d))(?=[/_.?-]|$)"
)
_TRACKING = re.compile(r"(?:utm_|at_|mc_|ns_|xtor|fbclid|gclid|ref$|from$|source$|cid$|ito$|int_|intcmp|icid|rss$)")

_NAMING = re.compile(
    r"(?:^|&)(?:\w{0,20}id|p|page|article|art|news|story|doc|item|v|n|t|nr|no|num|number|a)=", re.IGNORECASE
)

_ABOUT = frozenset(
    "tag tags tagged tema temy topic topics topik category categories cat kategorie kategoria kategorija rubric "
    "rubrics "
    "rubrika rubrik ressort label labels author authors autor autoren auteur auteurs avtor byline contributor "
    "contributors "
    "profile profiles user users member members staff search suche login signin sign-in logout register registration "
    "account konto auth subscribe subscription subscriptions subscriber abo abonnement abonnements newsletter "
    "newsletters "
    "page seite strona contact contacts kontakt kontakty about about-us privacy privacy-policy terms terms-of-use "
    "imprint impressum datenschutz agb legal help faq hilfe advertise advertising reklama jobs careers karriere "
    "feed feeds "
    "rss share sharer intent wp-login wp-admin cdn-cgi donate cookie cookies cookie-policy site-map sitemap "
    "archive-page "
    "hashtag comments comment reply vote upvote hide flag print email shop store cart events-calendar".split()
)
"""Segments of addresses that lead to lists, people and the house itself, not to articles."""

_SHARING = frozenset(
    "facebook.com twitter.com x.com t.me telegram.me wa.me api.whatsapp.com whatsapp.com linkedin.com pinterest.com "
    "vk.com vkontakte.ru ok.ru connect.ok.ru reddit.com tumblr.com getpocket.com viber.com flipboard.com "
    "news.google.com instagram.com tiktok.com plus.google.com threads.net bsky.app mastodon.social buffer.com "
    "line.me social-plugins.line.me share.flipboard.com xing.com weibo.com service.weibo.com".split()
)
_SECOND = frozenset("co com net org gov gob gouv edu ac govt or ne go in".split())


@dataclass(frozen=True, slots=True)
class Address:
    """One address, taken apart. `key` is what two links to one page share, `slug` from 0 to 1 how much it looks like an
    article's, `shape` what addresses of one kind have in common, `folder` the first part of its path, unless that is a
    year or the last, `day` the date in it."""

    url: str
    key: str
    host: str
    path: str
    slug: float
    shape: str
    folder: str
    day: date | None


@lru_cache(maxsize=8192)
def address_of(href: str, base: str | None) -> Address | None:
    """Where a link leads; None unless that is http(s), and for files that no article is."""
    if not href or len(href) > 2_000:
        return None
    try:
        parts = ada_url.URL(href.strip(), base)
    except ValueError:  # neither absolute nor resolvable
        return None
    if parts.protocol not in ("http:", "https:") or parts.username or parts.password:
        return None
    host = parts.hostname.removeprefix("www.").removeprefix("m.")
    path = parts.pathname
    if _ASSET.search(path[-8:]) is not None:
        return None
    url = str(parts.href)
    if parts.hash and not parts.hash.startswith(("#!", "#/")):
        url = url.partition("#")[0]
    query = "&".join(sorted(one for one in parts.search[1:].split("&") if one and _TRACKING.match(one) is None))
    slug, shape = _judge(path, "")
    # A path that names an article by itself names it whatever follows; "?hp=3" tells where the link stood.
    if query and (slug < 0.8 or _NAMING.search(query) is not None):
        slug, shape = _judge(path, query)
    else:
        query = ""
    key = f"{host}{path.rstrip('/')}?{query}" if query else f"{host}{path.rstrip('/')}"
    return Address(url, key, host, path, slug, f"{site_of(host)}{shape}", _folder_of(path), _day_of(path))


def site_of(host: str) -> str:
    """The part of a host that one publisher owns, by the look of it: "news.example.co.uk" gives "example.co.uk"."""
    labels = host.split(".")
    if len(labels) > 2 and labels[-2] in _SECOND:
        return ".".join(labels[-3:])
    return ".".join(labels[-2:])


def is_sharing(address: Address) -> bool:
    """Whether a link goes to a place where things are shared or followed."""
    return address.host in _SHARING


def _judge(path: str, query: str) -> tuple[float, str]:
    """How much a path looks like an article's, and its shape: a letter for each of its parts."""
    segments = [one for one in path.split("/") if one][:12]
    extension = ""
    if segments and (found := _PAGES.search(segments[-1])) is not None:
        extension = found[0].lower()
        segments[-1] = segments[-1][: found.start()]
    kinds = [_kind(one) for one in segments]
    names = "&".join(sorted(one.partition("=")[0] for one in query.split("&"))) if query else ""
    shape = "/" + "/".join(kinds) + extension + ("?" + names if names else "")
    if any(one.lower() in _ABOUT for one in segments[:2]) and not any(kind in "YN" for kind in kinds[1:-1]):
        return 0.05, shape + "!"
    slug = 0.05 if not kinds else max(_WORTH[kind] for kind in kinds[-2:])
    if "Y" in kinds[:-1]:
        slug = max(slug, 0.9)
    if names and any(any(char.isdigit() for char in one.partition("=")[2]) for one in query.split("&")):
        slug = max(slug, 0.6)
    elif extension and slug < 0.4:
        slug = 0.4
    return slug, shape


_WORTH = {"S": 1.0, "s": 0.8, "N": 0.9, "I": 0.8, "Y": 0.5, "D": 0.3, "w": 0.3}


def _kind(segment: str) -> str:
    """S a slug of four words or more, s of three, N a long number, I an id, Y a year or a day, D a short number."""
    if _YEAR.fullmatch(segment) or _DAY.fullmatch(segment):
        return "Y"
    if segment.isdigit():
        return "N" if len(segment) > 3 else "D"
    parts = [one for one in _PARTS.split(segment) if one]
    if len(parts) > 2 or len(segment) > 40:
        return "S" if len(parts) > 3 or len(segment) > 30 else "s"
    digits = sum(char.isdigit() for char in segment) if "%" not in segment else 0
    if digits > 3 or (digits > 1 and len(segment) > 8):
        return "I"
    return "w"


def _folder_of(path: str) -> str:
    first, slash, _ = path.lstrip("/").partition("/")
    return first if slash and _kind(first) == "w" else ""


def _day_of(path: str) -> date | None:
    """The day that a path names, as in /2026/11/25/ or -20261125-."""
    found = _DATE.search(path)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found["month"] or found["m"]), int(found["day"] or found["d"]))
    except ValueError:
        return None
