"""From the outbox to people: what is due of one rule is one message, and each of its addresses settles for itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from db.engine import Connection, Engine, reading, writing
from db.records import NEVER, DeliveryRecord, IncidentRecord, StoredEntry
from db.store import deliveries, entries, incidents, sources
from db.store.deliveries import ALERT, END
from db.store.incidents import SETTLED
from feeds import log
from feeds.alerts import addresses
from feeds.alerts.addresses import Address
from feeds.alerts.hours import awake
from feeds.alerts.matching import UNHEARD
from feeds.alerts.message import Message, Story, Trouble, compose
from feeds.alerts.planning import rule_of
from feeds.alerts.sending import WITHIN, exchange
from feeds.config import Alert, Config
from feeds.errors import BroadsheetError
from feeds.showing import show

AT_ONCE = 2_000
"""Deliveries of one run: what is due of one rule is one message, however much it is."""

_log = log.get("alerts")


def deliver(
    engine: Engine,
    config: Config,
    clock: Callable[[], datetime],
    *,
    stop: Callable[[], bool] = lambda: False,
    within: float = WITHIN,
) -> None:
    """Sends what is due, until `stop()` holds, at the latest; each message has `within` seconds. Raises `StorageError`.

    What did not arrive comes again, later each time, and is given up after ten tries, which is an incident.
    """
    run = _Run(engine, config, clock, stop, within)
    # It ends: whatever is taken is gone or put off, unless all is to end.
    while not stop() and run.once():
        pass


@dataclass(slots=True)
class _Parcel:
    """What one target is told: `rows` in one `message`, to each of `to`. `heard` is what came of it, by key of the
    address; `opened` are the troubles that it tells to have opened."""

    target: str
    rule: Alert
    rows: list[DeliveryRecord]
    to: list[Address]
    message: Message
    opened: list[int]
    heard: dict[str, str | None] = field(default_factory=dict)


@dataclass(slots=True)
class _Known:
    """What deliveries are about, by id."""

    incidents: Mapping[int, IncidentRecord]
    entries: Mapping[int, StoredEntry]


class _Run:
    def __init__(
        self,
        engine: Engine,
        config: Config,
        clock: Callable[[], datetime],
        stop: Callable[[], bool],
        within: float,
    ) -> None:
        self._engine = engine
        self._config = config
        self._clock = clock
        self._stop = stop
        self._within = within
        self._rules = {rule.name: rule for rule in config.alert}

    def once(self) -> bool:
        """Takes what is due and brings it to an end; False where nothing was due."""
        with reading(self._engine) as connection:
            if not deliveries.any_due(connection, self._clock(), (ALERT,)):
                return False
        # In a transaction of its own: a try counts, even if what is to be sent ends the process.
        with writing(self._engine) as connection:
            taken = deliveries.due(connection, self._clock(), AT_ONCE, (ALERT,))
        with writing(self._engine) as connection:
            parcels = self._parcels(connection, taken)
        self._send(parcels)
        return True

    # --- what is to be said

    def _parcels(self, connection: Connection, taken: Sequence[DeliveryRecord]) -> list[_Parcel]:
        """What is to be sent; what is not to be sent now, or never, is settled."""
        by_target: dict[str, list[DeliveryRecord]] = defaultdict(list)
        for delivery in taken:
            by_target[delivery.target].append(delivery)
        known = _Known(
            incidents.by_ids(connection, [one.payload["incident"] for one in taken if "incident" in one.payload]),
            entries.load(connection, [one.payload["entry"] for one in taken if "entry" in one.payload]),
        )
        found = (self._parcel(connection, target, rows, known) for target, rows in by_target.items())
        return [parcel for parcel in found if parcel is not None]

    def _parcel(self, connection: Connection, target: str, rows: list[DeliveryRecord], known: _Known) -> _Parcel | None:
        now = self._clock()
        rule = self._rules.get(rule_of(target))
        if rule is None:
            self._drop(connection, rows, now)
            return None
        until = awake(rule, self._config.site.zone, now)
        if until > now:
            deliveries.put_back(connection, rows, until)
            return None
        exhausted = [row for row in rows if row.attempts > deliveries.TRIES]
        for row in exhausted:
            # Whoever took it the last time did not live to give it up.
            self._failed(connection, rule, row, row.error or "the last try came to no end", now)
        rows, troubles, stories = self._told(connection, [row for row in rows if row not in exhausted], known, now)
        if not rows:
            return None
        try:
            to = addresses.read(self._config, rule)
        except BroadsheetError as error:
            _log.warning("alert failed", alert=rule.name, error=str(error))
            for row in rows:
                self._failed(connection, rule, row, str(error), now)
            return None
        if target != rule.name:
            to = [one for one in to if one.key == target.partition("/")[2]]
            if not to:  # an address that is there no more
                self._drop(connection, rows, now)
                return None
        message = compose(self._config.site.title, self._config.site.zone, troubles, stories)
        opened = [one.incident.id for one in troubles if not one.over]
        return _Parcel(target, rule, rows, to, message, opened)

    def _told(
        self, connection: Connection, rows: Sequence[DeliveryRecord], known: _Known, now: datetime
    ) -> tuple[list[DeliveryRecord], list[Trouble], list[Story]]:
        """What is told of `rows`, which are left. A trouble that was over at once is told to nobody, nor an entry that
        was taken back; one that is just over waits until it is known whether it comes back."""
        told: list[DeliveryRecord] = []
        troubles: list[Trouble] = []
        stories: dict[str, Story] = {}
        labels = sources.labels(connection) if known.entries else {}
        for row in rows:
            if "entry" in row.payload:
                entry = known.entries.get(row.payload["entry"])
                if entry is None or entry.withdrawal is not None or entry.lead in stories:
                    self._drop(connection, [row], now)
                    continue
                label = labels.get(entry.source)
                name = (label and label.title) or entry.source
                stories[entry.lead] = Story(show(entry, (), (), self._config, labels), name)
            else:
                incident, over = known.incidents.get(row.payload["incident"]), row.payload["over"]
                ended = None if incident is None else incident.closed_at
                if not over and ended is not None and ended > now - SETTLED:
                    deliveries.put_back(connection, [row], ended + SETTLED)
                    continue
                if incident is None or (not over and ended is not None and ended - incident.opened_at < SETTLED):
                    self._drop(connection, [row], now)
                    continue
                troubles.append(Trouble(incident, over or ended is not None))
            told.append(row)
        return told, troubles, list(stories.values())

    def _drop(self, connection: Connection, rows: Sequence[DeliveryRecord], now: datetime) -> None:
        for row in rows:
            deliveries.delivered(connection, row, now)

    # --- what came of it

    def _send(self, parcels: Sequence[_Parcel]) -> None:
        """Sends all parcels side by side, and settles each as soon as all of it was heard of."""
        letters = [(parcel, address) for parcel in parcels for address in parcel.to]
        left = list(parcels)
        try:
            sent = [(address, parcel.message) for parcel, address in letters]
            for place, error in exchange(sent, self._stop, within=self._within):
                parcel, address = letters[place]
                parcel.heard[address.key] = error
                if len(parcel.heard) == len(parcel.to):
                    self._settle(parcel)
                    left.remove(parcel)
        except BroadsheetError as error:  # nothing can be sent
            for parcel in left:
                parcel.heard.update((address.key, str(error)) for address in parcel.to)
        finally:
            # Of what some heard, the others are told later; what nobody heard is due again.
            for parcel in left:
                if parcel.heard:
                    self._settle(parcel)
                else:
                    with writing(self._engine) as connection:
                        deliveries.put_back(connection, parcel.rows, self._clock())

    def _settle(self, parcel: _Parcel) -> None:
        """Notes what came of a parcel, all in one transaction."""
        now, rule = self._clock(), parcel.rule
        came = ((address, parcel.heard.get(address.key, "it was interrupted")) for address in parcel.to)
        errors = {address: error for address, error in came if error is not None}
        said = "; ".join(f"address {address.number} ({address.shown}): {error}" for address, error in errors.items())
        with writing(self._engine) as connection:
            if len(errors) < len(parcel.to):
                for incident_id in parcel.opened:
                    deliveries.owe(connection, END, rule.name, {"incident": incident_id}, NEVER)
            for row in parcel.rows:
                if not errors:
                    deliveries.delivered(connection, row, now)
                elif len(errors) == len(parcel.to):
                    self._failed(connection, rule, row, said, now)
                else:
                    again = {f"{rule.name}/{one.key}": f"{one.shown}: {error}" for one, error in errors.items()}
                    deliveries.split(connection, row, again, now)
            if not errors and (parcel.target == rule.name or not self._is_failing(connection, rule)):
                incidents.close_incident(connection, UNHEARD, rule.name, now, "an alert arrived again")
        if errors:
            _log.warning("alert failed", alert=rule.name, error=said)
        if len(errors) < len(parcel.to):
            _log.info("alert sent", alert=rule.name, told=len(parcel.rows), addresses=len(parcel.to) - len(errors))

    def _is_failing(self, connection: Connection, rule: Alert) -> bool:
        waiting = deliveries.waiting(connection, ALERT)
        return any(one.error is not None for target, one in waiting.items() if rule_of(target) == rule.name)

    def _failed(self, connection: Connection, rule: Alert, row: DeliveryRecord, error: str, now: datetime) -> None:
        """Puts a delivery off; one that failed for a day is given up, which is a trouble of the rule."""
        if deliveries.failed(connection, row, error, now):
            message = f"alert \"{rule.name}\": did not arrive for a day ({error}); see 'feeds alerts test {rule.name}'"
            incidents.open_incident(connection, UNHEARD, rule.name, message, now, evidence=(("error", error),))
            _log.error("alert given up", alert=rule.name, error=error)
