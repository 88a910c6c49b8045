"""Showing one look at personal data to the person or an auditor, with the proof that the log has it."""

from __future__ import annotations

from relevo.delivery.evidence import LogBehind, checkpoint_over
from relevo.errors import NotFound
from relevo.protocol import merkle
from relevo.protocol.look import ShownLook, write_look
from relevo.protocol.proof import write_proof
from relevo.storage import access_log, log, peers, witness
from relevo.storage.unit_of_work import UnitOfWork


def prove(work: UnitOfWork, subject: str, number: int) -> bytes:
    """The file about one look at a subject (a thread or a case); `relevo verify` checks it.

    Raises:
        Forbidden: unless the user may read who looked.
        NotFound: if there is no such look, or its salt was erased with the consent.
        LogBehind: if its entry has no place in the log yet.
    """
    row = next((one for one in access_log.looks(work, subject) if one.number == number), None)
    if row is None:
        raise NotFound("there is no look of that number; `access list` shows those that are here")
    if row.salt is None:
        raise NotFound("what was known of this look was erased; that there was one, the evidence of the referral shows")
    entry = access_log.entry_for(work.session, row)
    if entry is None or entry.position is None:
        raise LogBehind
    checkpoint = checkpoint_over(work.session, [entry])
    if entry.position >= checkpoint.size:
        raise LogBehind
    siblings = merkle.inclusion_proof(entry.position, checkpoint.size, log.subtrees(work.session))
    own = work.identity.node_id
    shown = ShownLook(
        node=own,
        made_at=work.at,
        statements=tuple(peers.statements(work.session, own)),
        look=access_log.look_of(row),
        look_salt=row.salt,
        record=entry.record,
        salt=entry.salt,
        proof=write_proof(entry.position, siblings, witness.cosigned(work.session, checkpoint)),
    )
    return write_look(shown)
