"""Pages evened out before a text is looked for in them: pictures without their frames, paragraphs for line breaks,
tables only for figures.

Without the first, captions stand in the text as paragraphs; without the second, a text that is parted by `<br><br>`
is torn at every link in it.
"""

from __future__ import annotations

from lxml import etree
from lxml.html import HtmlElement

MAX_CHILDREN = 3_000
"""Elements directly in one: trafilatura is quadratic in them, with 29,000 line breaks it took 17 s."""

MAX_CAPTION = 500
PROSE = 150
"""Characters directly in an element with line breaks that make it a text."""

_BLOCKS = frozenset(
    "address article aside blockquote center details div dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr "
    "iframe main nav ol p pre section table ul".split()
)


def even_out(tree: HtmlElement) -> None:
    """Changes `tree` in place; linear in its size, as its depth is bounded.

    Scripts go: trafilatura would take the text they state, also where the page sells it.
    """
    etree.strip_elements(tree, "script", "style", with_tail=False)
    for box in tree.iter():
        if len(box) > MAX_CHILDREN:
            del box[MAX_CHILDREN:]
    for frame in list(tree.iter("figure", "picture")):
        _unframe(frame)
    for table in list(tree.iter("table")):
        if _is_layout(table):
            for part in list(table.iter("table", "tbody", "tr", "td", "center")):
                part.tag = "div"
    for box in list(tree.iter("article", "div", "main", "section", "td")):
        _part(box)


def text_in(element: etree._Element) -> str:
    """The text of an element and all in it, without what follows it."""
    return etree.tostring(element, method="text", encoding="unicode", with_tail=False)


def _is_layout(table: etree._Element) -> bool:
    """Whether a table holds the page rather than figures: other tables, its headline, or paragraphs in a cell."""
    return table.find(".//table") is not None or table.find(".//h1") is not None or table.find(".//td/p[3]") is not None


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
    waiting: etree._Element | None = None  # a line break that parts lines if a text follows, paragraphs if another does
    text = box.text
    box.text = None
    for one in [None, *box]:
        if one is not None:
            text, one.tail = one.tail, None
            if one.tag == "br":
                within, waiting = (None, None) if waiting is not None else (within, one)
            elif one.tag in _BLOCKS:
                within = waiting = None
                parts.append(one)
            else:
                within, waiting = _into(parts, within, waiting), None
                within.append(one)
        if text and text.strip():
            within, waiting = _into(parts, within, waiting), None
            _append(within, text)
        elif text and within is not None and waiting is None:
            _append(within, text)
    box[:] = parts


def _into(parts: list[etree._Element], within: etree._Element | None, waiting: etree._Element | None) -> etree._Element:
    """The paragraph that goes on, after the line break that waited, or a new one."""
    if within is None:
        within = etree.Element("p")
        parts.append(within)
    elif waiting is not None:
        within.append(waiting)
    return within


def _append(element: etree._Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text
