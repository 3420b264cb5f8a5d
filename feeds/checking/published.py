"""A file of the published tree by itself: what its path promises, and the rules of its format."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath

from feeds.config import Config
from feeds.manifest import NAME
from feeds.validate import Finding, Kind, Note, check, finding, kind_of

_PROMISED: dict[str, Kind] = {".atom": "atom", ".rss": "rss", ".json": "json", ".opml": "opml", ".xml": "sitemap"}
_GONE = "gone"
_INTENDED = frozenset({"StaleNews", "ForeignHost", "OutsideScope"})
"""What our sitemap of news is meant to be: it lists articles where their publishers have them, and stands as it was
published."""


def published_findings(path: str, data: bytes, base_url: str, now: datetime) -> tuple[Finding, ...]:
    """What is wrong with the published file at `path` (relative, `/` between its parts) that holds `data` and is
    served below `base_url`, which ends in `/`; empty where all is well.

    Their severity tells what breaks a rule from what merely troubles readers. What no rule knows (pages, stylesheets,
    packed copies, the manifest, marks of what is gone) has no findings.
    """
    parts = PurePosixPath(path)
    promised = _PROMISED.get(parts.suffix)
    if promised is None or parts.name == NAME or parts.parts[0] == _GONE:
        return ()
    kind = kind_of(data)
    if kind != promised:
        return (finding(Note("UnexpectedContentType", f"the file is {kind}, not {promised}"), 1),)
    found = check(data, location=base_url + path, now=now)
    return tuple(one for one in found if one.code not in _INTENDED)


def findings_in_tree(path: str, config: Config, now: datetime) -> tuple[Finding, ...] | None:
    """The same of a file of the published tree, as it stands there; None where it cannot be read."""
    try:
        data = (config.public / path).read_bytes()
    except OSError:
        return None
    return published_findings(path, data, config.site.base_url, now)
