"""WebSub (W3C Recommendation, 23 January 2018): telling hubs what is new, and being one.

What hubs and subscribers say to each other has the same words on both sides.
"""

FORM = "application/x-www-form-urlencoded"
"""What a hub is asked in (section 5.1)."""

SUBSCRIBE, UNSUBSCRIBE, PUBLISH = "subscribe", "unsubscribe", "publish"
"""`hub.mode` of what a hub is asked for; the last is of PubSubHubbub 0.4, 7.1."""
