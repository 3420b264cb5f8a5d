"""How long an article page takes, from bytes to an item, beside trafilatura alone, over the labelled pages."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from trafilatura import extract

from tests.bench.stages import Figures
from tests.quality.fulltext import item_of, pages


def measure(_folder: Path) -> Figures:
    """Milliseconds of CPU a page at the median and at the slowest, ours and of trafilatura in its fast mode."""
    markup = [grown(page) for _, page, _ in pages()]
    ours, theirs = _each(markup, item_of), _each(markup, lambda page: extract(page, fast=True, include_comments=False))
    return {
        "pages": len(markup),
        "kilobytes_a_page": round(statistics.median(map(len, markup)) / 1000),
        "ms_a_page": round(statistics.median(ours), 1),
        "ms_a_page_at_most": round(max(ours), 1),
        "ms_a_page_by_trafilatura": round(statistics.median(theirs), 1),
    }


def grown(page: bytes) -> bytes:
    """The page with what pages of today carry along: 100 kB of scripts and menus."""
    menu = "".join(f'<li class="menu-item"><a href="/menu/{number}">Item {number}</a></li>' for number in range(600))
    script = "<script>" + "var state = {a: 1, b: [2, 3]}; " * 1_800 + "</script>"
    return page.replace(b"</body>", f"<nav><ul>{menu}</ul></nav>{script}</body>".encode())


def _each(markup: list[bytes], read: Callable[[bytes], object]) -> list[float]:
    read(markup[0])  # what is loaded when first used
    took = []
    for page in markup:
        cpu = time.process_time()
        read(page)
        took.append(1000 * (time.process_time() - cpu))
    return took
