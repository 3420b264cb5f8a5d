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

_UNLESS = ("/index.html", "/amp", ".amp", "/amp.html", ".amp.html")
_WRAPPERS = ("google.", "ampproject.")

MAX_VALUE = 200
"""Characters of a value that are looked at: what says where a link was is short."""

_DEVICES = re.compile(r"(?:(?:www|m|mobile|amp)\.(?=[^.]+\.[^.]))+")
_GOOGLE = re.compile(r"(?:news\.)?google\.(?:com|(?:com?\.)?[a-z]{2})")
_SUFFIX = re.compile(r"[^.]*|(?:com?|net?|org?|gov?|edu|ac|info|gob|gouv|nom|mil|sch|[a-z]{2})\.[a-z]{2}")
"""A host under which strangers have theirs, or what may be one: two short labels, as in co.uk."""

_SESSION = re.compile(r";jsessionid=[^/;?]*", re.IGNORECASE)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNSAFE = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/?#%-]")
_PAIRS = re.compile(r"(?:^|&)(?:amp;)*")
"""Where a pair of a query begins; some write the ampersand as HTML does."""

_SLASHES = re.compile(r"//+")
_ENDINGS = ("/", "/index.html", "/amp", ".amp", "/amp.html", ".amp.html")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

_TRACKING_PREFIXES = (
    "utm_", "mtm_", "pk_", "hsa_", "piwik_", "matomo_", "ga_", "itm_", "stm_", "at_custom", "oly_", "vero_", "wt.",
    "wt_", "trk_", "hmb_", "pf_rd_", "sfmc_", "__hs", "_x_tr_", "gad_", "_bta_", "cm_mmc", "__cft__",
)  # fmt: skip
_TRACKING = frozenset(
    "fbclid gclid gclsrc gbraid wbraid dclid msclkid yclid ymclid ysclid twclid ttclid igshid igsh li_fat_id epik "
    "srsltid mibextid mbextid tblci dicbo ob_click_id _branch_match_id cvid ocid "
    "mc_cid mc_eid mkt_tok _hsenc _hsmi hsctatracking _openstat _ga _gl _ke __s s_kwcid s_cid ef_id elqtrackid elq "
    "rb_clickid vgo_ee dm_i ml_subscriber ml_subscriber_hash bxid mkwid pcrid "
    "fb_action_ids fb_action_types fb_source fb_ref action_object_map action_type_map action_ref_map __tn__ "
    "spm wickedid irclickid cmpid ncid taid ftag ftcamp ito ns_mchannel ns_source ns_campaign "
    "ns_linkname ns_fee xtor guccounter guce_referrer guce_referrer_sig sr_share smid smtyp mbid hss_channel wprov "
    "__twitter_impression ref_src ref_url at_medium at_campaign at_format at_link_id at_link_type at_link_origin "
    "at_ptr_name at_bbc_team usqp amp_js_v amp_gsa amp_ct jsessionid phpsessid aspsessionid "
    "intcmp wprss from_rss feedtype feedname emc".split()
)
_AMBIGUOUS = frozenset(
    "ref source from src feature via medium campaign origin referrer referer partner cid cmp icid output outputtype "
    "amp mod maca traffic_source frommedium tsrc .tsrc sref trk".split()
)
_CHANNELS = frozenset(
    "rss rss1 rss2 rss20 rss2.0 atom feed feeds feedburner feedly inoreader rssfeed rss_feed rss-feed rdf xml "
    "twitter tw t.co x.com facebook fb twtr instagram threads bluesky mastodon telegram tg t.me whatsapp viber vk ok "
    "linkedin reddit pinterest tumblr flipboard pocket email e-mail mail newsletter ifttt dlvr.it hootsuite buffer "
    "share sharing social socialmedia social_media push googlenews google_news google-news news.google.com "
    "applenews apple_news smartnews upday yandexnews yandex_news yxnews share_btn_tw share_btn_fb share_btn_link "
    "youtu.be emb_logo emb_title hp homepage front_page amp".split()
)
_CHANNEL = re.compile(
    r"(?:.*[^a-z0-9])?(?:rss|feed|share|sharing|newsletter|twitter|facebook|telegram|social)(?:[^a-z0-9].*)?"
    r"|friends_link|collection_home_page.*|.*_pos\d+|.*-{4}.*|[a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,60})*\.[a-z]{2,24}"
)
"""The same in longer words ("rss_topics", "share_iosapp", "rss----abc---4"), the place on the page that the link was in
("lead_pos3"), and the host that it was on."""

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


def stands_for(claimed: str, url: str) -> bool:
    """Whether `claimed`, what the page of an article at `url` says its address is (`rel=canonical`, `og:url`), may be
    taken for its identity. Whether other pages claim the same is the caller's to know.

    It must be of the same site, and not the home page. Without a list of public suffixes a site is known for sure only
    where one host is the other, but for `www.` and the like, or stands under it; "co.uk" is nobody's host.
    """
    try:
        one, other = ada_url.URL(claimed.strip()), ada_url.URL(url.strip())
    except ValueError:
        return False
    if not {one.protocol, other.protocol} <= {"http:", "https:"} or one.port != other.port:
        return False
    short, long = sorted((_bare(one.hostname), _bare(other.hostname)), key=len)
    if short != long and (not long.endswith("." + short) or _SUFFIX.fullmatch(short) is not None):
        return False
    return bool(_path(one.pathname) or _query(one.search.removeprefix("?")) or _fragment(one.hash))


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
    host = _bare(parts.hostname)
    if _GOOGLE.fullmatch(host) is not None:
        path = _path(parts.pathname)
        if path == "/url":
            query = _query(parts.search.removeprefix("?"))
            names = dict(pair.partition("=")[::2] for pair in reversed(query.split("&")))
            inner = unquote(names.get("url") or names.get("q") or "")
            return inner if inner.startswith(("http://", "https://")) else None
        return _cached(path.removeprefix("/amp"), parts.search) if path.startswith("/amp/") else None
    if ("." + host).endswith(".cdn.ampproject.org"):
        path = _path(parts.pathname)
        return _cached(path[2:], parts.search) if path.startswith(("/c/", "/v/", "/i/")) else None
    return None


def _cached(path: str, search: str) -> str | None:
    """The address in the path of an AMP cache: `/s/host/path` for https, `/host/path` for http."""
    secure = path.startswith("/s/")
    rest = path[3:] if secure else path[1:]
    return f"{'https' if secure else 'http'}://{rest}{search}" if "." in rest.partition("/")[0] else None


def _host(parts: ada_url.URL) -> str:
    host = _bare(parts.hostname)
    return f"{host}:{parts.port}" if parts.port else host


def _bare(hostname: str) -> str:
    host = hostname.rstrip(".")
    device = _DEVICES.match(host)
    return host if device is None else host[device.end() :]


def _path(path: str) -> str:
    path = _SLASHES.sub("/", _escape(_SESSION.sub("", path)))
    end = len(path)
    while (ending := next((each for each in _ENDINGS if path.endswith(each, 0, end)), None)) is not None:
        end -= len(ending)
    return path[:end]


def _query(query: str) -> str:
    kept = []
    for pair in _PAIRS.split(_escape(query.replace("+", "%20"))):
        name, _, value = pair.partition("=")
        if pair and not _is_tracking(unquote(name).lower(), unquote(value).lower()):
            kept.append(pair)
    return "&".join(sorted(kept, key=lambda pair: pair.partition("=")[0]))


def _is_tracking(name: str, value: str) -> bool:
    if name in _TRACKING or name.startswith(_TRACKING_PREFIXES):
        return True
    if name == "amp":
        return value in _AMP_VALUES
    return name in _AMBIGUOUS and (value in _CHANNELS or _CHANNEL.fullmatch(value[:MAX_VALUE]) is not None)


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
