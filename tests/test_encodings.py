"""Encodings of files: what they hold, always alike, and never for what is too small."""

from __future__ import annotations

import gzip
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # its wheel has no py.typed
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from feeds.encodings import ENDINGS, SMALLEST, decoded, encoded


@given(st.binary(max_size=2000))
def test_what_is_encoded_comes_back(data: bytes) -> None:
    made = encoded(data)
    assert tuple(made) == (ENDINGS if len(data) >= SMALLEST else ())
    if made:
        assert gzip.decompress(made[".gz"]) == data
        assert brotli.decompress(made[".br"]) == data
        assert zstandard.ZstdDecompressor().decompress(made[".zst"]) == data
    assert encoded(data) == made


def test_what_is_damaged_holds_nothing(tmp_path: Path) -> None:
    data = b"A published file. " * 90
    for ending, packed in encoded(data).items():
        path = tmp_path / f"file{ending}"
        assert decoded(path, ending) is None
        path.write_bytes(packed)
        assert decoded(path, ending) == data
        for broken in (packed[:-9], b"x" + packed[1:], b""):
            path.write_bytes(broken)
            assert decoded(path, ending) is None


def test_the_time_is_in_none_of_them() -> None:
    assert encoded(b"x" * SMALLEST)[".gz"][4:8] == bytes(4)
