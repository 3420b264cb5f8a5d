"""`python -m tests.desk.pictures`: the pictures of the desk in the documentation, from a demonstration desk."""

from __future__ import annotations

import base64
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser

from db.engine import reading
from feeds.desk.context import Progress
from feeds.publish import publish
from feeds.terms import Standing
from tests.browser import chromium
from tests.command import ROOT
from tests.desk import NOON, every_entry
from tests.desk.demo import demo_desk

IMAGES = ROOT / "docs" / "images"
WIDE, PHONE = (1280, 960), (360, 760)


def main() -> None:
    """Writes them below `docs/images`."""
    with tempfile.TemporaryDirectory() as folder, demo_desk(Path(folder)) as web, chromium() as browser:
        recent = (("Harbour Gazette", "stored", 3), ("Railway news", "unchanged", 0), ("Film desk", "stored", 1))
        web.hands.standing = Progress(NOON - timedelta(seconds=8), Standing(31, 19, 1, 0, 2, 6), recent=recent)
        publish(web.engine, web.config, NOON)
        with reading(web.engine) as connection:
            lead = next(entry.lead for entry in every_entry(connection) if not entry.is_lead)
        root = f"http://127.0.0.1:{web.port}/desk/"
        (IMAGES / "desk-overview.png").write_bytes(_shot(browser, root, WIDE, "light"))
        (IMAGES / "desk-source.png").write_bytes(_shot(browser, f"{root}sources/Island%20paper", WIDE, "dark"))
        phones = [
            _shot(browser, root, PHONE, "light"),
            _shot(browser, f"{root}sources", PHONE, "dark"),
            _shot(browser, f"{root}entries/{lead}", PHONE, "light"),
        ]
        (IMAGES / "desk-phone.png").write_bytes(_beside(browser, phones))


def _shot(browser: Browser, url: str, size: tuple[int, int], scheme: Literal["light", "dark"]) -> bytes:
    """The upper part of a page."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page.goto(url)
    picture = page.screenshot()
    page.close()
    return picture


def _beside(browser: Browser, pictures: list[bytes]) -> bytes:
    """Pictures of phones side by side, as wide as the others."""
    images = "".join(f'<img src="data:image/png;base64,{base64.b64encode(one).decode()}">' for one in pictures)
    page = browser.new_page(viewport={"width": WIDE[0], "height": PHONE[1] + 48})
    page.set_content(
        "<style>body{margin:0;display:flex;justify-content:space-evenly;align-items:center;height:100vh;"
        f"background:#e9e4d8}}img{{border-radius:16px;box-shadow:0 6px 24px #0005}}</style>{images}"
    )
    picture = page.screenshot()
    page.close()
    return picture


if __name__ == "__main__":
    main()
