"""`feeds sources try`: what a source would give. Pages and feeds come from a real site on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from feeds.preview import MAX_CHECKS
from tests.command import DOCUMENT, SEEDS, Folder
from tests.fakes import Reply, Site, moved

CASES = Path(__file__).parent.parent / "cases"
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>The Courier</title><link>https://courier.example/</link>
<item><title>Ferry sails again</title><link>/ferry</link><category>Subscribers Only</category>
<pubDate>Mon, 02 Mar 2026 09:30:00 +0100</pubDate></item>
<item><title>Tide tables</title><guid>t</guid></item></channel></rss>"""
HTML = [("Content-Type", "text/html; charset=utf-8")]


@pytest.fixture
def open_desk(tmp_path: Path) -> Folder:
    """A desk that may ask loopback."""
    return Folder(tmp_path).config('[poll]\nallow_networks = ["127.0.0.0/8"]\n')


def page(site: Site, markup: str, path: str = "/") -> str:
    return site.put(path, Reply(headers=HTML, body=f"<!DOCTYPE html><title>Courier</title>{markup}".encode()))


def asked(site: Site) -> list[str]:
    return [seen.path for seen in site.log]


def tried(desk: Folder, *arguments: str) -> Any:
    ran = desk.run("sources", "try", *arguments, "--json")
    assert ran.code == 0, ran.err
    assert list(ran.json) == ["kind", "title", "items", "feeds", "warnings"]
    return ran.json


def test_a_feed(open_desk: Folder, site: Site) -> None:
    url = site.put("/feed", RSS.encode())
    found = tried(open_desk, url)
    assert (found["kind"], found["title"], found["feeds"], found["warnings"]) == ("feed", "The Courier", [], [])
    assert found["items"] == [
        {
            "title": "Ferry sails again",
            "url": site.url + "/ferry",
            "published": "2026-03-02T08:30:00Z",
            "sections": [],
            "access": "premium",
            "evidence": [{"signal": "category", "value": "Subscribers Only", "where": "entry element category"}],
        },
        {"title": "Tide tables", "url": None, "published": None, "sections": [], "access": "unknown", "evidence": []},
    ]
    ran = open_desk.run("sources", "try", url)
    assert ran.out == (
        "feed: The Courier; 2 items\n"
        f"Ferry sails again\t{site.url}/ferry\t2026-03-02T08:30:00Z\t\tpremium\tcategory: Subscribers Only\n"
        "Tide tables\t\t\t\tunknown\t\n"
        f"next: feeds sources add {url}\n"
    )
    assert site.log[0].headers["User-Agent"].startswith("Broadsheet/")
    assert open_desk.run("sources", "list").out.startswith("no sources yet")


def test_nothing_is_stored_or_made(tmp_path: Path) -> None:
    desk = Folder(tmp_path)
    (tmp_path / "feed.xml").write_text(RSS)
    found = tried(desk, "feed.xml")
    assert [one["url"] for one in found["items"]] == [None, None]
    assert [one["url"] for one in tried(desk, "feed.xml", "--base-url", "https://mirror.example/x/")["items"]] == [
        "https://mirror.example/ferry",
        None,
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["feed.xml"]
    refused = desk.run("sources", "try", "feed.xml", "--config", "other.toml")
    assert (refused.code, "other.toml: no such file" in refused.err) == (78, True)
    (tmp_path / "config.toml").write_text("nonsense")
    assert desk.run("sources", "try", "feed.xml").code == 78


def test_documents_of_a_seed_source(open_desk: Folder) -> None:
    open_desk.seed("1.txt", DOCUMENT)
    open_desk.seed("2.txt", "A headline\n- PoliticsA second page lists this, tooFor Harbour+ readers only\n")
    open_desk.seed("3.txt", "- Politics\n")
    (open_desk.path / "seeds" / "4.txt").symlink_to("nowhere")
    found = tried(open_desk, "seeds")
    assert found["kind"] == "seed"
    by_title = {one["title"]: one for one in found["items"]}
    assert by_title["School choir wins regional prize"]["sections"] == ["Society"]
    assert by_title["A second page lists this, too"]["access"] == "premium"
    assert {warning.rpartition("/")[2][:5] for warning in found["warnings"]} == {"1.txt", "3.txt", "4.txt"}
    assert any("headline lost" in warning for warning in found["warnings"])
    ran = open_desk.run("sources", "try", "seeds/1.txt", "--kind", "seed")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "next: feeds sources add seeds/1.txt")
    (open_desk.path / "seeds" / "1.txt").rename(open_desk.path / "one document")
    ran = open_desk.run("sources", "try", "one document", "--kind", "seed")
    assert ran.out.splitlines()[-1] == "next: feeds sources add 'one document' --kind seed"


def test_a_page_that_advertises_feeds(open_desk: Folder, site: Site) -> None:
    site.put("/feed", RSS.encode())
    url = page(
        site,
        '<link rel=alternate type="application/rss+xml" href="/gone" title="Old">'
        '<link rel=alternate type="application/rss+xml" href="/feed"><a href="/rss">RSS</a>',
    )
    found = tried(open_desk, url)
    assert (found["kind"], found["title"], found["items"]) == ("page", "Courier", [])
    first, second, third = found["feeds"]
    assert (first["url"], first["title"], first["type"], first["how"], first["checked"], first["items"]) == (
        site.url + "/gone",
        "Old",
        "application/rss+xml",
        "advertised",
        True,
        [],
    )
    assert "HTTP 404" in first["error"]
    assert (second["url"], second["title"], second["checked"], second["error"]) == (
        site.url + "/feed",
        "The Courier",
        True,
        None,
    )
    assert [one["title"] for one in second["items"]] == ["Ferry sails again", "Tide tables"]
    assert (third["url"], third["checked"], third["error"], third["items"]) == (site.url + "/rss", False, None, [])
    assert asked(site) == ["/", "/gone", "/feed"]
    lines = open_desk.run("sources", "try", url).out.splitlines()
    assert lines[:2] == ["page: Courier; 0 items", "it names 3 feeds:"]
    assert lines[2].startswith(f"{site.url}/gone\tOld\tapplication/rss+xml\tno feed: {site.url}/gone: HTTP 404")
    assert lines[3:5] == [
        f"{site.url}/feed\tThe Courier\tapplication/rss+xml\t2 items",
        f"{site.url}/rss\tRSS\tlink\tnot asked",
    ]
    assert lines[5] == f"items of {site.url}/feed:"
    assert lines[-1] == f"next: feeds sources add {site.url}/feed"


def test_what_a_page_names_is_asked_as_a_stranger(open_desk: Folder, site: Site) -> None:
    site.put("/feed", RSS.encode())
    origin = f"http://premium.localhost:{site.port}"
    with (open_desk.path / "config.toml").open("a") as config:
        config.write(f'[credential."{origin}"]\nusername = "u"\npassword = "p"\n')
    url = page(site, f'<link rel=feed href="{origin}/feed">')
    assert len(tried(open_desk, url)["feeds"][0]["items"]) == 2
    assert [seen.headers["Authorization"] for seen in site.log] == [None, None]
    tried(open_desk, f"{origin}/")
    assert [seen.headers["Authorization"] is not None for seen in site.log[2:]] == [True, True]


def test_a_page_that_keeps_readers_busy_ends(open_desk: Folder, site: Site) -> None:
    site.put("/", Reply(headers=[("Content-Type", "text/html")], body=b"<!---->" * 60 + b"<1"))
    ran = open_desk.run("sources", "try", site.url + "/")
    assert ran.code == 1
    assert "is an HTML page" in ran.err


def test_an_advertised_address_that_cannot_be_a_source(open_desk: Folder, site: Site) -> None:
    site.put("/feed", RSS.encode())
    url = page(site, '<link rel=feed href="http://127.0.0.1:0/feed"><link rel=feed href="/feed">')
    first, second = tried(open_desk, url)["feeds"]
    assert first["error"].startswith("url: give an address with a port from 1 to 65535")
    assert len(second["items"]) == 2
    assert asked(site) == ["/", "/feed"]


def test_no_page_is_asked_for_too_much(open_desk: Folder, site: Site) -> None:
    links = "".join(f'<link rel=alternate type="application/rss+xml" href="/{number}">' for number in range(12))
    url = page(site, links)
    ran = open_desk.run("sources", "try", url, "--json")
    assert [one["checked"] for one in ran.json["feeds"]] == [True] * MAX_CHECKS + [False] * (12 - MAX_CHECKS)
    assert len(site.log) == 1 + MAX_CHECKS
    assert open_desk.run("sources", "try", url).out.endswith(f"next: feeds sources try {site.url}/6\n")


def test_feeds_that_cannot_be_used(open_desk: Folder, site: Site) -> None:
    url = page(site, '<link rel=alternate type="application/rss+xml" href="/feed">')
    ran = open_desk.run("sources", "try", url, "--json")
    assert ran.code == 1
    assert ran.json["feeds"][0]["checked"] is True
    assert len(ran.err.splitlines()) == 1
    assert "none of the feeds it names can be used" in ran.err
    assert "HTTP 404" in ran.err
    assert asked(site) == ["/", "/feed"]


def test_the_usual_addresses_of_a_page_that_names_no_feed(open_desk: Folder, site: Site) -> None:
    site.put("/rss.xml", RSS.encode())
    page(site, "<p>soft 404", "/rss")
    url = page(site, "<a href='/about'>About</a>", "/town/")
    (feed,) = tried(open_desk, url)["feeds"]
    assert (feed["url"], feed["title"], feed["type"], feed["how"], feed["checked"], len(feed["items"])) == (
        site.url + "/rss.xml",
        "The Courier",
        None,
        "usual address",
        True,
        2,
    )
    assert asked(site) == ["/town/", "/town/feed/", "/feed", "/rss", "/rss.xml"]


def test_a_page_without_any_feed(open_desk: Folder, site: Site) -> None:
    url = page(site, "<p>nothing here")
    ran = open_desk.run("sources", "try", url)
    assert ran.code == 1
    assert ran.out == "page: Courier; 0 items\n"
    assert ran.err == (
        f"{url}: is no page with links: it may be filled by scripts, or be no HTML; look for its feed or its sitemap\n"
        f"feeds: {url}: is an HTML page that names no feed; look for one at the publisher's\n"
    )
    assert len(site.log) == 1 + MAX_CHECKS


def test_a_selector_that_finds_nothing_is_told_beside_a_feed(open_desk: Folder, site: Site) -> None:
    site.put("/feed", RSS.encode())
    url = page(site, '<link rel=alternate type="application/rss+xml" href="/feed"><p>nothing here')
    assert tried(open_desk, url)["warnings"] == []
    Folder(open_desk.path).config(
        '[poll]\nallow_networks = ["127.0.0.0/8"]\n'
        f'[[source]]\nname = "p"\nkind = "page"\nurl = "{url}"\nselectors = {{ list = ".gone" }}\n'
    )
    (warning,) = tried(open_desk, url)["warnings"]
    assert warning.startswith(f'{url}: selectors.list: ".gone" finds nothing on the page')
    assert warning in open_desk.run("sources", "try", url).err


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_host_that_wants_to_be_left_alone(open_desk: Folder, site: Site, status: int) -> None:
    site.put("/feed", Reply(status=status))
    assert open_desk.run("sources", "try", page(site, "<p>nothing here")).code == 1
    assert asked(site) == ["/", "/feed"]


def test_links_start_from_where_a_redirect_led(open_desk: Folder, site: Site) -> None:
    site.put("/deep/er/feed", RSS.encode())
    page(site, '<link rel=feed href="feed">', "/deep/er/page")
    found = tried(open_desk, site.put("/", moved("/deep/er/page")))
    assert [one["url"] for one in found["feeds"]] == [site.url + "/deep/er/feed"]


def test_nobody_is_asked_for_the_sake_of_a_file(open_desk: Folder, site: Site) -> None:
    site.put("/feed", RSS.encode())
    (open_desk.path / "page.html").write_text('<html><link rel=alternate type="application/rss+xml" href="/feed">')
    found = tried(open_desk, "page.html", "--base-url", site.url + "/town")
    assert [(one["url"], one["checked"]) for one in found["feeds"]] == [(site.url + "/feed", False)]
    assert open_desk.run("sources", "try", "page.html", "--base-url", site.url).out.endswith(
        f"next: feeds sources try {site.url}/feed\n"
    )
    ran = open_desk.run("sources", "try", "page.html")
    assert (ran.code, "--base-url" in ran.err) == (1, True)
    assert site.log == []


def test_an_empty_feed_can_be_added(open_desk: Folder, site: Site) -> None:
    url = site.put("/feed?a=1&b=2", b"<rss version='2.0'><channel><title>New</title></channel></rss>")
    ran = open_desk.run("sources", "try", url)
    assert (ran.code, ran.out) == (0, f"feed: New; 0 items\nnext: feeds sources add '{url}'\n")


def test_long_lists_are_cut(open_desk: Folder, site: Site) -> None:
    items = "".join(f"<item><title>T{n}</title><pubDate>day {n}</pubDate></item>" for n in range(25))
    url = site.put("/feed", f"<rss version='2.0'><channel><title>Long</title>{items}</channel></rss>".encode())
    ran = open_desk.run("sources", "try", url)
    assert ran.out.splitlines()[-3:] == [
        "T19\t\t\t\tunknown\t",
        "and 5 more; --json gives all",
        ran.out.splitlines()[-1],
    ]
    assert ran.err.splitlines()[-1] == "and 5 more; --json gives all"
    assert len(tried(open_desk, url)["items"]) == len(tried(open_desk, url)["warnings"]) == 25


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("feed.txt", "--kind", "page5"), 2, "there are seed, feed"),
        (("feed.txt", "--base-url", "courier.example"), 2, "--base-url: courier.example: give an address"),
        (("https://courier.example/x", "--kind", "seed"), 2, "a seed source takes path"),
        (("https://me:secret@courier.example/x",), 2, "without user or password"),
        (("ftp://courier.example/x",), 2, "begins with http:// or https://"),
        (("nowhere.xml",), 2, "nowhere.xml: no such file or folder, and no address"),
        (("courier.example:8080/feed",), 2, "write http:// or https:// before it"),
        (("",), 2, "an empty name: no such file"),
        (("empty",), 1, "holds no documents"),
        (("blank.txt",), 1, "the document is empty"),
        (("rows.txt",), 1, "rows.txt: no headline in it"),
        (("list.opml",), 1, "which is no feed"),
        (("page.html", "--kind", "feed"), 1, "is an HTML page, not a feed"),
        (("fifo",), 1, "a special file"),
    ],
)
def test_what_cannot_be_tried(open_desk: Folder, arguments: tuple[str, ...], code: int, says: str) -> None:
    import os

    path = open_desk.path
    (path / "empty").mkdir()
    (path / "blank.txt").write_text(" \n")
    (path / "rows.txt").write_text("- Politics\n")
    (path / "list.opml").write_text("<opml><body/></opml>")
    (path / "page.html").write_text("<html>")
    os.mkfifo(path / "fifo")
    ran = open_desk.run("sources", "try", *arguments)
    assert (ran.code, len(ran.err.splitlines())) == (code, 1), ran.err
    assert says in ran.err
    assert "secret" not in ran.err


def test_a_loopback_address_needs_the_configurations_leave(tmp_path: Path, site: Site) -> None:
    url = site.put("/feed", RSS.encode())
    ran = Folder(tmp_path).config(SEEDS).run("sources", "try", url)
    assert ran.code == 1
    assert site.log == []


NEWS = """<urlset xmlns:news="n"><url><loc>/a/ferry</loc><news:news><news:publication><news:name>The Courier</news:name>
</news:publication><news:title>Ferry sails again</news:title><news:access>Subscription</news:access></news:news></url>
</urlset>"""


def index(*children: str) -> bytes:
    return (
        f"<sitemapindex>{''.join(f'<sitemap><loc>{one}</loc></sitemap>' for one in children)}</sitemapindex>".encode()
    )


def test_a_sitemap_is_seen_from_its_document(open_desk: Folder, site: Site) -> None:
    url = site.put("/map", NEWS.encode())
    found = tried(open_desk, url)
    assert (found["kind"], found["title"], found["feeds"], found["warnings"]) == ("sitemap", "The Courier", [], [])
    (item,) = found["items"]
    assert (item["title"], item["url"], item["access"]) == ("Ferry sails again", f"{site.url}/a/ferry", "premium")
    ran = open_desk.run("sources", "try", url)
    assert ran.out.startswith("sitemap: The Courier; 1 item\n")
    assert ran.out.endswith(f"next: feeds sources add {url} --kind sitemap\n")


def test_a_feed_whose_address_looks_like_a_sitemap(open_desk: Folder, site: Site) -> None:
    url = site.put("/sitemap.xml", RSS.encode())
    assert tried(open_desk, url)["kind"] == "feed"
    assert open_desk.run("sources", "try", url).out.endswith(f"next: feeds sources add {url} --kind feed\n")


def test_an_index_is_looked_into_until_something_is_found(open_desk: Folder, site: Site) -> None:
    url = site.put("/sitemap.xml", index("/old.xml", "/nested.xml", "/news.xml", "https://x.example/y.xml"))
    site.put("/news.xml", b"<urlset/>")
    site.put("/nested.xml", index("/deep.xml"))
    site.put("/deep.xml", NEWS.encode())
    found = tried(open_desk, url)
    assert [item["title"] for item in found["items"]] == ["Ferry sails again"]
    assert asked(site) == ["/sitemap.xml", "/news.xml", "/old.xml", "/nested.xml", "/deep.xml"]
    assert found["warnings"][0] == "is an index, of which a poll asks for 4 sitemaps"
    assert "/old.xml: HTTP 404" in found["warnings"][1]
    site.log.clear()
    site.put("/nested.xml", index("/nested.xml"))
    assert tried(open_desk, url)["items"] == []
    assert len(asked(site)) == 1 + MAX_CHECKS


def test_a_file_that_is_an_index_has_nobody_asked(open_desk: Folder, site: Site) -> None:
    (open_desk.path / "sitemap.xml").write_bytes(index(f"{site.url}/news.xml"))
    found = tried(open_desk, "sitemap.xml")
    assert (found["kind"], found["items"], asked(site)) == ("sitemap", [], [])
