"""A feed of 60 kB to 64 connections from one core: answers a second, how long they take, what each costs the server.

wrk asks where it is installed, else a client of our own, which is slower than the server. Beside ours: a bare ASGI
application under uvicorn that answers the same bytes to everything, and nginx where it is installed. Then ours again
among 10,000 connections that say nothing.
"""

from __future__ import annotations

import os
import re
import resource
import selectors
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # ships no types
import zstandard

from db.engine import open_engine
from db.migrations import upgrade
from feeds.config import Config, parse
from feeds.declare import declare
from feeds.poll import poll
from feeds.publish import publish
from feeds.web.crowd import Limits
from feeds.web.files import zipped
from tests.bench.publish import NOW, rss
from tests.bench.stages import Figures
from tests.fakes import free_port

CONNECTIONS = 64
SECONDS = 5
IDLE = 10_000
"""Connections that say nothing, while others ask."""

PATH = "/all.atom"
_TICK = os.sysconf("SC_CLK_TCK")
_LATENCY = re.compile(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s)$", re.MULTILINE)
_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def measure(folder: Path, seconds: int = SECONDS, idle: int = IDLE) -> Figures:
    """For each server and each kind of answer: answers a second, the median and the 99th percentile in milliseconds,
    and microseconds of the server's CPU for each."""
    config = _desk(folder)
    found: Figures = {"client": "wrk" if shutil.which("wrk") else "our own"}
    data = (config.public / PATH[1:]).read_bytes()
    found["bytes"] = len(data)
    found["bytes_gzip"] = len((config.public / f"{PATH[1:]}.gz").read_bytes())
    servers = ["ours", "ours-limited", "bare", *(["bare-uvloop"] if find_spec("uvloop") else [])]
    for name in [*servers, *(["nginx"] if shutil.which("nginx") else [])]:
        with _serving(name, folder) as (pid, port):
            for kind, path, headers in _requests(port, name):
                figures = _load(pid, port, path, headers, seconds)
                found |= {f"{name}_{kind}_{key}": value for key, value in figures.items()}
    with _serving("ours", folder) as (pid, port), ExitStack() as stack:
        begun = _memory(pid)
        for _ in range(idle):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        _until(lambda: len(os.listdir(f"/proc/{pid}/fd")) > min(idle, Limits().connections))
        found["idle_connections"] = idle
        found["idle_kb_each"] = round((_memory(pid) - begun) / idle, 1)
        kind, path, headers = next(_requests(port, "ours"))
        figures = _load(pid, port, path, headers, seconds)
        found |= {f"idle_{kind}_{key}": value for key, value in figures.items()}
    return found


def _desk(folder: Path) -> Config:
    """A desk whose feed of everything has 60 kB, published, with its compressed files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.xml").write_text(rss(1, 50), encoding="utf-8")
    config = _config(folder)
    engine = open_engine(config.database_url)
    upgrade(engine)
    declare(engine, config, NOW)
    poll(engine, config, NOW)
    publish(engine, config, NOW)
    engine.dispose()
    path = config.public / PATH[1:]
    data = path.read_bytes()
    forms = {
        ".gz": zipped(data) or data,
        ".br": brotli.compress(data),
        ".zst": zstandard.ZstdCompressor().compress(data),
    }
    for suffix, body in forms.items():
        beside = path.with_name(path.name + suffix)
        if not beside.exists():
            beside.write_bytes(body)
    return config


def _config(folder: Path, per_minute: int = 0) -> Config:
    text = (
        '[site]\ntitle = "Bench"\nbase_url = "http://127.0.0.1/"\n[[source]]\nname = "a"\npath = "a.xml"\n'
        f"[web]\nper_minute = {per_minute}\n"
    )
    return parse(text, folder / "config.toml")


def _requests(port: int, server: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Kind of answer, path and headers: who has it already, who takes gzip, who takes nothing, who filters."""
    zipped = {"Accept-Encoding": "gzip"}
    if not server.startswith("bare"):
        with _answer(port, PATH, zipped) as headers:
            yield "304", PATH, zipped | {"If-None-Match": headers["etag"]}
    yield "gzip", PATH, zipped
    if not server.startswith("bare"):
        yield "plain", PATH, {}
    if server == "ours":
        yield "filter", f"{PATH}?q=council&limit=20", zipped


@contextmanager
def _answer(port: int, path: str, headers: dict[str, str]) -> Iterator[dict[str, str]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    yield {name.lower(): value for name, value in response.getheaders()}
    connection.close()


# --- servers, each in a process of its own on the first processor


@contextmanager
def _serving(name: str, folder: Path) -> Iterator[tuple[int, int]]:
    """The process that serves, and its port."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.serving", name, str(port), str(folder)]
    if name == "nginx":
        command = _nginx(folder, port)
    process = subprocess.Popen(_on(0, command))
    try:
        _until(lambda: _opens(port))
        yield _worker(process.pid) if name == "nginx" else process.pid, port
    finally:
        process.terminate()
        process.wait()


def _on(processor: int, command: list[str]) -> list[str]:
    """The command on one processor alone, where there are several."""
    alone = shutil.which("taskset") and (os.cpu_count() or 1) > 1
    return ["taskset", "-c", str(processor), *command] if alone else command


def _nginx(folder: Path, port: int) -> list[str]:
    """nginx with one worker, from the same files."""
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;\n"
        f"events {{ worker_connections 20000; }}\nhttp {{ access_log off; gzip_static on; gzip_vary on;\n"
        "  types { application/atom+xml atom; } keepalive_requests 100000000; open_file_cache max=100;\n"
        f"  server {{ listen 127.0.0.1:{port}; root {_config(folder).public}; }} }}\n"
    )
    for path in (folder, *folder.parents):
        path.chmod(path.stat().st_mode | 0o055)  # its worker has another user
    return ["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)]


def _worker(master: int) -> int:
    """The process that serves below `master`."""
    children = Path(f"/proc/{master}/task/{master}/children")
    _until(lambda: bool(children.read_text().split()))
    return int(children.read_text().split()[0])


def _opens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "the server does not start"
        time.sleep(0.05)


def _serve(name: str, port: int, folder: Path) -> None:
    """Serves until it is killed."""
    config = _config(folder, per_minute=1_000_000 if name == "ours-limited" else 0)
    if name.startswith("ours"):
        from feeds.web.app import web_app
        from feeds.web.server import Server

        engine = open_engine(config.database_url)
        Server(web_app(engine, config, lambda: datetime.now(UTC)), "127.0.0.1", port).start()
        time.sleep(3600)
    import uvicorn

    body = (config.public / f"{PATH[1:]}.gz").read_bytes()
    names = ("x-content-type-options", "referrer-policy", "cache-control", "vary", "content-security-policy", "etag")
    headers = [(name.encode(), b"as long as those of ours are") for name in (*names, "link", "last-modified", "expose")]
    headers += [(b"content-length", b"%d" % len(body)), (b"content-encoding", b"gzip")]

    async def bare(_scope: object, _receive: object, send: Callable[..., object]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})  # type: ignore[misc]
        await send({"type": "http.response.body", "body": body})  # type: ignore[misc]

    uvicorn.run(
        bare,
        host="127.0.0.1",
        port=port,
        loop="uvloop" if name == "bare-uvloop" else "asyncio",
        http="httptools",
        lifespan="off",
        ws="none",
        access_log=False,
        log_level="error",
    )


def _cpu(pid: int) -> float:
    """Seconds of CPU that the process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _memory(pid: int) -> int:
    """Resident kB."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) if found else 0


# --- clients


def _load(pid: int, port: int, path: str, headers: dict[str, str], seconds: int) -> dict[str, float]:
    """What the server does for `CONNECTIONS` that ask without a pause."""
    before = _cpu(pid)
    if shutil.which("wrk"):
        count, rate, middle, worst = _wrk(port, path, headers, seconds)
    else:
        count, rate, middle, worst = _own(port, path, headers, seconds)
    return {
        "per_second": round(rate),
        "p50_ms": round(middle, 2),
        "p99_ms": round(worst, 2),
        "cpu_us": round((_cpu(pid) - before) * 1e6 / count, 1),
    }


def _wrk(port: int, path: str, headers: dict[str, str], seconds: int) -> tuple[int, float, float, float]:
    """Answers, answers a second, the median and the 99th percentile in milliseconds."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    command += [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    ran = subprocess.run(
        _on(1, [*command, f"http://127.0.0.1:{port}{path}"]), stdout=subprocess.PIPE, text=True, check=True
    )
    assert "Non-2xx" not in ran.stdout, ran.stdout
    assert "Socket errors" not in ran.stdout, ran.stdout
    times = {found[1]: float(found[2]) * _MS[found[3]] for found in _LATENCY.finditer(ran.stdout)}
    count = re.search(r"(\d+) requests in", ran.stdout)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", ran.stdout)
    assert count
    assert rate
    return int(count[1]), float(rate[1]), times["50"], times["99"]


def _own(port: int, path: str, headers: dict[str, str], seconds: int) -> tuple[int, float, float, float]:
    """The same by one thread of Python. Every answer is as long as the first."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        *(f"{name}: {value}" for name, value in headers.items()),
        "",
        "",
    ]
    request = "\r\n".join(lines).encode()
    chooser = selectors.DefaultSelector()
    begun: dict[socket.socket, float] = {}
    got: dict[socket.socket, int] = {}
    with socket.create_connection(("127.0.0.1", port)) as first:
        first.sendall(request)
        time.sleep(1)
        size = len(first.recv(10_000_000))
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            chooser.register(connection, selectors.EVENT_READ, connection)
            begun[connection], got[connection] = time.perf_counter(), 0
            connection.sendall(request)
        times: list[float] = []
        start = time.perf_counter()
        while time.perf_counter() < start + seconds:
            for key, _ in chooser.select():
                connection = key.data
                got[connection] += len(connection.recv(1_000_000))
                if got[connection] >= size:
                    now = time.perf_counter()
                    times.append(now - begun[connection])
                    begun[connection], got[connection] = now, 0
                    connection.sendall(request)
        wall = time.perf_counter() - start
    times.sort()
    return len(times), len(times) / wall, times[len(times) // 2] * 1000, times[len(times) * 99 // 100] * 1000


def main() -> None:
    """`python -m tests.bench.serving KIND PORT FOLDER`: one of the servers that are measured."""
    name, port, folder = sys.argv[1:]
    _serve(name, int(port), Path(folder))


if __name__ == "__main__":
    main()
else:
    # Ten thousand connections are as many descriptors of the client, too.
    _soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_hard, _hard))
