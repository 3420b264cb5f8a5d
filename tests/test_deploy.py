"""The files below docs/deploy: each can be read by what they are for, and holds what it promises."""

from __future__ import annotations

import os
import plistlib
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.command import FEEDS, ROOT, SEEDS, Folder
from tests.fakes import Site, wait_for
from tests.test_docs import check_call

DEPLOY = ROOT / "docs" / "deploy"
UNIT = DEPLOY / "broadsheet.service"

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing")
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is missing")


def unit() -> dict[str, list[str]]:
    """Key -> its values, in order."""
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True)


# --- systemd


@needs_systemd
def test_the_unit_is_locked_up_well() -> None:
    found = analyze("security", "--offline=true", "--threshold=20", str(UNIT))
    assert found.returncode == 0, found.stdout[-400:]


@needs_systemd
def test_the_unit_can_be_loaded(tmp_path: Path) -> None:
    here = tmp_path / UNIT.name
    here.write_text(UNIT.read_text().replace("/opt/broadsheet/bin/feeds", str(FEEDS)))
    found = analyze("verify", "--man=no", str(here))
    assert (found.returncode, found.stderr) == (0, "")


def test_the_unit_starts_and_stops_it_as_it_wants_to_be() -> None:
    keys = unit()
    assert keys["Type"] == ["notify"]
    assert keys["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert set(keys["RestartPreventExitStatus"][0].split()) == {"2", "75", "78"}
    assert int(keys["TimeoutStopSec"][0]) > 10
    assert int(keys["WatchdogSec"][0]) >= 60
    check_call(keys["ExecStart"][0].split()[:2])


@cache
def calls(group: str) -> frozenset[str]:
    """The system calls of a group of systemd's."""
    found: set[str] = set()
    for line in analyze("syscall-filter", group).stdout.splitlines()[1:]:
        name = line.strip()
        if name.startswith("@"):
            found |= calls(name)
        elif name and not name.startswith("#"):
            found.add(name)
    return frozenset(found)


def allowed() -> set[str]:
    """The system calls that the unit allows."""
    found: set[str] = set()
    for line in unit()["SystemCallFilter"]:
        names = line.lstrip("~").split()
        meant = {call for name in names for call in (calls(name) if name.startswith("@") else {name})}
        found = found - meant if line.startswith("~") else found | meant
    return found


@needs_systemd
@needs_strace
@pytest.mark.e2e
@pytest.mark.usefixtures("untraced")
def test_what_it_does_is_allowed(tmp_path: Path, site: Site) -> None:
    """Polling with its workers, publishing and serving, with everything that the unit forbids left out."""
    feed = (
        b'<rss version="2.0"><channel><title>F</title><item><title>Headline of the day</title></item></channel></rss>'
    )
    url = site.put("/feed", feed)
    desk = Folder(tmp_path).config(
        f'{SEEDS}[web]\nport = 0\n[poll]\nallow_networks = ["127.0.0.0/8"]\n'
        f'[[source]]\nname = "f"\nkind = "feed"\nurl = "{url.replace("127.0.0.1", "localhost")}"\n'
    )
    desk.seed("1.txt", "A story\n\nMarch 4, 2026, Coastwire. Body.\n")
    trace, said = tmp_path / "trace", tmp_path / "said"
    with said.open("w") as out:
        process = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", trace, FEEDS, "run"],
            cwd=desk.path, env=desk.environment, stdout=out, stderr=out,
        )  # fmt: skip
        try:
            path = desk.public / "all.atom"
            assert wait_for(lambda: path.exists() and b"Headline of the day" in path.read_bytes(), 120), (
                said.read_text()
            )
            found = re.search(r"(http://\S+)desk/", said.read_text())
            assert found is not None
            assert desk.start("health", "--url", found[1]).code in (0, 1)
            traced = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
            subprocess.run(["kill", "-TERM", traced], check=True)
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.wait()
    lines = trace.read_text(errors="replace").splitlines()
    used = {found[1] for line in lines if (found := re.match(r"\d+ +(\w+)\(", line))}
    # As root, which the unit is not, SQLite gives what it makes to the owner of the database.
    assert used - allowed() - ({"fchown"} if os.geteuid() == 0 else set()) == set()
    assert "prlimit64" in used
    families = {found[1] for line in lines if (found := re.match(r"\d+ +socket\((\w+)", line))}
    # The last is asked for to learn of addresses; without it libc takes it that there are both kinds.
    assert families - set(unit()["RestrictAddressFamilies"][0].split()) <= {"AF_NETLINK"}
    both = [line for line in lines if re.match(r"\d+ +(mmap|mprotect)\(", line) and "PROT_WRITE|PROT_EXEC" in line]
    assert both == []


# --- containers


def test_the_image_is_small_and_nobodys() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    joined = re.sub(r"\\\n\s*", "", text)
    steps = [line.split(None, 1) for line in joined.splitlines() if line and not line.startswith("#")]
    said = {word: [rest for each, rest in steps if each == word] for word, _ in steps}
    assert [one.split()[0] for one in said["FROM"]] == ["python:3.12-slim"] * 2
    assert said["USER"] == ["65532:65532"]
    assert said["VOLUME"] == ["/data"]
    assert any("--require-hashes" in one and "requirements.lock" in one for one in said["RUN"])
    for one in said["COPY"]:
        *sources, _to = [word for word in one.split() if not word.startswith("--from")]
        assert all((ROOT / source).exists() or source == "/opt/broadsheet" for source in sources)
    assert set(said["ENV"][0].replace("=", " ").split()[::2]) == {"PATH", "PYTHONDONTWRITEBYTECODE"}
    health = re.search(r"CMD (\[.*\])", said["HEALTHCHECK"][0])
    assert health is not None
    check_call(yaml.safe_load(health[1]))
    check_call([*yaml.safe_load(said["ENTRYPOINT"][0]), *yaml.safe_load(said["CMD"][0])])


def test_the_container_may_write_its_volume_only() -> None:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    (service,) = found["services"].values()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["volumes"] == ["data:/data"]
    assert service["user"] == "65532:65532"
    assert [mount.split(":")[0] for mount in service["tmpfs"]] == ["/tmp"]  # noqa: S108  # the container's own
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert (DEPLOY / service["build"]["context"]).resolve() == ROOT
    assert (ROOT / service["build"]["dockerfile"]).is_file()
    assert set(service["secrets"]) == set(found["secrets"])
    assert "environment" not in service


# --- launchd


def test_launchd_starts_it_and_leaves_an_end_be() -> None:
    found = plistlib.loads((DEPLOY / "com.broadsheet.feeds.plist").read_bytes())
    assert found["Label"] == "com.broadsheet.feeds"
    check_call(["feeds", *found["ProgramArguments"][1:]])
    assert found["KeepAlive"] == {"SuccessfulExit": False}
    assert found["RunAtLoad"] is True
    assert found["Umask"] == 0o027


@pytest.mark.parametrize("name", ["Containerfile", "broadsheet.service", "com.broadsheet.feeds.plist", "compose.yaml"])
def test_each_is_explained(name: str) -> None:
    assert (DEPLOY / name).is_file()
    assert f"(deploy/{name})" in (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
