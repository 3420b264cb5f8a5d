"""The password of the desk: what is one, where it stands, and what is compared with it."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type

from feeds.config import Config, parse
from feeds.desk.passwords import AT_ONCE, MAX_BYTES, SHORTEST, Passwords, hashed, passwords_of
from feeds.errors import ConfigError, UsageError
from tests.desk.web import PASSWORD, SITE

CHEAP = PasswordHasher(1, 8, 1)


def fits(passwords: Passwords, given: str) -> bool:
    return asyncio.run(passwords.fits(given))


def configured(folder: Path, desk: str) -> Config:
    return parse(f"{SITE}[desk]\n{desk}\n", folder / "config.toml")


def test_a_hash_is_argon2id_and_fits_its_password_alone() -> None:
    made = hashed(PASSWORD)
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert made != hashed(PASSWORD)
    assert fits(Passwords(made), PASSWORD)
    assert not fits(Passwords(made), PASSWORD[:-1])
    passwords = Passwords(CHEAP.hash(PASSWORD))
    assert fits(passwords, PASSWORD)
    for wrong in ("", PASSWORD[:-1], PASSWORD + " ", PASSWORD.upper(), made, "\ud800", "\x00"):
        assert not fits(passwords, wrong)


def test_what_looks_the_same_is_the_same_on_any_keyboard() -> None:
    assert fits(Passwords(CHEAP.hash("Fähren fahren stündlich".encode())), "Fa\u0308hren fahren stu\u0308ndlich")


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("x" * (SHORTEST - 1), "15 characters at least"),
        ("", "15 characters"),
        ("\udcff" * 20, "in UTF-8"),
        ("x" * (MAX_BYTES + 1), "4096 bytes"),
    ],
)
def test_a_password_has_its_bounds(password: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        hashed(password)


def test_the_shortest_password_is_one() -> None:
    assert hashed("ä" * SHORTEST)


def test_more_than_a_password_can_be_is_not_hashed() -> None:
    # Long as it is given (of what is put in order in quadratic time not even the length is asked for), though short
    # as it is spelled then; and the other way round.
    for given in ("x" * (MAX_BYTES + 1), "\u03b1\u0313\u0300\u0345" * (MAX_BYTES // 4 + 1), "\u3392" * MAX_BYTES):
        made = CHEAP.hash(unicodedata.normalize("NFKC", given).encode())
        assert not fits(Passwords(made), given), "though it would fit"


def test_two_are_compared_at_a_time_and_all_are() -> None:
    passwords = Passwords(CHEAP.hash(PASSWORD))

    async def many() -> list[bool]:
        return await asyncio.gather(*(passwords.fits(PASSWORD if at % 2 else "wrong") for at in range(20)))

    assert asyncio.run(many()) == [False, True] * 10
    assert len(passwords._threads._threads) <= AT_ONCE


def test_a_plain_password_is_hashed_when_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "password").write_text(PASSWORD + "\n")
    monkeypatch.setenv("DESK_PASSWORD", PASSWORD)
    keys = set()
    for desk in ('password_env = "DESK_PASSWORD"', 'password_file = "password"'):
        passwords = passwords_of(configured(tmp_path, desk))
        assert passwords is not None
        assert fits(passwords, PASSWORD)
        assert not fits(passwords, "another sentence of words")
        keys.add(passwords.key)
    assert len(keys) == 1, "the same password leaves people signed in after a restart"
    assert Passwords("another sentence of words").key not in keys


def test_a_hash_may_stand_in_all_three_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = CHEAP.hash(PASSWORD)
    (tmp_path / "hash").write_text(made)
    monkeypatch.setenv("DESK_HASH", made)
    for desk in (f'password_hash = "{made}"', 'password_env = "DESK_HASH"', 'password_file = "hash"'):
        passwords = passwords_of(configured(tmp_path, desk))
        assert passwords is not None
        assert fits(passwords, PASSWORD)
    assert passwords_of(configured(tmp_path, "")) is None


@pytest.mark.parametrize(
    ("desk", "said"),
    [
        ('password_env = "NOT_SET_ANYWHERE"', r"\[desk\] password: the environment variable NOT_SET_ANYWHERE is not"),
        ('password_file = "none"', r"\[desk\] password: .*none: cannot be read"),
        ('password_file = "empty"', r"\[desk\] password: .*empty: is empty"),
        ('password_file = "short"', r"\[desk\] password: a password has 15 characters at least"),
        ('password_file = "argon2i"', r"\[desk\] password: is no argon2id hash; 'feeds desk password' makes one"),
        ('password_file = "bcrypt"', r"\[desk\] password: is no argon2id hash"),
        ('password_hash = "$argon2id$nonsense"', r"\[desk\] password: is no argon2id hash"),
    ],
)
def test_a_password_that_is_none_is_a_wrong_configuration(tmp_path: Path, desk: str, said: str) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "short").write_text("secret")
    (tmp_path / "argon2i").write_text(PasswordHasher(1, 8, 1, type=Type.I).hash(PASSWORD))
    (tmp_path / "bcrypt").write_text("$2b$12$" + "a" * 53)
    with pytest.raises(ConfigError, match=said) as failed:
        passwords_of(configured(tmp_path, desk))
    assert (failed.value.exit_code, "\n" in str(failed.value)) == (78, False)


def test_a_weak_hash_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    Passwords(CHEAP.hash(PASSWORD))
    said = capsys.readouterr().err
    assert "hash of the password is not of this time" in said
    Passwords(hashed(PASSWORD))
    Passwords(PASSWORD)
    assert capsys.readouterr().err == ""
    assert json.dumps(PASSWORD) not in said
