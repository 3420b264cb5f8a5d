"""Both parsers of XML say the same: over the project's own documents, and over whatever feeds can be made of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.sources.feed import parse
from feeds.sources.names import RDF
from tests import differential
from tests.command import ROOT
from tests.differential import Totals, canonical, compare, document, report, run
from tests.feed_documents import CASES, FOLDER

WORDS = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_characters="\x7f", exclude_categories=("Cs", "Cn")),
    max_size=24,
)
MARKUP = st.sampled_from(
    ["<p>A & B</p>", "<b>x</b> y", "a &amp; b", "&#8217;", "<br>", "<a href='/x'>l</a>", "5 < 6", "<!-- c --> d", ""]
)
TEXT = WORDS | MARKUP | st.builds(str.__add__, WORDS, MARKUP)
URLS = st.sampled_from(
    ["https://a.example/1", "/2?a=1&b=2", "3", "http:///host/x", "javascript:alert(1)", "urn:x:1", "",
     " https://b.example/ ",
     "https://ex\u00e4mple.example/\u00fc", "mailto:x@y.example", "#top"]
)  # fmt: skip
DATES = st.sampled_from(
    ["Wed, 26 Feb 2025 10:00:00 GMT", "26 Feb 25 10:00 EST", "2025-02-26T10:00:00+01:00", "2025-02-26", "soon", "",
     "2025-02-26 10:00", "Feb 26 2025 10:00:00 Z", "Thu, 01 Jan 2004 19:48:21 GMT", "20250226", "2025-02-30T00:00:00Z",
     "Wed, 26 Feb 2025 24:00:00 +0000", "2025-02-26T10:00:00.5Z", "Wed Feb 26 10:00:00 2025"]
)  # fmt: skip
KINDS = st.sampled_from(
    ["", " type='text'", " type='html'", " type='text/html'", " type='TEXT/plain'", " mode='escaped'"]
)
LANGUAGES = st.sampled_from(["", "", "", " xml:lang='be'", " xml:lang='en_US'", " xml:lang=''", " lang='fr'"])
BASES = st.sampled_from(
    ["", "", "", "", " xml:base='https://base.example/b/'", " xml:base='sub/'", " xml:base='javascript:x'"]
)
NAMESPACES = (
    "xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:dc='http://purl.org/dc/elements/1.1/' "
    "xmlns:dcterms='http://purl.org/dc/terms/' xmlns:media='http://search.yahoo.com/mrss/' "
    "xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' xmlns:h='http://www.w3.org/1999/xhtml' "
    "xmlns:atom='http://www.w3.org/2005/Atom' xmlns:own='urn:own'"
)


@st.composite
def elements(draw: st.DrawFn) -> str:
    """One element of an item, of whichever format."""
    text, url, date = draw(TEXT), draw(URLS), draw(DATES)
    attributes = draw(KINDS) + draw(LANGUAGES) + draw(BASES)
    body = draw(st.sampled_from([escape(text), f"<![CDATA[{text.replace(']]>', '')}]]>"]))
    name = draw(st.sampled_from(
        "title dc:title media:title description summary content content:encoded itunes:summary media:description "
        "dc:description rights dc:rights own:unknown abstract subtitle".split()
    ))  # fmt: skip
    dated = draw(st.sampled_from("pubDate published updated dc:date modified issued dcterms:modified".split()))
    kind = draw(st.integers(0, 9))
    rel = draw(st.sampled_from(["alternate", "self", "enclosure", "via", "payment"]))
    link = draw(st.sampled_from(["link", "atom:link"]))
    permanent = draw(st.sampled_from(["", " isPermaLink='false'", " isPermaLink='true'", " ispermalink='no'"]))
    author = draw(st.sampled_from(["ann@a.example (Ann)", "Bob", "c@c.example", "D <d@d.example>", ""]))
    return (
        f"<{name}{attributes}>{body}</{name}>",
        f"<{name}{attributes}>{body}</{name}>",
        f"<link>{escape(url)}</link>",
        f"<{link} href={quoteattr(url)} rel='{rel}'{draw(KINDS)}/>",
        f"<guid{permanent}>{escape(url or text)}</guid>",
        f"<{dated}>{escape(date)}</{dated}>",
        f"<category domain={quoteattr(url)}>{body}</category><category term={quoteattr(text)} label='l'/>",
        f"<author>{escape(author)}</author>"
        f"<dc:creator>{body}</dc:creator>",
        f"<author><name>{body}</name><email>a@a.example</email></author>",
        f"<enclosure url={quoteattr(url)} type='Audio/MPEG' length='7'/>"
        f"<media:content url={quoteattr(url)} medium='video'/>"
        f"<content type='xhtml'{draw(BASES)}><h:div>{escape(text)}"
        f"<h:p title={quoteattr(text)}>x<h:br/></h:p></h:div></content>",
    )[kind]  # fmt: skip


@st.composite
def feeds(draw: st.DrawFn) -> bytes:
    """A well-formed feed of any format, in any encoding."""
    items = draw(st.lists(st.lists(elements(), max_size=6), max_size=3))
    nested = draw(st.sampled_from(["", "own:group", "atom:group"]))
    inner = [f"<{nested}>{''.join(one)}</{nested}>" if nested and n else "".join(one) for n, one in enumerate(items)]
    root, name = draw(st.sampled_from(
        [("rss", "item"), ("rdf", "item"), ("feed", "entry"), ("feed03", "entry")]
    ))  # fmt: skip
    entries = "".join(f"<{name}{draw(LANGUAGES)}{draw(BASES)}>{one}</{name}>" for one in inner)
    head = f"<title>{escape(draw(TEXT))}</title><link>https://a.example/</link>"
    lead = NAMESPACES + draw(LANGUAGES) + draw(BASES)
    text = {
        "rss": f"<rss version='2.0' {lead}><channel>{head}{entries}</channel></rss>",
        "rdf": f"<rdf:RDF xmlns:rdf='{RDF}' xmlns='http://purl.org/rss/1.0/' {lead}>"
        f"<channel>{head}</channel>{entries}</rdf:RDF>",
        "feed": f"<feed xmlns='http://www.w3.org/2005/Atom' {lead}>{head}{entries}</feed>",
        "feed03": f"<feed version='0.3' xmlns='http://purl.org/atom/ns#' {lead}>{head}{entries}</feed>",
    }[root]  # fmt: skip
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1251"]))
    declared = "" if encoding in ("utf-8-sig", "utf-16") else f"<?xml version='1.0' encoding='{encoding}'?>"
    return (declared + text).encode(encoding, "xmlcharrefreplace")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_the_projects_own_documents_say_the_same(path: Path) -> None:
    totals = Totals()
    compare(document(path.read_bytes(), path.name), totals)
    assert (totals.differences, totals.exceptions) == ([], [])


@settings(max_examples=200, deadline=None)
@given(feeds())
def test_both_parsers_agree_about_whatever_is_a_feed(data: bytes) -> None:
    totals = Totals()
    compare(document(data), totals)
    assert (totals.differences, totals.exceptions) == ([], [])
    assert totals.fast == 1 or totals.refused.total() == 1


def test_a_folder_is_compared_and_reported() -> None:
    totals = run([FOLDER])
    lines = report(totals)
    assert totals.fast >= 20
    assert lines[-1] == "differences: 0, exceptions: 0"
    assert any(line.startswith("documents a CPU second") for line in lines)


def test_a_difference_is_told_and_fails_the_command(tmp_path: Path) -> None:
    good = FOLDER / "rss20.xml"
    ran = subprocess.run(
        [sys.executable, "-m", "tests.differential", str(good)], cwd=ROOT, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout
    found, expected = (
        run([good]),
        parse(document(b"<rss><channel><title>a</title><item/></channel></rss>")),
    )
    assert found.differences == []
    told = list(differential.differences(parse(document(good.read_bytes())), expected))
    assert told[0].startswith("feed title: ")
    assert any(line.startswith("5 items instead of 1") for line in told)


def test_html_is_compared_as_a_browser_sees_it() -> None:
    assert canonical("<p>a  b<br/></p>") == canonical("<P >a b<br></br></P>")
    assert canonical("<a href='x'>a</a>") != canonical("<a href='y'>a</a>")
    assert canonical("a  b") == ("a b", [])
