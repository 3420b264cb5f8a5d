"""Markers of rows and headlines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import Evidence
from feeds.access import marker_of, unmarked


@pytest.mark.parametrize(
    ("classes", "texts", "expected"),
    [
        (["teaser", "premium-icon"], [], Evidence("badge", ".premium-icon", "row")),
        (["Icon-Lock"], [], Evidence("badge", ".Icon-Lock", "row")),
        (["teaser"], ["Réservé aux abonnés"], Evidence("badge", "Réservé aux abonnés", "row")),
        ([], [" Plus "], Evidence("badge", "Plus", "row")),
        ([], ["🔒"], Evidence("badge", "🔒", "row")),
        (["lock"], ["for  subscribers"], Evidence("badge", "for  subscribers", "row")),
        (["no-paywall", "premiumless", "block", "paywall-hidden"], ["Subscribe", "Premium tickets sold out"], None),
        ([], ["", "Only " + "for " * 40 + "subscribers"], None),
        (["x"] * 1000 + ["premium"], ["y"] * 1000 + ["premium"], None),
        ([], [], None),
    ],
)
def test_badges(classes: list[str], texts: list[str], expected: Evidence | None) -> None:
    assert marker_of(classes, texts) == expected


def test_what_a_profile_names_goes_first() -> None:
    assert marker_of(["premium"], ["Plus", "Harbour+ "], ["harbour+"]) == Evidence("marker", "Harbour+", "row")


@pytest.mark.parametrize(
    ("title", "markers", "bare", "marker"),
    [
        ("🔒 The ferry leaves", (), "The ferry leaves", "🔒"),
        ("The ferry leaves 🔐", (), "The ferry leaves", "🔐"),
        ("🔒\ufe0f The ferry leaves", (), "The ferry leaves", "🔒"),
        ("The ferry leaves [P]", ("[P]",), "The ferry leaves", "[P]"),
        ("Premium: The ferry leaves", ("Premium:",), "The ferry leaves", "Premium:"),
        ("The ferry leaves", ("[P]",), "The ferry leaves", None),
        ("🔒", (), "🔒", None),
        ("", (), "", None),
    ],
)
def test_markers_of_headlines(title: str, markers: tuple[str, ...], bare: str, marker: str | None) -> None:
    proof = None if marker is None else Evidence("marker", marker, "headline")
    assert unmarked(title, markers) == (bare, proof)


@given(st.text(), st.lists(st.text(min_size=1), max_size=3))
def test_a_headline_never_vanishes(title: str, markers: list[str]) -> None:
    bare, proof = unmarked(title, markers)
    assert (bare == title) is (proof is None)
    assert bare or not title.strip()
