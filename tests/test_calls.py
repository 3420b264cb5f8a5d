"""Calls: what is said to servers by POST and GET, and what of their answers is kept."""

from __future__ import annotations

import threading

import pytest

from feeds.errors import FetchError
from feeds.fetch import Answer, Call, Credential, Fetcher, HttpError, Request
from feeds.fetch.answer import CALL_BYTES
from tests.asking import AGENT, LOOPBACK, NOW, data, poll_of
from tests.fakes import Reply, Site, free_port, moved


def say(*calls: Call, poll: object = LOOPBACK) -> list[Answer | FetchError]:
    """The answers, in the order of the calls."""
    found: dict[int, Answer | FetchError] = {}
    with Fetcher(poll, user_agent=AGENT) as fetcher:  # type: ignore[arg-type]
        for answers in fetcher.exchange(calls, NOW):
            found.update(answers)
        assert fetcher.active == 0
    return [found[place] for place in range(len(calls))]


def post(url: str, body: bytes = b"a=b") -> Call:
    return Call(url, body, "text/plain", (("X-Hub-Signature", "sha256=00"),))


def refused(outcome: Answer | FetchError) -> HttpError:
    assert isinstance(outcome, HttpError)
    return outcome


def test_a_post_carries_its_body_type_and_headers(site: Site) -> None:
    url = site.put("/hub", Reply(status=202, headers=[("X-Said", "yes")], body=b"taken"))
    (answer,) = say(post(url, b"\x00\xff" * 700_000))
    assert isinstance(answer, Answer)
    assert (answer.status, answer.get("x-said"), answer.body) == (202, "yes", b"taken")
    (seen,) = site.log
    assert (seen.method, seen.body) == ("POST", b"\x00\xff" * 700_000)
    assert (seen.headers["Content-Type"], seen.headers["X-Hub-Signature"]) == ("text/plain", "sha256=00")
    assert (seen.headers["User-Agent"], seen.headers["Expect"]) == (AGENT, None)
    assert seen.headers["Accept-Encoding"] is None


def test_a_call_without_a_body_gets_and_one_with_an_empty_one_posts(site: Site) -> None:
    url = site.put("/", b"echo")
    answers = say(Call(url), Call(url, b""))
    assert [answer.body for answer in answers if isinstance(answer, Answer)] == [b"echo", b"echo"]
    assert sorted((seen.method, seen.headers["Content-Length"]) for seen in site.log) == [("GET", None), ("POST", "0")]


def test_documents_and_calls_share_handles(site: Site) -> None:
    """A handle that posted gets again, and sends nothing of what it posted."""
    url = site.put("/", lambda seen: Reply(body=seen.method.encode() + seen.body))
    site.keeps = True
    with Fetcher(poll_of(allow_networks=("127.0.0.0/8",), connections=1), user_agent=AGENT) as fetcher:
        for _ in range(2):
            assert data(fetcher.fetch(Request(url), NOW)) == b"GET"
            ((_, answer),) = [each for answers in fetcher.exchange([post(url)], NOW) for each in answers]
            assert isinstance(answer, Answer)
            assert answer.body == b"POSTa=b"
    assert {seen.headers["Content-Type"] for seen in site.log if seen.method == "GET"} == {None}


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_an_answer(site: Site, status: int) -> None:
    (answer,) = say(post(site.put("/", Reply(status=status))))
    assert isinstance(answer, Answer)
    assert answer.status == status


def test_of_a_large_answer_the_beginning_is_kept(site: Site) -> None:
    large = site.put("/large", Reply(body=b"x" * (CALL_BYTES + 1)))
    endless = site.put("/endless", Reply(pieces=(b"y" * 50_000,), endless=True))
    for answer in say(post(large), post(endless)):
        assert isinstance(answer, Answer)
        assert len(answer.body) == CALL_BYTES


@pytest.mark.parametrize("status", [307, 308])
def test_a_post_is_repeated_where_it_is_sent(site: Site, status: int) -> None:
    to = site.put("/to", lambda seen: Reply(status=202, body=seen.body))
    (answer,) = say(post(site.put("/from", moved(to, status))))
    assert isinstance(answer, Answer)
    assert answer.body == b"a=b"
    assert [(seen.method, seen.path, seen.body) for seen in site.log] == [
        ("POST", "/from", b"a=b"),
        ("POST", "/to", b"a=b"),
    ]


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_post_is_not_turned_into_a_get(site: Site, status: int) -> None:
    url = site.put("/from", moved(site.url + "/to", status))
    error = refused(say(post(url))[0])
    assert error.status == status
    assert str(error) == f"{url}: HTTP {status}: it redirects what cannot be repeated there"
    assert len(site.log) == 1


def test_a_question_is_not_followed_anywhere(site: Site) -> None:
    error = refused(say(Call(site.put("/from", moved(site.url + "/to", 307))))[0])
    assert error.status == 307
    assert [seen.path for seen in site.log] == ["/from"]


def test_redirects_of_a_post_end(site: Site) -> None:
    url = site.put("/", moved(site.url + "/", 307))
    (error,) = say(post(url))
    assert str(error).startswith(f"{url}: more than 5 redirects")
    assert len(site.log) == 6


def test_a_refusal_is_told_in_the_servers_words(site: Site) -> None:
    plain = Reply(status=400, headers=[("Content-Type", "text/plain")], body=b"no such\r\ntopic")
    page = Reply(status=503, headers=[("Content-Type", "text/html"), ("Retry-After", "120")], body=b"<h1>no</h1>")
    bad, busy, gone = say(
        post(site.put("/a", plain)), post(site.put("/b", page)), post(site.put("/c", Reply(status=410)))
    )
    assert str(bad) == f'{site.url}/a: HTTP 400: it was not taken ("no such topic")'
    assert str(busy) == f"{site.url}/b: HTTP 503: it was not taken"
    assert (refused(busy).retry_after, refused(busy).permanent) == (120, False)
    assert refused(gone).permanent


def test_no_credential_goes_with_a_call(site: Site) -> None:
    url = site.put("/", b"")
    logins = {site.url: Credential(username="u", password="p")}  # noqa: S106
    with Fetcher(LOOPBACK, user_agent=AGENT, credentials=logins) as fetcher:
        assert [len(answers) for answers in fetcher.exchange([post(url)], NOW) if answers] == [1]
    assert site.log[0].headers["Authorization"] is None


def test_addresses_are_vetted_at_first_and_after_a_redirect(site: Site) -> None:
    url = site.put("/", moved("http://192.168.7.7/", 307))
    private, hop, scheme = say(post("http://10.0.0.1/"), post(url), post("file:///etc/passwd"))
    assert "the private address 10.0.0.1 is refused" in str(private)
    assert "the private address 192.168.7.7 is refused" in str(hop)
    assert "only http and https" in str(scheme)


def test_one_that_fails_fails_alone_and_the_caller_may_stop(site: Site) -> None:
    good = site.put("/good", b"ok")
    slow = site.put("/slow", Reply(pause=30, body=b"late"))
    with Fetcher(LOOPBACK, user_agent=AGENT) as fetcher:
        found: dict[int, Answer | FetchError] = {}
        quiet = 0
        for answers in fetcher.exchange([post(slow), post(good), post(f"http://127.0.0.1:{free_port()}/")], NOW):
            found.update(answers)
            quiet += not answers
            if quiet:
                break
        assert fetcher.active == 0
    assert isinstance(found[1], Answer)
    assert "cannot connect" in str(found[2])
    assert 0 not in found


def test_an_answer_that_hangs_ends_with_the_deadline(site: Site) -> None:
    held = threading.Event()
    url = site.put("/", lambda _seen: Reply(body=str(held.wait(5)).encode()))
    (error,) = say(post(url), poll=poll_of(allow_networks=("127.0.0.0/8",), deadline=0.5))
    held.set()
    assert str(error) == f"{url}: no complete answer in time (deadline and connect_timeout in [poll])"


@pytest.mark.parametrize("headers", [(("X-A", "b\r\nX-B: c"),), (("X A", "b"),), (("X-A", "\u20ac"),)])
def test_what_no_header_can_carry_is_refused(headers: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(ValueError, match="no header can carry"):
        Call("http://news.example/", b"", None, headers)
