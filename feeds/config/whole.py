"""The whole of `config.toml`, and what its tables say of each other."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import (
    Field,
    PrivateAttr,
    model_validator,
)

from feeds import __version__
from feeds.config.desk import Alert, Desk
from feeds.config.secrets import read_secret
from feeds.config.tables import (
    AccessSettings,
    Credential,
    Database,
    Host,
    Monitor,
    Poll,
    Profile,
    Publish,
    Rule,
    Saved,
    Section,
    Sections,
    Site,
    Source,
    Table,
    Web,
    WebSub,
    is_remote,
)
from feeds.config.values import check_host

_SQLITE = "sqlite:///"


def unguarded(host: str) -> str:
    """What is said where `host` would be listened on, and anybody could use the desk."""
    return (
        f"other machines could reach {host}, and the desk has no password: give [desk] password_hash ('feeds desk "
        "password' makes one), password_env, password_file or header, or say enabled = false"
    )


class Config(Table):
    """The whole of `config.toml`."""

    site: Site
    database: Database = Database()
    publish: Publish = Publish()
    poll: Poll = Poll()
    access: AccessSettings = AccessSettings()
    sections: Sections = Sections()
    monitor: Monitor = Monitor()
    web: Web = Web()
    desk: Desk = Desk()
    websub: WebSub = WebSub()
    host: dict[str, Host] = Field({}, description="Hosts that are asked in another way, by name.")
    credential: dict[str, Credential] = Field({}, description="Who we are to an origin, by its address.")
    profile: dict[str, Profile] = Field({}, description="Publishers' peculiarities, by name.")
    source: tuple[Source, ...] = Field((), description="What is polled.")
    section: tuple[Section, ...] = Field((), description="Sections with a title or slug of their own.")
    saved: tuple[Saved, ...] = Field((), description="Filters that are published as feeds.")
    rule: tuple[Rule, ...] = Field((), description="Entries that stand in sections whatever their source says.")
    alert: tuple[Alert, ...] = Field((), description="Who is told of troubles and of new entries.")
    _root: Path = PrivateAttr(Path())

    @property
    def agent(self) -> str:
        """Who asks, as User-Agent."""
        return self.poll.user_agent or f"Broadsheet/{__version__} (+{self.site.base_url})"

    @model_validator(mode="after")
    def _check(self) -> Config:
        names = [source.name.casefold() for source in self.source]
        for index, source in enumerate(self.source):
            if source.name.casefold() in names[:index]:
                raise ValueError(f'source: the name "{source.name}" is given twice')
            if source.profile is not None and source.profile not in self.profile:
                raise ValueError(f'source "{source.name}": there is no [profile.{source.profile}]')
        for name in self.host:
            check_host(name)
        for origin in self.credential:
            if re.fullmatch(r"https?://[a-z0-9.-]+(:\d{1,5})?", origin) is None:
                raise ValueError(f'credential: "{origin}" is no origin such as "https://news.example"')
        self._check_sections()
        self._check_people()
        return self

    def _check_people(self) -> None:
        if self.web.allow_remote and is_remote(self.web.host) and not self.desk.is_guarded:
            raise ValueError(f"desk: {unguarded(self.web.host)}")
        filters = {saved.name for saved in self.saved}
        for alert in self.alert:
            for name in alert.saved:
                if name not in filters:
                    raise ValueError(f'alert "{alert.name}": there is no [[saved]] "{name}"')

    def _check_sections(self) -> None:
        for what, given in (
            ("section: the name", [section.name.casefold() for section in self.section]),
            ("section: the slug", [section.slug for section in self.section if section.slug is not None]),
            ("saved: the name", [saved.name for saved in self.saved]),
            ("alert: the name", [alert.name for alert in self.alert]),
        ):
            twice = next((one for index, one in enumerate(given) if one in given[:index]), None)
            if twice is not None:
                raise ValueError(f'{what} "{twice}" is given twice')
        names = {section.name.casefold(): section.name for section in self.section}
        olds: set[str] = set()
        for section in self.section:
            for old in section.formerly:
                if old.casefold() in names or old.casefold() in olds:
                    raise ValueError(f'section "{section.name}": formerly "{old}" is also another name, or given twice')
                olds.add(old.casefold())
        named = [(f"rule {number}: section", name) for number, rule in enumerate(self.rule, 1) for name in rule.section]
        if self.sections.default is not None:
            named.append(("sections.default", self.sections.default))
        for where, name in named:
            if name.casefold() not in names:
                near = difflib.get_close_matches(name.casefold(), names, n=1, cutoff=0.5)
                hint = f'did you mean "{names[near[0]]}"?' if near else "add one with that name"
                raise ValueError(f'{where}: there is no [[section]] "{name}"; {hint}')

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
        return _SQLITE + str(self.database_file)

    @property
    def database_file(self) -> Path:
        """The file of the database, absolute."""
        return self.resolve(Path(self.database.url.removeprefix(_SQLITE)))

    @property
    def public(self) -> Path:
        """Folder of the published tree, absolute."""
        return self.resolve(self.publish.directory)

    def is_served(self, path: Path) -> bool:
        """Whether `path` is the published folder or stands in it, as it is written or where its links lead."""
        given = self._root / self.publish.directory
        folders = {os.path.abspath(given), os.path.realpath(given)}
        spelt = {os.path.abspath(self._root / path), os.path.realpath(self._root / path)}
        return any(Path(one).is_relative_to(folder) for one in spelt for folder in folders)

    def private(self) -> Iterator[tuple[tuple[str | int, ...], Path, str]]:
        """What is for us alone, beside the file of the configuration: its key, its path, and what it is in words."""
        yield ("database", "url"), self.database_file, "the database"
        for origin, login in self.credential.items():
            if login.secret_file is not None:
                yield ("credential", origin, "secret_file"), login.secret_file, f'the secret of "{origin}"'
        if self.desk.password_file is not None:
            yield ("desk", "password_file"), self.desk.password_file, "the desk's password"
        for index, alert in enumerate(self.alert):
            if alert.to_file is not None:
                yield ("alert", index, "to_file"), alert.to_file, f'the addresses of alert "{alert.name}"'
        for index, source in enumerate(self.source):
            if source.path is not None:
                yield ("source", index, "path"), source.path, f'source "{source.name}"'

    def secret(self, origin: str) -> str:
        """The password or token of `[credential."<origin>"]`. Raises `ConfigError` where it is not to be had."""
        own = self.credential[origin]
        file = None if own.secret_file is None else self.resolve(own.secret_file)
        found = read_secret(f'credential "{origin}"', own.secret_env, file)
        return found or own.password or own.bearer or ""

    def profile_of(self, source: Source) -> Profile:
        """The source's profile; an empty one where it names none."""
        return self.profile[source.profile] if source.profile is not None else Profile()
