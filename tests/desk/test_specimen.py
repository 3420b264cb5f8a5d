"""The design kit in a browser: no rule of accessibility is broken, nothing is cut off, and the script does its part."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal

import pytest

from feeds.desk.headers import POLICY
from feeds.desk.page import STATIC, STATIC_URL
from tests.desk.specimen import HOSTILE, specimen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
Scheme = Literal["light", "dark"]
WAITED = 1500
"""Milliseconds after which a region that goes on asking would have asked once more."""

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


class _Site(BaseHTTPRequestHandler):
    """The specimen, with `word` in it, and what it loads, under the desk's own policy."""

    word = "harbour"
    asked: list[str]

    def log_message(self, *_args: object) -> None:
        pass

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.asked.append(path)
        if path.startswith(STATIC_URL):
            file = STATIC / path.removeprefix(STATIC_URL)
            self._give(file.read_bytes(), TYPES[file.suffix])
        elif path == "/desk/live":
            done = self.asked.count(path) > 1
            self._give(b"<p data-done>All 128 polled</p>" if done else b"<p>Polling 13 of 128</p>", "text/html")
        else:
            self._give(specimen(self.word).encode(), "text/html; charset=utf-8")

    def _give(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY.decode())
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def served(word: str = "harbour") -> Iterator[tuple[str, list[str]]]:
    """The address of the specimen, and the paths that were asked for."""
    asked: list[str] = []
    site = type("Site", (_Site,), {"word": word, "asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/desk/sources", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an address in a window of its own, which is closed after the test."""
    contexts = []

    def open_page(url: str, width: int = 1280, scheme: Scheme = "light", **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, **options)
        contexts.append(context)
        page = context.new_page()
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_no_rule_of_accessibility_is_broken(opened: Callable[..., Page], width: int, scheme: Scheme) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with served() as (url, _):
        # The rules come as a script, which the desk's policy would refuse.
        page = opened(url, width, scheme, bypass_csp=True)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        found = Axe().run(page, options={"runOnly": RULES})
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found.response["violations"]] == []


@pytest.mark.parametrize("word", ["harbour", HOSTILE, "Donaudampfschifffahrtsgesellschaft" * 4])
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_page_scrolls_sideways(opened: Callable[..., Page], width: int, word: str) -> None:
    with served(word) as (url, _):
        page = opened(url, width)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_the_policy_stops_nothing_of_ours(opened: Callable[..., Page], browser: Browser) -> None:
    with served(HOSTILE) as (url, asked):
        context = browser.new_context()
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto(url)
        page.wait_for_selector("[data-done]")
        context.close()
    assert said == []
    assert {path for path in asked if path.startswith(STATIC_URL)} >= {f"{STATIC_URL}desk.css", f"{STATIC_URL}desk.js"}


def test_a_live_region_is_asked_again_until_it_is_done(opened: Callable[..., Page]) -> None:
    with served() as (url, asked):
        page = opened(url)
        assert float(page.get_attribute("[data-live]", "data-every") or "inf") < WAITED
        page.wait_for_selector("text=Polling 13 of 128")
        page.wait_for_selector("text=All 128 polled")
        page.wait_for_timeout(WAITED)
    assert asked.count("/desk/live") == 2


def test_keys_lead_to_pages_until_they_are_turned_off(opened: Callable[..., Page]) -> None:
    with served() as (url, _):
        page = opened(url)
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.type") == "search"
        page.keyboard.type("g?")
        assert page.evaluate("document.activeElement.value") == "g?", "what is typed into a field is no shortcut"
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("?")
        assert page.is_visible("#shortcuts")
        page.keyboard.press("Escape")
        page.wait_for_selector("#shortcuts", state="hidden")
        page.keyboard.press("g")
        page.keyboard.press("e")
        page.wait_for_url("**/desk/entries")
        page.goto(url)
        page.evaluate("document.querySelector('input[type=search]').remove()")
        page.keyboard.press("/")
        page.wait_for_url("**/desk/entries")
        page.wait_for_function("document.activeElement.type === 'search'")
        page.click("[data-shortcuts]")
        page.uncheck("[data-shortcuts-on]")
        page.click("#shortcuts button")
        page.reload()
        page.keyboard.press("?")
        assert not page.is_visible("#shortcuts")


def test_a_value_is_copied(opened: Callable[..., Page]) -> None:
    with served() as (url, _):
        page = opened(url, permissions=["clipboard-read", "clipboard-write"])
        page.click("[data-copy]")
        page.wait_for_selector("text=Copied")
        assert page.evaluate("navigator.clipboard.readText()") == "https://news.example/feed.xml?harbour"


def test_all_is_there_without_script(opened: Callable[..., Page]) -> None:
    with served() as (url, _):
        page = opened(url, java_script_enabled=False)
        assert page.is_visible("text=Polling harbour")
        assert page.is_visible("#feed-url")
        assert not page.is_visible("[data-copy]")
        assert not page.is_visible("[data-shortcuts]")


def test_what_is_pressed_is_large_enough(opened: Callable[..., Page]) -> None:
    with served() as (url, _):
        page = opened(url, 360)
        small = page.evaluate(
            """[...document.querySelectorAll("a, button, summary, select, label.tick, input:not(.tick *)")]
            .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
            .filter(([, box]) => box.right > 0 && box.height > 0 && (box.height < 24 || box.width < 24))
            .map(([html]) => html)"""
        )
    assert small == []
