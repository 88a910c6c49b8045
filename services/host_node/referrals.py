"""Referrals from the host's side: what would leave and why, sending, answering, the journey, cancelling.

`preview` and `send` rest on one decision (`host_node.decisions`), so that what a counsellor was shown is
what leaves. Nothing else composes fields for a message.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import bindparam, select

from host_node import cases, consents, decisions, release
from host_node.agencies import entitled
from host_node.tables import CaseReferralRow, CaseRow
from relevo.delivery import costs, outbox, steps
from relevo.delivery.looking import entering, sop_of
from relevo.domain.access import Act
from relevo.domain.access_to_data import LookReason, may_consult, may_enter
from relevo.domain.data_classes import DataClass, class_of
from relevo.domain.disclosure import Disclosure, ExcessData, NotSendable, require_within, without
from relevo.domain.excess_data import CONSENT_CHANGED
from relevo.domain.journey import JourneyStep
from relevo.domain.referral import Status, Step, allowed, is_open
from relevo.domain.sides import Urgency
from relevo.domain.sop import Sop, parse_sop
from relevo.errors import BadInput, Conflict, Reason
from relevo.ids import new_thread
from relevo.messages.classes import terms_record, terms_to_fields
from relevo.messages.content import Fields
from relevo.messages.steps import read_payload
from relevo.messages.steps_progress import Departed, JourneyCancelled, JourneyChanged
from relevo.messages.steps_referral import EnteredInError, Requested
from relevo.protocol.basis import Basis
from relevo.protocol.strict_json import JsonValue
from relevo.storage import access_log, log, recall, referrals, sops
from relevo.storage.appending import append, ask
from relevo.storage.tables import ReferralRow, SopRow
from relevo.storage.unit_of_work import UnitOfWork

SALT_BYTES = 32
_IDENTITY = frozenset({DataClass.IDENTITY_MIN, DataClass.IDENTITY_FULL})
ASSISTANCE = "reintegration-assistance"
_STATUSES = select(
    select(ReferralRow.status)
    .where(
        ReferralRow.thread == CaseReferralRow.thread,
        ReferralRow.peer == bindparam("peer"),
        ReferralRow.purpose == bindparam("purpose"),
    )
    .scalar_subquery()
).where(CaseReferralRow.case == bindparam("case"))
"""Where the referrals of a case stand; None for those to another node, or for another purpose.

Asked as a join, PostgreSQL might look through all referrals to the node."""


class ReferralOpen(Conflict):
    """A referral of this case to this node, for this purpose, is open already."""

    code = "referral-open"
    rule = "lifecycle.one-open"
    advice = "Follow the open referral on its timeline; cancel it first if it must be sent anew."


def preview(work: UnitOfWork, case: CaseRow, purpose: str = ASSISTANCE) -> Disclosure:
    """For each field of a case, whether it would leave or stay and why; and every reason against sending.

    The look at the case is recorded; of a class that the role may not consult only the class is named.

    Raises:
        Conflict: if no SOP with the origin is in force.
    """
    work.require(Act.PREVIEW)
    sop = parse_sop(sops.in_force(work.session, case.origin, work.at).text)
    return seen(work, case, sop, decisions.by_consent(work, case, sop, purpose))


def seen(work: UnitOfWork, case: CaseRow, sop: Sop, decision: Disclosure) -> Disclosure:
    """A decision as the user may see it, with the look recorded; who may enter a class knows which fields it has."""
    side, role = work.identity.side, work.user.role
    mine = may_consult(sop, side, role) | may_enter(sop, side, role)
    access_log.looked(work, case.id, mine & {class_of(line.path) for line in decision.lines}, LookReason.PREPARE)
    return without(decision, frozenset(DataClass) - mine)


def send(work: UnitOfWork, case: CaseRow, purpose: str = ASSISTANCE) -> ReferralRow:
    """Send a case's referral: sign what leaves, queue it, and open the timeline, all in this unit of work.

    Raises:
        NotSendable: with every reason at once; nothing is stored.
        ReferralOpen: if one is under way.
        Conflict: if no SOP with the origin is in force.
    """
    work.require(Act.SEND)
    sop_row = sops.in_force(work.session, case.origin, work.at)
    require_none_open(work, case, purpose)
    recorded = consents.of_case(work.session, case)
    decision = decisions.by_consent(work, case, parse_sop(sop_row.text), purpose, recorded).require()
    terms = decision.terms
    if terms is None or decision.consent is None:
        raise NotSendable
    basis = Basis(kind="consent", record=terms_record(terms), salt=secrets.token_bytes(SALT_BYTES))
    fields: Fields = {**decision.leaving, DataClass.CONSENT: terms_to_fields(terms)}
    requested = Requested(
        purpose=purpose, urgency=Urgency(case.urgency), confidential=case.confidential, household=case.household
    )
    row = referrals.begin(
        case.origin, new_thread(), requested=requested, fields=fields, sop=sop_row.digest, basis=basis, at=work.at
    )
    recall.begin(work.session, row)
    append(work.session, CaseReferralRow, thread=row.thread, case=case.id, consent=decision.consent.id)
    release.began(work, row, decision.consent, recorded)
    commitment = basis.claim.partition(":")[2]
    log.record(
        work.session, "consent", work.at, subject=row.thread, thread=row.thread, commitment=commitment, change="used"
    )
    told = steps.take(work, row, Step.REQUESTED, requested, fields)
    recall.add(work.session, row)
    costs.began_with(work, row, told, fields)
    return row


def answer(work: UnitOfWork, thread: str, text: str, classes: Collection[str] | None = None) -> ReferralRow:
    """Answer the origin's question, with the classes it asked for as they stand in the case now.

    Raises:
        NotSendable: if a class would not leave, with every reason.
        IllegalStep: if nothing was asked.
    """
    row = entitled(work, thread, Act.ANSWER_QUESTION)
    wanted = _asked_for(work, row) if classes is None else frozenset(classes)
    steps.take(work, row, Step.ANSWERED, read_payload(Step.ANSWERED, {"answer": text}), again(work, row, wanted))
    return row


def change_journey(work: UnitOfWork, thread: str, changes: Mapping[str, JsonValue]) -> ReferralRow:
    """Correct the journey in the case and tell the origin.

    Args:
        work: the unit of work.
        thread: the referral.
        changes: fields of the class `travel`, such as `arrival_at` and `flight`.

    Raises:
        BadInput: if nothing is changed.
        NotYours: if the role may not write the journey down.
        NotSendable: if the new journey is not well formed or may not leave.
        IllegalStep: if the journey is over.
    """
    row = entitled(work, thread, Act.CHANGE_JOURNEY)
    if not changes:
        raise BadInput("nothing of the journey was given", next_step="Say what has changed, such as the arrival.")
    case = case_of(work, thread)
    entering(work, sop_of(work, row), {DataClass.TRAVEL})
    present = case.record.get(DataClass.TRAVEL)
    travel = {**(present if isinstance(present, dict) else {}), **changes}
    cases.change(work, case, {**case.record, DataClass.TRAVEL: travel}, "the journey has changed")
    fields = again(work, row, frozenset({DataClass.TRAVEL}))
    steps.take(work, row, JourneyStep.JOURNEY_CHANGED, JourneyChanged(), fields)
    return row


def depart(work: UnitOfWork, thread: str, at: datetime) -> ReferralRow:
    """Say that the person has left.

    Raises:
        BadInput: if that moment has not come yet.
    """
    row = entitled(work, thread, Act.CHANGE_JOURNEY)
    if at > work.at:
        raise BadInput("the time has not come yet; check day and offset", field="at")
    steps.take(work, row, JourneyStep.DEPARTED, Departed(at=at))
    return row


def cancel_journey(work: UnitOfWork, thread: str) -> ReferralRow:
    """Say that there will be no journey; the referral itself is cancelled apart."""
    row = entitled(work, thread, Act.CHANGE_JOURNEY)
    steps.take(work, row, JourneyStep.JOURNEY_CANCELLED, JourneyCancelled())
    return row


def cancel(work: UnitOfWork, thread: str, reason: str | None = None) -> ReferralRow:
    """Take a referral back: at once before it was accepted, by asking the origin afterwards."""
    row = entitled(work, thread, Act.CANCEL)
    asks = Step.CANCEL_REQUESTED in allowed(Status(row.status), work.identity.side)
    step = Step.CANCEL_REQUESTED if asks else Step.CANCELLED
    steps.take(work, row, step, read_payload(step, {"reason": reason}))
    return row


def enter_in_error(work: UnitOfWork, thread: str) -> ReferralRow:
    """Say that the referral should never have been sent; history stays.

    A change of the consent that waits still leaves: the origin has to know the terms that this message rests on.
    """
    row = entitled(work, thread, Act.MARK_ENTERED_IN_ERROR)
    outbox.hold_back(work.session, row, but=CONSENT_CHANGED, code=outbox.ENTERED_IN_ERROR)
    steps.take(work, row, Step.ENTERED_IN_ERROR, EnteredInError())
    return row


def case_of(work: UnitOfWork, thread: str) -> CaseRow:
    """The case that a referral is about."""
    return cases.find(work, work.session.get_one(CaseReferralRow, thread).case)


def again(work: UnitOfWork, row: ReferralRow, wanted: Collection[str]) -> Fields:
    """The classes `wanted` as they may leave now, and as the receiver may store them by the terms of this referral.

    Raises:
        NotSendable: if one of them would not leave, with every reason.
    """
    if not wanted:
        return {}
    case = case_of(work, row.thread)
    sop = parse_sop(work.session.get_one(SopRow, row.sop).text)
    decision, terms = decisions.for_referral(work, row, case, sop).require(), referrals.terms(row)
    barred = [name for name in sorted(wanted) if terms is None or not _may_follow(name, decision, row, case)]
    if barred or terms is None:
        raise NotSendable(*(_barred(name) for name in barred))
    fields = {name: decision.leaving[name] for name in wanted}
    named = {name: tuple(given) for name, given in fields.items()}
    try:
        require_within(named, terms=terms, sop=sop, purpose=row.purpose, services=row.services)
    except ExcessData as excess:
        raise NotSendable(*(_barred(reason.field) for reason in excess.reasons)) from None
    return fields


def _may_follow(name: str, decision: Disclosure, row: ReferralRow, case: CaseRow) -> bool:
    """Whether anything of the class leaves; who was sent under a code is not named later by another import."""
    unmasked = row.confidential and not case.confidential and name in _IDENTITY
    return name in decision.leaving and not unmasked


def _asked_for(work: UnitOfWork, row: ReferralRow) -> frozenset[str]:
    """The classes that the origin's last question named."""
    for step in reversed(referrals.steps(work.session, row)):
        if step.step == Step.INFORMATION_REQUESTED:
            asked = step.said.get("classes")
            return frozenset(str(name) for name in asked) if isinstance(asked, list) else frozenset()
    return frozenset()


def require_none_open(work: UnitOfWork, case: CaseRow, purpose: str) -> None:
    """Raises `ReferralOpen` if a referral of this case for this purpose is under way."""
    found = ask(work.session, _STATUSES, {"case": case.id, "peer": case.origin, "purpose": purpose})
    if any(is_open(Status(status)) for status in found.scalars() if status is not None):
        raise ReferralOpen


def _barred(name: str) -> Reason:
    return Reason(
        code="not-consented",
        field=name,
        detail="this part may not leave, or there is nothing of it in the case",
        advice="Answer without it, or ask the person for a new consent and send a new referral under it.",
        rule="consent.covers-class",
    )
