"""Signed notes and checkpoints: a figure from Go's own documentation, and a table of everything that is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from relevo.errors import WireError
from relevo.protocol import base64std
from relevo.protocol.checkpoint import Checkpoint, log_origin, log_verifier_key, read_checkpoint, sign_checkpoint
from relevo.protocol.keys import SigningKey
from relevo.protocol.signed_note import NoteBadSignature, NoteMalformed, read_note, sign_note, verifier_key

ORIGIN = "es:retorno/log"
KEY, OTHER = SigningKey(bytes(range(32))), SigningKey(bytes(32))
ROOT = bytes(range(100, 132))
NOTE = sign_checkpoint(ORIGIN, 1042, ROOT, KEY)

# The example of golang.org/x/mod/sumdb/note: a public sample, private key included.
GO_NAME = "PeterNeumann"
GO_KEY = SigningKey(base64std.decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:])
GO_VERIFIER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_SIGNATURE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_is_what_go_writes_byte_for_byte() -> None:
    assert verifier_key(GO_NAME, GO_KEY.public) == GO_VERIFIER_KEY
    assert sign_note(GO_TEXT, GO_NAME, GO_KEY) == f"{GO_TEXT}\n{GO_SIGNATURE}"


def test_a_note_that_go_wrote_is_read() -> None:
    assert read_note(f"{GO_TEXT}\n{GO_SIGNATURE}", GO_NAME, GO_KEY.public) == GO_TEXT


def test_signatures_of_others_are_passed_over() -> None:
    other = sign_note(GO_TEXT, "somebody", OTHER).rpartition("\n\n")[2]
    same_name = sign_note(GO_TEXT, GO_NAME, OTHER).rpartition("\n\n")[2]
    assert read_note(f"{GO_TEXT}\n{other}{same_name}{GO_SIGNATURE}", GO_NAME, GO_KEY.public) == GO_TEXT


def test_a_text_may_have_empty_lines() -> None:
    text = "one\n\nthree\n"
    assert read_note(sign_note(text, "name", KEY), "name", KEY.public) == text


def test_a_second_signature_of_ours_that_is_wrong_spoils_the_note() -> None:
    wrong = sign_note("another text\n", GO_NAME, GO_KEY).rpartition("\n\n")[2]
    with pytest.raises(NoteBadSignature):
        read_note(f"{GO_TEXT}\n{GO_SIGNATURE}{wrong}", GO_NAME, GO_KEY.public)


UNSIGNABLE: dict[str, tuple[str, str]] = {
    "a text without a last newline": ("text", "name"),
    "an empty text": ("", "name"),
    "a text with a tab": ("a\tb\n", "name"),
    "a text with a carriage return": ("a\r\n", "name"),
    "an empty name": ("text\n", ""),
    "a name with a space": ("text\n", "es retorno"),
    "a name with a space of another script": ("text\n", "es\N{IDEOGRAPHIC SPACE}retorno"),
    "a name with a plus sign": ("text\n", "es+retorno"),
}


@pytest.mark.parametrize(("text", "name"), UNSIGNABLE.values(), ids=UNSIGNABLE)
def test_nobody_signs(text: str, name: str) -> None:
    with pytest.raises(NoteMalformed):
        sign_note(text, name, KEY)


def test_a_checkpoint_reads_back() -> None:
    assert read_checkpoint(NOTE, ORIGIN, KEY.public) == Checkpoint(origin=ORIGIN, size=1042, root=ROOT)


def test_a_checkpoint_is_three_lines_and_a_signature() -> None:
    head, signature = NOTE.split("\n\n")
    assert head == f"{ORIGIN}\n1042\n{base64std.encode(ROOT)}"
    assert signature.startswith(f"— {ORIGIN} ")


def test_the_empty_log_has_a_checkpoint_too() -> None:
    assert read_checkpoint(sign_checkpoint(ORIGIN, 0, ROOT, KEY), ORIGIN, KEY.public).size == 0


def test_the_log_of_a_node_is_named_after_it() -> None:
    assert log_origin("es:retorno") == ORIGIN
    assert log_verifier_key("es:retorno", KEY.public).startswith(f"{ORIGIN}+")


@pytest.mark.parametrize(("size", "root"), [(-1, ROOT), (1, ROOT[1:])])
def test_no_such_log_is_signed(size: int, root: bytes) -> None:
    with pytest.raises(ValueError, match="root of 32 bytes"):
        sign_checkpoint(ORIGIN, size, root, KEY)


def signed(text: str) -> str:
    return sign_note(text, ORIGIN, KEY)


def flipped(position: int) -> str:
    raw = bytearray(base64std.decode(NOTE.split(" ")[2].strip()))
    raw[position] ^= 1
    return f"{NOTE.rpartition(' ')[0]} {base64std.encode(bytes(raw))}\n"


B64 = base64std.encode(ROOT)
SIGNATURE_LINE = NOTE.rpartition("\n\n")[2]

REFUSED: dict[str, tuple[Callable[[], str], str]] = {
    "another size": (lambda: NOTE.replace("1042", "1043"), "checkpoint-bad-signature"),
    "another root": (lambda: NOTE.replace(B64, base64std.encode(bytes(32))), "checkpoint-bad-signature"),
    "a changed signature": (lambda: flipped(67), "checkpoint-bad-signature"),
    "a changed key id": (lambda: flipped(0), "checkpoint-bad-signature"),
    "another key": (lambda: sign_checkpoint(ORIGIN, 1042, ROOT, OTHER), "checkpoint-bad-signature"),
    "another name of the key": (
        lambda: sign_checkpoint("ci:accueil/log", 1042, ROOT, KEY),
        "checkpoint-bad-signature",
    ),
    "another origin under our name": (lambda: signed(f"ci:accueil/log\n1042\n{B64}\n"), "checkpoint-wrong-origin"),
    "no signature": (lambda: NOTE.rpartition("—")[0], "checkpoint-malformed"),
    "no empty line": (lambda: NOTE.replace("\n\n", "\n"), "checkpoint-malformed"),
    "no last newline": (lambda: NOTE.removesuffix("\n"), "checkpoint-malformed"),
    "something after the signatures": (lambda: NOTE + "and more\n", "checkpoint-malformed"),
    "a hyphen for the dash": (lambda: NOTE.replace("— ", "- "), "checkpoint-malformed"),
    "a signature that is not base64": (lambda: NOTE.removesuffix("=\n") + "\n", "checkpoint-malformed"),
    "a signature of four bytes": (lambda: f"{NOTE.rpartition(' ')[0]} AAAAAA==\n", "checkpoint-malformed"),
    "a signature line without a name": (lambda: NOTE.rpartition(" ")[0] + "\n", "checkpoint-malformed"),
    "two hundred signatures": (lambda: NOTE + SIGNATURE_LINE * 199, "checkpoint-malformed"),
    "a megabyte": (lambda: "a" * 1_000_000 + NOTE, "checkpoint-malformed"),
    "nothing": (lambda: "", "checkpoint-malformed"),
    "an extension line": (lambda: signed(f"{ORIGIN}\n1042\n{B64}\nmore\n"), "checkpoint-malformed"),
    "no root": (lambda: signed(f"{ORIGIN}\n1042\n"), "checkpoint-malformed"),
    "a size with a leading zero": (lambda: signed(f"{ORIGIN}\n01042\n{B64}\n"), "checkpoint-malformed"),
    "a size with a sign": (lambda: signed(f"{ORIGIN}\n+1042\n{B64}\n"), "checkpoint-malformed"),
    "a size in other digits": (
        lambda: signed(f"{ORIGIN}\n\N{ARABIC-INDIC DIGIT FOUR}\n{B64}\n"),
        "checkpoint-malformed",
    ),
    "a size beyond all logs": (lambda: signed(f"{ORIGIN}\n{10**20}\n{B64}\n"), "checkpoint-malformed"),
    "a short root": (lambda: signed(f"{ORIGIN}\n1042\n{base64std.encode(ROOT[1:])}\n"), "checkpoint-malformed"),
    "a root without padding": (lambda: signed(f"{ORIGIN}\n1042\n{B64.rstrip('=')}\n"), "checkpoint-malformed"),
}


@pytest.mark.parametrize(("make", "code"), REFUSED.values(), ids=REFUSED)
def test_a_checkpoint_is_refused_for(make: Callable[[], str], code: str) -> None:
    with pytest.raises(WireError) as refused:
        read_checkpoint(make(), ORIGIN, KEY.public)
    assert refused.value.code == code
