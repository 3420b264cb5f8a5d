"""Real feed readers, driven as a person would, and what each keeps of a feed.

Every reader has a home of its own and nothing of the machine's user. Dates are whole seconds since 1970.
"""

from __future__ import annotations

import json
import mailbox
import shlex
import shutil
import sqlite3
import subprocess
from abc import ABC, abstractmethod
from calendar import timegm
from collections.abc import Mapping, Sequence
from contextlib import closing
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import reader as lemon


class Shown(NamedTuple):
    """What a reader shows of an entry."""

    title: str
    link: str
    when: int | None


def needed(*commands: str) -> None:
    """Skips the test where one of the commands is missing."""
    for command in commands:
        if shutil.which(command) is None:
            pytest.skip(f"{command} is not installed: .ci/run names its Debian package")


def call(home: Path, *command: str) -> bytes:
    """What a command prints that knows no home but `home`."""
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, timeout=60, env=environment, capture_output=True)
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


class Reader(ABC):
    """A reader that follows `urls` (format -> address). `needs` are its commands, `reads` the formats it knows.

    `settles` is how often it fetches before it asks with what it remembers; `agent` begins its User-Agent.
    """

    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ("atom", "rss")
    settles = 1
    agent = ""

    def __init__(self, home: Path, urls: Mapping[str, str]) -> None:
        self.home = home
        self.urls = {format: url for format, url in urls.items() if format in self.reads}
        home.mkdir(parents=True)
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Writes down what it follows."""

    @abstractmethod
    def fetch(self) -> None:
        """Refreshes all of its feeds once."""

    @abstractmethod
    def shows(self, format: str) -> list[Shown]:
        """The entries of one feed, in no order."""


class Newsboat(Reader):
    """One cache for each feed: it keeps an entry once, by its id, whichever feeds it stands in."""

    needs = ("newsboat",)
    agent = "newsboat"
    settles = 2  # it stores validators into the row of the feed, which the first fetch makes after that

    def prepare(self) -> None:
        for format, url in self.urls.items():
            home = self.home / format
            home.mkdir()
            (home / "urls").write_text(url + "\n")

    def fetch(self) -> None:
        for format in self.urls:
            newsboat(self.home / format, "-x", "reload")

    def shows(self, format: str) -> list[Shown]:
        rows = self.rows(format, "select title, url, pubDate from rss_item")
        return [Shown(title, link, when) for title, link, when in rows]

    def rows(self, format: str, query: str) -> list[Any]:
        """What `query` finds in the cache of one feed."""
        with closing(sqlite3.connect(self.home / format / "cache.db")) as database:
            return database.execute(query).fetchall()


def newsboat(home: Path, *arguments: str) -> bytes:
    """newsboat with the list `urls` and the cache `cache.db` of its home, and no configuration."""
    return call(home, "newsboat", "-u", str(home / "urls"), "-c", str(home / "cache.db"), "-C", "/dev/null", *arguments)


class Sfeed(Reader):
    """With the two functions of its configuration that docs/self-hosting.md gives: as it comes it never asks with a
    validator, and keeps both titles of an entry."""

    needs = ("sfeed_update", "curl")
    agent = "curl"

    def prepare(self) -> None:
        (self.home / ".sfeed" / "etags").mkdir(parents=True)
        lines = [f"feed {format} {shlex.quote(url)}" for format, url in self.urls.items()]
        folder = shlex.quote(str(self.home / "feeds"))
        config = f"sfeedpath={folder}\nfeeds() {{\n{chr(10).join(lines)}\n}}\n{documented('sfeed')}"
        (self.home / "sfeedrc").write_text(config, encoding="utf-8")

    def fetch(self) -> None:
        call(self.home, "sfeed_update", str(self.home / "sfeedrc"))

    def shows(self, format: str) -> list[Shown]:
        lines = (self.home / "feeds" / format).read_text(encoding="utf-8").split("\n")
        rows = [line.split("\t") for line in lines if line]
        return [Shown(row[1], row[2], int(row[0]) if row[0] else None) for row in rows]


class Lemon(Reader):
    """lemon24/reader, the one of the six that reads JSON Feed."""

    reads = ("atom", "rss", "json")
    agent = "python-reader"

    def prepare(self) -> None:
        with closing(self._made()) as made:
            for url in self.urls.values():
                made.add_feed(url)

    def fetch(self) -> None:
        with closing(self._made()) as made:
            made.update_feeds(scheduled=False)

    def shows(self, format: str) -> list[Shown]:
        with closing(self._made()) as made:
            found = list(made.get_entries(feed=self.urls[format]))
        rows = [(entry.title or "", entry.link or "", entry.published or entry.updated) for entry in found]
        return [Shown(title, link, None if when is None else int(when.timestamp())) for title, link, when in rows]

    def _made(self) -> lemon.Reader:
        return lemon.make_reader(str(self.home / "reader.sqlite"))


class Feed2exec(Reader):
    """Runs a plug-in for every entry that it has not met: the one that prints it."""

    needs = ("feed2exec",)
    agent = "feed2exec"

    def prepare(self) -> None:
        self.told: dict[str, list[Any]] = {format: [] for format in self.urls}
        for format, url in self.urls.items():
            self._call("add", format, url, "--output", "feed2exec.plugins.json")

    def fetch(self) -> None:
        for format in self.urls:
            printed = self._call("fetch", "--pattern", format).decode()
            self.told[format] += [json.loads(line) for line in printed.splitlines()]

    def shows(self, format: str) -> list[Shown]:
        return [Shown(one["title"], one["link"], _moment(one)) for one in self.told[format]]

    def _call(self, *arguments: str) -> bytes:
        places = ["--config", str(self.home / "feeds.ini"), "--database", str(self.home / "feeds.db")]
        return call(self.home, "feed2exec", *places, *arguments)


def _moment(entry: Mapping[str, Any]) -> int | None:
    parts: Sequence[int] | None = entry.get("published_parsed") or entry.get("updated_parsed")
    return None if parts is None else timegm((*parts[:6], 0, 0, 0))


class Rss2email(Reader):
    """Writes a mail for every entry into a folder; what changes is answered in the same thread."""

    needs = ("r2e",)
    agent = "feedparser"

    def prepare(self) -> None:
        folder = self.home / "mail"
        folder.mkdir()
        lines = [documented("rss2email"), f"maildir-path = {folder}"]
        for format, url in self.urls.items():
            lines += [f"[feed.{format}]", f"url = {url}", f"maildir-mailbox = {format}"]
        (self.home / "config").write_text("\n".join(lines) + "\n")

    def fetch(self) -> None:
        call(self.home, "r2e", "-c", str(self.home / "config"), "-d", str(self.home / "state.json"), "run")

    def mails(self, format: str) -> list[mailbox.MaildirMessage]:
        """All mails of a feed, the replies too, in the order in which they were written."""
        with closing(mailbox.Maildir(self.home / "mail" / format)) as folder:
            return sorted(folder, key=lambda mail: mail.get_date())

    def shows(self, format: str) -> list[Shown]:
        threads: dict[str, Shown] = {}
        for mail in self.mails(format):
            title = str(make_header(decode_header(mail["Subject"]))).replace("\n", "")
            when = int(parsedate_to_datetime(mail["Date"]).timestamp())
            threads[mail["In-Reply-To"] or mail["Message-ID"]] = Shown(title, mail["X-RSS-URL"], when)
        return list(threads.values())


def documented(name: str) -> str:
    """The configuration of a reader that docs/self-hosting.md gives: the block behind its name."""
    text = Path(__file__).parents[2].joinpath("docs", "self-hosting.md").read_text(encoding="utf-8")
    _, found, rest = text.partition(f"<!-- {name} -->\n```")
    assert found, f"docs/self-hosting.md has no block for {name}"
    return rest.partition("\n")[2].partition("```")[0]
