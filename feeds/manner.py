"""How the documents of a source are read: everything that counts beside their bytes, as one value.

It crosses to the processes that read documents, and its digest tells whether what was read is still read that way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from zoneinfo import ZoneInfo

from db.records import Access, Learned
from feeds.config import Config, Source
from feeds.filing import Filing, filing_of
from feeds.model import Context, Document

_NOTHING = Learned()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the documents of the source `name` are read.

    `home` is what links without an address lead to; `sections` and `access` are those configured for the source,
    `filing` says where entries stand, `doubted` that its statements of locked articles are hints only. `digest` (16
    bytes) stands for all of it but the name and how a list was found: where it changes, every document has to be read
    again.
    """

    name: str
    kind: str
    context: Context
    home: str
    sections: tuple[str, ...]
    filing: Filing
    access: Access | None
    digest: bytes
    doubted: bool = False


def manner_of(config: Config, source: Source, learned: Learned = _NOTHING) -> Manner:
    """How `source` is read by `config` and by what its documents taught."""
    profile = config.profile_of(source)
    selectors = source.selectors or profile.selectors
    markers = profile.markers + config.access.markers
    context = Context(
        language=source.language or config.site.language,
        zone=ZoneInfo(source.timezone or config.site.timezone),
        sections=tuple(dict.fromkeys(profile.sections + learned.sections)),
        markers=tuple(dict.fromkeys(markers + learned.markers)) if learned.markers else markers,
        premium_categories=profile.categories + config.access.categories,
        dateline=profile.dateline,
        year=profile.year,
        base=source.link if source.kind == "page" else None,
        selectors=selectors.given if selectors is not None and source.kind == "page" else (),
        listing=learned.listing,
    )
    home = source.link or config.site.base_url
    filing, doubted = filing_of(config, source), is_doubted(source, learned)
    # Who wants to be pushed has everything read once more, for the hubs that nobody noted before.
    pushed = config.websub.subscribe and source.url is not None
    return Manner(
        name=source.name,
        kind=source.kind,
        context=context,
        home=home,
        sections=source.sections,
        filing=filing,
        access=source.access,
        digest=_digest(
            replace(context, listing=()), source.sections, filing.said, source.access, home, doubted, pushed
        ),
        doubted=doubted,
    )


def is_doubted(source: Source, learned: Learned) -> bool:
    """Whether what the source states of locked articles is a hint only: a person's word goes before what it taught."""
    return learned.doubted if source.trust_access is None else not source.trust_access


@lru_cache(maxsize=256)
def _digest(
    context: Context,
    sections: tuple[str, ...],
    filing: str,
    access: Access | None,
    home: str,
    doubted: bool,
    pushed: bool,
) -> bytes:
    """Most sources of a desk are read alike, so most of these are known."""
    said: tuple[object, ...] = (context, sections, filing, access, home, doubted)
    if pushed:
        said = (*said, "pushed")
    return blake2b(repr(said).encode(), digest_size=16).digest()


def digest_of(manner: Manner, document: Document) -> bytes:
    """16 bytes that stand for a document as it is read in this manner."""
    return blake2b(manner.digest + document.data, digest_size=16).digest()
