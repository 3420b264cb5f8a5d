"""Storage: typed records in, typed records out; SQL stays inside."""
