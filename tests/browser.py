"""The system's Chromium, driven by Playwright, as a person at a desk uses it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

ARGUMENTS = ("--no-sandbox", "--disable-gpu")
WIDTHS = (360, 1280)
SCHEMES = ("light", "dark")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser until the block ends; skips where there is none."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no Chromium to look with")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def watched(page: Page) -> list[str]:
    """What the page complains of from now on: errors of scripts, of the policy, and files that do not come."""
    heard: list[str] = []
    page.on("console", lambda said: heard.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))

    def failed(request: Request) -> None:
        # What a live region asks for as its page is left is given up by the browser.
        if (request.resource_type, request.failure) != ("fetch", "net::ERR_ABORTED"):
            heard.append(f"{request.url}: {request.failure}")

    page.on("requestfailed", failed)
    return heard
