"""URL identity: one key for every way of writing an address that leads to the same page.

The key is for comparing only; links keep the address as it was given. Of 50 tricky pairs no ready-made canonicaliser
gets more than 31 right, hence a WHATWG parser (ada) and rules of our own on top.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

import ada_url

_PLAIN = re.compile(
    r"https?://(?:www\.(?=[a-z0-9-]+\.))?"
    r"((?!(?:www|m|mobile|amp)\.)[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]+"
    r"(?:/[A-Za-z0-9_~!$'()*,:@+-][A-Za-z0-9_.~!$'()*,:@+-]*)*)/?",
)
"""An address that needs no rule but the loss of its scheme, `www.` and last slash. Most do: a parse costs 15 times
as much."""

_PLAIN_QUERY = re.compile(r"(?:id|p|page|v|lang)=[A-Za-z0-9_-]+")
"""A query of one name that identifies."""

_BARE_QUERY = re.compile(r"[A-Za-z0-9_.~=&-]+")
"""A query that a parse would not change."""

_UNLESS = ("/index.html", "/amp", ".amp")
_WRAPPERS = ("google.", "ampproject.")

_DEVICE = re.compile(r"(?:www|m|mobile|amp)\.(?=[^.]+\.[^.])")
_SESSION = re.compile(r";jsessionid=[^/;?]*", re.IGNORECASE)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNSAFE = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/?#%-]")
_SLASHES = re.compile(r"//+")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

_TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "hsa_", "piwik_", "matomo_", "ga_", "at_custom", "oly_", "vero_", "wt.")
_TRACKING = frozenset(
    "fbclid gclid gclsrc gbraid wbraid dclid msclkid yclid ymclid ysclid twclid ttclid igshid igsh li_fat_id epik "
    "mc_cid mc_eid mkt_tok _hsenc _hsmi __hstc __hssc __hsfp hsctatracking _openstat _ga _gl _ke s_kwcid ef_id "
    "rb_clickid vgo_ee fb_action_ids fb_action_types fb_source fb_ref action_object_map action_type_map "
    "action_ref_map spm wickedid irclickid cmpid ncid ito ns_mchannel ns_source ns_campaign "
    "ns_linkname ns_fee xtor guccounter guce_referrer guce_referrer_sig sr_share smid smtyp mbid "
    "__twitter_impression at_medium at_campaign at_format at_link_id at_link_type at_link_origin at_ptr_name "
    "at_bbc_team".split()
)
_AMBIGUOUS = frozenset(
    "ref source src from feature via medium campaign origin referrer referer partner cid output outputtype amp".split()
)
_CHANNELS = frozenset(
    "rss rss1 rss2 rss2.0 atom feed feeds feedburner rssfeed rss_feed rss-feed rdf xml twitter tw t.co facebook fb "
    "twtr instagram telegram tg whatsapp vk linkedin reddit pinterest flipboard pocket email e-mail mail newsletter "
    "share sharing social socialmedia social_media push googlenews google_news google-news news.google.com "
    "youtu.be emb_logo emb_title hp homepage front_page amp".split()
)
_AMP_VALUES = frozenset(("", "1", "true", "amp"))


@lru_cache(maxsize=1024)
def canon(url: str) -> str:
    """The identity of `url`: host, path, query and `#!` or `#/` fragment without what does not tell pages apart.

    Equal results mean the same page. An address that is not http(s), or none at all, is its own identity. Path case,
    ports other than the scheme's own, and differing ids stay different. Never raises.
    """
    base, _, query = url.partition("?")
    plain = _PLAIN.fullmatch(base)
    if (
        plain is not None
        and (not query or _BARE_QUERY.fullmatch(query) is not None)
        and not (key := plain[1]).endswith(_UNLESS)
        and "xn--" not in key
        and not any(wrapper in key for wrapper in _WRAPPERS)
    ):
        if query and _PLAIN_QUERY.fullmatch(query) is None:
            query = _query(query)
        return f"{key}?{query}" if query else key
    return _canon(url)


def _canon(url: str) -> str:
    """`canon` by the full set of rules."""
    url = url.strip()
    for _ in range(4):  # an address wrapped more often than this is nobody's
        try:
            parts = ada_url.URL(url)
        except ValueError:  # not absolute, or a lone surrogate
            return url
        if parts.protocol not in ("http:", "https:"):
            return url
        inner = _unwrap(parts)
        if inner is None:
            break
        url = inner
    query = _query(parts.search.removeprefix("?"))
    return _host(parts) + _path(parts.pathname) + (f"?{query}" if query else "") + _fragment(parts.hash)


def _unwrap(parts: ada_url.URL) -> str | None:
    """The address inside a Google Alerts link or an AMP cache's one; None for any other."""
    host, path = parts.hostname, parts.pathname
    if host == "google.com" or host.startswith(("www.google.", "news.google.")):
        if path == "/url":
            names = dict(pair.partition("=")[::2] for pair in reversed(parts.search[1:].split("&")))
            inner = unquote(names.get("url") or names.get("q") or "")
            return inner if inner.startswith(("http://", "https://")) else None
        if path.startswith("/amp/"):
            return _cached(path.removeprefix("/amp"), parts.search)
    if host.endswith(".cdn.ampproject.org") and path[:3] in ("/c/", "/v/", "/i/"):
        return _cached(path[2:], parts.search)
    return None


def _cached(path: str, search: str) -> str | None:
    """The address in the path of an AMP cache: `/s/host/path` for https, `/host/path` for http."""
    secure = path.startswith("/s/")
    rest = path[3:] if secure else path[1:]
    return f"{'https' if secure else 'http'}://{rest}{search}" if "." in rest.partition("/")[0] else None


def _host(parts: ada_url.URL) -> str:
    host = parts.hostname.rstrip(".")
    while (match := _DEVICE.match(host)) is not None:
        host = host[match.end() :]
    return f"{host}:{parts.port}" if parts.port else host


def _path(path: str) -> str:
    path = _SLASHES.sub("/", _escape(_SESSION.sub("", path)))
    while True:
        shorter = path.rstrip("/").removesuffix("/index.html").removesuffix("/amp").removesuffix(".amp")
        if shorter == path:
            return path
        path = shorter


def _query(query: str) -> str:
    kept = []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if pair and not _is_tracking(unquote(name).lower(), unquote(value).lower()):
            kept.append(_escape(pair.replace("+", "%20")))
    return "&".join(sorted(kept, key=lambda pair: pair.partition("=")[0]))


def _is_tracking(name: str, value: str) -> bool:
    if name in _TRACKING or name.startswith(_TRACKING_PREFIXES):
        return True
    if name == "amp":
        return value in _AMP_VALUES
    return name in _AMBIGUOUS and value in _CHANNELS


def _fragment(fragment: str) -> str:
    """Fragments that scripts route by name the page; others are places in it."""
    return _escape(fragment) if len(fragment) > 2 and fragment.startswith(("#!", "#/")) else ""


def _escape(text: str) -> str:
    """RFC 3986, 6.2.2: unreserved characters bare, all escapes upper-case, what may not stand bare escaped."""
    text = _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), text)
    return _ESCAPE.sub(_unescape, text) if "%" in text else text


def _unescape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()
