"""Texts and contents of Atom (RFC 4287, 3.1 and 4.1.3): plain, HTML, XHTML, other types, and what is elsewhere."""

from __future__ import annotations

import binascii
from base64 import b64decode

from lxml import etree

from feeds.validate import html, values
from feeds.validate.grammar import Attributes, Family, Rule, Scene
from feeds.validate.rules import shown
from feeds.validate.spaces import XHTML

_DIV = f"{{{XHTML}}}div"


def is_xml(kind: str) -> bool:
    """Whether a media type is one of XML (RFC 3023)."""
    return kind.endswith(("+xml", "/xml"))


def is_binary(kind: str) -> bool:
    """Whether content of this type has to be base64 (RFC 4287, 4.1.3.3)."""
    return "/" in kind and not is_xml(kind) and not kind.startswith("text/")


def _text(scene: Scene, element: etree._Element) -> None:
    _construct(scene, element, content=False)


def _content(scene: Scene, element: etree._Element) -> None:
    _construct(scene, element, content=True)


TEXT = Rule(_text)
CONTENT = Rule(_content)
_TYPED: Attributes = {"type": None, "src": None}


def _construct(scene: Scene, element: etree._Element, *, content: bool) -> None:
    scene.attributes(element, _TYPED)
    kind, source = element.get("type"), element.get("src")
    if kind == "":
        scene.note(element, "AttrNotBlank", f"the type of {scene.spelt(element)} is empty")
    if source is not None:
        _remote(scene, element, source)
    elif scene.family is Family.RSS and scene.name(str(element.tag)) != "atom:summary":
        what = f"{scene.spelt(element)} stands beside RSS's own description"
        scene.note(element, "DuplicateDescriptionSemantics", what)
    kind = kind or ("" if source is not None else "text")
    _kind(scene, element, kind, content=content, remote=source is not None)
    if scene.suspect:
        for inner in element.iterdescendants(etree.Element):
            scene.characters(inner)
    if kind == "xhtml":
        _xhtml(scene, element)
        return
    _elements(scene, element, kind)
    _value(scene, element, kind, remote=source is not None)


def _remote(scene: Scene, element: etree._Element, source: str) -> None:
    scene.noted(element, values.uri_attribute(source), "src")
    if element.get("type") is None and not scene.own:
        scene.note(element, "MissingTypeAttr", f"{scene.spelt(element)} has no type")
    if (element.text or "").strip():
        scene.note(element, "UnexpectedText", f"{scene.spelt(element)} has src and a text")


def _kind(scene: Scene, element: etree._Element, kind: str, *, content: bool, remote: bool) -> None:
    """The type itself: `text`, `html`, `xhtml`, or a media type where that is allowed."""
    if "/" in kind and not content:
        scene.note(element, "InvalidTextType", f"the type is {shown(kind)}")
    elif kind == "multipart/alternative":
        scene.note(element, "InvalidMIMEType", f"the type is {shown(kind)}")
    elif kind and (remote or kind not in ("text", "html", "xhtml")):
        scene.noted(element, values.media_type(kind))


def _elements(scene: Scene, element: etree._Element, kind: str) -> None:
    """Elements in what is not XHTML: only types of XML have them, and not beside text."""
    children = [child for child in element if isinstance(child.tag, str)]
    if not children:
        return
    if not is_xml(kind):
        what = f"{scene.spelt(element)} has elements inside, but is not xhtml"
        scene.note(children[0], "UndefinedElement", what)
    elif any(child.tail and not child.tail.isspace() for child in children):
        scene.note(element, "UnexpectedText", f"{scene.spelt(element)} has text beside its elements")
    if kind == "application/xhtml+xml":
        if children[0].tag != f"{{{XHTML}}}html":
            scene.note(element, "HtmlFragment", f"{scene.spelt(element)} is no whole document")
    if element.get("mode") == "escaped":
        scene.note(element, "NotEscaped", f"{scene.spelt(element)} says that it is escaped, but has elements inside")


def _value(scene: Scene, element: etree._Element, kind: str, *, remote: bool) -> None:
    text = element.text or ""
    if not text.strip() and not len(element) and not remote:
        scene.note(element, "NotBlank", f"{scene.spelt(element)} is empty")
    elif is_binary(kind) and not (remote and not text.strip()):
        _base64(scene, element, text)
    elif kind == "html" or kind.endswith("/html"):
        for note in html.html_notes(text, relative=scene.own):
            scene.noted(element, note)
        if kind != "html" and "<html" not in text and not remote:
            scene.note(element, "HtmlFragment", f"{scene.spelt(element)} is no whole document")
    elif not remote:
        scene.plain(element, text, "ContainsHTML" if scene.own else "ContainsUndeclaredHTML")


def _base64(scene: Scene, element: etree._Element, text: str) -> None:
    try:
        b64decode(text.encode("ascii"))
    except (UnicodeError, binascii.Error):
        scene.note(element, "NotBase64", f"{scene.spelt(element)} is not base64")


def _xhtml(scene: Scene, element: etree._Element) -> None:
    """One div of XHTML with the text inside."""
    children = [child for child in element if isinstance(child.tag, str)]
    name = scene.spelt(element)
    if not children or (element.text or "").strip() or children[0].tag != _DIV:
        scene.note(element, "MissingXhtmlDiv", f"{name} of type xhtml is not one div")
        scene.plain(element, element.text or "", "NotInline")
        if children and children[0].tag != _DIV and str(children[0].tag).endswith("}div"):
            scene.note(children[0], "NotHtml", "the div is not in the namespace of XHTML")
        return
    if len(children) > 1 or any((child.tail or "").strip() for child in children):
        scene.note(element, "UnexpectedText" if len(children) == 1 else "UndefinedElement", f"{name} is not one div")
    for child in children:
        scene.attributes(child, dict.fromkeys(map(str, child.keys())))
        for inner, note in html.xhtml_notes(child):
            scene.noted(inner, note, name)
        if not len(child):
            scene.plain(element, child.text or "", "NotInline")
