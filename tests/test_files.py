"""Published files in memory: what is read, in which codings, and when it is read anew."""

from __future__ import annotations

import gzip
import os
import resource
import struct
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # ships no types
import pytest
import zstandard

from feeds.output import write_atomic
from feeds.web.files import LOOK_AGAIN, Tree, Unreadable
from feeds.web.public import Said

FEED = b"<feed>" + b"\xc5\xbe and some more of it " * 500 + b"</feed>"
EVERYTHING = b"gzip, br, zstd"


class Time:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def coded(data: bytes) -> dict[str, bytes]:
    return {
        ".gz": gzip.compress(data, 9, mtime=0),
        ".br": brotli.compress(data),
        ".zst": zstandard.ZstdCompressor(level=9).compress(data),
    }


def put(root: Path, name: str, data: bytes) -> dict[str, bytes]:
    """A file with all that the publisher writes beside it."""
    write_atomic(root, name, data)
    for suffix, body in coded(data).items():
        write_atomic(root, name + suffix, body)
    return coded(data)


def tree_of(root: Path, *, most: int = 64_000_000, now: Time | None = None) -> Tree:
    said = Said()
    return Tree(root, said.media_type, said.headers, most=most, now=now or Time())


def body(tree: Tree, path: str, accepted: bytes | None) -> bytes | None:
    version = tree.version(path)
    found = None if version is None else version.coded(accepted)
    return None if found is None else found.whole.body


@contextmanager
def no_descriptors() -> Iterator[None]:
    """Nothing can be opened until the block ends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_files_beside_it_are_what_is_served(tmp_path: Path) -> None:
    made = put(tmp_path, "x.atom", FEED)
    tree = tree_of(tmp_path)
    assert body(tree, "/x.atom", None) == body(tree, "/x.atom", b"") == FEED
    assert body(tree, "/x.atom", b"gzip") == made[".gz"]
    assert body(tree, "/x.atom", b"br") == made[".br"]
    assert body(tree, "/x.atom", b"zstd") == made[".zst"]
    assert body(tree, "/x.atom", EVERYTHING) == min(made.values(), key=len)
    assert body(tree, "/x.atom", b"identity;q=0, deflate") is None
    version = tree.version("/x.atom")
    assert version is not None
    assert version.complete
    assert len({one.etag for one in version.codings.values()}) == 4
    assert version.cost == len(FEED) + sum(map(len, made.values()))


@pytest.mark.parametrize("suffix", [".gz", ".br", ".zst"])
@pytest.mark.parametrize(
    "fault", ["missing", "older", "cut", "longer", "nonsense", "empty", "a folder", "outside", "bomb"]
)
def test_a_file_beside_it_that_is_not_the_same_is_not_served(tmp_path: Path, suffix: str, fault: str) -> None:
    root = tmp_path / "public"
    put(root, "x.atom", FEED)
    good = coded(FEED)[suffix]
    path = root / f"x.atom{suffix}"
    path.unlink()
    if fault == "a folder":
        path.mkdir()
    elif fault == "outside":
        (tmp_path / "good").write_bytes(good)
        path.symlink_to("../good")
    elif fault != "missing":
        bad = {
            "older": coded(FEED.replace(b"more", b"less"))[suffix],
            "cut": good[:-3],
            "longer": good + good,
            "nonsense": os.urandom(300),
            "empty": b"",
            "bomb": coded(bytes(3_000_000))[suffix],
        }
        path.write_bytes(bad[fault])
    tree = tree_of(root)
    name = {".gz": b"gzip", ".br": b"br", ".zst": b"zstd"}[suffix]
    if suffix == ".gz":
        zipped = body(tree, "/x.atom", name)
        assert zipped is not None
        assert gzip.decompress(zipped) == FEED
        assert zipped == gzip.compress(FEED, 6, mtime=0)
    else:
        assert body(tree, "/x.atom", name) == FEED
    version = tree.version("/x.atom")
    assert version is not None
    assert not version.complete


@pytest.mark.parametrize("said", [None, len(FEED)], ids=["no size", "a wrong size"])
def test_a_frame_of_zstd_is_opened_into_no_more_than_the_file(tmp_path: Path, said: int | None) -> None:
    put(tmp_path, "x.atom", FEED)
    # 1,500 blocks that stand for 128 kB each (RFC 8878, section 3.1.1).
    size = b"" if said is None else struct.pack("<H", said - 256)
    blocks = [(131_072 << 3 | 1 << 1 | last).to_bytes(3, "little") + b"x" for last in [0] * 1499 + [1]]
    (tmp_path / "x.atom.zst").write_bytes(
        b"\x28\xb5\x2f\xfd" + bytes([64 if size else 0, 7 << 3]) + size + b"".join(blocks)
    )
    tracemalloc.start()
    try:
        assert body(tree_of(tmp_path), "/x.atom", b"zstd") == FEED
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_files_beside_it_that_come_later_are_found(tmp_path: Path) -> None:
    write_atomic(tmp_path, "x.atom", FEED)
    time = Time()
    tree = tree_of(tmp_path, now=time)
    assert body(tree, "/x.atom", b"br") == FEED
    made = put(tmp_path, "x.atom", FEED)
    time.at += LOOK_AGAIN - 0.1
    assert body(tree, "/x.atom", b"br") == FEED
    time.at += 0.2
    assert body(tree, "/x.atom", b"br") == made[".br"]
    (tmp_path / "x.atom.br").unlink()
    time.at += 2 * LOOK_AGAIN
    assert body(tree, "/x.atom", b"br") == made[".br"]


@pytest.mark.parametrize("order", [("", ".gz", ".br", ".zst"), (".gz", ".br", ".zst", "")])
def test_while_it_is_replaced_every_coding_is_one_version_or_the_other(tmp_path: Path, order: tuple[str, ...]) -> None:
    old, new = FEED, FEED.replace(b"more", b"less")
    put(tmp_path, "x.atom", old)
    time = Time()
    tree = tree_of(tmp_path, now=time)
    after = coded(new) | {"": new}
    for suffix in order:
        write_atomic(tmp_path, f"x.atom{suffix}", after[suffix])
        plain = body(tree, "/x.atom", None)
        assert plain in (old, new)
        for name, opened in (("gzip", gzip.decompress), ("br", brotli.decompress), ("zstd", zstandard.decompress)):
            got = body(tree, "/x.atom", name.encode())
            assert plain in (got, got and _opened(opened, got))
        time.at += LOOK_AGAIN + 1
    assert body(tree, "/x.atom", b"br") == after[".br"]


def _opened(opened: object, data: bytes) -> object:
    try:
        return opened(data)  # type: ignore[operator]
    except Exception:
        return None


def test_what_is_small_or_has_no_shorter_form_is_served_as_it_is(tmp_path: Path) -> None:
    write_atomic(tmp_path, "small.atom", b"x" * 100)
    write_atomic(tmp_path, "dense.atom", os.urandom(3000))
    tree = tree_of(tmp_path)
    assert body(tree, "/small.atom", b"gzip") == b"x" * 100
    assert body(tree, "/dense.atom", b"gzip") == (tmp_path / "dense.atom").read_bytes()


def test_memory_is_bounded(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, most=3000)
    for number in range(8):
        write_atomic(tmp_path, f"{number % 5}.json", os.urandom(1000))
        assert tree.version(f"/{number % 5}.json") is not None
        assert tree._bytes <= 3000
        assert tree._bytes == sum(each.cost for each in tree._kept.values())
    assert list(tree._kept) == ["/0.json", "/1.json", "/2.json"]
    write_atomic(tmp_path, "large.json", os.urandom(9000))
    assert tree.version("/large.json") is not None
    assert list(tree._kept) == ["/large.json"]


def test_what_clients_accept_is_remembered_within_bounds(tmp_path: Path) -> None:
    put(tmp_path, "x.atom", FEED)
    version = tree_of(tmp_path).version("/x.atom")
    assert version is not None
    for number in range(500):
        assert version.coded(b"gzip;q=0.%03d" % (number + 1)) is version.codings["gzip"]
    assert len(version._chosen) <= 64


def test_what_clients_accept_does_not_fill_the_memory(tmp_path: Path) -> None:
    tree = tree_of(tmp_path)
    tracemalloc.start()
    try:
        for number in range(40):
            write_atomic(tmp_path, f"{number}.json", b"x" * 100)
            version = tree.version(f"/{number}.json")
            assert version is not None
            for other in range(64):
                for length in (190, 16_000):
                    accepted = b"identity;q=0.%03d," % other + b"y" * length
                    assert version.coded(accepted) is (version.codings["identity"] if other else None)
        grew = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert grew < 1_000_000


def test_a_file_that_cannot_be_read_now_is_served_as_it_was(tmp_path: Path) -> None:
    write_atomic(tmp_path, "a.atom", b"good")
    tree = tree_of(tmp_path)
    good = tree.version("/a.atom")
    (tmp_path / "a.atom").unlink()
    (tmp_path / "a.atom").symlink_to("a.atom")
    assert tree.version("/a.atom") is good
    assert tree.version("/b.atom") is None


def test_a_file_that_cannot_be_read_and_never_was_is_not_taken_for_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_atomic(tmp_path, "a.atom", b"good")
    time = Time()
    tree = tree_of(tmp_path, now=time)
    with no_descriptors():
        for _ in range(3):
            with pytest.raises(Unreadable):
                tree.version("/a.atom")
        assert tree.version("/b.atom") is None
    assert capsys.readouterr().err.count("published file not read") == 1
    assert body(tree, "/a.atom", None) == b"good"
    time.at += 61
    (tmp_path / "c.atom").symlink_to("c.atom")
    with pytest.raises(Unreadable):
        tree.version("/c.atom")
    assert capsys.readouterr().err.count("published file not read") == 1


def test_what_is_gone(tmp_path: Path) -> None:
    root = tmp_path / "public"
    write_atomic(root, "gone/sections/old.atom", b"")
    write_atomic(root, "gone/dir.atom/x", b"")
    (tmp_path / "secret.atom").write_bytes(b"")
    (root / "gone" / "out").symlink_to("../..")
    (root / "gone" / "link.atom").symlink_to("sections/old.atom")
    tree = tree_of(root)
    assert tree.gone("/sections/old.atom")
    for path in (
        "/sections/new.atom",
        "/dir.atom",
        "/out/secret.atom",
        "/link.atom",
        "/../gone/sections/old.atom",
        "*",
    ):
        assert not tree.gone(path)
    assert tree.version("/gone/sections/old.atom") is None
