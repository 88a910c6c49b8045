"""Taking a step in a referral, and learning of the peer's.

`take` is the only way in which a step of ours comes about, `learn` the only way for one of the peer's. Both ask the
tables of `relevo.domain`, change the referral, keep the timeline and the duties, and `take` writes the message that
tells the peer: all in the transaction of the unit of work.

A step that may not be told (the person does not want outcomes to return) is taken all the same and kept here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from relevo.delivery import duties, outbox
from relevo.delivery.clock_facts import as_json, as_known, facts_of
from relevo.domain.data_classes import DataClass
from relevo.domain.deadlines import MEDICAL_ANSWER, MEDICAL_QUESTION, MEDICATION_SECURED, Due
from relevo.domain.disclosure import may_return
from relevo.domain.journey import Journey, JourneyStep, advance_journey, allowed_journey, arrive_journey
from relevo.domain.medication import MEDICAL_CONTINUITY, earliest_end
from relevo.domain.referral import IllegalStep, Status, Step, advance, allowed, arrive, before_cancelling
from relevo.domain.retention import AFTER_ERASURE
from relevo.domain.sides import Side
from relevo.errors import Conflict
from relevo.messages.classes import requested_services
from relevo.messages.content import Fields, Said
from relevo.messages.registry import MESSAGES, MessageType, message_type
from relevo.messages.steps import StepPayload
from relevo.messages.steps_progress import Arrived
from relevo.messages.steps_referral import Accepted
from relevo.storage import erasure, recall, referrals
from relevo.storage.tables import ReferralRow, StepRow
from relevo.storage.unit_of_work import UnitOfWork

NOTHING: Fields = {}


class EverythingErased(Conflict):
    """Everything about the person was erased, so the referral cannot go on."""

    code = "everything-erased"
    rule = "consent.erased-stays-erased"
    advice = "If the person wants assistance again, ask them for a new consent and begin a new referral."


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a referral stands, and where the speaker of a step saw it stand if that was something older."""

    status: Status
    journey: Journey
    seen_status: Status
    seen_journey: Journey | None


class Learned(NamedTuple):
    """A step of the peer as it is kept, and the duties that it begins."""

    taken: StepRow
    begun: tuple[Due, ...]


def take(work: UnitOfWork, row: ReferralRow, step: str, payload: StepPayload, fields: Fields = NOTHING) -> StepRow:
    """Take a step of our side now, and queue the message that tells the peer.

    Raises:
        IllegalStep: if the referral's status or journey does not allow it, with the steps that it does.
        EverythingErased: if the step would need what is no longer here.
    """
    side, kind = work.identity.side, message_type(step, work.identity.side)
    status, journey = Status(row.status), Journey(row.journey)
    stood = Standing(status=status, journey=journey, seen_status=status, seen_journey=None)
    _move(work, row, step, kind, side, stood)
    if not _can_go_on(row, step):
        raise EverythingErased(field="step")
    _learn_facts(row, payload, fields)
    jti = _tell(work, row, step, payload, fields) if _may_tell(row, step, side) else None
    taken = _keep(work, row, step, payload, side=side, who=work.user.name, at=work.at, jti=jti)
    taken.facts = as_json(facts_of(work, row, payload, carried=fields, speaker=side), row.peer_last)
    duties.follow(work, row, taken, received_at=work.at, ours_only=True)
    return taken


def learn(work: UnitOfWork, row: ReferralRow, said: Said, *, jti: str, at: datetime) -> Learned:
    """Record a step that the peer took at `at`, when it had seen our message `said.seen`.

    Raises:
        IllegalStep: if it was legal neither now nor in what the peer had seen.
    """
    side = work.identity.side.other
    seen_status, seen_journey = _as_seen(work, row, said.seen, side)
    ours = _crossing_journey(work, row, said.seen)
    stood = Standing(
        status=Status(row.status),
        journey=Journey(row.journey) if ours is None else ours,
        seen_status=seen_status,
        seen_journey=None if ours is None else seen_journey,
    )
    _move(work, row, said.step, said.type, side, stood)
    if said.step != Step.REQUESTED:
        _learn_facts(row, said.payload, said.classes)
    row.peer_last = jti
    who = f"{row.peer} ({said.by})"
    taken = _keep(work, row, said.step, said.payload, side=side, who=who, at=at, jti=jti)
    facts = facts_of(work, row, said.payload, carried=said.classes, speaker=side)
    taken.facts = as_json(as_known(work, row, facts, said.seen), said.seen)
    begun = duties.follow(work, row, taken, received_at=work.at, ours_only=False)
    return Learned(taken, begun)


def allowed_now(row: ReferralRow, side: Side) -> tuple[str, ...]:
    """The steps that this side may take now: those that move the status, then those that do not."""
    moving = allowed(Status(row.status), side)
    others = (
        step
        for step, kind in MESSAGES.items()
        if kind.during and row.status in kind.during and side in kind.by and _fits(row, step, side)
    )
    return tuple(step for step in (*moving, *others) if _can_go_on(row, step))


def _can_go_on(row: ReferralRow, step: str) -> bool:
    return step in AFTER_ERASURE or not erasure.is_erased(row)


def _fits(row: ReferralRow, step: str, side: Side) -> bool:
    """Whether a step that the status allows fits the journey, the purpose and the medicines of the referral."""
    if step in set(JourneyStep):
        return step in allowed_journey(Journey(row.journey), side)
    if step in {MEDICAL_QUESTION, MEDICAL_ANSWER}:
        return row.purpose == MEDICAL_CONTINUITY
    return step != MEDICATION_SECURED or row.supply_ends is not None


def _move(work: UnitOfWork, row: ReferralRow, step: str, kind: MessageType, side: Side, stood: Standing) -> None:
    if kind.during is None:
        before = _before_cancelling(work, row) if step == Step.CANCEL_OBJECTED else None
        row.status = arrive(stood.status, stood.seen_status, Step(step), side, before=before)
    elif not {stood.status, stood.seen_status} & kind.during:
        raise IllegalStep(step, stood.status, allowed_now(row, side))
    if step in set(JourneyStep):
        row.journey = arrive_journey(stood.journey, stood.seen_journey, JourneyStep(step), side)


def _crossing_journey(work: UnitOfWork, row: ReferralRow, seen: str | None) -> Journey | None:
    """Where our own last step left the journey, if the peer, who had seen our message `seen`, did not know of it.

    Both sides then compare where each side's own steps lead, and not what they happened to learn first.
    """
    taken = [one for one in referrals.steps(work.session, row) if one.step in set(JourneyStep)]
    ours = [one for one in taken if one.side == work.identity.side]
    unknown = bool(ours) and _is_unknown(ours[-1], seen, outbox.never_left(work.session, row))
    return Journey(ours[-1].journey_after) if unknown else None


def crossed(work: UnitOfWork, row: ReferralRow, step: str, seen: str | None) -> bool:
    """Whether we have taken `step`, and the peer, who had seen our message `seen`, did not know of it."""
    ours = [one for one in referrals.steps(work.session, row) if one.step == step and one.side == work.identity.side]
    held = outbox.never_left(work.session, row) if ours else frozenset[str]()
    return bool(ours) and all(_is_unknown(one, seen, held) for one in ours)


def _is_unknown(ours: StepRow, seen: str | None, held: Collection[str]) -> bool:
    """Whether a peer who had seen our message `seen` did not know of this step; of what stays here it never does."""
    return ours.jti is None or ours.jti in held or ours.jti > (seen or "")


def _as_seen(work: UnitOfWork, row: ReferralRow, jti: str | None, side: Side) -> tuple[Status, Journey]:
    """Where things stood for `side`: as our messages up to `jti` left them, and its own steps since.

    Who has seen nothing of ours knows its own steps alone; a message that we never sent counts for nothing.
    """
    every = referrals.steps(work.session, row)
    known = (place for place, one in enumerate(every) if one.jti is not None and one.jti == jti and one.side != side)
    ours = next(known, None)
    if jti is not None and ours is None:
        return Status(row.status), Journey(row.journey)
    status, journey, since = Status.DRAFT, Journey.PLANNED, every
    if ours is not None:
        held = outbox.never_left(work.session, row)
        told = [one for one in every[: ours + 1] if one.side == side or not _is_unknown(one, jti, held)]
        status = next((Status(one.status_after) for one in reversed(told) if one.step in set(Step)), status)
        journey = next((Journey(one.journey_after) for one in reversed(told) if one.step in set(JourneyStep)), journey)
        since = every[ours + 1 :]
    for one in since:
        if one.side == side and one.step in allowed(status, side):
            status = advance(status, Step(one.step), side, before=Status(one.status_after))
        if one.side == side and one.step in allowed_journey(journey, side):
            journey = advance_journey(journey, JourneyStep(one.step), side)
    return status, journey


def _before_cancelling(work: UnitOfWork, row: ReferralRow) -> Status:
    moved = [(Step(one.step), Side(one.side)) for one in referrals.steps(work.session, row) if one.step in set(Step)]
    return before_cancelling(moved)


def _learn_facts(row: ReferralRow, payload: StepPayload, fields: Fields) -> None:
    """What clocks, safety and services depend on: a referral begins with it, and later messages change it."""
    if DataClass.CONTACT in fields:
        channel = fields[DataClass.CONTACT].get("channel")
        row.contact_channel = channel if isinstance(channel, str) else None
    if DataClass.VULNERABILITY in fields:
        row.vulnerable = True
    if DataClass.NEEDS in fields:
        row.services = list(requested_services(fields[DataClass.NEEDS]))
    if DataClass.MEDICATION in fields:
        row.supply_ends = earliest_end(fields[DataClass.MEDICATION])
    row.planned_arrival = planned_arrival(fields) or row.planned_arrival
    if isinstance(payload, Arrived):
        row.arrived_at = payload.arrived_at


def planned_arrival(fields: Fields) -> datetime | None:
    """When the person is to arrive, if these fields say so."""
    arrival = fields.get("travel", {}).get("arrival_at")
    return datetime.fromisoformat(arrival) if isinstance(arrival, str) else None


def _may_tell(row: ReferralRow, step: str, side: Side) -> bool:
    terms = referrals.terms(row)
    return side is Side.HOST or may_return(step, outcomes_may_return=terms is not None and terms.outcomes_may_return)


def _tell(work: UnitOfWork, row: ReferralRow, step: str, payload: StepPayload, fields: Fields) -> str:
    basis = referrals.basis(row) if step != Step.ERASED else None
    frame = outbox.Frame(
        peer=row.peer, thread=row.thread, after=row.own_last, seen=row.peer_last, sop=row.sop, basis=basis
    )
    row.own_last = outbox.post(work, frame, step, _without_notes(row, payload), fields)
    return row.own_last


def _without_notes(row: ReferralRow, payload: StepPayload) -> StepPayload:
    """Where outcomes may not return, the bare decision does; a note beside it could tell more."""
    terms = referrals.terms(row)
    bare = terms is not None and not terms.outcomes_may_return
    return Accepted() if bare and isinstance(payload, Accepted) else payload


def _keep(
    work: UnitOfWork,
    row: ReferralRow,
    step: str,
    payload: StepPayload,
    *,
    side: Side,
    who: str,
    at: datetime,
    jti: str | None,
) -> StepRow:
    taken = StepRow(
        peer=row.peer,
        thread=row.thread,
        step=step,
        side=side,
        who=who,
        at=at,
        late=False,
        jti=jti,
        said=payload.model_dump(mode="json", exclude_none=True),
        status_after=row.status,
        journey_after=row.journey,
    )
    recall.add(work.session, taken)
    return taken
