"""Names of a feed's elements: one key for what many namespaces, prefixes and capitals spell.

The key is `prefix:local` in lower case, without a prefix for RSS and Atom themselves. A namespace that nobody knows
keeps the prefix its document gave it, so that `media:` means Media RSS under whatever address (feedparser's rule).
"""

from __future__ import annotations

from functools import lru_cache

from lxml import etree

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML = "http://www.w3.org/XML/1998/namespace"
ATOM = "http://www.w3.org/2005/Atom"
XHTML = "http://www.w3.org/1999/xhtml"

EXTRA = {
    "https://podcastindex.org/namespace/1.0": "podcast",
    "https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast",
    "http://schema.org/": "schema",
    "https://schema.org/": "schema",
    "http://www.google.com/schemas/sitemap-news/0.9": "news",
}
"""Namespaces that feedparser does not know."""

NAMESPACES = {
    "http://backend.userland.com/rss": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://example.com/newformat#": "",
    "http://example.com/necho": "",
    "http://purl.org/echo/": "",
    "uri/of/echo/namespace#": "",
    "http://purl.org/pie/": "",
    "http://purl.org/atom/ns#": "",
    "http://purl.org/rss/1.0/modules/rss091#": "",
    ATOM.lower(): "",
    "http://webns.net/mvcb/": "admin",
    "http://creativecommons.org/ns#license": "cc",
    "http://web.resource.org/cc/": "cc",
    "http://cyber.law.harvard.edu/rss/creativecommonsrssmodule.html": "creativecommons",
    "http://backend.userland.com/creativecommonsrssmodule": "creativecommons",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://www.georss.org/georss": "georss",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://example.com/dtds/podcast-1.0.dtd": "itunes",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    RDF: "rdf",
    "http://purl.org/rss/1.0/modules/slash/": "slash",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://purl.org/rss/1.0/modules/threading/": "thr",
    "http://wellformedweb.org/commentapi/": "wfw",
    XHTML: "xhtml",
    "http://podlove.org/simple-chapters": "psc",
} | EXTRA
"""Namespace in lower case -> prefix, for those whose elements say something about an entry."""

USUAL = {prefix: uri for uri, prefix in reversed(NAMESPACES.items()) if prefix}
"""Prefix -> the namespace it usually stands for."""


def key_of(element: etree._Element) -> str:
    """The key of `element`."""
    known = _known(str(element.tag))
    return known if known is not None else _key((element.prefix or "").lower(), _local(str(element.tag)))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()


def _key(prefix: str, local: str) -> str:
    return f"{prefix}:{local}" if prefix else local


@lru_cache(maxsize=4096)
def _known(tag: str) -> str | None:
    """The key of a tag as lxml has it; None where its namespace is unknown."""
    if not tag.startswith("{"):
        return tag.lower()
    uri, _, local = tag[1:].lower().rpartition("}")
    prefix = "" if "backend.userland.com/rss" in uri else NAMESPACES.get(uri)
    return None if prefix is None else _key(prefix, local)
