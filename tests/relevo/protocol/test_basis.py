"""A basis is a commitment: it says nothing alone, and nothing else fits it."""

from __future__ import annotations

import hashlib

import pytest

from relevo.protocol import base64url
from relevo.protocol.basis import Basis, MalformedBasis, commit, is_basis_claim, kind_of
from support.wire_pair import SOP

RECORD, SALT = b'{"purpose":"reintegration"}', bytes(range(32))

CLAIMS = {
    "none": True,
    f"consent:{SOP}": True,
    f"exception:{SOP}": True,
    f"habit:{SOP}": False,
    f"consent:{SOP}=": False,
    f"consent:{SOP[:-1]}": False,
    f"consent:{SOP}\n": False,
    f"consent: {SOP}": False,
    "consent:": False,
    "consent": False,
    "None": False,
    "": False,
}


def test_the_commitment_is_the_figure_that_the_format_says() -> None:
    expected = hashlib.sha256(b"relevo-basis-v1\x00" + SALT + RECORD).digest()
    assert base64url.decode(commit(RECORD, SALT)) == expected
    assert Basis("consent", RECORD, SALT).claim == f"consent:{commit(RECORD, SALT)}"
    assert Basis("exception", RECORD, SALT).claim == f"exception:{commit(RECORD, SALT)}"


def test_another_record_or_salt_is_another_commitment() -> None:
    assert len({commit(RECORD, SALT), commit(RECORD + b" ", SALT), commit(RECORD, bytes(32))}) == 3


@pytest.mark.parametrize(("text", "fits"), CLAIMS.items())
def test_a_claim_is_recognised_by_its_form(text: str, *, fits: bool) -> None:
    assert is_basis_claim(text) is fits


def test_a_claim_names_its_kind() -> None:
    assert kind_of(f"consent:{SOP}") == "consent"
    assert kind_of(f"exception:{SOP}") == "exception"


@pytest.mark.parametrize("text", ["none", *(text for text, fits in CLAIMS.items() if not fits)])
def test_what_is_no_commitment_names_no_kind(text: str) -> None:
    with pytest.raises(MalformedBasis):
        kind_of(text)


@pytest.mark.parametrize("salt", [b"", bytes(16), bytes(33)], ids=["no salt", "16 bytes", "33 bytes"])
def test_a_salt_has_32_bytes(salt: bytes) -> None:
    with pytest.raises(MalformedBasis):
        Basis("consent", RECORD, salt)


def test_a_basis_does_not_show_its_record() -> None:
    assert repr(Basis("consent", RECORD, SALT)) == "Basis(kind='consent')"
