"""Articles of entries: which are still to be read, and what listings said of those that were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from db.models import Article, Document, EntryKey, Item
from db.records import ArticleRecord
from db.store.bulk import chunks, insert_rows


def told(connection: Connection, source_id: int, keys: Sequence[bytes]) -> dict[bytes, set[bytes]]:
    """Key -> digests of all that documents of the source said of its entry, for the keys that are known."""
    found: dict[bytes, set[bytes]] = defaultdict(set)
    for chunk in chunks(keys):
        rows = connection.execute(
            select(EntryKey.key, Item.digest)
            .join(Item, Item.entry_id == EntryKey.entry_id)
            .join(Document, Document.id == Item.document_id)
            # With the 0 no index has it: SQLite would walk all documents of the source for each key.
            .where(EntryKey.key.in_(chunk), Document.source_id + 0 == source_id)
        )
        for key, digest in rows:
            found[key].add(digest)
    return found


def remembered(connection: Connection, source_id: int) -> list[ArticleRecord]:
    """The articles of a source that are still to be read, those first that are due first."""
    rows = connection.execute(
        select(Article.url, Article.tries, Article.due_at)
        .where(Article.source_id == source_id)
        .order_by(Article.due_at, Article.url)
    )
    return [ArticleRecord(*row) for row in rows]


def remember(connection: Connection, left: Sequence[tuple[int, ArticleRecord]]) -> None:
    """Notes articles that are still to be read (source's id, article)."""
    rows: list[tuple[int, str, int, datetime]] = [
        (source_id, one.url, one.tries, one.due_at) for source_id, one in left
    ]
    update = "ON CONFLICT (source_id, url) DO UPDATE SET tries = excluded.tries, due_at = excluded.due_at"
    insert_rows(connection, Article, ("source_id", "url", "tries", "due_at"), rows, update)


def forget(connection: Connection, done: Sequence[tuple[int, str]]) -> None:
    """Drops articles that were read, or are given up (source's id, address)."""
    statement = delete(Article).where(Article.source_id == bindparam("source"), Article.url == bindparam("address"))
    if done:
        connection.execute(statement, [{"source": source_id, "address": url} for source_id, url in done])
