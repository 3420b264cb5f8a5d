"""The tables of `config.toml` that are about people: who may use the desk, and who is told what."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from feeds.config.tables import Table, check_networks
from feeds.config.values import NO_ALERTS, OneOrMore, SectionName, Slug, SourceName, Text, has_alerts
from feeds.states import KINDS

_HEADER = r"[A-Za-z][A-Za-z0-9-]{0,63}"
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
_AT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_MINUTES = re.compile(r"[1-9][0-9]{0,3}")


class Desk(Table):
    """`[desk]`: the web pages and the API by which people look after all this."""

    enabled: bool = Field(True, description="Say false to serve the published feeds alone.")
    password_hash: Text | None = Field(
        None, description="Hash of the password (argon2id), as 'feeds desk password' prints it."
    )
    password_env: Text | None = Field(
        None, description="Environment variable that holds the password, or its hash, in place of password_hash."
    )
    password_file: Path | None = Field(
        None, description="File that holds the password, or its hash, in place of password_hash."
    )
    header: Annotated[str, StringConstraints(pattern=f"^{_HEADER}$")] | None = Field(
        None, description='Header in which a proxy that has signed people in names them, such as "X-Remote-User".'
    )
    header_from: tuple[str, ...] = Field(
        (), description='Networks of the proxies whose header is believed, such as "127.0.0.1/32".'
    )

    @model_validator(mode="after")
    def _check(self) -> Desk:
        check_networks("header_from", self.header_from)
        given = [self.password_hash, self.password_env, self.password_file]
        if sum(each is not None for each in given) > 1:
            raise ValueError("give one of password_hash, password_env and password_file")
        if self.password_hash is not None and not self.password_hash.startswith("$argon2id$"):
            raise ValueError("password_hash: is no argon2id hash; 'feeds desk password' makes one")
        if (self.header is None) != (not self.header_from):
            raise ValueError("header and header_from go together: anybody can send a header")
        return self

    @property
    def has_password(self) -> bool:
        return any(each is not None for each in (self.password_hash, self.password_env, self.password_file))

    @property
    def is_guarded(self) -> bool:
        """Whether nobody gets in unproven, from whichever machine."""
        return not self.enabled or self.has_password or self.header is not None


def _kinds(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in KINDS:
            raise ValueError(f'"{name}" is no state; there are {", ".join(KINDS)}')
    return names


def _quiet(value: str) -> str:
    found = _HOURS.fullmatch(value)
    if found is None or found.group(1, 2) == found.group(3, 4):
        raise ValueError(f'"{value}" names no hours; give "22:00-07:00"')
    return value


def _digest(value: str) -> str:
    if _AT.fullmatch(value) is None and _MINUTES.fullmatch(value) is None:
        raise ValueError(f'"{value}" is neither a number of minutes nor a time of the day such as "08:00"')
    return value


class Alert(Table):
    """`[[alert]]`: who is told of troubles, or of new entries. Without state, section, source and saved of all
    troubles; with saved alone of entries only."""

    name: Slug = Field(description="Unique name.")
    to: Annotated[tuple[Text, ...], OneOrMore] = Field(
        (), description='Addresses as Apprise writes them: "mailto://…", "ntfy://…", "slack://…", "json://…".'
    )
    to_env: Text | None = Field(None, description="Environment variable that holds them, parted by blanks.")
    to_file: Path | None = Field(None, description="File that holds them, one a line.")
    state: Annotated[tuple[str, ...], OneOrMore, AfterValidator(_kinds)] = Field(
        (), description='Troubles of these kinds only, such as "failing" or "disk".'
    )
    section: Annotated[tuple[SectionName, ...], OneOrMore] = Field(
        (), description="Troubles of sources, or entries, of these sections only."
    )
    source: Annotated[tuple[SourceName, ...], OneOrMore] = Field((), description="Of these sources only.")
    saved: Annotated[tuple[Slug, ...], OneOrMore] = Field(
        (), description="New entries that these [[saved]] filters find."
    )
    closed: bool = Field(True, description="Say false not to be told that a trouble is over.")
    quiet: Annotated[str, AfterValidator(_quiet)] | None = Field(
        None, description='Hours, in the zone of the site, in which nothing is sent: "22:00-07:00".'
    )
    digest: Annotated[str, AfterValidator(_digest)] | None = Field(
        None, description='Minutes for which what comes is gathered into one message, or a time of the day: "08:00".'
    )

    @model_validator(mode="after")
    def _check(self) -> Alert:
        if sum(bool(each) for each in (self.to, self.to_env, self.to_file)) != 1:
            raise ValueError("give one of to, to_env and to_file")
        if not has_alerts():
            raise ValueError(NO_ALERTS)
        return self

    @property
    def of_incidents(self) -> bool:
        """Whether it is about troubles."""
        return bool(self.state) or not self.saved

    @property
    def quiet_hours(self) -> tuple[time, time] | None:
        """When nothing is sent: from the one to the other, which may be on the next day."""
        found = _HOURS.fullmatch(self.quiet or "")
        return None if found is None else (_time(found[1], found[2]), _time(found[3], found[4]))

    @property
    def gathered(self) -> int | time | None:
        """For how many minutes what comes is gathered, or until which time of the day."""
        if self.digest is None:
            return None
        found = _AT.fullmatch(self.digest)
        return int(self.digest) if found is None else _time(found[1], found[2])


def _time(hour: str, minute: str) -> time:
    return time(int(hour), int(minute))
