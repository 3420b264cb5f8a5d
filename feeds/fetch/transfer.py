"""One HTTP exchange through libcurl, bounded in time, bytes, headers and addresses.

libcurl neither follows redirects, nor keeps cookies, nor reads proxies or passwords from its surroundings here. A
handle is used again and again: what is the same for every exchange is set once, for most of an exchange's cost in
Python is the setting of options.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pycurl  # type: ignore[import-untyped]  # its wheel has no py.typed

from feeds.errors import FetchError
from feeds.fetch.addresses import Network, refusal
from feeds.fetch.coding import Body, body_of
from feeds.fetch.url import Target, one_line, path_of

HEADER_BYTES = 65_536
"""Most bytes of status lines and headers in one exchange, interim (1xx) ones included."""
DISCARDED_BYTES = 65_536
"""Most bytes of a body nobody reads (an error page, a redirect) before the connection is dropped."""
BODY_STATUSES = frozenset({200, 203, 226})
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})(?: |\r?\n|$)")
_CA_FILES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
_TOO_LARGE = 100  # CURLE_TOO_LARGE, for which pycurl has no name
_CUT = "the answer was cut short"

_REASONS = {
    pycurl.E_COULDNT_RESOLVE_HOST: "the host name is not known",
    pycurl.E_COULDNT_CONNECT: "cannot connect",
    pycurl.E_OPERATION_TIMEDOUT: "no complete answer in time (deadline and connect_timeout in [poll])",
    pycurl.E_PARTIAL_FILE: _CUT,
    pycurl.E_GOT_NOTHING: "the server closed the connection without an answer",
    pycurl.E_RECV_ERROR: "the answer is malformed",
    pycurl.E_SEND_ERROR: "the connection broke",
    pycurl.E_SSL_CACERT: "the TLS certificate is not trusted",
    pycurl.E_SSL_CONNECT_ERROR: "the TLS handshake failed",
    pycurl.E_URL_MALFORMAT: "the address is malformed",
    _TOO_LARGE: "too many headers, or one without end",
    pycurl.E_UNSUPPORTED_PROTOCOL: "the server speaks something else than HTTP",
}
_TELLING = frozenset({pycurl.E_SSL_CACERT, pycurl.E_SSL_CONNECT_ERROR, pycurl.E_COULDNT_CONNECT, pycurl.E_RECV_ERROR})
_NETWORK = frozenset(
    {
        pycurl.E_COULDNT_RESOLVE_HOST,
        pycurl.E_COULDNT_CONNECT,
        pycurl.E_OPERATION_TIMEDOUT,
        pycurl.E_SEND_ERROR,
    }
)
"""What a cable that was pulled out looks like."""
_BROKE = re.compile(r"Recv failure|Send failure|SSL_(?:read|write)|SSL_ERROR_SYSCALL|[Rr]eset by peer")
"""So do these details of other failures; a chunk without a size is a failure to receive as well."""
_CERTIFICATE = (
    ("has expired", "it has expired"),
    ("not yet valid", "it is not valid yet"),
    ("subject name", "it is made out to another host"),
    ("does not match", "it is made out to another host"),
    ("self-signed", "it is self-signed, or its issuer is"),
    ("unable to get local issuer", "its issuer is not known here"),
)
"""Part of libcurl's detail -> what a person can act on."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of every exchange: seconds to connect, decoded bytes, those that it may hold before it is told to grow,
    networks admitted beside public ones, and the table of the configuration that admits them."""

    connect_timeout: float
    max_bytes: int
    at_first: int
    allowed: tuple[Network, ...]
    table: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers as `(lower-case name, value)` in order of arrival, and the decoded body.

    The body is empty for every status outside `BODY_STATUSES`, but for an answer to a call; of that it holds the
    beginning. Header text is Latin-1, so that it encodes back to
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


def options_of(user_agent: str, limits: Limits) -> dict[int, Any]:
    """Every option that is the same for all exchanges, among them the certificates that are trusted now."""
    return {
        pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
        pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_2TLS,
        pycurl.FOLLOWLOCATION: 0,
        pycurl.PROXY: "",
        pycurl.NOPROXY: "*",
        pycurl.NETRC: pycurl.NETRC_IGNORED,
        pycurl.NOSIGNAL: 1,
        pycurl.HTTP09_ALLOWED: 0,
        pycurl.PATH_AS_IS: 1,
        pycurl.HTTP_CONTENT_DECODING: 0,
        pycurl.USERAGENT: one_line(user_agent),
        pycurl.SSL_VERIFYPEER: 1,
        pycurl.SSL_VERIFYHOST: 2,
        pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
        pycurl.CONNECTTIMEOUT_MS: max(1, int(limits.connect_timeout * 1000)),
        **_trust(),
    }


def _trust() -> dict[int, str]:
    """The system's certificates: the copy of libcurl in the wheel knows no place of its own to look for them.

    The system's own folder only where there is no file: libcurl keeps what it has read of a file, and with a folder
    reads all of it again for each connection (5.9 ms against 0.7). SSL_CERT_FILE and SSL_CERT_DIR, which Python's ssl
    reads as OpenSSL does, go before.
    """
    paths = ssl.get_default_verify_paths()
    files = [path for path in (paths.cafile, *_CA_FILES) if path is not None and Path(path).is_file()]
    found = {pycurl.CAINFO: files[0]} if files else {}
    if paths.capath is not None and (not files or paths.capath != paths.openssl_capath):
        found[pycurl.CAPATH] = paths.capath
    return found


class _Lent:
    """A socket on its way to libcurl, which takes a copy of its descriptor."""

    __slots__ = ("_descriptor",)

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def __del__(self) -> None:
        os.close(self._descriptor)


class Transfer:
    """A handle of libcurl and what it is receiving; at most one exchange at a time.

    pycurl prints whatever a callback raises and goes on, so that callbacks note the reason and say no. A handle whose
    body is full adds itself to `full`.
    """

    def __init__(self, options: dict[int, Any], limits: Limits, full: list[Transfer]) -> None:
        self._full = full
        self._options = options
        self._limits = limits
        self._seconds = self._extra = 0.0
        self._sent: Sequence[bytes] | None = None
        self._posts = False
        self._begin("")
        self.curl = pycurl.Curl()
        for option, value in options.items():
            self.curl.setopt(option, value)
        self.curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open)
        self.curl.setopt(pycurl.HEADERFUNCTION, self._header)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._write)

    def prepare(
        self,
        target: Target,
        headers: Sequence[bytes],
        addresses: Sequence[str],
        seconds: float,
        most: int | None = None,
        *,
        keep: int | None = None,
        body: bytes | None = None,
    ) -> None:
        """Makes the handle ready for one GET of `target` that takes at most `seconds` and gives at most `most` bytes.

        `addresses` are those of the target's name, none where its host is an address. With `keep` the answer is one to
        a call: of whatever status, so many bytes of it are kept, undecoded. With `body` it is a POST.
        """
        self._begin(target.url, most, keep)
        if body is not None or self._posts:
            self._post(body)
        self.curl.setopt(pycurl.URL, target.url)
        # As it was given: libcurl 8 writes the digits of escapes in upper case.
        self.curl.setopt(pycurl.REQUEST_TARGET, path_of(target.url))
        self.curl.setopt(pycurl.TIMEOUT_MS, max(1, int(seconds * 1000)))
        if self._extra:
            self.curl.setopt(pycurl.CONNECTTIMEOUT_MS, self._options[pycurl.CONNECTTIMEOUT_MS])
        self._seconds, self._extra = seconds, 0.0
        if headers is not self._sent:
            self.curl.setopt(pycurl.HTTPHEADER, headers)
            self._sent = headers
        if target.name is not None:
            # The plus lets libcurl forget them after a minute, as it does what it looks up itself.
            self.curl.setopt(pycurl.RESOLVE, [f"+{target.name}:{target.port}:{','.join(addresses)}"])

    def _post(self, body: bytes | None) -> None:
        """Sets what to send, or makes the handle one that gets again and holds no body."""
        self.curl.setopt(pycurl.POSTFIELDS, body or b"")
        self._posts = body is not None
        if body is None:
            self.curl.setopt(pycurl.HTTPGET, 1)

    def extend(self, seconds: float) -> None:
        """Gives the exchange that is under way `seconds` more, to connect as well as in all."""
        self._extra += seconds
        self.curl.setopt(pycurl.TIMEOUT_MS, max(1, int((self._seconds + self._extra) * 1000)))
        self.curl.setopt(pycurl.CONNECTTIMEOUT_MS, int((self._limits.connect_timeout + self._extra) * 1000) or 1)

    def close(self) -> None:
        """Frees the handle, which is in no loop."""
        self.curl.close()

    def _begin(self, url: str, most: int | None = None, keep: int | None = None) -> None:
        self._secure = url[:6].lower() == "https:"
        self._most = most
        self._keep = keep
        self._kept = bytearray()
        self._failure: BaseException | None = None
        self._opened = False
        self._header_bytes = 0
        self._status = 0
        self._lines: list[bytes] = []
        self._headers: list[tuple[str, str]] = []
        self._complete = False
        self._discarded = 0
        self._body: Body | None = None
        self._paused = False
        self.is_large = False

    def _open(self, _purpose: int, address: Any) -> _Lent | int:
        """Vets an address before the connect; one bad address refuses the name it came from."""
        try:
            self._opened = True
            host, port = address.addr[:2] if isinstance(address.addr, tuple) else (str(address.addr), 0)
            reason = refusal(host, port, self._limits.allowed, self._limits.table)
            if self._failure is None and reason is not None:
                self._failure = FetchError(reason)
            if self._failure is None:
                return _Lent(socket.socket(address.family, address.socktype, address.protocol).detach())
        except OSError:
            pass  # no IPv6 here, or no descriptor left: libcurl tries the next address
        except BaseException as error:
            self._fail(error)
        return int(pycurl.SOCKET_BAD)

    def _header(self, line: bytes) -> int | None:
        """Collects the lines of the last status; interim answers (1xx) and trailers are dropped."""
        try:
            self._header_bytes += len(line)
            if self._header_bytes > HEADER_BYTES:
                raise FetchError(f"more than {HEADER_BYTES // 1024} kB of headers")
            if not self._complete:
                if line.strip(b"\r\n"):
                    self._lines.append(line)
                else:
                    self._end_headers()
        except BaseException as error:
            return self._fail(error)
        return None

    def _end_headers(self) -> None:
        found = _STATUS.match(self._lines[0]) if self._lines else None
        self._status = int(found[1]) if found else 0
        if self._status < 200:
            self._lines.clear()
            return
        self._complete = True
        for line in self._lines[1:]:
            name, colon, value = line.decode("latin-1").partition(":")
            if colon:
                self._headers.append((name.strip().lower(), value.strip(" \t\r\n")))
        if any(name == "content-length" and len(value) > 18 for name, value in self._headers):
            raise FetchError("the answer is malformed: a Content-Length that no document has")
        if self._keep is None and self._status in BODY_STATUSES:
            coding = ", ".join(value for name, value in self._headers if name == "content-encoding")
            most = self._limits.max_bytes
            if self._most is not None and self._most < most:
                self._body = body_of(coding, self._most, min(self._limits.at_first, self._most), "an article's most")
            else:
                self._body = body_of(coding, most, self._limits.at_first)

    def _write(self, piece: bytes) -> int | None:
        """Takes a piece of the body."""
        try:
            if self._body is not None:
                if self._body.is_full:
                    self._paused = True
                    return int(pycurl.WRITEFUNC_PAUSE)
                if not self._body.take(piece):
                    self._full.append(self)
                return None
            if self._keep is not None:
                kept, piece = piece[: self._keep - len(self._kept)], piece[self._keep - len(self._kept) :]
                self._kept += kept
            self._discarded += len(piece)
            return None if self._discarded <= DISCARDED_BYTES else -1
        except BaseException as error:
            return self._fail(error)

    def _fail(self, error: BaseException) -> int:
        """Keeps `error` for `answer`, but not its frames if it is a refusal: they hold the body that was refused."""
        self._failure = error.with_traceback(None) if isinstance(error, FetchError) else error
        self._body = None
        return -1

    @property
    def is_full(self) -> bool:
        """Whether its body waits to be told to grow."""
        return self._body is not None and self._body.is_full

    def grow(self) -> bool:
        """Lets the body be as large as any may be, and goes on; False where it cannot, for `answer` to say why."""
        self.is_large = True
        body = self._body
        if body is None:
            return False
        try:
            body.grow()
        except BaseException as error:
            self._fail(error)
            return False
        if self._paused:
            self._paused = False
            with suppress(pycurl.error):  # what came meanwhile is too much, or damaged
                self.curl.pause(pycurl.PAUSE_CONT)
        return self._failure is None

    def heard(self, code: int) -> bool:
        """Whether the server said anything in the exchange that ended with `code`, be it only who it is."""
        return self._header_bytes > 0 or code in (pycurl.E_OK, pycurl.E_SSL_CACERT)

    def answer(self, code: int, detail: str) -> Answer:
        """What was received, once the exchange has ended with libcurl's `code` and `detail`.

        A status that carries no document counts even where its own body failed to come. Raises `FetchError`, without
        the URL in its message, where it is not a whole answer, and whatever a callback ran into.
        """
        failure, self._failure = self._failure, None
        body, self._body = self._body, None
        if failure is not None:
            try:
                raise failure
            finally:
                del failure  # else this frame and the error hold each other, until the collector comes round
        if code != pycurl.E_OK and (not self._complete or body is not None):
            raise self._fault(code, detail)
        if not self._complete:
            raise FetchError(_CUT)
        return Answer(self._status, tuple(self._headers), body.end() if body is not None else bytes(self._kept))

    def _fault(self, code: int, detail: str) -> FetchError:
        """libcurl's failure as words for a person, its own detail behind them where it says more."""
        words = _REASONS.get(code)
        if words is None:
            return FetchError(f"the exchange failed: {detail} (libcurl {code})")
        broke = code in _NETWORK or _BROKE.search(detail) is not None
        # Who has said anything can be reached: what comes slowly or breaks off then is the site's.
        network = broke and not self._header_bytes
        if code == pycurl.E_RECV_ERROR and broke:
            words = _REASONS[pycurl.E_SEND_ERROR]
        elif code == pycurl.E_OPERATION_TIMEDOUT and self._opened and not self._header_bytes:
            if not self.curl.getinfo(pycurl.CONNECT_TIME):
                words = "no connection in time (connect_timeout in [poll])"
            elif self._secure and not self.curl.getinfo(pycurl.APPCONNECT_TIME):
                words = "the TLS handshake did not end in time (connect_timeout in [poll])"
        elif code == pycurl.E_SSL_CACERT:
            detail = next((said for part, said in _CERTIFICATE if part in detail), detail)
        return FetchError(f"{words}: {detail}" if code in _TELLING and detail else words, network=network)
