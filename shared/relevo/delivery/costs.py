"""Costs of a referral, on both sides alike: planned by either, agreed by the other, reported with proof, compared.

    plan     within the ceilings of the procedure      -> costs-planned, takes the place of the proposal that stood
    agree    to the proposal of the other side         -> costs-agreed, naming its message
    report   what was spent, once a plan is agreed     -> costs-reported, with digests of proofs that stay at home

Proposals that cross: `relevo.domain.costs.standing` gives both sides the same. An agreement that crosses a newer
proposal is kept with the older one, and agrees to nothing that stands. The receiver checks all of it again. Who the
person is, is a node's own to know: `person_of` is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from relevo.delivery import consent_changes, looking, steps
from relevo.delivery.node import Handler
from relevo.domain.consent import is_expired
from relevo.domain.costs import CostSheet, Person, check, proof_faults, report_faults
from relevo.domain.data_classes import DataClass, JsonValue
from relevo.domain.disclosure import ExcessData, NoReturn, NotSendable, require_within
from relevo.domain.sides import Side
from relevo.errors import Conflict, Reason, Refusal
from relevo.ids import new_jti
from relevo.messages import classes
from relevo.messages.classes import ClassInvalid
from relevo.messages.content import Fields, Said
from relevo.messages.cost_lines import sheet_of
from relevo.messages.steps import read_payload
from relevo.messages.steps_record import CostsAgreed, CostsPlanned, CostsReported
from relevo.storage import costs, referrals
from relevo.storage.costs import PLAN, REPORT, CostsState
from relevo.storage.tables import ReferralRow, StepRow
from relevo.storage.tables_record import CostsRow
from relevo.storage.unit_of_work import UnitOfWork

PLANNED, AGREED, REPORTED = "costs-planned", "costs-agreed", "costs-reported"
Given: TypeAlias = Mapping[str, JsonValue]
PersonOf: TypeAlias = Callable[[UnitOfWork, ReferralRow], Person]
_COSTS = frozenset({DataClass.COSTS})


class CostsUnfit(Refusal):
    """These costs do not fit the procedure."""

    code = "costs-unfit"
    rule = "costs.within"
    clause = "costs"
    advice = "Mend each line that is named; nothing was stored or sent."


class CostsNotProposed(Conflict):
    """The other side has proposed no costs that wait for an answer."""

    code = "costs-not-proposed"
    rule = "costs.agreed"
    advice = "Look at `costs show`: propose costs, or wait until the other side agrees to yours."


class CostsSuperseded(Conflict):
    """These costs were replaced by newer ones."""

    code = "costs-superseded"
    rule = "costs.agreed"
    advice = "Look at `costs show` and agree to the proposal that stands now, or propose others."


class CostsNotAgreed(Conflict):
    """Nothing was agreed that could be compared with what was spent."""

    code = "costs-not-agreed"
    rule = "costs.compared"
    advice = "Agree on the plan first; what nobody had planned is then reported with 0 as planned."


def plan(work: UnitOfWork, row: ReferralRow, given: Given, person: Person) -> CostsRow:
    """Propose costs in the place of those that stand.

    Raises:
        ClassInvalid, CostsUnfit: naming every line that does not fit.
        NotSendable, NoReturn: if the person or the procedure does not let costs go to the other side.
        NotYours: if the role may not write costs down.
    """
    looking.entering(work, looking.sop_of(work, row), _COSTS)
    fields, sheet = _read(given)
    require_fit(work, row, sheet, person)
    _require_told(work, row, {DataClass.COSTS: fields})
    before = costs.current(work.session, row)
    words = CostsPlanned(replaces=before.jti if before else None)
    told = steps.take(work, row, PLANNED, words, {DataClass.COSTS: fields})
    return _keep_plan(work, row, told, fields, words.replaces)


def agree(work: UnitOfWork, row: ReferralRow, of: str | None = None) -> CostsRow:
    """Agree to what the other side proposed; `of` names its message where somebody wants to be sure of it.

    Raises:
        CostsSuperseded: if `of` no longer stands.
        CostsNotProposed: if nothing of the other side waits for an answer.
        NoReturn: if the person does not let the answer go back.
    """
    stands = costs.current(work.session, row)
    if of is not None and (stands is None or stands.jti != of):
        raise CostsSuperseded(field="of")
    if stands is None or stands.side == work.identity.side or stands.agreed_at is not None:
        raise CostsNotProposed
    _require_told(work, row, {})
    told = steps.take(work, row, AGREED, CostsAgreed(of=stands.jti))
    _mark_agreed(work, row, stands, told)
    return stands


def report(work: UnitOfWork, row: ReferralRow, given: Given, proofs: Sequence[JsonValue] = ()) -> CostsRow:
    """Report what was spent; where the person lets nothing return, the origin keeps it to itself.

    Args:
        work: the transaction.
        row: the referral.
        given: the class `costs`, with `actual` for what was paid; `planned` as agreed, or 0.
        proofs: for each that there is, `line`, `kind` and `digest` of a document that stays here.

    Raises:
        CostsNotAgreed: while no plan is agreed.
        ClassInvalid, StepInvalid, CostsUnfit: naming everything that does not fit.
        NotYours: if the role may not write costs down.
    """
    looking.entering(work, looking.sop_of(work, row), _COSTS)
    fields, sheet = _read(given)
    stands = _require_agreed(work, row)
    payload = read_payload(REPORTED, {"proofs": list(proofs) or None})
    _require_report(sheet, sheet_of(stands.fields), payload)
    told = steps.take(work, row, REPORTED, payload, _telling(work, row, fields))
    return _keep_report(work, row, told, fields, stands.jti, payload)


def require_fit(work: UnitOfWork, row: ReferralRow, sheet: CostSheet, person: Person) -> None:
    """Whether a plan fits the procedure of its referral.

    Raises:
        CostsUnfit: with every reason why it does not.
    """
    reasons = check(sheet, looking.sop_of(work, row).costs, person)
    if reasons:
        raise CostsUnfit(*reasons)


def began_with(work: UnitOfWork, row: ReferralRow, told: StepRow, fields: Fields) -> None:
    """Keep costs that travelled with the first message of a referral as the host's first proposal."""
    if DataClass.COSTS in fields:
        _keep_plan(work, row, told, fields[DataClass.COSTS], None)


def handlers(person_of: PersonOf) -> Mapping[str, Handler]:
    """What a node does with what the other side says of costs."""

    def planned(work: UnitOfWork, row: ReferralRow, said: Said) -> None:
        if (fields := _came(work, row, said)) is None:
            return
        require_fit(work, row, sheet_of(fields), person_of(work, row))
        replaces = said.payload.replaces if isinstance(said.payload, CostsPlanned) else None
        if replaces is not None and _plan_of(work, row, replaces) is None:
            raise CostsNotProposed(field="costs-planned.replaces")
        _keep_plan(work, row, referrals.steps(work.session, row)[-1], fields, replaces)

    def agreed(work: UnitOfWork, row: ReferralRow, said: Said) -> None:
        if consent_changes.took_back(work, row, DataClass.COSTS):
            return
        of = said.payload.of if isinstance(said.payload, CostsAgreed) else ""
        proposal = _plan_of(work, row, of)
        if proposal is None or proposal.side != work.identity.side:
            raise CostsNotProposed(field="costs-agreed.of")
        _require_unseen(work, row, proposal, said)
        _mark_agreed(work, row, proposal, referrals.steps(work.session, row)[-1])

    def reported(work: UnitOfWork, row: ReferralRow, said: Said) -> None:
        if (fields := _came(work, row, said)) is None:
            return
        agreed = [one for one in costs.rows(work.session, row, PLAN) if one.agreed_at is not None]
        stands = max(agreed, key=lambda one: one.jti, default=None)
        if stands is None:
            raise CostsNotAgreed
        _require_report(sheet_of(fields), sheet_of(stands.fields), said.payload)
        _keep_report(work, row, referrals.steps(work.session, row)[-1], fields, stands.jti, said.payload)

    return {PLANNED: planned, AGREED: agreed, REPORTED: reported}


def _read(given: Given) -> tuple[Given, CostSheet]:
    fields, faults = classes.check(DataClass.COSTS, given)
    if faults:
        raise ClassInvalid(*faults)
    return fields, sheet_of(fields)


def _came(work: UnitOfWork, row: ReferralRow, said: Said) -> Given | None:
    """The costs that came; none if the person has taken them back meanwhile, at either side."""
    return None if consent_changes.took_back(work, row, DataClass.COSTS) else said.classes.get(DataClass.COSTS)


def _require_told(work: UnitOfWork, row: ReferralRow, fields: Fields) -> None:
    """Both sides have to know of a plan; what cannot be told cannot be agreed."""
    terms, returning = referrals.terms(row), work.identity.side is Side.ORIGIN
    if terms is None or is_expired(terms, work.at) or consent_changes.took_back(work, row, DataClass.COSTS):
        raise NotSendable(_barred(DataClass.COSTS, row.purpose))
    if returning and not terms.outcomes_may_return:
        raise NoReturn(detail="the host may not be told, so nothing can be agreed", field="consent.outcomes_may_return")
    sop, named = looking.sop_of(work, row), {name: tuple(given) for name, given in fields.items()}
    try:
        require_within(named, terms=terms, sop=sop, purpose=row.purpose, services=row.services, returning=returning)
    except ExcessData as excess:
        raise NotSendable(*(_barred(reason.field, row.purpose) for reason in excess.reasons)) from None


def _telling(work: UnitOfWork, row: ReferralRow, fields: Given) -> Fields:
    """The fields of a report, if they may be told; the bare step, or nothing of it, goes otherwise."""
    leaving: Fields = {DataClass.COSTS: fields}
    try:
        _require_told(work, row, leaving)
    except NoReturn:
        return {}
    return leaving


def _require_agreed(work: UnitOfWork, row: ReferralRow) -> CostsRow:
    stands = costs.current(work.session, row)
    if stands is None or stands.state != CostsState.AGREED:
        raise CostsNotAgreed
    return stands


def _require_report(sheet: CostSheet, agreed: CostSheet, payload: object) -> None:
    proofs = payload.proofs if isinstance(payload, CostsReported) and payload.proofs else ()
    faults = (*report_faults(sheet, agreed), *proof_faults(sheet, [proof.line for proof in proofs]))
    if faults:
        raise CostsUnfit(*faults)


def _require_unseen(work: UnitOfWork, row: ReferralRow, proposal: CostsRow, said: Said) -> None:
    """Whoever had seen a newer proposal, or made it, cannot agree to the older one.

    Raises:
        CostsSuperseded: if they had.
    """
    for newer in costs.rows(work.session, row, PLAN):
        theirs = newer.side != work.identity.side
        if newer.replaces == proposal.jti and (theirs or (said.seen or "") >= newer.jti):
            raise CostsSuperseded(field="costs-agreed.of")


def _plan_of(work: UnitOfWork, row: ReferralRow, jti: str) -> CostsRow | None:
    return next((one for one in costs.rows(work.session, row, PLAN) if one.jti == jti), None)


def _mark_agreed(work: UnitOfWork, row: ReferralRow, proposal: CostsRow, told: StepRow) -> None:
    proposal.agreed_at, proposal.agreed_by, proposal.agreed_in = told.at, told.who, told.jti
    costs.settle(work.session, row)


def _keep_plan(work: UnitOfWork, row: ReferralRow, told: StepRow, fields: Given, replaces: str | None) -> CostsRow:
    kept = _row(work, row, told, fields)
    kept.kind, kept.state, kept.replaces = PLAN, CostsState.PROPOSED, replaces
    costs.keep(work.session, row, kept)
    return kept


def _keep_report(
    work: UnitOfWork, row: ReferralRow, told: StepRow, fields: Given, of: str, payload: object
) -> CostsRow:
    kept = _row(work, row, told, fields)
    kept.kind, kept.state, kept.replaces = REPORT, CostsState.REPORTED, of
    proofs = payload.proofs if isinstance(payload, CostsReported) and payload.proofs else ()
    kept.proofs = [proof.model_dump(mode="json") for proof in proofs]
    costs.keep(work.session, row, kept)
    return kept


def _row(work: UnitOfWork, row: ReferralRow, told: StepRow, fields: Given) -> CostsRow:
    return CostsRow(
        peer=row.peer,
        jti=told.jti or new_jti(work.at, row.own_last),
        thread=row.thread,
        side=told.side,
        fields=dict(fields),
        proofs=[],
        who=told.who,
        at=told.at,
    )


def _barred(name: str, purpose: str) -> Reason:
    return Reason(
        code="not-consented",
        field=name,
        detail="the person or the procedure does not let costs go to the other side",
        advice="Ask the person for a consent that covers costs. If the procedure bars them, agree a new one.",
        rule="consent.covers-class",
        clause=f"purposes.{purpose}",
    )
