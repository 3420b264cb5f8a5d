"""Every page of the desk by the rules of accessibility (axe-core: WCAG 2.2 A and AA, and its best practices), in a
browser, on a phone and on a wide screen, light and dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from feeds.publish import publish
from tests.browser import SCHEMES, WIDTHS, chromium, watched
from tests.desk import NOON
from tests.desk.crawl import pages_of
from tests.desk.demo import demo_desk
from tests.desk.web import UNBOUNDED, Web

pytestmark = pytest.mark.e2e

KINDS = 1
"""Pages of one kind (of sources, of entries, of incidents) that are looked at."""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with demo_desk(tmp_path_factory.mktemp("desk"), UNBOUNDED, per_source=4) as running:
        publish(running.engine, running.config, NOON)
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def paths(web: Web) -> list[str]:
    """Pages, a few of each kind."""
    found = dict[tuple[str, ...], list[str]]()
    for path, got in pages_of(web).items():
        assert got.status == 200, path
        if "text/html" in (got.headers["Content-Type"] or "") and not path.endswith("/live"):
            bare = path.partition("?")[0].strip("/").split("/")
            kind = (*bare[:2], *("*" for _ in bare[2:3]), *bare[3:], "?" if "?" in path else "")
            found.setdefault(kind, []).append(path)
    return [path for paths in found.values() for path in paths[:KINDS]] + ["/desk/nothing"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_breaks_a_rule_or_runs_out_of_the_screen(
    web: Web, browser: Browser, paths: list[str], width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
    page = context.new_page()
    heard = watched(page)
    wrong = list[str]()
    assert len(paths) >= 15
    for path in paths:
        page.goto(f"http://127.0.0.1:{web.port}{path}")
        found = Axe().run(page).response["violations"]
        wrong += [f"{path}: {one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]}" for one in found]
        across = page.evaluate("document.documentElement.scrollWidth")
        wrong += [f"{path}: {across} pixels wide"] if across > width else []
    context.close()
    assert wrong == []
    assert [said for said in heard if "404" not in said] == []
