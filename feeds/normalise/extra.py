"""What an item says beside its words, as one field: other addresses, pictures, its origin, its episode."""

from __future__ import annotations

import json
import re

from feeds.model import Episode, Image, Item, Link, Origin
from feeds.normalise.text import fold
from feeds.normalise.urls import absolute

MAX_NAMES = 50
"""Authors, categories, sections, enclosures, links and images of one item: more is a machine's mistake."""

MAX_NAME = 200
MAX_RIGHTS = 500

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,79}")

_compact = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def language_of(tag: str | None) -> str | None:
    """`tag` in the shape of BCP 47, or None."""
    if not tag:
        return None
    tag = tag.strip().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) is not None else None


def media_type_of(said: str) -> str | None:
    """`said` as `type/subtype` in small letters, without parameters; None for anything else."""
    said = said.strip().lower()
    return said if _MEDIA_TYPE.fullmatch(said) is not None else None


def extra_of(item: Item, base: str) -> str:
    """What an item says beside its words and can be republished, as compact JSON with sorted keys; "" for nothing."""
    said_something = item.links or item.images or item.comments or item.source or item.rights or item.episode
    if not said_something and item.title_basis is None:
        return ""
    said = {
        "links": [found for one in item.links[:MAX_NAMES] if "url" in (found := _link(one, base))],
        "images": [found for one in item.images[:MAX_NAMES] if "url" in (found := _image(one, base))],
        "comments": absolute(item.comments, base) if item.comments else None,
        "source": _origin(item.source, base) if item.source else None,
        "rights": fold(item.rights, MAX_RIGHTS) if item.rights else None,
        "episode": _episode(item.episode) if item.episode else None,
        "title_basis": item.title_basis,
    }
    said = {name: value for name, value in said.items() if value}
    return _compact(said) if said else ""


def _said(**values: object) -> dict[str, object]:
    """Those that say something; `False` does."""
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _link(link: Link, base: str) -> dict[str, object]:
    return _said(
        url=absolute(link.url, base),
        rel=fold(link.rel, MAX_NAME),
        type=media_type_of(link.media_type or ""),
        length=link.length if link.length > 0 else None,
        title=fold(link.title or "", MAX_NAME),
        language=language_of(link.language),
    )


def _image(image: Image, base: str) -> dict[str, object]:
    return _said(url=absolute(image.url, base), width=image.width, height=image.height)


def _origin(origin: Origin, base: str) -> dict[str, object]:
    return _said(title=fold(origin.title or "", MAX_NAME), url=absolute(origin.url, base) if origin.url else None)


def _episode(episode: Episode) -> dict[str, object]:
    return _said(
        duration=episode.duration,
        season=episode.season,
        number=episode.number,
        kind=fold(episode.kind or "", 40),
        explicit=episode.explicit,
    )
