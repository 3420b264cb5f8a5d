"""Every format on its own, from documents in memory to bytes, beside Django's feed generators on the same entries.

100 feeds of 50 entries, no two alike. Django writes a description, where ours write summary and content, access, and
what tells an entry's copies; so it has less to do. The best of several rounds counts, in which all take turns.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from db.records import Access
from feeds.encodings import encoded
from feeds.errors import ConfigError
from feeds.formats import BUILT_IN, FeedDocument, Format, PublicEntry, load
from tests.bench.publish import WORDS
from tests.bench.stages import Figures

ROUNDS = 5
AT = datetime(2026, 2, 1, tzinfo=UTC)


def measure(_folder: Path, sections: int = 100, entries: int = 50) -> Figures:
    """CPU milliseconds by format; those of Django where it is installed, and how many times ours they are."""
    documents = [_document(number, entries) for number in range(sections)]
    runs: dict[str, Callable[[], float]] = {}
    for name in BUILT_IN:
        try:
            runs[name] = _ours(load(name), documents)
        except ConfigError:  # not in this version
            continue
    atom = load("atom")
    runs["atom_encoded"] = lambda: _seconds(lambda: _encode(atom, documents))
    runs["atom_one_of_each_updated"] = lambda: _updated(atom, documents)
    runs |= _django(documents)
    rounds = [{name: run() for name, run in runs.items()} for _ in range(ROUNDS)]
    best = {name: min(one[name] for one in rounds) for name in runs}
    found: Figures = {"feeds": sections, "entries": sections * entries}
    found |= {f"{name}_cpu_ms": round(1000 * seconds, 1) for name, seconds in best.items()}
    found["atom_to_one_of_each_updated"] = round(best["atom"] / best["atom_one_of_each_updated"], 1)
    for name in ("atom", "rss"):
        if f"django_{name}" in best:
            found[f"django_to_{name}"] = round(best[f"django_{name}"] / best[name], 2)
    return found


def _document(number: int, entries: int) -> FeedDocument:
    """A feed of 60 kB, as sections are."""
    rng = random.Random(number)  # noqa: S311  # a generator of text, not of secrets
    made = tuple(_entry(rng, number, at) for at in range(entries))
    return FeedDocument(
        id=f"tag:news.example,2026:feed:{number}",
        path=f"sections/{number}.atom",
        title=f"Section {number}",
        base_url="http://news.example/",
        html_url="http://news.example/index.html",
        language="en",
        author="Bench",
        updated=AT,
        entries=made,
    )


def _entry(rng: random.Random, feed: int, number: int) -> PublicEntry:
    return PublicEntry(
        uid=f"tag:news.example,2026:{feed}-{number}",
        title=" ".join(rng.choices(WORDS, k=8)) + f" {feed}-{number}",
        url=f"http://news.example/{feed}/{number}",
        summary=" ".join(rng.choices(WORDS, k=30)),
        content="".join(f"<p>{' '.join(rng.choices(WORDS, k=60))}</p>" for _ in range(2)),
        published=AT - timedelta(minutes=number),
        published_day_only=False,
        updated=AT,
        authors=(f"Author {rng.randrange(30)}",),
        categories=tuple(rng.sample(WORDS, 2)),
        sections=(f"Section {feed}",),
        enclosures=(),
        language=None,
        access=Access.FREE,
        access_label="free",
    )


def _seconds(render: Callable[[], None]) -> float:
    """CPU, without the garbage collector, which publishing pauses, too."""
    gc.collect()
    gc.disable()
    try:
        cpu = time.process_time()
        render()
        return time.process_time() - cpu
    finally:
        gc.enable()


def _ours(form: Format, documents: Sequence[FeedDocument]) -> Callable[[], float]:
    named = [replace(one, path=one.path.removesuffix("atom") + form.suffix) for one in documents]

    def render() -> None:
        renderer = form.renderer()
        for one in named:
            renderer.render(one)

    return lambda: _seconds(render)


def _encode(form: Format, documents: Sequence[FeedDocument]) -> None:
    """From documents to files with their encodings."""
    renderer = form.renderer()
    for one in documents:
        encoded(renderer.render(one))


def _updated(form: Format, documents: Sequence[FeedDocument]) -> float:
    """What the feeds take again, of a renderer that has rendered them, once one entry of each is another."""
    renderer = form.renderer()
    for one in documents:
        renderer.render(one)
    changed = [
        replace(one, entries=(replace(one.entries[0], title="Another headline"), *one.entries[1:])) for one in documents
    ]

    def render() -> None:
        for one in changed:
            renderer.render(one)

    return _seconds(render)


def _django(documents: Sequence[FeedDocument]) -> dict[str, Callable[[], float]]:
    """Django's generators, given what they can write of the same entries; none where it is not installed."""
    try:
        from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
    except ImportError:
        return {}

    def render(generator: type) -> None:
        for one in documents:
            feed = generator(
                title=one.title,
                link=one.html_url,
                description=one.title,
                language=one.language,
                author_name=one.author,
                feed_url=one.self_url,
                feed_guid=one.id,
            )
            for each in one.entries:
                feed.add_item(
                    title=each.title,
                    link=each.url,
                    description=each.content,
                    author_name=each.authors[0],
                    pubdate=each.published,
                    updateddate=each.updated,
                    unique_id=each.uid,
                    unique_id_is_permalink=False,
                    categories=each.sections + each.categories,
                )
            feed.writeString("utf-8")

    return {
        "django_atom": lambda: _seconds(lambda: render(Atom1Feed)),
        "django_rss": lambda: _seconds(lambda: render(Rss201rev2Feed)),
    }
