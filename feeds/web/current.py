"""An application in whose place another can be put while connections stay open."""

from __future__ import annotations

from feeds.web.answers import Application, AtOnce, Ready, Receive, Scope, Send


class Current:
    """Answers as the application does that it was last given; what is being answered is answered by that before it."""

    def __init__(self, app: Application) -> None:
        self._both = _both(app)

    def become(self, app: Application) -> None:
        """Whoever asks from now on is answered by `app`. May be called in any thread."""
        self._both = _both(app)

    def at_once(self, scope: Scope) -> Ready | None:
        at_once = self._both[1]
        return None if at_once is None else at_once(scope)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._both[0](scope, receive, send)


def _both(app: Application) -> tuple[Application, AtOnce | None]:
    return app, getattr(app, "at_once", None)
