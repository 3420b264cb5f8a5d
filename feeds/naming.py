"""What a source is called and of which kind it is, where its location or its title has to tell."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError

from feeds.errors import UsageError

MAX_NAME = 100
_OUTSIDE = re.compile(r"[^\w .:-]+")
_NAMELESS = "source"
_SITEMAP = re.compile(r"sitemap[\w-]*\.(?:xml|txt)(?:\.gz)?$", re.IGNORECASE)


def name_from(location: str, remote: bool) -> str:
    """A name made from an address's host or a file's name."""
    try:
        text = urlsplit(location).hostname or "" if remote else Path(location).resolve().stem
    except ValueError:  # half an IPv6 address
        text = ""
    kept = "".join(char if char.isalnum() or char in "._:-" else "-" for char in text).strip("-._:")
    return kept[:MAX_NAME] or _NAMELESS


def name_of(title: str, url: str) -> str:
    """A name made from a title; from the host of `url` where a name cannot hold the title's letters.

    Names take letters and digits; scripts that write vowels as marks would lose them.
    """
    text = unicodedata.normalize("NFC", title)
    if any(unicodedata.category(char).startswith("M") for char in text):
        text = ""
    kept = re.sub(r"^[\W_]+", "", " ".join(_OUTSIDE.sub(" ", text).split()))
    return kept[:MAX_NAME].rstrip(" .:-_") or name_from(url, remote=True)


class Names:
    """Names of sources that are taken, without regard to case, as in `config.toml`."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = {name.casefold() for name in taken}
        self._next: dict[str, int] = {}

    def take(self, name: str) -> str:
        """`name`, or with the first of the suffixes -2, -3... that makes it unique; it is taken from now on."""
        one, key = name, name.casefold()
        while one.casefold() in self._taken:
            # Remembered, so that ten thousand of one name do not look through all that came before.
            number = self._next[key] = self._next.get(key, 1) + 1
            one = f"{name[: MAX_NAME - len(str(number)) - 1]}-{number}"
        self._taken.add(one.casefold())
        return one


def is_address(location: str) -> bool:
    """Whether a location is an address, of whatever scheme, and no path."""
    return "://" in location


def no_path(location: str) -> None:
    """Raises `UsageError` for a location that is no address: the caller may not name files of this machine."""
    if not is_address(location):
        raise UsageError(
            f"{location.strip() or 'an empty address'}: give an address that begins with http:// or https://"
        )


def kind_of(where: str, remote: bool) -> str:
    """The kind of source that a location looks like, before anybody has looked into it."""
    path = Path(where)
    if not remote and (path.is_dir() or path.suffix.lower() == ".txt"):
        return "seed"
    if not remote and path.suffix.lower() in (".html", ".htm", ".xhtml"):
        return "page"
    return "sitemap" if _SITEMAP.search(where.partition("?")[0]) is not None else "feed"


def no_such(location: str) -> str:
    """What is told of a location that is neither a file nor an address."""
    location = location.strip()
    if re.match(r"(?:localhost|www\.|[\w-]+(?:\.[\w-]+)+:\d|[\w-]+(?:\.[\w-]+)+/)", location) is not None:
        return f"{location}: no such file or folder; for an address write http:// or https:// before it"
    told = "no such file or folder, and no address that begins with http:// or https://"
    return f"{location or 'an empty name'}: {told}"


def no_source(name: str) -> str:
    """What is told of a name that no source has."""
    return f"no source is named \"{name}\"; see 'feeds sources list'"


def no_section(name: str) -> str:
    """What is told of a name that no section has, and no slug of one."""
    return f"no section is named \"{name}\"; see 'feeds sections list'"


def problem_of(error: ValidationError) -> str:
    """The first finding about a source's options as a sentence for a person, its key before it."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    return f"{key + ': ' if key else ''}{first['msg'].removeprefix('Value error, ')}"
