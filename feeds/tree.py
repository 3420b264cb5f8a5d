"""XML from strangers, as a tree: strict, without a network, without a document type's entities or depth beyond bounds.

The one place that says so, for feeds, lists of feeds and what we publish ourselves.
"""

from __future__ import annotations

from typing import cast

from lxml import etree

_MOST_ATTRIBUTES = 300


def root_of(
    data: bytes, *, encoding: str | None = None, whole: bool = False, lenient: bool = False, expand: bool = False
) -> etree._Element:
    """The root element of well-formed XML, in `encoding` whatever it declares; with `lenient` of any that has one.

    Comments and processing instructions are left out, so that they part no text, unless `whole`. Entities of its own
    are not resolved, unless `expand`; how far, and depth and length of texts, are libxml2's own bounds. Raises
    `etree.XMLSyntaxError`.
    """
    parser = etree.XMLParser(
        encoding=encoding,
        resolve_entities="internal" if expand else False,  # type: ignore[arg-type]  # the stubs are older than lxml 5
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=lenient,
        remove_comments=not whole,
        remove_pis=not whole,
    )
    return etree.fromstring(data, parser)


def attributes_of(element: etree._Element) -> list[tuple[str, str]]:
    """The attributes of an element with their values: no more than some hundreds, since lxml takes quadratic time."""
    keys = element.keys()
    if len(keys) > _MOST_ATTRIBUTES:
        return [(str(key), str(element.get(key, ""))) for key in keys[:_MOST_ATTRIBUTES]]
    return cast("list[tuple[str, str]]", element.items()) if keys else []
