"""What goes when a consent is withdrawn, on either side alike; what a node keeps besides is its own to erase.

    erased   disclosures of every message received or receipted, or that carries data classes; basis record and salt;
             what the steps said; what the referral knew of the person: contact channel, services, vulnerability, times
    kept     manifests, receipts and issuer-signed content, which hold salted digests only; that a step was taken,
             by whom and when

A message that tells of the erasure itself and has not been receipted keeps its words until it is: `forget` takes them
then. What was erased is gone; nothing here can bring it back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from relevo.domain.referral import Step
from relevo.protocol import sd_jwt
from relevo.storage import bases
from relevo.storage.referrals import steps
from relevo.storage.tables import InboxRow, OutboxRow, ReferralRow

KEPT_WORDS = frozenset({Step.WITHDRAWN, Step.ERASED})
"""Steps whose words say nothing about the person and explain why the rest is silent."""


def erase_thread(session: Session, row: ReferralRow) -> None:
    """Erase what both kinds of node keep of a referral beyond its evidence; a second time changes nothing."""
    _erase_facts(row)
    bases.forget(session, row)
    for step in steps(session, row):
        if step.step not in KEPT_WORDS:
            step.said = {}
    for came in session.scalars(select(InboxRow).where(InboxRow.peer == row.peer, InboxRow.thread == row.thread)):
        came.disclosures = None
    for sent in session.scalars(select(OutboxRow).where(OutboxRow.peer == row.peer, OutboxRow.thread == row.thread)):
        if sent.classes or sent.receipt is not None:
            forget(sent)
    session.flush()


def erase_classes(session: Session, row: ReferralRow, classes: Collection[str]) -> None:
    """Erase the words of these classes from every message of a referral that does not wait to leave; the rest stays."""
    for came in session.scalars(select(InboxRow).where(InboxRow.peer == row.peer, InboxRow.thread == row.thread)):
        if came.disclosures:
            came.disclosures = _without(came.disclosures, classes)
    for sent in session.scalars(select(OutboxRow).where(OutboxRow.peer == row.peer, OutboxRow.thread == row.thread)):
        if sent.receipt is not None:
            sent.disclosures = _without(sent.disclosures, classes)
    session.flush()


def _without(disclosures: Sequence[str], classes: Collection[str]) -> list[str]:
    """The disclosures but those of `classes`, and of everything inside them."""
    parsed = [sd_jwt.Disclosure.parse(text) for text in disclosures]
    gone = {one.text: one.inside for one in parsed if one.name in classes and _holds_fields(one)}
    inside = {digest for digests in gone.values() for digest in digests}
    return [one.text for one in parsed if one.text not in gone and one.digest not in inside]


def _holds_fields(one: sd_jwt.Disclosure) -> bool:
    """Whether it is a class, each field of which is a disclosure of its own, and not a field of the same name."""
    return isinstance(one.value, dict) and set(one.value) == {"_sd"}


def is_erased(row: ReferralRow) -> bool:
    """Whether the referral rests on nothing any more."""
    return row.basis_record is None


def forget(message: OutboxRow) -> None:
    """Erase the words of a message, and what it rested on; its signed content stays as evidence."""
    message.disclosures, message.sealed = [], None
    message.basis_record, message.basis_salt = None, None


def _erase_facts(row: ReferralRow) -> None:
    row.basis_record, row.basis_salt = None, None
    row.contact_channel, row.services, row.vulnerable = None, [], False
    row.planned_arrival, row.arrived_at = None, None
