"""How the documents of a source are read: everything that counts beside their bytes, as one value.

It crosses to the processes that read documents, and its digest tells whether what was read is still read that way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from zoneinfo import ZoneInfo

from db.records import Access, Learned
from feeds.config import Config, Source
from feeds.model import Context, Document

_NOTHING = Learned()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the documents of the source `name` are read.

    `home` is what links without an address lead to; `sections`, `default_section` and `access` are those configured;
    `doubted` says that its statements of locked articles are hints only.
    `digest` (16 bytes) stands for all of it but the name: where it changes, every document has to be read again.
    """

    name: str
    kind: str
    context: Context
    home: str
    sections: tuple[str, ...]
    default_section: str | None
    access: Access | None
    digest: bytes
    doubted: bool = False


def manner_of(config: Config, source: Source, learned: Learned = _NOTHING) -> Manner:
    """How `source` is read by `config` and by what its documents taught."""
    profile = config.profile_of(source)
    markers = profile.markers + config.access.markers
    context = Context(
        language=source.language or config.site.language,
        zone=ZoneInfo(source.timezone or config.site.timezone),
        sections=tuple(dict.fromkeys(profile.sections + learned.sections)),
        markers=tuple(dict.fromkeys(markers + learned.markers)) if learned.markers else markers,
        premium_categories=profile.categories + config.access.categories,
        dateline=profile.dateline,
        year=profile.year,
    )
    home = source.link or config.site.base_url
    doubted = is_doubted(source, learned)
    return Manner(
        name=source.name,
        kind=source.kind,
        context=context,
        home=home,
        sections=source.sections,
        default_section=source.default_section,
        access=source.access,
        digest=_digest(context, source.sections, source.default_section, source.access, home, doubted),
        doubted=doubted,
    )


def is_doubted(source: Source, learned: Learned) -> bool:
    """Whether what the source states of locked articles is a hint only: a person's word goes before what it taught."""
    return learned.doubted if source.trust_access is None else not source.trust_access


@lru_cache(maxsize=256)
def _digest(
    context: Context,
    sections: tuple[str, ...],
    default_section: str | None,
    access: Access | None,
    home: str,
    doubted: bool,
) -> bytes:
    """Most sources of a desk are read alike, so most of these are known."""
    said = (context, sections, default_section, access, home, doubted)
    return blake2b(repr(said).encode(), digest_size=16).digest()


def digest_of(manner: Manner, document: Document) -> bytes:
    """16 bytes that stand for a document as it is read in this manner."""
    return blake2b(manner.digest + document.data, digest_size=16).digest()
