"""Every failure that the application reports to a person.

```
BroadsheetError            1   something failed
├── UsageError             2   the command's words are off
│   ├── Unknown                what they name is not there
│   └── Taken                  the name that they give belongs to something else
├── ConfigError           78   config.toml cannot be used
├── OutputError            1   the published tree cannot be written
├── FeedInvalid            1   our own output broke a rule; the last good file stays
└── SourceError            1   one source failed; the others go on
    ├── FetchError             no document was had
    └── ParseError             the document is not what its source's kind promises
```

The number is the exit code (`sysexits.h` for 78). A message says what, where and what to do, in one line.
The storage layer has its own root, `db.errors.StorageError`, because `db` never imports `feeds`; a desk that another
process holds is its `Locked`, 75.
"""

from __future__ import annotations


class BroadsheetError(Exception):
    """Root of the tree; `str(error)` is the one line a person reads."""

    exit_code = 1


class UsageError(BroadsheetError):
    """The command's words are off."""

    exit_code = 2


class Unknown(UsageError):
    """What was named is not there."""


class Taken(UsageError):
    """The name that was given belongs to something else."""


class ConfigError(BroadsheetError):
    """The configuration cannot be used (EX_CONFIG)."""

    exit_code = 78


class OutputError(BroadsheetError):
    """A published file cannot be written; the last good one stays."""


class FeedInvalid(BroadsheetError):
    """A rendered feed broke a rule of its own format; it is not published."""


class SourceError(BroadsheetError):
    """One source failed. `permanent` tells whether trying again can help."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class FetchError(SourceError):
    """No document was had: network, HTTP status, size, deadline, missing file.

    `network` says that the fault may be our own network's: a name, a connect, a time-out, a connection that was reset.
    It is false for whatever a server said and for whatever we refused. `reached` says that the host that was asked
    first said something, be it a redirect to where the fault is: our network was there. `ms` is how long it took.
    """

    def __init__(self, message: str, *, permanent: bool = False, network: bool = False) -> None:
        super().__init__(message, permanent=permanent)
        self.network = network
        self.reached = False
        self.ms = 0


class ParseError(SourceError):
    """The document is not what its source's kind promises."""
