"""Whether a queued message may still leave: the host asks its own consents, not the terms that travelled.

A consent may end between the change and the delivery, or the person may agree to less. A message leaves only if the
consent under which its referral began and the newest one both cover it. What then waits is held and shown; it never
leaves by itself. What moves under an exception leaves only as long as the exception holds.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from host_node import cases, consents, decisions
from host_node.tables import CaseReferralRow, CaseRow, ConsentRow
from relevo.delivery.consent_changes import lapsed, made_under
from relevo.delivery.outbox import Message, is_about_a_person
from relevo.domain.consent import Consent, consent_reasons, is_expired, is_withdrawn, speaking
from relevo.domain.data_classes import DataClass, class_of
from relevo.domain.exception import review_reasons
from relevo.domain.exception_refusals import ExceptionExpired
from relevo.domain.excess_data import CONSENT_CHANGED
from relevo.domain.gate import EVERYTHING, is_binding, withheld_from
from relevo.domain.referral import Step
from relevo.errors import Reason
from relevo.storage import recall, referrals
from relevo.storage.among import among
from relevo.storage.appending import ask
from relevo.storage.tables import OutboxRow, ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

WITHOUT_CONSENT = frozenset(
    {
        Step.WITHDRAWN,
        Step.ERASED,
        Step.ENTERED_IN_ERROR,
        Step.CANCELLED,
        Step.CANCEL_REQUESTED,
        CONSENT_CHANGED,
    }
)
"""What may be said about a referral after its consent has ended; none of it says anything about the person."""


class Left(NamedTuple):
    """Of a thread: for what it was referred, under which consent it left, and what speaks for its case now."""

    purpose: str
    began_under: Consent
    recorded: list[Consent]


_LEFT = (
    select(
        *ConsentRow.__table__.columns,
        CaseReferralRow.thread,
        CaseReferralRow.consent.label("left_under"),
        CaseRow.drafts,
        ReferralRow.purpose.label("referred_for"),
    )
    .join(ConsentRow, ConsentRow.case == CaseReferralRow.case)
    .join(ReferralRow, ReferralRow.thread == CaseReferralRow.thread)
    .outerjoin(CaseRow, CaseRow.id == CaseReferralRow.case)
    .where(among(CaseReferralRow.thread, "threads"), CaseReferralRow.consent.is_not(None))
    .order_by(CaseReferralRow.thread, ConsentRow.order)
)
_BEGUN = (
    select(OutboxRow.jti)
    .where(OutboxRow.peer == bindparam("peer"), OutboxRow.thread == bindparam("thread"), OutboxRow.seq.is_not(None))
    .limit(1)
)


def release(work: UnitOfWork, row: Message) -> Reason | None:
    """Why a message may not leave now, or None."""
    if not is_about_a_person(row.kind):
        return None
    if row.step in WITHOUT_CONSENT:
        return None if _has_begun(work.session, row) else NOTHING_LEFT
    left = recall.beside(work.session, row.peer, row.thread, _left_under)
    if left is None:
        return _exception_lapse(work, row)
    if is_withdrawn(left.began_under, work.at):
        return WITHDRAWN
    if lapsed(row, work.at):
        return EXPIRED
    return (
        _lapse(work, row, left.purpose, [left.began_under])
        or _lapse(work, row, left.purpose, left.recorded)
        or _withheld(work, row, left.recorded)
    )


def began(work: UnitOfWork, row: ReferralRow, under: Consent, recorded: Sequence[Consent]) -> None:
    """Remember under what a referral begins with this transaction, and what speaks for its case."""
    left = Left(purpose=row.purpose, began_under=under, recorded=list(recorded))
    recall.know(work.session, row.peer, row.thread, _left_under, left)


def _left_under(session: Session, threads: Collection[str]) -> dict[str, Left]:
    """Of each thread that left under a consent, that consent, and what speaks for the case now."""
    found = groupby(ask(session, _LEFT, {"threads": list(threads)}), attrgetter("thread"))
    return {thread: _left(list(rows)) for thread, rows in found}


def _left(rows: Sequence[Any]) -> Left:
    given = {row.id: consents.read(row) for row in rows}
    recorded = [*given.values(), *consents.withdrawn_in_file(rows[0].drafts or [])]
    return Left(purpose=rows[0].referred_for, began_under=given[rows[0].left_under], recorded=recorded)


def _exception_lapse(work: UnitOfWork, row: Message) -> Reason | None:
    """Why an exception does not let it leave: rejected, not reviewed in time, run out, or more is withheld since."""
    exception = decisions.exception_of(work.session, row.thread)
    reviewed = review_reasons(decisions.ground(exception), at=work.at, left_at=exception.left_at)
    if reviewed:
        return reviewed[0]
    terms = referrals.terms(referrals.find(work.session, row.peer, row.thread))
    if terms is None or is_expired(terms, work.at):
        return EXCEPTION_ENDED
    since = decisions.withheld_in_any(work, cases.find(work, exception.case))
    return WITHHELD if _touches(row, withheld_from(row.peer, since) - withheld_from(row.peer, terms.withhold)) else None


def _withheld(work: UnitOfWork, row: Message, recorded: Sequence[Consent]) -> Reason | None:
    """Whether the newest consent keeps something from the receiver that this message may carry."""
    terms = made_under(row)
    if terms is None:
        return WITHDRAWN
    newest = speaking(recorded, purpose=terms.purpose, receiver=row.peer, at=work.at)
    now = withheld_from(row.peer, newest.withhold if newest else ())
    since = now - withheld_from(row.peer, terms.withhold)
    return WITHHELD if _touches(row, since) else None


def _touches(row: Message, since: Collection[str]) -> bool:
    """Whether a message may carry something of what has been withheld since."""
    return any(what == EVERYTHING or not is_binding(what) or class_of(what) in row.classes for what in since)


def _lapse(work: UnitOfWork, row: Message, purpose: str, given: Sequence[Consent]) -> Reason | None:
    """The first reason for which these consents do not cover the message."""
    classes = set(row.classes) - {DataClass.CONSENT}
    reasons = consent_reasons(given, purpose=purpose, receiver=row.peer, classes=classes, at=work.at)
    return reasons[0] if reasons else None


def _has_begun(session: Session, row: Message) -> bool:
    """Whether anything of this referral has ever left, so that there is something to take back."""
    return ask(session, _BEGUN, {"peer": row.peer, "thread": row.thread}).first() is not None


WITHHELD = Reason(
    code="consent-withholds",
    field="consent.withhold",
    detail="the person has since asked to withhold some of this from the receiver",
    advice="Nothing left. Look at the preview and do it again: what is withheld now stays.",
    rule="consent.withholds",
)
EXPIRED = Reason(
    code="consent-expired",
    field="consent.expires_on",
    detail="the consent expired before this could be delivered",
    advice="Nothing left. If the consent was renewed, do it again: it then leaves under the renewed one.",
    rule="consent.expires",
)
WITHDRAWN = Reason(
    code="consent-withdrawn",
    field="consent",
    detail="the person has withdrawn the consent under which this was to leave",
    advice="Nothing left. If the person changes their mind, record a new consent and send a new referral.",
    rule="consent.withdrawn",
)
EXCEPTION_ENDED = Reason(
    code=ExceptionExpired.code,
    field="exception.expires_at",
    detail="the exception had run out before this could leave",
    advice=ExceptionExpired.advice,
    rule=ExceptionExpired.rule,
    clause=ExceptionExpired.clause,
)
NOTHING_LEFT = Reason(
    code="nothing-left",
    field="consent",
    detail="nothing of this referral had left, so there is nothing to take back",
    advice="Nothing needs to be done.",
    rule="consent.withdrawn",
)
