"""What the parser makes of hostile sitemaps, and a poll of an index that has no end."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from feeds.errors import ParseError
from feeds.further import SITEMAPS as MOST
from feeds.pool import DEADLINE
from feeds.sources.sitemap import parse
from tests.fakes import Reply, Seen
from tests.feed_documents import document
from tests.hostile.sitemaps import SITEMAPS
from tests.pace import slowness
from tests.polls import Bench


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("name", SITEMAPS)
def test_a_hostile_sitemap_is_read_or_refused_in_time(name: str) -> None:
    make, expected = SITEMAPS[name]
    one = document(make())
    start = time.process_time()
    found: int | str
    try:
        items = parse(one).items
        found = len(items)
    except ParseError as error:
        items, found = (), str(error)
    assert time.process_time() - start < DEADLINE * slowness()
    assert found == expected if isinstance(expected, int) else isinstance(found, str) and expected in found
    assert all("from nothing to bytes" not in item.title for item in items)
    assert all(len(item.title) <= 1000 and len(item.images) <= 50 for item in items)


def test_an_index_without_end_is_left_at_a_bound(bench: Bench) -> None:
    """Each sitemap of it names three more, of which each does."""

    def answer(seen: Seen) -> Reply:
        names = "".join(f"<sitemap><loc>{seen.path}{letter}</loc></sitemap>" for letter in "abc")
        return Reply(body=f"<sitemapindex>{names}</sitemapindex>".encode())

    for path in ("/", *(f"/{a}" for a in "abc"), *(f"/{a}{b}" for a in "abc" for b in "abc")):
        bench.site.put(path, answer)
    bench.configure({}, f'[[source]]\nname = "n"\nkind = "sitemap"\nurl = "{bench.at("a", "/")}"\n', "per_minute = 999")
    began = time.monotonic()
    assert bench.poll()["n"].outcome == "unchanged"
    assert time.monotonic() - began < 6
    # Two levels below the index, each sitemap once: 1 + 3 + 9.
    assert len(bench.site.log) == len({seen.path for seen in bench.site.log}) == 13
    assert len(bench.site.log) <= MOST + 1


def test_an_index_that_names_others_sites_asks_none_of_them(bench: Bench) -> None:
    names = "".join(f"<sitemap><loc>http://h{number}.example/x.xml</loc></sitemap>" for number in range(9))
    bench.site.put("/index.xml", f"<sitemapindex>{names}</sitemapindex>".encode())
    bench.configure({}, f'[[source]]\nname = "n"\nkind = "sitemap"\nurl = "{bench.at("a", "/index.xml")}"\n')
    result = bench.poll(timedelta(0))["n"]
    assert (result.outcome, len(result.warnings)) == ("unchanged", 1)
    assert result.warnings[0].endswith("/index.xml: what it names is of another site, and is not asked for")
    assert [seen.path for seen in bench.site.log] == ["/index.xml"]
