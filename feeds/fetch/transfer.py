"""One HTTP exchange through libcurl, bounded in time, bytes, headers and addresses.

libcurl neither follows redirects, nor keeps cookies, nor reads proxies or passwords from its surroundings here. Bodies
are unzipped by us: libcurl 8.23 takes a gzip stream that breaks off for a whole one (measured: 19,008 of 20,000 bytes
and no error), and decodes encodings that were never offered.
"""

from __future__ import annotations

import re
import socket
import ssl
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pycurl  # type: ignore[import-untyped]  # its wheel has no py.typed

from feeds.errors import FetchError
from feeds.fetch.addresses import Network, admitted

HEADER_BYTES = 65_536
"""Most bytes of status lines and headers in one exchange, interim (1xx) ones included."""
DISCARDED_BYTES = 65_536
"""Most bytes of a body nobody reads (an error page, a redirect) before the connection is dropped."""
BODY_STATUSES = frozenset({200, 203})
_GZIP = frozenset({"gzip", "x-gzip"})
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})(?: |\r?\n|$)")
_CA_FILES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")

_REASONS = {
    pycurl.E_COULDNT_RESOLVE_HOST: "the host name is not known",
    pycurl.E_COULDNT_CONNECT: "cannot connect",
    pycurl.E_OPERATION_TIMEDOUT: "no complete answer in time (deadline and connect_timeout in [poll])",
    pycurl.E_PARTIAL_FILE: "the answer was cut short",
    pycurl.E_GOT_NOTHING: "the server closed the connection without an answer",
    pycurl.E_SSL_CACERT: "the TLS certificate is not trusted",
    pycurl.E_SSL_CONNECT_ERROR: "the TLS handshake failed",
    pycurl.E_URL_MALFORMAT: "the address is malformed",
    pycurl.E_UNSUPPORTED_PROTOCOL: "the server speaks something else than HTTP",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one exchange: seconds in all and to connect, decoded bytes, networks admitted beside public ones."""

    deadline: float
    connect_timeout: float
    max_bytes: int
    allowed: tuple[Network, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers as `(lower-case name, value)` in order of arrival, and the decoded body.

    The body is empty for every status outside `BODY_STATUSES`. Header text is Latin-1, so that it encodes back to
    the bytes that came.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)

    def get(self, name: str) -> str | None:
        """The last value of the header `name` (lower-case), None where it was not sent."""
        return next((value for key, value in reversed(self.headers) if key == name), None)

    def joined(self, name: str) -> str:
        """All values of a header that is a list (RFC 9110, section 5.3)."""
        return ", ".join(value for key, value in self.headers if key == name)


def exchange(url: str, headers: list[bytes], user_agent: str, limits: Limits) -> Answer:
    """Sends one GET to `url` (ASCII, http or https) and returns what came.

    Raises `FetchError`, without the URL in its message, where no complete answer was had within `limits`.
    """
    receiver = _Receiver(limits)
    curl = pycurl.Curl()
    try:
        _prepare(curl, url, headers, user_agent, limits)
        curl.setopt(pycurl.OPENSOCKETFUNCTION, receiver.open_socket)
        curl.setopt(pycurl.HEADERFUNCTION, receiver.header)
        curl.setopt(pycurl.WRITEFUNCTION, receiver.body)
        curl.perform()
    except pycurl.error as error:
        return receiver.answer(error)
    finally:
        curl.close()
        receiver.close()
    return receiver.answer(None)


def _prepare(curl: Any, url: str, headers: list[bytes], user_agent: str, limits: Limits) -> None:
    """Sets every option that does not depend on what comes back."""
    options: dict[int, Any] = {
        pycurl.URL: url,
        pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
        pycurl.FOLLOWLOCATION: 0,
        pycurl.PROXY: "",
        pycurl.NOPROXY: "*",
        pycurl.NETRC: pycurl.NETRC_IGNORED,
        pycurl.NOSIGNAL: 1,
        pycurl.HTTP09_ALLOWED: 0,
        pycurl.PATH_AS_IS: 1,
        pycurl.HTTP_CONTENT_DECODING: 0,
        pycurl.USERAGENT: user_agent,
        pycurl.HTTPHEADER: headers,
        pycurl.SSL_VERIFYPEER: 1,
        pycurl.SSL_VERIFYHOST: 2,
        pycurl.TIMEOUT_MS: max(1, int(limits.deadline * 1000)),
        pycurl.CONNECTTIMEOUT_MS: max(1, int(min(limits.connect_timeout, limits.deadline) * 1000)),
        # Gives Python a turn once a second, so that Ctrl-C is heard while a server says nothing.
        pycurl.NOPROGRESS: 0,
        pycurl.XFERINFOFUNCTION: lambda *_: 0,
    }
    if url.lower().startswith("https:"):
        options.update(_trust())
    for option, value in options.items():
        curl.setopt(option, value)


def _trust() -> dict[int, str]:
    """The system's certificates: the copy of libcurl in the wheel knows no place of its own to look for them."""
    paths = ssl.get_default_verify_paths()
    files = [path for path in (paths.cafile, *_CA_FILES) if path is not None and Path(path).is_file()]
    found = {pycurl.CAINFO: files[0]} if files else {}
    return found | ({pycurl.CAPATH: paths.capath} if paths.capath is not None else {})


class _Receiver:
    """Takes what libcurl hands over, and refuses it at the first bound that is passed.

    libcurl prints whatever a callback raises, so that callbacks note the reason and say no.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._refused: str | None = None
        self._header_bytes = 0
        self._status = 0
        self._headers: list[tuple[str, str]] = []
        self._complete = False
        self._body = bytearray()
        self._received = 0
        self._unzip: zlib._Decompress | None = None
        self._sockets: list[socket.socket] = []

    def open_socket(self, purpose: int, address: Any) -> socket.socket | int:
        """Vets an address before the connect; one bad address refuses the name it came from."""
        host = address.addr[0] if isinstance(address.addr, tuple) else str(address.addr)
        if self._refused is None and not admitted(host, self._limits.allowed):
            bits = 128 if ":" in host else 32
            self._refused = (
                f"the private address {host} is refused; "
                f'to allow it, add "{host}/{bits}" or its network to allow_networks in [poll]'
            )
        if self._refused is not None:
            return int(pycurl.SOCKET_BAD)
        try:
            self._sockets.append(socket.socket(address.family, address.socktype, address.protocol))
        except OSError:
            return int(pycurl.SOCKET_BAD)  # no IPv6 here, or no descriptor left: libcurl tries the next address
        return self._sockets[-1]

    def close(self) -> None:
        """Closes our ends of the sockets; libcurl works on copies of its own."""
        for each in self._sockets:
            each.close()

    def header(self, line: bytes) -> int:
        """Collects the headers of the last status line; interim answers (1xx) are dropped."""
        self._header_bytes += len(line)
        if self._header_bytes > HEADER_BYTES:
            return self._refuse(f"more than {HEADER_BYTES // 1024} kB of headers")
        if self._complete:
            return len(line)  # a trailer behind a chunked body
        if status := _STATUS.match(line):
            self._status, self._headers = int(status[1]), []
            return len(line)
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            self._headers.append((name.strip().lower(), value.strip(" \t\r\n")))
        elif not name.strip("\r\n") and self._status >= 200:
            self._complete = True
            return len(line) if self._choose_decoder() else -1
        return len(line)

    def _choose_decoder(self) -> bool:
        """False for an encoding that was not offered, stacked ones included."""
        if self._status not in BODY_STATUSES:
            return True
        coding = ", ".join(value for name, value in self._headers if name == "content-encoding").lower().strip()
        if coding in _GZIP:
            self._unzip = zlib.decompressobj(31)
        elif coding not in ("", "identity"):
            self._refuse(f'the body is encoded as "{coding[:40]}", which was not asked for')
            return False
        return True

    def body(self, data: bytes) -> int:
        """Takes a piece of the body."""
        self._received += len(data)
        if self._status not in BODY_STATUSES:
            return len(data) if self._received <= DISCARDED_BYTES else -1
        if self._unzip is None:
            self._body += data
        else:
            try:
                self._inflate(self._unzip, data)
            except zlib.error:
                return self._refuse("the body is damaged gzip")
        if len(self._body) > self._limits.max_bytes:
            return self._refuse(f"more than {self._limits.max_bytes:,} bytes (max_bytes in [poll])")
        return len(data)

    def _inflate(self, unzip: zlib._Decompress, data: bytes) -> None:
        """Unzips `data`, several members in a row included (RFC 1952), to one byte above the cap at most."""
        while data:
            if unzip.eof:
                if not data.strip(b"\0"):
                    return
                unzip = self._unzip = zlib.decompressobj(31)
            room = self._limits.max_bytes + 1 - len(self._body)
            if room <= 0:
                return
            self._body += unzip.decompress(data, room)
            data = unzip.unconsumed_tail or unzip.unused_data

    def _refuse(self, reason: str) -> int:
        self._refused = reason
        return -1

    def answer(self, error: Any) -> Answer:
        """What was received; raises `FetchError` where that is not a whole answer.

        A status that carries no document counts even where its own body failed to come.
        """
        if self._refused is not None:
            raise FetchError(self._refused)
        if not self._complete or self._status in BODY_STATUSES:
            if error is not None:
                raise FetchError(_reason(error)) from error
            if not self._complete or (self._unzip is not None and self._received and not self._unzip.eof):
                raise FetchError("the answer was cut short")
        return Answer(self._status, tuple(self._headers), bytes(self._body))


def _reason(error: Any) -> str:
    """libcurl's failure as words for a person, its own detail behind them where it says more."""
    code, detail = error.args[0], error.args[1] if len(error.args) > 1 else ""
    words = _REASONS.get(code)
    if words is None:
        return f"the exchange failed: {detail} (libcurl {code})"
    telling = code in (pycurl.E_SSL_CACERT, pycurl.E_SSL_CONNECT_ERROR, pycurl.E_COULDNT_CONNECT)
    return f"{words}: {detail}" if telling and detail else words
