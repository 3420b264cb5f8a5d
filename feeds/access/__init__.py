"""Who may read an entry: a verdict with its evidence.

Evidence comes from feeds, rows of lists and article pages as `(signal, raw value, where)`; `signals` says what each is
worth, `verdict` what they come to together.
"""

from __future__ import annotations

from feeds.access.pages import http_evidence, judge_page, page_evidence
from feeds.access.signals import ENOUGH, SIGNALS, Grade
from feeds.access.verdict import AccessVerdict, Weighed, judge, weigh
from feeds.access.word import DOUBTED, believed, doubted, noted, stated

__all__ = [
    "DOUBTED",
    "ENOUGH",
    "SIGNALS",
    "AccessVerdict",
    "Grade",
    "Weighed",
    "believed",
    "doubted",
    "http_evidence",
    "judge",
    "judge_page",
    "noted",
    "page_evidence",
    "stated",
    "weigh",
]
