"""What a person can do about a trouble, and which are the gravest."""

from __future__ import annotations

TO_DO = {
    "network": "Look at this machine's connection and its DNS. Nothing is lost: sources are asked again by themselves.",
    "database": "Look at the message; 'feeds db verify' checks every page of the file. Keep a backup at hand.",
    "disk": "Free space, or move the database and the published folder to a larger disk.",
    "unwritable": "See that the published folder is there and belongs to the user that Broadsheet runs as.",
    "job": "Look at the log for its error; a restart of the daemon starts all jobs anew.",
    "config": "Correct config.toml as the message says and reload. Until then the former settings hold.",
    "lag": "Look at the log for what keeps publishing; 'feeds publish' does it at once.",
    "refused": "Readers keep the last good feed. The message names the entry: correct or withdraw it.",
    "quarantined": "The entry stays out of all feeds. Look at it, and correct or withdraw it.",
    "untold": "Readers find what is new by polling meanwhile. See that the hub's address in config.toml is right.",
    "alerts": "Check the addresses of the [[alert]] in config.toml; 'feeds alerts test' tries them.",
    "gone": "Look for its new address and add that. Then remove this one; its entries stay.",
    "failing": "Open its address in a browser. If it works there, ask the publisher whether we are kept out.",
    "broken-selector": "The page was rebuilt. Preview its address again, and give new CSS selectors if it needs any.",
    "suspicious": "Look at its address: a page that is nearly empty is often an error page. Nothing was taken back.",
    "gap": "Poll it more often: give it a shorter interval, so that nothing falls out of its feed between two polls.",
    "stale": "Look whether the publisher still uses it. If it is only quiet, give it more stale_hours.",
    "slow": "Nothing has to be done unless it lasts: it delays no other source.",
    "moved": "It is asked at its new address. Write that into its settings when you see that it is right.",
    "access": "Look at some entries. Say with trust_access whether what it calls locked is locked.",
    "vanished": "Look at its address. Entries that were taken back by mistake come back with it, or by hand.",
    "flapping": "Nothing has to be done: readers are told of a change once. Tell the publisher, if you know one.",
    "churn": "Entries may come twice. Tell the publisher that ids have to stay.",
}
"""Kind of an incident -> what to do, in one or two sentences."""

GRAVEST = tuple(TO_DO)
"""The same kinds, the gravest first: those of our own that touch everything, then what sources have."""


def to_do(kind: str) -> str:
    """What to do about a trouble of this kind."""
    return TO_DO.get(kind, "Look at the message and at the log.")
