"""Doors of the log: what monitors, witnesses and auditors read of each other (`support.doors`)."""

from __future__ import annotations

from relevo.protocol.checkpoint import log_origin, log_verifier_key, read_checkpoint, sign_checkpoint
from relevo.protocol.cosignature import (
    WITNESS_ALGORITHM,
    cosign_checkpoint,
    read_cosignature,
    with_cosignatures,
    witness_verifier_key,
)
from relevo.protocol.merkle import verify_consistency, verify_inclusion
from relevo.protocol.proof import read_proof, write_proof
from relevo.protocol.record import make_record, read_record
from relevo.protocol.signed_note import read_verifier_key
from relevo.protocol.tiles import HEIGHT, WIDTH, Tile, parse_path, read_bundle, subtrees_of, write_bundle
from relevo.protocol.witness_request import read_request, write_request
from support.door import Door, text
from support.wire_pair import AT, HOST, HOST_ID, ORIGIN, ORIGIN_ID, SOP

LEAF = bytes(range(32))
NOTE = sign_checkpoint(log_origin(HOST_ID), 3, LEAF, HOST.log)
COSIGNED = cosign_checkpoint(NOTE, ORIGIN_ID, ORIGIN.witness, AT)


def _in_tree(raw: bytes) -> None:
    index, size, *_ = (*raw[:2], 0, 0)
    hashes = [raw[place : place + 32] for place in range(2, len(raw), 32)]
    verify_inclusion(LEAF, index, size, hashes, LEAF)


def _grown(raw: bytes) -> None:
    old, new, *_ = (*raw[:2], 0, 0)
    hashes = [raw[place : place + 32] for place in range(2, len(raw), 32)]
    verify_consistency(old, LEAF, new, LEAF, hashes)


def _checkpoint(raw: bytes) -> object:
    return read_checkpoint(text(raw), log_origin(HOST_ID), HOST.log.public)


def _cosigned(note: str) -> object:
    return read_cosignature(note, ORIGIN_ID, ORIGIN.witness.public)


def _bundle(raw: bytes) -> object:
    return read_bundle(raw[1:], raw[0] if raw else 0)


def _tile(raw: bytes) -> bytes:
    return subtrees_of(lambda _: raw, WIDTH)(HEIGHT - 1, 0)


LOG_DOORS: dict[str, Door] = {
    "checkpoint": Door(take=_checkpoint, samples=(NOTE.encode(),), signed=True),
    "cosigned checkpoint": Door(
        take=lambda raw: _cosigned(text(raw)), samples=(with_cosignatures(NOTE, COSIGNED).encode(),), signed=True
    ),
    "cosignatures": Door(
        take=lambda raw: _cosigned(with_cosignatures(NOTE, text(raw))), samples=(COSIGNED.encode(),), signed=True
    ),
    "witness request": Door(
        take=read_request, samples=(write_request(1, [LEAF, LEAF], NOTE), write_request(0, [], NOTE))
    ),
    "verifier key": Door(
        take=lambda raw: read_verifier_key(text(raw)), samples=(log_verifier_key(HOST_ID, HOST.log.public).encode(),)
    ),
    "verifier key of a witness": Door(
        take=lambda raw: read_verifier_key(text(raw), WITNESS_ALGORITHM),
        samples=(witness_verifier_key(ORIGIN_ID, ORIGIN.witness.public).encode(),),
    ),
    "path of a tile": Door(
        take=lambda raw: parse_path(text(raw)),
        samples=tuple(
            tile.path.encode() for tile in (Tile(level=None, index=7), Tile(level=1, index=1_234_067, width=3))
        ),
    ),
    "tile": Door(take=_tile, samples=(LEAF * WIDTH,)),
    "bundle of entries": Door(take=_bundle, samples=(b"\x02" + write_bundle([LEAF, LEAF]), b"\x00")),
    "log proof": Door(take=lambda raw: read_proof(text(raw)), samples=(write_proof(3, [LEAF, LEAF], NOTE).encode(),)),
    "inclusion": Door(take=_in_tree, samples=(bytes([0, 1]),)),
    "consistency": Door(take=_grown, samples=(bytes([1, 1]),)),
    "log record": Door(
        take=read_record,
        samples=(make_record("peer", AT, peer=ORIGIN_ID, state="active", statement=SOP),),
    ),
}
