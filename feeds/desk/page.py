"""How a page of the desk is made: the environment of its templates, and how values read in them.

Every value is escaped, and what a template does not know is an error. Filters are pure: `now` comes with the page.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment

from feeds.desk.advice import to_do
from feeds.desk.links import entry_url, incident_url, source_url, web_url
from feeds.formats.html import templates
from feeds.shapes.times import when

TEMPLATES = Path(__file__).with_name("templates")
STATIC = Path(__file__).with_name("static")

STATIC_URL = "/desk/static/"
"""Where the files of `STATIC` are served."""

_UNITS = ((365 * 86400, "years", 2), (30 * 86400, "months", 2), (86400, "days", 2), (3600, "h", 1), (60, "min", 1))
"""Seconds of a unit, its name, and how many of it there are at least: 30 hours say more than one day."""

_SIZES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


@cache
def environment() -> Environment:
    """The templates of the desk, compiled once a process."""
    made = templates(TEMPLATES)
    made.filters.update(
        relative=relative,
        stamp=when,
        full=full,
        thousands=thousands,
        size=size,
        host=host,
        count=count,
        to_do=to_do,
        source_url=source_url,
        entry_url=entry_url,
        incident_url=incident_url,
        web_url=web_url,
    )
    made.globals.update(static=static)
    return made


@cache
def static(name: str) -> str:
    """The address of a file of ours. It changes with the file, so that browsers may keep it for ever."""
    return f"{STATIC_URL}{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def relative(value: datetime, now: datetime) -> str:
    """How far a moment is from now, in words, in one unit: "just now", "3 min ago", "in 2 h", "4 days ago"."""
    seconds = (value - now) / timedelta(seconds=1)
    away = round(abs(seconds))
    for length, unit, least in _UNITS:
        if away >= least * length:
            number = f"{away // length} {unit}"
            return f"in {number}" if seconds > 0 else f"{number} ago"
    return "in a moment" if seconds > 0 and away else "just now"


def full(value: datetime) -> str:
    """A moment in full, in the zone it came in: "Mon 2 Mar 2026, 12:00:05 UTC"."""
    return f"{value:%a} {value.day} {value:%b %Y, %H:%M:%S %Z}"


def thousands(value: float) -> str:
    """A number with its thousands parted: "12,345"."""
    return f"{value:,}"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 entry", "1,200 entries"; `many` is `one` and an s unless given."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def size(number: int) -> str:
    """Bytes in the unit people say: "950 B", "1.2 MB"."""
    for length, unit in _SIZES:
        # 999,999 bytes are 1 MB, and not 1000 kB.
        if number >= length * 0.9995:
            scaled = number / length
            return f"{scaled:.0f} {unit}" if scaled >= 9.95 else f"{scaled:.1f} {unit}"
    return f"{number} B"


def host(url: str) -> str:
    """Where an address leads, without "www."; the address itself where it names no host."""
    try:
        name = urlsplit(url).hostname
    except ValueError:
        return url
    return name.removeprefix("www.") if name else url
