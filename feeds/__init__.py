"""Broadsheet: a newsroom's feed desk."""

__version__ = "0.1.0"
