"""Namespaces of feeds and their usual prefixes. Rules name elements by them: `title`, `dc:date`, `media:content`."""

from __future__ import annotations

import re

ATOM = "http://www.w3.org/2005/Atom"
ATOM_03 = "http://purl.org/atom/ns#"
RSS_10 = "http://purl.org/rss/1.0/"
RSS_090 = "http://my.netscape.com/rdf/simple/0.9/"
RSS_11 = "http://purl.org/net/rss1.1#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XHTML = "http://www.w3.org/1999/xhtml"
XML = "http://www.w3.org/XML/1998/namespace"
FEEDSYNC = "http://feedsync.org/2007/feedsync"
MEDIA = "http://search.yahoo.com/mrss/"

PREFIXES = {
    ATOM: "atom",
    RSS_10: "rss1",
    RSS_090: "rss090",
    RSS_11: "rss11",
    RDF: "rdf",
    XHTML: "xhtml",
    XML: "xml",
    MEDIA: "media",
    "http://www.bloglines.com/about/specs/fac-1.0": "access",
    "http://webns.net/mvcb/": "admin",
    "http://purl.org/rss/1.0/modules/aggregation/": "ag",
    "http://purl.org/rss/1.0/modules/annotate/": "annotate",
    "http://www.w3.org/2007/app": "app",
    "http://media.tangent.org/rss/1.0/": "audio",
    "http://backend.userland.com/blogChannelModule": "blogChannel",
    "http://web.resource.org/cc/": "cc",
    "http://www.microsoft.com/schemas/rss/core/2005": "cf",
    "http://backend.userland.com/creativeCommonsRssModule": "creativeCommons",
    "http://purl.org/rss/1.0/modules/company": "company",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://conversationsnetwork.org/rssNamespace-1.0/": "conversationsNetwork",
    "http://my.theinfo.org/changed/1.0/rss/": "cp",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/email/": "email",
    "http://purl.org/rss/1.0/modules/event/": "ev",
    "http://purl.org/syndication/history/1.0": "fh",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://xmlns.com/foaf/0.1/": "foaf",
    "http://base.google.com/ns/1.0": "g",
    "http://www.w3.org/2003/01/geo/wgs84_pos#": "geo",
    "http://www.georss.org/georss": "georss",
    "http://geourl.org/rss/module/": "geourl",
    "http://www.opengis.net/gml": "gml",
    "http://postneo.com/icbm": "icbm",
    "http://purl.org/rss/1.0/modules/image/": "image",
    "urn:atom-extension:indexing": "indexing",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://purl.org/rss/1.0/modules/link/": "l",
    "http://www.w3.org/1998/Math/MathML": "mathml",
    "http://a9.com/-/spec/opensearchrss/1.0/": "opensearch10",
    "http://a9.com/-/spec/opensearch/1.1/": "opensearch",
    "http://openid.net/xmlns/1.0": "openid",
    "http://www.opml.org/spec2": "opml",
    "https://podcastindex.org/namespace/1.0": "podcast",
    "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast",
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs",
    "http://purl.org/rss/1.0/modules/reference/": "ref",
    "http://purl.org/rss/1.0/modules/richequiv/": "reqv",
    "http://purl.org/rss/1.0/modules/rss091#": "rss091",
    "http://purl.org/rss/1.0/modules/search/": "search",
    "http://purl.org/rss/1.0/modules/slash/": "slash",
    "http://schemas.xmlsoap.org/soap/envelope/": "soap",
    "http://purl.org/rss/1.0/modules/servicestatus/": "ss",
    "http://hacks.benhammersley.com/rss/streaming/": "str",
    "http://purl.org/rss/1.0/modules/subscription/": "sub",
    "http://www.w3.org/2000/svg": "svg",
    FEEDSYNC: "sx",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://purl.org/rss/1.0/modules/taxonomy/": "taxo",
    "http://purl.org/syndication/thread/1.0": "thr",
    "http://purl.org/rss/1.0/modules/threading/": "thr",
    "http://madskills.com/public/xml/rss/module/trackback/": "trackback",
    "http://wellformedweb.org/CommentAPI/": "wfw",
    "http://purl.org/rss/1.0/modules/wiki/": "wiki",
    "http://www.usemod.com/cgi-bin/mb.pl?ModWiki": "wiki",
    "http://www.w3.org/1999/xlink": "xlink",
}  # fmt: skip
_HARMLESS = frozenset({
    "https://schema.org/", "http://schema.org/", "http://www.w3.org/2001/XMLSchema-instance",
    "http://www.google.com/schemas/sitemap-news/0.9", "http://www.google.com/schemas/play-podcasts/1.0",
    "http://www.spotify.com/ns/rss", "http://purl.org/atompub/tombstones/1.0", "http://www.w3.org/2000/xmlns/",
    "http://purl.org/syndication/atommedia",
})  # fmt: skip
"""Known, but without rules of their own."""
_END = re.compile(r"\W+$")


def _near(namespace: str) -> str:
    """What spellings of one namespace have in common: its case and the marks at its end are often wrong."""
    return _END.sub("", namespace[-200:] if len(namespace) > 400 else namespace).lower()


_NEAR = {_near(namespace): prefix for namespace, prefix in PREFIXES.items()}


def prefix_of(namespace: str) -> str:
    """The usual prefix of a namespace whose elements have rules, however it is spelt; empty for others."""
    return PREFIXES.get(namespace) or _NEAR.get(_near(namespace), "")


def known(namespace: str) -> bool:
    """Whether readers are said to know a namespace, spelt exactly so."""
    return namespace in PREFIXES or namespace in _HARMLESS
