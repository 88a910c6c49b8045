"""Agreeing a SOP between two nodes: proposed and signed by one side, read and signed by the other.

Both signatures are over the digest of the exact text, name both nodes, and stay as evidence. Each node keeps its own
copy; a SOP that reaches both sides from both sides at once is agreed as soon as each has the other's signature.
"""

from __future__ import annotations

from relevo.delivery import outbox
from relevo.errors import Conflict, Refusal
from relevo.ids import new_thread
from relevo.messages.content import Said
from relevo.messages.steps_sop import SopAccepted, SopProposed
from relevo.protocol.sop_signature import sign_sop, sop_digest, verify_sop_signature
from relevo.storage import peers, sops
from relevo.storage.sops import SopState
from relevo.storage.tables import SopRow
from relevo.storage.unit_of_work import UnitOfWork


class SopNotOffered(Refusal):
    """An acceptance came for a SOP that was never proposed from here."""

    code = "sop-not-offered"
    advice = "The sender checks which SOP it accepts; the digest names it."


def propose(work: UnitOfWork, row: SopRow) -> None:
    """Sign a draft and send it to the other node.

    Raises:
        Conflict: if it was proposed, offered or agreed already.
    """
    if row.state != SopState.DRAFT:
        raise Conflict(f"this SOP is {row.state} already", field="sop")
    row.own_signature = _signed(work, row)
    sops.move(work.session, row, SopState.PROPOSED, work.at, row.own_signature)
    _post(work, row.peer, "sop-proposed", SopProposed(sop=row.text, signature=row.own_signature))


def accept(work: UnitOfWork, row: SopRow) -> None:
    """Sign a SOP that the peer proposed, and tell it so.

    Raises:
        Conflict: unless the peer has offered it.
    """
    if row.state != SopState.OFFERED:
        raise Conflict(f"this SOP is {row.state}; only one that the peer has offered can be accepted", field="sop")
    row.own_signature = _signed(work, row)
    sops.move(work.session, row, SopState.AGREED, work.at, row.own_signature)
    _post(work, row.peer, "sop-accepted", SopAccepted(sop_digest=row.digest, signature=row.own_signature))


def learn(work: UnitOfWork, peer: str, said: Said) -> None:
    """Keep what the peer proposed, or that it accepted, after its signature held.

    Raises:
        SopInvalid, Conflict, SopNotOffered, WireError: faults of the message, by their codes.
    """
    if isinstance(said.payload, SopProposed):
        _offered(work, peer, said.payload)
    elif isinstance(said.payload, SopAccepted):
        _accepted(work, peer, said.payload)


def _offered(work: UnitOfWork, peer: str, proposal: SopProposed) -> None:
    digest = sop_digest(proposal.sop.encode())
    _verify(work, peer, proposal.signature, proposal.sop)
    row = work.session.get(SopRow, digest)
    own = work.identity.node_id
    if row is None:
        row = sops.keep(work.session, proposal.sop, own=own, at=work.at)
    _require_pair(row, peer)
    row.peer_signature = proposal.signature
    state = SopState.AGREED if row.own_signature else SopState.OFFERED
    sops.move(work.session, row, state, work.at, proposal.signature)


def _accepted(work: UnitOfWork, peer: str, acceptance: SopAccepted) -> None:
    row = work.session.get(SopRow, acceptance.sop_digest)
    if row is None or row.own_signature is None:
        raise SopNotOffered(field="sop")
    _require_pair(row, peer)
    _verify(work, peer, acceptance.signature, row.text)
    row.peer_signature = acceptance.signature
    sops.move(work.session, row, SopState.AGREED, work.at, acceptance.signature)


def _require_pair(row: SopRow, peer: str) -> None:
    if row.peer != peer:
        raise SopNotOffered(detail="this SOP is with another node", field="sop")


def _signed(work: UnitOfWork, row: SopRow) -> str:
    own = work.identity
    return sign_sop(row.text.encode(), own.keys.signing, iss=own.node_id, aud=row.peer, at=work.at)


def _verify(work: UnitOfWork, peer: str, signature: str, text: str) -> None:
    trust = peers.trust(work.session)
    verify_sop_signature(signature, text.encode(), iss=peer, aud=work.identity.node_id, key_for=trust.key_named)


def _post(work: UnitOfWork, peer: str, step: str, payload: SopProposed | SopAccepted) -> None:
    outbox.post(work, outbox.Frame(peer=peer, thread=new_thread()), step, payload, {})
