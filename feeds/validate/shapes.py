"""The usual shapes of rules: elements that have a text, elements that have others, elements that may have anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lxml import etree

from feeds.validate.dates import Reading
from feeds.validate.grammar import NO_ATTRIBUTES, Attributes, Family, Found, Place, Rule, Scene, rdf_extension
from feeds.validate.values import Check


def leaf(
    *checks: Check,
    date: Reading | None = None,
    plain: str = "",
    attributes: Attributes = NO_ATTRIBUTES,
    required: Iterable[str] = (),
    once: str = "DuplicateElement",
) -> Rule:
    """The rule of an element that has text and no elements: `checks` are those of its value, `date` how it is read as
    one, `plain` the code of markup in it."""

    def look(scene: Scene, element: etree._Element) -> None:
        scene.attributes(element, attributes, required)
        if len(element):
            scene.no_elements(element)
        text = scene.text(element)
        for check in checks:
            scene.noted(element, check(text))
        if plain:
            scene.plain(element, text, plain)
        if date is not None:
            note, moment = date(text)
            scene.noted(element, note)
            if moment is not None:
                scene.moments.append((element, moment))

    return Rule(look, once)


def container(
    place: Place,
    after: Callable[[Scene, etree._Element, Found], None] | None = None,
    *,
    attributes: Attributes = NO_ATTRIBUTES,
    required: Iterable[str] = (),
    once: str = "DuplicateElement",
) -> Rule:
    """The rule of an element that has elements and no text; `after` looks at all of it together."""

    def look(scene: Scene, element: etree._Element) -> None:
        scene.attributes(element, attributes, required)
        found = scene.follow(element, element, place)
        scene.no_text(element)
        if after is not None:
            after(scene, element, found)

    return Rule(look, once)


def needs(**codes: str) -> Callable[[Scene, etree._Element, Found], None]:
    """What looks for elements that have to be there: their names, with the code of their absence."""

    def after(scene: Scene, element: etree._Element, found: Found) -> None:
        for name, code in codes.items():
            if name not in found:
                scene.note(element, code, f"{scene.spelt(element)} has no {name}")

    return after


def _anything(scene: Scene, element: etree._Element) -> None:
    if scene.family is Family.RDF:
        rdf_extension(scene, element)
    scene.eaten(element)


ANYTHING = Rule(_anything, "")
"""An element whose inside has no rules; there may be many."""
