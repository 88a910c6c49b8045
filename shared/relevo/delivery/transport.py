"""The one file that speaks HTTP to peers.

Nothing named by a message is ever fetched: addresses come from the registered statement, or were typed by an
administrator. No redirects, no proxies from the environment, no compression; answers are read raw and up to a limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import httpx

from relevo.errors import RelevoError, WireError

MAX_ANSWER = 4 << 20
TIMEOUT = httpx.Timeout(30, connect=10)


class PeerUnreachable(RelevoError):
    """The peer could not be reached, or its answer broke off."""

    code = "peer-unreachable"
    advice = "Nothing is lost: what is queued is tried again by itself. A command can be repeated once the peer is up."


class AnswerUnfit(WireError):
    """The peer's answer is not what was asked for."""

    code = "answer-unfit"
    advice = "Nothing is lost, and it is tried again by itself; if it goes on, check the address with the peer."


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
    """Carries requests over HTTP."""

    def __init__(self) -> None:
        self._client = httpx.Client(
            timeout=TIMEOUT, follow_redirects=False, trust_env=False, headers={"accept-encoding": "identity"}
        )

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport`."""
        try:
            with self._client.stream(method, url, headers=headers, content=body) as response:
                raw = _read(response)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise PeerUnreachable(_why(error)) from error
        return Answer(status=response.status_code, headers=dict(response.headers), body=raw)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


WHY: tuple[tuple[type[Exception], str], ...] = (
    (httpx.ConnectTimeout, "nobody answered at the peer's address in time"),
    (httpx.TimeoutException, "the peer did not answer in time"),
    (
        httpx.ConnectError,
        "the peer's address cannot be reached: nobody listens there, or the name or certificate is wrong",
    ),
    (httpx.TransportError, "the connection to the peer broke off"),
)


def _why(error: Exception) -> str:
    """What went wrong, in words; never the library's own, which name addresses."""
    return next((said for kind, said in WHY if isinstance(error, kind)), "the peer's address is not one")


def _read(response: httpx.Response) -> bytes:
    raw = bytearray()
    for chunk in response.iter_raw():
        raw += chunk
        if len(raw) > MAX_ANSWER:
            raise PeerUnreachable(f"an answer of more than {MAX_ANSWER} bytes")
    return bytes(raw)
