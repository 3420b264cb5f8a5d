"""Calls about what could be a source."""

from __future__ import annotations

from tests.desk.calls import Api
from tests.desk.web import Web
from tests.fakes import Site

OPML = b"""<opml version="2.0"><body><outline text="Sea">
<outline text="The Wire" xmlUrl="https://wire.example/feed"/><outline text="Odd" xmlUrl="gopher://x"/>
</outline></body></opml>"""
FEED = b"""<rss version="2.0"><channel><title>The Wire</title><link>https://wire.example/</link>
<item><title>Ferries are late</title><link>https://wire.example/1</link></item></channel></rss>"""

PAGE = b"<!doctype html><title>Nothing</title><p>here"


def send(api: Api, path: str, data: bytes, status: int = 200) -> object:
    return api.call(path, "POST", data, status=status, Content_Type="text/x-opml")


def test_subscriptions_come_and_go(web: Web, api: Api) -> None:
    wanted = {
        "added": [{"source": "The Wire", "url": "https://wire.example/feed", "sections": ["Sea"]}],
        "present": [],
        "dry_run": True,
    }
    found = send(api, "/sources/import?dry_run=true", OPML)
    assert isinstance(found, dict)
    assert {name: found[name] for name in wanted} == wanted
    assert [one["title"] for one in found["unusable"]] == ["Odd"]
    assert api.call("/sources")["items"] == []
    assert web.hands.woken == 0
    send(api, "/sources/import?section=Boats", OPML)
    assert web.hands.woken == 1
    (source,) = api.call("/sources")["items"]
    assert (source["source"], source["sections"]) == ("The Wire", ["Boats"])
    found = send(api, "/sources/import", OPML)
    assert isinstance(found, dict)
    assert found["present"] == [{"source": "The Wire", "url": "https://wire.example/feed", "missing_sections": ["Sea"]}]
    assert web.hands.woken == 1
    got = api.ask("/sources.opml")
    assert got.headers["Content-Type"] == "text/x-opml; charset=utf-8"
    assert b'xmlUrl="https://wire.example/feed"' in got.body


def test_what_is_no_list(api: Api) -> None:
    assert "the body" in str(send(api, "/sources/import", b"<html/>", 400))
    assert send(api, "/sources/import?section=%20", OPML, 400) == "section: give the name of a section"
    send(api, "/sources/import?section=", OPML, 422)


def test_what_is_wrong_is_named_as_it_was_given(api: Api) -> None:
    location = {"location": "https://wire.example/feed"}
    assert api.call("/sources/preview", "POST", location | {"kind": "blog"}, status=400).startswith("kind: ")
    assert api.call("/sources/preview", "POST", location | {"base_url": "x"}, status=400).startswith("base_url: ")


def test_an_address_is_tried(api: Api, site: Site) -> None:
    found = api.call("/sources/preview", "POST", {"location": site.put("/harbour.xml", FEED)})
    assert (found["kind"], found["title"], found["nothing"]) == ("feed", "The Wire", None)
    assert [one["title"] for one in found["items"]] == ["Ferries are late"]
    found = api.call("/sources/preview", "POST", {"location": site.put("/page.html", PAGE)})
    assert found["kind"] == "page"
    assert "names no feed" in found["nothing"]
    assert api.call("/sources")["items"] == []


def test_addresses_that_cannot_be_tried(api: Api) -> None:
    for location in ("/etc/passwd", "file:///etc/passwd"):
        assert "http" in api.call("/sources/preview", "POST", {"location": location}, status=400)
    assert "kind" in api.call(
        "/sources/preview", "POST", {"location": "https://x.example/", "kind": "blog"}, status=400
    )
    assert "cannot connect" in api.call("/sources/preview", "POST", {"location": "http://127.0.0.1:1/"}, status=502)
