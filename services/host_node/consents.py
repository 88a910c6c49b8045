"""Consents: recorded by somebody of this node, never imported; withdrawn at any time.

Withdrawal is a message: every referral that moves under the consent is told, and what waits to leave stays. A
withdrawal that only the case file speaks of ends nothing by itself, but while it stands nothing leaves: it can only
protect.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from host_node import agencies, cases, consent_taking
from host_node.case_file import ConsentDraft
from host_node.tables import CaseReferralRow, CaseRow, ConsentRow
from relevo.delivery import outbox, steps
from relevo.domain.access import Act
from relevo.domain.consent import Account, Consent, Giver, Terms, Withholding, terms_of
from relevo.domain.referral import Status, Step, allowed
from relevo.errors import BadInput, Conflict, NotFound
from relevo.messages.classes import check, terms_record, terms_to_fields
from relevo.messages.classes_shape import WELL_FORMED
from relevo.messages.steps_referral import Withdrawn
from relevo.protocol.basis import commit
from relevo.protocol.strict_json import JsonValue
from relevo.storage import log, referrals
from relevo.storage.appending import ask
from relevo.storage.unit_of_work import UnitOfWork

SALT_BYTES = 32
WITHHOLD = TypeAdapter(tuple[Withholding, ...])
_OF_CASE = select(ConsentRow).where(ConsentRow.case == bindparam("case")).order_by(ConsentRow.order)


class ConsentUnfit(BadInput):
    """This consent cannot be recorded as it is."""

    code = "consent-unfit"
    rule = WELL_FORMED
    advice = "Correct the field that is named; nothing was recorded."


class ConsentKnown(Conflict):
    """This consent is recorded already; recording it again could bring back what the person took back."""

    code = "consent-known"
    rule = "consent.newest-speaks"
    advice = "If the person agrees anew, record a consent with the day on which you took it."


def record_from_file(work: UnitOfWork, case: CaseRow) -> list[ConsentRow]:
    """Record the consents that the case file speaks of, after a counsellor has confirmed them with the person.

    Raises:
        ConsentUnfit: if the file speaks of none.
    """
    drafts = [draft for draft in cases.drafts(case) if draft.covers_principal and draft.withdrawn_on is None]
    if not drafts:
        raise ConsentUnfit("the case file speaks of no consent of this person that stands", field="consent")
    return [record(work, case, draft) for draft in drafts]


def record(work: UnitOfWork, case: CaseRow, draft: ConsentDraft) -> ConsentRow:
    """Record one consent of the person whose case it is.

    Raises:
        ConsentUnfit: if a date contradicts another, or its terms are not well formed.
        ConsentKnown: if it is recorded already, or was taken before the person withdrew.
    """
    work.require(Act.RECORD_CONSENT)
    consent, account = _consent(draft), _account(draft)
    _require_fit(consent)
    _require_new(consent, _rows(work.session, case))
    consent_taking.require_by_procedure(work, consent.receiver, account, consent.expires_on)
    row = keep(work, case.id, terms_of(consent), consent.withhold, account)
    note(work, row, "recorded")
    return row


def keep(
    work: UnitOfWork,
    case: str,
    terms: Terms,
    withhold: Sequence[Withholding],
    account: Account,
    replaces: str | None = None,
) -> ConsentRow:
    """The row of a consent with these terms, taken in this way; `withhold` has the reasons, which stay here."""
    row = ConsentRow(
        id=str(uuid.uuid4()),
        case=case,
        purpose=terms.purpose,
        receiver=terms.receiver,
        organisation=terms.organisation,
        classes=sorted(terms.classes),
        withhold=WITHHOLD.dump_python(tuple(withhold), mode="json"),
        outcomes_may_return=terms.outcomes_may_return,
        given_by=account.by,
        language=account.language,
        interpreter=account.interpreter,
        taken_on=account.taken_on,
        expires_on=terms.expires_on,
        recorded_at=work.at,
        recorded_by=work.user.name,
        withdrawn_at=None,
        salt=secrets.token_bytes(SALT_BYTES),
        giver=account.giver,
        capacity=account.capacity,
        evidence_kind=account.evidence_kind,
        evidence=account.evidence,
        risks_explained=account.risks_explained,
        withdrawing_explained=account.withdrawing_explained,
        taken_by=account.taken_by,
        sheet=account.sheet,
        replaces=replaces,
    )
    work.session.add(row)
    work.session.flush()
    return row


def withdraw(work: UnitOfWork, consent_id: str) -> list[str]:
    """Withdraw a consent, and tell every node that has something under it; the threads that were told.

    Raises:
        Conflict: if it was withdrawn before.
    """
    work.require(Act.WITHDRAW_CONSENT)
    row = latest(work.session, consent_id)
    if not agencies.sees_case(work, row.case):
        raise NotFound("there is no such consent")
    if row.withdrawn_at is not None:
        raise Conflict("this consent was withdrawn already", field="consent")
    row.withdrawn_at = work.at
    note(work, row, "withdrawn")
    return [thread for thread in threads_under(work.session, row.id) if tell_withdrawn(work, thread)]


def noted_as_withdrawn(work: UnitOfWork, thread: str) -> None:
    """The person withdrew at the origin: the consent under which this referral moves ends here too."""
    link = work.session.get(CaseReferralRow, thread)
    if link is not None and link.consent is not None and (row := find(work.session, link.consent)).withdrawn_at is None:
        row.withdrawn_at = work.at
        note(work, row, "withdrawn")


def find(session: Session, consent_id: str) -> ConsentRow:
    """The consent of that id.

    Raises:
        NotFound: if there is none.
    """
    row = session.scalar(select(ConsentRow).where(ConsentRow.id == consent_id))
    if row is None:
        raise NotFound("there is no such consent")
    return row


def latest(session: Session, consent_id: str) -> ConsentRow:
    """What a consent has become by every renewal and narrowing since; itself if there was none.

    Raises:
        NotFound: if there is no such consent.
    """
    row = find(session, consent_id)
    while (newer := _successor(session, row)) is not None:
        row = newer
    return row


def _successor(session: Session, row: ConsentRow) -> ConsentRow | None:
    later = select(ConsentRow).where(ConsentRow.replaces == row.id)
    return session.scalar(later.order_by(ConsentRow.order.desc()).limit(1))


def rows_of(work: UnitOfWork, case: CaseRow) -> list[ConsentRow]:
    """The recorded consents of a case, for people of this node."""
    work.require(Act.READ_TIMELINE)
    return _rows(work.session, case)


def of_case(session: Session, case: CaseRow) -> list[Consent]:
    """What speaks for a case: its consents as they were recorded, then those that the file says were withdrawn."""
    recorded = ask(session, _OF_CASE, {"case": case.id})
    return [*(read(row) for row in recorded), *withdrawn_in_file(case.drafts)]


def _rows(session: Session, case: CaseRow) -> list[ConsentRow]:
    return list(session.scalars(_OF_CASE, {"case": case.id}))


def read(row: ConsentRow | Row[Any]) -> Consent:
    """A recorded consent as the rules know it."""
    return Consent(
        id=row.id,
        purpose=row.purpose,
        receiver=row.receiver,
        organisation=row.organisation,
        classes=frozenset(row.classes),
        withhold=WITHHOLD.validate_python(row.withhold),
        outcomes_may_return=row.outcomes_may_return,
        by=row.given_by,
        language=row.language,
        interpreter=row.interpreter,
        taken_on=row.taken_on,
        expires_on=row.expires_on,
        withdrawn_at=row.withdrawn_at,
        giver=Giver(row.giver),
        evidence=row.evidence,
    )


def threads_under(session: Session, consent_id: str) -> list[str]:
    """The referrals that move under a consent."""
    return list(session.scalars(select(CaseReferralRow.thread).where(CaseReferralRow.consent == consent_id)))


def tell_withdrawn(work: UnitOfWork, thread: str) -> bool:
    """Hold back what waits in a referral and tell the origin to erase; whether there was anything to withdraw."""
    row = referrals.by_thread(work.session, thread)
    if Step.WITHDRAWN not in allowed(Status(row.status), work.identity.side):
        return False
    outbox.hold_back(work.session, row)
    steps.take(work, row, Step.WITHDRAWN, Withdrawn(scope="all"))
    return True


def withdrawn_in_file(written: list[JsonValue]) -> Iterator[Consent]:
    """The consents that a case file says were withdrawn."""
    if not any(isinstance(one, dict) and one.get("withdrawn_on") for one in written):
        return
    for draft in cases.read_drafts(written):
        if draft.covers_principal and draft.withdrawn_on is not None:
            yield replace(_consent(draft), withdrawn_at=datetime.combine(draft.withdrawn_on, time.min, tzinfo=UTC))


def _consent(draft: ConsentDraft) -> Consent:
    return Consent(
        id=str(uuid.uuid4()),
        purpose=draft.purpose,
        receiver=draft.receiver,
        organisation=draft.organisation,
        classes=frozenset(draft.classes),
        withhold=draft.withhold,
        outcomes_may_return=draft.outcomes_may_return,
        by=draft.by,
        language=draft.language,
        interpreter=draft.interpreter,
        taken_on=draft.taken_on,
        expires_on=draft.expires_on,
        giver=draft.given_by,
        evidence=draft.evidence,
    )


def _account(draft: ConsentDraft) -> Account:
    return Account(
        by=draft.by,
        giver=draft.given_by,
        capacity=draft.capacity,
        evidence_kind=draft.evidence_kind,
        evidence=draft.evidence,
        language=draft.language,
        interpreter=draft.interpreter,
        risks_explained=draft.risks_explained,
        withdrawing_explained=draft.withdrawing_explained,
        taken_on=draft.taken_on,
        taken_by=draft.taken_by,
        sheet=draft.sheet,
    )


def _require_fit(consent: Consent) -> None:
    if consent.expires_on < consent.taken_on:
        raise ConsentUnfit("it would expire before it was taken", field="consent.expires_on")
    _, reasons = check("consent", terms_to_fields(terms_of(consent)))
    if reasons:
        raise ConsentUnfit(reasons[0].detail, field=reasons[0].field)


def _require_new(consent: Consent, recorded: Sequence[ConsentRow]) -> None:
    """A consent that was taken back comes back only if the person gave another."""
    same_aim = [row for row in recorded if (row.purpose, row.receiver) == (consent.purpose, consent.receiver)]
    if any(replace(read(row), id=consent.id, withdrawn_at=None) == consent for row in same_aim):
        raise ConsentKnown(field="consent")
    withdrawn = [row.withdrawn_at.date() for row in same_aim if row.withdrawn_at is not None]
    if any(consent.taken_on < day for day in withdrawn):
        raise ConsentKnown("it was taken before the person withdrew", field="consent.taken_on")


def note(work: UnitOfWork, row: ConsentRow, change: str) -> None:
    """Log a commitment to what the consent says, and what happened to it."""
    commitment = commit(terms_record(terms_of(read(row))), row.salt)
    log.record(work.session, "consent", work.at, subject=row.id, thread=None, commitment=commitment, change=change)
