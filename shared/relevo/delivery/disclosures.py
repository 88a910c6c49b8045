"""What was sent to the peer in one referral, from the outbox: it is what the person may ask to see.

Values are never shown, only which classes and fields. After erasure the disclosures are gone; the classes of each
message, when it went and under which commitment can still be told.
"""

from __future__ import annotations

from sqlalchemy import select

from relevo.delivery.outbox import OutboxState
from relevo.domain.consent_sheet import Sent
from relevo.domain.data_classes import DataClass
from relevo.messages.classes import terms_from_record
from relevo.protocol import sd_jwt
from relevo.storage.tables import OutboxRow, ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

_STATES = {OutboxState.QUEUED: "waits to leave", OutboxState.HELD: "never left"}


def sent_to_peer(work: UnitOfWork, row: ReferralRow) -> list[Sent]:
    """Every message of ours in a referral that carried or carries personal data, oldest first."""
    mine = (OutboxRow.peer == row.peer, OutboxRow.thread == row.thread)
    found = work.session.scalars(select(OutboxRow).where(*mine).order_by(OutboxRow.jti))
    return [_sent(one) for one in found if set(one.classes) - {DataClass.CONSENT}]


def _sent(message: OutboxRow) -> Sent:
    return Sent(
        at=message.receipted_at or message.made_at,
        receiver=message.peer,
        what=message.step,
        under=_under(message),
        classes=[name for name in DataClass if name in message.classes],
        paths=_paths(message),
        state=_STATES.get(OutboxState(message.state), message.state),
    )


def _under(message: OutboxRow) -> str:
    kind, _, commitment = message.basis.partition(":")
    if kind != "consent":
        return f"no consent: an exception, {commitment}"
    if message.basis_record is None:
        return f"a consent that is erased, {commitment}"
    terms = terms_from_record(message.basis_record)
    return f"a consent for {terms.purpose} until {terms.expires_on.isoformat()}, {commitment}"


def _paths(message: OutboxRow) -> list[str]:
    """The fields that the message discloses, as far as its disclosures are still here."""
    parsed = [sd_jwt.Disclosure.parse(text) for text in message.disclosures]
    named = {one.digest: one.name for one in parsed}
    holders = [one for one in parsed if one.name in set(message.classes) and isinstance(one.value, dict)]
    return [f"{one.name}.{named[digest]}" for one in holders for digest in one.inside if digest in named]
