"""The one file that speaks HTTP to peers.

Nothing named by a message is ever fetched: addresses come from the registered statement, or were typed by an
administrator, and `relevo.delivery.egress` judges each one after it was resolved; the connection goes to the address
that was judged, with the name for TLS and Host. No redirects, no proxies from the environment, no compression; answers
are read raw, up to a limit, and a request with its answer has one time limit, however slowly the bytes come. The head
of a request goes together with its body, so that the peer wakes once for it.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Protocol

import httpcore

from relevo.delivery import egress
from relevo.delivery.failures import AnswerUnfit, PeerUnreachable
from relevo.protocol import strict_json
from relevo.protocol.claims import WORD

__all__ = ["Answer", "AnswerUnfit", "HttpTransport", "PeerUnreachable", "Transport", "its_time", "retry_after"]

MAX_ANSWER = 4 << 20
TOTAL_SECONDS = 60.0
CONNECT_SECONDS = 10.0
_TIMEOUT = {"connect": CONNECT_SECONDS, "read": 30.0, "write": 30.0, "pool": CONNECT_SECONDS}
_ends: ContextVar[float] = ContextVar("ends")
"""When, on the monotonic clock, the request that this thread is about must be over."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a peer answered: header names in lower case, and the raw body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Carries one request to a peer and brings the answer back."""

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer of the peer.

        Raises:
            PeerUnreachable: if there is none, or it is longer than `MAX_ANSWER`.
        """
        ...


class HttpTransport:
    """Carries requests over HTTP; to addresses that are not public only if `allow_private`."""

    def __init__(self, *, allow_private: bool = False, total_seconds: float = TOTAL_SECONDS) -> None:
        self._total_seconds = total_seconds
        self._pool = httpcore.ConnectionPool(network_backend=_Judged(allow_private=allow_private), retries=0)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport`."""
        egress.require_fit(url)
        _ends.set(time.monotonic() + self._total_seconds)
        fields: dict[bytes | str, bytes | str] = {"accept-encoding": "identity"}
        fields.update(headers.items())
        try:
            with self._pool.stream(
                method, url, headers=fields, content=body, extensions={"timeout": _TIMEOUT}
            ) as response:
                raw = _read(response)
                found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise PeerUnreachable(_why(error)) from error
        except (httpcore.UnsupportedProtocol, UnicodeError, OSError) as error:
            raise PeerUnreachable("the peer's address is not one") from error
        return Answer(status=response.status, headers=found, body=raw)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


_BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INSUFFICIENT_STORAGE}


def code_of(answer: Answer) -> str | None:
    """The code in a problem document, if there is one; nothing signs it, so no more than waiting may follow from it."""
    try:
        code = strict_json.load(answer.body).get("code")
    except strict_json.MalformedJson:
        code = None
    return code if isinstance(code, str) and WORD.fullmatch(code) else None


def retry_after(answer: Answer) -> int | None:
    """For how many seconds a peer that is busy asks us to wait; None unless it says so in a number of at most a day."""
    said = answer.headers.get("retry-after", "")
    return (
        int(said)
        if answer.status in _BUSY and said.isascii() and said.isdigit() and len(said) <= len("86400")
        else None
    )


def its_time(answer: Answer) -> datetime | None:
    """What time it is at the peer, by its `Date`; nothing signs it, so it is only for people to read."""
    try:
        said = parsedate_to_datetime(answer.headers.get("date", ""))
        return said.astimezone(UTC) if said.tzinfo else None
    except (ValueError, OverflowError):
        return None


class _Judged(httpcore.NetworkBackend):
    """Connects to addresses that were judged, and to nothing else."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._real = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = egress.addresses(host, port, allow_private=self._allow_private)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError from error
        *earlier, last = found
        for address in earlier:
            try:
                return _Timed(self._real.connect_tcp(address, port, _left(timeout), local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return _Timed(self._real.connect_tcp(last, port, _left(timeout), local_address, socket_options))


class _Timed(httpcore.NetworkStream):
    """A stream whose every wait also ends when the request's whole time is over.

    What is written waits for what is written next, or for the first look for an answer.
    """

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._kept = b""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with suppress(httpcore.WriteError):  # a peer that refuses early may have answered all the same
            self._send(b"", timeout)
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._kept:
            self._send(buffer, timeout)
        else:
            self._kept = buffer

    def _send(self, more: bytes, timeout: float | None) -> None:
        whole, self._kept = self._kept + more, b""
        if whole:
            self._stream.write(whole, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None) -> float:
    left = _ends.get() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left if timeout is None else min(timeout, left)


_WHY: tuple[tuple[type[Exception], str], ...] = (
    (httpcore.ConnectTimeout, "nobody answered at the peer's address in time"),
    (httpcore.TimeoutException, "the peer did not answer in time"),
    (
        httpcore.ConnectError,
        "the peer's address cannot be reached: nobody listens there, or the name or certificate is wrong",
    ),
)


def _why(error: Exception) -> str:
    """What went wrong, in words; never the library's own, which name addresses."""
    return next((said for kind, said in _WHY if isinstance(error, kind)), "the connection to the peer broke off")


def _read(response: httpcore.Response) -> bytes:
    raw = bytearray()
    for chunk in response.iter_stream():
        raw += chunk
        if len(raw) > MAX_ANSWER:
            raise PeerUnreachable(f"an answer of more than {MAX_ANSWER} bytes")
    return bytes(raw)
