"""A person at the desk, in a browser, with the daemon behind it: every page, every form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser import chromium, watched
from tests.command import Folder
from tests.desk import BODY
from tests.fakes import Reply, Site, wait_for
from tests.getting import ask
from tests.running import eventually, running

pytestmark = pytest.mark.e2e

SETTINGS = (
    '[poll]\nallow_networks = ["127.0.0.0/8"]\nper_minute = 1000\nconnections = 8\n[host."{host}"]\nper_host = 8\n'
)


def rss(title: str, *items: tuple[str, ...]) -> bytes:
    """A feed of items, each with its title and its text; or with its title, its teaser and its text."""
    host = f"{title.lower().replace(' ', '-')}.example"
    told = "".join(
        f"<item><title>{name}</title><link>https://{host}/{number}</link><description>{text}</description>"
        f"{''.join(f'<content:encoded>{one}</content:encoded>' for one in more)}"
        f"<guid isPermaLink='false'>{title}-{number}</guid><pubDate>Mon, 02 Mar 2026 1{number}:00:00 GMT</pubDate>"
        "</item>"
        for number, (name, text, *more) in enumerate(items)
    )
    return (
        f'<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>{title}</title><link>https://news.example/</link>'
        f"<description>{title}</description>{told}</channel></rss>"
    ).encode()


@dataclass(frozen=True, slots=True)
class Desk:
    """A daemon at `url`, whose sources are on `site`."""

    url: str
    site: Site
    folder: Folder


@pytest.fixture
def desk(tmp_path: Path, site: Site) -> Iterator[Desk]:
    host = site.url.removeprefix("http://").rstrip("/")
    folder = Folder(tmp_path).config(SETTINGS.format(host=host))
    ferry = ("Council approves the ferry timetable", BODY)
    site.pages["/harbour.xml"] = Reply(
        headers=[("Content-Type", "application/rss+xml")],
        body=rss(
            "Harbour Gazette",
            ferry,
            ("Bridge opens in spring", "A look at the works.", "Engineers say that the bridge will open in spring."),
        ),
    )
    site.pages["/city.xml"] = Reply(headers=[("Content-Type", "application/rss+xml")], body=rss("City Wire", ferry))
    site.pages["/"] = Reply(
        headers=[("Content-Type", "text/html")],
        body=b'<html><head><title>Harbour</title><link rel="alternate" type="application/rss+xml" href="/harbour.xml">'
        b"</head><body><p>Welcome.</p></body></html>",
    )
    with running(folder) as (_, url):
        yield Desk(url, site, folder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(30_000)
    heard = watched(page)
    yield page
    said = [*heard]
    page.close()
    assert not said


def add(page: Page, desk: Desk, address: str, name: str, section: str) -> None:
    """Adds a source by its address, after a look at it."""
    page.goto(f"{desk.url}desk/")
    page.get_by_role("link", name="Sources", exact=True).click()
    page.get_by_role("link", name="Add a source").first.click()
    page.get_by_label("Address").fill(f"{desk.site.url}/{address}")
    page.get_by_role("button", name="Look into it").click()
    page.get_by_label("Name", exact=False).first.fill(name)
    page.get_by_label("Section", exact=False).first.fill(section)
    page.get_by_role("button", name="Add this source").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_a_walk_through_the_desk(desk: Desk, page: Page) -> None:
    page.goto(f"{desk.url}desk/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    # A source is added by the address of a page that names a feed; what is in it is seen before.
    page.get_by_role("link", name="Sources", exact=True).click()
    page.get_by_role("link", name="Add a source").first.click()
    page.get_by_label("Address").fill(desk.site.url)
    page.get_by_role("button", name="Look into it").click()
    expect(page.get_by_text("Bridge opens in spring")).to_be_visible()
    page.get_by_label("Name", exact=False).first.fill("Harbour Gazette")
    page.get_by_label("Section", exact=False).first.fill("Harbour")
    page.get_by_role("button", name="Add this source").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour Gazette")
    # Its poll goes on by itself, and its entries are there then.
    eventually(f"{desk.url}sections/harbour.atom", has="Bridge opens in spring")
    page.goto(f"{desk.url}desk/entries?q=bridge")
    page.get_by_role("link", name="Bridge opens in spring").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bridge opens in spring")


def test_a_word_on_access_changes_the_feed(desk: Desk, page: Page) -> None:
    add(page, desk, "harbour.xml", "Harbour Gazette", "Harbour")
    feed = f"{desk.url}sections/harbour.atom"
    eventually(feed, has="Engineers say")
    page.goto(f"{desk.url}desk/entries?q=bridge")
    page.get_by_role("link", name="Bridge opens in spring").click()
    page.get_by_label("Who may read it").select_option("premium")
    page.get_by_role("button", name="Say so").click()
    expect(page.get_by_role("status").first).to_contain_text("premium from now on")
    eventually(feed, has="premium", lacks="Engineers say")
    eventually(f"{desk.url}sections/harbour.free.atom", lacks="Bridge opens in spring")
    page.get_by_role("button", name="Let the evidence decide").click()
    eventually(feed, has="Bridge opens in spring", lacks='term="premium"')


def test_a_cluster_is_split(desk: Desk, page: Page) -> None:
    add(page, desk, "harbour.xml", "Harbour Gazette", "Harbour")
    eventually(f"{desk.url}all.atom", has="ferry timetable")
    add(page, desk, "city.xml", "City Wire", "City")
    eventually(f"{desk.url}sections/city.atom", has="ferry timetable")
    assert ask(f"{desk.url}all.atom")[1].count(b"<title>Council approves") == 1
    page.goto(f"{desk.url}desk/entries?q=ferry")
    page.get_by_role("row").filter(has_text="folded behind it").get_by_role("link", name="Council approves").click()
    page.get_by_role("button", name=re.compile("Not the same")).first.click()
    expect(page.get_by_role("status").first).to_contain_text("kept apart")
    apart = eventually(f"{desk.url}all.atom", has="<title>Council approves", times=2)
    assert apart.count(b"<title>Council approves") == 2


def test_a_token_opens_feeds_until_it_is_revoked(desk: Desk, page: Page) -> None:
    add(page, desk, "harbour.xml", "Harbour Gazette", "Harbour")
    eventually(f"{desk.url}all.atom", has="ferry timetable")
    page.get_by_role("link", name="Tokens", exact=True).click()
    page.get_by_label("Whose it is").fill("reader 7")
    page.get_by_role("button", name="Make it").click()
    address = page.get_by_label("Address for a feed reader").input_value()
    own = desk.url + address.partition("/p/")[1].lstrip("/") + address.partition("/p/")[2]
    assert ask(own)[0] == 200
    page.get_by_role("link", name="To all tokens").click()
    page.get_by_text("Revoke").first.click()
    page.get_by_role("button", name=re.compile("Revoke")).click()
    expect(page.get_by_role("status").first).to_contain_text("revoked")
    assert ask(own)[0] == 404


def test_the_progress_of_a_poll_is_watched(desk: Desk, page: Page) -> None:
    for number in range(12):
        desk.site.pages[f"/slow{number}.xml"] = Reply(
            headers=[("Content-Type", "application/rss+xml")],
            body=rss(f"Slow {number}", (f"News {number}", "")),
            pause=3,
        )
    page.goto(f"{desk.url}desk/sources/import")
    outlines = "".join(
        f'<outline type="rss" text="Slow {number}" xmlUrl="{desk.site.url}/slow{number}.xml"/>' for number in range(12)
    )
    listed = f"<opml version='2.0'><body>{outlines}</body></opml>".encode()
    file: FilePayload = {"name": "list.opml", "mimeType": "text/x-opml", "buffer": listed}
    page.locator('input[type="file"]').set_input_files(file)
    page.get_by_role("button", name="Show what it would add").click()
    page.get_by_role("button", name="Add 12 sources").click()
    page.goto(f"{desk.url}desk/")
    expect(page.locator(".live progress, .live .progress").first).to_be_visible()
    seen = set[str]()

    def moved() -> bool:
        seen.update(re.findall(r"(\d+) of 12", page.locator(".live").first.inner_text()))
        return len(seen) >= 2

    assert wait_for(moved, 60, every=0.2), "the figures of the poll did not move while it was watched"
