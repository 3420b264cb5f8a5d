"""Another application takes the place of one while connections stay open."""

from __future__ import annotations

from http.client import HTTPConnection

from feeds.web.answers import PLAIN, Prepared, Ready, Receive, Scope, Send, plain
from feeds.web.current import Current
from feeds.web.server import Server


class Ours:
    """Answers what it is called, `/quick` at once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._ready = Ready(Prepared.of(200, [*PLAIN, (b"content-length", b"%d" % len(name))]), name.encode())

    def at_once(self, scope: Scope) -> Ready | None:
        return self._ready if scope["path"] == "/quick" else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await plain(send, 200, self.name)


async def slow(scope: Scope, receive: Receive, send: Send) -> None:
    await plain(send, 200, "slow")


def test_a_connection_goes_on_with_another_application() -> None:
    current = Current(Ours("first"))
    server = Server(current, "127.0.0.1", 0)
    server.start()
    try:
        connection = HTTPConnection("127.0.0.1", int(server.url.rsplit(":", 1)[1].rstrip("/")), timeout=10)

        def said(path: str) -> str:
            connection.request("GET", path)
            return connection.getresponse().read().decode().strip()

        assert (said("/"), said("/quick")) == ("first", "first")
        own = connection.sock
        current.become(Ours("second"))
        assert (said("/"), said("/quick")) == ("second", "second")
        current.become(slow)
        assert (said("/"), said("/quick")) == ("slow", "slow")
        assert connection.sock is own
        connection.close()
    finally:
        server.stop()
