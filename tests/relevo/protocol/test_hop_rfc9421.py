"""The examples of RFC 9421, appendix B.2 and B.3, and of RFC 9530, appendix B, as figures.

The bases are built over the messages as our own `hop_signature` hands them to the library, and each of the published
signatures verifies over its base. Ed25519 (B.2.6) is the one that nodes use; the others show that the base is right.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from itertools import starmap

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from http_message_signatures import ContentDigest, HTTPMessageSigner, VerificationKey
from http_message_signatures.algorithms import (
    ECDSA_P256_SHA256,
    ED25519,
    HMAC_SHA256,
    RSA_PSS_SHA512,
    HTTPSignatureAlgorithm,
)

from relevo.protocol import base64std, base64url
from relevo.protocol.hop_plain import SignedAnswer, SignedRequest
from relevo.protocol.hop_profile import content_fields
from relevo.protocol.keys import SigningKey

CREATED = datetime.fromtimestamp(1618884473, UTC)
HELLO, GOOD_DOG = b'{"hello": "world"}', b'{"message": "good dog"}'
HELLO_DIGEST = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
GOOD_DOG_DIGEST = "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:"
CLIENT_CERT = (
    ":MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVk"
    "aWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnX"
    "XfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSME"
    "GDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4"
    "YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmu"
    "ydBVoU4hBVZ1yhk=:"
)

REQUEST = SignedRequest(
    method="POST",
    url="https://example.com/foo?param=Value&Pet=dog",
    headers={
        "Host": "example.com",
        "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "Content-Type": "application/json",
        "Content-Digest": HELLO_DIGEST,
        "Content-Length": "18",
    },
)
ANSWER = SignedAnswer(
    status_code=200,
    headers={
        "Date": "Tue, 20 Apr 2021 02:07:56 GMT",
        "Content-Type": "application/json",
        "Content-Digest": GOOD_DOG_DIGEST,
        "Content-Length": "23",
    },
    request=REQUEST,
)
BEHIND_PROXY = SignedRequest(
    method="POST",
    url="https://service.internal.example/foo?param=Value&Pet=dog",
    headers={
        "Host": "service.internal.example",
        "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "Content-Type": "application/json",
        "Content-Length": "18",
        "Client-Cert": CLIENT_CERT,
    },
)
RSA_MODULUS = base64std.decode(
    "r4tmm3r20Wd/PbqvP1s2+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+oAXjyQ86OnDkZ5N8lYbggD4O3w6M"
    "6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHqgDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5WUtzdpiy6LbTg"
    "SxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oy"
    "c6XI2w=="
)
ECC_X, ECC_Y = (
    int.from_bytes(base64url.decode(text))
    for text in ("qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA", "Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0")
)
ED25519_SEED = base64std.decode("n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU=")
KEYS: dict[str, tuple[type[HTTPSignatureAlgorithm], VerificationKey]] = {
    "test-key-rsa-pss": (RSA_PSS_SHA512, RSAPublicNumbers(65537, int.from_bytes(RSA_MODULUS)).public_key()),
    "test-key-ecc-p256": (ECDSA_P256_SHA256, EllipticCurvePublicNumbers(ECC_X, ECC_Y, SECP256R1()).public_key()),
    "test-shared-secret": (
        HMAC_SHA256,
        base64std.decode("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="),
    ),
    "test-key-ed25519": (
        ED25519,
        Ed25519PublicKey.from_public_bytes(base64url.decode("JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs")),
    ),
}

Example = tuple["SignedRequest | SignedAnswer", dict[str, str], str, dict[str, str], str]
EXAMPLES: dict[str, Example] = {
    "B.2.1, nothing covered": (
        REQUEST,
        {},
        "test-key-rsa-pss",
        {"nonce": "b3k2pp5k7z-50gnwp.yemd"},
        (
            "d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7"
            "ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsf"
            "xVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8s"
            "sinQ98Xw9Q=="
        ),
    ),
    "B.2.2, some of it, with a tag": (
        REQUEST,
        {'"@authority"': "example.com", '"content-digest"': HELLO_DIGEST, '"@query-param";name="Pet"': "dog"},
        "test-key-rsa-pss",
        {"tag": "header-example"},
        (
            "LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+ECx"
            "CmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2"
            "fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4"
            "bXTugEjHSw=="
        ),
    ),
    "B.2.3, all of it": (
        REQUEST,
        {
            '"date"': "Tue, 20 Apr 2021 02:07:55 GMT",
            '"@method"': "POST",
            '"@path"': "/foo",
            '"@query"': "?param=Value&Pet=dog",
            '"@authority"': "example.com",
            '"content-type"': "application/json",
            '"content-digest"': HELLO_DIGEST,
            '"content-length"': "18",
        },
        "test-key-rsa-pss",
        {},
        (
            "bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K"
            "0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xM"
            "y7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIzts"
            "DZKEgM4cUA=="
        ),
    ),
    "B.2.4, an answer": (
        ANSWER,
        {
            '"@status"': "200",
            '"content-type"': "application/json",
            '"content-digest"': GOOD_DOG_DIGEST,
            '"content-length"': "23",
        },
        "test-key-ecc-p256",
        {},
        "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==",
    ),
    "B.2.5, with a shared secret": (
        REQUEST,
        {
            '"date"': "Tue, 20 Apr 2021 02:07:55 GMT",
            '"@authority"': "example.com",
            '"content-type"': "application/json",
        },
        "test-shared-secret",
        {},
        "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=",
    ),
    "B.2.6, with Ed25519": (
        REQUEST,
        {
            '"date"': "Tue, 20 Apr 2021 02:07:55 GMT",
            '"@method"': "POST",
            '"@path"': "/foo",
            '"@authority"': "example.com",
            '"content-type"': "application/json",
            '"content-length"': "18",
        },
        "test-key-ed25519",
        {},
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==",
    ),
    "B.3, behind a proxy": (
        BEHIND_PROXY,
        {
            '"@path"': "/foo",
            '"@query"': "?param=Value&Pet=dog",
            '"@method"': "POST",
            '"@authority"': "service.internal.example",
            '"client-cert"': CLIENT_CERT,
        },
        "test-key-ecc-p256",
        {},
        "xVMHVpawaAC/0SbHrKRs9i8I3eOs5RtTMGCWXm/9nvZzoHsIg6Mce9315T6xoklyy0yzhD9ah4JHRwMLOgmizw==",
    ),
}
EACH = pytest.mark.parametrize(("message", "covered", "keyid", "more", "signature"), EXAMPLES.values(), ids=EXAMPLES)


def base_of(covered: dict[str, str], keyid: str, more: dict[str, str]) -> str:
    """The base as the RFC prints it, with the lines that it folds put together."""
    parameters = f'({" ".join(covered)});created=1618884473;keyid="{keyid}"'
    extra = "".join(starmap(';{}="{}"'.format, more.items()))
    lines = [f"{name}: {value}" for name, value in covered.items()]
    return "\n".join([*lines, f'"@signature-params": {parameters}{extra}'])


@EACH
def test_the_base_is_the_printed_one(
    message: SignedRequest | SignedAnswer, covered: dict[str, str], keyid: str, more: dict[str, str], signature: str
) -> None:
    del signature
    prepared = HTTPMessageSigner(signature_algorithm=KEYS[keyid][0]).prepare(
        message,
        key_id=keyid,
        created=CREATED,
        nonce=more.get("nonce"),
        tag=more.get("tag"),
        include_alg=False,
        covered_component_ids=tuple(covered),
        use_existing_digest="Content-Digest" in message.headers,
    )
    assert prepared.signature_base.decode() == base_of(covered, keyid, more)


@EACH
def test_the_printed_signature_verifies(
    message: SignedRequest | SignedAnswer, covered: dict[str, str], keyid: str, more: dict[str, str], signature: str
) -> None:
    del message
    algorithm, key = KEYS[keyid]
    base = base_of(covered, keyid, more).encode()
    algorithm(public_key=key).verify(signature=base64std.decode(signature), message=base)


def test_our_key_makes_the_very_signature_of_b_2_6() -> None:
    _, covered, keyid, more, signature = EXAMPLES["B.2.6, with Ed25519"]
    key = SigningKey(ED25519_SEED)
    assert base64std.encode(key.sign(base_of(covered, keyid, more).encode())) == signature


DIGESTS = {
    "RFC 9421, B.2, the request": (HELLO, HELLO_DIGEST),
    "RFC 9421, B.2, the answer": (GOOD_DOG, GOOD_DOG_DIGEST),
    "RFC 9530, B.1, in SHA-256": (b'{"hello": "world"}\n', "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"),
    "RFC 9530, B.2, of no content": (b"", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
}


@pytest.mark.parametrize(("content", "printed"), DIGESTS.values(), ids=DIGESTS)
def test_the_digest_is_the_printed_one(content: bytes, printed: str) -> None:
    algorithm, _, value = printed.partition("=")
    computed = hashlib.new(algorithm.replace("-", ""), content).digest()
    assert f":{base64std.encode(computed)}:" == value
    ContentDigest.verify(printed, content)


def test_our_digests_are_in_sha_256() -> None:
    content, printed = DIGESTS["RFC 9530, B.1, in SHA-256"]
    assert content_fields("application/json", content)["Content-Digest"] == printed
