"""Liferea, a reader with windows, on a display that nobody sees and a bus of its own."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing, suppress
from xml.sax.saxutils import quoteattr

from tests.e2e.readers import Reader, Shown
from tests.fakes import wait_for

NAME = "net.sourceforge.liferea"

_SETTINGS = """[org/gnome/liferea]
startup-feed-action=1
active-plugins=@as []
enable-itp=false
"""
"""Nothing is fetched before it is told to, and no plug-in wants a keyring."""


class Liferea(Reader):
    """Runs from the first fetch until `close`; it fetches on its own time, so wait for its requests."""

    needs = ("liferea", "Xvfb", "dbus-daemon", "gdbus")
    agent = "Liferea"

    def prepare(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []
        self._environment: dict[str, str] = {}
        outlines = [
            f'<outline title="{format}" text="{format}" type="rss" xmlUrl={quoteattr(url)} id="{format}"/>'
            for format, url in self.urls.items()
        ]
        listed = f'<?xml version="1.0"?><opml version="1.0"><head/><body>{"".join(outlines)}</body></opml>'
        for name, text in {"liferea/feedlist.opml": listed, "glib-2.0/settings/keyfile": _SETTINGS}.items():
            path = self.home / ".config" / name
            path.parent.mkdir(parents=True)
            path.write_text(text, encoding="utf-8")
        (self.home / "run").mkdir(mode=0o700)

    def fetch(self) -> None:
        if not self._running:
            self._start()
        action = ["--method", "org.gtk.Actions.Activate", "update-all", "[]", "{}"]
        subprocess.run([*self._gdbus("call"), *action], env=self._environment, check=True, capture_output=True)

    def shows(self, format: str) -> list[Shown]:
        with closing(sqlite3.connect(self.home / ".local/share/liferea/liferea.db")) as database:
            rows = database.execute("select title, source, date from items where node_id = ?", [format]).fetchall()
        return [Shown(title, link, when) for title, link, when in rows]

    def page(self, format: str) -> str:
        """The address of the page that it takes a feed for; known once it is closed."""
        text = (self.home / ".config/liferea/feedlist.opml").read_text(encoding="utf-8")
        _, _, rest = text.partition(f'xmlUrl="{self.urls[format]}" htmlUrl="')
        return rest.partition('"')[0]

    def close(self) -> None:
        """Ends it, its bus and its display."""
        while self._running:
            process = self._running.pop()
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def _start(self) -> None:
        self._environment = {
            **{name: os.environ[name] for name in ("PATH",) if name in os.environ},
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.home / "run"),
            "LANG": "C.UTF-8",
            "NO_AT_BRIDGE": "1",
            "GSETTINGS_BACKEND": "keyfile",
            "GIO_USE_NETWORK_MONITOR": "base",  # believes that there is a network without asking who knows
        }
        display = self._said("Xvfb", "-displayfd", "1", "-screen", "0", "640x480x24")
        self._environment["DISPLAY"] = f":{display}"
        self._environment["DBUS_SESSION_BUS_ADDRESS"] = self._said("dbus-daemon", "--session", "--print-address=1")
        self._begin("liferea", "--mainwindow-state=hidden")
        wait_for(self._answers, 30)

    def _said(self, *command: str) -> str:
        """The first line of a process that goes on."""
        process = self._begin(*command)
        assert process.stdout is not None
        return process.stdout.readline().decode().strip()

    def _begin(self, *command: str) -> subprocess.Popen[bytes]:
        out = subprocess.DEVNULL if command[0] == "liferea" else subprocess.PIPE
        process = subprocess.Popen(command, env=self._environment, stdout=out, stderr=subprocess.DEVNULL)
        self._running.append(process)
        return process

    def _answers(self) -> bool:
        """Whether it has made its database and listens."""
        asked = [*self._gdbus("call"), "--method", "org.gtk.Actions.Describe", "update-all"]
        with suppress(subprocess.TimeoutExpired):
            done = subprocess.run(asked, env=self._environment, capture_output=True, timeout=5)
            return done.returncode == 0 and b"true" in done.stdout
        return False

    @staticmethod
    def _gdbus(verb: str) -> list[str]:
        return ["gdbus", verb, "--session", "--dest", NAME, "--object-path", f"/{NAME.replace('.', '/')}"]
