"""One request to a server under test, its path as it is written: no client that tidies it up is between."""

from __future__ import annotations

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
