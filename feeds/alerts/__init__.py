"""Alerts: who is told of troubles and of new entries, when, and how often.

`plan` decides, in one transaction, what the rules of the configuration owe to whom; `deliver` sends it. Between them is
the outbox, so that nothing is lost in a crash: at worst a message comes twice. What sends (Apprise, an extra) is loaded
when there is something to send, and not before.
"""

from __future__ import annotations

from feeds.alerts.delivery import deliver
from feeds.alerts.planning import plan

__all__ = ["deliver", "plan"]
