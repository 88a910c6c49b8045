"""What witnesses write below a checkpoint, and the requests that they are sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from relevo.errors import WireError
from relevo.protocol import base64std
from relevo.protocol.checkpoint import read_checkpoint, sign_checkpoint
from relevo.protocol.cosignature import (
    CosignatureBad,
    CosignatureMissing,
    cosign_checkpoint,
    read_cosignature,
    with_cosignatures,
    witness_verifier_key,
)
from relevo.protocol.keys import SigningKey
from relevo.protocol.signed_note import NoteMalformed
from relevo.protocol.witness_request import WitnessRequestMalformed, read_request, write_request

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
LOG, WITNESS, OTHER = (SigningKey(bytes([number]) * 32) for number in (1, 2, 3))
NODE = "ci:accueil"
NOTE = sign_checkpoint("es:retorno/log", 1042, bytes(32), LOG)
LINE = cosign_checkpoint(NOTE, NODE, WITNESS, AT)


def test_a_cosigned_checkpoint_is_still_the_checkpoint_of_its_log() -> None:
    cosigned = with_cosignatures(NOTE, LINE)
    assert read_checkpoint(cosigned, "es:retorno/log", LOG.public).size == 1042
    assert read_cosignature(cosigned, NODE, WITNESS.public).at == AT


def test_what_is_signed_is_the_text_behind_two_lines() -> None:
    raw = base64std.decode(LINE.split(" ")[2].rstrip("\n"))
    text = NOTE.partition("\n\n")[0] + "\n"
    WITNESS.public.verify(raw[12:], f"cosignature/v1\ntime {int(AT.timestamp())}\n{text}".encode())
    assert int.from_bytes(raw[4:12]) == int(AT.timestamp())


def test_the_key_is_written_with_its_own_algorithm() -> None:
    name, key_id, key = witness_verifier_key(NODE, WITNESS.public).split("+", 2)
    assert (name, base64std.decode(key)[0]) == ("ci:accueil/witness", 4)
    assert bytes.fromhex(key_id) == base64std.decode(LINE.split(" ")[2].rstrip("\n"))[:4]


def test_the_latest_word_of_a_witness_counts() -> None:
    later = cosign_checkpoint(NOTE, NODE, WITNESS, AT + timedelta(hours=1))
    both = with_cosignatures(NOTE, later + LINE)
    assert read_cosignature(both, NODE, WITNESS.public).at == AT + timedelta(hours=1)


def changed(line: str, at: int) -> str:
    dash, name, text = line.rstrip("\n").split(" ")
    raw = bytearray(base64std.decode(text))
    raw[at] ^= 1
    return f"{dash} {name} {base64std.encode(bytes(raw))}\n"


REFUSED: dict[str, tuple[Callable[[], str], type[WireError]]] = {
    "nobody's line": (lambda: NOTE, CosignatureMissing),
    "another witness under this name": (lambda: NOTE + cosign_checkpoint(NOTE, NODE, OTHER, AT), CosignatureMissing),
    "another moment": (lambda: NOTE + changed(LINE, 11), CosignatureBad),
    "another signature": (lambda: NOTE + changed(LINE, 40), CosignatureBad),
    "a line for another head": (
        lambda: NOTE + cosign_checkpoint(sign_checkpoint("es:retorno/log", 1043, bytes(32), LOG), NODE, WITNESS, AT),
        CosignatureBad,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_line_counts_for_its_witness_its_head_and_its_moment(case: str) -> None:
    note, error = REFUSED[case]
    with pytest.raises(error):
        read_cosignature(note(), NODE, WITNESS.public)


@pytest.mark.parametrize("line", ["", "nothing\n", "\nanother text\n\n" + LINE], ids=["none", "words", "a second text"])
def test_only_lines_of_signatures_are_put_below(line: str) -> None:
    if line:
        with pytest.raises(NoteMalformed):
            with_cosignatures(NOTE, line)
    else:
        assert with_cosignatures(NOTE, line) == NOTE


def test_a_request_is_read_and_written() -> None:
    proof = [bytes([number]) * 32 for number in range(3)]
    asked = read_request(write_request(7, proof, NOTE))
    assert (asked.old, list(asked.proof), asked.checkpoint) == (7, proof, NOTE)
    assert read_request(write_request(0, [], NOTE)).proof == ()


HASH = base64std.encode(bytes(32))
UNREADABLE: dict[str, bytes] = {
    "no old size": f"{HASH}\n\n{NOTE}".encode(),
    "an old size with a zero in front": f"old 01\n\n{NOTE}".encode(),
    "a negative old size": f"old -1\n\n{NOTE}".encode(),
    "a hash that is too short": f"old 1\nAAAA\n\n{NOTE}".encode(),
    "a hash that is not canonical": f"old 1\n{HASH[:-2]}B=\n\n{NOTE}".encode(),
    "64 hashes": ("old 1\n" + f"{HASH}\n" * 64 + f"\n{NOTE}").encode(),
    "no checkpoint": f"old 1\n{HASH}\n".encode(),
    "bytes that are no text": b"old 1\n\n\xff",
    "a body without an end": b"old 1\n\n" + b"x" * (1 << 16),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_anything_else_is_no_request(case: str) -> None:
    with pytest.raises(WitnessRequestMalformed):
        read_request(UNREADABLE[case])
