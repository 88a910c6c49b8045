"""A node's word about itself: made, read, followed by the next, and refused in every other form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol import jws, strict_json
from relevo.protocol.key_periods import EARLY
from relevo.protocol.keyring import KeyRing
from relevo.protocol.keys import DecryptionKey, SigningKey
from relevo.protocol.statement import (
    NodeStatement,
    StatementChainBroken,
    first_statement,
    next_statement,
    read_statement,
    statement_digest,
)
from relevo.protocol.statement_chain import follows
from relevo.protocol.strict_json import JsonValue
from support.wire_pair import AT, HOST, HOST_ID, ORIGIN, ORIGIN_ID, payload_of, resign, ring, spoilt, statement_token

DAY = timedelta(days=1)
FIRST = statement_token(HOST_ID, HOST)
SECOND = next_statement(FIRST, HOST, at=AT + 30 * DAY)
THIRD = next_statement(SECOND, HOST, at=AT + 60 * DAY)
WRITTEN = payload_of(FIRST)
STANDING = read_statement(FIRST, at=AT)


def changed(**members: JsonValue) -> str:
    return resign(FIRST, HOST.root, **members)


def period(**members: JsonValue) -> JsonValue:
    return [{**WRITTEN["signing"][0], **members}]


def test_a_first_statement_says_what_it_was_given() -> None:
    assert (STANDING.node_id, STANDING.version, STANDING.prev) == (HOST_ID, 1, None)
    assert (STANDING.iat, STANDING.exp) == (AT, AT + 90 * DAY)
    assert STANDING.root == HOST.root.public
    assert STANDING.endpoint == "https://node.example/federation"
    assert STANDING.log_name == "es:retorno/log"
    assert [one.key for one in STANDING.signing] == [HOST.signing.public]
    assert [one.key for one in STANDING.encryption] == [HOST.encryption.public]


def test_a_moment_between_two_seconds_does_not_make_a_statement_too_long() -> None:
    token = statement_token(HOST_ID, HOST, AT + timedelta(microseconds=999_999))
    assert read_statement(token, at=AT).iat == AT


REFUSED: dict[str, tuple[Callable[[], str], str]] = {
    "signed by another key than its root": (lambda: resign(FIRST, HOST.signing), "bad-signature"),
    "with a root put in after signing": (lambda: resign(FIRST, ORIGIN.root), "bad-signature"),
    "changed after signing": (lambda: spoilt(FIRST), "bad-signature"),
    "of another purpose": (
        lambda: jws.sign(strict_json.dump(WRITTEN), HOST.root, "relevo-receipt+jwt"),
        "wrong-type",
    ),
    "with a member too many": (lambda: changed(more=1), "malformed-claims"),
    "without a member": (lambda: changed(log=None), "malformed-claims"),
    "without a root": (lambda: changed(root=None), "unfit-key"),
    "with a root of small order": (lambda: changed(root={**WRITTEN["root"], "x": "AQ" + "A" * 41}), "unfit-key"),
    "with a log key of small order": (lambda: changed(log={**WRITTEN["log"], "x": "A" * 43}), "unfit-key"),
    "with a malformed encryption key": (
        lambda: changed(
            encryption=[{**WRITTEN["encryption"][0], "key": {"kid": "x", "suite": "X-Wing", "public": "AAAA"}}]
        ),
        "unfit-key",
    ),
    "of a node whose name is not one": (lambda: changed(node_id="Retorno"), "malformed-claims"),
    "of version 0": (lambda: changed(version=0), "malformed-claims"),
    "of version 1 with a version before": (lambda: changed(prev=statement_digest(FIRST)), "unfit-statement"),
    "of version 2 with none before": (lambda: changed(version=2), "unfit-statement"),
    "for 91 days": (lambda: changed(exp=seconds(AT + 91 * DAY)), "unfit-statement"),
    "that ends before it begins": (lambda: changed(exp=seconds(AT)), "unfit-statement"),
    "without a signing key": (lambda: changed(signing=[]), "unfit-statement"),
    "without an encryption key": (lambda: changed(encryption=[]), "unfit-statement"),
    "with one key in two roles": (lambda: changed(witness=HOST.log.public.jwk), "unfit-statement"),
    "with the root as signing key": (lambda: changed(signing=period(key=HOST.root.public.jwk)), "unfit-statement"),
    "with one signing key twice": (lambda: changed(signing=WRITTEN["signing"] * 2), "unfit-statement"),
    "with a use that ends before it begins": (lambda: changed(signing=period(use_until=1)), "unfit-statement"),
    "with a use that outlasts its verification": (lambda: changed(signing=period(verify_until=1)), "unfit-statement"),
    "with a period of another form": (lambda: changed(signing=period(use_from="now")), "malformed-claims"),
    "with an endpoint beyond this machine without TLS": (
        lambda: changed(endpoint="http://retorno.example"),
        "unfit-endpoint",
    ),
    "with more contacts than anybody reads": (lambda: changed(contacts=["x"] * 21), "malformed-claims"),
    "with a contact that is no text": (lambda: changed(contacts=[1]), "malformed-claims"),
    "that is an authority by the number 1": (lambda: changed(public_authority=1), "malformed-claims"),
    "that is expired": (lambda: statement_token(HOST_ID, HOST, AT - 90 * DAY), "statement-expired"),
    "of tomorrow": (lambda: statement_token(HOST_ID, HOST, AT + DAY), "from-the-future"),
    "that is no token": (lambda: "statement", "malformed-jws"),
}


@pytest.mark.parametrize(("make", "code"), REFUSED.values(), ids=REFUSED)
def test_refused_is_a_statement(make: Callable[[], str], code: str) -> None:
    token = make()
    with pytest.raises(WireError) as refused:
        read_statement(token, at=AT)
    assert refused.value.code == code


def test_an_expired_statement_can_still_be_read_as_evidence() -> None:
    assert read_statement(statement_token(HOST_ID, HOST, AT - 400 * DAY), at=None).node_id == HOST_ID


def test_nobody_signs_what_a_peer_would_refuse() -> None:
    with pytest.raises(WireError) as refused:
        first_statement(
            HOST,
            node_id="Retorno",
            name="x",
            endpoint="https://x.example",
            contacts=(),
            public_authority=True,
            at=AT,
        )
    assert refused.value.code == "malformed-claims"


def test_the_next_statement_follows_on_its_own() -> None:
    later = follows(STANDING, FIRST, SECOND, at=AT + 31 * DAY)
    assert (later.version, later.prev) == (2, statement_digest(FIRST))
    assert later.signing[0].use_from == AT - EARLY
    assert later.signing[0].use_until == later.exp == AT + 120 * DAY


def test_several_versions_follow_in_order() -> None:
    assert follows(STANDING, FIRST, SECOND, THIRD, at=AT + 61 * DAY).version == 3


def test_a_statement_follows_a_year_later_while_those_between_have_expired() -> None:
    much_later = next_statement(SECOND, HOST, at=AT + 365 * DAY)
    assert follows(STANDING, FIRST, SECOND, much_later, at=AT + 366 * DAY).exp == AT + 455 * DAY


def test_the_last_of_a_chain_must_be_of_now() -> None:
    with pytest.raises(WireError) as refused:
        follows(STANDING, FIRST, SECOND, at=AT + 120 * DAY)
    assert refused.value.code == "statement-expired"
    assert follows(STANDING, FIRST, SECOND, at=None).version == 2


BROKEN: dict[str, Callable[[], tuple[str, ...]]] = {
    "a version is left out": lambda: (THIRD,),
    "the order is another": lambda: (THIRD, SECOND),
    "it is the same version again": lambda: (FIRST,),
    "nothing is given": lambda: (),
    "the version before is another": lambda: (resign(SECOND, HOST.root, prev=statement_digest(THIRD)),),
    "the number jumps": lambda: (resign(SECOND, HOST.root, version=3),),
    "the node has another name": lambda: (resign(SECOND, HOST.root, node_id="es:otro"),),
    "it is older than the one that stands": lambda: (resign(SECOND, HOST.root, iat=seconds(AT) - 1, exp=seconds(AT)),),
    "the root is new": lambda: (resign(SECOND, ORIGIN.root, root=ORIGIN.root.public.jwk),),
    "it is another node's": lambda: (statement_token(ORIGIN_ID, ORIGIN),),
}


@pytest.mark.parametrize("make", BROKEN.values(), ids=BROKEN)
def test_a_chain_is_broken_if(make: Callable[[], tuple[str, ...]]) -> None:
    with pytest.raises(StatementChainBroken) as refused:
        follows(STANDING, FIRST, *make(), at=None)
    assert refused.value.code == "statement-chain-broken"


def test_only_the_same_root_writes_a_later_version() -> None:
    with pytest.raises(StatementChainBroken):
        next_statement(FIRST, ORIGIN, at=AT)
    with pytest.raises(StatementChainBroken):
        next_statement(FIRST, HOST, at=AT - DAY)


def rotated(*, at_days: int) -> tuple[KeyRing, NodeStatement]:
    fresh = ring("host, later")
    new = replace(HOST, signing=fresh.signing, encryption=fresh.encryption)
    return new, read_statement(next_statement(FIRST, new, at=AT + at_days * DAY), at=None)


def test_rotation_ends_the_use_of_the_old_keys_and_keeps_them_for_arrivals() -> None:
    new, later = rotated(at_days=10)
    assert [one.key for one in later.signing] == [new.signing.public, HOST.signing.public]
    assert later.signing[1].use_until == AT + 10 * DAY
    assert later.signing[1].verify_until == STANDING.signing[0].verify_until
    assert [one.key for one in later.encryption] == [new.encryption.public, HOST.encryption.public]
    assert later.encryption[1].use_until == AT + 10 * DAY


def test_what_a_new_key_signed_before_its_statement_was_out_is_in_its_time() -> None:
    _, later = rotated(at_days=10)
    assert later.signing[0].use_from == STANDING.iat == AT


def test_rotation_drops_keys_that_verify_nothing_any_more() -> None:
    new, later = rotated(at_days=271)
    assert [one.key for one in later.signing] == [new.signing.public]
    assert [one.key for one in later.encryption] == [new.encryption.public]


def test_a_fresh_ring_makes_a_statement() -> None:
    fresh = KeyRing.generate()
    assert isinstance(fresh.encryption, DecryptionKey)
    assert isinstance(fresh.root, SigningKey)
    assert read_statement(statement_token(ORIGIN_ID, fresh), at=AT).root == fresh.root.public
