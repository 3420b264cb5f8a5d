"""Secrets that stand beside the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.config.secrets import read_secret
from feeds.config.values import MAX_SECRET
from feeds.errors import ConfigError


def test_a_secret_comes_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_bytes(" schlüssel of the desk \n".encode())
    monkeypatch.setenv("DESK_SECRET", "from outside")
    assert read_secret("it", None, None) is None
    assert read_secret("it", None, file) == "schlüssel of the desk"
    assert read_secret("it", "DESK_SECRET", None) == read_secret("it", "DESK_SECRET", file) == "from outside"
    file.write_bytes(b"x" * MAX_SECRET)
    assert read_secret("it", None, file) == "x" * MAX_SECRET


@pytest.mark.parametrize("value", [None, "", " "])
def test_a_variable_that_is_not_set_is_said(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("DESK_SECRET", raising=False)
    if value is not None:
        monkeypatch.setenv("DESK_SECRET", value)
    with pytest.raises(ConfigError, match=r"^it: the environment variable DESK_SECRET is not set$"):
        read_secret("it", "DESK_SECRET", None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: "),
        (b"\xff\xfe", "cannot be read: "),
        (b"x" * (MAX_SECRET + 1), f"has more than {MAX_SECRET} bytes, which no secret needs"),
        (b" \n", "is empty"),
        (b"", "is empty"),
    ],
)
def test_a_file_that_is_no_secret_is_said(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        read_secret("it", None, file)
    assert str(raised.value).startswith(f"it: {file}: {said}")
    assert "\n" not in str(raised.value)


def test_a_folder_is_no_secret(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read"):
        read_secret("it", None, tmp_path)
