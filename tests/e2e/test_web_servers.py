"""nginx and Caddy, with the configuration that docs/serving.md gives, answer as our own server does."""

from __future__ import annotations

import gzip
import http.client
import os
import re
import socket
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import brotli  # type: ignore[import-untyped]  # ships no types
import pytest
import zstandard

from tests.command import DOCUMENT, ROOT, SEEDS, Folder
from tests.desk.web import GUARDED, PASSWORD
from tests.e2e.readers import needed
from tests.fakes import free_port, wait_for
from tests.running import running

pytestmark = pytest.mark.e2e

BASE = "https://feeds.riverpost.example/"
CONFIG = f"""[site]
title = "River Post"
base_url = "{BASE}"

[publish]
formats = ["atom", "rss", "json", "html"]

[websub]
hub = true

{SEEDS}{GUARDED}"""

BROTLI = Path("/usr/lib/nginx/modules/ngx_http_brotli_static_module.so")

CODINGS = {"nginx": ("gzip",), "nginx-brotli": ("br", "gzip"), "caddy": ("zstd", "br", "gzip")}
"""Server -> the codings that it knows, the one it likes best first."""

OPENED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    "": bytes,
}
ENDINGS = {"gzip": ".gz", "br": ".br", "zstd": ".zst", "": ""}

ALIKE = (
    "content-type",
    "cache-control",
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "strict-transport-security",
    "access-control-allow-origin",
    "link",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said; names of headers in lower case, lines of one name joined."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Served:
    """One tree, served by a web server at `port` and by `feeds run` behind it at `origin`."""

    name: str
    port: int
    origin: int
    public: Path

    def get(self, path: str, *, port: int = 0, method: str = "GET", **headers: str) -> Answer:
        """Asks the web server, or whoever listens at another `port`. In names of headers `_` stands for `-`."""
        client = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=20)
        try:
            client.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = client.getresponse()
            headers = {name.lower(): ", ".join(answer.headers.get_all(name, [])) for name in answer.headers}
            return Answer(answer.status, headers, answer.read())
        finally:
            client.close()

    def files(self) -> list[str]:
        """Every published file that has an address."""
        found = (path.relative_to(self.public).as_posix() for path in self.public.rglob("*") if path.is_file())
        return [name for name in found if not name.startswith("gone/") and not name.endswith((".gz", ".br", ".zst"))]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Folder, int]]:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "config.toml").write_text(CONFIG, encoding="utf-8")
    made = Folder(folder)
    made.seed("1.txt", DOCUMENT)
    with running(made) as (_process, url):
        assert wait_for((made.public / "manifest.json").exists, 60)
        for name in ("sections/old.atom", "old.html"):
            marker = made.public / "gone" / name
            marker.parent.mkdir(parents=True, exist_ok=True)
            marker.touch()
        (made.public / ".hidden.atom").write_text("hidden")
        # The documents are no news of today, and without news there is no sitemap.
        (made.public / "sitemap-news.xml").write_text("<urlset/>")
        yield made, int(url.rstrip("/").rpartition(":")[2])


@pytest.fixture(scope="module")
def token(desk: tuple[Folder, int]) -> str:
    """What a subscriber of the desk has."""
    made: str = desk[0].run("tokens", "create", "reader", "--json").json["token"]
    return made


@pytest.fixture(scope="module", params=CODINGS)
def served(
    request: pytest.FixtureRequest, desk: tuple[Folder, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    name: str = request.param
    program = name.partition("-")[0]
    needed(program)
    if name == "nginx-brotli" and not BROTLI.exists():
        pytest.skip("nginx cannot serve br: .ci/run names the Debian package")
    (folder, origin), home = desk, tmp_path_factory.mktemp(name)
    port = free_port()
    text = filled(block_of("serving.md", program), folder.public, port, origin)
    assert str(folder.public) in text
    command = {"nginx": nginx, "caddy": caddy}[program](home, name, text)
    with ExitStack() as stack:
        stack.enter_context(started(command, home))
        assert wait_for(lambda: listens(port), 20), (home / "log").read_text(errors="replace")
        yield Served(name, port, origin, folder.public)


@pytest.fixture(params=[(page, kind) for page in ("serving.md", "self-hosting.md") for kind in ("nginx", "caddy")])
def opening(request: pytest.FixtureRequest, desk: tuple[Folder, int], tmp_path: Path) -> Iterator[Served]:
    """The same with the desk opened to others, by the blocks of both pages."""
    (page, kind), (folder, origin), port = request.param, desk, free_port()
    needed(kind)
    text = filled(opened(page, kind), folder.public, port, origin)
    with started({"nginx": nginx, "caddy": caddy}[kind](tmp_path, kind, text), tmp_path):
        assert wait_for(lambda: listens(port), 20), (tmp_path / "log").read_text(errors="replace")
        yield Served(kind, port, origin, folder.public)


@pytest.fixture(params=["nginx", "caddy"])
def hosted(request: pytest.FixtureRequest, desk: tuple[Folder, int], tmp_path: Path) -> Iterator[Served]:
    """A desk behind a server that only hands on, set up as the page on self-hosting says."""
    kind, (folder, origin), port = str(request.param), desk, free_port()
    needed(kind)
    text = filled(block_of("self-hosting.md", kind), folder.public, port, origin)
    with started({"nginx": nginx, "caddy": caddy}[kind](tmp_path, kind, text), tmp_path):
        assert wait_for(lambda: listens(port), 20), (tmp_path / "log").read_text(errors="replace")
        yield Served(kind, port, origin, folder.public)


CLOSED = "    location ~ ^/(desk|api|metrics|readyz)(/|$) { return 404; }\n"
"""The line of nginx that keeps the desk closed."""


def block_of(page: str, kind: str) -> str:
    """The only block of this kind on a page."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    (block,) = re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return str(block)


def opened(page: str, kind: str) -> str:
    """The block of a page, with the desk opened as the page on security says."""
    block = block_of(page, kind)
    if kind == "nginx":
        assert CLOSED in block
        return block.replace(CLOSED, block_of("security.md", "nginx"))
    assert "/+(desk|api|metrics|readyz)" in block
    block = block.replace("/+(desk|api|metrics|readyz)", "/+(metrics|readyz)")
    return block.replace("(p|private|", "(desk|api|p|private|")


def filled(block: str, root: Path, port: int, origin: int) -> str:
    """A block with the places of this test and without certificates."""
    block = re.sub(r" *ssl_certificate.*\n", "", block)
    for stands, ours in {
        "/srv/desk/var/public": str(root),
        "127.0.0.1:8080": f"127.0.0.1:{origin}",
        "listen 443 ssl;": f"listen 127.0.0.1:{port};",
        "feeds.riverpost.example {\n": f"http://127.0.0.1:{port} {{\n",
    }.items():
        block = block.replace(stands, ours)
    assert f"127.0.0.1:{port}" in block
    return block


def nginx(home: Path, name: str, block: str) -> list[str]:
    """The command of an nginx that runs as whoever tests, below `home`."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {home}/{kind};" for kind in kinds)
    main = f"daemon off; pid {home}/pid; error_log {home}/log; worker_processes 1;"
    if os.geteuid() == 0:
        main += " user root;"
    if name == "nginx-brotli":
        main += f" load_module {BROTLI};"
        block = block.replace("gzip_static on;", "gzip_static on;\n    brotli_static on;")
    text = f"{main}\nevents {{ }}\nhttp {{ access_log {home}/access; {temporary}\n{block} }}\n"
    (home / "nginx.conf").write_text(text, encoding="utf-8")
    return ["nginx", "-p", str(home), "-c", str(home / "nginx.conf"), "-e", str(home / "log")]


def caddy(home: Path, _name: str, block: str) -> list[str]:
    """The command of a Caddy without administration."""
    (home / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + block, encoding="utf-8")
    return ["caddy", "run", "--config", str(home / "Caddyfile"), "--adapter", "caddyfile"]


@contextmanager
def started(command: list[str], home: Path) -> Iterator[None]:
    environment = {"HOME": str(home), "PATH": os.environ["PATH"] + ":/usr/sbin"}
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_every_file_says_what_our_own_server_says_of_it(served: Served) -> None:
    names = served.files()
    assert {name.rpartition(".")[2] for name in names if "/." not in f"/{name}"} == {
        "atom", "rss", "json", "html", "css", "opml", "xml",
    }  # fmt: skip
    for path in ["/", *(f"/{name}" for name in names if not name.startswith("."))]:
        answer, ours = served.get(path), served.get(path, port=served.origin)
        assert (path, answer.status, answer.body) == (path, 200, ours.body)
        said = {name: answer.headers.get(name) for name in ALIKE}
        assert (path, said) == (path, {name: ours.headers.get(name) for name in ALIKE})


@pytest.mark.parametrize("accepted", ["identity", "gzip", "br", "zstd", "gzip, deflate, br, zstd"])
def test_encodings_are_those_beside_the_file(served: Served, accepted: str) -> None:
    wanted = next((coding for coding in CODINGS[served.name] if coding in accepted), "")
    tags = set()
    for name in ("all.atom", "sections/politics.rss", "all.json", "index.html", "feeds.opml"):
        answer = served.get(f"/{name}", Accept_Encoding=accepted)
        assert (answer.status, answer.headers.get("content-encoding", "")) == (200, wanted)
        assert answer.body == (served.public / (name + ENDINGS[wanted])).read_bytes()
        assert OPENED[wanted](answer.body) == (served.public / name).read_bytes()
        assert "accept-encoding" in answer.headers.get("vary", "").lower() or not wanted
        same = served.get(f"/{name}", Accept_Encoding=accepted, If_None_Match=answer.headers["etag"])
        assert (same.status, same.body) == (304, b"")
        tags.add(answer.headers["etag"])
        plain = served.get(f"/{name}", Accept_Encoding="identity").headers["etag"]
        assert (plain == answer.headers["etag"]) is (wanted == "")
    assert len(tags) == 5


def test_what_has_not_changed_since_a_date_is_304(served: Served) -> None:
    answer = served.get("/all.atom")
    assert served.get("/all.atom", If_Modified_Since=answer.headers["last-modified"]).status == 304
    assert served.get("/all.atom", If_None_Match='"another"').status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/sections/old.atom", 410), ("/old.html", 410), ("/sections/never.atom", 404), ("/never.html", 404),
        ("/gone/sections/old.atom", 404), ("/gone/", 404), ("/gone", 404), ("/all.atom.gz", 404),
        ("/all.atom.zst", 404), ("/sections/", 404), ("/sections", 404), ("/archive/all/", 404),
        ("/.hidden.atom", 404), ("/../config.toml", 404), ("/%2e%2e/config.toml", 404), ("/manifest.json/", 404),
    ],
)  # fmt: skip
def test_what_is_no_file_is_not_found_or_gone(served: Served, path: str, status: int) -> None:
    answer, ours = served.get(path), served.get(path, port=served.origin)
    assert ours.status == status
    # nginx answers a path above the root at once.
    assert answer.status == (400 if served.name.startswith("nginx") and ".." in path.replace("%2e", ".") else status)
    # Whether a script of another site may read that it is gone; the server's own answers say nothing of the rest.
    if answer.status == status:
        name = "access-control-allow-origin"
        assert answer.headers.get(name) == ours.headers.get(name)
    assert b"politics" not in answer.body
    assert b"hidden" not in answer.body


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/healthz", "GET"), ("/all.atom?q=ferry", "GET"), ("/all.atom?limit=no", "GET"), ("/p/nobody/all.atom", "GET"),
        ("/P/nobody/all.atom", "GET"), ("/private/all.atom", "GET"), ("/hub", "POST"), ("/websub/nobody", "GET"),
        ("/all.atom", "POST"), ("/all.atom", "OPTIONS"),
    ],
)  # fmt: skip
def test_the_rest_is_the_daemons(served: Served, path: str, method: str) -> None:
    ask = partial(served.get, path, method=method, Origin="https://reader.example", Access_Control_Request_Method="GET")
    answer, ours = ask(), ask(port=served.origin)
    assert (answer.status, answer.body) == (ours.status, ours.body)
    for name in (*ALIKE, "www-authenticate", "access-control-expose-headers", "vary"):
        assert (name, answer.headers.get(name)) == (name, ours.headers.get(name))


@pytest.mark.parametrize("address", ["p", "private"])
def test_feeds_of_subscribers_are_no_more_public_than_the_daemon_says(served: Served, token: str, address: str) -> None:
    login = b64encode(f"reader:{token}".encode()).decode()
    path = f"/p/{token}/all.atom" if address == "p" else "/private/all.atom"
    ask = partial(served.get, path, Authorization="" if address == "p" else f"Basic {login}")
    answer, ours = ask(), ask(port=served.origin)
    assert (answer.status, answer.body) == (200, ours.body)
    assert answer.headers["cache-control"] == "private, no-cache"
    for name in (*ALIKE, "x-robots-tag", "vary"):
        assert (name, answer.headers.get(name)) == (name, ours.headers.get(name))


def test_tokens_are_in_no_log(served: Served, tmp_path_factory: pytest.TempPathFactory) -> None:
    served.get("/p/0123456789.secret-of-a-reader/all.atom")
    logs = [path for path in tmp_path_factory.getbasetemp().glob(f"{served.name}*/*") if path.name in ("log", "access")]
    assert logs
    assert all("secret-of-a-reader" not in path.read_text(errors="replace") for path in logs)


SHUT = (
    "/desk", "/desk/", "/desk/login", "/desk/static/desk.css", "/desk/?x=1", "/api/v1/openapi.json",
    "/api/v1/status?x=1",
    "/metrics", "/metrics?x", "/readyz", "//desk/login", "/%64esk/login", "/desk%2flogin", "/x/../desk/login",
    "/./desk/login",
)  # fmt: skip
"""Ways to ask for the desk, its API and figures."""


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", SHUT)
def test_the_desk_stays_closed(served: Served, path: str, method: str) -> None:
    answer = served.get(path, method=method)
    assert answer.status in (400, 404, 405), (path, method)
    assert b"password" not in answer.body
    assert "location" not in answer.headers


def test_the_desk_stays_closed_where_all_is_handed_on(hosted: Served) -> None:
    for path in SHUT:
        for method in ("GET", "POST"):
            answer = hosted.get(path, method=method)
            assert answer.status in (400, 404, 405), (path, method)
            assert b"password" not in answer.body
    assert hosted.get("/all.atom").body == hosted.get("/all.atom", port=hosted.origin).body
    assert hosted.get("/healthz").body == b"ok\n" == hosted.get("/healthz", port=hosted.origin).body


def test_the_desk_can_be_opened(opening: Served) -> None:
    host = BASE.removeprefix("https://").rstrip("/") if opening.name == "nginx" else f"127.0.0.1:{opening.port}"
    answer = opening.get("/desk/entries?q=ferry", Host=host)
    assert (answer.status, answer.headers["location"]) == (303, "/desk/login?next=/desk/entries%3Fq%3Dferry")
    assert opening.get("/desk/login", Host=host).headers["cache-control"] == "no-store"
    assert opening.get("/api/v1/openapi.json", Host=host).status == 401
    assert {opening.get(path, Host=host).status for path in ("/metrics", "/readyz", "/metrics?x=1")} == {404}
    client = http.client.HTTPConnection("127.0.0.1", opening.port, timeout=20)
    said = {"Host": host, "Origin": BASE.rstrip("/"), "Content-Type": "application/x-www-form-urlencoded"}
    client.request("POST", "/desk/login", urlencode({"password": PASSWORD}), said)
    got = client.getresponse()
    client.close()
    cookie = got.headers["Set-Cookie"] or ""
    assert (got.status, got.headers["Location"], cookie[:11]) == (303, "/desk/", "__Host-sid=")
    assert opening.get("/desk/", Host=host, Cookie=cookie.partition(";")[0]).status == 200
    assert opening.get("/all.atom", Host=host).status == 200
