"""All that goes by one configuration, so that another one takes the place of it at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from db.engine import Engine
from feeds.config import Config, load, placed
from feeds.desk.app import desk_parts
from feeds.desk.context import Context, Hands
from feeds.errors import ConfigError
from feeds.poll import Poller
from feeds.press import Press
from feeds.web.answers import Application
from feeds.web.app import web_app


@dataclass(frozen=True, slots=True)
class Gear:
    """Who polls, publishes and answers by `config`."""

    config: Config
    poller: Poller
    press: Press
    app: Application


def gear(engine: Engine, config: Config, clock: Callable[[], datetime], hands: Hands, path: Path) -> Gear:
    """What goes by `config`, which was read from `path`; nothing of it works yet.

    Raises `ConfigError` for a secret or a format that is not to be had.
    """
    context = Context(engine, config, clock, hands, path)
    app = web_app(engine, config, clock, desk_parts(context))
    return Gear(config, Poller(engine, config), Press(), app)


def reread(path: Path, former: Config, *, port_given: bool) -> Config:
    """The configuration as it stands in `path` now.

    Raises `ConfigError` where it is wrong, or differs from the `former` one in what takes a restart; the port does not
    count where the command line gave it.
    """
    config = load(path)
    for where, now, before in (
        (("database", "url"), config.database_url, former.database_url),
        (("publish", "directory"), str(config.public), str(former.public)),
        (("web", "host"), config.web.host, former.web.host),
        (("web", "port"), config.web.port, config.web.port if port_given else former.web.port),
    ):
        if now != before:
            raise ConfigError(f"{placed(where, path)}was {before}, and that takes a restart to change")
    return config
