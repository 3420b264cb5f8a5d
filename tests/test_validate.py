"""Our own check of Atom: each rule bites where it should, and nowhere else."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.validate import Finding, check_atom
from tests.pace import slowness

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SELF = "https://news.example/all.atom"
HEAD = (
    "<id>tag:news.example,2026:all</id><title>Courier</title><updated>2026-11-23T12:00:00Z</updated>"
    "<author><name>Courier</name></author>"
    f'<link rel="self" type="application/atom+xml" href="{SELF}"/>'
    '<link rel="alternate" type="text/html" href="https://news.example/"/>'
)
ID = "<id>tag:news.example,2026:1</id>"
TITLE = "<title>Headline</title>"
UPDATED = "<updated>2026-11-23T11:00:00Z</updated>"
SUMMARY = "<summary>A teaser.</summary>"
LINK = '<link href="https://news.example/1"/>'
GOOD = ID + TITLE + UPDATED + SUMMARY + LINK


def feed(*entries: str, head: str = HEAD, attributes: str = "") -> bytes:
    body = "".join(f"\n<entry>{entry}</entry>" for entry in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom"{attributes}>{head}{body}\n</feed>'.encode()


def entry(extra: str, *without: str) -> bytes:
    """A feed of one entry that has `extra` and lacks the parts `without`."""
    kept = GOOD
    for part in without:
        kept = kept.replace(part, "")
    return feed(kept + extra)


def numbered(number: int, updated: str | None = None) -> str:
    moment = updated or f"2026-11-23T11:00:{number:02}Z"
    return f"<id>tag:news.example,2026:{number}</id>{TITLE}<updated>{moment}</updated>{SUMMARY}{LINK}"


def html(markup: str) -> bytes:
    escaped = markup.replace("&", "&amp;").replace("<", "&lt;")
    return entry(f'<content type="html">{escaped}</content>')


def codes(data: bytes) -> list[str]:
    return [finding.code for finding in check_atom(data, location=SELF, now=NOW)]


XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
VALID = {
    "plain": feed(GOOD),
    "no entries": feed(),
    "languages": feed(GOOD, attributes=' xml:lang="be-tarask"'),
    "instruction": b"<?xml version='1.0'?>\n<?xml-stylesheet href='a.css'?>" + feed(GOOD),
    "comment and cdata": feed(GOOD.replace("A teaser.", "<![CDATA[A <entry> teaser]]>") + "<!-- <entry> -->"),
    "sub-second": entry("<updated>2026-11-23T11:00:00.123456+03:00</updated>", UPDATED),
    "leap second": entry("<updated>2016-12-31T23:59:60Z</updated>", UPDATED),
    "source": feed(
        GOOD + "<source><id>tag:a.example,2026:x</id><author><name>A</name></author></source>",
        head=HEAD.replace("<author><name>Courier</name></author>", ""),
    ),
    "xhtml": entry(f'<content type="xhtml"><div {XHTML}><p>a <b>b</b></p></div></content>'),
    "xml content": entry('<content type="application/xml"><a xmlns="https://schema.org/"/></content>', SUMMARY),
    "text content": entry('<content type="text/plain">words</content>', SUMMARY),
    "remote content": entry('<content type="video/mp4" src="https://news.example/v.mp4"/>'),
    "remote content, no type": entry('<content src="https://news.example/v"/>'),
    "ids": feed(
        numbered(1).replace("tag:news.example,2026:1", "urn:uuid:0f0e0d0c-0b0a-4908-8706-050403020100"),
        numbered(2).replace("tag:news.example,2026:2", "https://news.example/ä"),
    ),
    "html": html('<p class="x">a <a href="https://a.example/?a=1&b=2" rel=nofollow>b</a>'
                 '<img alt=\'>\' src="data:image/png;base64,x">'
                 '<img srcset="https://a.example/1 1x, https://a.example/2 2x"></p>'),
    "harmless style": html('<p style="color: red">a</p>'),
    "ampersands in a title": entry("<title>R&amp;D; 5 &lt; 6 &amp;c. &amp;nothing; &lt;/nothing&gt;</title>", TITLE),
    "two alternates of two types": entry('<link href="https://news.example/1.pdf" type="application/pdf"/>'),
    "relative link": entry('<link rel="related" href="../2"/>'),
    "iri as relation": entry('<link rel="https://rel.example/x" href="https://news.example/2"/>'),
    "IANA prefix": entry('<link rel="http://www.iana.org/assignments/relation/via" href="https://news.example/2"/>'),
    "known extension": entry('<rights xmlns="http://purl.org/dc/terms/">x</rights>'),
    "prefixed": feed(GOOD).replace(b"<entry", b"<a:entry").replace(b"</entry", b"</a:entry").replace(
        b"<feed ", b'<feed xmlns:a="http://www.w3.org/2005/Atom" '),
    "latin-1": b'<?xml version="1.0" encoding="ISO-8859-1"?>'
    + feed(GOOD.replace("A teaser.", "\u00e9")).decode().encode("latin-1"),
    "character reference": feed(GOOD.replace("A teaser.", "&#233;")),
    "nbsp": feed(GOOD.replace("A teaser.", "\u00a0\u00ab a")),
}  # fmt: skip
BROKEN: dict[str, tuple[bytes, list[str]]] = {
    "empty": (b"", ["SAXError"]),
    "binary": (bytes(range(256)), ["SAXError"]),
    "blank before": (b" <?xml version='1.0'?>" + feed(GOOD), ["SAXError"]),
    "cut": (feed(GOOD)[:-9], ["SAXError"]),
    "nbsp entity": (entry("<rights>a&nbsp;b</rights>"), ["UndefinedNamedEntity"]),
    "doctype": (b"<!DOCTYPE feed [<!ENTITY a 'b'>]>" + feed(GOOD), ["SAXError"]),
    "another root": (b"<rss version='2.0'/>", ["UndefinedElement"]),
    "Atom 0.3": (b"<feed xmlns='http://purl.org/atom/ns#'/>", ["UndefinedElement"]),
    "nothing": (feed(head=""), ["MissingElement"] * 4 + ["MissingSelf"]),
    "no feed id": (feed(GOOD, head=HEAD.replace("<id>tag:news.example,2026:all</id>", "")), ["MissingElement"]),
    "no author": (feed(GOOD, head=HEAD.replace("<author><name>Courier</name></author>", "")), ["MissingElement"]),
    "no author in source": (
        feed(GOOD + "<source/>", head=HEAD.replace("<author><name>Courier</name></author>", "")), ["MissingElement"],
    ),
    "no name": (entry("<author/>"), ["MissingElement"]),
    "empty name": (entry("<contributor><name> </name></contributor>"), ["NotBlank"]),
    "no id": (entry("", ID), ["MissingElement"]),
    "no title": (entry("", TITLE), ["MissingElement"]),
    "no updated": (entry("", UPDATED), ["MissingElement"]),
    "two titles": (entry(TITLE), ["DuplicateElement"]),
    "empty title": (entry("<title> </title>", TITLE), ["NotBlank"]),
    "metadata late": (feed(GOOD, head="").replace(b"\n</feed>", HEAD.encode() + b"</feed>"), ["MisplacedMetadata"] * 6),
    "no self": (feed(GOOD, head=HEAD.replace('rel="self"', 'rel="related"')), ["MissingSelf"]),
    "another self": (feed(GOOD, head=HEAD.replace("all.atom", "x.atom")), ["SelfDoesntMatchLocation"]),
    "two alternates": (entry(LINK), ["DuplicateAtomLink"]),
    "two alternates of the feed": (
        feed(GOOD, head=HEAD + '<link type="text/html" href="https://news.example/b"/>'), ["DuplicateAtomLink"],
    ),
    "same id": (feed(GOOD, GOOD.replace("11:00:00", "11:00:01")), ["DuplicateEntries"]),
    "same id and time": (feed(GOOD, GOOD), ["DuplicateEntries", "DuplicateIds", "DuplicateUpdated"]),
    "all ids the same": (
        feed(*(GOOD.replace("11:00:00", f"11:00:{second}") for second in range(10, 20))),
        ["DuplicateIds"] + ["DuplicateEntries"] * 9,
    ),
    "same time": (feed(numbered(1, "2026-11-23T11:00:00Z"), numbered(2, "2026-11-23T11:00:00Z")), ["DuplicateUpdated"]),
    "no zone": (entry("<updated>2026-11-23T11:00:00</updated>", UPDATED), ["InvalidRFC3339Date"]),
    "no such day": (entry("<published>2026-02-30T11:00:00Z</published>"), ["InvalidRFC3339Date"]),
    "no date": (entry("<published/>"), ["InvalidRFC3339Date"]),
    "Arabic digits": (entry("<published>٢٠٢٦-11-23T11:00:00Z</published>"), ["InvalidRFC3339Date"]),
    "blank in a date": (entry("<updated>\n2026-11-23T11:00:00Z</updated>", UPDATED), ["UnexpectedWhitespace"]),
    "1970": (entry("<published>1970-01-01T00:00:00Z</published>"), ["ImplausibleDate"]),
    "to come": (entry("<published>2026-11-25T00:00:00Z</published>"), ["ImplausibleDate"]),
    "feed to come": (feed(GOOD, head=HEAD.replace("2026-11-23", "2027-11-23")), ["ImplausibleDate"]),
    "neither content nor link": (entry("", LINK), ["MissingContentOrAlternate"]),
    "neither content nor summary": (entry("", SUMMARY), ["MissingTextualContent"]),
    "remote content, no summary": (entry('<content src="https://news.example/v"/>', SUMMARY), ["MissingSummary"]),
    "binary content, no summary": (entry('<content type="image/png">AAAA</content>', SUMMARY), ["MissingSummary"]),
    "language": (feed(GOOD, attributes=' xml:lang="english_US"'), ["InvalidLanguage"]),
    "entry's language": (feed(GOOD).replace(b"<entry>", b"<entry xml:lang='!'>"), ["InvalidLanguage"]),
    "hreflang": (entry('<link rel="via" hreflang="?" href="https://a.example/"/>'), ["InvalidLanguage"]),
    "type": (entry('<link rel="via" type="html" href="https://a.example/"/>'), ["InvalidMIMEType"]),
    "content type": (entry('<content type="CDATA">a</content>'), ["InvalidMIMEType"]),
    "summary type": (entry('<summary type="text/plain">a</summary>', SUMMARY), ["InvalidTextType"]),
    "enclosure without length": (entry('<link rel="enclosure" href="https://a.example/a"/>'), ["MissingAttribute"]),
    "length": (entry('<link rel="enclosure" length="-1" href="https://a.example/a"/>'), ["InvalidNonNegativeInteger"]),
    "no href": (entry('<link rel="via"/>'), ["MissingHref"]),
    "link with text": (entry('<link rel="via" href="https://a.example/">a</link>'), ["AtomLinkNotEmpty"]),
    "relation": (entry('<link rel="friend" href="https://a.example/"/>'), ["UnregisteredAtomLinkRel"]),
    "blank in an address": (entry('<link rel="via" href="https://a.example/a b"/>'), ["InvalidUriChar"]),
    "address without a host": (entry('<link rel="via" href="http:a"/>'), ["InvalidIRI"]),
    "category without term": (entry("<category/>"), ["MissingAttribute"]),
    "empty term": (entry('<category term=" "/>'), ["NotBlank"]),
    "relative scheme": (entry('<category term="a" scheme="a"/>'), ["InvalidFullLink"]),
    "relative id": (entry("<id>/1</id>", ID), ["InvalidFullLink"]),
    "id without a host": (entry("<id>http:///1</id>", ID), ["InvalidFullLink"]),
    "blank around an id": (entry("<id> tag:news.example,2026:1</id>", ID), ["UnexpectedWhitespace"]),
    "tag": (entry("<id>tag:News.example,26:1</id>", ID), ["InvalidTAG"]),
    "urn": (entry("<id>urn:x</id>", ID), ["InvalidURN"]),
    "unknown element": (entry("<subject>a</subject>"), ["UndefinedElement"]),
    "element without a namespace": (entry('<a xmlns="">a</a>'), ["UndefinedElement"]),
    "elements in a text": (entry("<rights>a <b>b</b></rights>"), ["UndefinedElement"]),
    "unknown namespace": (feed(GOOD, attributes=' xmlns:x="https://x.example/"'), ["UnknownNamespace"]),
    "unknown namespace inside": (entry('<a xmlns="https://x.example/">a</a>'), ["UnknownNamespace"]),
    "markup in a title": (entry("<title>a &lt;/b&gt;</title>", TITLE), ["ContainsHTML"]),
    "entity in a title": (entry("<title>a &amp;nbsp; b</title>", TITLE), ["ContainsHTML"]),
    "number in a title": (entry("<title>a &amp;#8217; b</title>", TITLE), ["ContainsHTML"]),
    "C1 control": (entry("<rights>a\u0080</rights>"), ["BadCharacters"]),
    "replacement": (feed(GOOD, head=HEAD.replace(">Courier<", ">Courier\ufffd<", 1)), ["BadCharacters"]),
    "C1 by number": (entry('<category term="a&#x92;"/>'), ["BadCharacters"]),
    "C1 in a CDATA feed": (feed(GOOD + "<rights><![CDATA[\u0092]]></rights>"), ["BadCharacters"]),
    "xhtml without div": (entry('<content type="xhtml">a</content>'), ["MissingXhtmlDiv"]),
    "script in xhtml": (
        entry(f'<content type="xhtml"><div {XHTML}><script>a</script></div></content>'), ["SecurityRisk"],
    ),
    "script": (html("<p>a</p><SCRIPT>alert(1)</SCRIPT><script>b</script>"), ["SecurityRisk"]),
    "iframe in a summary": (entry('<summary type="html">&lt;iframe></summary>', SUMMARY), ["SecurityRisk"]),
    "onclick": (html('<p onclick="a()">a</p>'), ["SecurityRiskAttr"]),
    "javascript": (html('<a href=" java&#115;cript:alert(1)">a</a>'), ["SecurityRiskAttr"]),
    "style": (html("<p style='position: fixed'>a</p>"), ["DangerousStyleAttr"]),
    "relative image": (html("<img src=/a.png>"), ["ContainsRelRef"]),
    "relative srcset": (html('<img srcset="https://a.example/1 1x, b 2x">'), ["ContainsRelRef"]),
}  # fmt: skip


@pytest.mark.parametrize("name", VALID)
def test_valid(name: str) -> None:
    assert check_atom(VALID[name], location=SELF, now=NOW) == ()


@pytest.mark.parametrize("name", BROKEN)
def test_broken(name: str) -> None:
    data, expected = BROKEN[name]
    assert sorted(codes(data)) == sorted(expected)
    assert codes(data) == codes(data)  # the kept verdict says the same
    for finding in check_atom(data, location=SELF, now=NOW):
        assert finding.line >= 1
        assert finding.column >= 1
        assert finding.message.isprintable()
        assert finding.message.endswith(".")


def test_lines_and_severity() -> None:
    findings = check_atom(feed(GOOD, numbered(2).replace(TITLE, "\n<title/>") + "\n<subject/>"))
    assert [(finding.severity, finding.code, finding.line) for finding in findings] == [
        ("warning", "NotBlank", 4),
        ("error", "UndefinedElement", 5),
    ]
    assert check_atom(b"<feed>\n <a></b></feed>")[0].line == 2


def test_a_verdict_is_not_mistaken_for_that_of_another_feed() -> None:
    authored, orphaned = feed(GOOD), feed(GOOD, head=HEAD.replace("<author><name>Courier</name></author>", ""))
    prefixed = GOOD + "<x:rights>a</x:rights>"
    known = feed(prefixed, attributes=' xmlns:x="http://purl.org/dc/terms/"')
    unknown = feed(prefixed, attributes=' xmlns:x="https://x.example/"')
    for _ in range(2):
        assert codes(authored) == []
        assert codes(orphaned) == ["MissingElement"]
        assert codes(known) == []
        assert codes(unknown) == ["UnknownNamespace", "UnknownNamespace"]


def test_the_same_bytes_under_another_document_type_are_another_entry() -> None:
    raw = feed(GOOD.replace('href="https://news.example/1"', 'href="&e;"'))
    for address, code in (("https://news.example/1", []), ("a b", ["InvalidUriChar"]), ("https://news.example/1", [])):
        declared = f'<!DOCTYPE feed [<!ENTITY e "{address}">]>'.encode() + raw
        assert codes(declared) == ["SAXError", *code]


def test_a_bad_entry_behind_a_hidden_one_is_found() -> None:
    hidden = '<!-- <entry> --><entry xmlns="https://x.example/"/>'
    for _ in range(2):
        assert codes(feed(GOOD, numbered(2).replace(TITLE, ""), head=HEAD + hidden)) == [
            "UnknownNamespace",
            "MissingElement",
        ]


def test_without_now_or_location_nothing_is_compared() -> None:
    late = feed(GOOD, head=HEAD.replace("2026-11-23", "2126-11-23").replace("all.atom", "x.atom"))
    assert check_atom(late) == ()
    assert check_atom(feed(GOOD), now=NOW - timedelta(days=2))


def test_more_entries_than_verdicts_are_kept() -> None:
    moments = (datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=number) for number in range(21_000))
    entries = [numbered(number, moment.isoformat()) for number, moment in enumerate(moments)]
    for _ in range(2):
        assert codes(feed(*entries, numbered(0).replace(TITLE, ""))) == ["MissingElement", "DuplicateEntries"]


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.sampled_from([HEAD, GOOD, "<entry>", "</entry>", "<", "&", "]]>", "<!--", "<title>", '"', "\x00"]),
            max_size=8,
        ).map(lambda parts: feed("".join(parts))),
        st.text(max_size=80).map(
            lambda text: feed(GOOD.replace("A teaser.", text.encode("utf-8", "replace").decode()))
        ),
    )
)
def test_nothing_is_raised(data: bytes) -> None:
    assert all(isinstance(finding, Finding) for finding in check_atom(data, now=NOW))


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(
    "unit", ["<a ", '<a "', "<a '\"", "<p>", "&#", "</b", "&a", "<a href=", 'style="', "<!--", ",  ", " ="]
)
def test_hostile_bodies_cost_linear_time(unit: str) -> None:
    started = time.process_time()
    check_atom(html(unit * (200_000 // len(unit))))
    check_atom(html(f'<a {unit * (100_000 // len(unit))} srcset="{unit * 1000}">'))
    assert time.process_time() - started < 2 * slowness()


@pytest.mark.usefixtures("untraced")
def test_a_hundred_thousand_small_texts() -> None:
    started = time.process_time()
    check_atom(entry("<rights>" + "a&amp;<![CDATA[b]]>" * 100_000 + "</rights>"))
    assert time.process_time() - started < 3 * slowness()
