"""Subscriptions that come from another reader by the desk, and go to one."""

from __future__ import annotations

import base64
import random
import zlib
from collections.abc import Mapping
from html import escape

import pytest

from feeds.desk.pages.opml import MAX_CARRIED
from feeds.formats.opml import MAX_BYTES
from tests.desk.web import HOSTILE, Page, Web, add, known, sent_by, stored
from tests.getting import Got

OPML = b"""<opml version="2.0"><head><title>My reader</title></head><body>
<outline text="Sea"><outline type="rss" text="Fish" xmlUrl="https://fish.example/feed"/>
<outline type="rss" text="Harbour" xmlUrl="https://harbour.example/feed"/></outline>
<outline type="rss" text="Lost"/></body></opml>"""


def send(web: Web, data: bytes | None, fields: Mapping[str, str]) -> Got:
    """A form with a file, as browsers send it."""
    edge = "--edge-of-a-part"
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    body = "".join(parts).encode()
    if data is not None:
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.opml"\r\n\r\n'
        body += head.encode() + data + b"\r\n"
    body += f"--{edge}--\r\n".encode()
    return web.ask(
        "/desk/sources/import", "POST", body, Content_Type=f"multipart/form-data; boundary={edge}",
        Sec_Fetch_Site="same-origin", Origin=f"http://127.0.0.1:{web.port}",
    )  # fmt: skip


def test_a_list_is_shown_first_and_added_then(web: Web) -> None:
    add(web, "harbour", url="https://harbour.example/feed")
    assert web.page("/desk/sources/import").has("input[type=file]")
    got = send(web, OPML, {"step": "look", "section": ""})
    assert got.status == 200
    page = Page(got.body)
    said = " ".join(page.text().split())
    assert "1 source would be added" in said
    assert "1 feed is here already, 1 outline cannot be used" in said
    assert [one.text() for one in page.css("tbody th")] == ["Fish", "harbour", "Lost"]
    assert "without xmlUrl" in said
    assert not known(web, "Fish")
    got = send(web, None, sent_by(page.one("main form")))
    assert (got.status, got.headers["Location"]) == (303, "/desk/sources")
    cookie = str(got.headers["Set-Cookie"]).partition(";")[0]
    assert "Added 1 source; 1 was there already." in web.page("/desk/sources", Cookie=cookie).text(".flash")
    found = stored(web, "Fish")
    assert (found.options["sections"], web.hands.woken) == (["Sea"], 1)
    page = Page(send(web, OPML, {"step": "look"}).body)
    assert "Nothing would be added" in page.text()
    assert not page.has("main button.primary")


def test_all_may_be_of_one_section(web: Web) -> None:
    page = Page(send(web, OPML, {"step": "look", "section": " Town "}).body)
    assert sent_by(page.one("main form"))["section"] == "Town"
    assert send(web, None, sent_by(page.one("main form"))).status == 303
    found = stored(web, "Fish")
    assert found.options["sections"] == ["Town"]


def test_a_list_too_long_to_be_carried_is_asked_for_again(web: Web) -> None:
    noise = base64.b64encode(random.Random(1).randbytes(MAX_CARRIED))  # noqa: S311  # what does not pack, no secret
    long = OPML.replace(b"</head>", b"</head><!--" + noise + b"-->")
    page = Page(send(web, long, {"step": "look"}).body)
    assert "carried" not in sent_by(page.one("main form"))
    assert page.has("main input[type=file]")
    assert send(web, long, sent_by(page.one("main form"))).status == 303
    assert known(web, "Fish")


@pytest.mark.parametrize(
    ("data", "said"),
    [(None, "choose the OPML file"), (b"", "choose the OPML file"), (b"<rss/>", "not OPML"), (b"x", "no OPML")],
)
def test_what_is_no_list_is_said_at_its_field(web: Web, data: bytes | None, said: str) -> None:
    got = send(web, data, {"step": "look", "section": "Town"})
    assert got.status == 400
    page = Page(got.body)
    assert said in page.text("#field-file-error")
    assert page.attribute("#field-section", "value") == "Town"


@pytest.mark.parametrize("carried", ["nonsense", "!", base64.b64encode(b"nonsense").decode()])
def test_what_was_lost_on_its_way_is_asked_for_again(web: Web, carried: str) -> None:
    got = send(web, None, {"step": "add", "carried": carried})
    assert got.status == 400
    assert "choose the file again" in Page(got.body).text("#field-file-error")


def test_what_unpacks_to_too_much_is_refused(web: Web) -> None:
    carried = base64.b64encode(zlib.compress(bytes(MAX_BYTES + 2), 9)).decode()
    got = send(web, None, {"step": "add", "carried": carried})
    assert got.status == 400
    assert "which no list of subscriptions needs" in Page(got.body).text("#field-file-error")


def test_sources_go_to_another_reader(web: Web) -> None:
    add(web, "harbour", url="https://harbour.example/feed", sections=["Sea"])
    got = web.ask("/desk/sources.opml")
    assert got.status == 200
    assert got.headers["Content-Type"] == "text/x-opml; charset=utf-8"
    assert got.headers["Content-Disposition"] == 'attachment; filename="sources.opml"'
    assert b'xmlUrl="https://harbour.example/feed"' in got.body


def test_strangers_words_stay_words(web: Web) -> None:
    word = escape(HOSTILE)
    data = (
        f'<opml version="2.0"><head><title>{word}</title></head><body><outline text="{word}">'
        f'<outline type="rss" text="{word}" xmlUrl="https://a.example/{word}"/>'
        f'<outline type="rss" text="Fish" xmlUrl="https://fish.example/"/>'
        f'<outline type="rss" text="{word}" xmlUrl="javascript:alert(1)"/></outline></body></opml>'
    )
    got = send(web, data.encode(), {"step": "look", "section": HOSTILE})
    assert got.status == 200
    assert b"<script>" not in got.body
    assert b"<img" not in got.body
    assert b'href="javascript' not in got.body
