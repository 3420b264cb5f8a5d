"""Names of files made from names of sections, in any script."""

from __future__ import annotations

import re
from hashlib import blake2b

from anyascii import anyascii

_MAX = 60


def slug(name: str) -> str:
    """ASCII letters, digits and single hyphens, 1 to 60 of them; the same name gives the same slug everywhere.

    A name of which nothing can be transliterated gets a hash of itself.
    """
    # Upper bound first: transliterating makes up to a dozen letters of one character.
    ascii_name = anyascii(name[:200]).lower().replace("'", "").replace("`", "")
    made = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:_MAX].strip("-")
    return made or "section-" + blake2b(name.encode("utf-8", "replace"), digest_size=4).hexdigest()
