"""Which coding a client gets (RFC 9110, section 12.5.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.web.negotiation import choose

ALL = {"identity": 1000, "gzip": 300, "br": 250, "zstd": 280}


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, zstd", "zstd"),
        ("zstd;q=0.9, gzip", "gzip"),
        ("zstd;q=0.9, gzip;q=0.8, br;q=0.85", "zstd"),
        ("br;q=0.001", "br"),
        ("br;q=0", "identity"),
        ("*", "br"),
        ("*;q=0.5, gzip", "gzip"),
        ("*, br;q=0", "zstd"),
        ("*;q=0", None),
        ("identity;q=0", None),
        ("identity;q=0, *;q=0", None),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("*;q=0, identity", "identity"),
        ("*;q=0, identity;q=0.5, gzip;q=0.4", "identity"),
        ("identity, gzip;q=0.5", "identity"),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("IDENTITY;Q=1.000,GZIP;Q=0.999", "identity"),
        ("x-gzip", "gzip"),
        ("x-gzip, gzip;q=0", "identity"),
        ("gzip ; q = 0.5 , br ;q=0.6", "br"),
        ("gzip;q=2, br;q=0.5", "gzip"),
        ("gzip;level=9", "gzip"),
        ("compress, deflate", "identity"),
        (",,,", "identity"),
        ("a," * 40 + "gzip", "identity"),
    ],
)
def test_what_a_client_gets(accepted: str | None, coding: str | None) -> None:
    assert choose(None if accepted is None else accepted.encode(), ALL) == coding


def test_the_shortest_of_those_that_are_as_welcome() -> None:
    everything = b"gzip, br, zstd"
    assert choose(everything, ALL | {"gzip": 10}) == "gzip"
    assert choose(everything, {"identity": 9, "gzip": 9, "br": 9, "zstd": 9}) == "zstd"
    assert choose(everything, {"identity": 9, "gzip": 9}) == "gzip"
    assert choose(b"*", {"identity": 8, "gzip": 9}) == "identity"
    assert choose(everything, {"identity": 9}) == "identity"
    assert choose(None, {"gzip": 9}) is None


@given(st.binary(max_size=80), st.sets(st.sampled_from(["gzip", "br", "zstd"])))
def test_anything_chooses_something_that_there_is(accepted: bytes, codings: set[str]) -> None:
    sizes = {name: size for name, size in ALL.items() if name in {"identity", *codings}}
    assert choose(accepted, sizes) in {None, *sizes}


@given(st.lists(st.sampled_from(["gzip", "br", "zstd", "identity", "*", "x"])), st.integers(0, 1000))
def test_a_weight_of_zero_is_never_given(names: list[str], weight: int) -> None:
    accepted = ", ".join(f"{name};q={weight % (place + 2) / 10:.1f}" for place, name in enumerate(dict.fromkeys(names)))
    chosen = choose(accepted.encode(), ALL)
    refused = {one.partition(";")[0] for one in accepted.split(", ") if one.endswith("q=0.0")}
    assert chosen not in refused
