"""The page that a subscriber's address leads to: every feed, by links that are relative.

The token is in no byte of it: it is the same page for all of them, and one that was saved or passed on opens nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from feeds.formats import Format

_NAMES = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed", "html": "Page"}
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title}: feeds for subscribers</title>
<link rel="stylesheet" href="{base}style.css">
{alternates}
</head>
<body>
<header class="masthead">
  <h1 lang="{language}">{title}</h1>
  <p class="lead">Your feeds, with the full text of every entry. Copy the address of a link into your feed reader.
    The addresses on this page are <b>yours alone</b>: whoever has one can read what you read.</p>
</header>
<main>
{feeds}
</main>
</body>
</html>
"""
_FEED = """<section>
  <div class="name"><h2 lang="{language}">{title}</h2></div>
  <p class="feeds">{links}</p>
</section>"""


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """A feed on the page: `paths` are `(format, path)`, relative to the page."""

    title: str
    paths: tuple[tuple[Format, str], ...]


def render_subscriber(title: str, language: str, base_url: str, feeds: Sequence[ListedFeed]) -> bytes:
    """The page, UTF-8; the same feeds give the same bytes."""
    alternates = [
        f'<link rel="alternate" type="{escape(kind.bare_type)}" title="{escape(one.title)}" href="{escape(path)}">'
        for one in feeds
        for kind, path in one.paths[:1]
    ]
    listed = [
        _FEED.format(
            language=escape(language),
            title=escape(one.title),
            links="\n    ".join(_link(one.title, kind, path) for kind, path in one.paths),
        )
        for one in feeds
    ]
    return _PAGE.format(
        title=escape(title),
        language=escape(language),
        base=escape(base_url),
        alternates="\n".join(alternates),
        feeds="\n".join(listed),
    ).encode()


def _link(title: str, kind: Format, path: str) -> str:
    name = _NAMES.get(kind.name, kind.suffix.upper())
    return f'<a class="feed" href="{escape(path)}" aria-label="{escape(title)}: {escape(name)}">{escape(name)}</a>'
