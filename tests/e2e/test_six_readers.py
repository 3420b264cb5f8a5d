"""Six real readers follow one desk: newsboat, sfeed, lemon24/reader, feed2exec, rss2email and Liferea.

The desk runs as `feeds run`; a proxy before it writes down what each reader asks and gets. All readers fetch, fetch
again while nothing has changed, and once more after a correction; the tests look at what each was told and kept.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.command import ROOT, Folder, listed
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

NEVER_AGAIN = {"liferea", "feed2exec"}
"""Those that look at an entry once and know it by its id from then on: they go on showing its first version."""

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

HARBOUR = ROOT / "seeds" / "harbour"
DOCUMENTS = ("001_harbour-wall-repairs.txt", "004_market-hall.txt", "005_lighthouse-bus.txt")


WEEKS, FIGURE = "close the inner basin for six weeks", "close the inner basin for eight weeks"

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
WRONG, RIGHT = "Bridge toll rises to 20 euros", "Bridge toll stays at 2 euros"


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
    """What happened: the entries of the desk before and after the correction, what readers asked for in each act, and
    what each of them kept of each format."""

    readers: dict[str, Reader]
    entries: list[dict[str, Any]] = field(default_factory=list)
    corrected: list[dict[str, Any]] = field(default_factory=list)
    asked: dict[str, list[Asked]] = field(default_factory=dict)
    before: dict[tuple[str, str], list[Shown]] = field(default_factory=dict)
    after: dict[tuple[str, str], list[Shown]] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    home: str = ""

    def of(self, name: str, act: str) -> list[Asked]:
        """What one reader asked for feeds in an act; skips the test where it is not installed."""
        needed(*READERS[name].needs)
        return [one for one in self.asked[act] if one.agent.startswith(READERS[name].agent) and "/all." in one.path]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with ExitStack() as stack:
        proxy = stack.enter_context(running_proxy())
        proxy.behind = 120  # feed2exec asks again only when what it has is older than its max-age
        desk = opened(tmp_path_factory.mktemp("desk"), proxy.url)
        _process, proxy.origin = stack.enter_context(running(desk))
        assert wait_for(lambda: published(desk, WRONG), 60)

        told = Story(made(tmp_path_factory.mktemp("readers"), proxy.url), home=proxy.url)
        closing = [stack.enter_context(closed(one)) for one in told.readers.values() if isinstance(one, Liferea)]
        act(told, proxy, "first")
        act(told, proxy, "settling", *(name for name, one in told.readers.items() if one.settles > 1))
        told.entries, told.before = listed(desk), kept(told)
        act(told, proxy, "unchanged")

        correct(desk)
        act(told, proxy, "corrected")
        told.corrected, told.after = listed(desk), kept(told)
        for one in closing:
            one.close()
            told.pages = {format: one.page(format) for format in one.urls}
        yield told


def opened(folder: Path, url: str) -> Folder:
    """A desk whose readers know it as `url`: documents of the demo, and a wire with hostile headlines."""
    desk = Folder(folder)
    (folder / "config.toml").write_text(CONFIG.format(url=url), encoding="utf-8")
    (folder / "wire.xml").write_text(wire(WRONG), encoding="utf-8")
    for name in DOCUMENTS:
        desk.seed(name, (HARBOUR / name).read_text(encoding="utf-8"))
    return desk


def correct(desk: Folder) -> None:
    """A headline of the wire, a figure of a document and the access of an entry are put right, and published."""
    desk.seed(DOCUMENTS[0], (HARBOUR / DOCUMENTS[0]).read_text(encoding="utf-8").replace(WEEKS, FIGURE))
    (opinion,) = [one for one in listed(desk) if one["title"] == TITLES["cyrillic"]]
    assert desk.run("entries", "set-access", opinion["id"], "premium").code == 0
    (desk.path / "wire.xml").write_text(wire(RIGHT), encoding="utf-8")
    assert wait_for(lambda: published(desk, RIGHT) and published(desk, FIGURE), 60)


def published(desk: Folder, words: str) -> bool:
    """Whether all feeds that readers follow say `words`."""
    files = [desk.public / f"all.{suffix}" for suffix in ("atom", "rss", "json")]
    return all(file.exists() and words in file.read_text(encoding="utf-8") for file in files)


def made(home: Path, url: str) -> dict[str, Reader]:
    """Those of the readers that are installed; each follows everything in all formats that it reads."""
    urls = {format: f"{url}all.{format}" for format in ("atom", "rss", "json")}
    here = {name: kind for name, kind in READERS.items() if all(map(shutil.which, kind.needs))}
    return {name: kind(home / name, urls) for name, kind in here.items()}


@contextmanager
def closed(reader: Liferea) -> Iterator[Liferea]:
    try:
        yield reader
    finally:
        reader.close()


def act(story: Story, proxy: Proxy, name: str, *names: str) -> None:
    """All readers fetch, or those of these names; what they asked for stands in the story under `name`."""
    readers = [story.readers[one] for one in names or story.readers]
    for reader in readers:
        reader.fetch()
    for reader in readers:
        wanted = {f"/all.{format}" for format in reader.urls}
        assert wait_for(partial(has_asked, proxy, reader.agent, wanted), 30), (name, reader.agent, proxy.log)
    story.asked[name] = list(proxy.log)
    proxy.forget()


def has_asked(proxy: Proxy, agent: str, paths: set[str]) -> bool:
    return paths <= {one.path for one in list(proxy.log) if one.agent.startswith(agent)}


def kept(story: Story) -> dict[tuple[str, str], list[Shown]]:
    return {(name, format): one.shows(format) for name, one in story.readers.items() for format in one.urls}


def expected(entries: list[dict[str, Any]], home: str) -> list[Shown]:
    """What a reader has to show of these entries. Rows have no address but the desk's, and no time but that of their
    last change."""
    moments = [datetime.fromisoformat(one["published"] or one["updated"]) for one in entries]
    rows = zip(entries, moments, strict=True)
    return sorted(Shown(one["title"], one["url"] or home, int(when.timestamp())) for one, when in rows)


def seen(rows: list[Shown]) -> list[Shown]:
    """Rows as a person sees them: without the character that nobody sees, which keeps `<politics>` from being a tag."""
    return sorted(row._replace(title=row.title.replace("\u2060", "")) for row in rows)


@pytest.mark.parametrize(("name", "format"), FOLLOWED)
def test_readers_show_titles_links_dates_and_number_as_they_are(story: Story, name: str, format: str) -> None:
    assert len(story.of(name, "first")) >= len(READERS[name].reads)
    assert len(story.entries) == 36
    assert {one["access"] for one in story.entries} >= {"free", "premium"}
    assert seen(story.before[name, format]) == expected(story.entries, story.home)


@pytest.mark.parametrize("name", READERS)
def test_readers_get_304_when_nothing_changed(story: Story, name: str) -> None:
    asked = story.of(name, "unchanged")
    assert {one.path for one in asked} == {f"/all.{format}" for format in READERS[name].reads}
    assert {(one.conditional, one.status) for one in asked} == {(True, 304)}
    assert {one.status for one in story.of(name, "corrected")} == {200}


@pytest.mark.parametrize(("name", "format"), FOLLOWED)
def test_a_correction_is_one_entry_not_two(story: Story, name: str, format: str) -> None:
    story.of(name, "corrected")
    wanted = story.corrected if name not in NEVER_AGAIN else story.entries
    assert [one["title"] for one in wanted].count(WRONG if name in NEVER_AGAIN else RIGHT) == 1
    assert seen(story.after[name, format]) == expected(wanted, story.home)


@pytest.mark.parametrize("format", ["atom", "rss"])
def test_newsboat_has_the_corrected_text_of_a_document(story: Story, format: str) -> None:
    story.of("newsboat", "corrected")
    boat = story.readers["newsboat"]
    assert isinstance(boat, Newsboat)
    assert sum(FIGURE in content for (content,) in boat.rows(format, "select content from rss_item")) == 1


@pytest.mark.parametrize("format", ["atom", "rss"])
def test_a_correction_is_a_mail_in_the_thread_of_the_first(story: Story, format: str) -> None:
    story.of("rss2email", "corrected")
    post = story.readers["rss2email"]
    assert isinstance(post, Rss2email)
    *first, last = [
        mail for mail in post.mails(format) if (mail["X-RSS-URL"] or "").startswith("https://wire.example/toll")
    ]
    assert [last["In-Reply-To"]] == [mail["Message-ID"] for mail in first]


def test_the_site_of_a_feed_is_its_page(story: Story) -> None:
    story.of("newsboat", "first")
    boat = story.readers["newsboat"]
    assert isinstance(boat, Newsboat)
    assert boat.rows("atom", "select url from rss_feed") == [(story.home + "all.html",)]
    assert boat.rows("rss", "select url from rss_feed") == [(story.home + "all.html",)]
    story.of("liferea", "first")
    assert set(story.pages.values()) == {story.home + "all.html"}
