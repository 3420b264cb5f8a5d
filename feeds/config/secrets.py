"""Secrets that stand beside the configuration: in the environment, or in a file."""

from __future__ import annotations

import os
from pathlib import Path

from feeds.config.values import MAX_SECRET
from feeds.errors import ConfigError


def read_secret(what: str, env: str | None, file: Path | None) -> str | None:
    """The secret in the variable `env`, else in `file` (absolute), there without blanks around it; None where neither
    is given. Raises `ConfigError`, beginning with `what`, where it is not to be had or empty."""
    if env is not None:
        found = os.environ.get(env, "")
        if not found.strip():
            raise ConfigError(f"{what}: the environment variable {env} is not set")
        return found
    if file is None:
        return None
    try:
        with file.open("rb") as opened:
            secret = opened.read(MAX_SECRET + 1)
        if len(secret) > MAX_SECRET:
            raise ConfigError(f"{what}: {file}: has more than {MAX_SECRET} bytes, which no secret needs")
        found = secret.decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{what}: {file}: cannot be read: {error}") from error
    if not found:
        raise ConfigError(f"{what}: {file}: is empty; write the secret into it")
    return found
