"""Entries and feeds as renderers get them: plain ones, golden cases, and strategies for what the world sends."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from db.records import Access, Enclosure, Tombstone
from feeds.formats import Archive, Audience, FeedDocument, PublicEntry
from feeds.formats.xml import meant
from feeds.model import Episode, Image, Link, Origin

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOW = datetime(2027, 1, 1, tzinfo=UTC)


def entry(number: int = 1, **fields: Any) -> PublicEntry:
    """An entry with `fields` in place of what most entries have."""
    plain: dict[str, Any] = {
        "uid": f"tag:news.example,2026:{number}", "title": f"Headline {number}", "url": f"https://news.example/{number}",
        "summary": "A teaser.", "content": None, "published": NOON - timedelta(hours=number),
        "published_day_only": False, "updated": NOON, "authors": (), "categories": (), "sections": ("Politics",),
        "enclosures": (), "language": None, "access": Access.UNKNOWN,
        "access_label": "unknown",
    }  # fmt: skip
    return PublicEntry(**(plain | fields))


def document(*entries: PublicEntry, **fields: Any) -> FeedDocument:
    plain: dict[str, Any] = {
        "id": "tag:news.example,2026:feed:politics", "path": "sections/politics.atom", "title": "Courier: Politics",
        "base_url": "https://news.example/feeds/", "html_url": "https://news.example/feeds/index.html",
        "language": "en", "author": "Courier", "updated": NOON, "entries": entries,
    }  # fmt: skip
    return FeedDocument(**(plain | fields))


def full(number: int = 1, **fields: Any) -> PublicEntry:
    """An entry that has everything that an entry can have."""
    everything: dict[str, Any] = {
        "content": "<p>The <b>whole</b> text &amp; more.</p>",
        "authors": ("Ann Author", "Ben & Co"),
        "categories": ("budget",),
        "language": "be",
        "access": Access.FREE,
        "access_label": "free",
        "enclosures": (
            Enclosure("https://news.example/p.pdf", "application/pdf", 7),
            Enclosure("https://news.example/a.mp3?a=1&b=2", "audio/mpeg", 9),
        ),
        "via": (("https://other.example/1", "The Other"),),
        "related": (("https://third.example/1", "The Third"),),
        "images": (Image("https://news.example/i.jpg", 640, 480), Image("https://news.example/j.jpg")),
        "replies": (
            Link("https://news.example/1/comments", "replies", "text/html"),
            Link("https://news.example/1/comments.atom", "replies", "application/atom+xml", title="Comments"),
        ),
        "source": Origin("The Agency", "https://agency.example/feed"),
        "rights": "© 2026 The Agency",
        "episode": Episode(duration=1830, season=2, number=4, kind="full", explicit=False),
    }
    return entry(number, **(everything | fields))


def load(path: Path, suffix: str = "atom") -> FeedDocument:
    """A golden case: the document as JSON, times in ISO 8601, records as objects, with a path of that `suffix`."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    entries = tuple(entry(**{name: _read(name, value) for name, value in each.items()}) for each in raw.pop("entries"))
    fields = {name: _read(name, value) for name, value in raw.items()}
    made = document(*entries, **fields)
    return document(*entries, **(fields | {"path": made.path.rpartition(".")[0] + f".{suffix}"}))


_RECORDS: dict[str, Any] = {
    "enclosures": Enclosure, "images": Image, "replies": Link, "gone": Tombstone, "source": Origin, "episode": Episode,
    "archive": Archive,
}  # fmt: skip
_SCALARS: dict[str, Any] = {"access": Access, "audience": Audience}


def _read(name: str, value: Any) -> Any:
    """A field of a case as the document has it."""
    if value is None:
        return None
    if name in ("published", "updated", "at"):
        return datetime.fromisoformat(value)
    if name in _SCALARS:
        return _SCALARS[name](value)
    if isinstance(value, dict):
        return _RECORDS[name](**{key: _read(key, one) for key, one in value.items()})
    if isinstance(value, list):
        return tuple(_read(name, one) for one in value)
    return value


LETTERS = st.characters(exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\ufffd\u2028\u2029")
"""What normalisation leaves of a text."""

CURIOUS = st.sampled_from([
    "a ]]> b", "שלום \u202eעולם\u202c", "🎉👩‍👩‍👧 ok", "x" * 5000, "< & > \" '", "R&D; 5 < 6", "  two  spaces ",
    "<b>bold</b> &amp; &nbsp; &#8211; &copy 2026", "</title><script>alert(1)</script>", "a\r\nb\tc", "100 %(title)s %s",
    "\ue000title\ue001", "<!--", "<![CDATA[x]]>", "<?xml?>", "\x80uro \x93quoted\x94 \ufffd", "\x85", "e\u0301",
])  # fmt: skip
"""Texts that have broken renderers."""

POISON = st.sampled_from(["bell \x07", "\x00", "lone \ud800", "\udfff", "\ufffe", "\uffff"])
"""Characters that no XML holds."""

PLAIN = st.one_of(st.text(LETTERS, max_size=40), CURIOUS)
TEXTS = st.one_of(PLAIN, st.text(st.characters(), max_size=20), POISON)
"""Whatever a source may say."""

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)
URLS = NAMES.map(lambda name: f"https://news.example/{name}")
HOSTILE_URLS = st.one_of(
    URLS,
    st.sampled_from([
        "https://news.example/?a=1&b=2#c", "https://news.example/a[1]?b[]=2", "https://news.example/a|b{c}^`\\",
        "https://ünï.example/ä?ö=ß", "https://two words.example/", "javascript:alert(1)", "data:text/html,x", "",
        "//news.example/x", "/relative", "mailto:a@b.example", "https://", "http://[::1]/x", "https://[bad/", "HTTPS://A/",
        "https://u:p@news.example/x", 'https://news.example/"><script>', "https://news.example/\n<x>", "https://a:99999/",
        "https://news.example/\ud800", "https://news.example/\x07", "https://news.example/" + "x" * 3000,
    ]),
    st.text(st.characters(), max_size=20),
)  # fmt: skip
MEDIA_TYPES = st.sampled_from(
    ["image/jpeg", "audio/mpeg", "video/mp4", "application/pdf", "text/html", "", "audio", "a b/c"]
)
LANGUAGES = st.sampled_from([None, "", "en", "be-tarask", "english, mostly", "zh-Hant-TW"])

_MOMENTS = st.datetimes(
    min_value=datetime(1990, 1, 2),  # noqa: DTZ001  # the strategy adds the zone
    max_value=datetime(2026, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=0))
SECONDS = st.one_of(_MOMENTS, st.sampled_from([NOON, NOON - timedelta(days=1)]))
"""Times as they are stored; few enough to meet."""

ODD_TIMES = st.one_of(
    SECONDS,
    st.sampled_from([
        datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(1989, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(1990, 1, 1, tzinfo=timezone(timedelta(minutes=1))),
        datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC),
        datetime(2026, 11, 23, tzinfo=timezone(timedelta(hours=3))), datetime(2026, 11, 23, 12),  # noqa: DTZ001
    ]),
)  # fmt: skip
"""Times as no store has them."""

EPISODES = st.builds(
    Episode,
    duration=st.sampled_from([None, 0, -1, 59, 10**12]),
    season=st.sampled_from([None, 0, 3]),
    number=st.sampled_from([None, -2, 12]),
    kind=st.sampled_from([None, "full", "trailer", "bonus", "<odd>"]),
    explicit=st.sampled_from([None, True, False]),
)


def _tuples(strategy: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=most).map(tuple)


def _entries(
    texts: st.SearchStrategy[str], urls: st.SearchStrategy[str], times: st.SearchStrategy[datetime]
) -> st.SearchStrategy[PublicEntry]:
    sizes = st.sampled_from([None, 0, -3, 640])
    return st.builds(
        PublicEntry,
        uid=NAMES,
        title=texts,
        url=urls,
        summary=texts,
        content=st.one_of(st.none(), st.just(" "), texts.map(lambda text: f"<p>{escape(text)}</p>")),
        published=st.one_of(st.none(), times),
        published_day_only=st.booleans(),
        updated=times,
        position=st.sampled_from([0, 3, 5000]),
        authors=_tuples(texts, 3),
        categories=_tuples(texts, 3),
        sections=_tuples(texts, 2),
        enclosures=_tuples(st.builds(Enclosure, HOSTILE_URLS, MEDIA_TYPES, st.integers(-1, 9)), 3),
        language=LANGUAGES,
        access=st.sampled_from(Access),
        access_label=texts,
        via=_tuples(st.tuples(HOSTILE_URLS, texts), 2),
        related=_tuples(st.tuples(HOSTILE_URLS, texts), 1),
        images=_tuples(st.builds(Image, HOSTILE_URLS, sizes, sizes), 2),
        replies=_tuples(
            st.builds(Link, HOSTILE_URLS, st.just("replies"), st.one_of(st.none(), MEDIA_TYPES), title=texts), 2
        ),
        source=st.one_of(st.none(), st.builds(Origin, texts, st.one_of(st.none(), HOSTILE_URLS))),
        rights=st.one_of(st.none(), texts),
        episode=st.one_of(st.none(), EPISODES),
    )


def _numbered(entries: list[PublicEntry]) -> tuple[PublicEntry, ...]:
    return tuple(replace(one, uid=f"tag:news.example,2026:{at}-{one.uid}") for at, one in enumerate(entries))


ENTRIES = st.lists(
    st.one_of(
        *[_entries(PLAIN, URLS, SECONDS)] * 4, _entries(PLAIN, HOSTILE_URLS, ODD_TIMES), _entries(TEXTS, URLS, SECONDS)
    ),
    max_size=5,
).map(_numbered)
"""Entries of one feed; a few of them are such as cannot be rendered."""

_HUBS = [(), ("https://hub.example/",), ("https://hub.example/", "https://hub.example/two")]
_BACK = Archive(previous="https://news.example/feeds/archive/politics/2026-10.atom")
_OFFERED = (("sections/politics.html", "text/html"), ("sections/politics.json", "application/feed+json"))
DOCUMENTS = st.builds(
    lambda entries, title, hubs, pay, audience, archive, style: document(
        *entries,
        title=title,
        hubs=hubs,
        subscribe_url="https://news.example/pay" if pay else None,
        audience=audience,
        archive=archive,
        alternates=_OFFERED,
        stylesheet=style,
    ),
    ENTRIES,
    PLAIN.filter(str.strip),
    st.sampled_from(_HUBS),
    st.booleans(),
    st.sampled_from(Audience),
    st.sampled_from([None, _BACK]),
    st.sampled_from([None, "feed.css"]),
)
"""Feeds of the current entries."""


def expected(text: str, otherwise: str) -> str:
    """What readers get of a title: the characters that were meant, and never nothing."""
    made: str = meant(text) if text.strip() else ""
    return made if made.strip() else otherwise
