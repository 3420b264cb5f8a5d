"""Articles for the tests of full text: their pages, and a reader of them that is simple enough to foretell."""

from __future__ import annotations

import re
import time
from datetime import datetime

from db.records import Evidence, Precision
from feeds import reading
from feeds.errors import ParseError
from feeds.fulltext import Listed
from feeds.manner import Manner
from feeds.model import Context, Document, Item, Parsed
from feeds.worker import Read, read_document

WORDS = "The ferry to the island sails again from Monday, the harbour office said after a week of storms and repairs."


def page(title: str, text: str = WORDS, *, free: bool | None = None, published: str = "", more: str = "") -> bytes:
    """An article's page; `free` is what it says of its access, `published` of its time."""
    said = "" if free is None else f'<meta name="free" content="{str(free).lower()}">'
    when = f'<time datetime="{published}">' if published else ""
    return f"<!doctype html><html><head>{said}</head><body><h1>{title}</h1>{when}<p>{text}</p>{more}</body>".encode()


def parse(document: Document, context: Context) -> Parsed:
    """What `page` made. A page that says HANG takes long, one without a headline is none."""
    html = document.data.decode()
    if "HANG" in html:
        time.sleep(60)
    title, free = re.search("<h1>(.*?)</h1>", html), re.search('name="free" content="(.*?)"', html)
    when, text = re.search('<time datetime="(.*?)">', html), re.search("<p>.*</p>", html)
    if title is None or document.media_type == "application/pdf":
        raise ParseError(f"{document.name}: is no article")
    item = Item(
        position=0,
        title=title[1],
        url=document.url,
        content=text[0] if text else "",
        published=datetime.fromisoformat(when[1]) if when else None,
        published_precision=Precision.SECOND if when else None,
        published_basis="datePublished" if when else None,
        evidence=(Evidence("isAccessibleForFree", free[1], "JSON-LD"),) if free else (),
    )
    return Parsed(items=(item,), url=document.url)


def read_with_stand_in(document: Document, manner: Manner, digest: bytes, listed: Listed | None = None) -> Read:
    """`feeds.worker.read_document`, articles by the reader above: what a worker of the tests does."""
    reading._MODULES[reading.ARTICLE] = "tests.articles"
    return read_document(document, manner, digest, listed)
