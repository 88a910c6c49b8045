"""What a peer may ask of a node, as functions from a request to an answer; no web framework here.

    POST /federation/v1/envelopes    {"envelopes": [1 to 50]} → {"results": [receipt or problem, …], "summary": …}
    GET  /federation/v1/statements   every version of our statement, oldest first
    POST /federation/v1/possession   a challenge → proof that we hold our keys

Order of checks on envelopes: size, key known, hop signature, then each envelope. The answer is signed for the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from relevo.delivery import inbox
from relevo.delivery.node import Node
from relevo.errors import WireError
from relevo.protocol import strict_json
from relevo.protocol.hop import HopRequest, VerifiedHop, sign_answer, verify_request
from relevo.protocol.possession import answer_challenge
from relevo.protocol.summary import Summary, sign_summary
from relevo.protocol.trust import KeyCompromised, KeyOutOfPeriod, KeyUnknown, Trust
from relevo.storage import peers, streams
from relevo.storage.unit_of_work import UnitOfWork

ENVELOPES = "/federation/v1/envelopes"
STATEMENTS = "/federation/v1/statements"
POSSESSION = "/federation/v1/possession"
WELL_KNOWN = "/.well-known/relevo-node"

MAX_BODY = 8 << 20
MAX_BATCH = 50
CONTENT_TYPE = "application/json"


class BatchUnfit(WireError):
    """A request does not hold 1 to 50 envelopes."""

    code = "batch-unfit"
    advice = "Send between 1 and 50 envelopes in one request."


class BodyTooLarge(WireError):
    """A request is larger than this node reads."""

    code = "body-too-large"
    advice = "Send fewer envelopes in one request."


@dataclass(frozen=True, kw_only=True)
class Signed:
    """An answer and the header fields that sign it."""

    body: bytes
    headers: Mapping[str, str]


def take_envelopes(node: Node, request: HopRequest) -> Signed:
    """Receive what a registered peer brought.

    Raises:
        WireError: if the request as a whole is refused; nothing was read of its envelopes.
    """
    if len(request.body) > MAX_BODY:
        raise BodyTooLarge
    at = node.clock.now()
    with node.read() as work:
        trust = peers.trust(work.session, peers.KNOWN)
    hop = _verified(node, request, trust, at)
    peer = trust.node_of(hop.kid)
    with node.read() as work:
        peers.require_heard(work.session, peer)
    envelopes = strict_json.load(request.body, limit=MAX_BODY).get("envelopes")
    if not isinstance(envelopes, list) or not 1 <= len(envelopes) <= MAX_BATCH:
        raise BatchUnfit
    results = inbox.receive(node, envelopes, peer=peer, hop=hop)
    with node.read() as work:
        body = strict_json.dump({"results": results, "summary": _summary(work, peer)})
    headers = sign_answer(200, CONTENT_TYPE, body, request=request, key=node.identity.keys.signing, at=at)
    return Signed(body=body, headers=headers)


def _verified(node: Node, request: HopRequest, trust: Trust, at: datetime) -> VerifiedHop:
    """A key that is unknown or not in use now may mean that its node has published a newer statement."""
    try:
        return verify_request(request, key_for=lambda kid: trust.hop_key(kid, at), at=at)
    except (KeyUnknown, KeyOutOfPeriod, KeyCompromised):
        with node.read() as work:
            due = peers.not_asked_lately(work.session, at)
        if due:
            with node.write() as work:
                peers.ask_again(work.session, due)
        raise


def own_statements(node: Node) -> list[str]:
    """Every version of this node's statement, oldest first."""
    with node.read() as work:
        return peers.statements(work.session, node.identity.node_id)


def prove_possession(node: Node, body: bytes) -> str:
    """The answer to a peer's challenge: that this node holds the keys of its statement."""
    challenge = strict_json.load(body, limit=8192)
    identity = node.identity
    return answer_challenge(challenge, identity.keys, identity.node_id, node.clock.now())


def _summary(work: UnitOfWork, peer: str) -> str:
    stand = streams.received(work.session, peer)
    identity = work.identity
    summary = Summary(
        iss=identity.node_id, aud=peer, epoch=stand.epoch, high_water=stand.high_water, gaps=stand.gaps, iat=work.at
    )
    return sign_summary(summary, identity.keys.signing)
