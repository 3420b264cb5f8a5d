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
_MEMBER = b"\x1f\x8b"
"""What a member of gzip begins with (RFC 1952, section 2.3.1)."""
_AT_ONCE = 1 << 20
"""Bytes that brotli gives at once, more or less."""
_SLICE = 64
"""Bytes of zstd decoded at once: four bytes can mean 128 kB (RFC 8878, section 3.1.1.2), so a slice 2 MB at most.

zstandard bounds no output of its own where it is pushed.
"""


class Body:
    """A body without a coding, and the frame for those with one.

    `most` is decoded bytes, a bound that a person knows as `rule`; `at_first` as many as it holds, more or less, before
    it is told to `grow`: until then it is full, keeps the rest as it came, and takes no more.
    """

    coding = "identity"

    def __init__(self, most: int, at_first: int, rule: str) -> None:
        self._most = most
        self._rule = rule
        self._bound = min(at_first, most + 1)
        self._data = bytearray()
        self._received = 0
        self._rest = b""

    @property
    def is_full(self) -> bool:
        """Whether it has to grow before it can take more, or end."""
        return bool(self._rest)

    def take(self, piece: bytes) -> bool:
        """Takes the next bytes as they came; False where it is full then.

        Raises `FetchError` where they are damaged or too many.
        """
        self._received += len(piece)
        self._rest = self._decode(piece)
        if len(self._data) > self._most or self._received > self._most + _SPARE:
            raise FetchError(f"more than {self._most:,} bytes ({self._rule})")
        return not self.is_full

    def grow(self) -> None:
        """Lets it hold `most` bytes. Raises `FetchError` as `take` does."""
        self._bound = self._most + 1  # by one more too many are known
        rest, self._received = self._rest, self._received - len(self._rest)
        self.take(rest)

    def end(self) -> bytes:
        """All of it, decoded. Raises `FetchError` where the end is missing; nothing at all is whole."""
        if self._received and not self._whole():
            raise FetchError("the answer was cut short")
        return bytes(self._data)

    def _decode(self, piece: bytes) -> bytes:
        """Decodes as much as there is room for; returns the rest."""
        room = self._room()
        self._data += piece[:room]
        return piece[room:]

    def _whole(self) -> bool:
        return True

    def _room(self) -> int:
        """How many bytes may still come for now."""
        return max(0, self._bound - len(self._data))

    def _damaged(self) -> FetchError:
        return FetchError(f"the body is damaged {self.coding}")


class _Gzip(Body):
    """gzip, several members in a row included (RFC 1952)."""

    coding = "gzip"

    def __init__(self, most: int, at_first: int, rule: str) -> None:
        super().__init__(most, at_first, rule)
        self._stream = zlib.decompressobj(31)
        self._ignores = False

    def _decode(self, piece: bytes) -> bytes:
        try:
            while piece and self._room() > 0:
                if self._stream.eof:
                    if self._ignores or not piece.startswith(_MEMBER[: len(piece)]):
                        self._ignores = True
                        return b""  # padding, or rubbish, behind the last member, which was whole
                    self._stream = zlib.decompressobj(31)
                self._data += self._stream.decompress(piece, self._room())
                piece = self._stream.unconsumed_tail or self._stream.unused_data
        except zlib.error:
            raise self._damaged() from None
        return piece

    def _whole(self) -> bool:
        return self._stream.eof


class _Brotli(Body):
    """br (RFC 7932)."""

    coding = "br"

    def __init__(self, most: int, at_first: int, rule: str) -> None:
        super().__init__(most, at_first, rule)
        self._stream = brotli.Decompressor()
        self._holds = False

    @property
    def is_full(self) -> bool:
        return self._holds

    def _decode(self, piece: bytes) -> bytes:
        try:
            # That it accepts more data does not say that it gave what it holds: 4 of 6 MB of zeros were left.
            self._holds = True
            while self._holds and self._room():
                got = self._stream.process(piece, output_buffer_limit=min(_AT_ONCE, self._room()))
                self._data += got
                piece, self._holds = b"", bool(got) and not self._stream.is_finished()
        except brotli.error:
            raise self._damaged() from None
        return piece

    def _whole(self) -> bool:
        return bool(self._stream.is_finished())


class _Zstd(Body):
    """zstd, several frames in a row included (RFC 8878)."""

    coding = "zstd"

    def __init__(self, most: int, at_first: int, rule: str) -> None:
        super().__init__(most, at_first, rule)
        self._frames = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
        self._frame = self._frames.decompressobj()

    def _decode(self, piece: bytes) -> bytes:
        try:
            for start in range(0, len(piece), _SLICE):
                rest = piece[start : start + _SLICE]
                while rest:
                    if not self._room():
                        return rest + piece[start + _SLICE :]
                    if self._frame.eof:
                        self._frame = self._frames.decompressobj()
                    self._data += self._frame.decompress(rest)
                    rest = self._frame.unused_data
        except zstandard.ZstdError:
            raise self._damaged() from None
        return b""

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


def body_of(coding: str, most: int, at_first: int, rule: str = "max_bytes in [poll]") -> Body:
    """What decodes `coding`, as Content-Encoding names it, to at most `most` bytes, `at_first` before it grows. A
    message about more of them names the `rule`.

    Raises `FetchError` for one that was not offered, stacked ones included.
    """
    kind = _BODIES.get(coding.strip().lower())
    if kind is None:
        raise FetchError(f'the body is encoded as "{coding.strip().lower()[:40]}", which was not asked for')
    return kind(most, at_first, rule)
