"""Vectors about the post around messages: parts of streams, bundles, sealed files and the receipts for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from relevo.protocol import base64url
from vectors.making import parties
from vectors.making.cases import Json, Vectors, bad, good, vectors
from vectors.making.parties import HOST, HOST_ID, JTI, NOW, ORIGIN, ORIGIN_ID, SOP, STATEMENTS, STRANGER, signed
from vectors.making.tampering import changed, spoilt

LATER, LATEST = "01a2027b-d681-7000-8000-000000000000", "01a2027b-d682-7000-8000-000000000000"
LAST = 2**53 - 1
CHUNK = 65_536


def files() -> Iterator[Vectors]:
    """All of them."""
    shared: Json = {"statements": STATEMENTS, "at": NOW + 60}
    yield vectors("stream-list", "A part of a stream as one of its ends knows it.", _lists(), **shared)
    yield vectors("bundle", "The post as a file.", _bundles(), **shared)
    key = parties.stretch("a file key", 32).hex()
    yield vectors("sealed-file", "Files sealed in chunks (AES-256-GCM).", _sealed_files(), key=key)
    yield vectors("file-receipt", "The receiver's signed word about a file.", _receipts(), **shared)


PLACES: Json = [[1, JTI, SOP, SOP], [3, LATER, SOP, None]]
LIST_FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "a stream that is neither": ("malformed-claims", {"of": "lost"}),
    "places out of order": ("malformed-claims", {"places": PLACES[::-1]}),
    "a place twice": ("malformed-claims", {"places": [PLACES[0], PLACES[0]]}),
    "a place before the part": ("malformed-claims", {"from": 2}),
    "a place behind the part": ("malformed-claims", {"to": 2}),
    "a place 0": ("malformed-claims", {"places": [[0, JTI, SOP, SOP]]}),
    "a place of three parts": ("malformed-claims", {"places": [[1, JTI, SOP]]}),
    "a place of five parts": ("malformed-claims", {"places": [[1, JTI, SOP, SOP, None]]}),
    "a place without manifest": ("malformed-claims", {"places": [[1, JTI, None, SOP]]}),
    "a jti of version 4": ("malformed-claims", {"places": [[1, parties.THREAD, SOP, SOP]]}),
    "a digest whose last bits are not zero": ("malformed-claims", {"places": [[1, JTI, "A" * 42 + "B", SOP]]}),
    "501 places": ("malformed-claims", {"places": [[number + 1, JTI, SOP, SOP] for number in range(501)]}),
    "more that is 1": ("malformed-claims", {"more": 1}),
    "no more": ("malformed-claims", {"more": None}),
    "epoch 0": ("malformed-claims", {"epoch": 0}),
    "a member too many": ("malformed-claims", {"tokens": []}),
    "dated ahead": ("from-the-future", {"iat": NOW + 361}),
    "of another node": ("wrong-issuer", {"iss": HOST_ID}),
}


def _lists() -> Iterator[Json]:
    told: Json = {"of": "received", "epoch": 1, "from": 1, "to": LAST, "more": False, "places": PLACES}
    payload = {"iss": ORIGIN_ID, "aud": HOST_ID, **told, "iat": NOW}
    token = signed(payload, ORIGIN.signing, "relevo-stream+jwt")
    yield good("two places with a gap", told, token=token)
    variants: dict[str, Json] = {
        "nothing": {"places": []},
        "one place of an epoch, and others follow": {"of": "sent", "epoch": 2, "to": 3, "more": True},
        "500 places": {"places": [[number + 1, JTI, SOP, None] for number in range(500)]},
    }
    for name, change in variants.items():
        yield good(name, {**told, **change}, token=changed(token, ORIGIN.signing, **change))
    for name, (error, changes) in LIST_FAULTS.items():
        yield bad(name, error, token=changed(token, ORIGIN.signing, **changes))
    yield bad("signed by a stranger", "key-unknown", token=changed(token, STRANGER.signing))
    yield bad("a signature that was changed", "bad-signature", token=spoilt(token))
    yield bad("a summary in its place", "wrong-type", token=signed(payload, ORIGIN.signing, "relevo-summary+jwt"))


def _line(value: Json) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"


def _bundle(lines: list[str], **changes: Json) -> str:
    text = "".join(lines)
    head = {
        "iss": HOST_ID,
        "aud": ORIGIN_ID,
        "id": LATER,
        "of": "envelopes",
        "answers": None,
        "count": len(lines),
        "digest": base64url.digest(text.encode()),
        "iat": NOW,
    }
    kept = {name: value for name, value in {**head, **changes}.items() if value != "absent"}
    return f"{signed(kept, HOST.signing, 'relevo-bundle+jwt')}\n{text}"


BUNDLE_FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "a count too high": ("bundle-broken", {"count": 3}),
    "another digest": ("bundle-broken", {"digest": SOP}),
    "neither envelopes nor results": ("malformed-claims", {"of": "letters"}),
    "an id of version 4": ("malformed-claims", {"id": parties.THREAD}),
    "no answers": ("malformed-claims", {"answers": "absent"}),
    "a count as text": ("malformed-claims", {"count": "2"}),
    "a member too many": ("malformed-claims", {"courier": "by hand"}),
    "dated ahead": ("from-the-future", {"iat": NOW + 361}),
    "of another node": ("wrong-issuer", {"iss": ORIGIN_ID}),
}


def _bundles() -> Iterator[Json]:
    content = parties.CONTENT
    sealed = parties.sealed_once(
        parties.plaintext(content, parties.BASIS),
        ORIGIN.encryption,
        parties.info(parties.message_of(content), ORIGIN.encryption.kid),
    )
    lines = [_line(parties.envelope_of(parties.message_of(content), sealed))]
    told: Json = {"iss": HOST_ID, "aud": ORIGIN_ID, "of": "envelopes", "answers": None, "count": 1}
    yield good("an envelope", told, file=_bundle(lines))
    yield good("nothing", {**told, "count": 0}, file=_bundle([]))
    results = [_line({"jti": JTI, "problem": {"code": "sop-unknown"}}), _line({"jti": None, "problem": {"code": "x"}})]
    answered: Json = {"of": "results", "answers": LATEST}
    yield good("answers to another bundle", {**told, **answered, "count": 2}, file=_bundle(results, **answered))
    for name, (error, changes) in BUNDLE_FAULTS.items():
        yield bad(name, error, file=_bundle(results, **changes))
    whole = _bundle(results)
    yield bad("cut within the last line", "bundle-broken", file=whole[:-5])
    yield bad("without its last newline", "bundle-broken", file=whole[:-1])
    yield bad("without its last line", "bundle-broken", file=_bundle(results).replace(results[1], ""))
    yield bad("with a line more", "bundle-broken", file=whole + results[0])
    yield bad("lines in another order", "bundle-broken", file=whole.replace("".join(results), "".join(results[::-1])))
    yield bad("with other line ends", "bundle-broken", file=whole.replace("}\n", "}\r\n"))
    head, _, rest = whole.partition("\n")
    yield bad("a head that was changed", "bad-signature", file=f"{spoilt(head)}\n{rest}")
    yield bad("signed by a stranger", "key-unknown", file=f"{changed(head, STRANGER.signing)}\n{rest}")
    yield bad("without a head", "malformed-jws", file=rest)


def _sealed(raw: bytes, *, padded: bytes | None = None, key: bytes = parties.stretch("a file key", 32)) -> bytes:
    """A file sealed by hand, its padding and its length as they are given."""
    plain = _padded(raw) if padded is None else padded
    chunks = [plain[at : at + CHUNK] for at in range(0, len(plain), CHUNK)]
    cipher, first = AESGCM(key), b"relevo-file-v1\n"
    last = len(chunks) - 1
    nonces = [number.to_bytes(11) + bytes([number == last]) for number in range(len(chunks))]
    return first + b"".join(cipher.encrypt(nonce, chunk, first) for nonce, chunk in zip(nonces, chunks, strict=True))


def _padded(raw: bytes) -> bytes:
    length = 8 + len(raw)
    exponent = length.bit_length() - 1
    step = 1 << exponent - exponent.bit_length()
    return len(raw).to_bytes(8) + raw + bytes(-length % step)


def _sealed_files() -> Iterator[Json]:
    small, large = b"%PDF-1.7 invented\n", parties.stretch("a file of two chunks", CHUNK + 100)
    yield good("a small file", small.hex(), sealed=_sealed(small).hex())
    yield good("no bytes", "", sealed=_sealed(b"").hex())
    yield good("two chunks", large.hex(), sealed=_sealed(large).hex())
    full = parties.stretch("a file of one full chunk", CHUNK - 8)
    yield good("one full chunk", full.hex(), sealed=_sealed(full).hex())
    whole, sealed = _sealed(large), _sealed(small)
    head, end = whole[:15], 15 + CHUNK + 16
    shown = {
        "another first line": b"relevo-file-v2\n" + sealed[15:],
        "no first line": sealed[15:],
        "the first line alone": sealed[:15],
        "nothing": b"",
        "a bit of the first chunk": sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:],
        "a bit of the tag": sealed[:-1] + bytes([sealed[-1] ^ 1]),
        "without the last chunk": whole[:end],
        "without the first chunk": head + whole[end:],
        "chunks in another order": head + whole[end:] + whole[15:end],
        "the first chunk twice": whole[:end] + whole[15:],
        "a byte more": sealed + b"\0",
        "a byte less": sealed[:-1],
        "padding that is not zeros": _sealed(b"", padded=(2).to_bytes(8) + b"ab" + b"\1"),
        "a length beyond the end": _sealed(b"", padded=(9).to_bytes(8) + b"ab"),
        "no length": _sealed(b"", padded=b"abc"),
    }
    yield from (bad(name, "file-unreadable", sealed=one.hex()) for name, one in shown.items())
    yield bad("under another key", "file-unreadable", sealed=sealed.hex(), key=bytes(32).hex())
    yield bad("under a key of 16 bytes", "file-unreadable", sealed=sealed.hex(), key=bytes(16).hex())


RECEIPT_FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "neither stored nor refused": ("malformed-claims", {"disposition": "queued"}),
    "stored with a code": ("malformed-claims", {"code": "file-infected"}),
    "refused without a code": ("malformed-claims", {"disposition": "refused"}),
    "a code that is no word": ("malformed-claims", {"disposition": "refused", "code": "Infected!"}),
    "a file that is no digest": ("malformed-claims", {"file": "scan.pdf"}),
    "a member too many": ("malformed-claims", {"seen_by": "intake"}),
    "dated ahead": ("from-the-future", {"received_at": NOW + 361}),
    "by the sender itself": ("wrong-issuer", {"iss": HOST_ID}),
}


def _receipts() -> Iterator[Json]:
    told: Json = {"file": SOP, "disposition": "stored", "code": None, "received_at": NOW}
    payload = {"iss": ORIGIN_ID, "aud": HOST_ID, **told}
    token = signed(payload, ORIGIN.signing, "relevo-file-receipt+jwt")
    yield good("stored", told, token=token)
    refused: Json = {"disposition": "refused", "code": "file-infected"}
    yield good("refused", {**told, **refused}, token=signed({**payload, **refused}, ORIGIN.signing, _TYP))
    for name, (error, changes) in RECEIPT_FAULTS.items():
        yield bad(name, error, token=signed({**payload, **changes}, ORIGIN.signing, _TYP))
    yield bad("signed by a stranger", "key-unknown", token=changed(token, STRANGER.signing))
    yield bad("a signature that was changed", "bad-signature", token=spoilt(token))
    yield bad("a receipt for a message", "wrong-type", token=signed(payload, ORIGIN.signing, "relevo-receipt+jwt"))


_TYP = "relevo-file-receipt+jwt"
