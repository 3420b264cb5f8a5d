"""The desk in a browser that keeps its rules: policies, cookies, and where forms come from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from feeds.desk.access import Doors, principal_of
from feeds.desk.context import Context
from feeds.desk.gate import Gate
from feeds.desk.headers import Dressed
from feeds.desk.page import static
from feeds.web.answers import Application, Receive, Scope, Send, answer, read_body
from tests.desk.web import GUARDED, PASSWORD, SITE, running_desk

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: .ci/run names the Debian package"),
]


@contextmanager
def browsing(*options: str) -> Iterator[tuple[Page, list[str]]]:
    """A page of Chromium, and what it has complained of."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", *options])
        page, said = browser.new_page(), []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        try:
            yield page, said
        finally:
            browser.close()


def sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/desk/entries?q=ferry")
    assert page.title().startswith("Sign in")
    page.fill("input[name=password]", "another sentence of words")
    page.click("text=Sign in >> nth=-1")
    assert page.inner_text(".fault").strip() == "That is not the password"
    page.fill("input[name=password]", PASSWORD)
    page.click("button.primary")


def test_signing_in_and_out(tmp_path: Path) -> None:
    with running_desk(tmp_path, GUARDED) as web, browsing() as (page, said):
        url = f"http://127.0.0.1:{web.port}"
        sign_in(page, url)
        assert page.url == f"{url}/desk/entries?q=ferry"
        assert page.evaluate("document.cookie") == "", "no script sees what it holds"
        (cookie,) = page.context.cookies()
        assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"], cookie["secure"]) == ("sid", True, "Lax", False)
        page.click("text=Sign out")
        assert page.url == f"{url}/desk/login"
        assert page.context.cookies() == []
        assert not [line for line in said if "Content Security" in line], said
        page.goto(f"{url}/desk/")
        assert page.url == f"{url}/desk/login?next=/desk/"


def test_a_browser_that_says_no_more_than_origin(tmp_path: Path) -> None:
    """Over plain http to a name that is no loopback no Sec-Fetch-Site is sent: forms are told by their Origin."""
    site = SITE.replace("https://news.example/", "http://news.example/")
    names = "--host-resolver-rules=MAP *.example 127.0.0.1"
    heard: list[tuple[str, str]] = []

    def telling(context: Context) -> dict[str, Application]:
        async def tell(scope: Scope, receive: Receive, send: Send) -> None:
            said = dict(scope["headers"])
            await read_body(receive, 1000)
            heard.append((scope["method"], said.get(b"origin", b"").decode()))
            assert b"sec-fetch-site" not in said
            form = b'<!doctype html><title>x</title><form method=post action="/desk/"><button>Go</button></form>'
            await answer(send, 200, form, [(b"content-type", b"text/html"), (b"content-length", b"%d" % len(form))])

        return {"desk": Dressed(tell, https=False)}

    with running_desk(tmp_path, site=site, parts=telling) as web, browsing(names) as (page, _):
        url = f"http://news.example:{web.port}"
        page.goto(f"{url}/desk/")
        page.click("button")
        page.wait_for_load_state()
    assert heard == [("GET", ""), ("POST", url)], "under no-referrer it would be null"


def framing(context: Context) -> dict[str, Application]:
    """A desk with a page that has a preview in a frame, a script and a style of ours, and some that are not."""
    page = f"""<!doctype html><title>frame</title><script src="{static("desk.js")}" defer></script>
<link rel="stylesheet" href="{static("desk.css")}"><style>#inline {{ color: red }}</style>
<script>document.title = "inline"</script><p id="inline" style="color: red" onclick="document.title = 'handler'">x</p>
<iframe sandbox srcdoc="&lt;p id=said&gt;A preview&lt;/p&gt;&lt;script&gt;parent.document.title='framed'&lt;/script&gt;
&lt;img src='https://evil.example/a.png'&gt;"></iframe>
<div data-live="/desk/live" data-every="500"></div>"""

    async def show(scope: Scope, _receive: Receive, send: Send) -> None:
        text = '<p id="lively" data-done>Here</p>' if scope["path"] == "/desk/live" else page
        assert principal_of(scope).by == "loopback"
        body = text.encode()
        await answer(send, 200, body, [(b"content-type", b"text/html"), (b"content-length", b"%d" % len(body))])

    from feeds.desk.static import Static

    files = Static()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (files if scope["path"].startswith("/desk/static/") else Gate(show, doors))(scope, receive, send)

    doors = Doors(context)
    return {"desk": Dressed(app, https=False)}


def test_nothing_inline_runs_and_what_is_ours_does(tmp_path: Path) -> None:
    with running_desk(tmp_path, parts=framing) as web, browsing() as (page, said):
        page.goto(f"http://127.0.0.1:{web.port}/desk/")
        page.wait_for_selector("#lively", state="attached")
        page.click("#inline")
        assert page.title() == "frame"
        assert page.evaluate("getComputedStyle(document.getElementById('inline')).color") != "rgb(255, 0, 0)"
        assert page.evaluate("getComputedStyle(document.body).margin") is not None
        frame = page.frames[1]
        assert frame.inner_text("#said") == "A preview"
        assert not frame.evaluate("document.images[0].naturalWidth")
        blocked = "\n".join(line for line in said if "Content Security Policy" in line)
        for kind in ("style", "script", "img-src"):
            assert kind in blocked
        assert "connect-src" not in blocked
        assert "frame-src" not in blocked


def test_another_site_frames_nothing_and_sends_nothing(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("ours", "theirs")]
    for folder in folders:
        folder.mkdir()

    def hostile(context: Context) -> dict[str, Application]:
        async def show(_scope: Scope, _receive: Receive, send: Send) -> None:
            body = context.config.site.title.encode()
            await answer(send, 200, body, [(b"content-type", b"text/html"), (b"content-length", b"%d" % len(body))])

        return {"desk": show}

    with running_desk(folders[0]) as web:
        target = f"http://127.0.0.1:{web.port}/desk/login"
        title = f"<form method=post action={target}><button>Go</button></form><iframe src={target}></iframe>"
        site = SITE.replace('"Harbour Desk"', f"'{title}'")
        with running_desk(folders[1], site=site, parts=hostile) as evil, browsing() as (page, said):
            page.goto(f"http://localhost:{evil.port}/desk/")
            page.wait_for_load_state("networkidle")
            assert any("frame-ancestors" in line or "refused to connect" in line for line in said), said
            with page.expect_navigation():
                page.click("button")
            assert page.url == target
            assert "was not sent by a page of the desk" in page.content()
