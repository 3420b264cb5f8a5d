"""FeedSync (sx:): how two feeds share their items."""

from __future__ import annotations

from lxml import etree

from feeds.validate import html, values
from feeds.validate.dates import moment_of, rfc3339
from feeds.validate.grammar import Found, Rule, Scene
from feeds.validate.rules import Note, shown
from feeds.validate.shapes import ANYTHING, container, leaf

_STRICT = values.one_of("true|false", "InvalidTrueFalse")
_NAME = values.matching(r"(?:[0-9a-zA-Z()+,\-.:=@;$_!*'/?#]|%[0-9a-fA-F]{2})++", "InvalidNSS")


def _date(value: str) -> Note | None:
    return rfc3339(value.strip())[0]


def _count(value: str) -> Note | None:
    number = values.whole(value)
    if number is not None and number > 2**31 - 1:
        return Note("IntegerOverflow", f"it is {shown(value)}")
    return values.positive(value)


def _title(value: str) -> Note | None:
    if html.tag_in(value) or html.entity_in(value):
        return Note("ContainsHTML", f"there is markup in {shown(value)}")
    return values.filled(value)


def _by(value: str) -> Note | None:
    return _title(value) or _NAME(value)


def _history(scene: Scene, element: etree._Element) -> None:
    scene.attributes(element, {"by": _by, "sequence": _count, "when": _date}, ("sequence",))
    by, when = element.get("by"), element.get("when")
    if by is None and when is None:
        scene.note(element, "MissingByAndWhenAttrs", "it has neither by nor when")
    elif by is None or when is None:
        scene.note(element, "MissingRecommendedAttribute", "it has but one of by and when")


def _sync(scene: Scene, element: etree._Element, found: Found) -> None:
    scene.gather({"sx:sync": [element]}, ("sx:sync",))
    if "sx:history" not in found:
        scene.note(element, "MissingElement", "sx:sync has no sx:history")


def _sharing(scene: Scene, element: etree._Element, _found: Found) -> None:
    since, until = element.get("since"), element.get("until")
    if (since is None) != (until is None):
        scene.note(element, "MissingAttribute", "sx:sharing has but one of since and until")
    first, last = moment_of(since or ""), moment_of(until or "")
    if first and last and first > last:
        scene.note(element, "SinceAfterUntil", "since is after until")


SYNC = container(
    {"sx:history": Rule(_history, ""), "sx:conflicts": ANYTHING},
    _sync,
    attributes={"deleted": _STRICT, "noconflicts": _STRICT, "id": _NAME, "updates": _count},
    required=("id", "updates"),
    once="",
)
SHARING = container(
    {
        "sx:related": leaf(
            attributes={
                "link": values.full_link,
                "title": _title,
                "type": values.one_of("complete|aggregated", "InvalidSseType"),
            },
            required=("link", "type"),
            once="",
        )
    },
    _sharing,
    attributes={"expires": _date, "since": _date, "until": _date},
    once="",
)
