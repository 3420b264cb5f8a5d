"""The elements of a feed itself: RSS's channel, Atom's feed, RDF's channel beside its items."""

from __future__ import annotations

from lxml import etree

from feeds.sources.entries import of_entry
from feeds.sources.markup import TEXT
from feeds.sources.names import RDF, key_of
from feeds.sources.reader import Entry, FeedHandler, Reader
from feeds.sources.shape import MAX_ITEMS

_ABOUT = f"{{{RDF}}}about"


def read_tree(root: etree._Element, *, has_base: bool, has_lang: bool, resolves: bool) -> Reader:
    """Reads a whole document; see `Reader` for the arguments and for what comes of it."""
    reader = Reader(root, of_feed, of_entry, has_base=has_base, has_lang=has_lang, resolves=resolves)
    if has_lang and not key_of(root).startswith("rdf"):
        reader.channel.language = (reader.language(root) or "").replace("_", "-")
    reader.walk_feed(root, 0)
    return reader


def of_feed(key: str) -> FeedHandler:
    """What is done with an element of this key: what nobody knows may hold items."""
    return _FEED.get(key, _descend)


def _descend(reader: Reader, element: etree._Element, depth: int) -> None:
    if len(element):
        reader.walk_feed(element, depth + 1)


def _channel(reader: Reader, element: etree._Element, depth: int) -> None:
    reader.has_channel = reader.inside = True
    reader.walk_feed(element, depth + 1)
    reader.inside = reader.is_atom


def _entry(reader: Reader, element: etree._Element, depth: int) -> None:
    reader.count += 1
    reader.title_depth = -1
    if reader.count > MAX_ITEMS:
        return
    entry = Entry()
    reader.entries.append(entry)
    if element.attrib:
        entry.guid = element.get(_ABOUT)
    reader.walk(entry, element, 0)


def _aside(reader: Reader, element: etree._Element, depth: int) -> None:
    """A picture or a text box of the feed: what it says is not the feed's, but the feed's title may follow it."""
    reader.title_depth = -1


def _ignored(reader: Reader, element: etree._Element, depth: int) -> None:
    pass


def _feed_title(reader: Reader, element: etree._Element, depth: int) -> None:
    if reader.inside:
        words = reader.words(element, TEXT)
        if not -1 < reader.title_depth <= depth:
            reader.channel.title = words
        if words.value:
            reader.title_depth = depth


def _feed_link(reader: Reader, element: etree._Element, depth: int) -> None:
    if reader.inside:
        link, own = reader.link(element)
        reader.channel.links.append(link)
        if own:
            reader.channel.link = own


def _feed_id(reader: Reader, element: etree._Element, depth: int) -> None:
    if reader.inside and not reader.channel.link:
        reader.channel.link = reader.text_address(element)


def _feed_language(reader: Reader, element: etree._Element, depth: int) -> None:
    if reader.inside:
        reader.channel.language = reader.text(element)


def _kept_by_feed(name: str) -> FeedHandler:
    def keep(reader: Reader, element: etree._Element, depth: int) -> None:
        if reader.inside:
            setattr(reader.channel, name, reader.text(element))

    return keep


def _hours(reader: Reader, element: etree._Element, depth: int) -> None:
    reader.channel.hours += [reader.text(child) for child in element if key_of(child) == "hour"]


def _days(reader: Reader, element: etree._Element, depth: int) -> None:
    reader.channel.days += [reader.text(child) for child in element if key_of(child) == "day"]


_FEED: dict[str, FeedHandler] = {
    "channel": _channel,
    "item": _entry,
    "entry": _entry,
    "title": _feed_title,
    "dc:title": _feed_title,
    "link": _feed_link,
    "id": _feed_id,
    "guid": _feed_id,
    "language": _feed_language,
    "dc:language": _feed_language,
    "ttl": _kept_by_feed("ttl"),
    "sy:updateperiod": _kept_by_feed("period"),
    "sy:updatefrequency": _kept_by_feed("frequency"),
    "skiphours": _hours,
    "skipdays": _days,
    "image": _aside,
    "textinput": _aside,
    "source": _aside,
    **dict.fromkeys(
        (
            "author contributor rdf:seq description dc:description subtitle tagline summary abstract info rights"
            " dc:rights copyright content content:encoded itunes:owner itunes:summary itunes:subtitle"
        ).split(),
        _ignored,
    ),
}
"""Key -> what is done with such an element of a feed."""
