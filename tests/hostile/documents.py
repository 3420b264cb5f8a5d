"""Documents that keep parsers busy, blow up, reach for files and addresses, or are no feeds at all.

Each is a function from nothing to bytes, for some are large. `EXPECTED` says what the parser makes of it: a number of
items, or a word of the reason for which it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

SECRET = Path(__file__).resolve()
"""A file that no document may read: itself, by its address."""

_HEAD = "<rss version='2.0'><channel><title>t</title>"
_TAIL = "</channel></rss>"
_ITEM = "<item><title>one</title><link>https://h.example/1</link></item>"


def _rss(items: str, doctype: str = "") -> bytes:
    return f"{doctype}{_HEAD}{items}{_TAIL}".encode()


def billion_laughs() -> bytes:
    """Entities in entities: 3 GB from 1 kB."""
    lines = [f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10)]
    return _rss("<item><title>&a9;</title></item>", f"<!DOCTYPE rss [<!ENTITY a0 'ha'>{''.join(lines)}]>")


def quadratic_blowup() -> bytes:
    """One long entity, many times."""
    entity = f"<!DOCTYPE rss [<!ENTITY a '{'a' * 100_000}'>]>"
    return _rss(f"<item><title>{'&a;' * 20_000}</title></item>", entity)


def xxe_file() -> bytes:
    """An entity that is a local file."""
    return _rss("<item><title>&x;</title></item>", f"<!DOCTYPE rss [<!ENTITY x SYSTEM '{SECRET.as_uri()}'>]>")


def xxe_http() -> bytes:
    """An entity that is an address."""
    return _rss("<item><title>&x;</title></item>", "<!DOCTYPE rss [<!ENTITY x SYSTEM 'http://127.0.0.1:9/x'>]>")


def xxe_parameter() -> bytes:
    """A parameter entity that loads more of a document type."""
    doctype = f"<!DOCTYPE rss [<!ENTITY % x SYSTEM '{SECRET.as_uri()}'> %x;]>"
    return _rss("<item><title>one</title></item>", doctype)


def external_subset() -> bytes:
    """A document type that is a local file."""
    return _rss("<item><title>one</title></item>", f"<!DOCTYPE rss SYSTEM '{SECRET.as_uri()}'>")


def xinclude() -> bytes:
    """An element that stands for a local file."""
    include = f"<x:include xmlns:x='http://www.w3.org/2001/XInclude' parse='text' href='{SECRET.as_uri()}'/>"
    return _rss(f"<item><title>one {include}</title></item>")


def depth_10k() -> bytes:
    """Elements in elements."""
    return _rss("<a>" * 10_000 + "</a>" * 10_000)


def depth_100k() -> bytes:
    """Elements in elements, 700 kB."""
    return _rss("<a>" * 100_000 + "</a>" * 100_000)


def depth_unclosed() -> bytes:
    """Elements that nobody closes."""
    return _rss("<a>" * 100_000)


def html_100k_deep() -> bytes:
    """A body of HTML in CDATA, nested 100,000 levels deep."""
    body = "<div>" * 100_000 + "</div>" * 100_000
    return _rss(f"<item><title>one</title><description><![CDATA[{body}]]></description></item>")


def html_100k_deep_with_base() -> bytes:
    """The same with links to resolve."""
    feed = "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://h.example/'><entry><title>one</title>"
    body = "<a href='x'>" * 60_000
    return f"{feed}<content type='html'><![CDATA[{body}]]></content></entry></feed>".encode()


def attributes_16k() -> bytes:
    """A start tag of 16,000 attributes."""
    return _rss("<item " + " ".join(f"a{n}=''" for n in range(16_000)) + "/>")


def attributes_100k() -> bytes:
    """A start tag of 100,000 attributes."""
    return _rss("<item " + " ".join(f"a{n}=''" for n in range(100_000)) + "/>")


def namespaces_4k() -> bytes:
    """A start tag of 4,000 namespaces."""
    return _rss("<item " + " ".join(f"xmlns:a{n}='u{n}'" for n in range(4000)) + "/>")


def namespaces_20k() -> bytes:
    """A start tag of 20,000 namespaces."""
    return _rss("<item " + " ".join(f"xmlns:a{n}='u{n}'" for n in range(20_000)) + "/>")


def namespaces_each() -> bytes:
    """One namespace more in each of 4,000 elements."""
    return _rss("".join(f"<item xmlns:a{n}='u{n}'/>" for n in range(4000)))


def items_60k() -> bytes:
    """60,000 items."""
    return _rss(_ITEM * 60_000)


def items_60k_malformed() -> bytes:
    """60,000 items and an end tag too many."""
    return _rss(_ITEM * 60_000 + "</b>")


def items_200k() -> bytes:
    """200,000 items."""
    return _rss(_ITEM * 200_000)


def items_200k_malformed() -> bytes:
    """200,000 items and an end tag too many."""
    return _rss(_ITEM * 200_000 + "</b>")


def elements_2_million() -> bytes:
    """9.6 MB of elements that hold nothing."""
    return _rss(f"<item>{'<a/>' * 2_400_000}</item>")


def objects_3_million() -> bytes:
    """9.6 MB of objects that hold nothing."""
    head = b'{"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": ['
    return head + b"{}," * 3_200_000 + b"{}]}"


def left_open() -> bytes:
    """A link of 60 kB that is left open before 160,000 paragraphs, each of which opens it again."""
    body = f"<p>one<a href='https://h.example/{'a' * 60_000}'>{'<p>' * 160_000}"
    return _rss(f"<item><title>one</title><description><![CDATA[{body}]]></description></item>")


def left_open_in_disguise() -> bytes:
    """The same, with a "<" in a quoted value before the address."""
    body = f"<p>one<a title='<' href='https://h.example/{'a' * 60_000}'>{'<p>x' * 160_000}"
    return _rss(f"<item><title>one</title><description><![CDATA[{body}]]></description></item>")


def ampersands_9_mb() -> bytes:
    """Ten bodies of 900,000 ampersands, each of which needs five characters in HTML."""
    body = "&" * 900_000
    items = (f"<item><title>{n}</title><description><![CDATA[{body}]]></description></item>" for n in range(10))
    return _rss("".join(items))


def text_12_mb() -> bytes:
    """One text of 12 MB."""
    return _rss(f"<item><title>one</title><description>{'x' * 12_000_000}</description></item>")


def title_10_mb() -> bytes:
    """One title of nearly 10 MB: the most that strict parsers read."""
    return _rss(f"<item><title>{'word ' * 1_990_000}</title></item>")


def comment_unfinished() -> bytes:
    """A comment of 10 MB that does not end."""
    return _rss(f"{_ITEM}<!-- {'x' * 10_000_000}")


def comment_unfinished_dashes() -> bytes:
    """A comment that nearly ends, again and again."""
    return _rss(f"{_ITEM}<!-- {'- -' * 500_000}")


def control_characters() -> bytes:
    """NUL and other characters that XML forbids."""
    return _rss("<item><title>o\x00n\x01e\x0b\x1f</title><link>https://h.example/1</link></item>")


def reference_surrogate() -> bytes:
    """References to characters that do not exist: feedparser raises for them."""
    return _rss("<item><title>one &#xD800; &#x110000; &#xFFFFFFFF; &#0;</title></item>")


def reference_too_long() -> bytes:
    """The same with more digits than anybody needs."""
    return _rss("<item><br><title>one &#x00000000D800;</title></item>")


def latin1_said_utf8() -> bytes:
    """Latin-1 that says it is UTF-8."""
    text = f"<?xml version='1.0' encoding='utf-8'?>{_HEAD}<item><title>Café één</title></item>{_TAIL}"
    return text.encode("latin-1")


def cp1251_and_utf8() -> bytes:
    """One item in windows-1251, the others in UTF-8."""
    utf8 = "<item><title>Навіны з Мінска</title></item>" * 60
    return _rss(utf8).replace(b"</channel>", "<item><title>Новости</title></item></channel>".encode("cp1251"))


def utf16_said_utf8() -> bytes:
    """UTF-16 that says it is UTF-8."""
    return f"<?xml version='1.0' encoding='utf-8'?>{_HEAD}{_ITEM}{_TAIL}".encode("utf-16-le")


def utf7() -> bytes:
    """UTF-7, in which markup hides."""
    return b"<?xml version='1.0' encoding='utf-7'?>" + _rss("<item><title>+ADw-script+AD4-</title></item>")


def ebcdic() -> bytes:
    """EBCDIC."""
    return f"<?xml version='1.0' encoding='cp037'?>{_HEAD}{_ITEM}{_TAIL}".encode("cp037")


def truncated() -> bytes:
    """The first half of a feed."""
    return _rss(_ITEM * 4)[:-120]


def truncated_in_cdata() -> bytes:
    """A feed that ends in the middle of a body."""
    return _rss(f"{_ITEM}<item><description><![CDATA[<p>x</p>")[: -len(_TAIL)]


def empty() -> bytes:
    """Nothing."""
    return b""


def blank() -> bytes:
    """Nothing but a byte order mark and blanks."""
    return b"\xef\xbb\xbf \r\n\t"


def captcha() -> bytes:
    """A page that asks whether one is human."""
    return (
        b"<!DOCTYPE html><html lang=en><head><title>Just a moment...</title><meta http-equiv=refresh content=390>"
        b"</head><body><h1>Checking your browser</h1><script>var a='<rss><channel>';</script></body></html>"
    )


def captcha_xhtml() -> bytes:
    """The same, well-formed."""
    return (
        b"<html xmlns='http://www.w3.org/1999/xhtml'><head><title>Wait</title></head><body><p>Human?</p></body></html>"
    )


def dates_50_kb() -> bytes:
    """Dates of 50 kB that patterns would backtrack in."""
    dates = ["1" * 50_000, "Mon, " * 10_000, "2025-" * 10_000, " " * 49_000 + "2025", "2025-01-01T" + "0:" * 25_000]
    return _rss("".join(f"<item><title>one</title><pubDate>{date}</pubDate></item>" for date in dates))


def authors_50_kb() -> bytes:
    """Authors of 50 kB that the pattern for addresses would backtrack in."""
    names = ["a" * 50_000 + "@", "a@" * 25_000, "a@" + "b." * 25_000]
    return _rss("".join(f"<item><title>one</title><author>{name}</author></item>" for name in names))


def categories_100k() -> bytes:
    """An item in 100,000 categories."""
    return _rss(f"<item><title>one</title>{''.join(f'<category>c{n}</category>' for n in range(100_000))}</item>")


def categories_100k_malformed() -> bytes:
    """The same in a document that is not well-formed."""
    return _rss(f"<item><title>one</b></title>{''.join(f'<category>c{n}</category>' for n in range(50_000))}</item>")


def enclosures_50k() -> bytes:
    """An item with 50,000 enclosures."""
    one = "<enclosure url='https://h.example/{}.mp3' type='audio/mpeg' length='1'/>"
    return _rss(f"<item><title>one</title>{''.join(one.format(n) for n in range(50_000))}</item>")


def base_chain() -> bytes:
    """A base in each of 200 elements around an item, each longer than the one before."""
    open_tags = "".join(f"<a xml:base='{'d/' * n}'>" for n in range(200))
    return _rss(open_tags + "<item><title>one</title><link>x</link></item>" + "</a>" * 200)


def poison_cdata_end() -> bytes:
    """The end of a CDATA section where none began."""
    return _rss("<item><title>one ]]> two</title><description>]]&gt;]]&gt;</description></item>")


def poison_markup() -> bytes:
    """Scripts in every field."""
    script = "&lt;script&gt;alert(1)&lt;/script&gt;"
    return _rss(
        f"<item><title>{script}</title><link>javascript:alert(1)</link><guid>data:text/html,x</guid>"
        f"<author>{script}</author><category>{script}</category><enclosure url='javascript:x' type='a' length='-1'/>"
        f"<comments>vbscript:x</comments><description>{script}</description></item>"
    )


DOCUMENTS: dict[str, Callable[[], bytes]] = {
    function.__name__: function
    for function in (
        billion_laughs, quadratic_blowup, xxe_file, xxe_http, xxe_parameter, external_subset, xinclude, depth_10k,
        depth_100k, depth_unclosed, html_100k_deep, html_100k_deep_with_base, attributes_16k, attributes_100k,
        namespaces_4k, namespaces_20k, namespaces_each, items_60k, items_60k_malformed, items_200k,
        items_200k_malformed, elements_2_million, objects_3_million, left_open,
        left_open_in_disguise, ampersands_9_mb, text_12_mb, title_10_mb,
        comment_unfinished, comment_unfinished_dashes, control_characters, reference_surrogate, reference_too_long,
        latin1_said_utf8, cp1251_and_utf8, utf16_said_utf8, utf7, ebcdic, truncated, truncated_in_cdata, empty, blank,
        captcha, captcha_xhtml, dates_50_kb, authors_50_kb, categories_100k, categories_100k_malformed, enclosures_50k,
        base_chain, poison_cdata_end, poison_markup,
    )
}  # fmt: skip
"""Name -> what makes the document."""

EXPECTED: dict[str, int | str] = {
    "billion_laughs": "entities of its own",
    "quadratic_blowup": "entities of its own",
    "xxe_file": "entities of its own",
    "xxe_http": "entities of its own",
    "xxe_parameter": "entities of its own",
    "external_subset": 1,
    "xinclude": 1,
    "depth_10k": "depth",
    "depth_100k": "depth",
    "depth_unclosed": "depth",
    "html_100k_deep": 1,
    "html_100k_deep_with_base": 1,
    "attributes_16k": "a start tag of",
    "attributes_100k": "a start tag of",
    "namespaces_4k": "a start tag of",
    "namespaces_20k": "a start tag of",
    "namespaces_each": 4000,
    "items_60k": 5000,
    "items_60k_malformed": 5000,
    "items_200k": "more than 630,003 tags",
    "items_200k_malformed": "more than 630,003 tags",
    "elements_2_million": "more than 500,000 tags",
    "objects_3_million": "more than 500,000 tags or values",
    "left_open": 1,
    "left_open_in_disguise": 1,
    "ampersands_9_mb": 10,
    "text_12_mb": "too long",
    "title_10_mb": 1,
    "comment_unfinished": "cut short",
    "comment_unfinished_dashes": "cut short",
    "control_characters": 1,
    "reference_surrogate": 1,
    "reference_too_long": "UnicodeEncodeError",
    "latin1_said_utf8": 1,
    "cp1251_and_utf8": 61,
    "utf16_said_utf8": 1,
    "utf7": 1,
    "ebcdic": "no text",
    "truncated": "cut short",
    "truncated_in_cdata": "cut short",
    "empty": "empty",
    "blank": "empty",
    "captcha": "HTML page",
    "captcha_xhtml": "HTML page",
    "dates_50_kb": 5,
    "authors_50_kb": 3,
    "categories_100k": 1,
    "categories_100k_malformed": 1,
    "enclosures_50k": 1,
    "base_chain": 1,
    "poison_cdata_end": 1,
    "poison_markup": 1,
}
"""Name -> how many items come out, or a word of the reason for which none does."""
