"""Source kinds: each turns one document into items, exactly as the source said them.

A kind is a name in the entry-point group `feeds.sources`; third parties add one the same way the built-in ones do.
"""
