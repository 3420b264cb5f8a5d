"""The desk on a port of loopback, as a browser finds it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from argon2 import PasswordHasher
from selectolax.lexbor import LexborHTMLParser, LexborNode

from db.engine import Engine, reading, writing
from db.records import Heartbeat, SourceRecord
from db.store import sources
from feeds.config import Config, parse
from feeds.desk.access import Doors
from feeds.desk.app import desk_parts
from feeds.desk.context import Context, Progress
from feeds.web.answers import Application
from feeds.web.app import web_app
from feeds.web.server import Server
from tests.desk import NOON, new_engine
from tests.getting import Got

PASSWORD = "a ferry an hour from May on"  # noqa: S105  # of no desk but those of tests
GUARDED = f'[desk]\npassword_hash = "{PasswordHasher(1, 8, 1).hash(PASSWORD)}"\n'
"""What a configuration says of `PASSWORD`, with a hash that costs nothing."""

SITE = '[site]\ntitle = "Harbour Desk"\nbase_url = "https://news.example/"\n[poll]\nallow_networks = ["127.0.0.0/8"]\n'

UNBOUNDED = "[web]\nper_minute = 0\n"
"""What a configuration says for programs that ask more often than a person may."""

DECLARED = '[[source]]\nname = "harbour"\nurl = "https://harbour.example/feed"\n'
"""What a configuration says of one source."""

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"
"""What a stranger may say anywhere."""


class Page:
    """A page as a browser reads it."""

    def __init__(self, body: bytes) -> None:
        self._tree = LexborHTMLParser(body)

    def css(self, selector: str) -> list[LexborNode]:
        """The elements that a selector finds."""
        return self._tree.css(selector)

    def one(self, selector: str) -> LexborNode:
        """The first of them, which has to be there."""
        found = self._tree.css_first(selector)
        assert found is not None, f"no {selector}"
        return found

    def has(self, selector: str) -> bool:
        """Whether there is any."""
        return self._tree.css_first(selector) is not None

    def text(self, selector: str = "main") -> str:
        """The words of the first of them."""
        return self.one(selector).text()

    def attribute(self, selector: str, name: str) -> str:
        """An attribute of the first of them."""
        return str(self.one(selector).attributes[name])


def sent_by(form: LexborNode) -> dict[str, str]:
    """What a browser sends of a form that nobody has touched, without files and buttons."""
    sent = dict[str, str]()
    for one in form.css("input, textarea, select"):
        name, kind = one.attributes.get("name"), one.attributes.get("type")
        is_off = kind in ("checkbox", "radio") and "checked" not in one.attributes
        if not name or is_off or kind == "file":
            continue
        if one.tag == "textarea":
            sent[name] = one.text()
        elif one.tag == "select":
            option = one.css_first("option[selected]") or one.css_first("option")
            sent[name] = (option.attributes.get("value") or "") if option else ""
        else:
            sent[name] = one.attributes.get("value") or ""
    return sent


@dataclass
class Hands:
    """The process of the desk, in tests: it counts how often it was woken."""

    woken: int = 0
    standing: Progress | None = None
    signs: list[Heartbeat] = field(default_factory=list)
    reload_ok: bool = True

    def wake(self) -> None:
        self.woken += 1

    def progress(self) -> Progress | None:
        return self.standing

    def beats(self) -> Sequence[Heartbeat]:
        return self.signs


@dataclass
class Web:
    """A desk that serves. `now` is what its clock says."""

    port: int
    engine: Engine
    config: Config
    hands: Hands
    path: Path
    now: datetime = NOON

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, /, **headers: str) -> Got:
        """The answer to one request; `_` in the name of a header stands for `-`. No redirect is followed."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return Got(response.status, response.headers, response.read())

    def post(self, path: str, fields: Mapping[str, str] | None = None, **headers: str) -> Got:
        """The answer to a form that was sent from a page of the desk."""
        given = {
            "Content_Type": "application/x-www-form-urlencoded",
            "Sec_Fetch_Site": "same-origin",
            "Origin": f"http://127.0.0.1:{self.port}",
        }
        return self.ask(path, "POST", urlencode(fields or {}).encode(), **{**given, **headers})

    def sign_in(self, password: str = PASSWORD) -> str:
        """The cookie of somebody who has signed in."""
        got = self.post("/desk/login", {"password": password})
        assert got.status == 303, (got.status, got.body[-500:])
        return (got.headers["Set-Cookie"] or "").partition(";")[0]

    def page(self, path: str, **headers: str) -> Page:
        """A page, which has to be there."""
        got = self.ask(path, **headers)
        assert got.status == 200, (got.status, got.body[:500])
        return Page(got.body)


@contextmanager
def unchanged(web: Web) -> Iterator[None]:
    """Nothing is written to the database until the block ends."""
    with closing(sqlite3.connect(str(web.engine.url.database))) as beside:
        before = beside.execute("PRAGMA data_version").fetchone()
        yield
        assert beside.execute("PRAGMA data_version").fetchone() == before, "something was written"


def add(web: Web, *names: str, **options: object) -> None:
    """Adds sources of these names, as a person does."""
    with writing(web.engine) as connection:
        for name in names:
            sources.add(connection, name, {"name": name, "url": "https://a.example/feed", **options}, NOON)


def known(web: Web, name: str) -> bool:
    """Whether there is a source of this name."""
    with reading(web.engine) as connection:
        return sources.by_name(connection, name) is not None


def stored(web: Web, name: str) -> SourceRecord:
    """A source, which has to be there."""
    with reading(web.engine) as connection:
        found = sources.by_name(connection, name)
    assert found is not None, f"no source {name}"
    return found


def _whole(context: Context) -> Mapping[str, Application]:
    return desk_parts(context, Doors(context, seconds=lambda: (context.clock() - NOON).total_seconds()))


@contextmanager
def running_desk(
    folder: Path,
    more: str = "",
    *,
    site: str = SITE,
    parts: Callable[[Context], Mapping[str, Application]] | None = None,
) -> Iterator[Web]:
    """A desk with an empty database in `folder`, its configuration being `site` and `more` (`GUARDED` for a password),
    until the block ends. `parts` are what it is made of: else all of it, which counts by the clock of the desk how
    often somebody asks, so that no time passes by itself."""
    path = folder / "config.toml"
    path.write_text(site + more)
    config, engine, hands = parse(site + more, path), new_engine(folder), Hands()
    web = Web(0, engine, config, hands, path)
    context = Context(engine, config, lambda: web.now, hands, path)
    app = web_app(engine, config, context.clock, (parts or _whole)(context))
    server = Server(app, "127.0.0.1", 0)
    server.start()
    try:
        web.port = int(server.url.rsplit(":", 1)[1].rstrip("/"))
        yield web
    finally:
        server.stop()
        engine.dispose()
