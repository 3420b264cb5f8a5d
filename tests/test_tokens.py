"""Tokens of subscribers: how they are made, what opens with them, and that nothing else does."""

from __future__ import annotations

import hmac
import re
import secrets
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from statistics import median
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.engine import Engine, reading
from db.records import TokenRecord
from db.store import tokens as store
from feeds import tokens
from feeds.errors import UsageError
from feeds.tokens import Issued, State
from tests.desk import NOON, hours

MINSK = ZoneInfo("Europe/Minsk")


def made(engine: Engine, name: str = "anna", expires_at: datetime | None = None) -> Issued:
    return tokens.create(engine, name, NOON, secrets.token_bytes, expires_at)


def admitted(engine: Engine, given: str, now: datetime = NOON) -> TokenRecord | None:
    with reading(engine) as connection:
        return tokens.admit(connection, given, now, tokens.FEEDS)


def test_a_token_is_an_id_and_a_secret_of_the_bytes_of_chance(engine: Engine) -> None:
    chance = iter([bytes(range(8)), b"\xff" * 32])

    def random(count: int) -> bytes:
        found = next(chance)
        assert len(found) == count
        return found

    issued = tokens.create(engine, "anna", NOON, random)
    assert issued.token == "0001020304050607." + "_" * 42 + "8"
    assert issued.record.secret == sha256(b"_" * 42 + b"8").digest()
    assert issued.token not in repr(issued)


def test_two_tokens_differ_and_no_secret_is_stored(engine: Engine, tmp_path: Path) -> None:
    issued = [made(engine, name) for name in ("anna", "ben")]
    again = tokens.rotate(engine, "ben", NOON, secrets.token_bytes)
    halves = [half for one in (*issued, again) for half in one.token.split(".")]
    assert len(set(halves)) == 5, "a new secret leaves the id"
    assert all(re.fullmatch(r"[0-9a-f]{16}\.[A-Za-z0-9_-]{43}", one.token) for one in (*issued, again))
    engine.dispose()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"anna" in stored
    assert all(one.token.split(".")[1].encode() not in stored for one in (*issued, again))


def test_a_live_token_opens_and_nothing_else_does(engine: Engine) -> None:
    one, other = made(engine), made(engine, "ben")
    assert admitted(engine, one.token) == one.record
    key, secret = one.token.split(".")
    flipped = secret[:-2] + ("A" if secret[-2] != "A" else "B") + secret[-1]
    for wrong in (
        "", ".", key, f"{key}.", f".{secret}", secret, f"{key}.{flipped}", f"{key.upper()}.{secret}", f"{one.token}.",
        f"{one.token}=", f" {one.token}", f"{one.token}\n", f"{key}.{secret.lower()}", f"{key}..{secret}",
        f"{key}.{other.token.split('.')[1]}", f"{other.token.split('.')[0]}.{secret}", one.token.replace(".", "%2e"),
        f"{'0' * 16}.{secret}", "\ud800.\ud800", f"{key}.\ud800", "x" * 100_000, f"{one.token}{'x' * 100_000}",
        "nobody.", f"nobody.{secret}", f"{key}.{one.record.secret.hex()}", f"{key}\x00.{secret}",
    ):  # fmt: skip
        assert admitted(engine, wrong) is None, wrong


@given(st.text(st.characters(), max_size=300))
def test_no_text_is_a_token_and_none_is_an_error(text: str) -> None:
    with closing_engine() as engine, reading(engine) as connection:
        assert tokens.admit(connection, text, NOON, tokens.FEEDS) is None
        assert tokens.network(text, text) is None or text.strip() != ""


class closing_engine:
    """An engine on a database in memory with the tables alone, so that many examples are cheap."""

    def __enter__(self) -> Engine:
        from db.engine import open_engine
        from db.models import Base

        self.engine = open_engine("sqlite:///:memory:")
        Base.metadata.create_all(self.engine)
        return self.engine

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()


def test_a_token_ends_when_it_expires(engine: Engine) -> None:
    one = made(engine, expires_at=NOON + hours(1))
    assert admitted(engine, one.token, NOON + hours(1) - timedelta(seconds=1)) is not None
    assert admitted(engine, one.token, NOON + hours(1)) is None
    assert tokens.state(one.record, NOON) is State.LIVE
    assert tokens.state(one.record, NOON + hours(1)) is State.EXPIRED


def test_a_token_ends_at_once_when_it_is_revoked(engine: Engine) -> None:
    one, other = made(engine), made(engine, "ben")
    tokens.revoke(engine, "anna", NOON)
    assert admitted(engine, one.token) is None
    assert admitted(engine, other.token) is not None
    tokens.revoke(engine, other.record.key, NOON)
    assert admitted(engine, other.token) is None
    with reading(engine) as connection:
        assert {tokens.state(each, NOON) for each in store.every(connection)} == {State.REVOKED}


def test_a_new_secret_ends_the_old_one_at_once(engine: Engine) -> None:
    one = made(engine, expires_at=NOON + hours(2))
    again = tokens.rotate(engine, one.record.key, NOON, secrets.token_bytes)
    assert (again.record.name, again.record.key, again.record.expires_at) == ("anna", one.record.key, NOON + hours(2))
    assert admitted(engine, one.token) is None
    assert admitted(engine, again.token) == again.record
    third = tokens.rotate(engine, "anna", NOON + hours(3), secrets.token_bytes, NOON + hours(4))
    assert admitted(engine, again.token) is None
    assert admitted(engine, third.token, NOON + hours(3)) is not None


def test_what_cannot_be_done_is_one_line(engine: Engine) -> None:
    one = made(engine, expires_at=NOON + hours(1))
    chance = secrets.token_bytes
    with pytest.raises(UsageError, match=r'there is a token named "anna"'):
        made(engine, "  anna ")
    with pytest.raises(UsageError, match=r'^expires: "anna" has expired; say until when'):
        tokens.rotate(engine, "anna", NOON + hours(1), chance)
    for which in ("ben", "0" * 16, "", "\u2028"):
        with pytest.raises(UsageError, match="no token has the name or id"):
            tokens.revoke(engine, which, NOON)
    tokens.revoke(engine, "anna", NOON)
    for act in (
        lambda: tokens.revoke(engine, "anna", NOON),
        lambda: tokens.revoke(engine, one.record.key, NOON),
        lambda: tokens.rotate(engine, one.record.key, NOON, chance),
    ):
        with pytest.raises(UsageError, match='"anna" was revoked'):
            act()
    assert made(engine).record.key != one.record.key, "the name is free again"


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x1bb", "a\u202eb", "a\ud800", "0123456789abcdef"])
def test_what_is_no_name(engine: Engine, name: str) -> None:
    with pytest.raises(UsageError):
        made(engine, name)


def test_names_of_any_script_are_kept_in_one_way_of_writing(engine: Engine) -> None:
    assert made(engine, "  Алесь\u00a0 Бы\u0301к ").record.name == "Алесь Бы\u0301к"
    made(engine, "cafe\u0301")
    tokens.revoke(engine, "caf\u00e9", NOON)
    assert made(engine, "anna@reader.example #17").record.name == "anna@reader.example #17"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("12h", NOON + hours(12)),
        ("30d", NOON + hours(720)),
        ("8w", NOON + hours(1344)),
        (" 1d ", NOON + hours(24)),
        ("2027-01-31", datetime(2027, 1, 31, 21, tzinfo=UTC)),
        ("2026-03-02", datetime(2026, 3, 2, 21, tzinfo=UTC)),
    ],
)
def test_until_when_a_token_works(text: str, moment: datetime) -> None:
    found = tokens.expiry(text, NOON, MINSK)
    assert (found, found.utcoffset()) == (moment, timedelta(0))


@pytest.mark.parametrize(
    "text", ["", "soon", "0d", "-1d", "1", "30 d", "2026-03-01", "2026-02-30", "2026-3-2", "9999-12-31", "१d"]
)
def test_what_is_no_time_to_come(text: str) -> None:
    with pytest.raises(UsageError, match=r"^expires: ") as caught:
        tokens.expiry(text, NOON, MINSK)
    assert "\n" not in str(caught.value)


def test_networks_are_told_apart_by_who_has_the_token_alone() -> None:
    def digest(address: str, given: str = "a.b") -> bytes | None:
        return tokens.network(given, address)

    assert digest("192.0.2.1") == digest("192.0.2.255") == digest("::ffff:192.0.2.7")
    assert digest("192.0.2.1") != digest("192.0.3.1")
    assert digest("2001:db8:1::1") == digest("2001:db8:1:ffff::2") != digest("2001:db8:2::1")
    assert digest("fe80::1%eth0") == digest("fe80::1")
    assert digest("192.0.2.1") != digest("192.0.2.1", "a.c"), "nobody can tell whether two tokens share a network"
    assert digest("unknown") is digest("") is None
    assert len(digest("192.0.2.1") or b"") == 16


# --- nothing tells one wrong token from another


def wrong_ones(engine: Engine) -> dict[str, str]:
    """A token of every way to be wrong, each of the same length."""
    live = made(engine)
    revoked, expired = made(engine, "revoked"), made(engine, "expired", NOON)
    tokens.revoke(engine, "revoked", NOON)
    secret = live.token.split(".")[1]
    return {
        "unknown": f"{'0' * 16}.{secret}",
        "wrong": f"{live.record.key}.{'A' * 43}",
        "revoked": revoked.token,
        "expired": expired.token,
        "malformed": f"{'X' * 16}.{secret}",
    }


def test_whatever_is_wrong_one_lookup_one_digest_and_one_comparison_are_done(engine: Engine) -> None:
    wrong = wrong_ones(engine)
    for token in (*wrong.values(), "", "x" * 1000):
        with (
            patch.object(store, "by_key", wraps=store.by_key) as lookup,
            patch.object(tokens, "sha256", wraps=sha256) as digest,
            patch.object(hmac, "compare_digest", wraps=hmac.compare_digest) as compare,
        ):
            assert admitted(engine, token) is None
        assert (lookup.call_count, digest.call_count, compare.call_count) == (1, 1, 1)
        assert [len(each) for each in compare.call_args.args] == [32, 32]


def test_what_is_wrong_cannot_be_told_by_the_time(engine: Engine) -> None:
    """Medians of many calls, taken in turns: what separates two kinds is a small part of what separates two calls of
    one. A kind that skipped the lookup, as one that is malformed might, would be faster by nine tenths."""
    wrong = wrong_ones(engine)
    with reading(engine) as connection:
        for _attempt in range(5):  # another process on the same core is no leak
            taken: dict[str, list[int]] = {kind: [] for kind in wrong}
            for number in range(400):
                kinds = list(wrong)
                for kind in kinds[number % len(kinds) :] + kinds[: number % len(kinds)]:
                    began = time.perf_counter_ns()
                    tokens.admit(connection, wrong[kind], NOON, tokens.FEEDS)
                    taken[kind].append(time.perf_counter_ns() - began)
            medians = {kind: median(each) for kind, each in taken.items()}
            if max(medians.values()) < 1.15 * min(medians.values()):
                return
        pytest.fail(f"one kind takes longer than another (ns): {medians}")


def test_a_token_opens_what_it_was_made_for_and_nothing_else(engine: Engine) -> None:
    reader = made(engine)
    program = tokens.create(engine, "program", NOON, secrets.token_bytes, scopes=["write", "read", "read"])
    assert reader.record.scopes == {"feeds"}
    assert program.record.scopes == {"read", "write"}
    with reading(engine) as connection:
        for scopes, opened in {
            ("feeds",): (True, False),
            ("read",): (False, True),
            ("admin",): (False, False),
            ("admin", "write"): (False, True),
            ("feeds", "read"): (True, True),
        }.items():
            found = [tokens.admit(connection, one.token, NOON, *scopes) for one in (reader, program)]
            assert tuple(one is not None for one in found) == opened, scopes
    again = tokens.rotate(engine, "program", NOON, secrets.token_bytes)
    assert again.record.scopes == {"read", "write"}


@pytest.mark.parametrize("scopes", [(), ("all",), ("feeds", "read write")])
def test_what_is_no_scope_is_refused(engine: Engine, scopes: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="there are feeds, read, write, admin"):
        tokens.create(engine, "program", NOON, secrets.token_bytes, scopes=scopes)
    with reading(engine) as connection:
        assert store.every(connection) == []
