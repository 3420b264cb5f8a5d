"""Extension elements by where they may stand: anywhere, in channels and feeds, in items and entries.

Sources: Dublin Core, the RSS 1.0 modules, RFC 4685, RFC 5005, RFC 5023, GeoRSS, OpenSearch, the RSS Board's list.
"""

from __future__ import annotations

from lxml import etree

from feeds.validate import dates, values
from feeds.validate.anywhere import EVERYWHERE, RDF_RESOURCE, RESOURCE, WHOLE_POSITIVE
from feeds.validate.feedsync import SHARING, SYNC
from feeds.validate.googlebase import GOOGLE_BASE
from feeds.validate.grammar import Attributes, Family, Place, Rule, Scene
from feeds.validate.media import MEDIA, MEDIA_CONTENT, MEDIA_GROUP
from feeds.validate.podcast import PODCAST_CHANNEL, PODCAST_ITEM
from feeds.validate.rules import Note
from feeds.validate.shapes import ANYTHING, container, leaf
from feeds.validate.values import full_link, non_negative, positive

_ADDRESS = leaf(full_link)
_TEXT = leaf()
_MANY_TEXTS = leaf(once="")

_LINK_MODULE = "{http://purl.org/rss/1.0/modules/link/}"


def _link_type(value: str) -> Note | None:
    return full_link(value) if ":" in value else values.media_type(value)


_ANYWHERE_IN_FEEDS: Place = {
    **EVERYWHERE,
    **MEDIA,
    "taxo:topics": ANYTHING,
    "l:link": leaf(
        attributes={
            RDF_RESOURCE: values.link,
            "{http://purl.org/dc/elements/1.1/}title": None,
            _LINK_MODULE + "lang": values.language,
            _LINK_MODULE + "rel": full_link,
            _LINK_MODULE + "type": _link_type,
            _LINK_MODULE + "title": None,
        },
        required=(_LINK_MODULE + "rel",),
        once="",
    ),
}


def _comment_rss(scene: Scene, element: etree._Element) -> None:
    scene.note(element, "CommentRSS", f"there is {scene.spelt(element)}")
    _ADDRESS.look(scene, element)


def _children(scene: Scene, element: etree._Element) -> None:
    if scene.family is not Family.RDF:
        scene.note(element, "UndefinedElement", f"{scene.spelt(element)} is an element of RSS 1.0 alone")
    scene.eaten(element)


IN_REPLY_TO = leaf(
    attributes={"href": values.iri, "ref": values.full_iri, "source": values.iri, "type": values.media_type}, once=""
)
_RSS_ADDRESSES = ("wfw:comment", "wfw:commentRss", "ag:sourceURL", "feedburner:awareness", "feedburner:origLink")

ITEM: Place = {
    **_ANYWHERE_IN_FEEDS,
    **GOOGLE_BASE,
    **PODCAST_ITEM,
    **dict.fromkeys((*_RSS_ADDRESSES, "feedburner:origEnclosureLink"), _ADDRESS),
    "wfw:commentRSS": Rule(_comment_rss),
    "annotate:reference": RESOURCE._replace(once="DuplicateElement"),
    "ag:source": _TEXT,
    "ag:timestamp": leaf(date=dates.iso8601),
    "ev:startdate": leaf(date=dates.unbounded_iso8601),
    "ev:enddate": leaf(date=dates.unbounded_iso8601),
    "ev:location": ANYTHING,
    "ev:organizer": ANYTHING,
    "ev:type": _TEXT,
    "foaf:maker": ANYTHING,
    "foaf:primaryTopic": ANYTHING,
    "slash:comments": leaf(non_negative),
    "slash:section": _MANY_TEXTS,
    "slash:department": _MANY_TEXTS,
    "slash:hit_parade": leaf(values.matching(r"[0-9]+(,\s*[0-9]+)*+", "InvalidCommaSeparatedIntegers")),
    "thr:children": Rule(_children, ""),
    "thr:total": leaf(non_negative),
    "thr:in-reply-to": IN_REPLY_TO,
    **{f"wiki:{name}": _MANY_TEXTS for name in ("diff", "history", "importance", "status", "version")},
    "media:group": MEDIA_GROUP,
    "media:content": MEDIA_CONTENT,
    "sx:sync": SYNC,
    "conversationsNetwork:introMilliseconds": leaf(non_negative),
    "conversationsNetwork:image": leaf(values.web_address),
    "conversationsNetwork:ratingAverage": leaf(values.decimal),
    "conversationsNetwork:ratingCount": leaf(non_negative),
    "conversationsNetwork:ratingIndividual": leaf(positive),
    "conversationsNetwork:ratingTimestamp": leaf(date=dates.iso8601),
}  # fmt: skip

_ROBOTS = values.one_of(
    "all|none|index|index,follow|index,nofollow|noindex|noindex,follow|noindex,nofollow|follow|follow,index|"
    "follow,noindex|nofollow|nofollow,index|nofollow,noindex",
    "InvalidMetaContent",
    fold=True,
)


def _flare_address(scene: Scene, element: etree._Element) -> None:
    expected: Attributes = {"href": values.iri, "src": values.iri} if scene.family is Family.ATOM else {
        "href": _absolute, "src": _absolute,
    }  # fmt: skip
    scene.attributes(element, expected, ("href", "src"))
    scene.plain(element, scene.text(element))


def _absolute(value: str) -> Note | None:
    note = full_link(value)
    return Note("ContainsRelRef", note.what) if note else None


_QUERY: Attributes = {
    "role": values.one_of("request|example|related|correction|subset|superset", "InvalidLocalRole"),
    "title": values.at_most(256),
    "totalResults": non_negative,
    "searchTerms": None,
    "count": non_negative,
    "startIndex": values.integer,
    "startPage": values.integer,
    "language": values.language,
    "inputEncoding": None,
    "outputEncoding": None,
    "parameter": None,
}

CHANNEL: Place = {
    **_ANYWHERE_IN_FEEDS,
    **PODCAST_CHANNEL,
    "admin:generatorAgent": RESOURCE._replace(once="DuplicateElement"),
    "admin:errorReportsTo": RESOURCE._replace(once="DuplicateElement"),
    **{f"blogChannel:{name}": _ADDRESS for name in ("blogRoll", "mySubscriptions", "blink", "changes")},
    "sy:updatePeriod": leaf(values.one_of("hourly|daily|weekly|monthly|yearly", "InvalidUpdatePeriod")),
    "sy:updateFrequency": WHOLE_POSITIVE,
    "sy:updateBase": leaf(date=dates.w3cdtf),
    "foaf:maker": ANYTHING,
    "cp:server": RESOURCE,
    "wiki:interwiki": _MANY_TEXTS,
    "thr:in-reply-to": IN_REPLY_TO,
    "cf:listinfo": container({
        "cf:sort": leaf(attributes=dict.fromkeys(("data-type", "default", "element", "label", "ns")), once=""),
        "cf:group": leaf(attributes=dict.fromkeys(("element", "label", "ns")), once=""),
    }, once=""),
    "cf:treatAs": _MANY_TEXTS,
    "feedburner:awareness": _ADDRESS,
    "feedburner:browserFriendly": leaf(plain="ContainsHTML"),
    "feedburner:emailServiceId": _TEXT,
    "feedburner:feedFlare": Rule(_flare_address, ""),
    "feedburner:info": leaf(attributes={"uri": values.iri}, required=("uri",), once=""),
    "feedburner:feedburnerHostname": _ADDRESS,
    **{
        f"{prefix}:{name}": leaf(check)
        for prefix in ("opensearch", "opensearch10")
        for name, check in (
            ("totalResults", non_negative), ("startIndex", values.integer), ("itemsPerPage", non_negative),
        )
    },
    "opensearch:Query": leaf(attributes=_QUERY, required=("role",), once=""),
    "xhtml:div": ANYTHING,
    "xhtml:meta": leaf(
        attributes={"name": values.one_of("robots", "InvalidMetaName", fold=True), "content": _ROBOTS},
        required=("name", "content"), once="",
    ),
    "sx:sharing": SHARING,
    "fh:archive": container({}, once=""),
    "fh:complete": container({}, once=""),
}  # fmt: skip

ACCESS = leaf(
    attributes={"relationship": values.one_of("allow|deny", "InvalidAccessRestrictionRel")},
    required=("relationship",),
)
