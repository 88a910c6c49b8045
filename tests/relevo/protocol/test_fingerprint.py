"""What is read out by telephone."""

from __future__ import annotations

import hashlib

import pytest

from relevo.protocol.fingerprint import Fingerprint, fingerprint_of
from relevo.protocol.statement import next_statement, read_statement
from support.wire_pair import AT, HOST, HOST_ID, ORIGIN, ORIGIN_ID, TRUST, statement, statement_token

STATEMENT = TRUST.statement(HOST_ID)
SHOWN = fingerprint_of(STATEMENT)
WORDS, DIGITS = " ".join(SHOWN.words), " ".join(SHOWN.digits)

TYPED = {
    "the words": (WORDS, True),
    "the digits": (DIGITS, True),
    "the words in capitals": (WORDS.upper(), True),
    "the words with hyphens": (WORDS.replace(" ", "-"), True),
    "the words on several lines": (WORDS.replace(" ", "\n  "), True),
    "the digits without spaces": (DIGITS.replace(" ", ""), True),
    "the digits with spaces around": (f"  {DIGITS}\n", True),
    "words and digits together": (f"{WORDS} {DIGITS}", False),
    "all words but the last": (" ".join(SHOWN.words[:-1]), False),
    "all groups but the last": (" ".join(SHOWN.digits[:-1]), False),
    "the words in another order": (" ".join(reversed(SHOWN.words)), False),
    "the words of another node": (" ".join(fingerprint_of(TRUST.statement(ORIGIN_ID)).words), False),
    "a letter of another alphabet": (WORDS.replace("a", "\N{CYRILLIC SMALL LETTER A}"), False),
    "nothing": ("", False),
}


@pytest.mark.parametrize(("typed", "matches"), TYPED.values(), ids=TYPED)
def test_typed_are(typed: str, *, matches: bool) -> None:
    assert SHOWN.matches(typed) is matches


def test_it_is_128_bits_of_the_name_and_the_root() -> None:
    number = int("".join(SHOWN.digits))
    said = b"relevo-fingerprint-v1\0es:retorno\0" + HOST.root.public.raw
    assert number.to_bytes(16) == hashlib.sha256(said).digest()[:16]


def test_it_is_shown_on_two_lines() -> None:
    assert str(SHOWN) == f"{WORDS}\n{DIGITS}"
    assert (len(SHOWN.words), [len(group) for group in SHOWN.digits]) == (12, [5] * 8)


def test_it_stays_the_same_from_version_to_version() -> None:
    later = read_statement(next_statement(statement_token(HOST_ID, HOST), HOST, at=AT), at=AT)
    assert fingerprint_of(later) == SHOWN


def test_another_name_or_root_has_another() -> None:
    others: set[Fingerprint] = {
        fingerprint_of(statement(HOST_ID, ORIGIN)),
        fingerprint_of(statement("es:otro", HOST)),
        SHOWN,
    }
    assert len(others) == 3
