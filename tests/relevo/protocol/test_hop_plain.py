"""What is read without parsing is read as the library reads it, and what is written is what the library writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ED25519
from hypothesis import given
from hypothesis import strategies as st

from relevo.errors import WireError
from relevo.protocol import base64url, hop_plain
from relevo.protocol.hop import HopRequest, sign_answer, sign_request
from relevo.protocol.hop_plain import SignedAnswer, SignedRequest
from relevo.protocol.hop_profile import LIFETIME, answer_components, fields_of, request_components
from relevo.protocol.hop_signature import Parameters, ProfileVerifier
from relevo.protocol.keys import SigningKey, VerifyKey

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
KEY, OTHER = (SigningKey(bytes([number]) * 32) for number in (1, 2))
URI, JSON, BODY, NONCE = "https://node.example/federation/v1/envelopes", "application/json", b"{}", bytes(range(16))
SIGNED = sign_request("POST", URI, JSON, BODY, key=KEY, at=AT, nonce=NONCE)
ASKED = HopRequest(method="POST", target_uri=URI, headers=SIGNED, body=BODY)
ANSWERED = sign_answer(200, JSON, BODY, request=ASKED, key=OTHER, at=AT, nonce=NONCE)
REQUEST = SignedRequest(method="POST", url=URI, headers=fields_of(SIGNED))
ANSWER = SignedAnswer(status_code=200, headers=fields_of(ANSWERED), request=REQUEST)
ADDRESSES = st.from_regex(r"https?://[a-z0-9.-]{1,20}(:[0-9]{1,5})?(/[A-Za-z0-9._~-]{1,9}){1,3}", fullmatch=True)
TYPES = st.sampled_from([JSON, "text/plain; charset=utf-8", 'multipart/x; boundary="a b"', "x"])


class _Private(HTTPSignatureKeyResolver):
    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        assert key_id == KEY.kid
        return KEY.private


def by_library(message: SignedRequest | SignedAnswer, covered: tuple[str, ...]) -> dict[str, str]:
    signer = HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=_Private())
    signer.sign(
        message,
        key_id=KEY.kid,
        created=AT,
        expires=AT + LIFETIME,
        nonce=base64url.encode(NONCE),
        label="relevo",
        tag="relevo-v1",
        include_alg=False,
        covered_component_ids=covered,
        use_existing_digest=True,
    )
    return message.headers


def key_for(kid: str) -> VerifyKey:
    known = {key.kid: key.public for key in (KEY, OTHER)}
    if kid not in known:
        raise WireError("nobody has this key")
    return known[kid]


def judged(message: SignedRequest | SignedAnswer, covered: tuple[str, ...]) -> tuple[Parameters | str, ...]:
    """What is said of a message, and what the library says of it."""
    found: list[Parameters | str] = []
    for way in (ProfileVerifier.check, ProfileVerifier.check_any):
        try:
            found.append(way(ProfileVerifier(covered, key_for=key_for, at=AT, max_skew=120), message))
        except WireError as refused:
            found.append(refused.code)
    return tuple(found)


@given(method=st.sampled_from(["GET", "POST"]), uri=ADDRESSES, content_type=TYPES, body=st.binary(max_size=9))
def test_what_is_written_is_what_the_library_writes(method: str, uri: str, content_type: str, body: bytes) -> None:
    given_type = content_type if body else None
    headers = sign_request(method, uri, given_type, body, key=KEY, at=AT, nonce=NONCE)
    content: dict[str, str] = {name: headers[name] for name in ("Content-Type", "Content-Digest") if name in headers}
    assert by_library(SignedRequest(method=method, url=uri, headers=dict(content)), request_components(body)) == headers
    request = HopRequest(method=method, target_uri=uri, headers=headers, body=body)
    answer = sign_answer(200, given_type, body, request=request, key=KEY, at=AT, nonce=NONCE)
    asked = SignedRequest(method=method, url=uri, headers=fields_of(headers))
    again = SignedAnswer(status_code=200, headers=dict(content), request=asked)
    assert by_library(again, answer_components(body, body)) == answer
    assert hop_plain.read(asked, request_components(body)) is not None


SPELLED = '"@methodcn-typuri;=:()., \t_/+01793relvoAZ'
PLACES = ("signature-input", "signature", "content-digest", "content-type")


@st.composite
def changed(draw: st.DrawFn, text: str) -> str:
    """A text of which a few characters were taken away, and others put in their place."""
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(text)))
        end = min(len(text), place + draw(st.integers(0, 8)))
        text = text[:place] + draw(st.text(SPELLED, max_size=4)) + text[end:]
    return text.strip(" \t")


@given(data=st.data(), place=st.sampled_from([*PLACES, "method", "url"]), of_answer=st.booleans())
def test_a_message_that_was_changed_is_judged_as_the_library_judges_it(
    data: st.DataObject, place: str, *, of_answer: bool
) -> None:
    request = replace(REQUEST, headers=dict(REQUEST.headers))
    answer = replace(ANSWER, headers=dict(ANSWER.headers), request=request)
    if place in {"method", "url"}:
        method = data.draw(changed("POST")) if place == "method" else "POST"
        request = replace(request, method=method, url=data.draw(changed(URI)) if place == "url" else URI)
        answer = replace(answer, request=request)
    else:
        headers = data.draw(st.sampled_from([request.headers, answer.headers])) if of_answer else request.headers
        headers[place] = data.draw(changed(headers[place]))
    message = answer if of_answer else request
    covered = answer_components(BODY, BODY) if of_answer else request_components(BODY)
    ours, theirs = judged(message, covered)
    assert ours == theirs


SPELLINGS = {
    "without a label": ("relevo=", ""),
    "under another label": ("relevo=", "sig1="),
    "under a label behind another": ("relevo=", "relevo=relevo="),
    "with another order": ('"@method" "@target-uri"', '"@target-uri" "@method"'),
    "with less": ('"@method" ', ""),
    "with more": ('"@method"', '"@method" "date"'),
    "with a zero before a number": ("created=", "created=0"),
    "with another tag": ("relevo-v1", "relevo-v2"),
    "with a parameter more": (";tag=", ";alg=1;tag="),
    "in a list": ('tag="relevo-v1"', 'tag="relevo-v1", other=1'),
}


@pytest.mark.parametrize(("what", "by"), SPELLINGS.values(), ids=SPELLINGS)
def test_nothing_is_read_that_is_spelled(what: str, by: str) -> None:
    field = REQUEST.headers["signature-input"]
    assert what in field
    message = replace(REQUEST, headers={**REQUEST.headers, "signature-input": field.replace(what, by, 1)})
    assert hop_plain.read(message, request_components(BODY)) is None
    ours, theirs = judged(message, request_components(BODY))
    assert ours == theirs


@pytest.mark.parametrize(
    "spelled", ["relevo=", "x=:", ":", 'relevo="'], ids=["cut off", "other label", "no label", "a text"]
)
def test_no_signature_is_read_that_begins(spelled: str) -> None:
    field = REQUEST.headers["signature"].replace("relevo=:", spelled, 1)
    message = replace(REQUEST, headers={**REQUEST.headers, "signature": field})
    assert hop_plain.read(message, request_components(BODY)) is None


def test_a_signature_whose_last_bits_are_not_zero_is_for_the_library_to_judge() -> None:
    field = REQUEST.headers["signature"]
    place = field.index("==:") - 1
    spellings = [field[:place] + letter + field[place + 1 :] for letter in "ABCDEFGHIJKLMNOPQ"]
    read = [
        hop_plain.read(replace(REQUEST, headers={**REQUEST.headers, "signature": one}), request_components(BODY))
        for one in spellings
    ]
    assert [letter for letter, one in zip("ABCDEFGHIJKLMNOPQ", read, strict=True) if one] == ["A", "Q"]
