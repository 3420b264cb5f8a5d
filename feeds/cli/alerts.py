"""`feeds alerts`: who is told of troubles and of new entries, and whether it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from feeds.cli.desk import Desk, command
from feeds.errors import ConfigError, UsageError
from feeds.shapes.times import when

if TYPE_CHECKING:
    from db.store.deliveries import Waiting
    from feeds.config import Alert, Config

app = typer.Typer(help="Tell people of troubles and of new entries, by mail, chat or push.", no_args_is_help=True)

_NONE = "no alerts; an [[alert]] table in the configuration makes one (docs/alerts.md)"


@command(app, "list")
def list_alerts(desk: Desk) -> None:
    """Show every alert: where it goes, what it is about, what waits for it, and what went wrong last; no secret."""
    from db.engine import reading
    from db.store import deliveries

    with reading(desk.engine()) as connection:
        waiting = deliveries.waiting(connection, deliveries.ALERT)
    shown = [_as_json(desk.config, rule, waiting) for rule in desk.config.alert]
    if desk.as_json:
        desk.give(shown)
        return
    heads = ["name", "to", "about", "quiet", "digest", "waiting", "next", "error"]
    desk.table(heads, [[_cell(said, head) for head in heads] for said in shown])
    if not shown:
        desk.say(_NONE)


@command(app, "test")
def send_test(
    desk: Desk,
    name: Annotated[str | None, typer.Argument(help="Name of an alert.", show_default="all of them")] = None,
) -> int:
    """Send a test message to each address of an alert, now, and say what came of it."""
    from feeds.alerts import addresses
    from feeds.alerts.message import trial
    from feeds.alerts.sending import exchange

    rules = [rule for rule in desk.config.alert if name is None or rule.name == name]
    if not rules:
        raise UsageError(_NONE if name is None else f"no alert is named \"{name}\"; see 'feeds alerts list'")
    found: list[dict[str, Any]] = []
    letters = []
    for rule in rules:
        try:
            for address in addresses.read(desk.config, rule):
                letters.append((address, trial(desk.config.site.title, rule.name)))
                found.append({"alert": rule.name, "number": address.number, "address": address.shown, "error": None})
        except ConfigError as failure:
            found.append({"alert": rule.name, "number": None, "address": None, "error": str(failure)})
    sent = [said for said in found if said["number"] is not None]
    for place, error in exchange(letters):
        sent[place]["error"] = error
    for said in found:
        _tell(desk, said)
    if desk.as_json:
        desk.give([{**said, "sent": said["error"] is None} for said in found])
    return 1 if any(said["error"] is not None for said in found) else 0


def _tell(desk: Desk, said: dict[str, Any]) -> None:
    if said["number"] is None:
        desk.warn(said["error"])
        return
    which = f'alert "{said["alert"]}": address {said["number"]} ({said["address"]})'
    if said["error"] is None:
        desk.say(f"{which}: sent")
    else:
        desk.warn(f"{which}: failed: {said['error']}")


def _as_json(config: Config, rule: Alert, waiting: dict[str, Waiting]) -> dict[str, Any]:
    from feeds.alerts import addresses
    from feeds.alerts.planning import rule_of

    owed = [one for target, one in waiting.items() if rule_of(target) == rule.name]
    error = next((one.error for one in owed if one.error is not None), None)
    try:
        to = [address.shown for address in addresses.read(config, rule)]
    except ConfigError as failure:
        to, error = [], str(failure)
    return {
        "name": rule.name,
        "to": to,
        "state": list(rule.state),
        "section": list(rule.section),
        "source": list(rule.source),
        "saved": list(rule.saved),
        "closed": rule.closed,
        "quiet": rule.quiet,
        "digest": rule.digest,
        "waiting": sum(one.count for one in owed),
        "next": when(min((one.due_at for one in owed), default=None)),
        "error": error,
    }


def _cell(said: dict[str, Any], head: str) -> str:
    if head == "about":
        parts = [f"{key} {', '.join(said[key])}" for key in ("state", "section", "source", "saved") if said[key]]
        return "; ".join(parts) or "all troubles"
    value = said[head]
    return ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)
