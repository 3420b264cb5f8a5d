"""What the rules owe to whom: troubles that opened or are over, and new entries that a filter finds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from db.engine import Connection, Engine, reading, writing
from db.records import Field, IncidentRecord, Query
from db.store import cursors, deliveries, incidents, news, search, sources
from db.store.deliveries import ALERT, END
from feeds.alerts.hours import due
from feeds.alerts.matching import UNHEARD, sections_of, wants
from feeds.config import Alert, Config
from feeds.query import narrowed

MOST_ENTRIES = 200
"""Entries of one filter in one plan; the others come with the next."""

_CURSOR = "alert "


def plan(engine: Engine, config: Config, now: datetime) -> int:
    """Owes what the rules of the configuration say, in one transaction; returns how many alerts. Raises `StorageError`.

    The first plan with a rule owes it nothing of what was there before.
    """
    planned = _Plan(config, now)
    with reading(engine) as connection:
        if not planned.is_needed(connection):
            return 0
    with writing(engine) as connection:
        planned.forget_gone(connection)
        planned.of_incidents(connection)
        planned.of_entries(connection)
    return planned.count


def queries_of(rule: Alert, config: Config) -> dict[str, Query]:
    """Name of a filter that the rule names -> what an entry has to be to be told by it."""
    found = {}
    for saved in config.saved:
        if saved.name in rule.saved:
            query = narrowed(saved.chosen(config.site.zone), Field.SECTION, rule.section)
            found[saved.name] = narrowed(query, Field.SOURCE, rule.source)
    return found


class _Plan:
    """One plan. `count` are the alerts that it owes."""

    def __init__(self, config: Config, now: datetime) -> None:
        self.count = 0
        self._config = config
        self._now = now
        self._rules = {rule.name: rule for rule in config.alert}
        self._queries = {rule.name: queries_of(rule, config) for rule in config.alert if rule.saved}
        self._first: dict[str, datetime] = {}

    def is_needed(self, connection: Connection) -> bool:
        """Whether there is anything to do: to be asked before what writes."""
        newest = news.newest(connection) if self._queries else 0
        return (
            any(cursors.position(connection, name) != newest for name in self._cursors())
            or bool(incidents.unplanned(connection, self._now))
            or any(rule_of(target) not in self._rules for target in deliveries.targets(connection, (ALERT, END)))
            or any(name not in self._rules for name in incidents.subjects_of(connection, UNHEARD))
        )

    def forget_gone(self, connection: Connection) -> None:
        """Forgets what is owed to rules that are there no more, and where they stood."""
        for target in deliveries.targets(connection, (ALERT, END)):
            if rule_of(target) not in self._rules:
                deliveries.forget(connection, (ALERT, END), target)
        for name in incidents.subjects_of(connection, UNHEARD):
            if name not in self._rules:
                incidents.close_incident(connection, UNHEARD, name, self._now, "the alert is configured no more")
        cursors.keep(connection, _CURSOR, list(self._cursors()))
        self._first = deliveries.first_due(connection, ALERT)

    def of_incidents(self, connection: Connection) -> None:
        """Owes that troubles opened to whoever wants to know, and that they are over to whom they were told."""
        found = incidents.unplanned(connection, self._now)
        opened = [incident for incident, over in found if not over]
        over = [incident for incident, over in found if over]
        for incident in opened:
            self._opened(connection, incident)
        ended = {incident.id for incident in over}
        told = deliveries.held(connection, END) if ended else []
        for promise in told:
            if promise.payload["incident"] in ended:
                rule = self._rules[promise.target]
                if rule.closed:
                    self._owe(connection, rule, {"incident": promise.payload["incident"], "over": True})
                deliveries.delivered(connection, promise, self._now)
        incidents.plan(connection, [incident.id for incident in opened], over=False)
        incidents.plan(connection, [incident.id for incident in over], over=True)

    def _opened(self, connection: Connection, incident: IncidentRecord) -> None:
        source = None
        if incident.source is not None and any(rule.section for rule in self._rules.values()):
            source = sources.by_name(connection, incident.source)
        sections = sections_of(source, self._config)
        for rule in self._rules.values():
            if wants(rule, incident, sections):
                self._owe(connection, rule, {"incident": incident.id, "over": False})

    def of_entries(self, connection: Connection) -> None:
        """Owes new entries to the rules whose filters find them, each story once."""
        newest = news.newest(connection) if self._queries else 0
        for name, queries in self._queries.items():
            found: set[int] = set()
            for saved, query in queries.items():
                cursor = _cursor(name, saved)
                stood = cursors.position(connection, cursor)
                position = newest
                if stood is not None:
                    ids, position = news.since(connection, query, stood, limit=MOST_ENTRIES)
                    found.update(ids)
                if position != stood:
                    cursors.move(connection, cursor, position, self._now)
            elders = news.elders(connection, found)
            older = set().union(*elders.values())
            told = set().union(*(search.among(connection, query, older) for query in queries.values()))
            for entry_id in sorted(found):
                if not told & elders.get(entry_id, set()):
                    self._owe(connection, self._rules[name], {"entry": entry_id})

    def _owe(self, connection: Connection, rule: Alert, payload: dict[str, object]) -> None:
        at = due(rule, self._config.site.zone, self._now, self._first.get(rule.name))
        self._first[rule.name] = min(at, self._first.get(rule.name, at))
        deliveries.owe(connection, ALERT, rule.name, payload, at)
        self.count += 1

    def _cursors(self) -> Iterable[str]:
        return (_cursor(name, saved) for name, queries in self._queries.items() for saved in queries)


def rule_of(target: str) -> str:
    """The name of the rule that a delivery is of, be it to all its addresses or to one."""
    return target.partition("/")[0]


def _cursor(rule: str, saved: str) -> str:
    return f"{_CURSOR}{rule} {saved}"
