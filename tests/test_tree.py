"""XML from strangers: what is read of it, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from feeds.tree import root_of


def test_comments_and_instructions_part_no_text_unless_all_is_wanted() -> None:
    data = b"<a>x<!-- c -->y<?p i?>z</a>"
    assert root_of(data).text == "xyz"
    assert (root_of(data, whole=True).text, len(root_of(data, whole=True))) == ("x", 2)


def test_an_encoding_that_is_given_outdoes_the_declared_one() -> None:
    data = "<?xml version='1.0' encoding='ISO-8859-1'?><a>ž</a>".encode()
    assert root_of(data, encoding="utf-8").text == "ž"
    assert root_of(data).text == "Å¾"


def test_no_entity_is_resolved_and_no_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    for value in ("'secret'", f"SYSTEM 'file://{tmp_path}/secret'"):
        root = root_of(f"<!DOCTYPE a [<!ENTITY e {value}>]><a>&e;</a>".encode())
        assert b"secret" not in etree.tostring(root)
        assert root.text is None


@pytest.mark.parametrize("data", [b"", b"<a>", b"<a>&b;</a>", b"<a><b></a></b>", b"<a/><b/>", b"<b>" * 300])
def test_what_is_not_well_formed_or_too_deep_is_refused(data: bytes) -> None:
    with pytest.raises(etree.XMLSyntaxError):
        root_of(data)
