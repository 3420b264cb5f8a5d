"""The fast ways through HTML say what the slow ones say: addresses, text, and what is safe to nest."""

from __future__ import annotations

from html.parser import HTMLParser

import nh3
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from feeds.normalise import absolute, sanitise, strip_illegal, text_of
from feeds.normalise.markup import MAX_HTML, multiplies, text_within

BASE = "https://news.example/a/b.html"
REL = 'rel="noopener noreferrer nofollow"'

hosts = st.sampled_from(["https://a.example", "http://A.example:80", "//b.example", "https://u:p@c.example", ""])
tails = st.text(st.sampled_from("aZ9/?#=&;%{}|é\u00a0 \"<>'\n\u0338"), max_size=8)
schemes = st.sampled_from(["", "mailto:", "MAILTO:", "javascript:", "data:", "ftp://", "http:", " https://d.example"])
addresses = st.builds(lambda scheme, host, tail: scheme + host + tail, schemes, hosts, tails)


def quoted(value: str) -> str:
    return value.replace("&", "&amp;").replace('"', "&quot;") if len(value) % 2 else value.replace('"', "")


anchors = st.builds(
    lambda name, url, title: f'<a {name}="{quoted(url)}" title="{quoted(title)}">',
    st.sampled_from(["href", "HREF", 'href="x" href', "data-href"]),
    addresses,
    st.sampled_from(["", "href=", ' src="', "<a href=", "é&nbsp;"]),
)
images = st.builds(
    lambda url, alt: f'<img alt="{quoted(alt)}" src="{quoted(url)}" width=1>', addresses, st.sampled_from(["", "src="])
)
others = st.sampled_from(["</a>", "<b>", "</b>", " text ", "e", "\u0301", ' href="/x"', "&gt;", "&#62;\u0338", "\n"])
linked = st.lists(anchors | images | others, max_size=8).map("".join)


class Tokens(HTMLParser):
    """What a browser reads, the attributes of a tag in no order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.seen: list[object] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "img" or "src" in dict(attrs):
            self.seen.append((tag, sorted(attrs, key=lambda attribute: attribute[0])))

    def handle_endtag(self, tag: str) -> None:
        self.seen.append(tag)

    def handle_data(self, data: str) -> None:
        if self.seen and isinstance(last := self.seen[-1], str) and last.startswith("text "):
            data = last.removeprefix("text ") + data
            self.seen.pop()
        self.seen.append("text " + data)


def filtered(markup: str, base: str | None) -> str:
    """The same by a filter that nh3 calls for every attribute."""

    def resolve(_tag: str, attribute: str, value: str) -> str | None:
        if attribute == "href" and value[:7].lower() == "mailto:":
            return value
        return absolute(value, base) if attribute in ("href", "src") else value

    return nh3.clean(
        markup,
        tags={"a", "b", "img"},
        attributes={"*": set(), "a": {"href", "title"}, "img": {"src", "alt", "title", "width", "height"}},
        attribute_filter=resolve,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


@given(linked, st.sampled_from([BASE, None]))
@example('<a title="x href=" href="/y">z</a>', BASE)
@example('<a href="https://a.example/?b&amp;c=1&lt;2">z</a>', BASE)
def test_addresses_are_those_that_a_filter_of_the_cleaner_gives(markup: str, base: str | None) -> None:
    by_filter = filtered(strip_illegal(markup), base)
    # Without any markup left the second pass would take it for plain text, and make paragraphs of it.
    assume("<" in by_filter or "&" in by_filter)
    # The text around them is cleaned afterwards, whichever the way.
    assert Tokens(sanitise(markup, base)).seen == Tokens(sanitise(by_filter, base)).seen


@pytest.mark.parametrize(
    ("raw", "made"),
    [
        (
            '<a href="https://a.example/x?b=1&amp;c=(2)">x</a>',
            f'<a href="https://a.example/x?b=1&amp;c=(2)" {REL}>x</a>',
        ),
        ('<a HREF="HTTPS://a.example">x</a>', f'<a href="https://a.example/" {REL}>x</a>'),
        ('<a href="https://a.example/it\'s|">x</a>', f'<a href="https://a.example/it\'s%7C" {REL}>x</a>'),
        (f'<a href="/{"y" * 3500}">x</a>', f'<a href="https://news.example/{"y" * 3500}" {REL}>x</a>'),
        (f'<a href="https://a.example/{"y" * 3500}">x</a>', f'<a href="https://a.example/{"y" * 3500}" {REL}>x</a>'),
        (f'<a href="https://a.example/{"y" * 4500}">x</a>', f"<a {REL}>x</a>"),
        (
            '<a title="&quot; href=" href="x">x</a>',
            f'<a title="&quot; href=" href="https://news.example/a/x" {REL}>x</a>',
        ),
        ("<p lang=de title=t dir=rtl>x</p>", "<p>x</p>"),
        ("x</h1>y</div>z", "xy<p>z</p>"),
    ],
    ids=range(9),
)
def test_every_address_and_no_other_attribute(raw: str, made: str) -> None:
    assert sanitise(raw, BASE) == made


words = st.sampled_from(
    ["<p>", "</p>", "<br>", "<br/>", "<br><br>", "<td>", "<table><tr>", "</table>", "<b>", "</b>", "<ul><li>", "</ul>",
     "<h1>", "<div>", "<img src=/x>", "<a href='/x'>", "</a>", "\n", "\n\n", "&#10;&#10;", "\r", " ", "  ", "&nbsp;",
     "\u00a0", "\u2003", "&amp;lt;", "&gt;", "&quot;", "&#824;", "e", "\u0301", "\u0301" * 20, "word", "слово",
     "<time>"]
)  # fmt: skip


@given(st.lists(words, max_size=20).map("".join) | st.text(max_size=40))
@example("&gt;<b>\u0338</b>")
@example("<p>a&nbsp; b</p>")
@example("a<br>&nbsp;<br>b")
def test_text_of_what_was_sanitised_is_the_text_of_any_html(markup: str) -> None:
    made = sanitise(markup, BASE)
    assert text_within(made) == text_of(made)


@pytest.mark.parametrize(
    ("markup", "kept"),
    [
        ("<p>" + "<b>" * 16 + "x", True),
        ("<p>" + "<b>" * 17 + "x", False),
        ("<b>x</b>" * 300, True),
        ("<blockquote>" * 250 + "x", True),
        ("<blockquote>" * 257 + "x", False),
        ("<A>x" * 300, True),
        ("<B><i>x</B></i>" * 9, True),
    ],
    ids=range(7),
)
def test_what_nests_too_deep_keeps_its_text_alone(markup: str, kept: bool) -> None:
    made = sanitise(markup, BASE)
    assert (made != f"<p>{text_of(markup)}</p>") is kept
    assert "x" in text_within(made)


LONG = "https://h.example/" + "a" * 22_000
LEFT_OPEN = f"<p>x<a href='{LONG}'>"


@pytest.mark.parametrize(
    ("markup", "kept"),
    [
        (LEFT_OPEN + "<p>y" * 100, False),
        (LEFT_OPEN + "</a>" + "<p>y" * 100, True),
        (LEFT_OPEN + "<a href='/short'>" + "<p>y" * 100, True),
        (LEFT_OPEN + "<table></a></table>" + "<p>y" * 100, False),
        (f'<p>x<a title="<" href="{LONG}">' + "<p>y" * 100, False),
        (LEFT_OPEN + "<table><tr><td><a>y</a></td></tr></table>" + "<p>y" * 100, False),
        (LEFT_OPEN + "<table><tr><td></td></tr></table></a>" + "<p>y" * 10, True),
    ],
    ids=range(7),
)
def test_a_link_left_open_does_not_multiply_its_address(markup: str, kept: bool) -> None:
    made = sanitise(markup, BASE)
    assert ("<a " in made) is kept
    assert "y" in text_within(made)
    assert len(made) < 2 * MAX_HTML


tags = st.sampled_from(
    ["<p>", "</p>", "<a>", "</a>", "<b>", "</b>", "<table>", "</table>", "<tr>", "<td>", "</td>", "<caption>", "<ul>",
     "<li>", "x", "<div>", "</div>", "<button>", "</button>", "<h2>", "<object>", "</object>", "<!--", "-->", "<svg>",
     "</svg>", "<title>", "</title>", "<select>", "</select>", "<math>", "<mi>", "<foreignObject>", "<desc>", "<form>",
     "<nobr>", "<font>", "</font>", "<blockquote>", "<pre>", "<template>", "</template>", "<body>", "<textarea>"]
)  # fmt: skip


@given(st.lists(tags, max_size=6), st.lists(tags, max_size=6), st.lists(tags, min_size=1, max_size=3))
@example(["<p>"], ["<table>", "</a>", "</table>"], ["<p>"])
@example(["<style><i x='</style>", "<p>"], [], ["<p>"])
@example(["<!><? <i x='>", "<p>"], [], ["<p>"])
@example(["<!-- <i x=' -->", "<p>"], [], ["<p>"])
@example(["</ <i x='>", "<p>"], [], ["<p>"])
def test_whatever_multiplies_is_foreseen(before: list[str], after: list[str], repeated: list[str]) -> None:
    markup = "".join([*before, f"<a href='{LONG}'>", *after]) + ("".join(repeated) + "y") * 100
    made = nh3.clean(markup, tags={"a", "p"})
    assert multiplies(markup) or len(made) <= 2 * MAX_HTML
