"""Every import contract holds, and every one of them bites when a fault is planted."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.command import ROOT, SEEDS, SITE

LINT = Path(sys.executable).with_name("lint-imports")
PLANTED = {
    "layers-feeds": ("feeds/slug.py", "import feeds.poll"),
    "layers-db": ("db/records.py", "import db.models"),
    "db-alone": ("db/errors.py", "import feeds.errors"),
    "stages-pure": ("feeds/revise.py", "import db.store"),
    "home-sqlalchemy": ("feeds/slug.py", "import sqlalchemy"),
    "home-feedparser": ("feeds/slug.py", "import feedparser"),
    "home-feedgen": ("feeds/slug.py", "import feedgen"),
    "home-listparser": ("feeds/slug.py", "import listparser"),
    "home-trafilatura": ("feeds/slug.py", "import trafilatura"),
    "home-apprise": ("feeds/slug.py", "import apprise"),
    "home-apscheduler": ("feeds/slug.py", "import apscheduler"),
    "home-pebble": ("feeds/slug.py", "import pebble"),
    "home-pycurl": ("feeds/slug.py", "import pycurl"),
    "home-pygal": ("feeds/slug.py", "import pygal"),
    "home-fastapi": ("feeds/slug.py", "import fastapi"),
    "home-prometheus": ("feeds/slug.py", "import prometheus_client"),
}
"""Contract id -> a file of the project and the line that breaks the contract there."""


def contracts() -> list[str]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return [one["id"] for one in tomllib.load(file)["tool"]["importlinter"]["contracts"]]


def lint(folder: Path, contract: str) -> subprocess.CompletedProcess[str]:
    command = [str(LINT), "--contract", contract, "--no-cache", "--config", "pyproject.toml"]
    return subprocess.run(command, cwd=folder, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in ("feeds", "db"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def of_contract(contract: str) -> set[str]:
    """The names that a contract of layers gives a place."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        found = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in found if one["id"] == contract)
    return {name for layer in layers for name in layer.split(" | ")}


@pytest.mark.parametrize(("package", "contract"), [("feeds", "layers-feeds"), ("db", "layers-db")])
def test_the_design_names_every_layer(package: str, contract: str) -> None:
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    block = design.partition("## Layers")[2].split("```")[1].strip()
    said: dict[str, set[str]] = {"feeds": set(), "db": set()}
    where = ""
    for line in block.splitlines():
        where = line[:7].strip() or where
        # Names stand in the first column; what they are for follows after a gap.
        said[where] |= set(re.findall(r"\w+", re.split(r"\s{3,}", line[7:].strip(" |"))[0]))
    assert said[package] == of_contract(contract)


def test_the_design_has_a_reason_for_every_long_module() -> None:
    budgets = (ROOT / "docs" / "design.md").read_text(encoding="utf-8").partition("## Budgets with a reason")[2]
    said = {name: int(lines) for name, lines in re.findall(r"`([\w/]+\.py)` \((\d+)\)", budgets.split("\n## ")[0])}
    lengths = {
        path.relative_to(ROOT).as_posix(): path.read_bytes().count(b"\n")
        for folder in ("feeds", "db", "tests")
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {name for name, lines in lengths.items() if lines > 500} - said.keys() == set(), "name these with a reason"
    stale = {name: lengths.get(name, 0) for name, lines in said.items() if abs(lengths.get(name, 0) - lines) > 25}
    assert stale == {}, "bring these lengths up to date"


def test_every_contract_has_a_planted_fault() -> None:
    assert sorted(contracts()) == sorted(PLANTED)


@pytest.mark.parametrize("contract", sorted(PLANTED))
def test_a_planted_fault_breaks_its_contract(copy: Path, contract: str) -> None:
    name, line = PLANTED[contract]
    file = copy / name
    file.write_text(file.read_text().replace("from __future__ import annotations\n", f"{line}\n", 1))
    broken = lint(copy, contract)
    assert broken.returncode == 1, broken.stdout
    assert re.search(r"BROKEN", broken.stdout)


@pytest.mark.parametrize("contract", sorted(name for name in PLANTED if name.startswith("home-")))
def test_a_library_has_one_home_whatever_module_is_added(copy: Path, contract: str) -> None:
    line = PLANTED[contract][1]
    (copy / "feeds" / "stray.py").write_text(f"{line}\n")
    assert "feeds.stray" in lint(copy, contract).stdout


def test_a_new_module_needs_a_place(copy: Path) -> None:
    (copy / "feeds" / "stray.py").write_text("")
    broken = lint(copy, "layers-feeds")
    assert broken.returncode == 1
    assert "stray" in broken.stdout


def test_reading_the_status_loads_no_parser_and_no_server(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(SITE + SEEDS)
    heavy = (
        "alembic feedparser feedgen lxml selectolax trafilatura starlette uvicorn jinja2 pycurl apprise apscheduler "
        "babel nh3 rapidfuzz feeds.sources.seed feeds.normalise"
    ).split()
    code = (
        "import sys; from feeds.cli.app import run; run(['status', '-q']);"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    # The first run makes the database, for which it needs Alembic; the second is the one that counts.
    for _run in range(2):
        ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]", ran.stderr
