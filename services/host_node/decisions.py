"""What of a case may leave: the one decision behind preview, sending, and every later message of a referral.

By the person's consents, or, where a life is in danger, by an exception that somebody of this node raised. A referral
stays with what it began under: a consent given later starts a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from host_node import best_interests, cases, consents, costs
from host_node.tables import CaseRow, ExceptionRow
from relevo.delivery.steps import planned_arrival
from relevo.domain.consent import Consent, Withheld, Withholding, speaking
from relevo.domain.data_classes import DataClass, class_of
from relevo.domain.disclosure import Disclosure, Line, Why, decide, held
from relevo.domain.exception import Decision, ExceptionGround
from relevo.domain.exception_disclosure import decide_without_consent
from relevo.domain.sending_warnings import warnings
from relevo.domain.sides import Urgency
from relevo.domain.sop import Sop
from relevo.errors import NotFound, Reason
from relevo.messages.classes import check, requested_services
from relevo.messages.content import Fields
from relevo.messages.exception import attestation_of, read_raised
from relevo.protocol.strict_json import JsonValue
from relevo.storage import referrals
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

_UNREADABLE = "Stays: a field without which it cannot be read stays, so the whole of it does."
Decided: TypeAlias = Callable[..., Disclosure]


def by_consent(
    work: UnitOfWork, case: CaseRow, sop: Sop, purpose: str, recorded: Sequence[Consent] | None = None
) -> Disclosure:
    """The decision over the whole case by its consents; what would leave is judged once more as it would leave.

    `recorded` is what speaks for the case, where it was read already.
    """
    given = consents.of_case(work.session, case) if recorded is None else recorded
    record, problems = _judged(case, sop, work.at)

    def decided(problems: tuple[Reason, ...], broken: tuple[Line, ...] = ()) -> Disclosure:
        return decide(
            record,
            stays=[*(stay.line for stay in cases.stays(case)), *broken],
            problems=problems,
            consents=given,
            sop=sop,
            purpose=purpose,
            receiver=case.origin,
            services=requested_services(record.get(DataClass.NEEDS, {})),
            at=work.at,
        )

    decision = _fit(decided, record, problems)
    waits = best_interests.reasons(work, case, decision.consent, sop)
    known = warnings(
        decision.consent,
        sop,
        arrives=planned_arrival(record),
        vulnerable=bool(record.get(DataClass.VULNERABILITY)),
        public_authority=work.identity.public_authority,
        at=work.at,
    )
    return replace(held(decision, waits), warnings=tuple(known))


def by_exception(work: UnitOfWork, case: CaseRow, sop: Sop, purpose: str, row: ExceptionRow) -> Disclosure:
    """The same by an exception; consents are not asked, but what any of them withholds stays withheld."""
    record, problems = _judged(case, sop, work.at)

    def decided(problems: tuple[Reason, ...], broken: tuple[Line, ...] = ()) -> Disclosure:
        return decide_without_consent(
            record,
            stays=[*(stay.line for stay in cases.stays(case)), *broken],
            problems=problems,
            ground=ground(row),
            sop=sop,
            purpose=purpose,
            receiver=case.origin,
            urgency=Urgency(case.urgency),
            at=work.at,
            left_at=row.left_at,
            withhold=withheld_in_any(work, case),
        )

    return _fit(decided, record, problems)


def withheld_in_any(work: UnitOfWork, case: CaseRow) -> tuple[Withheld, ...]:
    """What the person withheld from the origin, or from anybody there, in the newest consent of each aim.

    Withdrawn and run-out consents count, and where nothing was recorded the file's own words: it can only protect.
    """
    recorded = consents.of_case(work.session, case)
    aims = {(one.purpose, one.receiver) for one in recorded}
    newest = (speaking(recorded, purpose=aim, receiver=receiver, at=work.at) for aim, receiver in sorted(aims))
    said = [one for consent in newest if consent is not None for one in consent.withhold]
    drafts = (one for one in cases.drafts(case) if one.covers_principal and (one.purpose, one.receiver) not in aims)
    said += [one for draft in drafts for one in draft.withhold]
    return tuple(dict.fromkeys(Withheld(one.what, one.from_whom) for one in said if _is_there(one, case.origin)))


def _is_there(one: Withholding, origin: str) -> bool:
    """Whether it concerns that node, an organisation behind it, or somebody who is no node at all."""
    return ":" not in one.from_whom or one.from_whom.partition("/")[0] == origin


def for_referral(work: UnitOfWork, row: ReferralRow, case: CaseRow, sop: Sop) -> Disclosure:
    """The decision now for a referral that is under way, by what it began under."""
    if referrals.rests_on_exception(row):
        return by_exception(work, case, sop, row.purpose, exception_of(work.session, row.thread))
    return by_consent(work, case, sop, row.purpose)


def exception_of(session: Session, thread: str) -> ExceptionRow:
    """The exception under which a referral left.

    Raises:
        NotFound: if it left under none.
    """
    row = session.scalar(select(ExceptionRow).where(ExceptionRow.thread == thread))
    if row is None:
        raise NotFound("this referral rests on no exception")
    return row


def ground(row: ExceptionRow) -> ExceptionGround:
    """An exception as the rules know it."""
    raised = read_raised({"reason": row.reason, "raised_by": row.raised_by, "attestation": row.attestation})
    return ExceptionGround(
        reason=raised.reason,
        raised_by=raised.raised_by,
        attestation=attestation_of(raised.attestation),
        raised_at=row.raised_at,
        recorded_by=row.recorded_by,
        on_duty=row.on_duty,
        decision=Decision(row.decision) if row.decision else None,
    )


def _judged(case: CaseRow, sop: Sop, at: datetime) -> tuple[Fields, tuple[Reason, ...]]:
    """The record with each class in the form in which it travels, what is wrong with the others, and with the costs."""
    record: dict[str, Mapping[str, JsonValue]] = {}
    problems: list[Reason] = []
    for name, fields in case.record.items():
        given = fields if isinstance(fields, dict) else {}
        checked, reasons = check(name, given)
        record[name] = given if reasons else checked
        problems += reasons
    well_formed = not any(class_of(one.field) == DataClass.COSTS for one in problems)
    return record, (*problems, *(costs.problems(record, sop, at) if well_formed else ()))


def _fit(decided: Decided, record: Fields, problems: tuple[Reason, ...]) -> Disclosure:
    """The decision over what is well formed as it would leave; a class that lacks what it cannot do without stays."""
    decision = decided(problems)
    wrong = {class_of(one.field) for one in problems}
    whole = {name: fields for name, fields in record.items() if name not in wrong}
    unfit, broken = _unfit(decision, whole), tuple[Line, ...]()
    if unfit and (broken := tuple(_broken(decision, unfit))):
        decision = decided(problems, broken)
        unfit = _unfit(decision, whole)
    return decided((*problems, *unfit), broken) if unfit else decision


def _broken(decision: Disclosure, unfit: Iterable[Reason]) -> Iterator[Line]:
    """The classes that nobody could read without a field which does not leave."""
    stays = {line.path for line in decision.lines if not line.leaves}
    for name in dict.fromkeys(class_of(fault.field) for fault in unfit if fault.field in stays):
        yield Line(path=name, leaves=False, why=Why.WITHHELD, text=_UNREADABLE)


def _unfit(decision: Disclosure, whole: Fields) -> tuple[Reason, ...]:
    """What is wrong with what would leave; a class of `whole`, without its faults judged before, may leave as it is."""
    parts = ((name, fields) for name, fields in decision.leaving.items() if fields != whole.get(name))
    return tuple(fault for name, fields in parts for fault in check(name, fields)[1])
