"""A new root needs the word of the root before it, and a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from relevo.errors import WireError
from relevo.protocol import jws
from relevo.protocol.keyring import Role
from relevo.protocol.keys import SigningKey
from relevo.protocol.statement import ENDORSEMENT, endorsement_of, next_statement, read_statement, statement_digest
from relevo.protocol.statement_chain import follows
from relevo.protocol.trust import Trust
from support.wire_pair import AT, HOST, HOST_ID, ORIGIN, payload_of, resign, statement_token

DAY = timedelta(days=1)
FIRST = statement_token(HOST_ID, HOST)
STANDING = read_statement(FIRST, at=AT)
NEW = HOST.rotated(Role.ROOT, at=AT + DAY)
SECOND = next_statement(FIRST, NEW, at=AT + DAY)
assert isinstance(NEW.root, SigningKey)
ROOT: SigningKey = NEW.root


def endorsed(by: SigningKey, node_id: str = HOST_ID, typ: str = ENDORSEMENT) -> str:
    said = endorsement_of(node_id, statement_digest(FIRST), ROOT.public, AT + DAY)
    return resign(SECOND, ROOT, endorsement=jws.sign(said, by, typ))


def test_a_new_root_that_the_one_before_endorsed_follows_when_a_person_decided() -> None:
    assert follows(STANDING, FIRST, SECOND, at=AT + DAY, new_root=True).root == ROOT.public


REFUSED: dict[str, tuple[Callable[[], str], bool, str]] = {
    "nobody decided": (lambda: SECOND, False, "root-changed"),
    "the new root endorses itself": (lambda: endorsed(ROOT), True, "statement-chain-broken"),
    "another node's root endorses it": (lambda: endorsed(ORIGIN.signing), True, "statement-chain-broken"),
    "another node was endorsed": (lambda: endorsed(HOST.signing, "es:otro"), True, "statement-chain-broken"),
    "it was endorsed for another purpose": (
        lambda: endorsed(HOST.signing, typ="relevo-receipt+jwt"),
        True,
        "statement-chain-broken",
    ),
    "the endorsement is of another text": (
        lambda: resign(SECOND, ROOT, endorsement="x"),
        True,
        "statement-chain-broken",
    ),
    "the same root is endorsed by another": (
        lambda: resign(
            next_statement(FIRST, HOST, at=AT + DAY), HOST.root, endorsement=payload_of(endorsed(ROOT))["endorsement"]
        ),
        True,
        "statement-chain-broken",
    ),
}


@pytest.mark.parametrize(("make", "new_root", "code"), REFUSED.values(), ids=REFUSED)
def test_a_statement_does_not_follow_if(make: Callable[[], str], new_root: bool, code: str) -> None:  # noqa: FBT001
    with pytest.raises(WireError) as refused:
        follows(STANDING, FIRST, make(), at=AT + DAY, new_root=new_root)
    assert refused.value.code == code


STOLEN = HOST.rotated(Role.SIGNING, at=AT + DAY, compromised_since=AT + timedelta(hours=1))
THIRD = read_statement(next_statement(FIRST, STOLEN, at=AT + DAY), at=AT + DAY)
TRUST = Trust({HOST_ID: THIRD})
KID = HOST.signing.kid

KEYS: dict[str, tuple[Callable[[], object], str]] = {
    "a stolen key that claims to have signed before": (
        lambda: TRUST.signing_key(HOST_ID, KID, iat=AT, at=AT + DAY),
        "key-compromised",
    ),
    "a stolen key under a request": (lambda: TRUST.hop_key(KID, AT + DAY), "key-compromised"),
    "a key of nobody under a request": (lambda: TRUST.hop_key(ORIGIN.signing.kid, AT + DAY), "key-unknown"),
    "a key under a request before its use": (
        lambda: TRUST.hop_key(STOLEN.signing.kid, AT - timedelta(minutes=6)),
        "key-out-of-period",
    ),
    "a key under a request after its use": (
        lambda: TRUST.hop_key(STOLEN.signing.kid, AT + 91 * DAY + timedelta(minutes=6)),
        "key-out-of-period",
    ),
}


@pytest.mark.parametrize(("ask", "code"), KEYS.values(), ids=KEYS)
def test_not_taken_is(ask: Callable[[], object], code: str) -> None:
    with pytest.raises(WireError) as refused:
        ask()
    assert refused.value.code == code


def test_a_stolen_key_stays_declared_in_every_later_version_and_only_moves_earlier() -> None:
    token = next_statement(FIRST, STOLEN, at=AT + DAY)
    forgot = read_statement(next_statement(token, replace(STOLEN, compromised={}), at=AT + 2 * DAY), at=None)
    assert forgot.signing[1].invalid_from == AT + timedelta(hours=1)
    sooner = read_statement(next_statement(token, replace(STOLEN, compromised={KID: AT}), at=AT + 2 * DAY), at=None)
    assert sooner.signing[1].invalid_from == AT
