"""What a peer may ask of a node, as functions from a request to an answer; no web framework here.

    POST /federation/v1/envelopes    {"envelopes": [1 to 50]} → {"results": [receipt or problem, …], "summary": …}
    GET  /federation/v1/statements   every version of our statement, oldest first; `?after=7` those above version 7
    POST /federation/v1/stream       which part of a stream → a signed list of it (`relevo.delivery.stream_lists`)
    POST /federation/v1/possession   a challenge → proof that we hold our keys

Order of checks on envelopes: size, key known, hop signature, then how often and how many at once this peer may, then
each envelope. The answer is signed for the request; a request that is refused as a whole gets an unsigned problem,
which a sender believes no further than to wait. What was refused is noted (`relevo.storage.refused`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from relevo.delivery import inbox, shares
from relevo.delivery.admission import Admission, Limits, RateExceeded, Rates
from relevo.delivery.node import Node
from relevo.errors import WireError
from relevo.protocol import strict_json
from relevo.protocol.base64url import digest
from relevo.protocol.hop import HopRequest, VerifiedHop, sign_answer, verify_request
from relevo.protocol.possession import answer_challenge
from relevo.protocol.strict_json import JsonValue
from relevo.protocol.trust import KeyCompromised, KeyOutOfPeriod, KeyUnknown, Trust
from relevo.storage import callers, peers, refused
from relevo.storage.callers import Caller

ENVELOPES = "/federation/v1/envelopes"
STATEMENTS = "/federation/v1/statements"
POSSESSION = "/federation/v1/possession"
WITNESS = "/federation/v1/witness/add-checkpoint"
STREAM = "/federation/v1/stream"
WELL_KNOWN = "/.well-known/relevo-node"

MAX_BODY = 8 << 20
MAX_BATCH = 50
CONTENT_TYPE = "application/json"
NOTES_PER_MINUTE = 60


class Admitted(NamedTuple):
    """The peer who asks, the hop that shows it, and the statements of all whose messages are read."""

    caller: Caller
    hop: VerifiedHop
    trust: Trust


class BatchUnfit(WireError):
    """A request does not hold 1 to 50 envelopes."""

    code = "batch-unfit"
    advice = "Send between 1 and 50 envelopes in one request."


class BodyTooLarge(WireError):
    """A request is larger than this node reads."""

    code = "body-too-large"
    advice = "Send fewer envelopes in one request."


class _Strangers:
    """Notes what strangers got, each code once a second at most: their requests cost no more than that in writing."""

    def __init__(self) -> None:
        self._rates = Rates(NOTES_PER_MINUTE)

    def note(self, node: Node, code: str) -> None:
        """Count one refusal, unless too many were counted just now."""
        with suppress(RateExceeded):
            self._rates.take(f"{node.identity.node_id} {code}")
            with node.write() as work:
                refused.note(work.session, peer=None, code=code, digest=None, at=work.at)


STRANGERS = _Strangers()


@dataclass(frozen=True, kw_only=True)
class Signed:
    """An answer and the header fields that sign it."""

    body: bytes
    headers: Mapping[str, str]


def take_envelopes(node: Node, request: HopRequest, admission: Admission | None = None) -> Signed:
    """Receive what a registered peer brought.

    Raises:
        WireError: if the request as a whole is refused; nothing was read of its envelopes.
    """
    if len(request.body) > MAX_BODY:
        raise BodyTooLarge
    gate = admission or Admission(Limits())
    with admitted(node, request, gate) as (caller, hop, trust), gate.turn:
        shares.require_room(caller, node.shares, node.clock.now())
        took = inbox.receive(node, _envelopes_of(request.body), caller=caller, trust=trust, hop=hop)
    body = strict_json.dump({"results": took.results, "summary": took.summary})
    headers = sign_answer(200, CONTENT_TYPE, body, request=request, key=node.identity.keys.signing, at=took.at)
    return Signed(body=body, headers=headers)


@contextmanager
def admitted(node: Node, request: HopRequest, admission: Admission | None = None) -> Iterator[Admitted]:
    """Who asks, while their request is worked on; a refusal of it is noted.

    Raises:
        WireError: if nobody registered has signed it now, or the peer is not heard, or asks too often.
    """
    with node.look() as work:
        trust, known = callers.everybody(work.session)
    hop = _verified(node, request, trust, node.clock.now())
    caller = known[trust.node_of(hop.kid)]
    with (admission or Admission(Limits())).of(caller.node_id):
        try:
            caller.require_heard()
            yield Admitted(caller, hop, callers.heard(trust, known))
        except WireError as fault:
            with node.write() as work:
                named = digest(request.body)
                refused.note(work.session, peer=caller.node_id, code=fault.code, digest=named, at=work.at)
            raise


def _verified(node: Node, request: HopRequest, trust: Trust, at: datetime) -> VerifiedHop:
    """A key that is unknown or not in use now may mean that its node has published a newer statement."""
    try:
        return verify_request(request, key_for=lambda kid: trust.hop_key(kid, at), at=at)
    except WireError as fault:
        STRANGERS.note(node, fault.code)
        if isinstance(fault, KeyUnknown | KeyOutOfPeriod | KeyCompromised):
            _ask_for_newer(node, at)
        raise


def _ask_for_newer(node: Node, at: datetime) -> None:
    with node.read() as work:
        due = peers.not_asked_lately(work.session, at)
    if due:
        with node.write() as work:
            peers.ask_again(work.session, due)


def _envelopes_of(body: bytes) -> list[JsonValue]:
    envelopes = strict_json.load(body, limit=MAX_BODY).get("envelopes")
    if not isinstance(envelopes, list) or not 1 <= len(envelopes) <= MAX_BATCH:
        raise BatchUnfit
    return envelopes


def own_statements(node: Node, after: int = 0) -> list[str]:
    """Every version of this node's statement above the version `after`, oldest first."""
    with node.read() as work:
        return peers.statements(work.session, node.identity.node_id, after)


def own_statement(node: Node) -> str:
    """The newest one."""
    with node.read() as work:
        return peers.latest_token(work.session, node.identity.node_id)


def prove_possession(node: Node, body: bytes) -> str:
    """The answer to a peer's challenge: that this node holds the keys of its statement."""
    challenge = strict_json.load(body, limit=8192)
    identity = node.identity
    return answer_challenge(challenge, identity.keys, identity.node_id, node.clock.now())
