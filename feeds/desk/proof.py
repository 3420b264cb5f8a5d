"""Whether somebody knows the password of the desk: to sign in, and once more before tokens are given. Wrong ones are
counted."""

from __future__ import annotations

from feeds import log
from feeds.desk.access import Doors, Refusal, doors_of, principal_of
from feeds.desk.passwords import Passwords
from feeds.web.answers import Scope

WRONG = "That is not the password"

_log = log.get(__name__)


async def refused(doors: Doors, passwords: Passwords, scope: Scope, given: str) -> Refusal | None:
    """Why `given` is not heard, or is not the password; None where it is."""
    client, limits = doors.whose(scope), doors.limits
    if client and (wait := limits.logins.take(client)):
        return _later(wait)
    many = limits.all_logins.take("") > 0
    if many and not await limits.delayed():
        return _later(limits.delay)
    if not await passwords.fits(given):
        _log.warning("wrong password", client=client)
        return Refusal(403, WRONG)
    limits.logins.give_back(client)
    if not many:
        limits.all_logins.give_back("")
    return None


async def doubted(scope: Scope, given: str) -> Refusal | None:
    """The same of somebody who has signed in with the password, and may have left the browser alone: `given` has to be
    the password, too. Whoever came in by another way has none to give."""
    doors = doors_of(scope)
    if principal_of(scope).by != "session" or doors.passwords is None:
        return None
    if not given:
        return Refusal(400, "Give the password of the desk once more")
    refusal = await refused(doors, doors.passwords, scope, given)
    return Refusal(400, WRONG) if refusal is not None and refusal.status == 403 else refusal


def _later(wait: float) -> Refusal:
    """Whoever was wrong too often has to wait."""
    minutes = max(1, round(wait / 60))
    said = f"Too many wrong passwords; try again in {minutes} {'minute' if minutes == 1 else 'minutes'}"
    return Refusal(429, said, wait=int(wait) + 1)
