"""Content codings: what comes out whole, what is broken or a bomb, in one piece and in many."""

from __future__ import annotations

import gzip
import hashlib
import zlib

import brotli  # type: ignore[import-untyped]  # its wheel has no py.typed
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from feeds.errors import FetchError
from feeds.fetch.coding import body_of
from tests.asking import FEED, ask, data, failure
from tests.fakes import Reply, Site, zipped
from tests.hostile.servers import zstd_window

MOST = 100_000
LARGE = 6_000_000
"""More than any decoder gives beyond what it was asked for."""

NOISE = hashlib.shake_256().digest(20_000)


def zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(body)


def gzipped(data: bytes) -> bytes:
    """The same bytes in every process that collects these tests: no time in the header."""
    return gzip.compress(data, mtime=0)


PRESS = {"gzip": gzipped, "br": brotli.compress, "zstd": zstd}
SKIPPED = b"\x50\x2a\x4d\x18\x03\0\0\0abc"
"""A frame of zstd that says nothing (RFC 8878, section 3.1.2)."""


def decode(coding: str, *pieces: bytes, at_first: int = MOST + 1) -> bytes:
    """`pieces` decoded; what is full grows."""
    body = body_of(coding, MOST, at_first)
    for piece in pieces:
        body.take(piece)
        if body.is_full:
            body.grow()
    return body.end()


@pytest.mark.parametrize("coding", [*PRESS, "identity"])
@given(
    body=st.binary(max_size=2000), times=st.integers(1, 20), size=st.integers(1, 700), at_first=st.integers(0, 10_000)
)
def test_every_coding_gives_back_what_went_in_however_it_is_cut(
    coding: str, body: bytes, times: int, size: int, at_first: int
) -> None:
    coded = PRESS.get(coding, bytes)(body * times)
    pieces = [coded[i : i + size] for i in range(0, len(coded), size)]
    assert decode(coding, *pieces, at_first=at_first) == body * times


@pytest.mark.parametrize("coding", [*PRESS, "identity"])
def test_a_body_is_full_before_it_is_large(coding: str) -> None:
    whole = bytes(LARGE)
    body = body_of(coding, LARGE, 1000)
    assert not body.take(PRESS.get(coding, bytes)(whole))
    before = body.is_full
    body.grow()
    assert (before, body.is_full) == (True, False)
    assert body.end() == whole


@pytest.mark.parametrize("coding", [*PRESS, "identity"])
def test_what_grows_beyond_its_cap_is_refused_then(coding: str) -> None:
    body = body_of(coding, LARGE, 1000)
    body.take(PRESS.get(coding, bytes)(bytes(LARGE + 1)))
    assert body.is_full
    with pytest.raises(FetchError, match="more than 6,000,000 bytes"):
        body.grow()


@pytest.mark.parametrize("name", ["gzip", "x-gzip", "X-GZip", " GZIP\t"])
def test_names_of_codings_have_no_case(name: str) -> None:
    assert decode(name, gzipped(FEED)) == FEED


@pytest.mark.parametrize("coding", ["", *PRESS])
def test_nothing_at_all_is_whole(coding: str) -> None:
    assert decode(coding) == b""


@pytest.mark.parametrize(
    ("coding", "coded", "whole"),
    [
        ("gzip", gzipped(b"one ") + gzipped(b"two") + b"\0" * 20, b"one two"),
        ("gzip", gzipped(b"one ") + gzipped(b"two") + b"\r\nrubbish\x1f\x8b", b"one two"),
        ("zstd", zstd(b"one ") + SKIPPED + zstd(b"two") + SKIPPED, b"one two"),
        ("zstd", zstd(b""), b""),
    ],
    ids=["gzip", "gzip-rubbish", "zstd", "zstd-empty"],
)
def test_several_members_in_a_row(coding: str, coded: bytes, whole: bytes) -> None:
    assert decode(coding, coded) == whole
    assert decode(coding, *(coded[i : i + 1] for i in range(len(coded)))) == whole


@pytest.mark.parametrize("coding", PRESS)
def test_the_cap_is_exact(coding: str) -> None:
    assert decode(coding, PRESS[coding](bytes(MOST))) == bytes(MOST)
    with pytest.raises(FetchError, match=r"more than 100,000 bytes \(max_bytes in \[poll\]\)"):
        decode(coding, PRESS[coding](bytes(MOST + 1)))


CUT, TOO_MUCH = "the answer was cut short", "more than 100,000 bytes"
BROKEN = [
    ("gzip", gzipped(NOISE)[:-1000], CUT),
    ("gzip", gzipped(b"whole")[:-2], CUT),
    ("gzip", b"\x1f", CUT),
    ("gzip", b"<rss/> but not zipped at all", "damaged gzip"),
    ("gzip", gzipped(b"whole") + b"\x1f\x8brubbish", "damaged gzip"),
    ("gzip", gzipped(b"whole")[:-5] + b"x" + gzipped(b"whole")[-4:], "damaged gzip"),
    ("gzip", gzipped(bytes(60_000)) * 2, TOO_MUCH),
    ("gzip", gzipped(bytes(100_000)) + gzipped(b"x"), TOO_MUCH),
    ("gzip", gzipped(b"") * 20_000, TOO_MUCH),
    ("br", brotli.compress(NOISE)[:-1000], CUT),
    ("br", brotli.compress(b"whole")[:-1], CUT),
    ("br", b"<rss/> but not br at all", "damaged br"),
    ("br", brotli.compress(b"whole") + b"rubbish", "damaged br"),
    ("br", zlib.compress(FEED), "damaged br"),
    ("zstd", zstd(NOISE)[:-1000], CUT),
    ("zstd", zstd(b"whole")[:-1], CUT),
    ("zstd", b"\x28", CUT),
    ("zstd", b"<rss/> but not zstd at all", "damaged zstd"),
    ("zstd", zstd(b"whole") + b"rubbish", "damaged zstd"),
    ("zstd", zstd(b"whole")[:-1] + b"x", "damaged zstd"),
    ("zstd", zstd(bytes(60_000)) * 2, TOO_MUCH),
    ("zstd", SKIPPED * 20_000, TOO_MUCH),
    ("zstd", zstd_window(), "damaged zstd"),
    ("identity", b"x" * 100_001, TOO_MUCH),
]


@pytest.mark.parametrize(("coding", "coded", "words"), BROKEN)
def test_what_is_broken_or_a_bomb(coding: str, coded: bytes, words: str) -> None:
    with pytest.raises(FetchError, match=words):
        decode(coding, coded)
    with pytest.raises(FetchError, match=words):
        decode(coding, *(coded[i : i + 100] for i in range(0, len(coded), 100)))


@pytest.mark.parametrize("coding", PRESS)
@given(junk=st.binary(min_size=1, max_size=300), at=st.integers(0, 200))
def test_any_bytes_give_a_body_or_words(coding: str, junk: bytes, at: int) -> None:
    coded = PRESS[coding](FEED * 5)
    said = ""
    try:
        assert len(decode(coding, coded[:at] + junk)) <= MOST
    except FetchError as error:
        said = str(error)
    assert said in ("", CUT, f"the body is damaged {coding}") or TOO_MUCH in said


@pytest.mark.parametrize("coding", ["deflate", "compress", "gzip, gzip", "br, gzip", "bogus"])
def test_codings_that_were_not_offered_are_refused(site: Site, coding: str) -> None:
    body = zlib.compress(FEED)
    assert f'encoded as "{coding}"' in failure(site.put("/z", Reply(headers=[("Content-Encoding", coding)], body=body)))


def test_stacked_codings_on_two_lines_are_refused(site: Site) -> None:
    reply = zipped(gzipped(FEED), [("Content-Encoding", "gzip")])
    assert 'encoded as "gzip, gzip"' in failure(site.put("/z", reply))


@pytest.mark.parametrize("coding", PRESS)
def test_a_coded_document_from_a_site(site: Site, coding: str) -> None:
    coded = PRESS[coding](FEED * 1000)
    reply = Reply(headers=[("Content-Encoding", coding)], pieces=(coded[:9], coded[9:30], coded[30:]), pause=0.001)
    assert data(ask(site.put("/z", reply))) == FEED * 1000
    assert "cut short" in failure(site.put("/cut", Reply(headers=[("Content-Encoding", coding)], body=coded[:-3])))


def test_the_body_of_an_error_is_not_decoded(site: Site) -> None:
    reply = Reply(status=404, headers=[("Content-Encoding", "bogus")], body=b"no such page")
    assert "HTTP 404" in failure(site.put("/gone", reply))
