"""What people say of a source in a form, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from feeds.config import Config
from feeds.config.tables import Selectors
from feeds.desk import words
from feeds.errors import UsageError

TEXTS = (
    "title",
    "link",
    "default_section",
    "access",
    "profile",
    "language",
    "timezone",
    "interval",
    "pages",
    "stale_hours",
)
"""Options that are one text or number each, and none where they are left empty."""

SELECTORS = tuple(Selectors.model_fields)
KINDS = tuple((kind, said) for kind, said in words.KINDS.items() if kind != "seed")
"""Those that an address may have."""

ACCESS = (("", "As its entries say"), *words.LEVELS)
TRUST = (("", "Unless it says so of nearly everything"), ("true", "Always"), ("false", "Only as a hint"))


def given(form: Mapping[str, str]) -> dict[str, Any]:
    """The options that a form gives, None for the default. Numbers are texts
    still: who reads them says what is wrong."""
    options: dict[str, Any] = {name: form.get(name, "").strip() or None for name in TEXTS}
    options["sections"] = tuple(line.strip() for line in form.get("sections", "").splitlines() if line.strip()) or None
    options["fulltext"] = True if form.get("fulltext") else None
    options["trust_access"] = {"true": True, "false": False}.get(form.get("trust_access", ""))
    selectors = {name: form.get(f"select_{name}", "").strip() for name in SELECTORS}
    options["selectors"] = {name: value for name, value in selectors.items() if value} or None
    return options


def shown(options: Mapping[str, Any]) -> dict[str, str]:
    """Options as a form shows them."""
    fields = {name: "" if options.get(name) is None else str(options[name]) for name in ("name", "url", *TEXTS)}
    fields["kind"] = str(options.get("kind", "feed"))
    fields["sections"] = "\n".join(options.get("sections") or ())
    fields["fulltext"] = "1" if options.get("fulltext") else ""
    fields["trust_access"] = {True: "true", False: "false", None: ""}[options.get("trust_access")]
    given_selectors = options.get("selectors") or {}
    return fields | {f"select_{name}": str(given_selectors.get(name) or "") for name in SELECTORS}


def kept(form: Mapping[str, str]) -> dict[str, str]:
    """A form as it was sent, every field being there."""
    return {name: form.get(name, "") for name in shown({})}


def choices(config: Config) -> dict[str, Any]:
    """What the lists of the form offer."""
    return {
        "kinds": KINDS,
        "accesses": ACCESS,
        "trusts": TRUST,
        "profiles": [("", "None"), *((name, name) for name in config.profile)],
        "selectors": SELECTORS,
    }


def problems(error: UsageError) -> dict[str, str]:
    """What is wrong, by field; "" for what is of the whole."""
    cause = error.__cause__
    if not isinstance(cause, ValidationError):
        return {"": str(error)}
    found: dict[str, str] = {}
    for one in cause.errors():
        key = str(one["loc"][0]) if one["loc"] else ""
        if key == "selectors" and len(one["loc"]) > 1:
            key = f"select_{one['loc'][1]}"
        found.setdefault(key, one["msg"].removeprefix("Value error, "))
    return found
