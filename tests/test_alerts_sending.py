"""Sending for real: hooks, push and mail on loopback, what hangs, and what is said of failures."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from feeds import log
from feeds.alerts.addresses import Address
from feeds.alerts.message import Message
from feeds.alerts.sending import exchange, send
from tests.alerting import running_post, said
from tests.fakes import Reply, Site, free_port

MESSAGE = Message("Test Desk: failing: harbour", "failing: harbour <b>\nHTTP 500 & more\n\nand 7 more", grave=True)


def test_a_hook_gets_json(site: Site) -> None:
    site.put("/hook", b"ok")
    assert send(Address(1, f"json://me:pw@127.0.0.1:{site.port}/hook"), MESSAGE) is None
    (seen,) = site.log
    assert said(seen)["title"] == MESSAGE.title
    assert said(seen)["message"] == MESSAGE.body
    assert said(seen)["type"] == "failure"
    assert (seen.headers["User-Agent"], seen.headers["Authorization"]) == ("Broadsheet", "Basic bWU6cHc=")
    assert send(Address(1, f"json://127.0.0.1:{site.port}/hook"), Message("t", "b", good=True)) is None
    assert said(site.log[1])["type"] == "success"


def test_a_hook_gets_xml(site: Site) -> None:
    site.put("/hook", b"ok")
    assert send(Address(1, f"xml://127.0.0.1:{site.port}/hook"), MESSAGE) is None
    assert b"<Message>failing: harbour &lt;b&gt;\nHTTP 500 &amp; more" in site.log[0].body


def test_a_push_service_gets_text_and_no_picture_of_others(site: Site) -> None:
    site.put("/", b"{}")
    assert send(Address(1, f"ntfy://127.0.0.1:{site.port}/desk"), Message("t", "b <i>")) is None
    (seen,) = site.log
    assert (said(seen)["topic"], said(seen)["title"], said(seen)["message"]) == ("desk", "t", "b <i>")
    assert b"github" not in seen.body
    assert not [value for value in seen.headers.values() if "github" in value]


def test_a_mail() -> None:
    with running_post() as post:
        url = f"mailto://127.0.0.1:{post.port}/?from=desk@news.example&to=night@news.example&mode=insecure"
        assert send(Address(1, url), MESSAGE) is None
        (letter,) = post.letters
        assert letter["Subject"] == MESSAGE.title
        assert letter["To"] == "night@news.example"
        body = letter.get_body(("plain",)) or letter.get_body(("html",))
        assert body is not None
        assert "HTTP 500 &" in body.get_content()
        assert "github" not in letter.as_string()
        post.refuses = True
        error = send(Address(1, url), MESSAGE)
        assert error
        assert "night" not in error


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense://secret", "Apprise knows no such address"),
        ("tgram://secret", "Apprise knows no such address"),
        ("secret", "Apprise knows no such address"),
    ],
)
def test_a_wrong_address_is_told_without_it(url: str, words: str, capfd: pytest.CaptureFixture[str]) -> None:
    log.configure(2, json=False)
    error = send(Address(1, url), MESSAGE)
    log.configure(0, json=False)
    assert error is not None
    assert error.startswith(words)
    out, err = capfd.readouterr()
    assert "secret" not in error + out + err


def test_what_failed_is_told_without_the_address(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    log.configure(2, json=False)
    site.put("/T0KEN", Reply(status=401, body=b"T0KEN is wrong"))
    error = send(Address(1, f"json://me:pa55word@127.0.0.1:{site.port}/T0KEN?key=S3CRET"), MESSAGE)
    assert error is not None
    assert "error=401" in error
    gone = send(Address(1, f"json://me:pa55word@127.0.0.1:{free_port()}/T0KEN"), MESSAGE)
    assert gone is not None
    assert "onnection error" in gone
    log.configure(0, json=False)
    out, err = capfd.readouterr()
    for secret in ("pa55word", "T0KEN", "S3CRET", "127.0.0.1"):
        assert secret not in error + gone + out + err


def test_what_hangs_delays_nobody(site: Site) -> None:
    site.put("/hangs", Reply(pieces=(b"x",) * 50, pause=0.5, length=50))
    site.put("/hook", b"ok")
    base = f"json://127.0.0.1:{site.port}"
    letters = [(Address(1, f"{base}/hangs"), MESSAGE)] * 2 + [(Address(1, f"{base}/hook"), MESSAGE)]
    late = [(place, "no answer within 2 seconds") for place in (0, 1)]
    assert list(exchange(letters, within=2.0)) == [(2, None), *late]


def test_more_than_go_at_once(site: Site) -> None:
    site.put("/hook", b"ok")
    letters = [(Address(1, f"json://127.0.0.1:{site.port}/hook"), MESSAGE)] * 30
    assert sorted(exchange(letters)) == [(place, None) for place in range(30)]


def test_an_end_begins_nothing_and_waits_shortly(site: Site) -> None:
    site.put("/hangs", Reply(body=b"x", pause=5))
    letters = [(Address(1, f"json://127.0.0.1:{site.port}/hangs"), MESSAGE)]
    assert list(exchange(letters, lambda: True)) == []
    assert site.log == []
    begun = time.monotonic()
    assert list(exchange(letters, lambda: bool(site.log), grace=0.3)) == []
    assert time.monotonic() - begun < 3
    assert list(exchange([])) == []


def test_an_end_waits_for_what_arrives_meanwhile(site: Site) -> None:
    site.put("/slow", Reply(body=b"x", pause=0.4))
    letters = [(Address(1, f"json://127.0.0.1:{site.port}/slow"), MESSAGE)]
    assert list(exchange(letters, lambda: bool(site.log), grace=5)) == [(0, None)]


def test_a_defect_is_a_failure() -> None:
    # What a variable of the environment has that is no UTF-8, which Apprise does not expect.
    (heard,) = exchange([(Address(1, "json://127.0.0.1/\udcff"), MESSAGE)])
    assert heard == (0, "internal error (UnicodeEncodeError)")


def test_a_host_that_is_none_is_a_failure() -> None:
    error = next(exchange([(Address(1, "json://" + "a" * 70 + "/x"), MESSAGE)]))[1]
    assert error is not None
    assert "a" * 70 not in error


def test_long_messages_are_parted_or_cut(site: Site, tmp_path: Path) -> None:
    site.put("/hook", b"ok")
    long = Message("t", "\n".join(f"line {number}" for number in range(6000)))
    assert send(Address(1, f"json://127.0.0.1:{site.port}/hook"), long) is None
    assert "line 5999" in said(site.log[-1])["message"]
    assert send(Address(1, f"json://127.0.0.1:{site.port}/hook?overflow=truncate"), long) is None
