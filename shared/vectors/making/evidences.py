"""Vectors about evidence files: one invented referral with a message each way, and what can be wrong with its file."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterator

from relevo.protocol import base64url, strict_json
from vectors.making import logs, parties
from vectors.making.cases import Json, bad, good
from vectors.making.parties import BASIS, HOST, HOST_ID, NOW, ORIGIN, ORIGIN_ID, SOP, SOP_TEXT, THREAD, signed
from vectors.making.tampering import changed, spoilt

RINGS = {HOST_ID: HOST, ORIGIN_ID: ORIGIN}
SAYS = {HOST_ID: parties.HOST_SAYS, ORIGIN_ID: parties.ORIGIN_SAYS}
JTIS = (parties.JTI, "01a202b2-c500-7c1e-8a4b-1f2e3d4c5b6a")


def cases() -> Iterator[Json]:
    """Files that hold, files that do not, and files that are none."""
    yield good("a referral with a message each way", {"ok": True, "codes": []}, file=_text(_file()))
    yield good("the same, and a file that went over", {"ok": True, "codes": []}, file=_text(_with_file()))
    for name, (code, change) in _FAULTS.items():
        given = copy.deepcopy(_file())
        change(given)
        yield good(name, {"ok": False, "codes": code.split()}, file=_text(given))
    for name, (code, change) in _FILE_FAULTS.items():
        given = copy.deepcopy(_with_file())
        change(given)
        yield good(name, {"ok": False, "codes": code.split()}, file=_text(given))
    for name, change in _MALFORMED.items():
        given = copy.deepcopy(_file())
        change(given)
        yield bad(name, "evidence-malformed", file=_text(given))
    yield bad("no JSON", "evidence-malformed", file="relevo-evidence-v1")


def _file() -> Json:
    messages = [_message(HOST_ID, "requested", NOW, 0), _message(ORIGIN_ID, "acknowledged", NOW + 3600, 1)]
    return {
        "format": "relevo-evidence-v1",
        "node": HOST_ID,
        "peer": ORIGIN_ID,
        "thread": THREAD,
        "made_at": NOW + 86_400,
        "statements": {ORIGIN_ID: [SAYS[ORIGIN_ID]], HOST_ID: [SAYS[HOST_ID]]},
        "sops": [{"text": SOP_TEXT, "signatures": {node: _sop_signature(node) for node in sorted(RINGS)}}],
        "messages": messages,
        "log": _log(_records(messages)),
    }


def _with_file() -> Json:
    """The same file with an attached file: its receipt, and both records of it."""
    found = _file()
    digest, at = base64url.digest(b"sealed bytes"), NOW + 7200
    said: Json = {"iss": ORIGIN_ID, "aud": HOST_ID, "file": digest, "disposition": "stored", "code": None}
    receipt = signed({**said, "received_at": at}, ORIGIN.signing, "relevo-file-receipt+jwt")
    names = {"file": digest, "thread": THREAD, "peer": ORIGIN_ID}
    records = [
        *_records(found["messages"]),
        {"type": "file-sent", "at": at, **names},
        {"type": "file-receipt-got", "at": at, "receipt": base64url.digest(receipt.encode()), **names},
    ]
    attached = {"direction": "sent", "digest": digest, "receipt": receipt}
    return {**found, "files": [attached], "log": _log(records)}


def _message(iss: str, kind: str, at: int, number: int) -> Json:
    aud = ORIGIN_ID if iss == HOST_ID else HOST_ID
    names = {"iss": iss, "aud": aud, "jti": JTIS[number], "thread": THREAD, "kind": kind}
    claims = {**names, "iat": at, "cnf": {"jwk": RINGS[aud].presentation.public.jwk}}
    content = parties.issued(claims, {"step": {"name": kind, "by": "intake"}}, RINGS[iss].signing).jwt
    attempt = {"epoch": 1, "seq": 1, "iat": at, "kem": RINGS[aud].encryption.kid, "sealed": SOP}
    outside = {"sop": SOP, "basis": BASIS.claim, "content": base64url.digest(content.encode())}
    manifest = signed({**names, **outside, **attempt}, RINGS[iss].signing, "relevo-envelope+jwt")
    receipt: Json = {
        "iss": aud,
        "aud": iss,
        "of": base64url.digest(manifest.encode()),
        "jti": JTIS[number],
        "disposition": "stored",
        "code": None,
        "received_at": at + 60,
        "due": [],
    }
    token = signed(receipt, RINGS[aud].signing, "relevo-receipt+jwt")
    direction = "sent" if iss == HOST_ID else "received"
    return {"direction": direction, "manifest": manifest, "content": content, "receipt": token}


def _sop_signature(node: str) -> str:
    other = ORIGIN_ID if node == HOST_ID else HOST_ID
    return signed({"iss": node, "aud": other, "sop": SOP, "iat": NOW}, RINGS[node].signing, "relevo-sop+jwt")


def _records(messages: list[Json]) -> list[Json]:
    digest = base64url.digest(SAYS[ORIGIN_ID].encode())
    yours = {"type": "peer", "at": NOW, "peer": ORIGIN_ID, "state": "active", "statement": digest}
    signature = base64url.digest(_sop_signature(ORIGIN_ID).encode())
    agreed = {"type": "sop", "at": NOW, "sop": SOP, "peer": ORIGIN_ID, "state": "agreed", "signature": signature}
    records: list[Json] = [yours, agreed]
    for number, message in enumerate(messages):
        sent, at = message["direction"] == "sent", NOW + number * 3600
        names = {"jti": JTIS[number], "thread": THREAD, "peer": ORIGIN_ID}
        manifest, receipt = (base64url.digest(message[name].encode()) for name in ("manifest", "receipt"))
        records.append(
            {"type": "message-sent" if sent else "message-received", "at": at, "manifest": manifest, **names}
        )
        records.append({"type": "receipt-got" if sent else "receipt-made", "at": at + 60, "receipt": receipt, **names})
    return records


def _log(records: list[Json]) -> Json:
    written = [json.dumps(record, separators=(",", ":")).encode() for record in records]
    salts = [parties.stretch(f"log salt {number}", 16) for number in range(len(records))]
    inner = [hashlib.sha256(record).digest() for record in written]
    leaves = [
        logs.leaf(hashlib.sha256(b"relevo-entry-v1\0" + salt + one).digest())
        for salt, one in zip(salts, inner, strict=True)
    ]
    entries = [
        {
            "record": base64url.encode(record),
            "salt": base64url.encode(salt),
            "index": index,
            "proof": [logs.padded(one) for one in logs.path(index, leaves)],
        }
        for index, (record, salt) in enumerate(zip(written, salts, strict=True))
    ]
    head = f"{HOST_ID}/log\n{len(leaves)}\n{logs.padded(logs.root_of(leaves))}\n"
    return {"checkpoint": logs.note(head), "entries": entries}


def _text(given: Json) -> str:
    return strict_json.dump(given).decode() + "\n"


def _another_receipt(given: Json) -> None:
    message = given["messages"][0]
    message["receipt"] = changed(message["receipt"], ORIGIN.signing, received_at=NOW + 61)


def _spoilt(given: Json) -> None:
    given["messages"][0]["content"] = spoilt(given["messages"][0]["content"])


def _other_content(given: Json) -> None:
    given["messages"][0]["content"] = given["messages"][1]["content"]


def _shorter_proof(given: Json) -> None:
    given["log"]["entries"][0]["proof"].pop()


def _other_salt(given: Json) -> None:
    given["log"]["entries"][0]["salt"] = base64url.encode(bytes(16))


def _changed_text(given: Json) -> None:
    given["sops"][0]["text"] += "# changed\n"


_FAULTS: dict[str, tuple[str, Callable[[Json], None]]] = {
    "a receipt that is not the logged one": ("log-entry-missing", _another_receipt),
    "a content whose signature was changed": ("bad-signature", _spoilt),
    "the content of another message": ("content-mismatch", _other_content),
    "a proof that is too short": ("log-proof-failed", _shorter_proof),
    "an entry with another salt": ("log-proof-failed", _other_salt),
    "a SOP of which the text was changed": ("sop-changed sop-not-in-file", _changed_text),
}
_FILE_FAULTS: dict[str, tuple[str, Callable[[Json], None]]] = {
    "an attached file that is left out": ("log-record-mismatch", lambda given: given.pop("files")),
    "a receipt for another attached file": (
        "file-receipt-mismatch log-entry-missing log-record-mismatch",
        lambda given: given["files"][0].update(digest=SOP),
    ),
}
_MALFORMED: dict[str, Callable[[Json], None]] = {
    "another format": lambda given: given.update(format="relevo-evidence-v2"),
    "a member too many": lambda given: given.update(names=[]),
    "no log": lambda given: given.pop("log"),
    "both nodes are one": lambda given: given.update(peer=HOST_ID),
    "a direction that is none": lambda given: given["messages"][0].update(direction="lost"),
    "a salt of 15 bytes": lambda given: given["log"]["entries"][0].update(salt=base64url.encode(bytes(15))),
    "an index as text": lambda given: given["log"]["entries"][0].update(index="0"),
    "no attached file, and a list of them": lambda given: given.update(files=[]),
    "an attached file without a digest": lambda given: given.update(files=[{"direction": "sent", "receipt": None}]),
    "a node without statement": lambda given: given["statements"].update({HOST_ID: []}),
    "a signature of somebody else": lambda given: given["sops"][0]["signatures"].update({"gn:passage": "x"}),
}
