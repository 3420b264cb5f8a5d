"""Checks of a document where it is: at its address, with how it is served, and in the published tree."""

from __future__ import annotations

from feeds.checking.address import MAX_REQUESTS, AddressChecker, Checked
from feeds.checking.published import findings_in_tree, published_findings

__all__ = ["MAX_REQUESTS", "AddressChecker", "Checked", "findings_in_tree", "published_findings"]
