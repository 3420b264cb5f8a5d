"""Charts of the desk: SVG that stands in a page, without script, style or anything from elsewhere.

A chart has no colours of its own: its classes get them from `desk.css`, light and dark. It is an image to a screen
reader, with a title and a sentence about what it shows; the macro `chart` puts its figures beside it as a table.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, floor, log10
from types import ModuleType
from typing import Any

from lxml import etree
from markupsafe import Markup, escape

from feeds.formats.texts import legal

Values = Sequence[int]
"""One value for each label, 0 or more."""

MOST_SERIES = 2
"""More could not be told apart without colours: the first is filled, the second hollow."""

WIDTH, HEIGHT = 720, 220
"""Units of the view box of a large chart: those of its text are pixels at a width of 720 pixels."""

MOST_LABELS = 7
"""Labels below a large chart: 100 units each, a date and a month in the text of a phone."""

MOST_STEPS = 4
"""Lines above 0 that values are read by."""

SPARK_WIDTH, SPARK_HEIGHT = 96, 24
"""Units of the view box of a sparkline, which are pixels at its usual size."""

_SVG = "http://www.w3.org/2000/svg"
_NUMBER = re.compile(r"-?\d+\.\d+")
_KEPT = frozenset({"x", "y", "width", "height", "d", "cx", "cy", "r", "transform"})
"""Attributes that say where something stands. All others that pygal writes are for its own style and script."""

_CLASSES = frozenset({"axis", "x", "y", "guides", "line", "guide", "serie-0", "serie-1", "rect", "dot"})
_MARGINS = {"margin_left": 24, "margin_right": 6, "margin_top": 12, "margin_bottom": 8}


@dataclass(frozen=True, slots=True)
class Chart:
    """A large chart with the figures that stand beside it."""

    svg: Markup
    title: str
    labels: Sequence[str]
    series: Mapping[str, Values]


def bar_chart(series: Mapping[str, Values], labels: Sequence[str], title: str, *, id: str) -> Chart:
    """`bars` with their figures."""
    return Chart(bars(series, labels, title, id=id), title, labels, series)


def bars(series: Mapping[str, Values], labels: Sequence[str], title: str, *, id: str) -> Markup:
    """Counts per hour or day as bars, one series upon the other. Takes 8 ms.

    `series` are one or two, by name; `id` is the only one on its page. Raises `ValueError` for another number of them,
    or of values in one.
    """
    _check(series, labels)
    highest = max(map(sum, zip(*series.values(), strict=True)))
    return _large("StackedBar", series, labels, title, id, highest, short, {})


def line(name: str, values: Values, labels: Sequence[str], title: str, *, id: str, unit: str) -> Markup:
    """Two values or more over time, as latency, as one line. Else as `bars`."""
    series = {name: values}
    _check(series, labels)
    own = {"dots_size": 2.5 if len(labels) <= 48 else 1.5}
    return _large("Line", series, labels, title, id, max(values), lambda value: legal(f"{short(value)}{unit}"), own)


def sparkline(values: Values, title: str, *, id: str) -> Markup:
    """The course of two to a few dozen values, as small as a word, with a dot at the last. `id` is the only one on its
    page.

    Drawn here: pygal takes 1.8 ms for one, 90 ms for a table of 50, this takes 0.03 ms.
    """
    across, down = (SPARK_WIDTH - 6) / (len(values) - 1), (SPARK_HEIGHT - 6) / (max(values) or 1)
    points = [(f"{3 + at * across:.4g}", f"{SPARK_HEIGHT - 3 - value * down:.4g}") for at, value in enumerate(values)]
    x, y = points[-1]
    said = _told({"": values}, None, short)
    name = escape(id)
    return Markup(  # noqa: S704  # escaped, each part of it
        f'<svg xmlns="{_SVG}" class="spark" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{escape(legal(title))}</title>'
        f'<desc id="{name}-desc">{escape(said)}</desc><polyline points="{" ".join(map(",".join, points))}"/>'
        f'<circle cx="{x}" cy="{y}" r="2"/></svg>'
    )


def short(value: float) -> str:
    """A value as few characters: 950, 1.2k, 34k, 5M."""
    for size, sign in ((1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size:
            scaled = value / size
            return f"{scaled:.0f}{sign}" if abs(scaled) >= 10 or scaled == round(scaled) else f"{scaled:.1f}{sign}"
    return f"{value:.4g}"


def steps(highest: float) -> list[float]:
    """Where lines are drawn: 0 and at most `MOST_STEPS` round values above it, the last not below `highest`."""
    least = max(highest, 1) / MOST_STEPS
    power: float = 10 ** floor(log10(least))
    step = max(1, next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least))
    return [step * at for at in range(ceil(max(highest, 1) / step) + 1)]


@cache
def _library() -> ModuleType:
    """pygal, whose 60 ms only a page with a large chart pays.

    It leaves a finder of plug-ins that we do not use among those of Python, of a kind that 3.12 knows no more and of
    which 3.11 warns whenever something is imported. The finder of `importlib_metadata`, which comes with it, stays:
    it has taken the place of Python's own, without either no package has an entry point.
    """
    import pygal

    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != pygal.__name__]
    return pygal  # type: ignore[no-any-return]  # it ships no types


def _check(series: Mapping[str, Values], labels: Sequence[str]) -> None:
    if not 1 <= len(series) <= MOST_SERIES:
        raise ValueError(f"a chart shows one or {MOST_SERIES} series, not {len(series)}")
    for name, values in series.items():
        if len(values) != len(labels):
            raise ValueError(f"{len(values)} values of {name!r} for {len(labels)} labels")


def _large(
    kind: str,
    series: Mapping[str, Values],
    labels: Sequence[str],
    title: str,
    id: str,
    highest: float,
    shown: Callable[[float], str],
    own: Mapping[str, Any],
) -> Markup:
    """A chart of pygal, without what pygal adds for browsers of its own script."""
    chart = getattr(_library(), kind)(
        width=WIDTH, height=HEIGHT, js=[], css=[], show_legend=False, truncate_label=-1,
        x_labels=[legal(each) for each in labels], y_labels=steps(highest), formatter=shown, spacing=6,
        include_x_axis=True, **_MARGINS, **own,
    )  # fmt: skip
    for name, values in series.items():
        chart.add(legal(name), list(values))
    root = etree.Element("svg", xmlns=_SVG)
    root.set("class", f"chart {'bars' if kind == 'StackedBar' else 'lines'}")
    root.set("viewBox", f"0 0 {WIDTH} {HEIGHT}")
    root.set("role", "img")
    root.set("aria-labelledby", f"{legal(id)}-title {legal(id)}-desc")
    for tag, text in (("title", legal(title)), ("desc", _told(series, labels, shown))):
        head = etree.SubElement(root, tag, id=f"{legal(id)}-{tag}")
        head.text = text
    for plot in chart.render_tree().iterfind(".//g[@class]"):
        if plot.get("class") in ("plot", "plot overlay"):
            root.append(_cleaned(plot))
    _thin(root, ceil(len(labels) / MOST_LABELS))
    for at, (name, values) in enumerate(series.items()):
        pairs = zip(labels, values, strict=True)
        _explain(root, at, [legal(f"{label}: {shown(value)} {name}") for label, value in pairs])
    return Markup(etree.tostring(root, encoding="unicode"))  # noqa: S704  # serialised, hence escaped


def _cleaned(element: etree._Element) -> etree._Element:
    """A copy of what is to be seen, and nothing else: shapes, text and where they stand."""
    copy = etree.Element(str(element.tag))
    classes = [word for word in (element.get("class") or "").split() if word in _CLASSES]
    if classes:
        copy.set("class", " ".join(classes))
    for key, value in element.attrib.items():
        if key in _KEPT:
            copy.set(str(key), _NUMBER.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), str(value)))
    copy.text = element.text
    for child in element:
        if child.tag not in ("title", "desc", "defs") and child.get("class") != "background":
            copy.append(_cleaned(child))
    return copy


def _thin(root: etree._Element, every: int) -> None:
    """Leaves one label below the chart in `every`; each second of those that stay has the class of what a phone has no
    room for. Lines upwards say nothing that the labels do not."""
    for text in root.findall(".//g[@class='axis y']/g/text"):
        text.set("text-anchor", "end")
    for axis in root.findall(".//g[@class='axis x']"):
        for at, guide in enumerate(axis.findall("g")):
            if at % every:
                axis.remove(guide)
            for text in guide.iterfind("text"):
                text.set("text-anchor", "middle")
                if at // every % 2:
                    text.set("class", "spare")
        etree.strip_elements(axis, "path")


def _explain(root: etree._Element, at: int, said: Sequence[str]) -> None:
    """Gives each bar or dot of a series what a pointer above it is told; a bar without height goes."""
    path = f".//g[@class='serie-{at}']//"
    for shape, text in zip([*root.iterfind(f"{path}rect"), *root.iterfind(f"{path}circle")], said, strict=True):
        etree.SubElement(shape, "title").text = text
        parent = shape.getparent()
        if shape.get("height") == "0" and parent is not None:
            parent.remove(shape)


def _told(series: Mapping[str, Values], labels: Sequence[str] | None, shown: Callable[[float], str]) -> str:
    """What a chart shows, in a sentence for each series."""
    told = []
    for name, values in series.items():
        whose, highest = f"{name}: " if name else "", max(values)
        where = f" at {labels[values.index(highest)]}" if labels else ""
        told.append(
            f"{whose}{len(values)} values, lowest {shown(min(values))}, highest {shown(highest)}{where}, "
            f"last {shown(values[-1])}."
        )
    return legal(" ".join(told))
