"""A client of a hundred lines that is right about the basics, and clients that are each wrong in one way.

They show that the judges bite: each wrong one has to fail the behaviour it is wrong about.
"""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message
from email.utils import format_datetime, parsedate_to_datetime
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path

from tests.behaviour.scenario import Setting

HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Known:
    """What is remembered of one source."""

    url: str
    due: datetime | None = None
    etag: str | None = None
    date: str | None = None
    body: bytes = b""
    failures: int = 0
    polls: int = 0


class Sketch:
    """Asks hourly, conditionally, through urllib. It heeds no hint, backs off from nothing and adopts no redirect."""

    name = "sketch"
    installed = 0

    def prepare(self, urls: Sequence[str], folder: Path, setting: Setting, port: int) -> None:
        self.sources = [Known(url) for url in urls]
        # Names below `localhost` need not resolve here: the server is a proxy for them.
        proxy = urllib.request.ProxyHandler({"http": f"http://127.0.0.1:{port}"} if setting.loopback else {})
        self.opener = urllib.request.build_opener(proxy, *self.handlers())
        Sketch.installed += 1
        self.number = Sketch.installed

    def handlers(self) -> list[urllib.request.BaseHandler]:
        return []

    def poll(self, now: datetime) -> None:
        for source in self.sources:
            if source.due is None or source.due <= now:
                self.due(source, now)
                self.ask(source)

    def due(self, source: Known, now: datetime) -> None:
        source.due = now + HOUR

    def address(self, source: Known) -> str:
        return source.url

    def headers(self, source: Known) -> dict[str, str]:
        found = {"User-Agent": "Sketch/1.0 (+https://sketch.example/)", "Accept-Encoding": "gzip"}
        if source.etag is not None:
            found["If-None-Match"] = source.etag
        if source.date is not None:
            found["If-Modified-Since"] = source.date
        return found

    def ask(self, source: Known) -> None:
        source.polls += 1
        try:
            request = urllib.request.Request(self.address(source), headers=self.headers(source))  # noqa: S310  # ours
            with self.opener.open(request) as answer:
                body = answer.read()
                self.keep(source, answer.headers, body)
                source.body, source.failures = body, 0
        except urllib.error.HTTPError as error:
            if error.code == 304:
                self.renew(source, error.headers)
            else:
                source.failures += 1
            error.close()
        except (OSError, HTTPException):
            source.failures += 1

    def keep(self, source: Known, headers: Message, body: bytes) -> None:
        source.etag, source.date = headers["ETag"], headers["Last-Modified"]

    def renew(self, source: Known, headers: Message) -> None:
        source.etag, source.date = headers["ETag"] or source.etag, headers["Last-Modified"] or source.date

    def restart(self) -> None:
        """It keeps what it knows."""

    def titles(self) -> frozenset[str] | None:
        """Only what is in the documents now."""
        found = (re.findall(r"<item><title>(.*?)</title>", source.body.decode("utf-8")) for source in self.sources)
        return frozenset(title for titles in found for title in titles)

    def trouble(self) -> str | None:
        return None

    def close(self) -> None:
        self.opener.close()


class Unconditional(Sketch):
    def keep(self, source: Known, headers: Message, body: bytes) -> None:
        """Keeps no validators."""


class Unquoting(Sketch):
    def headers(self, source: Known) -> dict[str, str]:
        found = super().headers(source)
        return {name: value.strip('"') if name == "If-None-Match" else value for name, value in found.items()}


class Reprinting(Sketch):
    def keep(self, source: Known, headers: Message, body: bytes) -> None:
        super().keep(source, headers, body)
        if source.date is not None and source.date[0] == "S":
            source.date = format_datetime(parsedate_to_datetime(source.date))


class Inventing(Sketch):
    def headers(self, source: Known) -> dict[str, str]:
        invented = {"If-Modified-Since": "Sat, 07 Nov 2026 09:00:00 GMT"} if source.polls > 1 else {}
        return invented | super().headers(source)


class ByDate(Sketch):
    """Takes an unchanged Last-Modified for an unchanged page."""

    def keep(self, source: Known, headers: Message, body: bytes) -> None:
        if source.date is None or headers["Last-Modified"] != source.date:
            super().keep(source, headers, body)


class ByBody(Sketch):
    """Keeps the validators of what is new only."""

    def keep(self, source: Known, headers: Message, body: bytes) -> None:
        if body != source.body:
            super().keep(source, headers, body)


class Latching(Sketch):
    def keep(self, source: Known, headers: Message, body: bytes) -> None:
        self.renew(source, headers)


class Unrenewing(Sketch):
    def renew(self, source: Known, headers: Message) -> None:
        """Heeds nothing that a 304 says."""


class Restless(Sketch):
    def due(self, source: Known, now: datetime) -> None:
        source.due = now + HOUR / 2


class Restarting(Sketch):
    def restart(self) -> None:
        for source in self.sources:
            source.due = None


class Forcing(Sketch):
    """Fetches everything anew each 20th time, to be safe."""

    def headers(self, source: Known) -> dict[str, str]:
        if source.polls % 20 == 0:
            source.etag = source.date = None
        return super().headers(source)


class Busting(Sketch):
    def address(self, source: Known) -> str:
        return f"{source.url}{'&' if '?' in source.url else '?'}_={source.polls}"


class Tidying(Sketch):
    def address(self, source: Known) -> str:
        return source.url.rstrip("/?")


class Remembering(Sketch):
    def handlers(self) -> list[urllib.request.BaseHandler]:
        return [urllib.request.HTTPCookieProcessor(CookieJar())]


class Referring(Sketch):
    def headers(self, source: Known) -> dict[str, str]:
        return super().headers(source) | {"Referer": "https://sketch.example/"}


class Posing(Sketch):
    def headers(self, source: Known) -> dict[str, str]:
        return super().headers(source) | {
            "User-Agent": "Mozilla/5.0 (compatible; Sketch/1.0; +https://sketch.example/)"
        }


class Uncompressed(Sketch):
    def headers(self, source: Known) -> dict[str, str]:
        return super().headers(source) | {"Accept-Encoding": "identity"}


class Token(Sketch):
    """Tells its installations apart, and lets each ask at minutes of its own."""

    def due(self, source: Known, now: datetime) -> None:
        source.due = now + HOUR + timedelta(minutes=5 * self.number % 25)

    def headers(self, source: Known) -> dict[str, str]:
        return super().headers(source) | {"X-Installation": str(self.number)}


class Hasty(Sketch):
    """Adopts every redirect at once."""

    def handlers(self) -> list[urllib.request.BaseHandler]:
        client = self

        class Adopting(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, req: urllib.request.Request, *rest: object) -> urllib.request.Request | None:
                new = str(rest[-1])
                next(source for source in client.sources if source.url == req.full_url).url = new
                return urllib.request.Request(new, headers=dict(req.header_items()))  # noqa: S310  # ours

        return [Adopting()]


class Despairing(Sketch):
    """Gives up after three failures."""

    def due(self, source: Known, now: datetime) -> None:
        source.due = now + HOUR * (24 * 365 if source.failures >= 3 else 1)


class Obeying(Sketch):
    """Takes every wait for ten weeks, as a Retry-After may say."""

    def due(self, source: Known, now: datetime) -> None:
        source.due = now + HOUR * 24 * 70


class CatchingUp(Sketch):
    """Makes up for every poll that it missed."""

    def poll(self, now: datetime) -> None:
        for source in self.sources:
            due = source.due or now
            while due <= now:
                self.ask(source)
                due += HOUR
            source.due = due
