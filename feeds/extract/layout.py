"""Pages evened out before a text is looked for in them: pictures without their frames, paragraphs for line breaks.

Without the first, captions stand in the text as paragraphs; without the second, a text that is parted by `<br><br>`
is torn at every link in it.
"""

from __future__ import annotations

from lxml import etree
from lxml.html import HtmlElement

MAX_CAPTION = 500
PROSE = 150
"""Characters directly in an element with line breaks that make it a text."""

_BLOCKS = frozenset(
    "address article aside blockquote center details div dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr "
    "iframe main nav ol p pre section table ul".split()
)


def even_out(tree: HtmlElement) -> None:
    """Changes `tree` in place; linear in its size, as its depth is bounded."""
    for frame in list(tree.iter("figure", "picture")):
        _unframe(frame)
    for box in list(tree.iter("article", "div", "main", "section", "td")):
        _part(box)


def text_in(element: etree._Element) -> str:
    """The text of an element and all in it, without what follows it."""
    return etree.tostring(element, method="text", encoding="unicode", with_tail=False)


def _unframe(frame: etree._Element) -> None:
    """Puts the first picture of a frame in its place, the caption being what it says where it says nothing."""
    parent, picture = frame.getparent(), next(frame.iter("img"), None)
    if parent is None or picture is None or next(frame.iter("table", "video", "p"), None) is not None:
        return
    if not picture.get("alt"):
        caption = next(frame.iter("figcaption"), None)
        if caption is not None:
            picture.set("alt", " ".join(text_in(caption).split())[:MAX_CAPTION])
    picture.tail = None
    frame.addprevious(picture)
    picture.tail, frame.tail = frame.tail, None
    parent.remove(frame)


def _part(box: etree._Element) -> None:
    """Makes paragraphs of what two line breaks part in an element that holds a text directly."""
    if sum(1 for one in box if one.tag == "br") < 2:
        return
    if len((box.text or "").strip()) + sum(len((one.tail or "").strip()) for one in box) < PROSE:
        return
    parts: list[etree._Element] = []
    within: etree._Element | None = None
    breaks = 0
    text = box.text
    box.text = None
    for one in [None, *box]:
        if one is not None:
            text, one.tail = one.tail, None
            if one.tag == "br":
                breaks += 1
                if breaks == 2:
                    within = None
                elif within is not None:
                    _append(within, "\n")
            elif one.tag in _BLOCKS:
                within, breaks = None, 0
                parts.append(one)
            else:
                breaks = 0
                within = within if within is not None else _begin(parts)
                within.append(one)
        if text and text.strip():
            breaks = 0
            within = within if within is not None else _begin(parts)
        if text and within is not None:
            _append(within, text)
    box[:] = parts


def _begin(parts: list[etree._Element]) -> etree._Element:
    parts.append(etree.Element("p"))
    return parts[-1]


def _append(element: etree._Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text
