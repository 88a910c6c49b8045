"""Whose keys count in an evidence file: the statements of the two nodes, and what they agreed.

A key is taken for what it signed while it was in use, however long ago that is: whether a message came in time was the
receiver's question, and its receipt answers it. No file can prove whose root key it shows, so unless the reader brings
the fingerprints, that stays for people to compare.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol import jws, sop_signature
from relevo.protocol.fingerprint import FingerprintDiffers, fingerprint_of
from relevo.protocol.sop_signature import sop_digest, verify_sop_signature
from relevo.protocol.statement import read_statement, statement_digest
from relevo.protocol.statement_chain import follows
from relevo.protocol.trust import Trust
from relevo.protocol.verification_report import Check, could_not_check, day_and_hour, fails, holds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from relevo.protocol.evidence import Evidence, EvidenceSop
    from relevo.protocol.statement import NodeStatement
    from relevo.protocol.verification_report import Line

_ALWAYS = datetime.max.replace(tzinfo=UTC)


class WrongNode(WireError):
    """A statement is of another node than the one that it is shown for."""

    code = "wrong-node"


class SopNotSigned(WireError):
    """A SOP lacks the signature of one of the two nodes."""

    code = "sop-not-signed"


@dataclass(frozen=True, kw_only=True)
class Identities:
    """Whose word counts: `chains` as signed, `trust` with every signing key at its own time, `tokens` by digest."""

    chains: Mapping[str, tuple[NodeStatement, ...]]
    trust: Trust

    def latest(self, node: str) -> NodeStatement:
        """The last statement of a node."""
        return self.chains[node][-1]

    def invalid_from(self, node: str, kid: str) -> datetime | None:
        """From when a signing key of a node is invalid because it was stolen, as the node said at last."""
        periods = (period for statement in self.chains[node] for period in statement.signing if period.key.kid == kid)
        return next((period.invalid_from for period in reversed([*periods])), None)

    def kids(self, node: str) -> frozenset[str]:
        """The ids of all keys that a node ever stated."""
        return frozenset(kid for statement in self.chains[node] for kid in statement.kids)


def read_identities(evidence: Evidence) -> Identities:
    """The identities of both nodes.

    Raises:
        WrongNode, KeyClaimedTwice: if a statement is another node's, or a key is both nodes'.
        WireError: as `read_statement` and `follows`.
    """
    chains = {node: read_chain(node, tokens) for node, tokens in evidence.statements.items()}
    trust = Trust({})
    for statements in chains.values():
        trust = trust.admit(_at_any_time(statements))
    return Identities(chains=chains, trust=trust)


def read_chain(node: str, tokens: tuple[str, ...]) -> tuple[NodeStatement, ...]:
    """The statements of `node`, each of which follows the one before.

    Raises:
        WrongNode: if they are of another node.
        StatementChainBroken: if one does not follow the one before.
        WireError: as `read_statement`.
    """
    statements = [read_statement(tokens[0], at=None)]
    if statements[0].node_id != node:
        raise WrongNode
    for previous, token in pairwise(tokens):
        statements.append(follows(statements[-1], previous, token, at=None, new_root=True))
    return tuple(statements)


def check_statements(evidence: Evidence, expect: Mapping[str, str]) -> Iterator[Line]:
    """Lines about the statements of each node and the fingerprint of its root; `expect` maps node id to fingerprint."""
    for node in (evidence.node, evidence.peer):
        try:
            statements = read_chain(node, evidence.statements[node])
        except WireError as error:
            yield fails(Check.STATEMENT, node, error)
            continue
        first, last = statements[0], statements[-1]
        versions = f"version {first.version}" if first is last else f"versions {first.version} to {last.version}"
        yield holds(
            Check.STATEMENT,
            node,
            f"its statement, {versions}, is signed by one root key, and each version names the one before.",
        )
        if first.version > 1:
            yield could_not_check(Check.STATEMENT, node, f"what it stated before version {first.version}.")
        yield _fingerprint_line(last, expect.get(node))


def check_sops(evidence: Evidence, identities: Identities) -> Iterator[Line]:
    """Lines about the signature of each node under each SOP."""
    for sop in evidence.sops:
        subject = f"SOP {sop_digest(sop.text.encode())[:12]}"
        for iss, aud in ((evidence.node, evidence.peer), (evidence.peer, evidence.node)):
            try:
                signed = _signed_at(sop, iss, aud, identities.trust)
            except WireError as error:
                yield fails(Check.SOP, subject, error)
            else:
                when = day_and_hour(signed)
                yield holds(Check.SOP, subject, f"{iss} signed exactly this text towards {aud} on {when}.")


def statement_digests(evidence: Evidence, node: str) -> frozenset[str]:
    """The digests of a node's statements in the file."""
    return frozenset(statement_digest(token) for token in evidence.statements[node])


def _fingerprint_line(statement: NodeStatement, expected: str | None) -> Line:
    found = fingerprint_of(statement)
    if expected is None:
        words = " ".join(found.words)
        return could_not_check(
            Check.FINGERPRINT,
            statement.node_id,
            f"whose root key this is. Compare it by phone with the administrator of {statement.node_id}: {words}.",
        )
    if not found.matches(expected):
        return fails(Check.FINGERPRINT, statement.node_id, FingerprintDiffers())
    return holds(Check.FINGERPRINT, statement.node_id, "its root key has the fingerprint that you gave.")


def _at_any_time(statements: tuple[NodeStatement, ...]) -> NodeStatement:
    """The last statement with every signing key ever stated, each for its own time of use as last stated."""
    periods = {
        period.key.kid: replace(period, verify_until=_ALWAYS, invalid_from=None)
        for statement in statements
        for period in statement.signing
    }
    return replace(statements[-1], signing=tuple(periods.values()))


def _signed_at(sop: EvidenceSop, iss: str, aud: str, trust: Trust) -> datetime:
    token = sop.signatures.get(iss)
    if token is None:
        raise SopNotSigned(f"{iss} has not signed this text")
    signed = verify_sop_signature(token, sop.text.encode(), iss=iss, aud=aud, key_for=trust.key_named)
    trust.signing_key(iss, jws.key_id(token, sop_signature.TYP), iat=signed, at=signed)
    return signed
