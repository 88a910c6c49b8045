"""Keys: figures of the standards, and a table of keys that nobody should take."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from relevo.protocol import base64url
from relevo.protocol.keys import SUITES, BadSignature, DecryptionKey, EncryptionKey, SigningKey, UnfitKey, VerifyKey
from support.wire_pair import ORIGIN

PRIME = 2**255 - 19
ORDER_8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
GOOD = ORIGIN.encryption.public
CURVE = DecryptionKey(bytes(range(32))).public

# RFC 8037, appendix A: one key, its thumbprint (A.3) and a signature (A.4).
RFC_8037 = SigningKey(base64url.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
RFC_8037_INPUT = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
RFC_8037_SIGNATURE = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"


def y(value: int, *, sign: int = 0) -> bytes:
    return (value | sign << 255).to_bytes(32, "little")


def test_the_public_half_and_thumbprint_are_those_of_rfc_8037() -> None:
    assert RFC_8037.public.jwk["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert RFC_8037.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_signature_is_that_of_rfc_8037() -> None:
    signature = RFC_8037.sign(RFC_8037_INPUT)
    assert base64url.encode(signature) == RFC_8037_SIGNATURE
    RFC_8037.public.verify(signature, RFC_8037_INPUT)


# RFC 8032, section 7.1: seed, public key, message, signature. TEST 1024 is left out for its length.
RFC_8032 = {
    "TEST 1": (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
            "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    "TEST 2": (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da0"
            "85ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    "TEST 3": (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac1"
            "8ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    "TEST SHA(abc)": (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b5890"
            "9351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
}


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC_8032.values(), ids=RFC_8032)
def test_key_and_signature_are_those_of_rfc_8032(seed: str, public: str, message: str, signature: str) -> None:
    key, text = SigningKey(bytes.fromhex(seed)), bytes.fromhex(message)
    assert (key.public.raw.hex(), key.sign(text).hex()) == (public, signature)
    VerifyKey(bytes.fromhex(public)).verify(bytes.fromhex(signature), text)


UNFIT: dict[str, Callable[[], object]] = {
    "the identity, under which one signature verifies all": lambda: VerifyKey(y(1)),
    "the identity with a sign": lambda: VerifyKey(y(1, sign=1)),
    "the point of order 2": lambda: VerifyKey(y(PRIME - 1)),
    "a point of order 4": lambda: VerifyKey(y(0)),
    "the other point of order 4": lambda: VerifyKey(y(0, sign=1)),
    "a point of order 8": lambda: VerifyKey(bytes.fromhex(ORDER_8)),
    "its mirror image": lambda: VerifyKey(y(int.from_bytes(bytes.fromhex(ORDER_8), "little"), sign=1)),
    "its opposite": lambda: VerifyKey(y(PRIME - int.from_bytes(bytes.fromhex(ORDER_8), "little"))),
    "the identity, not canonical": lambda: VerifyKey(y(PRIME + 1)),
    "a number above the prime": lambda: VerifyKey(y(PRIME + 3)),
    "a number that is not on the curve": lambda: VerifyKey(y(2)),
    "31 bytes": lambda: VerifyKey(bytes(31)),
    "33 bytes": lambda: VerifyKey(bytes(33)),
    "a JWK with a private half": lambda: VerifyKey.from_jwk({**RFC_8037.public.jwk, "d": "AA"}),
    "a JWK of X25519": lambda: VerifyKey.from_jwk({**RFC_8037.public.jwk, "crv": "X25519"}),
    "a JWK of another type": lambda: VerifyKey.from_jwk({**RFC_8037.public.jwk, "kty": "EC"}),
    "a JWK without a text": lambda: VerifyKey.from_jwk({**RFC_8037.public.jwk, "x": 1}),
    "no JWK": lambda: VerifyKey.from_jwk("x"),
    "a seed of 31 bytes": lambda: SigningKey(bytes(31)),
    "a decryption seed of 64 bytes": lambda: DecryptionKey(bytes(64)),
    "a fresh key of a suite that is not known": lambda: DecryptionKey.generate("X-Wind"),
    "an X-Wing key of all zeros": lambda: EncryptionKey(bytes(1216)),
    "an X-Wing key with an X25519 half of zeros": lambda: EncryptionKey(GOOD.raw[:1184] + bytes(32)),
    "an X-Wing key with coefficients above the modulus": lambda: EncryptionKey(b"\xff" * 1184 + GOOD.raw[1184:]),
    "an X-Wing key that is too short": lambda: EncryptionKey(GOOD.raw[:-1]),
    "an X-Wing key under another kid": lambda: EncryptionKey.from_object({**GOOD.written, "kid": RFC_8037.kid}),
    "an X-Wing key under another suite": lambda: EncryptionKey.from_object({**GOOD.written, "suite": "X25519"}),
    "an X25519 key under another suite": lambda: EncryptionKey.from_object({**CURVE.written, "suite": "X-Wing"}),
    "an encryption key of no known suite": lambda: EncryptionKey.from_object({**GOOD.written, "suite": "P-256"}),
    "an encryption key of a suite that is no text": lambda: EncryptionKey.from_object({**GOOD.written, "suite": []}),
    "an encryption key with a member too many": lambda: EncryptionKey.from_object({**GOOD.written, "more": 1}),
    "no encryption key": lambda: EncryptionKey.from_object([]),
}


@pytest.mark.parametrize("make", UNFIT.values(), ids=UNFIT)
def test_unfit_is(make: Callable[[], object]) -> None:
    with pytest.raises(UnfitKey) as refused:
        make()
    assert refused.value.code == "unfit-key"


def test_a_fresh_key_is_fit_and_reads_back() -> None:
    key = SigningKey.generate()
    assert VerifyKey.from_jwk(key.public.jwk) == key.public


@pytest.mark.parametrize("suite", SUITES)
def test_a_fresh_encryption_key_is_of_its_suite_and_reads_back(suite: str) -> None:
    sealing = DecryptionKey.generate(suite)
    assert sealing.suite == sealing.public.suite == sealing.public.written["suite"] == suite
    assert EncryptionKey.from_object(sealing.public.written) == sealing.public


def test_an_x_wing_key_is_that_of_the_draft() -> None:
    seed = bytes.fromhex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26")
    public = DecryptionKey(hashlib.shake_256(seed).digest(96)).public.raw.hex()
    # draft-connolly-cfrg-xwing-kem, appendix C, first vector: the beginning and the end of pk
    assert public.startswith("e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5")
    assert public.endswith("859edb06eff389b27dce59844570216223593d4ba32d9abac8cd049040ef6534")


def test_another_text_or_key_does_not_verify() -> None:
    signature = RFC_8037.sign(b"text")
    with pytest.raises(BadSignature):
        RFC_8037.public.verify(signature, b"texT")
    with pytest.raises(BadSignature):
        ORIGIN.signing.public.verify(signature, b"text")
    with pytest.raises(BadSignature):
        RFC_8037.public.verify(signature[:-1], b"text")


@pytest.mark.parametrize("key", [ORIGIN.signing, ORIGIN.encryption], ids=["signing", "decryption"])
def test_a_private_key_is_never_shown(key: SigningKey | DecryptionKey) -> None:
    assert repr(key) == f"{type(key).__name__}(kid={key.kid})"
