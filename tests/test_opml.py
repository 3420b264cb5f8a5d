"""The list of feeds: what readers import, byte for byte the same every time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feeds.errors import FeedInvalid
from feeds.formats.opml import OpmlFeed, render

_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), max_size=40)


def test_the_bytes() -> None:
    feeds = [
        OpmlFeed(title='Politics & "more"', xml_url="https://n.example/p.atom?a=1&b=2", html_url="https://n.example/"),
        OpmlFeed(title="Sport", xml_url="https://n.example/s.atom", html_url="https://n.example/#sport"),
    ]
    assert render("Courier <daily>", feeds).decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<opml version="2.0">\n'
        "  <head>\n    <title>Courier &lt;daily&gt;</title>\n  </head>\n"
        "  <body>\n"
        '    <outline type="rss" text="Politics &amp; &quot;more&quot;" title="Politics &amp; &quot;more&quot;"'
        ' xmlUrl="https://n.example/p.atom?a=1&amp;b=2" htmlUrl="https://n.example/"/>\n'
        '    <outline type="rss" text="Sport" title="Sport"'
        ' xmlUrl="https://n.example/s.atom" htmlUrl="https://n.example/#sport"/>\n'
        "  </body>\n"
        "</opml>\n"
    )


@given(_TEXT, st.lists(st.builds(OpmlFeed, title=_TEXT, xml_url=_TEXT, html_url=_TEXT), max_size=5))
def test_everything_is_read_back(title: str, feeds: list[OpmlFeed]) -> None:
    data = render(title, feeds)
    assert data == render(title, feeds)
    root = etree.fromstring(data)
    assert (root.findtext("head/title") or "") == title
    read = [(each.get("text"), each.get("xmlUrl"), each.get("htmlUrl")) for each in root.iterfind("body/outline")]
    assert read == [(each.title, each.xml_url, each.html_url) for each in feeds]


@pytest.mark.parametrize("title", ["\x00", "\ud800", "\ufffe"])
def test_text_that_xml_forbids(title: str) -> None:
    with pytest.raises(FeedInvalid, match=r"feeds\.opml"):
        render(title, [])
    with pytest.raises(FeedInvalid, match=r"feeds\.opml"):
        render("Courier", [OpmlFeed(title=title, xml_url="https://n.example/a", html_url="https://n.example/")])
