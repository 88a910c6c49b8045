"""The one spelling of a signature in which nodes write, read and written without parsing (RFC 9421, section 2.5).

    Signature-Input: relevo=("@method" "@target-uri" …);created=…;keyid="…";expires=…;nonce="…";tag="relevo-v1"
    Signature: relevo=:…:

Structured fields let the same be spelled in many ways, and a general reader of them takes longer than the signature
itself. Whatever is spelled in any other way, or says what would have to be looked at (another address form, a value
with two blanks), is not read here at all: `hop_signature` gives it to the library, which judges it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relevo.protocol import base64std
from relevo.protocol.base64std import NotBase64

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LABEL = "relevo"
TAG = "relevo-v1"

_METHOD = re.compile(r"[A-Z]{1,16}")
_ADDRESS = re.compile(r"https?://[a-z0-9.-]{1,255}(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)+")
_VALUE = re.compile(r"[!-~]+( [!-~]+)*")
_NUMBER, _WORD = r"(0|[1-9][0-9]{0,14})", r"([A-Za-z0-9_-]{1,100})"
_INPUT = re.compile(
    rf'{LABEL}=(?P<said>(?P<covered>\([^()]*\));created={_NUMBER};keyid="{_WORD}";expires={_NUMBER};nonce="{_WORD}";tag="{TAG}")'
)
_SIGNATURE = re.compile(rf"{LABEL}=:([A-Za-z0-9+/=]{{88}}):")


@dataclass(frozen=True, kw_only=True)
class SignedRequest:
    """A request as the signature library takes it."""

    method: str
    url: str
    headers: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class SignedAnswer:
    """An answer, and the request that it answers, as the signature library takes them."""

    status_code: int
    headers: dict[str, str]
    request: SignedRequest


@dataclass(frozen=True, kw_only=True)
class Plain:
    """What was read: the parameters by name, the signature, and what it must be over."""

    parameters: Mapping[str, str | int]
    signature: bytes
    base: bytes


def read(message: SignedRequest | SignedAnswer, covered: Sequence[str]) -> Plain | None:
    """The signature of a message that covers exactly this, in this order; None if it is not spelled plainly."""
    found, spelled = _INPUT.fullmatch(message.headers["signature-input"]), message.headers["signature"]
    signature, values = _bytes(spelled), _values(message, covered)
    if found is None or signature is None or values is None or found["covered"] != _listed(covered):
        return None
    said, _, created, keyid, expires, nonce = found.groups()
    parameters = {"created": int(created), "keyid": keyid, "expires": int(expires), "nonce": nonce, "tag": TAG}
    return Plain(parameters=parameters, signature=signature, base=_base(values, covered, said))


def write(
    message: SignedRequest | SignedAnswer,
    covered: Sequence[str],
    *,
    created: int,
    expires: int,
    keyid: str,
    nonce: str,
) -> tuple[str, bytes] | None:
    """The parameters as they are spelled, and what must be signed; None if the message has to be looked at."""
    said = f'{_listed(covered)};created={created};keyid="{keyid}";expires={expires};nonce="{nonce}";tag="{TAG}"'
    values = _values(message, covered)
    return None if values is None or not _INPUT.fullmatch(f"{LABEL}={said}") else (said, _base(values, covered, said))


def fields(parameters: str, signature: bytes) -> dict[str, str]:
    """The two fields that carry a signature."""
    return {
        "Signature-Input": f"{LABEL}={parameters}",
        "Signature": f"{LABEL}=:{base64std.encode(signature)}:",
    }


def _values(message: SignedRequest | SignedAnswer, covered: Sequence[str]) -> dict[str, str] | None:
    """What each component of a message stands for, by its identifier; None if one is missing or must be looked at."""
    if isinstance(message, SignedAnswer):
        status = {'"@status"': str(message.status_code)}
        values = status | _fields(message.headers) | {f"{name};req": one for name, one in _of(message.request).items()}
    else:
        values = _of(message)
    return values if all(name in values for name in covered) else None


def _of(request: SignedRequest) -> dict[str, str]:
    is_plain = _METHOD.fullmatch(request.method) and _ADDRESS.fullmatch(request.url)
    target = {'"@method"': request.method, '"@target-uri"': request.url} if is_plain else {}
    return target | _fields(request.headers)


def _fields(headers: Mapping[str, str]) -> dict[str, str]:
    return {f'"{name.lower()}"': value for name, value in headers.items() if _VALUE.fullmatch(value)}


def _base(values: Mapping[str, str], covered: Sequence[str], parameters: str) -> bytes:
    lines = [f"{name}: {values[name]}" for name in covered]
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode("ascii")


def _listed(covered: Sequence[str]) -> str:
    return f"({' '.join(covered)})"


def _bytes(spelled: str) -> bytes | None:
    """The signature in its field, if it is as long as one and spelled in its one form."""
    found = _SIGNATURE.fullmatch(spelled)
    try:
        return base64std.decode(found[1]) if found else None
    except NotBase64:
        return None
