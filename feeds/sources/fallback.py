"""XML that no strict parser reads: feedparser's lenient one, and what its entries said.

feedparser is given text only, because it opens whatever looks like a path or an address; unsanitised, because nh3 does
that later, once per changed entry. Its classes are extended by what they lose: attributes of elements that they do not
know, RSS's hours and days, and whether a type or a permanent link was said or is a default.
"""

from __future__ import annotations

import io
import xml.sax
from typing import Any

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.mixin import _FeedParserMixin
from feedparser.sanitizer import replace_doctype

from feeds.sources.fields import author_name
from feeds.sources.markup import HTML, MAX_RESOLVED, XHTML, kind_of, mended, resolved, without_pairs
from feeds.sources.media import Attributes
from feeds.sources.names import EXTRA
from feeds.sources.said import Channel, Said, Tag, Words

_Entry = dict[str, Any]

_ATTRIBUTED = (
    "comments ttl podcast_season podcast_episode dcterms_accessrights schema_isaccessibleforfree news_access"
    " itunes_duration itunes_season itunes_episode itunes_episodetype itunes_explicit sy_updateperiod"
    " sy_updatefrequency"
).split()
"""Elements whose text feedparser forgets where they have attributes."""


class _More(_FeedParserMixin):  # type: ignore[misc]  # feedparser ships no types
    """What is read beyond feedparser's own."""

    namespaces = {**_FeedParserMixin.namespaces, **EXTRA}  # noqa: RUF012  # feedparser's own way
    _matchnamespaces: dict[str, str] = {}  # noqa: RUF012
    _tags: set[tuple[Any, ...]]

    def unknown_endtag(self, tag: str) -> None:
        """A base ends with its element, even where there was none around it."""
        super().unknown_endtag(tag)
        if self.basestack:
            self.baseuri = self.basestack[-1]

    def _start_link(self, attributes: _Entry) -> None:
        attributes["said_type"] = attributes.get("type")
        before = self._get_context().get("link")
        super()._start_link(attributes)
        self._keep_link(before)

    def _end_link(self) -> None:
        before = self._get_context().get("link")
        super()._end_link()
        self._keep_link(before)

    def _keep_link(self, before: str | None) -> None:
        """An empty link replaces none, nor does one that stands deeper."""
        context = self._get_context()
        depth = context.get("said_depth", self.depth)
        if before and (not context.get("link") or self.depth > depth):
            context["link"] = before
        elif context.get("link"):
            context["said_depth"] = min(depth, self.depth)

    def _start_guid(self, attributes: _Entry) -> None:
        super()._start_guid(attributes)
        self._get_context()["said_permanent"] = attributes.get("ispermalink")

    def _end_guid(self) -> None:
        value = self.pop("id")
        if value and self.guidislink:
            self._get_context().setdefault("said_stand_in", value)

    _start_id, _end_id = _start_guid, _end_guid

    def _start_source(self, attributes: _Entry) -> None:
        super()._start_source(attributes)
        self.sourcedata["said_url"] = attributes.get("url")

    def _end_published(self) -> None:
        """Dates are read later, and feedparser's handlers raise for some."""
        self.pop("published")

    _end_issued = _end_pubdate = _end_published

    def _end_updated(self) -> None:
        self.pop("updated")

    _end_modified = _end_lastbuilddate = _end_updated

    def _end_created(self) -> None:
        self.pop("created")

    def _end_hour(self) -> None:
        self._get_context().setdefault("said_hours", []).append(self.pop("hour") or "")

    def _end_day(self) -> None:
        self._get_context().setdefault("said_days", []).append(self.pop("day") or "")

    def _end_itunes_explicit(self) -> None:
        self.pop("itunes_explicit")

    def _save_author(self, key: str, value: str, prefix: str = "author") -> None:
        """The owner of a podcast is no author, nor is an author the one before."""
        context = self._get_context()
        if prefix == "author":
            context.setdefault("authors", [{}])[-1][key] = value

    def _sync_author_detail(self, key: str = "author") -> None:
        context = self._get_context()
        authors = context.get("authors")
        if key == "author" and authors and not authors[-1]:
            authors[-1]["name"] = author_name(context.get(key) or "")

    def _add_tag(self, term: str | None, scheme: str | None, label: str | None) -> None:
        """feedparser's own compares each category with each other one."""
        tags = self._get_context().setdefault("tags", [])
        self._tags = self._tags if tags else set()
        key = (term, scheme, label)
        if any(key) and key not in self._tags:
            tags.append({"term": term, "scheme": scheme, "label": label})
            self._tags.add(key)

    def _end_category(self) -> None:
        value = self.pop("category")
        tags = self._get_context().get("tags")
        if value and tags and not tags[-1]["term"]:
            self._tags.discard(tuple(tags[-1].values()))
            tags[-1]["term"] = value
            self._tags.add(tuple(tags[-1].values()))
        elif value:
            self._add_tag(value, None, None)

    _end_keywords = _end_category


for _name in _ATTRIBUTED:
    setattr(_More, f"_start_{_name}", lambda self, attributes, name=_name: self.push(name, 1))


class _Strict(_More, StrictFeedParser):  # type: ignore[misc]
    """feedparser's parser of well-formed XML, for comparison."""


class _Loose(_More, LooseFeedParser):  # type: ignore[misc]
    """feedparser's parser of everything else."""


def read_text(text: str, root: str, *, strict: bool = False) -> tuple[Channel, list[Said]]:
    """What feedparser makes of `text`, a document with the root element `root`.

    Raises whatever feedparser does (kurtmckee/feedparser#591, #599). With `strict` its strict parser comes first, as in
    `feedparser.parse`.
    """
    _version, data, entities = replace_doctype(text.encode())
    parser = None
    if strict:
        parser = _prepared(_Strict("", None, "utf-8"), root)
        reader = xml.sax.make_parser()  # noqa: S317  # expat, without external entities
        reader.setFeature(xml.sax.handler.feature_namespaces, 1)
        reader.setFeature(xml.sax.handler.feature_external_ges, 0)
        reader.setContentHandler(parser)
        reader.setErrorHandler(parser)
        try:
            reader.parse(io.BytesIO(data))
        except xml.sax.SAXException:
            parser = None
    if parser is None:
        parser = _prepared(_Loose("", None, "utf-8", entities), root)
        parser.feed(data.decode())
    resolves = "xml:base" in text and len(data) <= MAX_RESOLVED
    return _channel(parser.feeddata), [_said(entry, resolves) for entry in parser.entries]


def _prepared(parser: Any, root: str) -> Any:
    parser.resolve_relative_uris = parser.sanitize_html = False
    if root != "feed":
        parser.version = "rss"  # or a namespace of Atom's, declared for one link, would make it Atom
    return parser


def _channel(feed: _Entry) -> Channel:
    channel = Channel()
    channel.title = _words(feed, "title", False)
    channel.link = _text(feed, "link") or _text(feed, "said_stand_in")
    channel.language = _text(feed, "language")
    channel.ttl, channel.period = _text(feed, "ttl"), _text(feed, "sy_updateperiod")
    channel.frequency = _text(feed, "sy_updatefrequency")
    channel.links = _links(feed)
    channel.hours, channel.days = dict.get(feed, "said_hours") or [], dict.get(feed, "said_days") or []
    return channel


def _said(entry: _Entry, resolves: bool) -> Said:
    said = Said()
    said.title = _words(entry, "title", resolves)
    said.language = (dict.get(entry, "title_detail") or {}).get("language")
    said.link, said.guid = _text(entry, "link"), _text(entry, "id")
    permanent = dict.get(entry, "said_permanent")
    said.permanent = None if permanent is None else permanent == "true"
    said.stand_in = _text(entry, "said_stand_in")
    said.links = _links(entry)
    # Where there is no summary feedparser copies the body into its place, without a `summary_detail`: a premium body
    # would become its own teaser.
    said.summary = _words(entry, "summary", resolves) if dict.get(entry, "summary_detail") is not None else None
    said.contents = [_detail(one, one.get("value"), resolves) for one in dict.get(entry, "content") or ()]
    said.published, said.updated = _text(entry, "published"), _text(entry, "updated")
    said.tags = [Tag(tag["term"], tag["scheme"], tag["label"]) for tag in dict.get(entry, "tags") or ()]
    said.authors = [mended(name) for author in dict.get(entry, "authors") or () if (name := author.get("name"))]
    source = dict.get(entry, "source")
    if isinstance(source, dict):
        said.source = (
            _words(source, "title", resolves),
            _text(source, "said_url") or _text(source, "link") or _text(source, "said_stand_in"),
        )
    said.rights = _words(entry, "rights", resolves)
    said.comments = _text(entry, "comments")
    said.media = [one for one in dict.get(entry, "media_content") or () if isinstance(one, dict)]
    said.pictures = [one for one in dict.get(entry, "media_thumbnail") or () if isinstance(one, dict)]
    image = dict.get(entry, "image")
    if isinstance(image, dict) and dict.get(image, "href"):
        said.pictures.append({"url": _text(image, "href")})
    said.duration, said.explicit = _text(entry, "itunes_duration"), _text(entry, "itunes_explicit")
    said.season = _text(entry, "itunes_season") or _text(entry, "podcast_season")
    said.number = _text(entry, "itunes_episode") or _text(entry, "podcast_episode")
    said.kind = _text(entry, "itunes_episodetype")
    if rights := _text(entry, "dcterms_accessrights"):
        said.gates.append(("dcterms:accessRights", rights))
    if rights := _text(entry, "news_access"):
        said.gates.append(("news:access", rights))
    price = dict.get(entry, "media_price")
    if isinstance(price, dict) and (value := _text(price, "type") or _text(price, "price")):
        said.gates.append(("media:price", value))
    # The publisher chooses the prefix of schema.org's namespace.
    for name in entry:
        if name.endswith("_isaccessibleforfree") and (free := _text(entry, name)):
            said.gates.append(("isAccessibleForFree", free))
    return said


def _text(values: _Entry, name: str) -> str:
    value = dict.get(values, name)
    return value if isinstance(value, str) else ""


def _words(values: _Entry, name: str, resolves: bool) -> Words | None:
    value = dict.get(values, name)
    detail = dict.get(values, f"{name}_detail") or {}
    return _detail(detail, value, resolves) if isinstance(value, str) else None


def _detail(detail: _Entry, value: object, resolves: bool) -> Words:
    kind = kind_of(detail.get("type"), HTML)
    text = without_pairs(value) if isinstance(value, str) else ""
    return Words(kind, resolved(text, detail.get("base") or "") if resolves and kind in (HTML, XHTML) else text)


def _links(values: _Entry) -> list[Attributes]:
    """Links whose type is what was said."""
    return [
        {**link, "type": link["said_type"] or ""} if "said_type" in link else link
        for link in dict.get(values, "links") or ()
    ]
