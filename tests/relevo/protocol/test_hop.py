"""Signed requests and answers: what holds, and one code for each way in which it does not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relevo.errors import WireError
from relevo.protocol import base64std, base64url
from relevo.protocol.hop import (
    HopDigestMismatch,
    HopExpired,
    HopRequest,
    HopSkew,
    HopUnsigned,
    HopWrongProfile,
    VerifiedHop,
    joined_lines,
    sign_answer,
    sign_request,
    verify_answer,
    verify_request,
)
from relevo.protocol.keys import SigningKey, VerifyKey

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
HOST, ORIGIN, STRANGER = (SigningKey(bytes([number]) * 32) for number in (1, 2, 3))
URI = "https://node.example/federation/v1/envelopes"
JSON, BODY, NONCE = "application/json", b'{"envelopes":[]}', bytes(range(16))


class NotRegistered(WireError):
    """No registered peer has this key."""

    code = "key-unknown"


def key_for(kid: str) -> VerifyKey:
    registered = {key.kid: key.public for key in (HOST, ORIGIN)}
    if kid not in registered:
        raise NotRegistered
    return registered[kid]


def post(*, at: datetime = AT, key: SigningKey = HOST) -> HopRequest:
    headers = sign_request("POST", URI, JSON, BODY, key=key, at=at, nonce=NONCE)
    return HopRequest(method="POST", target_uri=URI, headers=headers, body=BODY)


def get() -> HopRequest:
    headers = sign_request("GET", URI, None, b"", key=HOST, at=AT)
    return HopRequest(method="GET", target_uri=URI, headers=headers, body=b"")


def answered(request: HopRequest, *, body: bytes = b"{}", key: SigningKey = ORIGIN) -> dict[str, str]:
    return sign_answer(200, JSON if body else None, body, request=request, key=key, at=AT)


def test_a_request_tells_who_signed_it_when_and_under_which_nonce() -> None:
    hop = verify_request(post(), key_for=key_for, at=AT)
    expires = AT + timedelta(seconds=300)
    assert hop == VerifiedHop(kid=HOST.kid, nonce=base64url.encode(NONCE), created=AT, expires=expires)


def test_the_signature_input_has_the_agreed_form() -> None:
    headers = post().headers
    assert headers["Signature-Input"] == (
        'relevo=("@method" "@target-uri" "content-type" "content-digest")'
        f';created=1795338000;keyid="{HOST.kid}";expires=1795338300;nonce="{base64url.encode(NONCE)}";tag="relevo-v1"'
    )
    assert headers["Content-Digest"] == f"sha-256=:{base64std.encode(hashlib.sha256(BODY).digest())}:"


def test_the_signature_is_over_the_base_that_the_standard_builds() -> None:
    headers = post().headers
    parameters = headers["Signature-Input"].removeprefix("relevo=")
    base = (
        f'"@method": POST\n"@target-uri": {URI}\n"content-type": {JSON}\n'
        f'"content-digest": {headers["Content-Digest"]}\n"@signature-params": {parameters}'
    )
    signature = base64std.decode(headers["Signature"].removeprefix("relevo=:").removesuffix(":"))
    HOST.public.verify(signature, base.encode())


def test_a_request_without_a_body_has_no_content_type_and_the_digest_of_nothing() -> None:
    request = get()
    assert "Content-Type" not in request.headers
    assert request.headers["Signature-Input"].startswith('relevo=("@method" "@target-uri" "content-digest");')
    assert verify_request(request, key_for=key_for, at=AT).kid == HOST.kid


def test_field_names_come_in_any_case() -> None:
    request = post()
    shouted = {name.upper(): value for name, value in request.headers.items()}
    assert verify_request(replace(request, headers=shouted), key_for=key_for, at=AT).kid == HOST.kid


def test_fields_that_are_not_ours_do_not_matter() -> None:
    request = post()
    more = {**request.headers, "Via": "1.1 proxy", "Accept": "*/*", "ACCEPT": "text/html"}
    assert verify_request(replace(request, headers=more), key_for=key_for, at=AT).kid == HOST.kid


def test_blanks_around_a_value_are_not_part_of_it() -> None:
    request = post()
    spaced = {name: f" \t{value} " for name, value in request.headers.items()}
    assert verify_request(replace(request, headers=spaced), key_for=key_for, at=AT).kid == HOST.kid


def test_a_signature_may_have_any_label() -> None:
    request = post()
    named = {
        **request.headers,
        "Signature-Input": request.headers["Signature-Input"].replace("relevo=", "sig1=", 1),
        "Signature": request.headers["Signature"].replace("relevo=", "sig1=", 1),
    }
    assert verify_request(replace(request, headers=named), key_for=key_for, at=AT).kid == HOST.kid


@pytest.mark.parametrize("name", ["Signature", "Signature-Input", "Content-Digest", "Content-Type"])
def test_a_line_that_is_sent_twice_is_seen_as_a_list_and_refused(name: str) -> None:
    request = post()
    lines = [*request.headers.items(), (name.lower(), request.headers[name])]
    with pytest.raises(HopWrongProfile):
        verify_request(replace(request, headers=joined_lines(lines)), key_for=key_for, at=AT)


FOLDED = {"folded": "\r\n ", "cut by a newline": "\n", "with a NUL": "\0", "beyond ASCII": "\u00e9"}


@pytest.mark.parametrize("between", FOLDED.values(), ids=FOLDED)
def test_no_field_is_taken_that_is(between: str) -> None:
    request = post()
    field = request.headers["Signature-Input"].replace('" "', f'"{between}"', 1)
    with pytest.raises(HopWrongProfile, match="visible ASCII"):
        verify_request(replace(request, headers={**request.headers, "Signature-Input": field}), key_for=key_for, at=AT)


@pytest.mark.parametrize("seconds", [-500, 500])
def test_the_skew_is_measured(seconds: int) -> None:
    with pytest.raises(HopSkew) as refused:
        verify_request(post(), key_for=key_for, at=AT - timedelta(seconds=seconds))
    assert refused.value.ahead == seconds


def test_two_requests_never_share_a_nonce() -> None:
    assert get().headers["Signature-Input"] != get().headers["Signature-Input"]


CLOCKS: dict[str, tuple[int, type[WireError] | None]] = {
    "119 seconds behind": (-119, None),
    "120 seconds behind": (-120, None),
    "121 seconds behind": (-121, HopSkew),
    "120 seconds ahead": (120, None),
    "121 seconds ahead": (121, HopSkew),
    "a year ahead": (31_536_000, HopSkew),
}


@pytest.mark.parametrize(("offset", "refusal"), CLOCKS.values(), ids=CLOCKS)
def test_a_receiver_whose_clock_is(offset: int, refusal: type[WireError] | None) -> None:
    request, now = post(), AT + timedelta(seconds=offset)
    if refusal is None:
        assert verify_request(request, key_for=key_for, at=now).created == AT
    else:
        with pytest.raises(refusal, match=str(abs(offset))):
            verify_request(request, key_for=key_for, at=now)


def resigned(change: Callable[[str], str], key: SigningKey = HOST, uri: str = URI) -> HopRequest:
    """A request whose signature parameters were changed before signing, by a sender with a profile of its own."""
    request = post(key=key)
    given = request.headers["Signature-Input"].removeprefix("relevo=")
    parameters = change(given)
    values = {
        '"@method"': "POST",
        '"@target-uri"': uri,
        '"content-type"': JSON,
        '"content-digest"': request.headers["Content-Digest"],
        '"date"': "Sun, 22 Nov 2026 09:00:00 GMT",
        '"content-type";sf': JSON,
    }
    covered = parameters[parameters.index("(") + 1 : parameters.index(")")].split()
    lines = [f"{name}: {values[name]}" for name in covered]
    base = "\n".join([*lines, f'"@signature-params": {parameters}'])
    signature = base64std.encode(key.sign(base.encode()))
    headers = {
        **request.headers,
        "Date": values['"date"'],
        "Signature-Input": f"relevo={parameters}",
        "Signature": f"relevo=:{signature}:",
    }
    return replace(request, headers=headers)


def test_the_resigning_in_these_tests_is_sound() -> None:
    assert verify_request(resigned(lambda same: same), key_for=key_for, at=AT).kid == HOST.kid


def test_the_order_of_what_is_covered_does_not_matter() -> None:
    request = resigned(lambda given: given.replace('"@method" "@target-uri"', '"@target-uri" "@method"'))
    assert verify_request(request, key_for=key_for, at=AT).kid == HOST.kid


def test_a_request_with_a_short_life_expires() -> None:
    request = resigned(lambda given: given.replace("expires=1795338300", "expires=1795338060"))
    assert verify_request(request, key_for=key_for, at=AT + timedelta(seconds=60)).kid == HOST.kid
    with pytest.raises(HopExpired):
        verify_request(request, key_for=key_for, at=AT + timedelta(seconds=61))


NONCE_TEXT = base64url.encode(NONCE)

OWN_PROFILES: dict[str, Callable[[str], str]] = {
    "does not cover the method": lambda given: given.replace('"@method" ', ""),
    "does not cover the address": lambda given: given.replace('"@target-uri" ', ""),
    "does not cover the content type": lambda given: given.replace('"content-type" ', ""),
    "does not cover the digest": lambda given: given.replace(' "content-digest"', ""),
    "covers nothing": lambda given: "()" + given[given.index(")") + 1 :],
    "covers more": lambda given: given.replace(" ", ' "date" ', 1),
    "covers a field in another form": lambda given: given.replace('"content-type"', '"content-type";sf'),
    "has no tag": lambda given: given.replace(';tag="relevo-v1"', ""),
    "has another tag": lambda given: given.replace("relevo-v1", "relevo-v2"),
    "has no nonce": lambda given: given.replace(f';nonce="{NONCE_TEXT}"', ""),
    "has a short nonce": lambda given: given.replace(NONCE_TEXT, "AAAA"),
    "has a nonce that is not base64url": lambda given: given.replace(NONCE_TEXT, "*" * 22),
    "has no keyid": lambda given: given.replace(f';keyid="{HOST.kid}"', ""),
    "has no time": lambda given: given.replace(";created=1795338000", ""),
    "has a time that is text": lambda given: given.replace("=1795338000", '="1795338000"'),
    "has a time that is a fraction": lambda given: given.replace("=1795338000", "=1795338000.5"),
    "has no end": lambda given: given.replace(";expires=1795338300", ""),
    "lives 301 seconds": lambda given: given.replace("1795338300", "1795338301"),
    "ends before it begins": lambda given: given.replace("1795338300", "1795337999"),
    "names an algorithm": lambda given: given + ';alg="ed25519"',
    "names another algorithm": lambda given: given + ';alg="hmac-sha256"',
    "has a parameter of its own": lambda given: given + ";extra=1",
}


@pytest.mark.parametrize("change", OWN_PROFILES.values(), ids=OWN_PROFILES)
def test_no_request_is_taken_whose_signature(change: Callable[[str], str]) -> None:
    with pytest.raises(HopWrongProfile):
        verify_request(resigned(change), key_for=key_for, at=AT)


def headers_changed(**changes: str | None) -> HopRequest:
    request = post()
    merged = {**request.headers, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return replace(request, headers={name: value for name, value in merged.items() if value is not None})


GIVEN = post().headers
ANOTHER = f'other=("@method");created=1;keyid="{ORIGIN.kid}"'

TAMPERED: dict[str, tuple[Callable[[], HopRequest], str]] = {
    "no signature": (lambda: headers_changed(Signature=None), "hop-unsigned"),
    "no signature input": (lambda: headers_changed(Signature_Input=None), "hop-unsigned"),
    "another method": (lambda: replace(post(), method="PUT"), "hop-bad-signature"),
    "a method in lower case": (lambda: replace(post(), method="post"), "hop-bad-signature"),
    "another address": (lambda: replace(post(), target_uri=URI + "?x=1"), "hop-bad-signature"),
    "another host": (lambda: replace(post(), target_uri=URI.replace("node", "evil")), "hop-bad-signature"),
    "no address at all": (lambda: replace(post(), target_uri="nowhere"), "hop-bad-signature"),
    "another content type": (lambda: headers_changed(Content_Type="text/plain"), "hop-bad-signature"),
    "another digest": (
        lambda: headers_changed(Content_Digest=get().headers["Content-Digest"]),
        "hop-bad-signature",
    ),
    "another body": (lambda: replace(post(), body=BODY + b" "), "hop-digest-mismatch"),
    "a later end": (
        lambda: headers_changed(Signature_Input=GIVEN["Signature-Input"].replace("8300", "8299")),
        "hop-bad-signature",
    ),
    "another nonce": (
        lambda: headers_changed(Signature_Input=GIVEN["Signature-Input"].replace(NONCE_TEXT, "A" * 22)),
        "hop-bad-signature",
    ),
    "the key of another registered peer": (
        lambda: headers_changed(Signature_Input=GIVEN["Signature-Input"].replace(HOST.kid, ORIGIN.kid)),
        "hop-bad-signature",
    ),
    "a key that nobody registered": (lambda: post(key=STRANGER), "key-unknown"),
    "a signature of zeros": (lambda: headers_changed(Signature=f"relevo=:{'A' * 86}==:"), "hop-bad-signature"),
    "a short signature": (lambda: headers_changed(Signature="relevo=:AAAA:"), "hop-bad-signature"),
    "a signature that is text": (lambda: headers_changed(Signature='relevo="AAAA"'), "hop-wrong-profile"),
    "a signature under another label": (
        lambda: headers_changed(Signature=GIVEN["Signature"].replace("relevo", "other")),
        "hop-wrong-profile",
    ),
    "an empty signature": (lambda: headers_changed(Signature=""), "hop-wrong-profile"),
    "a signature input that is not structured": (
        lambda: headers_changed(Signature_Input="relevo=("),
        "hop-wrong-profile",
    ),
    "a signature input with other letters": (
        lambda: headers_changed(Signature_Input=GIVEN["Signature-Input"] + "é"),
        "hop-wrong-profile",
    ),
    "a second signature": (
        lambda: headers_changed(
            Signature=GIVEN["Signature"] + ", other=:AAAA:",
            Signature_Input=f"{GIVEN['Signature-Input']}, {ANOTHER}",
        ),
        "hop-wrong-profile",
    ),
    "a second signature with our tag": (
        lambda: headers_changed(
            Signature=f"{GIVEN['Signature']}, {GIVEN['Signature'].replace('relevo=', 'again=')}",
            Signature_Input=f"{GIVEN['Signature-Input']}, {GIVEN['Signature-Input'].replace('relevo=(', 'again=(')}",
        ),
        "hop-wrong-profile",
    ),
    "the same label twice": (
        lambda: headers_changed(Signature=f"{GIVEN['Signature']}, {GIVEN['Signature']}"),
        "hop-wrong-profile",
    ),
    "a field that stands twice": (
        lambda: replace(post(), headers={**GIVEN, "signature": GIVEN["Signature"]}),
        "hop-wrong-profile",
    ),
    "two content types in one field": (lambda: headers_changed(Content_Type=f"{JSON}, {JSON}"), "hop-wrong-profile"),
    "no digest": (lambda: headers_changed(Content_Digest=None), "hop-wrong-profile"),
    "a digest of another kind": (
        lambda: headers_changed(Content_Digest=f"sha-512=:{'A' * 86}==:"),
        "hop-wrong-profile",
    ),
    "two digests": (
        lambda: headers_changed(Content_Digest=f"{GIVEN['Content-Digest']}, sha-512=:{'A' * 86}==:"),
        "hop-wrong-profile",
    ),
    "a body without content type": (lambda: headers_changed(Content_Type=None), "hop-wrong-profile"),
    "a content type without body": (lambda: replace(post(), body=b""), "hop-wrong-profile"),
    "a body where none was": (lambda: replace(get(), body=b"x"), "hop-wrong-profile"),
}


@pytest.mark.parametrize(("make", "code"), TAMPERED.values(), ids=TAMPERED)
def test_a_request_is_refused_for(make: Callable[[], HopRequest], code: str) -> None:
    with pytest.raises(WireError) as refused:
        verify_request(make(), key_for=key_for, at=AT)
    assert refused.value.code == code


def test_a_peer_is_not_told_how_its_signature_failed() -> None:
    with pytest.raises(WireError) as refused:
        verify_request(replace(post(), method="PUT"), key_for=key_for, at=AT)
    assert refused.value.wire_code == "unreadable"


@given(position=st.integers(0, 63), bit=st.integers(0, 7))
def test_no_signature_with_a_changed_bit_holds(position: int, bit: int) -> None:
    request = post()
    raw = bytearray(base64std.decode(request.headers["Signature"].removeprefix("relevo=:").removesuffix(":")))
    raw[position] ^= 1 << bit
    changed = {**request.headers, "Signature": f"relevo=:{base64std.encode(bytes(raw))}:"}
    with pytest.raises(WireError, match="hop-bad-signature"):
        verify_request(replace(request, headers=changed), key_for=key_for, at=AT)


def test_an_answer_belongs_to_its_request() -> None:
    request = post()
    headers = answered(request)
    verify_answer(200, headers, b"{}", request=request, key_for=key_for, at=AT)
    assert (
        '("@status" "content-type" "content-digest" "@method";req "@target-uri";req "content-type";req'
        ' "content-digest";req "signature";req)' in headers["Signature-Input"]
    )


def test_an_answer_to_a_request_without_body_holds() -> None:
    request = get()
    verify_answer(200, answered(request), b"{}", request=request, key_for=key_for, at=AT)


def test_an_answer_without_body_holds() -> None:
    request = post()
    headers = answered(request, body=b"")
    assert "Content-Type" not in headers
    verify_answer(200, headers, b"", request=request, key_for=key_for, at=AT)


REQUEST = post()
ANSWER = answered(REQUEST)

BAD_ANSWERS: dict[str, tuple[Callable[[], None], str]] = {
    "another status": (
        lambda: verify_answer(202, ANSWER, b"{}", request=REQUEST, key_for=key_for, at=AT),
        "hop-bad-signature",
    ),
    "another body": (
        lambda: verify_answer(200, ANSWER, b"[]", request=REQUEST, key_for=key_for, at=AT),
        "hop-digest-mismatch",
    ),
    "another content type": (
        lambda: verify_answer(
            200, {**ANSWER, "Content-Type": "text/html"}, b"{}", request=REQUEST, key_for=key_for, at=AT
        ),
        "hop-bad-signature",
    ),
    "the answer to another request": (
        lambda: verify_answer(200, ANSWER, b"{}", request=post(at=AT + timedelta(seconds=1)), key_for=key_for, at=AT),
        "hop-bad-signature",
    ),
    "the answer to a request to another address": (
        lambda: verify_answer(
            200, ANSWER, b"{}", request=replace(REQUEST, target_uri=URI + "/x"), key_for=key_for, at=AT
        ),
        "hop-bad-signature",
    ),
    "the request's own signature": (
        lambda: verify_answer(200, REQUEST.headers, BODY, request=REQUEST, key_for=key_for, at=AT),
        "hop-wrong-profile",
    ),
    "no signature": (
        lambda: verify_answer(
            200,
            {"Content-Type": JSON, "Content-Digest": ANSWER["Content-Digest"]},
            b"{}",
            request=REQUEST,
            key_for=key_for,
            at=AT,
        ),
        "hop-unsigned",
    ),
    "a stale signature": (
        lambda: verify_answer(200, ANSWER, b"{}", request=REQUEST, key_for=key_for, at=AT + timedelta(seconds=121)),
        "hop-skew",
    ),
    "an unknown key": (
        lambda: verify_answer(200, answered(REQUEST, key=STRANGER), b"{}", request=REQUEST, key_for=key_for, at=AT),
        "key-unknown",
    ),
}


@pytest.mark.parametrize(("check", "code"), BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_an_answer_is_refused_for(check: Callable[[], None], code: str) -> None:
    with pytest.raises(WireError) as refused:
        check()
    assert refused.value.code == code


def test_nothing_can_be_signed_for_an_unsigned_request() -> None:
    request = HopRequest(method="POST", target_uri=URI, headers={"Content-Type": JSON}, body=BODY)
    with pytest.raises(HopUnsigned):
        answered(request)


def test_a_request_to_nowhere_is_not_signed() -> None:
    with pytest.raises(HopWrongProfile):
        sign_request("GET", "nowhere", None, b"", key=HOST, at=AT)


@pytest.mark.parametrize(("content_type", "body"), [(None, b"x"), (JSON, b"")])
def test_a_body_has_a_content_type_and_nothing_else_has(content_type: str | None, body: bytes) -> None:
    with pytest.raises(ValueError, match="content type"):
        sign_request("POST", URI, content_type, body, key=HOST, at=AT)


def test_a_nonce_has_sixteen_bytes() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        sign_request("GET", URI, None, b"", key=HOST, at=AT, nonce=b"short")


def test_a_body_is_looked_at_only_after_the_signature() -> None:
    request = replace(post(), body=b"another")
    with pytest.raises(HopDigestMismatch):
        verify_request(request, key_for=key_for, at=AT)
    with pytest.raises(WireError, match="hop-bad-signature"):
        verify_request(replace(request, method="PUT"), key_for=key_for, at=AT)
