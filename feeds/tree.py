"""XML from strangers, as a tree: strict, without a network, without a document type's entities or depth beyond bounds.

The one place that says so, for feeds, lists of feeds and what we publish ourselves.
"""

from __future__ import annotations

from lxml import etree


def root_of(
    data: bytes, *, encoding: str | None = None, whole: bool = False, lenient: bool = False, expand: bool = False
) -> etree._Element:
    """The root element of well-formed XML, in `encoding` whatever it declares; with `lenient` of any that has one.

    Comments and processing instructions are left out, so that they part no text, unless `whole`. Entities of its own
    are not resolved, unless `expand`, and not beyond libxml2's own bounds, which depth and length of texts have, too. Raises `etree.XMLSyntaxError`.
    """
    parser = etree.XMLParser(
        encoding=encoding,
        resolve_entities="internal" if expand else False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=lenient,
        remove_comments=not whole,
        remove_pis=not whole,
    )
    return etree.fromstring(data, parser)
