"""Addresses of alerts: where they stand, what people may see of them, and that nothing of them is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.alerts.addresses import MOST_WORDS, Address, read, without_secrets
from feeds.config import parse
from feeds.errors import ConfigError
from tests.command import SITE


def urls(folder: Path, text: str) -> list[str]:
    config = parse(f'{SITE}[[alert]]\nname = "desk"\n{text}\n', folder / "config.toml")
    return [address.url for address in read(config, config.alert[0])]


def test_addresses_stand_in_three_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert urls(tmp_path, 'to = "json://a/"') == ["json://a/"]
    assert urls(tmp_path, 'to = ["json://a/", "xml://b/", "json://a/"]') == ["json://a/", "xml://b/"]
    monkeypatch.setenv("ALERTS_OF_TEST", "json://c/  xml://d/\n")
    assert urls(tmp_path, 'to_env = "ALERTS_OF_TEST"') == ["json://c/", "xml://d/"]
    (tmp_path / "to").write_text("# who\n json://e/?a=b c \n\nxml://f/\n")
    assert urls(tmp_path, 'to_file = "to"') == ["json://e/?a=b c", "xml://f/"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('to_env = "NO_SUCH_VARIABLE"', 'alert "desk": the environment variable NO_SUCH_VARIABLE is not set'),
        ('to_env = "BLANK_VARIABLE"', 'alert "desk": the environment variable BLANK_VARIABLE is not set'),
        ('to_file = "nowhere"', "nowhere: cannot be read"),
        ('to_file = "blank"', "blank: holds no address"),
    ],
)
def test_no_address_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, wrong: str) -> None:
    (tmp_path / "blank").write_text("# nobody\n\n")
    monkeypatch.setenv("BLANK_VARIABLE", " ")
    with pytest.raises(ConfigError, match=wrong):
        urls(tmp_path, text)


def test_any_bytes_of_a_variable_have_a_key() -> None:
    assert len(Address(1, "json://a/\udcff").key) == 12


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("mailto://me:secret@mail.example/?to=you@mail.example", "mailto://***"),
        (" NTFYS://topic", "ntfys://***"),
        ("https://hooks.slack.com/services/T0/B0/secret", "https://***"),
        ("secret", "***"),
        ("", "***"),
    ],
)
def test_only_the_kind_of_an_address_is_shown(url: str, shown: str) -> None:
    address = Address(2, url)
    assert address.shown == shown
    assert repr(address) == f"<address 2 {shown}>"
    assert f"{address}" == repr(address)
    assert address.key == Address(1, url).key != Address(1, f"{url}x").key


def test_no_part_of_an_address_is_told() -> None:
    address = Address(1, "json://me:pa%20ss%2Fw@hook.example:8443/T0KEN/ab/?key=S3CRET")
    words = "Error at hook.example:8443 for ME with pa ss/w, pa%20ss%2Fw, t0ken, ab, table, S3CRET\n and " + address.url
    told = without_secrets(words, address)
    for secret in ("hook.example", "8443", " ME ", "ss/w", "ss%2F", "t0ken", " ab,", "S3CRET", "pa"):
        assert secret not in told
    assert told.startswith("Error at ***")
    assert "table" in told
    assert len(without_secrets("x" * 999, address)) == MOST_WORDS
    assert without_secrets("HTTP 401, error=500", Address(1, "json://hook.example/")) == "HTTP 401, error=500"
