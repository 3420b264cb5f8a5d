"""Names of files from names of sections."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.slug import slug


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Politics", "politics"),
        ("Home & Away", "home-away"),
        ("  --Arts--  ", "arts"),
        ("Людзі і лёсы", "lyudzi-i-lesy"),
        ("Straße", "strasse"),
        ("Women's world", "womens-world"),
        ("経済", "jingji"),
        ("../../etc/passwd", "etc-passwd"),
        ("a" * 100, "a" * 60),
        ("a" * 59 + " b", "a" * 59),
    ],
)
def test_slug(name: str, made: str) -> None:
    assert slug(name) == made


def test_a_name_without_letters_gets_a_hash() -> None:
    assert re.fullmatch(r"section-[0-9a-f]{8}", slug("!!!"))
    assert slug("!!!") != slug("???")
    assert slug("\ud800").startswith("section-")


@given(st.text(alphabet=st.characters(), max_size=300))
def test_any_name_gives_a_safe_file_name(name: str) -> None:
    made = slug(name)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", made)
    assert len(made) <= 60
    assert slug(name) == made
