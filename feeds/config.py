"""`config.toml`: typed settings, every one with its default and its reason.

An unknown key is an error that names the nearest valid one; a wrong value is an error that names the key and, where
the file tells, the line. Paths are relative to the file. All models are frozen.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import ada_url
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from db.records import Access
from feeds.errors import ConfigError

MAX_SECRET = 8192
DEFAULT_PATH = Path("config.toml")
SourceKind = Literal["seed", "feed"]
_NAME = re.compile(r"[^\W_][\w .:-]{0,99}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_TAG_HOST = re.compile(r"[a-z0-9.-]+")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_DNS_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")


@lru_cache(maxsize=16_384)
def _http_url(value: str) -> str:
    """An http(s) address. Raises `ValueError` with what is wrong with any other.

    Every poll checks the stored options of its source, so that the same few thousand come again and again.
    """
    if re.match(r"https?://", value, re.IGNORECASE) is None:
        raise ValueError("give an address that begins with http:// or https://")
    if re.search(r"[\s\\\x00-\x1f]", value):
        raise ValueError("percent-encode what an address may not hold: blanks and backslashes")
    authority = re.split(r"[/?#]", value.partition("://")[2], maxsplit=1)[0]
    if "@" in authority:
        raise ValueError('give an address without user or password; a login goes into [credential."https://HOST"]')
    try:
        split = urlsplit(value)
        if not split.hostname:
            raise ValueError("give an address with a host")
        host = ada_url.URL(value).hostname
        if not host.startswith("[") and (len(host) > 254 or not _DNS_NAME.fullmatch(host)):
            raise ValueError("give an address with a host that DNS can have")
        port = split.port
    except ValueError as error:
        if "host" in str(error):
            raise
        raise ValueError("give an address with a port from 1 to 65535 and a host that can be one") from None
    if port == 0:
        raise ValueError("give an address with a port from 1 to 65535")
    return value


def _link_url(value: str) -> str:
    """An address that feeds carry: no character in it that would make them invalid (RFC 3986, section 2)."""
    _http_url(value)
    if re.search(r"[\x00-\x20\x7f-\x9f<>\"{}|\\^`]", value):
        raise ValueError("percent-encode what an address may not hold: quotes, braces, < > | \\ ^ and backticks")
    return value


def _base_url(value: str) -> str:
    """The address in ASCII, as headers, ids and feeds need it: the host in IDNA, the path percent-encoded."""
    _link_url(value)
    if "?" in value or "#" in value:
        raise ValueError("give an address without a query or a fragment")
    try:
        return str(ada_url.URL(value).href).rstrip("/") + "/"
    except ValueError:
        raise ValueError("give an address with a host that DNS can have") from None


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('give a time zone of the IANA list, such as "Europe/Vilnius" or "UTC"') from None
    return value


def _language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise ValueError('give a BCP 47 language tag, such as "en" or "be-tarask"')
    return value


def _source_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("give 1 to 100 letters, digits, spaces, '.', ':' or '-', beginning with a letter or a digit")
    return value


def _authority(value: str) -> str:
    host, _, date = value.partition(",")
    if not _HOST.fullmatch(host) or not re.fullmatch(r"(\d{4}(-\d\d(-\d\d)?)?)?", date):
        raise ValueError('give a host name you own, with the day you owned it: "news.example,2026-01-01" (RFC 4151)')
    return value


def _database_url(value: str) -> str:
    path = value.removeprefix("sqlite:///")
    if path == value or not path or path.startswith(":memory:") or "?" in path:
        raise ValueError("give sqlite:///PATH, the only database so far; what is in memory is gone after each command")
    return value


def _dateline(value: str) -> str:
    names = re.findall(r"\{([^{}]*)\}", value)
    rest = re.sub(r"\{(date|agency|place)\}", "", value)
    if "date" not in names or len(set(names)) < len(names) or "{" in rest or "}" in rest:
        raise ValueError('give a shape with {date} and at most one {agency} and {place}, such as "{date}, {agency}."')
    return value


def _check_host(name: str) -> None:
    """Raises `ValueError` for what is no host as sources are counted by: lower-case, in IDNA, without a usual port."""
    try:
        hosts = [ada_url.URL(f"{scheme}://{name}/").host for scheme in ("http", "https")]
    except ValueError:
        hosts = []
    bare = re.sub(r":\d+$", "", hosts[0]) if hosts else ""
    if not (bare.startswith("[") or _DNS_NAME.fullmatch(bare)) or "/" in name or "@" in name:
        raise ValueError(f'host: "{name}" is no host such as "news.example" or "news.example:8080"')
    counted = re.sub(r":(?:80|443)$", "", hosts[0])
    if name != counted:
        raise ValueError(f'host: "{name}" is counted as "{counted}": write that')


def _user_agent(value: str) -> str:
    if not re.fullmatch(r"[\x20-\x7e]+", value):
        raise ValueError("give printable ASCII: it goes into a header (RFC 9110, section 5.5)")
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
LinkUrl = Annotated[str, AfterValidator(_link_url)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Zone = Annotated[str, AfterValidator(_zone)]
Language = Annotated[str, AfterValidator(_language)]
SourceName = Annotated[str, AfterValidator(_source_name)]
Authority = Annotated[str, AfterValidator(_authority)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
Dateline = Annotated[str, Field(max_length=200), AfterValidator(_dateline)]
Text = Annotated[str, Field(min_length=1, max_length=500)]
UserAgent = Annotated[Text, AfterValidator(_user_agent)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Site(_Model):
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
        if self.authority is None and not _TAG_HOST.fullmatch(self._host()):
            raise ValueError(
                f'ids cannot carry the host "{self._host()}" of base_url (RFC 4151): give authority, a host name you '
                'own with the day you owned it, such as "news.example,2026-01-01"'
            )
        return self

    def _host(self) -> str:
        # The colons of an IPv6 address would be the tag's own.
        return (urlsplit(self.base_url).hostname or "").replace(":", "-")

    def tag_prefix(self) -> str:
        """`tag:<host>,<date>:` of RFC 4151, the beginning of every id that is minted."""
        host, _, date = (self.authority or self._host()).partition(",")
        return f"tag:{host},{date or '2026'}:"


class Database(_Model):
    """`[database]`: where entries are kept."""

    url: DatabaseUrl = Field("sqlite:///var/feeds.sqlite3", description="SQLAlchemy address of the database.")


class Publish(_Model):
    """`[publish]`: the published tree."""

    directory: Path = Field(Path("var/public"), description="Folder of the published tree.")
    entries: int = Field(50, ge=1, le=1000, description="Most entries in one feed.")
    max_bytes: int = Field(500_000, ge=10_000, le=50_000_000, description="Most bytes of one feed.")
    title_prefix: Annotated[str, StringConstraints(strip_whitespace=False)] = Field(
        "", max_length=20, description='Put before premium titles, such as "[+] "; breaks readers\' duplicate checks.'
    )
    hubs: tuple[LinkUrl, ...] = Field((), description="WebSub hubs that feeds advertise.")


class Poll(_Model):
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
        import ipaddress

        if self.min_interval > self.max_interval:
            raise ValueError("min_interval is above max_interval")
        for network in self.allow_networks:
            try:
                ipaddress.ip_network(network)
            except ValueError:
                raise ValueError(f'allow_networks: "{network}" is no network such as "127.0.0.0/8"') from None
        return self


class Host(_Model):
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


class Credential(_Model):
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


class AccessSettings(_Model):
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


class Web(_Model):
    """`[web]`: the HTTP server of `feeds run`."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    allow_remote: bool = Field(False, description="Say true to listen on an address that other machines reach.")


class Monitor(_Model):
    """`[monitor]`: when a source counts as troubled."""

    failing_after: int = Field(3, ge=1, le=100, description="Failures in a row that open an incident.")


class Profile(_Model):
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


class Source(_Model):
    """`[[source]]`: one thing that is polled."""

    name: SourceName = Field(description="Unique name; ids of entries without a URL are made from it.")
    kind: SourceKind = Field("feed", description='"seed" (text documents) or "feed" (RSS, Atom, RDF, JSON Feed).')
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
    language: Language | None = Field(None, description="Language of its entries; default: the site's.")
    timezone: Zone | None = Field(None, description="Zone of its day-only dates; default: the site's.")
    interval: int | None = Field(
        None, ge=1, le=44640, description="Minutes between polls; default: by its host and what its entries teach."
    )
    enabled: bool = Field(True, description="Say false to pause it.")

    @model_validator(mode="after")
    def _check(self) -> Source:
        if (self.url is None) == (self.path is None):
            raise ValueError("give either url or path")
        if self.kind == "seed" and self.url is not None:
            raise ValueError("a seed source takes path, a file or a folder of .txt documents")
        return self


class Section(_Model):
    """`[[section]]`: a section that is published whether or not entries have come."""

    name: Text = Field(description="Name as sources write it.")
    slug: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)] | None = Field(
        None, description="Name of its files; default: the name, transliterated."
    )
    title: Text | None = Field(None, description="Name shown to readers; default: the name.")


class Config(_Model):
    """The whole of `config.toml`."""

    site: Site
    database: Database = Database()
    publish: Publish = Publish()
    poll: Poll = Poll()
    access: AccessSettings = AccessSettings()
    monitor: Monitor = Monitor()
    web: Web = Web()
    host: dict[str, Host] = Field({}, description="Hosts that are asked in another way, by name.")
    credential: dict[str, Credential] = Field({}, description="Who we are to an origin, by its address.")
    profile: dict[str, Profile] = Field({}, description="Publishers' peculiarities, by name.")
    source: tuple[Source, ...] = Field((), description="What is polled.")
    section: tuple[Section, ...] = Field((), description="Sections with a title or slug of their own.")
    _root: Path = PrivateAttr(Path())

    @model_validator(mode="after")
    def _check(self) -> Config:
        names = [source.name.casefold() for source in self.source]
        for index, source in enumerate(self.source):
            if source.name.casefold() in names[:index]:
                raise ValueError(f'source: the name "{source.name}" is given twice')
            if source.profile is not None and source.profile not in self.profile:
                raise ValueError(f'source "{source.name}": there is no [profile.{source.profile}]')
        for name in self.host:
            _check_host(name)
        for origin in self.credential:
            if re.fullmatch(r"https?://[a-z0-9.-]+(:\d{1,5})?", origin) is None:
                raise ValueError(f'credential: "{origin}" is no origin such as "https://news.example"')
        for what, given in (
            ("name", [section.name.casefold() for section in self.section]),
            ("slug", [section.slug for section in self.section if section.slug is not None]),
        ):
            twice = next((one for index, one in enumerate(given) if one in given[:index]), None)
            if twice is not None:
                raise ValueError(f'section: the {what} "{twice}" is given twice')
        return self

    @property
    def root(self) -> Path:
        """Folder of the file: what its relative paths start from."""
        return self._root

    def resolve(self, path: Path) -> Path:
        """`path` as an absolute one."""
        return (self._root / path).resolve()

    @property
    def database_url(self) -> str:
        """The database's address, its path made absolute."""
        prefix = "sqlite:///"
        return prefix + str(self.resolve(Path(self.database.url.removeprefix(prefix))))

    @property
    def public(self) -> Path:
        """Folder of the published tree, absolute."""
        return self.resolve(self.publish.directory)

    def secret(self, origin: str) -> str:
        """The password or token of `[credential."<origin>"]`. Raises `ConfigError` where it is not to be had."""
        own = self.credential[origin]
        if own.secret_env is not None:
            found = os.environ.get(own.secret_env)
            if not found:
                raise ConfigError(f'credential "{origin}": the environment variable {own.secret_env} is not set')
            return found
        if own.secret_file is not None:
            path = self.resolve(own.secret_file)
            try:
                with path.open("rb") as file:
                    secret = file.read(MAX_SECRET + 1)
                if len(secret) <= MAX_SECRET:
                    return secret.decode().strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(f'credential "{origin}": {path}: cannot be read: {error}') from error
            raise ConfigError(f'credential "{origin}": {path}: has more than {MAX_SECRET} bytes, which no secret needs')
        return own.password or own.bearer or ""

    def profile_of(self, source: Source) -> Profile:
        """The source's profile; an empty one where it names none."""
        return self.profile[source.profile] if source.profile is not None else Profile()


def load(path: Path) -> Config:
    """Reads and checks `path`. Raises `ConfigError` with file, line and key in one line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; write one with 'feeds init' or name another with --config") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    return parse(text, path)


def parse(text: str, path: Path) -> Config:
    """Checks the TOML in `text`, read from `path`. Raises `ConfigError`."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(_explain(error, text, path)) from error
    config._root = path.resolve().parent
    return config


def _explain(error: ValidationError, text: str, path: Path) -> str:
    """The first finding as one line, and how many more there are."""
    findings = error.errors(include_url=False, include_input=True)
    first = findings[0]
    where = [part for part in first["loc"] if part != "[key]"]
    dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")
    line = _line_of(where, text)
    at = f"{path}:{line}" if line else str(path)
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(where[-1]), _keys_at(where[:-1]), n=1, cutoff=0.5)
        hint = f'did you mean "{near[0]}"?' if near else f"valid keys: {', '.join(_keys_at(where[:-1]))}"
        return f"{at}: {dotted}: unknown key; {hint}{more}"
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if first["type"] == "missing":
        message = "is missing"
    elif first["type"] == "tuple_type":
        message = 'give a list: ["…", "…"]'
    return f"{at}: {dotted + ': ' if dotted else ''}{message}{more}"


def _keys_at(where: list[Any]) -> list[str]:
    """The valid keys of the table at `where`."""
    model: type[BaseModel] = Config
    for part in where:
        if isinstance(part, int) or part not in model.model_fields:
            continue
        inner = _model_in(model.model_fields[part].annotation)
        if inner is not None:
            model = inner
    return sorted(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside `Model`, `tuple[Model, ...]` or `dict[str, Model]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_in(inner)
        if found is not None:
            return found
    return None


def _line_of(where: list[Any], text: str) -> int | None:
    """Line (from 1) of the key at `where`, else of its table; None where the text does not tell.

    tomllib keeps no positions, so the innermost table's headers are counted and the key is looked for below.
    """
    names = [re.escape(part) for part in where if isinstance(part, str)]
    nth = next((part for part in where if isinstance(part, int)), 0)
    lines = text.split("\n")
    for depth in range(len(names), 0, -1):
        dotted = r"\s*\.\s*".join(f"[\"']?{name}[\"']?" for name in names[:depth])
        header = re.compile(rf"\s*\[{{1,2}}\s*{dotted}\s*\]")
        starts = [number for number, line in enumerate(lines) if header.match(line)]
        if starts:
            start = starts[min(nth, len(starts) - 1)] + 1
            below = takewhile(lambda line: re.match(r"\s*\[", line) is None, lines[start:])
            return start + _first(names[depth : depth + 1], below)
    return _first(names[:1], lines) or None


def _first(key: list[str], lines: Iterable[str]) -> int:
    """Number (from 1) of the first line that sets the key; 0 where none does."""
    for number, line in enumerate(lines, 1):
        if key and re.match(rf"\s*[\"']?{key[0]}[\"']?\s*[=.]", line):
            return number
    return 0
