"""What is judged once for both parsers: dates, teasers, evidence, hints about polling."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from db.records import Evidence
from feeds.model import Context, Origin
from feeds.sources.said import Channel, Said, Tag, Words, result
from tests.feed_documents import NOW, document


def test_nothing_said_is_an_item_all_the_same() -> None:
    found = result(Channel(), [Said()], False, "utf-8", document(b""), Context(), [])
    (item,) = found.items
    assert (item.title, item.url, item.guid, item.published, item.links, item.images) == ("", None, None, None, (), ())
    assert (found.title, found.url, found.language, found.ttl, found.update_period, found.earlier) == (None,) * 6


def test_an_item_says_when_by_whichever_date_there_is() -> None:
    said = Said()
    said.updated = "2025-02-26T10:00:00Z"
    found = result(Channel(), [said], True, "utf-8", document(b""), Context(), ["w", "w"])
    assert found.items[0].published == datetime(2025, 2, 26, 10, tzinfo=UTC) < NOW
    assert (found.items[0].published_basis, found.warnings) == ("updated", ("w",))


def test_evidence_is_kept_in_one_order_and_cut() -> None:
    said = Said()
    said.tags = [Tag("Premium"), Tag("other", None, "premium"), Tag("x", "https://a.example/ns/access"), Tag("y", "z")]
    said.gates = [("isAccessibleForFree", "no"), ("dcterms:accessRights", "x" * 600)]
    said.rights = Words("text/plain", "ours")
    said.links = [{"rel": "payment"}, {"rel": "via", "href": "/x"}]
    context = Context(premium_categories=("PREMIUM",))
    (item,) = result(Channel(), [said], False, "utf-8", document(b""), context, []).items
    assert item.categories == ("Premium", "premium", "y")
    assert item.evidence == (
        Evidence("category", "Premium", "entry element category"),
        Evidence("category", "premium", "entry element category"),
        Evidence("access category", "x", "entry element category"),
        Evidence("dcterms:accessRights", "x" * 500, "entry element dcterms:accessRights"),
        Evidence("isAccessibleForFree", "no", "entry element isAccessibleForFree"),
        Evidence("dc:rights", "ours", "entry element rights"),
        Evidence("link rel=payment", "", "entry element link"),
    )


@pytest.mark.parametrize(
    ("source", "origin"),
    [
        ((Words("text/html", "A &amp; B"), "/x"), Origin("A & B", "https://news.example/x")),
        ((None, "urn:x"), None),
        ((Words("text/plain", "A"), None), Origin("A", None)),
    ],
)
def test_an_origin_has_a_title_or_an_address(source: tuple[Words | None, str | None], origin: Origin | None) -> None:
    said = Said()
    said.source = source
    (item,) = result(Channel(), [said], False, "utf-8", document(b""), Context(), []).items
    assert (item.source, item.label) == (origin, origin.title if origin else None)


def test_blank_rights_are_none() -> None:
    said = Said()
    said.rights = Words("text/html", " ")
    assert result(Channel(), [said], False, "utf-8", document(b""), Context(), []).items[0].rights is None
