"""The facts from which the clocks of a step are counted, kept beside the step.

A receipt can come long after its step, and the referral has moved on by then: another flight, another arrival. So that
the sender computes what the receiver computed, each step keeps the facts as its author knew them, and the last message
of the other side that its author had seen: a step fulfils nothing that began without its author's knowledge.
They say something about the person and go at erasure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from relevo.domain.deadlines import Facts
from relevo.domain.first_contact import Channel
from relevo.domain.sides import Side, Urgency
from relevo.messages.steps import StepPayload
from relevo.messages.steps_progress import FirstContact
from relevo.messages.steps_referral import Waitlisted
from relevo.protocol.strict_json import JsonValue
from relevo.storage import referrals
from relevo.storage.courses import Step
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

SEEN = "seen"


def knew(taken: Step, earlier: Step) -> bool:
    """Whether the author of a step knew of one before it: their own, or one whose message they had seen."""
    if taken.side == earlier.side:
        return True
    seen = (taken.facts or {}).get(SEEN)
    return isinstance(seen, str) and earlier.jti is not None and earlier.jti <= seen


def facts_of(
    work: UnitOfWork, row: ReferralRow, payload: StepPayload, *, carried: Iterable[str], speaker: Side
) -> Facts:
    """The facts of a step that was taken, or learned, just now."""
    done = (duty.duty for duty in referrals.duties(work.session, row) if duty.done_at is not None)
    return Facts(
        urgency=Urgency(row.urgency),
        vulnerable=row.vulnerable,
        contact_channel=Channel(row.contact_channel) if row.contact_channel else None,
        arrived_at=row.arrived_at,
        planned_arrival=row.planned_arrival,
        supply_ends=row.supply_ends,
        speaker=speaker,
        carried=frozenset(carried),
        outcome=payload.outcome if isinstance(payload, FirstContact) else None,
        review_on=payload.review_on if isinstance(payload, Waitlisted) else None,
        done=frozenset(done),
    )


def as_known(work: UnitOfWork, row: ReferralRow, facts: Facts, seen: str | None) -> Facts:
    """The facts of a peer's step without what our steps have said since the last that it had seen."""
    ours = referrals.step_of(work.session, row, seen) if seen is not None and seen != row.own_last else None
    if ours is None or ours.facts is None or ours.side != Side.HOST:
        return facts
    then = from_json(ours.facts)
    return replace(facts, vulnerable=then.vulnerable, contact_channel=then.contact_channel)


def as_json(facts: Facts, seen: str | None = None) -> dict[str, JsonValue]:
    """The facts as they are kept, with the last message of the other side that the author of the step had seen."""
    return {
        SEEN: seen,
        "urgency": facts.urgency,
        "vulnerable": facts.vulnerable,
        "contact_channel": facts.contact_channel,
        "arrived_at": _text(facts.arrived_at),
        "planned_arrival": _text(facts.planned_arrival),
        "supply_ends": _text(facts.supply_ends),
        "speaker": facts.speaker,
        "carried": list[JsonValue](sorted(facts.carried)),
        "outcome": facts.outcome,
        "review_on": _text(facts.review_on),
        "done": list[JsonValue](sorted(facts.done)),
    }


def from_json(kept: Mapping[str, JsonValue]) -> Facts:
    """The facts that were kept."""
    channel, outcome = kept["contact_channel"], kept["outcome"]
    return Facts(
        urgency=Urgency(str(kept["urgency"])),
        vulnerable=kept["vulnerable"] is True,
        contact_channel=Channel(str(channel)) if channel else None,
        arrived_at=_moment(kept["arrived_at"]),
        planned_arrival=_moment(kept["planned_arrival"]),
        supply_ends=_day(kept["supply_ends"]),
        speaker=Side(str(kept["speaker"])),
        carried=_words(kept["carried"]),
        outcome=str(outcome) if outcome else None,
        review_on=_day(kept["review_on"]),
        done=_words(kept["done"]),
    )


def _text(at: date | None) -> str | None:
    return at.isoformat() if at else None


def _moment(text: JsonValue) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _day(text: JsonValue) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) else None


def _words(given: JsonValue) -> frozenset[str]:
    return frozenset(str(word) for word in given) if isinstance(given, list) else frozenset()
