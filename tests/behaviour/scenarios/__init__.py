"""The behaviours, by what they are about. Importing this package registers all of them."""

from tests.behaviour.scenarios import cadence, clocks, documents, hints, manners, moves, trouble, validators

__all__ = ["cadence", "clocks", "documents", "hints", "manners", "moves", "trouble", "validators"]
