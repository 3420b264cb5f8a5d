"""Hubs that our feeds name, and the feeds that a hub is told of."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

import ada_url

from feeds import manifest
from feeds.config import Config
from feeds.formats import load

_FOLDERS = frozenset({"", "sections", "saved"})
_LINKABLE = re.compile(r"""[!#-;=?-\[\]_a-z~]{1,2000}""", re.IGNORECASE | re.ASCII)
"""An address that a Link header carries between angle brackets (RFC 8288, section 3)."""


def own_hub(config: Config) -> str:
    """Where our own hub listens."""
    return f"{config.site.base_url}hub"


def advertised(config: Config) -> tuple[str, ...]:
    """The hubs that our public feeds name, each once: those of others, and our own where we are one."""
    own = (own_hub(config),) if config.websub.hub else ()
    return tuple(dict.fromkeys((*config.publish.hubs, *own)))


class Topics:
    """The feeds that hubs are told of: ours, each in every format but HTML, and those of others that our hub serves."""

    def __init__(self, config: Config) -> None:
        self._config = config
        formats = [load(name) for name in config.publish.formats]
        self._types = {one.suffix: one.media_type for one in formats if one.bare_type != "text/html"}
        self._others = [_parts(beginning) for beginning in config.websub.hub_topics]

    def among(self, paths: Iterable[str]) -> list[str]:
        """Those of the tree's `paths` that are such feeds: no archive, page, list or marker of what is gone."""
        return [path for path in dict.fromkeys(paths) if self._is_feed(path)]

    def _is_feed(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return folder in _FOLDERS and name.rpartition(".")[2] in self._types and path != manifest.NAME

    def address(self, path: str) -> str:
        """The topic of a path."""
        return self._config.site.base_url + path

    def path_of(self, topic: str) -> str | None:
        """The path of a topic that is ours and published now; None for any other."""
        base = self._config.site.base_url
        if not topic.startswith(base) or not self._is_feed(topic[len(base) :]):
            return None
        path = topic[len(base) :]
        # Looked for in the tree: the manifest of a thousand sections takes long to read, and strangers ask.
        return path if os.path.isfile(self._config.public / path) else None

    def media_type(self, path: str) -> str:
        """What the feed at `path` is served as."""
        return self._types[path.rpartition(".")[2]]

    def is_others(self, topic: str) -> bool:
        """Whether a topic is another publisher's, and begins as `hub_topics` says: of the same origin, and below the
        same path up to a slash, a query or its end."""
        if not _LINKABLE.fullmatch(topic) or "#" in topic:
            return False
        try:
            origin, path = _parts(topic)
        except ValueError:
            return False
        return any(origin == own and _begins(path, start) for own, start in self._others)


def _begins(path: str, start: str) -> bool:
    rest = path[len(start) :]
    return path.startswith(start) and (start[-1] == "/" or "?" in start or rest[:1] in ("", "/", "?"))


def _parts(url: str) -> tuple[str, str]:
    """Origin, and path with query, as WHATWG writes them. Raises `ValueError`."""
    parsed = ada_url.URL(url)
    if parsed.username or parsed.password or parsed.protocol not in ("http:", "https:"):
        raise ValueError(url)
    return str(parsed.origin), f"{parsed.pathname}{parsed.search}"
