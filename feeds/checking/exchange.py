"""How a feed is served: what its redirects, headers and repeated answers say. Pure; the answers are arguments."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from feeds.checking.links import document_links, header_links
from feeds.fetch import Fetched
from feeds.model import Document
from feeds.validate.jsonfeed import encoding_of as json_encoding
from feeds.validate.kinds import Kind
from feeds.validate.rules import Note, shown
from feeds.validate.stream import encoding_of as xml_encoding

LARGE = 1_000_000
"""Bytes of a feed that burden readers (JSON Feed 1.1, "Suggestions for Publishers")."""
SMALL = 1_400
"""Bytes that fit into one packet, packed or not."""
_TEMPORARY = frozenset({302, 303, 307})
_FEEDS: tuple[Kind, ...] = ("atom", "rss", "rdf", "json")


def serving_notes(asked: str, answer: Fetched, document: Document, kind: Kind, now: datetime) -> Iterator[Note]:
    """What one answer to `asked` says of how its `document` is served."""
    yield from _redirects(asked, answer)
    yield from _caching(answer, now)
    yield from _compression(answer, document)
    yield from _encoding(document, kind)
    if kind in _FEEDS:
        if len(document.data) > LARGE:
            yield Note("LargeFeed", f"the feed has {len(document.data):,} bytes")
        yield from _links(answer, document, kind)


def served_as(answer: Fetched) -> str:
    """The media type of an answer as its Content-Type has it, without parameters; empty where it says none."""
    said = [value for name, value in answer.headers if name == "content-type"]
    return said[-1].partition(";")[0].strip() if said else ""


def repeated_note(first: Fetched, again: Fetched, header: str) -> Note | None:
    """What is wrong where the document of `first` was asked for once more with its validator in `header`.

    A part that is new (226) is as good an answer as 304.
    """
    if again.status != 200 or first.document is None or again.document is None:
        return None
    if first.document.data != again.document.data:
        return Note("UnstableContent", "two requests a moment apart got different bytes, unless something new came")
    moved = [
        name
        for name, one, other in (
            ("ETag", first.etag, again.etag),
            ("Last-Modified", first.last_modified, again.last_modified),
        )
        if one != other
    ]
    if moved:
        return Note(
            "UnstableValidator", f"{' and '.join(moved)} changed between two requests, and the document did not"
        )
    return Note("ConditionalGetIgnored", f"asked with {header}, the server sent the whole document again")


def _header(answer: Fetched, name: str) -> str:
    """All values of a header that is a list."""
    return ", ".join(value for key, value in answer.headers if key == name)


def _redirects(asked: str, answer: Fetched) -> Iterator[Note]:
    to = [address for _, address in answer.hops]
    if len(to) > 1:
        yield Note("RedirectChain", f"{len(to)} redirects lead to {shown(to[-1])}")
    temporary = [str(status) for status, _ in answer.hops if status in _TEMPORARY]
    if temporary:
        yield Note("TempRedirect", f"it redirects with {', '.join(temporary)}, which holds for this time alone")
    if any(
        one.startswith("https:") and other.startswith("http:") for one, other in zip([asked, *to], to, strict=False)
    ):
        yield Note("InsecureRedirect", "a redirect leads from https to http")


def _caching(answer: Fetched, now: datetime) -> Iterator[Note]:
    if answer.etag is None and answer.last_modified is None:
        yield Note("MissingValidators", "the answer has neither ETag nor Last-Modified")
    elif answer.last_modified is not None:
        yield from _date_notes(answer.last_modified, now)
    directives = [each.strip().lower() for each in _header(answer, "cache-control").split(",")]
    if "no-store" in directives:
        yield Note("NotCacheable", "Cache-Control says no-store")
    elif directives == [""] and not _header(answer, "expires"):
        yield Note("MissingCacheControl", "the answer has neither Cache-Control nor Expires")


def _date_notes(text: str, now: datetime) -> Iterator[Note]:
    try:
        moment = parsedate_to_datetime(text[:64])
    except (ValueError, OverflowError, IndexError, TypeError):
        yield Note("InvalidHTTPDate", f"Last-Modified is {shown(text)}")
        return
    if moment.tzinfo is None or not text.rstrip().endswith("GMT"):
        yield Note("InvalidHTTPDate", f"Last-Modified is {shown(text)}, not in GMT")
    elif moment > now + timedelta(days=1):
        yield Note("ImplausibleDate", f"Last-Modified, {shown(text)}, is still to come")


def _compression(answer: Fetched, document: Document) -> Iterator[Note]:
    coding = _header(answer, "content-encoding").strip().lower()
    if coding in ("", "identity"):
        if len(document.data) > SMALL and not document.data.startswith(b"\x1f\x8b"):
            yield Note(
                "Uncompressed", f"gzip, br and zstd were accepted, and {len(document.data):,} bytes came as they are"
            )
        return
    vary = [each.strip().lower() for each in _header(answer, "vary").split(",")]
    if "accept-encoding" not in vary and "*" not in vary:
        yield Note("MissingVary", f"the answer is {coding} and does not say that this depends on Accept-Encoding")


def _encoding(document: Document, kind: Kind) -> Iterator[Note]:
    if document.charset is None or kind not in (*_FEEDS, "opml", "sitemap"):
        return
    declared = json_encoding(document.data) if kind == "json" else xml_encoding(document.data)
    if _codec(declared) != _codec(document.charset):
        yield Note("EncodingMismatch", f"the header says {shown(document.charset)}, the document {shown(declared)}")


def _codec(name: str) -> str:
    """An encoding by one name; UTF-16 is one in either order."""
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return name.lower()
    return "utf-16" if found.startswith("utf-16") else found


def _links(answer: Fetched, document: Document, kind: Kind) -> Iterator[Note]:
    """Hubs and self links, which a subscriber looks for in the header first (WebSub, section 4)."""
    base = document.url or ""
    sent = header_links(_header(answer, "link"), base)
    own = document_links(document.data, kind, base)
    if sent.get("hub") and own.get("hub") and set(sent["hub"]) != set(own["hub"]):
        header, body = (", ".join(map(shown, links["hub"][:3])) for links in (sent, own))
        yield Note("HubsDontMatch", f"the header names {header}, the document {body}")
    if len(sent.get("self", ())) > 1:
        yield Note("DuplicateSelf", "the Link header names several self links")
    elif sent.get("self") and own.get("self") and sent["self"] != own["self"][:1]:
        what = f"the self link of the header is {shown(sent['self'][0])}, that of the document {shown(own['self'][0])}"
        yield Note("SelfDoesntMatchLocation", what)
    if (sent.get("hub") or own.get("hub")) and not (sent.get("self") or own.get("self")):
        yield Note("MissingSelf", "there is a hub and no self link, so that nobody can subscribe")
