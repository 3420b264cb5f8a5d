"""Which of two entries tell the same story: labelled pairs in eight languages, and how many the verdict gets right.

64 stories are put together from words (`tests/cases/duplicates/words.toml`), edited as republishers edit, and compared
with their copies and with each other. What is easily confused was written by hand (`different.toml`), and some reprints
as well (`same.toml`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from random import Random
from typing import NamedTuple

from db.records import Fingerprint
from feeds.dedupe import fingerprint, index_hashes, verdict

TITLE = "duplicates"
CASES = Path(__file__).parents[1] / "cases" / "duplicates"
SENTENCES = (3, 4, 6, 9, 13, 18, 26, 40)
"""A story of each of these lengths in each language: from 40 words to 700."""

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)


class Copy(NamedTuple):
    """An entry as a source tells it; `paragraphs` are its body, and `url` stands only where a desk reprints under an
    address that others give as well."""

    title: str
    paragraphs: tuple[str, ...]
    url: str | None = None
    at: datetime = NOON

    def print(self, *, hidden: bool) -> Fingerprint:
        return fingerprint(self.title, "\n\n".join(self.paragraphs), None if hidden else self.url, at=self.at)


class Pair(NamedTuple):
    """Two entries, whether they are one story, and what sort of pair this is."""

    one: Copy
    other: Copy
    same: bool
    kind: str

    @property
    def name(self) -> str:
        return f"{self.kind}: {self.one.title[:50]!r}, {self.other.title[:50]!r}"


class Writer:
    """Writes stories, and edits them as others do, in one language; `rng` settles what."""

    def __init__(self, language: str, words: dict[str, object], rng: Random) -> None:
        self.language = language
        self.rng = rng
        self.forms: list[str] = list(words["forms"])  # type: ignore[call-overload]
        self.said = {name: str(given) for name, given in words.items() if name != "forms"}
        self.lists = {name: given.split("|") for name, given in self.said.items() if "|" in given}
        self.cjk = language in ("zh", "ja")

    def sentence(self, form: str | None = None) -> str:
        names = {name: self.rng.choice(given) for name, given in self.lists.items()}
        names |= {f"{name}2": self.rng.choice(self.lists[name]) for name in ("who", "adj", "obj")}
        names |= {name.capitalize(): value[:1].upper() + value[1:] for name, value in names.items()}
        return (form or self.rng.choice(self.forms)).format(**names, n=self.rng.randint(2, 990))

    def title(self) -> str:
        return self.sentence(self.said["title"])

    def paragraphs(self, sentences: int) -> tuple[str, ...]:
        made = []
        while sentences > 0:
            count = min(self.rng.choice((1, 2, 2, 3)), sentences)
            made.append(self.join(self.sentence() for _ in range(count)))
            sentences -= count
        return tuple(made)

    def join(self, parts: Iterator[str]) -> str:
        return ("" if self.cjk else " ").join(parts)

    def story(self, sentences: int, number: int) -> Copy:
        url = f"https://www.desk.example/{self.language}/{number}"
        return Copy(self.title(), self.paragraphs(sentences), url, NOON + timedelta(minutes=number))

    def cut(self, text: str, words: int) -> str:
        """The first `words` words, or twice as many characters of a language that does not part words."""
        return text[: 2 * words] + "…" if self.cjk else " ".join(text.split()[:words]) + "…"

    def reworded(self, text: str, share: float) -> str:
        """`text` with a share of its words left out or exchanged."""
        units = list(text) if self.cjk else text.split()
        kept = []
        for unit in units:
            if self.rng.random() >= share:
                kept.append(unit)
            elif self.rng.random() < 0.5:
                kept.append(self.rng.choice(self.lists["adj"])[: 2 if self.cjk else None])
        return ("" if self.cjk else " ").join(kept)

    def halved(self, paragraphs: tuple[str, ...]) -> list[str]:
        """Half of the paragraphs in another order, of which the lead is the first or the second."""
        rest = self.rng.sample(paragraphs[1:], len(paragraphs) // 2) if len(paragraphs) > 2 else list(paragraphs[1:])
        rest.insert(self.rng.randint(0, min(1, len(rest))), paragraphs[0])
        return rest


Edit = Callable[[Writer, Copy], Copy]


def _retyped(_: Writer, story: Copy) -> Copy:
    """Other quotes, dashes and spaces, and the whole in one paragraph."""
    signs = str.maketrans({"«": "“", "»": "”", "„": '"', "“": '"', "”": '"', "—": "-", "–": "-", " ": "\u00a0"})
    return story._replace(title=story.title.upper(), paragraphs=(" ".join(story.paragraphs).translate(signs),))


def _signed(writer: Writer, story: Copy) -> Copy:
    """With a byline, a dateline and a footer, under an agency's title."""
    first = writer.said["byline"] + story.paragraphs[0]
    paragraphs = (first, *story.paragraphs[1:], writer.said["footer"])
    return story._replace(title=f"UPDATE 1-{story.title} | Harbour Daily", paragraphs=paragraphs)


def _headed(writer: Writer, story: Copy) -> Copy:
    """Another headline, and a word here and there."""
    paragraphs = tuple(writer.reworded(each, 0.02) for each in story.paragraphs)
    return story._replace(title=writer.title(), paragraphs=paragraphs)


def _teased(writer: Writer, story: Copy) -> Copy:
    """The first hundred words."""
    return story._replace(paragraphs=(writer.cut(" ".join(story.paragraphs), 100),))


def _teased_short(writer: Writer, story: Copy) -> Copy:
    """The first thirty words, under a headline that differs by a word."""
    title = story.title if writer.cjk else " ".join(story.title.split()[:-1])
    return story._replace(title=title, paragraphs=(writer.cut(" ".join(story.paragraphs), 30),))


def _rewritten(writer: Writer, story: Copy) -> Copy:
    """Half of it in another order, reworded, under another headline, with a byline."""
    paragraphs = [writer.reworded(each, 0.05) for each in writer.halved(story.paragraphs)]
    paragraphs[0] = writer.said["byline"] + paragraphs[0]
    return story._replace(title=writer.title(), paragraphs=tuple(paragraphs))


def _extended(writer: Writer, story: Copy) -> Copy:
    """Half of it, with as many paragraphs again of the desk's own, two of them before it."""
    half = writer.halved(story.paragraphs)
    own = writer.paragraphs(len(half))
    return story._replace(title=writer.title(), paragraphs=(*own[:1], *half, *own[1:]))


def _corrected(writer: Writer, story: Copy) -> Copy:
    """One figure in three is another."""
    text = "\n".join(story.paragraphs)
    units = "".join(one if one.isdigit() else f" {one} " for one in text).split(" ")
    figures = [one for one in units if one.isdigit()]
    for figure in figures[::3]:
        text = text.replace(figure, str(int(figure) + 7), 1)
    return story._replace(paragraphs=tuple(text.split("\n")))


def _interrupted(writer: Writer, story: Copy) -> Copy:
    """With links to other stories between its paragraphs, and a lead of the desk's own above them."""
    between = [part for each in story.paragraphs for part in (each, writer.title() + ".")]
    return story._replace(paragraphs=(writer.sentence(), *between))


def _retold(writer: Writer, story: Copy) -> Copy:
    """In other words altogether, and in few: the address alone says that it is the same."""
    return story._replace(title=writer.title(), paragraphs=(writer.sentence(),))


def _bare(_: Writer, story: Copy) -> Copy:
    return story._replace(paragraphs=())


COPIES: dict[str, Edit] = {
    "retyped": _retyped,
    "signed": _signed,
    "other headline": _headed,
    "teaser": _teased,
    "short teaser": _teased_short,
    "rewritten": _rewritten,
    "extended": _extended,
    "corrected": _corrected,
    "interrupted": _interrupted,
    "headline only": _bare,
}
"""What other desks make of a story, under addresses of their own."""

SPELLINGS = (
    "http://m.desk.example/{0}?utm_source=rss&utm_medium=feed",
    "https://www.google.com/url?rct=j&sa=t&url=https://www.desk.example/{0}&ct=ga",
    "https://www-desk-example.cdn.ampproject.org/c/s/www.desk.example/{0}/amp/",
    "https://desk.example:443/{0}/?fbclid=IwAR0x#comments",
)
LISTED = (_retold, _headed, _rewritten, _extended, _teased, _teased_short, _interrupted, _signed)
"""What aggregators list under the address of a story, by one spelling or another. Of real feed items of one story 97 %
have its address; here that is fewer than half."""


def stories() -> list[tuple[Writer, list[Copy]]]:
    """A writer for each language, with what it wrote: the same in every run."""
    words = tomllib.loads((CASES / "words.toml").read_text("utf-8"))
    writers = [Writer(language, given, Random(language)) for language, given in words.items()]  # noqa: S311  # no secret
    return [(writer, [writer.story(count, at) for at, count in enumerate(SENTENCES)]) for writer in writers]


def pairs() -> Iterator[Pair]:
    """All labelled pairs."""
    for writer, written in stories():
        copies: list[list[Copy]] = []
        for number, story in enumerate(written):
            copies.append([])
            for kind, edit in COPIES.items():
                copy = edit(writer, story)._replace(
                    url=f"https://{kind.replace(' ', '')}.example/{writer.language}-{number}",
                    at=story.at + timedelta(hours=writer.rng.randint(1, 60)),
                )
                copies[-1].append(copy)
                yield Pair(story, copy, True, kind)
            for edit, spelling in zip(LISTED, SPELLINGS * 2, strict=True):
                listed = edit(writer, story)._replace(url=spelling.format(f"{writer.language}/{number}"))
                yield Pair(story, listed, True, "same address")
        for (one, ones), (other, others) in combinations(zip(written, copies, strict=True), 2):
            yield Pair(one, other, False, "another story")
            yield from (Pair(one, each, False, "another story") for each in others)
            yield from (Pair(each, other, False, "another story") for each in ones)
        yield from _background(writer, written)
    yield from _by_hand("same.toml", same=True)
    yield from hard()


def hard() -> Iterator[Pair]:
    """Pairs that look alike and are different."""
    yield from _by_hand("different.toml", same=False)


def _background(writer: Writer, written: list[Copy]) -> Iterator[Pair]:
    """A story, and the next day's of the same desk, which ends in the same background."""
    for story in written[3:]:
        background = story.paragraphs[-max(1, len(story.paragraphs) // 4) :]
        own = writer.paragraphs(2 * len(background))
        later = Copy(writer.title(), (*own, *background), None, story.at + timedelta(hours=20))
        yield Pair(story, later, False, "same background")


def _by_hand(name: str, *, same: bool) -> Iterator[Pair]:
    for number, group in enumerate(tomllib.loads((CASES / name).read_text("utf-8"))["group"]):
        told: list[Copy] = []
        for title, body in group["entries"]:
            parts = (group.get("intro", ""), *body.split("\n\n"), group.get("shared", "")) if body else ()
            url = f"https://desk{len(told)}.example/{number}"
            told.append(Copy(title, tuple(part for part in parts if part), url, NOON + timedelta(hours=len(told))))
        chosen = ((told[0], copy) for copy in told[1:]) if same else combinations(told, 2)
        yield from (Pair(one, other, same, group["kind"]) for one, other in chosen)


def judged(*, hidden: bool) -> tuple[int, int, int, list[str]]:
    """True and false positives, false negatives, and a line for each pair that was judged wrongly."""
    right = wrong = missed = 0
    misses = []
    for pair in pairs():
        found = verdict(pair.one.print(hidden=hidden), pair.other.print(hidden=hidden))
        right += found.same and pair.same
        wrong += found.same and not pair.same
        missed += pair.same and not found.same
        if found.same != pair.same:
            misses.append(f"{'joined' if found.same else 'missed'} {pair.name} ({found.rule}, {found.score:.2f})")
    return right, wrong, missed, misses


def score() -> tuple[int, int, int, list[str]]:
    """True and false positives, false negatives and what was judged wrongly, by addresses and words as entries come."""
    return judged(hidden=False)


def found() -> tuple[int, int, int]:
    """How many copies are joined by their words, how many of these share a hash by which the index finds them with the
    original, and how many do of all copies."""
    joined = joined_found = every_found = 0
    for pair in pairs():
        if pair.same and pair.kind != "same address":
            one, other = pair.one.print(hidden=True), pair.other.print(hidden=True)
            hit = not index_hashes(one).isdisjoint(index_hashes(other))
            every_found += hit
            if verdict(one, other).same:
                joined += 1
                joined_found += hit
    return joined, joined_found, every_found
