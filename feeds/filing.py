"""Which sections an entry stands in: what its document and its source say, by the rules of `config.toml`.

The result does not depend on the order of the rules: each looks at the item alone, and all that hold count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from urllib.parse import unquote

from feeds.config import Config, Rule, Source
from feeds.dedupe.words import words_of
from feeds.normalise import fold

NAME = 200
"""Most characters of a section's name."""

_APART = str.maketrans(dict.fromkeys("'`’‘ʼʹ′‛", " "))
"""In a headline an apostrophe parts words: a rule for "Europe" means "l'Europe", too."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """A rule as it is applied to the items of one source: an empty condition holds for all.

    `categories` are casefolded, `phrases` folded words between blanks, `languages` lower-case tags. `paths` are the
    pieces of a pattern between its stars; one piece is the beginning of a path, up to the end of a step.
    """

    sections: tuple[str, ...]
    only: bool
    categories: frozenset[str]
    paths: tuple[tuple[str, ...], ...]
    phrases: tuple[str, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Filing:
    """How entries of one source are filed.

    `renamed` leads from former names (casefolded) to present ones. `known` are casefolded names that count, None where
    all do; what is not known becomes `unknown`, or nothing where that is None. `default` is where an entry stands that
    would be in none.
    """

    criteria: tuple[Criterion, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    known: frozenset[str] | None = None
    unknown: str | None = None
    default: str | None = None

    @cached_property
    def names(self) -> dict[str, str]:
        """`renamed`, to be looked up."""
        return dict(self.renamed)

    @cached_property
    def is_plain(self) -> bool:
        """True where entries stand in what is said of them, as it is."""
        return not self.criteria and not self.renamed and self.known is None

    @cached_property
    def said(self) -> str:
        """All of it as text, the same wherever it is the same."""
        known = None if self.known is None else sorted(self.known)
        criteria = [(repr(replace(one, categories=frozenset())), sorted(one.categories)) for one in self.criteria]
        return repr((criteria, self.renamed, known, self.unknown, self.default))


def filing_of(config: Config, source: Source) -> Filing:
    """How entries of `source` are filed by `config`."""
    settings = config.sections
    renamed = {old.casefold(): section.name for section in config.section for old in section.formerly}
    known = None
    if settings.unknown != "make":
        # What a person wrote is known; names that only documents give are not.
        named = [section.name for section in config.section]
        named += [*source.sections, *config.profile_of(source).sections, source.default_section or ""]
        known = frozenset(fold(name, NAME).casefold() for name in named if name)
    return Filing(
        criteria=tuple(_criterion(rule) for rule in config.rule if _is_of(rule, source)),
        renamed=tuple(sorted(renamed.items())),
        known=known,
        unknown=settings.default if settings.unknown == "default" else None,
        default=(source.default_section and fold(source.default_section, NAME)) or settings.default,
    )


def _is_of(rule: Rule, source: Source) -> bool:
    return not rule.source or source.name.casefold() in [name.casefold() for name in rule.source]


@lru_cache(maxsize=4096)
def _criterion(rule: Rule) -> Criterion:
    return Criterion(
        sections=rule.section,
        only=rule.only,
        categories=frozenset(name.casefold() for name in rule.category),
        paths=tuple(tuple(map(unquote, path.split("*"))) for path in rule.path),
        phrases=tuple(_spaced(phrase) for phrase in rule.title),
        languages=tuple(tag.lower() for tag in rule.language),
    )


def file(
    filing: Filing,
    said: Sequence[str],
    *,
    title: str,
    url: str | None,
    categories: Sequence[str] = (),
    language: str | None = None,
) -> tuple[str, ...]:
    """The sections of an entry of which document and source say that it stands in `said`, each once whatever its case.

    Rules that hold add theirs, in order of name, after what is said; where one of them is `only`, what is said does
    not count. Names that a section had before give its present one.
    """
    if filing.is_plain:
        return tuple(said) or _one(filing.default)
    found = [_present(filing, name) for name in said]
    if filing.criteria:
        item = _Item(title, url, categories, language)
        held = [one for one in filing.criteria if item.meets(one)]
        added = sorted({name for one in held for name in one.sections}, key=lambda name: (name.casefold(), name))
        found = [*(() if any(one.only for one in held) else found), *added]
    named: dict[str, str] = {}
    for one in found:
        if one is not None:
            named.setdefault(one.casefold(), one)
    return tuple(named.values()) or tuple(_present(filing, name) or name for name in _one(filing.default))


def _present(filing: Filing, name: str) -> str | None:
    """What a section is called now; for one that is not known, what stands in its place."""
    name = filing.names.get(name.casefold(), name)
    return name if filing.known is None or name.casefold() in filing.known else filing.unknown


def _one(name: str | None) -> tuple[str, ...]:
    return () if name is None else (name,)


class _Item:
    """What rules look at, folded once, and only where a rule asks for it."""

    def __init__(self, title: str, url: str | None, categories: Iterable[str], language: str | None) -> None:
        self._title, self._url = title, url
        self._categories = frozenset(name.casefold() for name in categories)
        self._language = (language or "").lower()

    @cached_property
    def _words(self) -> str:
        return _spaced(self._title)

    @cached_property
    def _path(self) -> str | None:
        if self._url is None:
            return None
        path = self._url.partition("://")[2].partition("/")[2]
        return "/" + unquote(path.partition("#")[0].partition("?")[0])

    def meets(self, criterion: Criterion) -> bool:
        """Whether all conditions of the rule hold; of the values of one, any does."""
        if criterion.categories and self._categories.isdisjoint(criterion.categories):
            return False
        if criterion.languages and not any(f"{self._language}-".startswith(f"{tag}-") for tag in criterion.languages):
            return False
        if criterion.paths and (
            self._path is None or not any(_leads(pieces, self._path) for pieces in criterion.paths)
        ):
            return False
        return not criterion.phrases or any(phrase in self._words for phrase in criterion.phrases)


def _spaced(text: str) -> str:
    """The words of a text, each between blanks, so that a phrase is found only as whole words."""
    return f" {words_of(text.translate(_APART))[0]} "


def _leads(pieces: Sequence[str], path: str) -> bool:
    """Whether a path is what a pattern says: `pieces` in their order, the first at its beginning and the last at its
    end; a single piece is the path itself or a folder of it. Linear: the first place of each piece will do."""
    first, *others = pieces
    if not path.startswith(first):
        return False
    if not others:
        return first.endswith("/") or path[len(first) :][:1] in ("", "/")
    *inner, last = others
    at = len(first)
    for piece in inner:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return len(path) - len(last) >= at and path.endswith(last)
