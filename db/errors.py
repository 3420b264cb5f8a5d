"""Failures of the storage layer, each with the exit code a command ends with.

```
StorageError         1
├── NotOurs          1   the file is no database, or another program's
├── SchemaNewer      1   written by a newer release
├── Corrupt          1   a page cannot be read
└── Locked          75   another process holds it
```
"""

from __future__ import annotations


class StorageError(Exception):
    """Root of the tree; `str(error)` says what, where and what to do."""

    exit_code = 1


class NotOurs(StorageError):
    """The file is no database, or another program's; it is never written to."""


class SchemaNewer(StorageError):
    """The schema was written by a newer release than this one."""


class Corrupt(StorageError):
    """The database has a damaged page."""


class Locked(StorageError):
    """Another process holds the database or the desk."""

    exit_code = 75
