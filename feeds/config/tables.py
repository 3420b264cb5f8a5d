"""The tables of `config.toml`: every setting with its default and its reason. All are frozen."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from db.records import Access, Query
from db.records import Field as Kind
from feeds.config.values import (
    MAX_HOURS,
    MAX_MINUTES,
    MAX_PAGES,
    NO_FULLTEXT,
    TAG_HOST,
    Authority,
    Authors,
    BaseUrl,
    DatabaseUrl,
    Dateline,
    HttpUrl,
    Language,
    Languages,
    Levels,
    LinkUrl,
    Names,
    OneOrMore,
    PathPattern,
    Phrase,
    QueryText,
    SectionName,
    Selector,
    Slug,
    SourceKind,
    SourceName,
    Text,
    UserAgent,
    Zone,
    has_fulltext,
)
from feeds.query import narrowed
from feeds.query import parse as parse_query


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Site(Table):
    """`[site]`: who publishes."""

    title: Text = Field(description="Name of the site; titles of feeds begin with it.")
    base_url: BaseUrl = Field(description="Address under which the published tree is served; links in feeds use it.")
    language: Language = Field("en", description="Language of the site (BCP 47), where a source says none.")
    timezone: Zone = Field("UTC", description="Zone of dates that name a day only, where a source says none.")
    authority: Authority | None = Field(
        None, description="Host and day that mint entry ids (RFC 4151); default: the host of base_url, 2026."
    )
    author: Text | None = Field(None, description="Author of every feed; default: the title.")

    @model_validator(mode="after")
    def _check(self) -> Site:
        if self.authority is None and not TAG_HOST.fullmatch(self._host()):
            raise ValueError(
                f'ids cannot carry the host "{self._host()}" of base_url (RFC 4151): give authority, a host name you '
                'own with the day you owned it, such as "news.example,2026-01-01"'
            )
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def _host(self) -> str:
        # The colons of an IPv6 address would be the tag's own.
        return (urlsplit(self.base_url).hostname or "").replace(":", "-")

    def tag_prefix(self) -> str:
        """`tag:<host>,<date>:` of RFC 4151, the beginning of every id that is minted."""
        host, _, date = (self.authority or self._host()).partition(",")
        return f"tag:{host},{date or '2026'}:"


class Database(Table):
    """`[database]`: where entries are kept."""

    url: DatabaseUrl = Field("sqlite:///var/feeds.sqlite3", description="SQLAlchemy address of the database.")


class Publish(Table):
    """`[publish]`: the published tree."""

    directory: Path = Field(Path("var/public"), description="Folder of the published tree.")
    entries: int = Field(50, ge=1, le=1000, description="Most entries in one feed.")
    max_bytes: int = Field(500_000, ge=10_000, le=50_000_000, description="Most bytes of one feed.")
    title_prefix: Annotated[str, StringConstraints(strip_whitespace=False)] = Field(
        "", max_length=20, description='Put before premium titles, such as "[+] "; breaks readers\' duplicate checks.'
    )
    hubs: tuple[LinkUrl, ...] = Field(
        (), description="WebSub hubs of others that feeds advertise, and that are told of what is new."
    )
    formats: tuple[Text, ...] = Field(
        ("atom", "rss", "json", "html"),
        description='Formats of each feed, in the order in which they are offered: "atom" (always), "rss", "json", '
        '"html", and those that installed packages bring.',
    )
    archives: bool = Field(True, description="Say false to publish no archive of all entries, month by month.")
    news_sitemap: bool = Field(True, description="Say false to publish no sitemap of two days' news.")
    incidents: bool = Field(True, description="Say false to publish no feed of our own troubles (incidents.atom).")

    @model_validator(mode="after")
    def _check(self) -> Publish:
        if "atom" not in self.formats:
            raise ValueError('formats: "atom" is always one of them')
        if len(set(self.formats)) < len(self.formats):
            raise ValueError("formats: one is given twice")
        return self


def check_networks(key: str, networks: tuple[str, ...]) -> None:
    """Raises `ValueError` for what is no network, naming `key`."""
    import ipaddress

    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise ValueError(f'{key}: "{network}" is no network such as "127.0.0.0/8"') from None


def is_remote(host: str) -> bool:
    """Whether `host` is an address that other machines reach; False where only looking it up as a name would tell,
    which the server does."""
    from ipaddress import ip_address

    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return False


def remote_refused(host: str) -> str:
    """What is said where `host` would be listened on, and that was not allowed; its key first."""
    return f"host: other machines could reach {host}; say allow_remote = true, or take 127.0.0.1"


class Poll(Table):
    """`[poll]`: how sources are asked."""

    interval: int = Field(
        60,
        ge=5,
        le=10080,
        description="Fewest minutes between two polls of an http source that does not ask for more; given here, it "
        "is the pace of every source, whatever their entries teach.",
    )
    unconditional_interval: int = Field(
        1440,
        ge=5,
        le=44640,
        description="The same for a source whose server gives no validators, so that every poll is a download, and "
        "no hint of its pace.",
    )
    min_interval: int = Field(
        5, ge=1, le=10080, description="Fewest minutes between two polls, whatever a source says."
    )
    max_interval: int = Field(1440, ge=5, le=44640, description="Most minutes between two polls of a working source.")
    connections: int = Field(64, ge=1, le=500, description="Requests under way at once.")
    per_minute: int = Field(30, ge=1, le=10_000, description="Most requests to one host in any 60 seconds.")
    per_host: int = Field(
        2, ge=1, le=20, description="Most requests under way at one host, but for redirects of others."
    )
    deadline: float = Field(30, gt=0, le=600, description="Seconds one request may take, redirects included.")
    connect_timeout: float = Field(5, gt=0, le=60, description="Seconds to connect.")
    max_bytes: int = Field(10_000_000, ge=1000, le=1_000_000_000, description="Most bytes of one document, decoded.")
    user_agent: UserAgent | None = Field(
        None, description="Sent as User-Agent; default: Broadsheet/<version> (+base_url)."
    )
    allow_networks: tuple[str, ...] = Field(
        (), description='Private networks that may be asked all the same, such as "127.0.0.0/8".'
    )

    @model_validator(mode="after")
    def _check(self) -> Poll:
        if self.min_interval > self.max_interval:
            raise ValueError("min_interval is above max_interval")
        check_networks("allow_networks", self.allow_networks)
        return self


class Host(Table):
    """`[host."news.example"]`: how one host is asked; its port is part of the name unless it is the usual one."""

    per_minute: int | None = Field(
        None, ge=1, le=10_000, description="Most requests in any 60 seconds; default: [poll] per_minute."
    )
    per_host: int | None = Field(None, ge=1, le=20, description="Most requests under way; default: [poll] per_host.")
    interval: int | None = Field(
        None, ge=1, le=44640, description="Minutes between polls of each of its sources; default: [poll] interval."
    )
    share_retry_after: bool = Field(
        False, description="Say true where Retry-After means the whole host, not one address of it."
    )


class Credential(Table):
    """`[credential."https://news.example"]`: what one origin is told of who asks; never sent to another."""

    username: Text | None = Field(None, description="User of HTTP Basic authentication.")
    password: Text | None = Field(None, description="Its password.")
    bearer: Text | None = Field(None, description="Bearer token, in place of user and password.")
    secret_env: Text | None = Field(None, description="Environment variable that holds the password or the token.")
    secret_file: Path | None = Field(None, description="File that holds the password or the token.")

    @model_validator(mode="after")
    def _check(self) -> Credential:
        secrets = [self.password, self.bearer, self.secret_env, self.secret_file]
        if sum(secret is not None for secret in secrets) != 1:
            raise ValueError("give one of password, bearer, secret_env and secret_file")
        if self.password is not None and self.username is None:
            raise ValueError("a password needs a username")
        if self.bearer is not None and self.username is not None:
            raise ValueError("a bearer token takes no username")
        return self


class AccessSettings(Table):
    """`[access]`: how premium entries are recognised and flagged."""

    markers: tuple[Text, ...] = Field((), description="Texts glued to a headline that mark it premium, in any source.")
    categories: tuple[Text, ...] = Field(
        ("premium", "subscribers", "subscribers only", "subscriber-only", "paid", "paywall"),
        description="Categories of an item that mark it premium (case does not matter).",
    )
    labels: dict[Access, Text] = Field(
        {}, description='Words for each level on pages and in feeds: { premium = "For subscribers" }.'
    )
    subscribe_url: LinkUrl | None = Field(None, description="Where a reader can pay; linked from premium entries.")

    def label(self, level: Access) -> str:
        """The words for `level`; its own name where none are configured."""
        return self.labels.get(level, level.value)


class Web(Table):
    """`[web]`: the HTTP server of `feeds run`."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    allow_remote: bool = Field(False, description="Say true to listen on an address that other machines reach.")
    per_minute: int = Field(
        600, ge=0, le=1_000_000, description="Most requests of one client in a minute; 0 for no such limit."
    )
    trusted_proxies: tuple[str, ...] = Field(
        (), description='Networks of proxies in front, such as "127.0.0.0/8", whose X-Forwarded-For is believed.'
    )

    @model_validator(mode="after")
    def _check(self) -> Web:
        check_networks("trusted_proxies", self.trusted_proxies)
        if "host" in self.model_fields_set and not self.allow_remote and is_remote(self.host):
            raise ValueError(remote_refused(self.host))
        return self


class WebSub(Table):
    """`[websub]`: being told, and telling, at once what is new (W3C WebSub)."""

    hub: bool = Field(False, description='Say true to be the hub of our own feeds, at base_url + "hub".')
    hub_topics: tuple[HttpUrl, ...] = Field(
        (), description="Beginnings of addresses of other publishers' feeds that our hub serves, too."
    )
    subscribe: bool = Field(
        False, description="Say true to ask the hubs of sources to push what is new; they have to reach base_url."
    )
    lease_days: float = Field(10, gt=0, le=365, description="Days for which a subscription is asked for, or given.")
    allow_networks: tuple[str, ...] = Field(
        (),
        description='Private networks in which our hub may ask and tell subscribers, such as "10.1.0.0/16"; those of '
        "[poll] are not among them.",
    )

    @model_validator(mode="after")
    def _check(self) -> WebSub:
        check_networks("allow_networks", self.allow_networks)
        return self


class Monitor(Table):
    """`[monitor]`: when a source counts as troubled."""

    failing_after: int = Field(3, ge=1, le=100, description="Failures in a row that open an incident.")
    stale_after: float = Field(
        4, ge=1, le=1000, description="Times its usual gap between two entries after which a source is stale."
    )
    stale_hours: int = Field(48, ge=1, le=8760, description="Hours without anything new before any source is stale.")
    slow_seconds: float = Field(10, gt=0, le=600, description="Seconds to answer from which a source is slow.")
    lag_minutes: int = Field(10, ge=1, le=1440, description="Minutes for which a changed feed may wait.")
    disk_mb: int = Field(500, ge=1, le=1_000_000, description="Megabytes of free space that are too few.")
    history_days: int = Field(90, ge=7, le=3650, description="Days for which polls and incidents are remembered.")
    metrics: bool = Field(True, description="Say false to serve no /metrics.")


class Selectors(Table):
    """`selectors` of a source or a profile: where the parts of a page's list stand, as CSS selectors."""

    list: Selector | None = Field(None, description="Element of one item; default: found by itself, as all of these.")
    title: Selector | None = Field(None, description="Headline, within an item.")
    link: Selector | None = Field(None, description="Link to the article, within an item.")
    date: Selector | None = Field(None, description="Time of publication, within an item.")
    section: Selector | None = Field(None, description="Name of a section, within an item.")
    marker: Selector | None = Field(None, description="What marks an item premium, within it.")
    summary: Selector | None = Field(None, description="Teaser, within an item.")

    @property
    def given(self) -> tuple[tuple[str, str], ...]:
        """Those that are given, by name."""
        return tuple((name, value) for name in type(self).model_fields if (value := getattr(self, name)) is not None)


class Profile(Table):
    """`[profile.<name>]`: the peculiarities of one publisher."""

    sections: tuple[Text, ...] = Field((), description="Names of sections that rows may begin with.")
    markers: tuple[Text, ...] = Field((), description="Texts glued to a headline's end that mark it premium.")
    categories: tuple[Text, ...] = Field(
        (), description="Categories of an item that mark it premium, beside those of [access]."
    )
    dateline: Dateline | None = Field(
        None,
        description='Shape of the dateline: "{date}, {agency}." or "{place}, {date} ({agency}) -"; default: learned.',
    )
    year: int | None = Field(None, ge=1990, le=2100, description="Year of datelines that name none.")
    selectors: Selectors | None = Field(None, description="CSS selectors of the lists on its pages.")


class Source(Table):
    """`[[source]]`: one thing that is polled."""

    name: SourceName = Field(description="Unique name; ids of entries without a URL are made from it.")
    kind: SourceKind = Field(
        "feed",
        description='"seed" (text documents), "feed" (RSS, Atom, RDF, JSON Feed), "page" (HTML that lists articles) '
        'or "sitemap".',
    )
    url: HttpUrl | None = Field(None, description="Address to poll. Give either url or path.")
    path: Path | None = Field(None, description="Local file, or folder of documents for a seed source.")
    title: Text | None = Field(None, description="Name shown to readers; default: the name.")
    link: LinkUrl | None = Field(None, description="Home page: link of entries without one; default: base_url.")
    sections: tuple[Text, ...] = Field((), description="Sections of every entry of this source.")
    default_section: Text | None = Field(None, description="Section of entries for which nothing names one.")
    access: Access | None = Field(None, description="Access of every entry of this source, whatever else is said.")
    trust_access: bool | None = Field(
        None,
        description="Say true where what it states to be locked is, false where that is no more than a hint; "
        "default: a hint where it says so of nearly everything.",
    )
    profile: str | None = Field(None, description="Name of a [profile.<name>] table.")
    selectors: Selectors | None = Field(None, description="CSS selectors of a page's list, in place of its profile's.")
    language: Language | None = Field(None, description="Language of its entries; default: the site's.")
    timezone: Zone | None = Field(None, description="Zone of its day-only dates; default: the site's.")
    interval: int | None = Field(
        None,
        ge=1,
        le=MAX_MINUTES,
        description="Minutes between polls; default: by its host and what its entries teach.",
    )
    pages: int = Field(
        1,
        ge=1,
        le=MAX_PAGES,
        description="Pages of an HTML listing that are read at each poll, its first one included.",
    )
    fulltext: bool = Field(False, description="Say true to fetch each article and take its text from there.")
    stale_hours: int | None = Field(
        None,
        ge=0,
        le=MAX_HOURS,
        description="Hours without anything new after which it is stale, 0 for never; default: its rhythm.",
    )
    enabled: bool = Field(True, description="Say false to pause it.")

    @model_validator(mode="after")
    def _check(self) -> Source:
        if self.fulltext and (self.url is None or self.kind == "seed"):
            raise ValueError("fulltext is for sources with a url, whose entries are articles of their own")
        if self.fulltext and not has_fulltext():
            raise ValueError(NO_FULLTEXT)
        if (self.url is None) == (self.path is None):
            raise ValueError("give either url or path")
        if self.selectors is not None and self.kind != "page":
            raise ValueError('selectors are for sources of kind "page"')
        if self.pages != 1 and self.kind != "page":
            raise ValueError('pages is for sources of kind "page"')
        if self.kind == "seed" and self.url is not None:
            raise ValueError("a seed source takes path, a file or a folder of .txt documents")
        return self


class Section(Table):
    """`[[section]]`: a section that is published whether or not entries have come."""

    name: SectionName = Field(description="Name as sources write it.")
    slug: Slug | None = Field(None, description="Name of its files; default: the name, transliterated.")
    title: Text | None = Field(None, description="Name shown to readers; default: the name.")
    formerly: Annotated[tuple[SectionName, ...], OneOrMore] = Field(
        (), description="Names that it had, or of sections that are part of it now; it keeps the feed and its readers."
    )


class Sections(Table):
    """`[sections]`: what becomes of sections that only documents name."""

    unknown: Literal["make", "default", "drop"] = Field(
        "make",
        description="A section that nothing in this file names is made as it is met, replaced by default, or left out.",
    )
    default: SectionName | None = Field(
        None, description="Section of entries that would be in none; a source's own default_section goes first."
    )

    @model_validator(mode="after")
    def _check(self) -> Sections:
        if self.unknown == "default" and self.default is None:
            raise ValueError('unknown = "default" needs default, the name of a [[section]]')
        return self


class Rule(Table):
    """`[[rule]]`: entries that stand in a section whatever their source says; all conditions must hold."""

    section: Annotated[tuple[SectionName, ...], OneOrMore, Field(min_length=1)] = Field(
        description="Section, or list of sections, in which entries stand."
    )
    source: Annotated[tuple[SourceName, ...], OneOrMore] = Field((), description="Entries of this source.")
    category: Annotated[tuple[Text, ...], OneOrMore] = Field(
        (), description="Entries of this category (case does not matter)."
    )
    path: Annotated[tuple[PathPattern, ...], OneOrMore] = Field(
        (),
        description='Entries whose address has this path or one below it; or all of it, * as any text: "/*/sport/*".',
    )
    title: Annotated[tuple[Phrase, ...], OneOrMore] = Field(
        (),
        description="Entries whose title has this word, or these words side by side; case does not matter.",
    )
    language: Annotated[tuple[Language, ...], OneOrMore] = Field(
        (), description='Entries in this language; "de" is "de-AT", too.'
    )
    only: bool = Field(False, description="Say true to take them out of the sections that their source names.")

    @model_validator(mode="after")
    def _check(self) -> Rule:
        if not (self.source or self.category or self.path or self.title or self.language):
            raise ValueError("give a condition: source, category, path, title or language; each may be a list")
        return self


class Saved(Table):
    """`[[saved]]`: a filter that is published as a feed; all its keys must hold, of a list one of its names."""

    name: Slug = Field(description="Name of its files, unique; ids of the feed are made from it.")
    title: Text | None = Field(None, description="Name shown to readers; default: the name.")
    query: QueryText | None = Field(None, description="What to look for, as for 'feeds entries search'.")
    section: Names = Field((), description="Name or slug of a section, or a list of them.")
    source: Names = Field((), description="Name of a source, or a list of them.")
    access: Levels = Field((), description="Level of access, or a list of them.")
    author: Authors = Field((), description="Name of an author, or words of it, or a list of them.")
    language: Languages = Field((), description='Language, or a list of them; "en" is "en-GB", too.')

    @model_validator(mode="after")
    def _check(self) -> Saved:
        if self.query is None and not any((self.section, self.source, self.access, self.author, self.language)):
            raise ValueError("give a query, or a section, source, access, author or language")
        return self

    def chosen(self, zone: tzinfo) -> Query:
        """What an entry has to be; days begin in `zone`."""
        query = Query() if self.query is None else parse_query(self.query, zone=zone)
        for kind, names in (
            (Kind.SECTION, self.section),
            (Kind.SOURCE, self.source),
            (Kind.ACCESS, self.access),
            (Kind.AUTHOR, self.author),
            (Kind.LANGUAGE, self.language),
        ):
            query = narrowed(query, kind, names)
        return query
