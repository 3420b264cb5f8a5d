"""Logs on standard error: one event a line, for people or as JSON.

An event is named in the past tense ("entry stored") and carries fields (source, outcome, new, ms), never bodies.
Whatever comes from outside is escaped, so that no value can begin a line or steer a terminal (ASVS 16.4.1), and
passwords, subscribers' tokens and queries are taken out of addresses. Logging never raises: a closed or full standard
error loses the line, not the poll.
"""

from __future__ import annotations

import json as jsonlib
import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

MAX_VALUE = 4000
"""Most characters of one value: a log line is no place for a document."""
_LEVELS = (logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)
_COLOURS = {"debug": "2", "info": "32", "warning": "33", "error": "31", "critical": "31"}
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
# Controls of both kinds, line ends of Unicode, lone surrogates, and what turns the direction of text round.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_BARE = re.compile(r"[^\s\"'=\\{}\[\],]+")
# Users and passwords; what stands behind /p/, in any spelling; what looks like a token of a subscriber, wherever it is;
# credentials of HTTP.
_SECRET = re.compile(
    r"""(?<=//)[^\s/?#]+@
    |((?:/|%2f)p(?:/|%2f)++)[^\s/?#"'<>]+
    |[0-9a-f]{16}(?:\.|%(?:25)*2e)[\w%.-]{20,}
    |(\b(?:basic|bearer)\s+)[\w+/=.-]{40,}""",
    re.IGNORECASE | re.ASCII | re.VERBOSE,
)
# A match takes all of an address, so that what is scanned once is not scanned again from the next "://" in it.
_ADDRESS = re.compile(r"((?:https?:|://)[^\s<>\"?]*+)(\?[^\s<>\"]++)?", re.IGNORECASE)
_lock = threading.RLock()


def configure(verbosity: int, json: bool, *, lasting: bool = False) -> None:
    """Sets up logging for the process: `verbosity` -1 errors, 0 warnings, 1 what happened, 2 everything.

    Lines go to what is `sys.stderr` at the time, as JSON or as `level event key=value`, in colour on a terminal.
    With `lasting`, for a process whose lines are read long after, text has the time before it where it goes to a file
    or another program, and its priority (sd-daemon(3)) where it goes to the journal, which has a time of its own.
    An exception is one field, at 2 with its traceback. Warnings of libraries take the same way. Until this is called
    warnings are written as text.
    """
    level = _LEVELS[max(0, min(verbosity + 1, 3))]
    structlog.configure(
        processors=[
            _with_traceback if level == logging.DEBUG else _with_error,
            _plain,
            _as_json if json else _as_lasting_text if lasting else _as_text,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_Lines,
        cache_logger_on_first_use=False,
    )
    for handler in logging.root.handlers[:]:
        if isinstance(handler, _Bridge):
            logging.root.removeHandler(handler)
    logging.root.addHandler(_Bridge(logging.WARNING))


def get(name: str) -> FilteringBoundLogger:
    """The logger of the module `name`."""
    return cast(FilteringBoundLogger, structlog.get_logger(module=name))


def redact(text: str) -> str:
    """`text` without what addresses in it may hide.

    Users, passwords, subscribers' tokens and what stands behind `/p/` become `***`, queries `?…`, for a token is as
    often an argument.
    """
    text = _SECRET.sub(_without_secret, text)
    return _ADDRESS.sub(_without_query, text)


def _without_secret(found: re.Match[str]) -> str:
    return "***@" if found[0].endswith("@") else f"{found[1] or found[2] or ''}***"


def _without_query(found: re.Match[str]) -> str:
    """An address; the signs that end a clause behind its query are none of it."""
    address, query = found[1], found[2] or ""
    return address + ("?…" + query[len(query.rstrip(",.;:!)]}'")) :] if query else "")


def escape(text: str) -> str:
    """`text` with every character that could steer a terminal or end a line written as `\\uXXXX`."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class _Lines:
    """Writes finished lines, each in one piece."""

    def write(self, line: str) -> None:
        # OSError: disk full, reader gone. ValueError: closed. AttributeError: a process without standard error.
        with _lock, suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = write


class _Bridge(logging.Handler):
    """Brings what libraries say through the standard library's logging into the same lines."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except Exception:  # a library's own mistake in its arguments: its words still count
            message = str(record.msg)
        logger = get(record.name)
        write = logger.error if record.levelno >= logging.ERROR else logger.warning
        write("library reported", message=message, exc_info=record.exc_info)


def _with_error(_: WrappedLogger, method: str, fields: EventDict) -> EventDict:
    """Adds the level, and `error` in place of an exception."""
    fields["level"] = method
    if (found := _exception(fields.pop("exc_info", None))) is not None:
        fields.setdefault("error", f"{type(found).__name__}: {_text(found)}")
    return fields


def _with_traceback(logger: WrappedLogger, method: str, fields: EventDict) -> EventDict:
    """As `_with_error`, and the last frames of the traceback."""
    if (found := _exception(fields.get("exc_info"))) is not None:
        fields["traceback"] = "".join(traceback.format_exception(found, limit=-8))
    return _with_error(logger, method, fields)


def _exception(given: object) -> BaseException | None:
    """The exception that `exc_info` means: itself, a triple as of `sys.exc_info`, or True for the current one."""
    found = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    return found if isinstance(found, BaseException) else None


def _plain(_: WrappedLogger, __: str, fields: EventDict) -> EventDict:
    """Every value as what JSON knows, cut, without secrets."""
    return {key: _value(value) for key, value in fields.items()}


def _value(value: object, depth: int = 0) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping) and depth < 3:
        return {_cut(_text(key)): _value(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth < 3:
        return [_value(each, depth + 1) for each in value]
    return _cut(_text(value))


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # a value that cannot be told is still no reason to fail
        return f"<{type(value).__name__}>"


def _cut(text: str) -> str:
    text = redact(text)
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}… ({len(text)} characters)"


def _dump(value: object) -> str:
    return escape(jsonlib.dumps(value, ensure_ascii=False))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _as_json(_: WrappedLogger, __: str, fields: EventDict) -> str:
    return _dump({"ts": _now(), "level": fields.pop("level"), "event": fields.pop("event"), **fields})


def _as_text(_: WrappedLogger, __: str, fields: EventDict) -> str:
    level, event = str(fields.pop("level")), escape(str(fields.pop("event")))
    fields.pop("module", None)
    shown = f"\x1b[{_COLOURS[level]}m{level}\x1b[0m" if _coloured() else level
    return " ".join([shown, event, *(f"{key}={_field(value)}" for key, value in fields.items())])


def _as_lasting_text(logger: WrappedLogger, method: str, fields: EventDict) -> str:
    priority = _PRIORITIES.get(method, 6)
    line = _as_text(logger, method, fields)
    if _is_journal():
        return f"<{priority}>{line}"
    return line if _is_terminal() else f"{_now()} {line}"


def _is_journal() -> bool:
    """Whether standard error is the stream that JOURNAL_STREAM names (systemd.exec(5)): a process that was started by
    another one inherits the name, but may write elsewhere."""
    try:
        found = os.fstat(sys.stderr.fileno())
    except (AttributeError, ValueError, OSError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def _is_terminal() -> bool:
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError, OSError):
        return False


def _field(value: Any) -> str:
    """A value as one word: bare where it is unmistakable, else as JSON."""
    if isinstance(value, str) and _BARE.fullmatch(value) and not _UNSAFE.search(value):
        return value
    return _dump(value)


def _coloured() -> bool:
    return _is_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


configure(0, json=False)
