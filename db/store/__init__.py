"""Verbs of the storage, each a function on an open connection: the caller decides what one transaction is.

Hot paths are Core statements over lists, in batches: a SELECT a row is what makes feed software slow.
"""
