"""The elements of an item: which of several counts, what stands in for what, and what is left out."""

from __future__ import annotations

import pytest

from feeds.model import Image, Item, Link, Origin
from feeds.sources.feed import parse
from tests.feed_documents import RSS, document

ATOM = "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:own='urn:own'><title>t</title><entry>{}</entry></feed>"
OWN = "<own:a xmlns:own='urn:own'>{}</own:a>"
DC = "xmlns:dc='http://purl.org/dc/elements/1.1/'"


def only(elements: str, feed: str = RSS.format("<item>{}</item>")) -> Item:
    (item,) = parse(document(feed.format(elements))).items
    return item


@pytest.mark.parametrize(
    ("name", "field", "values"),
    [
        ("pubDate", "published", ("2025-02-26", "2025-02-27")),
        ("comments", "comments", ("https://a.example/1", "https://a.example/2")),
        ("guid", "guid", ("one", "two")),
        ("link", "url", ("https://a.example/1", "https://a.example/2")),
        ("description", "summary", ("one", "two")),
        ("rights", "rights", ("one", "two")),
    ],
)
def test_the_last_wins_but_none_that_stands_deeper(name: str, field: str, values: tuple[str, str]) -> None:
    one, two = (f"<{name}>{value}</{name}>" for value in values)
    encoded = (
        "<c:encoded xmlns:c='http://purl.org/rss/1.0/modules/content/'>body</c:encoded>"  # or a second is the body
    )
    wanted = getattr(only(encoded + two), field)
    assert wanted
    assert getattr(only(encoded + one + two), field) == wanted
    assert getattr(only(encoded + OWN.format(one) + two), field) == wanted
    assert getattr(only(encoded + two + OWN.format(one)), field) == wanted
    assert getattr(only(encoded + OWN.format(two)), field) == wanted


def test_the_first_title_wins_unless_it_is_empty_or_deeper() -> None:
    assert only("<title>a</title><title>b</title>").title == "a"
    assert only("<title/><title>b</title>").title == "b"
    assert only(OWN.format("<title>a</title>") + "<title>b</title>").title == "b"
    assert only(f"<title>a</title><dc:title {DC}>b</dc:title>").title == "a"
    media = "<m:title xmlns:m='http://search.yahoo.com/mrss/'>a</m:title>"
    assert [only(media).title, only(media + "<title>b</title>").title] == ["a", "b"]


def test_a_second_description_is_the_body() -> None:
    item = only("<description>one</description><description>two</description>")
    assert (item.summary, item.content) == ("one", "<p>two</p>")
    assert only("<summary>one</summary><summary>two</summary>", ATOM).content == "<p>two</p>"


def test_an_abstract_is_a_summary() -> None:
    assert only("<abstract>one</abstract>").summary == "<p>one</p>"


def test_a_body_of_xhtml_is_one() -> None:
    item = only("<body xmlns='http://www.w3.org/1999/xhtml'><p>one</p></body>")
    assert (item.summary, item.content) == ("", "<p>one</p>")


@pytest.mark.parametrize(
    ("said", "permanent", "url"),
    [
        ("", None, "https://a.example/1"),
        (" isPermaLink='true'", True, "https://a.example/1"),
        (" ispermalink='false'", False, None),
        (" isPermaLink='nonsense'", False, None),
    ],
)
def test_a_guid_says_whether_it_is_an_address(said: str, permanent: bool | None, url: str | None) -> None:
    item = only(f"<guid{said}>https://a.example/1</guid>")
    assert (item.guid_is_link, item.url) == (permanent, url)


def test_an_empty_guid_is_none_and_stands_in_for_nothing() -> None:
    item = only("<guid/><guid isPermaLink='true'/>")
    assert (item.guid, item.url, item.guid_is_link) == (None, None, True)


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("<author>a@a.example (Ann)</author>", ("Ann",)),
        (f"<dc:creator {DC}>Ann</dc:creator><author>Bob</author>", ("Ann", "Bob")),
        ("<author><name>Ann</name><email>a@a.example</email></author>", ("Ann",)),
        ("<author><own:b xmlns:own='urn:b'><name>Ann</name></own:b></author>", ("Ann",)),
        ("<author><email>a@a.example</email></author>", ()),
        ("<author/>", ()),
        ("<contributor><name>Ann</name></contributor>", ()),
    ],
)
def test_authors_are_names(author: str, names: tuple[str, ...]) -> None:
    assert only(author).authors == names


@pytest.mark.parametrize(
    ("elements", "names"),
    [
        ("<category>a</category><category>a</category><category>b</category>", ("a", "b")),
        ("<category domain='d'/><category>a</category>", ("a",)),
        ("<category term='t' label='l'>a</category>", ("l", "a")),
        ("<category/>", ()),
        ("<tags>a, b,,</tags>", ("a", "b")),
        ("<category scheme='https://x.example/ns/access/' term='premium'/>", ()),
        ("<m:category xmlns:m='http://search.yahoo.com/mrss/' label='l'>a</m:category>", ("l",)),
    ],
)
def test_categories_are_names_each_once(elements: str, names: tuple[str, ...]) -> None:
    assert only(elements).categories == names


def test_a_source_is_where_an_item_was_taken_from() -> None:
    assert only("<source url='https://w.example/f'>Wire &amp;amp; Co</source>").source == Origin(
        "Wire & Co", "https://w.example/f"
    )
    atom = "<title>own</title><source><id>https://w.example/</id><title>Wire</title></source>"
    item = only(atom, ATOM)
    assert (item.title, item.label, item.source) == ("own", "Wire", Origin("Wire", "https://w.example/"))
    assert only("<source/>").source is None


def test_links_are_all_but_the_items_own_and_the_enclosures() -> None:
    links = (
        "<link href='/1'/><link href='/1' type='text/html'/>"
        "<link rel='Via' href='/2' hreflang='de' title='t' length='3'/>"
        "<link rel='via' href='/2' hreflang='de' title='t' length='3'/><link rel='self'/><link rel='x' href='urn:1'/>"
        "<link rel='enclosure' href='/3' length='x'/><link rel='alternate' type='APPLICATION/PDF' href='/4'/>"
        "<link href=''/><link rel='alternate'>/1</link>"
    )
    item = only(links, ATOM)
    assert item.url == "https://news.example/1"
    assert item.links == (
        Link("https://news.example/2", "via", None, 3, "t", "de"),
        Link("https://news.example/4", "alternate", "application/pdf"),
    )
    assert [one.url for one in item.enclosures] == ["https://news.example/3"]


def test_a_picture_in_an_item_is_a_picture_and_its_caption_no_title() -> None:
    assert only("<image><url>/i.png</url><title>t</title></image>").images == (Image("https://news.example/i.png"),)
    assert only("<image>https://a.example/i.png</image><image/>").images == (Image("https://a.example/i.png"),)
    assert only("<image><title>t</title></image>").title == ""


def test_an_item_in_an_item_is_another_one() -> None:
    items = parse(
        document(RSS.format("<item><title>a</title><item><title>b</title></item><link>/1</link></item>"))
    ).items
    assert [(item.title, item.url) for item in items] == [("a", "https://news.example/1"), ("b", None)]


def test_prices_and_the_access_of_news_sitemaps() -> None:
    news = "<news:access xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'>Subscription</news:access>"
    media = "xmlns:media='http://search.yahoo.com/mrss/'"
    prices = f"<media:price {media} type='rent' price='2.99'/><media:price {media} price='19.99' currency='EUR'/>"
    assert [(one.signal, one.value) for one in only(news + prices).evidence] == [
        ("media:price", "19.99"),
        ("news:access", "Subscription"),
    ]
    assert only(f"<media:price {media}>2</media:price>").evidence == ()


def test_only_said_gates_are_evidence() -> None:
    gates = (
        "<s:isAccessibleForFree xmlns:s='https://schema.org/'/>"
        "<x:isAccessibleForFree xmlns:x='urn:x'>no</x:isAccessibleForFree>"
    )
    assert [(one.signal, one.value) for one in only(gates).evidence] == [("isAccessibleForFree", "no")]
