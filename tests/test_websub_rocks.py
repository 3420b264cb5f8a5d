"""The subscriber checks of websub.rocks, each by its number, against a publisher and a hub on loopback."""

from __future__ import annotations

import pytest

from db.engine import reading
from db.store import pushes
from tests.fakes import Reply, Site, moved
from tests.getting import ask
from tests.polls import rss
from tests.pushing import CHALLENGE, Desk, Hub, desk, hub, signed

__all__ = ["desk", "hub"]

PAGE = """<!doctype html><html><head><title>N</title>{links}</head><body><h1>News</h1><main>
<article><h2><a href="/a">The council approves the new ferry timetable</a></h2><p>After a long debate.</p></article>
<article><h2><a href="/b">The harbour gets a second crane next spring</a></h2><p>It is the largest.</p></article>
<article><h2><a href="/c">The old lighthouse is open to visitors again</a></h2><p>On Sundays.</p></article>
</main></body></html>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>N</title><id>urn:n</id>
<updated>2026-10-01T00:00:00Z</updated>{links}
<entry><id>urn:1</id><title>One</title><updated>2026-10-01T00:00:00Z</updated><link href="https://n.example/1"/></entry>
</feed>"""
RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>N</title>
<link>https://n.example/</link>{links}<item><title>One</title><link>https://n.example/1</link></item></channel></rss>"""


def link_headers(hub: str, own: str) -> list[tuple[str, str]]:
    """Both in headers of their own, as websub.rocks sends them."""
    return [("Link", f'<{own}>; rel="self"'), ("Link", f'<{hub}>; rel="hub"')]


def elements(hub: str, own: str, name: str = "link") -> str:
    return f'<{name} rel="hub" href="{hub}"/><{name} rel="self" href="{own}"/>'


def topics(hub: Hub) -> list[str]:
    return [said["hub.topic"] for said in hub.asked]


def test_100_http_header_discovery(desk: Desk, hub: Hub, site: Site) -> None:
    topic = site.put("/feed", Reply(headers=link_headers(hub.at(), f"{site.url}/feed"), body=rss("a")))
    desk.configure({"n": topic})
    desk.subscribe()
    assert (topics(hub), desk.is_active()) == ([topic], True)


def test_101_html_tag_discovery(desk: Desk, hub: Hub, site: Site) -> None:
    page = PAGE.format(links=f'<link rel="hub" href="{hub.at()}"><link rel="self" href="/feed">')
    topic = site.put("/feed", Reply(headers=[("Content-Type", "text/html")], body=page.encode()))
    desk.configure({"n": topic}, options='kind = "page"')
    desk.subscribe()
    assert (topics(hub), desk.is_active()) == ([topic], True)


def test_102_atom_feed_discovery(desk: Desk, hub: Hub, site: Site) -> None:
    topic = f"{site.url}/feed"
    site.put("/feed", ATOM.format(links=elements(hub.at(), topic)).encode())
    desk.configure({"n": topic})
    desk.subscribe()
    assert (topics(hub), desk.is_active()) == ([topic], True)


def test_103_rss_feed_discovery(desk: Desk, hub: Hub, site: Site) -> None:
    topic = f"{site.url}/feed"
    site.put("/feed", RSS.format(links=elements(hub.at(), topic, "atom:link")).encode())
    desk.configure({"n": topic})
    desk.subscribe()
    assert (topics(hub), desk.is_active()) == ([topic], True)


def test_104_discovery_priority(desk: Desk, hub: Hub, site: Site) -> None:
    """Headers go before the document."""
    wrong = Hub(site)
    topic = f"{site.url}/feed"
    body = ATOM.format(links=elements(wrong.at("/wrong"), f"{site.url}/wrong-topic")).encode()
    site.put("/feed", Reply(headers=link_headers(hub.at(), topic), body=body))
    desk.configure({"n": topic})
    desk.subscribe()
    assert (topics(hub), topics(wrong), desk.is_active()) == ([topic], [], True)


def test_200_subscribing_to_a_url_that_reports_a_different_rel_self(desk: Desk, hub: Hub, site: Site) -> None:
    own = f"{site.url}/feed?self=other"
    site.put("/feed", Reply(headers=link_headers(hub.at(), own), body=rss("a")))
    desk.configure({"n": f"{site.url}/feed"})
    desk.subscribe()
    assert (topics(hub), desk.is_active()) == ([own], True)


@pytest.mark.parametrize("status", [302, 301], ids=["201_temporary_redirect", "202_permanent_redirect"])
def test_a_topic_that_redirects(desk: Desk, hub: Hub, site: Site, status: int) -> None:
    """201 and 202: what is subscribed to is what the address that it leads to says of itself."""
    own = f"{site.url}/feed?redirect=complete"
    site.put("/feed", moved(own, status))
    site.put("/feed?redirect=complete", Reply(headers=link_headers(hub.at(), own), body=rss("a")))
    desk.configure({"n": f"{site.url}/feed"})
    desk.subscribe()
    assert (topics(hub), desk.is_active()) == ([own], True)


@pytest.mark.parametrize("status", [307, 308], ids=["203_temporary_redirect", "204_permanent_redirect"])
def test_a_hub_that_redirects(desk: Desk, hub: Hub, site: Site, status: int) -> None:
    """203 and 204: the request is repeated, to the letter."""
    old = site.put("/hub?redirect=true", moved(hub.at(), status))
    topic = site.put("/feed", Reply(headers=link_headers(old, f"{site.url}/feed"), body=rss("a")))
    desk.configure({"n": topic})
    desk.subscribe()
    assert (topics(hub), desk.is_active()) == ([topic], True)
    first, second = [seen for seen in site.log if seen.method == "POST"]
    assert first.body == second.body


def test_205_rejects_a_verification_request_with_an_invalid_topic_url(desk: Desk, hub: Hub, site: Site) -> None:
    hub.topic = f"{site.url}/something-else"
    topic = site.put("/feed", Reply(headers=link_headers(hub.at(), f"{site.url}/feed"), body=rss("a")))
    desk.configure({"n": topic})
    desk.subscribe()
    assert ([status for status, _ in hub.verified], desk.is_active()) == ([404], False)


@pytest.fixture
def subscribed(desk: Desk, hub: Hub, site: Site) -> Desk:
    topic = site.put("/feed", Reply(headers=link_headers(hub.at(), f"{site.url}/feed"), body=rss("a")))
    desk.configure({"n": topic})
    desk.subscribe()
    assert desk.is_active()
    assert hub.verified == [(200, CHALLENGE.encode())]
    return desk


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_300_returns_2xx_when_the_notification_payload_is_delivered(subscribed: Desk, hub: Hub, method: str) -> None:
    said = hub.asked[0]
    assert len(said["hub.secret"]) < 200
    body = rss("a", "b")
    given = signed(said["hub.secret"], body, method) | {"Content-Type": "application/rss+xml"}
    status, _, _ = ask(said["hub.callback"], method="POST", body=body, headers=given)
    assert 200 <= status < 300
    subscribed.take()
    assert subscribed.bench.titles() == {"a", "b"}


@pytest.mark.parametrize(
    "headers",
    [signed("another secret", rss("b")), {"X-Hub-Signature": "sha256="}, {"X-Hub-Signature": "md5=" + "0" * 32}],
)
def test_301_rejects_a_distribution_request_with_an_invalid_signature(
    subscribed: Desk, hub: Hub, headers: dict[str, str]
) -> None:
    status, _, _ = ask(hub.asked[0]["hub.callback"], method="POST", body=rss("b"), headers=headers)
    assert 400 <= status < 500
    assert not waits(subscribed)


def test_302_rejects_a_distribution_request_with_no_signature(subscribed: Desk, hub: Hub) -> None:
    status, _, _ = ask(hub.asked[0]["hub.callback"], method="POST", body=rss("b"))
    assert 400 <= status < 500
    assert not waits(subscribed)


def waits(desk: Desk) -> bool:
    """Whether anything was stored of what was pushed."""
    with reading(desk.bench.engine) as connection:
        return bool(pushes.waiting(connection, 1, 1))
