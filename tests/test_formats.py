"""The registry of formats: our own, and one that an installed package brings, as the documentation shows it."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.records import Access
from feeds.errors import ConfigError
from feeds.formats import BUILT_IN, ENTRY_POINTS, Format, PublicEntry, load
from feeds.formats.flags import accessible_for_free, content_tier
from feeds.formats.kept import Kept
from feeds.formats.texts import escaped, language_tag, legal, media_type
from tests.command import ROOT
from tests.shown import document, entry

DOCUMENTED = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    """The block of the page that is of this kind."""
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```$", DOCUMENTED, re.MULTILINE | re.DOTALL)
    assert isinstance(found, str)
    return found


def install(folder: Path, name: str, module: str, points: str) -> None:
    """A distribution as an installer leaves it: the module, and its metadata beside it."""
    (folder / f"{name}.py").write_text(module, encoding="utf-8")
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(points, encoding="utf-8")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages; what is imported from it is forgotten."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
    importlib.invalidate_caches()


def test_the_format_of_the_documentation(packages: Path) -> None:
    install(packages, "broadsheet_gemtext", block("python"), block("ini"))
    found = load("gemtext")
    assert (found.suffix, found.bare_type, found.free) == ("gmi", "text/gemini", True)
    made = document(
        entry(), entry(2, access=Access.PREMIUM, access_label="For subscribers", published=None, summary="")
    )
    assert found.renderer().render(made).decode().splitlines() == [
        "# Courier: Politics",
        "",
        "=> https://news.example/1 2026-11-23 Headline 1",
        "A teaser.",
        "=> https://news.example/2 Headline 2 [For subscribers]",
    ]


def test_our_own() -> None:
    for name in ("atom", "json", "html"):
        assert load(name).name == name
    assert ENTRY_POINTS == "broadsheet.formats"


def test_a_format_that_there_is_not(packages: Path) -> None:
    install(packages, "extra", "FORMAT = 1\n", f"[{ENTRY_POINTS}]\nextra = extra:FORMAT\nbroken = nowhere:FORMAT\n")
    with pytest.raises(ConfigError, match=r'there is no format "epub"; known are atom, .*, extra'):
        load("epub")
    with pytest.raises(ConfigError, match=r'there is no format "broken" \(No module named'):
        load("broken")
    with pytest.raises(ConfigError, match='installed as "extra" is no'):
        load("extra")


def test_a_format_of_another_name(packages: Path) -> None:
    install(packages, "renamed", block("python"), f"[{ENTRY_POINTS}]\nrenamed = renamed:FORMAT\n")
    with pytest.raises(ConfigError, match=r'installed as "renamed" is no feeds\.formats\.Format of that name'):
        load("renamed")


def test_every_format_of_our_own_is_documented() -> None:
    assert re.findall(r"^\| `(\w+)` \|", DOCUMENTED, re.MULTILINE) == list(BUILT_IN)


# --- what formats share


def test_what_is_made_of_an_entry_is_kept() -> None:
    made: list[tuple[str, str]] = []

    def make(one: PublicEntry, site: str) -> str:
        made.append((one.uid, site))
        return site

    kept = Kept(make, most=2)
    first, second, third = entry(1), entry(2), entry(3)
    for one, site in ((first, "a"), (first, "a"), (first, "b"), (entry(1), "a")):
        assert kept.of(one, site) == site
    assert len(made) == 3
    kept.of(second, "a")
    kept.of(third, "a")
    kept.of(third, "a")
    assert len(made) == 5


@pytest.mark.parametrize(
    ("text", "is_legal"),
    [
        ("plain", "plain"), ("a\nb\tc\r", "a\nb\tc\r"), ("a\x00\x08\x1fb", "ab"), ("a\ud800b", "ab"),
        ("a\ufffeb\uffff", "ab"),
        ("\n\ufffe", "\n"), ("\n\uffff", "\n"), ("\x7f\x85\u2028é\n", "\x7f\x85\u2028é\n"),
    ],
)  # fmt: skip
def test_illegal_characters_are_dropped(text: str, is_legal: str) -> None:
    assert legal(text) == is_legal


def test_text_is_escaped() -> None:
    assert escaped("plain 'text'") == "plain 'text'"
    assert escaped('<a href="&">\r\n\x00') == "&lt;a href=&quot;&amp;&quot;&gt;&#13;\n"


def test_types_and_languages() -> None:
    assert media_type("audio/mpeg") == "audio/mpeg"
    assert media_type("audio/mpeg; codecs=1") is media_type("audio") is None
    assert language_tag("be-tarask") == "be-tarask"
    assert language_tag("English, mostly") is language_tag(None) is None


def test_flags() -> None:
    assert [accessible_for_free(level) for level in Access] == [
        {"free": True, "premium": False, "registration": False}.get(level.value) for level in Access
    ]
    assert content_tier([]) is None


def test_a_format_has_a_type_without_parameters() -> None:
    made = Format(name="x", suffix="x", media_type="text/x; charset=utf-8", renderer=load("atom").renderer)
    assert made.bare_type == "text/x"
