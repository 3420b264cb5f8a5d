"""The monitor as a feed for everybody, `incidents.atom`: one entry for each trouble, told again once it is over.

It is public, so that nothing stands in it that only those who run the desk may know: no address of the desk, no secret
of an address, no folder of the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import blake2b

from db.records import Access, IncidentRecord
from feeds.config import Config
from feeds.formats import FeedDocument, PublicEntry
from feeds.formats.texts import escaped, trimmed
from feeds.log import redact
from feeds.showing import EMPTY_SINCE
from feeds.spans import span
from feeds.states import KINDS
from feeds.troubles import moment
from feeds.websub.topics import advertised

NAME = "incidents.atom"

MOST = 100
"""Incidents in it, those that changed last."""

LONGEST = 1000
"""Characters of a message."""

_FOLDERS = re.compile(r"""(?:(?<![\w:/.~-])|(?<=file://))/(?:[^\s/:"'<>|]+/)*(?=[^\s/:"'<>|])""")
"""What stands before the last part of an absolute path, and is no part of an address."""


def document(config: Config, found: Sequence[IncidentRecord]) -> FeedDocument:
    """The feed of these incidents, in their order."""
    site = config.site
    return FeedDocument(
        id=f"{site.tag_prefix()}incidents",
        path=NAME,
        title=f"{site.title}: incidents",
        base_url=site.base_url,
        html_url=f"{site.base_url}index.html",
        language=site.language,
        author=site.author or site.title,
        updated=max((one.changed_at for one in found), default=EMPTY_SINCE),
        entries=tuple(_entry(config, one) for one in found),
        hubs=advertised(config),
        stylesheet="feed.css",
        site_title=site.title,
        zone=site.timezone,
    )


def _entry(config: Config, one: IncidentRecord) -> PublicEntry:
    title = f"{cleaned(config, one.subject)}: {KINDS.get(one.kind, one.kind)}"
    message = cleaned(config, one.message)[:LONGEST]
    return PublicEntry(
        uid=f"{config.site.tag_prefix()}incident:{_key(one)}",
        title=f"{title} (over)" if one.closed_at is not None else title,
        # Not where the desk is: that is nobody's but theirs who run it.
        url=f"{config.site.base_url}index.html",
        summary=message,
        content=_content(message, [(name, cleaned(config, value)) for name, value in _told(one)]),
        published=one.opened_at,
        published_day_only=False,
        updated=one.changed_at,
        authors=(),
        categories=(one.kind,),
        sections=(),
        enclosures=(),
        language="en",
        access=Access.UNKNOWN,
        access_label="",
    )


def _key(one: IncidentRecord) -> str:
    digest = blake2b(f"{one.kind}\n{one.subject}".encode("utf-8", "backslashreplace"), digest_size=4).hexdigest()
    return f"{int(one.opened_at.timestamp())}-{digest}"


def _told(one: IncidentRecord) -> Iterable[tuple[str, str]]:
    """The evidence, and how long it went on."""
    yield from one.evidence
    yield "opened", moment(one.opened_at.astimezone(UTC))
    if one.closed_at is not None:
        yield "closed", moment(one.closed_at.astimezone(UTC))
        yield "lasted", span(_seconds(one.opened_at, one.closed_at))
    if one.ended is not None:
        yield "ended", one.ended
    if one.reopened:
        yield "came back", f"{one.reopened} times" if one.reopened > 1 else "once"


def _seconds(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds())


def _content(message: str, told: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<li>{escaped(name)}: {escaped(value)}</li>" for name, value in told)
    return f"<p>{escaped(message)}</p><ul>{rows}</ul>"


def cleaned(config: Config, text: str) -> str:
    """`text` as everybody may read it: on one line, without secrets of addresses, of absolute paths the last part."""
    text = redact(" ".join(trimmed(text).split()))
    for folder in _folders(config):
        text = text.replace(f"{folder}/", "")
    return _FOLDERS.sub("", text)


def _folders(config: Config) -> list[str]:
    """Folders of this desk, which may have blanks in their names; the deepest first."""
    known = {config.root, config.public, config.public.parent, config.database_file.parent}
    return sorted((str(one) for one in known if one.is_absolute() and one.name), key=len, reverse=True)
