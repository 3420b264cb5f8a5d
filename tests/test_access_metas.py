"""Tiers and the metas of publishers."""

from __future__ import annotations

import pytest

from db.records import Access
from feeds.access import judge_page, page_evidence
from feeds.page import read_page

URL = "https://paper.example.org/a"


def level(head: str) -> Access:
    return judge_page(f"<html><head>{head}</head><body><p>A text.</p></body></html>", URL).level


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("article:content_tier", "free", Access.FREE),
        ("article:content_tier", "metered", Access.METERED),
        ("article:content_tier", " LOCKED ", Access.PREMIUM),
        ("og:article:content_tier", "locked", Access.PREMIUM),
        ("article:content_tier", "premium", Access.PREMIUM),
        ("article:content_tier", "", Access.UNKNOWN),
        ("content_tier", "locked", Access.PREMIUM),
        ("article.access", "paid", Access.PREMIUM),
        ("article.accessStatus", "subscriber only", Access.PREMIUM),
        ("access", "true", Access.UNKNOWN),
        ("access_type", "registration", Access.REGISTRATION),
        ("adv:premium", "true", Access.PREMIUM),
        ("isPremium", "0", Access.UNKNOWN),
        ("is_paid", "yes", Access.PREMIUM),
        ("paywall", "metered", Access.METERED),
        ("paywall", "none", Access.FREE),
        ("paywall", "perhaps", Access.UNKNOWN),
        ("paywall", "off", Access.UNKNOWN),
        ("locked", "1", Access.PREMIUM),
        ("article:locked", "1", Access.PREMIUM),
        ("og:article.paid", "true", Access.PREMIUM),
        ("shop.locked", "0", Access.UNKNOWN),
        ("shop.locked", "1", Access.UNKNOWN),
        ("comments:locked", "true", Access.UNKNOWN),
        ("article:comments:locked", "true", Access.UNKNOWN),
        ("shipping.free", "true", Access.UNKNOWN),
        ("article:free", "1", Access.FREE),
        ("paid-content", "false", Access.UNKNOWN),
        ("subscription", "no", Access.UNKNOWN),
        ("newsletter:subscription", "free", Access.UNKNOWN),
        ("cXenseParse:abc-paywall", "hard", Access.PREMIUM),
        ("cXenseParse:premium", "false", Access.UNKNOWN),
        ("cXenseParse:abc-section", "premium", Access.UNKNOWN),
        ("isAccessibleForFree", "false", Access.PREMIUM),
        ("free_access", "true", Access.FREE),
        ("free_access", "members", Access.REGISTRATION),
        ("article:section", "Premium", Access.UNKNOWN),
        ("keywords", "paywall", Access.UNKNOWN),
        ("description", "free", Access.UNKNOWN),
        ("premium" * 20, "true", Access.UNKNOWN),
        ("premium", "", Access.UNKNOWN),
    ],
)
def test_names_and_values(name: str, content: str, expected: Access) -> None:
    assert level(f'<meta name="{name}" content="{content}">') is expected
    assert level(f'<meta property="{name}" content="{content}">') is expected


def test_the_raw_value_is_kept() -> None:
    page = read_page('<meta name="paywall" content="hard"><meta property="article:content_tier" content="locked">', URL)
    assert [(one.signal, one.value, one.where) for one in page_evidence(page)] == [
        ("publisher meta", "hard=premium", "meta paywall"),
        ("content_tier", "locked", "meta article:content_tier"),
    ]
    assert level('<meta name="paywall" content="hard"><meta name="premium" content="true">') is Access.PREMIUM


def test_a_property_of_another_item_is_no_meta_of_the_page() -> None:
    flag = '<meta itemprop="isAccessibleForFree" content="false">'
    product = f'<div itemscope itemtype="https://schema.org/Product">{flag}</div>'
    assert level(product) is Access.UNKNOWN
    assert level(product + '<meta name="isAccessibleForFree" content="false">') is Access.PREMIUM


def test_the_locked_tier_is_believed_as_much_as_schema_org() -> None:
    stated = f'{{"@type": "Article", "url": "{URL}", "isAccessibleForFree": true}}'
    free = f'<script type="application/ld+json">{stated}</script>'
    for tier, expected in (("locked", Access.PREMIUM), ("metered", Access.FREE), ("free", Access.FREE)):
        assert level(f'{free}<meta property="article:content_tier" content="{tier}">') is expected
