"""The elements of an item.

The meaning is feedparser's: an element counts wherever it stands; the last of its name wins, but none that stands
deeper than one before; of titles the first wins. `tests/differential.py` compares the two.
"""

from __future__ import annotations

from lxml import etree

from feeds.sources.fields import author_name
from feeds.sources.markup import HTML, TEXT, TEXTUAL, XHTML, attributes
from feeds.sources.names import RDF, key_of
from feeds.sources.reader import Entry, EntryHandler, Reader
from feeds.sources.said import Tag, Words

_RESOURCE = f"{{{RDF}}}resource"
_ITUNES = "http://www.itunes.com/"
_MEDIA_CATEGORY = "http://search.yahoo.com/mrss/category_schema"


def of_entry(key: str) -> EntryHandler:
    """What is done with an element of this key: what nobody knows may hold what somebody does."""
    return _free if key.endswith(":isaccessibleforfree") else _ENTRY.get(key, _unknown)


def _unknown(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    if len(element):
        reader.walk(entry, element, depth + 1)


def _nothing(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    pass


def _inner_entry(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    reader.of_feed("item")(reader, element, depth)


def _title(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    words = reader.words(element, TEXT)
    if not -1 < entry.title_depth <= depth and entry.keeps("title", depth):
        entry.title = words
        if reader.has_lang:
            entry.language = (reader.language(element) or "").replace("_", "-")
    if words.value:
        entry.title_depth = depth


def _media_title(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    title_depth = entry.title_depth
    _title(reader, entry, element, depth)
    entry.title_depth = title_depth


def _link(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    link, own = reader.link(element)
    entry.links.append(link)
    if own and entry.keeps("link", depth):
        entry.link = own


def _guid(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    said = attributes(element).get("ispermalink") if element.attrib else None
    text = reader.text(element)
    stands = said is None or said == "true"
    if stands and text:
        text = reader.address(element, text)
        entry.stand_in = entry.stand_in or text
    if entry.keeps("guid", depth):
        entry.guid, entry.permanent = text, None if said is None else said == "true"


def _kept(name: str) -> EntryHandler:
    def keep(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
        if entry.keeps(name, depth):
            setattr(entry, name, reader.text(element))

    return keep


def _comments(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    if entry.keeps("comments", depth):
        entry.comments = reader.text_address(element)


def _body(default: str) -> EntryHandler:
    def body(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
        words = reader.words(element, default)
        entry.contents.append(words)
        entry.has_summary = entry.has_summary or words.kind in TEXTUAL
        # The body of XHTML in RSS says nothing about whether a description is one (feedparser).
        entry.has_content = entry.has_content or default != XHTML

    return body


_content = _body(TEXT)


def _summary(default: str) -> EntryHandler:
    def summary(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
        """A second summary without a body in between is the body."""
        if entry.has_summary and not entry.has_content:
            _content(reader, entry, element, depth)
        else:
            _abstract(reader, entry, element, depth, default)

    return summary


def _abstract(reader: Reader, entry: Entry, element: etree._Element, depth: int, default: str = TEXT) -> None:
    entry.has_summary = True
    if entry.keeps("summary", depth):
        entry.summary = reader.words(element, default)


def _rights(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    if entry.keeps("rights", depth):
        entry.rights = reader.words(element, TEXT)


def _author(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    names = [one for one in element.iterdescendants() if key_of(one) in ("name", "itunes:name")] if len(element) else ()
    name = reader.text(names[-1]) if names else author_name(reader.text(element))
    if name:
        entry.authors.append(name)


def _source(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    inner = Entry()
    reader.walk(inner, element, depth + 1)
    text = reader.text(element)
    address = attributes(element).get("url") or inner.link or inner.stand_in
    entry.source = Words(HTML, text) if text else inner.title, address
    entry.title_depth = -1


def _category(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    if not element.attrib and (not entry.tags or entry.tags[-1].term):
        term = reader.text(element)
        if term:
            entry.add_tag(Tag(term))
        return
    said = attributes(element).get
    _tagged(reader, entry, element, Tag(said("term"), said("scheme", said("domain")), said("label")))


def _media_category(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    found = attributes(element)
    scheme = found.get("scheme", found.get("domain", _MEDIA_CATEGORY))
    _tagged(reader, entry, element, Tag(found.get("term"), scheme, found.get("label")))


def _itunes_category(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    _tagged(reader, entry, element, Tag(attributes(element).get("text"), _ITUNES))
    reader.walk(entry, element, depth + 1)


def _tagged(reader: Reader, entry: Entry, element: etree._Element, tag: Tag) -> None:
    """Adds the category that the attributes say; the text is its term where they say none, else another category."""
    entry.add_tag(tag)
    term = reader.text(element)
    if not term:
        return
    last = entry.tags[-1] if entry.tags else None
    if last is not None and not last.term:
        entry.known.discard(last)
        entry.tags[-1] = last._replace(term=term)
        entry.known.add(entry.tags[-1])
    else:
        entry.add_tag(Tag(term))


def _keywords(scheme: str | None) -> EntryHandler:
    def keywords(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
        for term in reader.text(element).split(","):
            if term.strip():
                entry.add_tag(Tag(term.strip(), scheme))

    return keywords


def _enclosure(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    found = attributes(element)
    href = found.get("url", found.get("uri", found.get("href", "")))
    entry.links.append({**found, "href": href, "rel": "enclosure", "type": found.get("type", "").lower()})


def _license(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    entry.links.append({"rel": "license", "href": element.get(_RESOURCE) or reader.text(element)})


def _media_content(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    found = attributes(element)
    entry.media.append({**found, "type": found.get("type", "").lower()})
    reader.walk(entry, element, depth + 1)


def _thumbnail(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    found = attributes(element)
    if "url" not in found:
        found["url"] = reader.text(element)
    entry.pictures.append(found)


def _itunes_image(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    found = attributes(element)
    entry.pictures.append({"url": found.get("href") or found.get("url") or ""})


def _image(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    """RSS has pictures of feeds only; publishers put them into items as well, with an address inside or as the text."""
    inside = [reader.text(child) for child in element if key_of(child) == "url"]
    entry.pictures.append({"url": inside[0] if inside else reader.text(element)})


def _access_rights(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    _gate(reader, entry, element, "dcterms:accessRights")


def _free(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    _gate(reader, entry, element, "isAccessibleForFree")


def _news_access(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    _gate(reader, entry, element, "news:access")


def _price(reader: Reader, entry: Entry, element: etree._Element, depth: int) -> None:
    """What a part of the item costs; the last one counts."""
    said = attributes(element)
    if value := said.get("type") or said.get("price"):
        entry.gates = [*(gate for gate in entry.gates if gate[0] != "media:price"), ("media:price", value)]


def _gate(reader: Reader, entry: Entry, element: etree._Element, name: str) -> None:
    text = reader.text(element)
    if text:
        entry.gates.append((name, text))


_ENTRY: dict[str, EntryHandler] = {
    "item": _inner_entry,
    "entry": _inner_entry,
    "title": _title,
    "dc:title": _title,
    "media:title": _media_title,
    "link": _link,
    "guid": _guid,
    "id": _guid,
    **dict.fromkeys(("published", "issued", "pubdate", "dcterms:issued"), _kept("published")),
    **dict.fromkeys(("updated", "modified", "lastbuilddate", "dc:date", "dcterms:modified"), _kept("updated")),
    **dict.fromkeys(("description", "dc:description", "media:description"), _summary(HTML)),
    "abstract": _abstract,
    **dict.fromkeys(("summary", "itunes:summary"), _summary(TEXT)),
    "content": _content,
    **dict.fromkeys(("content:encoded", "fullitem"), _body(HTML)),
    **dict.fromkeys(("body", "xhtml:body"), _body(XHTML)),
    **dict.fromkeys(("subtitle", "tagline", "itunes:subtitle", "info", "feedburner:browserfriendly"), _nothing),
    **dict.fromkeys(("rights", "copyright", "dc:rights"), _rights),
    **dict.fromkeys(("author", "managingeditor", "dc:author", "dc:creator", "itunes:author"), _author),
    **dict.fromkeys(("contributor", "dc:contributor", "textinput", "itunes:owner"), _nothing),
    "source": _source,
    **dict.fromkeys(("category", "keywords", "dc:subject"), _category),
    "media:category": _media_category,
    "itunes:category": _itunes_category,
    "itunes:keywords": _keywords(_ITUNES),
    **dict.fromkeys(("media:keywords", "tags"), _keywords(None)),
    "comments": _comments,
    "enclosure": _enclosure,
    **dict.fromkeys(("cc:license", "creativecommons:license"), _license),
    "media:content": _media_content,
    "media:thumbnail": _thumbnail,
    **dict.fromkeys(("itunes:image", "itunes:link"), _itunes_image),
    "image": _image,
    "itunes:duration": _kept("duration"),
    **dict.fromkeys(("itunes:season", "podcast:season"), _kept("season")),
    **dict.fromkeys(("itunes:episode", "podcast:episode"), _kept("number")),
    "itunes:episodetype": _kept("kind"),
    "itunes:explicit": _kept("explicit"),
    "dcterms:accessrights": _access_rights,
    "news:access": _news_access,
    "media:price": _price,
}
"""Key -> what is done with such an element of an item."""
