"""A network that changes what it carries: requests on their way there, answers on their way back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from relevo.delivery.transport import Answer, Transport
from relevo.protocol.hop import HopRequest


def _as_it_is(body: bytes) -> bytes:
    return body


def _as_it_was(answer: Answer, _request: HopRequest) -> Answer:
    return answer


@dataclass(frozen=True, kw_only=True)
class Meddler(Transport):
    """Carries over `transport`, with changes to the body of a request and to the answer."""

    transport: Transport
    request: Callable[[bytes], bytes] = _as_it_is
    answer: Callable[[Answer, HopRequest], Answer] = _as_it_was

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport`."""
        answer = self.transport.send(method, url, headers, self.request(body))
        asked = HopRequest(method=method, target_uri=url, headers=headers, body=body)
        return self.answer(answer, asked)


def changed_body(answer: Answer, _request: HopRequest) -> Answer:
    """The same answer with one byte of its body changed."""
    return replace(answer, body=one_byte_changed(answer.body))


def one_byte_changed(raw: bytes) -> bytes:
    """The same bytes but for one in the middle."""
    middle = len(raw) // 2
    return raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :]


def one_letter_changed(text: str, at: int) -> str:
    """The same base64url text with one letter changed."""
    at %= len(text)
    return f"{text[:at]}{'A' if text[at] != 'A' else 'B'}{text[at + 1 :]}"
