"""Vectors about a node's log and what is shown of it: tree, checkpoint, proof, records, evidence."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator

from relevo.protocol import base64url
from relevo.protocol.keys import SigningKey
from vectors.making import evidences, parties
from vectors.making.cases import Json, Vectors, bad, good, vectors
from vectors.making.parties import HOST, HOST_ID, NOW, ORIGIN_ID, STRANGER, THREAD

ORIGIN = f"{HOST_ID}/log"
ENTRIES = [hashlib.sha256(bytes([number])).digest() for number in range(11)]
RFC6962 = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
"""The leaves that implementations of RFC 6962 test with, first of all those of Certificate Transparency."""


def leaf(entry: bytes) -> bytes:
    """The hash of an entry as leaf."""
    return hashlib.sha256(b"\0" + entry).digest()


def root_of(leaves: list[bytes]) -> bytes:
    """The root over leaf hashes, as RFC 6962, section 2.1, writes it down."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root_of(leaves[:middle]) + root_of(leaves[middle:])).digest()


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    if index < middle:
        return [*path(index, leaves[:middle]), root_of(leaves[middle:])]
    return [*path(index - middle, leaves[middle:]), root_of(leaves[:middle])]


def growth(old: int, leaves: list[bytes], *, known: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2."""
    if old == len(leaves):
        return [] if known else [root_of(leaves)]
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= middle:
        return [*growth(old, leaves[:middle], known=known), root_of(leaves[middle:])]
    return [*growth(old - middle, leaves[middle:], known=False), root_of(leaves[:middle])]


LEAVES = [leaf(entry) for entry in ENTRIES]


def files() -> Iterator[Vectors]:
    """All of them."""
    yield vectors("merkle-tree", "Roots (RFC 6962, 2.1).", _trees())
    yield vectors("merkle-inclusion", "That an entry is in the log (RFC 6962, 2.1.1).", _inclusions())
    yield vectors("merkle-consistency", "That a log only grew (RFC 6962, 2.1.2).", _consistencies())
    key = HOST.log.public.jwk
    yield vectors("signed-note", "Signed notes (C2SP signed-note).", _notes(), name=ORIGIN, key=key)
    yield vectors("checkpoint", "Heads of a log (C2SP tlog-checkpoint).", _checkpoints(), origin=ORIGIN, key=key)
    yield vectors("log-proof", "Proofs to take away (C2SP tlog-proof).", _proofs(), origin=ORIGIN, key=key)
    yield vectors("log-record", "What a node writes into its log.", _records())
    yield vectors("log-entry", "What stands in the tree for it.", _entries())
    yield vectors("evidence", "The evidence file of one referral.", evidences.cases())


def _trees() -> Iterator[Json]:
    for size in (0, 1, 2, 3, 4, 5, 7, 8, 11):
        root = root_of(LEAVES[:size]).hex()
        yield good(f"{size} entries", root, entries=[entry.hex() for entry in ENTRIES[:size]])
    known = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    yield good("the eight leaves that others test with", known, entries=[entry.hex() for entry in RFC6962])


def _inclusion(index: int, size: int) -> Json:
    proof = [one.hex() for one in path(index, LEAVES[:size])]
    return {
        "leaf": LEAVES[index].hex(),
        "index": index,
        "size": size,
        "proof": proof,
        "root": root_of(LEAVES[:size]).hex(),
    }


def _inclusions() -> Iterator[Json]:
    for index, size in ((0, 1), (0, 2), (1, 2), (2, 3), (3, 7), (6, 7), (0, 8), (10, 11)):
        yield good(f"entry {index} of {size}", True, **_inclusion(index, size))
    given = _inclusion(3, 7)
    faults: dict[str, Json] = {
        "another leaf": {"leaf": LEAVES[4].hex()},
        "another index": {"index": 2},
        "an index beyond the end": {"index": 7},
        "a size that needs more hashes": {"size": 20},
        "another root": {"root": root_of(LEAVES[:8]).hex()},
        "a hash too few": {"proof": given["proof"][:-1]},
        "a hash too many": {"proof": [*given["proof"], given["root"]]},
        "hashes in the wrong order": {"proof": given["proof"][::-1]},
        "a hash of 31 bytes": {"proof": [given["proof"][0][:-2], *given["proof"][1:]]},
        "an inner node in place of a leaf": {"leaf": root_of(LEAVES[2:4]).hex(), "proof": given["proof"][1:]},
    }
    yield from (bad(name, "log-proof-failed", **{**given, **change}) for name, change in faults.items())


def _consistency(old: int, new: int) -> Json:
    proof = growth(old, LEAVES[:new]) if old else []
    before, after = root_of(LEAVES[:old]).hex(), root_of(LEAVES[:new]).hex()
    return {"old": old, "old_root": before, "new": new, "new_root": after, "proof": [one.hex() for one in proof]}


def _consistencies() -> Iterator[Json]:
    for old, new in ((0, 0), (0, 5), (1, 1), (1, 2), (3, 7), (4, 8), (6, 8), (7, 11), (8, 11)):
        yield good(f"from {old} to {new}", True, **_consistency(old, new))
    given = _consistency(3, 7)
    faults: dict[str, Json] = {
        "another old root": {"old_root": root_of(LEAVES[:4]).hex()},
        "another new root": {"new_root": root_of(LEAVES[:8]).hex()},
        "sizes turned round": {"old": 7, "new": 3},
        "a hash too few": {"proof": given["proof"][:-1]},
        "a hash too many": {"proof": [*given["proof"], given["new_root"]]},
        "no proof": {"proof": []},
        "the same size with another root": {"new": 3, "proof": []},
    }
    yield from (bad(name, "log-consistency-failed", **{**given, **change}) for name, change in faults.items())
    yield bad("a proof from nothing", "log-consistency-failed", **{**_consistency(0, 5), "proof": given["proof"]})


def note(text: str, name: str = ORIGIN, key: SigningKey = HOST.log) -> str:
    """A signed note, written by hand from C2SP signed-note."""
    public = b"\1" + key.public.raw
    key_id = hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]
    return f"{text}\n\N{EM DASH} {name} {padded(key_id + key.sign(text.encode()))}\n"


def padded(raw: bytes) -> str:
    """Bytes as base64 with padding."""
    return base64.b64encode(raw).decode()


HEAD = f"{ORIGIN}\n7\n{padded(root_of(LEAVES[:7]))}\n"


def _notes() -> Iterator[Json]:
    text = "a line\nand another\n"
    other = note(text, "gn:passage/log", STRANGER.log).partition("\n\n")[2]
    yield good("a note", text, note=note(text))
    yield good("with a signature of somebody else", text, note=note(text) + other)
    yield good("with an empty line in the text", "a\n\nb\n", note=note("a\n\nb\n"))
    yield bad("signed by somebody else alone", "note-bad-signature", note=f"{text}\n{other}")
    yield bad("under another name", "note-bad-signature", note=note(text, "gn:passage/log"))
    yield bad("under another key", "note-bad-signature", note=note(text, key=STRANGER.log))
    yield bad("another text", "note-bad-signature", note=note(text).replace("another", "one more"))
    faults = {
        "no signature": f"{text}\n",
        "no empty line": note(text).replace("\n\n", "\n"),
        "no newline at the end": note(text)[:-1],
        "a hyphen for a dash": note(text).replace("\N{EM DASH}", "-"),
        "a control character": note("a\tb\n"),
        "a signature that is no base64": note(text).replace("=", "!"),
        "101 signatures": note(text) + other * 100,
        "nothing": "",
    }
    yield from (bad(name, "note-malformed", note=one) for name, one in faults.items())


def _checkpoints() -> Iterator[Json]:
    root = root_of(LEAVES[:7])
    yield good("seven entries", {"size": 7, "root": root.hex()}, note=note(HEAD))
    empty = hashlib.sha256(b"").digest()
    yield good("an empty log", {"size": 0, "root": empty.hex()}, note=note(f"{ORIGIN}\n0\n{padded(empty)}\n"))
    yield bad("of another log", "checkpoint-wrong-origin", note=note(HEAD.replace(ORIGIN, "gn:passage/log")))
    yield bad("signed by another key", "checkpoint-bad-signature", note=note(HEAD, key=HOST.witness))
    faults = {
        "an extension line": HEAD + "more\n",
        "no root": f"{ORIGIN}\n7\n",
        "a size with a leading zero": HEAD.replace("\n7\n", "\n07\n"),
        "a negative size": HEAD.replace("\n7\n", "\n-7\n"),
        "a root of 31 bytes": f"{ORIGIN}\n7\n{padded(root[:-1])}\n",
        "a root in base64url": f"{ORIGIN}\n7\n{base64url.encode(root)}\n",
    }
    yield from (bad(name, "checkpoint-malformed", note=note(text)) for name, text in faults.items())
    yield bad("no note", "checkpoint-malformed", note=HEAD)


def _proof(index: int = 3, header: str = "c2sp.org/tlog-proof@v1", more: str = "") -> str:
    siblings = "".join(f"{padded(one)}\n" for one in path(index, LEAVES[:7]))
    return f"{header}\n{more}index {index}\n{siblings}\n{note(HEAD)}"


def _proofs() -> Iterator[Json]:
    entry = ENTRIES[3].hex()
    yield good("entry 3 of 7", 7, text=_proof(), entry=entry)
    yield bad("another entry", "log-proof-failed", text=_proof(), entry=ENTRIES[4].hex())
    yield bad("another index", "log-proof-failed", text=_proof().replace("index 3", "index 2"), entry=entry)
    yield bad("a changed checkpoint", "checkpoint-bad-signature", text=_proof().replace("\n7\n", "\n8\n"), entry=entry)
    faults = {
        "another version": _proof(header="c2sp.org/tlog-proof@v2"),
        "an extra line": _proof(more="extra AAAA\n"),
        "no index": _proof().replace("index 3\n", ""),
        "an index with a leading zero": _proof().replace("index 3", "index 03"),
        "a hash that is no base64": _proof().replace("index 3\n", "index 3\n!\n"),
        "no checkpoint": _proof().partition("\n\n")[0],
    }
    yield from (bad(name, "log-proof-malformed", text=text, entry=entry) for name, text in faults.items())


SENT = {
    "type": "message-sent",
    "at": NOW,
    "manifest": parties.SOP,
    "jti": parties.JTI,
    "thread": THREAD,
    "peer": ORIGIN_ID,
}


def _compact(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))


def _records() -> Iterator[Json]:
    fields = {name: SENT[name] for name in ("manifest", "jti", "thread", "peer")}
    yield good("a message sent", {"type": "message-sent", "at": NOW, "fields": fields}, record=_compact(SENT))
    sop = {"sop": parties.SOP, "peer": ORIGIN_ID, "state": "proposed", "signature": None}
    told = {"type": "sop", "at": NOW, "fields": sop}
    yield good("a SOP that nobody has signed", told, record=_compact({"type": "sop", "at": NOW, **sop}))
    faults: dict[str, str] = {
        "members in another order": _compact(dict(reversed(SENT.items()))),
        "white space": json.dumps(SENT),
        "an unknown type": _compact({**SENT, "type": "gossip"}),
        "a member too many": _compact({**SENT, "name": "Awa"}),
        "a member too few": _compact({name: SENT[name] for name in SENT if name != "peer"}),
        "null where there must be text": _compact({**SENT, "jti": None}),
        "no time": _compact({name: SENT[name] for name in SENT if name != "at"}),
        "a time as text": _compact({**SENT, "at": str(NOW)}),
    }
    yield from (bad(name, "record-malformed", record=record) for name, record in faults.items())
    yield bad("no JSON", "malformed-json", record="{")


def _entries() -> Iterator[Json]:
    record, salt = _compact(SENT), bytes(range(16))
    inner = hashlib.sha256(record.encode()).digest()
    entry = hashlib.sha256(b"relevo-entry-v1\0" + salt + inner).hexdigest()
    yield good("a record under a salt", entry, record=record, salt=salt.hex())
    other = hashlib.sha256(b"relevo-entry-v1\0" + bytes(16) + inner).hexdigest()
    yield good("the same record under another salt", other, record=record, salt=bytes(16).hex())
