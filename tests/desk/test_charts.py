"""Charts of the desk: what is in them, what never is, and what they cost a page."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import distributions
from itertools import pairwise

import pytest
from lxml import etree
from markupsafe import Markup

from feeds.desk.charts import MOST_STEPS, bars, line, short, sparkline, steps
from tests.desk.specimen import COUNTS, HOSTILE

HOURS = [f"{hour:02}:00" for hour in range(24)]
SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {
    "class", "viewBox", "role", "aria-labelledby", "id", "transform", "d", "x", "y", "width", "height", "text-anchor",
    "cx", "cy", "r", "points",
}  # fmt: skip
CHARTS: dict[str, Callable[[str], Markup]] = {
    "bars": lambda word: bars({word: COUNTS, "more": COUNTS}, [f"{each} {word}" for each in HOURS], word, id="c"),
    "line": lambda word: line(word, COUNTS, [f"{each} {word}" for each in HOURS], word, id="c", unit=""),
    "sparkline": lambda word: sparkline(COUNTS, word, id="c"),
}


def tree(svg: str) -> etree._Element:
    return etree.fromstring(svg)


def texts(root: etree._Element, path: str) -> list[str | None]:
    return [each.text for each in root.iterfind(path)]


@pytest.fixture(params=sorted(CHARTS))
def chart(request: pytest.FixtureRequest) -> Callable[[str], Markup]:
    return CHARTS[request.param]


def test_a_chart_is_an_image_with_a_name_and_a_description(chart: Callable[[str], Markup]) -> None:
    root = tree(chart("new"))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "c-title c-desc"
    assert [each.get("id") for each in (root[0], root[1])] == ["c-title", "c-desc"]
    assert root[0].text == "new"
    assert "24 values, lowest 0, highest 41" in (root[1].text or "")


def test_a_chart_has_nothing_that_a_page_may_not_have(chart: Callable[[str], Markup]) -> None:
    root = tree(chart("new"))
    assert {str(each.tag).removeprefix(SVG) for each in root.iter()} <= {
        "svg", "title", "desc", "g", "path", "rect", "circle", "text", "polyline",
    }  # fmt: skip
    assert {str(name) for each in root.iter() for name in each.attrib} <= ALLOWED
    assert set(root.nsmap.values()) == {"http://www.w3.org/2000/svg"}
    assert root.get("width") is None, "the style sheet says how large it is"


def test_the_same_values_give_the_same_bytes(chart: Callable[[str], Markup]) -> None:
    assert chart("new") == chart("new")


def test_no_word_gets_out_of_its_place(chart: Callable[[str], Markup]) -> None:
    svg = chart(f"{HOSTILE}\x00\ud800")
    assert "<script" not in svg
    assert tree(svg)[0].text == HOSTILE


def test_a_unit_is_text_too() -> None:
    assert "<script" not in line("time", COUNTS, HOURS, "Latency", id="c", unit=f" {HOSTILE}\x00")


def test_an_id_cannot_leave_its_attribute(chart: Callable[[str], Markup]) -> None:
    assert tree(sparkline([1, 2], "x", id='"><b>'))[0].get("id") == '"><b>-title'
    assert tree(bars({"new": [1]}, ["00:00"], "x", id='"><b>'))[0].get("id") == '"><b>-title'


def test_bars_have_the_height_of_their_values() -> None:
    root = tree(bars({"new": [1, 2, 0, 0], "updated": [3, 0, 0, 2]}, HOURS[:4], "Entries", id="c"))
    shapes = {
        at: root.findall(f".//{SVG}g[@class='serie-{at}']//{SVG}rect[@class='rect']") for at in (0, 1)
    }  # what has no height is not drawn
    heights = {at: [float(each.get("height", "")) for each in found] for at, found in shapes.items()}
    assert heights[0] == pytest.approx([heights[0][0], 2 * heights[0][0]], abs=0.02)
    assert heights[1] == pytest.approx([3 * heights[0][0], 2 * heights[0][0]], abs=0.03)
    assert texts(root, f".//{SVG}rect/{SVG}title") == [
        "00:00: 1 new", "01:00: 2 new", "00:00: 3 updated", "03:00: 2 updated",
    ]  # fmt: skip


def test_a_line_tells_each_value_of_it() -> None:
    root = tree(line("time", [100, 200, 400, 300], HOURS[:4], "Latency", id="c", unit=" ms"))
    assert len(root.findall(f".//{SVG}g[@class='serie-0']//{SVG}path")) == 1
    assert texts(root, f".//{SVG}circle/{SVG}title") == [
        "00:00: 100 ms time", "01:00: 200 ms time", "02:00: 400 ms time", "03:00: 300 ms time",
    ]  # fmt: skip
    assert root[1].text == "time: 4 values, lowest 100 ms, highest 400 ms at 02:00, last 300 ms."


def test_a_long_line_has_small_dots() -> None:
    week = [f"{day} {hour}" for day in range(7) for hour in range(24)]
    root = tree(line("time", list(range(168)), week, "Latency", id="c", unit=" ms"))
    assert {each.get("r") for each in root.iter(f"{SVG}circle")} == {"1.5"}


@pytest.mark.parametrize(("number", "shown"), [(1, 1), (7, 7), (8, 4), (24, 6), (168, 7), (365, 7)])
def test_there_is_room_for_every_label_that_is_shown(number: int, shown: int) -> None:
    root = tree(bars({"new": [1] * number}, [f"hour {at}" for at in range(number)], "Entries", id="c"))
    labels = root.findall(f".//{SVG}g[@class='axis x']//{SVG}text")
    assert len(labels) == shown
    assert [each.get("class") for each in labels] == [("spare" if at % 2 else None) for at in range(shown)]
    assert {each.get("text-anchor") for each in labels} <= {"middle"}


def test_a_chart_of_nothing_has_no_bars() -> None:
    root = tree(bars({"new": [0] * 24}, HOURS, "Entries", id="c"))
    assert root[1].text == "new: 24 values, lowest 0, highest 0 at 00:00, last 0."
    assert root.findall(f".//{SVG}rect[@class='rect']") == []


def test_a_chart_of_other_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="3 values of 'new' for 2 labels"):
        bars({"new": [1, 2, 3]}, HOURS[:2], "Entries", id="c")
    with pytest.raises(ValueError, match="3 values of 'time' for 2 labels"):
        line("time", [1, 2, 3], HOURS[:2], "Latency", id="c", unit=" ms")
    for number in (0, 3):
        with pytest.raises(ValueError, match=f"not {number}"):
            bars({str(at): [1] for at in range(number)}, HOURS[:1], "Entries", id="c")


def test_a_sparkline_ends_in_a_dot() -> None:
    root = tree(sparkline([0, 4, 0, 1], "Entries", id="c"))
    (course,) = (each.get("points", "").split() for each in root.iter(f"{SVG}polyline"))
    assert course == ["3,21", "33,3", "63,21", "93,16.5"]
    (dot,) = root.iter(f"{SVG}circle")
    assert f"{dot.get('cx')},{dot.get('cy')}" == course[-1]
    flat = tree(sparkline([0, 0], "Entries", id="c")).find(f"{SVG}polyline")
    assert flat is not None
    assert flat.get("points") == "3,21 93,21"


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (950, "950"), (1000, "1k"), (1234, "1.2k"), (34_100, "34k"), (5_000_000, "5M"), (0.5, "0.5")],
)
def test_values_are_short(value: float, said: str) -> None:
    assert short(value) == said


@pytest.mark.parametrize("highest", [0, 0.3, 1, 4, 5, 9, 41, 100, 101, 999, 1000, 12_345, 9_999_999])
def test_steps_are_few_and_round_and_reach_the_highest(highest: float) -> None:
    found = steps(highest)
    assert found[0] == 0
    assert 2 <= len(found) <= MOST_STEPS + 1
    assert found[-2] < max(highest, 1) <= found[-1]
    (step,) = {after - before for before, after in pairwise(found)}
    assert re.fullmatch(r"[125]0*", f"{step:.0f}")


def test_the_library_is_loaded_with_the_first_large_chart() -> None:
    code = (
        "import sys; from feeds.desk import charts; charts.sparkline([1, 2], 'x', id='x');"
        "print('pygal' in sys.modules);"
        "charts.bars({'new': [1]}, ['a'], 'x', id='x'); print('pygal' in sys.modules);"
        "print(any(type(finder).__module__ == 'pygal' for finder in sys.meta_path));"
        "from importlib.metadata import distributions; print(sorted({each.name for each in distributions()}))"
    )
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    before, after, finder, packages = ran.stdout.splitlines()
    assert (before, after, finder) == ("False", "True", "False"), "and leaves nothing behind in how Python imports"
    assert packages == str(sorted({each.name for each in distributions()})), "packages are found as before"
    assert "'pygal'" in packages
