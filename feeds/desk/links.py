"""Where pages of the desk lead: to one another, and outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import quote, urlencode

import ada_url

from feeds.errors import UsageError

SOURCES, ENTRIES, INCIDENTS = "/desk/sources", "/desk/entries", "/desk/incidents"

OWN = ("add", "import")
"""Pages beside those of the sources: a source of such a name stands behind a sign that no name begins with."""

NO_PAGE = "this is no page of the list; begin at its first one"
"""What is said of a place in a list that no page of ours gave."""

_SIGN = "="
_MOST = (1 << 63) - 1


def source_url(name: str, deed: str = "") -> str:
    """The page of a source, or that of a deed with it, such as "edit"."""
    sign = _SIGN if name in OWN else ""
    return f"{SOURCES}/{sign}{quote(name, safe='')}{f'/{deed}' if deed else ''}"


def source_named(part: str) -> str:
    """The name of the source that a part of an address stands for."""
    return part.removeprefix(_SIGN)


def entry_url(uid: str) -> str:
    """The page of an entry."""
    return f"{ENTRIES}/{quote(uid, safe='')}"


def incident_url(incident_id: int) -> str:
    """The page of an incident."""
    return f"{INCIDENTS}/{incident_id}"


def with_query(path: str, values: Mapping[str, str | None]) -> str:
    """`path` with those of the values that are something."""
    given = {name: value for name, value in values.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def number(text: str, wrong: str = NO_PAGE) -> int | None:
    """The number that stands in an address; None where there is none. Raises `UsageError`, which says what is `wrong`,
    for what no page of ours gave."""
    if not text:
        return None
    digits = text.removeprefix("-")
    # Python reads no more than 4,300 digits; the database keeps 19.
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20 and abs(int(text)) <= _MOST):
        raise UsageError(wrong)
    return int(text)


def place(text: str, wrong: str = NO_PAGE) -> int | None:
    """The same, where it counts something: none is below 0."""
    found = number(text, wrong)
    if found is not None and found < 0:
        raise UsageError(wrong)
    return found


def one_of(text: str, known: Collection[str], what: str) -> str:
    """What an address says of `what`: one of `known`, or "". Raises `UsageError` for anything else."""
    return some_of(text, known, what) if text else ""


def some_of(text: str, known: Collection[str], what: str) -> str:
    """The same, where it has to say something."""
    if text not in known:
        raise UsageError(f'{what}: "{text}" is none; there are {", ".join(known)}')
    return text


def web_url(value: object) -> str:
    """`value` where a browser may follow it: an http or https address; "" for anything else."""
    text = str(value or "")
    if not text.lower().startswith(("http://", "https://")):
        return ""
    try:
        return text if ada_url.URL(text).host else ""
    except ValueError:
        return ""
