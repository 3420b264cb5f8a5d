"""What is stored, as plain data that JSON can hold: scripts may rely on it (`docs/reference.md`).

One implementation for `--json`, for the HTTP API and for pages. A value is what it is in the records, enumerations
included; times are RFC 3339 (`times`), and what is unknown is None. `reasons` says in words what the records hold as
signals and rules.
"""
