"""Six real readers follow one desk: newsboat, sfeed, lemon24/reader, feed2exec, rss2email and Liferea.

The desk runs as `feeds run`; a proxy before it writes down what each reader asks and gets. All readers fetch, fetch
again while nothing has changed, and once more after a correction; the tests look at what each was told and kept.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.command import FEEDS, ROOT, Folder, listed
from tests.e2e.liferea import Liferea
from tests.e2e.readers import Feed2exec, Lemon, Newsboat, Reader, Rss2email, Sfeed, Shown, needed
from tests.fakes import wait_for
from tests.proxy import Asked, Proxy, running_proxy
from tests.running import running

pytestmark = pytest.mark.e2e

READERS: dict[str, type[Reader]] = {
    "liferea": Liferea,
    "newsboat": Newsboat,
    "sfeed": Sfeed,
    "reader": Lemon,
    "feed2exec": Feed2exec,
    "rss2email": Rss2email,
}
"""Liferea first: it fetches on its own time, while the others do."""

FOLLOWED = [(name, format) for name, kind in READERS.items() for format in kind.reads]

CONFIG = """[site]
title = "Harbour & Quay"
base_url = "{url}"

[publish]
formats = ["atom", "rss", "json", "html"]

[[source]]
name = "documents"
kind = "seed"
path = "seeds"

[[source]]
name = "wire"
path = "wire.xml"
sections = ["Wire"]
"""

DOCUMENTS = ("001_harbour-wall-repairs.txt", "004_market-hall.txt", "005_lighthouse-bus.txt")

LONG = "Minutes of the harbour council in full: " + ", ".join(f"item {number}" for number in range(1, 60))

TITLES = {
    "quotes": """“Curly”, "straight" and 'single' quotes""",
    "markup": "Bread & butter of <politics>, AT&T &amp; co, 1 < 2 > 0",
    "cyrillic": "Новости парламента: „Łukašenka“ и ЕС",
    "emoji": "Ferry 🎉 👩‍👩‍👧 sails 🇧🇾 again",
    "rtl": "ميناء المدينة يفتح أبوابه (Harbour opens)",
    "cdata": "What ]]> means in XML",
    "long": LONG,
}
WRONG, RIGHT = "Bridge toll rises to 20 euros", "Bridge toll rises to 2 euros & stays"


def wire(toll: str) -> str:
    """What the wire says."""
    titles = {**TITLES, "toll": toll}
    items = "".join(
        f"<item><title>{escaped(title)}</title><link>https://wire.example/{key}?a=1&amp;b=2</link>"
        f'<guid isPermaLink="false">{key}</guid><pubDate>Mon, 02 Mar 2026 09:{number:02d}:59 +0100</pubDate>'
        f"<description>&lt;p&gt;On {key}: {escaped(escaped(title))}&lt;/p&gt;</description></item>"
        for number, (key, title) in enumerate(titles.items())
    )
    return (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title><link>https://wire.example/</link>'
        f"<description>Wire</description>{items}</channel></rss>"
    )


def escaped(text: str) -> str:
    """Plain text as HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@dataclass(slots=True)
class Story:
    """What happened: the entries of the desk, what readers asked in each act, and what they kept before and after."""

    readers: dict[str, Reader]
    entries: list[dict[str, Any]] = field(default_factory=list)
    corrected: list[dict[str, Any]] = field(default_factory=list)
    asked: dict[str, list[Asked]] = field(default_factory=dict)
    before: dict[tuple[str, str], list[Shown]] = field(default_factory=dict)
    after: dict[tuple[str, str], list[Shown]] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)

    def reader(self, name: str) -> Reader:
        """A reader; skips the test where it is not installed."""
        needed(*READERS[name].needs)
        return self.readers[name]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("desk")
    with ExitStack() as stack:
        proxy = stack.enter_context(running_proxy())
        proxy.behind = 120  # feed2exec asks again only when what it has is older than max-age
        desk = Folder(folder)
        (folder / "config.toml").write_text(CONFIG.format(url=proxy.url), encoding="utf-8")
        (folder / "wire.xml").write_text(wire(WRONG), encoding="utf-8")
        for name in DOCUMENTS:
            desk.seed(name, (ROOT / "seeds" / "harbour" / name).read_text(encoding="utf-8"))
        _process, proxy.origin = stack.enter_context(running(desk))
        assert wait_for(lambda: published(desk, WRONG), 30)

        told = Story(made(tmp_path_factory.mktemp("readers"), proxy.url))
        for reader in told.readers.values():
            if isinstance(reader, Liferea):
                stack.callback(reader.close)
        act(told, proxy, "first", told.readers)
        act(told, proxy, "settling", {name: one for name, one in told.readers.items() if one.settles > 1})
        told.entries = listed(desk)
        told.before = kept(told)
        act(told, proxy, "unchanged", told.readers)

        (folder / "wire.xml").write_text(wire(RIGHT), encoding="utf-8")
        assert wait_for(lambda: published(desk, RIGHT), 30)
        act(told, proxy, "corrected", told.readers)
        told.corrected = listed(desk)
        told.after = kept(told)
        yield told


def published(desk: Folder, title: str) -> bool:
    """Whether all feeds that readers follow have the entry of this title."""
    names = [desk.public / f"all.{suffix}" for suffix in ("atom", "rss", "json")]
    texts = [path.read_text(encoding="utf-8") if path.exists() else "" for path in names]
    words = title.partition(" & ")[0]
    return all(f"{words} &" in text or f"{words}<" in text or f'{words}"' in text for text in texts)


def made(home: Path, url: str) -> dict[str, Reader]:
    """Those of the readers that are installed, which follow everything."""
    urls = {format: f"{url}all.{format}" for format in ("atom", "rss", "json")}
    return {
        name: kind(home / name, urls)
        for name, kind in READERS.items()
        if all(shutil.which(command) for command in kind.needs)
    }


def act(story: Story, proxy: Proxy, name: str, readers: dict[str, Reader]) -> None:
    """Every reader fetches; what they asked for stands in the story under `name`."""
    for reader in readers.values():
        reader.fetch()
    for reader in readers.values():
        paths = {f"/all.{format}" for format in reader.urls}
        asks = reader.agent
        assert wait_for(lambda: paths <= {one.path for one in proxy.log if one.agent.startswith(asks)}, 20), (  # noqa: B023
            name, reader.agent, proxy.log,
        )  # fmt: skip
    story.asked[name] = list(proxy.log)
    proxy.forget()


def kept(story: Story) -> dict[tuple[str, str], list[Shown]]:
    return {(name, format): one.shows(format) for name, one in story.readers.items() for format in one.urls}


def expected(entries: list[dict[str, Any]], url: str) -> list[Shown]:
    """What a reader has to show of these entries: an undated one stands where it was first seen."""
    return sorted(
        Shown(one["title"], one["url"] or url, int(datetime.fromisoformat(one["published"] or one["updated"]).timestamp()))
        for one in entries
    )


@pytest.mark.parametrize(("name", "format"), FOLLOWED)
def test_every_reader_shows_the_same(story: Story, name: str, format: str) -> None:
    story.reader(name)
    import pprint; pprint.pprint(story.asked)
    assert sorted(story.before[name, format]) == expected(story.entries, story.readers[name].urls[format].rpartition("all.")[0])


@pytest.mark.parametrize(("name", "format"), FOLLOWED)
def test_every_reader_shows_a_correction_once(story: Story, name: str, format: str) -> None:
    story.reader(name)
    assert sorted(story.after[name, format]) == expected(story.corrected, story.readers[name].urls[format].rpartition("all.")[0])


@pytest.mark.parametrize("name", READERS)
def test_a_reader_that_asks_again_gets_304(story: Story, name: str) -> None:
    story.reader(name)
    asked = [one for one in story.asked["unchanged"] if one.agent.startswith(READERS[name].agent) and "all." in one.path]
    print(asked)
    assert len(asked) == len(READERS[name].reads)
    assert {one.status for one in asked} == {304}
    print([one for one in story.asked["corrected"] if one.agent.startswith(READERS[name].agent)])
    assert 0
