"""The pages say what is: nothing is missing from them, and what they name is there and does what they say."""

from __future__ import annotations

import doctest
import json
import re
import shlex
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from db.errors import StorageError
from db.models import Base
from feeds.cli import INTERRUPTED, TERMINATED
from feeds.cli.app import app
from feeds.config import Config, parse
from feeds.encodings import ENDINGS
from feeds.errors import BroadsheetError
from feeds.formats import BUILT_IN, load
from feeds.web.public import MEDIA_TYPES, Said
from tests import reference
from tests.command import ROOT, Folder

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "seeds" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")

WORDS = (
    "source",
    "poll",
    "document",
    "item",
    "entry",
    "revision",
    "section",
    "feed",
    "access",
    "cluster",
    "incident",
    "delivery",
)
"""The fixed words of the design, in its order."""

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\d{4}-\d\d-\d\d(?= \(seen\))")
_WRITTEN = re.compile(r"\b[1-9]\d* files? written")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, *kinds: str) -> list[str]:
    """The fenced blocks of a page that are of one of the kinds."""
    return [body for kind, body in _FENCE.findall(text_of(name)) if kind in kinds]


def plain(name: str) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", text_of(name))


# --- the reference is complete


def test_the_reference_is_what_the_code_says() -> None:
    assert reference.text() == REFERENCE, "docs/reference.md is stale: run python -m tests.reference"


def heading(title: str) -> str:
    """What stands below one heading of the reference."""
    _, found, rest = REFERENCE.partition(f"\n### {title}\n")
    assert found, f"docs/reference.md has no heading {title}"
    return re.split(r"\n##+ ", rest)[0]


def test_every_key_is_documented() -> None:
    heads = [head for head, _ in reference.TABLES]
    assert {re.split(r"[\].]", head.strip("["))[0] for head in heads} == set(Config.model_fields)
    for head, model in reference.TABLES:
        said = heading(head)
        for key, field in model.model_fields.items():
            assert f"| `{key}` |" in said
            assert field.description, f"{head} {key} has no description"


def test_every_command_argument_and_option_is_documented() -> None:
    leaves = [(words, one) for words, one in reference.commands() if not getattr(one, "commands", None)]
    assert len(leaves) > 15
    for words, command in leaves:
        said = heading(" ".join(words))
        assert command.help
        assert command.help.strip() in said
        for one in command.params:
            if one.param_type_name == "argument":
                assert re.search(rf"^\| `{reference.name_of(one)}[`:]", said, re.MULTILINE)
            elif not set(one.opts) & set(reference.COMMON):
                assert all(option in said for option in one.opts), (words, one.opts)
    for option in reference.COMMON:
        assert option in REFERENCE


def test_every_exit_code_is_documented() -> None:
    table = REFERENCE.partition("## Exit codes")[2].partition("\n## ")[0]
    codes = {int(found) for found in re.findall(r"return (\d+)$", text_of("feeds/cli/app.py"), re.MULTILINE)}
    codes |= {INTERRUPTED, TERMINATED}
    errors = [BroadsheetError, StorageError]
    while errors:
        error: Any = errors.pop()
        errors += [each for each in error.__subclasses__() if each.__module__.endswith(".errors")]
        codes.add(error.exit_code)
        assert f"| `{error.__name__}` | {error.exit_code} |" in table
    assert {1, 2, 75, 78, 130, 141, 143} <= codes
    assert all(f"| {code} |" in table for code in codes | {0})


def test_every_table_and_column_is_documented() -> None:
    assert len(Base.metadata.tables) > 10
    for name, table in Base.metadata.tables.items():
        said = heading(f"Table {name}")
        assert all(f"| `{column.name}` |" in said for column in table.columns)


def test_every_environment_variable_is_documented() -> None:
    used: set[str] = set()
    for path in [*(ROOT / "feeds").rglob("*.py"), *(ROOT / "db").rglob("*.py")]:
        used.update(re.findall(r"environ(?:\.get\(|\[)\"(\w+)\"", path.read_text(encoding="utf-8")))
    assert used == set(reference.ENVIRONMENT)
    assert all(f"| `{name}` |" in REFERENCE for name in used)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """The desk that `feeds demo` makes."""
    folder = tmp_path_factory.mktemp("demo")
    assert Folder(folder).run("demo", "here").code == 0
    return Folder(folder / "here")


def test_every_published_file_is_documented(demo: Folder) -> None:
    shapes = {path: re.sub("<(?:slug|name|month)>", "[a-z0-9-]+", re.escape(path)) for path in reference.PUBLISHED}
    published = [path for path in demo.tree() if not path.endswith(ENDINGS)]
    # The longest first: `<slug>.free.atom` is no `<slug>.atom`.
    found = Counter(
        next((path for path in sorted(shapes, key=len, reverse=True) if re.fullmatch(shapes[path], name)), name)
        for name in published
    )
    # The documents of the demo are no news, whenever it is made.
    assert set(found) == set(shapes) - {"sitemap-news.xml"}
    assert all(f"| `{path}` |" in REFERENCE for path in shapes)


def test_every_json_shape_names_the_keys_of_a_real_run(demo: Folder) -> None:
    for command, title in ((("status",), "feeds status"), (("entries", "list"), "feeds entries list and search")):
        given = demo.run(*command, "--json").json
        keys = set(re.findall(r'"(\w+)":', json.dumps(given)))
        assert keys == set(re.findall(r'"(\w+)":', heading(f"JSON of {title}"))) - (
            {"kind", "subject", "opened", "message"} if command == ("status",) else set()
        )


# --- links, pictures, words


@pytest.mark.parametrize("name", NAMES)
def test_every_link_resolves(name: str) -> None:
    for target in _LINK.findall(plain(name)):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / name).parent / path if path else ROOT / name
        assert file.exists(), f"{name}: {target}"
        if anchor:
            titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}, target


def test_every_page_is_linked_from_the_readme() -> None:
    linked = set(_LINK.findall(text_of("README.md")))
    assert {name for name in NAMES if name.startswith("docs/")} <= linked


def test_pictures_are_small_and_described() -> None:
    used = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", text_of("README.md"))
    assert {target for _, target in used} == {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / "images").iterdir()
    }
    for alternative, target in used:
        data = (ROOT / target).read_bytes()
        assert len(alternative) > 20
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        assert len(data) < 200_000
        assert struct.unpack(">I", data[16:20]) == (1280,)


@pytest.mark.parametrize("name", NAMES)
def test_pages_hold_no_traces_of_a_machine(name: str) -> None:
    said = text_of(name)
    for trace in (
        r"(?<![\w.])/(?:work|root|tmp|home)\b",
        r"(?i)pypi|pythonhosted|npmjs|crates\.io|golang\.org|index-url",
        r"(?i)\b(?:issues?|(?<!Table )(?<!desk/)sessions?|llms?|gpt|claude|copilot|chatbots?)\b|(?<!User-)\bagents?\b",
        r"\bAI\b",
    ):
        found = re.search(trace, said)
        assert found is None, f"{name}: {found[0]}"


def test_the_glossary_has_the_words_of_the_design() -> None:
    first = text_of("docs/glossary.md").partition("More words")[0]
    assert tuple(re.findall(r"^\| ([a-z]+) \|", first, re.MULTILINE)[1:]) == WORDS


def test_the_changelog_begins_properly() -> None:
    lines = text_of("CHANGELOG.md").splitlines()
    assert lines[0] == "# Changelog"
    heads = [line for line in lines if line.startswith("## ")]
    assert heads[0] == "## [Unreleased]"
    assert all(re.fullmatch(r"## \[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", head) for head in heads[1:])
    kinds = {line.removeprefix("### ") for line in lines if line.startswith("### ")}
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert kinds


# --- commands and configurations


def commands_in(name: str) -> Iterator[list[str]]:
    """Every call of `feeds` and `make` on a page: in blocks of commands, in cron and unit files, inside sentences."""
    lines = [line.removeprefix("$ ") for body in blocks(name, "sh") for line in body.splitlines()]
    lines += [
        line.removeprefix("$ ")
        for body in blocks(name, "console")
        for line in body.splitlines()
        if line.startswith("$ ")
    ]
    lines += re.findall(r"/bin/(feeds [^\n|]+)", text_of(name))
    if name != "docs/reference.md":  # it shows how words are put together: `[OPTIONS] [SOURCE...]`
        lines += re.findall(r"`((?:feeds|make) [^`]+)`", plain(name))
    for line in lines:
        words = shlex.shlex(line, posix=True, punctuation_chars=True)
        words.whitespace_split = True
        call: list[str] = []
        for word in [*words, ";"]:
            if re.fullmatch(r"[|&;<>]+", word):
                while call and re.fullmatch(r"[A-Z_]+=.*", call[0]):
                    del call[0]
                if call and call[0] in ("feeds", "make"):
                    yield call
                call = []
            else:
                call.append(word)


def check_call(words: list[str]) -> None:
    """Parses a call of `feeds` as the application would, without running it. Raises what the application reports."""
    command: Any = typer.main.get_command(app)
    arguments = words[1:]
    while True:
        # Without arguments it is a name in a sentence; the other two end the parsing by printing.
        if arguments in ([], ["--version"], ["--help"]):
            return
        context = command.make_context(command.name, list(arguments))
        if not getattr(command, "commands", None):
            return
        rest = [*getattr(context, "_protected_args", []), *context.args]
        _, command, arguments = command.resolve_command(context, rest)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_on_a_page_can_be_run(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    for words in commands_in(name):
        if words[0] == "make":
            assert {word for word in words[1:] if "=" not in word} <= targets, words
            continue
        try:
            check_call(words)
        except Exception as error:
            said = error.format_message() if hasattr(error, "format_message") else repr(error)
            pytest.fail(f"{name}: {' '.join(words)}: {said}")


@pytest.mark.parametrize("words", ["feeds nonsense", "feeds update --nonsense", "feeds entries list --access paid"])
def test_a_command_that_is_none_is_found(words: str) -> None:
    with pytest.raises(Exception, match=r"No such|is not one of|Invalid|not a valid|nonsense|paid"):
        check_call(words.split())


def test_pages_do_name_commands() -> None:
    assert sum(len(list(commands_in(name))) for name in NAMES) > 60


def test_the_readme_starts_with_the_commands_of_the_makefile() -> None:
    (start,) = blocks("README.md", "sh")
    assert start.splitlines() == ["make run", "make test"]
    first = text_of("Makefile").splitlines()[0]
    assert all(f"{command}:" in first for command in start.splitlines())


@pytest.mark.parametrize("name", NAMES)
def test_configurations_can_be_used(name: str) -> None:
    for body in blocks(name, "toml"):
        assert parse(body, Path("config.toml")).site.title


def test_the_limits_that_pages_name_are_those_of_the_code() -> None:
    from db.store.tokens import MOST_NETWORKS
    from feeds.daemon import STOP_WITHIN, TICK
    from feeds.daemon.upkeep import HOURS_KEPT
    from feeds.fetch import MAX_REDIRECTS
    from feeds.fetch.transfer import HEADER_BYTES
    from feeds.heartbeats import WRITTEN
    from feeds.ondemand import LONGEST, MOST
    from feeds.sources.shape import MAX_ITEMS, MAX_MARKS, SPREAD
    from feeds.sources.sitemap import MAX_TAGS
    from feeds.web import Limits, filtered
    from feeds.web.connection import PIPELINED
    from feeds.web.private import MOST_WRONG
    from feeds.web.server import DESCRIPTORS

    limits, security = Limits(), text_of("docs/security.md")
    assert f"{limits.connections:,} connections at once" in security
    assert f"{limits.header_bytes // 1024} kB, {limits.progress:.0f} s without progress" in security
    assert f"{limits.keep_alive:.0f} s between two requests" in security
    assert f"{PIPELINED} requests ahead of their answers, {limits.unsent_bytes // 1_000_000} MB of answers" in security
    assert f"{LONGEST} characters a value, {filtered.LONGEST:,} bytes in all, {MOST} entries" in security
    assert f"{filtered.WAITING} wait at once, {filtered.KEPT_BYTES // 1_000_000} MB are kept" in security
    assert f"less {DESCRIPTORS}, and {limits.connections:,} at most" in text_of("docs/operations.md")
    assert f"headers {HEADER_BYTES // 1024} kB" in security
    assert f"| {MAX_ITEMS:,} items; more than {MAX_MARKS:,} tags or values only" in security
    assert f"more than {SPREAD} bytes apart, of a sitemap {MAX_TAGS:,}" in security
    assert f"after {MOST_WRONG} wrong tokens in a minute" in security
    assert f"More than {MOST_WRONG} wrong tokens of one client in a minute" in text_of("docs/subscribers.md")
    assert f"counted up to {MOST_NETWORKS}" in text_of("docs/subscribers.md")
    assert MAX_REDIRECTS == 5
    assert "at most five redirects" in security
    assert f"looks every {TICK} seconds" in text_of("docs/operations.md")
    work, server = round(STOP_WITHIN), limits.grace + 2 * limits.force
    said = f"at most {work + server} seconds: {work} for the work at hand, {server} for the server"
    assert said in text_of("docs/self-hosting.md")
    assert f"every {WRITTEN} seconds" in text_of("docs/operations.md")
    assert f"counts of hours after {HOURS_KEPT.days} days" in text_of("docs/operations.md")


def test_headers_of_object_storage_are_those_of_our_server() -> None:
    said = Said()
    rows = ["| name ends with | Content-Type | Access-Control-Allow-Origin |", "|---|---|---|"]
    for name in ["manifest.json", *(f".{suffix}" for suffix in sorted(MEDIA_TYPES))]:
        origin = dict(said.headers(f"all{name}")).get(b"access-control-allow-origin", b"").decode()
        rows.append(f"| `{name}` | `{said.media_type(name)}` | {f'`{origin}`' if origin else 'none'} |")
    table = "\n".join(rows)
    assert f"\n{table}\n\n" in text_of("docs/serving.md"), f"the table has to be\n{table}"
    for chosen in map(load, BUILT_IN):
        assert said.media_type(f"all.{chosen.suffix}") == chosen.media_type


# --- walks


@dataclass(slots=True)
class Walk:
    """The commands of a page, run in order. `cd` and `mkdir` do what they say; all else is `feeds`."""

    path: Path

    def run(self, name: str) -> int:
        """Runs every console block of the page and compares standard output; returns how many commands ran."""
        count = 0
        for body in blocks(name, "console"):
            for step in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                line, _, expected = step.partition("\n")
                self._step(name, line, expected)
                count += 1
        return count

    def _step(self, name: str, line: str, expected: str) -> None:
        words = shlex.split(line)
        if words[0] == "cd":
            self.path = (self.path / words[1]).resolve()
        elif words[0] == "mkdir":
            (self.path / words[1]).mkdir()
        else:
            assert words[0] == "feeds"
            ran = Folder(self.path).run(*words[1:])
            assert ran.code == 0, f"{name}: {line}: {ran.err}"
            if not doctest.OutputChecker().check_output(
                _steady(expected), _steady(ran.out), doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
            ):
                pytest.fail(f"{name}: {line}\nexpected:\n{expected}\ngot:\n{ran.out}{ran.err}")


def _steady(text: str) -> str:
    """`text` without what differs from day to day, and the number of files, which hangs on those days."""
    return _WRITTEN.sub("N files written", _MOMENT.sub("THEN", text))


def test_the_quickstart_as_a_person_walks_it(tmp_path: Path) -> None:
    assert Walk(tmp_path).run("docs/quickstart.md") > 15


def test_the_newsroom_as_a_person_walks_it(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "2026-03-03.txt").write_text(blocks("docs/newsroom.md", "text")[0], encoding="utf-8")
    (tmp_path / "config.toml").write_text(blocks("docs/newsroom.md", "toml")[0], encoding="utf-8")
    assert Walk(tmp_path).run("docs/newsroom.md") == 6


def test_giving_tokens_as_a_person_walks_it(tmp_path: Path) -> None:
    assert Walk(tmp_path).run("docs/subscribers.md") == 6


def test_the_figures_of_the_analyst(demo: Folder) -> None:
    listed = demo.run("entries", "list", "--json").json
    page = text_of("docs/analyst.md")
    levels = Counter(entry["access"] for entry in listed)
    assert json.dumps(dict(sorted(levels.items())), separators=(",", ":")) in page
    markers = Counter(proof["value"] for entry in listed if entry["access"] == "premium" for proof in entry["evidence"])
    sections = Counter(name for entry in listed if entry["lead"] for name in entry["sections"])
    for name, count in [*markers.items(), *sections.most_common(2)]:
        assert f"{count}\t{name}" in page
    stands = Counter(name for entry in listed for name in entry["sections"])
    assert all(f"{name}|{count}" in page for name, count in stands.most_common(2))
    dated = [entry for entry in listed if entry["published"]][-2:]
    for entry in dated:
        assert f"{entry['published']}\t{entry['access']}\t{entry['source']}\t{entry['title']}" in page
    totals = demo.run("update", "--json").json["totals"]
    assert json.dumps(totals, separators=(",", ":")) in page
