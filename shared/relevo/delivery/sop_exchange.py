"""Agreeing a SOP between two nodes: proposed and signed by one side, read and signed by the other.

Both signatures are over the digest of the exact text, name both nodes, and stay as evidence. Each node keeps its own
copy; a SOP that reaches both sides from both sides at once is agreed as soon as each has the other's signature.

Whether a version may follow the agreed one (`relevo.domain.sop_versions`) is asked by the proposer, by the other node
when the proposal arrives and again when it accepts, and by the proposer when the acceptance arrives; each time of the
moments that were signed, so that post which is late changes nothing. Who has agreed with a peer sends it its contact
list (`relevo.delivery.contact_exchange`).
"""

from __future__ import annotations

from datetime import datetime

from relevo.delivery import contact_exchange, outbox
from relevo.domain.sop import Sop, parse_sop
from relevo.domain.sop_versions import require_accepted_in_time, require_next
from relevo.errors import Conflict, Refusal
from relevo.ids import new_thread
from relevo.messages.content import Said
from relevo.messages.steps_sop import SopAccepted, SopProposed
from relevo.protocol.claims import require_not_future
from relevo.protocol.sop_signature import sign_sop, signer_of, sop_digest, verify_sop_signature
from relevo.storage import peers, sops
from relevo.storage.sops import SopState
from relevo.storage.tables import SopRow
from relevo.storage.unit_of_work import UnitOfWork


class SopNotOffered(Refusal):
    """An acceptance came for a SOP that was never proposed from here."""

    code = "sop-not-offered"
    rule = "sop.follows"
    advice = "The sender checks which SOP it accepts; the digest names it."


def propose(work: UnitOfWork, row: SopRow) -> None:
    """Sign a draft and send it to the other node.

    Raises:
        Conflict: if it was proposed, offered or agreed already.
        SopNotNext: if it cannot follow the agreed version, with every reason.
    """
    if row.state != SopState.DRAFT:
        raise Conflict(f"this SOP is {row.state} already", field="sop")
    require_next(parse_sop(row.text), _over(work, row), proposed_at=work.at)
    row.own_signature = _signed(work, row)
    sops.move(work.session, row, SopState.PROPOSED, work.at, row.own_signature)
    _post(work, row.peer, "sop-proposed", SopProposed(sop=row.text, signature=row.own_signature))


def accept(work: UnitOfWork, row: SopRow) -> None:
    """Sign a SOP that the peer proposed, and tell it so.

    Raises:
        Conflict: unless the peer has offered it.
        KeyCompromised: if the key that signed the offer was stolen when it came.
        SopNotNext: if another version was agreed since, or if it comes too late, with every reason.
    """
    if row.state != SopState.OFFERED or row.peer_signature is None:
        raise Conflict(f"this SOP is {row.state}; only one that the peer has offered can be accepted", field="sop")
    sop, over = parse_sop(row.text), _over(work, row)
    require_next(sop, over, proposed_at=_verify(work, row.peer, row.peer_signature, row.text, row.changed_at))
    require_accepted_in_time(sop, over, accepted_at=work.at)
    row.own_signature = _signed(work, row)
    sops.move(work.session, row, SopState.AGREED, work.at, row.own_signature)
    _post(work, row.peer, "sop-accepted", SopAccepted(sop_digest=row.digest, signature=row.own_signature))
    contact_exchange.introduce(work, row.peer)


def learn(work: UnitOfWork, peer: str, said: Said) -> None:
    """Keep what the peer proposed, or that it accepted, after its signature held.

    Raises:
        SopInvalid, SopNotNext, Conflict, SopNotOffered, WireError: faults of the message, by their codes.
    """
    if isinstance(said.payload, SopProposed):
        _offered(work, peer, said.payload)
    elif isinstance(said.payload, SopAccepted):
        _accepted(work, peer, said.payload)


def _offered(work: UnitOfWork, peer: str, proposal: SopProposed) -> None:
    digest = sop_digest(proposal.sop.encode())
    proposed_at = _verify(work, peer, proposal.signature, proposal.sop, work.at)
    row = work.session.get(SopRow, digest)
    own = work.identity.node_id
    if row is None:
        row = sops.keep(work.session, proposal.sop, own=own, at=work.at)
    _require_pair(row, peer)
    if row.state == SopState.AGREED:
        return
    if row.own_signature is None:
        require_next(parse_sop(row.text), _over(work, row), proposed_at=proposed_at)
    row.peer_signature = proposal.signature
    if row.own_signature is None:
        sops.move(work.session, row, SopState.OFFERED, work.at, proposal.signature)
    else:
        _agreed(work, row, proposal.signature)


def _accepted(work: UnitOfWork, peer: str, acceptance: SopAccepted) -> None:
    row = work.session.get(SopRow, acceptance.sop_digest)
    if row is None or row.own_signature is None:
        raise SopNotOffered(field="sop")
    _require_pair(row, peer)
    accepted_at = _verify(work, peer, acceptance.signature, row.text, work.at)
    require_accepted_in_time(parse_sop(row.text), _over(work, row), accepted_at=accepted_at)
    row.peer_signature = acceptance.signature
    _agreed(work, row, acceptance.signature)


def _agreed(work: UnitOfWork, row: SopRow, signature: str) -> None:
    sops.move(work.session, row, SopState.AGREED, work.at, signature)
    contact_exchange.introduce(work, row.peer)


def _require_pair(row: SopRow, peer: str) -> None:
    if row.peer != peer:
        raise SopNotOffered(detail="this SOP is with another node", field="sop")


def _signed(work: UnitOfWork, row: SopRow) -> str:
    own = work.identity
    return sign_sop(row.text.encode(), own.keys.signing, iss=own.node_id, aud=row.peer, at=work.at)


def _over(work: UnitOfWork, row: SopRow) -> Sop | None:
    agreed = sops.newest_agreed(work.session, row.peer, beside=row)
    return parse_sop(agreed.text) if agreed else None


def _verify(work: UnitOfWork, peer: str, signature: str, text: str, arrived: datetime) -> datetime:
    """When the peer signed, with a key that was in use then and was not stolen when the signature `arrived`."""
    trust, own = peers.trust(work.session), work.identity.node_id
    signed_at = verify_sop_signature(signature, text.encode(), iss=peer, aud=own, key_for=trust.key_named)
    require_not_future(signed_at, arrived, "an SOP signature")
    trust.signing_key(peer, signer_of(signature), iat=signed_at, at=arrived)
    return signed_at


def _post(work: UnitOfWork, peer: str, step: str, payload: SopProposed | SopAccepted) -> None:
    outbox.post(work, outbox.Frame(peer=peer, thread=new_thread()), step, payload, {})
