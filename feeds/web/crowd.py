"""All connections of a server, and what they may take."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Limits:
    """What clients may take. Times are seconds.

    `connections` are open at once, each with one request under way at most. Fewer where the process may not have so
    many descriptors. One more closes that which is idle longest. `unsent_bytes` wait at most for clients that do not
    read; those who wait longest are dropped above it. Of a body that nobody asked for `unread_bytes` are thrown away
    behind its answer, and what comes in `linger`; then the connection is closed. `progress` is what a whole request may
    take, and the time in which a client has to take `least_bytes` of an answer, or the rest. `grace` is what answers
    under way get at the end, `force` what is left to each of the two steps behind it: closing what is deaf, giving up.
    """

    header_bytes: int = 16_384
    connections: int = 10_000
    unsent_bytes: int = 64_000_000
    progress: float = 15.0
    least_bytes: int = 16_384
    keep_alive: float = 5.0
    unread_bytes: int = 10_000_000
    linger: float = 2.0
    grace: int = 2
    force: int = 1


class Member(Protocol):
    """A connection, as the crowd knows it."""

    @property
    def unsent(self) -> int:
        """Bytes of answers that the client has not taken."""
        ...

    def drop(self) -> None:
        """Ends it at once, and says so by `Crowd.forget`."""
        ...


class Crowd:
    """All connections of a server, by what they wait for; each kind in the order in which they began to.

    Whatever happens to one costs the same among ten and among ten thousand.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        # Since when: a whole request is waited for, the next request is.
        self._asking: OrderedDict[Member, float] = OrderedDict()
        self._idle: OrderedDict[Member, float] = OrderedDict()
        # Since when: all is said to it, and it may see that before it is closed.
        self._leaving: OrderedDict[Member, float] = OrderedDict()
        # Since when an answer is made or sent, and how many bytes of it were unsent then, None where it was not begun.
        self._served: OrderedDict[Member, tuple[float, int | None]] = OrderedDict()
        self._deaf: OrderedDict[Member, int] = OrderedDict()
        self._unsent = 0
        self._headers: object = None
        self._lines = b""

    def __len__(self) -> int:
        return len(self._asking) + len(self._idle) + len(self._leaving) + len(self._served)

    def admit(self, connection: Member, now: float) -> bool:
        """Takes a new connection in, and closes the one that is idle longest where that is one too many; False where
        none is idle."""
        if len(self) >= self.limits.connections:
            oldest = [next(iter(kind.items())) for kind in (self._asking, self._idle, self._leaving) if kind]
            if not oldest:
                return False
            min(oldest, key=lambda one: one[1])[0].drop()
        self._asking[connection] = now
        return True

    def asks(self, connection: Member, now: float) -> None:
        """A part of a request came."""
        if self._idle.pop(connection, None) is not None:
            self._asking[connection] = now

    def serve(self, connection: Member, now: float) -> None:
        """A request came whole, but for its body, and its answer begins to be made."""
        self._asking.pop(connection, None)
        self._idle.pop(connection, None)
        self._served[connection] = (now, None)
        self._served.move_to_end(connection)

    def served(self, connection: Member, now: float, unsent: int) -> None:
        """The answer is whole; `unsent` bytes of it still wait for the client."""
        for kind in (self._asking, self._idle, self._served):
            kind.pop(connection, None)
        if unsent:
            self._served[connection] = (now, unsent)
        else:
            self._idle[connection] = now

    def leaves(self, connection: Member, now: float) -> None:
        """All is said and sent; whatever the client still does, it has only `linger` seconds more."""
        for kind in (self._asking, self._idle, self._served):
            kind.pop(connection, None)
        self._leaving[connection] = now

    def hold(self, connection: Member, unsent: int) -> None:
        """The client does not read, and so many bytes wait for it. Drops those that wait longest for theirs where that
        is too much in all."""
        self._unsent += unsent
        self._deaf[connection] = unsent
        while self._unsent > self.limits.unsent_bytes and len(self._deaf) > 1:
            next(iter(self._deaf)).drop()

    def release(self, connection: Member) -> None:
        """The client has read all that waited for it."""
        self._unsent -= self._deaf.pop(connection, 0)

    def forget(self, connection: Member) -> None:
        """The connection is over. To be said as often as one likes."""
        for kind in (self._asking, self._idle, self._leaving, self._served):
            kind.pop(connection, None)
        self.release(connection)

    def sweep(self, now: float) -> None:
        """Drops whoever has got nowhere in the time there is."""
        limits = self.limits
        patient = (self._asking, limits.progress), (self._idle, limits.keep_alive), (self._leaving, limits.linger)
        for kind, patience in patient:
            while kind:
                connection, since = next(iter(kind.items()))
                if since + patience > now:
                    break
                connection.drop()
        while self._served:
            connection, (since, before) = next(iter(self._served.items()))
            if since + limits.progress > now:
                break
            unsent = connection.unsent
            if unsent and (before is None or unsent <= before - limits.least_bytes):
                self.served(connection, now, unsent)
            else:
                connection.drop()

    def lines(self, headers: list[tuple[bytes, bytes]]) -> bytes:
        """`headers`, which the server adds to every answer and makes anew every second, as they are sent."""
        if headers is not self._headers:
            self._lines = b"".join(b"%s: %s\r\n" % one for one in headers)
            self._headers = headers
        return self._lines
