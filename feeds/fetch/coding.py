"""Content codings of bodies (RFC 9110, section 8.4): gzip, br and zstd, decoded as they come and bounded both ways.

We decode, not libcurl: its release 8.23 takes a gzip stream that breaks off for a whole one (measured: 19,008 of
20,000 bytes and no error), and decodes codings that were never offered.
"""

from __future__ import annotations

import zlib

import brotli  # type: ignore[import-untyped]  # its wheel has no py.typed
import zstandard

from feeds.errors import FetchError

OFFERED = b"gzip, br, zstd"
_SPARE = 65_536
"""Bytes that a body may be longer coded than decoded: what cannot be compressed grows by a few in a thousand."""
_WINDOW = 1 << 23
"""Largest window of a zstd frame: 8 MB, which is all that a sender may use (RFC 9659)."""
_AT_ONCE = 1 << 20
"""Bytes that brotli gives at once, more or less."""
_SLICE = 256
"""Bytes of zstd decoded at once: four bytes can mean 128 kB (RFC 8878, section 3.1.1.2), so a slice 8 MB at most.

zstandard bounds no output of its own where it is pushed.
"""


class Body:
    """A body without a coding, and the frame for those with one. `most` is decoded bytes."""

    coding = "identity"

    def __init__(self, most: int) -> None:
        self._most = most
        self._data = bytearray()
        self._received = 0

    def take(self, piece: bytes) -> None:
        """Takes the next bytes as they came. Raises `FetchError` where they are damaged or too many."""
        self._received += len(piece)
        self._decode(piece)
        if len(self._data) > self._most or self._received > self._most + _SPARE:
            raise FetchError(f"more than {self._most:,} bytes (max_bytes in [poll])")

    def end(self) -> bytes:
        """All of it, decoded. Raises `FetchError` where the end is missing; nothing at all is whole."""
        if self._received and not self._whole():
            raise FetchError("the answer was cut short")
        return bytes(self._data)

    def _decode(self, piece: bytes) -> None:
        self._data += piece

    def _whole(self) -> bool:
        return True

    def _room(self) -> int:
        """How many bytes may still come, and one more by which too many are known."""
        return self._most + 1 - len(self._data)

    def _damaged(self) -> FetchError:
        return FetchError(f"the body is damaged {self.coding}")


class _Gzip(Body):
    """gzip, several members in a row included (RFC 1952)."""

    coding = "gzip"

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self._stream = zlib.decompressobj(31)

    def _decode(self, piece: bytes) -> None:
        try:
            while piece and self._room() > 0:
                if self._stream.eof:
                    if not piece.strip(b"\0"):
                        return  # padding behind the last member
                    self._stream = zlib.decompressobj(31)
                self._data += self._stream.decompress(piece, self._room())
                piece = self._stream.unconsumed_tail or self._stream.unused_data
        except zlib.error:
            raise self._damaged() from None

    def _whole(self) -> bool:
        return self._stream.eof


class _Brotli(Body):
    """br (RFC 7932)."""

    coding = "br"

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self._stream = brotli.Decompressor()

    def _decode(self, piece: bytes) -> None:
        try:
            self._data += self._stream.process(piece, output_buffer_limit=_AT_ONCE)
            while not self._stream.can_accept_more_data() and self._room() > 0:
                self._data += self._stream.process(b"", output_buffer_limit=_AT_ONCE)
        except brotli.error:
            raise self._damaged() from None

    def _whole(self) -> bool:
        return bool(self._stream.is_finished())


class _Zstd(Body):
    """zstd, several frames in a row included (RFC 8878)."""

    coding = "zstd"

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self._frames = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
        self._frame = self._frames.decompressobj()

    def _decode(self, piece: bytes) -> None:
        try:
            for start in range(0, len(piece), _SLICE):
                rest = piece[start : start + _SLICE]
                while rest and self._room() > 0:
                    if self._frame.eof:
                        self._frame = self._frames.decompressobj()
                    self._data += self._frame.decompress(rest)
                    rest = self._frame.unused_data
        except zstandard.ZstdError:
            raise self._damaged() from None

    def _whole(self) -> bool:
        return self._frame.eof


_BODIES: dict[str, type[Body]] = {
    "": Body,
    "identity": Body,
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "br": _Brotli,
    "zstd": _Zstd,
}


def body_of(coding: str, most: int) -> Body:
    """What decodes `coding`, as Content-Encoding names it, to at most `most` bytes.

    Raises `FetchError` for one that was not offered, stacked ones included.
    """
    kind = _BODIES.get(coding.strip().lower())
    if kind is None:
        raise FetchError(f'the body is encoded as "{coding.strip().lower()[:40]}", which was not asked for')
    return kind(most)
