"""One request to a server under test: to its port, the path as it is written, with no client between that tidies it up;
or to an address, as programs make it."""

from __future__ import annotations

import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage


@dataclass(frozen=True, slots=True)
class Got:
    """An answer."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def plain_headers(self) -> dict[str, str]:
        """Its headers but for the time, names in lower case."""
        return {name.lower(): value for name, value in self.headers.items() if name.lower() != "date"}


def get(port: int, path: str, method: str = "GET", **headers: str) -> Got:
    """What the server on a port of loopback answers; `_` in the name of a header stands for `-`."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        return Got(response.status, response.headers, response.read())


def ask(
    url: str, *, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers (names in lower case) of one request to an address."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)  # noqa: S310  # a loopback address of the test's own
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), {name.lower(): value for name, value in error.headers.items()}
