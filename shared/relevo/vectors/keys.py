"""Subjects about keys and nodes: which keys are fit, what a node states about itself, and that it holds its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.protocol.fingerprint import fingerprint_of
from relevo.protocol.keys import EncryptionKey, VerifyKey
from relevo.protocol.possession import answer_challenge, check_possession
from relevo.protocol.statement import read_statement
from relevo.protocol.statement_chain import follows

if TYPE_CHECKING:
    from relevo.protocol.statement import NodeStatement
    from relevo.protocol.strict_json import JsonValue
    from relevo.vectors.given import Input


def of_jwk(given: Input) -> JsonValue:
    """`jwk` → the thumbprint and the raw key."""
    key = given.key("jwk")
    return {"kid": key.kid, "public": key.raw.hex()}


def of_ed25519(given: Input) -> JsonValue:
    """`public`, `message`, `signature` → true if the signature holds under a key that is fit."""
    VerifyKey(given.raw("public")).verify(given.raw("signature"), given.raw("message"))
    return True


def of_encryption_key(given: Input) -> JsonValue:
    """`key`, as in a statement → true if the key is fit and has the `kid` that it claims."""
    EncryptionKey.from_object(given.value("key"))
    return True


def of_statement(given: Input) -> JsonValue:
    """`token`, `at` (absent for evidence) → what the node says, in short, and the fingerprint of its root."""
    return _shown(read_statement(given.text("token"), at=given.at() if given.is_given("at") else None))


def of_statement_chain(given: Input) -> JsonValue:
    """`standing`, `later`, `at`, `new_root` (true if a person compared one) → what the last later statement says."""
    standing, confirmed = given.text("standing"), given.is_given("new_root")
    known = read_statement(standing, at=None)
    return _shown(follows(known, standing, *given.texts("later"), at=given.at(), new_root=confirmed))


def of_challenge(given: Input) -> JsonValue:
    """`challenge`, `node`, `keys` (its key file), `at` → the answer."""
    return answer_challenge(given.value("challenge"), given.keyring("keys"), given.text("node"), given.at())


def of_possession(given: Input) -> JsonValue:
    """`token`, `statement`, `asker`, `nonce`, `at` → true if the answer proves both keys."""
    statement = read_statement(given.text("statement"), at=None)
    check_possession(given.text("token"), statement, asker=given.text("asker"), nonce=given.raw("nonce"), at=given.at())
    return True


def _shown(statement: NodeStatement) -> JsonValue:
    found = fingerprint_of(statement)
    return {
        "node_id": statement.node_id,
        "version": statement.version,
        "root": statement.root.kid,
        "signing": [period.key.kid for period in statement.signing],
        "encryption": [period.key.kid for period in statement.encryption],
        "words": " ".join(found.words),
        "digits": " ".join(found.digits),
    }
