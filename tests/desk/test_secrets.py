"""What of a configuration nobody is shown."""

from __future__ import annotations

from feeds.desk.secrets import without_secrets


def test_what_is_secret_is_not_told_however_deep() -> None:
    given = {"a": [{"b": {"password": "one", "to": ["two"]}}], "bearer": "three", "at": "https://x:four@c.example/"}
    assert without_secrets(given) == {
        "a": [{"b": {"password": "***", "to": "***"}}], "bearer": "***", "at": "https://***@c.example/",
    }  # fmt: skip
    assert without_secrets({"to": "x"}, "(not shown)") == {"to": "(not shown)"}


def test_what_is_no_secret_stays() -> None:
    plain = {"to": None, "password": "", "bearer": "x", "list": [1, None, "https://a:b@c.example/"]}
    assert without_secrets(plain) == {**plain, "bearer": "***", "list": [1, None, "https://***@c.example/"]}
